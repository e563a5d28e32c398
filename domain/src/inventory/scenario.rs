//! Given / when / then for inventories, with a small cast: Ann, Bob and Cleo; a theatre of twelve seats and a club
//! of ten places.

use std::sync::Arc;

use uuid::Uuid;

use super::event::*;
use super::place_block::Blocked;
use super::release_block::Part;
use super::selection::Want;
use super::*;
use crate::entries::Entries;
use crate::id::{PersonId, TicketId};
use crate::seating::SeatId;

mod charges;
mod plans;
mod refunds;
mod transfers;

pub(crate) use charges::*;
pub(crate) use plans::*;
pub(crate) use refunds::*;
pub(crate) use transfers::*;

pub(crate) const HOLD_MS: i64 = 300_000;
pub(crate) const HOLD_MAX_MS: i64 = 900_000;
pub(crate) const START_MS: i64 = 100_000_000;
pub(crate) const PRICE: Minor = 4_500;

const SHOW: ShowId = ShowId::from_uuid(Uuid::from_u128(1));
pub(crate) const ANN: HoldId = HoldId::from_uuid(Uuid::from_u128(0xa));
pub(crate) const BOB: HoldId = HoldId::from_uuid(Uuid::from_u128(0xb));
pub(crate) const CLEO: HoldId = HoldId::from_uuid(Uuid::from_u128(0xc));
pub(crate) const ANN_ORDER: OrderId = OrderId::from_uuid(Uuid::from_u128(0xa));
pub(crate) const BOB_ORDER: OrderId = OrderId::from_uuid(Uuid::from_u128(0xb));
pub(crate) const PAY: PaymentId = PaymentId::from_uuid(Uuid::from_u128(1));
pub(crate) const PAY2: PaymentId = PaymentId::from_uuid(Uuid::from_u128(2));
pub(crate) const PRESS: BlockId = BlockId::from_uuid(Uuid::from_u128(0xa));
pub(crate) const GUESTS: BlockId = BlockId::from_uuid(Uuid::from_u128(0xb));
pub(crate) const STANDING: u128 = 1;
pub(crate) const BALCONY: u128 = 2;
pub(crate) const STALLS: u128 = 3;
pub(crate) const LOUNGE: u128 = 4;

/// A history, a clock, and the last decision.
#[derive(Clone)]
pub(crate) struct Scenario {
    inventory: Inventory,
    now: Timestamp,
    decided: Option<Decision>,
}

pub(crate) fn given(events: Vec<InventoryEvent>) -> Scenario {
    let mut inventory = Inventory::default();
    for event in &events {
        inventory.evolve(event, Timestamp::default());
    }
    Scenario { inventory, now: Timestamp::default(), decided: None }
}

impl Scenario {
    /// This happened besides, at that time.
    pub(crate) fn and(mut self, at: i64, event: impl Into<InventoryEvent>) -> Self {
        self.now = Timestamp::from_unix_ms(at);
        self.inventory.evolve(&event.into(), self.now);
        self
    }

    pub(crate) fn at(mut self, now: i64) -> Self {
        self.now = Timestamp::from_unix_ms(now);
        self
    }

    pub(crate) fn when(mut self, command: InventoryCommand) -> Self {
        self.decided = Some(self.inventory.decide(&command, self.now));
        self
    }

    pub(crate) fn then(self, expected: impl Into<Vec<InventoryEvent>>) {
        assert_eq!(self.decided, Some(Ok(expected.into())));
    }

    pub(crate) fn then_refused(self, refusal: InventoryRefused) {
        assert_eq!(self.decided, Some(Err(refusal)));
    }

    /// Like [`Self::then_refused`], and it goes on.
    pub(crate) fn then_refused_and(self, refusal: InventoryRefused) -> Self {
        self.clone().then_refused(refusal);
        self
    }

    /// Whatever it was, it was decided.
    pub(crate) fn then_accepted(self) {
        assert!(matches!(&self.decided, Some(Ok(events)) if !events.is_empty()), "{:?}", self.decided);
    }

