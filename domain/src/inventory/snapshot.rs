//! An inventory as bytes, and back. Whoever changes what is written here, or what the fold comes to, raises
//! `SNAPSHOT_VERSION`; `domain/tests/snapshot.rs` notices.
//!
//! Everything is written as it is, also what could be concluded: what is read back is the same to the last bit, whatever
//! events it came from. Only the seating layout is named by its digest and fetched again (with what follows from it and the claims), and what is in the plan or in
//! the list of ticket types is named by its number there. Events that are kept as such are their stored payloads.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{InventoryDrafted, Item, TicketItem, TicketTypeAdded};
use super::{
    Block, Claimant, Hold, Inventory, Order, OrderPhase, Passed, Payment, Phase, Pool, Refund, Terms,
    TicketType, Transfer,
};
use crate::aggregate::Layouts;
use crate::digest::Digest;
use crate::id::{BlockId, HoldId, OrderId, PaymentId, PoolId, RefundId, TicketId, TicketTypeId, TransferId};
use crate::money::Minor;
use crate::pricing::{Rate, Share, TariffIndex, Tariffs};
use crate::refund::RefundPolicy;
use crate::seating::{Layout, SeatId, SeatIndex};
use crate::snapshot::{NotRestored, decode, decode_first, encode};
use crate::time::Timestamp;

/// What does not move with every hold. Stands first, so that a layout that is not at hand is missed before the rest
/// is read.
#[derive(Serialize, Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    drafted: Option<Cow<'a, str>>,
    published: bool,
    paused: bool,
    pools: Vec<StoredPool>,
    #[serde(borrow)]
    types: Vec<StoredType<'a>>,
    /// As JSON.
    #[serde(borrow)]
    tariffs: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Rest<'a> {
    claims: Vec<Option<Claimant>>,
    blocks: Vec<(BlockId, Block)>,
    #[serde(borrow)]
    holds: Vec<StoredHold<'a>>,
    #[serde(borrow)]
    orders: Vec<StoredOrder<'a>>,
    payments: Vec<(PaymentId, Payment)>,
    refunds: Vec<(RefundId, Refund)>,
    passed: Vec<(TicketId, Passed)>,
    transfers: Vec<(TransferId, Transfer)>,
    unwound: Option<BTreeSet<OrderId>>,
    buyers: Vec<(Digest, Vec<OrderId>)>,
    deadlines: Vec<(Timestamp, HoldId)>,
}

#[derive(Serialize, Deserialize)]
struct StoredPool {
    pool: PoolId,
    name: String,
    capacity: u32,
    claimed: u32,
    blocked: u64,
    deadlines: Vec<(Timestamp, HoldId)>,
}

#[derive(Serialize, Deserialize)]
struct StoredType<'a> {
    #[serde(borrow)]
    added: Cow<'a, str>,
    category: Option<u32>,
    pools: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
struct StoredHold<'a> {
    hold: HoldId,
    #[serde(borrow)]
    items: Vec<StoredItem<'a>>,
    expires_at: Timestamp,
    max_expires_at: Timestamp,
    phase: Phase,
    tariff: TariffIndex,
}

#[derive(Serialize, Deserialize)]
struct StoredOrder<'a> {
    order: OrderId,
    hold: HoldId,
    #[serde(borrow)]
    items: Vec<(StoredItem<'a>, TicketId)>,
    shares: Vec<Share>,
    total: Minor,
    phase: OrderPhase,
    payments: Vec<PaymentId>,
    policy: Option<StoredPolicy>,
    gone: BTreeSet<TicketId>,
    refunds: u32,
}

/// Whether fees are kept, what share goes back, and until how many seconds before the start.
type StoredPolicy = (bool, Rate, u32);

#[derive(Serialize, Deserialize)]
struct StoredItem<'a> {
    price: Minor,
    #[serde(borrow)]
    seat: Option<StoredSeat<'a>>,
    ticket_type: StoredTicketType,
}

#[derive(Serialize, Deserialize)]
enum StoredSeat<'a> {
    /// By its place in the plan.
    At(SeatIndex),
    /// The plan does not have it.
    Named(&'a str),
}

#[derive(Serialize, Deserialize)]
enum StoredTicketType {
    /// By its place among the ticket types.
    At(usize),
    /// There is none.
    Named(TicketTypeId),
}

