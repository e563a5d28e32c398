//! Tickets that are given back, the money that goes with them, and shows that do not take place.

use boxoffice_domain::id::{OrderId, PaymentId, RefundId, TicketId};
use boxoffice_domain::inventory::cancel_show::CancelShow;
use boxoffice_domain::inventory::change_refund_policy::ChangeRefundPolicy;
use boxoffice_domain::inventory::event::*;
use boxoffice_domain::inventory::record_refund::RecordRefund;
use boxoffice_domain::inventory::refund_tickets::{RefundTickets, Refunder};
use boxoffice_domain::inventory::{Invalid, InventoryCommand, InventoryEvent, InventoryRefused};
use boxoffice_domain::pricing::{Rate, Share};
use boxoffice_domain::refund::RefundPolicy;
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::{Answer, Bought, BoughtState, Checked, HeldState, Judged, PayingState, Reference, exactly};

/// Money that has to go back, or has gone.
#[derive(Debug, Clone)]
pub(crate) struct Owed {
    pub(crate) id: RefundId,
    order: OrderId,
    payment: PaymentId,
    amount: u64,
    pub(crate) state: OwedState,
    pub(crate) failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwedState {
    Due,
    Made,
    Failed,
}

fn paid(item: &TicketItem, share: Share) -> u64 {
    item.price + share.fees + share.taxes
}

/// By hand, so that it shares nothing with the inventory.
fn part(item: &TicketItem, share: Share, rate: Rate, fees_kept: bool) -> u64 {
    let of = paid(item, share) - if fees_kept { share.fees } else { 0 };
    let exact = u128::from(of) * u128::from(rate.millionths());
    let (whole, rest) = (exact / 1_000_000, exact % 1_000_000);
    u64::try_from(whole + u128::from(rest >= 500_000)).unwrap()
}

impl Bought {
    /// Its tickets that are still good, each with its share of fees and taxes.
    pub(crate) fn live(&self) -> Vec<(TicketItem, Share)> {
        let share = |n: usize| self.shares.get(n).copied().unwrap_or_default();
        let all = self.items.iter().enumerate().map(|(n, item)| (item.clone(), share(n)));
        all.filter(|(item, _)| !self.gone.contains(&item.ticket)).collect()
    }

    fn has_tickets(&self) -> bool {
        matches!(self.state, BoughtState::Ticketed(_)) && !self.live().is_empty()
    }
}

impl Reference {
    pub(super) fn takes_place(&self) -> Result<(), InventoryRefused> {
        if self.cancelled { Err(InventoryRefused::ShowCancelled) } else { Ok(()) }
    }

    pub(super) fn judge_giving_back(&self, command: &InventoryCommand, now: Timestamp) -> Judged {
        match command {
            InventoryCommand::ChangeRefundPolicy(c) => self.judge_policy(c),
            InventoryCommand::RefundTickets(c) => self.judge_refund(c, now),
            InventoryCommand::RecordRefund(c) => self.judge_refund_end(c),
            InventoryCommand::RetryRefund(c) => {
                let owed = self.owed(c.refund)?;
                let Owed { amount, failures, order, payment, id: refund, .. } = *owed;
                match owed.state {
                    OwedState::Due => exactly([]),
                    OwedState::Made => Err(InventoryRefused::RefundMade),
                    OwedState::Failed => {
                        exactly([RefundRetried { amount, failures, order, payment, refund }.into()])
                    }
                }
            }
            InventoryCommand::CancelShow(c) => self.judge_end(c),
            InventoryCommand::WindUp => {
                let mut orders: Vec<&Bought> =
                    self.orders.iter().filter(|order| order.has_tickets()).collect();
                orders.retain(|_| self.cancelled);
                orders.sort_by_key(|order| order.id);
                Ok(Answer::Exactly(orders.into_iter().flat_map(|order| self.ended(order)).collect()))
            }
            other => panic!("{other:?} gives nothing back"),
        }
    }

    fn judge_policy(&self, command: &ChangeRefundPolicy) -> Judged {
        let has = self.drafted()?.refund_policy;
        match command.expected {
            Some(expected) if expected != has => Err(InventoryRefused::Changed),
            _ if has == command.policy => exactly([]),
            _ => exactly([RefundPolicyChanged { policy: command.policy }.into()]),
        }
    }

    fn judge_end(&self, command: &CancelShow) -> Judged {
        self.drafted()?;
        if !self.published {
            return Err(InventoryRefused::NotPublished);
        }
        if self.cancelled {
            return exactly([]);
        }
        let ends = |order: &&Bought| order.has_tickets() || matches!(order.state, BoughtState::Secured(_));
        let orders = u32::try_from(self.orders.iter().filter(ends).count()).unwrap();
        exactly([InventoryCancelled { orders, reason: command.reason.clone() }.into()])
    }

    fn judge_refund_end(&self, command: &RecordRefund) -> Judged {
        let owed = self.owed(command.refund)?;
        if owed.state != OwedState::Due || owed.failures != command.failures {
            return exactly([]);
        }
        let Owed { order, payment, id: refund, .. } = *owed;
        match &command.failure {
            None => exactly([RefundMade { order, payment, refund }.into()]),
            Some(reason) => exactly([RefundFailed { order, payment, reason: reason.clone(), refund }.into()]),
        }
    }

