//! Histories that are legal, to the end: nobody is accused.

use serde_json::{Value, json};

use boxoffice_audit::{Report, Summary};

use crate::builder::{Log, hex, id, time};
use crate::sale::{
    EVENING, FAMILY, GUEST, HOLD, HOLD_MAX, STANDING, STANDING_OUTSIDE, cancelled, fee, paying, reclaimed,
    seat, secured, tax, terms, tickets, unit,
};
use crate::{check, summary};

mod doors;
mod money;
mod refunds;
mod sale;

fn on_sale() -> Log {
    let mut log = Log::default();
    log.on_sale();
    log
}

/// An order whose hold has expired, and whose payment comes now and reclaims it.
fn reclaim(log: &mut Log, order: u64, items: &[Value]) {
    log.authorise(order, order, crate::sale::total(items));
    log.also("hold_reclaimed", &reclaimed(order));
    log.also("order_secured", &secured(order, Some(order)));
    log.capture(order, order, crate::sale::total(items));
    log.also("tickets_issued", &tickets(order, items));
}

#[test]
fn an_empty_log_is_sound_at_position_0() {
    assert_eq!(check(&[], None), Report::Sound(Summary::default()));
    assert_eq!(serde_json::to_value(check(&[], None)).unwrap()["ok"], json!(true));
    assert_eq!(serde_json::to_value(check(&[], None)).unwrap()["position"], json!(0));
}

#[test]
fn documents_alone_are_sound() {
    let mut log = Log::default();
    log.document(&crate::sale::layout());
    log.document("not a layout, not even JSON: \"\\\n\t\u{1}é😀");
    assert_eq!((summary(&log.lines).documents, summary(&log.lines).position), (2, 0));
}

#[test]
fn fees_and_taxes_are_what_the_buyer_saw() {
    let seats = [seat("A1"), seat("A2")];
    let mut log = on_sale();
    log.inventory("fee_added", &fee(1));
    log.inventory("tax_added", &tax(1));
    log.hold_under(2, 1, &seats);
    log.inventory("fee_removed", &json!({"fee": id("fee", 1)}));
    log.inventory("tax_removed", &json!({"tax": id("tax", 1)}));
    let order = log.charged(1, &seats);
    log.inventory("order_placed", &order);
    log.hold_under(4, 2, &[seat("A3")]);
    log.order(2, &[seat("A3")]);
    assert_eq!(summary(&log.lines).orders, 2);
}

#[test]
fn a_seat_may_be_left_where_it_is_the_last_or_was_alone_or_its_neighbour_has_lapsed() {
    let mut log = Log::default();
    log.on_sale_with(|terms| terms["single_seat_rule"] = json!("refuse"));
    let seats = |names: &[&str]| names.iter().map(|name| seat(name)).collect::<Vec<_>>();
    log.hold(1, &seats(&["A4", "A5"]));
    // One of three is left, and then it is nobody's fault.
    log.hold(2, &seats(&["A2", "A3"]));
    log.pass(HOLD);
    // Beside A6 is A5, which is free again.
    log.hold(3, &seats(&["A7"]));
    log.hold(4, &seats(&["A8", "A9"]));
    // B1 is kept back and nobody's neighbour.
    log.inventory("block_placed", &json!({"block": id("block", 1), "seats": ["B1"]}));
    log.hold(5, &seats(&["B2"]));
    assert_eq!(summary(&log.lines).holds, 5);
}

#[test]
fn a_buyer_may_have_more_once_an_order_of_theirs_is_over() {
    let mut log = on_sale();
    for (n, names) in [(1, ["A1", "A2", "A3"]), (2, ["A4", "A5", "A6"]), (3, ["A7", "A8", "A9"])] {
        let seats = names.map(seat);
        log.hold(n, &seats);
        let mut order = log.ordered(n, &seats);
        order["buyer_key"] = json!("a".repeat(64));
        log.inventory("order_placed", &order);
        if n == 2 {
            log.inventory("order_cancelled", &cancelled(1, "requested"));
        }
    }
    assert_eq!(summary(&log.lines).orders, 3);
}

