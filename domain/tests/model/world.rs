//! The show that the histories play in: seven seats of two categories, three pools that ticket types share, a free
//! type, a hidden one, one with a sale window of its own, and limits that are easily met.

use std::sync::{Arc, LazyLock};

use boxoffice_domain::aggregate::Layouts;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::entries::Entries;
use boxoffice_domain::id::{
    BlockId, FeeId, HoldId, OrderId, PaymentId, PersonId, PoolId, ShowId, TaxId, TicketTypeId, TransferId,
};
use boxoffice_domain::inventory::event::{
    FeeAdded, FeePer, InventoryDrafted, PoolAdded, SingleSeatRule, TaxAdded, TaxPer, TaxedPart,
    TicketTypeAdded,
};
use boxoffice_domain::inventory::{
    InventoryCommand, add_fee, add_pool, add_tax, add_ticket_type, draft, draft_copy, remove_fee, remove_tax,
};
use boxoffice_domain::money::MINOR_MAX;
use boxoffice_domain::pricing::{Rate, Tariff};
use boxoffice_domain::seating::{Area, Category, LAYOUT_FORMAT, Layout, LayoutDocument, Point, Seat, SeatId};
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

/// Every seat of every plan; in the first plan, the letter says the category.
pub(crate) const SEATS: [&str; 8] = ["A-1", "A-2", "A-3", "A-4", "B-1", "B-2", "B-3", "C-1"];
/// What is no seat of the plan.
pub(crate) const NO_SEAT: &str = "Z-9";

pub(crate) const HOLD_SECONDS: u32 = 10;
pub(crate) const HOLD_SECONDS_MAX: u32 = 15;
const SALE_STARTS: i64 = 1_000;
const SALE_ENDS: i64 = 160_000;
const STARTS: i64 = 180_000;
const WINDOW_OPENS: i64 = 20_000;
const WINDOW_CLOSES: i64 = 60_000;

/// The moments at which something opens or closes.
pub(crate) const MOMENTS: [i64; 5] = [SALE_STARTS, WINDOW_OPENS, WINDOW_CLOSES, SALE_ENDS, STARTS];

/// How many ticket types [`set_up`] adds.
pub(crate) const TYPES: u32 = 9;
pub(crate) const STALLS: u32 = 0;
const STAFF: u32 = 1;
pub(crate) const CIRCLE: u32 = 2;
pub(crate) const FREE_CIRCLE: u32 = 3;
pub(crate) const STANDING: u32 = 4;
pub(crate) const FREE_FLOOR: u32 = 6;

/// How a show comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Plainly,
    /// Somebody tries to publish it before anything is for sale.
    Hastily,
    /// It is the copy of another one.
    AsCopy,
}

/// What differs from show to show.
#[derive(Debug, Clone)]
pub(crate) struct House {
    pub(crate) max_per_buyer: Option<u32>,
    /// Nobody may leave a seat alone.
    pub(crate) careful: bool,
    pub(crate) sale_starts: bool,
    pub(crate) sale_ends: bool,
    pub(crate) made: Made,
    /// Which commands of the set-up are left out, as bits; almost always none.
    pub(crate) missing: u32,
}

impl House {
    /// Nothing left out, no limit for the buyer, on sale from publication.
    pub(crate) const PLAIN: Self = Self {
        max_per_buyer: None,
        careful: false,
        sale_starts: false,
        sale_ends: false,
        made: Made::Plainly,
        missing: 0,
    };
}

pub(crate) fn house() -> BoxedStrategy<House> {
    let missing = prop_oneof![12 => Just(0_u32), 1 => (0..13_u32).prop_map(|n| 1 << n), 1 => any::<u32>()];
    let made = prop_oneof![7 => Just(Made::Plainly), 1 => Just(Made::Hastily), 2 => Just(Made::AsCopy)];
    let max_per_buyer = prop_oneof![2 => Just(None), 1 => prop::sample::select(vec![Some(2), Some(3)])];
    let careful = prop::bool::weighted(0.2);
    (max_per_buyer, careful, any::<bool>(), any::<bool>(), made, missing)
        .prop_map(|(max_per_buyer, careful, sale_starts, sale_ends, made, missing)| House {
            max_per_buyer,
            careful,
            sale_starts,
            sale_ends,
            made,
            missing,
        })
        .boxed()
}

