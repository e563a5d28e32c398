//! Holds: seats, units, windows, deadlines.

use serde_json::{Value, json};

use crate::builder::{Log, id, time};
use crate::sale::{
    EVENING, FAMILY, HOLD, HOLD_MAX, STANDING, STANDING_OUTSIDE, cancelled, reclaimed, seat, secured, unit,
};

fn hold_with(log: &mut Log, change: impl FnOnce(&mut Value)) {
    let mut payload = log.on_sale().held(1, &[seat("A1")]);
    change(&mut payload);
    log.inventory("hold_placed", &payload);
}

fn add(log: &mut Log, hold: u64, items: &[Value]) {
    log.inventory("hold_items_added", &json!({"hold": id("hold", hold), "items": items}));
}

fn remove(log: &mut Log, hold: u64, items: &[Value]) {
    log.inventory("hold_items_removed", &json!({"hold": id("hold", hold), "items": items}));
}

fn extend(log: &mut Log, hold: u64, until: i64) {
    log.inventory("hold_extended", &json!({"expires_at": time(until), "hold": id("hold", hold)}));
}

/// A show whose holds may not be extended at all, or whose terms differ otherwise.
fn on_sale_with(log: &mut Log, name: &str, value: Value) {
    log.show = 1;
    let layout = log.document(&crate::sale::layout());
    let mut terms = crate::sale::terms(1, &layout);
    terms[name] = value;
    log.inventory("inventory_drafted", &terms);
    log.inventory(
        "ticket_type_added",
        &crate::sale::ticket_type_added(1, json!({"price_category": "Stalls"})),
    );
    log.inventory("inventory_published", &json!({}));
}

/// A hold of A1 that has ended in that way.
fn ended(log: &mut Log, way: &str) {
    match way {
        "released" => {
            log.on_sale().hold(1, &[seat("A1")]);
            log.hold_event("hold_released", 1);
        }
        "expired" => {
            log.on_sale().hold(1, &[seat("A1")]);
            log.pass(HOLD);
            log.hold_event("hold_expired", 1);
        }
        "cancelled" => {
            log.on_sale().hold_and_order(1, &[seat("A1")]);
            log.inventory("order_cancelled", &cancelled(1, "requested"));
        }
        _ => {
            log.on_sale().hold(1, &[seat("A1")]);
            log.pass(HOLD);
        }
    }
}

