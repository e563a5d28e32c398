//! Random histories of every command against a naive model, compared after every event; arbitrary nonsense against
//! the fold; and the two rules that hold everything up, each by itself.
//!
//! The cases are the same on every run. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more and for others;
//! with the feature `mutants`, `BOXOFFICE_MUTANT` names a bug that these tests must notice.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::cell::RefCell;

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::inventory::event::{HoldExpired, HoldReleased};
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::inventory::{
    Inventory, InventoryCommand, InventoryEvent, InventoryRefused, Left, add_hold_items, extend_hold,
    place_hold, place_order, release_hold, remove_hold_items,
};
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

#[path = "model/changing.rs"]
mod changing;
#[path = "model/doors.rs"]
mod doors;
#[path = "model/history.rs"]
mod history;
#[path = "model/odd.rs"]
mod odd;
#[path = "model/reference.rs"]
mod reference;
#[path = "model/returning.rs"]
mod returning;
#[path = "model/run.rs"]
mod run;
#[path = "model/snapshots.rs"]
mod snapshots;
#[path = "model/world.rs"]
mod world;

use run::{Run, Seen};
use world::House;

/// Gives this process the bug that the environment names, if it names one.
fn choose_from_env() {
    #[cfg(feature = "mutants")]
    {
        use boxoffice_domain::mutant::{self, Mutant};
        #[expect(
            clippy::disallowed_methods,
            reason = "the tests of the tests choose a bug for a whole process"
        )]
        let wanted = std::env::var("BOXOFFICE_MUTANT").ok();
        if let Some(wanted) = wanted {
            let known = Mutant::ALL.iter().find(|(name, _)| *name == wanted);
            mutant::choose(known.unwrap_or_else(|| panic!("no mutant is called {wanted:?}")).1);
        }
    }
}

/// So many of the same cases on every run, unless the environment asks for others.
fn cases(usual: u32) -> ProptestConfig {
    choose_from_env();
    let asked = ProptestConfig::default();
    let unasked = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(usual) };
    ProptestConfig {
        cases: if asked.cases == 256 { usual } else { asked.cases },
        rng_seed: if asked.rng_seed == RngSeed::Random { RngSeed::Fixed(2026) } else { asked.rng_seed },
        max_shrink_iters: 20_000,
        ..unasked
    }
}

