//! What an organizer changes while a show sells.

use std::collections::HashSet;

use super::inventory::Inventory;
use crate::fact::{BlockPlaced, BlockReleased, InventoryRescheduled, SaleWindowChanged};
use crate::layout::SeatIndex;
use crate::rule::{Rule, Verdict};
use crate::value::{PoolId, Time};

/// What a block still keeps back.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) seats: HashSet<SeatIndex>,
    units: Option<(PoolId, u64)>,
}

/// There is a moment within the window.
pub(super) fn opens(starts: Option<Time>, ends: Option<Time>) -> Verdict {
    let opens = starts.zip(ends).is_none_or(|(starts, ends)| starts < ends);
    Rule::WindowOpens.holds(opens, || format!("from {starts:?} to {ends:?}"))
}

impl Inventory {
    pub(super) fn pause(&mut self) -> Verdict {
        self.turn(true, "it is paused")
    }

    pub(super) fn resume(&mut self) -> Verdict {
        self.turn(false, "it is not paused")
    }

    fn turn(&mut self, paused: bool, told: &str) -> Verdict {
        Rule::PauseOfPublished.holds(self.published, || "it is a draft".to_owned())?;
        self.takes_place(|| told.to_owned())?;
        Rule::PauseTurns.holds(self.paused != paused, || told.to_owned())?;
        self.paused = paused;
        Ok(())
    }

    pub(super) fn change_window(&mut self, changed: &SaleWindowChanged) -> Verdict {
        (self.terms.sale_starts_at, self.terms.sale_ends_at) = (changed.sale_starts_at, changed.sale_ends_at);
        opens(changed.sale_starts_at, Some(changed.sale_ends_at.unwrap_or(self.terms.starts_at)))
    }

    pub(super) fn reschedule(&mut self, moved: &InventoryRescheduled, now: Time) -> Verdict {
        let starts_at = moved.starts_at;
        self.takes_place(|| format!("moved to {starts_at}"))?;
        Rule::MovedAhead.holds(now < starts_at, || format!("{starts_at} at {now}"))?;
        self.terms.starts_at = starts_at;
        opens(self.terms.sale_starts_at, Some(starts_at))
    }

    pub(super) fn place_block(&mut self, placed: &BlockPlaced, now: Time) -> Verdict {
        let id = placed.block;
        Rule::BlockIsNew.holds(!self.blocks.contains_key(&id), || id.to_string())?;
        let units = placed.pool.zip(placed.quantity.map(u64::from));
        let of_units = units.is_some_and(|(_, quantity)| quantity > 0);
        let of_seats = placed.pool.is_none() && placed.quantity.is_none();
        Rule::BlockKeepsBack
            .holds(if placed.seats.0.is_empty() { of_units } else { of_seats }, || id.to_string())?;
        let mut block = Block { seats: HashSet::new(), units };
        for name in &placed.seats.0 {
            let Some(seat) = self.layout.as_deref().and_then(|layout| layout.seat(name)) else {
                return Rule::SeatIsInLayout.broken(format!("{name:?}"));
            };
            Rule::BlockKeepsBack.holds(block.seats.insert(seat), || format!("{id} names {name:?} twice"))?;
            if let Some((_, other)) = self.stock.blocked_among(std::iter::once(seat)) {
                return Rule::SeatIsNotBlocked
                    .broken(format!("seat {name:?} is wanted by {id}, {other} keeps it back"));
            }
            if let Some(holder) = self.stock.holder(seat).copied() {
                return self.is_anothers(name, &id.to_string(), holder, now);
            }
        }
        for seat in &block.seats {
            self.stock.block_seat(*seat, id);
        }
        if let Some((pool, quantity)) = units {
            self.stock.block_units(pool, quantity)?;
        }
        self.blocks.insert(id, block);
        Ok(())
    }

    pub(super) fn release_block(&mut self, released: &BlockReleased) -> Verdict {
        let id = released.block;
        let Some(block) = self.blocks.get_mut(&id) else {
            return Rule::ReleasedIsBlocked.broken(format!("{id} was not placed"));
        };
        let quantity = released.quantity.map(u64::from);
        let something = !released.seats.0.is_empty() || quantity.is_some_and(|quantity| quantity > 0);
        Rule::ReleasedIsBlocked.holds(something, || format!("nothing of {id}"))?;
        for name in &released.seats.0 {
            let seat = self.layout.as_deref().and_then(|layout| layout.seat(name));
            match seat.filter(|seat| block.seats.remove(seat)) {
                Some(seat) => self.stock.unblock_seat(seat),
                None => return Rule::ReleasedIsBlocked.broken(format!("{id} does not have {name:?}")),
            }
        }
        if let Some(quantity) = quantity {
            match &mut block.units {
                Some((pool, kept)) if *kept >= quantity => {
                    *kept -= quantity;
                    self.stock.unblock_units(*pool, quantity);
                }
                _ => return Rule::ReleasedIsBlocked.broken(format!("{id} does not have {quantity} units")),
            }
        }
        Ok(())
    }
}
