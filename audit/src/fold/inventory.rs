//! The inventory of one show: what it is, and which file judges what happens to it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::charges::Charges;
use super::entries::Allowances;
use super::holds::Hold;
use super::orders::{Order, Secured};
use super::payments::{Capture, Payment};
use super::refunds::{DueBack, Refund, RefundState};
use super::sale::Block;
use super::stock::Stock;
use super::transfers::Transfers;
use crate::fact::{CancelReason, InventoryDrafted, InventoryFact, ReturnReason};
use crate::layout::Layout;
use crate::line::Event;
use crate::report::Summary;
use crate::rule::{Broken, Rule, Verdict};
use crate::value::{BlockId, CommandId, HoldId, OrderId, PaymentId, RefundId, TicketId, Time, TypeId};

/// A ticket, and how often it was admitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    pub(super) sold_as: TypeId,
    pub(super) order: OrderId,
    pub(super) state: TicketState,
    pub(super) admissions: u32,
}

/// How far a ticket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TicketState {
    Ordered,
    Issued,
    /// It was given back, at that position.
    Returned(u64),
}

/// The event before, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    HoldReclaimed(OrderId),
    CaptureFailed(OrderId),
    /// Money of the order is due back, as [`Inventory::due_back`] says.
    OwesBack(OrderId),
    /// The order is paid for, or free, and has no tickets yet.
    PaidFor(OrderId),
    /// Tickets of the order were issued although its show does not take place.
    IssuedInVain(OrderId),
    Another,
}

/// One show's inventory.
pub(super) struct Inventory {
    pub(super) terms: InventoryDrafted,
    pub(super) layout: Option<Arc<Layout>>,
    pub(super) published: bool,
    pub(super) paused: bool,
    pub(super) cancelled: bool,
    /// Where it was cancelled in the log.
    pub(super) cancelled_at: Option<u64>,
    pub(super) stock: Stock,
    pub(super) charges: Charges,
    pub(super) blocks: HashMap<BlockId, Block>,
    pub(super) holds: HashMap<HoldId, Hold>,
    /// When holds lapse that draw on pools. An entry whose hold has ended or was extended means nothing.
    pub(super) deadlines: BinaryHeap<Reverse<(Time, HoldId)>>,
    pub(super) orders: HashMap<OrderId, Order>,
    pub(super) payments: HashMap<PaymentId, Payment>,
    pub(super) refunds: HashMap<RefundId, Refund>,
    pub(super) due_back: Option<DueBack>,
    pub(super) transfers: Transfers,
    pub(super) tickets: HashMap<TicketId, Ticket>,
    pub(super) entries: HashMap<TypeId, Allowances>,
    pub(super) before: Before,
    command: CommandId,
    position: u64,
    now: Time,
}

impl Ticket {
    pub(super) const fn ordered(sold_as: TypeId, order: OrderId) -> Self {
        Self { sold_as, order, state: TicketState::Ordered, admissions: 0 }
    }

    const fn is_returned(&self) -> bool {
        matches!(self.state, TicketState::Returned(_))
    }
}

impl Inventory {
    /// A show that has just been drafted.
    pub(super) fn drafted(terms: InventoryDrafted, layout: Option<Arc<Layout>>, event: &Event) -> Self {
        Self {
            terms,
            layout,
            published: false,
            paused: false,
            cancelled: false,
            cancelled_at: None,
            stock: Stock::default(),
            charges: Charges::default(),
            blocks: HashMap::new(),
            holds: HashMap::new(),
            deadlines: BinaryHeap::new(),
            orders: HashMap::new(),
            payments: HashMap::new(),
            refunds: HashMap::new(),
            due_back: None,
            transfers: Transfers::default(),
            tickets: HashMap::new(),
            entries: HashMap::new(),
            before: Before::Another,
            command: event.command.id,
            position: event.position,
            now: event.log_time,
        }
    }

