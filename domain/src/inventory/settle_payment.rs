//! Deciding on money that is reserved: it secures its order, or it is let go.
//!
//! A payment that comes after the lapse reclaims its seats if all of them are still free. Nobody who has them
//! since loses them. What was paid in time by the provider's clock, and is only told late, is not too late for the start
//! of the show unless it is told very late. More than the order comes to is enough: only the total is captured.

use super::event::{HoldExpired, HoldReclaimed, Item, OrderSecured, PaymentVoidDue, VoidReason};
use super::selection::expiries;
use super::{
    Decision, Hold, Inventory, InventoryEvent, InventoryRefused, Order, OrderPhase, Payment, PaymentPhase,
    Phase, before_deadline,
};
use crate::id::{HoldId, PaymentId};
use crate::time::Timestamp;

/// How long after the start of a show money may still reclaim its seats that was reserved in time, in milliseconds: its
/// payer is on the way in.
pub const TOLD_LATE_MS: i64 = 3 * 60 * 60 * 1_000;

/// Decide on a payment whose money is reserved.
#[derive(Debug, Clone)]
pub struct SettlePayment {
    /// The payment.
    pub payment: PaymentId,
}

/// Decides [`SettlePayment`]. A payment that has been decided on stays as it is.
///
/// # Errors
/// There is no such payment.
pub fn decide(command: &SettlePayment, inventory: &Inventory, now: Timestamp) -> Decision {
    let payment = inventory.payments.get(&command.payment).ok_or(InventoryRefused::UnknownPayment)?;
    if payment.phase != PaymentPhase::Authorised {
        return Ok(Vec::new());
    }
    let order = inventory.orders.get(&payment.order).ok_or(InventoryRefused::UnknownOrder)?;
    let hold = inventory.holds.get(&order.hold).ok_or(InventoryRefused::UnknownHold)?;
    let let_go = |reason| {
        vec![InventoryEvent::from(PaymentVoidDue { order: payment.order, payment: command.payment, reason })]
    };
    match order.phase {
        OrderPhase::Cancelled => return Ok(let_go(VoidReason::OrderCancelled)),
        OrderPhase::Secured(_) | OrderPhase::Ticketed => return Ok(let_go(VoidReason::AlreadyPaid)),
        OrderPhase::Placed if inventory.unwound.is_some() => return Ok(let_go(VoidReason::ShowCancelled)),
        OrderPhase::Placed if payment.amount < order.total => return Ok(let_go(VoidReason::AmountDiffers)),
        OrderPhase::Placed => {}
    }
    let secured = OrderSecured { hold: order.hold, order: payment.order, payment: Some(command.payment) };
    if hold.is_live(now) {
        return Ok(vec![secured.into()]);
    }
    match inventory.reclaim(payment, order, hold, now) {
        Ok(events) => Ok(events.into_iter().chain([secured.into()]).collect()),
        Err(reason) => {
            let own_expiry = hold.is_overdue(now).then(|| HoldExpired { hold: order.hold }.into());
            Ok(own_expiry.into_iter().chain(let_go(reason)).collect())
        }
    }
}

impl Inventory {
    /// What has to be recorded for a lapsed hold to have its items again.
    fn reclaim(
        &self,
        payment: &Payment,
        order: &Order,
        hold: &Hold,
        now: Timestamp,
    ) -> Result<Vec<InventoryEvent>, VoidReason> {
        // What was ordered while the sale was open may be paid after it, as long as there is something to see.
        let in_time = payment.authorised_at.is_some_and(|at| before_deadline(at, hold.expires_at));
        let grace = if in_time { TOLD_LATE_MS } else { 0 };
        if self.terms.as_ref().is_none_or(|terms| now >= terms.drafted.starts_at.plus_ms(grace)) {
            return Err(VoidReason::SaleEnded);
        }
        let items: Vec<Item> = order
            .items
            .iter()
            .map(|item| Item { price: item.price, seat: item.seat.clone(), ticket_type: item.ticket_type })
            .collect();
        let lapsed = self.free_for_owner(&items, order, hold, now).ok_or(VoidReason::SeatsGone)?;
        let reclaimed = HoldReclaimed { hold: order.hold, order: payment.order };
        Ok(expiries(lapsed).chain([reclaimed.into()]).collect())
    }

