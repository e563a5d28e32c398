//! Removing a fee, for what is held from now on.

use super::event::FeeRemoved;
use super::{Decision, Inventory, InventoryRefused};
use crate::id::FeeId;

/// Remove a fee.
#[derive(Debug, Clone)]
pub struct RemoveFee {
    /// The fee.
    pub fee: FeeId,
}

/// Decides [`RemoveFee`]. Removing again changes nothing.
///
/// # Errors
/// There was never such a fee, or there were too many changes.
pub fn decide(command: &RemoveFee, inventory: &Inventory) -> Decision {
    if inventory.tariffs.current().fee(command.fee).is_some() {
        if !inventory.tariffs.may_change() {
            return Err(InventoryRefused::TooManyCharges);
        }
        return Ok(vec![FeeRemoved { fee: command.fee }.into()]);
    }
    let was_there = inventory.tariffs.iter().any(|tariff| tariff.fee(command.fee).is_some());
    if was_there { Ok(Vec::new()) } else { Err(InventoryRefused::UnknownCharge) }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_fee_that_is_gone_is_not_charged_any_more() {
        let removed = || FeeRemoved { fee: fixed_fee(1).fee };
        given(theatre())
            .and(0, fixed_fee(250))
            .at(1)
            .when(remove_fee(removed().fee))
            .then_and([removed().into()])
            .when(remove_fee(removed().fee))
            .then_and([])
            .and(2, under(2, hold_placed(2, ANN, &["A-1"])))
            .when(place_order(ANN_ORDER, ANN))
            .then([order_placed(2 + HOLD_MS, ANN_ORDER, ANN, &["A-1"])]);
    }

    #[test]
    fn what_was_never_there_is_not_removed() {
        let unknown = fixed_fee(1).fee;
        given(theatre()).at(1).when(remove_fee(unknown)).then_refused(InventoryRefused::UnknownCharge);
    }
}