impl Inventory {
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = encode(&self.head()?)?;
        bytes.append(&mut encode(&self.rest())?);
        Some(bytes)
    }

    pub(super) fn from_bytes(bytes: &[u8], layouts: &dyn Layouts) -> Result<Self, NotRestored> {
        let (head, rest) = decode_first(bytes)?;
        let mut inventory = Self::of_head(head, layouts)?;
        inventory.take_rest(decode(rest)?)?;
        Ok(inventory)
    }

    fn head(&self) -> Option<Head<'_>> {
        let drafted = self.terms.as_ref().map(|terms| serde_json::to_string(&*terms.drafted)).transpose();
        Some(Head {
            drafted: drafted.ok()?.map(Cow::Owned),
            published: self.published,
            paused: self.paused,
            pools: self.pools.iter().map(StoredPool::of).collect(),
            types: self.types.iter().map(StoredType::of).collect::<Option<_>>()?,
            tariffs: Cow::Owned(serde_json::to_string(&self.tariffs.iter().collect::<Vec<_>>()).ok()?),
        })
    }

    /// In an order of its own, so that the same state has the same bytes.
    fn rest(&self) -> Rest<'_> {
        let mut holds: Vec<StoredHold<'_>> =
            self.holds.iter().map(|(id, hold)| self.stored_hold(*id, hold)).collect();
        holds.sort_unstable_by_key(|hold| hold.hold);
        let mut orders: Vec<StoredOrder<'_>> =
            self.orders.iter().map(|(id, order)| self.stored_order(*id, order)).collect();
        orders.sort_unstable_by_key(|order| order.order);
        let mut payments: Vec<(PaymentId, Payment)> =
            self.payments.iter().map(|(id, payment)| (*id, payment.clone())).collect();
        payments.sort_unstable_by_key(|(id, _)| *id);
        let deadlines = self.deadlines.iter().copied().collect();
        let blocks = self.blocks.iter().map(|(id, block)| (*id, block.clone())).collect();
        let mut buyers: Vec<(Digest, Vec<OrderId>)> =
            self.buyers.iter().map(|(buyer, orders)| (*buyer, orders.clone())).collect();
        buyers.sort_unstable_by_key(|(buyer, _)| *buyer.as_bytes());
        let mut refunds: Vec<(RefundId, Refund)> =
            self.refunds.iter().map(|(id, refund)| (*id, *refund)).collect();
        refunds.sort_unstable_by_key(|(id, _)| *id);
        let mut passed: Vec<(TicketId, Passed)> =
            self.passed.iter().map(|(id, passed)| (*id, *passed)).collect();
        passed.sort_unstable_by_key(|(id, _)| *id);
        let mut transfers: Vec<(TransferId, Transfer)> =
            self.transfers.iter().map(|(id, transfer)| (*id, *transfer)).collect();
        transfers.sort_unstable_by_key(|(id, _)| *id);
        let (claims, unwound) = (self.claims.clone(), self.unwound.clone());
        Rest {
            claims,
            blocks,
            holds,
            orders,
            payments,
            refunds,
            passed,
            transfers,
            unwound,
            buyers,
            deadlines,
        }
    }

    fn stored_hold<'a>(&'a self, id: HoldId, hold: &'a Hold) -> StoredHold<'a> {
        StoredHold {
            hold: id,
            items: hold
                .items
                .iter()
                .map(|item| self.stored_item(item.price, item.seat.as_ref(), item.ticket_type))
                .collect(),
            expires_at: hold.expires_at,
            max_expires_at: hold.max_expires_at,
            phase: hold.phase,
            tariff: hold.tariff,
        }
    }

    fn stored_order<'a>(&'a self, id: OrderId, order: &'a Order) -> StoredOrder<'a> {
        let stored = |item: &'a TicketItem| {
            (self.stored_item(item.price, item.seat.as_ref(), item.ticket_type), item.ticket)
        };
        StoredOrder {
            order: id,
            hold: order.hold,
            items: order.items.iter().map(stored).collect(),
            shares: order.shares.clone(),
            total: order.total,
            phase: order.phase,
            payments: order.payments.clone(),
            policy: order.policy.map(|RefundPolicy { fees_kept, rate, seconds_before_start }| {
                (fees_kept, rate, seconds_before_start)
            }),
            gone: order.gone.clone(),
            refunds: order.refunds,
        }
    }

    fn stored_item<'a>(
        &self,
        price: Minor,
        seat: Option<&'a SeatId>,
        ticket_type: TicketTypeId,
    ) -> StoredItem<'a> {
        let place = |seat: &'a SeatId| match self.plan().and_then(|plan| plan.index_of(seat.as_str())) {
            Some(index) => StoredSeat::At(index),
            None => StoredSeat::Named(seat.as_str()),
        };
        let named = StoredTicketType::Named(ticket_type);
        StoredItem {
            price,
            seat: seat.map(place),
            ticket_type: self.type_index.get(&ticket_type).map_or(named, |at| StoredTicketType::At(*at)),
        }
    }

    fn of_head(head: Head<'_>, layouts: &dyn Layouts) -> Result<Self, NotRestored> {
        let tariffs = Tariffs::of(json(&head.tariffs)?);
        let mut inventory =
            Self { published: head.published, paused: head.paused, tariffs, ..Self::default() };
        if let Some(payload) = head.drafted {
            let mut drafted: InventoryDrafted = json(&payload)?;
            if let Some(digest) = drafted.layout {
                let plan = layouts.layout(digest).ok_or(NotRestored::MissingLayout(digest))?;
                drafted.plan = Some(plan);
            }
            inventory.terms = Some(Terms { plan: drafted.plan.clone(), drafted: Arc::new(drafted) });
        }
        for stored in head.pools {
            inventory.pool_index.insert(stored.pool, inventory.pools.len());
            inventory.pools.push(Pool {
                id: stored.pool,
                name: stored.name,
                capacity: stored.capacity,
                claimed: stored.claimed,
                blocked: stored.blocked,
                deadlines: BTreeSet::from_iter(stored.deadlines),
            });
        }
        for stored in head.types {
            let added: TicketTypeAdded = json(&stored.added)?;
            inventory.type_index.insert(added.ticket_type, inventory.types.len());
            let (category, pools) = (stored.category, stored.pools.into());
            inventory.types.push(TicketType { added: Arc::new(added), category, pools });
        }
        Ok(inventory)
    }

    fn take_rest(&mut self, rest: Rest<'_>) -> Result<(), NotRestored> {
        if rest.claims.len() != self.plan().map_or(0, |plan| plan.seats().len()) {
            return Err(NotRestored::Malformed);
        }
        let (plan, types) = (self.plan(), self.types.as_slice());
        let item = |stored: StoredItem<'_>| restored_item(&stored, plan, types);
        let holds = rest.holds.into_iter().map(|stored| stored.restored(item));
        let holds = holds.collect::<Result<_, _>>()?;
        let orders = rest.orders.into_iter().map(|stored| stored.restored(item));
        let orders = orders.collect::<Result<_, _>>()?;
        self.claims = rest.claims;
        self.count_unclaimed();
        self.blocks = rest.blocks.into_iter().collect();
        self.holds = holds;
        self.orders = orders;
        self.payments = rest.payments.into_iter().collect();
        self.refunds = rest.refunds.into_iter().collect();
        self.passed = rest.passed.into_iter().collect();
        self.transfers = rest.transfers.into_iter().collect();
        self.unwound = rest.unwound;
        self.buyers = rest.buyers.into_iter().collect();
        self.deadlines = BTreeSet::from_iter(rest.deadlines);
        Ok(())
    }
}

