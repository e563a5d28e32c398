//! Recording what the provider tells about a payment. Facts are taken whenever they come, late or not; what
//! follows from them is decided by [`super::settle_payment`].

use super::event::{
    PaymentActionRequired, PaymentAuthorised, PaymentDeclined, PaymentDisputed, PaymentLapsed, PaymentVoided,
};
use super::record_capture::{self, RecordCapture};
use super::{Decision, Inventory, InventoryRefused, PaymentPhase};
use crate::id::PaymentId;
use crate::money::Minor;
use crate::time::Timestamp;

/// Record a fact about a payment.
#[derive(Debug, Clone)]
pub struct RecordPayment {
    /// The payment.
    pub payment: PaymentId,
    /// The fact.
    pub fact: Fact,
}

/// What a provider can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The payer has to do something with their bank.
    ActionRequired,
    /// The money is reserved.
    Authorised {
        /// In minor units.
        amount: Minor,
        /// When, as the provider tells it.
        at: Timestamp,
    },
    /// The provider said no.
    Declined {
        /// What it says, in `snake_case`.
        reason: String,
    },
    /// The provider let the reserved money go by itself, because it was not captured in time.
    Lapsed,
    /// The payer wants the money back through their bank.
    Disputed,
}

/// Why an order is cancelled whose reserved money was let go before it was captured.
pub const AUTHORISATION_LAPSED: &str = "authorisation_lapsed";

/// Decides [`RecordPayment`]. A fact that is known, or older than what is known, changes nothing.
///
/// # Errors
/// There is no such payment, or the fact before this one has not been told yet.
pub fn decide(command: &RecordPayment, inventory: &Inventory, now: Timestamp) -> Decision {
    let payment = command.payment;
    let known = inventory.payments.get(&payment).ok_or(InventoryRefused::UnknownPayment)?;
    let order = known.order;
    let event = match (&command.fact, known.phase) {
        (Fact::ActionRequired, PaymentPhase::Started) => PaymentActionRequired { order, payment }.into(),
        (
            Fact::Authorised { amount, at },
            PaymentPhase::Started | PaymentPhase::ActionRequired | PaymentPhase::Declined,
        ) => {
            // Nobody knows the future.
            let authorised_at = (*at).min(now);
            PaymentAuthorised { amount: *amount, authorised_at, order, payment }.into()
        }
        (Fact::Lapsed, PaymentPhase::Authorised) => PaymentLapsed { order, payment }.into(),
        (Fact::Lapsed, PaymentPhase::VoidDue) => PaymentVoided { order, payment }.into(),
        (Fact::Lapsed, PaymentPhase::Settled) => {
            let failure = Some(AUTHORISATION_LAPSED.to_owned());
            return record_capture::decide(&RecordCapture { payment, failure }, inventory);
        }
        (Fact::Lapsed, PaymentPhase::Started | PaymentPhase::ActionRequired | PaymentPhase::Declined) => {
            return Err(InventoryRefused::TooEarly);
        }
        (Fact::Declined { reason }, PaymentPhase::Started | PaymentPhase::ActionRequired) => {
            PaymentDeclined { order, payment, reason: reason.clone() }.into()
        }
        (Fact::Disputed, PaymentPhase::Captured) => PaymentDisputed { order, payment }.into(),
        (
            Fact::Disputed,
            PaymentPhase::Started
            | PaymentPhase::ActionRequired
            | PaymentPhase::Declined
            | PaymentPhase::Authorised
            | PaymentPhase::Settled,
        ) => return Err(InventoryRefused::TooEarly),
        _ => return Ok(Vec::new()),
    };
    Ok(vec![event])
}

#[cfg(test)]
mod tests {
    use super::super::event::{CancelReason, VoidReason};
    use super::super::scenario::*;
    use super::*;

    fn paying() -> Scenario {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
    }

    #[test]
    fn a_fact_is_recorded_even_when_the_hold_has_lapsed() {
        paying().at(HOLD_MS + 9).when(authorise(PAY, PRICE)).then([authorised(PAY, ANN_ORDER, PRICE)]);
    }

    #[test]
    fn a_fact_told_twice_is_recorded_once() {
        paying().at(3).when(authorise(PAY, PRICE)).happens(3).when(authorise(PAY, PRICE)).then([]);
    }

    #[test]
    fn the_providers_time_counts_but_not_beyond_the_present() {
        let at = |ms| authorise_at(PAY, PRICE, ms);
        paying().at(HOLD_MS).when(at(7)).then([authorised_at(PAY, ANN_ORDER, PRICE, 7)]);
        paying().at(9).when(at(HOLD_MS)).then([authorised_at(PAY, ANN_ORDER, PRICE, 9)]);
    }

    #[test]
    fn money_that_the_provider_let_go_before_it_was_decided_on_leaves_the_order_to_be_paid_otherwise() {
        paying()
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .at(4)
            .when(lapse(PAY))
            .then_and([PaymentLapsed { order: ANN_ORDER, payment: PAY }.into()])
            .when(lapse(PAY))
            .then_and([])
            .when(settle(PAY))
            .then_and([])
            .when(start_payment(PAY2, ANN_ORDER))
            .then([payment_started(PAY2, ANN_ORDER, PRICE)]);
    }

    #[test]
    fn money_that_the_provider_let_go_before_it_was_captured_gives_the_seats_back() {
        paying()
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .and(4, secured(ANN_ORDER, ANN, PAY))
            .at(5)
            .when(lapse(PAY))
            .then_and([
                capture_failed_with(PAY, ANN_ORDER, AUTHORISATION_LAPSED),
                cancelled(ANN_ORDER, ANN, CancelReason::CaptureFailed),
            ])
            .when(lapse(PAY))
            .then_and([])
            .when(place_hold(BOB, &["A-1"]))
            .then([hold_placed(5, BOB, &["A-1"])]);
    }

    #[test]
    fn money_that_the_provider_let_go_need_not_be_voided() {
        paying()
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .and(4, void_due(PAY, ANN_ORDER, VoidReason::SeatsGone))
            .at(5)
            .when(lapse(PAY))
            .then_and([PaymentVoided { order: ANN_ORDER, payment: PAY }.into()])
            .when(void(PAY))
            .then([]);
    }

    #[test]
    fn money_is_let_go_by_the_provider_after_it_was_reserved_and_not_once_it_has_come() {
        paying().at(3).when(lapse(PAY)).then_refused(InventoryRefused::TooEarly);
        given(paid_theatre()).at(9).when(lapse(PAY)).then([]);
    }

    #[test]
    fn a_payment_that_nobody_started_is_refused() {
        paying().at(3).when(authorise(PAY2, PRICE)).then_refused(InventoryRefused::UnknownPayment);
    }

    #[test]
    fn a_dispute_comes_after_the_capture() {
        paying().at(3).when(dispute(PAY)).then_refused(InventoryRefused::TooEarly);
        // A decline is not the last word: the payer may try again, and the facts of that may come in any order.
        paying()
            .and(3, declined(PAY, ANN_ORDER))
            .at(4)
            .when(dispute(PAY))
            .then_refused(InventoryRefused::TooEarly);
    }

    #[test]
    fn a_decline_leaves_the_order_to_be_paid_otherwise() {
        paying()
            .at(3)
            .when(decline(PAY))
            .then_and([declined(PAY, ANN_ORDER)])
            .when(start_payment(PAY2, ANN_ORDER))
            .then([payment_started(PAY2, ANN_ORDER, PRICE)]);
    }
}
