//! Random histories. A step says what it is about in relation to what is there (the second hold that is still open,
//! an id that nobody has), so that histories go deep and stay meaningful while they shrink.

use boxoffice_domain::id::TicketTypeId;
use boxoffice_domain::inventory::best_available::{BestAvailable, Split};
use boxoffice_domain::inventory::event::Item;
use boxoffice_domain::inventory::record_payment::{Fact, RecordPayment};
use boxoffice_domain::inventory::refund_tickets::Refunder;
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::inventory::{
    InventoryCommand, add_hold_items, cancel_order, extend_hold, place_hold, place_order, record_capture,
    record_void, release_hold, remove_hold_items, settle_payment, start_payment,
};
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::changing::{self, Change};
use super::reference::{BoughtState, Held, HeldState, Paying, PayingState, Reference};
use super::returning::{self, Returning};
use super::world::{self, House};

/// A show and what happens to it.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) house: House,
    /// Whether the timer runs; else expiries are recorded only by those who meet them.
    pub(crate) timer: bool,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Ask(Ask),
    /// All that it takes to come from wishes to tickets, if nothing is in the way.
    Buy(Vec<Wish>),
    /// A former command once more, as it was: the n-th from the end.
    Again(u8),
    Wait(Wait),
    /// The state is lost and folded again from what was stored.
    Crash,
}

#[derive(Debug, Clone)]
pub(crate) enum Wait {
    Ms(i64),
    /// Until that many milliseconds from a deadline.
    Deadline(u8, i64),
    /// Until that many milliseconds from the opening or closing of something.
    Moment(u8, i64),
}

#[derive(Debug, Clone)]
pub(crate) enum Ask {
    SetUp(u8),
    FaultySetUp(u8),
    /// A fee or a tax comes or goes.
    Charge(u8),
    Change(Change),
    PlaceHold(NewId, Vec<Wish>),
    AddItems(Aim, Vec<Wish>),
    /// Items that the hold has, and others.
    RemoveItems(Aim, Vec<u8>, Vec<Wish>),
    Extend(Aim),
    Release(Aim),
    Expire,
    /// By one of a few buyers.
    PlaceOrder(NewId, Aim, u8),
    Cancel(Aim, Refunder),
    Returning(Returning),
    StartPayment(NewId, Aim),
    ActionRequired(Aim),
    /// With an amount that is off by so much, so many milliseconds ago.
    Authorise(Aim, u64, i64),
    Lapse(Aim),
    Decline(Aim),
    Dispute(Aim),
    Settle(Aim),
    Capture(Aim, bool),
    Void(Aim),
}

/// What a command is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// One that the command is meant for.
    Apt(u8),
    /// One that there is, or was.
    Any(u8),
    Unknown,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum NewId {
    Fresh,
    Used(u8),
}

