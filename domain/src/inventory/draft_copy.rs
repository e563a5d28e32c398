//! Drafting a show with everything that it will sell, at once: a copy of another one. The pools of standing areas are
//! among its pools, because their capacity may have been changed.

use super::add_fee::AddFee;
use super::add_pool::AddPool;
use super::add_tax::AddTax;
use super::add_ticket_type::AddTicketType;
use super::event::{InventoryDrafted, PoolAdded, TicketTypeAdded};
use super::{
    Decision, Inventory, InventoryEvent, InventoryRefused, add_fee, add_pool, add_tax, add_ticket_type,
};
use crate::pricing::Tariff;

/// Draft a show with its pools and ticket types.
#[derive(Debug, Clone)]
pub struct DraftCopy {
    /// The terms, with the plan if there are seats.
    pub terms: InventoryDrafted,
    /// All its pools.
    pub pools: Vec<PoolAdded>,
    /// All that it will sell.
    pub types: Vec<TicketTypeAdded>,
    /// What will be charged beside prices, and the taxes in it.
    pub tariff: Tariff,
}

/// Decides [`DraftCopy`]: all of it or nothing.
///
/// # Errors
/// There is such a show already, or a pool or ticket type would be refused if it were added by itself.
pub fn decide(command: &DraftCopy, inventory: &Inventory) -> Decision {
    if inventory.terms.is_some() {
        return Err(InventoryRefused::Exists);
    }
    let mut copy = Copy::default();
    copy.happen(vec![command.terms.clone().into()]);
    for PoolAdded { capacity, name, pool } in &command.pools {
        let add = AddPool { pool: *pool, name: name.clone(), capacity: *capacity };
        copy.happen(add_pool::decide(&add, &copy.inventory)?);
    }
    for added in &command.types {
        let add = AddTicketType { added: added.clone() };
        copy.happen(add_ticket_type::decide(&add, &copy.inventory)?);
    }
    for added in &command.tariff.fees {
        copy.happen(add_fee::decide(&AddFee { added: added.clone() }, &copy.inventory)?);
    }
    for added in &command.tariff.taxes {
        copy.happen(add_tax::decide(&AddTax { added: added.clone() }, &copy.inventory)?);
    }
    Ok(copy.events)
}

#[derive(Default)]
struct Copy {
    inventory: Inventory,
    events: Vec<InventoryEvent>,
}

impl Copy {
    fn happen(&mut self, events: Vec<InventoryEvent>) {
        for event in &events {
            self.inventory.fold(event);
        }
        self.events.extend(events);
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::super::{Invalid, InventoryCommand};
    use super::*;

    fn copy_of(events: &[InventoryEvent]) -> DraftCopy {
        let mut copy = None;
        for event in events {
            match (event, &mut copy) {
                (InventoryEvent::InventoryDrafted(terms), None) => {
                    let (terms, tariff) = (terms.clone(), Tariff::default());
                    copy = Some(DraftCopy { terms, pools: Vec::new(), types: Vec::new(), tariff });
                }
                (InventoryEvent::PoolAdded(pool), Some(copy)) => copy.pools.push(pool.clone()),
                (InventoryEvent::TicketTypeAdded(added), Some(copy)) => copy.types.push(added.clone()),
                (InventoryEvent::FeeAdded(added), Some(copy)) => copy.tariff.fees.push(added.clone()),
                (InventoryEvent::TaxAdded(added), Some(copy)) => copy.tariff.taxes.push(added.clone()),
                _ => {}
            }
        }
        copy.unwrap()
    }

    fn draft(copy: DraftCopy) -> InventoryCommand {
        InventoryCommand::DraftCopy(Box::new(copy))
    }

    #[test]
    fn a_copy_is_drafted_with_all_that_it_sells_and_can_be_published() {
        let mut club = club();
        let copy = draft(copy_of(&club));
        let published = club.pop().unwrap();
        given(Vec::new()).at(0).when(copy).then_and(club).when(InventoryCommand::Publish).then([published]);
    }

    #[test]
    fn a_show_that_exists_is_not_drafted_again() {
        let copy = draft(copy_of(&theatre()));
        given(theatre()).at(0).when(copy).then_refused(InventoryRefused::Exists);
    }

    #[test]
    fn what_would_be_refused_by_itself_is_refused_with_all_the_rest() {
        let mut without_pools = copy_of(&club());
        without_pools.pools.clear();
        let unknown = Invalid::UnknownPool(pool(1));
        given(Vec::new()).at(0).when(draft(without_pools)).then_refused(unknown.into());
        let mut twice = copy_of(&club());
        twice.types.extend(twice.types.clone());
        given(Vec::new()).at(0).when(draft(twice)).then_refused(InventoryRefused::Exists);
    }
}
