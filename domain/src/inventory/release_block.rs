//! Giving back to the sale what was kept back: all of a block, or a part of it.

use super::event::BlockReleased;
use super::{Block, Decision, Invalid, Inventory, InventoryRefused};
use crate::id::BlockId;
use crate::seating::SeatId;

/// Give back what was kept back.
#[derive(Debug, Clone)]
pub struct ReleaseBlock {
    /// The block.
    pub block: BlockId,
    /// What of it.
    pub part: Part,
}

/// What of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All that it still keeps.
    All,
    /// These seats.
    Seats(Vec<SeatId>),
    /// So many units.
    Units(u32),
}

/// Decides [`ReleaseBlock`]. A block that keeps nothing any more can be released again, which changes nothing.
///
/// # Errors
/// There is no such block, or it does not have what is named.
pub fn decide(command: &ReleaseBlock, inventory: &Inventory) -> Decision {
    inventory.terms()?;
    let block = inventory.blocks.get(&command.block).ok_or(InventoryRefused::UnknownBlock)?;
    let (seats, quantity) = match &command.part {
        Part::All => {
            (all_seats(block, inventory), block.units.map(|(_, kept)| kept).filter(|kept| *kept > 0))
        }
        Part::Seats(seats) => (named_seats(seats, block, inventory)?, None),
        Part::Units(0) => return Err(Invalid::Nothing.into()),
        Part::Units(quantity) if block.units.is_some_and(|(_, kept)| kept >= *quantity) => {
            (Vec::new(), Some(*quantity))
        }
        Part::Units(_) => return Err(InventoryRefused::NotInBlock),
    };
    if seats.is_empty() && quantity.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![BlockReleased { block: command.block, quantity, seats }.into()])
}

fn all_seats(block: &Block, inventory: &Inventory) -> Vec<SeatId> {
    let name = |index: &u32| inventory.plan()?.seat(*index).map(|seat| seat.id.clone());
    block.seats.iter().filter_map(name).collect()
}

fn named_seats(
    seats: &[SeatId],
    block: &Block,
    inventory: &Inventory,
) -> Result<Vec<SeatId>, InventoryRefused> {
    if seats.is_empty() {
        return Err(Invalid::Nothing.into());
    }
    let mut kept = block.seats.clone();
    for seat in seats {
        let index = inventory.plan().and_then(|plan| plan.index_of(seat.as_str()));
        if !index.is_some_and(|index| kept.remove(&index)) {
            return Err(InventoryRefused::NotInBlock);
        }
    }
    Ok(seats.to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    fn kept_back() -> Scenario {
        given(theatre_with_standing())
            .and(0, seats_blocked(PRESS, &["A-2", "A-1", "A-3"]))
            .and(0, units_blocked(GUESTS, 1, 8))
    }

    #[test]
    fn what_is_released_is_for_sale_and_the_rest_stays_kept_back() {
        kept_back()
            .when(release_block(PRESS, Part::Seats(seats(&["A-1"]))))
            .then_and([seats_released(PRESS, &["A-1"])])
            .when(place_hold(ANN, &["A-2"]))
            .then_refused(InventoryRefused::SeatsTaken(seats(&["A-2"])));
        kept_back()
            .and(1, seats_released(PRESS, &["A-1"]))
            .when(place_hold(ANN, &["A-1"]))
            .then([hold_placed(1, ANN, &["A-1"])]);
        kept_back()
            .when(release_block(GUESTS, Part::Units(3)))
            .then_and([units_released(GUESTS, 3)])
            .when(place_units(ANN, STANDING, 6))
            .then_refused(InventoryRefused::SoldOut(vec![left(STANDING, 5)]));
    }

    #[test]
    fn all_of_a_block_is_released_once_seats_in_the_order_of_the_plan() {
        kept_back()
            .and(1, seats_released(PRESS, &["A-2"]))
            .when(release_block(PRESS, Part::All))
            .then_and([seats_released(PRESS, &["A-1", "A-3"])])
            .when(release_block(PRESS, Part::All))
            .then([]);
        kept_back()
            .when(release_block(GUESTS, Part::All))
            .then_and([units_released(GUESTS, 8)])
            .when(release_block(GUESTS, Part::All))
            .then([]);
    }

    #[test]
    fn a_seat_that_was_released_belongs_to_whoever_holds_it_now() {
        kept_back()
            .and(1, seats_released(PRESS, &["A-1"]))
            .and(2, hold_placed(2, ANN, &["A-1"]))
            .and(3, seats_released(PRESS, &["A-1", "A-2", "A-3"]))
            .when(place_hold(BOB, &["A-1"]))
            .then_refused(InventoryRefused::SeatsTaken(seats(&["A-1"])));
    }

    #[test]
    fn what_a_block_does_not_have_is_not_released() {
        let refused = |block, part, refusal: InventoryRefused| {
            kept_back().when(release_block(block, part)).then_refused(refusal);
        };
        refused(PRESS, Part::Seats(seats(&["A-1", "A-4"])), InventoryRefused::NotInBlock);
        refused(PRESS, Part::Seats(seats(&["A-1", "A-1"])), InventoryRefused::NotInBlock);
        refused(PRESS, Part::Units(1), InventoryRefused::NotInBlock);
        refused(GUESTS, Part::Units(9), InventoryRefused::NotInBlock);
        refused(GUESTS, Part::Units(0), Invalid::Nothing.into());
        refused(PRESS, Part::Seats(Vec::new()), Invalid::Nothing.into());
        refused(BlockId::from_uuid(uuid::Uuid::nil()), Part::All, InventoryRefused::UnknownBlock);
    }
}
