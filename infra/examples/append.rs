//! How fast a log appends:
//! `cargo run --release -p boxoffice-infra --example append [events a commit] [streams] [seconds] [folder or URL]`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement, not the product"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use boxoffice_commands::log::{EventLog, StreamBatch, StreamOutcome};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, NewEvent, StreamName, Version, link};
use boxoffice_domain::time::Timestamp;
use boxoffice_infra::postgres::{Postgres, PostgresLog};
use boxoffice_infra::sqlite::SqliteLog;
use uuid::Uuid;

fn event(stream: &StreamName, version: Version, previous: &Digest) -> NewEvent {
    let filler = "x".repeat(240);
    let mut event = NewEvent {
        version,
        event_type: "hold_placed",
        schema_version: 1,
        log_time: Timestamp::from_unix_ms(1_700_000_000_000),
        command: CommandMeta {
            id: Uuid::from_u128(u128::from(version)),
            hash: Digest::of(&[b"body"]),
            cause: None,
        },
        payload: format!(r#"{{"filler":"{filler}","hold":"hold_{version:026}"}}"#).into(),
        hash: Digest::ZERO,
    };
    event.hash = link(previous, stream, &event).unwrap();
    event
}

fn next_batch(batch: &StreamBatch, count: u64) -> StreamBatch {
    let mut next = StreamBatch { expected: batch.expected, events: Vec::new(), ..batch.clone() };
    let mut previous = Digest::ZERO;
    if let Some(last) = batch.events.last() {
        (next.expected, previous) = (last.version, last.hash);
    }
    for n in 1..=count {
        next.events.push(event(&next.stream, next.expected + n, &previous));
        previous = next.events.last().unwrap().hash;
    }
    next
}

#[tokio::main]
async fn main() {
    let argument =
        |n: usize, default: u64| std::env::args().nth(n).map_or(default, |text| text.parse().unwrap());
    let (a_commit, streams, seconds) = (argument(1, 250), argument(2, 1), argument(3, 5));
    let folder = std::env::args().nth(4).unwrap_or_else(|| "target/append-bench".to_owned());
    let log: Arc<dyn EventLog> = if folder.starts_with("postgres://") {
        let postgres = Postgres::connect(&folder).await.unwrap();
        postgres.migrate().await.unwrap();
        Arc::new(PostgresLog::open(&postgres).await.unwrap())
    } else {
        let _ = std::fs::remove_dir_all(&folder);
        Arc::new(SqliteLog::open(folder.as_ref()).await.unwrap())
    };
    let mut batches = Vec::new();
    for n in 0..streams {
        let stream = StreamName::from_log(&format!("inventory-event_{n:026}"));
        let claim = log.claim(&stream).await.unwrap();
        assert_eq!(claim.version, 0, "it has been measured here before");
        batches.push(StreamBatch { stream, expected: 0, epoch: claim.epoch, events: Vec::new() });
    }
    let each = (a_commit / streams).max(1);
    let (mut commits, mut appending, mut slowest) = (0_u32, Duration::ZERO, Duration::ZERO);
    while appending < Duration::from_secs(seconds) {
        batches = batches.iter().map(|batch| next_batch(batch, each)).collect();
        let begun = Instant::now();
        let outcomes = log.append(batches.clone().into()).await.unwrap();
        let took = begun.elapsed();
        appending += took;
        slowest = slowest.max(took);
        commits += 1;
        assert!(outcomes.iter().all(|outcome| matches!(outcome, StreamOutcome::Appended { .. })));
    }
    let events = f64::from(commits) * (each * streams) as f64;
    let seconds = appending.as_secs_f64();
    println!(
        "{:.0} events/s, {:.0} commits/s, {:.2} µs an event, {:.2} ms a commit, slowest {:.1} ms; {} payload bytes; head {}",
        events / seconds,
        f64::from(commits) / seconds,
        seconds * 1e6 / events,
        seconds * 1e3 / f64::from(commits),
        slowest.as_secs_f64() * 1e3,
        batches[0].events[0].payload.len(),
        log.head(),
    );
}
