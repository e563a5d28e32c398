//! What a show sells: ticket types, pools, and who has a claim on which seat and how many units.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::sale::opens;
use crate::fact::{PoolAdded, PoolCapacityChanged, TicketTypeAdded, TicketTypeChanged};
use crate::layout::{Layout, SeatIndex};
use crate::rule::{Rule, Verdict};
use crate::value::{BlockId, HoldId, PoolId, TicketId, Time, TypeId};

/// A claim on one seat, or on one unit of each pool of a ticket type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Claim {
    pub(super) seat: Option<SeatIndex>,
    pub(super) ticket_type: TypeId,
    pub(super) price: u64,
    /// What it becomes, once it is ordered.
    pub(super) ticket: Option<TicketId>,
}

impl Claim {
    /// The same claim before it was ordered.
    pub(super) const fn unordered(self) -> Self {
        Self { ticket: None, ..self }
    }
}

struct Pool {
    capacity: u64,
    /// Units under live claims.
    live: u64,
    /// Units that blocks keep back.
    blocked: u64,
}

impl Pool {
    fn is_not_overdrawn(&self, id: PoolId) -> Verdict {
        let Self { capacity, live, blocked } = self;
        Rule::PoolIsNotOverdrawn.holds(live + blocked <= *capacity, || {
            format!("{id} has {capacity} units, {live} are claimed and {blocked} blocked")
        })
    }
}

/// Ticket types, pools and claims of one show.
#[derive(Default)]
pub(super) struct Stock {
    types: HashMap<TypeId, TicketTypeAdded>,
    pools: HashMap<PoolId, Pool>,
    /// The first pool of each name.
    named: HashMap<Box<str>, PoolId>,
    /// Each seat that has a claim, with the hold that has it, until that hold's end is in the log.
    seats: HashMap<SeatIndex, HoldId>,
    /// Each seat that a block keeps back.
    blocked: HashMap<SeatIndex, BlockId>,
    minimums: bool,
    maximums: bool,
}

impl Stock {
    pub(super) fn add_pool(&mut self, added: &PoolAdded) -> Verdict {
        match self.pools.entry(added.pool) {
            Entry::Occupied(_) => Rule::PoolIsNew.broken(added.pool.to_string()),
            Entry::Vacant(entry) => {
                entry.insert(Pool { capacity: u64::from(added.capacity), live: 0, blocked: 0 });
                self.named.entry(added.name.clone()).or_insert(added.pool);
                Ok(())
            }
        }
    }

    pub(super) fn change_type(&mut self, changed: &TicketTypeChanged) -> Verdict {
        let id = changed.ticket_type;
        let Some(known) = self.types.get_mut(&id) else {
            return Rule::TypeChangeOfKnown.broken(id.to_string());
        };
        let (min, max) = (changed.min_per_order, changed.max_per_order);
        Rule::LimitsAllow
            .holds(min.zip(max).is_none_or(|(min, max)| min <= max), || format!("{id}: {min:?}, {max:?}"))?;
        (known.min_per_order, known.max_per_order, known.price) = (min, max, changed.price);
        (known.sale_starts_at, known.sale_ends_at) = (changed.sale_starts_at, changed.sale_ends_at);
        self.minimums |= min.is_some();
        self.maximums |= max.is_some();
        opens(changed.sale_starts_at, changed.sale_ends_at)
    }

    pub(super) fn change_capacity(&mut self, changed: &PoolCapacityChanged) -> Verdict {
        let (id, capacity) = (changed.pool, u64::from(changed.capacity));
        match self.pools.get_mut(&id) {
            Some(pool) if pool.capacity != capacity => {
                pool.capacity = capacity;
                Ok(())
            }
            Some(_) => Rule::CapacityChanges.broken(format!("{id} has {capacity} already")),
            None => Rule::CapacityChanges.broken(format!("{id} was not added")),
        }
    }

    /// Keeps a seat back. Whether somebody has it was judged.
    pub(super) fn block_seat(&mut self, seat: SeatIndex, block: BlockId) {
        self.blocked.insert(seat, block);
    }

    pub(super) fn unblock_seat(&mut self, seat: SeatIndex) {
        self.blocked.remove(&seat);
    }

    /// The first of these seats that is kept back, and by which block.
    pub(super) fn blocked_among(
        &self,
        mut seats: impl Iterator<Item = SeatIndex>,
    ) -> Option<(SeatIndex, BlockId)> {
        seats.find_map(|seat| self.blocked.get(&seat).map(|block| (seat, *block)))
    }

