//! A seating plan that replaces another while the show sells.

use std::sync::Arc;

use super::holds::State;
use super::inventory::Inventory;
use crate::layout::{Layout, SeatIndex};
use crate::rule::{Rule, Verdict};
use crate::value::Time;

impl Inventory {
    pub(super) fn replace_plan(&mut self, layout: Option<Arc<Layout>>, now: Time) -> Verdict {
        let Some(layout) = layout else { return Ok(()) };
        let former = self.layout.replace(Arc::clone(&layout));
        if let Some(former) = &former {
            Rule::PlanIsAnother.holds(!Arc::ptr_eq(former, &layout), || "it is the same".to_owned())?;
            self.keeps_seats(former, &layout, now)?;
        }
        self.has_areas(former.as_deref(), &layout)?;
        if self.published {
            self.has_seats_of_its_categories()?;
        }
        if let Some(former) = &former {
            self.reseat(former, &layout);
        }
        Ok(())
    }

    /// Whether the plan has seats of everything that is sold.
    pub(super) fn has_seats_of_its_categories(&self) -> Verdict {
        let has = |name: &str| self.layout.as_ref().is_some_and(|layout| layout.has_seats_of(name));
        let lacks = self.stock.categories().find(|name| !has(name));
        Rule::CategoriesHaveSeats.holds(lacks.is_none(), || format!("none of {lacks:?}"))
    }

    fn keeps_seats(&self, former: &Layout, layout: &Layout, now: Time) -> Verdict {
        let names = former.names();
        for (seat, hold) in self.stock.taken() {
            let name =
                usize::try_from(seat).ok().and_then(|seat| names.get(seat)).copied().unwrap_or_default();
            let found = layout.seat(name);
            let fits =
                found.is_some_and(|found| hold.is_none() || layout.category(found) == former.category(seat));
            Rule::PlanKeepsSeats.holds(fits, || match hold.and_then(|id| self.holds.get(&id)) {
                Some(known) if known.has_lapsed(now) => {
                    format!("{name:?}, whose hold's expiry is not in the log")
                }
                _ => format!("{name:?}"),
            })?;
        }
        Ok(())
    }

    fn has_areas(&self, former: Option<&Layout>, layout: &Layout) -> Verdict {
        let before = |name: &str| former.and_then(|former| former.areas().get(name).copied());
        for (name, capacity) in layout.areas() {
            let pool = self.stock.area(name);
            let fits = pool.is_some_and(|(_, has, _)| has == *capacity || before(name) == Some(*capacity));
            Rule::AreasArePools.holds(fits, || format!("{name:?} takes {capacity}, the pool is {pool:?}"))?;
        }
        let gone = former.into_iter().flat_map(|former| former.areas().keys());
        for name in gone.filter(|name| !layout.areas().contains_key(*name)) {
            let pool = self.stock.area(name);
            let is_empty = pool.is_none_or(|(_, capacity, taken)| capacity == 0 && taken == 0);
            Rule::AreasArePools.holds(is_empty, || format!("{name:?} is gone, the pool is {pool:?}"))?;
        }
        Ok(())
    }

    /// Moves everything to the places of the new layout. A hold that has expired and lost a seat lost them all.
    fn reseat(&mut self, former: &Layout, layout: &Layout) {
        let names = former.names();
        let moved = |seat: SeatIndex| layout.seat(names.get(usize::try_from(seat).ok()?)?);
        self.stock.reseat(moved);
        for block in self.blocks.values_mut() {
            block.seats = block.seats.iter().filter_map(|seat| moved(*seat)).collect();
        }
        for hold in self.holds.values_mut() {
            let mut lost = false;
            for seat in hold.claims.iter_mut().filter_map(|claim| claim.seat.as_mut()) {
                match moved(*seat) {
                    Some(place) if layout.category(place) == former.category(*seat) => *seat = place,
                    _ => lost = true,
                }
            }
            if lost && hold.state == State::Expired {
                hold.claims = Vec::new();
            }
        }
    }
}
