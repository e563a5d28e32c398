//! Payments: money that is reserved, captured, let go.

use crate::builder::Log;
use crate::sale::{GUEST, HOLD, cancelled, paying, seat, secured, tickets, unit};

/// Order 1 with its payment authorised, and not secured.
fn authorised(log: &mut Log) {
    log.on_sale().paying(1, 1, &[seat("A1")]);
    log.authorise(1, 1, 4500);
}

/// The same secured.
fn securing(log: &mut Log) {
    authorised(log);
    log.also("order_secured", &secured(1, Some(1)));
}

/// The same with a second payment, also authorised.
fn paid_twice(log: &mut Log) {
    log.on_sale().paying(1, 1, &[seat("A1")]);
    log.start(1, 2, 4500);
    log.authorise(1, 1, 4500);
    log.also("order_secured", &secured(1, Some(1)));
    log.authorise(1, 2, 4500);
}

/// A payment that has begun.
fn started(log: &mut Log) {
    log.on_sale().paying(1, 1, &[seat("A1")]);
}

/// A payment whose capture has failed, with what follows.
fn failed(log: &mut Log) {
    securing(log);
    log.fail_capture(1, 1);
    log.also("order_cancelled", &cancelled(1, "capture_failed"));
}

fn asked(log: &mut Log) {
    log.inventory("payment_action_required", &paying(1, 1));
}

fn declined(log: &mut Log) {
    let mut payload = paying(1, 1);
    payload["reason"] = "declined".into();
    log.inventory("payment_declined", &payload);
}

fn lapsed(log: &mut Log, payment: u64) {
    log.inventory("payment_lapsed", &paying(1, payment));
}

fn void(log: &mut Log, order: u64, payment: u64) {
    log.inventory("payment_voided", &paying(order, payment));
}

