//! Which holds, orders and tickets have had a seat: what tells whether an event touches it.

use boxoffice_domain::id::{BlockId, HoldId, OrderId, RefundId, TicketId};
use boxoffice_domain::inventory::event::{InventoryEvent, Item, TicketItem};
use boxoffice_domain::seating::SeatId;
use rustc_hash::{FxHashMap, FxHashSet};

/// By what an event touches the seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Touch {
    pub(crate) hold: Option<HoldId>,
    pub(crate) order: Option<OrderId>,
    pub(crate) ticket: Option<TicketId>,
    pub(crate) block: Option<BlockId>,
}

/// One seat on its way through the events of its show.
#[derive(Debug)]
pub(crate) struct Track {
    seat: String,
    holds: FxHashMap<HoldId, Touch>,
    orders: FxHashMap<OrderId, Touch>,
    /// What went back for it.
    refunds: FxHashSet<RefundId>,
}

impl Track {
    pub(crate) fn of(seat: &str) -> Self {
        let (holds, orders) = (FxHashMap::default(), FxHashMap::default());
        Self { seat: seat.to_owned(), holds, orders, refunds: FxHashSet::default() }
    }

    /// By what the event touches the seat, if it does.
    pub(crate) fn follow(&mut self, event: &InventoryEvent) -> Option<Touch> {
        match event {
            InventoryEvent::InventoryDrafted(_)
            | InventoryEvent::PoolAdded(_)
            | InventoryEvent::TicketTypeAdded(_)
            | InventoryEvent::FeeAdded(_)
            | InventoryEvent::FeeRemoved(_)
            | InventoryEvent::TaxAdded(_)
            | InventoryEvent::TaxRemoved(_)
            | InventoryEvent::InventoryPublished(_)
            | InventoryEvent::SaleWindowChanged(_)
            | InventoryEvent::TicketTypeChanged(_)
            | InventoryEvent::InventoryRescheduled(_)
            | InventoryEvent::PlanReplaced(_)
            | InventoryEvent::SalePaused(_)
            | InventoryEvent::SaleResumed(_)
            | InventoryEvent::PoolCapacityChanged(_)
            | InventoryEvent::RefundPolicyChanged(_)
            | InventoryEvent::InventoryCancelled(_) => None,
            InventoryEvent::BlockPlaced(placed) => self.blocked(placed.block, &placed.seats),
            InventoryEvent::BlockReleased(released) => self.blocked(released.block, &released.seats),
            InventoryEvent::HoldPlaced(placed) => self.held(placed.hold, &placed.items),
            InventoryEvent::HoldItemsAdded(added) => self.held(added.hold, &added.items),
            InventoryEvent::HoldItemsRemoved(removed) => {
                if !self.is_among(&removed.items) {
                    return None;
                }
                self.holds.remove(&removed.hold)
            }
            InventoryEvent::HoldExtended(extended) => self.by_hold(extended.hold),
            InventoryEvent::HoldReleased(released) => self.by_hold(released.hold),
            InventoryEvent::HoldExpired(expired) => self.by_hold(expired.hold),
            InventoryEvent::OrderPlaced(placed) => self.ordered(placed.hold, placed.order, &placed.items),
            InventoryEvent::OrderCancelled(cancelled) => self.by_order(cancelled.order),
            InventoryEvent::PaymentStarted(payment) => self.by_order(payment.order),
            InventoryEvent::PaymentActionRequired(payment) => self.by_order(payment.order),
            InventoryEvent::PaymentAuthorised(payment) => self.by_order(payment.order),
            InventoryEvent::PaymentDeclined(payment) => self.by_order(payment.order),
            InventoryEvent::HoldReclaimed(reclaimed) => self.by_order(reclaimed.order),
            InventoryEvent::OrderSecured(secured) => self.by_order(secured.order),
            InventoryEvent::PaymentCaptured(payment) => self.by_order(payment.order),
            InventoryEvent::PaymentCaptureFailed(payment) => self.by_order(payment.order),
            InventoryEvent::PaymentVoidDue(payment) => self.by_order(payment.order),
            InventoryEvent::PaymentLapsed(payment) => self.by_order(payment.order),
            InventoryEvent::PaymentVoided(payment) => self.by_order(payment.order),
            InventoryEvent::PaymentDisputed(payment) => self.by_order(payment.order),
            InventoryEvent::TicketsIssued(issued) => self.issued(issued.order, &issued.tickets),
            InventoryEvent::TicketsReturned(returned) => {
                self.ticket_among(&returned.tickets)?;
                self.by_order(returned.order)
            }
            InventoryEvent::RefundDue(due) => {
                let touch = self.by_order(due.order)?;
                let is_for_it = touch.ticket.is_some_and(|ticket| due.tickets.contains(&ticket));
                // What came late is not for any ticket, but for all of the order.
                if !is_for_it && !due.tickets.is_empty() {
                    return None;
                }
                self.refunds.insert(due.refund);
                Some(touch)
            }
            InventoryEvent::TransferOffered(offered) => self.by_ticket(offered.ticket),
            InventoryEvent::TransferAccepted(accepted) => self.by_ticket(accepted.ticket),
            InventoryEvent::TransferEnded(ended) => self.by_ticket(ended.ticket),
            InventoryEvent::RefundMade(made) => self.by_refund(made.refund, made.order),
            InventoryEvent::RefundFailed(failed) => self.by_refund(failed.refund, failed.order),
            InventoryEvent::RefundRetried(retried) => self.by_refund(retried.refund, retried.order),
        }
    }