    /// Like [`Self::then`], and what was decided has happened.
    pub(crate) fn then_and(self, expected: impl Into<Vec<InventoryEvent>>) -> Self {
        self.clone().then(expected);
        let now = self.now.unix_ms();
        self.happens(now)
    }

    /// What was decided has happened.
    pub(crate) fn happens(mut self, at: i64) -> Self {
        for event in self.decided.take().unwrap().unwrap() {
            self = self.and(at, event);
        }
        self
    }
}

pub(crate) fn seat(name: &str) -> SeatId {
    SeatId::new(name)
}

pub(crate) fn seats(names: &[&str]) -> Vec<SeatId> {
    names.iter().map(|name| seat(name)).collect()
}

fn ticket_type(n: u128) -> TicketTypeId {
    TicketTypeId::from_uuid(Uuid::from_u128(n))
}

pub(crate) fn balcony() -> TicketTypeId {
    ticket_type(BALCONY)
}

pub(crate) fn pool(n: u128) -> PoolId {
    PoolId::from_uuid(Uuid::from_u128(n))
}

pub(crate) fn left(n: u128, available: u32) -> Left {
    Left { ticket_type: ticket_type(n), available }
}

fn drafted(plan: Option<Arc<Layout>>) -> InventoryEvent {
    InventoryDrafted {
        currency: "EUR".parse().unwrap(),
        hold_seconds: 300,
        hold_seconds_max: 900,
        layout: plan.as_ref().map(|plan| plan.digest()),
        max_per_buyer: None,
        max_per_order: None,
        plan,
        refund_policy: None,
        sale_ends_at: None,
        sale_starts_at: None,
        show: SHOW,
        single_seat_rule: None,
        starts_at: Timestamp::from_unix_ms(START_MS),
    }
    .into()
}

pub(crate) fn type_added(n: u128, price: Minor, category: Option<&str>, pools: &[u128]) -> TicketTypeAdded {
    TicketTypeAdded {
        entries: Entries::ONCE,
        hidden: false,
        max_per_order: None,
        min_per_order: None,
        name: "Ticket".into(),
        pools: pools.iter().map(|n| pool(*n)).collect(),
        price,
        price_category: category.map(Into::into),
        sale_ends_at: None,
        sale_starts_at: None,
        ticket_type: ticket_type(n),
    }
}

fn theatre_at(price: Minor) -> Vec<InventoryEvent> {
    vec![
        drafted(Some(plan_of(&[("Stalls", 1..=12)], &[]))),
        type_added(STALLS, price, Some("Stalls"), &[]).into(),
    ]
}

pub(crate) fn unpublished_theatre() -> Vec<InventoryEvent> {
    theatre_at(PRICE)
}

/// Twelve seats, `A-1` to `A-12`.
pub(crate) fn theatre() -> Vec<InventoryEvent> {
    let mut events = theatre_at(PRICE);
    events.push(InventoryPublished {}.into());
    events
}

/// The theatre with room for ten who stand.
pub(crate) fn theatre_with_standing() -> Vec<InventoryEvent> {
    let mut events = theatre();
    events.push(PoolAdded { capacity: 10, name: "House".into(), pool: pool(1) }.into());
    events.push(type_added(STANDING, PRICE, None, &[1]).into());
    events
}

pub(crate) fn free_theatre() -> Vec<InventoryEvent> {
    let mut events = theatre_at(0);
    events.push(InventoryPublished {}.into());
    events
}

/// A house of ten places in all: standing for everybody; the balcony takes six of them, two to four an order.
pub(crate) fn club() -> Vec<InventoryEvent> {
    let mut balcony = type_added(BALCONY, 2 * PRICE, None, &[1, 2]);
    balcony.min_per_order = Some(2);
    balcony.max_per_order = Some(4);
    vec![
        drafted(None),
        PoolAdded { capacity: 10, name: "House".into(), pool: pool(1) }.into(),
        PoolAdded { capacity: 6, name: "Balcony".into(), pool: pool(2) }.into(),
        type_added(STANDING, PRICE, None, &[1]).into(),
        balcony.into(),
        InventoryPublished {}.into(),
    ]
}