#[derive(Debug, Clone)]
pub(crate) enum Wish {
    /// A seat (8 is none) as: what its category sells as, any type, or whatever it is.
    Seat(u8, As),
    Units(u8, u32),
    /// The best of a ticket type: so many, side by side or not, and so many wheelchair places (of which there are none).
    Best(u8, u32, bool, u32),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum As {
    Right(u8),
    Any(u8),
    Unsaid,
}

fn wish() -> BoxedStrategy<Wish> {
    let sold_as = prop_oneof![8 => any::<u8>().prop_map(As::Right), 4 => Just(As::Unsaid), 1 => any::<u8>().prop_map(As::Any)];
    let quantity = prop_oneof![30 => 1..4_u32, 2 => 4..8_u32, 1 => prop_oneof![Just(0), Just(500), Just(501), Just(u32::MAX)]];
    let seat = prop_oneof![40 => 0..8_u8, 1 => Just(8_u8)];
    let accessible = prop_oneof![12 => Just(0_u32), 1 => 1..3_u32];
    let many = prop_oneof![30 => 1..4_u32, 3 => 4..8_u32, 1 => Just(51), 1 => Just(0)];
    let best = (any::<u8>(), many, prop::bool::weighted(0.7), accessible).prop_map(
        |(ticket_type, quantity, adjacent, accessible)| {
            Wish::Best(ticket_type, quantity, adjacent, accessible)
        },
    );
    prop_oneof![
        (seat, sold_as).prop_map(|(seat, sold_as)| Wish::Seat(seat, sold_as)),
        (any::<u8>(), quantity).prop_map(|(ticket_type, quantity)| Wish::Units(ticket_type, quantity)),
        best,
    ]
    .boxed()
}

fn wishes() -> BoxedStrategy<Vec<Wish>> {
    prop_oneof![40 => prop::collection::vec(wish(), 1..4), 1 => Just(Vec::new())].boxed()
}

pub(crate) fn aim() -> BoxedStrategy<Aim> {
    prop_oneof![10 => any::<u8>().prop_map(Aim::Apt), 4 => any::<u8>().prop_map(Aim::Any), 1 => Just(Aim::Unknown)]
    .boxed()
}

pub(crate) fn new_id() -> BoxedStrategy<NewId> {
    prop_oneof![15 => Just(NewId::Fresh), 1 => any::<u8>().prop_map(NewId::Used)].boxed()
}

fn ask() -> BoxedStrategy<Ask> {
    let off_by = prop_oneof![10 => Just(0_u64), 1 => Just(1), 1 => Just(u64::MAX), 1 => any::<u64>()];
    let ago = prop_oneof![4 => Just(0_i64), 3 => 0..20_000_i64, 1 => -5_000..0_i64];
    let picks = prop::collection::vec(any::<u8>(), 0..3);
    let others = prop_oneof![5 => Just(Vec::new()), 1 => prop::collection::vec(wish(), 1..2)];
    prop_oneof![
        1 => any::<u8>().prop_map(Ask::SetUp),
        1 => any::<u8>().prop_map(Ask::FaultySetUp),
        6 => any::<u8>().prop_map(Ask::Charge),
        34 => changing::change().prop_map(Ask::Change),
        24 => (new_id(), wishes()).prop_map(|(id, wishes)| Ask::PlaceHold(id, wishes)),
        7 => (aim(), wishes()).prop_map(|(hold, wishes)| Ask::AddItems(hold, wishes)),
        6 => (aim(), picks, others).prop_map(|(hold, picks, others)| Ask::RemoveItems(hold, picks, others)),
        9 => aim().prop_map(Ask::Extend),
        5 => aim().prop_map(Ask::Release),
        2 => Just(Ask::Expire),
        20 => (new_id(), aim(), any::<u8>()).prop_map(|(id, hold, buyer)| Ask::PlaceOrder(id, hold, buyer)),
        3 => (aim(), returning::refunder()).prop_map(|(order, by)| Ask::Cancel(order, by)),
        30 => returning::returning().prop_map(Ask::Returning),
        20 => (new_id(), aim()).prop_map(|(id, order)| Ask::StartPayment(id, order)),
        3 => aim().prop_map(Ask::ActionRequired),
        16 => (aim(), off_by, ago).prop_map(|(payment, off_by, ago)| Ask::Authorise(payment, off_by, ago)),
        3 => aim().prop_map(Ask::Lapse),
        3 => aim().prop_map(Ask::Decline),
        5 => aim().prop_map(Ask::Dispute),
        16 => aim().prop_map(Ask::Settle),
        10 => (aim(), prop::bool::weighted(0.7)).prop_map(|(payment, ok)| Ask::Capture(payment, ok)),
        6 => aim().prop_map(Ask::Void),
    ]
    .boxed()
}

fn wait() -> BoxedStrategy<Wait> {
    prop_oneof![
        8 => (0..2_000_i64).prop_map(Wait::Ms),
        1 => (2_000..12_000_i64).prop_map(Wait::Ms),
        6 => (any::<u8>(), -1..2_i64).prop_map(|(nth, by)| Wait::Deadline(nth, by)),
        1 => (any::<u8>(), -1..2_i64).prop_map(|(nth, by)| Wait::Moment(nth, by)),
    ]
    .boxed()
}

pub(crate) fn history(steps_max: usize) -> BoxedStrategy<History> {
    let step = prop_oneof![
        28 => ask().prop_map(Step::Ask),
        1 => wishes().prop_map(Step::Buy),
        2 => any::<u8>().prop_map(Step::Again),
        7 => wait().prop_map(Step::Wait),
        1 => Just(Step::Crash),
    ];
    (world::house(), any::<bool>(), prop::collection::vec(step, 1..steps_max))
        .prop_map(|(house, timer, steps)| History { house, timer, steps })
        .boxed()
}

/// The steps from wishes to tickets; each is about what the one before has made.
pub(crate) fn purchase(wishes: &[Wish], there: &Reference) -> [Ask; 6] {
    let latest = |all: usize| Aim::Any(u8::try_from(all % 256).unwrap());
    let (hold, order) = (latest(there.holds.len()), latest(there.orders.len()));
    let payment = latest(there.payments.len());
    [
        Ask::PlaceHold(NewId::Fresh, wishes.to_vec()),
        Ask::PlaceOrder(NewId::Fresh, hold, 1),
        Ask::StartPayment(NewId::Fresh, order),
        Ask::Authorise(payment, 0, 0),
        Ask::Settle(payment),
        Ask::Capture(payment, true),
    ]
}

impl Wait {
    /// The moment that is waited for; never one that is past.
    pub(crate) fn until(&self, reference: &Reference, now: Timestamp) -> Timestamp {
        let then = match self {
            Self::Ms(ms) => now.plus_ms(*ms),
            Self::Deadline(nth, by) => {
                let ahead: Vec<Timestamp> =
                    reference.holds.iter().map(|hold| hold.until).filter(|until| now <= *until).collect();
                pick(&ahead, *nth).map_or(now, |until| until.plus_ms(*by))
            }
            Self::Moment(nth, by) => {
                let ahead: Vec<i64> = world::MOMENTS
                    .iter()
                    .copied()
                    .filter(|moment| now.unix_ms() <= *moment)
                    .take(2)
                    .collect();
                pick(&ahead, *nth).map_or(now, |moment| world::at(moment + by))
            }
        };
        then.max(now)
    }
}

impl Ask {
    /// The command that this comes to.
    pub(crate) fn command(&self, house: &House, there: &Reference, now: Timestamp) -> InventoryCommand {
        let choosing = |hold: &Held| hold.state == HeldState::Choosing && hold.live(now);
        let hold = |aim: &Aim| aim.at(&there.holds, choosing).map_or(world::hold(u32::MAX), |hold| hold.id);
        let order = |aim: &Aim| {
            let payable = |order: &super::reference::Bought| {
                order.state == BoughtState::Waiting
                    && there.hold(order.hold).is_some_and(|hold| hold.live(now))
            };
            aim.at(&there.orders, payable).map_or(world::order(u32::MAX), |order| order.id)
        };
        let payment = |aim: &Aim, states: &[PayingState]| {
            let apt = |known: &Paying| states.contains(&known.state);
            aim.at(&there.payments, apt).map_or(world::payment(u32::MAX), |known| known.id)
        };
        let record = |payment, fact| InventoryCommand::RecordPayment(RecordPayment { payment, fact });
        let payable = [PayingState::Started, PayingState::ActionRequired, PayingState::Declined];
        match self {
            Self::SetUp(n) => pick(&world::set_up(house), *n).unwrap(),
            Self::FaultySetUp(n) => pick(&world::faulty_set_up(), *n).unwrap(),
            Self::Charge(n) => pick(&world::charges(), *n).unwrap(),
            Self::Change(change) => change.command(there, now),
            Self::PlaceHold(id, wishes) => InventoryCommand::PlaceHold(place_hold::PlaceHold {
                hold: world::hold(id.number(there.holds.len())),
                wants: wishes.iter().map(Wish::want).collect(),
            }),
            Self::AddItems(aim, wishes) => InventoryCommand::AddHoldItems(add_hold_items::AddHoldItems {
                hold: hold(aim),
                wants: wishes.iter().map(Wish::want).collect(),
            }),
            Self::RemoveItems(aim, picks, others) => {
                let hold = hold(aim);
                let has = there.hold(hold).map(|hold| hold.items.as_slice()).unwrap_or_default();
                let picked = picks.iter().filter_map(|n| pick(has, *n).map(|item| want_of(&item, *n)));
                let wants = picked.chain(others.iter().map(Wish::want)).collect();
                InventoryCommand::RemoveHoldItems(remove_hold_items::RemoveHoldItems { hold, wants })
            }
            Self::Extend(aim) => InventoryCommand::ExtendHold(extend_hold::ExtendHold { hold: hold(aim) }),
            Self::Release(aim) => {
                InventoryCommand::ReleaseHold(release_hold::ReleaseHold { hold: hold(aim) })
            }
            Self::Expire => InventoryCommand::ExpireHolds,
            Self::PlaceOrder(id, aim, buyer) => InventoryCommand::PlaceOrder(place_order::PlaceOrder {
                order: world::order(id.number(there.orders.len())),
                hold: hold(aim),
                buyer: world::buyer(),
                buyer_key: world::buyer_key(*buyer),
            }),
            Self::Cancel(aim, by) => {
                let (order, by) = (order(aim), by.clone());
                InventoryCommand::CancelOrder(cancel_order::CancelOrder { order, by })
            }
            Self::Returning(returning) => returning.command(there),
            Self::StartPayment(id, aim) => InventoryCommand::StartPayment(start_payment::StartPayment {
                payment: world::payment(id.number(there.payments.len())),
                order: order(aim),
                method: "card".into(),
                provider: "sandbox".into(),
            }),
            Self::ActionRequired(aim) => record(payment(aim, &payable[..1]), Fact::ActionRequired),
            Self::Authorise(aim, off_by, ago) => {
                let id = payment(aim, &payable);
                let due = there.payments.iter().find(|known| known.id == id).map_or(0, |known| known.amount);
                record(id, Fact::Authorised { amount: due.wrapping_add(*off_by), at: now.plus_ms(-ago) })
            }
            Self::Lapse(aim) => {
                let apt = [PayingState::Authorised, PayingState::Settled, PayingState::VoidDue];
                record(payment(aim, &apt), Fact::Lapsed)
            }
            Self::Decline(aim) => {
                record(payment(aim, &payable[..2]), Fact::Declined { reason: "card_declined".into() })
            }
            Self::Dispute(aim) => record(payment(aim, &[PayingState::Captured]), Fact::Disputed),
            Self::Settle(aim) => InventoryCommand::SettlePayment(settle_payment::SettlePayment {
                payment: payment(aim, &[PayingState::Authorised]),
            }),
            Self::Capture(aim, ok) => InventoryCommand::RecordCapture(record_capture::RecordCapture {
                payment: payment(aim, &[PayingState::Settled, PayingState::CaptureFailed]),
                failure: (!ok).then(|| "insufficient_funds".into()),
            }),
            Self::Void(aim) => InventoryCommand::RecordVoid(record_void::RecordVoid {
                payment: payment(aim, &[PayingState::VoidDue]),
            }),
        }
    }
}

impl Aim {
    pub(crate) fn at<'a, T>(self, all: &'a [T], is_apt: impl Fn(&T) -> bool) -> Option<&'a T> {
        let nth = |all: Vec<&'a T>, n: u8| (!all.is_empty()).then(|| all[usize::from(n) % all.len()]);
        match self {
            Self::Apt(n) => nth(all.iter().filter(|one| is_apt(one)).collect(), n)
                .or_else(|| nth(all.iter().collect(), n)),
            Self::Any(n) => nth(all.iter().collect(), n),
            Self::Unknown => None,
        }
    }
}

