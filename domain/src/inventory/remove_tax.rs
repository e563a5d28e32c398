//! Removing a tax, for what is held from now on.

use super::event::TaxRemoved;
use super::{Decision, Inventory, InventoryRefused};
use crate::id::TaxId;

/// Remove a tax.
#[derive(Debug, Clone)]
pub struct RemoveTax {
    /// The tax.
    pub tax: TaxId,
}

/// Decides [`RemoveTax`]. Removing again changes nothing.
///
/// # Errors
/// There was never such a tax, or there were too many changes.
pub fn decide(command: &RemoveTax, inventory: &Inventory) -> Decision {
    if inventory.tariffs.current().tax(command.tax).is_some() {
        if !inventory.tariffs.may_change() {
            return Err(InventoryRefused::TooManyCharges);
        }
        return Ok(vec![TaxRemoved { tax: command.tax }.into()]);
    }
    let was_there = inventory.tariffs.iter().any(|tariff| tariff.tax(command.tax).is_some());
    if was_there { Ok(Vec::new()) } else { Err(InventoryRefused::UnknownCharge) }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_tax_that_is_gone_is_not_charged_any_more() {
        let removed = || TaxRemoved { tax: vat(false).tax };
        given(theatre())
            .and(0, vat(false))
            .at(1)
            .when(remove_tax(removed().tax))
            .then_and([removed().into()])
            .when(remove_tax(removed().tax))
            .then_and([])
            .and(2, under(2, hold_placed(2, ANN, &["A-1"])))
            .when(place_order(ANN_ORDER, ANN))
            .then([order_placed(2 + HOLD_MS, ANN_ORDER, ANN, &["A-1"])]);
    }

    #[test]
    fn what_was_never_there_is_not_removed() {
        let unknown = vat(true).tax;
        given(theatre()).at(1).when(remove_tax(unknown)).then_refused(InventoryRefused::UnknownCharge);
    }
}