#[test]
fn a_sale_from_the_first_seat_to_the_door() {
    let mut log = on_sale();
    log.sold(1, &[seat("A1"), seat("B1"), unit(STANDING)]);
    log.hold(2, &[seat("A2")]);
    log.admit(100);
    log.admit(102);
    let expected = Summary {
        position: log.position,
        events: log.position,
        documents: 2,
        streams: 5,
        shows: 1,
        holds: 2,
        holds_live: 1,
        orders: 1,
        orders_secured: 1,
        payments: 1,
        payments_captured: 1,
        tickets: 3,
        tickets_returned: 0,
        refunds: 0,
        refunds_made: 0,
        seats_sold: 2,
        admitted: 2,
    };
    assert_eq!(summary(&log.lines), expected);
}

#[test]
fn a_free_order_needs_no_payment() {
    let mut log = on_sale();
    log.hold_and_order(1, &[unit(GUEST), unit(GUEST)]);
    log.also("order_secured", &secured(1, None));
    log.also("tickets_issued", &tickets(1, &[unit(GUEST), unit(GUEST)]));
    assert_eq!((summary(&log.lines).tickets, summary(&log.lines).seats_sold), (2, 0));
}

#[test]
fn a_hold_changes_and_is_extended() {
    let mut log = on_sale();
    log.hold(1, &[seat("A1"), unit(STANDING)]);
    log.inventory("hold_items_added", &json!({"hold": id("hold", 1), "items": [seat("A2"), unit(STANDING)]}));
    log.inventory(
        "hold_items_removed",
        &json!({"hold": id("hold", 1), "items": [unit(STANDING), seat("A1")]}),
    );
    log.hold(2, &[seat("A1"), unit(STANDING), unit(STANDING)]);
    log.inventory("hold_extended", &json!({"expires_at": time(HOLD_MAX * 1000), "hold": id("hold", 1)}));
    log.pass(HOLD);
    let mut order = log.ordered(1, &[unit(STANDING), seat("A2")]);
    order["expires_at"] = json!(time(HOLD_MAX * 1000));
    log.inventory("order_placed", &order);
    log.hold_event("hold_expired", 2);
    log.hold(3, &[seat("A1"), unit(STANDING), unit(STANDING)]);
    assert_eq!((summary(&log.lines).holds, summary(&log.lines).holds_live), (3, 2));
}

#[test]
fn a_released_seat_is_free_again() {
    let mut log = on_sale();
    for hold in 1..4 {
        log.hold(hold, &[seat("A1"), unit(STANDING), unit(STANDING), unit(STANDING)]);
        log.hold_event("hold_released", hold);
    }
    assert_eq!(summary(&log.lines).holds_live, 0);
}

#[test]
fn a_lapsed_hold_is_rebought_by_the_command_that_meets_it() {
    let mut log = on_sale();
    log.hold(1, &[seat("A1"), unit(STANDING)]);
    log.pass(HOLD);
    log.hold_event("hold_expired", 1);
    log.also("hold_placed", &log.held(2, &[seat("A1"), unit(STANDING)]));
    assert_eq!(summary(&log.lines).holds_live, 1);
}

#[test]
fn units_of_a_lapsed_hold_are_free_without_a_word() {
    let mut log = on_sale();
    log.hold(1, &[unit(STANDING), unit(STANDING), unit(STANDING)]);
    log.pass(HOLD);
    log.hold(2, &[unit(STANDING), unit(STANDING), unit(STANDING)]);
    log.hold_event("hold_expired", 1);
    assert_eq!((summary(&log.lines).holds, summary(&log.lines).holds_live), (2, 1));
}

#[test]
fn pools_and_types_are_many_to_many() {
    let mut log = on_sale();
    log.hold(1, &[unit(STANDING), unit(STANDING_OUTSIDE), unit(STANDING_OUTSIDE)]);
    log.hold_event("hold_released", 1);
    log.sold(2, &[unit(STANDING_OUTSIDE), unit(STANDING_OUTSIDE)]);
    log.sold(3, &[unit(STANDING)]);
    log.inventory("pool_added", &json!({"capacity": 1, "name": "Late", "pool": id("pool", 9)}));
    let pools = json!({"pools": [id("pool", 3), id("pool", 9)]});
    log.inventory("ticket_type_added", &crate::sale::ticket_type_added(9, pools));
    log.hold(4, &[json!({"price": 0, "ticket_type": id("ticket_type", 9)})]);
    assert_eq!(summary(&log.lines).tickets, 3);
}