/// A theatre in which Ann has paid for `A-1`.
pub(crate) fn paid_theatre() -> Vec<InventoryEvent> {
    let mut events = theatre();
    events.push(hold_placed(0, ANN, &["A-1"]));
    events.push(order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]));
    events.push(payment_started(PAY, ANN_ORDER, PRICE));
    events.push(authorised(PAY, ANN_ORDER, PRICE));
    events.push(secured(ANN_ORDER, ANN, PAY));
    events.extend(captured(PAY, ANN_ORDER, PRICE, &["A-1"]));
    events
}

pub(crate) fn wants(names: &[&str]) -> Vec<Want> {
    names.iter().map(|name| Want::Seat { seat: seat(name), ticket_type: None }).collect()
}

pub(crate) fn units(n: u128, quantity: u32) -> Vec<Want> {
    vec![Want::Units { ticket_type: ticket_type(n), quantity }]
}

pub(crate) fn add_ticket_type(added: TicketTypeAdded) -> InventoryCommand {
    InventoryCommand::AddTicketType(Box::new(add_ticket_type::AddTicketType { added }))
}

pub(crate) fn pause_sale(reason: Option<String>) -> InventoryCommand {
    InventoryCommand::PauseSale(pause_sale::PauseSale { reason })
}

fn window(starts: Option<i64>, ends: Option<i64>) -> SaleWindowChanged {
    let at = |ms: Option<i64>| ms.map(Timestamp::from_unix_ms);
    SaleWindowChanged { sale_ends_at: at(ends), sale_starts_at: at(starts) }
}

pub(crate) fn change_window(starts: Option<i64>, ends: Option<i64>) -> InventoryCommand {
    let window = window(starts, ends);
    InventoryCommand::ChangeSaleWindow(change_sale_window::ChangeSaleWindow { window, expected: None })
}

pub(crate) fn window_changed(starts: Option<i64>, ends: Option<i64>) -> InventoryEvent {
    window(starts, ends).into()
}

pub(crate) fn reschedule(starts_at: i64) -> InventoryCommand {
    let starts_at = Timestamp::from_unix_ms(starts_at);
    InventoryCommand::Reschedule(reschedule::Reschedule { starts_at })
}

pub(crate) fn moved(starts_at: i64) -> InventoryEvent {
    InventoryRescheduled { starts_at: Timestamp::from_unix_ms(starts_at) }.into()
}

/// A type as it was added, as far as it can change.
pub(crate) fn changeable(n: u128, price: Minor) -> TicketTypeChanged {
    TicketTypeChanged::of(&type_added(n, price, None, &[]))
}

pub(crate) fn change_type(changed: TicketTypeChanged) -> InventoryCommand {
    let change = change_ticket_type::ChangeTicketType { changed, expected: None };
    InventoryCommand::ChangeTicketType(Box::new(change))
}

pub(crate) fn change_capacity(n: u128, capacity: u32, expected: Option<u32>) -> InventoryCommand {
    InventoryCommand::ChangeCapacity(change_capacity::ChangeCapacity { pool: pool(n), capacity, expected })
}

fn block(block: BlockId, what: Blocked) -> InventoryCommand {
    InventoryCommand::PlaceBlock(place_block::PlaceBlock { block, what, reason: None })
}

pub(crate) fn block_seats(id: BlockId, names: &[&str]) -> InventoryCommand {
    block(id, Blocked::Seats(seats(names)))
}

pub(crate) fn block_units(id: BlockId, n: u128, quantity: u32) -> InventoryCommand {
    block(id, Blocked::Units { pool: pool(n), quantity })
}

pub(crate) fn release_block(block: BlockId, part: Part) -> InventoryCommand {
    InventoryCommand::ReleaseBlock(release_block::ReleaseBlock { block, part })
}

