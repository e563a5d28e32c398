//! What every event log promises, in memory or on disk.

use std::sync::Arc;
use std::time::Duration;

use boxoffice_commands::log::{AppendError, Documents, EventLog, StreamBatch, StreamOutcome};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::StreamName;
use boxoffice_domain::seating::{Area, LAYOUT_FORMAT, Layout, LayoutDocument, Point};
use boxoffice_infra::memory::MemoryLog;
use boxoffice_infra::postgres::PostgresLog;
use boxoffice_infra::sqlite::SqliteLog;
use boxoffice_projections::feed::{LogFeed, Until};

use crate::batches::{Owner, check_whole, stream, time_of};
use crate::database;

trait Log: EventLog + Documents + LogFeed {}
impl<L: EventLog + Documents + LogFeed> Log for L {}

macro_rules! every_log {
    ($($promise:ident),+ $(,)?) => {
        mod memory {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise(std::sync::Arc::new(super::MemoryLog::new())).await;
            }
        )+}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                crate::choose_mutant();
                let log = std::sync::Arc::new(super::postgres_log().await);
                super::$promise(log.clone()).await;
                super::check_whole(&*log).await;
            }
        )+}
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                crate::choose_mutant();
                let folder = tempfile::tempdir().unwrap();
                let log = std::sync::Arc::new(super::SqliteLog::open(folder.path()).await.unwrap());
                super::$promise(log.clone()).await;
                super::check_whole(&*log).await;
            }
        )+}
    };
}

every_log![
    positions_have_no_gaps_whoever_drops_out,
    a_stream_at_another_version_is_a_conflict,
    an_older_epoch_is_fenced,
    a_batch_without_events_asks_where_a_stream_is,
    streams_are_new_until_they_are_claimed,
    order_holds_within_and_over_streams,
    what_was_written_is_read_back_to_the_byte,
    a_stream_is_read_up_to_a_bound,
    readers_page_through_the_log,
    a_thousand_events_are_one_append,
    waiters_wake_when_the_log_grows,
    an_append_that_would_spoil_the_log_is_refused,
    documents_are_named_by_their_content,
    layouts_are_read_once,
    nobody_waiting_loses_nothing,
];

async fn postgres_log() -> PostgresLog {
    PostgresLog::open(&database::connect(&database::fresh().await).await).await.unwrap()
}

fn first(outcome: &StreamOutcome) -> u64 {
    let StreamOutcome::Appended { first } = outcome else { panic!("{outcome:?}") };
    *first
}

async fn append(log: &impl EventLog, batches: &[StreamBatch]) -> Vec<StreamOutcome> {
    log.append(batches.into()).await.unwrap()
}

async fn positions_have_no_gaps_whoever_drops_out(log: Arc<impl Log>) {
    // Four writers share ten streams and know nothing of one another: most of what they try conflicts.
    let mut writers = Vec::new();
    for n in 0..10 {
        Owner::claim(&*log, stream(n)).await;
    }
    for writer in 0..4_usize {
        let log = Arc::clone(&log);
        writers.push(tokio::spawn(async move {
            let mut landed = 0;
            for round in 0..25 {
                let mut batches = Vec::new();
                for n in (0..10).filter(|n| (n + writer + round) % 3 != 0) {
                    let known = EventLog::read_stream(&*log, &stream(n), 0, 10_000).await.unwrap();
                    let (version, head) =
                        known.last().map_or((0, Digest::ZERO), |event| (event.version, event.hash));
                    let owner = Owner { stream: stream(n), epoch: 1, version, head };
                    batches.push(owner.numbered(n % 4 + 1));
                }
                let outcomes = append(&*log, &batches).await;
                assert_eq!(outcomes.len(), batches.len());
                for (outcome, batch) in outcomes.iter().zip(&batches) {
                    if let StreamOutcome::Appended { first } = outcome {
                        landed += batch.events.len();
                        let there = log.at(*first).await.unwrap().unwrap();
                        assert_eq!((&there.stream, there.version), (&batch.stream, batch.expected + 1));
                    }
                }
            }
            landed
        }));
    }
    let mut landed = 0;
    for writer in writers {
        landed += writer.await.unwrap();
    }
    assert_eq!(check_whole(&*log).await, u64::try_from(landed).unwrap());
    assert_eq!(LogFeed::head(&*log), u64::try_from(landed).unwrap());
}

