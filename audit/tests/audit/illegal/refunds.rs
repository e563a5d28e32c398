//! Tickets that are given back, refunds, and shows that do not take place.

use serde_json::{Value, json};

use crate::builder::{Log, id, time};
use crate::sale::{GUEST, cancelled, due_back, paying, returned, seat, secured, tickets, unit};

/// Order 1 for A1 and A2, paid and with tickets; half of everything goes back.
fn sold(log: &mut Log) {
    log.on_sale().policy(500_000, false);
    log.sold(1, &two());
}

fn two() -> [Value; 2] {
    [seat("A1"), seat("A2")]
}

/// The ticket for A1 goes back for half of its price.
fn one_back() -> Value {
    returned(1, &two(), &[0], 1, 2250)
}

fn with(mut payload: Value, field: &str, value: Value) -> Value {
    payload[field] = value;
    payload
}

/// A refund of order 1 that is due.
fn due(log: &mut Log) {
    sold(log);
    log.give_back(&one_back(), 1, 2250);
}

fn by_operator(note: bool, kept: u64) -> Value {
    let payload = with(returned(1, &two(), &[0], 1, kept), "reason", json!("operator"));
    if note { with(payload, "note", json!("Broken seat")) } else { payload }
}

fn with_show(kept: u64) -> Value {
    with(returned(1, &two(), &[0, 1], 0, kept), "reason", json!("show_cancelled"))
}

/// Order 1 is cancelled because its capture failed, and then its money comes.
fn captured_late(log: &mut Log) {
    log.on_sale().paying(1, 1, &[seat("A1")]);
    log.authorise(1, 1, 4500);
    log.also("order_secured", &secured(1, Some(1)));
    log.fail_capture(1, 1);
    log.also("order_cancelled", &cancelled(1, "capture_failed"));
    log.capture(1, 1, 4500);
}

