//! Extending a hold: a fresh term from now, but never beyond the hold's last moment.

use super::event::HoldExtended;
use super::{Decision, Inventory, InventoryRefused};
use crate::id::HoldId;
use crate::time::Timestamp;

/// Extend a hold.
#[derive(Debug, Clone)]
pub struct ExtendHold {
    /// The hold.
    pub hold: HoldId,
}

/// Decides [`ExtendHold`].
///
/// # Errors
/// The hold is not open or already lives as long as it may, or the show does not take place.
pub fn decide(command: &ExtendHold, inventory: &Inventory, now: Timestamp) -> Decision {
    let hold = inventory.open_hold(command.hold, now)?;
    inventory.check_takes_place()?;
    let fresh = now.plus_seconds(inventory.terms()?.drafted.hold_seconds);
    let expires_at = fresh.min(hold.max_expires_at);
    if expires_at > hold.expires_at {
        Ok(vec![HoldExtended { expires_at, hold: command.hold }.into()])
    } else if hold.expires_at >= hold.max_expires_at {
        Err(InventoryRefused::ExtensionLimit)
    } else {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::super::InventoryRefused;
    use super::super::scenario::*;

    #[test]
    fn an_extension_is_a_fresh_term_capped_by_the_last_moment() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(1_000)
            .when(extend_hold(ANN))
            .then_and([extended(ANN, 1_000 + HOLD_MS)])
            .at(1_000 + HOLD_MS - 1)
            .when(extend_hold(ANN))
            .then_and([extended(ANN, 1_000 + 2 * HOLD_MS - 1)])
            .at(2 * HOLD_MS + 500)
            .when(extend_hold(ANN))
            .then_and([extended(ANN, HOLD_MAX_MS)])
            .when(extend_hold(ANN))
            .then_refused(InventoryRefused::ExtensionLimit);
    }

    #[test]
    fn a_lapsed_hold_stays_lapsed() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(HOLD_MS)
            .when(extend_hold(ANN))
            .then_refused(InventoryRefused::HoldExpired);
    }

    #[test]
    fn an_extension_at_the_same_moment_changes_nothing() {
        given(theatre()).and(0, hold_placed(0, ANN, &["A-1"])).at(0).when(extend_hold(ANN)).then([]);
    }
}
