//! Adding something that is charged beside prices, for what is held from now on.

use super::event::FeeAdded;
use super::{Decision, Invalid, Inventory, InventoryRefused};
use crate::money::MINOR_MAX;
use crate::pricing::TARIFF_MAX;

/// Add a fee.
#[derive(Debug, Clone)]
pub struct AddFee {
    /// What is added.
    pub added: FeeAdded,
}

/// Decides [`AddFee`].
///
/// # Errors
/// There is such a fee already, it names a ticket type that does not exist, or there are too many.
pub fn decide(command: &AddFee, inventory: &Inventory) -> Decision {
    inventory.terms()?;
    let added = &command.added;
    let tariff = inventory.tariffs.current();
    if inventory.tariffs.iter().any(|tariff| tariff.fee(added.fee).is_some()) {
        return Err(InventoryRefused::Exists);
    }
    if added.amount.is_some() == added.rate.is_some() {
        return Err(Invalid::NoAmount.into());
    }
    if added.amount.is_some_and(|amount| amount > MINOR_MAX) {
        return Err(Invalid::AmountTooLarge.into());
    }
    if let Some(unknown) = added.ticket_types.iter().find(|id| inventory.ticket_type(**id).is_none()) {
        return Err(InventoryRefused::UnknownTicketType(*unknown));
    }
    if tariff.fees.len() >= TARIFF_MAX || !inventory.tariffs.may_change() {
        return Err(InventoryRefused::TooManyCharges);
    }
    Ok(vec![added.clone().into()])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn what_is_held_from_now_on_has_the_fee() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(1)
            .when(add_fee(fixed_fee(250)))
            .then_and([fixed_fee(250).into()])
            .when(place_hold(BOB, &["A-2"]))
            .then_and([under(1, hold_placed(1, BOB, &["A-2"]))])
            .when(place_order(BOB_ORDER, BOB))
            .then([order_with_fee(1 + HOLD_MS, BOB_ORDER, BOB, &["A-2"], 250)]);
    }

    #[test]
    fn a_buyer_pays_what_they_saw_when_they_held() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, fixed_fee(250))
            .at(2)
            .when(place_order(ANN_ORDER, ANN))
            .then([order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"])]);
    }

    #[test]
    fn a_fee_is_an_amount_or_a_rate() {
        let neither = FeeAdded { amount: None, ..fixed_fee(0) };
        let both = FeeAdded { rate: crate::pricing::Rate::from_millionths(1), ..fixed_fee(1) };
        for fee in [neither, both] {
            given(theatre()).at(1).when(add_fee(fee)).then_refused(Invalid::NoAmount.into());
        }
    }

    #[test]
    fn the_same_fee_is_added_once() {
        given(theatre())
            .and(0, fixed_fee(250))
            .at(1)
            .when(add_fee(fixed_fee(300)))
            .then_refused(InventoryRefused::Exists);
    }
}