illegal! {
    a_hold_before_publication breaks HoldNeedsPublished: |log| { log.stocked(); log.hold(1, &[seat("A1")]); };
    a_hold_before_the_sale breaks HoldInSaleWindow: |log| { log.now = -1; log.on_sale().hold(1, &[seat("A1")]); };
    a_hold_when_the_show_starts breaks HoldInSaleWindow: |log| {
        log.on_sale().now = 500_000_000;
        log.hold(1, &[seat("A1")]);
    };
    a_hold_when_the_sale_has_ended breaks HoldInSaleWindow: |log| {
        on_sale_with(log, "sale_ends_at", json!(time(1000)));
        log.now = 1000;
        log.hold(1, &[seat("A1")]);
    };
    items_added_when_the_sale_has_ended breaks HoldInSaleWindow: |log| {
        on_sale_with(log, "sale_ends_at", json!(time(1000)));
        log.hold(1, &[seat("A1")]);
        log.now = 1000;
        add(log, 1, &[seat("A2")]);
    };
    a_type_before_its_own_sale breaks HoldInTypeWindow: |log| {
        log.on_sale().now = 3_599_999;
        log.hold(1, &[unit(EVENING)]);
    };
    a_type_after_its_own_sale breaks HoldInTypeWindow: |log| {
        log.on_sale().now = 7_200_000;
        log.hold(1, &[unit(EVENING)]);
    };
    a_hold_placed_twice breaks HoldIsNew: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.hold(1, &[seat("A2")]);
    };
    the_id_of_a_released_hold_used_again breaks HoldIsNew: |log| { ended(log, "released"); log.hold(1, &[seat("A2")]); };
    a_hold_of_nothing breaks HoldHasItems: |log| { log.on_sale().hold(1, &[]); };
    nothing_added breaks HoldHasItems: |log| { log.on_sale().hold(1, &[seat("A1")]); add(log, 1, &[]); };
    nothing_removed breaks HoldHasItems: |log| { log.on_sale().hold(1, &[seat("A1")]); remove(log, 1, &[]); };
    a_seat_twice_in_a_hold breaks SeatNamedOnce: |log| { log.on_sale().hold(1, &[seat("A1"), seat("A1")]); };
    a_seat_added_that_is_there breaks SeatNamedOnce: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        add(log, 1, &[seat("A1")]);
    };
    a_seat_that_is_held breaks SeatIsFree: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.now += HOLD * 1000 - 1;
        log.hold(2, &[seat("A2"), seat("A1")]);
    };
    a_seat_added_that_is_held breaks SeatIsFree: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.hold(2, &[seat("A2")]);
        add(log, 2, &[seat("A1")]);
    };
    a_seat_whose_hold_was_extended breaks SeatIsFree: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        extend(log, 1, (HOLD + 1) * 1000);
        log.pass(HOLD);
        log.hold(2, &[seat("A1")]);
    };
    a_seat_that_is_secured breaks SeatIsFree: |log| {
        log.on_sale().securing(1, &[seat("A1")]);
        log.pass(HOLD_MAX);
        log.hold(2, &[seat("A1")]);
    };
    a_seat_that_is_sold breaks SeatIsFree: |log| {
        log.on_sale().sold(1, &[seat("A1")]);
        log.pass(HOLD_MAX);
        log.hold(2, &[seat("A1")]);
    };
    a_seat_that_was_reclaimed breaks SeatIsFree: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.pass(HOLD);
        log.hold_event("hold_expired", 1);
        log.authorise(1, 1, 4500);
        log.also("hold_reclaimed", &reclaimed(1));
        log.also("order_secured", &secured(1, Some(1)));
        log.hold(2, &[seat("A1")]);
    };
    a_seat_whose_hold_has_lapsed_without_a_word breaks LapsedHoldEndsFirst: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.pass(HOLD);
        log.hold(2, &[seat("A1")]);
    };
    more_units_than_there_are breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().hold(1, &[unit(STANDING), unit(STANDING)]);
        log.now += HOLD * 1000 - 1;
        log.hold(2, &[unit(STANDING), unit(STANDING)]);
    };
    more_units_in_one_hold_than_there_are breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().hold(1, &[unit(STANDING), unit(STANDING), unit(STANDING), unit(STANDING)]);
    };
    units_of_another_type_on_the_same_pool breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().hold(1, &[unit(STANDING_OUTSIDE), unit(STANDING), unit(STANDING)]);
        log.hold(2, &[unit(STANDING_OUTSIDE)]);
    };
    the_smaller_of_two_pools breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().hold(1, &[unit(STANDING_OUTSIDE), unit(STANDING_OUTSIDE)]);
        log.hold(2, &[unit(STANDING_OUTSIDE)]);
    };
    units_added_that_are_not_there breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().hold(1, &[unit(STANDING), unit(STANDING), unit(STANDING)]);
        log.hold(2, &[seat("A1")]);
        add(log, 2, &[unit(STANDING)]);
    };
    units_of_an_extended_hold breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().hold(1, &[unit(STANDING), unit(STANDING), unit(STANDING)]);
        extend(log, 1, (HOLD + 1) * 1000);
        log.pass(HOLD);
        log.hold(2, &[unit(STANDING)]);
    };
    units_that_are_sold breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().sold(1, &[unit(STANDING), unit(STANDING), unit(STANDING)]);
        log.pass(HOLD_MAX);
        log.hold(2, &[unit(STANDING)]);
    };
    more_than_one_buyer_may_have breaks BuyerMaximum: |log| {
        let seats: Vec<Value> = (1..8).map(|n| seat(&format!("A{n}"))).collect();
        log.on_sale().hold(1, &seats);
    };
    more_added_than_one_buyer_may_have breaks BuyerMaximum: |log| {
        let seats: Vec<Value> = (1..7).map(|n| seat(&format!("A{n}"))).collect();
        log.on_sale().hold(1, &seats);
        add(log, 1, &[seat("B1")]);
    };
    more_of_a_type_than_an_order_may_have breaks TypeMaximum: |log| {
        log.on_sale().hold(1, &[unit(FAMILY), unit(FAMILY), unit(FAMILY), unit(FAMILY)]);
    };
    more_of_a_type_added_than_an_order_may_have breaks TypeMaximum: |log| {
        log.on_sale().hold(1, &[unit(FAMILY), unit(FAMILY)]);
        add(log, 1, &[unit(FAMILY), unit(FAMILY)]);
    };
    a_deadline_of_ones_own breaks DeadlineIsShows: |log| {
        hold_with(log, |hold| hold["expires_at"] = json!(time(HOLD * 1000 + 1)));
    };
    a_last_deadline_of_ones_own breaks DeadlineIsShows: |log| {
        hold_with(log, |hold| hold["max_expires_at"] = json!(time(HOLD_MAX * 1000 + 1)));
    };
    a_deadline_after_the_last breaks DeadlineWithinMaximum: |log| {
        on_sale_with(log, "hold_seconds_max", json!(200));
        let mut hold = log.held(1, &[seat("A1")]);
        hold["max_expires_at"] = json!(time(200_000));
        log.inventory("hold_placed", &hold);
    };

    a_release_of_an_unknown_hold breaks HoldIsLive: |log| { log.on_sale().hold_event("hold_released", 1); };
    a_release_of_a_released_hold breaks HoldIsLive: |log| { ended(log, "released"); log.hold_event("hold_released", 1); };
    a_release_of_an_expired_hold breaks HoldIsLive: |log| { ended(log, "expired"); log.hold_event("hold_released", 1); };
    a_release_of_a_lapsed_hold breaks HoldIsLive: |log| { ended(log, "lapsed"); log.hold_event("hold_released", 1); };
    a_release_of_a_cancelled_hold breaks HoldIsLive: |log| { ended(log, "cancelled"); log.hold_event("hold_released", 1); };
    items_added_to_a_lapsed_hold breaks HoldIsLive: |log| { ended(log, "lapsed"); add(log, 1, &[seat("A2")]); };
    items_added_to_a_released_hold breaks HoldIsLive: |log| { ended(log, "released"); add(log, 1, &[seat("A2")]); };
    items_removed_from_an_expired_hold breaks HoldIsLive: |log| { ended(log, "expired"); remove(log, 1, &[seat("A1")]); };
    an_extension_of_a_lapsed_hold breaks HoldIsLive: |log| { ended(log, "lapsed"); extend(log, 1, HOLD_MAX * 1000); };
    an_extension_of_a_cancelled_hold breaks HoldIsLive: |log| { ended(log, "cancelled"); extend(log, 1, HOLD_MAX * 1000); };
    an_order_of_a_lapsed_hold breaks HoldIsLive: |log| { ended(log, "lapsed"); log.order(1, &[seat("A1")]); };
    an_order_of_a_released_hold breaks HoldIsLive: |log| { ended(log, "released"); log.order(1, &[seat("A1")]); };
    an_expiry_of_an_unknown_hold breaks HoldIsLive: |log| { log.on_sale().hold_event("hold_expired", 1); };
    an_expiry_of_an_expired_hold breaks HoldIsLive: |log| { ended(log, "expired"); log.hold_event("hold_expired", 1); };
    an_expiry_of_a_secured_hold breaks HoldIsLive: |log| {
        log.on_sale().securing(1, &[seat("A1")]);
        log.pass(HOLD);
        log.hold_event("hold_expired", 1);
    };
    an_expiry_before_the_deadline breaks HoldHasLapsed: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.now += HOLD * 1000 - 1;
        log.hold_event("hold_expired", 1);
    };
    an_expiry_before_the_extended_deadline breaks HoldHasLapsed: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        extend(log, 1, HOLD_MAX * 1000);
        log.pass(HOLD);
        log.hold_event("hold_expired", 1);
    };
    a_release_of_an_ordered_hold breaks HoldHasNoOrder: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.hold_event("hold_released", 1);
    };
    items_added_to_an_ordered_hold breaks HoldHasNoOrder: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        add(log, 1, &[seat("A2")]);
    };
    items_removed_from_an_ordered_hold breaks HoldHasNoOrder: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1"), seat("A2")]);
        remove(log, 1, &[seat("A2")]);
    };
    an_extension_of_an_ordered_hold breaks HoldHasNoOrder: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        extend(log, 1, HOLD_MAX * 1000);
    };
    a_second_order_of_a_hold breaks HoldHasNoOrder: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        let mut order = log.ordered(2, &[seat("A1")]);
        order["hold"] = json!(id("hold", 1));
        log.inventory("order_placed", &order);
    };
    another_seat_removed breaks RemovedItemsAreHeld: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        remove(log, 1, &[seat("A2")]);
    };
    a_seat_removed_that_is_not_there breaks RemovedItemsAreHeld: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        remove(log, 1, &[seat("A77")]);
    };
    more_units_removed_than_there_are breaks RemovedItemsAreHeld: |log| {
        log.on_sale().hold(1, &[unit(STANDING), seat("A1")]);
        remove(log, 1, &[unit(STANDING), unit(STANDING)]);
    };
    an_extension_to_the_same_deadline breaks ExtensionIsLater: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        extend(log, 1, HOLD * 1000);
    };
    an_extension_beyond_the_last_deadline breaks ExtensionWithinMaximum: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        extend(log, 1, HOLD_MAX * 1000 + 1);
    };
}
