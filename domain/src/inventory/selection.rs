//! What a buyer asks for, made into priced items; and whether those items are free at a moment.

use rustc_hash::{FxHashMap, FxHashSet};

use super::best_available::BestAvailable;
use super::event::{HoldExpired, InventoryDrafted, InventoryEvent, Item};
use super::{Claimant, ITEMS_MAX, Invalid, Inventory, InventoryRefused, Left, Pool};
use crate::id::{HoldId, TicketTypeId};
use crate::seating::{SeatId, SeatIndex};
use crate::time::Timestamp;

/// One wish of a buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// A named seat.
    Seat {
        /// The seat.
        seat: SeatId,
        /// As what; may be left out where the seat's category sells as one type only.
        ticket_type: Option<TicketTypeId>,
    },
    /// Units of a ticket type that draws on pools.
    Units {
        /// The ticket type.
        ticket_type: TicketTypeId,
        /// How many.
        quantity: u32,
    },
    /// The best seats of a ticket type.
    Best(BestAvailable),
}

impl Want {
    /// How many items it comes to.
    fn count(&self) -> u32 {
        match self {
            Self::Seat { .. } => 1,
            Self::Units { quantity, .. } | Self::Best(BestAvailable { quantity, .. }) => *quantity,
        }
    }
}

/// How many of each ticket type, in the order of first mention.
fn count_by_type<'a>(items: impl Iterator<Item = &'a Item>) -> Vec<(TicketTypeId, u32)> {
    let mut counts: Vec<(TicketTypeId, u32)> = Vec::new();
    for item in items {
        match counts.iter_mut().find(|(ticket_type, _)| *ticket_type == item.ticket_type) {
            Some((_, count)) => *count += 1,
            None => counts.push((item.ticket_type, 1)),
        }
    }
    counts
}

impl Inventory {
    /// The items that the wishes come to, at today's prices.
    pub(super) fn select(&self, wants: &[Want], now: Timestamp) -> Result<Vec<Item>, InventoryRefused> {
        let asked = wants.iter().fold(0_usize, |sum, want| {
            sum.saturating_add(usize::try_from(want.count()).unwrap_or(usize::MAX))
        });
        if asked == 0 || wants.iter().any(|want| want.count() == 0) {
            return Err(Invalid::Nothing.into());
        }
        if asked > ITEMS_MAX {
            return Err(Invalid::TooMany.into());
        }
        let unknown = self.unknown_seats(wants);
        if !unknown.is_empty() {
            return Err(InventoryRefused::UnknownSeats(unknown));
        }
        let mut items = Vec::with_capacity(asked);
        let mut named = FxHashSet::default();
        for want in wants {
            match want {
                Want::Seat { seat, ticket_type } => {
                    if !named.insert(seat) {
                        return Err(Invalid::SeatTwice(seat.clone()).into());
                    }
                    items.push(self.seat_item(seat, *ticket_type)?);
                }
                Want::Units { ticket_type, quantity } => {
                    let item = self.unit_item(*ticket_type)?;
                    items.extend((0..*quantity).map(|_| item.clone()));
                }
                Want::Best(_) => {}
            }
        }
        // What is named goes first: the best of the others is chosen beside it.
        for want in wants {
            if let Want::Best(best) = want {
                let chosen: Vec<SeatIndex> = items.iter().filter_map(|item| self.seat_index(item)).collect();
                items.extend(self.best_items(best, &chosen, now)?);
            }
        }
        Ok(items)
    }

    fn unknown_seats(&self, wants: &[Want]) -> Vec<SeatId> {
        wants
            .iter()
            .filter_map(|want| match want {
                Want::Seat { seat, .. } => {
                    self.plan().and_then(|plan| plan.index_of(seat.as_str())).is_none().then(|| seat.clone())
                }
                Want::Units { .. } | Want::Best(_) => None,
            })
            .collect()
    }

