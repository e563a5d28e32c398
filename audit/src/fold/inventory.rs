//! The inventory of one show: what it is, and which file judges what happens to it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::charges::Charges;
use super::holds::Hold;
use super::orders::{Order, Secured};
use super::payments::{Capture, Payment};
use super::sale::Block;
use super::stock::Stock;
use crate::fact::{CancelReason, InventoryDrafted, InventoryFact};
use crate::layout::Layout;
use crate::line::Event;
use crate::report::Summary;
use crate::rule::{Broken, Rule, Verdict};
use crate::value::{BlockId, CommandId, HoldId, OrderId, PaymentId, TicketId, Time};

/// How far a ticket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ticket {
    Ordered,
    Issued,
    Admitted,
}

/// The event before, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    HoldReclaimed(OrderId),
    CaptureFailed(OrderId),
    Another,
}

/// One show's inventory.
pub(super) struct Inventory {
    pub(super) terms: InventoryDrafted,
    pub(super) layout: Option<Arc<Layout>>,
    pub(super) published: bool,
    pub(super) paused: bool,
    pub(super) stock: Stock,
    pub(super) charges: Charges,
    pub(super) blocks: HashMap<BlockId, Block>,
    pub(super) holds: HashMap<HoldId, Hold>,
    /// When holds lapse that draw on pools. An entry whose hold has ended or was extended means nothing.
    pub(super) deadlines: BinaryHeap<Reverse<(Time, HoldId)>>,
    pub(super) orders: HashMap<OrderId, Order>,
    pub(super) payments: HashMap<PaymentId, Payment>,
    pub(super) tickets: HashMap<TicketId, Ticket>,
    pub(super) before: Before,
    command: CommandId,
    position: u64,
    now: Time,
}

impl Inventory {
    /// A show that has just been drafted.
    pub(super) fn drafted(terms: InventoryDrafted, layout: Option<Arc<Layout>>, event: &Event) -> Self {
        Self {
            terms,
            layout,
            published: false,
            paused: false,
            stock: Stock::default(),
            charges: Charges::default(),
            blocks: HashMap::new(),
            holds: HashMap::new(),
            deadlines: BinaryHeap::new(),
            orders: HashMap::new(),
            payments: HashMap::new(),
            tickets: HashMap::new(),
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
            InventoryFact::TicketTypeAdded(added) => self.stock.add_type(added),
            InventoryFact::FeeAdded(added) => self.add_fee(added),
            InventoryFact::FeeRemoved(removed) => self.remove_fee(removed),
            InventoryFact::TaxAdded(added) => self.add_tax(added),
            InventoryFact::TaxRemoved(removed) => self.remove_tax(removed),
            InventoryFact::InventoryPublished(_) => self.publish(),
            InventoryFact::SalePaused(_) => self.pause(),
            InventoryFact::SaleResumed(_) => self.resume(),
            InventoryFact::SaleWindowChanged(changed) => self.change_window(changed),
            InventoryFact::TicketTypeChanged(changed) => self.stock.change_type(changed),
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
            InventoryFact::PaymentAuthorised(authorised) => self.authorise_payment(authorised),
            InventoryFact::PaymentDeclined(declined) => self.decline_payment(declined),
            InventoryFact::PaymentCaptured(captured) => self.capture_payment(captured),
            InventoryFact::PaymentCaptureFailed(failed) => self.fail_capture(failed),
            InventoryFact::PaymentVoidDue(due) => self.void_due(due, now),
            InventoryFact::PaymentVoided(voided) => self.void_payment(voided),
            InventoryFact::PaymentDisputed(disputed) => self.dispute_payment(disputed),
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
            Self::CaptureFailed(order) => Some((
                Rule::FailureCancels,
                format!("nothing, or something else, follows the failure for {order}"),
            )),
        }
    }
}