    /// Judges the next event, with the layout that it names.
    pub(super) fn fold(
        &mut self,
        fact: &InventoryFact,
        event: &Event,
        layout: Option<Arc<Layout>>,
    ) -> Verdict {
        let now = event.log_time;
        let before = std::mem::replace(&mut self.before, Before::Another);
        self.is_gone_on_with(before, fact, event)?;
        self.lapse(now);
        match fact {
            InventoryFact::InventoryDrafted(_) => Rule::StreamBegins.broken("it was drafted before"),
            InventoryFact::PoolAdded(added) => self.stock.add_pool(added),
            InventoryFact::TicketTypeAdded(added) => self.add_type(added, event.position),
            InventoryFact::FeeAdded(added) => self.add_fee(added),
            InventoryFact::FeeRemoved(removed) => self.remove_fee(removed),
            InventoryFact::TaxAdded(added) => self.add_tax(added),
            InventoryFact::TaxRemoved(removed) => self.remove_tax(removed),
            InventoryFact::InventoryPublished(_) => self.publish(),
            InventoryFact::SalePaused(_) => self.pause(),
            InventoryFact::SaleResumed(_) => self.resume(),
            InventoryFact::SaleWindowChanged(changed) => self.change_window(changed),
            InventoryFact::TicketTypeChanged(changed) => self.change_type(changed, event.position),
            InventoryFact::InventoryRescheduled(moved) => self.reschedule(moved, now),
            InventoryFact::PlanReplaced(_) => self.replace_plan(layout, now),
            InventoryFact::PoolCapacityChanged(changed) => self.stock.change_capacity(changed),
            InventoryFact::BlockPlaced(placed) => self.place_block(placed, now),
            InventoryFact::BlockReleased(released) => self.release_block(released),
            InventoryFact::HoldPlaced(placed) => self.place_hold(placed, now),
            InventoryFact::HoldItemsAdded(added) => self.add_items(added, now),
            InventoryFact::HoldItemsRemoved(removed) => self.remove_items(removed, now),
            InventoryFact::HoldExtended(extended) => self.extend_hold(extended, now),
            InventoryFact::HoldReleased(released) => self.release_hold(released.hold, now),
            InventoryFact::HoldExpired(expired) => self.expire_hold(expired.hold, now),
            InventoryFact::HoldReclaimed(reclaimed) => self.reclaim_hold(reclaimed, now),
            InventoryFact::OrderPlaced(placed) => self.place_order(placed, now),
            InventoryFact::OrderCancelled(cancelled) => self.cancel_order(cancelled, before, now),
            InventoryFact::OrderSecured(secured) => self.secure_order(secured, before, now),
            InventoryFact::TicketsIssued(issued) => self.issue_tickets(issued),
            InventoryFact::PaymentStarted(started) => self.start_payment(started, now),
            InventoryFact::PaymentActionRequired(asked) => self.ask_payer(asked),
            InventoryFact::PaymentAuthorised(authorised) => self.authorise_payment(authorised, now),
            InventoryFact::PaymentDeclined(declined) => self.decline_payment(declined),
            InventoryFact::PaymentLapsed(lapsed) => self.lapse_payment(lapsed),
            InventoryFact::PaymentCaptured(captured) => self.capture_payment(captured),
            InventoryFact::PaymentCaptureFailed(failed) => self.fail_capture(failed),
            InventoryFact::PaymentVoidDue(due) => self.void_due(due, now),
            InventoryFact::PaymentVoided(voided) => self.void_payment(voided),
            InventoryFact::PaymentDisputed(disputed) => self.dispute_payment(disputed),
            InventoryFact::RefundPolicyChanged(changed) => self.change_policy(changed),
            InventoryFact::TicketsReturned(returned) => self.return_tickets(returned, event),
            InventoryFact::RefundDue(due) => self.owe_refund(due),
            InventoryFact::RefundMade(made) => self.make_refund(made),
            InventoryFact::RefundFailed(failed) => self.fail_refund(failed),
            InventoryFact::RefundRetried(again) => self.retry_refund(again),
            InventoryFact::TransferOffered(offered) => self.offer_ticket(offered, now),
            InventoryFact::TransferAccepted(accepted) => self.accept_ticket(accepted, now),
            InventoryFact::TransferEnded(ended) => self.end_transfer(ended),
            InventoryFact::InventoryCancelled(cancelled) => self.cancel_show(cancelled, event.position),
        }?;
        (self.command, self.position, self.now) = (event.command.id, event.position, now);
        Ok(())
    }

