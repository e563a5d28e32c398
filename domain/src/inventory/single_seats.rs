//! The rule against seats that are left alone. A seat is alone where it is free and no seat beside it in its run is.
//!
//! Where the show says so, nobody may leave a seat alone that was not alone before, unless it is the only one that is left
//! of the free seats that stood together: then no other choice of as many of them would have left fewer.

use rustc_hash::FxHashSet;

use super::event::{Item, SingleSeatRule};
use super::{Inventory, InventoryRefused};
use crate::seating::runs::Runs;
use crate::seating::{Layout, SeatId, SeatIndex};
use crate::time::Timestamp;

impl Inventory {
    /// Whether nobody is left alone where these items are taken.
    pub(super) fn check_single_seats(&self, items: &[Item], now: Timestamp) -> Result<(), InventoryRefused> {
        let (Some(SingleSeatRule::Refuse), Some(plan)) =
            (self.terms()?.drafted.single_seat_rule, self.plan())
        else {
            return Ok(());
        };
        let taken: FxHashSet<SeatIndex> = items.iter().filter_map(|item| self.seat_index(item)).collect();
        let overdue = self.overdue(now);
        let is_free = |seat: SeatIndex| self.claimant(seat).is_none_or(|by| by.has_lapsed(&overdue));
        refuse(plan, alone_after(plan.runs(), &taken, is_free))
    }

    /// Whether none of these items would be alone once it is given back.
    pub(super) fn check_given_back(
        &self,
        items: &[Item],
        kept: &[Item],
        now: Timestamp,
    ) -> Result<(), InventoryRefused> {
        let (Some(SingleSeatRule::Refuse), Some(plan)) =
            (self.terms()?.drafted.single_seat_rule, self.plan())
        else {
            return Ok(());
        };
        let indexes = |items: &[Item]| items.iter().filter_map(|item| self.seat_index(item)).collect();
        let (given, kept): (FxHashSet<SeatIndex>, FxHashSet<SeatIndex>) = (indexes(items), indexes(kept));
        let overdue = self.overdue(now);
        let is_free = |seat: SeatIndex| {
            given.contains(&seat)
                || !kept.contains(&seat) && self.claimant(seat).is_none_or(|by| by.has_lapsed(&overdue))
        };
        // A seat that stands alone in its run is not left alone by anybody, nor is one between others' seats; but one
        // beside a seat that the buyer keeps is.
        let alone = given.iter().copied().filter(|seat| {
            let beside = beside(plan.runs(), *seat);
            let (kept_beside, free_beside) = (
                beside.iter().flatten().any(|seat| kept.contains(seat)),
                beside.iter().flatten().any(|seat| is_free(*seat)),
            );
            kept_beside && !free_beside
        });
        refuse(plan, alone.collect())
    }
}

fn refuse(plan: &Layout, mut alone: Vec<SeatIndex>) -> Result<(), InventoryRefused> {
    if alone.is_empty() {
        return Ok(());
    }
    alone.sort_unstable();
    let names = alone.into_iter().filter_map(|seat| plan.seat(seat));
    Err(InventoryRefused::SeatsLeftAlone(names.map(|seat| seat.id.clone()).collect::<Vec<SeatId>>()))
}

/// The seats to the left and to the right, in the same run.
fn beside(runs: &Runs, seat: SeatIndex) -> [Option<SeatIndex>; 2] {
    let run = runs.of_seat(seat).map_or(0..0, |run| runs.seats(run));
    let is_in = |seat: &SeatIndex| run.contains(seat);
    [seat.checked_sub(1).filter(is_in), seat.checked_add(1).filter(is_in)]
}

