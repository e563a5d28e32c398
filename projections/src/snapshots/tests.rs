use std::collections::HashMap;
use std::sync::Mutex as Lock;

use boxoffice_domain::digest::Digest;
use boxoffice_domain::snapshot::TakenAt;

use super::*;
use crate::follow::follow_shows;
use crate::testing::*;

/// The last snapshot of each kind and stream.
#[derive(Default)]
struct Drawer(Lock<HashMap<(&'static str, StreamName), Snapshot>>);

impl Drawer {
    fn change(&self, kind: &'static str, change: impl FnOnce(Snapshot) -> Option<Snapshot>) {
        let mut drawer = self.0.lock().unwrap();
        let key = drawer.keys().find(|(known, _)| *known == kind).cloned().unwrap();
        if let Some(changed) = change(drawer.remove(&key).unwrap()) {
            drawer.insert(key, changed);
        }
    }

    fn kinds(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[async_trait]
impl ViewSnapshots for Drawer {
    async fn load(&self, kind: &'static str, stream: &StreamName) -> Result<Option<Snapshot>, Outage> {
        Ok(self.0.lock().unwrap().get(&(kind, stream.clone())).cloned())
    }

    async fn save(&self, snapshot: Snapshot) -> Result<(), Outage> {
        self.0.lock().unwrap().insert((snapshot.kind, snapshot.taken_at.stream.clone()), snapshot);
        Ok(())
    }

    async fn discard(&self, snapshot: &Snapshot) -> Result<(), Outage> {
        self.0.lock().unwrap().retain(|_, kept| kept != snapshot);
        Ok(())
    }
}

struct House {
    log: Arc<TestLog>,
    drawer: Arc<Drawer>,
    clock: Arc<TestClock>,
    shows: Arc<Shows>,
    snapshots: ShowSnapshots,
}

impl House {
    fn on(log: Arc<TestLog>, drawer: Arc<Drawer>) -> Self {
        let (shows, clock) = (Arc::new(Shows::new()), TestClock::at(at(0)));
        let snapshots =
            ShowSnapshots::new(log.clone(), drawer.clone(), Arc::clone(&shows), clock.clone(), 10_000);
        Self { log, drawer, clock, shows, snapshots }
    }

    /// A show with a held seat, followed to the end and kept.
    async fn kept() -> Self {
        let house = Self::on(TestLog::of(sale()), Arc::default());
        house.follow().await;
        house.snapshots.take(0).await;
        assert_eq!((house.drawer.kinds(), house.snapshots.stats().snapshots), (2, 2));
        house
    }

    async fn follow(&self) {
        let head = self.log.head();
        let done = async { drop(self.shows.progress().wait_for(head, LONG).await) };
        follow_shows(&*self.log, &self.shows, done).await;
    }

    /// What another process makes of the same log and the same snapshots. Tells where its follower began.
    async fn restarted(&self) -> (Self, Position) {
        let again = Self::on(Arc::clone(&self.log), Arc::clone(&self.drawer));
        again.snapshots.restore().await;
        let start = again.shows.progress().position();
        again.follow().await;
        again.is_as_folded().await;
        (again, start)
    }

    /// Everything is as it would be without snapshots.
    async fn is_as_folded(&self) {
        let folded = Self::on(Arc::clone(&self.log), Arc::default());
        folded.follow().await;
        assert_eq!(self.shows.list(), folded.shows.list());
        assert_eq!(self.shows.progress().parked(), folded.shows.progress().parked());
        for show in self.shows.list() {
            let (ours, theirs) = (self.shows.get(show).unwrap(), folded.shows.get(show).unwrap());
            for seconds in [0, 299, 300, 10_000] {
                assert_eq!(ours.availability(at(seconds)), theirs.availability(at(seconds)));
                assert_eq!(ours.seats(at(seconds)), theirs.seats(at(seconds)));
                assert_eq!(ours.seats_compact(at(seconds)), theirs.seats_compact(at(seconds)));
            }
        }
    }
}

const LONG: std::time::Duration = std::time::Duration::from_mins(1);

fn sale() -> Vec<(i64, boxoffice_domain::inventory::InventoryEvent)> {
    (0..).zip(on_sale().into_iter().chain([hold_placed(1, 300, vec![seat("A-1"), floor()])])).collect()
}

fn inventory() -> StreamName {
    StreamName::inventory(SHOW)
}

#[tokio::test]
async fn shows_go_on_from_where_they_were_kept() {
    let house = House::kept().await;
    let kept_at = house.log.head();
    house.log.push(&inventory(), at(9), &hold_placed(2, 300, vec![seat("A-2")]));
    let (again, start) = house.restarted().await;
    assert_eq!((start, again.snapshots.stats().loads_from_snapshot), (kept_at, 1));
    let entry = again.shows.get(SHOW).unwrap();
    assert_eq!(entry.read(at(10), |view| view.version()), Ok(9));
}

#[tokio::test]
async fn a_show_whose_snapshot_is_lost_or_old_is_folded_on_from_its_own_stream() {
    for is_lost in [true, false] {
        let house = House::kept().await;
        let former = house.drawer.0.lock().unwrap().get(&(VIEW, inventory())).cloned();
        house.log.push(&inventory(), at(9), &hold_placed(2, 300, vec![seat("A-2")]));
        house.log.push(&StreamName::from_log("doors-x"), at(9), &hold_released(1));
        house.follow().await;
        house.snapshots.take(0).await;
        house.drawer.change(VIEW, |_| former.filter(|_| !is_lost));
        let (again, start) = house.restarted().await;
        assert_eq!(start, house.log.head(), "the log itself is not read again");
        let stats = again.snapshots.stats();
        assert_eq!(
            (stats.loads_from_snapshot, stats.loads_from_beginning),
            if is_lost { (0, 1) } else { (1, 0) }
        );
    }
}

#[tokio::test]
async fn without_a_start_position_the_whole_log_is_folded() {
    let house = House::kept().await;
    house.drawer.change(START, |_| None);
    assert_eq!(house.restarted().await.1, 0);
}

#[tokio::test]
async fn snapshots_of_another_log_another_code_or_nobody_are_let_go() {
    let house = House::kept().await;
    let other = House::on(TestLog::of_seed(7, sale()), Arc::clone(&house.drawer));
    assert_eq!((other.restarted().await.1, other.drawer.kinds()), (0, 1));
    let short = House::kept().await;
    let shorter = House::on(TestLog::of(sale().into_iter().take(4)), Arc::clone(&short.drawer));
    assert_eq!((shorter.restarted().await.1, shorter.drawer.kinds()), (0, 1));
    let sealed = |snapshot: Snapshot, taken_at: TakenAt, code_version, bytes| {
        Some(Snapshot::sealed(snapshot.kind, taken_at, code_version, bytes))
    };
    for kind in [VIEW, START] {
        for what in 0..4 {
            let house = House::kept().await;
            house.drawer.change(kind, |mut kept| {
                let (at, code, bytes) = (kept.taken_at.clone(), kept.code_version, kept.bytes.clone());
                match what {
                    0 => sealed(kept, at, code + 1, bytes),
                    1 => sealed(kept, TakenAt { hash: Digest::ZERO, ..at }, code, bytes),
                    2 => sealed(kept, at, code, vec![0xff; 30]),
                    _ => {
                        kept.bytes.push(0);
                        Some(kept)
                    }
                }
            });
            let (_, start) = house.restarted().await;
            assert_eq!(
                (start, house.drawer.kinds()),
                if kind == VIEW { (house.log.head(), 1) } else { (0, 1) }
            );
        }
    }
}

#[tokio::test]
async fn what_was_parked_is_parked_again_and_is_tried_again() {
    let house = House::kept().await;
    house.log.push_raw(&inventory(), at(9), "from_the_future", 1, "{}");
    house.log.push(&inventory(), at(9), &hold_released(1));
    house.log.push_raw(&StreamName::from_log("inventory-of-nobody"), at(9), "from_the_future", 1, "{}");
    house.follow().await;
    house.snapshots.take(0).await;
    let (again, start) = house.restarted().await;
    assert_eq!(start, house.log.head());
    assert_eq!(again.shows.progress().parked().len(), 2);
    assert!(again.shows.get(SHOW).unwrap().read(at(9), |_| ()).is_err());
}

#[tokio::test(start_paused = true)]
async fn they_are_taken_every_so_many_events_and_seconds_and_at_the_end() {
    let house = House::on(TestLog::of(sale()), Arc::default());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let test = async {
        let push = |events: u32| {
            for n in 0..events {
                house.log.push(&inventory(), at(9), &hold_extended(1, i64::from(400 + n)));
            }
        };
        push(10_000);
        wait_until(|| house.snapshots.stats().snapshots == 2).await;
        push(10_000);
        house.shows.progress().wait_for(house.log.head(), LONG).await.unwrap();
        tokio::time::sleep(LONG).await;
        assert_eq!(house.snapshots.stats().snapshots, 2, "ten seconds have not passed");
        house.clock.set(at(10));
        wait_until(|| house.snapshots.stats().snapshots == 4).await;
        push(1_001);
        house.shows.progress().wait_for(house.log.head(), LONG).await.unwrap();
        assert_eq!(house.snapshots.stats().snapshots, 4);
        stop.send(()).unwrap();
    };
    let following = async {
        let forever = std::future::pending::<()>();
        follow_shows(&*house.log, &house.shows, forever).await;
    };
    let keeping = house.snapshots.keep(async { stopped.await.unwrap() });
    tokio::select! {
        () = following => {}
        ((), ()) = async { tokio::join!(test, keeping) } => {}
    }
    assert_eq!(house.snapshots.stats().snapshots, 6, "and at the end");
    let (again, start) = house.restarted().await;
    assert_eq!((start, again.snapshots.stats().loads_from_snapshot), (house.log.head(), 1));
}

async fn wait_until(holds: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("it never came");
}

#[tokio::test]
async fn what_was_kept_before_a_rebuild_does_not_come_back() {
    let house = House::kept().await;
    house.snapshots.forget(Some(&["doors-x".to_owned(), inventory().as_str().to_owned()])).await.unwrap();
    assert_eq!(house.drawer.kinds(), 1, "only where the others begin");
    assert_eq!(house.restarted().await.0.snapshots.stats().loads_from_beginning, 1);
    house.snapshots.take(0).await;
    assert_eq!(house.drawer.kinds(), 2, "the new view is kept at once");
    house.snapshots.forget(None).await.unwrap();
    assert_eq!(house.drawer.kinds(), 1);
}