pub(crate) fn capacity_changed(n: u128, capacity: u32) -> InventoryEvent {
    PoolCapacityChanged { capacity, pool: pool(n) }.into()
}

pub(crate) fn seats_blocked(block: BlockId, names: &[&str]) -> InventoryEvent {
    BlockPlaced { block, pool: None, quantity: None, reason: None, seats: seats(names) }.into()
}

pub(crate) fn units_blocked(block: BlockId, n: u128, quantity: u32) -> InventoryEvent {
    let (pool, quantity) = (Some(pool(n)), Some(quantity));
    BlockPlaced { block, pool, quantity, reason: None, seats: Vec::new() }.into()
}

pub(crate) fn seats_released(block: BlockId, names: &[&str]) -> InventoryEvent {
    BlockReleased { block, quantity: None, seats: seats(names) }.into()
}

pub(crate) fn units_released(block: BlockId, quantity: u32) -> InventoryEvent {
    BlockReleased { block, quantity: Some(quantity), seats: Vec::new() }.into()
}

pub(crate) fn place_hold(hold: HoldId, names: &[&str]) -> InventoryCommand {
    InventoryCommand::PlaceHold(place_hold::PlaceHold { hold, wants: wants(names) })
}

pub(crate) fn place_units(hold: HoldId, n: u128, quantity: u32) -> InventoryCommand {
    InventoryCommand::PlaceHold(place_hold::PlaceHold { hold, wants: units(n, quantity) })
}

pub(crate) fn add_items(hold: HoldId, names: &[&str]) -> InventoryCommand {
    InventoryCommand::AddHoldItems(add_hold_items::AddHoldItems { hold, wants: wants(names) })
}

pub(crate) fn add_units(hold: HoldId, n: u128, quantity: u32) -> InventoryCommand {
    InventoryCommand::AddHoldItems(add_hold_items::AddHoldItems { hold, wants: units(n, quantity) })
}

pub(crate) fn remove_items(hold: HoldId, names: &[&str]) -> InventoryCommand {
    InventoryCommand::RemoveHoldItems(remove_hold_items::RemoveHoldItems { hold, wants: wants(names) })
}

pub(crate) fn extend_hold(hold: HoldId) -> InventoryCommand {
    InventoryCommand::ExtendHold(extend_hold::ExtendHold { hold })
}

pub(crate) fn release_hold(hold: HoldId) -> InventoryCommand {
    InventoryCommand::ReleaseHold(release_hold::ReleaseHold { hold })
}

pub(crate) fn expire_holds() -> InventoryCommand {
    InventoryCommand::ExpireHolds
}

pub(crate) fn place_order(order: OrderId, hold: HoldId) -> InventoryCommand {
    InventoryCommand::PlaceOrder(place_order::PlaceOrder { order, hold, buyer: buyer(), buyer_key: None })
}

pub(crate) fn cancel_order(order: OrderId) -> InventoryCommand {
    let by = refund_tickets::Refunder::Buyer;
    InventoryCommand::CancelOrder(cancel_order::CancelOrder { order, by })
}

pub(crate) fn start_payment(payment: PaymentId, order: OrderId) -> InventoryCommand {
    InventoryCommand::StartPayment(start_payment::StartPayment {
        payment,
        order,
        method: "card".into(),
        provider: "sandbox".into(),
    })
}

fn record(payment: PaymentId, fact: record_payment::Fact) -> InventoryCommand {
    InventoryCommand::RecordPayment(record_payment::RecordPayment { payment, fact })
}

pub(crate) fn authorise(payment: PaymentId, amount: Minor) -> InventoryCommand {
    record(payment, record_payment::Fact::Authorised { amount, at: Timestamp::default() })
}

/// The provider says that it reserved the money at that time.
pub(crate) fn authorise_at(payment: PaymentId, amount: Minor, at: i64) -> InventoryCommand {
    record(payment, record_payment::Fact::Authorised { amount, at: Timestamp::from_unix_ms(at) })
}

