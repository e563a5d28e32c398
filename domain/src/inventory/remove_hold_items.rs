//! Taking something out of a hold. The last item cannot be taken out: then the hold is let go.

use super::event::{HoldItemsRemoved, Item};
use super::selection::Want;
use super::{Decision, Invalid, Inventory, InventoryRefused};
use crate::id::HoldId;
use crate::time::Timestamp;

/// Take something out of a hold.
#[derive(Debug, Clone)]
pub struct RemoveHoldItems {
    /// The hold.
    pub hold: HoldId,
    /// What it is no longer to have.
    pub wants: Vec<Want>,
}

/// Decides [`RemoveHoldItems`].
///
/// # Errors
/// The hold is not open, has not got that, or would be empty.
pub fn decide(command: &RemoveHoldItems, inventory: &Inventory, now: Timestamp) -> Decision {
    let hold = inventory.open_hold(command.hold, now)?;
    let mut kept: Vec<&Item> = hold.items.iter().collect();
    let mut removed = Vec::new();
    for want in &command.wants {
        let count = if let Want::Units { quantity, .. } = want { *quantity } else { 1 };
        for _ in 0..count {
            let index =
                kept.iter().position(|item| is_meant(item, want)).ok_or(InventoryRefused::NotInHold)?;
            removed.push(kept.remove(index).clone());
        }
    }
    if removed.is_empty() {
        return Err(Invalid::Nothing.into());
    }
    if kept.is_empty() {
        return Err(InventoryRefused::HoldWouldBeEmpty);
    }
    let kept: Vec<Item> = kept.into_iter().cloned().collect();
    inventory.check_given_back(&removed, &kept, now)?;
    Ok(vec![HoldItemsRemoved { hold: command.hold, items: removed }.into()])
}

fn is_meant(item: &Item, want: &Want) -> bool {
    match want {
        Want::Seat { seat, ticket_type } => {
            item.seat.as_ref() == Some(seat) && ticket_type.is_none_or(|wanted| wanted == item.ticket_type)
        }
        Want::Units { ticket_type, .. } => item.seat.is_none() && item.ticket_type == *ticket_type,
        // What is best is not what is given back.
        Want::Best(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::InventoryRefused;
    use super::super::scenario::*;

    #[test]
    fn what_is_taken_out_is_free_at_once() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1", "A-2"]))
            .at(1)
            .when(remove_items(ANN, &["A-1"]))
            .then_and([items_removed(ANN, &["A-1"])])
            .when(place_hold(BOB, &["A-1"]))
            .then([hold_placed(1, BOB, &["A-1"])]);
    }

    #[test]
    fn what_is_not_in_the_hold_cannot_be_taken_out() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1", "A-2"]))
            .at(1)
            .when(remove_items(ANN, &["A-3"]))
            .then_refused(InventoryRefused::NotInHold);
    }

    #[test]
    fn the_last_item_stays() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(1)
            .when(remove_items(ANN, &["A-1"]))
            .then_refused(InventoryRefused::HoldWouldBeEmpty);
    }
}
