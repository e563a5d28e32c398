//! What is left of each ticket type, and whether the show sells.

use boxoffice_domain::id::{ShowId, TicketTypeId};
use boxoffice_domain::log::Version;
use boxoffice_domain::money::{Currency, Minor};
use boxoffice_domain::time::Timestamp;
use bytes::Bytes;
use serde::Serialize;

use super::ShowView;
use super::stock::{Tally, TypeSlot};
use super::terms::{Pool, SaleStatus};

/// How much of a ticket type there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeAvailability {
    /// The ticket type.
    pub ticket_type: TicketTypeId,
    /// What people call it.
    pub name: String,
    /// In minor units.
    pub price: Minor,
    /// Sold only to those who know of it.
    pub hidden: bool,
    /// The seats of its category, or the units of its smallest pool.
    pub capacity: u64,
    /// What can be held now.
    pub available: u64,
    /// Seats of its category (of whatever type), or units of this type, that are held.
    pub held: u64,
    /// Seats of its category (of whatever type), or units of this type, that are sold.
    pub sold: u64,
    /// Seats of its category, or units of a pool that it draws on, that are kept back.
    pub blocked: u64,
}

/// An amount with its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Money {
    /// In minor units.
    pub amount: Minor,
    /// ISO 4217.
    pub currency: Currency,
}

/// A ticket type as the public sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeLine {
    /// The ticket type.
    pub ticket_type_id: TicketTypeId,
    /// What people call it.
    pub name: String,
    /// What one costs.
    pub price: Money,
    /// How much there is in all.
    pub capacity: u64,
    /// What can be held now.
    pub available: u64,
    /// What is held.
    pub held: u64,
    /// What is sold.
    pub sold: u64,
    /// What the organizer keeps back.
    pub blocked: u64,
}

/// The body of `GET …/availability`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AvailabilityBody {
    /// The show.
    pub event_id: ShowId,
    /// The version of its stream.
    pub version: Version,
    /// Every ticket type that is not hidden.
    pub ticket_types: Vec<TypeLine>,
}

impl ShowView {
    /// How much there is of every ticket type, the hidden ones too. Costs ticket types × pools.
    #[must_use]
    pub fn availability(&self) -> Vec<TypeAvailability> {
        self.stock.types().iter().map(|slot| self.type_availability(slot)).collect()
    }

    fn type_availability(&self, slot: &TypeSlot) -> TypeAvailability {
        let pools = || slot.pools.iter().filter_map(|pool| self.stock.pool(*pool));
        let of_pools = pools().map(Pool::available).min();
        let (capacity, available, tally) = match slot
            .category
            .and_then(|category| self.stock.category(category))
        {
            Some(category) => {
                let Tally { held, sold, blocked } = category.tally;
                let taken = held.saturating_add(sold).saturating_add(blocked);
                let of_seats = category.seats.saturating_sub(taken);
                (category.seats, of_pools.map_or(of_seats, |of_pools| of_pools.min(of_seats)), category.tally)
            }
            // Seats of a category that the plan does not have: nothing, whatever the pools say.
            None if slot.ticket_type.price_category.is_some() => (0, 0, slot.tally),
            None => {
                let capacity = pools().map(|pool| pool.capacity).min();
                let blocked = pools().map(|pool| pool.blocked).max().unwrap_or_default();
                let tally = Tally { blocked, ..slot.tally };
                (capacity.unwrap_or_default(), of_pools.unwrap_or_default(), tally)
            }
        };
        TypeAvailability {
            ticket_type: slot.ticket_type.ticket_type,
            name: slot.ticket_type.name.clone(),
            price: slot.ticket_type.price,
            hidden: slot.ticket_type.hidden,
            capacity,
            available,
            held: tally.held,
            sold: tally.sold,
            blocked: tally.blocked,
        }
    }

    /// Every ticket type that is not hidden, as the public sees it.
    #[must_use]
    pub fn type_lines(&self) -> Vec<TypeLine> {
        let Some(terms) = self.terms() else { return Vec::new() };
        let line = |slot: &TypeSlot| {
            let found = self.type_availability(slot);
            TypeLine {
                ticket_type_id: found.ticket_type,
                name: found.name,
                price: Money { amount: found.price, currency: terms.currency },
                capacity: found.capacity,
                available: found.available,
                held: found.held,
                sold: found.sold,
                blocked: found.blocked,
            }
        };
        self.stock.types().iter().filter(|slot| !slot.ticket_type.hidden).map(line).collect()
    }

    /// The body of `GET …/availability`.
    #[must_use]
    pub fn availability_body(&self) -> AvailabilityBody {
        AvailabilityBody { event_id: self.show(), version: self.version(), ticket_types: self.type_lines() }
    }

    /// The same as JSON.
    #[must_use]
    pub fn availability_json(&self) -> Bytes {
        serde_json::to_vec(&self.availability_body()).unwrap_or_default().into()
    }

    /// Whether the show sells. What is hidden counts for nothing here: it does not keep a show from being sold out.
    #[must_use]
    pub fn sale_status(&self) -> SaleStatus {
        let (Some(terms), Some(_)) = (self.terms(), self.published_at()) else { return SaleStatus::Draft };
        let now = self.judged_at();
        if self.ending().is_some() {
            SaleStatus::Cancelled
        } else if now >= terms.sale_ends() {
            SaleStatus::Ended
        } else if self.paused {
            SaleStatus::Paused
        } else if terms.sale_starts_at.is_some_and(|starts| now < starts) {
            SaleStatus::Scheduled
        } else {
            let status = self.status_by_types(now);
            let moved = status == SaleStatus::OnSale && self.moved_from().is_some();
            if moved { SaleStatus::Rescheduled } else { status }
        }
    }

    /// When the show was to start as it was published, where that is another time than now.
    #[must_use]
    pub fn moved_from(&self) -> Option<Timestamp> {
        let starts_at = self.terms()?.starts_at;
        self.announced.filter(|announced| *announced != starts_at)
    }

    /// Within the show's own window ticket types may have windows of their own.
    fn status_by_types(&self, now: Timestamp) -> SaleStatus {
        let public = || self.stock.types().iter().filter(|slot| !slot.ticket_type.hidden);
        let opens = |slot: &TypeSlot| slot.ticket_type.sale_starts_at.is_some_and(|starts| now < starts);
        let is_over = |slot: &TypeSlot| slot.ticket_type.sale_ends_at.is_some_and(|ends| now >= ends);
        if public().next().is_none() {
            SaleStatus::OnSale
        } else if public().all(is_over) {
            SaleStatus::Ended
        } else if public().all(|slot| opens(slot) || is_over(slot)) {
            SaleStatus::Scheduled
        } else if public().all(|slot| self.type_availability(slot).available == 0) {
            SaleStatus::SoldOut
        } else {
            SaleStatus::OnSale
        }
    }
}
