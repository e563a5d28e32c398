//! Random histories of the little show: such as an inventory would write, and such as none ever would.

use std::collections::BTreeMap;

use boxoffice_domain::inventory::event::{CancelReason, InventoryEvent, Item, ReturnReason, VoidReason};
use proptest::prelude::*;

use super::returns::returned;
use super::show::{
    self, SEATS, authorised, capacity_changed, capture_failed, floor, hold_expired, hold_extended,
    hold_placed, hold_released, item, items_added, items_removed, on_sale, one_of_each, order_cancelled,
    order_placed, payment_started, reclaimed, seat, seats_blocked, seats_released, secured, tickets_issued,
    units_blocked, units_released,
};

/// An event of the show and the second at which it was recorded.
pub(crate) type Timed = (i64, InventoryEvent);

/// What somebody tries. `which` chooses among the holds that there are.
#[derive(Debug, Clone)]
pub(crate) enum Try {
    Wait(i64),
    Place {
        seats: Vec<usize>,
        floor: usize,
        ttl: i64,
    },
    Add {
        which: usize,
        seat: usize,
    },
    Remove {
        which: usize,
    },
    Extend {
        which: usize,
        ttl: i64,
    },
    Release {
        which: usize,
    },
    Order {
        which: usize,
    },
    Cancel {
        which: usize,
    },
    Pay {
        which: usize,
        capture: bool,
    },
    /// Gives the last ticket back.
    Return {
        which: usize,
    },
    Sweep,
    Block {
        seats: Vec<usize>,
        units: u32,
    },
    Unblock {
        which: usize,
    },
    Capacity {
        floor: u32,
    },
}

pub(crate) fn tries() -> impl Strategy<Value = Vec<Try>> {
    let which = 0..8_usize;
    let a_try = prop_oneof![
        3 => (1..40_i64).prop_map(Try::Wait),
        6 => (prop::collection::vec(0..SEATS.len(), 0..3), 0..3_usize, 1..60_i64)
            .prop_map(|(seats, floor, ttl)| Try::Place { seats, floor, ttl }),
        1 => (which.clone(), 0..SEATS.len()).prop_map(|(which, seat)| Try::Add { which, seat }),
        1 => which.clone().prop_map(|which| Try::Remove { which }),
        1 => (which.clone(), 1..60_i64).prop_map(|(which, ttl)| Try::Extend { which, ttl }),
        1 => which.clone().prop_map(|which| Try::Release { which }),
        4 => which.clone().prop_map(|which| Try::Order { which }),
        1 => which.clone().prop_map(|which| Try::Cancel { which }),
        2 => which.clone().prop_map(|which| Try::Return { which }),
        4 => (which, prop::bool::weighted(0.8)).prop_map(|(which, capture)| Try::Pay { which, capture }),
        1 => Just(Try::Sweep),
        2 => (prop::collection::vec(0..SEATS.len(), 0..3), 0..3_u32)
            .prop_map(|(seats, units)| Try::Block { seats, units }),
        1 => (0..8_usize).prop_map(|which| Try::Unblock { which }),
        1 => (0..9_u32).prop_map(|floor| Try::Capacity { floor }),
    ];
    prop::collection::vec(a_try, 0..40)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Held,
    Ordered,
    Expired,
    Sold,
    Gone,
}

/// A plain-minded box office: refuses what an inventory would refuse, and writes down the rest.
#[derive(Default)]
struct Office {
    now: i64,
    log: Vec<Timed>,
    holds: BTreeMap<u32, (Stage, i64, Vec<Item>)>,
    /// What each block keeps back: seats, or else units of the floor.
    blocks: Vec<(Vec<&'static str>, u32)>,
}

impl Office {
    fn says(&mut self, event: InventoryEvent) {
        self.log.push((self.now, event));
    }

    fn choose(&self, which: usize, wanted: &[Stage]) -> Option<u32> {
        let fitting: Vec<u32> =
            self.holds.iter().filter(|(_, hold)| wanted.contains(&hold.0)).map(|(n, _)| *n).collect();
        fitting.get(which % fitting.len().max(1)).copied()
    }

    fn is_live(&self, n: u32) -> bool {
        self.holds.get(&n).is_some_and(|hold| self.now < hold.1)
    }

    fn expire(&mut self, n: u32) {
        let hold = self.holds.get_mut(&n).unwrap();
        hold.0 = if hold.0 == Stage::Ordered { Stage::Expired } else { Stage::Gone };
        self.says(hold_expired(n));
    }

