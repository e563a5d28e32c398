//! What an organizer changes while a show sells.

use serde_json::{Value, json};

use super::{on_sale, reclaim};
use crate::builder::{id, time};
use crate::sale::{HOLD, STANDING, seat, unit};
use crate::summary;

#[test]
fn what_buyers_have_is_honoured_while_the_sale_is_paused() {
    let mut log = on_sale();
    let items = [seat("A1"), unit(STANDING)];
    log.hold_and_order(1, &[seat("A2")]);
    log.hold(2, &items);
    log.inventory("sale_paused", &json!({}));
    log.order(2, &items);
    log.start(2, 2, crate::sale::total(&items));
    log.start(1, 1, crate::sale::total(&[seat("A2")]));
    log.pass(HOLD);
    log.hold_event("hold_expired", 1);
    reclaim(&mut log, 1, &[seat("A2")]);
    log.inventory("sale_resumed", &json!({}));
    log.hold(3, &[seat("A3")]);
    assert_eq!((summary(&log.lines).tickets, summary(&log.lines).holds_live), (1, 1));
}

#[test]
fn nobody_loses_what_they_have_where_a_pool_is_made_smaller() {
    let mut log = on_sale();
    let capacity = |capacity: u64| json!({"capacity": capacity, "pool": id("pool", 1)});
    log.sold(1, &[unit(STANDING), unit(STANDING)]);
    log.hold(2, &[unit(STANDING)]);
    log.inventory("pool_capacity_changed", &capacity(0));
    log.order(2, &[unit(STANDING)]);
    log.pass(HOLD);
    log.hold_event("hold_expired", 2);
    log.inventory("pool_capacity_changed", &capacity(3));
    log.hold(3, &[unit(STANDING)]);
    assert_eq!((summary(&log.lines).tickets, summary(&log.lines).holds_live), (2, 1));
}

#[test]
fn what_is_kept_back_and_given_back_is_sold_like_the_rest() {
    let mut log = on_sale();
    let block = |block: u64| json!({"block": id("block", block)});
    let with = |mut payload: Value, name: &str, value: Value| {
        payload[name] = value;
        payload
    };
    let units = |quantity: u64| json!({"block": id("block", 2), "pool": id("pool", 1), "quantity": quantity});
    log.hold(1, &[seat("A1"), unit(STANDING), unit(STANDING)]);
    log.pass(HOLD);
    log.hold_event("hold_expired", 1);
    log.also("block_placed", &with(block(1), "seats", json!(["A1", "A2"])));
    // Units of a lapsed hold are free without a word.
    log.hold(2, &[unit(STANDING)]);
    log.pass(HOLD);
    log.inventory("block_placed", &units(3));
    log.inventory("block_released", &with(block(1), "seats", json!(["A1"])));
    log.inventory("block_released", &with(block(2), "quantity", json!(2)));
    log.sold(3, &[seat("A1"), unit(STANDING), unit(STANDING)]);
    assert_eq!(summary(&log.lines).seats_sold, 1);
}

#[test]
fn what_is_held_keeps_its_price_and_a_show_that_was_moved_sells_on() {
    let mut log = on_sale();
    log.hold(1, &[unit(STANDING)]);
    let mut dearer = crate::sale::ticket_type_added(STANDING, json!({}));
    dearer["price"] = json!(9999);
    log.inventory("ticket_type_changed", &dearer);
    log.inventory(
        "hold_items_added",
        &json!({"hold": id("hold", 1), "items": [
            {"price": 9999, "ticket_type": id("ticket_type", STANDING)},
        ]}),
    );
    log.order(1, &[unit(STANDING), json!({"price": 9999, "ticket_type": id("ticket_type", STANDING)})]);
    log.inventory("inventory_rescheduled", &json!({"starts_at": time(540_000_000)}));
    log.event(&log.stream("catalog"), "show_rescheduled", &json!({"starts_at": time(540_000_000)}));
    log.event(&log.stream("catalog"), "show_described", &json!({"name": "Tosca"}));
    log.now = 520_000_000;
    log.hold(2, &[seat("A1")]);
    log.inventory("sale_window_changed", &json!({"sale_ends_at": time(520_000_000)}));
    log.order(2, &[seat("A1")]);
    assert_eq!(summary(&log.lines).orders, 2);
}

#[test]
fn whoever_has_a_seat_keeps_it_in_another_plan() {
    let mut log = crate::builder::Log::default();
    let other = log.document(&crate::sale::other_layout());
    log.on_sale();
    log.inventory("pool_added", &json!({"capacity": 3, "name": "Floor", "pool": id("pool", 9)}));
    log.sold(1, &[seat("A9")]);
    log.paying(2, 2, &[seat("A1"), seat("A3")]);
    log.paying(3, 3, &[seat("B1")]);
    crate::sale::block_seats(&mut log, 1, &["A2", "B2"]);
    log.pass(HOLD);
    log.hold_event("hold_expired", 2);
    log.also("pool_capacity_changed", &json!({"capacity": 5, "pool": id("pool", 9)}));
    log.also("plan_replaced", &json!({"layout": other}));
    log.event(&log.stream("catalog"), "show_plan_replaced", &json!({"plan": id("seating_plan", 2)}));
    log.inventory("block_released", &json!({"block": id("block", 1), "seats": ["A2"]}));
    // One of the two seats is gone, so both are.
    log.authorise(2, 2, 9000);
    log.void_due(2, 2, "seats_gone");
    log.hold_event("hold_expired", 3);
    reclaim(&mut log, 3, &[seat("B1")]);
    log.hold(4, &[seat("A3"), seat("A4")]);
    assert_eq!((summary(&log.lines).tickets, summary(&log.lines).holds_live), (2, 1));
}
