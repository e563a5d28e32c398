//! A log in PostgreSQL: the server is killed, the database is killed, and the wire between them is cut at the very
//! moments at which nobody can know whether something was done.

use std::time::Duration;

use super::buyers::Crowd;
use super::fates::is_refused_for_now;
use super::random::Random;
use super::{Story, twenty_kills};
use crate::support::postgres::Server as Postgres;
use crate::support::process::{self, Place, Server};
use crate::support::proxy::{Cut, Proxy};

/// How often the database is killed, and how often the wire is cut.
const KILLS: usize = 5;
const CUTS: usize = 20;

/// How often each buyer comes meanwhile.
const VISITS: usize = 80;

/// A place whose log is in that database, ready to be used.
pub(crate) fn place(folder: &tempfile::TempDir, database: &str) -> Place {
    let migrated = process::run(&["migrate", "--database", database]);
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    Place { data: folder.path().join("data"), database: Some(database.to_owned()) }
}

/// Two servers with the same secrets at one database.
pub(crate) async fn two_servers(folder: &tempfile::TempDir, database: &str) -> (Server, Server) {
    let one = place(folder, database);
    let other = Place { data: folder.path().join("other"), ..one.clone() };
    let server = Server::start(one.clone()).await;
    std::fs::create_dir(&other.data).unwrap();
    for secret in ["keys.json", "admin-token"] {
        std::fs::copy(one.data.join(secret), other.data.join(secret)).unwrap();
    }
    (server, Server::start(other).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_of_a_server_with_a_database() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    twenty_kills(place(&folder, &postgres.database())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_under_load_loses_nothing() {
    let mut random = Random::of_this_run();
    let (mut postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let server = Server::start(place(&folder, &postgres.database())).await;
    let mut story = Story::begin(&server).await;
    for number in 0..KILLS {
        let crowd = Crowd::gather(&server, &story.sale, VISITS, &mut random);
        let moment = u64::try_from(20 + random.below(200)).unwrap();
        tokio::time::sleep(Duration::from_millis(moment)).await;
        postgres.kill();
        if number == 0 {
            // A database that is back at once need not be noticed by anybody but the server.
            is_refused_for_now(&server, &mut story, &mut random).await;
        }
        postgres.run();
        story.ledger.enter(crowd.diaries().await);
        story.go_on(&server, &mut random).await;
    }
    assert!(story.unsettled > 0, "nobody noticed");
    story.conclude(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_is_cut_at_the_commit_makes_nobody_lie() {
    let mut random = Random::of_this_run();
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let database = postgres.database();
    let proxy = Proxy::start(postgres.port()).await;
    let through = database.replace(&format!(":{}/", postgres.port()), &format!(":{}/", proxy.port()));
    place(&folder, &database);
    let server = Server::start(Place { data: folder.path().join("data"), database: Some(through) }).await;
    let mut story = Story::begin(&server).await;
    for number in 0..CUTS {
        let crowd = Crowd::gather(&server, &story.sale, 6, &mut random);
        tokio::time::sleep(Duration::from_millis(u64::try_from(random.below(60)).unwrap())).await;
        proxy.cut(if number % 2 == 0 { Cut::BeforeItArrives } else { Cut::BeforeTheAnswer });
        story.ledger.enter(crowd.diaries().await);
        story.go_on(&server, &mut random).await;
    }
    assert!(proxy.cuts() >= CUTS / 2, "the wire was cut {} times", proxy.cuts());
    story.conclude(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_sell_the_same_show_sell_no_seat_twice() {
    let mut random = Random::of_this_run();
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let (server, rival) = two_servers(&folder, &postgres.database()).await;
    let mut story = Story::begin(&server).await;
    for _ in 0..3 {
        let crowds = [&server, &rival].map(|at| Crowd::gather(at, &story.sale, 10, &mut random));
        for crowd in crowds {
            story.ledger.enter(crowd.diaries().await);
        }
        story.go_on(&server, &mut random).await;
    }
    assert!(rival.stop().await.success());
    story.conclude(server).await;
}
