//! What can be told of one hold.

use boxoffice_domain::id::{HoldId, OrderId, TicketTypeId};
use boxoffice_domain::money::Minor;
use boxoffice_domain::pricing::{self, Breakdown, Tariffs};
use boxoffice_domain::seating::{Layout, SeatId};
use boxoffice_domain::time::Timestamp;

use super::holds::{Hold, Phase};
use crate::row::named;

named! {
    /// What has become of a hold.
    pub enum HoldPhase {
        /// It reserves its items until its deadline.
        Live = "live",
        /// It became an order, which is not paid yet; it reserves its items until its deadline.
        Ordered = "ordered",
        /// Its order is secured: its items cannot be lost.
        Secured = "secured",
        /// Its order has tickets.
        Ticketed = "ticketed",
        /// Its deadline passed.
        Lapsed = "lapsed",
        /// The buyer let go.
        Released = "released",
        /// Its order was cancelled.
        Cancelled = "cancelled",
    }
}

/// One item of a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldItem {
    /// The seat, where it is one.
    pub seat: Option<SeatId>,
    /// As what it is sold.
    pub ticket_type: TicketTypeId,
    /// In minor units.
    pub price: Minor,
}

/// A hold at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldView {
    /// The hold.
    pub hold: HoldId,
    /// What has become of it.
    pub phase: HoldPhase,
    /// The order that it became.
    pub order: Option<OrderId>,
    /// What it reserves, or reserved.
    pub items: Vec<HoldItem>,
    /// What that comes to, with the fees and taxes that its buyer saw.
    pub breakdown: Breakdown,
    /// It is live before this moment.
    pub expires_at: Timestamp,
    /// No extension goes beyond this moment.
    pub max_expires_at: Timestamp,
}

impl HoldView {
    pub(super) fn of(hold: &Hold, plan: Option<&Layout>, tariffs: &Tariffs) -> Self {
        let seat = |seat| Some(plan?.seat(seat)?.id.clone());
        let items: Vec<HoldItem> = hold
            .items
            .iter()
            .map(|claim| HoldItem {
                seat: claim.seat.and_then(seat),
                ticket_type: claim.ticket_type,
                price: claim.price,
            })
            .collect();
        let tickets = items.iter().map(|item| (item.ticket_type, item.price));
        // What is too much to be ordered has no total.
        let breakdown = pricing::price(&tariffs.get(hold.tariff), tickets).unwrap_or_default();
        Self {
            hold: hold.id,
            phase: match hold.phase {
                Phase::Live if hold.lapsed => HoldPhase::Lapsed,
                Phase::Live if hold.order.is_none() => HoldPhase::Live,
                Phase::Live | Phase::Reclaimed => HoldPhase::Ordered,
                Phase::Released => HoldPhase::Released,
                Phase::Expired => HoldPhase::Lapsed,
                Phase::Cancelled => HoldPhase::Cancelled,
                Phase::Secured => HoldPhase::Secured,
                Phase::Ticketed => HoldPhase::Ticketed,
            },
            order: hold.order,
            breakdown,
            items,
            expires_at: hold.expires_at,
            max_expires_at: hold.max_expires_at,
        }
    }
}
