//! The best seats that are free: together if asked, nearest to the focal point, and so that no seat is left alone.
//!
//! Of all choices of seats side by side the best is that which, in this order,
//!
//! 1. takes the fewest companion seats from wheelchair users (or, for these, the fewest seats that are none),
//! 2. leaves the fewest seats alone, that is free with nobody free beside them,
//! 3. has the smallest sum of distances to the focal point,
//! 4. comes first in the plan.
//!
//! Wheelchair places are given only to those who ask for them. Groups are split only where the buyer allows it, the
//! largest first. The search goes from the nearest run outwards and stops when nothing farther away can be better; a
//! run that has not enough free seats costs one comparison.

use rustc_hash::{FxHashMap, FxHashSet};

use super::event::Item;
use super::{Claimant, Invalid, Inventory, InventoryRefused, Left, TicketType};
use crate::id::{HoldId, TicketTypeId};
use crate::seating::runs::{RunIndex, Runs};
use crate::seating::{Layout, SeatIndex};
use crate::time::Timestamp;

#[cfg(test)]
mod tests;

/// The most seats that can be asked for like this at once.
pub const BEST_MAX: u32 = 50;

/// How many parts are tried for a group at most, so that nobody can keep a show busy.
const TRIES_MAX: u32 = 100;

/// The best seats of a ticket type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestAvailable {
    /// The ticket type.
    pub ticket_type: TicketTypeId,
    /// How many.
    pub quantity: u32,
    /// Side by side.
    pub adjacent: bool,
    /// How many of them are wheelchair places; the others are for who comes along.
    pub accessible: u32,
    /// What may be done if there are not so many side by side.
    pub split: Split,
}

/// How a group that cannot sit together may be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Split {
    /// Not at all.
    #[default]
    No,
    /// So that nobody sits alone.
    Pairs,
    /// In any way.
    Rows,
}

/// What makes one choice better than another, the most important first.
type Quality = (u32, u32, u64, SeatIndex);

impl Inventory {
    /// The items that a wish for the best seats comes to, none of them among these seats.
    pub(super) fn best_items(
        &self,
        best: &BestAvailable,
        but: &[SeatIndex],
        now: Timestamp,
    ) -> Result<Vec<Item>, InventoryRefused> {
        let known = self
            .ticket_type(best.ticket_type)
            .ok_or(InventoryRefused::UnknownTicketType(best.ticket_type))?;
        if best.accessible > best.quantity {
            return Err(Invalid::MoreAccessibleThanSeats.into());
        }
        let (Some(category), Some(plan)) = (known.category, self.plan()) else {
            if best.accessible > 0 {
                return Err(Invalid::NoSeats(best.ticket_type).into());
            }
            let item = self.unit_item(best.ticket_type)?;
            return Ok(vec![item; usize::try_from(best.quantity).unwrap_or_default()]);
        };
        if best.quantity > BEST_MAX {
            return Err(Invalid::TooManyBest.into());
        }
        let mut chooser = Chooser::new(self, plan, category, now);
        for seat in but {
            chooser.take(*seat);
        }
        let seats = chooser.choose(best)?;
        Ok(seats.into_iter().filter_map(|seat| item(known, plan, seat)).collect())
    }

    /// The holds that have lapsed and still have claims.
    pub(super) fn overdue(&self, now: Timestamp) -> FxHashSet<HoldId> {
        let due = self.deadlines.iter().take_while(|(deadline, _)| *deadline <= now);
        let overdue = |id: &HoldId| self.holds.get(id).is_some_and(|hold| hold.is_overdue(now));
        due.map(|(_, id)| *id).filter(overdue).collect()
    }
}

impl Claimant {
    /// Whether it is one of these holds, which have lapsed.
    pub(super) fn has_lapsed(self, overdue: &FxHashSet<HoldId>) -> bool {
        match self {
            Self::Hold(hold) => overdue.contains(&hold),
            Self::Block(_) => false,
        }
    }
}

