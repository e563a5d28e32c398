//! Replacing the seating plan, also while it sells. Nobody loses anything: what is held, sold or kept back is in the new
//! plan as what it was sold, or the plan is refused and the refusal names what stands in the way.
//!
//! A seat of the same name is the same seat. A standing area is the first pool of its name: it gets the capacity that
//! the new plan says, unless both plans say the same (then what the organizer made of it stays); a new area is a new
//! pool; the pool of an area that is gone stays, empty, and only where nobody has anything of it.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::event::{InventoryEvent, PlanReplaced, PoolAdded, PoolCapacityChanged};
use super::selection::expiries;
use super::{Claimant, Decision, Inventory, InventoryRefused, Terms};
use crate::digest::Digest;
use crate::id::{HoldId, PoolId, TicketTypeId};
use crate::seating::{Area, Layout, SeatId};
use crate::time::Timestamp;

/// How many of a kind a refusal names at most.
pub const NAMED_MAX: usize = 100;

/// Replace the plan.
#[derive(Debug, Clone)]
pub struct ReplacePlan {
    /// The new plan.
    pub plan: Arc<Layout>,
    /// Which one the caller takes it to have; whoever does not say, takes it as it is.
    pub expected: Option<Option<Digest>>,
}

/// Decides [`ReplacePlan`]. The plan that it has already changes nothing. A draft may get a plan without the categories
/// that it is to sell: it cannot be published before it has them.
///
/// # Errors
/// There is no such show, somebody else has replaced the plan, or something does not fit into the new one.
pub fn decide(command: &ReplacePlan, inventory: &Inventory, now: Timestamp) -> Decision {
    let terms = inventory.terms()?;
    let plan = &command.plan;
    if command.expected.is_some_and(|expected| expected != terms.drafted.layout) {
        return Err(InventoryRefused::Changed);
    }
    if terms.drafted.layout == Some(plan.digest()) {
        return Ok(Vec::new());
    }
    let Lost { mut seats, lapsed } = inventory.lost_seats(terms, plan, now);
    let Areas { changed, mut gone } = inventory.areas(terms, plan, now);
    let mut ticket_types =
        if inventory.published { inventory.types_without_seats(Some(plan)) } else { Vec::new() };
    if !(seats.is_empty() && gone.is_empty() && ticket_types.is_empty()) {
        seats.truncate(NAMED_MAX);
        gone.truncate(NAMED_MAX);
        ticket_types.truncate(NAMED_MAX);
        return Err(InventoryRefused::PlanDoesNotFit { seats, ticket_types, pools: gone });
    }
    let replaced = PlanReplaced { layout: plan.digest(), plan: Some(Arc::clone(plan)) };
    Ok(expiries(lapsed).chain(changed).chain([replaced.into()]).collect())
}

/// Who would lose seats.
#[derive(Default)]
struct Lost {
    /// Seats that somebody has, in the plan's order.
    seats: Vec<SeatId>,
    /// Holds that have lapsed, whose expiry has to be recorded first.
    lapsed: Vec<HoldId>,
}

/// What becomes of standing areas.
struct Areas {
    changed: Vec<InventoryEvent>,
    /// Pools of which somebody has something although their area is gone.
    gone: Vec<PoolId>,
}

impl Inventory {
    /// Ticket types that sell a category of which that plan has no seats.
    pub(super) fn types_without_seats(&self, plan: Option<&Layout>) -> Vec<TicketTypeId> {
        let has_seats = |name: &String| plan.is_some_and(|plan| plan.has_seats_of(name));
        let without = self.types.iter().map(|known| &known.added);
        let without =
            without.filter(|added| added.price_category.as_ref().is_some_and(|name| !has_seats(name)));
        without.map(|added| added.ticket_type).collect()
    }

    fn lost_seats(&self, terms: &Terms, plan: &Layout, now: Timestamp) -> Lost {
        let mut lost = Lost::default();
        let Some(former) = terms.plan.as_deref() else { return lost };
        let mut named = FxHashSet::default();
        for (seat, claim) in former.seats().iter().zip(&self.claims) {
            match claim {
                Some(Claimant::Block(_)) if plan.index_of(seat.id.as_str()).is_none() => {
                    lost.seats.push(seat.id.clone());
                }
                Some(Claimant::Hold(id)) if !plan.sells_as_in(former, seat.id.as_str()) => {
                    if self.holds.get(id).is_some_and(|hold| hold.is_live(now)) {
                        lost.seats.push(seat.id.clone());
                    } else if named.insert(*id) {
                        lost.lapsed.push(*id);
                    }
                }
                None | Some(Claimant::Block(_) | Claimant::Hold(_)) => {}
            }
        }
        lost
    }

