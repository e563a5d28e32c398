//! A seating plan that replaces another while the show sells.

use serde_json::json;

use crate::builder::{Log, id};
use crate::sale::{HOLD, STANDING_OUTSIDE, block_seats, other_layout, reclaimed, replace_plan, seat, unit};

/// On sale, with the other layout at hand: it has no `A1`, and `A2` on the balcony.
fn on_sale(log: &mut Log) -> String {
    let other = log.document(&other_layout());
    log.on_sale();
    add_floor(log, 3);
    other
}

fn add_floor(log: &mut Log, capacity: u64) {
    log.inventory("pool_added", &json!({"capacity": capacity, "name": "Floor", "pool": id("pool", 9)}));
}

fn capacity(log: &mut Log, pool: u64, capacity: u64) {
    log.inventory("pool_capacity_changed", &json!({"capacity": capacity, "pool": id("pool", pool)}));
}

/// On sale with the other plan after an order that lapsed had this.
fn replaced_after_a_lapse(log: &mut Log, name: &str) {
    let other = on_sale(log);
    log.paying(1, 1, &[seat(name)]);
    log.pass(HOLD);
    log.hold_event("hold_expired", 1);
    capacity(log, 9, 5);
    replace_plan(log, &other);
}

illegal! {
    a_plan_that_replaces_itself breaks PlanIsAnother: |log| {
        let other = on_sale(log);
        capacity(log, 9, 5);
        replace_plan(log, &other);
        replace_plan(log, &other);
    };
    a_plan_without_a_held_seat breaks PlanKeepsSeats: |log| {
        let other = on_sale(log);
        log.hold(1, &[seat("A1")]);
        capacity(log, 9, 5);
        replace_plan(log, &other);
    };
    a_plan_without_a_sold_seat breaks PlanKeepsSeats: |log| {
        let other = on_sale(log);
        log.sold(1, &[seat("A1")]);
        capacity(log, 9, 5);
        replace_plan(log, &other);
    };
    a_plan_without_a_blocked_seat breaks PlanKeepsSeats: |log| {
        let other = on_sale(log);
        block_seats(log, 1, &["A1"]);
        capacity(log, 9, 5);
        replace_plan(log, &other);
    };
    a_plan_with_a_held_seat_in_another_category breaks PlanKeepsSeats: |log| {
        let other = on_sale(log);
        log.hold(1, &[seat("A2")]);
        capacity(log, 9, 5);
        replace_plan(log, &other);
    };
    a_plan_without_a_seat_whose_lapsed_hold_has_not_ended breaks PlanKeepsSeats: |log| {
        let other = on_sale(log);
        log.hold(1, &[seat("A1")]);
        log.pass(HOLD);
        capacity(log, 9, 5);
        replace_plan(log, &other);
    };
    a_plan_without_seats_of_a_category_that_is_sold breaks CategoriesHaveSeats: |log| {
        let bare = log.document(&crate::sale::layout().replace("\"Balcony\"", "\"Gallery\""));
        log.on_sale();
        add_floor(log, 3);
        replace_plan(log, &bare);
    };
    a_publication_without_seats_of_a_category_that_is_sold breaks CategoriesHaveSeats: |log| {
        log.stocked();
        let boxes = json!({"price_category": "Boxes"});
        log.inventory("ticket_type_added", &crate::sale::ticket_type_added(8, boxes));
        log.inventory("inventory_published", &json!({}));
    };
    a_plan_whose_area_is_no_pool breaks AreasArePools: |log| {
        let other = log.document(&other_layout());
        log.on_sale();
        replace_plan(log, &other);
    };
    a_plan_whose_area_has_another_capacity breaks AreasArePools: |log| {
        let other = on_sale(log);
        replace_plan(log, &other);
    };
    a_plan_without_an_area_that_still_has_units breaks AreasArePools: |log| {
        let none = log.document(&crate::sale::layout().replace("\"Floor\"", "\"Yard\""));
        log.on_sale();
        add_floor(log, 3);
        log.inventory("pool_added", &json!({"capacity": 3, "name": "Yard", "pool": id("pool", 8)}));
        replace_plan(log, &none);
    };
    a_plan_without_an_area_that_is_blocked breaks AreasArePools: |log| {
        let none = log.document(&crate::sale::layout().replace("\"Floor\"", "\"Yard\""));
        log.on_sale();
        add_floor(log, 3);
        log.inventory("pool_added", &json!({"capacity": 3, "name": "Yard", "pool": id("pool", 8)}));
        log.inventory("block_placed", &json!({"block": id("block", 1), "pool": id("pool", 9), "quantity": 1}));
        capacity(log, 9, 0);
        replace_plan(log, &none);
    };
    a_hold_of_a_seat_that_is_gone breaks SeatIsInLayout: |log| {
        let other = on_sale(log);
        capacity(log, 9, 5);
        replace_plan(log, &other);
        log.hold(1, &[unit(STANDING_OUTSIDE), seat("A1")]);
    };
    a_hold_of_a_seat_that_is_held_since_the_former_plan breaks SeatIsFree: |log| {
        let other = on_sale(log);
        log.hold(1, &[seat("A9")]);
        capacity(log, 9, 5);
        replace_plan(log, &other);
        log.hold(2, &[seat("A9")]);
    };
    a_block_of_a_seat_that_is_blocked_since_the_former_plan breaks SeatIsNotBlocked: |log| {
        let other = on_sale(log);
        block_seats(log, 1, &["A9"]);
        capacity(log, 9, 5);
        replace_plan(log, &other);
        block_seats(log, 2, &["A9"]);
    };
    a_reclaim_of_a_seat_that_is_gone breaks ReclaimOfLastingSeats: |log| {
        replaced_after_a_lapse(log, "A1");
        log.authorise(1, 1, 4500);
        log.also("hold_reclaimed", &reclaimed(1));
    };
    a_reclaim_of_a_seat_that_is_there_again breaks ReclaimOfLastingSeats: |log| {
        let former = log.document(&crate::sale::layout().replace("House", "Once more"));
        replaced_after_a_lapse(log, "A2");
        capacity(log, 9, 3);
        replace_plan(log, &former);
        log.authorise(1, 1, 4500);
        log.also("hold_reclaimed", &reclaimed(1));
    };
    money_let_go_for_a_seat_that_stayed breaks VoidReasonHolds: |log| {
        replaced_after_a_lapse(log, "A9");
        log.authorise(1, 1, 4500);
        log.void_due(1, 1, "seats_gone");
    };
}
