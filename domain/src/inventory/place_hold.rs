//! Holding seats and units for one buyer: all or nothing.

use super::event::HoldPlaced;
use super::selection::{Want, expiries};
use super::{Decision, Inventory, InventoryRefused};
use crate::id::HoldId;
use crate::time::Timestamp;

/// Place a hold.
#[derive(Debug, Clone)]
pub struct PlaceHold {
    /// The hold.
    pub hold: HoldId,
    /// What it is to have.
    pub wants: Vec<Want>,
}

/// Decides [`PlaceHold`].
///
/// # Errors
/// The sale is not open, something does not exist, is taken or sold out, or exceeds a limit.
pub fn decide(command: &PlaceHold, inventory: &Inventory, now: Timestamp) -> Decision {
    let drafted = &inventory.terms()?.drafted;
    if inventory.holds.contains_key(&command.hold) {
        return Err(InventoryRefused::Exists);
    }
    inventory.check_sale_open(now)?;
    let items = inventory.select(&command.wants, now)?;
    inventory.check_windows(&items, now)?;
    inventory.check_limits(&items)?;
    let lapsed = inventory.free(&items, now)?;
    inventory.check_single_seats(&items, now)?;
    let placed = HoldPlaced {
        expires_at: now.plus_seconds(drafted.hold_seconds),
        hold: command.hold,
        items,
        max_expires_at: now.plus_seconds(drafted.hold_seconds_max),
        tariff: inventory.tariffs.index(),
    };
    Ok(expiries(lapsed).chain([placed.into()]).collect())
}

#[cfg(test)]
mod tests {
    use super::super::InventoryCommand;
    use super::super::event::HoldExpired;
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn free_seats_are_held_for_as_long_as_the_show_says() {
        given(theatre()).at(0).when(place_hold(ANN, &["A-1", "A-2"])).then([hold_placed(
            0,
            ANN,
            &["A-1", "A-2"],
        )]);
    }

    #[test]
    fn a_taken_seat_is_refused_and_named() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-4"]))
            .at(1)
            .when(place_hold(BOB, &["A-4", "A-5"]))
            .then_refused(InventoryRefused::SeatsTaken(seats(&["A-4"])));
    }

    #[test]
    fn a_hold_is_over_at_the_very_moment_it_says_and_the_next_one_records_that() {
        let held = given(theatre()).and(0, hold_placed(0, ANN, &["A-4"]));
        held.clone()
            .at(HOLD_MS - 1)
            .when(place_hold(BOB, &["A-4"]))
            .then_refused(InventoryRefused::SeatsTaken(seats(&["A-4"])));
        held.at(HOLD_MS)
            .when(place_hold(BOB, &["A-4"]))
            .then([HoldExpired { hold: ANN }.into(), hold_placed(HOLD_MS, BOB, &["A-4"])]);
    }

    #[test]
    fn the_smallest_pool_decides() {
        given(club())
            .and(0, units_held(0, ANN, STANDING, 7))
            .at(1)
            .when(place_units(BOB, BALCONY, 4))
            .then_refused(InventoryRefused::SoldOut(vec![left(BALCONY, 3)]));
    }

    #[test]
    fn units_of_lapsed_holds_are_free_and_only_as_many_as_needed_are_recorded() {
        given(club())
            .and(0, units_held(0, ANN, STANDING, 4))
            .and(1, units_held(1, BOB, STANDING, 4))
            .at(HOLD_MS + 1)
            .when(place_units(CLEO, STANDING, 5))
            .then([HoldExpired { hold: ANN }.into(), units_held(HOLD_MS + 1, CLEO, STANDING, 5)]);
    }

    #[test]
    fn lapsed_units_of_a_pool_that_has_too_many_holds_are_not_sold_while_the_others_fill_it() {
        given(club())
            .and(0, units_held(0, ANN, STANDING, 8))
            .and(1, units_held(1, BOB, STANDING, 8))
            .at(HOLD_MS)
            .when(place_units(CLEO, STANDING, 3))
            .then_refused(InventoryRefused::SoldOut(vec![left(STANDING, 2)]));
    }

    #[test]
    fn seats_that_draw_on_no_pool_are_not_among_what_is_sold_out() {
        let mut wanted = wants(&["A-1"]);
        wanted.extend(units(STANDING, 11));
        given(theatre_with_standing())
            .at(0)
            .when(InventoryCommand::PlaceHold(PlaceHold { hold: ANN, wants: wanted }))
            .then_refused(InventoryRefused::SoldOut(vec![left(STANDING, 10)]));
    }

    #[test]
    fn nothing_sells_before_publication_or_after_the_start() {
        given(unpublished_theatre())
            .at(0)
            .when(place_hold(ANN, &["A-1"]))
            .then_refused(InventoryRefused::SaleNotOpen { opens_at: None });
        given(theatre())
            .at(START_MS)
            .when(place_hold(ANN, &["A-1"]))
            .then_refused(InventoryRefused::SaleNotOpen { opens_at: None });
    }

    #[test]
    fn seats_that_do_not_exist_and_seats_named_twice_are_refused() {
        given(theatre())
            .at(0)
            .when(place_hold(ANN, &["A-1", "Z-9"]))
            .then_refused(InventoryRefused::UnknownSeats(seats(&["Z-9"])));
        given(theatre())
            .at(0)
            .when(place_hold(ANN, &["A-1", "A-1"]))
            .then_refused(super::super::Invalid::SeatTwice(seat("A-1")).into());
    }

    #[test]
    fn a_limit_per_order_holds() {
        given(club())
            .at(0)
            .when(place_units(ANN, BALCONY, 5))
            .then_refused(InventoryRefused::LimitExceeded { ticket_type: Some(balcony()), limit: 4 });
    }
}