illegal! {
    a_payment_started_twice breaks PaymentIsNew: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.start(1, 1, 4500);
    };
    a_payment_of_another_order_started_again breaks PaymentIsNew: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.hold_and_order(2, &[seat("A2")]);
        log.start(2, 1, 4500);
    };
    a_payment_for_a_secured_order breaks PaymentOfAwaitingOrder: |log| { securing(log); log.start(1, 2, 4500); };
    a_payment_for_a_lapsed_order breaks PaymentOfAwaitingOrder: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.pass(HOLD);
        log.start(1, 1, 4500);
    };
    a_payment_for_an_expired_order breaks PaymentOfAwaitingOrder: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.pass(HOLD);
        log.hold_event("hold_expired", 1);
        log.start(1, 1, 4500);
    };
    a_payment_for_a_cancelled_order breaks PaymentOfAwaitingOrder: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.inventory("order_cancelled", &cancelled(1, "requested"));
        log.start(1, 1, 4500);
    };
    a_payment_authorised_tomorrow breaks AuthorisedInPast: |log| {
        started(log);
        log.authorise_at(log.now + 1, 1, 1, 4500);
    };
    a_payment_that_lapses_before_it_is_authorised breaks LapsedBeforeDecided: |log| { started(log); lapsed(log, 1); };
    a_payment_that_lapses_after_it_secured_its_order breaks LapsedBeforeDecided: |log| { securing(log); lapsed(log, 1); };
    a_payment_that_lapses_twice breaks LapsedBeforeDecided: |log| { authorised(log); lapsed(log, 1); lapsed(log, 1); };
    a_payment_that_lapses_although_it_is_to_be_voided breaks LapsedBeforeDecided: |log| {
        paid_twice(log);
        log.void_due(1, 2, "already_paid");
        lapsed(log, 2);
    };
    money_that_has_lapsed_let_go breaks VoidOfSpare: |log| {
        paid_twice(log);
        lapsed(log, 2);
        log.void_due(1, 2, "already_paid");
    };
    money_that_has_lapsed_securing_its_order breaks SecuredByPayment: |log| {
        authorised(log);
        lapsed(log, 1);
        log.secure(1, Some(1));
    };
    a_payment_over_another_amount breaks PaymentAmountIsTotal: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.start(1, 1, 4501);
    };
    an_authorisation_of_an_unknown_payment breaks PaymentIsKnown: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.authorise(1, 1, 4500);
    };
    an_authorisation_for_another_order breaks PaymentIsKnown: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.hold_and_order(2, &[seat("A2")]);
        log.authorise(2, 1, 4500);
    };
    a_decline_of_an_unknown_payment breaks PaymentIsKnown: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        let mut payload = paying(1, 1);
        payload["reason"] = "declined".into();
        log.inventory("payment_declined", &payload);
    };
    a_question_about_an_unknown_payment breaks PaymentIsKnown: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.inventory("payment_action_required", &paying(1, 1));
    };
    a_capture_of_an_unknown_payment breaks PaymentIsKnown: |log| { securing(log); log.capture(1, 2, 4500); };
    a_failed_capture_of_an_unknown_payment breaks PaymentIsKnown: |log| { securing(log); log.fail_capture(1, 2); };
    an_unknown_payment_let_go breaks PaymentIsKnown: |log| { securing(log); log.void_due(1, 2, "already_paid"); };
    an_unknown_payment_voided breaks PaymentIsKnown: |log| { securing(log); void(log, 1, 2); };
    an_unknown_payment_disputed breaks PaymentIsKnown: |log| { securing(log); log.inventory("payment_disputed", &paying(1, 2)); };
    an_authorisation_twice breaks AuthorisedOnce: |log| { authorised(log); log.authorise(1, 1, 4500); };
    a_capture_before_the_order_is_secured breaks CaptureOfSecuring: |log| { authorised(log); log.capture(1, 1, 4500); };
    a_capture_of_the_other_payment breaks CaptureOfSecuring: |log| { paid_twice(log); log.capture(1, 2, 4500); };
    a_failed_capture_of_the_other_payment breaks CaptureOfSecuring: |log| { paid_twice(log); log.fail_capture(1, 2); };
    a_capture_twice breaks CaptureOnce: |log| { securing(log); log.capture(1, 1, 4500); log.issue(1, &[seat("A1")]); log.capture(1, 1, 4500); };
    money_that_buys_nothing breaks TicketsFollow: |log| { log.on_sale().paid(1, &[seat("A1")]); log.hold(2, &[seat("A2")]); };
    money_whose_tickets_come_by_another_command breaks TicketsFollow: |log| {
        log.on_sale().paid(1, &[seat("A1")]);
        log.inventory("tickets_issued", &tickets(1, &[seat("A1")]));
    };
    money_that_comes_although_it_was_let_go breaks CaptureOfSecuring: |log| {
        failed(log);
        log.void_due(1, 1, "order_cancelled");
        log.capture(1, 1, 4500);
    };
    a_failure_after_the_capture breaks CaptureOnce: |log| { securing(log); log.capture(1, 1, 4500); log.issue(1, &[seat("A1")]); log.fail_capture(1, 1); };
    a_failure_twice breaks CaptureOnce: |log| { failed(log); log.fail_capture(1, 1); };
    a_failure_that_nothing_follows_from breaks FailureCancels: |log| {
        securing(log);
        log.fail_capture(1, 1);
        log.hold(2, &[seat("A2")]);
    };
    a_failure_that_is_followed_by_another_command breaks FailureCancels: |log| {
        securing(log);
        log.fail_capture(1, 1);
        log.inventory("order_cancelled", &cancelled(1, "capture_failed"));
    };
    a_payment_over_nothing breaks PaymentOfSomething: |log| {
        log.on_sale().hold_and_order(1, &[unit(GUEST)]);
        log.start(1, 1, 0);
    };
    a_payer_asked_twice breaks PayerAskedOnce: |log| { started(log); asked(log); asked(log); };
    a_payer_asked_after_the_authorisation breaks PayerAskedOnce: |log| { authorised(log); asked(log); };
    a_payer_asked_after_the_decline breaks PayerAskedOnce: |log| { started(log); declined(log); asked(log); };
    a_decline_twice breaks DeclinedOnce: |log| { started(log); declined(log); declined(log); };
    a_decline_after_the_authorisation breaks DeclinedOnce: |log| { authorised(log); declined(log); };
    a_decline_after_the_capture breaks DeclinedOnce: |log| { log.on_sale().sold(1, &[seat("A1")]); declined(log); };
    a_dispute_twice breaks DisputeOfCaptured: |log| {
        log.on_sale().sold(1, &[seat("A1")]);
        log.inventory("payment_disputed", &paying(1, 1));
        log.inventory("payment_disputed", &paying(1, 1));
    };
    money_let_go_for_seats_that_are_free breaks VoidReasonHolds: |log| {
        authorised(log);
        log.pass(HOLD);
        log.void_due(1, 1, "seats_gone");
    };
    money_let_go_for_seats_that_are_free_again breaks VoidReasonHolds: |log| {
        authorised(log);
        log.pass(HOLD);
        log.hold_event("hold_expired", 1);
        log.hold(2, &[seat("A1")]);
        log.pass(HOLD);
        log.void_due(1, 1, "seats_gone");
    };
    money_let_go_for_a_show_that_has_not_begun breaks VoidReasonHolds: |log| {
        authorised(log);
        log.pass(HOLD);
        log.void_due(1, 1, "sale_ended");
    };
    a_capture_of_another_amount breaks CaptureIsTotal: |log| { securing(log); log.capture(1, 1, 4499); };
    money_let_go_that_was_not_reserved breaks VoidOfSpare: |log| {
        log.on_sale().paying(1, 1, &[seat("A1")]);
        log.void_due(1, 1, "seats_gone");
    };
    money_let_go_that_secures_the_order breaks VoidOfSpare: |log| { securing(log); log.void_due(1, 1, "already_paid"); };
    money_let_go_that_has_come breaks VoidOfSpare: |log| {
        log.on_sale().sold(1, &[seat("A1")]);
        log.void_due(1, 1, "already_paid");
    };
    money_let_go_for_a_cancellation_that_was_not breaks VoidReasonHolds: |log| { authorised(log); log.void_due(1, 1, "order_cancelled"); };
    money_let_go_for_a_payment_that_was_not breaks VoidReasonHolds: |log| { authorised(log); log.void_due(1, 1, "already_paid"); };
    money_let_go_for_an_amount_that_fits breaks VoidReasonHolds: |log| { authorised(log); log.void_due(1, 1, "amount_differs"); };
    money_let_go_for_seats_that_are_held breaks VoidReasonHolds: |log| { authorised(log); log.void_due(1, 1, "seats_gone"); };
    money_let_go_for_a_sale_that_goes_on breaks VoidReasonHolds: |log| { authorised(log); log.void_due(1, 1, "sale_ended"); };
    money_let_go_for_seats_that_it_has breaks VoidReasonHolds: |log| { paid_twice(log); log.void_due(1, 2, "seats_gone"); };
    money_let_go_twice breaks VoidDueOnce: |log| {
        paid_twice(log);
        log.void_due(1, 2, "already_paid");
        log.void_due(1, 2, "already_paid");
    };
    a_void_that_was_not_due breaks VoidAfterDue: |log| { paid_twice(log); void(log, 1, 2); };
    a_void_of_what_secures_the_order breaks VoidAfterDue: |log| { securing(log); void(log, 1, 1); };
    a_void_twice breaks VoidAfterDue: |log| {
        paid_twice(log);
        log.void_due(1, 2, "already_paid");
        void(log, 1, 2);
        void(log, 1, 2);
    };
    a_dispute_of_money_that_has_not_come breaks DisputeOfCaptured: |log| {
        securing(log);
        log.inventory("payment_disputed", &paying(1, 1));
    };
}
