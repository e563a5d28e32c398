//! A little show: six seats in the stalls, four in the balcony, a floor of five within a limit of eight.

use std::sync::{Arc, LazyLock};

use super::returns::{
    policy_changed, refund_due, refund_failed, refund_made, refund_retried, returned, show_cancelled,
    transfer_accepted, transfer_offered, transfer_refused,
};
use boxoffice_domain::aggregate::StoredEvent;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::entries::Entries;
use boxoffice_domain::id::{
    BlockId, FeeId, HoldId, OrderId, PaymentId, PersonId, PoolId, ShowId, TaxId, TicketId, TicketTypeId,
};
use boxoffice_domain::inventory::event::{
    BlockPlaced, BlockReleased, CancelReason, FeeAdded, FeePer, FeeRemoved, HoldExpired, HoldExtended,
    HoldItemsAdded, HoldItemsRemoved, HoldPlaced, HoldReclaimed, HoldReleased, InventoryDrafted,
    InventoryEvent, InventoryPublished, InventoryRescheduled, Item, OrderCancelled, OrderPlaced,
    OrderSecured, PaymentActionRequired, PaymentAuthorised, PaymentCaptureFailed, PaymentCaptured,
    PaymentDeclined, PaymentDisputed, PaymentLapsed, PaymentStarted, PaymentVoidDue, PaymentVoided,
    PlanReplaced, PoolAdded, PoolCapacityChanged, RefundReason, ReturnReason, SalePaused, SaleResumed,
    SaleWindowChanged, TaxAdded, TaxPer, TaxRemoved, TaxedPart, TicketItem, TicketTypeAdded,
    TicketTypeChanged, TicketsIssued, VoidReason,
};
use boxoffice_domain::log::{CommandMeta, Recorded, StreamName};
use boxoffice_domain::money::Minor;
use boxoffice_domain::pricing::{FeeLine, Rate, TariffIndex, TaxLine};
use boxoffice_domain::seating::{Area, Category, LAYOUT_FORMAT, Layout, LayoutDocument, Point, Seat, SeatId};
use boxoffice_domain::time::Timestamp;
use uuid::Uuid;

pub(crate) const SHOW: ShowId = ShowId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0012_3456));
pub(crate) const SEATS: [&str; 10] = ["A-1", "A-2", "A-3", "A-4", "A-5", "A-6", "B-1", "B-2", "B-3", "B-4"];

/// Nine in the evening, and so many seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2026-11-21T21:00:00Z".parse::<Timestamp>().unwrap().plus_ms(seconds * 1000)
}

/// Room below for a show's tag and for the tickets of an order.
fn uuid(kind: u128, n: u32) -> Uuid {
    Uuid::from_u128(0x0190_0000_0001_7000_8000_0000_0000_0000 | kind << 52 | u128::from(n) << 32)
}

pub(crate) fn hold(n: u32) -> HoldId {
    HoldId::of_show(SHOW, uuid(1, n))
}

pub(crate) fn order(n: u32) -> OrderId {
    OrderId::of_show(SHOW, uuid(2, n))
}

pub(crate) fn payment(n: u32) -> PaymentId {
    PaymentId::of_show(SHOW, uuid(3, n))
}

pub(crate) fn ticket_type(n: u32) -> TicketTypeId {
    TicketTypeId::of_show(SHOW, uuid(4, n))
}

pub(crate) fn pool(n: u32) -> PoolId {
    PoolId::of_show(SHOW, uuid(5, n))
}

pub(crate) fn block(n: u32) -> BlockId {
    BlockId::of_show(SHOW, uuid(7, n))
}

pub(crate) fn person(n: u32) -> PersonId {
    PersonId::from_uuid(uuid(6, n))
}

/// Stalls, balcony, floor.
pub(crate) const STALLS: u32 = 0;
pub(crate) const BALCONY: u32 = 1;
pub(crate) const FLOOR: u32 = 2;

pub(crate) fn layout() -> Arc<Layout> {
    static LAYOUT: LazyLock<Arc<Layout>> = LazyLock::new(|| layout_of(&SEATS));
    Arc::clone(&LAYOUT)
}

/// A plan of these seats; the letter says the category.
pub(crate) fn layout_of(seats: &[&str]) -> Arc<Layout> {
    let seat = |(n, id): (usize, &&str)| {
        let (row, number) = id.split_once('-').unwrap();
        let balcony = row == "B";
        Seat {
            accessible: *id == "A-1",
            category: u32::from(balcony),
            companion: false,
            id: SeatId::new(id),
            number: number.into(),
            row: row.into(),
            x: 10_500 * i64::try_from(n).unwrap(),
            y: 20_000,
            zone: if balcony { "Balcony".into() } else { "Stalls".into() },
        }
    };
    let category = |name: &str| Category { color: None, name: name.into() };
    let document = LayoutDocument {
        areas: vec![Area { capacity: 5, category: None, name: "Floor".into(), x: 0, y: 0 }],
        categories: vec![category("Stalls"), category("Balcony")],
        focal_point: Point::default(),
        format: LAYOUT_FORMAT.into(),
        name: "Little house".into(),
        seats: seats.iter().enumerate().map(seat).collect(),
    };
    Arc::new(Layout::write(document).unwrap().0)
}

