//! Publishing: from then on the sale windows decide whether a show sells.

use super::event::InventoryPublished;
use super::{Decision, Inventory, InventoryRefused};
use crate::time::Timestamp;

/// What has to be there before a show can be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// There is nothing to buy.
    TicketTypes,
    /// The show would already be over.
    FutureStart,
    /// The sale would already be over.
    OpenSaleWindow,
    /// The plan has no seats of a category that a ticket type sells.
    SeatsOfCategories,
}

/// Decides the publication. Publishing again changes nothing.
///
/// # Errors
/// Something is missing: all of it is named. Or the show was cancelled since.
pub fn decide(inventory: &Inventory, now: Timestamp) -> Decision {
    let drafted = &inventory.terms()?.drafted;
    if inventory.published {
        inventory.check_takes_place()?;
        return Ok(Vec::new());
    }
    let mut missing = Vec::new();
    if inventory.types.is_empty() {
        missing.push(Missing::TicketTypes);
    }
    if drafted.starts_at <= now {
        missing.push(Missing::FutureStart);
    }
    if drafted.sale_ends_at.is_some_and(|ends_at| ends_at <= now) {
        missing.push(Missing::OpenSaleWindow);
    }
    if !inventory.types_without_seats(inventory.plan()).is_empty() {
        missing.push(Missing::SeatsOfCategories);
    }
    if missing.is_empty() {
        Ok(vec![InventoryPublished {}.into()])
    } else {
        Err(InventoryRefused::NotReady(missing))
    }
}
