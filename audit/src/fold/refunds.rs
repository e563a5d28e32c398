//! Tickets that are given back, the money that goes with them, and shows that do not take place.

use std::collections::hash_map::Entry;

use super::holds::State;
use super::inventory::{Before, Inventory, TicketState};
use super::orders::{Order, Secured};
use super::payments::Capture;
use crate::fact::{
    InventoryCancelled, RefundDue, RefundFailed, RefundMade, RefundPolicy, RefundPolicyChanged, RefundReason,
    RefundRetried, ReturnReason, Share, TicketsReturned,
};
use crate::line::Event;
use crate::rule::{Rule, Verdict};
use crate::value::{OrderId, PaymentId, RefundId, TicketId, Time};

/// All of something, in millionths.
const WHOLE: u128 = 1_000_000;

/// Money that has come and goes back.
#[derive(Debug)]
pub(super) struct Refund {
    order: OrderId,
    payment: PaymentId,
    amount: u64,
    pub(super) state: RefundState,
    failures: u32,
}

/// Whether money has gone back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefundState {
    Due,
    Made,
    Failed,
}

/// What the next event has to say is due back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DueBack {
    pub(super) order: OrderId,
    pub(super) amount: u64,
    pub(super) reason: RefundReason,
    pub(super) tickets: Vec<TicketId>,
}

/// What was paid for a ticket.
#[derive(Debug, Clone, Copy)]
struct Paid {
    price: u64,
    share: Share,
}

impl Paid {
    fn value(self) -> u64 {
        self.price + self.share.fees + self.share.taxes
    }

    /// What a policy gives back, to the nearest whole number, halves up.
    fn back(self, policy: &RefundPolicy) -> u64 {
        let of = self.value() - if policy.fees_kept.0 { self.share.fees } else { 0 };
        let exact = u128::from(of) * u128::from(policy.rate);
        u64::try_from((2 * exact + WHOLE) / (2 * WHOLE)).unwrap_or(u64::MAX)
    }
}

impl Inventory {
    pub(super) fn change_policy(&mut self, changed: &RefundPolicyChanged) -> Verdict {
        let policy = changed.policy;
        Rule::RateIsShare.holds(policy.is_none_or(|policy| u128::from(policy.rate) <= WHOLE), || {
            "of a refund policy".to_owned()
        })?;
        Rule::PolicyChanges.holds(policy != self.terms.refund_policy, || format!("to {policy:?}"))?;
        self.terms.refund_policy = policy;
        Ok(())
    }

    /// Whether the show still takes place, so that this may happen.
    pub(super) fn takes_place(&self, what: impl FnOnce() -> String) -> Verdict {
        Rule::NothingAfterCancellation.holds(!self.cancelled, what)
    }

    pub(super) fn cancel_show(&mut self, cancelled: &InventoryCancelled, position: u64) -> Verdict {
        Rule::ShowCancelledOnce.holds(self.published && !self.cancelled, || {
            "it is a draft, or was cancelled before".to_owned()
        })?;
        let has_tickets = |order: &Order| {
            self.holds.get(&order.hold).is_some_and(|hold| !hold.claims.is_empty()) && !order.cancelled
        };
        let ends = |order: &&Order| order.secured != Secured::No && has_tickets(order);
        let orders = self.orders.values().filter(ends).count();
        Rule::CancellationCounts.holds(usize::try_from(cancelled.orders) == Ok(orders), || {
            format!("it says {}, there are {orders}", cancelled.orders)
        })?;
        self.cancelled = true;
        self.cancelled_at = Some(position);
        Ok(())
    }

    pub(super) fn return_tickets(&mut self, returned: &TicketsReturned, event: &Event) -> Verdict {
        let id = returned.order;
        let order = self.order_with_hold(id, returned.hold)?;
        let (issued, payment) = (order.issued, order.paid_by());
        Rule::ReturnOfLive.holds(issued && !returned.tickets.is_empty(), || format!("{id} has none"))?;
        let disputed = payment.is_some_and(|payment| self.is_disputed(payment));
        let paid = self.give_up(returned, event.position)?;
        let value: u64 = paid.iter().map(|paid| paid.value()).sum();
        Rule::KeptWithinValue
            .holds(returned.kept <= value, || format!("{} of {value} for tickets of {id}", returned.kept))?;
        match returned.reason {
            ReturnReason::Requested => self.return_on_request(returned, &paid, event.log_time)?,
            ReturnReason::Operator => {
                Rule::OperatorSaysWhy.holds(returned.note.is_some(), || id.to_string())?;
            }
            ReturnReason::ShowCancelled => {
                let keeps = if disputed { value } else { 0 };
                Rule::CancellationReturnsAll.holds(self.cancelled && returned.kept == keeps, || {
                    format!("{} of {value} is kept for {id}", returned.kept)
                })?;
            }
        }
        if returned.reason != ReturnReason::ShowCancelled {
            self.takes_place(|| format!("tickets of {id} are returned by themselves"))?;
            Rule::ReturnUndisputed.holds(!disputed, || id.to_string())?;
        }
        if value > returned.kept {
            self.due_back = Some(DueBack {
                order: id,
                amount: value - returned.kept,
                reason: returned.reason.into(),
                tickets: returned.tickets.iter().map(|item| item.ticket).collect(),
            });
            self.before = Before::OwesBack(id);
        }
        Ok(())
    }