    /// Whether the seats are free for somebody new; holds that lapsed on them are recorded as such.
    fn clears(&mut self, items: &[Item]) -> bool {
        let kept_back =
            |item: &Item| self.blocks.iter().flat_map(|block| &block.0).any(|name| *item == seat(name));
        if items.iter().any(kept_back) {
            return false;
        }
        let holders: Vec<u32> = self
            .holds
            .iter()
            .filter(|(_, hold)| matches!(hold.0, Stage::Held | Stage::Ordered | Stage::Sold))
            .filter(|(_, hold)| hold.2.iter().any(|item| item.seat.is_some() && items.contains(item)))
            .map(|(n, _)| *n)
            .collect();
        if holders.iter().any(|n| self.holds[n].0 == Stage::Sold || self.is_live(*n)) {
            return false;
        }
        for n in holders {
            self.expire(n);
        }
        true
    }

    fn place(&mut self, seats: &[usize], floors: usize, ttl: i64) {
        let mut seats = seats.to_vec();
        seats.sort_unstable();
        seats.dedup();
        let mut items: Vec<Item> = seats.iter().map(|n| seat(SEATS[*n])).collect();
        items.extend(std::iter::repeat_n(floor(), floors));
        if !items.is_empty() && self.clears(&items) {
            let n = u32::try_from(self.holds.len()).unwrap();
            self.says(hold_placed(n, self.now + ttl, items.clone()));
            self.holds.insert(n, (Stage::Held, self.now + ttl, items));
        }
    }

    fn block(&mut self, seats: &[usize], units: u32) {
        let n = u32::try_from(self.blocks.len()).unwrap();
        let mut seats: Vec<&'static str> = seats.iter().map(|n| SEATS[*n]).collect();
        seats.sort_unstable();
        seats.dedup();
        let items: Vec<Item> = seats.iter().map(|name| seat(name)).collect();
        if seats.is_empty() && units > 0 {
            self.says(units_blocked(n, 0, units));
            self.blocks.push((seats, units));
        } else if !seats.is_empty() && self.clears(&items) {
            self.says(seats_blocked(n, &seats, None));
            self.blocks.push((seats, 0));
        }
    }

    fn unblock(&mut self, which: usize) {
        let Some((seats, units)) = self.blocks.get_mut(which) else { return };
        let n = u32::try_from(which).unwrap();
        if let Some(name) = seats.pop() {
            self.says(seats_released(n, &[name]));
        } else if *units > 0 {
            *units -= 1;
            self.says(units_released(n, 1));
        }
    }

    fn edit(&mut self, attempt: &Try) {
        let (Try::Add { which, .. } | Try::Remove { which } | Try::Extend { which, .. }) = attempt else {
            return;
        };
        let Some(n) = self.choose(*which, &[Stage::Held]).filter(|n| self.is_live(*n)) else { return };
        if let Try::Add { seat: added, .. } = attempt {
            let items = vec![seat(SEATS[*added])];
            if self.clears(&items) {
                self.says(items_added(n, items.clone()));
                self.holds.get_mut(&n).unwrap().2.extend(items);
            }
        } else if let Try::Extend { ttl, .. } = attempt {
            let expires_at = self.holds[&n].1.max(self.now + ttl);
            self.holds.get_mut(&n).unwrap().1 = expires_at;
            self.says(hold_extended(n, expires_at));
        } else if self.holds[&n].2.len() > 1 {
            let removed = self.holds.get_mut(&n).unwrap().2.remove(0);
            self.says(items_removed(n, vec![removed]));
        }
    }

    fn end(&mut self, n: u32, event: InventoryEvent) {
        self.holds.get_mut(&n).unwrap().0 = Stage::Gone;
        self.says(event);
    }

    fn order(&mut self, n: u32) {
        let hold = self.holds.get_mut(&n).unwrap();
        hold.0 = Stage::Ordered;
        let (expires_at, items) = (hold.1, hold.2.clone());
        self.says(order_placed(n, expires_at, &items));
    }

    fn pay(&mut self, n: u32, capture: bool) {
        let items = self.holds[&n].2.clone();
        self.says(payment_started(n, 1));
        self.says(authorised(n, self.now));
        if self.holds[&n].0 == Stage::Ordered && !self.is_live(n) {
            self.expire(n);
        }
        if self.holds[&n].0 == Stage::Expired {
            if !self.clears(&items) {
                return self.says(show::void_due(n, VoidReason::SeatsGone));
            }
            self.says(reclaimed(n));
        }
        self.says(secured(n));
        if capture {
            self.holds.get_mut(&n).unwrap().0 = Stage::Sold;
            self.says(show::captured(n));
            self.says(tickets_issued(n, &items));
        } else {
            self.says(capture_failed(n));
            self.end(n, order_cancelled(n, CancelReason::CaptureFailed));
        }
    }

