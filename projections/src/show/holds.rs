//! The holds of a show, by key and by id, and which of them the time has ended.
//!
//! A hold without an order is forgotten some time after its end (the [`ENDED_MAX`]+1st that ends makes room): its
//! number grows with visitors, not with stock. A hold with an order is kept, because money that comes late can
//! still reclaim it.

use std::collections::{BTreeSet, VecDeque};

use boxoffice_domain::id::{HoldId, OrderId};
use boxoffice_domain::pricing::TariffIndex;
use boxoffice_domain::seating::SeatIndex;
use boxoffice_domain::time::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::stock::{Claim, Counts, HoldKey};

/// How many holds that ended without an order one show remembers.
pub const ENDED_MAX: usize = 16_384;

/// What has become of a hold, as far as events tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// It lives until its deadline.
    Live,
    /// The buyer let go.
    Released,
    /// Its deadline passed.
    Expired,
    /// Its order was cancelled.
    Cancelled,
    /// It came back because its order was paid late; has no deadline any more.
    Reclaimed,
    /// Its order is secured.
    Secured,
    /// Its order has tickets.
    Ticketed,
}

impl Phase {
    /// Whether nobody else may have its seats, the time aside.
    pub(crate) const fn has_seats(self) -> bool {
        match self {
            Self::Live | Self::Reclaimed | Self::Secured | Self::Ticketed => true,
            Self::Released | Self::Expired | Self::Cancelled => false,
        }
    }
}

/// A hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hold {
    pub(crate) id: HoldId,
    pub(crate) phase: Phase,
    /// Its deadline has passed, and no event has said so yet. Only while it is [`Phase::Live`].
    pub(crate) lapsed: bool,
    pub(crate) order: Option<OrderId>,
    pub(crate) items: Vec<Claim>,
    pub(crate) expires_at: Timestamp,
    pub(crate) max_expires_at: Timestamp,
    /// What its buyer saw.
    pub(crate) tariff: TariffIndex,
}

impl Hold {
    pub(crate) const fn counts(&self) -> Counts {
        match self.phase {
            Phase::Live if self.lapsed => Counts::Free,
            Phase::Live | Phase::Reclaimed => Counts::Held,
            Phase::Secured | Phase::Ticketed => Counts::Sold,
            Phase::Released | Phase::Expired | Phase::Cancelled => Counts::Free,
        }
    }
}

/// What the indexes know of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    /// The deadline, if it is still to come.
    awaits: Option<Timestamp>,
    lapsed: bool,
    order: Option<OrderId>,
    has_seats: bool,
}

impl Standing {
    fn of(hold: &Hold) -> Self {
        let awaits = (hold.phase == Phase::Live && !hold.lapsed).then_some(hold.expires_at);
        Self { awaits, lapsed: hold.lapsed, order: hold.order, has_seats: hold.phase.has_seats() }
    }
}

/// All holds of a show that are remembered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holds {
    slots: Vec<Option<Hold>>,
    vacant: Vec<HoldKey>,
    by_id: FxHashMap<HoldId, HoldKey>,
    by_order: FxHashMap<OrderId, HoldKey>,
    /// Live holds that have not lapsed, by deadline.
    deadlines: BTreeSet<(Timestamp, HoldKey)>,
    /// Live holds that have lapsed.
    lapsed: BTreeSet<HoldKey>,
    ended: VecDeque<(HoldKey, HoldId)>,
}

/// Holds as they are kept: what the others do not say.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptHolds {
    slots: Vec<Option<Hold>>,
    vacant: Vec<HoldKey>,
    by_order: Vec<(OrderId, HoldKey)>,
    ended: VecDeque<(HoldKey, HoldId)>,
}

impl Holds {
    pub(crate) fn into_kept(self) -> KeptHolds {
        let mut by_order: Vec<(OrderId, HoldKey)> = self.by_order.into_iter().collect();
        by_order.sort_unstable();
        KeptHolds { slots: self.slots, vacant: self.vacant, by_order, ended: self.ended }
    }

