//! What an organizer changes while a show sells.

use boxoffice_domain::id::PoolId;
use boxoffice_domain::inventory::change_ticket_type::ChangeTicketType;
use boxoffice_domain::inventory::event::*;
use boxoffice_domain::inventory::place_block::{Blocked, PlaceBlock};
use boxoffice_domain::inventory::release_block::{Part, ReleaseBlock};
use boxoffice_domain::inventory::{ITEMS_MAX, Invalid, InventoryCommand, InventoryRefused};
use boxoffice_domain::money::MINOR_MAX;
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::{Answer, Checked, Judged, KeptBack, Reference, exactly, world};

impl Reference {
    pub(super) fn judge_change(&self, command: &InventoryCommand, now: Timestamp) -> Judged {
        match command {
            InventoryCommand::PauseSale(c) => {
                self.sellable()?;
                self.takes_place()?;
                let event = SalePaused { reason: c.reason.clone() }.into();
                if self.paused { exactly([]) } else { exactly([event]) }
            }
            InventoryCommand::ResumeSale => {
                self.sellable()?;
                self.takes_place()?;
                if self.paused { exactly([SaleResumed {}.into()]) } else { exactly([]) }
            }
            InventoryCommand::ChangeSaleWindow(c) => {
                let terms = self.drafted()?;
                let has = SaleWindowChanged {
                    sale_ends_at: terms.sale_ends_at,
                    sale_starts_at: terms.sale_starts_at,
                };
                let ends = c.window.sale_ends_at.unwrap_or(terms.starts_at);
                match c.expected {
                    Some(expected) if expected != has => Err(InventoryRefused::Changed),
                    _ if c.window == has => exactly([]),
                    _ if c.window.sale_starts_at.is_some_and(|starts| ends <= starts) => {
                        Err(Invalid::SaleWindow.into())
                    }
                    _ => exactly([c.window.into()]),
                }
            }
            InventoryCommand::Reschedule(c) => {
                let terms = self.drafted()?;
                self.takes_place()?;
                if c.starts_at == terms.starts_at {
                    return exactly([]);
                }
                if c.starts_at <= now {
                    return Err(Invalid::PastStart.into());
                }
                match terms.sale_starts_at {
                    Some(opens) if c.starts_at <= opens => Err(Invalid::SaleWindow.into()),
                    _ => exactly([InventoryRescheduled { starts_at: c.starts_at }.into()]),
                }
            }
            InventoryCommand::ChangeTicketType(c) => self.judge_type_change(c),
            InventoryCommand::ChangeCapacity(c) => {
                self.drafted()?;
                let has = self.capacity(c.pool)?;
                match c.expected {
                    Some(expected) if expected != has => Err(InventoryRefused::Changed),
                    _ if c.capacity == has => exactly([]),
                    _ => exactly([PoolCapacityChanged { capacity: c.capacity, pool: c.pool }.into()]),
                }
            }
            InventoryCommand::ReplacePlan(c) => self.judge_plan(c, now),
            InventoryCommand::PlaceBlock(c) => self.judge_block(c, now),
            InventoryCommand::ReleaseBlock(c) => self.judge_release(c),
            _ => panic!("{command:?} is no change"),
        }
    }

    fn capacity(&self, pool: PoolId) -> Result<u32, InventoryRefused> {
        let known = self.pools.iter().find(|(id, _)| *id == pool);
        known.map(|(_, capacity)| *capacity).ok_or(InventoryRefused::UnknownPool)
    }

    fn sellable(&self) -> Result<(), InventoryRefused> {
        self.drafted()?;
        if self.published { Ok(()) } else { Err(InventoryRefused::NotPublished) }
    }

    fn judge_type_change(&self, command: &ChangeTicketType) -> Judged {
        self.drafted()?;
        let to = &command.changed;
        let known = self.ticket_type(to.ticket_type);
        let known = known.ok_or(InventoryRefused::UnknownTicketType(to.ticket_type))?;
        let has = TicketTypeChanged::of(known);
        if command.expected.as_ref().is_some_and(|expected| *expected != has) {
            return Err(InventoryRefused::Changed);
        }
        if *to == has {
            return exactly([]);
        }
        if to.price > MINOR_MAX {
            return Err(Invalid::AmountTooLarge.into());
        }
        match (to.min_per_order, to.max_per_order) {
            (Some(min), Some(max)) if max < min => return Err(Invalid::Limits.into()),
            _ => {}
        }
        match (to.sale_starts_at, to.sale_ends_at) {
            (Some(starts), Some(ends)) if ends <= starts => Err(Invalid::SaleWindow.into()),
            _ => exactly([to.clone().into()]),
        }
    }