async fn a_stream_at_another_version_is_a_conflict(log: Arc<impl Log>) {
    let mut ann = Owner::claim(&*log, stream(1)).await;
    ann.append(&*log, 3).await;
    let mut behind = ann.clone();
    (behind.version, behind.head) = (2, Digest::ZERO);
    let mut ahead = ann.clone();
    ahead.version = 4;
    let other = Owner::claim(&*log, stream(2)).await;
    for wrong in [behind, ahead] {
        assert_eq!(append(&*log, &[wrong.numbered(1)]).await, [StreamOutcome::Conflict]);
        assert_eq!(EventLog::head(&*log), 3);
    }
    // The same append again is a conflict too, and the others of the batch land.
    let batch = ann.numbered(2);
    let outcomes = append(&*log, &[batch.clone(), other.numbered(2)]).await;
    assert_eq!(outcomes.iter().map(first).collect::<Vec<_>>(), [4, 6]);
    let third = Owner::claim(&*log, stream(3)).await;
    let outcomes = append(&*log, &[third.numbered(1), batch]).await;
    assert_eq!(outcomes, [StreamOutcome::Appended { first: 8 }, StreamOutcome::Conflict]);
    assert_eq!(check_whole(&*log).await, 8);
}

async fn a_batch_without_events_asks_where_a_stream_is(log: Arc<impl Log>) {
    let ask = |stream: &StreamName, expected, epoch| StreamBatch {
        stream: stream.clone(),
        expected,
        epoch,
        events: Vec::new(),
    };
    assert_eq!(append(&*log, &[ask(&stream(7), 0, 0)]).await, [StreamOutcome::Confirmed], "there is none");
    let mut ann = Owner::claim(&*log, stream(1)).await;
    ann.append(&*log, 3).await;
    let bob = Owner::claim(&*log, stream(2)).await;
    let asked = [ask(&ann.stream, 3, ann.epoch), bob.numbered(2), ask(&stream(3), 0, 1)];
    let outcomes = append(&*log, &asked).await;
    assert_eq!(
        outcomes,
        [StreamOutcome::Confirmed, StreamOutcome::Appended { first: 4 }, StreamOutcome::Fenced]
    );
    assert_eq!(append(&*log, &[ask(&ann.stream, 2, ann.epoch)]).await, [StreamOutcome::Conflict]);
    let newer = Owner::claim(&*log, stream(1)).await;
    assert_eq!(append(&*log, &[ask(&ann.stream, 3, ann.epoch)]).await, [StreamOutcome::Fenced]);
    assert_eq!(append(&*log, &[ask(&ann.stream, 3, newer.epoch)]).await, [StreamOutcome::Confirmed]);
    assert_eq!(LogFeed::head(&*log), 5);
}

async fn an_older_epoch_is_fenced(log: Arc<impl Log>) {
    let mut ann = Owner::claim(&*log, stream(1)).await;
    ann.append(&*log, 2).await;
    let mut bob = Owner::claim(&*log, stream(1)).await;
    assert_eq!((bob.epoch, bob.version, bob.head), (ann.epoch + 1, ann.version, ann.head));
    assert_eq!(append(&*log, &[ann.numbered(1)]).await, [StreamOutcome::Fenced]);
    bob.append(&*log, 1).await;
    // Fenced goes before conflict: whoever lost the stream must not try again.
    assert_eq!(append(&*log, &[ann.numbered(1)]).await, [StreamOutcome::Fenced]);
    let mut future = bob.clone();
    future.epoch += 1;
    assert_eq!(append(&*log, &[future.numbered(1)]).await, [StreamOutcome::Fenced]);
    assert_eq!(check_whole(&*log).await, 3);
}

async fn streams_are_new_until_they_are_claimed(log: Arc<impl Log>) {
    let unclaimed = |n| Owner { stream: stream(n), epoch: 0, version: 0, head: Digest::ZERO };
    assert_eq!(first(&append(&*log, &[unclaimed(1).numbered(1)]).await[0]), 1);
    assert_eq!(append(&*log, &[unclaimed(1).numbered(1)]).await, [StreamOutcome::Conflict]);
    let claimed = Owner::claim(&*log, stream(2)).await;
    assert_eq!((claimed.epoch, claimed.version, claimed.head), (1, 0, Digest::ZERO));
    assert_eq!(append(&*log, &[unclaimed(2).numbered(1)]).await, [StreamOutcome::Fenced]);
    let mut nobody = unclaimed(3);
    nobody.epoch = 7;
    assert_eq!(append(&*log, &[nobody.numbered(1)]).await, [StreamOutcome::Fenced]);
    let mut nothing = unclaimed(4);
    nothing.version = 5;
    assert_eq!(append(&*log, &[nothing.numbered(1)]).await, [StreamOutcome::Conflict]);
    assert!(EventLog::read_stream(&*log, &stream(9), 0, 10).await.unwrap().is_empty());
    assert_eq!(check_whole(&*log).await, 1);
}

