//! What happened in one show, counted.

use std::collections::HashMap;

use boxoffice_domain::id::HoldId;
use boxoffice_domain::inventory::InventoryEvent;
use boxoffice_domain::time::Timestamp;
use serde::Serialize;

/// The counts that a summary has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Counts {
    /// Holds ever placed.
    pub(super) holds: u64,
    /// Holds that can still become something, as of the show's last log time.
    pub(super) holds_live: u64,
    /// Holds whose expiry was recorded.
    pub(super) holds_lapsed: u64,
    /// Holds that were let go.
    pub(super) holds_released: u64,
    /// Orders ever placed.
    pub(super) orders: u64,
    /// Orders whose tickets were issued.
    pub(super) orders_confirmed: u64,
    /// Tickets that were issued.
    pub(super) sold: u64,
    /// Tickets that were given back.
    pub(super) returned: u64,
    /// What was captured, in minor units.
    pub(super) captured: u64,
    /// What of it has to go back, or has gone, in minor units.
    pub(super) refunded: u64,
    /// Tickets that were let in.
    pub(super) admitted: u64,
}

/// Counts, and which holds are open.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Tickets that were let in.
    pub(super) admitted: u64,
    counts: Counts,
    open: HashMap<HoldId, Timestamp>,
    last: Timestamp,
}

impl Tally {
    /// Counts a fact.
    pub(super) fn inventory(&mut self, event: &InventoryEvent, at: Timestamp) {
        self.last = self.last.max(at);
        let counts = &mut self.counts;
        match event {
            InventoryEvent::HoldPlaced(placed) => {
                counts.holds += 1;
                self.open.insert(placed.hold, placed.expires_at);
            }
            InventoryEvent::HoldExtended(extended) => {
                self.open.insert(extended.hold, extended.expires_at);
            }
            InventoryEvent::HoldExpired(expired) => {
                counts.holds_lapsed += 1;
                self.open.remove(&expired.hold);
            }
            InventoryEvent::HoldReleased(released) => {
                counts.holds_released += 1;
                self.open.remove(&released.hold);
            }
            InventoryEvent::OrderPlaced(_) => counts.orders += 1,
            InventoryEvent::OrderCancelled(cancelled) => {
                self.open.remove(&cancelled.hold);
            }
            InventoryEvent::OrderSecured(secured) => {
                self.open.remove(&secured.hold);
            }
            InventoryEvent::PaymentCaptured(captured) => {
                counts.captured = counts.captured.saturating_add(captured.amount);
            }
            InventoryEvent::TicketsIssued(issued) => {
                counts.orders_confirmed += 1;
                counts.sold += u64::try_from(issued.tickets.len()).unwrap_or(u64::MAX);
            }
            InventoryEvent::TicketsReturned(returned) => {
                counts.returned += u64::try_from(returned.tickets.len()).unwrap_or(u64::MAX);
            }
            InventoryEvent::RefundDue(due) => {
                counts.refunded = counts.refunded.saturating_add(due.amount);
            }
            InventoryEvent::InventoryDrafted(_)
            | InventoryEvent::PoolAdded(_)
            | InventoryEvent::TicketTypeAdded(_)
            | InventoryEvent::FeeAdded(_)
            | InventoryEvent::FeeRemoved(_)
            | InventoryEvent::TaxAdded(_)
            | InventoryEvent::TaxRemoved(_)
            | InventoryEvent::InventoryPublished(_)
            | InventoryEvent::SaleWindowChanged(_)
            | InventoryEvent::PlanReplaced(_)
            | InventoryEvent::TicketTypeChanged(_)
            | InventoryEvent::InventoryRescheduled(_)
            | InventoryEvent::SalePaused(_)
            | InventoryEvent::SaleResumed(_)
            | InventoryEvent::PoolCapacityChanged(_)
            | InventoryEvent::BlockPlaced(_)
            | InventoryEvent::BlockReleased(_)
            | InventoryEvent::HoldItemsAdded(_)
            | InventoryEvent::HoldItemsRemoved(_)
            | InventoryEvent::PaymentStarted(_)
            | InventoryEvent::PaymentActionRequired(_)
            | InventoryEvent::PaymentAuthorised(_)
            | InventoryEvent::PaymentDeclined(_)
            | InventoryEvent::HoldReclaimed(_)
            | InventoryEvent::PaymentCaptureFailed(_)
            | InventoryEvent::PaymentVoidDue(_)
            | InventoryEvent::PaymentLapsed(_)
            | InventoryEvent::TransferOffered(_)
            | InventoryEvent::TransferAccepted(_)
            | InventoryEvent::TransferEnded(_)
            | InventoryEvent::PaymentVoided(_)
            | InventoryEvent::PaymentDisputed(_)
            | InventoryEvent::RefundPolicyChanged(_)
            | InventoryEvent::RefundMade(_)
            | InventoryEvent::RefundFailed(_)
            | InventoryEvent::RefundRetried(_)
            | InventoryEvent::InventoryCancelled(_) => {}
        }
    }

    /// The counts so far.
    pub(super) fn counts(&self) -> Counts {
        let live = self.open.values().filter(|expires_at| self.last < **expires_at).count();
        Counts { holds_live: u64::try_from(live).unwrap_or(u64::MAX), admitted: self.admitted, ..self.counts }
    }
}
