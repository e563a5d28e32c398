//! Another seating plan, as one would compare two lists.

use boxoffice_domain::id::{HoldId, PoolId, TicketTypeId};
use boxoffice_domain::inventory::event::*;
use boxoffice_domain::inventory::replace_plan::ReplacePlan;
use boxoffice_domain::inventory::{InventoryEvent, InventoryRefused};
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::world::{self, Plan};
use super::{Answer, Checked, HeldState, Judged, Reference, exactly};

impl Reference {
    /// The plan that the show has.
    pub(super) fn plan(&self) -> &'static Plan {
        let layout = self.terms.as_ref().and_then(|terms| terms.layout);
        layout.map_or(&Plan { seats: &[], areas: &[] }, Plan::of)
    }

    pub(super) fn category(&self, seat: &SeatId) -> Option<&'static str> {
        self.plan().category(seat)
    }

    pub(super) fn judge_plan(&self, command: &ReplacePlan, now: Timestamp) -> Judged {
        let terms = self.drafted()?;
        let layout = command.plan.digest();
        match command.expected {
            Some(expected) if expected != terms.layout => return Err(InventoryRefused::Changed),
            _ if terms.layout == Some(layout) => return exactly([]),
            _ => {}
        }
        let new = Plan::of(layout);
        let (seats, lapsed) = self.lost_seats(new, now);
        let ticket_types = if self.published { self.unsold(new) } else { Vec::new() };
        let (changes, pools) = self.areas(new, now);
        if !(seats.is_empty() && ticket_types.is_empty() && pools.is_empty()) {
            return Err(InventoryRefused::PlanDoesNotFit { seats, ticket_types, pools });
        }
        let replaced = PlanReplaced { layout, plan: Some(command.plan.clone()) };
        let lapsed = lapsed.into_iter().map(|hold| HoldExpired { hold }.into());
        Ok(Answer::Exactly(lapsed.chain(changes).chain([replaced.into()]).collect()))
    }

    /// Ticket types of whose category there are no seats.
    pub(super) fn unsold(&self, plan: &Plan) -> Vec<TicketTypeId> {
        let has = |category: &str| plan.seats.iter().any(|(_, of)| *of == category);
        let sells_nothing =
            self.types.iter().filter(|known| known.price_category.as_ref().is_some_and(|of| !has(of)));
        sells_nothing.map(|known| known.ticket_type).collect()
    }

    /// Seats that somebody would lose, and who has lapsed on one that goes.
    fn lost_seats(&self, new: &Plan, now: Timestamp) -> (Vec<SeatId>, Vec<HoldId>) {
        let (mut lost, mut lapsed) = (Vec::new(), Vec::new());
        for (name, category) in self.plan().seats {
            let seat = world::seat(name);
            if self.is_kept_back(&seat) && new.category(&seat).is_none() {
                lost.push(seat);
            } else if let Some(hold) = self.holds.iter().find(|hold| hold.claims() && hold.has_seat(&seat))
                && new.category(&seat) != Some(category)
            {
                if hold.live(now) {
                    lost.push(seat);
                } else if !lapsed.contains(&hold.id) {
                    lapsed.push(hold.id);
                }
            }
        }
        (lost, lapsed)
    }

    /// What happens to the pools of areas, and which of those that go somebody has something of.
    fn areas(&self, new: &Plan, now: Timestamp) -> (Vec<InventoryEvent>, Vec<PoolId>) {
        let pool = |name: &str| {
            let n = self.pool_names.iter().position(|known| known == name)?;
            Some(self.pools[n])
        };
        let (mut changes, mut taken) = (Vec::new(), Vec::new());
        let mut ids = (0..).map(|n| PoolId::of_area(world::show(), n));
        for (name, capacity) in new.areas {
            match pool(name) {
                None => {
                    let pool = ids.find(|id| self.pools.iter().all(|(known, _)| known != id)).unwrap();
                    changes.push(PoolAdded { capacity: *capacity, name: (*name).into(), pool }.into());
                }
                Some((pool, has)) if has != *capacity && !self.plan().areas.contains(&(*name, *capacity)) => {
                    changes.push(PoolCapacityChanged { capacity: *capacity, pool }.into());
                }
                Some(_) => {}
            }
        }
        for (name, _) in self.plan().areas {
            let Some((pool, has)) = pool(name) else { continue };
            if new.areas.iter().any(|(other, _)| other == name) {
                continue;
            }
            let live = self.holds.iter().filter(|hold| hold.live(now));
            let units: u32 = live.map(|hold| self.units(&hold.items, pool)).sum();
            if units + self.kept_back(pool) > 0 {
                taken.push(pool);
            } else if has != 0 {
                changes.push(PoolCapacityChanged { capacity: 0, pool }.into());
            }
        }
        (changes, taken)
    }

    pub(super) fn record_plan(&mut self, event: &PlanReplaced) -> Checked {
        let (former, new) = (self.plan(), Plan::of(event.layout));
        let terms = self.terms.as_mut().unwrap();
        prop_assert_ne!(terms.layout, Some(event.layout));
        terms.layout = Some(event.layout);
        for hold in self.holds.iter_mut().filter(|hold| hold.state == HeldState::Expired) {
            let mut seats = hold.items.iter().filter_map(|item| item.seat.as_ref());
            hold.bereft |=
                seats.any(|seat| new.category(seat).is_none() || new.category(seat) != former.category(seat));
        }
        Ok(())
    }

    /// Whoever has a seat has one that there is, as what it is sold.
    pub(super) fn check_plan(&self) -> Checked {
        for hold in self.holds.iter().filter(|hold| hold.claims()) {
            for item in &hold.items {
                let sold_as =
                    self.ticket_type(item.ticket_type).and_then(|known| known.price_category.as_deref());
                let is = item.seat.as_ref().and_then(|seat| self.category(seat));
                prop_assert_eq!(is, sold_as, "{:?} of {}", item, hold.id);
            }
        }
        for block in &self.blocks {
            for seat in &block.seats {
                prop_assert!(self.category(seat).is_some(), "{} keeps back {:?}", block.id, seat);
            }
        }
        Ok(())
    }
}
