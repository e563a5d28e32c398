//! The best seats, and seats left alone, as one would find out with a pencil: the plan is one run of seats.

use boxoffice_domain::inventory::best_available::{BEST_MAX, BestAvailable};
use boxoffice_domain::inventory::event::Item;
use boxoffice_domain::inventory::{Invalid, InventoryRefused, Left};
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;

use super::{Reference, world};

impl Reference {
    /// For each seat of the plan, whether no live hold and no block has it.
    fn free_seats(&self, now: Timestamp) -> Vec<bool> {
        let has = |seat: &SeatId| {
            self.holds.iter().any(|hold| hold.live(now) && hold.has_seat(seat))
                || self.blocks.iter().any(|block| block.seats.contains(seat))
        };
        self.plan().seats.iter().map(|(name, _)| !has(&world::seat(name))).collect()
    }

    fn is_careful(&self) -> bool {
        self.terms.as_ref().is_some_and(|terms| terms.single_seat_rule.is_some())
    }

    pub(super) fn best(
        &self,
        best: &BestAvailable,
        chosen: &[Item],
        now: Timestamp,
    ) -> Result<Vec<Item>, InventoryRefused> {
        let ticket_type = best.ticket_type;
        let known = self.ticket_type(ticket_type).ok_or(InventoryRefused::UnknownTicketType(ticket_type))?;
        if best.accessible > best.quantity {
            return Err(Invalid::MoreAccessibleThanSeats.into());
        }
        let item = |seat| Item { price: known.price, seat, ticket_type };
        let Some(category) = &known.price_category else {
            if best.accessible > 0 {
                return Err(Invalid::NoSeats(ticket_type).into());
            }
            return Ok(vec![item(None); best.quantity as usize]);
        };
        if best.quantity > BEST_MAX {
            return Err(Invalid::TooManyBest.into());
        }
        let mut free = self.free_seats(now);
        for seat in chosen.iter().filter_map(|item| item.seat.as_ref()) {
            free[self.place(seat)] = false;
        }
        let sells = |n: usize| self.plan().seats[n].1 == category;
        let eligible = |free: &[bool]| (0..free.len()).map(|n| free[n] && sells(n)).collect::<Vec<_>>();
        let before = eligible(&free);
        let (groups, size) = if best.adjacent { (1, best.quantity as usize) } else { (best.quantity, 1) };
        let mut found = Vec::new();
        for _ in 0..groups {
            let Some(first) = nearest(&free, &eligible(&free), size, self.is_careful()) else { break };
            free[first..first + size].fill(false);
            found.extend((first..first + size).map(|n| item(Some(self.seat_at(n)))));
        }
        if best.accessible == 0 && found.len() == best.quantity as usize {
            return Ok(found);
        }
        let count = before.iter().filter(|is_it| **is_it).count();
        let sold_out = |available: usize| {
            InventoryRefused::SoldOut(vec![Left {
                ticket_type,
                available: u32::try_from(available).unwrap(),
            }])
        };
        if best.accessible > 0 {
            return Err(sold_out(0));
        }
        if count < best.quantity as usize {
            return Err(sold_out(count));
        }
        let longest = before.split(|is_it| !is_it).map(<[bool]>::len).max().unwrap_or_default();
        let together = u32::try_from(longest).unwrap().min(best.quantity - 1);
        Err(InventoryRefused::NotTogether { ticket_type, together })
    }

    /// Nobody is left alone where that is not allowed.
    pub(super) fn nobody_alone(&self, items: &[Item], now: Timestamp) -> Result<(), InventoryRefused> {
        if !self.is_careful() {
            return Ok(());
        }
        let free = self.free_seats(now);
        let seats = items.iter().filter_map(|item| item.seat.as_ref());
        let taken: Vec<usize> = seats.map(|seat| self.place(seat)).collect();
        let mut alone = Vec::new();
        let mut stretch: Vec<usize> = Vec::new();
        for n in 0..=free.len() {
            if n < free.len() && free[n] {
                stretch.push(n);
                continue;
            }
            let rest = std::mem::take(&mut stretch);
            let was = rest.len();
            let rest: Vec<usize> = rest.into_iter().filter(|n| !taken.contains(n)).collect();
            if rest.len() < was && rest.len() > 1 {
                let has_neighbour = |n: &usize| {
                    rest.contains(&(n + 1)) || n.checked_sub(1).is_some_and(|n| rest.contains(&n))
                };
                alone.extend(rest.iter().copied().filter(|n| !has_neighbour(n)));
            }
        }
        self.refuse(alone)
    }

    /// Nor by who gives seats back and keeps others.
    pub(super) fn nobody_alone_again(
        &self,
        given: &[Item],
        kept: &[Item],
        now: Timestamp,
    ) -> Result<(), InventoryRefused> {
        if !self.is_careful() {
            return Ok(());
        }
        let places = |items: &[Item]| -> Vec<usize> {
            items.iter().filter_map(|item| item.seat.as_ref()).map(|seat| self.place(seat)).collect()
        };
        let (given, kept) = (places(given), places(kept));
        let mut free = self.free_seats(now);
        for n in &given {
            free[*n] = true;
        }
        for n in &kept {
            free[*n] = false;
        }
        let mut alone: Vec<usize> = given
            .into_iter()
            .filter(|n| {
                let beside = [n.wrapping_sub(1), n + 1];
                beside.iter().any(|n| kept.contains(n)) && !beside.iter().any(|n| free.get(*n) == Some(&true))
            })
            .collect();
        alone.sort_unstable();
        alone.dedup();
        self.refuse(alone)
    }

    fn place(&self, seat: &SeatId) -> usize {
        self.plan().seats.iter().position(|(name, _)| *name == seat.as_str()).unwrap()
    }

    fn seat_at(&self, n: usize) -> SeatId {
        world::seat(self.plan().seats[n].0)
    }

    fn refuse(&self, alone: Vec<usize>) -> Result<(), InventoryRefused> {
        let seats: Vec<SeatId> = alone.into_iter().map(|n| self.seat_at(n)).collect();
        if seats.is_empty() { Ok(()) } else { Err(InventoryRefused::SeatsLeftAlone(seats)) }
    }
}

/// Where so many sit best: the fewest left alone, then the nearest. The focal point is where the run begins.
fn nearest(free: &[bool], eligible: &[bool], size: usize, is_careful: bool) -> Option<usize> {
    let fits = |first: &usize| eligible[*first..].iter().take(size).filter(|is_it| **is_it).count() == size;
    let alone = |first: usize| {
        let before: usize = free[..first].iter().rev().take_while(|free| **free).count();
        let after = free[first + size..].iter().take_while(|free| **free).count();
        let count = usize::from(before == 1) + usize::from(after == 1);
        let may_be = !is_careful || count == 0 || before + after == 1;
        may_be.then_some(count)
    };
    let firsts = (0..=free.len().checked_sub(size)?).filter(fits);
    firsts.filter_map(|first| Some((alone(first)?, first))).min().map(|(_, first)| first)
}