/// The seats that would be alone and need not be.
fn alone_after(
    runs: &Runs,
    taken: &FxHashSet<SeatIndex>,
    is_free: impl Fn(SeatIndex) -> bool,
) -> Vec<SeatIndex> {
    let stays = |seat: SeatIndex| is_free(seat) && !taken.contains(&seat);
    let next = |seat: SeatIndex, to_right: bool| {
        let [left, right] = beside(runs, seat);
        if to_right { right } else { left }
    };
    let mut alone = Vec::new();
    for seat in taken {
        for candidate in beside(runs, *seat).into_iter().flatten().filter(|seat| stays(*seat)) {
            if alone.contains(&candidate) || beside(runs, candidate).into_iter().flatten().any(stays) {
                continue;
            }
            // What stood together with it and stays free, on either side, beyond what is taken.
            let others = [false, true].into_iter().any(|to_right| {
                let stretch = std::iter::successors(next(candidate, to_right), |seat| next(*seat, to_right));
                stretch.take_while(|seat| is_free(*seat)).any(stays)
            });
            if others {
                alone.push(candidate);
            }
        }
    }
    alone
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    fn careful() -> Scenario {
        given(careful_theatre())
    }

    #[test]
    fn who_leaves_a_seat_alone_is_told_which() {
        careful()
            .at(0)
            .when(place_hold(ANN, &["A-2"]))
            .then_refused(InventoryRefused::SeatsLeftAlone(seats(&["A-1"])));
        careful()
            .at(0)
            .when(place_hold(ANN, &["A-2", "A-4", "A-11"]))
            .then_refused(InventoryRefused::SeatsLeftAlone(seats(&["A-1", "A-3", "A-12"])));
        careful().at(0).when(place_hold(ANN, &["A-1", "A-2"])).then([hold_placed(0, ANN, &["A-1", "A-2"])]);
        careful().at(0).when(place_hold(ANN, &["A-3"])).then([hold_placed(0, ANN, &["A-3"])]);
    }

    #[test]
    fn the_last_one_of_those_that_stood_together_may_be_left() {
        let held = careful().and(0, hold_placed(0, ANN, &["A-4", "A-5"]));
        // Three are free on the left: whoever takes two of them leaves one.
        held.clone().at(1).when(place_hold(BOB, &["A-2", "A-3"])).then([hold_placed(
            1,
            BOB,
            &["A-2", "A-3"],
        )]);
        held.at(1)
            .when(place_hold(BOB, &["A-2"]))
            .then_refused(InventoryRefused::SeatsLeftAlone(seats(&["A-1", "A-3"])));
    }

    #[test]
    fn a_seat_that_was_alone_before_is_nobodys_fault() {
        careful()
            .and(0, hold_placed(0, ANN, &["A-2"]))
            .at(1)
            .when(place_hold(BOB, &["A-3"]))
            .then([hold_placed(1, BOB, &["A-3"])]);
    }

    #[test]
    fn seats_whose_hold_has_lapsed_are_free_neighbours() {
        let held = careful().and(0, hold_placed(0, ANN, &["A-1", "A-2"]));
        held.clone()
            .at(HOLD_MS - 1)
            .when(place_hold(BOB, &["A-4"]))
            .then_refused(InventoryRefused::SeatsLeftAlone(seats(&["A-3"])));
        held.at(HOLD_MS).when(place_hold(BOB, &["A-4"])).then([hold_placed(HOLD_MS, BOB, &["A-4"])]);
    }

    #[test]
    fn nobody_gets_around_it_by_adding_or_giving_back() {
        let held = careful().and(0, hold_placed(0, ANN, &["A-1", "A-2", "A-3"]));
        held.clone()
            .at(1)
            .when(remove_items(ANN, &["A-2"]))
            .then_refused(InventoryRefused::SeatsLeftAlone(seats(&["A-2"])));
        held.clone().at(1).when(remove_items(ANN, &["A-3"])).then([items_removed(ANN, &["A-3"])]);
        held.at(1)
            .when(add_items(ANN, &["A-5"]))
            .then_refused(InventoryRefused::SeatsLeftAlone(seats(&["A-4"])));
    }

    #[test]
    fn without_the_rule_everybody_sits_where_they_like() {
        given(theatre()).at(0).when(place_hold(ANN, &["A-2"])).then([hold_placed(0, ANN, &["A-2"])]);
    }
}
