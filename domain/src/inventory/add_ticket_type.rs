//! Adding something to buy: the seats of a category, units of pools, or seats that also count against pools.

use rustc_hash::FxHashSet;

use super::event::TicketTypeAdded;
use super::{Decision, Invalid, Inventory, InventoryRefused};
use crate::id::PoolId;
use crate::money::MINOR_MAX;

/// Add a ticket type.
#[derive(Debug, Clone)]
pub struct AddTicketType {
    /// What is added.
    pub added: TicketTypeAdded,
}

/// Decides [`AddTicketType`].
///
/// # Errors
/// There is such a type already, or it names a category or a pool that does not exist. A pool that is named twice is
/// drawn on once.
pub fn decide(command: &AddTicketType, inventory: &Inventory) -> Decision {
    inventory.terms()?;
    let added = &command.added;
    if inventory.type_index.contains_key(&added.ticket_type) {
        return Err(InventoryRefused::Exists);
    }
    if added.price > MINOR_MAX {
        return Err(Invalid::AmountTooLarge.into());
    }
    if let Some(pool) = added.pools.iter().find(|pool| !inventory.pool_index.contains_key(pool)) {
        return Err(Invalid::UnknownPool(*pool).into());
    }
    match &added.price_category {
        Some(name) if !sells_seats(inventory, name) => Err(Invalid::UnknownCategory.into()),
        None if added.pools.is_empty() => Err(Invalid::Nothing.into()),
        _ => Ok(vec![TicketTypeAdded { pools: each_once(&added.pools), ..added.clone() }.into()]),
    }
}

fn each_once(pools: &[PoolId]) -> Vec<PoolId> {
    let mut named = FxHashSet::default();
    pools.iter().copied().filter(|pool| named.insert(*pool)).collect()
}

fn sells_seats(inventory: &Inventory, category: &str) -> bool {
    inventory.plan().is_some_and(|plan| plan.has_seats_of(category))
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;

    #[test]
    fn a_pool_that_is_named_twice_is_drawn_on_once() {
        given(club())
            .at(0)
            .when(add_ticket_type(type_added(LOUNGE, PRICE, None, &[1, 2, 1])))
            .then_and([type_added(LOUNGE, PRICE, None, &[1, 2]).into()])
            .when(place_units(ANN, LOUNGE, 6))
            .then([units_held(0, ANN, LOUNGE, 6)]);
    }
}
