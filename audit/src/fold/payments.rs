//! Payments: facts about money, which may come late, and what they may lead to.

use std::collections::hash_map::Entry;

use super::inventory::{Before, Inventory};
use super::orders::Secured;
use super::refunds::DueBack;
use crate::fact::{
    PaymentActionRequired, PaymentAuthorised, PaymentCaptureFailed, PaymentCaptured, PaymentDeclined,
    PaymentDisputed, PaymentLapsed, PaymentStarted, PaymentVoidDue, PaymentVoided, RefundReason, VoidReason,
};
use crate::rule::{Rule, Verdict};
use crate::value::{HoldId, OrderId, PaymentId, Time};

/// An attempt to pay for an order.
#[derive(Debug)]
pub(super) struct Payment {
    order: OrderId,
    asked: bool,
    declined: bool,
    disputed: bool,
    /// The amount that the provider has reserved.
    pub(super) authorised: Option<u64>,
    /// When, as the provider tells it.
    authorised_at: Option<Time>,
    pub(super) capture: Capture,
    pub(super) void: Void,
}

/// How long after the start of a show money may still reclaim its seats that was reserved in time, in seconds.
pub(super) const TOLD_LATE: u32 = 3 * 60 * 60;

/// Whether reserved money has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Capture {
    NotYet,
    Done,
    Failed,
}

/// Whether reserved money is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Void {
    No,
    Due,
    Done,
    /// The provider has let it go by itself.
    Lapsed,
}

impl Payment {
    /// Whether its money is reserved and enough.
    pub(super) fn covers(&self, total: u64) -> bool {
        self.authorised.is_some_and(|amount| amount >= total) && self.void == Void::No
    }

    /// Its state in words.
    pub(super) fn told(&self) -> String {
        match self.authorised {
            _ if self.void == Void::Lapsed => "has lapsed".to_owned(),
            _ if self.void != Void::No => "is to be voided".to_owned(),
            Some(amount) => format!("is authorised over {amount}"),
            None => "is not authorised".to_owned(),
        }
    }
}

impl Inventory {
    pub(super) fn start_payment(&mut self, started: &PaymentStarted, now: Time) -> Verdict {
        let (id, order) = (started.payment, self.order(started.order)?);
        let (total, hold) = (order.total, order.hold);
        let open = order.secured == Secured::No && !order.cancelled;
        self.takes_place(|| id.to_string())?;
        let live = self.holds.get(&hold).is_some_and(|hold| hold.is_live(now));
        Rule::PaymentOfAwaitingOrder.holds(open && live, || {
            format!("{} is secured, cancelled or has lapsed at {now}", started.order)
        })?;
        Rule::PaymentAmountIsTotal.holds(started.amount == total, || {
            format!("{id} over {}, the total is {total}", started.amount)
        })?;
        Rule::PaymentOfSomething.holds(total > 0, || id.to_string())?;
        match self.payments.entry(id) {
            Entry::Occupied(_) => Rule::PaymentIsNew.broken(id.to_string()),
            Entry::Vacant(entry) => {
                entry.insert(Payment {
                    order: started.order,
                    asked: false,
                    declined: false,
                    disputed: false,
                    authorised: None,
                    authorised_at: None,
                    capture: Capture::NotYet,
                    void: Void::No,
                });
                Ok(())
            }
        }
    }

    pub(super) fn ask_payer(&mut self, asked: &PaymentActionRequired) -> Verdict {
        let payment = self.payment(asked.order, asked.payment)?;
        let open = !payment.asked && !payment.declined && payment.authorised.is_none();
        Rule::PayerAskedOnce.holds(open, || asked.payment.to_string())?;
        payment.asked = true;
        Ok(())
    }

    pub(super) fn decline_payment(&mut self, declined: &PaymentDeclined) -> Verdict {
        let payment = self.payment(declined.order, declined.payment)?;
        let open = !payment.declined && payment.authorised.is_none();
        Rule::DeclinedOnce.holds(open, || declined.payment.to_string())?;
        payment.declined = true;
        Ok(())
    }

    pub(super) fn authorise_payment(&mut self, authorised: &PaymentAuthorised, now: Time) -> Verdict {
        let at = authorised.authorised_at;
        Rule::AuthorisedInPast
            .holds(at <= now, || format!("{} at {at}, told at {now}", authorised.payment))?;
        let payment = self.payment(authorised.order, authorised.payment)?;
        payment.authorised_at = Some(at);
        Rule::AuthorisedOnce.holds(payment.authorised.is_none(), || authorised.payment.to_string())?;
        payment.authorised = Some(authorised.amount);
        Ok(())
    }

    pub(super) fn lapse_payment(&mut self, lapsed: &PaymentLapsed) -> Verdict {
        let (id, secured) = (lapsed.payment, self.order(lapsed.order)?.secured);
        let payment = self.payment(lapsed.order, id)?;
        let open = payment.authorised.is_some() && payment.void == Void::No;
        Rule::LapsedBeforeDecided.holds(open && secured != Secured::By(id), || id.to_string())?;
        payment.void = Void::Lapsed;
        Ok(())
    }

    /// Whether a payment reserved its money before a hold's deadline, however late it was told.
    pub(super) fn is_in_time(&self, id: PaymentId, hold: HoldId) -> bool {
        let reserved_at = self.payments.get(&id).and_then(|payment| payment.authorised_at);
        let deadline = self.holds.get(&hold).map(|hold| hold.expires_at);
        reserved_at.zip(deadline).is_some_and(|(reserved_at, deadline)| reserved_at < deadline)
    }