pub(crate) fn plan_replaced(plan: &Arc<Layout>) -> InventoryEvent {
    PlanReplaced { layout: plan.digest(), plan: Some(Arc::clone(plan)) }.into()
}

pub(crate) fn price(ticket_type: u32) -> u64 {
    [4_500, 3_000, 2_000].get(ticket_type as usize).copied().unwrap_or(100)
}

pub(crate) fn item(ticket: u32, seat: Option<&str>) -> Item {
    Item { price: price(ticket), seat: seat.map(SeatId::new), ticket_type: ticket_type(ticket) }
}

/// A seat as what its row sells as.
pub(crate) fn seat(seat: &str) -> Item {
    item(if seat.starts_with('B') { BALCONY } else { STALLS }, Some(seat))
}

pub(crate) fn floor() -> Item {
    item(FLOOR, None)
}

pub(crate) fn drafted() -> InventoryEvent {
    InventoryDrafted {
        currency: "EUR".parse().unwrap(),
        hold_seconds: 300,
        hold_seconds_max: 900,
        layout: Some(layout().digest()),
        max_per_buyer: None,
        max_per_order: None,
        plan: Some(layout()),
        refund_policy: None,
        sale_ends_at: None,
        sale_starts_at: None,
        show: SHOW,
        single_seat_rule: None,
        starts_at: at(86_400),
    }
    .into()
}

pub(crate) fn pool_added(n: u32, name: &str, capacity: u32) -> InventoryEvent {
    PoolAdded { capacity, name: name.into(), pool: pool(n) }.into()
}

pub(crate) fn type_added(n: u32, name: &str, category: Option<&str>, pools: &[u32]) -> InventoryEvent {
    type_of(n, name, category, pools).into()
}

pub(crate) fn type_of(n: u32, name: &str, category: Option<&str>, pools: &[u32]) -> TicketTypeAdded {
    TicketTypeAdded {
        entries: Entries::ONCE,
        hidden: false,
        max_per_order: None,
        min_per_order: None,
        name: name.into(),
        pools: pools.iter().map(|n| pool(*n)).collect(),
        price: price(n),
        price_category: category.map(str::to_owned),
        sale_ends_at: None,
        sale_starts_at: None,
        ticket_type: ticket_type(n),
    }
}

pub(crate) fn published() -> InventoryEvent {
    InventoryPublished {}.into()
}

pub(crate) fn paused() -> InventoryEvent {
    SalePaused { reason: None }.into()
}

pub(crate) fn resumed() -> InventoryEvent {
    SaleResumed {}.into()
}

pub(crate) fn window_changed(starts: Option<i64>, ends: Option<i64>) -> InventoryEvent {
    SaleWindowChanged { sale_ends_at: ends.map(at), sale_starts_at: starts.map(at) }.into()
}

pub(crate) fn moved(starts_at: i64) -> InventoryEvent {
    InventoryRescheduled { starts_at: at(starts_at) }.into()
}

pub(crate) fn type_changed(added: &TicketTypeAdded) -> InventoryEvent {
    TicketTypeChanged::of(added).into()
}

pub(crate) fn capacity_changed(n: u32, capacity: u32) -> InventoryEvent {
    PoolCapacityChanged { capacity, pool: pool(n) }.into()
}

pub(crate) fn seats_blocked(n: u32, seats: &[&str], reason: Option<&str>) -> InventoryEvent {
    let seats = seats.iter().map(|seat| SeatId::new(seat)).collect();
    let reason = reason.map(str::to_owned);
    BlockPlaced { block: block(n), pool: None, quantity: None, reason, seats }.into()
}

pub(crate) fn units_blocked(n: u32, of: u32, quantity: u32) -> InventoryEvent {
    let (pool, quantity) = (Some(pool(of)), Some(quantity));
    BlockPlaced { block: block(n), pool, quantity, reason: None, seats: Vec::new() }.into()
}

pub(crate) fn seats_released(n: u32, seats: &[&str]) -> InventoryEvent {
    let seats = seats.iter().map(|seat| SeatId::new(seat)).collect();
    BlockReleased { block: block(n), quantity: None, seats }.into()
}

