//! The engine as its callers see it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boxoffice_commands::engine::{Desk, Engine, EngineOptions, EngineStats, Spawner};
use boxoffice_commands::log::{Documents as _, StreamBatch};
use boxoffice_commands::owner::answer::{Accepted, Failure, Reply, Request};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, NewEvent, StreamName, link};
use boxoffice_domain::seating::{LAYOUT_FORMAT, Layout, LayoutDocument, Point};
use boxoffice_domain::time::Timestamp;
use futures_util::future::{join, join_all};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::ports::{Drawer, Fault, GatedLog, HandClock, Numbers, Shelf};
use super::toy::{Ask, Cloakroom, Happened, KEPT_MS, No, haunt, hush, struck};

pub(super) struct House {
    pub(super) log: Arc<GatedLog>,
    pub(super) shelf: Arc<Shelf>,
    pub(super) drawer: Arc<Drawer>,
    pub(super) clock: Arc<HandClock>,
    /// So many owners are not started, as when the runtime shuts down.
    vanish: Arc<AtomicUsize>,
    pub(super) engine: Engine,
    desk: Desk<Cloakroom>,
}

pub(super) fn options() -> EngineOptions {
    EngineOptions { backoff: Duration::from_millis(1), ..EngineOptions::default() }
}

impl House {
    pub(super) fn new(options: EngineOptions) -> Self {
        hush();
        Self::on(GatedLog::new(), Arc::default(), Arc::default(), HandClock::new(), options)
    }

    fn on(
        log: Arc<GatedLog>,
        shelf: Arc<Shelf>,
        drawer: Arc<Drawer>,
        clock: Arc<HandClock>,
        options: EngineOptions,
    ) -> Self {
        let tokio = Handle::current();
        let vanish = Arc::<AtomicUsize>::default();
        let vanishing = Arc::clone(&vanish);
        let spawn: Spawner = Arc::new(move |name, task| {
            let left = |left: usize| left.checked_sub(1);
            if name != "owner" || vanishing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_err() {
                tokio.spawn(task);
            }
        });
        let engine = Engine::start(
            log.clone(),
            shelf.clone(),
            drawer.clone(),
            clock.clone(),
            Arc::<Numbers>::default(),
            spawn,
            options,
        );
        let desk = engine.desk();
        Self { log, shelf, drawer, clock, vanish, engine, desk }
    }

    /// Another engine on the same log, as after a restart or on another node.
    fn another(&self) -> Self {
        self.after_a_restart(options())
    }

    pub(super) fn after_a_restart(&self, options: EngineOptions) -> Self {
        let (log, shelf, drawer) = (self.log.clone(), self.shelf.clone(), self.drawer.clone());
        Self::on(log, shelf, drawer, self.clock.clone(), options)
    }

    pub(super) async fn ask(&self, room: &str, number: u128, command: Ask) -> Reply<Cloakroom> {
        let hash = Digest::of(&[format!("{command:?}").as_bytes()]);
        let meta = CommandMeta { id: Uuid::from_u128(number), hash, cause: None };
        self.desk.send(name(room), Request { command, meta }).await
    }

