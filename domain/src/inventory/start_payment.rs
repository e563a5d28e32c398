//! Beginning to pay. Several attempts may be open (two tabs, a second card); the first whose money is reserved
//! pays for the order, and the others are let go.

use super::event::PaymentStarted;
use super::{Decision, Inventory, InventoryRefused, PaymentPhase};
use crate::id::{OrderId, PaymentId};
use crate::time::Timestamp;

/// Begin to pay.
#[derive(Debug, Clone)]
pub struct StartPayment {
    /// The payment.
    pub payment: PaymentId,
    /// The order.
    pub order: OrderId,
    /// `card`, for example.
    pub method: String,
    /// Who moves the money.
    pub provider: String,
}

/// The most attempts that one order may have.
const ATTEMPTS_MAX: usize = 20;

/// Decides [`StartPayment`].
///
/// # Errors
/// The order cannot be paid any more, or is just being paid.
pub fn decide(command: &StartPayment, inventory: &Inventory, now: Timestamp) -> Decision {
    let (order, _) = inventory.open_order(command.order, now)?;
    inventory.check_takes_place()?;
    if inventory.payments.contains_key(&command.payment) {
        return Err(InventoryRefused::Exists);
    }
    let attempts = order.payments.iter().filter_map(|id| inventory.payments.get(id));
    if order.payments.len() >= ATTEMPTS_MAX
        || attempts.into_iter().any(|known| known.phase == PaymentPhase::Authorised)
    {
        return Err(InventoryRefused::PaymentInProgress);
    }
    Ok(vec![
        PaymentStarted {
            amount: order.total,
            method: command.method.clone(),
            order: command.order,
            payment: command.payment,
            provider: command.provider.clone(),
        }
        .into(),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_payment_is_for_what_the_order_comes_to() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1", "A-2"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1", "A-2"]))
            .at(2)
            .when(start_payment(PAY, ANN_ORDER))
            .then([payment_started(PAY, ANN_ORDER, 2 * PRICE)]);
    }

    #[test]
    fn a_lapsed_order_cannot_be_paid() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .at(HOLD_MS)
            .when(start_payment(PAY, ANN_ORDER))
            .then_refused(InventoryRefused::OrderExpired);
    }

    #[test]
    fn a_paid_order_is_not_paid_again() {
        given(paid_theatre())
            .at(9)
            .when(start_payment(PAY2, ANN_ORDER))
            .then_refused(InventoryRefused::OrderPaid);
    }
}