    /// The first moment at which a payment can no longer have a hold reclaimed.
    pub(super) fn reclaims_until(&self, id: PaymentId, hold: HoldId) -> Time {
        let starts_at = self.terms.starts_at;
        if self.is_in_time(id, hold) { starts_at.plus_seconds(TOLD_LATE) } else { starts_at }
    }

    pub(super) fn capture_payment(&mut self, captured: &PaymentCaptured) -> Verdict {
        let id = captured.payment;
        if self.payment(captured.order, id)?.capture == Capture::Failed {
            return self.capture_late(captured);
        }
        let total = self.capturable(captured.order, id)?;
        Rule::CaptureIsTotal
            .holds(captured.amount == total, || format!("{id}: {} of {total}", captured.amount))?;
        self.payment(captured.order, id)?.capture = Capture::Done;
        self.order(captured.order)?.captured = true;
        self.before = Before::PaidFor(captured.order);
        Ok(())
    }

    /// What comes although its capture failed has nothing to pay for any more.
    fn capture_late(&mut self, captured: &PaymentCaptured) -> Verdict {
        let PaymentCaptured { amount, order, payment: id } = *captured;
        let total = self.order(order)?.total;
        Rule::CaptureIsTotal.holds(amount == total, || format!("{id}: {amount} of {total}"))?;
        let payment = self.payment(order, id)?;
        Rule::CaptureOfSecuring.holds(payment.void == Void::No, || format!("{id} was let go"))?;
        payment.capture = Capture::Done;
        self.due_back =
            Some(DueBack { order, amount, reason: RefundReason::CapturedLate, tickets: Vec::new() });
        self.before = Before::OwesBack(order);
        Ok(())
    }

    /// Whether the payer wants the money back through their bank.
    pub(super) fn is_disputed(&self, id: PaymentId) -> bool {
        self.payments.get(&id).is_some_and(|payment| payment.disputed)
    }

    pub(super) fn fail_capture(&mut self, failed: &PaymentCaptureFailed) -> Verdict {
        self.capturable(failed.order, failed.payment)?;
        self.payment(failed.order, failed.payment)?.capture = Capture::Failed;
        self.before = Before::CaptureFailed(failed.order);
        Ok(())
    }

    pub(super) fn void_due(&mut self, due: &PaymentVoidDue, now: Time) -> Verdict {
        let id = due.payment;
        let payment = self.payment(due.order, id)?;
        let lapsed = payment.void == Void::Lapsed;
        Rule::VoidDueOnce.holds(lapsed || payment.void == Void::No, || id.to_string())?;
        let authorised = payment.authorised.filter(|_| !lapsed);
        let captured = payment.capture == Capture::Done;
        payment.void = Void::Due;
        let Some(order) = self.orders.get(&due.order) else {
            return Rule::OrderIsKnown.broken(due.order.to_string());
        };
        let secures = order.secured == Secured::By(id) && !order.cancelled;
        Rule::VoidOfSpare.holds(authorised.is_some() && !captured && !secures, || {
            format!(
                "{id}, authorised: {authorised:?}, captured: {captured}, secures {}: {secures}",
                due.order
            )
        })?;
        let lapsed = self.holds.get(&order.hold).is_some_and(|hold| hold.has_lapsed(now));
        let holds = match due.reason {
            VoidReason::SeatsGone => lapsed && !self.could_take_back(order.hold, now),
            // Also where it was reserved in time: earlier releases did not look at that.
            VoidReason::SaleEnded => lapsed && now >= self.terms.starts_at,
            VoidReason::OrderCancelled => order.cancelled,
            VoidReason::AlreadyPaid => order.secured != Secured::No,
            VoidReason::ShowCancelled => self.cancelled,
            VoidReason::AmountDiffers => authorised != Some(order.total),
        };
        Rule::VoidReasonHolds.holds(holds, || format!("{:?} is not why {id} is let go", due.reason))
    }

    pub(super) fn void_payment(&mut self, voided: &PaymentVoided) -> Verdict {
        let payment = self.payment(voided.order, voided.payment)?;
        Rule::VoidAfterDue.holds(payment.void == Void::Due, || voided.payment.to_string())?;
        payment.void = Void::Done;
        Ok(())
    }

    pub(super) fn dispute_payment(&mut self, disputed: &PaymentDisputed) -> Verdict {
        let payment = self.payment(disputed.order, disputed.payment)?;
        let captured = payment.capture == Capture::Done && !payment.disputed;
        payment.disputed = true;
        Rule::DisputeOfCaptured.holds(captured, || disputed.payment.to_string())
    }

    /// The payment of that id, if it was started for that order.
    pub(super) fn payment(&mut self, order: OrderId, id: PaymentId) -> Verdict<&mut Payment> {
        match self.payments.get_mut(&id) {
            Some(payment) if payment.order == order => Ok(payment),
            Some(payment) => {
                Rule::PaymentIsKnown.broken(format!("{id} is for {}, not {order}", payment.order))
            }
            None => Rule::PaymentIsKnown.broken(format!("{id} was never started")),
        }
    }

    /// The total of an order whose money may be captured now by that payment.
    fn capturable(&mut self, order: OrderId, id: PaymentId) -> Verdict<u64> {
        let payment = self.payment(order, id)?;
        Rule::CaptureOnce.holds(payment.capture == Capture::NotYet, || id.to_string())?;
        let order = self.order(order)?;
        let secures = order.secured == Secured::By(id) && !order.cancelled;
        Rule::CaptureOfSecuring.holds(secures, || id.to_string())?;
        Ok(order.total)
    }
}