    /// Takes the tickets out of what their order has, and tells what was paid for them.
    fn give_up(&mut self, returned: &TicketsReturned, at: u64) -> Verdict<Vec<Paid>> {
        let id = returned.order;
        let Some(claims) = self.ordered(&returned.tickets) else {
            return Rule::ReturnOfLive.broken(format!("{id} has not such seats"));
        };
        let Some(hold) = self.holds.get_mut(&returned.hold) else {
            return Rule::ReturnOfLive.broken(format!("{id} has no hold"));
        };
        for claim in &claims {
            match hold.claims.iter().position(|has| has == claim) {
                Some(at) => drop(hold.claims.swap_remove(at)),
                None => {
                    return Rule::ReturnOfLive
                        .broken(format!("{id} has not, or no longer, {:?}", claim.ticket));
                }
            }
        }
        let left = hold.claims.len();
        if left == 0 {
            hold.state = State::Cancelled;
        }
        Rule::ReturnCountsRest.holds(usize::try_from(returned.left) == Ok(left), || {
            format!("{id} has {left}, not {}", returned.left)
        })?;
        self.stock.free_seats(&claims);
        self.stock.give_back(&claims);
        let shares = self.orders.get(&id).map(|order| order.shares.clone()).unwrap_or_default();
        let mut paid = Vec::with_capacity(claims.len());
        for item in &returned.tickets {
            if let Some(ticket) = self.tickets.get_mut(&item.ticket) {
                ticket.state = TicketState::Returned(at);
            }
            self.transfers.given_back(item.ticket);
            let share = shares.iter().find(|(ticket, _)| *ticket == item.ticket).map(|(_, share)| *share);
            paid.push(Paid { price: item.price, share: share.unwrap_or_default() });
        }
        Ok(paid)
    }

    /// The better of two policies decides: that of the order, and that of now.
    fn return_on_request(&self, returned: &TicketsReturned, paid: &[Paid], now: Time) -> Verdict {
        let id = returned.order;
        let passed_on = returned.tickets.iter().find(|item| self.transfers.code(item.ticket) > 0);
        Rule::ReturnOfOwn
            .holds(passed_on.is_none(), || format!("{passed_on:?} of {id} belongs to somebody else"))?;
        let of_order = self.orders.get(&id).and_then(|order| order.policy);
        let open: Vec<RefundPolicy> = [of_order, self.terms.refund_policy]
            .into_iter()
            .flatten()
            .filter(|policy| now.plus_seconds(policy.seconds_before_start) < self.terms.starts_at)
            .collect();
        Rule::ReturnWithinPolicy.holds(!open.is_empty(), || format!("{id} at {now}"))?;
        let kept =
            |paid: &Paid| paid.value() - open.iter().map(|policy| paid.back(policy)).max().unwrap_or(0);
        let keeps: u64 = paid.iter().map(kept).sum();
        Rule::ReturnKeepsPolicy
            .holds(returned.kept == keeps, || format!("{} for {id}, the policy keeps {keeps}", returned.kept))
    }

    pub(super) fn owe_refund(&mut self, due: &RefundDue) -> Verdict {
        let id = due.refund;
        let payment = self.payment(due.order, due.payment)?;
        let captured = payment.capture == Capture::Done;
        Rule::RefundOfCaptured.holds(captured && due.amount > 0, || format!("{id} of {}", due.payment))?;
        let said = DueBack {
            order: due.order,
            amount: due.amount,
            reason: due.reason,
            tickets: due.tickets.0.clone(),
        };
        let owed = self.due_back.take();
        Rule::RefundFollows
            .holds(owed.as_ref() == Some(&said), || format!("{id} says {said:?}, due back is {owed:?}"))?;
        match self.refunds.entry(id) {
            Entry::Occupied(_) => return Rule::RefundIsNew.broken(id.to_string()),
            Entry::Vacant(entry) => {
                let RefundDue { amount, order, payment, .. } = *due;
                entry.insert(Refund { order, payment, amount, state: RefundState::Due, failures: 0 });
            }
        }
        Ok(())
    }

    pub(super) fn make_refund(&mut self, made: &RefundMade) -> Verdict {
        self.refund(made.refund, made.order, made.payment, RefundState::Due)?.state = RefundState::Made;
        Ok(())
    }

    pub(super) fn fail_refund(&mut self, failed: &RefundFailed) -> Verdict {
        let refund = self.refund(failed.refund, failed.order, failed.payment, RefundState::Due)?;
        refund.state = RefundState::Failed;
        refund.failures += 1;
        Ok(())
    }

    pub(super) fn retry_refund(&mut self, again: &RefundRetried) -> Verdict {
        let refund = self.refund(again.refund, again.order, again.payment, RefundState::Failed)?;
        let same = (refund.amount, refund.failures) == (again.amount, again.failures);
        Rule::RefundRetriedAsItWas.holds(same, || format!("{refund:?}"))?;
        refund.state = RefundState::Due;
        Ok(())
    }

    /// The refund of that id, if it is for that order and payment and stands like that.
    fn refund(
        &mut self,
        id: RefundId,
        order: OrderId,
        payment: PaymentId,
        state: RefundState,
    ) -> Verdict<&mut Refund> {
        let Some(refund) = self.refunds.get_mut(&id) else {
            return Rule::RefundIsKnown.broken(format!("{id} was never due"));
        };
        let same = (refund.order, refund.payment) == (order, payment);
        Rule::RefundIsKnown.holds(same, || format!("{id} is for {} and {}", refund.order, refund.payment))?;
        Rule::RefundEndsOnce.holds(refund.state == state, || format!("{id} is {:?}", refund.state))?;
        Ok(refund)
    }
}

impl Order {
    /// The payment whose money has come for it.
    fn paid_by(&self) -> Option<PaymentId> {
        match self.secured {
            Secured::By(payment) => Some(payment),
            Secured::No | Secured::Free => None,
        }
    }
}
