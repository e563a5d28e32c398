use std::sync::atomic::Ordering;

use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::{Recorded, StreamName};

use super::*;
use crate::follow::follower::Follower;
use crate::follow::{follow_shows, follow_tables};
use crate::orders::{ORDERS, OrderRow, OrderStatus, OrdersProjection, PAYMENTS, TICKETS};
use crate::show::{SeatState, Since};
use crate::table::{Change, Inapplicable, Parked, Table};
use crate::testing::*;

const LONG: Duration = Duration::from_mins(1);

fn inventory() -> StreamName {
    StreamName::inventory(SHOW)
}

fn ordered() -> Arc<TestLog> {
    let items = [seat("A-1")];
    let events = [hold_placed(1, 300, items.to_vec()), order_placed(1, 300, &items)];
    TestLog::of((0..).zip(on_sale().into_iter().chain(events)))
}

/// Follows orders while the test goes on.
async fn following<T>(
    log: &TestLog,
    store: &TestStore,
    progress: &Progress,
    test: impl Future<Output = T>,
) -> T {
    tokio::select! {
        () = follow_tables(log, store, &OrdersProjection, progress, std::future::pending()) => unreachable!(),
        result = test => result,
    }
}

async fn following_shows<T>(log: &TestLog, shows: &Shows, test: impl Future<Output = T>) -> T {
    tokio::select! {
        () = follow_shows(log, shows, std::future::pending()) => unreachable!(),
        result = test => result,
    }
}

fn status(store: &TestStore) -> OrderStatus {
    OrderRow::from_row(&store.row(ORDERS, order(1))).unwrap().status
}

