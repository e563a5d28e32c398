//! Trying a refund again that the provider could not make.

use super::event::RefundRetried;
use super::{Decision, Inventory, InventoryRefused, Refund, RefundPhase};
use crate::id::RefundId;

/// Try a refund again.
#[derive(Debug, Clone)]
pub struct RetryRefund {
    /// The refund.
    pub refund: RefundId,
}

/// Decides [`RetryRefund`]. A refund that is being tried stays as it is.
///
/// # Errors
/// There is no such refund, or the money has gone back.
pub fn decide(command: &RetryRefund, inventory: &Inventory) -> Decision {
    let refund = command.refund;
    let known = inventory.refunds.get(&refund).ok_or(InventoryRefused::UnknownRefund)?;
    match known.phase {
        RefundPhase::Due => Ok(Vec::new()),
        RefundPhase::Made => Err(InventoryRefused::RefundMade),
        RefundPhase::Failed => {
            let Refund { amount, failures, order, payment, .. } = *known;
            Ok(vec![RefundRetried { amount, failures, order, payment, refund }.into()])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::RefundMade;
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_refund_that_failed_is_tried_again_once() {
        given(returned_theatre())
            .and(8, refund_failed("card_closed"))
            .at(9)
            .when(retry_refund())
            .then_and([refund_retried(1)])
            .when(retry_refund())
            .then([]);
    }

    #[test]
    fn money_that_has_gone_back_is_not_given_back_again() {
        given(returned_theatre())
            .and(8, RefundMade { order: ANN_ORDER, payment: PAY, refund: REFUND })
            .at(9)
            .when(retry_refund())
            .then_refused(InventoryRefused::RefundMade);
    }

    #[test]
    fn there_has_to_be_a_refund() {
        given(paid_theatre()).at(9).when(retry_refund()).then_refused(InventoryRefused::UnknownRefund);
    }
}