    fn judge_block(&self, command: &PlaceBlock, now: Timestamp) -> Judged {
        self.drafted()?;
        if self.blocks.iter().any(|block| block.id == command.block) {
            return Err(InventoryRefused::Exists);
        }
        let (block, reason) = (command.block, command.reason.clone());
        match &command.what {
            Blocked::Seats(seats) => {
                match seats.len() {
                    0 => return Err(Invalid::Nothing.into()),
                    many if many > ITEMS_MAX => return Err(Invalid::TooMany.into()),
                    _ => {}
                }
                let unknown: Vec<SeatId> =
                    seats.iter().filter(|seat| self.category(seat).is_none()).cloned().collect();
                if !unknown.is_empty() {
                    return Err(InventoryRefused::UnknownSeats(unknown));
                }
                for (n, seat) in seats.iter().enumerate() {
                    if seats[..n].contains(seat) {
                        return Err(Invalid::SeatTwice(seat.clone()).into());
                    }
                }
                // As if it were bought as something that draws on no pool.
                let nothing = world::ticket_type(u32::MAX);
                let item = |seat: &SeatId| Item { price: 0, seat: Some(seat.clone()), ticket_type: nothing };
                let items: Vec<Item> = seats.iter().map(item).collect();
                self.can_be_had(&items, now)?;
                let placed = BlockPlaced { block, pool: None, quantity: None, reason, seats: seats.clone() };
                Ok(Answer::TakingOver(items, vec![placed.into()]))
            }
            Blocked::Units { quantity: 0, .. } => Err(Invalid::Nothing.into()),
            Blocked::Units { pool, quantity } => {
                let available = self.room(*pool, self.capacity(*pool)?, |hold| hold.live(now));
                if available < *quantity {
                    return Err(InventoryRefused::PoolShort { pool: *pool, available });
                }
                let (pool, quantity) = (Some(*pool), Some(*quantity));
                exactly([BlockPlaced { block, pool, quantity, reason, seats: Vec::new() }.into()])
            }
        }
    }

    fn judge_release(&self, command: &ReleaseBlock) -> Judged {
        self.drafted()?;
        let known = self.blocks.iter().find(|block| block.id == command.block);
        let known = known.ok_or(InventoryRefused::UnknownBlock)?;
        let has = known.units.map_or(0, |(_, units)| units);
        let (seats, quantity) = match &command.part {
            Part::All => {
                let in_order = self.plan().seats.iter().map(|(name, _)| world::seat(name));
                let seats: Vec<SeatId> = in_order.filter(|seat| known.seats.contains(seat)).collect();
                if seats.is_empty() && has == 0 {
                    return exactly([]);
                }
                (seats, (has > 0).then_some(has))
            }
            Part::Seats(seats) if seats.is_empty() => return Err(Invalid::Nothing.into()),
            Part::Seats(seats) => {
                for (n, seat) in seats.iter().enumerate() {
                    if seats[..n].contains(seat) || !known.seats.contains(seat) {
                        return Err(InventoryRefused::NotInBlock);
                    }
                }
                (seats.clone(), None)
            }
            Part::Units(0) => return Err(Invalid::Nothing.into()),
            Part::Units(quantity) if *quantity <= has => (Vec::new(), Some(*quantity)),
            Part::Units(_) => return Err(InventoryRefused::NotInBlock),
        };
        exactly([BlockReleased { block: command.block, quantity, seats }.into()])
    }

    pub(super) fn record_change(&mut self, event: &InventoryEvent, now: Timestamp) -> Checked {
        match event {
            InventoryEvent::SalePaused(_) => {
                prop_assert!(self.published && !self.paused);
                self.paused = true;
            }
            InventoryEvent::SaleResumed(_) => {
                prop_assert!(self.published && self.paused);
                self.paused = false;
            }
            InventoryEvent::SaleWindowChanged(e) => {
                let terms = self.terms.as_mut().unwrap();
                (terms.sale_starts_at, terms.sale_ends_at) = (e.sale_starts_at, e.sale_ends_at);
            }
            InventoryEvent::InventoryRescheduled(e) => {
                prop_assert!(now < e.starts_at);
                self.terms.as_mut().unwrap().starts_at = e.starts_at;
            }
            InventoryEvent::TicketTypeChanged(e) => {
                let known = self.types.iter_mut().find(|known| known.ticket_type == e.ticket_type);
                e.change(known.unwrap());
            }
            InventoryEvent::PoolCapacityChanged(e) => {
                let pool = self.pools.iter_mut().find(|(id, _)| *id == e.pool);
                prop_assert!(
                    pool.is_some_and(|pool| std::mem::replace(&mut pool.1, e.capacity) != e.capacity)
                );
            }
            InventoryEvent::PlanReplaced(e) => self.record_plan(e)?,
            InventoryEvent::BlockPlaced(e) => self.record_block(e, now)?,
            InventoryEvent::BlockReleased(e) => {
                let block = self.blocks.iter_mut().find(|block| block.id == e.block).unwrap();
                for seat in &e.seats {
                    let index = block.seats.iter().position(|has| has == seat);
                    prop_assert!(index.is_some(), "{} does not have {:?}", e.block, seat);
                    block.seats.remove(index.unwrap());
                }
                if let Some(quantity) = e.quantity {
                    let (_, units) = block.units.as_mut().unwrap();
                    prop_assert!(quantity <= *units);
                    *units -= quantity;
                }
            }
            _ => panic!("{event:?} is no change"),
        }
        Ok(())
    }

    fn record_block(&mut self, event: &BlockPlaced, now: Timestamp) -> Checked {
        prop_assert!(self.blocks.iter().all(|block| block.id != event.block));
        let units = event.pool.zip(event.quantity);
        self.blocks.push(KeptBack { id: event.block, seats: event.seats.clone(), units });
        if let Some((pool, _)) = units {
            let capacity = self.capacity(pool).unwrap();
            let live = self.holds.iter().filter(|hold| hold.live(now));
            let live: u32 = live.map(|hold| self.units(&hold.items, pool)).sum();
            prop_assert!(live + self.kept_back(pool) <= capacity, "{} is overdrawn by a block", pool);
            // Holds that have lapsed still count until that is recorded.
            let taken = self.taken(pool);
            self.taken.insert(pool, taken);
        }
        Ok(())
    }
}
