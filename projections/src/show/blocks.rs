//! What the organizer keeps back from the sale. A block is remembered after it was released, so that the same id is
//! never taken for another.

use std::collections::BTreeSet;

use boxoffice_domain::id::{BlockId, PoolId};
use boxoffice_domain::inventory::event::{BlockPlaced, BlockReleased};
use boxoffice_domain::seating::{SeatId, SeatIndex};
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::ShowView;

/// A block: what it still keeps back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Block {
    reason: Option<String>,
    placed_at: Timestamp,
    seats: BTreeSet<SeatIndex>,
    units: Option<(PoolId, u32)>,
}

/// A block as organizers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockView {
    /// The block.
    pub block: BlockId,
    /// What for.
    pub reason: Option<String>,
    /// Since when.
    pub placed_at: Timestamp,
    /// The seats that it still keeps back, in the plan's order.
    pub seats: Vec<SeatId>,
    /// The units that it still keeps back.
    pub units: Option<(PoolId, u32)>,
}

impl BlockView {
    /// Whether all of it was released.
    #[must_use]
    pub fn is_released(&self) -> bool {
        self.seats.is_empty() && self.units.is_none()
    }
}

impl Block {
    pub(super) fn reseat(&mut self, moved: impl Fn(SeatIndex) -> Option<SeatIndex>) {
        self.seats = self.seats.iter().filter_map(|seat| moved(*seat)).collect();
    }
}

#[cfg(test)]
impl Block {
    pub(crate) fn keeps(&self, seat: SeatIndex) -> bool {
        self.seats.contains(&seat)
    }
}

impl ShowView {
    /// Blocks that still keep something back, the oldest id first.
    #[must_use]
    pub fn blocks(&self) -> Vec<BlockView> {
        let views = self.blocks.iter().map(|(id, block)| self.block_view(*id, block));
        views.filter(|view| !view.is_released()).collect()
    }

    /// A block, also one that was released.
    #[must_use]
    pub fn block(&self, id: BlockId) -> Option<BlockView> {
        self.blocks.get(&id).map(|block| self.block_view(id, block))
    }

    fn block_view(&self, id: BlockId, block: &Block) -> BlockView {
        let name = |seat: &SeatIndex| self.plan()?.seat(*seat).map(|seat| seat.id.clone());
        BlockView {
            block: id,
            reason: block.reason.clone(),
            placed_at: block.placed_at,
            seats: block.seats.iter().filter_map(name).collect(),
            units: block.units.filter(|(_, units)| *units > 0),
        }
    }

    pub(super) fn block_placed(&mut self, placed: &BlockPlaced, at: Timestamp) {
        self.changes.push(self.position, None);
        if self.blocks.contains_key(&placed.block) {
            return;
        }
        let mut seats = BTreeSet::new();
        for seat in self.indexes(&placed.seats) {
            if self.stock.block_seat(seat) {
                seats.insert(seat);
                self.changes.push(self.position, Some(seat));
            }
        }
        let units = placed.pool.zip(placed.quantity);
        if let Some((pool, quantity)) = units {
            self.stock.block_units(pool, quantity);
        }
        let block = Block { reason: placed.reason.clone(), placed_at: at, seats, units };
        self.blocks.insert(placed.block, block);
    }

    pub(super) fn block_released(&mut self, released: &BlockReleased) {
        self.changes.push(self.position, None);
        let seats = self.indexes(&released.seats);
        let Some(block) = self.blocks.get_mut(&released.block) else { return };
        for seat in seats {
            if block.seats.remove(&seat) {
                self.stock.unblock_seat(seat);
                self.changes.push(self.position, Some(seat));
            }
        }
        if let (Some((pool, kept)), Some(quantity)) = (&mut block.units, released.quantity) {
            let given_back = quantity.min(*kept);
            *kept = kept.saturating_sub(given_back);
            self.stock.unblock_units(*pool, given_back);
        }
    }

    fn indexes(&self, seats: &[SeatId]) -> Vec<SeatIndex> {
        let index = |seat: &SeatId| self.plan()?.index_of(seat.as_str());
        seats.iter().filter_map(index).collect()
    }
}
