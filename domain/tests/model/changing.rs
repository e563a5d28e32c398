//! What an organizer changes while a show sells, as random histories ask for it.

use boxoffice_domain::entries::{ENTRIES_MAX, Entries};
use boxoffice_domain::id::PoolId;
use boxoffice_domain::inventory::event::{SaleWindowChanged, TicketTypeChanged};
use boxoffice_domain::inventory::place_block::Blocked;
use boxoffice_domain::inventory::release_block::Part;
use boxoffice_domain::inventory::{
    InventoryCommand, change_capacity, change_sale_window, change_ticket_type, pause_sale, place_block,
    release_block, replace_plan, reschedule,
};
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::history::{Aim, NewId, aim, new_id, pick};
use super::reference::{KeptBack, Reference};
use super::world;

#[derive(Debug, Clone)]
pub(crate) enum Change {
    Pause,
    Resume,
    /// Of a pool, to so many, believed to be what it is or off by so many.
    Capacity(u8, u32, Option<u32>),
    Block(NewId, Keep),
    /// From and to so many milliseconds from now, if any, and whether what it was is known.
    Window(Option<i64>, Option<i64>, Known),
    /// To so many milliseconds from now.
    Reschedule(i64),
    /// To that one, and whether the one before is known.
    Plan(usize, Known),
    Type(u8, TypeChange, Known),
    Unblock(Aim, Option<Keep>),
}

/// Whether who changes something knows what it was.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known {
    Unsaid,
    Right,
    Wrong,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum TypeChange {
    Price(u64),
    Limits(Option<u32>, Option<u32>),
    Window(Option<i64>, Option<i64>),
    Hidden,
    Entries(Entries),
    Nothing,
}

/// What is kept back or given back: seats (8 is none), or units of a pool.
#[derive(Debug, Clone)]
pub(crate) enum Keep {
    Seats(Vec<u8>),
    Units(u8, u32),
}

fn ahead() -> BoxedStrategy<Option<i64>> {
    prop_oneof![3 => Just(None), 1 => (-2_000..2_000_i64).prop_map(Some), 1 => (0..200_000_i64).prop_map(Some)]
        .boxed()
}

fn known() -> BoxedStrategy<Known> {
    prop_oneof![4 => Just(Known::Unsaid), 4 => Just(Known::Right), 1 => Just(Known::Wrong)].boxed()
}

/// Once, without a limit, or a number between.
fn entries() -> BoxedStrategy<Entries> {
    let some = (1..=ENTRIES_MAX).prop_filter_map("a number", |times| Entries::times(times).ok());
    prop_oneof![1 => some, 1 => Just(Entries::UNLIMITED), 1 => Just(Entries::ONCE)].boxed()
}

fn type_change() -> BoxedStrategy<TypeChange> {
    let price = prop_oneof![8 => 0..6_000_u64, 1 => Just(u64::MAX)];
    let limit = || prop_oneof![2 => Just(None), 1 => (1..5_u32).prop_map(Some)];
    prop_oneof![
        4 => price.prop_map(TypeChange::Price),
        2 => (limit(), limit()).prop_map(|(min, max)| TypeChange::Limits(min, max)),
        2 => (ahead(), ahead()).prop_map(|(from, to)| TypeChange::Window(from, to)),
        1 => Just(TypeChange::Hidden),
        1 => entries().prop_map(TypeChange::Entries),
        1 => Just(TypeChange::Nothing),
    ]
    .boxed()
}

fn keep() -> BoxedStrategy<Keep> {
    let seat = prop_oneof![20 => 0..8_u8, 1 => Just(8_u8)];
    let seats = prop_oneof![20 => prop::collection::vec(seat, 0..3), 1 => Just(vec![0; 501])];
    let quantity = prop_oneof![10 => 0..4_u32, 1 => Just(u32::MAX)];
    prop_oneof![
        seats.prop_map(Keep::Seats),
        (0..5_u8, quantity).prop_map(|(pool, quantity)| Keep::Units(pool, quantity))
    ]
    .boxed()
}

pub(crate) fn change() -> BoxedStrategy<Change> {
    prop_oneof![
        1 => Just(Change::Pause),
        8 => Just(Change::Resume),
        2 => (0..5_u8, 0..9_u32, prop::option::of(prop_oneof![3 => Just(0_u32), 1 => Just(1)]))
            .prop_map(|(pool, capacity, off)| Change::Capacity(pool, capacity, off)),
        2 => (ahead(), ahead(), known()).prop_map(|(from, to, known)| Change::Window(from, to, known)),
        2 => (-1_000..200_000_i64).prop_map(Change::Reschedule),
        6 => (0..world::PLANS.len(), known()).prop_map(|(plan, known)| Change::Plan(plan, known)),
        4 => (any::<u8>(), type_change(), known()).prop_map(|(n, change, known)| Change::Type(n, change, known)),
        3 => (new_id(), keep()).prop_map(|(id, keep)| Change::Block(id, keep)),
        6 => (aim(), prop::option::of(keep())).prop_map(|(block, part)| Change::Unblock(block, part)),
    ]
    .boxed()
}

