//! What is taken of what: one claim a seat, counts of units for pools and ticket types.
//!
//! Counts are kept up with every change, so that availability costs ticket types × pools and never seats. Nothing
//! here can wrap or fail: an odd event at worst counts to nothing.

use std::collections::HashMap;

use boxoffice_domain::id::{PoolId, TicketTypeId};
use boxoffice_domain::inventory::event::{Item, TicketTypeChanged};
use boxoffice_domain::money::Minor;
use boxoffice_domain::seating::{Layout, SeatIndex};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::terms::{Pool, SeatState, TicketType};

/// Where a hold stands in the view's list of holds.
pub(crate) type HoldKey = u32;

/// How the units of a hold count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Counts {
    Free,
    Held,
    Sold,
    Blocked,
}

impl Counts {
    const fn seat(self) -> SeatState {
        match self {
            Self::Free => SeatState::Available,
            Self::Held => SeatState::Held,
            Self::Sold => SeatState::Sold,
            Self::Blocked => SeatState::Blocked,
        }
    }
}

/// One item of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    pub(crate) price: Minor,
    pub(crate) seat: Option<SeatIndex>,
    pub(crate) ticket_type: TicketTypeId,
    /// Where the ticket type stands in [`Stock::types`].
    slot: Option<usize>,
}

/// Held, sold and kept back of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) held: u64,
    pub(crate) sold: u64,
    pub(crate) blocked: u64,
}

impl Tally {
    fn moves(&mut self, from: Counts, to: Counts) {
        if from == to {
            return;
        }
        let take = |count: &mut u64| *count = count.saturating_sub(1);
        let add = |count: &mut u64| *count = count.saturating_add(1);
        match from {
            Counts::Free => {}
            Counts::Held => take(&mut self.held),
            Counts::Sold => take(&mut self.sold),
            Counts::Blocked => take(&mut self.blocked),
        }
        match to {
            Counts::Free => {}
            Counts::Held => add(&mut self.held),
            Counts::Sold => add(&mut self.sold),
            Counts::Blocked => add(&mut self.blocked),
        }
    }
}

/// The seats of one price category.
#[derive(Debug, Clone, Default)]
pub(crate) struct Category {
    pub(crate) seats: u64,
    pub(crate) tally: Tally,
}

#[derive(Debug, Clone, Copy)]
struct SeatSlot {
    /// The hold that has it; a hold that lapsed by time alone still has it.
    claim: Option<HoldKey>,
    category: usize,
    counts: Counts,
}

/// A ticket type with what it resolves to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TypeSlot {
    pub(crate) ticket_type: TicketType,
    /// Where its price category stands in [`Stock::categories`].
    pub(crate) category: Option<usize>,
    /// Where its pools stand in [`Stock::pools`].
    pub(crate) pools: Vec<usize>,
    /// Units of this type, seats included.
    pub(crate) tally: Tally,
}

/// Seats, pools and ticket types of a show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stock {
    seats: Vec<SeatSlot>,
    states: Vec<SeatState>,
    categories: Vec<Category>,
    category_index: HashMap<String, usize>,
    pools: Vec<Pool>,
    pool_index: FxHashMap<PoolId, usize>,
    types: Vec<TypeSlot>,
    type_index: FxHashMap<TicketTypeId, usize>,
}

/// A stock as it is kept: what the layout does not say.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptStock {
    /// In the plan's order.
    seats: Vec<(Option<HoldKey>, Counts)>,
    /// In the order in which the plan's seats name them.
    categories: Vec<Tally>,
    pools: Vec<Pool>,
    types: Vec<TypeSlot>,
}

impl Stock {
    pub(crate) fn into_kept(self) -> KeptStock {
        KeptStock {
            seats: self.seats.iter().map(|seat| (seat.claim, seat.counts)).collect(),
            categories: self.categories.iter().map(|category| category.tally).collect(),
            pools: self.pools,
            types: self.types,
        }
    }

