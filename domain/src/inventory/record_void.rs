//! Recording that reserved money was let go.

use super::event::PaymentVoided;
use super::{Decision, Inventory, InventoryRefused, PaymentPhase};
use crate::id::PaymentId;

/// Record that reserved money was let go.
#[derive(Debug, Clone)]
pub struct RecordVoid {
    /// The payment.
    pub payment: PaymentId,
}

/// Decides [`RecordVoid`]. What is known changes nothing.
///
/// # Errors
/// There is no such payment, or nobody decided to let it go.
pub fn decide(command: &RecordVoid, inventory: &Inventory) -> Decision {
    let known = inventory.payments.get(&command.payment).ok_or(InventoryRefused::UnknownPayment)?;
    match known.phase {
        PaymentPhase::VoidDue => {
            Ok(vec![PaymentVoided { order: known.order, payment: command.payment }.into()])
        }
        PaymentPhase::Voided | PaymentPhase::Lapsed => Ok(Vec::new()),
        PaymentPhase::Started
        | PaymentPhase::ActionRequired
        | PaymentPhase::Declined
        | PaymentPhase::Authorised
        | PaymentPhase::Settled
        | PaymentPhase::Captured
        | PaymentPhase::CaptureFailed
        | PaymentPhase::Disputed => Err(InventoryRefused::TooEarly),
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::VoidReason;
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn money_is_let_go_once_and_only_when_it_was_decided() {
        let paying = given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .and(3, authorised(PAY, ANN_ORDER, PRICE));
        paying.clone().at(4).when(void(PAY)).then_refused(InventoryRefused::TooEarly);
        paying
            .and(4, void_due(PAY, ANN_ORDER, VoidReason::SeatsGone))
            .at(5)
            .when(void(PAY))
            .then_and([PaymentVoided { order: ANN_ORDER, payment: PAY }.into()])
            .when(void(PAY))
            .then([]);
    }
}
