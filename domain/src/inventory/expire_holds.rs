//! Housekeeping: recording the expiry of holds that have lapsed. Nothing depends on it being done in time.

use super::Inventory;
use super::event::{HoldExpired, InventoryEvent};
use crate::time::Timestamp;

/// The most expiries that one command records; the timer comes back for the rest.
const AT_ONCE_MAX: usize = 500;

/// The expiries that are due.
#[must_use]
pub fn decide(inventory: &Inventory, now: Timestamp) -> Vec<InventoryEvent> {
    inventory
        .deadlines
        .iter()
        .take_while(|(_, id)| inventory.holds.get(id).is_some_and(|hold| hold.is_overdue(now)))
        .take(AT_ONCE_MAX)
        .map(|(_, hold)| HoldExpired { hold: *hold }.into())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::event::HoldExpired;
    use super::super::scenario::*;

    #[test]
    fn lapsed_holds_are_recorded_once_in_the_order_of_their_deadlines() {
        given(theatre())
            .and(0, hold_placed(0, BOB, &["A-1"]))
            .and(1, hold_placed(1, ANN, &["A-2"]))
            .at(HOLD_MS)
            .when(expire_holds())
            .then_and([HoldExpired { hold: BOB }.into()])
            .when(expire_holds())
            .then_and([])
            .at(HOLD_MS + 1)
            .when(expire_holds())
            .then([HoldExpired { hold: ANN }.into()]);
    }
}