fn item(ticket_type: &TicketType, plan: &Layout, seat: SeatIndex) -> Option<Item> {
    Some(Item {
        price: ticket_type.added.price,
        seat: Some(plan.seat(seat)?.id.clone()),
        ticket_type: ticket_type.added.ticket_type,
    })
}

/// What is to be found: so many side by side, and so many of them wheelchair places.
#[derive(Clone, Copy)]
struct Group {
    size: usize,
    accessible: usize,
}

struct Chooser<'a> {
    inventory: &'a Inventory,
    plan: &'a Layout,
    runs: &'a Runs,
    category: u32,
    /// Their seats are free.
    overdue: FxHashSet<HoldId>,
    /// Seats of a run that are not as the inventory counts them: free because of the time, less those taken here.
    recount: FxHashMap<RunIndex, i64>,
    taken: FxHashSet<SeatIndex>,
    /// A choice that leaves a seat alone is none, unless one is left over in any case.
    strict: bool,
}

impl<'a> Chooser<'a> {
    fn new(inventory: &'a Inventory, plan: &'a Layout, category: u32, now: Timestamp) -> Self {
        let (runs, overdue) = (plan.runs(), inventory.overdue(now));
        let mut recount: FxHashMap<RunIndex, i64> = FxHashMap::default();
        for hold in overdue.iter().filter_map(|id| inventory.holds.get(id)) {
            let seats = hold.items.iter().filter_map(|item| inventory.seat_index(item));
            for run in seats.filter_map(|seat| runs.of_seat(seat)) {
                *recount.entry(run).or_default() += 1;
            }
        }
        let strict = inventory.terms.as_ref().is_some_and(|terms| terms.drafted.single_seat_rule.is_some());
        Self { inventory, plan, runs, category, overdue, recount, taken: FxHashSet::default(), strict }
    }

    fn take(&mut self, seat: SeatIndex) {
        if self.is_free(seat)
            && let Some(run) = self.runs.of_seat(seat)
        {
            *self.recount.entry(run).or_default() -= 1;
        }
        self.taken.insert(seat);
    }

    fn is_free(&self, seat: SeatIndex) -> bool {
        let is_claimed = self.inventory.claimant(seat).is_some_and(|by| !by.has_lapsed(&self.overdue));
        !is_claimed && !self.taken.contains(&seat)
    }

    /// How many seats of a run are free, of whatever category.
    fn free_in(&self, run: RunIndex) -> usize {
        let counted = i64::from(self.inventory.free_in_run(self.runs, run));
        let free = counted + self.recount.get(&run).copied().unwrap_or_default();
        usize::try_from(free).unwrap_or_default()
    }

    fn choose(&mut self, best: &BestAvailable) -> Result<Vec<SeatIndex>, InventoryRefused> {
        let size = |count: u32| usize::try_from(count).unwrap_or_default();
        let whole = Group { size: size(best.quantity), accessible: size(best.accessible) };
        let before = (self.taken.clone(), self.recount.clone());
        let found = if !best.adjacent {
            self.apart(whole)
        } else if let Some(seats) = self.together(whole) {
            Some(seats)
        } else {
            self.split(whole, best.split)
        };
        found.ok_or_else(|| {
            (self.taken, self.recount) = before;
            self.refusal(best, whole)
        })
    }

    /// A group side by side.
    fn together(&mut self, group: Group) -> Option<Vec<SeatIndex>> {
        let seats: Vec<SeatIndex> = match self.best(group) {
            Some((.., first)) => (first..).take(group.size).collect(),
            None if group.accessible > 0 => self.around_others(group)?,
            None => return None,
        };
        for seat in &seats {
            self.take(*seat);
        }
        Some(seats)
    }