    fn seat_item(&self, seat: &SeatId, wanted: Option<TicketTypeId>) -> Result<Item, InventoryRefused> {
        let category = self
            .plan()
            .and_then(|plan| plan.seat(plan.index_of(seat.as_str())?))
            .map(|known| known.category)
            .ok_or_else(|| InventoryRefused::UnknownSeats(vec![seat.clone()]))?;
        let sells = |category: u32| self.types.iter().filter(move |known| known.category == Some(category));
        let ticket_type = if let Some(id) = wanted {
            let known = self.ticket_type(id).ok_or(InventoryRefused::UnknownTicketType(id))?;
            if known.category != Some(category) {
                return Err(Invalid::WrongTicketType(seat.clone()).into());
            }
            known
        } else {
            let mut visible = sells(category).filter(|known| !known.added.hidden);
            match (visible.next(), visible.next()) {
                (Some(only), None) => only,
                (Some(_), Some(_)) => {
                    let choices = sells(category)
                        .filter(|known| !known.added.hidden)
                        .map(|known| known.added.ticket_type)
                        .collect();
                    return Err(Invalid::TicketTypeNeeded { seat: seat.clone(), choices }.into());
                }
                (None, _) => return Err(InventoryRefused::SaleNotOpen { opens_at: None }),
            }
        };
        Ok(Item {
            price: ticket_type.added.price,
            seat: Some(seat.clone()),
            ticket_type: ticket_type.added.ticket_type,
        })
    }

    pub(super) fn unit_item(&self, id: TicketTypeId) -> Result<Item, InventoryRefused> {
        let ticket_type = self.ticket_type(id).ok_or(InventoryRefused::UnknownTicketType(id))?;
        if ticket_type.added.price_category.is_some() {
            return Err(Invalid::SeatNeeded(id).into());
        }
        Ok(Item { price: ticket_type.added.price, seat: None, ticket_type: id })
    }

    /// Whether the ticket types of what is asked for are on sale.
    pub(super) fn check_windows(&self, items: &[Item], now: Timestamp) -> Result<(), InventoryRefused> {
        for (id, _) in count_by_type(items.iter()) {
            self.ticket_type(id).ok_or(InventoryRefused::UnknownTicketType(id))?.check_sale_open(now)?;
        }
        Ok(())
    }

    /// Whether one hold may have so many items.
    pub(super) fn check_limits(&self, items: &[Item]) -> Result<(), InventoryRefused> {
        if items.len() > ITEMS_MAX {
            return Err(Invalid::TooMany.into());
        }
        for (id, count) in count_by_type(items.iter()) {
            let limit = self.ticket_type(id).and_then(|known| known.added.max_per_order);
            if let Some(limit) = limit.filter(|limit| count > *limit) {
                return Err(InventoryRefused::LimitExceeded { ticket_type: Some(id), limit });
            }
        }
        let total = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let InventoryDrafted { max_per_buyer, max_per_order, .. } = *self.terms()?.drafted;
        let limit = max_per_buyer.into_iter().chain(max_per_order).min();
        if let Some(limit) = limit.filter(|limit| total > *limit) {
            return Err(InventoryRefused::LimitExceeded { ticket_type: None, limit });
        }
        Ok(())
    }

    /// Whether an order may have so few of its ticket types.
    pub(super) fn check_minimum(&self, items: &[Item]) -> Result<(), InventoryRefused> {
        for (id, count) in count_by_type(items.iter()) {
            let minimum = self.ticket_type(id).and_then(|known| known.added.min_per_order);
            if let Some(limit) = minimum.filter(|limit| count < *limit) {
                return Err(InventoryRefused::BelowMinimum { ticket_type: id, limit });
            }
        }
        Ok(())
    }

    /// Whether all these items are free; if so, the lapsed holds whose expiry has to be recorded first.
    pub(super) fn free(&self, items: &[Item], now: Timestamp) -> Result<Vec<HoldId>, InventoryRefused> {
        let mut lapsed = self.free_seats(items.iter().filter_map(|item| item.seat.as_ref()), now)?;
        self.free_units(items, now, &mut lapsed)?;
        Ok(lapsed)
    }