pub(crate) fn show() -> ShowId {
    ShowId::from_uuid(Uuid::from_u128(0x5_0000_0000_0000_0000_0000_0007))
}

fn id(kind: u128, n: u32) -> Uuid {
    Uuid::from_u128((kind << 112) | (u128::from(n) << 64))
}

pub(crate) fn hold(n: u32) -> HoldId {
    HoldId::of_show(show(), id(1, n))
}

pub(crate) fn order(n: u32) -> OrderId {
    OrderId::of_show(show(), id(2, n))
}

pub(crate) fn payment(n: u32) -> PaymentId {
    PaymentId::of_show(show(), id(3, n))
}

pub(crate) fn ticket_type(n: u32) -> TicketTypeId {
    TicketTypeId::of_show(show(), id(4, n))
}

pub(crate) fn pool(n: u32) -> PoolId {
    PoolId::of_show(show(), id(5, n))
}

pub(crate) fn block(n: u32) -> BlockId {
    BlockId::of_show(show(), id(7, n))
}

pub(crate) fn transfer(n: u32) -> TransferId {
    TransferId::of_show(show(), id(9, n))
}

pub(crate) fn floor() -> PoolId {
    PoolId::of_area(show(), 0)
}

pub(crate) fn fee(n: u32) -> FeeId {
    FeeId::of_show(show(), id(7, n))
}

pub(crate) fn tax(n: u32) -> TaxId {
    TaxId::of_show(show(), id(8, n))
}

/// Fees and taxes that come and go.
pub(crate) fn charges() -> Vec<InventoryCommand> {
    let fee = |n, amount, rate: Option<u32>, per, types: &[u32]| FeeAdded {
        absorbed: n == 2,
        amount,
        fee: fee(n),
        name: format!("Fee {n}"),
        per,
        rate: rate.and_then(Rate::from_millionths),
        ticket_types: types.iter().map(|n| ticket_type(*n)).collect(),
    };
    let tax = |n, included, rate, on, per, types: &[u32]| TaxAdded {
        included,
        name: format!("Tax {n}"),
        on,
        per,
        rate: Rate::from_millionths(rate).unwrap(),
        tax: tax(n),
        ticket_types: types.iter().map(|n| ticket_type(*n)).collect(),
    };
    let fees = [
        fee(0, Some(250), None, FeePer::Order, &[]),
        fee(1, None, Some(33_333), FeePer::Ticket, &[STALLS, STANDING]),
        fee(2, None, Some(29_000), FeePer::Order, &[]),
    ];
    let taxes = [
        tax(0, true, 190_000, TaxedPart::All, TaxPer::Line, &[]),
        tax(1, false, 88_750, TaxedPart::Tickets, TaxPer::Order, &[STANDING, CIRCLE]),
        tax(2, false, 70_000, TaxedPart::Fees, TaxPer::Line, &[]),
    ];
    let mut charges: Vec<InventoryCommand> = Vec::new();
    for added in fees {
        let fee = added.fee;
        charges.push(InventoryCommand::AddFee(Box::new(add_fee::AddFee { added })));
        charges.push(InventoryCommand::RemoveFee(remove_fee::RemoveFee { fee }));
    }
    for added in taxes {
        let tax = added.tax;
        charges.push(InventoryCommand::AddTax(Box::new(add_tax::AddTax { added })));
        charges.push(InventoryCommand::RemoveTax(remove_tax::RemoveTax { tax }));
    }
    charges
}

/// What the same buyer is known by.
pub(crate) fn buyer_key(n: u8) -> Option<Digest> {
    let n = n % 4;
    (n > 0).then(|| Digest::of(&[&[n / 3]]))
}

pub(crate) fn buyer() -> PersonId {
    PersonId::from_uuid(id(6, 0))
}

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(ms)
}

pub(crate) fn seat(name: &str) -> SeatId {
    SeatId::new(name)
}