    /// Keeps units back, or says that there is no such pool or not enough of it.
    pub(super) fn block_units(&mut self, id: PoolId, quantity: u64) -> Verdict {
        let Some(pool) = self.pools.get_mut(&id) else {
            return Rule::BlockKeepsBack.broken(format!("{id} was not added"));
        };
        pool.blocked += quantity;
        pool.is_not_overdrawn(id)
    }

    pub(super) fn unblock_units(&mut self, id: PoolId, quantity: u64) {
        if let Some(pool) = self.pools.get_mut(&id) {
            pool.blocked = pool.blocked.saturating_sub(quantity);
        }
    }

    pub(super) fn add_type(&mut self, added: &TicketTypeAdded) -> Verdict {
        let (id, pools) = (added.ticket_type, &added.pools.0);
        Rule::TicketTypeIsNew.holds(!self.types.contains_key(&id), || id.to_string())?;
        Rule::TicketTypeSells
            .holds(added.price_category.is_some() || !pools.is_empty(), || format!("{id} has neither"))?;
        let mut named = HashSet::new();
        for pool in pools {
            Rule::TicketTypeSells.holds(named.insert(pool), || format!("{id} names {pool} twice"))?;
            Rule::PoolIsKnown.holds(self.pools.contains_key(pool), || format!("{id} names {pool}"))?;
        }
        self.minimums |= added.min_per_order.is_some();
        self.maximums |= added.max_per_order.is_some();
        self.types.insert(id, added.clone());
        Ok(())
    }

    /// The first pool of that name, with its units and how many of them are claimed or blocked.
    pub(super) fn area(&self, name: &str) -> Option<(PoolId, u64, u64)> {
        let id = self.named.get(name)?;
        self.pools.get(id).map(|pool| (*id, pool.capacity, pool.live + pool.blocked))
    }

    /// The price categories that are sold.
    pub(super) fn categories(&self) -> impl Iterator<Item = &str> {
        self.types.values().filter_map(|sold_as| sold_as.price_category.as_deref())
    }

    /// Each seat that has a claim or is blocked, with the hold that has it.
    pub(super) fn taken(&self) -> impl Iterator<Item = (SeatIndex, Option<HoldId>)> {
        let held = self.seats.iter().map(|(seat, hold)| (*seat, Some(*hold)));
        held.chain(self.blocked.keys().map(|seat| (*seat, None)))
    }

    /// Seats stand elsewhere in another layout. All that are taken are in it.
    pub(super) fn reseat(&mut self, moved: impl Fn(SeatIndex) -> Option<SeatIndex>) {
        let held = self.seats.drain().filter_map(|(seat, hold)| Some((moved(seat)?, hold)));
        self.seats = held.collect();
        let blocked = self.blocked.drain().filter_map(|(seat, block)| Some((moved(seat)?, block)));
        self.blocked = blocked.collect();
    }

    pub(super) fn has_type(&self, id: TypeId) -> bool {
        self.types.contains_key(&id)
    }

    pub(super) fn has_types(&self) -> bool {
        !self.types.is_empty()
    }

    /// Whether claims can lapse out of a pool.
    pub(super) fn has_pools(&self) -> bool {
        !self.pools.is_empty()
    }

    /// An item as it stands in an event, without any judgement; `None` where its seat is not in the layout.
    pub(super) fn named(
        seat: Option<&str>,
        ticket_type: TypeId,
        price: u64,
        layout: Option<&Layout>,
    ) -> Option<Claim> {
        let seat = match seat {
            Some(name) => Some(layout?.seat(name)?),
            None => None,
        };
        Some(Claim { seat, ticket_type, price, ticket: None })
    }

    /// Judges what is to be claimed: is it sold, now, at that price, as that?
    pub(super) fn sells(
        &self,
        seat: Option<&str>,
        ticket_type: TypeId,
        price: u64,
        layout: Option<&Layout>,
        now: Time,
    ) -> Verdict<Claim> {
        let Some(sold_as) = self.types.get(&ticket_type) else {
            return Rule::ItemTypeIsKnown.broken(ticket_type.to_string());
        };
        let opened = sold_as.sale_starts_at.is_none_or(|start| start <= now);
        let closed = sold_as.sale_ends_at.is_some_and(|end| end <= now);
        Rule::HoldInTypeWindow.holds(opened && !closed, || format!("{ticket_type} at {now}"))?;
        Rule::ItemPriceIsType.holds(price == sold_as.price, || {
            format!("{price}, where {ticket_type} costs {}", sold_as.price)
        })?;
        Rule::ItemSeatFitsType.holds(seat.is_some() == sold_as.price_category.is_some(), || {
            seat.map_or_else(
                || format!("{ticket_type} without a seat"),
                |seat| format!("{ticket_type} with seat {seat:?}"),
            )
        })?;
        let Some(claim) = Self::named(seat, ticket_type, price, layout) else {
            return Rule::SeatIsInLayout.broken(format!("{seat:?}"));
        };
        let category = claim.seat.and_then(|seat| layout?.category(seat));
        Rule::SeatCategoryIsType.holds(category == sold_as.price_category.as_deref(), || {
            format!("seat {seat:?} is {category:?}, {ticket_type} sells {:?}", sold_as.price_category)
        })?;
        Ok(claim)
    }

