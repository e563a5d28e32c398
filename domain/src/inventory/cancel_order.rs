//! Cancelling an order. Its seats are free at once; where it is paid for, all its tickets are given back.

use super::event::{CancelReason, OrderCancelled};
use super::refund_tickets::{self, RefundTickets, Refunder};
use super::{Decision, Inventory, InventoryRefused, OrderPhase};
use crate::id::OrderId;
use crate::time::Timestamp;

/// Cancel an order.
#[derive(Debug, Clone)]
pub struct CancelOrder {
    /// The order.
    pub order: OrderId,
    /// Who asks; counts where it is paid for.
    pub by: Refunder,
}

/// Decides [`CancelOrder`]. Cancelling again changes nothing.
///
/// # Errors
/// There is no such order, it has lapsed, its money is just coming, or its tickets cannot be given back.
pub fn decide(command: &CancelOrder, inventory: &Inventory, now: Timestamp) -> Decision {
    let phase = inventory.orders.get(&command.order).map(|order| order.phase);
    if phase == Some(OrderPhase::Ticketed) {
        let all = RefundTickets { order: command.order, tickets: Vec::new(), by: command.by.clone() };
        return match refund_tickets::decide(&all, inventory, now) {
            Err(InventoryRefused::TicketsReturned(_)) => Ok(Vec::new()),
            decided => decided,
        };
    }
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
    use super::super::event::{RefundReason, ReturnReason};
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
    fn a_paid_order_gives_all_its_tickets_back_once() {
        let half = PRICE / 2;
        let due = nth_refund_due(1, &[1], half, RefundReason::Requested);
        given(paid_theatre())
            .and(8, policy_changed(Some(half_back(0))))
            .at(9)
            .when(cancel_order(ANN_ORDER))
            .then_and([returned(&[1], 0, half, ReturnReason::Requested).into(), due])
            .when(cancel_order(ANN_ORDER))
            .then([]);
    }

    #[test]
    fn a_paid_order_whose_tickets_cannot_be_given_back_is_not_cancelled() {
        given(paid_theatre())
            .at(9)
            .when(cancel_order(ANN_ORDER))
            .then_refused(InventoryRefused::NotRefundable { ended_at: None });
    }

    #[test]
    fn an_order_whose_money_is_just_coming_is_not_cancelled() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .and(4, secured(ANN_ORDER, ANN, PAY))
            .at(5)
            .when(cancel_order(ANN_ORDER))
            .then_refused(InventoryRefused::OrderPaid);
    }
}