    /// Where wheelchair places alternate with others, a group may have more of either between its own: the narrowest
    /// part of a run that has enough of both, and of these the nearest.
    fn around_others(&self, group: Group) -> Option<Vec<SeatIndex>> {
        let others = group.size - group.accessible;
        let mut best: Option<(SeatIndex, u64, SeatIndex)> = None;
        for (_, run) in self.runs.of_category(self.category) {
            let seats = self.runs.seats(*run);
            for first in seats.clone() {
                let (mut found, mut cost) = ((0, 0), 0_u64);
                for seat in first..seats.end {
                    let Some(is_accessible) = self.is_eligible(seat, 1) else { break };
                    cost = cost.saturating_add(self.runs.distance(seat));
                    found = if is_accessible { (found.0 + 1, found.1) } else { (found.0, found.1 + 1) };
                    if found.0 >= group.accessible && found.1 >= others {
                        best = best.into_iter().chain([(seat - first, cost, first)]).min();
                        break;
                    }
                }
            }
        }
        let (span, _, first) = best?;
        let known = |seat: &SeatIndex| self.plan.seat(*seat);
        let (accessible, mut rest): (Vec<SeatIndex>, Vec<SeatIndex>) =
            (first..=first + span).partition(|seat| known(seat).is_some_and(|known| known.accessible));
        rest.sort_by_key(|seat| known(seat).is_none_or(|known| !known.companion));
        let mut seats: Vec<SeatIndex> =
            accessible.into_iter().take(group.accessible).chain(rest.into_iter().take(others)).collect();
        seats.sort_unstable();
        Some(seats)
    }

    /// Each seat as good as it can be.
    fn apart(&mut self, group: Group) -> Option<Vec<SeatIndex>> {
        let single = |accessible| Group { size: 1, accessible };
        let singles = (0..group.size).map(|n| single(usize::from(n < group.accessible)));
        singles.map(|single| self.together(single)).collect::<Option<Vec<_>>>().map(|found| found.concat())
    }

    /// As few groups as the largest first make; all wheelchair places in the first.
    fn split(&mut self, whole: Group, split: Split) -> Option<Vec<SeatIndex>> {
        match split {
            Split::No => None,
            Split::Pairs => self.parts(whole, 2, &mut { TRIES_MAX }),
            Split::Rows => self.parts(whole, 1, &mut { TRIES_MAX }),
        }
    }

    /// A group in parts of at least so many. Where the largest part leaves what cannot be parted, a smaller one is tried.
    fn parts(&mut self, left: Group, least: usize, tries: &mut u32) -> Option<Vec<SeatIndex>> {
        if left.size == 0 {
            return Some(Vec::new());
        }
        let largest = left.size.min(self.longest(left.accessible));
        for size in (least.max(left.accessible)..=largest).rev() {
            if left.size != size && left.size - size < least {
                continue;
            }
            *tries = tries.checked_sub(1)?;
            let before = (self.taken.clone(), self.recount.clone());
            if let Some(mut seats) = self.together(Group { size, ..left }) {
                let rest = Group { size: left.size - size, accessible: 0 };
                if let Some(more) = self.parts(rest, least, tries) {
                    seats.extend(more);
                    return Some(seats);
                }
            }
            (self.taken, self.recount) = before;
        }
        None
    }

    fn refusal(&self, best: &BestAvailable, group: Group) -> InventoryRefused {
        let seats = || self.runs.of_category(self.category).iter().flat_map(|(_, run)| self.runs.seats(*run));
        let count = |accessible: bool| {
            seats()
                .filter(|seat| self.is_eligible(*seat, usize::from(accessible)) == Some(accessible))
                .count()
        };
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (accessible, others) = (count(true), count(false));
        let sold_out =
            |available| InventoryRefused::SoldOut(vec![Left { ticket_type: best.ticket_type, available }]);
        if accessible < group.accessible {
            return sold_out(number(accessible));
        }
        if others < group.size - group.accessible {
            return sold_out(number(others + group.accessible));
        }
        let together = number(self.longest(group.accessible).min(group.size.saturating_sub(1)));
        InventoryRefused::NotTogether { ticket_type: best.ticket_type, together }
    }