    pub(super) fn judge_refund(&self, command: &RefundTickets, now: Timestamp) -> Judged {
        let order = self.order(command.order).ok_or(InventoryRefused::UnknownOrder)?;
        let by = match order.state {
            BoughtState::Waiting => return Err(InventoryRefused::OrderNotPaid),
            BoughtState::Secured(_) => return Err(InventoryRefused::PaymentInProgress),
            BoughtState::Cancelled => return Err(InventoryRefused::OrderCancelled),
            BoughtState::Ticketed(by) => by,
        };
        self.takes_place()?;
        let tickets = named(order, &command.tickets)?;
        if self.is_disputed(by) {
            return Err(InventoryRefused::PaymentDisputed);
        }
        let terms = self.drafted()?;
        let ends =
            |policy: &RefundPolicy| terms.starts_at.plus_ms(-1_000 * i64::from(policy.seconds_before_start));
        let (back, reason, note): (Vec<u64>, _, _) = match &command.by {
            Refunder::Buyer => {
                let ids = tickets.iter().map(|(item, _)| item.ticket);
                let passed: Vec<TicketId> = ids.filter(|ticket| self.passed(*ticket) > 0).collect();
                if !passed.is_empty() {
                    return Err(InventoryRefused::TicketsPassedOn(passed));
                }
                let policies: Vec<RefundPolicy> =
                    order.policy.into_iter().chain(terms.refund_policy).collect();
                let open: Vec<&RefundPolicy> = policies.iter().filter(|policy| now < ends(policy)).collect();
                if open.is_empty() {
                    let ended_at = policies.iter().map(ends).max();
                    return Err(InventoryRefused::NotRefundable { ended_at });
                }
                let best = |(item, share): &(TicketItem, Share)| {
                    let parts = open.iter().map(|policy| part(item, *share, policy.rate, policy.fees_kept));
                    parts.max().unwrap()
                };
                (tickets.iter().map(best).collect(), ReturnReason::Requested, None)
            }
            Refunder::Operator { note: None, .. } => return Err(InventoryRefused::ReasonNeeded),
            Refunder::Operator { note, rate, fees_kept } => {
                let back = tickets.iter().map(|(item, share)| part(item, *share, *rate, *fees_kept));
                (back.collect(), ReturnReason::Operator, note.clone())
            }
        };
        Ok(Answer::Exactly(self.given_back(order, by, &tickets, back.iter().sum(), reason, note)))
    }

    /// What becomes of an order whose show does not take place.
    pub(super) fn ended(&self, order: &Bought) -> Vec<InventoryEvent> {
        let (BoughtState::Ticketed(by) | BoughtState::Secured(by)) = order.state else { return Vec::new() };
        let (tickets, reason) = (order.live(), ReturnReason::ShowCancelled);
        let worth = tickets.iter().map(|(item, share)| paid(item, *share)).sum();
        let back = if by.is_none() || self.is_disputed(by) { 0 } else { worth };
        self.given_back(order, by, &tickets, back, reason, None)
    }

    fn given_back(
        &self,
        order: &Bought,
        by: Option<PaymentId>,
        tickets: &[(TicketItem, Share)],
        amount: u64,
        reason: ReturnReason,
        note: Option<String>,
    ) -> Vec<InventoryEvent> {
        let worth: u64 = tickets.iter().map(|(item, share)| paid(item, *share)).sum();
        let returned = TicketsReturned {
            hold: order.hold,
            kept: worth - amount,
            left: u32::try_from(order.live().len() - tickets.len()).unwrap(),
            note,
            order: order.id,
            reason,
            tickets: tickets.iter().map(|(item, _)| item.clone()).collect(),
        };
        let due = by.filter(|_| amount > 0).map(|payment| {
            let refund = self.next_refund(order.id);
            let tickets = tickets.iter().map(|(item, _)| item.ticket).collect();
            RefundDue { amount, order: order.id, payment, reason: reason.into(), refund, tickets }.into()
        });
        std::iter::once(returned.into()).chain(due).collect()
    }

    pub(super) fn next_refund(&self, order: OrderId) -> RefundId {
        let has = self.owed.iter().filter(|owed| owed.order == order).count();
        RefundId::of_order(order, u32::try_from(has).unwrap() + 1)
    }

    fn is_disputed(&self, payment: Option<PaymentId>) -> bool {
        let payment = payment.and_then(|payment| self.payment(payment));
        payment.is_some_and(|payment| payment.state == PayingState::Disputed)
    }

    fn owed(&self, refund: RefundId) -> Result<&Owed, InventoryRefused> {
        self.owed.iter().find(|owed| owed.id == refund).ok_or(InventoryRefused::UnknownRefund)
    }