/// A seating plan in few words.
pub(crate) struct Plan {
    /// One row of seats, each with its category.
    pub(crate) seats: &'static [(&'static str, &'static str)],
    /// Standing areas and how many they take.
    pub(crate) areas: &'static [(&'static str, u32)],
}

const STALLS_AND_CIRCLE: [&str; 3] = ["Stalls", "Circle", "Boxes"];

/// The plan that the show is drafted with, one that has other seats, and one that lacks most of it.
pub(crate) const PLANS: [Plan; 3] = [
    Plan {
        seats: &[
            ("A-1", "Stalls"),
            ("A-2", "Stalls"),
            ("A-3", "Stalls"),
            ("A-4", "Stalls"),
            ("B-1", "Circle"),
            ("B-2", "Circle"),
            ("B-3", "Circle"),
        ],
        areas: &[("Floor", 3)],
    },
    Plan {
        seats: &[
            ("A-2", "Stalls"),
            ("A-1", "Stalls"),
            ("B-2", "Stalls"),
            ("C-1", "Circle"),
            ("A-3", "Stalls"),
            ("B-1", "Circle"),
        ],
        areas: &[("Terrace", 2), ("Floor", 4)],
    },
    Plan { seats: &[("A-1", "Stalls"), ("A-4", "Stalls")], areas: &[] },
];

impl Plan {
    pub(crate) fn of(digest: Digest) -> &'static Self {
        let known = (0..PLANS.len()).find(|n| layout_of(*n).digest() == digest);
        &PLANS[known.unwrap_or_else(|| panic!("there is no plan {digest}"))]
    }

    /// The category of a seat, by its name.
    pub(crate) fn category(&self, seat: &SeatId) -> Option<&'static str> {
        self.seats.iter().find(|(name, _)| *name == seat.as_str()).map(|(_, category)| *category)
    }
}

/// The layout of the first plan.
pub(crate) fn layout() -> Arc<Layout> {
    layout_of(0)
}

pub(crate) fn layout_of(n: usize) -> Arc<Layout> {
    static LAYOUTS: LazyLock<[Arc<Layout>; 3]> = LazyLock::new(|| PLANS.each_ref().map(write));
    Arc::clone(&LAYOUTS[n])
}

fn write(plan: &Plan) -> Arc<Layout> {
    let category = |name| (0..).zip(STALLS_AND_CIRCLE).find(|(_, known)| *known == name).unwrap().0;
    let seats = (0..)
        .zip(plan.seats)
        .map(|(n, (name, of))| Seat {
            accessible: false,
            category: category(*of),
            companion: false,
            id: seat(name),
            number: (*name).into(),
            row: "Row".into(),
            x: n * 1000,
            y: 0,
            zone: String::new(),
        })
        .collect();
    let area = |(name, capacity): &(&str, u32)| Area {
        capacity: *capacity,
        category: None,
        name: (*name).into(),
        x: 0,
        y: 0,
    };
    let document = LayoutDocument {
        areas: plan.areas.iter().map(area).collect(),
        categories: STALLS_AND_CIRCLE.map(|name| Category { color: None, name: name.into() }).into(),
        focal_point: Point::default(),
        format: LAYOUT_FORMAT.into(),
        name: "House".into(),
        seats,
    };
    Arc::new(Layout::write(document).unwrap().0)
}

/// Finds the layouts that there are.
pub(crate) struct Plans;

impl Layouts for Plans {
    fn layout(&self, digest: Digest) -> Option<Arc<Layout>> {
        (0..PLANS.len()).map(layout_of).find(|layout| layout.digest() == digest)
    }
}

pub(crate) fn terms(house: &House, plan: Option<Arc<Layout>>) -> InventoryDrafted {
    InventoryDrafted {
        currency: "EUR".parse().unwrap(),
        hold_seconds: HOLD_SECONDS,
        hold_seconds_max: HOLD_SECONDS_MAX,
        layout: plan.as_ref().map(|plan| plan.digest()),
        max_per_buyer: house.max_per_buyer,
        max_per_order: house.max_per_buyer.filter(|limit| *limit > 2).map(|limit| limit - 1),
        plan,
        refund_policy: None,
        sale_ends_at: house.sale_ends.then(|| at(SALE_ENDS)),
        sale_starts_at: house.sale_starts.then(|| at(SALE_STARTS)),
        show: show(),
        single_seat_rule: house.careful.then_some(SingleSeatRule::Refuse),
        starts_at: at(STARTS),
    }
}

