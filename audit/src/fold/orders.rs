//! Orders: from a priced hold to tickets, or to the end of it.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::holds::State;
use super::inventory::{Before, Inventory, Ticket, TicketState};
use super::payments::TOLD_LATE;
use super::stock::{Claim, Stock};
use crate::fact::{
    CancelReason, HoldReclaimed, OrderCancelled, OrderPlaced, OrderSecured, RefundPolicy, Share, TicketItem,
    TicketsIssued,
};
use crate::rule::{Rule, Verdict};
use crate::value::{HoldId, OrderId, PaymentId, TicketId, Time};

/// What an order's seats are secured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secured {
    No,
    Free,
    By(PaymentId),
}

/// An order; what it is for stands in its hold.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) hold: HoldId,
    pub(super) total: u64,
    pub(super) secured: Secured,
    pub(super) captured: bool,
    pub(super) cancelled: bool,
    pub(super) issued: bool,
    /// What of fees and taxes belongs to its tickets, where there is any.
    pub(super) shares: Vec<(TicketId, Share)>,
    /// On what terms tickets could be given back when it was placed.
    pub(super) policy: Option<RefundPolicy>,
}

impl Inventory {
    pub(super) fn place_order(&mut self, placed: &OrderPlaced, now: Time) -> Verdict {
        let id = placed.order;
        Rule::OrderIsNew.holds(!self.orders.contains_key(&id), || id.to_string())?;
        self.takes_place(|| id.to_string())?;
        let claims = self.ordered(&placed.items);
        let hold = self.changeable(placed.hold, now)?;
        Rule::HoldHasItems.holds(!placed.items.is_empty(), || id.to_string())?;
        let same = claims.as_ref().is_some_and(|claims| same_items(claims, &hold.claims));
        Rule::OrderItemsAreHolds.holds(same, || format!("{id} has other items than {}", placed.hold))?;
        let deadline = hold.expires_at;
        Rule::OrderDeadlineIsHolds.holds(placed.expires_at == deadline, || {
            format!("{id} until {}, not {deadline}", placed.expires_at)
        })?;
        let tariff = Arc::clone(&hold.tariff);
        let claims = claims.unwrap_or_default();
        tariff.check(placed)?;
        self.check_buyer(placed, now)?;
        self.stock.within_minimums(&claims)?;
        for item in &placed.items {
            match self.tickets.entry(item.ticket) {
                Entry::Occupied(_) => return Rule::TicketIsNew.broken(item.ticket.to_string()),
                Entry::Vacant(entry) => entry.insert(Ticket::ordered(item.ticket_type, placed.order)),
            };
        }
        let hold = self.changeable(placed.hold, now)?;
        hold.claims = claims;
        hold.order = Some(id);
        let (hold, total) = (placed.hold, placed.total);
        let ids = placed.items.iter().map(|item| item.ticket);
        let order = Order {
            hold,
            total,
            secured: Secured::No,
            captured: false,
            cancelled: false,
            issued: false,
            shares: ids.zip(placed.shares.0.iter().copied()).collect(),
            policy: self.terms.refund_policy,
        };
        self.orders.insert(id, order);
        Ok(())
    }

    pub(super) fn cancel_order(&mut self, cancelled: &OrderCancelled, before: Before, now: Time) -> Verdict {
        let id = cancelled.order;
        let order = self.order_with_hold(id, cancelled.hold)?;
        let secured = order.secured != Secured::No;
        match cancelled.reason {
            CancelReason::Requested => {
                Rule::CancelledBeforeSecured.holds(!secured, || id.to_string())?;
                self.live(cancelled.hold, now)?;
            }
            CancelReason::CaptureFailed => {
                Rule::CancelledAfterFailure.holds(before == Before::CaptureFailed(id), || id.to_string())?;
            }
        }
        self.end_hold(cancelled.hold, State::Cancelled);
        self.order_with_hold(id, cancelled.hold)?.cancelled = true;
        Ok(())
    }

    pub(super) fn reclaim_hold(&mut self, reclaimed: &HoldReclaimed, now: Time) -> Verdict {
        let (id, hold) = (reclaimed.order, reclaimed.hold);
        self.order_with_hold(id, hold)?;
        let lapsed = self.holds.get(&hold).is_some_and(|hold| hold.has_lapsed(now));
        Rule::ReclaimAfterLapse.holds(lapsed, || format!("{hold} has not lapsed"))?;
        let lasts = self.holds.get(&hold).is_some_and(|hold| !hold.claims.is_empty());
        Rule::ReclaimOfLastingSeats.holds(lasts, || format!("{hold} lost what it had"))?;
        let latest = self.terms.starts_at.plus_seconds(TOLD_LATE);
        Rule::ReclaimBeforeStart.holds(now < latest, || format!("{hold} at {now}"))?;
        self.take_back(hold, now)?;
        self.before = Before::HoldReclaimed(id);
        Ok(())
    }