impl NewId {
    pub(crate) fn number(self, there_are: usize) -> u32 {
        let there_are = u32::try_from(there_are).unwrap();
        match self {
            Self::Used(n) if there_are > 0 => u32::from(n) % there_are,
            Self::Fresh | Self::Used(_) => there_are,
        }
    }
}

impl Wish {
    fn want(&self) -> Want {
        match self {
            Self::Seat(n, sold_as) => {
                let seat = world::seat(world::SEATS.get(usize::from(*n)).unwrap_or(&world::NO_SEAT));
                let right: Vec<TicketTypeId> = world::types()
                    .into_iter()
                    .filter(|known| known.price_category.as_deref() == world::PLANS[0].category(&seat))
                    .map(|known| known.ticket_type)
                    .collect();
                let ticket_type = match sold_as {
                    As::Right(n) => pick(&right, *n),
                    As::Any(n) => Some(world::ticket_type(u32::from(*n) % (world::TYPES + 1))),
                    As::Unsaid => None,
                };
                Want::Seat { seat, ticket_type }
            }
            Self::Best(n, quantity, adjacent, accessible) => Want::Best(BestAvailable {
                ticket_type: world::ticket_type(u32::from(*n) % (world::TYPES + 1)),
                quantity: *quantity,
                adjacent: *adjacent,
                accessible: *accessible,
                split: Split::No,
            }),
            // Mostly types that sell units: 4 to 8.
            Self::Units(n, quantity) => {
                let n = u32::from(*n) % 32;
                let ticket_type = if n < world::TYPES + 1 { n } else { world::STANDING + n % 5 };
                Want::Units { ticket_type: world::ticket_type(ticket_type), quantity: *quantity }
            }
        }
    }
}

/// How one would ask for what is in a hold.
fn want_of(item: &Item, n: u8) -> Want {
    match &item.seat {
        Some(seat) => {
            Want::Seat { seat: seat.clone(), ticket_type: n.is_multiple_of(2).then_some(item.ticket_type) }
        }
        None => Want::Units { ticket_type: item.ticket_type, quantity: 1 },
    }
}

pub(crate) fn pick<T: Clone>(all: &[T], n: u8) -> Option<T> {
    all.get(usize::from(n).checked_rem(all.len())?).cloned()
}