    /// Returns once the counters are as expected.
    pub(super) async fn until(&self, expected: impl Fn(&EngineStats) -> bool) {
        let wait = async {
            while !expected(&self.engine.stats()) {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        waited.unwrap_or_else(|_| panic!("it never came: {:?}", self.engine.stats()));
    }
}

pub(super) fn name(room: &str) -> StreamName {
    StreamName::from_log(&format!("cloakroom-{room}"))
}

pub(super) fn ring() -> Ask {
    Ask::Ring { times: 1, bytes: 1 }
}

const UNAVAILABLE: Reply<Cloakroom> = Err(Failure::UNAVAILABLE);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_commands_at_once_are_recorded_in_few_appends() {
    let house = House::new(options());
    house.log.open_appends(false);
    let asks = (0..2_000_u128).map(|number| house.ask(["a", "b", "c"][number as usize % 3], number, ring()));
    let (answers, ()) = join(join_all(asks), async {
        house.log.appends(1).await;
        house.log.open_appends(true);
    })
    .await;
    let positions: BTreeSet<_> = answers.into_iter().map(|answer| answer.unwrap().position).collect();
    assert_eq!(positions, (1..=2_000).collect());
    house.log.store().check();
    let stats = house.engine.stats();
    assert_eq!((stats.commands, stats.events, stats.actors), (2_000, 2_000, 3));
    assert!(stats.appends < 100 && stats.append_events_max <= 1_000, "{stats:?}");
    assert_eq!(stats.append_sizes.iter().sum::<u64>(), stats.appends);
}

#[tokio::test]
async fn a_refusal_tells_its_position_and_a_crash_harms_nobody_else() {
    let house = House::new(options());
    let asks = [Ask::Hang(1), Ask::CrashDeciding, Ask::CrashFolding, Ask::CrashWriting, Ask::Hang(1)];
    let answers = join_all((0..).zip(asks).map(|(number, ask)| house.ask("a", number, ask))).await;
    let now = Timestamp::from_unix_ms(1_000_000);
    assert_eq!(answers[0].as_ref().unwrap().position, 1);
    assert_eq!(answers[1..4], [const { Err(Failure::Crashed) }; 3]);
    assert_eq!(answers[4], Err(Failure::Refused { refusal: No::HangsAlready(now), position: 1 }));
    let stats = house.engine.stats();
    assert_eq!((stats.refusals, stats.crashes), (1, 3));
}

#[tokio::test]
async fn a_state_that_broke_is_loaded_again() {
    let house = House::new(options());
    house.log.open_appends(false);
    let asked = async {
        house.log.appends(1).await;
        haunt(true);
        house.ask("a", 2, ring()).await
    };
    let mended = async {
        // The fold of the second command, and that of the first one while the state was rebuilt.
        house.until(|_| struck() == 2).await;
        haunt(false);
        house.log.open_appends(true);
    };
    let (one, (two, ())) = join(house.ask("a", 1, ring()), join(asked, mended)).await;
    assert_eq!((one.unwrap().position, two), (1, Err(Failure::Crashed)));
    assert_eq!(house.ask("a", 2, ring()).await.unwrap().position, 2);
    assert_eq!(house.engine.stats().recoveries, 1);
}

#[tokio::test]
async fn an_actor_that_vanished_is_replaced() {
    let house = House::new(options());
    house.vanish.store(2, Ordering::SeqCst);
    house.ask("a", 1, ring()).await.unwrap();
    house.vanish.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(house.ask("b", 2, ring()).await, UNAVAILABLE);
}

#[tokio::test]
async fn the_first_answer_is_given_again_also_by_another_engine() {
    let house = House::new(options());
    let first = house.ask("a", 1, Ask::Ring { times: 3, bytes: 5 }).await.unwrap();
    house.ask("a", 2, ring()).await.unwrap();
    let again = Accepted { replayed: true, ..first };
    assert_eq!(house.ask("a", 1, Ask::Ring { times: 3, bytes: 5 }).await.unwrap(), again);
    assert_eq!(house.another().ask("a", 1, Ask::Ring { times: 3, bytes: 5 }).await.unwrap(), again);
    assert_eq!(house.ask("a", 1, ring()).await, Err(Failure::KeyReused));
    assert_eq!(house.log.store().head(), 4);
}

#[tokio::test]
async fn a_caller_who_left_cancels_nothing() {
    let house = House::new(options());
    house.log.open_appends(false);
    let impatient = tokio::time::timeout(Duration::ZERO, house.ask("a", 1, Ask::Hang(1)));
    assert!(impatient.await.is_err());
    house.log.appends(1).await;
    house.log.open_appends(true);
    let answer = house.ask("a", 2, Ask::Hang(1)).await;
    assert!(matches!(answer, Err(Failure::Refused { position: 1, .. })), "{answer:?}");
}

#[tokio::test]
async fn a_full_mailbox_is_told_at_once() {
    let house = House::new(EngineOptions { mailbox: 2, ..options() });
    house.log.open_claims(false);
    let asks = join_all((0..3).map(|number| house.ask("a", number, ring())));
    let (answers, ()) = join(asks, async {
        house.until(|stats| stats.overloads == 1).await;
        house.log.open_claims(true);
    })
    .await;
    assert_eq!(answers[2], Err(Failure::OVERLOADED));
    assert!(answers[..2].iter().all(Result::is_ok), "{answers:?}");
    house.ask("a", 2, ring()).await.unwrap();
}

#[tokio::test]
async fn an_append_whose_outcome_is_unknown_is_looked_for() {
    let house = House::new(options());
    let all = [Fault::LandedButUnknown, Fault::LostAndUnknown, Fault::NotAppended, Fault::Panic];
    for (number, fault) in (1..).zip(all) {
        house.log.fail(&[fault]);
        let accepted = house.ask("a", number, ring()).await.unwrap();
        assert_eq!((u128::from(accepted.position), accepted.events.len()), (number, 1), "{fault:?}");
        assert!(!accepted.replayed, "the command was sent once");
    }
    house.log.store().check();
    assert_eq!(house.engine.stats().recoveries, 4);
}

#[tokio::test]
async fn a_command_that_never_lands_is_told_to_come_back() {
    let house = House::new(options());
    house.log.fail(&[Fault::NotAppended; 4]);
    assert_eq!(house.ask("a", 1, ring()).await, UNAVAILABLE);
    house.ask("a", 1, ring()).await.unwrap();
}

#[tokio::test]
async fn a_log_that_cannot_be_reached_is_tried_again_by_the_next_command() {
    let house = House::new(options());
    house.log.break_down(1);
    assert_eq!(house.ask("a", 1, ring()).await, UNAVAILABLE);
    house.ask("a", 1, ring()).await.unwrap();
    house.log.fail(&[Fault::LandedButUnknown]);
    house.log.break_down(2);
    house.ask("a", 2, ring()).await.unwrap();
    house.log.fail(&[Fault::LandedButUnknown]);
    house.log.break_down(100);
    assert_eq!(house.ask("a", 3, ring()).await, UNAVAILABLE, "it gives up after a while");
    house.log.break_down(0);
    assert!(house.ask("a", 3, ring()).await.unwrap().replayed, "but it had landed");
    house.log.store().check();
}

#[tokio::test]
async fn a_drain_answers_everybody_and_takes_in_nobody() {
    let house = House::new(options());
    house.log.open_appends(false);
    let asks = join_all((0..10).map(|number| house.ask("a", number, ring())));
    let drain = async {
        house.log.appends(1).await;
        let drained = house.engine.drain();
        let late = async {
            tokio::task::yield_now().await;
            assert_eq!(house.ask("a", 99, ring()).await, UNAVAILABLE);
            assert_eq!(house.ask("b", 99, ring()).await, UNAVAILABLE);
            house.log.open_appends(true);
        };
        join(drained, late).await;
    };
    let (answers, ()) = join(asks, drain).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!((house.log.store().head(), house.engine.stats().actors), (10, 0));
    let other_kind: Reply<Cloakroom> = house.engine.desk::<Cloakroom>().send(name("c"), anything()).await;
    assert_eq!(other_kind, UNAVAILABLE);
    house.engine.drain().await;
}

fn anything() -> Request<Ask> {
    Request { command: ring(), meta: CommandMeta { id: Uuid::max(), hash: Digest::ZERO, cause: None } }
}

#[tokio::test]
async fn a_drain_ends_although_the_log_does_not_come_back() {
    let house = House::new(options());
    house.ask("a", 1, ring()).await.unwrap();
    house.log.fail(&[Fault::LostAndUnknown]);
    house.log.break_down(u64::MAX);
    let (answer, ()) = join(house.ask("a", 2, ring()), house.engine.drain()).await;
    assert_eq!(answer, UNAVAILABLE);
}

#[tokio::test]
async fn the_timer_records_what_lapsed() {
    let house = House::new(options());
    house.ask("a", 1, Ask::Hang(1)).await.unwrap();
    house.clock.advance(u32::try_from(KEPT_MS).unwrap());
    house.until(|stats| stats.events == 2).await;
    assert_eq!(&*house.log.store().log[1].event_type, "lapsed");
}

#[tokio::test]
async fn without_timers_the_next_command_records_what_lapsed() {
    let house = House::new(EngineOptions { timers: false, ..options() });
    house.ask("a", 1, Ask::Hang(1)).await.unwrap();
    house.clock.advance(u32::try_from(KEPT_MS).unwrap());
    let refused = house.ask("a", 2, Ask::Fetch(1)).await;
    assert!(matches!(refused, Err(Failure::Refused { position: 1, .. })), "{refused:?}");
    let accepted = house.ask("a", 3, Ask::Hang(1)).await.unwrap();
    assert_eq!((accepted.first_version, accepted.events.len()), (2, 2), "lapsed and hung");
}

#[tokio::test]
async fn a_stream_that_nobody_uses_leaves_memory_unless_it_waits_for_a_deadline() {
    let house = House::new(EngineOptions { idle_after: Duration::from_millis(5), ..options() });
    house.ask("a", 1, ring()).await.unwrap();
    house.ask("b", 2, Ask::Hang(1)).await.unwrap();
    house.until(|stats| stats.actors == 1).await;
    house.ask("a", 3, ring()).await.unwrap();
    house.clock.advance(u32::try_from(KEPT_MS).unwrap());
    house.until(|stats| stats.actors == 0).await;
    assert_eq!(house.engine.stats().events, 4);
    house.log.store().check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_meets_a_leaving_actor_is_decided_all_the_same() {
    let house = House::new(EngineOptions { idle_after: Duration::from_nanos(1), ..options() });
    for number in 0..500 {
        house.ask("a", number, ring()).await.unwrap();
    }
    house.log.store().check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_on_one_stream_record_every_command_once() {
    const COMMANDS: u128 = 200;
    let house = House::new(options());
    let other = house.another();
    let asked_of_both = |number| {
        let (house, other) = (&house, &other);
        async move {
            loop {
                match join(house.ask("a", number, ring()), other.ask("a", number, ring())).await {
                    (Ok(one), Ok(two)) => return assert_eq!(one.events, two.events),
                    // They are told to come back where the two keep taking the stream from each other.
                    both => {
                        let both: [Reply<Cloakroom>; 2] = both.into();
                        assert!(both.iter().all(|reply| reply.is_ok() || *reply == UNAVAILABLE), "{both:?}");
                    }
                }
            }
        }
    };
    let all = join_all((0..COMMANDS).map(asked_of_both));
    tokio::time::timeout(Duration::from_mins(1), all).await.unwrap();
    house.log.store().check();
    assert_eq!(u128::from(house.log.store().head()), COMMANDS);
}

#[tokio::test]
async fn a_stream_with_an_event_that_cannot_be_read_is_never_decided_on() {
    let house = House::new(options());
    house.ask("a", 1, ring()).await.unwrap();
    {
        let mut store = house.log.store();
        let claim = store.claim(&name("a"));
        let meta = CommandMeta { id: Uuid::max(), hash: Digest::ZERO, cause: None };
        let mut event = NewEvent {
            version: 2,
            event_type: "from_the_future",
            schema_version: 9,
            log_time: Timestamp::from_unix_ms(1_000_000),
            command: meta,
            payload: "{}".into(),
            hash: Digest::ZERO,
        };
        event.hash = link(&claim.head, &name("a"), &event).unwrap();
        let epoch = claim.epoch;
        store.append(&[StreamBatch { stream: name("a"), expected: 1, epoch, events: vec![event] }]);
    }
    for engine in [&house, &house.another()] {
        for number in [2, 3] {
            let answer = engine.ask("a", number, ring()).await;
            let Err(Failure::Unreadable(reason)) = answer else { panic!("{answer:?}") };
            assert!(
                reason.contains("version 2 of cloakroom-a") && reason.contains("from_the_future"),
                "{reason}"
            );
        }
    }
    house.ask("b", 4, ring()).await.unwrap();
    house.engine.drain().await;
}

#[tokio::test]
async fn a_layout_that_an_event_names_is_fetched_once_and_shared() {
    let house = House::new(options());
    let document = LayoutDocument {
        areas: Vec::new(),
        categories: Vec::new(),
        focal_point: Point::default(),
        format: LAYOUT_FORMAT.to_owned(),
        name: "A room".to_owned(),
        seats: Vec::new(),
    };
    let (layout, content) = Layout::write(document).unwrap();
    let furnish = Ask::Furnish(Arc::new(layout));
    for room in ["a", "b"] {
        house.ask(room, 1, furnish.clone()).await.unwrap();
    }
    let lost = house.another().ask("a", 2, Ask::Look).await;
    assert!(matches!(&lost, Err(Failure::Unreadable(reason)) if reason.contains("not at hand")), "{lost:?}");
    house.shelf.keep(&content).await.unwrap();
    let other = house.another();
    let mut plans = Vec::new();
    for room in ["a", "b"] {
        let again = other.ask(room, 1, furnish.clone()).await.unwrap();
        let [Happened::Furnished(event)] = &again.events[..] else { panic!("{again:?}") };
        plans.push(event.plan.clone().unwrap());
    }
    plans.push(other.engine.layout(plans[0].digest()).await.unwrap().unwrap());
    assert!(plans.iter().all(|plan| Arc::ptr_eq(plan, &plans[0])));
    assert_eq!(other.engine.layout(Digest::ZERO).await, Ok(None));
}