pub(crate) fn plain_type(n: u32, price: u64, category: Option<&str>, pools: &[PoolId]) -> TicketTypeAdded {
    TicketTypeAdded {
        entries: Entries::ONCE,
        hidden: false,
        max_per_order: None,
        min_per_order: None,
        name: format!("Type {n}"),
        pools: pools.to_vec(),
        price,
        price_category: category.map(Into::into),
        sale_ends_at: None,
        sale_starts_at: None,
        ticket_type: ticket_type(n),
    }
}

/// What is sold. Types and pools are many to many.
pub(crate) fn types() -> Vec<TicketTypeAdded> {
    let (house, balcony) = (pool(0), pool(1));
    let staff = TicketTypeAdded {
        hidden: true,
        max_per_order: Some(2),
        ..plain_type(STAFF, 1_000, Some("Stalls"), &[])
    };
    let free_circle =
        TicketTypeAdded { min_per_order: Some(2), ..plain_type(FREE_CIRCLE, 0, Some("Circle"), &[]) };
    let on_balcony = TicketTypeAdded {
        min_per_order: Some(2),
        max_per_order: Some(3),
        ..plain_type(5, 2_500, None, &[house, balcony])
    };
    let early = TicketTypeAdded {
        sale_starts_at: Some(at(WINDOW_OPENS)),
        sale_ends_at: Some(at(WINDOW_CLOSES)),
        ..plain_type(7, 900, None, &[balcony, floor()])
    };
    vec![
        plain_type(STALLS, 4_500, Some("Stalls"), &[]),
        staff,
        plain_type(CIRCLE, 3_000, Some("Circle"), &[house]),
        free_circle,
        plain_type(STANDING, 1_500, None, &[house]),
        on_balcony,
        plain_type(FREE_FLOOR, 0, None, &[floor()]),
        early,
        plain_type(8, 2_000, None, &[house, floor(), house]),
    ]
}

/// From nothing to a published show: thirteen commands, or fourteen.
pub(crate) fn set_up(house: &House) -> Vec<InventoryCommand> {
    let pools = [("House", 6), ("Balcony", 3)];
    let pools = (0..).zip(pools).map(|(n, (name, capacity))| {
        InventoryCommand::AddPool(add_pool::AddPool { pool: pool(n), name: name.into(), capacity })
    });
    let terms = terms(house, Some(layout()));
    if house.made == Made::AsCopy {
        return vec![copy(terms), InventoryCommand::Publish];
    }
    std::iter::once(InventoryCommand::Draft(Box::new(draft::Draft { terms })))
        .chain((house.made == Made::Hastily).then_some(InventoryCommand::Publish))
        .chain(pools)
        .chain(types().into_iter().map(add_type))
        .chain([InventoryCommand::Publish])
        .collect()
}

/// The same at once.
fn copy(terms: InventoryDrafted) -> InventoryCommand {
    let pools = [(floor(), "Floor", 3), (pool(0), "House", 6), (pool(1), "Balcony", 3)];
    let pools = pools.map(|(pool, name, capacity)| PoolAdded { capacity, name: name.into(), pool });
    let copy =
        draft_copy::DraftCopy { terms, pools: pools.into(), types: types(), tariff: Tariff::default() };
    InventoryCommand::DraftCopy(Box::new(copy))
}

fn add_type(added: TicketTypeAdded) -> InventoryCommand {
    InventoryCommand::AddTicketType(Box::new(add_ticket_type::AddTicketType { added }))
}

/// Set-up that does not make sense.
pub(crate) fn faulty_set_up() -> Vec<InventoryCommand> {
    vec![
        add_type(plain_type(90, 1, Some("Boxes"), &[])),
        add_type(plain_type(91, 1, Some("Cellar"), &[])),
        add_type(plain_type(92, 1, None, &[pool(0), pool(9)])),
        add_type(plain_type(93, 1, None, &[])),
        add_type(plain_type(94, MINOR_MAX + 1, None, &[pool(0)])),
    ]
}
