//! Keeping seats or units back from the sale: for guests, the press, a camera. A block takes nothing that somebody has.

use rustc_hash::FxHashSet;

use super::event::BlockPlaced;
use super::selection::expiries;
use super::{Decision, ITEMS_MAX, Invalid, Inventory, InventoryRefused};
use crate::id::{BlockId, PoolId};
use crate::seating::SeatId;
use crate::time::Timestamp;

/// Keep something back.
#[derive(Debug, Clone)]
pub struct PlaceBlock {
    /// The block.
    pub block: BlockId,
    /// What is to be kept back.
    pub what: Blocked,
    /// What for.
    pub reason: Option<String>,
}

/// What is to be kept back.
#[derive(Debug, Clone)]
pub enum Blocked {
    /// These seats.
    Seats(Vec<SeatId>),
    /// Units of a pool.
    Units {
        /// The pool.
        pool: PoolId,
        /// How many.
        quantity: u32,
    },
}

/// Decides [`PlaceBlock`].
///
/// # Errors
/// There is such a block already, something does not exist, or somebody has it.
pub fn decide(command: &PlaceBlock, inventory: &Inventory, now: Timestamp) -> Decision {
    inventory.terms()?;
    if inventory.blocks.contains_key(&command.block) {
        return Err(InventoryRefused::Exists);
    }
    match &command.what {
        Blocked::Seats(seats) => of_seats(command, seats, inventory, now),
        Blocked::Units { pool, quantity } => of_units(command, *pool, *quantity, inventory, now),
    }
}

fn of_seats(command: &PlaceBlock, seats: &[SeatId], inventory: &Inventory, now: Timestamp) -> Decision {
    if seats.is_empty() {
        return Err(Invalid::Nothing.into());
    }
    if seats.len() > ITEMS_MAX {
        return Err(Invalid::TooMany.into());
    }
    let is_unknown =
        |seat: &&SeatId| inventory.plan().and_then(|plan| plan.index_of(seat.as_str())).is_none();
    let unknown: Vec<SeatId> = seats.iter().filter(is_unknown).cloned().collect();
    if !unknown.is_empty() {
        return Err(InventoryRefused::UnknownSeats(unknown));
    }
    let mut named = FxHashSet::default();
    if let Some(twice) = seats.iter().find(|seat| !named.insert(*seat)) {
        return Err(Invalid::SeatTwice(twice.clone()).into());
    }
    let lapsed = inventory.free_seats(seats.iter(), now)?;
    let placed = BlockPlaced {
        block: command.block,
        pool: None,
        quantity: None,
        reason: command.reason.clone(),
        seats: seats.to_vec(),
    };
    Ok(expiries(lapsed).chain([placed.into()]).collect())
}

/// Nobody names units, so holds that have lapsed need not be recorded for them: they count as gone for everybody.
fn of_units(
    command: &PlaceBlock,
    pool: PoolId,
    quantity: u32,
    inventory: &Inventory,
    now: Timestamp,
) -> Decision {
    if quantity == 0 {
        return Err(Invalid::Nothing.into());
    }
    let index = *inventory.pool_index.get(&pool).ok_or(InventoryRefused::UnknownPool)?;
    let available = inventory.room(index, now);
    if available < quantity {
        return Err(InventoryRefused::PoolShort { pool, available });
    }
    let (block, reason) = (command.block, command.reason.clone());
    let placed = BlockPlaced { block, pool: Some(pool), quantity: Some(quantity), reason, seats: Vec::new() };
    Ok(vec![placed.into()])
}

#[cfg(test)]
mod tests {
    use super::super::event::{HoldExpired, VoidReason};
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_blocked_seat_is_taken_for_everybody_else() {
        given(theatre())
            .at(0)
            .when(block_seats(PRESS, &["A-1", "A-2"]))
            .then_and([seats_blocked(PRESS, &["A-1", "A-2"])])
            .when(place_hold(ANN, &["A-2", "A-3"]))
            .then_refused(InventoryRefused::SeatsTaken(seats(&["A-2"])));
        given(unpublished_theatre())
            .and(0, seats_blocked(PRESS, &["A-1"]))
            .when(block_seats(GUESTS, &["A-1"]))
            .then_refused(InventoryRefused::SeatsTaken(seats(&["A-1"])));
    }

    #[test]
    fn a_block_takes_nothing_that_somebody_has() {
        given(paid_theatre())
            .and(0, hold_placed(0, BOB, &["A-2"]))
            .at(HOLD_MS - 1)
            .when(block_seats(PRESS, &["A-1", "A-2", "A-3"]))
            .then_refused(InventoryRefused::SeatsTaken(seats(&["A-1", "A-2"])));
    }

    #[test]
    fn a_hold_that_has_lapsed_is_recorded_as_such_by_the_block_that_meets_it() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(HOLD_MS)
            .when(block_seats(PRESS, &["A-1"]))
            .then([HoldExpired { hold: ANN }.into(), seats_blocked(PRESS, &["A-1"])]);
    }

    #[test]
    fn late_money_takes_no_blocked_seat() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .at(HOLD_MS)
            .when(block_seats(PRESS, &["A-1"]))
            .happens(HOLD_MS)
            .and(HOLD_MS, authorised(PAY, ANN_ORDER, PRICE))
            .when(settle(PAY))
            .then([void_due(PAY, ANN_ORDER, VoidReason::SeatsGone)]);
    }

    #[test]
    fn blocked_units_are_not_sold() {
        given(club())
            .and(0, units_held(0, ANN, STANDING, 4))
            .at(1)
            .when(block_units(PRESS, 1, 7))
            .then_refused(InventoryRefused::PoolShort { pool: pool(1), available: 6 });
        given(club())
            .and(0, units_held(0, ANN, STANDING, 4))
            .at(HOLD_MS)
            .when(block_units(PRESS, 1, 7))
            .then_and([units_blocked(PRESS, 1, 7)])
            .when(place_units(BOB, STANDING, 4))
            .then_refused(InventoryRefused::SoldOut(vec![left(STANDING, 3)]));
    }

    #[test]
    fn nonsense_is_refused() {
        let theatre = || given(theatre_with_standing()).and(0, seats_blocked(PRESS, &["A-9"]));
        let refused = |command, refusal: InventoryRefused| theatre().when(command).then_refused(refusal);
        refused(block_seats(PRESS, &["A-1"]), InventoryRefused::Exists);
        refused(block_seats(GUESTS, &[]), Invalid::Nothing.into());
        refused(block_seats(GUESTS, &["A-1"; 501]), Invalid::TooMany.into());
        refused(block_seats(GUESTS, &["A-1", "A-1"]), Invalid::SeatTwice(seat("A-1")).into());
        refused(block_seats(GUESTS, &["Z-9"]), InventoryRefused::UnknownSeats(seats(&["Z-9"])));
        refused(block_units(GUESTS, 1, 0), Invalid::Nothing.into());
        refused(block_units(GUESTS, 9, 1), InventoryRefused::UnknownPool);
    }
}