pub(crate) fn units_released(n: u32, quantity: u32) -> InventoryEvent {
    BlockReleased { block: block(n), quantity: Some(quantity), seats: Vec::new() }.into()
}

/// The little show on sale: pool 0 is the floor (5), pool 1 the limit (8), which the floor and the balcony draw on.
pub(crate) fn on_sale() -> Vec<InventoryEvent> {
    vec![
        drafted(),
        pool_added(0, "Floor", 5),
        pool_added(1, "Limit", 8),
        type_added(STALLS, "Stalls", Some("Stalls"), &[]),
        type_added(BALCONY, "Balcony", Some("Balcony"), &[1]),
        type_added(FLOOR, "Floor", None, &[0, 1]),
        published(),
    ]
}

pub(crate) fn hold_placed(n: u32, expires_at: i64, items: Vec<Item>) -> InventoryEvent {
    HoldPlaced {
        expires_at: at(expires_at),
        hold: hold(n),
        items,
        max_expires_at: at(expires_at + 600),
        tariff: 0,
    }
    .into()
}

pub(crate) fn items_added(n: u32, items: Vec<Item>) -> InventoryEvent {
    HoldItemsAdded { hold: hold(n), items }.into()
}

pub(crate) fn items_removed(n: u32, items: Vec<Item>) -> InventoryEvent {
    HoldItemsRemoved { hold: hold(n), items }.into()
}

pub(crate) fn hold_extended(n: u32, expires_at: i64) -> InventoryEvent {
    HoldExtended { expires_at: at(expires_at), hold: hold(n) }.into()
}

pub(crate) fn hold_released(n: u32) -> InventoryEvent {
    HoldReleased { hold: hold(n) }.into()
}

pub(crate) fn hold_expired(n: u32) -> InventoryEvent {
    HoldExpired { hold: hold(n) }.into()
}

pub(crate) fn tickets_for(n: u32, items: &[Item]) -> Vec<TicketItem> {
    let ticket = |(i, item): (u32, &Item)| TicketItem {
        price: item.price,
        seat: item.seat.clone(),
        ticket: TicketId::of_order(order(n), i),
        ticket_type: item.ticket_type,
    };
    (0..).zip(items).map(ticket).collect()
}

/// The order of a number is made of the hold of that number, and paid by the payment of that number.
pub(crate) fn order_placed(n: u32, expires_at: i64, items: &[Item]) -> InventoryEvent {
    let total = items.iter().map(|item| item.price).sum();
    let items = tickets_for(n, items);
    OrderPlaced {
        buyer: person(n),
        buyer_key: None,
        expires_at: at(expires_at),
        fees: Vec::new(),
        hold: hold(n),
        items,
        order: order(n),
        shares: Vec::new(),
        taxes: Vec::new(),
        total,
    }
    .into()
}

pub(crate) fn order_cancelled(n: u32, reason: CancelReason) -> InventoryEvent {
    OrderCancelled { hold: hold(n), order: order(n), reason }.into()
}

pub(crate) fn payment_started(n: u32, amount: u64) -> InventoryEvent {
    let (order, payment) = (order(n), payment(n));
    PaymentStarted { amount, method: "card".into(), order, payment, provider: "sandbox".into() }.into()
}

pub(crate) fn action_required(n: u32) -> InventoryEvent {
    PaymentActionRequired { order: order(n), payment: payment(n) }.into()
}

pub(crate) fn authorised(n: u32, seconds: i64) -> InventoryEvent {
    PaymentAuthorised { amount: 4_500, authorised_at: at(seconds), order: order(n), payment: payment(n) }
        .into()
}

pub(crate) fn declined(n: u32) -> InventoryEvent {
    PaymentDeclined { order: order(n), payment: payment(n), reason: "insufficient_funds".into() }.into()
}

pub(crate) fn reclaimed(n: u32) -> InventoryEvent {
    HoldReclaimed { hold: hold(n), order: order(n) }.into()
}

pub(crate) fn secured(n: u32) -> InventoryEvent {
    OrderSecured { hold: hold(n), order: order(n), payment: Some(payment(n)) }.into()
}

pub(crate) fn captured(n: u32) -> InventoryEvent {
    PaymentCaptured { amount: 4_500, order: order(n), payment: payment(n) }.into()
}

pub(crate) fn capture_failed(n: u32) -> InventoryEvent {
    PaymentCaptureFailed { order: order(n), payment: payment(n), reason: "card_expired".into() }.into()
}

pub(crate) fn void_due(n: u32, reason: VoidReason) -> InventoryEvent {
    PaymentVoidDue { order: order(n), payment: payment(n), reason }.into()
}

pub(crate) fn voided(n: u32) -> InventoryEvent {
    PaymentVoided { order: order(n), payment: payment(n) }.into()
}

