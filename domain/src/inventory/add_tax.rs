//! Adding a tax, for what is held from now on.

use super::event::TaxAdded;
use super::{Decision, Inventory, InventoryRefused};
use crate::pricing::TARIFF_MAX;

/// Add a tax.
#[derive(Debug, Clone)]
pub struct AddTax {
    /// What is added.
    pub added: TaxAdded,
}

/// Decides [`AddTax`].
///
/// # Errors
/// There is such a tax already, it names a ticket type that does not exist, or there are too many.
pub fn decide(command: &AddTax, inventory: &Inventory) -> Decision {
    inventory.terms()?;
    let added = &command.added;
    let tariff = inventory.tariffs.current();
    if inventory.tariffs.iter().any(|tariff| tariff.tax(added.tax).is_some()) {
        return Err(InventoryRefused::Exists);
    }
    if let Some(unknown) = added.ticket_types.iter().find(|id| inventory.ticket_type(**id).is_none()) {
        return Err(InventoryRefused::UnknownTicketType(*unknown));
    }
    if tariff.taxes.len() >= TARIFF_MAX || !inventory.tariffs.may_change() {
        return Err(InventoryRefused::TooManyCharges);
    }
    Ok(vec![added.clone().into()])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn an_included_tax_is_told_and_not_added() {
        given(theatre())
            .at(0)
            .when(add_tax(vat(true)))
            .then_and([vat(true).into()])
            .when(place_hold(ANN, &["A-1"]))
            .then_and([under(1, hold_placed(0, ANN, &["A-1"]))])
            .when(place_order(ANN_ORDER, ANN))
            .then([order_with_tax(HOLD_MS, ANN_ORDER, ANN, &["A-1"], true, 718)]);
    }

    #[test]
    fn a_tax_that_is_added_is_to_be_paid() {
        given(theatre())
            .and(0, vat(false))
            .and(1, under(1, hold_placed(1, ANN, &["A-1"])))
            .at(2)
            .when(place_order(ANN_ORDER, ANN))
            .then([order_with_tax(1 + HOLD_MS, ANN_ORDER, ANN, &["A-1"], false, 855)]);
    }

    #[test]
    fn the_same_tax_is_added_once() {
        given(theatre())
            .and(0, vat(true))
            .at(1)
            .when(add_tax(vat(false)))
            .then_refused(InventoryRefused::Exists);
    }
}
