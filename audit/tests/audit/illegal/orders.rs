//! Orders: what they are for, what secures them, when they end.

use serde_json::{Value, json};

use crate::builder::{Log, id, time};
use crate::sale::{FAMILY, GUEST, HOLD, STANDING, cancelled, reclaimed, seat, secured, tickets, unit};

fn order_with(log: &mut Log, change: impl FnOnce(&mut Value)) {
    log.on_sale().hold(1, &[seat("A1"), seat("A2")]);
    let mut payload = log.ordered(1, &[seat("A1"), seat("A2")]);
    change(&mut payload);
    log.inventory("order_placed", &payload);
}

fn cancel(log: &mut Log, order: u64, reason: &str) {
    log.inventory("order_cancelled", &cancelled(order, reason));
}

/// Order 1 with its payment authorised, and not secured.
fn authorised(log: &mut Log) {
    log.on_sale().paying(1, 1, &[seat("A1")]);
    log.authorise(1, 1, 4500);
}

/// Order 1 whose hold has expired and whose payment came after that.
fn late(log: &mut Log) {
    log.on_sale().paying(1, 1, &[seat("A1")]);
    log.pass(HOLD);
    log.hold_event("hold_expired", 1);
    log.authorise(1, 1, 4500);
}

/// Two orders, of A1 and of A2, the first one paid for.
fn two_orders(log: &mut Log) {
    log.on_sale().sold(1, &[seat("A1")]);
    log.hold_and_order(2, &[seat("A2")]);
}