    /// What is left undone where the log ends here, and at which position it was to be done.
    pub(super) fn undone(&self) -> Option<(u64, Broken)> {
        let (rule, detail) = self.before.calls_for()?;
        Some((self.position + 1, Broken { rule, detail }))
    }

    /// Counts what there is.
    pub(super) fn count(&self, summary: &mut Summary) {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        summary.shows += 1;
        summary.holds += count(self.holds.len());
        summary.holds_live += count(self.holds.values().filter(|hold| hold.is_live(self.now)).count());
        summary.orders += count(self.orders.len());
        summary.payments += count(self.payments.len());
        summary.payments_captured +=
            count(self.payments.values().filter(|payment| payment.capture == Capture::Done).count());
        summary.tickets_returned +=
            count(self.tickets.values().filter(|ticket| ticket.is_returned()).count());
        summary.refunds += count(self.refunds.len());
        summary.refunds_made +=
            count(self.refunds.values().filter(|refund| refund.state == RefundState::Made).count());
        for order in self.orders.values().filter(|order| order.secured != Secured::No && !order.cancelled) {
            summary.orders_secured += 1;
            if order.issued
                && let Some(hold) = self.holds.get(&order.hold)
            {
                summary.tickets += count(hold.claims.len());
                summary.seats_sold += count(hold.claims.iter().filter(|claim| claim.seat.is_some()).count());
            }
        }
    }

    fn publish(&mut self) -> Verdict {
        Rule::PublishedOnce.holds(!self.published, || "it was published before".to_owned())?;
        Rule::PublishedWithTypes.holds(self.stock.has_types(), || "there is none".to_owned())?;
        self.published = true;
        self.has_seats_of_its_categories()
    }

    /// What calls for another event is followed by it.
    fn is_gone_on_with(&self, before: Before, fact: &InventoryFact, event: &Event) -> Verdict {
        let Some((rule, detail)) = before.calls_for() else { return Ok(()) };
        let follows = match (before, fact) {
            (Before::HoldReclaimed(order), InventoryFact::OrderSecured(secured)) => secured.order == order,
            (Before::CaptureFailed(order), InventoryFact::OrderCancelled(cancelled)) => {
                cancelled.order == order && cancelled.reason == CancelReason::CaptureFailed
            }
            (Before::OwesBack(order), InventoryFact::RefundDue(due)) => due.order == order,
            (Before::PaidFor(order), InventoryFact::TicketsIssued(issued)) => issued.order == order,
            (Before::IssuedInVain(order), InventoryFact::TicketsReturned(returned)) => {
                returned.order == order
                    && returned.reason == ReturnReason::ShowCancelled
                    && returned.left == 0
            }
            _ => false,
        };
        rule.holds(follows && event.command.id == self.command, || detail)
    }
}

impl Before {
    /// The rule about what has to follow in the same command, and what to say where it does not.
    fn calls_for(self) -> Option<(Rule, String)> {
        match self {
            Self::Another => None,
            Self::HoldReclaimed(order) => Some((
                Rule::ReclaimSecures,
                format!("nothing, or something else, follows the reclaim for {order}"),
            )),
            Self::OwesBack(order) => Some((
                Rule::RefundFollows,
                format!("nothing, or something else, follows what is due back for {order}"),
            )),
            Self::PaidFor(order) => Some((
                Rule::TicketsFollow,
                format!("nothing, or something else, follows what was paid for {order}"),
            )),
            Self::IssuedInVain(order) => Some((
                Rule::CancelledTicketsGoBack,
                format!("nothing, or something else, follows the tickets of {order}"),
            )),
            Self::CaptureFailed(order) => Some((
                Rule::FailureCancels,
                format!("nothing, or something else, follows the failure for {order}"),
            )),
        }
    }
}
