//! Recording how giving money back ended: it has gone back, or the provider says that it cannot.

use super::event::{RefundFailed, RefundMade};
use super::{Decision, Inventory, InventoryRefused, Refund, RefundPhase};
use crate::id::RefundId;

/// Record how a refund ended.
#[derive(Debug, Clone)]
pub struct RecordRefund {
    /// The refund.
    pub refund: RefundId,
    /// How often it had failed before it was tried this time.
    pub failures: u32,
    /// Why it failed, in `snake_case`, if it failed.
    pub failure: Option<String>,
}

/// Decides [`RecordRefund`]. What is known, or is about an earlier try, changes nothing.
///
/// # Errors
/// There is no such refund.
pub fn decide(command: &RecordRefund, inventory: &Inventory) -> Decision {
    let refund = command.refund;
    let known = inventory.refunds.get(&refund).ok_or(InventoryRefused::UnknownRefund)?;
    let Refund { order, payment, failures, phase, .. } = *known;
    if phase != RefundPhase::Due || failures != command.failures {
        return Ok(Vec::new());
    }
    Ok(vec![match &command.failure {
        None => RefundMade { order, payment, refund }.into(),
        Some(reason) => RefundFailed { order, payment, reason: reason.clone(), refund }.into(),
    }])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn money_goes_back_once() {
        given(returned_theatre())
            .at(9)
            .when(refund_ends(0, None))
            .then_and([RefundMade { order: ANN_ORDER, payment: PAY, refund: REFUND }.into()])
            .when(refund_ends(0, None))
            .then([]);
    }

    #[test]
    fn a_refund_that_fails_stays_failed_until_it_is_tried_again() {
        given(returned_theatre())
            .at(9)
            .when(refund_ends(0, Some("card_closed")))
            .then_and([refund_failed("card_closed")])
            .when(refund_ends(0, None))
            .then_and([])
            .when(retry_refund())
            .happens(10)
            .when(refund_ends(0, None))
            .then_and([])
            .when(refund_ends(1, None))
            .then([RefundMade { order: ANN_ORDER, payment: PAY, refund: REFUND }.into()]);
    }

    #[test]
    fn a_refund_that_nobody_owes_is_refused() {
        given(paid_theatre()).at(9).when(refund_ends(0, None)).then_refused(InventoryRefused::UnknownRefund);
    }
}
