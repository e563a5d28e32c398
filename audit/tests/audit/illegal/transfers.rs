//! Tickets that change hands.

use serde_json::json;

use crate::builder::{Log, id};
use crate::sale::{paying, returned, seat};

/// Order 1 with a ticket for A1, which is 100, offered once.
fn offered(log: &mut Log) {
    log.on_sale().policy(1_000_000, false);
    log.sold(1, &[seat("A1")]);
    log.offer(1, 100);
}

illegal! {
    a_ticket_that_is_only_ordered_offered breaks TransferOfGood: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.offer(1, 100);
    };
    a_ticket_that_was_given_back_offered breaks TransferOfGood: |log| {
        log.on_sale().policy(1_000_000, false);
        log.sold(1, &[seat("A1")]);
        log.give_back(&returned(1, &[seat("A1")], &[0], 0, 0), 1, 4500);
        log.offer(1, 100);
    };
    a_ticket_whose_payment_is_disputed_accepted breaks TransferOfGood: |log| {
        offered(log);
        log.inventory("payment_disputed", &paying(1, 1));
        log.accept(1, 100, 1);
    };
    a_ticket_offered_after_the_start breaks TransferBeforeStart: |log| {
        log.on_sale().sold(1, &[seat("A1")]);
        log.pass(500_000);
        log.offer(1, 100);
    };
    a_ticket_of_a_cancelled_show_accepted breaks TransferBeforeStart: |log| {
        offered(log);
        log.cancel_show(1);
        log.accept(1, 100, 1);
    };
    an_offer_with_a_used_id breaks TransferIsNew: |log| {
        offered(log);
        log.end_transfer(1, 100, "refused");
        log.offer(1, 100);
    };
    a_ticket_offered_to_two breaks OneOfferAtATime: |log| { offered(log); log.offer(2, 100); };
    an_offer_that_was_never_made_accepted breaks TransferIsOpen: |log| { offered(log); log.accept(2, 100, 1); };
    an_offer_of_another_ticket_accepted breaks TransferIsOpen: |log| {
        offered(log);
        log.sold(2, &[seat("A2")]);
        log.accept(1, 200, 1);
    };
    an_offer_accepted_twice breaks TransferIsOpen: |log| { offered(log); log.accept(1, 100, 1); log.accept(1, 100, 2); };
    an_offer_that_was_withdrawn_accepted breaks TransferIsOpen: |log| {
        offered(log);
        log.end_transfer(1, 100, "withdrawn");
        log.accept(1, 100, 1);
    };
    an_offer_of_what_was_given_back_refused breaks TransferIsOpen: |log| {
        offered(log);
        log.give_back(&returned(1, &[seat("A1")], &[0], 0, 0), 1, 4500);
        log.end_transfer(1, 100, "refused");
    };
    a_code_that_stays breaks CodesCount: |log| { offered(log); log.accept(1, 100, 0); };
    a_code_that_is_left_out breaks CodesCount: |log| { offered(log); log.accept(1, 100, 2); };
    a_ticket_that_has_changed_hands_given_back breaks ReturnOfOwn: |log| {
        offered(log);
        log.accept(1, 100, 1);
        log.inventory("tickets_returned", &returned(1, &[seat("A1")], &[0], 0, 0));
    };
    an_odd_end_of_an_offer breaks PayloadHasItsFields: |log| {
        offered(log);
        log.inventory("transfer_ended", &json!({
            "reason": "lost", "ticket": id("ticket", 100), "transfer": id("transfer", 1),
        }));
    };
}