pub(crate) fn payment_lapsed(n: u32) -> InventoryEvent {
    PaymentLapsed { order: order(n), payment: payment(n) }.into()
}

pub(crate) fn disputed(n: u32) -> InventoryEvent {
    PaymentDisputed { order: order(n), payment: payment(n) }.into()
}

pub(crate) fn tickets_issued(n: u32, items: &[Item]) -> InventoryEvent {
    TicketsIssued { order: order(n), tickets: tickets_for(n, items) }.into()
}

/// One of every type of event, about hold, order and payment `n`.
pub(crate) fn one_of_each(n: u32) -> Vec<InventoryEvent> {
    let items = vec![seat("A-1")];
    vec![
        drafted(),
        service_fee(250),
        FeeRemoved { fee: fee(1) }.into(),
        vat(),
        TaxRemoved { tax: TaxId::from_uuid(Uuid::from_u128(1)) }.into(),
        pool_added(0, "Floor", 5),
        type_added(STALLS, "Stalls", Some("Stalls"), &[]),
        published(),
        hold_placed(n, 300, items.clone()),
        items_added(n, vec![seat("A-2")]),
        items_removed(n, vec![seat("A-2")]),
        hold_extended(n, 600),
        hold_released(n),
        hold_expired(n),
        order_placed(n, 300, &items),
        order_cancelled(n, CancelReason::Requested),
        payment_started(n, 4_500),
        action_required(n),
        authorised(n, 10),
        declined(n),
        reclaimed(n),
        secured(n),
        captured(n),
        capture_failed(n),
        void_due(n, VoidReason::SeatsGone),
        voided(n),
        disputed(n),
        tickets_issued(n, &items),
        paused(),
        resumed(),
        window_changed(Some(5), Some(60)),
        moved(50),
        plan_replaced(&layout()),
        type_changed(&type_of(STALLS, "Parquet", None, &[])),
        capacity_changed(0, 3),
        seats_blocked(n, &["A-1", "B-1"], None),
        seats_released(n, &["A-1"]),
        policy_changed(),
        returned(n, &items, 0, 0, ReturnReason::Operator),
        refund_due(n, 4_500, &[0], RefundReason::Operator),
        refund_failed(n),
        refund_retried(n, 4_500),
        refund_made(n),
        show_cancelled(3),
        payment_lapsed(n),
        transfer_offered(n),
        transfer_accepted(n, 1),
        transfer_refused(n),
    ]
}

/// What the log of the test show says of an event besides its payload, which views do not look at.
pub(crate) fn recorded(position: u64, version: u64, seconds: i64, event: &InventoryEvent) -> Recorded {
    Recorded {
        position,
        stream: StreamName::inventory(SHOW),
        version,
        event_type: event.event_type().into(),
        schema_version: event.schema_version(),
        log_time: at(seconds),
        command: CommandMeta { id: Uuid::nil(), hash: Digest::ZERO, cause: None },
        payload: "{}".into(),
        hash: Digest::ZERO,
    }
}

fn fee(n: u128) -> FeeId {
    FeeId::from_uuid(Uuid::from_u128(n))
}

/// So much for each order.
pub(crate) fn service_fee(amount: Minor) -> InventoryEvent {
    FeeAdded {
        absorbed: false,
        amount: Some(amount),
        fee: fee(1),
        name: "Service".into(),
        per: FeePer::Order,
        rate: None,
        ticket_types: Vec::new(),
    }
    .into()
}

/// 19 %, which prices include.
pub(crate) fn vat() -> InventoryEvent {
    let (name, rate) = ("VAT".to_owned(), Rate::from_millionths(190_000).unwrap());
    let (on, per, tax) = (TaxedPart::Tickets, TaxPer::Line, TaxId::from_uuid(Uuid::from_u128(1)));
    TaxAdded { included: true, name, on, per, rate, tax, ticket_types: Vec::new() }.into()
}

/// What [`service_fee`] comes to.
pub(crate) fn service_line(amount: Minor) -> FeeLine {
    FeeLine { absorbed: false, amount, fee: fee(1), name: "Service".into() }
}

/// What [`vat`] comes to.
pub(crate) fn vat_line(amount: Minor) -> TaxLine {
    let (rate, tax) = (Rate::from_millionths(190_000).unwrap(), TaxId::from_uuid(Uuid::from_u128(1)));
    TaxLine { amount, included: true, name: "VAT".into(), rate, tax }
}

/// The hold after so many changes of fees and taxes.
pub(crate) fn under(tariff: TariffIndex, held: InventoryEvent) -> InventoryEvent {
    let InventoryEvent::HoldPlaced(mut placed) = held else { panic!("no hold") };
    placed.tariff = tariff;
    placed.into()
}
