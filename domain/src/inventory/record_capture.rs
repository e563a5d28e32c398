//! Recording how taking the money ended: with tickets, or with the seats given back.

use super::event::{
    CancelReason, OrderCancelled, PaymentCaptureFailed, PaymentCaptured, RefundDue, RefundReason,
    TicketsIssued,
};
use super::{Decision, Inventory, InventoryRefused, OrderPhase, PaymentPhase};
use crate::id::{PaymentId, RefundId};

/// Record how a capture ended.
#[derive(Debug, Clone)]
pub struct RecordCapture {
    /// The payment.
    pub payment: PaymentId,
    /// Why it failed, in `snake_case`, if it failed.
    pub failure: Option<String>,
}

/// Decides [`RecordCapture`]. What is known changes nothing.
///
/// # Errors
/// There is no such payment, or it has not secured an order.
pub fn decide(command: &RecordCapture, inventory: &Inventory) -> Decision {
    let payment = command.payment;
    let known = inventory.payments.get(&payment).ok_or(InventoryRefused::UnknownPayment)?;
    let order = known.order;
    let placed = inventory.orders.get(&order).ok_or(InventoryRefused::UnknownOrder)?;
    let amount = placed.total;
    let captured = PaymentCaptured { amount, order, payment }.into();
    match (known.phase, placed.phase) {
        (PaymentPhase::Settled, OrderPhase::Secured(Some(by))) if by == payment => {}
        (PaymentPhase::CaptureFailed, _) if command.failure.is_none() => {
            // It was not expected any more: the seats are gone.
            let refund = RefundId::of_order(order, placed.refunds.saturating_add(1));
            let due = RefundDue {
                amount,
                order,
                payment,
                reason: RefundReason::CapturedLate,
                refund,
                tickets: Vec::new(),
            };
            return Ok(vec![captured, due.into()]);
        }
        (PaymentPhase::Captured | PaymentPhase::CaptureFailed | PaymentPhase::Disputed, _) => {
            return Ok(Vec::new());
        }
        _ => return Err(InventoryRefused::TooEarly),
    }
    let Some(reason) = &command.failure else {
        let issued = TicketsIssued { order, tickets: placed.items.clone() }.into();
        let ended = inventory.ended_if_cancelled(order, placed, payment);
        return Ok([captured, issued].into_iter().chain(ended).collect());
    };
    Ok(vec![
        PaymentCaptureFailed { order, payment, reason: reason.clone() }.into(),
        OrderCancelled { hold: placed.hold, order, reason: CancelReason::CaptureFailed }.into(),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    fn secured_theatre() -> Scenario {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .and(4, secured(ANN_ORDER, ANN, PAY))
    }

    #[test]
    fn captured_money_makes_tickets_even_after_the_deadline() {
        secured_theatre()
            .at(HOLD_MS + 1)
            .when(capture(PAY))
            .then_and(captured(PAY, ANN_ORDER, PRICE, &["A-1"]))
            .when(capture(PAY))
            .then([]);
    }

    #[test]
    fn a_capture_that_fails_gives_the_seats_back() {
        secured_theatre()
            .at(5)
            .when(capture_fails(PAY))
            .then_and([
                capture_failed(PAY, ANN_ORDER),
                cancelled(ANN_ORDER, ANN, CancelReason::CaptureFailed),
            ])
            .when(place_hold(BOB, &["A-1"]))
            .then([hold_placed(5, BOB, &["A-1"])]);
    }

    #[test]
    fn money_that_comes_after_its_capture_failed_is_due_back() {
        secured_theatre()
            .at(5)
            .when(capture_fails(PAY))
            .happens(5)
            .at(6)
            .when(capture(PAY))
            .then_and([
                PaymentCaptured { amount: PRICE, order: ANN_ORDER, payment: PAY }.into(),
                nth_refund_due(1, &[], PRICE, RefundReason::CapturedLate),
            ])
            .when(capture(PAY))
            .then([]);
    }

    #[test]
    fn nothing_is_captured_before_the_order_is_secured() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .at(3)
            .when(capture(PAY))
            .then_refused(InventoryRefused::TooEarly);
    }
}
