//! Resuming the sale: the sale windows decide again.

use super::event::SaleResumed;
use super::{Decision, Inventory, InventoryRefused};

/// Decides that the sale goes on. Resuming what is not paused changes nothing.
///
/// # Errors
/// There is no such show, it is a draft, or it does not take place.
pub fn decide(inventory: &Inventory) -> Decision {
    inventory.terms()?;
    if !inventory.published {
        return Err(InventoryRefused::NotPublished);
    }
    inventory.check_takes_place()?;
    if !inventory.paused {
        return Ok(Vec::new());
    }
    Ok(vec![SaleResumed {}.into()])
}

#[cfg(test)]
mod tests {
    use super::super::InventoryCommand;
    use super::super::event::SalePaused;
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_paused_sale_goes_on_once() {
        given(theatre())
            .and(0, SalePaused { reason: None })
            .when(InventoryCommand::ResumeSale)
            .then_and([SaleResumed {}.into()])
            .when(place_hold(ANN, &["A-1"]))
            .then_and([hold_placed(0, ANN, &["A-1"])])
            .when(InventoryCommand::ResumeSale)
            .then([]);
    }

    #[test]
    fn a_draft_is_not_resumed() {
        given(unpublished_theatre())
            .at(0)
            .when(InventoryCommand::ResumeSale)
            .then_refused(InventoryRefused::NotPublished);
    }
}
