//! The naive model: lists, and everything counted anew for every question. It shares nothing with the inventory but
//! the vocabulary of commands, events and refusals. It says what must come of a command, and checks of every event
//! that it was allowed to happen. Here is what it knows; [`judge`] and [`stock`] say what must come, [`record`] checks
//! what came.

use std::collections::{BTreeMap, BTreeSet};

use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::{BlockId, HoldId, OrderId, PaymentId, PoolId, TicketId, TicketTypeId};
use boxoffice_domain::inventory::event::{InventoryDrafted, Item, TicketItem, TicketTypeAdded};
use boxoffice_domain::inventory::{InventoryEvent, InventoryRefused};
use boxoffice_domain::pricing::{Share, Tariff};
use boxoffice_domain::refund::RefundPolicy;
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::world;

mod best;
mod change;
mod charges;
mod giving_back;
mod judge;
mod passing_on;
mod plan;
mod record;
mod stock;

pub(crate) use giving_back::{Owed, OwedState};
pub(crate) use passing_on::{Offer, OfferState};

pub(crate) type Checked = Result<(), TestCaseError>;
type Judged = Result<Answer, InventoryRefused>;

#[derive(Debug, Default, Clone)]
pub(crate) struct Reference {
    pub(crate) terms: Option<InventoryDrafted>,
    published: bool,
    paused: bool,
    /// It does not take place.
    cancelled: bool,
    pub(crate) pools: Vec<(PoolId, u32)>,
    /// In the same order.
    pool_names: Vec<String>,
    pub(crate) types: Vec<TicketTypeAdded>,
    pub(crate) blocks: Vec<KeptBack>,
    /// What was taken of each pool after the event before: more than its capacity, once that was made smaller.
    taken: BTreeMap<PoolId, u32>,
    /// What is charged beside prices at present.
    tariff: Tariff,
    /// How often that has changed.
    tariff_index: u32,
    /// What of it there ever was.
    charged: BTreeSet<String>,
    pub(crate) holds: Vec<Held>,
    pub(crate) orders: Vec<Bought>,
    pub(crate) payments: Vec<Paying>,
    pub(crate) owed: Vec<Owed>,
    pub(crate) offers: Vec<Offer>,
    tickets: BTreeSet<TicketId>,
}

/// A block: what it still keeps back.
#[derive(Debug, Clone)]
pub(crate) struct KeptBack {
    pub(crate) id: BlockId,
    pub(crate) seats: Vec<SeatId>,
    pub(crate) units: Option<(PoolId, u32)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) id: HoldId,
    pub(crate) items: Vec<Item>,
    pub(crate) until: Timestamp,
    limit: Timestamp,
    /// What was charged when it was placed.
    tariff: Tariff,
    pub(crate) state: HeldState,
    /// A plan without its seats came after it had lapsed.
    bereft: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldState {
    Choosing,
    Ordered,
    /// Its order is secured.
    Kept,
    LetGo,
    /// Lapsed, and that has been recorded.
    Expired,
    /// Between the reclaim and the security that comes with it.
    Reclaimed,
}

#[derive(Debug, Clone)]
pub(crate) struct Bought {
    pub(crate) id: OrderId,
    pub(crate) hold: HoldId,
    items: Vec<TicketItem>,
    shares: Vec<Share>,
    total: u64,
    buyer_key: Option<Digest>,
    /// On what terms tickets could be given back when it was placed.
    policy: Option<RefundPolicy>,
    /// Tickets that were given back, and what of their value was kept.
    gone: Vec<TicketId>,
    kept: u64,
    pub(crate) state: BoughtState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BoughtState {
    Waiting,
    Secured(Option<PaymentId>),
    Ticketed(Option<PaymentId>),
    Cancelled,
}

#[derive(Debug, Clone)]
pub(crate) struct Paying {
    pub(crate) id: PaymentId,
    order: OrderId,
    pub(crate) amount: u64,
    /// When its money was reserved, as the provider told it.
    reserved_at: Option<Timestamp>,
    pub(crate) state: PayingState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PayingState {
    Started,
    ActionRequired,
    Declined,
    Authorised,
    Settled,
    Captured,
    CaptureFailed,
    VoidDue,
    Voided,
    /// The bank let the money go by itself.
    Lapsed,
    Disputed,
}

/// What must come of a command that is accepted.
#[derive(Debug)]
pub(crate) enum Answer {
    /// These events and no others.
    Exactly(Vec<InventoryEvent>),
    /// The expiries of lapsed holds that stand in the way of these items, then these events.
    TakingOver(Vec<Item>, Vec<InventoryEvent>),
    /// The same, and before it the expiry of the hold itself.
    TakingAgain(HoldId, Vec<Item>, Vec<InventoryEvent>),
}

impl Held {
    /// Whether what it holds has not been given back, lapsed or not.
    fn claims(&self) -> bool {
        !matches!(self.state, HeldState::LetGo | HeldState::Expired)
    }

    pub(crate) fn live(&self, now: Timestamp) -> bool {
        match self.state {
            HeldState::Choosing | HeldState::Ordered => now < self.until,
            HeldState::Kept => true,
            HeldState::LetGo | HeldState::Expired | HeldState::Reclaimed => false,
        }
    }

