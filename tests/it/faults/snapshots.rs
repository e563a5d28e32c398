//! Snapshots are a cache: whatever becomes of them, servers say what the log says.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::buyers::Crowd;
use super::random::Random;
use super::{ENDLESS, MOMENTS_MS, Story};
use crate::support::TestApp;
use crate::support::postgres::Server as Postgres;
use crate::support::process::{Place, Server, Under};

const KILLS: usize = 8;

/// So often that hardly a kill meets no snapshot on its way.
const OFTEN: Under<'static> = Under::Snapshots(40);

const FILE: &str = "snapshots.db";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_in_the_middle_of_snapshots_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    kills(Place::from(&folder.path().join("data"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_in_the_middle_of_snapshots_lose_nothing_in_a_database() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    kills(super::database::place(&folder, &postgres.database())).await;
}

async fn kills(place: Place) {
    let mut random = Random::of_this_run();
    let mut server = Server::start_under(OFTEN, place.clone()).await;
    let mut story = Story::begin(&server).await;
    let mut restored = 0;
    for _ in 0..KILLS {
        let crowd = Crowd::gather(&server, &story.sale, ENDLESS, &mut random);
        let moment = MOMENTS_MS.start + random.below(MOMENTS_MS.len());
        tokio::time::sleep(Duration::from_millis(u64::try_from(moment).unwrap())).await;
        server.kill();
        story.ledger.enter(crowd.diaries().await);
        server = Server::start_under(OFTEN, place.clone()).await;
        story.go_on(&server, &mut random).await;
        story.agrees_with(&server).await;
        let metrics = server.call("GET", "/metrics").send().await;
        restored += loads(&metrics.expect(200).text(), "state") + loads(&metrics.expect(200).text(), "view");
    }
    assert!(restored >= KILLS, "hardly any start found a snapshot: {restored}");
    story.conclude(server).await;
}

/// How many loads began with a snapshot.
fn loads(metrics: &str, of: &str) -> usize {
    let name = format!("boxoffice_snapshot_loads_total{{of=\"{of}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).unwrap().parse().unwrap()
}

/// A theatre with holds, orders and tickets, and what everybody can see of it.
async fn theatre() -> (TestApp, String, Vec<Value>) {
    let app = TestApp::start().await;
    let theatre = app.theatre(12).await;
    app.hold(&theatre.event, &["A-1"]).await;
    app.buy(&theatre.event, &["A-2", "A-3"]).await;
    app.order(&app.hold(&theatre.event, &["A-4"]).await).await;
    app.catch_up().await;
    let seen = seen(&app, &theatre.event).await;
    (app, theatre.event, seen)
}

async fn seen(app: &TestApp, event: &str) -> Vec<Value> {
    app.catch_up().await;
    let mut seen = Vec::new();
    let compact = "application/vnd.boxoffice.seats+json";
    for (path, form) in [("availability", "*/*"), ("seats", "*/*"), ("seats", compact)] {
        let answer = app.get(format!("/v1/events/{event}/{path}")).header("accept", form).send().await;
        let (etag, body) = (answer.header("etag").unwrap().to_owned(), answer.expect(200).json());
        seen.push(serde_json::json!({"etag": etag, "body": body}));
    }
    seen
}

fn restored(app: &TestApp) -> u64 {
    app.app.show_snapshots.as_ref().unwrap().stats().loads_from_snapshot
}

#[tokio::test]
async fn a_start_from_snapshots_shows_what_a_start_without_them_shows() {
    let (app, event, before) = theatre().await;
    let warm = app.restart().await;
    assert_eq!((seen(&warm, &event).await, restored(&warm)), (before.clone(), 1));
    assert!(warm.try_hold(&event, &["A-2"]).await.status == 409, "it is sold");
    assert_eq!(warm.app.engine.stats().loads_from_snapshot, 1);
    let (stopped, folder) = (warm.folder.clone(), warm.stop().await);
    remove(stopped.path());
    let cold = folder.start().await;
    assert_eq!((seen(&cold, &event).await, restored(&cold)), (before, 0));
    assert!(cold.try_hold(&event, &["A-2"]).await.status == 409, "it is sold");
    assert_eq!(cold.app.engine.stats().loads_from_snapshot, 0);
}

#[tokio::test]
async fn snapshots_of_another_folder_or_of_nobody_are_ignored() {
    let (other, _, _) = theatre().await;
    let other_folder = other.folder.clone();
    other.stop().await;
    let foreign = std::fs::read(other_folder.path().join(FILE)).unwrap();
    for spoilt in [foreign, vec![7; 20_000]] {
        let (app, event, before) = theatre().await;
        app.try_hold(&event, &["A-9"]).await.expect(201);
        let before_stop = seen(&app, &event).await;
        assert_ne!(before_stop, before);
        let (folder, stopped) = (app.folder.clone(), app.stop().await);
        remove(folder.path());
        std::fs::write(folder.path().join(FILE), spoilt).unwrap();
        let again = stopped.start().await;
        assert_eq!((seen(&again, &event).await, restored(&again)), (before_stop, 0));
        assert!(again.try_hold(&event, &["A-9"]).await.status == 409, "somebody has it");
        assert_eq!(again.app.engine.stats().loads_from_snapshot, 0);
    }
}

fn remove(folder: &Path) {
    for file in [FILE.to_owned(), format!("{FILE}-wal"), format!("{FILE}-shm")] {
        let _ = std::fs::remove_file(folder.join(file));
    }
}
