//! Moving a show to another time. Tickets stay good; a sale without an end of its own goes on to the new start.

use super::event::InventoryRescheduled;
use super::{Decision, Invalid, Inventory, InventoryRefused};
use crate::time::Timestamp;

/// Move a show.
#[derive(Debug, Clone)]
pub struct Reschedule {
    /// When it is to start.
    pub starts_at: Timestamp,
}

/// Decides [`Reschedule`]. The start that it has already changes nothing.
///
/// # Errors
/// There is no such show, it does not take place, the new start has passed, or the sale would open after it.
pub fn decide(command: &Reschedule, inventory: &Inventory, now: Timestamp) -> Decision {
    let drafted = &inventory.terms()?.drafted;
    inventory.check_takes_place()?;
    if command.starts_at == drafted.starts_at {
        return Ok(Vec::new());
    }
    if command.starts_at <= now {
        return Err(Invalid::PastStart.into());
    }
    if drafted.sale_starts_at.is_some_and(|opens_at| opens_at >= command.starts_at) {
        return Err(InventoryRefused::from(Invalid::SaleWindow));
    }
    Ok(vec![InventoryRescheduled { starts_at: command.starts_at }.into()])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn the_sale_goes_on_to_the_new_start() {
        let moved = given(theatre()).at(0).when(reschedule(2 * START_MS)).then_and([moved(2 * START_MS)]);
        moved.clone().at(START_MS).when(place_hold(ANN, &["A-1"])).then([hold_placed(
            START_MS,
            ANN,
            &["A-1"],
        )]);
        moved
            .at(2 * START_MS)
            .when(place_hold(ANN, &["A-1"]))
            .then_refused(InventoryRefused::SaleNotOpen { opens_at: None });
    }

    #[test]
    fn money_that_comes_late_is_judged_by_the_new_start() {
        let paying = given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .and(3, authorised(PAY, ANN_ORDER, PRICE));
        let expired = super::super::event::HoldExpired { hold: ANN };
        paying.and(4, moved(2 * START_MS)).at(START_MS).when(settle(PAY)).then([
            expired.into(),
            reclaimed(ANN_ORDER, ANN),
            secured(ANN_ORDER, ANN, PAY),
        ]);
    }

    #[test]
    fn a_show_is_not_moved_into_the_past_or_before_its_sale() {
        given(theatre()).at(9).when(reschedule(9)).then_refused(Invalid::PastStart.into());
        given(theatre()).at(9).when(reschedule(START_MS)).then([]);
        given(theatre())
            .and(0, window_changed(Some(500), None))
            .at(9)
            .when(reschedule(500))
            .then_refused(Invalid::SaleWindow.into());
    }
}
