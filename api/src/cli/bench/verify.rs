//! `boxoffice bench verify`

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use boxoffice_audit::Report as Judgement;

use super::arguments::Notes;
use super::durability::Settings;
use super::figure::{Figure, Used};
use super::given::{Given, GivenArgs};
use super::report::{Machine, Report};
use super::store::Store;
use crate::cli::audit::{Verdict, export_to, verdict_of_export, verdict_of_log};
use crate::cli::failed::Failed;
use crate::cli::scratch::Scratch;
use crate::cli::{Outcome, system, words};
use crate::settings::LogPlace;

const EXAMPLE: &str = "Examples:
  boxoffice bench verify
  boxoffice bench verify --data /var/lib/boxoffice --json
  boxoffice bench verify --postgres --plot verify.svg
  boxoffice bench verify --export log.ndjson

Exports a log into a file, verifies the export as a stranger would, and verifies the log where it is. Without
--data, --database or --export a sale makes the log first. Ends with 1 where the log is not sound.";

/// The arguments of `boxoffice bench verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    given: GivenArgs,
    /// Verify this export and nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "seconds", "postgres"])]
    export: Option<PathBuf>,
}

pub(super) fn run(arguments: &VerifyArgs) -> Outcome {
    let notes = arguments.given.form.notes();
    let scratch = Scratch::new(None)?;
    let machine = Machine::now().with_disk_of(scratch.path(), &Store::Folder)?;
    let mut bench = Bench { notes, runs: Vec::new(), ok: true };
    let mut store = None;
    if let Some(file) = &arguments.export {
        bench.export(file)?;
    } else {
        let given = Given::find(&arguments.given, notes)?;
        bench.log(&given.place(), &scratch.path().join("log.ndjson"))?;
        store = Some(given.used());
    }
    let report = Report {
        bench: "verify",
        ok: bench.ok,
        operation: "one event, with its hash and every rule",
        connections: None,
        machine,
        store,
        durability: Settings::new(),
        runs: bench.runs,
        missing: Vec::new(),
        evidence: None,
    };
    report.tell(&arguments.given.form)
}

struct Bench {
    notes: Notes,
    runs: Vec<Figure>,
    ok: bool,
}

impl Bench {
    /// Exports a log and verifies it, both as an export and where it is.
    fn log(&mut self, place: &LogPlace, file: &Path) -> Result<(), Failed> {
        self.notes.say("exporting");
        let before = (Instant::now(), system::own_processor_time());
        let refused =
            |error: std::io::Error| Failed::new(format!("{} cannot be written: {error}", file.display()));
        export_to(place, BufWriter::with_capacity(1 << 20, File::create(file).map_err(refused)?))?;
        let (took, used) = since(before);
        let events = self.export(file)?;
        self.runs.insert(0, figure("export to a file", events, took, used));
        self.notes.say("verifying the log");
        let before = (Instant::now(), system::own_processor_time());
        let verdict = verdict_of_log(place)?;
        self.judged("verify the log", &verdict, since(before));
        Ok(())
    }

    /// Verifies an export, and tells how many events it has.
    fn export(&mut self, file: &Path) -> Result<u64, Failed> {
        self.notes.say("verifying the export");
        let before = (Instant::now(), system::own_processor_time());
        let verdict = verdict_of_export(file)?;
        let events = self.judged("verify the export", &verdict, since(before));
        if let (Some(run), Ok(found)) = (self.runs.last_mut(), std::fs::metadata(file)) {
            run.remark =
                format!("{}, {}", words::counted(events, "event", "events"), words::bytes(found.len()));
        }
        Ok(events)
    }

    fn judged(&mut self, name: &str, verdict: &Verdict, (took, used): (Duration, Option<Duration>)) -> u64 {
        let events = match &verdict.report {
            Judgement::Sound(summary) => summary.events,
            Judgement::Broken(fault) => fault.position,
        };
        let mut run = figure(name, events, took, used);
        if !verdict.report.is_ok() {
            self.ok = false;
            run.other_answers.insert(verdict.in_words(), 1);
        }
        self.runs.push(run);
        events
    }
}

fn figure(name: &str, events: u64, took: Duration, used: Option<Duration>) -> Figure {
    Figure {
        processor: Used::of("process", used, events).into_iter().collect(),
        ..Figure::of(name, events, took)
    }
}

/// How long it took, and how much of the processor.
fn since((begun, used): (Instant, Option<Duration>)) -> (Duration, Option<Duration>) {
    let using = used.and_then(|before| Some(system::own_processor_time()?.saturating_sub(before)));
    (begun.elapsed(), using)
}