    pub(super) fn record_giving_back(&mut self, event: &InventoryEvent) -> Checked {
        match event {
            InventoryEvent::RefundPolicyChanged(e) => {
                let terms = self.terms.as_mut().unwrap();
                prop_assert_ne!(std::mem::replace(&mut terms.refund_policy, e.policy), e.policy);
            }
            InventoryEvent::TicketsReturned(e) => self.record_return(e)?,
            InventoryEvent::RefundDue(e) => {
                prop_assert!(self.owed.iter().all(|owed| owed.id != e.refund), "{} exists", e.refund);
                let paid = self.payment(e.payment).filter(|payment| payment.order == e.order);
                prop_assert_eq!(paid.map(|payment| payment.state), Some(PayingState::Captured));
                let RefundDue { amount, order, payment, refund: id, .. } = *e;
                prop_assert!(amount > 0);
                self.owed.push(Owed { id, order, payment, amount, state: OwedState::Due, failures: 0 });
            }
            InventoryEvent::RefundMade(e) => self.owes(e.refund, OwedState::Due, OwedState::Made)?,
            InventoryEvent::RefundFailed(e) => {
                self.owes(e.refund, OwedState::Due, OwedState::Failed)?;
                self.owed.iter_mut().find(|owed| owed.id == e.refund).unwrap().failures += 1;
            }
            InventoryEvent::RefundRetried(e) => self.owes(e.refund, OwedState::Failed, OwedState::Due)?,
            InventoryEvent::InventoryCancelled(_) => {
                prop_assert!(self.published && !self.cancelled);
                self.cancelled = true;
            }
            other => panic!("{other:?} gives nothing back"),
        }
        Ok(())
    }

    fn record_return(&mut self, event: &TicketsReturned) -> Checked {
        prop_assert!(!event.tickets.is_empty());
        let order = self.order_mut(event.order)?;
        prop_assert_eq!(order.hold, event.hold);
        for item in &event.tickets {
            prop_assert!(order.items.contains(item) && !order.gone.contains(&item.ticket), "{:?}", item);
            order.gone.push(item.ticket);
        }
        order.kept += event.kept;
        let left: Vec<Item> = order
            .live()
            .into_iter()
            .map(|(TicketItem { price, seat, ticket_type, .. }, _)| Item { price, seat, ticket_type })
            .collect();
        let hold = self.hold_mut(event.hold)?;
        prop_assert_eq!(hold.state, HeldState::Kept);
        hold.items = left;
        if hold.items.is_empty() {
            hold.state = HeldState::LetGo;
        }
        self.offers_end(&event.tickets);
        Ok(())
    }

    fn owes(&mut self, id: RefundId, from: OwedState, to: OwedState) -> Checked {
        let owed = self.owed.iter_mut().find(|owed| owed.id == id);
        let owed = owed.ok_or_else(|| TestCaseError::fail(format!("{id} was never due")))?;
        prop_assert_eq!(std::mem::replace(&mut owed.state, to), from);
        Ok(())
    }

    /// What holds after every command: whatever has come for an order is the value of tickets that are good, or kept
    /// with an event that says why, or has gone back, or is due back.
    pub(crate) fn check_money(&self) -> Checked {
        for order in &self.orders {
            let of_order = |payment: &&super::Paying| {
                payment.order == order.id
                    && matches!(payment.state, PayingState::Captured | PayingState::Disputed)
            };
            let came = u64::try_from(self.payments.iter().filter(of_order).count()).unwrap() * order.total;
            let ticketed = matches!(order.state, BoughtState::Ticketed(_));
            let worth: u64 = order.live().iter().map(|(item, share)| paid(item, *share)).sum();
            let worth = if ticketed { worth } else { 0 };
            let owed = self.owed.iter().filter(|owed| owed.order == order.id);
            let (made, due): (Vec<&Owed>, Vec<&Owed>) = owed.partition(|owed| owed.state == OwedState::Made);
            let sum = |owed: &[&Owed]| owed.iter().map(|owed| owed.amount).sum::<u64>();
            prop_assert_eq!(came - sum(&made), worth + order.kept + sum(&due), "{:?}", order);
            prop_assert!(!ticketed || came == order.total, "{:?} for {}", order, came);
        }
        Ok(())
    }
}

/// Those of an order's tickets that are named, or all that are left.
fn named(order: &Bought, names: &[TicketId]) -> Result<Vec<(TicketItem, Share)>, InventoryRefused> {
    let live = order.live();
    let mut gone = order.gone.clone();
    gone.sort();
    if names.is_empty() {
        return if live.is_empty() { Err(InventoryRefused::TicketsReturned(gone)) } else { Ok(live) };
    }
    for (n, name) in names.iter().enumerate() {
        if names[..n].contains(name) {
            return Err(Invalid::TicketTwice.into());
        }
    }
    let strange: Vec<TicketId> =
        names.iter().filter(|name| order.items.iter().all(|item| item.ticket != **name)).copied().collect();
    if !strange.is_empty() {
        return Err(InventoryRefused::UnknownTickets(strange));
    }
    gone.retain(|ticket| names.contains(ticket));
    if !gone.is_empty() {
        return Err(InventoryRefused::TicketsReturned(gone));
    }
    Ok(live.into_iter().filter(|(item, _)| names.contains(&item.ticket)).collect())
}
