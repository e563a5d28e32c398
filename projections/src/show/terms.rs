//! What a show sells and when: the facts that do not move with every hold.

use std::sync::Arc;

use boxoffice_domain::entries::Entries;
use boxoffice_domain::id::{PoolId, TicketTypeId};
use boxoffice_domain::inventory::event::{
    InventoryDrafted, SingleSeatRule, TicketTypeAdded, TicketTypeChanged,
};
use boxoffice_domain::money::{Currency, Minor};
use boxoffice_domain::refund::RefundPolicy;
use boxoffice_domain::seating::Layout;
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::row::named;

/// What was agreed when the show was drafted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What all amounts are in.
    pub currency: Currency,
    /// How long a hold lives, in seconds.
    pub hold_seconds: u32,
    /// How long a hold lives at most, extensions included, in seconds.
    pub hold_seconds_max: u32,
    /// How many tickets one buyer may have at most.
    pub max_per_buyer: Option<u32>,
    /// How many tickets one order may have at most.
    pub max_per_order: Option<u32>,
    /// On what terms buyers may give tickets back; not at all where there are none.
    #[serde(with = "policy")]
    pub refund_policy: Option<RefundPolicy>,
    /// What becomes of who would leave a seat alone.
    pub single_seat_rule: Option<SingleSeatRule>,
    /// When the sale ends; else when the show starts.
    pub sale_ends_at: Option<Timestamp>,
    /// When the sale starts; else with the publication.
    pub sale_starts_at: Option<Timestamp>,
    /// When the show starts.
    pub starts_at: Timestamp,
    /// The seats, where there are any.
    #[serde(skip)]
    pub plan: Option<Arc<Layout>>,
}

impl Terms {
    pub(crate) fn of(drafted: &InventoryDrafted) -> Self {
        Self {
            currency: drafted.currency,
            hold_seconds: drafted.hold_seconds,
            hold_seconds_max: drafted.hold_seconds_max,
            max_per_buyer: drafted.max_per_buyer,
            max_per_order: drafted.max_per_order,
            refund_policy: drafted.refund_policy,
            single_seat_rule: drafted.single_seat_rule,
            sale_ends_at: drafted.sale_ends_at,
            sale_starts_at: drafted.sale_starts_at,
            starts_at: drafted.starts_at,
            plan: drafted.plan.clone(),
        }
    }

    /// The first moment at which nothing is sold any more.
    #[must_use]
    pub fn sale_ends(&self) -> Timestamp {
        self.sale_ends_at.map_or(self.starts_at, |ends| ends.min(self.starts_at))
    }
}

/// A policy in a form that needs no names of fields.
mod policy {
    use boxoffice_domain::pricing::Rate;
    use boxoffice_domain::refund::RefundPolicy;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde hands out references")]
    pub(super) fn serialize<S: Serializer>(policy: &Option<RefundPolicy>, to: S) -> Result<S::Ok, S::Error> {
        let plain = |policy: &RefundPolicy| (policy.fees_kept, policy.rate, policy.seconds_before_start);
        policy.as_ref().map(plain).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(of: D) -> Result<Option<RefundPolicy>, D::Error> {
        let plain: Option<(bool, Rate, u32)> = Option::deserialize(of)?;
        Ok(plain.map(|(fees_kept, rate, seconds_before_start)| RefundPolicy {
            fees_kept,
            rate,
            seconds_before_start,
        }))
    }
}

/// A countable capacity, and how much of it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// The pool.
    pub pool: PoolId,
    /// What people call it.
    pub name: String,
    /// How many units it has.
    pub capacity: u64,
    /// Units in live holds and in orders that are not yet secured.
    pub held: u64,
    /// Units in secured orders.
    pub sold: u64,
    /// Units that blocks keep back.
    pub blocked: u64,
}

impl Pool {
    /// What is left. Never negative: a pool may be made smaller than what is sold.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.capacity.saturating_sub(self.held).saturating_sub(self.sold).saturating_sub(self.blocked)
    }
}

/// Something to buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketType {
    /// The ticket type.
    pub ticket_type: TicketTypeId,
    /// What people call it.
    pub name: String,
    /// In minor units.
    pub price: Minor,
    /// Sold only to those who know of it.
    pub hidden: bool,
    /// How often one ticket of it admits.
    pub entries: Entries,
    /// The price category whose seats it sells.
    pub price_category: Option<String>,
    /// The pools it draws on; the smallest decides.
    pub pools: Vec<PoolId>,
    /// How many of it one order must have at least, if any.
    pub min_per_order: Option<u32>,
    /// How many of it one hold may have at most.
    pub max_per_order: Option<u32>,
    /// When its sale starts, where that differs from the show's.
    pub sale_starts_at: Option<Timestamp>,
    /// When its sale ends, where that differs from the show's.
    pub sale_ends_at: Option<Timestamp>,
}

impl TicketType {
    pub(crate) fn of(added: &TicketTypeAdded) -> Self {
        Self {
            ticket_type: added.ticket_type,
            name: added.name.clone(),
            price: added.price,
            hidden: added.hidden,
            entries: added.entries,
            price_category: added.price_category.clone(),
            pools: added.pools.clone(),
            min_per_order: added.min_per_order,
            max_per_order: added.max_per_order,
            sale_starts_at: added.sale_starts_at,
            sale_ends_at: added.sale_ends_at,
        }
    }
}

impl TicketType {
    /// What can change is as the event says.
    pub fn change(&mut self, changed: &TicketTypeChanged) {
        self.name.clone_from(&changed.name);
        (self.price, self.hidden, self.entries) = (changed.price, changed.hidden, changed.entries);
        (self.min_per_order, self.max_per_order) = (changed.min_per_order, changed.max_per_order);
        (self.sale_starts_at, self.sale_ends_at) = (changed.sale_starts_at, changed.sale_ends_at);
    }
}

named! {
    /// Whether a show sells, as the contract names it.
    pub enum SaleStatus {
        /// It is being prepared.
        Draft = "draft",
        /// It was published; the sale starts later.
        Scheduled = "scheduled",
        /// It sells.
        OnSale = "on_sale",
        /// It sells, and happens at another time than was announced.
        Rescheduled = "rescheduled",
        /// The organizer has stopped it for now.
        Paused = "paused",
        /// Nothing is available; held seats may come back.
        SoldOut = "sold_out",
        /// The sale is over.
        Ended = "ended",
        /// It does not take place.
        Cancelled = "cancelled",
    }
}

named! {
    /// What a buyer can expect of a seat.
    pub enum SeatState {
        /// It is for sale.
        Available = "available",
        /// It is in a live hold, or in an order that is not yet secured.
        Held = "held",
        /// It is in a secured order.
        Sold = "sold",
        /// It is kept back.
        Blocked = "blocked",
    }
}

impl SaleStatus {
    /// Whether somebody can buy now.
    #[must_use]
    pub const fn sells(self) -> bool {
        match self {
            Self::OnSale | Self::Rescheduled => true,
            Self::Draft | Self::Scheduled | Self::Paused | Self::SoldOut | Self::Ended | Self::Cancelled => {
                false
            }
        }
    }
}

impl SeatState {
    /// Its letter in the compact form.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::Available => b'a',
            Self::Held => b'h',
            Self::Sold => b's',
            Self::Blocked => b'b',
        }
    }
}
