use std::sync::Arc;
use std::sync::atomic::Ordering;

use boxoffice_domain::log::StreamName;
use tokio::sync::oneshot;

use super::*;
use crate::catalog::CatalogProjection;
use crate::orders::{ORDERS, OrderRow, OrderStatus, OrdersProjection};
use crate::show::SeatState;
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

/// Follows while the test goes on.
async fn following<T>(follow: impl AsyncFnOnce(oneshot::Receiver<()>), test: impl Future<Output = T>) -> T {
    let (stop, stopped) = oneshot::channel();
    let test = async {
        let result = test.await;
        stop.send(()).unwrap();
        result
    };
    tokio::join!(follow(stopped), test).1
}

async fn following_orders<T>(
    log: &TestLog,
    store: &TestStore,
    progress: &Progress,
    test: impl Future<Output = T>,
) -> T {
    let follow = async |stopped: oneshot::Receiver<()>| {
        follow_tables(log, store, &OrdersProjection, progress, async { stopped.await.unwrap() }).await;
    };
    following(follow, test).await
}

async fn following_shows<T>(log: &TestLog, shows: &Shows, test: impl Future<Output = T>) -> T {
    let follow = async |stopped: oneshot::Receiver<()>| {
        follow_shows(log, shows, async { stopped.await.unwrap() }).await;
    };
    following(follow, test).await
}

fn status(store: &TestStore) -> OrderStatus {
    OrderRow::from_row(&store.row(ORDERS, order(1))).unwrap().status
}

#[tokio::test(start_paused = true)]
async fn tables_follow_the_log_and_go_on_from_their_checkpoint() {
    let (log, store, progress) = (ordered(), TestStore::default(), Progress::new("orders"));
    following_orders(&log, &store, &progress, async {
        progress.wait_for(log.head(), LONG).await.unwrap();
        assert_eq!(status(&store), OrderStatus::AwaitingPayment);
        log.push(&inventory(), at(300), &hold_expired(1));
        progress.wait_for(log.head(), LONG).await.unwrap();
        assert_eq!(status(&store), OrderStatus::Expired);
    })
    .await;
    assert_eq!(store.checkpoint(), log.head());
    log.push(&inventory(), at(301), &reclaimed(1));
    let again = Progress::new("orders");
    following_orders(&log, &store, &again, again.wait_for(log.head(), LONG)).await.unwrap();
    assert_eq!(status(&store), OrderStatus::Processing);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_out() {
    let (log, store, progress) = (ordered(), TestStore::default(), Progress::new("orders"));
    log.outages.store(5, Ordering::SeqCst);
    following_orders(&log, &store, &progress, progress.wait_for(log.head(), LONG)).await.unwrap();
    assert_eq!(store.count(ORDERS), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_applied_parks_its_stream_alone_and_for_ever() {
    let log = ordered();
    let strange = log.push_raw(&inventory(), at(9), "from_the_future", 1, "{}");
    log.push(&inventory(), at(300), &hold_expired(1));
    let twin = StreamName::from_log("inventory-event_00000000000000000000000001");
    log.push(&twin, at(300), &order_placed(2, 300, &[seat("A-1")]));
    let (store, progress) = (TestStore::default(), Progress::new("orders"));
    following_orders(&log, &store, &progress, progress.wait_for(log.head(), LONG)).await.unwrap();
    assert_eq!((status(&store), store.count(ORDERS)), (OrderStatus::AwaitingPayment, 2));
    let parked = progress.parked_stream(inventory().as_str()).unwrap();
    assert_eq!(parked.position, strange.position);
    assert!(parked.reason.contains("from_the_future"));

    log.push(&inventory(), at(301), &hold_expired(1));
    let again = Progress::new("orders");
    following_orders(&log, &store, &again, again.wait_for(log.head(), LONG)).await.unwrap();
    assert_eq!((status(&store), again.parked()), (OrderStatus::AwaitingPayment, vec![parked]));
}

#[tokio::test(start_paused = true)]
async fn who_is_overtaken_goes_on_from_where_the_tables_are() {
    let (log, store, progress) = (ordered(), TestStore::default(), Progress::new("orders"));
    store.overtaken.store(true, Ordering::SeqCst);
    following_orders(&log, &store, &progress, progress.wait_for(log.head(), LONG)).await.unwrap();
    assert_eq!((store.checkpoint(), store.count(ORDERS)), (log.head(), 1));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_projection_commits_its_checkpoint_now_and_then() {
    let (log, store, progress) = (ordered(), TestStore::default(), Progress::new("catalog"));
    let follow = async |stopped: oneshot::Receiver<()>| {
        follow_tables(&*log, &store, &CatalogProjection, &progress, async { stopped.await.unwrap() }).await;
    };
    following(follow, async {
        progress.wait_for(log.head(), LONG).await.unwrap();
        let commits = store.commits.load(Ordering::SeqCst);
        for n in 10..20 {
            log.push(&inventory(), at(3), &hold_placed(n, 300, vec![floor()]));
            progress.wait_for(log.head(), LONG).await.unwrap();
        }
        assert_eq!(store.commits.load(Ordering::SeqCst), commits);
        tokio::time::sleep(QUIET_FOR * 2).await;
        assert_eq!((store.commits.load(Ordering::SeqCst), store.checkpoint()), (commits + 1, log.head()));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn shows_follow_the_log_with_their_seats() {
    let (log, shows) = (ordered(), Shows::new());
    log.outages.store(3, Ordering::SeqCst);
    following_shows(&log, &shows, async {
        shows.progress().wait_for(log.head(), LONG).await.unwrap();
        let entry = shows.get(SHOW).unwrap();
        assert_eq!(entry.read(at(5), |view| view.seat("A-1")), Ok(Some(SeatState::Held)));
        log.push(&inventory(), at(300), &secured(1));
        shows.progress().wait_for(log.head(), LONG).await.unwrap();
        assert_eq!(entry.read(at(300), |view| view.seat("A-1")), Ok(Some(SeatState::Sold)));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_in_the_middle_of_a_batch_applies_nothing_twice() {
    let (log, shows) = (ordered(), Shows::new());
    for outages in 0..4 {
        log.outages.store(outages, Ordering::SeqCst);
        log.push(&inventory(), at(3), &hold_placed(10, 300, vec![floor()]));
        following_shows(&log, &shows, shows.progress().wait_for(log.head(), LONG)).await.unwrap();
        assert!(shows.progress().parked().is_empty());
        let entry = shows.get(SHOW).unwrap();
        assert_eq!(entry.read(at(3), |view| view.version()), Ok(log.head()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_show_that_cannot_be_read_is_parked_and_says_so() {
    let log = ordered();
    log.push_raw(&inventory(), at(9), "from_the_future", 1, "{}");
    log.push_raw(&StreamName::from_log("inventory-of-nobody"), at(9), "from_the_future", 1, "{}");
    log.push_raw(&StreamName::from_log("doors-x"), at(9), "from_the_future", 1, "{}");
    let twin = StreamName::from_log("inventory-event_00000000000000000000000001");
    log.push(&twin, at(300), &drafted());
    let shows = Shows::new();
    following_shows(&log, &shows, shows.progress().wait_for(log.head(), LONG)).await.unwrap();
    assert!(shows.get(SHOW).unwrap().read(at(9), |_| ()).is_err());
    assert!(shows.get(twin.show().unwrap()).unwrap().read(at(9), |_| ()).is_ok());
    let streams: Vec<String> = shows.progress().parked().into_iter().map(|parked| parked.stream).collect();
    assert_eq!(streams, [inventory().as_str(), "inventory-of-nobody"]);
}