#[test]
fn every_history_goes_as_the_naive_model_says() {
    let layouts = world::Plans;
    let seen = RefCell::new(Seen::new());
    let config = cases(1_600);
    let enough = config.cases >= 1_600;
    TestRunner::new(config)
        .run(&history::history(200), |history| {
            Run::of(&history, &layouts, &mut seen.borrow_mut())?;
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    if enough {
        assert_everything_was_seen(&seen.into_inner());
    }
}

/// The histories are worth something only as long as they get everywhere.
fn assert_everything_was_seen(seen: &Seen) {
    let events = InventoryEvent::TYPES.iter().map(|(name, _)| *name);
    let others = "Exists UnknownShow NotReady SaleNotOpen SalePaused NotPublished UnknownPool \
        UnknownBlock NotInBlock Changed PlanDoesNotFit PoolShort UnknownSeats UnknownTicketType SeatsTaken SoldOut NotTogether \
        SeatsLeftAlone LimitExceeded BuyerLimitExceeded BelowMinimum UnknownHold HoldExpired HoldReleased HoldOrdered \
        NotInHold HoldWouldBeEmpty ExtensionLimit UnknownOrder OrderExpired OrderCancelled OrderPaid PaymentInProgress \
        UnknownPayment TooEarly UnknownCharge OrderNotPaid UnknownTickets TicketsReturned NotRefundable ReasonNeeded \
        PaymentDisputed UnknownRefund RefundMade ShowCancelled UnknownTransfer TransferClosed TransferOpen TicketsPassedOn \
        ShowBegun";
    let invalid = "Nothing TooMany SeatTwice SeatNeeded TicketTypeNeeded WrongTicketType UnknownCategory UnknownPool \
        TooManyBest MoreAccessibleThanSeats NoSeats AmountTooLarge SaleWindow PastStart Limits TicketTwice";
    let let_go = "SeatsGone OrderCancelled AlreadyPaid AmountDiffers SaleEnded ShowCancelled";
    let back = "Requested Operator ShowCancelled CapturedLate".split_whitespace();
    let back = back.map(|name| format!("due back: {name}"));
    let invalid = invalid.split_whitespace().map(|name| format!("Invalid: {name}"));
    let let_go = let_go.split_whitespace().map(|name| format!("let go: {name}"));
    let names =
        events.chain(others.split_whitespace()).map(String::from).chain(invalid).chain(let_go).chain(back);
    let missed: Vec<String> = names.filter(|name| !seen.contains_key(name)).collect();
    assert!(missed.is_empty(), "no history came to {missed:?}; it came to {seen:#?}");
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn without_the_timer_everybody_gets_the_same_answers(history in history::history(100)) {
        let layouts = world::Plans;
        let mut seen = Seen::new();
        let asked = Run::of(&history, &layouts, &mut seen)?.into_asked();
        prop_assert_eq!(run::answers(&asked, true), run::answers(&asked, false));
    }

    #[test]
    fn no_event_whatever_it_says_stops_the_fold_or_the_decisions(
        events in prop::collection::vec((odd::time(), odd::event()), 0..60),
        then in prop::collection::vec((odd::time(), odd::command()), 0..40),
    ) {
        let (mut inventory, mut again) = (Inventory::default(), Inventory::default());
        for (at, event) in &events {
            inventory.evolve(event, *at);
        }
        for (at, event) in &events {
            again.evolve(event, *at);
        }
        prop_assert_eq!(inventory.fingerprint(), again.fingerprint());
        for (now, command) in &then {
            let decided = inventory.decide(command, *now);
            prop_assert_eq!(&decided, &again.decide(command, *now));
            for event in decided.into_iter().flatten() {
                inventory.evolve(&event, *now);
                again.evolve(&event, *now);
            }
            prop_assert_eq!(inventory.fingerprint(), again.fingerprint());
        }
    }

    #[test]
    fn whatever_was_folded_a_snapshot_gives_it_back_or_says_that_it_cannot(
        events in prop::collection::vec((odd::time(), odd::event()), 0..60),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in any::<prop::sample::Index>(),
    ) {
        let mut inventory = Inventory::default();
        for (at, event) in &events {
            inventory.evolve(event, *at);
        }
        let layouts = world::Plans;
        let mut bytes = inventory.snapshot().unwrap();
        if let Ok(restored) = Inventory::restore(&bytes, &layouts) {
            prop_assert_eq!(restored.fingerprint(), inventory.fingerprint());
        }
        // Whatever comes of these, it comes at once and nothing panics.
        let _ = Inventory::restore(&bytes[..length.index(bytes.len())], &layouts);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = Inventory::restore(&bytes, &layouts).map(|restored| restored.fingerprint());
    }

    /// A timer that comes back to a deadline which nothing can clear would never sleep again.
    #[test]
    fn no_event_whatever_it_says_keeps_the_timer_busy_for_ever(
        events in prop::collection::vec((odd::time(), odd::event()), 0..40),
        now in odd::time(),
    ) {
        let mut inventory = Inventory::default();
        for (at, event) in &events {
            inventory.evolve(event, *at);
        }
        for now in [now, Timestamp::MAX] {
            for event in inventory.decide(&InventoryCommand::ExpireHolds, now).unwrap() {
                inventory.evolve(&event, now);
            }
            let next = inventory.next_deadline();
            prop_assert!(next.is_none_or(|deadline| now < deadline), "{:?} at {}", next, now);
        }
    }
}

/// What odd events may do to holds ends with the holds, and nobody else has more or less for it: afterwards
/// everything that Ann does not have can be had, and not more than that.
#[test]
fn odd_events_take_nothing_from_others_and_leave_nothing_behind() {
    let anns = [(world::STANDING, 4, 2), (world::FREE_FLOOR, 1, 2)];
    let seats = world::PLANS[0].seats.iter().map(|(name, _)| {
        let ticket_type = if name.starts_with('A') { world::STALLS } else { world::FREE_CIRCLE };
        Want::Seat { seat: world::seat(name), ticket_type: Some(world::ticket_type(ticket_type)) }
    });
    let seats: Vec<Want> = seats.collect();
    let (ann, bob) = (odd::HOLDS + ANN, odd::HOLDS + BOB);
    TestRunner::new(cases(300))
        .run(&prop::collection::vec(odd::event_of_a_sale(), 0..40), |events| {
            let mut sale = Sale::new();
            sale.accepts(&place(ann, anns.map(|(ticket_type, has, _)| units_of(ticket_type, has)).into()));
            sale.happen(&events);
            for (ticket_type, _, left) in anns {
                let more = sale.decides(&place(bob, vec![units_of(ticket_type, left + 1)]));
                prop_assert!(matches!(more, Err(InventoryRefused::SoldOut(_))), "{:?}", more);
            }
            sale.happen(
                &(0..odd::HOLDS).map(|n| HoldReleased { hold: world::hold(n) }.into()).collect::<Vec<_>>(),
            );
            prop_assert_eq!(sale.decides(&place(bob, seats.clone())).map(|events| events.len()), Ok(1));
            for (ticket_type, _, left) in anns {
                let rest = sale.decides(&place(bob, vec![units_of(ticket_type, left)]));
                prop_assert_eq!(rest.map(|events| events.len()), Ok(1));
                let more = sale.decides(&place(bob, vec![units_of(ticket_type, left + 1)]));
                let left = Left { ticket_type: world::ticket_type(ticket_type), available: left };
                prop_assert_eq!(more, Err(InventoryRefused::SoldOut(vec![left])));
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// A show, a clock, and what must come of commands.
struct Sale {
    inventory: Inventory,
    now: Timestamp,
}

const ANN: u32 = 1;
const BOB: u32 = 2;
const CLEO: u32 = 3;

impl Sale {
    fn new() -> Self {
        choose_from_env();
        let mut sale = Self { inventory: Inventory::default(), now: Timestamp::default() };
        for command in world::set_up(&House::PLAIN) {
            sale.accepts(&command);
        }
        sale
    }

    fn decides(&self, command: &InventoryCommand) -> Result<Vec<InventoryEvent>, InventoryRefused> {
        self.inventory.decide(command, self.now)
    }

    fn happen(&mut self, events: &[InventoryEvent]) {
        for event in events {
            self.inventory.evolve(event, self.now);
        }
    }

    fn accepts(&mut self, command: &InventoryCommand) -> Vec<InventoryEvent> {
        let events = self.decides(command).unwrap();
        self.happen(&events);
        events
    }

    fn refuses(&self, command: &InventoryCommand, refusal: &InventoryRefused) {
        assert_eq!(self.decides(command).as_ref(), Err(refusal), "{command:?}");
    }

    fn wait_until(&mut self, ms: i64) {
        self.now = world::at(ms);
    }
}

fn seat(name: &str) -> Want {
    Want::Seat { seat: world::seat(name), ticket_type: None }
}

fn units(quantity: u32) -> Want {
    units_of(world::STANDING, quantity)
}

fn units_of(ticket_type: u32, quantity: u32) -> Want {
    Want::Units { ticket_type: world::ticket_type(ticket_type), quantity }
}

fn place(hold: u32, wants: Vec<Want>) -> InventoryCommand {
    InventoryCommand::PlaceHold(place_hold::PlaceHold { hold: world::hold(hold), wants })
}

fn taken() -> InventoryRefused {
    InventoryRefused::SeatsTaken(vec![world::seat("A-1")])
}

/// Everything that Ann could still send about her hold.
fn late_commands_of_ann() -> Vec<InventoryCommand> {
    let hold = world::hold(ANN);
    vec![
        InventoryCommand::ReleaseHold(release_hold::ReleaseHold { hold }),
        InventoryCommand::ExtendHold(extend_hold::ExtendHold { hold }),
        InventoryCommand::AddHoldItems(add_hold_items::AddHoldItems { hold, wants: vec![seat("A-2")] }),
        InventoryCommand::RemoveHoldItems(remove_hold_items::RemoveHoldItems {
            hold,
            wants: vec![seat("A-1")],
        }),
        InventoryCommand::PlaceOrder(place_order::PlaceOrder {
            order: world::order(ANN),
            hold,
            buyer: world::buyer(),
            buyer_key: None,
        }),
    ]
}

/// The first time that a hold which was placed at 0 is over.
const DEADLINE: i64 = 1_000 * world::HOLD_SECONDS as i64;

#[test]
fn a_former_holder_changes_nothing() {
    let mut sale = Sale::new();
    sale.accepts(&place(ANN, vec![seat("A-1"), units(4)]));
    sale.wait_until(DEADLINE);
    sale.accepts(&place(BOB, vec![seat("A-1"), units(4)]));
    for command in late_commands_of_ann() {
        sale.refuses(&command, &InventoryRefused::HoldExpired);
    }
    // A timer, or another node, that is late: even its events change nothing.
    let before = sale.inventory.fingerprint();
    let hold = world::hold(ANN);
    sale.happen(&[HoldReleased { hold }.into(), HoldExpired { hold }.into()]);
    assert_eq!(sale.inventory.fingerprint(), before);
    sale.refuses(&place(CLEO, vec![seat("A-1")]), &taken());
    let left = Left { ticket_type: world::ticket_type(world::STANDING), available: 2 };
    sale.refuses(&place(CLEO, vec![units(3)]), &InventoryRefused::SoldOut(vec![left]));
    // Bob still has what he has.
    let bobs =
        sale.accepts(&InventoryCommand::ReleaseHold(release_hold::ReleaseHold { hold: world::hold(BOB) }));
    assert_eq!(bobs, [HoldReleased { hold: world::hold(BOB) }.into()]);
}

#[test]
fn a_hold_is_over_at_its_deadline() {
    let mut sale = Sale::new();
    sale.accepts(&place(ANN, vec![seat("A-1")]));
    assert_eq!(sale.inventory.next_deadline(), Some(world::at(DEADLINE)));
    sale.wait_until(DEADLINE - 1);
    sale.refuses(&place(BOB, vec![seat("A-1")]), &taken());
    assert_eq!(sale.decides(&InventoryCommand::ExpireHolds), Ok(Vec::new()));
    sale.wait_until(DEADLINE);
    for command in late_commands_of_ann() {
        sale.refuses(&command, &InventoryRefused::HoldExpired);
    }
    let expired = InventoryEvent::from(HoldExpired { hold: world::hold(ANN) });
    assert_eq!(sale.decides(&InventoryCommand::ExpireHolds), Ok(vec![expired.clone()]));
    let events = sale.accepts(&place(BOB, vec![seat("A-1")]));
    assert_eq!(events.first(), Some(&expired));
    assert_eq!(sale.inventory.next_deadline(), Some(world::at(2 * DEADLINE)));
}