    /// Whether a free seat can be part of a group with or without wheelchair places, and whether it is one.
    fn is_eligible(&self, seat: SeatIndex, accessible: usize) -> Option<bool> {
        if !self.is_free(seat) {
            return None;
        }
        let known = self.plan.seat(seat).filter(|known| known.category == self.category)?;
        (accessible > 0 || !known.accessible).then_some(known.accessible)
    }

    /// The most seats that are free side by side.
    fn longest(&self, accessible: usize) -> usize {
        let mut longest = 0;
        for (_, run) in self.runs.of_category(self.category) {
            if self.free_in(*run) <= longest {
                continue;
            }
            let mut length = 0;
            for seat in self.runs.seats(*run) {
                length = if self.is_eligible(seat, accessible).is_some() { length + 1 } else { 0 };
                longest = longest.max(length);
            }
        }
        longest
    }

    /// The best place for a group, by its first seat.
    fn best(&self, group: Group) -> Option<Quality> {
        let mut best: Option<Quality> = None;
        for (nearest, run) in self.runs.of_category(self.category) {
            let at_least = nearest.saturating_mul(u64::try_from(group.size).unwrap_or(u64::MAX));
            if best.is_some_and(|(misused, alone, cost, _)| (misused, alone) == (0, 0) && cost < at_least) {
                break;
            }
            if self.free_in(*run) >= group.size {
                best = best.into_iter().chain(self.best_in(*run, group)).min();
            }
        }
        best
    }

    fn best_in(&self, run: RunIndex, group: Group) -> Option<Quality> {
        let seats = self.runs.seats(run);
        let mut best = None;
        // What a window has that ends with the seat at hand.
        let (mut length, mut cost, mut accessible) = (0_usize, 0_u64, 0_usize);
        for seat in seats.clone() {
            let Some(is_accessible) = self.is_eligible(seat, group.accessible) else {
                (length, cost, accessible) = (0, 0, 0);
                continue;
            };
            length += 1;
            cost = cost.saturating_add(self.runs.distance(seat));
            accessible += usize::from(is_accessible);
            if length > group.size {
                let left = seat.saturating_sub(SeatIndex::try_from(group.size).unwrap_or(SeatIndex::MAX));
                length -= 1;
                cost = cost.saturating_sub(self.runs.distance(left));
                accessible -= usize::from(self.plan.seat(left).is_some_and(|known| known.accessible));
            }
            if length < group.size || accessible != group.accessible {
                continue;
            }
            let first = seat + 1 - SeatIndex::try_from(group.size).unwrap_or_default();
            if let Some(alone) = self.left_alone(&seats, first, seat + 1) {
                let quality = (self.misused(first..seat + 1, group), alone, cost, first);
                best = best.into_iter().chain([quality]).min();
            }
        }
        best
    }

    /// Companion seats that go to others, or others that go where companions should.
    fn misused(&self, seats: std::ops::Range<SeatIndex>, group: Group) -> u32 {
        let known = seats.filter_map(|seat| self.plan.seat(seat));
        let misused = known.filter(|seat| {
            if group.accessible == 0 { seat.companion } else { !seat.accessible && !seat.companion }
        });
        u32::try_from(misused.count()).unwrap_or(u32::MAX)
    }

    /// How many seats would be left alone beside those from `first` until `end`. `None`: that may not be.
    fn left_alone(&self, run: &std::ops::Range<SeatIndex>, first: SeatIndex, end: SeatIndex) -> Option<u32> {
        let mut before = (run.start..first).rev();
        let mut after = end..run.end;
        // More than two are as good as two.
        let free = |seats: &mut dyn Iterator<Item = SeatIndex>| {
            seats.take(2).take_while(|seat| self.is_free(*seat)).count()
        };
        let left = (free(&mut before), free(&mut after));
        let alone = u32::from(left.0 == 1) + u32::from(left.1 == 1);
        let is_unavoidable = left == (0, 1) || left == (1, 0);
        (!self.strict || alone == 0 || is_unavoidable).then_some(alone)
    }
}