    fn areas(&self, terms: &Terms, plan: &Layout, now: Timestamp) -> Areas {
        let (before, after) = (capacities(terms.plan.as_deref()), capacities(Some(plan)));
        let pools = self.pools_by_name();
        let area_id = |n| PoolId::of_area(terms.drafted.show, n);
        let mut free_ids = (0..).map(area_id).filter(|id| !self.pool_index.contains_key(id));
        let mut areas = Areas { changed: Vec::new(), gone: Vec::new() };
        for Area { capacity, name, .. } in &plan.document().areas {
            match pools.get(name.as_str()) {
                None => areas.changed.extend(free_ids.next().map(|pool| {
                    InventoryEvent::from(PoolAdded { capacity: *capacity, name: name.clone(), pool })
                })),
                Some(_) if before.get(name.as_str()) == Some(capacity) => {}
                Some(index) => areas.changed.extend(self.capacity_change(*index, *capacity)),
            }
        }
        let former = terms.plan.iter().flat_map(|former| &former.document().areas);
        let gone = former.map(|area| area.name.as_str()).filter(|name| !after.contains_key(name));
        for index in gone.filter_map(|name| pools.get(name).copied()) {
            if self.is_untouched(index, now) {
                areas.changed.extend(self.capacity_change(index, 0));
            } else {
                areas.gone.extend(self.pools.get(index).map(|pool| pool.id));
            }
        }
        areas
    }

    /// The first pool of each name.
    fn pools_by_name(&self) -> FxHashMap<&str, usize> {
        let mut first = FxHashMap::default();
        for (index, pool) in self.pools.iter().enumerate() {
            first.entry(pool.name.as_str()).or_insert(index);
        }
        first
    }

    fn capacity_change(&self, index: usize, capacity: u32) -> Option<InventoryEvent> {
        let pool = self.pools.get(index).filter(|pool| pool.capacity != capacity)?;
        Some(PoolCapacityChanged { capacity, pool: pool.id }.into())
    }
}