async fn order_holds_within_and_over_streams(log: Arc<impl Log>) {
    let mut owners = Vec::new();
    for n in [5, 1, 9] {
        owners.push(Owner::claim(&*log, stream(n)).await);
    }
    let batches: Vec<_> = owners.iter().map(|owner| owner.numbered(3)).collect();
    let outcomes = append(&*log, &batches).await;
    assert_eq!(outcomes.iter().map(first).collect::<Vec<_>>(), [1, 4, 7]);
    let places: Vec<_> =
        log.read(0, 100).await.unwrap().into_iter().map(|event| (event.stream, event.version)).collect();
    let expected: Vec<_> =
        owners.iter().flat_map(|owner| (1..=3).map(|v| (owner.stream.clone(), v))).collect();
    assert_eq!(places, expected);
}

async fn what_was_written_is_read_back_to_the_byte(log: Arc<impl Log>) {
    let much = format!(r#"{{"text":"{}"}}"#, "sch\u{f6}n \u{1f3ad} ".repeat(20_000));
    let payloads = [
        "{}",
        r#"{"a":1,"b":[9007199254740991,-1],"c":null}"#,
        r#"{"control":"\u0000\u001f\n\t","quote":"'; DROP TABLE event; --"}"#,
        "{\"\u{e9}\":\"e\u{301} \u{2028} \u{1f3ad}\u{fe0f} \u{5e2d}\u{4f4d} \u{202e}\"}",
        &much,
    ];
    let owner = Owner::claim(&*log, stream(1)).await;
    let batch = owner.batch(&payloads);
    append(&*log, std::slice::from_ref(&batch)).await;
    for (read, written) in log.read(0, 100).await.unwrap().iter().zip(&batch.events) {
        assert_eq!(read.payload, written.payload);
        assert_eq!(read.command, written.command);
        assert_eq!((read.version, read.schema_version), (written.version, written.schema_version));
        assert_eq!((&*read.event_type, read.log_time), (written.event_type, written.log_time));
        assert_eq!((read.hash, &read.stream), (written.hash, &batch.stream));
    }
    assert_eq!(check_whole(&*log).await, 5);
}

async fn a_stream_is_read_up_to_a_bound(log: Arc<impl Log>) {
    let mut ann = Owner::claim(&*log, stream(1)).await;
    let mut bob = Owner::claim(&*log, stream(2)).await;
    for _ in 0..4 {
        ann.append(&*log, 2).await;
        bob.append(&*log, 1).await;
    }
    let read = async |after, until, limit| {
        let events = LogFeed::read_stream(&*log, &ann.stream, after, until, limit).await.unwrap();
        assert!(events.iter().all(|event| event.stream == ann.stream));
        events.iter().map(|event| event.version).collect::<Vec<_>>()
    };
    assert_eq!(read(0, None, 100).await, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(read(5, None, 2).await, [6, 7]);
    assert_eq!(read(8, None, 2).await, [0; 0]);
    assert_eq!(read(0, None, 0).await, [0; 0]);
    // Ann's events stand at 1 2 . 4 5 . 7 8 . 10 11 .
    assert_eq!(read(0, Some(Until::Position(4)), 100).await, [1, 2, 3]);
    assert_eq!(read(1, Some(Until::Position(6)), 100).await, [2, 3, 4]);
    assert_eq!(read(0, Some(Until::Position(0)), 100).await, [0; 0]);
    assert_eq!(read(0, Some(Until::Time(time_of(6))), 100).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(read(0, Some(Until::Time(time_of(6).plus_ms(-1))), 100).await, [1, 2, 3, 4, 5]);
    assert_eq!(read(4, Some(Until::Time(time_of(3))), 100).await, [0; 0]);
    let versions = EventLog::read_stream(&*log, &bob.stream, 1, 2).await.unwrap();
    assert_eq!(versions.iter().map(|event| event.version).collect::<Vec<_>>(), [2, 3]);
}

async fn readers_page_through_the_log(log: Arc<impl Log>) {
    assert_eq!(LogFeed::head(&*log), 0);
    assert!(log.read(0, 10).await.unwrap().is_empty());
    Owner::claim(&*log, stream(1)).await.append(&*log, 25).await;
    let read = async |after, limit| {
        log.read(after, limit).await.unwrap().iter().map(|event| event.position).collect::<Vec<_>>()
    };
    assert_eq!(read(0, 10).await, (1..=10).collect::<Vec<_>>());
    assert_eq!(read(20, 10).await, (21..=25).collect::<Vec<_>>());
    assert!(read(25, 10).await.is_empty());
    assert!(read(u64::MAX, 10).await.is_empty());
    assert!(read(3, 0).await.is_empty());
    assert_eq!(log.at(13).await.unwrap().unwrap().version, 13);
    for position in [0, 26, u64::MAX] {
        assert!(log.at(position).await.unwrap().is_none());
    }
}

async fn a_thousand_events_are_one_append(log: Arc<impl Log>) {
    let mut ann = Owner::claim(&*log, stream(1)).await;
    assert_eq!(ann.append(&*log, 1_000).await, 1);
    let mut owners = Vec::new();
    for n in 2..502 {
        owners.push(Owner::claim(&*log, stream(n)).await);
    }
    owners[77].epoch += 1;
    owners[333].version += 1;
    let batches: Vec<_> = owners.iter().map(|owner| owner.numbered(2)).collect();
    let outcomes = append(&*log, &batches).await;
    assert_eq!((outcomes[77], outcomes[333]), (StreamOutcome::Fenced, StreamOutcome::Conflict));
    let firsts: Vec<_> =
        outcomes.iter().filter(|o| matches!(o, StreamOutcome::Appended { .. })).map(first).collect();
    assert_eq!(firsts, (0..498).map(|n| 1_001 + 2 * n).collect::<Vec<_>>());
    assert_eq!(check_whole(&*log).await, 1_996);
}

async fn waiters_wake_when_the_log_grows(log: Arc<impl Log>) {
    let mut ann = Owner::claim(&*log, stream(1)).await;
    let waiters: Vec<_> = [0, 0, 2, 4]
        .map(|position| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                log.wait_beyond(position).await;
                assert!(LogFeed::head(&*log) > position);
            })
        })
        .into();
    assert!(!waiters.iter().any(tokio::task::JoinHandle::is_finished));
    ann.append(&*log, 3).await;
    ann.append(&*log, 2).await;
    for waiter in waiters {
        tokio::time::timeout(Duration::from_secs(20), waiter).await.unwrap().unwrap();
    }
    let beyond = tokio::time::timeout(Duration::from_millis(300), log.wait_beyond(5)).await;
    assert!(beyond.is_err(), "nothing is beyond the head");
}