    fn give_back(&mut self, n: u32) {
        let (stage, _, items) = self.holds.get_mut(&n).unwrap();
        let from = items.len() - 1;
        let event = returned(n, items, from, u32::try_from(from).unwrap(), ReturnReason::Requested);
        items.truncate(from);
        if from == 0 {
            *stage = Stage::Gone;
        }
        self.says(event);
    }

    fn attempt(&mut self, attempt: &Try) {
        match attempt {
            Try::Wait(seconds) => self.now += seconds,
            Try::Block { seats, units } => self.block(seats, *units),
            Try::Unblock { which } => self.unblock(*which),
            Try::Capacity { floor } => self.says(capacity_changed(0, *floor)),
            Try::Place { seats, floor, ttl } => self.place(seats, *floor, *ttl),
            Try::Add { .. } | Try::Remove { .. } | Try::Extend { .. } => self.edit(attempt),
            Try::Release { which } => {
                if let Some(n) = self.choose(*which, &[Stage::Held]) {
                    self.end(n, hold_released(n));
                }
            }
            Try::Order { which } => {
                if let Some(n) = self.choose(*which, &[Stage::Held]).filter(|n| self.is_live(*n)) {
                    self.order(n);
                }
            }
            Try::Cancel { which } => {
                if let Some(n) = self.choose(*which, &[Stage::Ordered]) {
                    self.end(n, order_cancelled(n, CancelReason::Requested));
                }
            }
            Try::Pay { which, capture } => {
                if let Some(n) = self.choose(*which, &[Stage::Ordered, Stage::Expired]) {
                    self.pay(n, *capture);
                }
            }
            Try::Return { which } => {
                if let Some(n) = self.choose(*which, &[Stage::Sold]) {
                    self.give_back(n);
                }
            }
            Try::Sweep => {
                let lapsed =
                    |n: &u32| !self.is_live(*n) && matches!(self.holds[n].0, Stage::Held | Stage::Ordered);
                let lapsed: Vec<u32> = self.holds.keys().copied().filter(lapsed).collect();
                for n in lapsed {
                    self.expire(n);
                }
            }
        }
    }
}

/// What comes of the attempts, from the little show being on sale.
pub(crate) fn legal(tries: &[Try]) -> Vec<Timed> {
    let mut office =
        Office { log: on_sale().into_iter().map(|event| (0, event)).collect(), ..Office::default() };
    for attempt in tries {
        office.attempt(attempt);
    }
    office.log
}

pub(crate) fn legal_history() -> impl Strategy<Value = Vec<Timed>> {
    tries().prop_map(|tries| legal(&tries))
}

fn any_item() -> impl Strategy<Value = Item> {
    let seat =
        prop::sample::select(vec![None, Some("Z-9"), Some("A-1"), Some("A-2"), Some("B-1"), Some("B-2")]);
    (seat, 0..4_u32).prop_map(|(seat, ticket)| item(ticket, seat))
}

/// Any event at all about one of a few holds and orders.
fn any_event() -> impl Strategy<Value = InventoryEvent> {
    let items = prop::collection::vec(any_item(), 0..3);
    (0..47_usize, 0..4_u32, items, -50..150_i64).prop_map(|(kind, n, items, seconds)| match kind {
        0..4 => hold_placed(n, seconds, items),
        4 => items_added(n, items),
        5 => items_removed(n, items),
        6 => hold_extended(n, seconds),
        7 => order_placed(n, seconds, &items),
        8 => tickets_issued(n, &items),
        32 => units_blocked(n, n % 3, n * 3),
        33 => units_released(n, 4),
        34 => seats_blocked(n, &["A-1", "A-2"], None),
        _ => one_of_each(n).swap_remove(kind),
    })
}

/// Events in any order whatever, after the little show is on sale, or is not.
pub(crate) fn any_history() -> impl Strategy<Value = Vec<Timed>> {
    let events = prop::collection::vec((0..100_i64, any_event()), 0..60);
    (any::<bool>(), events).prop_map(|(prepared, events)| {
        let prepared = if prepared { on_sale() } else { Vec::new() };
        prepared.into_iter().map(|event| (0, event)).chain(events).collect()
    })
}