    /// Like [`Self::free`], with the order's own lapsed hold always among those to be recorded.
    fn free_for_owner(
        &self,
        items: &[Item],
        order: &Order,
        hold: &Hold,
        now: Timestamp,
    ) -> Option<Vec<HoldId>> {
        match hold.phase {
            // Another plan has replaced the one that had its seats.
            Phase::Expired if hold.items.is_empty() => None,
            Phase::Expired => self.free(items, now).ok(),
            // Its own expiry comes first. Nobody else has the seats; units may have gone where a pool was made smaller.
            Phase::Open | Phase::Ordered => {
                let mut lapsed = vec![order.hold];
                self.free_units(items, now, &mut lapsed).ok()?;
                Some(lapsed)
            }
            Phase::Secured | Phase::Released => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::HoldReleased;
    use super::super::scenario::*;
    use super::*;

    fn paying() -> Scenario {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
    }

    #[test]
    fn reserved_money_secures_a_live_order_once() {
        paying()
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .at(HOLD_MS - 1)
            .when(settle(PAY))
            .then_and([secured(ANN_ORDER, ANN, PAY)])
            .when(settle(PAY))
            .then([]);
    }

    #[test]
    fn late_money_reclaims_seats_that_are_still_free() {
        paying().and(3, authorised(PAY, ANN_ORDER, PRICE)).at(HOLD_MS).when(settle(PAY)).then([
            HoldExpired { hold: ANN }.into(),
            reclaimed(ANN_ORDER, ANN),
            secured(ANN_ORDER, ANN, PAY),
        ]);
    }

    #[test]
    fn late_money_reclaims_seats_whose_next_hold_has_lapsed_too() {
        paying()
            .at(HOLD_MS)
            .when(place_hold(BOB, &["A-1"]))
            .happens(HOLD_MS)
            .and(2 * HOLD_MS - 1, authorised(PAY, ANN_ORDER, PRICE))
            .at(2 * HOLD_MS)
            .when(settle(PAY))
            .then([
                HoldExpired { hold: BOB }.into(),
                reclaimed(ANN_ORDER, ANN),
                secured(ANN_ORDER, ANN, PAY),
            ]);
    }

    #[test]
    fn late_money_takes_nothing_from_the_next_holder_and_is_let_go() {
        paying()
            .at(HOLD_MS)
            .when(place_hold(BOB, &["A-1"]))
            .happens(HOLD_MS)
            .and(HOLD_MS + 1, authorised(PAY, ANN_ORDER, PRICE))
            .at(HOLD_MS + 2)
            .when(settle(PAY))
            .then([void_due(PAY, ANN_ORDER, VoidReason::SeatsGone)]);
    }

    #[test]
    fn late_money_takes_nothing_where_the_hold_was_let_go() {
        paying()
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .and(4, HoldReleased { hold: ANN })
            .at(5)
            .when(settle(PAY))
            .then([void_due(PAY, ANN_ORDER, VoidReason::SeatsGone)]);
    }

    #[test]
    fn money_after_the_start_is_let_go_and_the_lapse_is_recorded() {
        paying()
            .and(3, authorised_at(PAY, ANN_ORDER, PRICE, HOLD_MS))
            .at(START_MS)
            .when(settle(PAY))
            .then([HoldExpired { hold: ANN }.into(), void_due(PAY, ANN_ORDER, VoidReason::SaleEnded)]);
    }

    #[test]
    fn money_that_was_reserved_in_time_and_told_late_is_not_too_late_for_the_start() {
        let told = |paid_at, now| {
            paying().and(now, authorised_at(PAY, ANN_ORDER, PRICE, paid_at)).at(now).when(settle(PAY))
        };
        let reclaimed =
            [HoldExpired { hold: ANN }.into(), reclaimed(ANN_ORDER, ANN), secured(ANN_ORDER, ANN, PAY)];
        told(HOLD_MS - 1, START_MS).then(reclaimed.clone());
        told(HOLD_MS - 1, START_MS + TOLD_LATE_MS - 1).then(reclaimed);
        let too_late = [HoldExpired { hold: ANN }.into(), void_due(PAY, ANN_ORDER, VoidReason::SaleEnded)];
        told(HOLD_MS, START_MS).then(too_late.clone());
        told(HOLD_MS - 1, START_MS + TOLD_LATE_MS).then(too_late);
    }

    #[test]
    fn money_that_was_reserved_in_time_takes_nothing_from_the_next_holder_either() {
        paying()
            .at(HOLD_MS)
            .when(place_hold(BOB, &["A-1"]))
            .happens(HOLD_MS)
            .and(HOLD_MS + 1, authorised_at(PAY, ANN_ORDER, PRICE, 5))
            .at(HOLD_MS + 2)
            .when(settle(PAY))
            .then([void_due(PAY, ANN_ORDER, VoidReason::SeatsGone)]);
    }

    #[test]
    fn more_than_the_order_comes_to_secures_it_and_only_the_total_is_captured() {
        paying()
            .and(3, authorised(PAY, ANN_ORDER, PRICE + 1))
            .at(4)
            .when(settle(PAY))
            .then_and([secured(ANN_ORDER, ANN, PAY)])
            .when(capture(PAY))
            .then(captured(PAY, ANN_ORDER, PRICE, &["A-1"]));
    }

    #[test]
    fn a_second_payment_is_let_go() {
        paying()
            .and(2, payment_started(PAY2, ANN_ORDER, PRICE))
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .at(3)
            .when(settle(PAY))
            .happens(3)
            .and(4, authorised(PAY2, ANN_ORDER, PRICE))
            .at(5)
            .when(settle(PAY2))
            .then([void_due(PAY2, ANN_ORDER, VoidReason::AlreadyPaid)]);
    }

    #[test]
    fn money_for_a_cancelled_order_and_a_wrong_amount_are_let_go() {
        paying()
            .and(3, cancelled(ANN_ORDER, ANN, super::super::event::CancelReason::Requested))
            .and(4, authorised(PAY, ANN_ORDER, PRICE))
            .at(5)
            .when(settle(PAY))
            .then([void_due(PAY, ANN_ORDER, VoidReason::OrderCancelled)]);
        paying().and(4, authorised(PAY, ANN_ORDER, PRICE - 1)).at(5).when(settle(PAY)).then([void_due(
            PAY,
            ANN_ORDER,
            VoidReason::AmountDiffers,
        )]);
    }
}