async fn an_append_that_would_spoil_the_log_is_refused(log: Arc<impl Log>) {
    let ann = Owner::claim(&*log, stream(1)).await;
    let good = ann.numbered(2);
    let mut skips = good.clone();
    skips.events[1].version = 3;
    for batches in [vec![skips], vec![good.clone(), good]] {
        let error = log.append(batches.into()).await.unwrap_err();
        assert!(matches!(error, AppendError::NotAppended(_)), "{error}");
    }
    assert_eq!(append(&*log, &[]).await, []);
    assert_eq!(check_whole(&*log).await, 0);
}

async fn documents_are_named_by_their_content(log: Arc<impl Log>) {
    let content = b"\x00not text\xff".repeat(50_000);
    let digest = log.keep(&content).await.unwrap();
    assert_eq!(digest, Digest::of(&[&content]));
    assert_eq!(log.keep(&content).await.unwrap(), digest);
    let empty = log.keep(b"").await.unwrap();
    assert_eq!(log.find(digest).await.unwrap().unwrap().as_ref(), content);
    assert_eq!(log.find(empty).await.unwrap().unwrap().as_ref(), b"");
    assert!(log.find(Digest::ZERO).await.unwrap().is_none());
}

async fn layouts_are_read_once(log: Arc<impl Log>) {
    let document = LayoutDocument {
        areas: vec![Area { capacity: 500, category: None, name: "Parterre".to_owned(), x: 1, y: 2 }],
        categories: Vec::new(),
        focal_point: Point { x: 0, y: 0 },
        format: LAYOUT_FORMAT.to_owned(),
        name: "Hall".to_owned(),
        seats: Vec::new(),
    };
    let (layout, content) = Layout::write(document).unwrap();
    assert!(log.layout(layout.digest()).await.unwrap().is_none());
    let digest = log.keep(&content).await.unwrap();
    let found = log.layout(digest).await.unwrap().unwrap();
    assert_eq!((&*found, found.document()), (&layout, layout.document()));
    assert!(Arc::ptr_eq(&found, &log.layout(digest).await.unwrap().unwrap()));
    let other = log.keep(b"no layout").await.unwrap();
    assert!(log.layout(other).await.is_err());
}

async fn nobody_waiting_loses_nothing(log: Arc<impl Log>) {
    // Callers that give up at any moment leave whole appends behind, or none, and a log that goes on.
    let mut ann = Owner::claim(&*log, stream(1)).await;
    for micros in (0..40).map(|n| n * 25) {
        let batch = ann.numbered(7);
        let patience = Duration::from_micros(micros);
        let _ = tokio::time::timeout(patience, log.append([batch.clone()].into())).await;
        let version = Owner::claim(&*log, stream(1)).await;
        assert!(version.version == ann.version || version.version == ann.version + 7);
        ann = version;
    }
    ann.append(&*log, 1).await;
    assert_eq!(check_whole(&*log).await, ann.version);
    assert_eq!(LogFeed::head(&*log), ann.version);
}