#[test]
fn a_seat_may_draw_on_a_pool_too() {
    let mut log = on_sale();
    let limit = json!({"pools": [id("pool", 2)], "price_category": "Stalls"});
    log.inventory("ticket_type_added", &crate::sale::ticket_type_added(9, limit));
    let seat = |name: &str| json!({"price": 0, "seat": name, "ticket_type": id("ticket_type", 9)});
    log.hold(1, &[seat("A1"), seat("A2")]);
    assert!(check(&log.lines, None).is_ok());
    log.hold(2, &[seat("A3")]);
    assert_eq!(check(&log.lines, None).position(), log.position);
}

#[test]
fn a_late_payment_reclaims_seats_that_are_still_free() {
    let items = [seat("A1"), unit(STANDING)];
    let mut log = on_sale();
    log.paying(1, 1, &items);
    log.pass(HOLD);
    log.hold_event("hold_expired", 1);
    log.hold(2, &items);
    log.hold_event("hold_released", 2);
    log.pass(3600);
    reclaim(&mut log, 1, &items);
    assert_eq!((summary(&log.lines).seats_sold, summary(&log.lines).tickets), (1, 2));
}

#[test]
fn a_late_payment_reclaims_a_hold_whose_expiry_nobody_told() {
    let items = [seat("A1"), unit(STANDING), unit(STANDING), unit(STANDING)];
    let mut log = on_sale();
    log.paying(1, 1, &items);
    log.pass(HOLD);
    reclaim(&mut log, 1, &items);
    assert_eq!(summary(&log.lines).tickets, 4);
}

#[test]
fn a_late_payment_without_its_seats_is_let_go() {
    let mut log = on_sale();
    log.paying(1, 1, &[seat("A1")]);
    log.pass(HOLD);
    log.hold_event("hold_expired", 1);
    log.also("hold_placed", &log.held(2, &[seat("A1")]));
    log.authorise(1, 1, 4500);
    log.void_due(1, 1, "seats_gone");
    log.inventory("payment_voided", &paying(1, 1));
    assert_eq!(summary(&log.lines).payments_captured, 0);
}

#[test]
fn a_payment_after_the_cancellation_is_let_go() {
    let mut log = on_sale();
    log.paying(1, 1, &[seat("A1")]);
    log.inventory("order_cancelled", &cancelled(1, "requested"));
    log.sold(2, &[seat("A1")]);
    log.authorise(1, 1, 4500);
    log.void_due(1, 1, "order_cancelled");
    log.inventory("payment_voided", &paying(1, 1));
    assert_eq!(summary(&log.lines).seats_sold, 1);
}

#[test]
fn a_declined_payment_is_tried_again() {
    let mut log = on_sale();
    log.paying(1, 1, &[seat("A1")]);
    let mut declined = paying(1, 1);
    declined["reason"] = json!("insufficient_funds");
    log.inventory("payment_declined", &declined);
    log.start(1, 2, 4500);
    log.inventory("payment_action_required", &paying(1, 2));
    log.authorise(1, 2, 4500);
    log.secure(1, Some(2));
    log.capture(1, 2, 4500);
    log.issue(1, &[seat("A1")]);
    assert_eq!((summary(&log.lines).payments, summary(&log.lines).payments_captured), (2, 1));
}

#[test]
fn the_second_of_two_payments_is_let_go() {
    let mut log = on_sale();
    log.paying(1, 1, &[seat("A1")]);
    log.start(1, 2, 4500);
    log.start(1, 3, 4500);
    log.authorise(1, 3, 4400);
    log.void_due(1, 3, "amount_differs");
    log.authorise(1, 1, 4500);
    log.secure(1, Some(1));
    log.authorise(1, 2, 4500);
    log.void_due(1, 2, "already_paid");
    log.capture(1, 1, 4500);
    log.issue(1, &[seat("A1")]);
    log.inventory("payment_voided", &paying(1, 3));
    log.inventory("payment_voided", &paying(1, 2));
    log.inventory("payment_disputed", &paying(1, 1));
    assert_eq!(summary(&log.lines).orders_secured, 1);
}