    /// Whether all these seats are free; if so, the lapsed holds whose expiry has to be recorded first.
    pub(super) fn free_seats<'a>(
        &self,
        seats: impl Iterator<Item = &'a SeatId>,
        now: Timestamp,
    ) -> Result<Vec<HoldId>, InventoryRefused> {
        let mut taken = Vec::new();
        let mut lapsed: Vec<HoldId> = Vec::new();
        for seat in seats {
            let index = self.plan().and_then(|plan| plan.index_of(seat.as_str()));
            let claimant = index.and_then(|index| self.claimant(index));
            let lapses = |id: &HoldId| !self.holds.get(id).is_some_and(|hold| hold.is_live(now));
            match claimant {
                None => {}
                Some(Claimant::Hold(id)) if lapses(&id) => lapsed.push(id),
                Some(Claimant::Hold(_) | Claimant::Block(_)) => taken.push(seat.clone()),
            }
        }
        // In the order of the seats, each once.
        let mut named = FxHashSet::default();
        lapsed.retain(|id| named.insert(*id));
        if taken.is_empty() { Ok(lapsed) } else { Err(InventoryRefused::SeatsTaken(taken)) }
    }

    /// Makes room in the pools: adds as many lapsed holds to `lapsed` as are needed, the first to lapse first.
    pub(super) fn free_units(
        &self,
        items: &[Item],
        now: Timestamp,
        lapsed: &mut Vec<HoldId>,
    ) -> Result<(), InventoryRefused> {
        let mut needed: FxHashMap<usize, u32> = FxHashMap::default();
        for item in items {
            for pool in self.pools_of(item).iter().flat_map(|pools| pools.iter()) {
                *needed.entry(*pool).or_default() += 1;
            }
        }
        let mut pools: Vec<(usize, u32)> = needed.into_iter().collect();
        pools.sort_unstable();
        for (index, needed) in pools {
            let Some(pool) = self.pools.get(index) else { continue };
            let mut freed: u32 = lapsed.iter().map(|id| self.units_of(*id, index)).sum();
            let mut overdue = pool.deadlines.iter().map(|(_, id)| *id);
            while pool.room(freed) < needed {
                let next =
                    overdue.next().filter(|id| self.holds.get(id).is_some_and(|hold| hold.is_overdue(now)));
                let Some(id) = next else {
                    return Err(InventoryRefused::SoldOut(self.left(items, now)));
                };
                if !lapsed.contains(&id) {
                    lapsed.push(id);
                    freed = freed.saturating_add(self.units_of(id, index));
                }
            }
        }
        Ok(())
    }

    /// How many units of a pool a hold has.
    fn units_of(&self, id: HoldId, pool: usize) -> u32 {
        let Some(hold) = self.holds.get(&id) else { return 0 };
        let draws = |item: &&Item| self.pools_of(item).is_some_and(|pools| pools.contains(&pool));
        u32::try_from(hold.items.iter().filter(draws).count()).unwrap_or(u32::MAX)
    }

    /// What is left of the ticket types among these items that draw on pools.
    fn left(&self, items: &[Item], now: Timestamp) -> Vec<Left> {
        count_by_type(items.iter())
            .into_iter()
            .filter_map(|(ticket_type, _)| {
                let pools = &self.ticket_type(ticket_type)?.pools;
                let available = pools.iter().map(|pool| self.room(*pool, now)).min()?;
                Some(Left { ticket_type, available })
            })
            .collect()
    }

    /// How many units of a pool could be held at this moment.
    pub(super) fn room(&self, index: usize, now: Timestamp) -> u32 {
        self.pools.get(index).map_or(0, |pool| pool.room(self.lapsed_units(index, now)))
    }

    /// Whether nobody has anything of a pool at this moment, and nothing of it is kept back.
    pub(super) fn is_untouched(&self, index: usize, now: Timestamp) -> bool {
        let untouched = |pool: &Pool| pool.blocked == 0 && pool.claimed <= self.lapsed_units(index, now);
        self.pools.get(index).is_none_or(untouched)
    }

    /// How many units of a pool holds have that have lapsed.
    fn lapsed_units(&self, index: usize, now: Timestamp) -> u32 {
        let lapsed = self.pools.get(index).into_iter().flat_map(|pool| &pool.deadlines);
        lapsed
            .map(|(_, id)| *id)
            .take_while(|id| self.holds.get(id).is_some_and(|hold| hold.is_overdue(now)))
            .map(|id| self.units_of(id, index))
            .sum()
    }
}

impl Pool {
    /// How many units there are once so many are given back.
    fn room(&self, given_back: u32) -> u32 {
        let for_sale = u64::from(self.capacity).saturating_sub(self.blocked);
        let room = for_sale.saturating_sub(u64::from(self.claimed.saturating_sub(given_back)));
        u32::try_from(room).unwrap_or(u32::MAX)
    }
}

/// The expiries of these holds, in order.
pub(super) fn expiries(lapsed: Vec<HoldId>) -> impl Iterator<Item = InventoryEvent> {
    lapsed.into_iter().map(|hold| HoldExpired { hold }.into())
}
