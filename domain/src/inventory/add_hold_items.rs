//! Adding to a hold: all or nothing, and the deadline stays.

use super::event::HoldItemsAdded;
use super::selection::{Want, expiries};
use super::{Decision, Inventory};
use crate::id::HoldId;
use crate::time::Timestamp;

/// Add to a hold.
#[derive(Debug, Clone)]
pub struct AddHoldItems {
    /// The hold.
    pub hold: HoldId,
    /// What it is to have besides.
    pub wants: Vec<Want>,
}

/// Decides [`AddHoldItems`].
///
/// # Errors
/// The hold is not open, or what is wanted cannot be had.
pub fn decide(command: &AddHoldItems, inventory: &Inventory, now: Timestamp) -> Decision {
    let hold = inventory.open_hold(command.hold, now)?;
    inventory.check_sale_open(now)?;
    let items = inventory.select(&command.wants, now)?;
    inventory.check_windows(&items, now)?;
    let all: Vec<_> = hold.items.iter().chain(&items).cloned().collect();
    inventory.check_limits(&all)?;
    let lapsed = inventory.free(&items, now)?;
    inventory.check_single_seats(&items, now)?;
    Ok(expiries(lapsed).chain([HoldItemsAdded { hold: command.hold, items }.into()]).collect())
}

#[cfg(test)]
mod tests {
    use super::super::InventoryRefused;
    use super::super::event::TicketTypeAdded;
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn what_is_free_is_added_and_the_deadline_stays() {
        let history =
            given(theatre()).and(0, hold_placed(0, ANN, &["A-1"])).at(5).when(add_items(ANN, &["A-2"]));
        history.clone().then([items_added(ANN, &["A-2"])]);
        history
            .happens(5)
            .at(HOLD_MS)
            .when(add_items(ANN, &["A-3"]))
            .then_refused(InventoryRefused::HoldExpired);
    }

    #[test]
    fn a_seat_that_the_hold_has_already_is_taken() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(1)
            .when(add_items(ANN, &["A-1"]))
            .then_refused(InventoryRefused::SeatsTaken(seats(&["A-1"])));
    }

    #[test]
    fn what_the_hold_has_already_need_not_be_on_sale_any_more() {
        let early = TicketTypeAdded {
            sale_ends_at: Some(Timestamp::from_unix_ms(5)),
            ..type_added(LOUNGE, PRICE, None, &[1])
        };
        let held = given(club()).and(0, early).and(0, units_held(0, ANN, LOUNGE, 1)).at(5);
        held.clone().when(add_units(ANN, STANDING, 1)).then([units_added(ANN, STANDING, 1)]);
        held.when(add_units(ANN, LOUNGE, 1)).then_refused(InventoryRefused::SaleNotOpen { opens_at: None });
    }

    #[test]
    fn limits_count_what_the_hold_has() {
        given(club())
            .and(0, units_held(0, ANN, BALCONY, 3))
            .at(1)
            .when(add_units(ANN, BALCONY, 2))
            .then_refused(InventoryRefused::LimitExceeded { ticket_type: Some(balcony()), limit: 4 });
    }
}