    /// Everything that was kept can be anything: a key that leads nowhere is met with care everywhere.
    pub(crate) fn of_kept(kept: KeptHolds) -> Self {
        let holds = || (0..).zip(&kept.slots).filter_map(|(key, hold)| Some((key, hold.as_ref()?)));
        let awaited = |(key, hold): (HoldKey, &Hold)| Some((Standing::of(hold).awaits?, key));
        Self {
            by_id: holds().map(|(key, hold)| (hold.id, key)).collect(),
            deadlines: holds().filter_map(awaited).collect(),
            lapsed: holds().filter(|(_, hold)| hold.lapsed).map(|(key, _)| key).collect(),
            by_order: kept.by_order.into_iter().collect(),
            vacant: kept.vacant,
            ended: kept.ended,
            slots: kept.slots,
        }
    }

    pub(crate) fn key(&self, hold: HoldId) -> Option<HoldKey> {
        self.by_id.get(&hold).copied()
    }

    pub(crate) fn key_of_order(&self, order: OrderId) -> Option<HoldKey> {
        self.by_order.get(&order).copied()
    }

    pub(crate) fn get(&self, key: HoldKey) -> Option<&Hold> {
        self.slots.get(usize::try_from(key).ok()?)?.as_ref()
    }

    /// Changes a hold, and keeps the indexes of deadlines and ends true to it.
    pub(crate) fn change(&mut self, key: HoldKey, change: impl FnOnce(&mut Hold)) -> Option<&Hold> {
        let slot = usize::try_from(key).ok()?;
        let hold = self.slots.get_mut(slot)?.as_mut()?;
        let before = Standing::of(hold);
        change(hold);
        hold.lapsed &= hold.phase == Phase::Live;
        let (id, after) = (hold.id, Standing::of(hold));
        if before != after {
            self.stands(key, id, before, after);
        }
        self.get(key)
    }

    /// Seats stand elsewhere in another plan, or are not in it.
    pub(crate) fn reseat(&mut self, moved: impl Fn(SeatIndex) -> Option<SeatIndex>) {
        for hold in self.slots.iter_mut().flatten() {
            for claim in &mut hold.items {
                claim.seat = claim.seat.and_then(&moved);
            }
        }
    }

    fn stands(&mut self, key: HoldKey, id: HoldId, before: Standing, after: Standing) {
        if let Some(deadline) = before.awaits {
            self.deadlines.remove(&(deadline, key));
        }
        if let Some(deadline) = after.awaits {
            self.deadlines.insert((deadline, key));
        }
        if before.lapsed {
            self.lapsed.remove(&key);
        }
        if after.lapsed {
            self.lapsed.insert(key);
        }
        if let Some(order) = after.order {
            self.by_order.insert(order, key);
        }
        if before.has_seats && !after.has_seats && after.order.is_none() {
            self.ended.push_back((key, id));
            self.forget();
        }
    }

    /// Makes room once too many have ended.
    fn forget(&mut self) {
        if self.ended.len() <= ENDED_MAX {
            return;
        }
        let Some((key, id)) = self.ended.pop_front() else { return };
        let forgettable = |hold: &Hold| hold.id == id && !hold.phase.has_seats() && hold.order.is_none();
        if self.get(key).is_some_and(forgettable) {
            self.by_id.remove(&id);
            if let Some(slot) = usize::try_from(key).ok().and_then(|slot| self.slots.get_mut(slot)) {
                *slot = None;
                self.vacant.push(key);
            }
        }
    }

    /// A new hold. `None`: that id is taken, or there is no room for more keys.
    pub(crate) fn place(&mut self, hold: Hold) -> Option<HoldKey> {
        if self.by_id.contains_key(&hold.id) {
            return None;
        }
        let key = match self.vacant.pop() {
            Some(key) => key,
            None => HoldKey::try_from(self.slots.len()).ok()?,
        };
        self.by_id.insert(hold.id, key);
        self.deadlines.insert((hold.expires_at, key));
        match usize::try_from(key).ok().and_then(|slot| self.slots.get_mut(slot)) {
            Some(slot) => *slot = Some(hold),
            None => self.slots.push(Some(hold)),
        }
        Some(key)
    }

    /// A hold whose deadline has come by `now`.
    pub(crate) fn due(&self, now: Timestamp) -> Option<HoldKey> {
        self.deadlines.first().filter(|(deadline, _)| *deadline <= now).map(|(_, key)| *key)
    }

    /// The next deadline of a live hold.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Holds that have lapsed by time, but not yet by event.
    pub(crate) fn lapsed(&self) -> impl ExactSizeIterator<Item = HoldKey> + '_ {
        self.lapsed.iter().copied()
    }
}