pub(crate) fn lapse(payment: PaymentId) -> InventoryCommand {
    record(payment, record_payment::Fact::Lapsed)
}

pub(crate) fn decline(payment: PaymentId) -> InventoryCommand {
    record(payment, record_payment::Fact::Declined { reason: "card_declined".into() })
}

pub(crate) fn dispute(payment: PaymentId) -> InventoryCommand {
    record(payment, record_payment::Fact::Disputed)
}

pub(crate) fn settle(payment: PaymentId) -> InventoryCommand {
    InventoryCommand::SettlePayment(settle_payment::SettlePayment { payment })
}

pub(crate) fn capture(payment: PaymentId) -> InventoryCommand {
    InventoryCommand::RecordCapture(record_capture::RecordCapture { payment, failure: None })
}

pub(crate) fn capture_fails(payment: PaymentId) -> InventoryCommand {
    let failure = Some("card_declined".into());
    InventoryCommand::RecordCapture(record_capture::RecordCapture { payment, failure })
}

pub(crate) fn void(payment: PaymentId) -> InventoryCommand {
    InventoryCommand::RecordVoid(record_void::RecordVoid { payment })
}

fn items(names: &[&str], price: Minor) -> Vec<Item> {
    let item = |name: &&str| Item { price, seat: Some(seat(name)), ticket_type: ticket_type(STALLS) };
    names.iter().map(item).collect()
}

fn ticket_items(order: OrderId, names: &[&str], price: Minor) -> Vec<TicketItem> {
    (1..)
        .zip(names)
        .map(|(n, name)| TicketItem {
            price,
            seat: Some(seat(name)),
            ticket: TicketId::of_order(order, n),
            ticket_type: ticket_type(STALLS),
        })
        .collect()
}

fn held(at: i64, hold: HoldId, items: Vec<Item>) -> InventoryEvent {
    HoldPlaced {
        expires_at: Timestamp::from_unix_ms(at + HOLD_MS),
        hold,
        items,
        max_expires_at: Timestamp::from_unix_ms(at + HOLD_MAX_MS),
        tariff: 0,
    }
    .into()
}

pub(crate) fn hold_placed(at: i64, hold: HoldId, names: &[&str]) -> InventoryEvent {
    held(at, hold, items(names, PRICE))
}

pub(crate) fn hold_placed_at(at: i64, hold: HoldId, names: &[&str], price: Minor) -> InventoryEvent {
    held(at, hold, items(names, price))
}

pub(crate) fn free_hold_placed(at: i64, hold: HoldId, names: &[&str]) -> InventoryEvent {
    held(at, hold, items(names, 0))
}

pub(crate) fn units_held(at: i64, hold: HoldId, n: u128, quantity: usize) -> InventoryEvent {
    held(at, hold, unit_items(n, quantity))
}

pub(crate) fn unit_items(n: u128, quantity: usize) -> Vec<Item> {
    let price = if n == BALCONY { 2 * PRICE } else { PRICE };
    vec![Item { price, seat: None, ticket_type: ticket_type(n) }; quantity]
}

pub(crate) fn units_added(hold: HoldId, n: u128, quantity: usize) -> InventoryEvent {
    HoldItemsAdded { hold, items: unit_items(n, quantity) }.into()
}

pub(crate) fn items_added(hold: HoldId, names: &[&str]) -> InventoryEvent {
    HoldItemsAdded { hold, items: items(names, PRICE) }.into()
}

pub(crate) fn items_removed(hold: HoldId, names: &[&str]) -> InventoryEvent {
    HoldItemsRemoved { hold, items: items(names, PRICE) }.into()
}

pub(crate) fn extended(hold: HoldId, until: i64) -> InventoryEvent {
    HoldExtended { expires_at: Timestamp::from_unix_ms(until), hold }.into()
}

fn buyer() -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(9))
}

