//! Read models that are rebuilt while everybody buys, and by servers that are killed while they do so.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::attempt::Outcome;
use super::buyers::{Crowd, Diary};
use super::database::two_servers;
use super::random::Random;
use super::{ENDLESS, Story, place};
use crate::support::database::tables_of_views;
use crate::support::postgres::Server as Postgres;
use crate::support::process::{Place, Server};
use crate::support::projections::{ALL, are_as_folded_afresh};

/// How often each read model is rebuilt while everybody buys.
const ROUNDS: usize = 4;

/// How often a server is killed in the middle.
const KILLS: usize = 6;

/// Whoever asks for what they know to be there gets it, whatever is rebuilt.
async fn readers(server: &Server, event: &str, is_over: &AtomicBool) -> usize {
    let mut reads = 0;
    while !is_over.load(Ordering::SeqCst) {
        let log = server.manage("GET", "/v1/log?from=1&limit=1").send().await;
        let head: u64 = log.expect(200).header("log-position").unwrap().parse().unwrap();
        for path in [
            format!("/v1/events/{event}/availability"),
            format!("/v1/events/{event}/seats"),
            format!("/v1/events/{event}"),
            "/v1/events".to_owned(),
        ] {
            let answer = server.call("GET", &format!("{path}?min_position={head}")).send().await;
            assert!(answer.expect(200).text().contains(event), "{path} lacks the event");
            reads += 1;
        }
    }
    reads
}

fn is_without_outages(diary: &Diary) {
    for (attempt, outcome) in diary {
        assert!(matches!(outcome, Outcome::Accepted(_) | Outcome::Refused(_)), "{attempt:?}: {outcome:?}");
    }
}

async fn everything_is_rebuilt_while_everybody_buys(place: Place) {
    let mut random = Random::of_this_run();
    let server = Server::start(place.clone()).await;
    let mut story = Story::begin(&server).await;
    let crowd = Crowd::gather(&server, &story.sale, 60, &mut random);
    let is_over = AtomicBool::new(false);
    let rebuilding = async {
        for round in 0..ROUNDS {
            for name in ALL {
                let job = server.carry_out(name, "rebuild").await;
                assert_eq!((&job["state"], &job["parked"]), (&"succeeded".into(), &0.into()), "{job}");
                let generation = &server.projection(name).await["generation"];
                assert_eq!(generation.as_u64(), u64::try_from(round + 2).ok(), "{name}");
            }
        }
    };
    let (diary, reads, ()) = tokio::join!(
        async {
            let diary = crowd.diaries().await;
            is_over.store(true, Ordering::SeqCst);
            diary
        },
        readers(&server, &story.sale.event, &is_over),
        rebuilding,
    );
    is_without_outages(&diary);
    assert!(reads > 0 && diary.len() > 100);
    story.ledger.enter(diary);
    story.go_on(&server, &mut random).await;
    story.conclude(server).await;
    are_as_folded_afresh(&place).await;
    let tables = tables_of_views(&place).await;
    let last = format!("_g{}", ROUNDS + 1);
    assert!(tables.iter().all(|table| table.ends_with(&last)), "{tables:?}");
}

async fn kills_in_the_middle_of_a_rebuild(place: Place) {
    let mut random = Random::of_this_run();
    let mut server = Server::start(place.clone()).await;
    let mut story = Story::begin(&server).await;
    let tables = tables_of_views(&place).await.len();
    let mut leftovers = 0;
    for _ in 0..KILLS {
        let crowd = Crowd::gather(&server, &story.sale, ENDLESS, &mut random);
        tokio::time::sleep(Duration::from_millis(150)).await;
        for name in ["orders", "catalog"] {
            server.manage("POST", &format!("/v1/projections/{name}/rebuild")).send().await.expect(202);
        }
        for _ in 0..500 {
            if tables_of_views(&place).await.len() > tables {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(u64::try_from(random.below(20)).unwrap())).await;
        server.kill();
        story.ledger.enter(crowd.diaries().await);
        leftovers += tables_of_views(&place).await.len() - tables;
        server = Server::start(place.clone()).await;
        story.go_on(&server, &mut random).await;
        is_swept(&place, tables).await;
    }
    assert!(leftovers > 0, "the kills met nothing half built");
    for name in ALL {
        let job = server.carry_out(name, "rebuild").await;
        assert_eq!(job["state"], "succeeded", "{job}");
    }
    story.conclude(server).await;
    are_as_folded_afresh(&place).await;
}

async fn is_swept(place: &Place, wanted: usize) {
    let mut tables = Vec::new();
    for _ in 0..400 {
        tables = tables_of_views(place).await;
        if tables.len() == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not swept: {tables:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_read_model_is_rebuilt_while_everybody_buys() {
    let folder = tempfile::tempdir().unwrap();
    everything_is_rebuilt_while_everybody_buys(Place::from(&folder.path().join("data"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_read_model_in_a_database_is_rebuilt_while_everybody_buys() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    everything_is_rebuilt_while_everybody_buys(place(&folder, &postgres.database())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_in_a_rebuild_leaves_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    kills_in_the_middle_of_a_rebuild(Place::from(&folder.path().join("data"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_database_that_is_killed_in_a_rebuild_leaves_what_was_read() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    kills_in_the_middle_of_a_rebuild(place(&folder, &postgres.database())).await;
}

/// Two servers sell the same show; both rebuild, and each reads what the other has put in place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_rebuild_the_same_read_models() {
    let mut random = Random::of_this_run();
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let (server, rival) = two_servers(&folder, &postgres.database()).await;
    let one = server.place().clone();
    let mut story = Story::begin(&server).await;
    let crowds = [&server, &rival].map(|at| Crowd::gather(at, &story.sale, 25, &mut random));
    let is_over = AtomicBool::new(false);
    let rebuilding = async {
        for _ in 0..3 {
            for name in ALL {
                let jobs = tokio::join!(server.carry_out(name, "rebuild"), rival.carry_out(name, "rebuild"));
                for job in [jobs.0, jobs.1] {
                    assert_eq!((&job["state"], &job["parked"]), (&"succeeded".into(), &0.into()), "{job}");
                }
            }
        }
    };
    let buying = async {
        let mut diary = Diary::new();
        for crowd in crowds {
            diary.extend(crowd.diaries().await);
        }
        is_over.store(true, Ordering::SeqCst);
        diary
    };
    let event = &story.sale.event;
    let (diary, ..) =
        tokio::join!(buying, readers(&server, event, &is_over), readers(&rival, event, &is_over), rebuilding);
    story.ledger.enter(diary);
    story.go_on(&server, &mut random).await;
    assert!(rival.stop().await.success());
    story.conclude(server).await;
    are_as_folded_afresh(&one).await;
}
