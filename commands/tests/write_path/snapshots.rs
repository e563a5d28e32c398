//! Snapshots as the engine takes and believes them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use boxoffice_commands::engine::EngineOptions;
use boxoffice_commands::owner::answer::{Accepted, Failure};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::snapshot::{Snapshot, TakenAt};

use super::engine::{House, name, options, ring};
use super::toy::{Ask, No};

const ROOM: &str = "1";

/// A snapshot every ten events, ten seconds apart at least, and one for more than five at the end.
fn often() -> EngineOptions {
    EngineOptions {
        snapshot_events: 10,
        snapshot_pause: Duration::from_secs(10),
        snapshot_events_at_end: 5,
        ..options()
    }
}

/// A room with coat 7, and a snapshot of it.
async fn snapshotted() -> House {
    let house = House::new(often());
    house.ask(ROOM, 1, Ask::Hang(7)).await.unwrap();
    for number in 2..=12 {
        house.ask(ROOM, number, ring()).await.unwrap();
    }
    house.until(|stats| stats.snapshots == 1).await;
    house
}

/// The stream is as it should be, whatever it was loaded from.
async fn goes_on(house: &House) {
    let again = house.ask(ROOM, 1, Ask::Hang(7)).await;
    assert!(matches!(again, Ok(Accepted { replayed: true, first_version: 1, position: 1, .. })), "{again:?}");
    assert!(matches!(house.ask(ROOM, 1, Ask::Hang(8)).await, Err(Failure::KeyReused)));
    let taken = house.ask(ROOM, 90, Ask::Hang(7)).await;
    assert!(
        matches!(taken, Err(Failure::Refused { refusal: No::HangsAlready(_), position: 12 })),
        "{taken:?}"
    );
    let next = house.ask(ROOM, 91, Ask::Fetch(7)).await;
    assert!(matches!(next, Ok(Accepted { first_version: 13, position: 13, .. })), "{next:?}");
    house.log.store().check();
}

fn loads(house: &House) -> (u64, u64) {
    let stats = house.engine.stats();
    (stats.loads_from_snapshot, stats.loads_from_beginning)
}

#[tokio::test]
async fn a_stream_goes_on_from_its_snapshot_and_knows_what_it_has_done() {
    let house = snapshotted().await;
    let taken_at = house.drawer.kept()[&name(ROOM)].taken_at.clone();
    assert!((10..=12).contains(&taken_at.version), "{taken_at:?}");
    let again = house.after_a_restart(often());
    goes_on(&again).await;
    assert_eq!(loads(&again), (1, 0));
}

#[tokio::test]
async fn snapshots_keep_their_distance_in_events_and_in_time() {
    let house = snapshotted().await;
    for number in 13..60 {
        house.ask(ROOM, number, ring()).await.unwrap();
    }
    assert_eq!(house.engine.stats().snapshots, 1, "ten seconds have not passed");
    house.clock.advance(10_000);
    house.ask(ROOM, 60, ring()).await.unwrap();
    house.until(|stats| stats.snapshots == 2).await;
    assert!(house.drawer.kept()[&name(ROOM)].taken_at.version >= 59);
    house.clock.advance(10_000);
    for number in 61..68 {
        house.ask(ROOM, number, ring()).await.unwrap();
    }
    assert_eq!(house.engine.stats().snapshots, 2, "ten events have not come");
}

#[tokio::test]
async fn what_leaves_memory_is_snapshotted_where_it_pays() {
    for (events, expected) in [(5, 0), (6, 1)] {
        let house = House::new(often());
        for number in 0..events {
            house.ask(ROOM, number, ring()).await.unwrap();
        }
        house.engine.drain().await;
        tokio::time::timeout(Duration::from_millis(50), house.until(|stats| stats.snapshots > expected))
            .await
            .unwrap_err();
        assert_eq!(house.engine.stats().snapshots, expected);
    }
}

#[tokio::test]
async fn what_cannot_be_believed_is_let_go_and_the_stream_read_from_the_beginning() {
    let other_log = |snapshot: Snapshot| {
        let taken_at = TakenAt { hash: Digest::ZERO, ..snapshot.taken_at };
        Snapshot::sealed(snapshot.kind, taken_at, snapshot.code_version, snapshot.bytes)
    };
    let ahead = |snapshot: Snapshot| {
        let taken_at = TakenAt { version: 99, ..snapshot.taken_at };
        Snapshot::sealed(snapshot.kind, taken_at, snapshot.code_version, snapshot.bytes)
    };
    let other_code = |snapshot: Snapshot| {
        Snapshot::sealed(snapshot.kind, snapshot.taken_at, snapshot.code_version + 1, snapshot.bytes)
    };
    let nonsense = |snapshot: Snapshot| {
        Snapshot::sealed(snapshot.kind, snapshot.taken_at, snapshot.code_version, vec![0xff; 40])
    };
    let damaged = |mut snapshot: Snapshot| {
        snapshot.bytes[3] ^= 1;
        snapshot
    };
    let spoil: [&dyn Fn(Snapshot) -> Snapshot; 5] = [&other_log, &ahead, &other_code, &nonsense, &damaged];
    for spoil in spoil {
        let house = snapshotted().await;
        let spoilt = spoil(house.drawer.kept().remove(&name(ROOM)).unwrap());
        house.drawer.kept().insert(name(ROOM), spoilt.clone());
        let again = house.after_a_restart(EngineOptions { snapshot_events: 1_000, ..often() });
        goes_on(&again).await;
        assert_eq!(loads(&again), (0, 1));
        assert!(house.drawer.kept().is_empty(), "{spoilt:?}");
    }
}

#[tokio::test]
async fn where_there_are_to_be_none_none_are_taken_or_read() {
    let house = snapshotted().await;
    let again = house.after_a_restart(often().snapshots_every(0));
    goes_on(&again).await;
    again.engine.drain().await;
    let stats = again.engine.stats();
    assert_eq!((loads(&again), stats.snapshots, stats.snapshot_copy_us), ((0, 1), 0, 0));
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_harms_nobody() {
    let house = House::new(often());
    house.drawer.is_stuck.store(true, Ordering::SeqCst);
    house.ask(ROOM, 1, Ask::Hang(7)).await.unwrap();
    for number in 2..=12 {
        house.ask(ROOM, number, ring()).await.unwrap();
    }
    let again = house.after_a_restart(often());
    goes_on(&again).await;
    assert_eq!((loads(&again), again.engine.stats().snapshots), ((0, 1), 0));
    // Once it can be reached again, the next one is kept.
    house.drawer.is_stuck.store(false, Ordering::SeqCst);
    again.clock.advance(10_000);
    for number in 100..120 {
        again.ask(ROOM, number, ring()).await.unwrap();
    }
    again.until(|stats| stats.snapshots >= 1).await;
}