impl StoredPool {
    fn of(pool: &Pool) -> Self {
        Self {
            pool: pool.id,
            name: pool.name.clone(),
            capacity: pool.capacity,
            claimed: pool.claimed,
            blocked: pool.blocked,
            deadlines: pool.deadlines.iter().copied().collect(),
        }
    }
}

impl StoredType<'_> {
    fn of(ticket_type: &TicketType) -> Option<Self> {
        let added = Cow::Owned(serde_json::to_string(&*ticket_type.added).ok()?);
        Some(Self { added, category: ticket_type.category, pools: ticket_type.pools.to_vec() })
    }
}

impl<'a> StoredHold<'a> {
    fn restored(
        self,
        item: impl Fn(StoredItem<'a>) -> Result<Item, NotRestored>,
    ) -> Result<(HoldId, Hold), NotRestored> {
        let Self { hold, items, expires_at, max_expires_at, phase, tariff } = self;
        let items = items.into_iter().map(item).collect::<Result<_, _>>()?;
        Ok((hold, Hold { items, expires_at, max_expires_at, phase, tariff }))
    }
}

impl<'a> StoredOrder<'a> {
    fn restored(
        self,
        item: impl Fn(StoredItem<'a>) -> Result<Item, NotRestored>,
    ) -> Result<(OrderId, Order), NotRestored> {
        let with_ticket = |(stored, ticket)| {
            item(stored).map(|Item { price, seat, ticket_type }| TicketItem {
                price,
                seat,
                ticket,
                ticket_type,
            })
        };
        let items = self.items.into_iter().map(with_ticket).collect::<Result<_, _>>()?;
        let policy = self.policy.map(|(fees_kept, rate, seconds_before_start)| RefundPolicy {
            fees_kept,
            rate,
            seconds_before_start,
        });
        let Self { order, hold, shares, total, phase, payments, gone, refunds, .. } = self;
        Ok((order, Order { hold, items, shares, total, phase, payments, policy, gone, refunds }))
    }
}

fn restored_item(
    stored: &StoredItem<'_>,
    plan: Option<&Layout>,
    types: &[TicketType],
) -> Result<Item, NotRestored> {
    let seat = match &stored.seat {
        None => None,
        Some(StoredSeat::Named(name)) => Some(SeatId::new(name)),
        // The plan's own name of the seat: nothing is copied.
        Some(StoredSeat::At(index)) => {
            let seat = plan.and_then(|plan| plan.seat(*index)).ok_or(NotRestored::Malformed)?;
            Some(seat.id.clone())
        }
    };
    let ticket_type = match stored.ticket_type {
        StoredTicketType::Named(id) => id,
        StoredTicketType::At(at) => types.get(at).ok_or(NotRestored::Malformed)?.added.ticket_type,
    };
    Ok(Item { price: stored.price, seat, ticket_type })
}

fn json<T: serde::de::DeserializeOwned>(payload: &str) -> Result<T, NotRestored> {
    serde_json::from_str(payload).map_err(|_| NotRestored::Malformed)
}