    fn overdue(&self, now: Timestamp) -> bool {
        self.claims() && !self.live(now)
    }

    fn has_seat(&self, seat: &SeatId) -> bool {
        self.items.iter().any(|item| item.seat.as_ref() == Some(seat))
    }
}

impl Reference {
    pub(crate) fn hold(&self, id: HoldId) -> Option<&Held> {
        self.holds.iter().find(|hold| hold.id == id)
    }

    pub(crate) fn order(&self, id: OrderId) -> Option<&Bought> {
        self.orders.iter().find(|order| order.id == id)
    }

    fn payment(&self, id: PaymentId) -> Option<&Paying> {
        self.payments.iter().find(|payment| payment.id == id)
    }

    fn ticket_type(&self, id: TicketTypeId) -> Option<&TicketTypeAdded> {
        self.types.iter().find(|known| known.ticket_type == id)
    }

    fn draws(&self, item: &Item, pool: PoolId) -> bool {
        self.ticket_type(item.ticket_type).is_some_and(|known| known.pools.contains(&pool))
    }

    fn units(&self, items: &[Item], pool: PoolId) -> u32 {
        u32::try_from(items.iter().filter(|item| self.draws(item, pool)).count()).unwrap()
    }

    /// What the holds that count leave of a pool.
    fn room(&self, pool: PoolId, capacity: u32, counts: impl Fn(&Held) -> bool) -> u32 {
        let used: u32 =
            self.holds.iter().filter(|hold| counts(hold)).map(|hold| self.units(&hold.items, pool)).sum();
        capacity.saturating_sub(used + self.kept_back(pool))
    }

    /// What blocks have of a pool.
    fn kept_back(&self, pool: PoolId) -> u32 {
        let units = self.blocks.iter().filter_map(|block| block.units);
        units.filter(|(of, _)| *of == pool).map(|(_, units)| units).sum()
    }

    fn is_kept_back(&self, seat: &SeatId) -> bool {
        self.blocks.iter().any(|block| block.seats.contains(seat))
    }

    /// What holds have of a pool, lapsed or not, and what blocks have.
    fn taken(&self, pool: PoolId) -> u32 {
        let claiming = self.holds.iter().filter(|hold| hold.claims());
        claiming.map(|hold| self.units(&hold.items, pool)).sum::<u32>() + self.kept_back(pool)
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        let can_lapse = |hold: &&Held| {
            matches!(hold.state, HeldState::Choosing | HeldState::Ordered | HeldState::Reclaimed)
        };
        self.holds.iter().filter(can_lapse).map(|hold| hold.until).min()
    }
}

impl Reference {
    /// What holds after every event. Lapsed holds count here as long as nobody has recorded that they lapsed:
    /// that is stronger than what is promised.
    fn check(&mut self) -> Checked {
        for name in world::SEATS {
            let seat = world::seat(name);
            let claims = self.holds.iter().filter(|hold| hold.claims() && hold.has_seat(&seat)).count();
            let blocks = self.blocks.iter().filter(|block| block.seats.contains(&seat)).count();
            prop_assert!(claims + blocks <= 1, "{} holds and {} blocks have {}", claims, blocks, name);
        }
        self.check_plan()?;
        for (pool, capacity) in self.pools.clone() {
            let taken = self.taken(pool);
            let before = self.taken.insert(pool, taken).unwrap_or_default();
            prop_assert!(taken <= capacity.max(before), "{} of {} units of {}", taken, capacity, pool);
        }
        for order in &self.orders {
            let hold = self.hold(order.hold).unwrap();
            let secured = matches!(order.state, BoughtState::Secured(_) | BoughtState::Ticketed(_));
            let live = order.live();
            prop_assert_eq!(
                secured && !live.is_empty(),
                hold.state == HeldState::Kept,
                "{:?} of {:?}",
                hold,
                order
            );
            let has = hold.items.iter().map(|item| (item.price, &item.seat, item.ticket_type));
            let bought = live.iter().map(|(item, _)| (item.price, &item.seat, item.ticket_type));
            prop_assert!(has.eq(bought), "{:?} is not what {:?} bought", hold, order);
        }
        for hold in &self.holds {
            let orders = self.orders.iter().filter(|order| order.hold == hold.id).count();
            let ordered = matches!(hold.state, HeldState::Ordered | HeldState::Kept | HeldState::Reclaimed);
            prop_assert!(orders <= 1 && (!ordered || orders == 1), "{} orders of {:?}", orders, hold);
        }
        Ok(())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every caller answers or refuses")]
fn exactly<const N: usize>(events: [InventoryEvent; N]) -> Judged {
    Ok(Answer::Exactly(events.into()))
}

/// How many of each ticket type, in the order of first mention.
fn by_type(items: &[Item]) -> Vec<(TicketTypeId, u32)> {
    let mut types: Vec<TicketTypeId> = Vec::new();
    for item in items {
        if !types.contains(&item.ticket_type) {
            types.push(item.ticket_type);
        }
    }
    let count = |id| items.iter().filter(|item| item.ticket_type == id).count();
    types.into_iter().map(|id| (id, u32::try_from(count(id)).unwrap())).collect()
}