    /// `None`: it was kept of another layout.
    pub(crate) fn of_kept(kept: KeptStock, layout: Option<&Layout>) -> Option<Self> {
        let mut stock = Self::default();
        if let Some(layout) = layout {
            stock.seat(layout);
        }
        if (stock.seats.len(), stock.categories.len()) != (kept.seats.len(), kept.categories.len()) {
            return None;
        }
        for (seat, (claim, counts)) in stock.seats.iter_mut().zip(kept.seats) {
            (seat.claim, seat.counts) = (claim, counts);
        }
        stock.states = stock.seats.iter().map(|seat| seat.counts.seat()).collect();
        for (category, tally) in stock.categories.iter_mut().zip(kept.categories) {
            category.tally = tally;
        }
        stock.pool_index = kept.pools.iter().map(|pool| pool.pool).zip(0..).collect();
        stock.type_index = kept.types.iter().map(|slot| slot.ticket_type.ticket_type).zip(0..).collect();
        (stock.pools, stock.types) = (kept.pools, kept.types);
        Some(stock)
    }

    /// Seats as the layout has them, all free.
    pub(crate) fn seat(&mut self, layout: &Layout) {
        for seat in layout.seats() {
            let name = layout.category_name(seat.category).unwrap_or_default();
            let category = self.category_slot(name);
            if let Some(category) = self.categories.get_mut(category) {
                category.seats = category.seats.saturating_add(1);
            }
            self.seats.push(SeatSlot { claim: None, category, counts: Counts::Free });
            self.states.push(SeatState::Available);
        }
    }

    /// Seats as another layout has them; those that stand elsewhere in it are whose they were.
    pub(crate) fn reseat(&mut self, layout: &Layout, moved: impl Fn(SeatIndex) -> Option<SeatIndex>) {
        let former = std::mem::take(&mut self.seats);
        self.states.clear();
        self.categories.clear();
        self.category_index.clear();
        self.seat(layout);
        for (seat, slot) in (0..).zip(former) {
            if let Some(seat) = moved(seat) {
                self.change_seat(seat, |known| known.claim = slot.claim, slot.counts);
            }
        }
        for slot in &mut self.types {
            let name = slot.ticket_type.price_category.as_ref();
            slot.category = name.and_then(|name| self.category_index.get(name).copied());
        }
    }

    fn category_slot(&mut self, name: &str) -> usize {
        if let Some(slot) = self.category_index.get(name) {
            return *slot;
        }
        let slot = self.categories.len();
        self.category_index.insert(name.to_owned(), slot);
        self.categories.push(Category::default());
        slot
    }

    /// A pool with that capacity. What was said of a pool first stays.
    pub(crate) fn add_pool(&mut self, pool: PoolId, name: &str, capacity: u32) {
        let slot = self.pool_slot(pool);
        if let Some(pool) = self.pools.get_mut(slot)
            && pool.name.is_empty()
            && pool.capacity == 0
        {
            name.clone_into(&mut pool.name);
            pool.capacity = u64::from(capacity);
        }
    }

    fn pool_slot(&mut self, pool: PoolId) -> usize {
        let next = self.pools.len();
        let slot = *self.pool_index.entry(pool).or_insert(next);
        if slot == next {
            self.pools.push(Pool { pool, name: String::new(), capacity: 0, held: 0, sold: 0, blocked: 0 });
        }
        slot
    }

    /// A ticket type. What was said of a type first stays.
    pub(crate) fn add_type(&mut self, ticket_type: TicketType) {
        if self.type_index.contains_key(&ticket_type.ticket_type) {
            return;
        }
        let category =
            ticket_type.price_category.as_ref().and_then(|name| self.category_index.get(name).copied());
        let mut pools: Vec<usize> = ticket_type.pools.iter().map(|pool| self.pool_slot(*pool)).collect();
        pools.sort_unstable();
        pools.dedup();
        self.type_index.insert(ticket_type.ticket_type, self.types.len());
        self.types.push(TypeSlot { ticket_type, category, pools, tally: Tally::default() });
    }

    /// What can change of a ticket type is as the event says.
    pub(crate) fn change_type(&mut self, changed: &TicketTypeChanged) {
        let slot = self.type_index.get(&changed.ticket_type).copied();
        if let Some(slot) = slot.and_then(|slot| self.types.get_mut(slot)) {
            slot.ticket_type.change(changed);
        }
    }

    /// What an item of an event comes to.
    pub(crate) fn claim(&self, item: &Item, layout: Option<&Layout>) -> Claim {
        Claim {
            price: item.price,
            seat: item.seat.as_ref().and_then(|seat| layout?.index_of(seat.as_str())),
            ticket_type: item.ticket_type,
            slot: self.type_index.get(&item.ticket_type).copied(),
        }
    }

