//! Drafting: the show exists, nothing is for sale yet. The plan's standing areas become pools by themselves.

use super::event::{InventoryDrafted, PoolAdded};
use super::{Decision, Inventory, InventoryRefused};
use crate::id::PoolId;

/// Draft a show.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The terms, with the plan if there are seats.
    pub terms: InventoryDrafted,
}

/// Decides [`Draft`].
///
/// # Errors
/// There is such a show already.
pub fn decide(command: &Draft, inventory: &Inventory) -> Decision {
    if inventory.terms.is_some() {
        return Err(InventoryRefused::Exists);
    }
    let show = command.terms.show;
    let areas = command.terms.plan.iter().flat_map(|plan| &plan.document().areas);
    let pools = (0..).zip(areas).map(|(n, area)| {
        PoolAdded { capacity: area.capacity, name: area.name.clone(), pool: PoolId::of_area(show, n) }.into()
    });
    Ok(std::iter::once(command.terms.clone().into()).chain(pools).collect())
}
