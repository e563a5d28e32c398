//! Tickets that are given back, refunds, and shows that do not take place.

use serde_json::json;

use crate::builder::Log;
use crate::sale::{cancelled, due_back, fee, paying, returned, seat, secured, tax, tickets};
use crate::summary;

use super::on_sale;

#[test]
fn tickets_go_back_one_by_one_and_their_seats_are_sold_again() {
    let seats = [seat("A1"), seat("A2")];
    let mut log = on_sale();
    log.policy(500_000, false);
    log.sold(1, &seats);
    log.give_back(&returned(1, &seats, &[0], 1, 2250), 1, 2250);
    log.refund_event("refund_failed", 1, 1);
    log.retry(1, 1, 2250, 1);
    log.refund_event("refund_made", 1, 1);
    log.sold(2, &[seat("A1")]);
    let mut taken_back = returned(1, &seats, &[1], 0, 0);
    (taken_back["reason"], taken_back["note"]) = (json!("operator"), json!("Broken seat"));
    log.give_back(&taken_back, 2, 4500);
    log.sold(3, &[seat("A2")]);
    let summary = summary(&log.lines);
    assert_eq!((summary.tickets, summary.tickets_returned, summary.seats_sold), (2, 2, 2));
    assert_eq!((summary.refunds, summary.refunds_made), (2, 1));
}

#[test]
fn fees_are_kept_and_the_better_of_two_policies_counts() {
    let seats = [seat("A1"), seat("A2")];
    let mut log = on_sale();
    log.inventory("fee_added", &fee(1));
    log.inventory("tax_added", &tax(1));
    log.policy(1_000_000, true);
    log.hold_under(2, 1, &seats);
    let order = log.charged(1, &seats);
    log.inventory("order_placed", &order);
    log.start(1, 1, 9250);
    log.authorise(1, 1, 9250);
    log.also("order_secured", &secured(1, Some(1)));
    log.capture(1, 1, 9250);
    log.also("tickets_issued", &tickets(1, &seats));
    log.policy(100_000, false);
    log.give_back(&returned(1, &seats, &[1], 1, 125), 1, 4500);
    // 90 % of nothing but the fees would be worse.
    log.policy(1_000_000, false);
    log.give_back(&returned(1, &seats, &[0], 0, 0), 2, 4625);
    assert_eq!(summary(&log.lines).refunds, 2);
}

#[test]
fn a_policy_that_keeps_everything_owes_nothing() {
    let mut log = on_sale();
    log.policy(0, false);
    log.sold(1, &[seat("A1")]);
    log.inventory("tickets_returned", &returned(1, &[seat("A1")], &[0], 0, 4500));
    assert_eq!((summary(&log.lines).tickets, summary(&log.lines).refunds), (0, 0));
}

#[test]
fn a_cancelled_show_gives_everything_back_also_what_is_just_coming() {
    let mut log = on_sale();
    log.sold(1, &[seat("A1")]);
    log.sold(2, &[seat("A2")]);
    log.inventory("payment_disputed", &paying(2, 2));
    log.securing(3, &[seat("A3")]);
    log.paying(4, 4, &[seat("A4")]);
    log.authorise(4, 4, 4500);
    log.cancel_show(3);
    let with_show = |order, name, kept| {
        let mut payload = returned(order, &[seat(name)], &[0], 0, kept);
        payload["reason"] = json!("show_cancelled");
        payload
    };
    log.give_back(&with_show(1, "A1", 0), 1, 4500);
    log.inventory("tickets_returned", &with_show(2, "A2", 4500));
    log.capture(3, 3, 4500);
    log.issue(3, &[seat("A3")]);
    log.also("tickets_returned", &with_show(3, "A3", 0));
    log.also("refund_due", &due_back(&with_show(3, "A3", 0), 3, 4500));
    log.void_due(4, 4, "show_cancelled");
    let summary = summary(&log.lines);
    assert_eq!((summary.tickets, summary.tickets_returned, summary.refunds), (0, 3, 2));
}

#[test]
fn money_that_comes_after_its_capture_failed_goes_back() {
    let mut log = on_sale();
    log.paying(1, 1, &[seat("A1")]);
    log.authorise(1, 1, 4500);
    log.also("order_secured", &secured(1, Some(1)));
    log.fail_capture(1, 1);
    log.also("order_cancelled", &cancelled(1, "capture_failed"));
    log.sold(2, &[seat("A1")]);
    log.capture(1, 1, 4500);
    let mut due = due_back(&returned(1, &[], &[], 0, 0), 1, 4500);
    due["reason"] = json!("captured_late");
    due.as_object_mut().unwrap().remove("tickets");
    log.also("refund_due", &due);
    assert_eq!((summary(&log.lines).refunds, summary(&log.lines).tickets), (1, 1));
}

#[test]
fn a_log_may_end_before_a_cancelled_show_is_wound_up() {
    let mut log = Log::default();
    log.on_sale().sold(1, &[seat("A1")]);
    log.cancel_show(1);
    assert_eq!(summary(&log.lines).tickets, 1);
}

#[test]
fn tickets_change_hands_again_and_again_and_the_operator_may_still_take_them_back() {
    let mut log = on_sale();
    log.sold(1, &[seat("A1")]);
    log.offer(1, 100);
    log.end_transfer(1, 100, "refused");
    log.offer(2, 100);
    log.accept(2, 100, 1);
    log.offer(3, 100);
    log.accept(3, 100, 2);
    log.offer(4, 100);
    let mut taken_back = returned(1, &[seat("A1")], &[0], 0, 0);
    (taken_back["reason"], taken_back["note"]) = (json!("operator"), json!("Broken seat"));
    log.give_back(&taken_back, 1, 4500);
    assert_eq!(summary(&log.lines).tickets_returned, 1);
}
