//! What an organizer changes while a show sells.

use serde_json::{Value, json};

use crate::builder::{Log, id, time};
use crate::sale::{HOLD, STANDING, reclaimed, seat, unit};

fn pause(log: &mut Log) {
    log.inventory("sale_paused", &json!({"reason": "Fire alarm"}));
}

fn resume(log: &mut Log) {
    log.inventory("sale_resumed", &json!({}));
}

fn window(log: &mut Log, starts: Option<i64>, ends: Option<i64>) {
    let mut payload = json!({});
    if let Some(starts) = starts {
        payload["sale_starts_at"] = json!(time(starts));
    }
    if let Some(ends) = ends {
        payload["sale_ends_at"] = json!(time(ends));
    }
    log.inventory("sale_window_changed", &payload);
}

fn reschedule(log: &mut Log, starts_at: i64) {
    log.inventory("inventory_rescheduled", &json!({"starts_at": time(starts_at)}));
}

pub(super) fn change(log: &mut Log, ticket_type: u64, terms: &Value) {
    let mut payload = crate::sale::ticket_type_added(ticket_type, json!({}));
    for (name, value) in terms.as_object().unwrap() {
        payload[name] = value.clone();
    }
    log.inventory("ticket_type_changed", &payload);
}

fn capacity(log: &mut Log, pool: u64, capacity: u64) {
    log.inventory("pool_capacity_changed", &json!({"capacity": capacity, "pool": id("pool", pool)}));
}

fn block(log: &mut Log, block: u64, what: Value) {
    blocked(log, "block_placed", block, what);
}

fn release(log: &mut Log, block: u64, what: Value) {
    blocked(log, "block_released", block, what);
}

fn blocked(log: &mut Log, event_type: &str, block: u64, mut what: Value) {
    what["block"] = json!(id("block", block));
    log.inventory(event_type, &what);
}

fn seats(names: &[&str]) -> Value {
    json!({"seats": names})
}

fn units(pool: u64, quantity: u64) -> Value {
    json!({"pool": id("pool", pool), "quantity": quantity})
}