impl Change {
    /// The command that this comes to.
    pub(crate) fn command(&self, there: &Reference, now: Timestamp) -> InventoryCommand {
        match self {
            Self::Pause => InventoryCommand::PauseSale(pause_sale::PauseSale { reason: None }),
            Self::Resume => InventoryCommand::ResumeSale,
            Self::Capacity(n, capacity, off) => {
                let pool = pool(*n);
                let has = there.pools.iter().find(|(id, _)| *id == pool).map_or(0, |(_, capacity)| *capacity);
                let expected = off.map(|off| has + off);
                let change = change_capacity::ChangeCapacity { pool, capacity: *capacity, expected };
                InventoryCommand::ChangeCapacity(change)
            }
            Self::Window(from, to, known) => {
                let window = window(*from, *to, now);
                let has = there.terms.as_ref();
                let has = has.map(|terms| (terms.sale_starts_at, terms.sale_ends_at)).unwrap_or_default();
                let has = SaleWindowChanged { sale_starts_at: has.0, sale_ends_at: has.1 };
                let expected = known.of(has, SaleWindowChanged { sale_ends_at: Some(now), ..has });
                InventoryCommand::ChangeSaleWindow(change_sale_window::ChangeSaleWindow { window, expected })
            }
            Self::Reschedule(ms) => {
                InventoryCommand::Reschedule(reschedule::Reschedule { starts_at: now.plus_ms(*ms) })
            }
            Self::Plan(n, known) => {
                let has = there.terms.as_ref().and_then(|terms| terms.layout);
                let (plan, expected) = (world::layout_of(*n), known.of(has, None));
                InventoryCommand::ReplacePlan(replace_plan::ReplacePlan { plan, expected })
            }
            Self::Type(n, change, known) => {
                let n = u32::from(*n) % (world::TYPES + 1);
                let id = world::ticket_type(n);
                let has = there.types.iter().find(|known| known.ticket_type == id);
                let has = TicketTypeChanged::of(has.unwrap_or(&world::plain_type(n, 1, None, &[])));
                let other = TicketTypeChanged { name: "Another".into(), ..has.clone() };
                let expected = known.of(has.clone(), other);
                let changed = change.of(has, now);
                let change = change_ticket_type::ChangeTicketType { changed, expected };
                InventoryCommand::ChangeTicketType(Box::new(change))
            }
            Self::Block(id, keep) => {
                let block = world::block(id.number(there.blocks.len()));
                let place = place_block::PlaceBlock { block, what: keep.blocked(), reason: None };
                InventoryCommand::PlaceBlock(place)
            }
            Self::Unblock(aim, part) => {
                let keeps = |block: &KeptBack| {
                    !block.seats.is_empty() || block.units.is_some_and(|(_, units)| units > 0)
                };
                let known = aim.at(&there.blocks, keeps);
                let part = part.as_ref().map_or(Part::All, |part| part.of(known));
                let block = known.map_or(world::block(u32::MAX), |block| block.id);
                InventoryCommand::ReleaseBlock(release_block::ReleaseBlock { block, part })
            }
        }
    }
}

fn window(from: Option<i64>, to: Option<i64>, now: Timestamp) -> SaleWindowChanged {
    let at = |ms: Option<i64>| ms.map(|ms| now.plus_ms(ms));
    SaleWindowChanged { sale_ends_at: at(to), sale_starts_at: at(from) }
}

impl Known {
    fn of<T>(self, has: T, other: T) -> Option<T> {
        match self {
            Self::Unsaid => None,
            Self::Right => Some(has),
            Self::Wrong => Some(other),
        }
    }
}

impl TypeChange {
    fn of(self, has: TicketTypeChanged, now: Timestamp) -> TicketTypeChanged {
        match self {
            Self::Price(price) => TicketTypeChanged { price, ..has },
            Self::Limits(min_per_order, max_per_order) => {
                TicketTypeChanged { min_per_order, max_per_order, ..has }
            }
            Self::Window(from, to) => {
                let SaleWindowChanged { sale_ends_at, sale_starts_at } = window(from, to, now);
                TicketTypeChanged { sale_ends_at, sale_starts_at, ..has }
            }
            Self::Hidden => TicketTypeChanged { hidden: !has.hidden, ..has },
            Self::Entries(entries) => TicketTypeChanged { entries, ..has },
            Self::Nothing => has,
        }
    }
}

fn pool(n: u8) -> PoolId {
    if n == 0 { world::floor() } else { world::pool(u32::from(n) - 1) }
}

fn seat_of(n: u8) -> SeatId {
    world::seat(world::SEATS.get(usize::from(n)).unwrap_or(&world::NO_SEAT))
}

impl Keep {
    fn blocked(&self) -> Blocked {
        match self {
            Self::Seats(seats) => Blocked::Seats(seats.iter().map(|n| seat_of(*n)).collect()),
            Self::Units(n, quantity) => Blocked::Units { pool: pool(*n), quantity: *quantity },
        }
    }

    /// A part of a block: mostly what it has.
    fn of(&self, block: Option<&KeptBack>) -> Part {
        match (self, block) {
            (Self::Seats(picks), Some(block)) if !block.seats.is_empty() => {
                Part::Seats(picks.iter().filter_map(|n| pick(&block.seats, *n)).collect())
            }
            (Self::Seats(seats), _) => Part::Seats(seats.iter().map(|n| seat_of(*n)).collect()),
            (Self::Units(_, quantity), _) => Part::Units(*quantity),
        }
    }
}
