//! Who is let in.

use serde_json::json;

use crate::sale::{STANDING, returned, seat, unit};
use crate::summary;

use super::on_sale;

#[test]
fn a_ticket_enters_as_often_as_its_type_allows_and_is_counted_once() {
    for entries in [0, 3] {
        let mut log = on_sale();
        let changed = json!({
            "entries": entries, "name": "Type", "price": crate::sale::price(STANDING),
            "ticket_type": crate::builder::id("ticket_type", STANDING),
        });
        log.inventory("ticket_type_changed", &changed);
        log.sold(1, &[unit(STANDING)]);
        for entry in 1..=3 {
            let judged_at = log.position;
            log.admit_with(100, &json!({"entry": entry, "judged_at": judged_at}));
        }
        assert_eq!(summary(&log.lines).admitted, 1);
    }
}

#[test]
fn a_ticket_that_goes_back_while_it_is_scanned_may_be_let_in() {
    let seats = [seat("A1")];
    let mut log = on_sale();
    log.policy(0, false);
    log.sold(1, &seats);
    let judged_at = log.position;
    log.inventory("tickets_returned", &returned(1, &seats, &[0], 0, 4500));
    log.admit_with(100, &json!({"judged_at": judged_at}));
    assert_eq!((summary(&log.lines).admitted, summary(&log.lines).tickets_returned), (1, 1));
}

#[test]
fn a_ticket_that_was_let_in_may_go_back() {
    let seats = [seat("A1")];
    let mut log = on_sale();
    log.policy(0, false);
    log.sold(1, &seats);
    log.admit(100);
    log.inventory("tickets_returned", &returned(1, &seats, &[0], 0, 4500));
    assert_eq!((summary(&log.lines).admitted, summary(&log.lines).tickets_returned), (1, 1));
}
