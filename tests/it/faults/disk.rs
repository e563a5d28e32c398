//! A disk that has no room left, or fails now and then: what cannot be kept is not acknowledged, what was kept can
//! be read, and once there is room again everything that was acknowledged is there.

use std::path::Path;

use super::Story;
use super::attempt::{Attempt, Outcome};
use super::buyers::Crowd;
use super::random::Random;
use crate::support::process::{Server, Under};

/// How far a file may grow beyond what the largest has at first, in blocks of 512 bytes: half a megabyte.
const ROOM_BLOCKS: u64 = 1_024;

/// How often somebody tries before it is certain that there is no room.
const TRIES: usize = 500;

/// How often each buyer comes to a server whose disk fails now and then.
const VISITS: usize = 15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_sells_nothing_and_loses_nothing() {
    let mut random = Random::of_this_run();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data).await;
    let mut story = Story::begin(&server).await;
    assert!(server.stop().await.success());

    let blocks = largest(&data) / 512 + ROOM_BLOCKS;
    let server = Server::start_under(Under::FileLimit { blocks }, &data).await;
    for _ in 0..2 {
        fill(&server, &mut story, &mut random).await;
        // Who only looks is served as ever.
        let event = format!("/v1/events/{}", story.sale.event);
        for path in [event.clone(), format!("{event}/availability"), format!("{event}/seats")] {
            server.call("GET", &path).send().await.expect(200);
        }
        story.reading.catch_up(&server).await;
        story.ledger.nothing_is_lost(&story.reading.facts);
    }
    server.kill();

    let server = Server::start(&data).await;
    story.go_on(&server, &mut random).await;
    assert!(story.unsettled > 0, "there was room for everything");
    let crowd = Crowd::gather(&server, &story.sale, 1, &mut random);
    story.ledger.enter(crowd.diaries().await);
    story.go_on(&server, &mut random).await;
    story.conclude(server).await;
}

/// Places holds until one cannot be kept.
async fn fill(server: &Server, story: &mut Story, random: &mut Random) {
    for _ in 0..TRIES {
        let seat = random.pick(&story.sale.seats).clone();
        let attempt = Attempt::hold(random, &story.sale.event, vec![seat]);
        let outcome = attempt.send(server.address()).await;
        story.ledger.enter(vec![(attempt, outcome.clone())]);
        if let Outcome::Unavailable(answer) = outcome {
            answer.expect_problem(503, "unavailable");
            return;
        }
    }
    panic!("{TRIES} holds, and the disk is not full");
}

fn largest(folder: &Path) -> u64 {
    let sizes = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    sizes.max().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_now_and_then_loses_nothing() {
    let mut random = Random::of_this_run();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().canonicalize().unwrap().join("data");
    let server = Server::start(&data).await;
    let mut story = Story::begin(&server).await;
    server.kill();

    let (wal, failures) = (data.join("log.db-wal"), folder.path().join("failures"));
    // Counted by thread, and so anew for each connection that the server makes after a failure.
    let failing = [
        "-P",
        wal.to_str().unwrap(),
        "-e",
        "trace=pwrite64,fsync,fdatasync",
        "-e",
        "inject=pwrite64:error=ENOSPC:when=151..156",
        "-e",
        "inject=fsync,fdatasync:error=EIO:when=12+12",
        "-o",
        failures.to_str().unwrap(),
    ];
    let server = Server::start_under(Under::Strace(&failing), &data).await;
    let crowd = Crowd::gather(&server, &story.sale, VISITS, &mut random);
    story.ledger.enter(crowd.diaries().await);
    story.reading.catch_up(&server).await;
    story.ledger.nothing_is_lost(&story.reading.facts);
    server.kill();
    let failures = std::fs::read_to_string(failures).unwrap();
    // Which of the two comes first depends on how the buyers' commands fell into commits.
    let count = failures.lines().filter(|line| line.contains("ENOSPC") || line.contains("EIO")).count();
    assert!(count > 0, "the disk never failed");

    let server = Server::start(&data).await;
    story.go_on(&server, &mut random).await;
    story.conclude(server).await;
}
