//! Recording what the provider tells about a payment. Facts are taken whenever they come, late or not; what
//! follows from them is decided by [`super::settle_payment`].

use super::event::{PaymentActionRequired, PaymentAuthorised, PaymentDeclined, PaymentDisputed};
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
    /// The payer wants the money back through their bank.
    Disputed,
}

/// Decides [`RecordPayment`]. A fact that is known, or older than what is known, changes nothing.
///
/// # Errors
/// There is no such payment, or the fact before this one has not been told yet.
pub fn decide(command: &RecordPayment, inventory: &Inventory) -> Decision {
    let payment = command.payment;
    let known = inventory.payments.get(&payment).ok_or(InventoryRefused::UnknownPayment)?;
    let order = known.order;
    let event = match (&command.fact, known.phase) {
        (Fact::ActionRequired, PaymentPhase::Started) => PaymentActionRequired { order, payment }.into(),
        (
            Fact::Authorised { amount, at },
            PaymentPhase::Started | PaymentPhase::ActionRequired | PaymentPhase::Declined,
        ) => PaymentAuthorised { amount: *amount, authorised_at: *at, order, payment }.into(),
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
