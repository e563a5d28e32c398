//! Giving tickets back, one by one or all of an order: they are good no longer, their seats are free at once, and what
//! is not kept of their value is due back. A buyer may do so on the terms of a policy, an operator with a reason.

use std::collections::BTreeSet;

use super::event::{RefundDue, ReturnReason, TicketItem, TicketsReturned};
use super::{
    Decision, Invalid, Inventory, InventoryEvent, InventoryRefused, Order, OrderPhase, PaymentPhase,
};
use crate::id::{OrderId, PaymentId, RefundId, TicketId};
use crate::money::Minor;
use crate::pricing::{Rate, Share};
use crate::refund::{self, RefundPolicy};
use crate::time::Timestamp;

/// Give tickets back.
#[derive(Debug, Clone)]
pub struct RefundTickets {
    /// The order.
    pub order: OrderId,
    /// The tickets; none: all that the order still has.
    pub tickets: Vec<TicketId>,
    /// Who asks.
    pub by: Refunder,
}

/// Who gives tickets back, or takes them back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunder {
    /// The buyer, on the terms of the policy.
    Buyer,
    /// The operator, on terms of their own.
    Operator {
        /// Why.
        note: Option<String>,
        /// What share goes back.
        rate: Rate,
        /// Whether fees are kept.
        fees_kept: bool,
    },
}

/// Decides [`RefundTickets`].
///
/// # Errors
/// The order has no such tickets (any more), no policy lets its buyer give them back, the operator says no reason, its
/// payment is disputed, somebody else has the tickets now, or the show was cancelled, so that all of this happens by
/// itself.
pub fn decide(command: &RefundTickets, inventory: &Inventory, now: Timestamp) -> Decision {
    let order = inventory.orders.get(&command.order).ok_or(InventoryRefused::UnknownOrder)?;
    match order.phase {
        OrderPhase::Placed => return Err(InventoryRefused::OrderNotPaid),
        // Its money is just coming.
        OrderPhase::Secured(_) => return Err(InventoryRefused::PaymentInProgress),
        OrderPhase::Cancelled => return Err(InventoryRefused::OrderCancelled),
        OrderPhase::Ticketed => inventory.check_takes_place()?,
    }
    let tickets = order.returnable(&command.tickets)?;
    let paid_by = inventory.paid_by(order);
    if paid_by.is_some_and(|(_, phase)| phase == PaymentPhase::Disputed) {
        return Err(InventoryRefused::PaymentDisputed);
    }
    let (back, reason, note) = match &command.by {
        Refunder::Buyer => {
            inventory.check_not_passed_on(&tickets)?;
            let policies = inventory.open_policies(order, now)?;
            let best = |price, share| policies.iter().map(|policy| policy.goes_back(price, share)).max();
            (sum(&tickets, |price, share| best(price, share).unwrap_or(0)), ReturnReason::Requested, None)
        }
        Refunder::Operator { note: None, .. } => return Err(InventoryRefused::ReasonNeeded),
        Refunder::Operator { note, rate, fees_kept } => {
            let back = |price, share| refund::goes_back(price, share, *rate, *fees_kept);
            (sum(&tickets, back), ReturnReason::Operator, note.clone())
        }
    };
    Ok(order.returned(command.order, &tickets, back, paid_by.map(|(payment, _)| payment), reason, note))
}

fn sum(tickets: &[(&TicketItem, Share)], of: impl Fn(Minor, Share) -> Minor) -> Minor {
    tickets.iter().fold(0, |sum: Minor, (item, share)| sum.saturating_add(of(item.price, *share)))
}

impl Inventory {
    /// The payment whose money has come for an order.
    pub(super) fn paid_by(&self, order: &Order) -> Option<(PaymentId, PaymentPhase)> {
        let phase = |id: &PaymentId| self.payments.get(id).map(|payment| (*id, payment.phase));
        let mut payments = order.payments.iter().filter_map(phase);
        payments.find(|(_, phase)| matches!(phase, PaymentPhase::Captured | PaymentPhase::Disputed))
    }

    /// What has changed hands is not its buyer's to give back.
    fn check_not_passed_on(&self, tickets: &[(&TicketItem, Share)]) -> Result<(), InventoryRefused> {
        let is_passed = |ticket: &TicketId| self.passed.get(ticket).is_some_and(|passed| passed.code > 0);
        let passed: Vec<TicketId> = tickets.iter().map(|(item, _)| item.ticket).filter(is_passed).collect();
        if passed.is_empty() { Ok(()) } else { Err(InventoryRefused::TicketsPassedOn(passed)) }
    }

