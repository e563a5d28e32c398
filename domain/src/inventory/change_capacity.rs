//! Changing how many units a pool has, also to fewer than are held and sold: nobody loses anything, and nothing more is
//! sold before enough has come back.

use super::event::PoolCapacityChanged;
use super::{Decision, Inventory, InventoryRefused};
use crate::id::PoolId;

/// Change how many units a pool has.
#[derive(Debug, Clone)]
pub struct ChangeCapacity {
    /// The pool.
    pub pool: PoolId,
    /// How many units it is to have.
    pub capacity: u32,
    /// How many the caller takes it to have; whoever does not say, takes it as it is.
    pub expected: Option<u32>,
}

/// Decides [`ChangeCapacity`]. The capacity that it has already changes nothing.
///
/// # Errors
/// There is no such show or pool, or somebody else has changed it.
pub fn decide(command: &ChangeCapacity, inventory: &Inventory) -> Decision {
    inventory.terms()?;
    let index = inventory.pool_index.get(&command.pool).ok_or(InventoryRefused::UnknownPool)?;
    let pool = inventory.pools.get(*index).ok_or(InventoryRefused::UnknownPool)?;
    if command.expected.is_some_and(|expected| expected != pool.capacity) {
        return Err(InventoryRefused::Changed);
    }
    if command.capacity == pool.capacity {
        return Ok(Vec::new());
    }
    Ok(vec![PoolCapacityChanged { capacity: command.capacity, pool: command.pool }.into()])
}

#[cfg(test)]
mod tests {
    use super::super::event::{HoldExpired, HoldReleased, VoidReason};
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_pool_that_grows_sells_more() {
        given(club())
            .and(0, units_held(0, ANN, STANDING, 10))
            .at(1)
            .when(change_capacity(1, 12, Some(10)))
            .then_and([capacity_changed(1, 12)])
            .when(place_units(BOB, STANDING, 3))
            .then_refused(InventoryRefused::SoldOut(vec![left(STANDING, 2)]));
    }

    #[test]
    fn nobody_loses_what_they_have_and_nothing_more_is_sold_before_enough_came_back() {
        let smaller = given(club())
            .and(0, units_held(0, ANN, STANDING, 3))
            .and(0, units_held(0, BOB, STANDING, 5))
            .at(1)
            .when(change_capacity(1, 4, None))
            .then_and([capacity_changed(1, 4)]);
        let sold_out = InventoryRefused::SoldOut(vec![left(STANDING, 0)]);
        smaller.clone().when(place_units(CLEO, STANDING, 1)).then_refused(sold_out.clone());
        smaller.clone().when(extend_hold(BOB)).then([extended(BOB, 1 + HOLD_MS)]);
        let less = smaller.and(2, HoldReleased { hold: ANN });
        less.clone().when(place_units(CLEO, STANDING, 1)).then_refused(sold_out);
        less.and(3, HoldReleased { hold: BOB })
            .when(place_units(CLEO, STANDING, 4))
            .then([units_held(3, CLEO, STANDING, 4)]);
    }

    #[test]
    fn late_money_finds_no_units_that_are_gone_whether_or_not_the_lapse_was_recorded() {
        let paying = given(club())
            .and(0, units_held(0, ANN, STANDING, 2))
            .and(1, units_ordered(HOLD_MS, ANN_ORDER, ANN, STANDING, 2))
            .and(2, payment_started(PAY, ANN_ORDER, 2 * PRICE))
            .and(3, capacity_changed(1, 1))
            .and(HOLD_MS, authorised(PAY, ANN_ORDER, 2 * PRICE));
        let expired = HoldExpired { hold: ANN };
        let let_go = void_due(PAY, ANN_ORDER, VoidReason::SeatsGone);
        paying.clone().when(settle(PAY)).then([expired.clone().into(), let_go.clone()]);
        paying.and(HOLD_MS, expired).when(settle(PAY)).then([let_go]);
    }

    #[test]
    fn the_same_capacity_is_no_change_and_another_than_expected_is_refused() {
        given(club()).at(0).when(change_capacity(1, 10, Some(10))).then([]);
        given(club()).at(0).when(change_capacity(1, 12, Some(9))).then_refused(InventoryRefused::Changed);
        given(club()).at(0).when(change_capacity(9, 12, None)).then_refused(InventoryRefused::UnknownPool);
    }
}