    /// One unit of a ticket type, and of every pool that it draws on, counts differently now.
    pub(crate) fn recount(&mut self, claim: &Claim, from: Counts, to: Counts) {
        let Some(slot) = claim.slot.and_then(|slot| self.types.get_mut(slot)) else { return };
        slot.tally.moves(from, to);
        for pool in &slot.pools {
            if let Some(pool) = self.pools.get_mut(*pool) {
                let mut tally = Tally { held: pool.held, sold: pool.sold, blocked: 0 };
                tally.moves(from, to);
                (pool.held, pool.sold) = (tally.held, tally.sold);
            }
        }
    }

    /// The hold has that seat from now on, whoever had it before; not where it is kept back.
    pub(crate) fn take_seat(&mut self, seat: SeatIndex, hold: HoldKey, counts: Counts) {
        if self.state(seat) == Some(SeatState::Blocked) {
            return;
        }
        self.change_seat(seat, |slot| slot.claim = Some(hold), counts);
    }

    /// The seat counts differently, if the hold has it.
    pub(crate) fn recount_seat(&mut self, seat: SeatIndex, hold: HoldKey, counts: Counts) {
        if self.holder(seat) == Some(hold) {
            self.change_seat(seat, |_| (), counts);
        }
    }

    /// The seat is free again, if the hold has it.
    pub(crate) fn free_seat(&mut self, seat: SeatIndex, hold: HoldKey) {
        if self.holder(seat) == Some(hold) {
            self.change_seat(seat, |slot| slot.claim = None, Counts::Free);
        }
    }

    /// Keeps a seat back. `false`: somebody has it.
    pub(crate) fn block_seat(&mut self, seat: SeatIndex) -> bool {
        let is_free = self.holder(seat).is_none() && self.state(seat) == Some(SeatState::Available);
        if is_free {
            self.change_seat(seat, |_| (), Counts::Blocked);
        }
        is_free
    }

    /// Gives a seat back that was kept back.
    pub(crate) fn unblock_seat(&mut self, seat: SeatIndex) {
        self.change_seat(seat, |_| (), Counts::Free);
    }

    pub(crate) fn block_units(&mut self, pool: PoolId, quantity: u32) {
        if let Some(pool) = self.known_pool(pool) {
            pool.blocked = pool.blocked.saturating_add(u64::from(quantity));
        }
    }

    pub(crate) fn unblock_units(&mut self, pool: PoolId, quantity: u32) {
        if let Some(pool) = self.known_pool(pool) {
            pool.blocked = pool.blocked.saturating_sub(u64::from(quantity));
        }
    }

    pub(crate) fn change_capacity(&mut self, pool: PoolId, capacity: u32) {
        if let Some(pool) = self.known_pool(pool) {
            pool.capacity = u64::from(capacity);
        }
    }

    fn known_pool(&mut self, pool: PoolId) -> Option<&mut Pool> {
        self.pool_index.get(&pool).and_then(|slot| self.pools.get_mut(*slot))
    }

    fn change_seat(&mut self, seat: SeatIndex, claim: impl FnOnce(&mut SeatSlot), counts: Counts) {
        let Ok(at) = usize::try_from(seat) else { return };
        let (Some(slot), Some(state)) = (self.seats.get_mut(at), self.states.get_mut(at)) else { return };
        claim(slot);
        if let Some(category) = self.categories.get_mut(slot.category) {
            category.tally.moves(slot.counts, counts);
        }
        slot.counts = counts;
        *state = counts.seat();
    }

    /// The hold that has the seat.
    pub(crate) fn holder(&self, seat: SeatIndex) -> Option<HoldKey> {
        self.seats.get(usize::try_from(seat).ok()?)?.claim
    }

    pub(crate) fn state(&self, seat: SeatIndex) -> Option<SeatState> {
        self.states.get(usize::try_from(seat).ok()?).copied()
    }

    pub(crate) fn states(&self) -> &[SeatState] {
        &self.states
    }

    pub(crate) fn category(&self, slot: usize) -> Option<&Category> {
        self.categories.get(slot)
    }

    pub(crate) fn pool(&self, slot: usize) -> Option<&Pool> {
        self.pools.get(slot)
    }

    pub(crate) fn pools(&self) -> &[Pool] {
        &self.pools
    }

    pub(crate) fn types(&self) -> &[TypeSlot] {
        &self.types
    }
}
