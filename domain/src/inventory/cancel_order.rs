//! Cancelling an order that is not paid yet. Its seats are free at once.

use super::event::{CancelReason, OrderCancelled};
use super::{Decision, Inventory, InventoryRefused};
use crate::id::OrderId;
use crate::time::Timestamp;

/// Cancel an order.
#[derive(Debug, Clone)]
pub struct CancelOrder {
    /// The order.
    pub order: OrderId,
}

/// Decides [`CancelOrder`]. Cancelling again changes nothing.
///
/// # Errors
/// There is no such order, it has lapsed, or it is paid for.
pub fn decide(command: &CancelOrder, inventory: &Inventory, now: Timestamp) -> Decision {
    match inventory.open_order(command.order, now) {
        Ok((order, _)) => Ok(vec![
            OrderCancelled { hold: order.hold, order: command.order, reason: CancelReason::Requested }.into(),
        ]),
        Err(InventoryRefused::OrderCancelled) => Ok(Vec::new()),
        Err(refused) => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_cancelled_order_frees_its_seats_at_once() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .at(2)
            .when(cancel_order(ANN_ORDER))
            .then_and([cancelled(ANN_ORDER, ANN, CancelReason::Requested)])
            .when(cancel_order(ANN_ORDER))
            .then_and([])
            .when(place_hold(BOB, &["A-1"]))
            .then([hold_placed(2, BOB, &["A-1"])]);
    }

    #[test]
    fn an_order_that_lapsed_is_not_cancelled_although_somebody_else_has_its_seats() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .at(HOLD_MS)
            .when(place_hold(BOB, &["A-1"]))
            .happens(HOLD_MS)
            .when(cancel_order(ANN_ORDER))
            .then_refused(InventoryRefused::OrderExpired);
    }

    #[test]
    fn a_paid_order_is_not_cancelled() {
        given(paid_theatre()).at(9).when(cancel_order(ANN_ORDER)).then_refused(InventoryRefused::OrderPaid);
    }
}