illegal! {
    an_order_placed_twice breaks OrderIsNew: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.hold(2, &[seat("A2")]);
        let mut order = log.ordered(2, &[seat("A2")]);
        order["order"] = json!(id("order", 1));
        log.inventory("order_placed", &order);
    };
    an_order_of_nothing breaks HoldHasItems: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.inventory("hold_items_removed", &json!({"hold": id("hold", 1), "items": [seat("A1")]}));
        log.order(1, &[]);
    };
    an_order_of_less breaks OrderItemsAreHolds: |log| { log.on_sale().hold(1, &[seat("A1"), seat("A2")]); log.order(1, &[seat("A1")]); };
    an_order_of_more breaks OrderItemsAreHolds: |log| { log.on_sale().hold(1, &[seat("A1")]); log.order(1, &[seat("A1"), seat("A2")]); };
    an_order_of_another_seat breaks OrderItemsAreHolds: |log| { log.on_sale().hold(1, &[seat("A1")]); log.order(1, &[seat("A2")]); };
    an_order_of_a_seat_that_is_not_there breaks OrderItemsAreHolds: |log| { log.on_sale().hold(1, &[seat("A1")]); log.order(1, &[seat("A77")]); };
    an_order_at_another_price breaks OrderItemsAreHolds: |log| order_with(log, |order| {
        order["items"][0]["price"] = json!(1);
        order["total"] = json!(4501);
    });
    an_order_of_what_was_removed breaks OrderItemsAreHolds: |log| {
        log.on_sale().hold(1, &[seat("A1"), seat("A2")]);
        log.inventory("hold_items_removed", &json!({"hold": id("hold", 1), "items": [seat("A2")]}));
        log.order(1, &[seat("A1"), seat("A2")]);
    };
    a_ticket_twice_in_an_order breaks TicketIsNew: |log| order_with(log, |order| order["items"][1]["ticket"] = json!(id("ticket", 100)));
    a_ticket_of_another_order breaks TicketIsNew: |log| {
        log.on_sale().hold_and_order(2, &[seat("A9")]);
        log.hold(1, &[seat("A1")]);
        let mut order = log.ordered(1, &[seat("A1")]);
        order["items"][0]["ticket"] = json!(id("ticket", 200));
        log.inventory("order_placed", &order);
    };
    another_total breaks OrderTotalAdds: |log| order_with(log, |order| order["total"] = json!(8999));
    another_deadline breaks OrderDeadlineIsHolds: |log| order_with(log, |order| order["expires_at"] = json!(time(HOLD * 1000 + 1)));
    less_of_a_type_than_it_must_have breaks TypeMinimum: |log| { log.on_sale().hold_and_order(1, &[unit(FAMILY)]); };

    a_cancellation_of_an_unknown_order breaks OrderIsKnown: |log| { log.on_sale().hold(1, &[seat("A1")]); cancel(log, 1, "requested"); };
    a_securing_of_an_unknown_order breaks OrderIsKnown: |log| { log.on_sale().hold(1, &[seat("A1")]); log.secure(1, None); };
    tickets_for_an_unknown_order breaks OrderIsKnown: |log| { log.on_sale().hold(1, &[seat("A1")]); log.issue(1, &[seat("A1")]); };
    a_payment_for_an_unknown_order breaks OrderIsKnown: |log| { log.on_sale().hold(1, &[seat("A1")]); log.start(1, 1, 4500); };
    a_reclaim_for_an_unknown_order breaks OrderIsKnown: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.pass(HOLD);
        log.inventory("hold_reclaimed", &reclaimed(1));
    };
    a_cancellation_with_another_hold breaks OrderNamesItsHold: |log| {
        two_orders(log);
        let mut payload = cancelled(2, "requested");
        payload["hold"] = json!(id("hold", 1));
        log.inventory("order_cancelled", &payload);
    };
    a_securing_with_another_hold breaks OrderNamesItsHold: |log| {
        two_orders(log);
        let mut payload = secured(2, None);
        payload["hold"] = json!(id("hold", 1));
        log.inventory("order_secured", &payload);
    };
    a_reclaim_of_another_hold breaks OrderNamesItsHold: |log| {
        late(log);
        log.hold(2, &[seat("A2")]);
        log.pass(HOLD);
        let mut payload = reclaimed(1);
        payload["hold"] = json!(id("hold", 2));
        log.inventory("hold_reclaimed", &payload);
    };
    an_order_cancelled_twice breaks OrderIsNotCancelled: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        cancel(log, 1, "requested");
        cancel(log, 1, "requested");
    };
    a_securing_after_the_cancellation breaks OrderIsNotCancelled: |log| {
        authorised(log);
        cancel(log, 1, "requested");
        log.secure(1, Some(1));
    };
    a_reclaim_after_the_cancellation breaks OrderIsNotCancelled: |log| {
        authorised(log);
        cancel(log, 1, "requested");
        log.inventory("hold_reclaimed", &reclaimed(1));
    };
    tickets_after_the_cancellation breaks OrderIsNotCancelled: |log| {
        authorised(log);
        log.secure(1, Some(1));
        log.fail_capture(1, 1);
        log.also("order_cancelled", &cancelled(1, "capture_failed"));
        log.issue(1, &[seat("A1")]);
    };
    a_cancellation_after_the_lapse breaks HoldIsLive: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.pass(HOLD);
        cancel(log, 1, "requested");
    };
    a_cancellation_after_the_expiry breaks HoldIsLive: |log| { late(log); cancel(log, 1, "requested"); };
    a_cancellation_of_a_secured_order breaks CancelledBeforeSecured: |log| {
        log.on_sale().securing(1, &[seat("A1")]);
        cancel(log, 1, "requested");
    };
    a_cancellation_of_a_free_order breaks CancelledBeforeSecured: |log| {
        log.on_sale().hold_and_order(1, &[unit(GUEST)]);
        log.also("order_secured", &secured(1, None));
        log.issue(1, &[unit(GUEST)]);
        cancel(log, 1, "requested");
    };
    a_cancellation_for_a_failure_that_was_not breaks CancelledAfterFailure: |log| {
        authorised(log);
        log.secure(1, Some(1));
        cancel(log, 1, "capture_failed");
    };
    a_cancellation_for_the_failure_of_another breaks FailureCancels: |log| {
        two_orders(log);
        log.start(2, 2, 4500);
        log.authorise(2, 2, 4500);
        log.secure(2, Some(2));
        log.fail_capture(2, 2);
        cancel(log, 1, "capture_failed");
    };

    a_reclaim_after_the_start breaks ReclaimBeforeStart: |log| {
        authorised(log);
        log.pass(500_000 + 3 * 3_600);
        log.inventory("hold_reclaimed", &reclaimed(1));
    };
    a_reclaim_after_the_start_by_money_that_came_late breaks ReclaimInTime: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.pass(HOLD);
        log.authorise(1, 1, 4500);
        log.pass(500_000 - HOLD);
        log.inventory("hold_reclaimed", &reclaimed(1));
        log.also("order_secured", &secured(1, Some(1)));
    };
    a_reclaim_before_the_lapse breaks ReclaimAfterLapse: |log| {
        authorised(log);
        log.inventory("hold_reclaimed", &reclaimed(1));
    };
    a_reclaim_of_a_secured_order breaks ReclaimAfterLapse: |log| {
        log.on_sale().securing(1, &[seat("A1")]);
        log.pass(HOLD);
        log.inventory("hold_reclaimed", &reclaimed(1));
    };
    a_reclaim_of_a_seat_that_is_held breaks SeatIsFree: |log| {
        late(log);
        log.hold(2, &[seat("A1")]);
        log.inventory("hold_reclaimed", &reclaimed(1));
    };
    a_reclaim_of_a_seat_whose_hold_has_lapsed breaks LapsedHoldEndsFirst: |log| {
        late(log);
        log.hold(2, &[seat("A1")]);
        log.pass(HOLD);
        log.inventory("hold_reclaimed", &reclaimed(1));
    };
    a_reclaim_of_units_that_are_held breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().paying(1, 1, &[unit(STANDING), unit(STANDING)]);
        log.pass(HOLD);
        log.hold(2, &[unit(STANDING), unit(STANDING)]);
        log.authorise(1, 1, 4000);
        log.also("hold_reclaimed", &reclaimed(1));
    };
    a_reclaim_that_secures_nothing breaks ReclaimSecures: |log| {
        late(log);
        log.also("hold_reclaimed", &reclaimed(1));
        log.also("hold_placed", &log.held(2, &[seat("A2")]));
    };
    a_reclaim_that_is_secured_by_another_command breaks ReclaimSecures: |log| {
        late(log);
        log.also("hold_reclaimed", &reclaimed(1));
        log.secure(1, Some(1));
    };
    a_reclaim_that_secures_another_order breaks ReclaimSecures: |log| {
        late(log);
        log.hold_and_order(2, &[unit(GUEST)]);
        log.also("hold_reclaimed", &reclaimed(1));
        log.also("order_secured", &secured(2, None));
    };

    an_order_secured_twice breaks SecuredOnce: |log| {
        authorised(log);
        log.secure(1, Some(1));
        log.secure(1, Some(1));
    };
    a_securing_after_the_lapse breaks HoldIsLive: |log| { authorised(log); log.pass(HOLD); log.secure(1, Some(1)); };
    a_securing_after_the_expiry breaks HoldIsLive: |log| { late(log); log.secure(1, Some(1)); };
    a_securing_without_a_payment breaks SecuredByPayment: |log| { authorised(log); log.secure(1, None); };
    a_securing_before_the_authorisation breaks SecuredByPayment: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.secure(1, Some(1));
    };
    a_securing_by_another_amount breaks SecuredByPayment: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.authorise(1, 1, 4499);
        log.secure(1, Some(1));
    };
    a_securing_by_money_that_is_let_go breaks SecuredByPayment: |log| {
        late(log);
        log.hold(2, &[seat("A1")]);
        log.void_due(1, 1, "seats_gone");
        log.hold_event("hold_released", 2);
        log.inventory("hold_reclaimed", &reclaimed(1));
        log.also("order_secured", &secured(1, Some(1)));
    };
    a_securing_by_the_payment_of_another breaks PaymentIsKnown: |log| {
        two_orders(log);
        log.secure(2, Some(1));
    };

    tickets_before_the_order_is_secured breaks TicketsAfterMoney: |log| { authorised(log); log.issue(1, &[seat("A1")]); };
    tickets_before_the_money_has_come breaks TicketsAfterMoney: |log| {
        authorised(log);
        log.secure(1, Some(1));
        log.issue(1, &[seat("A1")]);
    };
    free_tickets_before_the_order_is_secured breaks TicketsAfterMoney: |log| {
        log.on_sale().hold_and_order(1, &[unit(GUEST)]);
        log.issue(1, &[unit(GUEST)]);
    };
    fewer_tickets breaks TicketsAreItems: |log| {
        log.on_sale().paid(1, &[seat("A1"), seat("A2")]);
        log.issue(1, &[seat("A1")]);
    };
    more_tickets breaks TicketsAreItems: |log| { log.on_sale().paid(1, &[seat("A1")]); log.issue(1, &[seat("A1"), seat("A2")]); };
    tickets_for_other_seats breaks TicketsAreItems: |log| { log.on_sale().paid(1, &[seat("A1")]); log.issue(1, &[seat("A2")]); };
    tickets_of_other_ids breaks TicketsAreItems: |log| {
        log.on_sale().paid(1, &[seat("A1")]);
        let mut payload = tickets(1, &[seat("A1")]);
        payload["tickets"][0]["ticket"] = json!(id("ticket", 999));
        log.also("tickets_issued", &payload);
    };
    tickets_twice breaks TicketsOnce: |log| { log.on_sale().sold(1, &[seat("A1")]); log.issue(1, &[seat("A1")]); };
}