illegal! {
    a_window_that_never_opens breaks WindowOpens: |log| { log.on_sale(); window(log, Some(1000), Some(1000)); };
    a_window_that_opens_at_the_start breaks WindowOpens: |log| { log.on_sale(); window(log, Some(500_000_000), None); };
    a_move_before_the_sale breaks WindowOpens: |log| {
        log.on_sale();
        window(log, Some(400_000_000), None);
        reschedule(log, 400_000_000);
    };
    a_window_of_a_type_that_never_opens breaks WindowOpens: |log| {
        log.on_sale();
        change(log, STANDING, &json!({"sale_ends_at": time(5), "sale_starts_at": time(5)}));
    };
    a_hold_outside_of_the_new_window breaks HoldInSaleWindow: |log| {
        log.on_sale();
        window(log, Some(1000), None);
        log.hold(1, &[seat("A1")]);
    };
    a_hold_after_the_new_start breaks HoldInSaleWindow: |log| {
        log.on_sale();
        reschedule(log, 400_000_000);
        log.now = 400_000_000;
        log.hold(1, &[seat("A1")]);
    };
    a_move_into_the_past breaks MovedAhead: |log| { log.on_sale().now = 9; reschedule(log, 9); };
    a_change_of_an_unknown_type breaks TypeChangeOfKnown: |log| { log.on_sale(); change(log, 9, &json!({})); };
    a_minimum_above_the_maximum breaks LimitsAllow: |log| {
        log.on_sale();
        change(log, STANDING, &json!({"max_per_order": 1, "min_per_order": 2}));
    };
    a_hold_at_the_former_price breaks ItemPriceIsType: |log| {
        log.on_sale();
        change(log, STANDING, &json!({"price": 1}));
        log.hold(1, &[unit(STANDING)]);
    };
    a_hold_beyond_the_new_maximum breaks TypeMaximum: |log| {
        log.on_sale();
        change(log, STANDING, &json!({"max_per_order": 1}));
        log.hold(1, &[unit(STANDING), unit(STANDING)]);
    };
    a_description_before_the_draft breaks StreamBegins: |log| {
        log.event(&format!("catalog-{}", id("event", 1)), "show_described", &json!({"name": "Aida"}));
    };
    a_capacity_of_an_unknown_pool breaks CapacityChanges: |log| { log.on_sale(); capacity(log, 9, 5); };
    a_capacity_that_stays breaks CapacityChanges: |log| { log.on_sale(); capacity(log, 1, 3); };
    a_hold_in_a_pool_that_was_made_smaller breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().hold(1, &[unit(STANDING), unit(STANDING)]);
        capacity(log, 1, 1);
        log.hold_event("hold_released", 1);
        log.hold(2, &[unit(STANDING)]);
        log.hold(3, &[unit(STANDING)]);
    };
    a_reclaim_in_a_pool_that_was_made_smaller breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().paying(1, 1, &[unit(STANDING), unit(STANDING)]);
        capacity(log, 1, 1);
        log.pass(HOLD);
        log.authorise(1, 1, 4000);
        log.also("hold_expired", &json!({"hold": id("hold", 1)}));
        log.also("hold_reclaimed", &reclaimed(1));
    };
    a_block_twice breaks BlockIsNew: |log| {
        log.on_sale();
        block(log, 1, seats(&["A1"]));
        release(log, 1, seats(&["A1"]));
        block(log, 1, seats(&["A1"]));
    };
    a_block_of_nothing breaks BlockKeepsBack: |log| { log.on_sale(); block(log, 1, json!({})); };
    a_block_of_no_units breaks BlockKeepsBack: |log| { log.on_sale(); block(log, 1, units(1, 0)); };
    a_block_of_both breaks BlockKeepsBack: |log| {
        let mut both = units(1, 1);
        both["seats"] = json!(["A1"]);
        log.on_sale();
        block(log, 1, both);
    };
    a_block_of_a_seat_twice breaks BlockKeepsBack: |log| { log.on_sale(); block(log, 1, seats(&["A1", "A1"])); };
    a_block_of_an_unknown_pool breaks BlockKeepsBack: |log| { log.on_sale(); block(log, 1, units(9, 1)); };
    a_block_of_an_unknown_seat breaks SeatIsInLayout: |log| { log.on_sale(); block(log, 1, seats(&["A77"])); };
    a_block_of_a_blocked_seat breaks SeatIsNotBlocked: |log| {
        log.on_sale();
        block(log, 1, seats(&["A1"]));
        block(log, 2, seats(&["A2", "A1"]));
    };
    a_hold_of_a_blocked_seat breaks SeatIsNotBlocked: |log| {
        log.on_sale();
        block(log, 1, seats(&["A1"]));
        log.hold(1, &[seat("A1")]);
    };
    a_reclaim_of_a_blocked_seat breaks SeatIsNotBlocked: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.pass(HOLD);
        log.hold_event("hold_expired", 1);
        block(log, 1, seats(&["A1"]));
        log.authorise(1, 1, 4500);
        log.also("hold_reclaimed", &reclaimed(1));
    };
    a_block_of_a_held_seat breaks SeatIsFree: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        block(log, 1, seats(&["A1"]));
    };
    a_block_of_a_sold_seat breaks SeatIsFree: |log| {
        log.on_sale().sold(1, &[seat("A1")]);
        block(log, 1, seats(&["A1"]));
    };
    a_block_of_a_seat_whose_hold_has_lapsed breaks LapsedHoldEndsFirst: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.pass(HOLD);
        block(log, 1, seats(&["A1"]));
    };
    a_block_of_more_units_than_are_left breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().hold(1, &[unit(STANDING)]);
        block(log, 1, units(1, 3));
    };
    a_hold_of_blocked_units breaks PoolIsNotOverdrawn: |log| {
        log.on_sale();
        block(log, 1, units(1, 3));
        log.hold(1, &[unit(STANDING)]);
    };
    a_release_of_an_unknown_block breaks ReleasedIsBlocked: |log| { log.on_sale(); release(log, 1, seats(&["A1"])); };
    a_release_of_nothing breaks ReleasedIsBlocked: |log| {
        log.on_sale();
        block(log, 1, seats(&["A1"]));
        release(log, 1, json!({}));
    };
    a_release_of_a_seat_twice breaks ReleasedIsBlocked: |log| {
        log.on_sale();
        block(log, 1, seats(&["A1", "A2"]));
        release(log, 1, seats(&["A1"]));
        release(log, 1, seats(&["A1"]));
    };
    a_release_of_more_units_than_are_kept breaks ReleasedIsBlocked: |log| {
        log.on_sale();
        block(log, 1, units(1, 2));
        release(log, 1, json!({"quantity": 1}));
        release(log, 1, json!({"quantity": 2}));
    };
    a_pause_of_a_draft breaks PauseOfPublished: |log| { log.stocked(); pause(log); };
    a_resumption_of_a_draft breaks PauseOfPublished: |log| { log.stocked(); resume(log); };
    a_pause_of_a_paused_show breaks PauseTurns: |log| { log.on_sale(); pause(log); pause(log); };
    a_resumption_of_a_show_that_sells breaks PauseTurns: |log| { log.on_sale(); resume(log); };
    a_hold_of_a_paused_show breaks HoldNotPaused: |log| { log.on_sale(); pause(log); log.hold(1, &[seat("A1")]); };
    items_added_while_paused breaks HoldNotPaused: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        pause(log);
        log.inventory("hold_items_added", &json!({"hold": id("hold", 1), "items": [seat("A2")]}));
    };
}
