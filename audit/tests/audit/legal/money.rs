//! Money that comes late, or oddly.

use crate::builder::Log;
use crate::sale::{HOLD, paying, reclaimed, seat, secured, tickets};
use crate::summary;

use super::on_sale;

/// The start of the show, in seconds.
const START: i64 = 500_000;

/// Order 1 awaits its payment.
fn started() -> Log {
    let mut log = on_sale();
    log.paying(1, 1, &[seat("A1")]);
    log
}

#[test]
fn money_that_was_reserved_in_time_and_told_after_the_start_has_its_seats_again() {
    let mut log = started();
    let paid_at = log.now + 1;
    log.pass(START + 3 * 3_600 - 1);
    log.authorise_at(paid_at, 1, 1, 4500);
    log.also("hold_reclaimed", &reclaimed(1));
    log.also("order_secured", &secured(1, Some(1)));
    assert_eq!(summary(&log.lines).orders_secured, 1);
}

#[test]
fn money_that_was_reserved_in_time_may_have_been_let_go_after_the_start() {
    let mut log = started();
    let paid_at = log.now + 1;
    log.pass(START);
    log.authorise_at(paid_at, 1, 1, 4500);
    log.void_due(1, 1, "sale_ended");
    assert_eq!(summary(&log.lines).orders_secured, 0);
}

#[test]
fn more_than_enough_secures_an_order_and_the_total_is_captured() {
    let mut log = started();
    log.authorise(1, 1, 5000);
    log.also("order_secured", &secured(1, Some(1)));
    log.capture(1, 1, 4500);
    log.also("tickets_issued", &tickets(1, &[seat("A1")]));
    assert_eq!(summary(&log.lines).tickets, 1);
}

#[test]
fn money_that_has_lapsed_leaves_the_order_to_be_paid_otherwise() {
    let mut log = started();
    log.authorise(1, 1, 4500);
    log.inventory("payment_lapsed", &paying(1, 1));
    log.start(1, 2, 4500);
    log.authorise(1, 2, 4500);
    log.also("order_secured", &secured(1, Some(2)));
    log.pass(HOLD);
    assert_eq!(summary(&log.lines).orders_secured, 1);
}
