//! `boxoffice audit verify`: a thread reads the log, the independent checker judges it on the other cores.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use boxoffice_audit::{Heads, Report, Summary, verify_lines, verify_reader};

use super::{exit_code, feed};
use crate::cli::failed::Failed;
use crate::cli::progress::Progress;
use crate::cli::{Outcome, Threads, block_on, output, words};
use crate::settings::{LogPlace, Place};

const EXAMPLE: &str = "Examples:
  boxoffice audit verify --data /var/lib/boxoffice
  boxoffice audit verify --export log.ndjson --json
  gunzip < log.ndjson.gz | boxoffice audit verify --export -

Ends with 0 where the log is sound, 1 where it is not, 2 where it could not be read.";

/// How many pages of lines may wait for the checker.
const PAGES_MAX: usize = 8;

/// The arguments of `boxoffice audit verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// Verify an export instead of a data folder; - is standard input
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Print the verdict as JSON
    #[arg(long)]
    json: bool,
}

/// What the checker says, and how long it took.
pub(crate) struct Verdict {
    /// What it says.
    pub(crate) report: Report,
    /// How long it took.
    pub(crate) took: Duration,
}

pub(super) fn run(arguments: &VerifyArgs) -> Outcome {
    let verdict = match &arguments.export {
        Some(file) => verdict_of_export(file)?,
        None => verdict_of_log(&arguments.place.log()?)?,
    };
    if arguments.json {
        output::json(&verdict.report)?;
    } else {
        output::say(&verdict.in_words());
    }
    Ok(exit_code(verdict.report.is_ok()))
}

/// What the checker says of an export. Call it where blocking is allowed.
pub(crate) fn verdict_of_export(file: &Path) -> Result<Verdict, Failed> {
    let refused = |error: io::Error| Failed::new(format!("{} cannot be read: {error}", file.display()));
    let export: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(BufReader::with_capacity(1 << 20, io::stdin().lock()))
    } else {
        Box::new(BufReader::with_capacity(1 << 20, File::open(file).map_err(refused)?))
    };
    let started = Instant::now();
    let report = verify_reader(export, None).map_err(refused)?;
    Ok(Verdict { report, took: started.elapsed() })
}

/// What the checker says of a log, as it stands now. Call it where blocking is allowed.
pub(crate) fn verdict_of_log(place: &LogPlace) -> Result<Verdict, Failed> {
    let started = Instant::now();
    let (heads_sender, heads) = sync_channel(1);
    let (pages_sender, pages) = sync_channel(PAGES_MAX);
    let report = thread::scope(|scope| {
        let reading = scope.spawn(move || read(place, &heads_sender, &pages_sender));
        // Without heads the reader has failed, and says why when it is joined.
        let report = heads.recv().ok().map(|heads: Heads| {
            let lines = Lines::new(&pages, heads.position);
            verify_lines(lines, Some(heads))
        });
        // A checker that found a fault reads no further; the reader must not wait for it.
        drop(pages);
        let read = reading.join().unwrap_or_else(|_| Err(Failed::new("reading the log crashed")));
        // A log that could not be read to its end looks cut off, and is not.
        read.and_then(|()| report.ok_or_else(|| Failed::new("the log does not say where it ends")))
    })?;
    Ok(Verdict { report, took: started.elapsed() })
}

fn read(place: &LogPlace, heads: &SyncSender<Heads>, pages: &SyncSender<Vec<String>>) -> Result<(), Failed> {
    block_on(Threads::One, async {
        let log = feed::open(place).await?;
        let found = log.heads().await?;
        let streams = found.streams.iter();
        let streams = streams.map(|head| (head.stream.to_string(), (head.version, head.head.to_string())));
        let streams = Some(streams.collect());
        let _ = heads.send(Heads { position: found.position, streams, is_end: true });
        let hand_over = |lines| match pages.send(lines) {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(_) => Ok(ControlFlow::Break(())),
        };
        feed::export(&*log, &found, hand_over).await
    })
}

/// Lines as they come from the reader, counted for those who watch.
struct Lines<'a> {
    pages: &'a Receiver<Vec<String>>,
    page: std::vec::IntoIter<String>,
    progress: Progress,
}

impl<'a> Lines<'a> {
    fn new(pages: &'a Receiver<Vec<String>>, all: u64) -> Self {
        Self { pages, page: Vec::new().into_iter(), progress: Progress::of("verifying", all) }
    }
}

impl Iterator for Lines<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            if let Some(line) = self.page.next() {
                return Some(line);
            }
            let page = self.pages.recv().ok()?;
            self.progress.add(u64::try_from(page.len()).unwrap_or(u64::MAX));
            self.page = page.into_iter();
        }
    }
}

impl Verdict {
    /// The verdict for people.
    pub(crate) fn in_words(&self) -> String {
        match &self.report {
            Report::Sound(summary) => sound(summary, self.took),
            Report::Broken(fault) => format!(
                "The log is NOT sound. The first fault is at position {}:\n  {}",
                words::count(fault.position),
                fault.reason()
            ),
        }
    }
}

fn sound(summary: &Summary, took: Duration) -> String {
    let events = words::counted(summary.events, "event", "events");
    let streams = words::counted(summary.streams, "stream", "streams");
    let took = words::seconds(took);
    let first =
        format!("The log is sound: {events} in {streams}, every hash and every rule checked in {took}.");
    let counts = [
        words::counted(summary.shows, "show", "shows"),
        words::counted(summary.holds, "hold", "holds"),
        words::counted(summary.orders, "order", "orders"),
        words::counted(summary.payments_captured, "payment captured", "payments captured"),
        words::counted(summary.tickets, "ticket", "tickets"),
        words::counted(summary.admitted, "admission", "admissions"),
    ];
    format!("{first}\n  {}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_reads_like_a_sentence() {
        let summary =
            Summary { events: 1_234, streams: 5, shows: 1, holds: 200, tickets: 1, ..Summary::default() };
        let verdict = Verdict { report: Report::Sound(summary), took: Duration::from_millis(120) };
        assert_eq!(
            verdict.in_words(),
            "The log is sound: 1,234 events in 5 streams, every hash and every rule checked in 0.12 s.\n  \
             1 show, 200 holds, 0 orders, 0 payments captured, 1 ticket, 0 admissions"
        );
    }

    #[test]
    fn a_folder_without_a_log_is_no_verdict() {
        let folder = tempfile::tempdir().unwrap();
        let Err(failed) = verdict_of_log(&LogPlace::Folder(folder.path().to_owned())) else {
            panic!("there is nothing to verify")
        };
        assert!(failed.to_string().starts_with("there is no log at "), "{failed}");
    }

    #[test]
    fn an_empty_export_is_sound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.ndjson");
        std::fs::write(&path, "").unwrap();
        assert!(verdict_of_export(&path).unwrap().report.is_ok());
    }
}