illegal! {
    a_policy_that_gives_back_more_than_all breaks RateIsShare: |log| { log.on_sale().policy(1_000_001, false); };
    a_policy_that_stays breaks PolicyChanges: |log| {
        log.on_sale().policy(1, false);
        log.policy(1, false);
    };
    no_policy_that_stays breaks PolicyChanges: |log| {
        log.on_sale().inventory("refund_policy_changed", &json!({}));
    };
    tickets_before_they_are_issued breaks ReturnOfLive: |log| {
        log.on_sale().policy(1, false);
        log.securing(1, &two());
        log.inventory("tickets_returned", &one_back());
    };
    no_tickets_at_all breaks ReturnOfLive: |log| {
        sold(log);
        log.inventory("tickets_returned", &returned(1, &two(), &[], 2, 0));
    };
    a_ticket_of_another_order breaks ReturnOfLive: |log| {
        sold(log);
        log.sold(2, &[seat("A3")]);
        let other = returned(2, &[seat("A3")], &[0], 1, 2250);
        log.inventory("tickets_returned", &with(one_back(), "tickets", other["tickets"].clone()));
    };
    a_ticket_at_another_price breaks ReturnOfLive: |log| {
        sold(log);
        let mut payload = one_back();
        payload["tickets"][0]["price"] = json!(9);
        log.inventory("tickets_returned", &payload);
    };
    a_ticket_named_twice breaks ReturnOfLive: |log| {
        sold(log);
        log.inventory("tickets_returned", &returned(1, &two(), &[0, 0], 0, 4500));
    };
    a_ticket_returned_twice breaks ReturnOfLive: |log| {
        due(log);
        log.inventory("tickets_returned", &returned(1, &two(), &[0], 0, 2250));
    };
    a_return_with_another_hold breaks OrderNamesItsHold: |log| {
        sold(log);
        log.hold(2, &[seat("A3")]);
        log.inventory("tickets_returned", &with(one_back(), "hold", json!(id("hold", 2))));
    };
    a_return_that_counts_wrong breaks ReturnCountsRest: |log| {
        sold(log);
        log.inventory("tickets_returned", &with(one_back(), "left", json!(0)));
    };
    more_kept_than_was_paid breaks KeptWithinValue: |log| {
        sold(log);
        log.inventory("tickets_returned", &by_operator(true, 4501));
    };
    tickets_returned_without_a_policy breaks ReturnWithinPolicy: |log| {
        log.on_sale().sold(1, &two());
        log.inventory("tickets_returned", &one_back());
    };
    tickets_returned_after_the_deadline breaks ReturnWithinPolicy: |log| {
        sold(log);
        log.pass(500_000 - 60);
        log.inventory("tickets_returned", &one_back());
    };
    more_kept_than_the_policy_says breaks ReturnKeepsPolicy: |log| {
        sold(log);
        log.inventory("tickets_returned", &with(one_back(), "kept", json!(2251)));
    };
    less_kept_than_the_policy_says breaks ReturnKeepsPolicy: |log| {
        sold(log);
        log.inventory("tickets_returned", &with(one_back(), "kept", json!(2249)));
    };
    what_the_former_policy_kept breaks ReturnKeepsPolicy: |log| {
        sold(log);
        log.policy(1_000_000, false);
        log.inventory("tickets_returned", &one_back());
    };
    tickets_taken_back_without_a_word breaks OperatorSaysWhy: |log| {
        sold(log);
        log.inventory("tickets_returned", &by_operator(false, 0));
    };
    tickets_of_a_disputed_payment breaks ReturnUndisputed: |log| {
        sold(log);
        log.inventory("payment_disputed", &paying(1, 1));
        log.inventory("tickets_returned", &one_back());
    };
    a_return_that_nothing_follows breaks RefundFollows: |log| {
        sold(log);
        log.inventory("tickets_returned", &one_back());
        log.hold(2, &[seat("A3")]);
    };
    a_refund_by_another_command breaks RefundFollows: |log| {
        sold(log);
        log.inventory("tickets_returned", &one_back());
        log.inventory("refund_due", &due_back(&one_back(), 1, 2250));
    };
    a_refund_of_less_than_is_not_kept breaks RefundFollows: |log| {
        sold(log);
        log.give_back(&one_back(), 1, 2249);
    };
    a_refund_for_another_reason breaks RefundFollows: |log| {
        sold(log);
        log.inventory("tickets_returned", &one_back());
        log.also("refund_due", &with(due_back(&one_back(), 1, 2250), "reason", json!("operator")));
    };
    a_refund_for_other_tickets breaks RefundFollows: |log| {
        sold(log);
        log.inventory("tickets_returned", &one_back());
        log.also("refund_due", &due_back(&returned(1, &two(), &[1], 1, 2250), 1, 2250));
    };
    a_refund_out_of_the_blue breaks RefundFollows: |log| {
        sold(log);
        log.inventory("refund_due", &due_back(&one_back(), 1, 2250));
    };
    money_that_came_late_and_stays breaks RefundFollows: |log| {
        captured_late(log);
        log.hold(2, &[seat("A3")]);
    };
    money_that_came_late_in_part breaks CaptureIsTotal: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.authorise(1, 1, 4500);
        log.also("order_secured", &secured(1, Some(1)));
        log.fail_capture(1, 1);
        log.also("order_cancelled", &cancelled(1, "capture_failed"));
        log.capture(1, 1, 4499);
    };
    a_refund_with_a_used_id breaks RefundIsNew: |log| {
        due(log);
        log.give_back(&returned(1, &two(), &[1], 0, 2250), 1, 2250);
    };
    a_refund_of_a_payment_that_was_not_captured breaks RefundOfCaptured: |log| {
        log.on_sale().paying(1, 1, &two());
        log.inventory("refund_due", &due_back(&one_back(), 1, 2250));
    };
    a_refund_of_nothing breaks RefundOfCaptured: |log| {
        sold(log);
        log.inventory("refund_due", &due_back(&one_back(), 1, 0));
    };
    a_refund_of_another_payment breaks PaymentIsKnown: |log| {
        sold(log);
        log.inventory("tickets_returned", &one_back());
        log.also("refund_due", &with(due_back(&one_back(), 1, 2250), "payment", json!(id("payment", 2))));
    };
    a_refund_that_nobody_owes_made breaks RefundIsKnown: |log| { sold(log); log.refund_event("refund_made", 1, 1); };
    a_refund_of_another_order_made breaks RefundIsKnown: |log| {
        due(log);
        log.sold(2, &[seat("A3")]);
        log.refund_event("refund_made", 2, 1);
    };
    a_refund_made_twice breaks RefundEndsOnce: |log| {
        due(log);
        log.refund_event("refund_made", 1, 1);
        log.refund_event("refund_made", 1, 1);
    };
    a_refund_that_fails_after_it_was_made breaks RefundEndsOnce: |log| {
        due(log);
        log.refund_event("refund_made", 1, 1);
        log.refund_event("refund_failed", 1, 1);
    };
    a_refund_made_after_it_failed breaks RefundEndsOnce: |log| {
        due(log);
        log.refund_event("refund_failed", 1, 1);
        log.refund_event("refund_made", 1, 1);
    };
    a_refund_tried_again_that_has_not_failed breaks RefundEndsOnce: |log| { due(log); log.retry(1, 1, 2250, 0); };
    another_amount_tried_again breaks RefundRetriedAsItWas: |log| {
        due(log);
        log.refund_event("refund_failed", 1, 1);
        log.retry(1, 1, 2251, 1);
    };
    a_try_that_counts_wrong breaks RefundRetriedAsItWas: |log| {
        due(log);
        log.refund_event("refund_failed", 1, 1);
        log.retry(1, 1, 2250, 2);
    };
    a_draft_cancelled breaks ShowCancelledOnce: |log| { log.stocked(); log.cancel_show(0); };
    a_show_cancelled_twice breaks ShowCancelledOnce: |log| { log.on_sale().cancel_show(0); log.cancel_show(0); };
    a_cancellation_that_counts_wrong breaks CancellationCounts: |log| { sold(log); log.cancel_show(0); };
    a_hold_in_a_cancelled_show breaks NothingAfterCancellation: |log| {
        log.on_sale().cancel_show(0);
        log.hold(1, &[seat("A1")]);
    };
    an_order_in_a_cancelled_show breaks NothingAfterCancellation: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.cancel_show(0);
        log.order(1, &[seat("A1")]);
    };
    an_extension_in_a_cancelled_show breaks NothingAfterCancellation: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        log.cancel_show(0);
        log.inventory("hold_extended", &json!({"expires_at": time(log.now + 400_000), "hold": id("hold", 1)}));
    };
    a_payment_in_a_cancelled_show breaks NothingAfterCancellation: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.cancel_show(0);
        log.start(1, 1, 4500);
    };
    an_order_secured_in_a_cancelled_show breaks NothingAfterCancellation: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.cancel_show(0);
        log.authorise(1, 1, 4500);
        log.also("order_secured", &secured(1, Some(1)));
    };
    a_pause_of_a_cancelled_show breaks NothingAfterCancellation: |log| {
        log.on_sale().cancel_show(0);
        log.inventory("sale_paused", &json!({}));
    };
    a_move_of_a_cancelled_show breaks NothingAfterCancellation: |log| {
        log.on_sale().cancel_show(0);
        log.inventory("inventory_rescheduled", &json!({"starts_at": time(600_000_000)}));
    };
    a_ticket_of_a_cancelled_show_given_back breaks NothingAfterCancellation: |log| {
        sold(log);
        log.cancel_show(1);
        log.inventory("tickets_returned", &one_back());
    };
    tickets_returned_for_a_cancellation_that_was_none breaks CancellationReturnsAll: |log| {
        sold(log);
        log.inventory("tickets_returned", &with_show(0));
    };
    a_cancellation_that_keeps_something breaks CancellationReturnsAll: |log| {
        sold(log);
        log.cancel_show(1);
        log.inventory("tickets_returned", &with_show(1));
    };
    a_cancellation_that_pays_a_disputed_payment_back breaks CancellationReturnsAll: |log| {
        sold(log);
        log.inventory("payment_disputed", &paying(1, 1));
        log.cancel_show(1);
        log.inventory("tickets_returned", &with_show(0));
    };
    money_let_go_for_a_cancellation_that_was_none breaks VoidReasonHolds: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.authorise(1, 1, 4500);
        log.void_due(1, 1, "show_cancelled");
    };
    tickets_of_a_cancelled_show_that_stay breaks CancelledTicketsGoBack: |log| {
        log.on_sale().securing(1, &two());
        log.cancel_show(1);
        log.capture(1, 1, 9000);
        log.issue(1, &two());
        log.hold_event("hold_released", 9);
    };
    tickets_of_a_cancelled_show_that_go_back_in_part breaks CancelledTicketsGoBack: |log| {
        log.on_sale().securing(1, &two());
        log.cancel_show(1);
        log.capture(1, 1, 9000);
        log.issue(1, &two());
        let part = with(returned(1, &two(), &[0], 1, 0), "reason", json!("show_cancelled"));
        log.also("tickets_returned", &part);
    };
    a_unit_sold_beyond_its_pool_although_one_came_back breaks PoolIsNotOverdrawn: |log| {
        log.on_sale().policy(1, false);
        let guests = vec![unit(GUEST); 5];
        log.hold(1, &guests);
        log.order(1, &guests);
        log.also("order_secured", &secured(1, None));
        log.also("tickets_issued", &tickets(1, &guests));
        log.inventory("tickets_returned", &returned(1, &guests, &[0], 4, 0));
        log.hold(2, &vec![unit(GUEST); 6]);
    };
}