    /// Gives seats to a hold, or answers the first seat that has another claim, and whose.
    pub(super) fn claim_seats(&mut self, claims: &[Claim], hold: HoldId) -> Result<(), (SeatIndex, HoldId)> {
        for seat in claims.iter().filter_map(|claim| claim.seat) {
            match self.seats.entry(seat) {
                Entry::Occupied(entry) => return Err((seat, *entry.get())),
                Entry::Vacant(entry) => {
                    entry.insert(hold);
                }
            }
        }
        Ok(())
    }

    /// The hold that has the seat.
    pub(super) fn holder(&self, seat: SeatIndex) -> Option<&HoldId> {
        self.seats.get(&seat)
    }

    /// Whether pools have enough left for these claims.
    pub(super) fn has_left(&self, claims: &[Claim]) -> bool {
        let mut wanted: HashMap<PoolId, u64> = HashMap::new();
        for claim in claims {
            for id in self.types.get(&claim.ticket_type).iter().flat_map(|sold_as| &sold_as.pools.0) {
                *wanted.entry(*id).or_default() += 1;
            }
        }
        let fits = |(id, wanted): (&PoolId, &u64)| {
            self.pools.get(id).is_some_and(|pool| pool.live + pool.blocked + wanted <= pool.capacity)
        };
        wanted.iter().all(fits)
    }

    /// Frees seats.
    pub(super) fn free_seats(&mut self, claims: &[Claim]) {
        for seat in claims.iter().filter_map(|claim| claim.seat) {
            self.seats.remove(&seat);
        }
    }

    /// Draws units for live claims.
    pub(super) fn draw(&mut self, claims: &[Claim]) -> Verdict {
        if self.pools.is_empty() {
            return Ok(());
        }
        for claim in claims {
            for id in self.types.get(&claim.ticket_type).iter().flat_map(|sold_as| &sold_as.pools.0) {
                if let Some(pool) = self.pools.get_mut(id) {
                    pool.live += 1;
                    pool.is_not_overdrawn(*id)?;
                }
            }
        }
        Ok(())
    }

    /// Gives units back that are no longer claimed.
    pub(super) fn give_back(&mut self, claims: &[Claim]) {
        if self.pools.is_empty() {
            return;
        }
        for claim in claims {
            for id in self.types.get(&claim.ticket_type).iter().flat_map(|sold_as| &sold_as.pools.0) {
                if let Some(pool) = self.pools.get_mut(id) {
                    pool.live = pool.live.saturating_sub(1);
                }
            }
        }
    }

    /// Whether a hold with these claims has at most as many of each type as an order may have.
    pub(super) fn within_maximums(&self, claims: &[Claim]) -> Verdict {
        if !self.maximums {
            return Ok(());
        }
        for (id, count) in by_type(claims) {
            let maximum = self.types.get(&id).and_then(|sold_as| sold_as.max_per_order);
            Rule::TypeMaximum.holds(maximum.is_none_or(|maximum| count <= u64::from(maximum)), || {
                format!("{count} of {id}, which allows {maximum:?}")
            })?;
        }
        Ok(())
    }

    /// Whether an order with these claims has at least as many of each type as it must have.
    pub(super) fn within_minimums(&self, claims: &[Claim]) -> Verdict {
        if !self.minimums {
            return Ok(());
        }
        for (id, count) in by_type(claims) {
            let minimum = self.types.get(&id).and_then(|sold_as| sold_as.min_per_order);
            Rule::TypeMinimum.holds(minimum.is_none_or(|minimum| count >= u64::from(minimum)), || {
                format!("{count} of {id}, which asks for {minimum:?}")
            })?;
        }
        Ok(())
    }
}

fn by_type(claims: &[Claim]) -> BTreeMap<TypeId, u64> {
    let mut counts = BTreeMap::new();
    for claim in claims {
        *counts.entry(claim.ticket_type).or_default() += 1;
    }
    counts
}