#[track_caller]
fn is_as_folded_afresh(store: &TestStore, log: &TestLog) {
    let fresh = TestStore::after(&OrdersProjection, &log.all());
    for table in [ORDERS, PAYMENTS, TICKETS] {
        assert_eq!(store.rows(table), fresh.rows(table), "{}", table.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_takes_over_where_the_follower_is_and_the_follower_goes_on() {
    let (log, store, progress) = (ordered(), TestStore::default(), Progress::new("orders"));
    let built = Built::default();
    following(&log, &store, &progress, async {
        progress.wait_for(log.head(), LONG).await.unwrap();
        let selling = async {
            for n in 2..400 {
                let events = [hold_placed(n, 300, vec![floor()]), order_placed(n, 300, &[floor()])];
                for event in events {
                    log.push(&inventory(), at(3), &event);
                    progress.wait_for(log.head(), LONG).await.unwrap();
                }
                assert_eq!(store.count(ORDERS), usize::try_from(n).unwrap(), "a gap");
            }
        };
        let rebuild = async {
            for _ in 0..20 {
                rebuild_tables(&*log, &store, &OrdersProjection, &progress, &built).await.unwrap();
            }
        };
        tokio::join!(selling, rebuild);
        assert_eq!((progress.generation(), store.generations()), (21, vec![21]));
        log.push(&inventory(), at(300), &hold_expired(1));
        progress.wait_for(log.head(), LONG).await.unwrap();
        assert_eq!(status(&store), OrderStatus::Expired);
    })
    .await;
    assert!(built.done() > 0 && built.done() <= built.all());
    is_as_folded_afresh(&store, &log);
}

#[tokio::test(start_paused = true)]
async fn where_another_server_is_faster_it_is_tried_again() {
    let (log, store, progress) = (ordered(), TestStore::default(), Progress::new("orders"));
    store.behind.store(50, Ordering::SeqCst);
    following(&log, &store, &progress, async {
        progress.wait_for(log.head(), LONG).await.unwrap();
        rebuild_tables(&*log, &store, &OrdersProjection, &progress, &Built::default()).await.unwrap();
    })
    .await;
    assert_eq!(store.generations(), [2]);
    is_as_folded_afresh(&store, &log);
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_that_meets_an_outage_begins_again_and_leaves_nothing_behind() {
    let (log, store, progress) = (ordered(), TestStore::default(), Progress::new("orders"));
    following(&log, &store, &progress, async {
        progress.wait_for(log.head(), LONG).await.unwrap();
        log.outages.store(3, Ordering::SeqCst);
        rebuild_tables(&*log, &store, &OrdersProjection, &progress, &Built::default()).await.unwrap();
        log.outages.store(1_000_000, Ordering::SeqCst);
        let built = Built::default();
        assert!(rebuild_tables(&*log, &store, &OrdersProjection, &progress, &built).await.is_err());
        log.outages.store(0, Ordering::SeqCst);
        assert_eq!(store.generations().len(), 1);
        log.push(&inventory(), at(300), &hold_expired(1));
        progress.wait_for(log.head(), LONG).await.unwrap();
    })
    .await;
    is_as_folded_afresh(&store, &log);
}

#[tokio::test(start_paused = true)]
async fn what_is_parked_is_replayed_after_a_fix_and_parked_again_without() {
    let log = ordered();
    let strange = log.push_raw(&inventory(), at(9), "from_the_future", 1, "{}");
    log.push(&inventory(), at(10), &payment_started(1, 6_500));
    let (store, progress) = (TestStore::default(), Progress::new("orders"));
    following(&log, &store, &progress, async {
        progress.wait_for(log.head(), LONG).await.unwrap();
        let parked = progress.parked();
        assert_eq!(parked.len(), 1);
        rebuild_tables(&*log, &store, &OrdersProjection, &progress, &Built::default()).await.unwrap();
        assert_eq!((progress.parked(), store.count(PAYMENTS)), (parked, 0));

        log.repair(strange.position, &hold_extended(1, 900));
        rebuild_tables(&*log, &store, &OrdersProjection, &progress, &Built::default()).await.unwrap();
        assert_eq!((progress.parked(), store.count(PAYMENTS)), (vec![], 1));
        log.push(&inventory(), at(11), &authorised(1, 11));
        progress.wait_for(log.head(), LONG).await.unwrap();
        assert_eq!(status(&store), OrderStatus::Processing);
    })
    .await;
    is_as_folded_afresh(&store, &log);
}

/// What the follower takes for parked is so in the former generation only.
#[tokio::test(start_paused = true)]
async fn a_follower_passes_over_nothing_after_a_generation_was_promoted() {
    let log = ordered();
    let strange = log.push_raw(&inventory(), at(9), "from_the_future", 1, "{}");
    let (store, progress) = (TestStore::default(), Progress::new("orders"));
    let mut follower = Follower::open(&store, &OrdersProjection, &progress).await.unwrap();
    follower.take_in(&log.all()).await.unwrap();
    assert_eq!(progress.parked().len(), 1);
    log.repair(strange.position, &hold_extended(1, 900));
    rebuild_tables(&*log, &store, &OrdersProjection, &progress, &Built::default()).await.unwrap();
    assert!(progress.parked().is_empty());
    let paid = log.push(&inventory(), at(10), &payment_started(1, 6_500));
    follower.take_in(std::slice::from_ref(&paid)).await.unwrap();
    assert_eq!((progress.position(), store.count(PAYMENTS)), (strange.position, 0), "read again");
    follower.take_in(std::slice::from_ref(&paid)).await.unwrap();
    assert_eq!((progress.position(), store.count(PAYMENTS)), (paid.position, 1));
}

#[tokio::test(start_paused = true)]
async fn a_generation_that_another_server_promoted_is_found_also_while_nothing_happens() {
    let log = ordered();
    let strange = log.push_raw(&inventory(), at(9), "from_the_future", 1, "{}");
    let (store, progress) = (TestStore::default(), Progress::new("orders"));
    following(&log, &store, &progress, async {
        progress.wait_for(log.head(), LONG).await.unwrap();
        // The rest of a parked stream changes nothing, so readers are told of more than is committed.
        log.push(&inventory(), at(10), &payment_started(1, 6_500));
        progress.wait_for(log.head(), LONG).await.unwrap();
        assert_eq!(progress.parked().len(), 1);
        log.repair(strange.position, &hold_extended(1, 900));
        // The other server is not quite at the head.
        let all = log.all();
        let some = &all[..usize::try_from(strange.position).unwrap()];
        store.promote_behind_ones_back(&OrdersProjection, some).await;
        let begun = Instant::now();
        while !progress.parked().is_empty() {
            assert!(begun.elapsed() < LONG, "nobody looks");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!((progress.generation(), store.count(PAYMENTS)), (2, 1));
    })
    .await;
    is_as_folded_afresh(&store, &log);
}

/// Orders, but the payments of one stream cannot be applied any more.
struct Stricter;

impl TableProjection for Stricter {
    fn name(&self) -> &'static str {
        OrdersProjection.name()
    }

    fn version(&self) -> u32 {
        OrdersProjection.version()
    }

    fn tables(&self) -> &'static [Table] {
        OrdersProjection.tables()
    }

    fn apply(&self, event: &Recorded) -> Result<Vec<Change>, Inapplicable> {
        match &*event.event_type {
            "payment_started" => Err(Inapplicable("too strict".into())),
            _ => OrdersProjection.apply(event),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_the_new_generation_has_parked_is_told_too() {
    let log = ordered();
    let started = log.push(&inventory(), at(10), &payment_started(1, 6_500));
    let (store, progress) = (TestStore::default(), Progress::new("orders"));
    following(&log, &store, &progress, async {
        progress.wait_for(log.head(), LONG).await.unwrap();
        assert!(progress.parked().is_empty());
        rebuild_tables(&*log, &store, &Stricter, &progress, &Built::default()).await.unwrap();
        let parked: Vec<Parked> = progress.parked();
        assert_eq!(parked.len(), 1);
        assert_eq!((parked[0].position, store.count(PAYMENTS)), (started.position, 0));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn shows_are_folded_anew_without_a_moment_of_absence() {
    let (log, shows) = (ordered(), Shows::new());
    following_shows(&log, &shows, async {
        shows.progress().wait_for(log.head(), LONG).await.unwrap();
        let entry = shows.get(SHOW).unwrap();
        let mut changes = entry.subscribe();
        changes.mark_unchanged();
        let (count, before) = entry.read(at(5), |view| (view.change_count(), view.seat("A-1"))).unwrap();
        let built = Built::default();
        let selling = async {
            for n in 10..200 {
                log.push(&inventory(), at(3), &hold_placed(n, 300, vec![floor()]));
                shows.progress().wait_for(log.head(), LONG).await.unwrap();
                assert_eq!(shows.get(SHOW).unwrap().read(at(5), |view| view.version()), Ok(log.head()));
            }
        };
        let rebuild = async {
            for _ in 0..10 {
                rebuild_shows(&*log, &shows, None, &built).await.unwrap();
            }
        };
        tokio::join!(selling, rebuild);
        assert!(Arc::ptr_eq(&entry, &shows.get(SHOW).unwrap()));
        changes.changed().await.unwrap();
        let (after, since) =
            entry.read(at(5), |view| (view.seat("A-1"), view.delta_since_count(count))).unwrap();
        assert_eq!((after, since), (before, Since::Reset), "who watches is told everything anew");
        let positions = entry.read(at(5), |view| view.delta_since(log.head())).unwrap();
        assert_eq!(positions, Since::Delta(vec![]), "a position stays what it was");
        assert_eq!((shows.progress().generation(), shows.progress().parked()), (11, vec![]));
        assert!(built.done() > 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_parked_show_is_read_again_after_a_fix_and_parked_again_without() {
    let log = ordered();
    let strange = log.push_raw(&inventory(), at(9), "from_the_future", 1, "{}");
    let nobody = StreamName::from_log("inventory-of-nobody");
    log.push_raw(&nobody, at(9), "from_the_future", 1, "{}");
    let shows = Shows::new();
    following_shows(&log, &shows, async {
        shows.progress().wait_for(log.head(), LONG).await.unwrap();
        let entry = shows.get(SHOW).unwrap();
        let parked = entry.parked().unwrap();
        let all = || Some(vec![inventory().as_str().to_owned(), nobody.as_str().to_owned()]);
        rebuild_shows(&*log, &shows, all(), &Built::default()).await.unwrap();
        assert_eq!((entry.parked(), shows.progress().parked().len()), (Some(parked), 2));

        let repaired: InventoryEvent = hold_extended(1, 900);
        log.repair(strange.position, &repaired);
        // While the show is folded, more comes that the follower passes over, because the show is parked.
        let more = async {
            for n in 10..100 {
                log.push(&inventory(), at(10), &hold_placed(n, 300, vec![floor()]));
                tokio::task::yield_now().await;
            }
        };
        let built = Built::default();
        let (replayed, ()) = tokio::join!(rebuild_shows(&*log, &shows, all(), &built), more);
        replayed.unwrap();
        shows.progress().wait_for(log.head(), LONG).await.unwrap();
        let streams: Vec<_> = shows.progress().parked().into_iter().map(|parked| parked.stream).collect();
        assert_eq!(streams, [nobody.as_str()], "it names no show still");
        assert_eq!(entry.read(at(800), |view| view.seat("A-1")), Ok(Some(SeatState::Held)));
        assert_eq!(entry.read(at(800), |view| view.position()), Ok(log.head()));
    })
    .await;
}
