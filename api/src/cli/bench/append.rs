//! `boxoffice bench append`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use boxoffice_commands::log::{EventLog as _, StreamBatch, StreamOutcome};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, NewEvent, StreamName, Version, link};
use boxoffice_domain::time::Timestamp;
use boxoffice_infra::sqlite::SqliteLog;
use uuid::Uuid;

use super::arguments::FormArgs;
use super::durability::Settings;
use super::figure::{Figure, Used};
use super::percentiles::{Latency, curve, histogram, record};
use super::report::{Machine, Report};
use crate::cli::failed::Failed;
use crate::cli::scratch::Scratch;
use crate::cli::{Outcome, Threads, block_on, system};

const EXAMPLE: &str = "Examples:
  boxoffice bench append
  boxoffice bench append --seconds 10 --json --plot append.svg

Appends events to a new log, without a server and without projections, one commit after the other. Events are made
and hashed beforehand; that does not count. A latency is that of a commit. A folder needs about a gigabyte for five
seconds of a fast disk.";

/// How many events a commit has.
const SIZES: [u64; 4] = [1, 50, 250, 500];

/// About as much as a hold of one seat has beside its ids.
const FILLER: usize = 240;

/// The arguments of `boxoffice bench append`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct AppendArgs {
    /// How long to append at each size of commit
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Make the logs in this folder, each of them gone afterwards, instead of in a temporary one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    form: FormArgs,
    /// Draw rates and latencies into this SVG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

pub(super) fn run(arguments: &AppendArgs) -> Outcome {
    let notes = arguments.form.notes();
    let folder = Scratch::new(arguments.data.as_deref())?;
    let machine = Machine::with_disk_of(folder.path())?;
    let (mut runs, mut durability) = (Vec::new(), Settings::new());
    for size in SIZES {
        notes.say(&format!("{size} a commit"));
        let log = tempfile::tempdir_in(folder.path());
        let log = log.map_err(|error| Failed::new(format!("no folder can be made for a log: {error}")))?;
        block_on(Threads::All, async {
            let log = SqliteLog::open(log.path())
                .await
                .map_err(|error| Failed::new(format!("the log cannot be opened: {error}")))?;
            durability =
                log.settings().iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            runs.push(append(&log, size, Duration::from_secs(arguments.seconds)).await?);
            log.close().await;
            Ok(())
        })?;
    }
    let report = Report {
        bench: "append",
        ok: true,
        operation: "one event in the log for good",
        connections: None,
        machine,
        durability,
        runs,
        missing: Vec::new(),
        evidence: None,
    };
    report.tell(&arguments.form, arguments.plot.as_ref())
}

async fn append(log: &SqliteLog, size: u64, time: Duration) -> Result<Figure, Failed> {
    let stream = StreamName::from_log("inventory-event_00000000000000000000000001");
    let claim = log.claim(&stream).await.map_err(|outage| Failed::new(outage.to_string()))?;
    let (mut version, mut head) = (claim.version, claim.head);
    let (mut appending, mut used, mut events) = (Duration::ZERO, Some(Duration::ZERO), 0);
    let (mut latency, mut by_second) = (histogram()?, Vec::new());
    while appending < time {
        let batch = batch(&stream, version, head, size)?;
        let (expected, epoch) = (version, claim.epoch);
        (version, head) = batch.last().map_or((version, head), |last| (last.version, last.hash));
        let batches = [StreamBatch { stream: stream.clone(), expected, epoch, events: batch }];
        let (used_before, begun) = (system::own_processor_time(), Instant::now());
        let outcomes = log.append(batches.into()).await.map_err(|error| Failed::new(error.to_string()))?;
        let took = begun.elapsed();
        let using = used_before.and_then(|before| Some(system::own_processor_time()?.saturating_sub(before)));
        if !matches!(outcomes.as_slice(), [StreamOutcome::Appended { .. }]) {
            return Err(Failed::new(format!("the log did not append: {outcomes:?}")));
        }
        record(&mut latency, took);
        used = used.zip(using).map(|(used, using)| used + using);
        appending += took;
        events += size;
        let second = usize::try_from(appending.as_secs()).unwrap_or(usize::MAX);
        by_second.resize(by_second.len().max(second.saturating_add(1)), 0);
        if let Some(count) = by_second.get_mut(second) {
            *count += size;
        }
    }
    by_second.truncate(usize::try_from(time.as_secs()).unwrap_or(usize::MAX));
    Ok(Figure {
        latency_us: Latency::of(&latency),
        processor: Used::of("log", used, events).into_iter().collect(),
        by_second,
        curve: curve(&latency),
        ..Figure::of(format!("{size} a commit"), events, appending)
    })
}

/// Events that follow on that version.
fn batch(stream: &StreamName, after: Version, head: Digest, size: u64) -> Result<Vec<NewEvent>, Failed> {
    let mut previous = head;
    let mut events = Vec::new();
    for version in after + 1..=after + size {
        let mut event = event(version);
        event.hash = link(&previous, stream, &event)
            .map_err(|error| Failed::new(format!("an event cannot be hashed: {error}")))?;
        previous = event.hash;
        events.push(event);
    }
    Ok(events)
}

fn event(version: Version) -> NewEvent {
    let filler = "x".repeat(FILLER);
    NewEvent {
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
    }
}