    fn is_among(&self, items: &[Item]) -> bool {
        items.iter().any(|item| item.seat.as_ref().is_some_and(|seat| seat.as_str() == self.seat))
    }

    fn ticket_among(&self, items: &[TicketItem]) -> Option<TicketId> {
        let has_it = |item: &&TicketItem| item.seat.as_ref().is_some_and(|seat| seat.as_str() == self.seat);
        items.iter().find(has_it).map(|item| item.ticket)
    }

    fn blocked(&self, block: BlockId, seats: &[SeatId]) -> Option<Touch> {
        let is_among = seats.iter().any(|seat| seat.as_str() == self.seat);
        is_among.then(|| Touch { block: Some(block), ..Touch::default() })
    }

    fn held(&mut self, hold: HoldId, items: &[Item]) -> Option<Touch> {
        if !self.is_among(items) {
            return None;
        }
        Some(*self.holds.entry(hold).or_insert(Touch { hold: Some(hold), ..Touch::default() }))
    }

    fn ordered(&mut self, hold: HoldId, order: OrderId, items: &[TicketItem]) -> Option<Touch> {
        // Which ticket it will be is named already, but there is none before it is issued.
        self.ticket_among(items)?;
        let touch = Touch { hold: Some(hold), order: Some(order), ..Touch::default() };
        self.holds.insert(hold, touch);
        self.orders.insert(order, touch);
        Some(touch)
    }

    fn issued(&mut self, order: OrderId, tickets: &[TicketItem]) -> Option<Touch> {
        let ticket = self.ticket_among(tickets)?;
        let touch = self.orders.entry(order).or_default();
        (touch.order, touch.ticket) = (Some(order), Some(ticket));
        Some(*touch)
    }

    fn by_hold(&self, hold: HoldId) -> Option<Touch> {
        self.holds.get(&hold).copied()
    }

    fn by_refund(&self, refund: RefundId, order: OrderId) -> Option<Touch> {
        self.refunds.contains(&refund).then(|| self.by_order(order)).flatten()
    }

    fn by_ticket(&self, ticket: TicketId) -> Option<Touch> {
        self.orders.values().find(|touch| touch.ticket == Some(ticket)).copied()
    }

    fn by_order(&self, order: OrderId) -> Option<Touch> {
        self.orders.get(&order).copied()
    }
}