fn placed(until: i64, order: OrderId, hold: HoldId, names: &[&str], price: Minor) -> InventoryEvent {
    OrderPlaced {
        buyer: buyer(),
        buyer_key: None,
        expires_at: Timestamp::from_unix_ms(until),
        fees: Vec::new(),
        hold,
        items: ticket_items(order, names, price),
        order,
        shares: Vec::new(),
        taxes: Vec::new(),
        total: price * names.len() as u64,
    }
    .into()
}

pub(crate) fn order_placed(until: i64, order: OrderId, hold: HoldId, names: &[&str]) -> InventoryEvent {
    placed(until, order, hold, names, PRICE)
}

pub(crate) fn units_ordered(
    until: i64,
    order: OrderId,
    hold: HoldId,
    n: u128,
    quantity: usize,
) -> InventoryEvent {
    let items = unit_items(n, quantity);
    let total = items.iter().map(|item| item.price).sum();
    let ticket = |(n, Item { price, seat, ticket_type })| TicketItem {
        price,
        seat,
        ticket: TicketId::of_order(order, n),
        ticket_type,
    };
    OrderPlaced {
        buyer: buyer(),
        buyer_key: None,
        expires_at: Timestamp::from_unix_ms(until),
        fees: Vec::new(),
        hold,
        items: (1..).zip(items).map(ticket).collect(),
        order,
        shares: Vec::new(),
        taxes: Vec::new(),
        total,
    }
    .into()
}

pub(crate) fn free_order(until: i64, order: OrderId, hold: HoldId, names: &[&str]) -> Vec<InventoryEvent> {
    vec![
        placed(until, order, hold, names, 0),
        OrderSecured { hold, order, payment: None }.into(),
        TicketsIssued { order, tickets: ticket_items(order, names, 0) }.into(),
    ]
}

pub(crate) fn cancelled(order: OrderId, hold: HoldId, reason: CancelReason) -> InventoryEvent {
    OrderCancelled { hold, order, reason }.into()
}

pub(crate) fn payment_started(payment: PaymentId, order: OrderId, amount: Minor) -> InventoryEvent {
    PaymentStarted { amount, method: "card".into(), order, payment, provider: "sandbox".into() }.into()
}

/// Reserved in time, whenever it was told.
pub(crate) fn authorised(payment: PaymentId, order: OrderId, amount: Minor) -> InventoryEvent {
    authorised_at(payment, order, amount, 0)
}

pub(crate) fn authorised_at(
    payment: PaymentId,
    order: OrderId,
    amount: Minor,
    authorised_at: i64,
) -> InventoryEvent {
    let authorised_at = Timestamp::from_unix_ms(authorised_at);
    PaymentAuthorised { amount, authorised_at, order, payment }.into()
}

pub(crate) fn declined(payment: PaymentId, order: OrderId) -> InventoryEvent {
    PaymentDeclined { order, payment, reason: "card_declined".into() }.into()
}

pub(crate) fn reclaimed(order: OrderId, hold: HoldId) -> InventoryEvent {
    HoldReclaimed { hold, order }.into()
}

pub(crate) fn secured(order: OrderId, hold: HoldId, payment: PaymentId) -> InventoryEvent {
    OrderSecured { hold, order, payment: Some(payment) }.into()
}

pub(crate) fn captured(
    payment: PaymentId,
    order: OrderId,
    amount: Minor,
    names: &[&str],
) -> Vec<InventoryEvent> {
    vec![
        PaymentCaptured { amount, order, payment }.into(),
        TicketsIssued { order, tickets: ticket_items(order, names, PRICE) }.into(),
    ]
}

pub(crate) fn capture_failed(payment: PaymentId, order: OrderId) -> InventoryEvent {
    capture_failed_with(payment, order, "card_declined")
}

pub(crate) fn capture_failed_with(payment: PaymentId, order: OrderId, reason: &str) -> InventoryEvent {
    PaymentCaptureFailed { order, payment, reason: reason.into() }.into()
}

pub(crate) fn void_due(payment: PaymentId, order: OrderId, reason: VoidReason) -> InventoryEvent {
    PaymentVoidDue { order, payment, reason }.into()
}
