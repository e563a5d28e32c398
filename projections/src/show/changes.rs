//! What changed lately, so that a live stream can go on from where it was.
//!
//! Entries only say *which* seat changed; what is sent is its present state, so sending it twice is harmless. A seat
//! is entered for every event that touches its hold, even where its state looks the same: the hold may have lapsed
//! by time in between, which no reader is bound to have seen.

use std::collections::VecDeque;

use boxoffice_domain::log::Position;
use boxoffice_domain::seating::SeatIndex;

/// How many changes one show remembers.
pub const CHANGES_MAX: usize = 65_536;

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The event; for a lapse by time the event before it.
    position: Position,
    /// The seat; none where only counts changed.
    seat: Option<SeatIndex>,
}

/// The latest changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    entries: VecDeque<Entry>,
    /// How many entries there ever were.
    count: u64,
    /// Whoever knows the state only up to before this position has to start anew.
    floor: Position,
}

impl Changes {
    /// Everything before `position` is void.
    pub(crate) fn restart(&mut self, position: Position) {
        self.floor = self.floor.max(position);
    }

    /// Seats stand elsewhere from `position` on: nothing of before means anything any more.
    pub(crate) fn forget(&mut self, position: Position) {
        self.entries.clear();
        self.restart(position);
        self.count = self.count.saturating_add(1);
    }

    /// Counts on from another's changes, so that no count of those is found here.
    pub(crate) fn succeed(&mut self, former: &Self) {
        let entries = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        self.count = former.count.max(self.count).saturating_add(entries).saturating_add(1);
    }

    pub(crate) fn push(&mut self, position: Position, seat: Option<SeatIndex>) {
        if self.entries.len() >= CHANGES_MAX
            && let Some(oldest) = self.entries.pop_front()
        {
            self.floor = self.floor.max(oldest.position);
        }
        self.entries.push_back(Entry { position, seat });
        self.count = self.count.saturating_add(1);
    }

    /// How many changes there ever were; grows with every change, by event or by time.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Seats that events after a position changed, perhaps with others. `None`: not remembered.
    pub(crate) fn since_position(&self, position: Position) -> Option<Vec<SeatIndex>> {
        if position < self.floor {
            return None;
        }
        let from = self.entries.partition_point(|entry| entry.position <= position);
        Some(self.seats_from(from))
    }

    /// Seats that changed after a count of changes. `None`: not remembered.
    pub(crate) fn since_count(&self, count: u64) -> Option<Vec<SeatIndex>> {
        let missing = usize::try_from(self.count.checked_sub(count)?).ok()?;
        Some(self.seats_from(self.entries.len().checked_sub(missing)?))
    }

    fn seats_from(&self, from: usize) -> Vec<SeatIndex> {
        let mut seats: Vec<SeatIndex> =
            self.entries.iter().skip(from).filter_map(|entry| entry.seat).collect();
        seats.sort_unstable();
        seats.dedup();
        seats
    }
}