    pub(super) fn secure_order(&mut self, secured: &OrderSecured, before: Before, now: Time) -> Verdict {
        let (id, hold) = (secured.order, secured.hold);
        let order = self.order_with_hold(id, hold)?;
        Rule::SecuredOnce.holds(order.secured == Secured::No, || id.to_string())?;
        let total = order.total;
        self.takes_place(|| id.to_string())?;
        if before != Before::HoldReclaimed(id) {
            self.live(hold, now)?;
        }
        let by = match secured.payment {
            None => {
                Rule::SecuredByPayment
                    .holds(total == 0, || format!("{id} comes to {total} and names no payment"))?;
                Secured::Free
            }
            Some(payment) => {
                Rule::SecuredByPayment.holds(total > 0, || format!("{id} is free and names {payment}"))?;
                let paid = self.payment(id, payment)?;
                Rule::SecuredByPayment.holds(paid.covers(total), || {
                    format!("{id} comes to {total}, {payment} {}", paid.told())
                })?;
                let reclaims = before == Before::HoldReclaimed(id);
                Rule::ReclaimInTime.holds(!reclaims || now < self.reclaims_until(payment, hold), || {
                    format!("{payment} reclaims {hold} at {now}")
                })?;
                Secured::By(payment)
            }
        };
        if by == Secured::Free {
            self.before = Before::PaidFor(id);
        }
        self.order_with_hold(id, hold)?.secured = by;
        if let Some(hold) = self.holds.get_mut(&hold) {
            hold.state = State::Secured;
        }
        Ok(())
    }

    pub(super) fn issue_tickets(&mut self, issued: &TicketsIssued) -> Verdict {
        let id = issued.order;
        let order = self.order(id)?;
        Rule::OrderIsNotCancelled.holds(!order.cancelled, || id.to_string())?;
        Rule::TicketsOnce.holds(!order.issued, || id.to_string())?;
        let paid = match order.secured {
            Secured::No => false,
            Secured::Free => true,
            Secured::By(_) => order.captured,
        };
        let secured = order.secured;
        Rule::TicketsAfterMoney.holds(paid, || format!("{id}, secured: {secured:?}, not captured"))?;
        order.issued = true;
        let hold = order.hold;
        let tickets = self.ordered(&issued.tickets);
        let same = match (tickets, self.holds.get(&hold)) {
            (Some(tickets), Some(hold)) => {
                tickets == hold.claims || same_multiset(tickets, hold.claims.clone())
            }
            _ => false,
        };
        Rule::TicketsAreItems.holds(same, || id.to_string())?;
        for item in &issued.tickets {
            if let Some(ticket) = self.tickets.get_mut(&item.ticket) {
                ticket.state = TicketState::Issued;
            }
        }
        if self.cancelled {
            self.before = Before::IssuedInVain(id);
        }
        Ok(())
    }

    /// The order of that id.
    pub(super) fn order(&mut self, id: OrderId) -> Verdict<&mut Order> {
        match self.orders.get_mut(&id) {
            Some(order) => Ok(order),
            None => Rule::OrderIsKnown.broken(id.to_string()),
        }
    }

    /// The order of that id, if the hold is its own and it was not cancelled.
    pub(super) fn order_with_hold(&mut self, id: OrderId, hold: HoldId) -> Verdict<&mut Order> {
        let order = self.order(id)?;
        Rule::OrderNamesItsHold
            .holds(order.hold == hold, || format!("{id} with {hold}, it has {}", order.hold))?;
        Rule::OrderIsNotCancelled.holds(!order.cancelled, || id.to_string())?;
        Ok(order)
    }

    /// Items with tickets as claims; `None` where a seat is not in the layout.
    pub(super) fn ordered(&self, items: &[TicketItem]) -> Option<Vec<Claim>> {
        let layout = self.layout.as_deref();
        let claim = |item: &TicketItem| {
            let claim = Stock::named(item.seat.as_deref(), item.ticket_type, item.price, layout)?;
            Some(Claim { ticket: Some(item.ticket), ..claim })
        };
        items.iter().map(claim).collect()
    }
}

/// Whether an order has what its hold has, in any order.
fn same_items(ordered: &[Claim], held: &[Claim]) -> bool {
    let unordered = ordered.iter().map(|claim| claim.unordered());
    unordered.clone().eq(held.iter().copied()) || same_multiset(unordered.collect(), held.to_vec())
}

fn same_multiset(mut one: Vec<Claim>, mut other: Vec<Claim>) -> bool {
    one.sort_unstable();
    other.sort_unstable();
    one == other
}