fn capacities(plan: Option<&Layout>) -> FxHashMap<&str, u32> {
    let areas = plan.into_iter().flat_map(|plan| &plan.document().areas);
    areas.map(|area| (area.name.as_str(), area.capacity)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::InventoryCommand;
    use super::super::event::{HoldExpired, VoidReason};
    use super::super::scenario::*;
    use super::*;

    fn misfit(names: &[&str], ticket_types: Vec<TicketTypeId>, pools: Vec<PoolId>) -> InventoryRefused {
        InventoryRefused::PlanDoesNotFit { seats: seats(names), ticket_types, pools }
    }

    fn missing(names: &[&str]) -> InventoryRefused {
        misfit(names, Vec::new(), Vec::new())
    }

    /// A house with the same seats but `A-1` and `A-2`, and two in the circle.
    fn other() -> Arc<Layout> {
        plan_of(&[("Stalls", 3..=12), ("Circle", 20..=21)], &[])
    }

    #[test]
    fn a_plan_that_has_all_that_is_sold_replaces_the_former_and_sells_its_new_seats() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-3", "A-12"]))
            .and(0, seats_blocked(PRESS, &["A-4"]))
            .at(1)
            .when(replace_plan(&other()))
            .then_and([plan_replaced(&other())])
            .when(place_hold(BOB, &["A-12", "A-5"]))
            .then_refused_and(InventoryRefused::SeatsTaken(seats(&["A-12"])))
            .when(place_hold(BOB, &["A-4"]))
            .then_refused_and(InventoryRefused::SeatsTaken(seats(&["A-4"])))
            .when(place_hold(BOB, &["A-1"]))
            .then_refused_and(InventoryRefused::UnknownSeats(seats(&["A-1"])))
            .when(place_hold(BOB, &["A-5"]))
            .then([hold_placed(1, BOB, &["A-5"])]);
    }

    #[test]
    fn what_is_sold_held_or_kept_back_stays_and_is_named() {
        given(paid_theatre())
            .and(0, hold_placed(0, BOB, &["A-2", "A-3"]))
            .at(HOLD_MS - 1)
            .when(replace_plan(&other()))
            .then_refused(missing(&["A-1", "A-2"]));
        given(unpublished_theatre())
            .and(0, seats_blocked(PRESS, &["A-2", "A-3"]))
            .when(replace_plan(&other()))
            .then_refused(missing(&["A-2"]));
    }

    #[test]
    fn a_seat_that_is_sold_stays_in_its_category_and_one_that_is_kept_back_need_not() {
        let circle = plan_of(&[("Circle", 1..=2), ("Stalls", 3..=12)], &[]);
        let blocked = given(theatre()).and(0, seats_blocked(PRESS, &["A-1"]));
        blocked.clone().when(replace_plan(&circle)).then([plan_replaced(&circle)]);
        blocked
            .and(0, hold_placed(0, ANN, &["A-2", "A-3"]))
            .when(replace_plan(&circle))
            .then_refused(missing(&["A-2"]));
    }

    #[test]
    fn a_hold_that_has_lapsed_on_a_seat_that_goes_is_recorded_as_such() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1", "A-2"]))
            .and(0, hold_placed(0, BOB, &["A-3"]))
            .at(HOLD_MS)
            .when(replace_plan(&other()))
            .then_and([HoldExpired { hold: ANN }.into(), plan_replaced(&other())])
            .when(expire_holds())
            .then([HoldExpired { hold: BOB }.into()]);
    }

    #[test]
    fn late_money_for_a_seat_that_is_gone_is_let_go_also_where_a_later_plan_has_it_again() {
        let former = plan_of(&[("Stalls", 1..=12)], &[]);
        let paying = given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .at(HOLD_MS)
            .when(replace_plan(&other()))
            .happens(HOLD_MS);
        let gone = void_due(PAY, ANN_ORDER, VoidReason::SeatsGone);
        let authorised = || authorised(PAY, ANN_ORDER, PRICE);
        paying.clone().and(HOLD_MS, authorised()).when(settle(PAY)).then([gone.clone()]);
        paying
            .when(replace_plan(&former))
            .happens(HOLD_MS)
            .and(HOLD_MS, authorised())
            .when(settle(PAY))
            .then_and([gone])
            .when(place_hold(BOB, &["A-1"]))
            .then([hold_placed(HOLD_MS, BOB, &["A-1"])]);
    }

    #[test]
    fn late_money_for_seats_that_stayed_reclaims_them() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-12"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-12"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .at(HOLD_MS)
            .when(replace_plan(&other()))
            .happens(HOLD_MS)
            .and(HOLD_MS, authorised(PAY, ANN_ORDER, PRICE))
            .when(settle(PAY))
            .then_and([
                HoldExpired { hold: ANN }.into(),
                reclaimed(ANN_ORDER, ANN),
                secured(ANN_ORDER, ANN, PAY),
            ])
            .when(place_hold(BOB, &["A-12"]))
            .then_refused(InventoryRefused::SeatsTaken(seats(&["A-12"])));
    }

    #[test]
    fn a_published_show_keeps_what_it_sells_and_a_draft_is_not_ready_without_it() {
        let circle = plan_of(&[("Circle", 1..=12)], &[]);
        let stalls = vec![changeable(STALLS, PRICE).ticket_type];
        given(theatre()).when(replace_plan(&circle)).then_refused(misfit(&[], stalls, Vec::new()));
        given(unpublished_theatre())
            .when(replace_plan(&circle))
            .then_and([plan_replaced(&circle)])
            .when(InventoryCommand::Publish)
            .then_refused(InventoryRefused::NotReady(vec![
                super::super::publish::Missing::SeatsOfCategories,
            ]));
    }

    #[test]
    fn areas_go_by_their_names() {
        let floor = plan_of(&[], &[("Floor", 8), ("Terrace", 5)]);
        let first = given(vec![drafted_with(&floor), area_pool("Floor", 0, 8), area_pool("Terrace", 1, 5)]);
        let larger = plan_of(&[], &[("Garden", 3), ("Floor", 9)]);
        let second = first
            .when(replace_plan(&larger))
            .then_and([
                area_pool("Garden", 2, 3),
                area_capacity(0, 9),
                area_capacity(1, 0),
                plan_replaced(&larger),
            ])
            .and(0, area_capacity(0, 4));
        let back = plan_of(&[], &[("Terrace", 5), ("Floor", 9)]);
        second.when(replace_plan(&back)).then([
            area_capacity(1, 5),
            area_capacity(2, 0),
            plan_replaced(&back),
        ]);
    }

    #[test]
    fn an_area_of_which_somebody_has_something_stays_and_may_get_smaller() {
        let standing = |capacity| plan_of(&[], &[("Floor", capacity)]);
        let none = plan_of(&[("Stalls", 1..=1)], &[]);
        let floor = || given(standing_only(&standing(8))).and(0, units_held(0, ANN, STANDING, 2));
        floor().at(1).when(replace_plan(&none)).then_refused(misfit(&[], Vec::new(), vec![area_id(0)]));
        floor()
            .at(1)
            .when(replace_plan(&standing(1)))
            .then([area_capacity(0, 1), plan_replaced(&standing(1))]);
        floor().at(HOLD_MS).when(replace_plan(&none)).then([area_capacity(0, 0), plan_replaced(&none)]);
    }

    #[test]
    fn the_same_plan_is_no_change_and_another_than_expected_is_refused() {
        let same = plan_of(&[("Stalls", 1..=12)], &[]);
        given(theatre()).when(replace_plan(&same)).then([]);
        let replace = ReplacePlan { plan: other(), expected: Some(None) };
        given(theatre()).when(InventoryCommand::ReplacePlan(replace)).then_refused(InventoryRefused::Changed);
        given(Vec::new()).when(replace_plan(&same)).then_refused(InventoryRefused::UnknownShow);
    }

    #[test]
    fn a_show_without_seats_gets_some() {
        given(club())
            .and(0, units_held(0, ANN, STANDING, 2))
            .when(replace_plan(&other()))
            .then_and([plan_replaced(&other())])
            .when(add_ticket_type(type_added(STALLS, PRICE, Some("Stalls"), &[])))
            .happens(0)
            .when(place_hold(BOB, &["A-3"]))
            .then([hold_placed(0, BOB, &["A-3"])]);
    }
}