    /// The policies that let a buyer give tickets back now; at least one.
    fn open_policies(&self, order: &Order, now: Timestamp) -> Result<Vec<RefundPolicy>, InventoryRefused> {
        let drafted = &self.terms()?.drafted;
        let mut policies: Vec<RefundPolicy> =
            [order.policy, drafted.refund_policy].into_iter().flatten().collect();
        let ended_at = policies.iter().map(|policy| policy.ends_at(drafted.starts_at)).max();
        policies.retain(|policy| now < policy.ends_at(drafted.starts_at));
        if policies.is_empty() {
            return Err(InventoryRefused::NotRefundable { ended_at });
        }
        Ok(policies)
    }

    /// What ends an order whose money has just come, where its show does not take place any more.
    pub(super) fn ended_if_cancelled(
        &self,
        id: OrderId,
        order: &Order,
        paid_by: PaymentId,
    ) -> Vec<InventoryEvent> {
        if self.unwound.is_some() { order.ended_with_show(id, Some(paid_by)) } else { Vec::new() }
    }
}

impl Order {
    /// The tickets that have not been given back, each with what belongs to it beside its price.
    pub(super) fn live_tickets(&self) -> Vec<(&TicketItem, Share)> {
        let shares = self.shares.iter().copied().chain(std::iter::repeat(Share::default()));
        let tickets = self.items.iter().zip(shares);
        tickets.filter(|(item, _)| !self.gone.contains(&item.ticket)).collect()
    }

    /// Those of the tickets that are named, or all where none is.
    fn returnable(&self, named: &[TicketId]) -> Result<Vec<(&TicketItem, Share)>, InventoryRefused> {
        let mut live = self.live_tickets();
        if named.is_empty() && live.is_empty() {
            return Err(InventoryRefused::TicketsReturned(self.gone.iter().copied().collect()));
        }
        let wanted: BTreeSet<TicketId> = named.iter().copied().collect();
        if wanted.len() < named.len() {
            return Err(Invalid::TicketTwice.into());
        }
        let unknown = |id: &&TicketId| self.items.iter().all(|item| item.ticket != **id);
        let unknown: Vec<TicketId> = named.iter().filter(unknown).copied().collect();
        if !unknown.is_empty() {
            return Err(InventoryRefused::UnknownTickets(unknown));
        }
        let gone: Vec<TicketId> = self.gone.intersection(&wanted).copied().collect();
        if !gone.is_empty() {
            return Err(InventoryRefused::TicketsReturned(gone));
        }
        live.retain(|(item, _)| named.is_empty() || wanted.contains(&item.ticket));
        Ok(live)
    }

    /// What ends an order of a show that does not take place: all that was paid for its tickets is due back.
    pub(super) fn ended_with_show(&self, id: OrderId, paid_by: Option<PaymentId>) -> Vec<InventoryEvent> {
        let tickets = self.live_tickets();
        if tickets.is_empty() {
            return Vec::new();
        }
        let back = if paid_by.is_some() { sum(&tickets, refund::value) } else { 0 };
        self.returned(id, &tickets, back, paid_by, ReturnReason::ShowCancelled, None)
    }

    fn returned(
        &self,
        order: OrderId,
        tickets: &[(&TicketItem, Share)],
        back: Minor,
        payment: Option<PaymentId>,
        reason: ReturnReason,
        note: Option<String>,
    ) -> Vec<InventoryEvent> {
        let kept = sum(tickets, refund::value).saturating_sub(back);
        let left = self.items.len().saturating_sub(self.gone.len()).saturating_sub(tickets.len());
        let returned = TicketsReturned {
            hold: self.hold,
            kept,
            left: u32::try_from(left).unwrap_or(u32::MAX),
            note,
            order,
            reason,
            tickets: tickets.iter().map(|(item, _)| (*item).clone()).collect(),
        };
        let due = payment.filter(|_| back > 0).map(|payment| {
            let refund = RefundId::of_order(order, self.refunds.saturating_add(1));
            let tickets = tickets.iter().map(|(item, _)| item.ticket).collect();
            RefundDue { amount: back, order, payment, reason: reason.into(), refund, tickets }.into()
        });
        std::iter::once(returned.into()).chain(due).collect()
    }
}

#[cfg(test)]
mod tests;