#[test]
fn a_capture_that_fails_gives_the_seats_back() {
    let items = [seat("A1"), unit(STANDING), unit(STANDING), unit(STANDING)];
    let mut log = on_sale();
    log.paying(1, 1, &items);
    log.authorise(1, 1, 10_500);
    log.secure(1, Some(1));
    log.pass(HOLD_MAX);
    log.fail_capture(1, 1);
    log.also("order_cancelled", &cancelled(1, "capture_failed"));
    log.void_due(1, 1, "order_cancelled");
    log.inventory("payment_voided", &paying(1, 1));
    log.sold(2, &items);
    assert_eq!((summary(&log.lines).orders_secured, summary(&log.lines).tickets), (1, 4));
}

#[test]
fn an_expired_order_stays_expired_in_peace() {
    let mut log = on_sale();
    log.hold_and_order(1, &[seat("A1")]);
    log.pass(HOLD);
    log.hold_event("hold_expired", 1);
    log.sold(2, &[seat("A1")]);
    assert_eq!((summary(&log.lines).orders, summary(&log.lines).orders_secured), (2, 1));
}

#[test]
fn windows_open_with_their_first_moment_and_close_with_their_last() {
    let mut log = on_sale();
    log.now = 3_600_000;
    log.hold(1, &[unit(EVENING)]);
    log.now = 7_199_999;
    log.hold(2, &[unit(EVENING)]);
    log.now = 499_999_999;
    log.hold(3, &[seat("A1")]);
    assert_eq!(summary(&log.lines).holds, 3);
}

#[test]
fn a_family_of_two_or_three_or_nobody() {
    let mut log = on_sale();
    log.hold_and_order(1, &[unit(FAMILY), unit(FAMILY)]);
    log.hold_and_order(2, &[unit(FAMILY), unit(FAMILY), unit(FAMILY)]);
    log.hold_and_order(3, &[seat("A1")]);
    assert_eq!(summary(&log.lines).orders, 3);
}

#[test]
fn a_command_may_come_back_after_a_day() {
    let mut log = on_sale();
    let stream = log.stream("inventory");
    for hold in [1, 2] {
        let payload = crate::builder::canonical(&log.held(hold, &[seat(&format!("A{hold}"))]));
        log.append_as(&stream, "hold_placed", &payload, 1, 50, 50);
        log.now += 86_400_000;
    }
    assert_eq!(summary(&log.lines).holds, 2);
}

#[test]
fn the_same_command_may_stand_in_two_streams_and_time_is_each_streams_own() {
    let mut log = on_sale();
    log.show = 2;
    log.now = -5_000;
    let mut payload = terms(2, &hex(&[7; 32]));
    payload.as_object_mut().unwrap().remove("layout");
    log.also("inventory_drafted", &payload);
    assert_eq!(summary(&log.lines).shows, 2);
}

#[test]
fn a_cause_is_an_event_before() {
    let mut log = on_sale();
    log.hold(1, &[seat("A1")]);
    log.cause = Some(format!("{}/{}", log.stream("inventory"), log.head(&log.stream("inventory")).0));
    log.hold_event("hold_released", 1);
    log.cause = Some(format!("catalog-{}/1", id("event", 1)));
    log.hold(2, &[seat("A1")]);
    assert!(check(&log.lines, None).is_ok());
}

#[test]
fn many_chunks_give_the_same_answer() {
    let mut log = on_sale();
    for hold in 1..3000 {
        log.hold(hold, &[seat("A1"), unit(STANDING)]);
        log.hold_event("hold_released", hold);
    }
    assert_eq!(summary(&log.lines).holds, 2999);
    log.hold(1, &[seat("A1")]);
    let last = log.position;
    for hold in 3000..4000 {
        log.hold(hold, &[seat("A2")]);
        log.hold_event("hold_released", hold);
    }
    assert_eq!(check(&log.lines, None).position(), last);
}
