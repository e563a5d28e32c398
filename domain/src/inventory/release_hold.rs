//! Letting a hold go.

use super::event::HoldReleased;
use super::{Decision, Inventory, InventoryRefused};
use crate::id::HoldId;
use crate::time::Timestamp;

/// Let a hold go.
#[derive(Debug, Clone)]
pub struct ReleaseHold {
    /// The hold.
    pub hold: HoldId,
}

/// Decides [`ReleaseHold`]. Letting go again changes nothing.
///
/// # Errors
/// There is no such hold, it has lapsed, or it has become an order.
pub fn decide(command: &ReleaseHold, inventory: &Inventory, now: Timestamp) -> Decision {
    match inventory.open_hold(command.hold, now) {
        Ok(_) => Ok(vec![HoldReleased { hold: command.hold }.into()]),
        Err(InventoryRefused::HoldReleased) => Ok(Vec::new()),
        Err(refused) => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::super::InventoryRefused;
    use super::super::event::HoldReleased;
    use super::super::scenario::*;

    #[test]
    fn what_was_let_go_is_free_at_once() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(1)
            .when(release_hold(ANN))
            .then_and([HoldReleased { hold: ANN }.into()])
            .when(release_hold(ANN))
            .then_and([])
            .when(place_hold(BOB, &["A-1"]))
            .then([hold_placed(1, BOB, &["A-1"])]);
    }

    #[test]
    fn a_former_holder_who_lets_go_takes_nothing_from_the_next() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(HOLD_MS)
            .when(place_hold(BOB, &["A-1"]))
            .happens(HOLD_MS)
            .when(release_hold(ANN))
            .then_refused(InventoryRefused::HoldExpired);
    }

    #[test]
    fn a_hold_that_is_an_order_is_not_let_go() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(1)
            .when(place_order(ANN_ORDER, ANN))
            .happens(1)
            .when(release_hold(ANN))
            .then_refused(InventoryRefused::HoldOrdered);
    }
}
