//! `boxoffice bench rebuild`

use std::path::Path;
use std::time::{Duration, Instant};

use boxoffice_domain::log::Position;
use boxoffice_infra::sqlite::SqliteLog;
use boxoffice_infra::views::SqliteViews;
use boxoffice_projections::feed::LogFeed;
use boxoffice_projections::follow::{Progress, follow_shows, follow_tables};
use boxoffice_projections::shows::Shows;
use boxoffice_projections::table::TableStore as _;

use super::arguments::Notes;
use super::durability::Settings;
use super::figure::{Figure, Used};
use super::given::{Given, GivenArgs};
use super::report::{Machine, Report};
use crate::app::table_projections;
use crate::cli::failed::Failed;
use crate::cli::{Outcome, Threads, block_on, system, words};

const EXAMPLE: &str = "Examples:
  boxoffice bench rebuild
  boxoffice bench rebuild --data /var/lib/boxoffice --json

Drops every read model of a data folder and builds it from the log again, one after the other. No server may be
running on the folder. A folder of the user's has all of its read models again afterwards; should that be
interrupted, the next server builds the rest. Ends with 1 where an event could not be applied.";

/// No read model of any log takes longer.
const PATIENCE: Duration = Duration::from_hours(24);

/// The arguments of `boxoffice bench rebuild`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct RebuildArgs {
    #[command(flatten)]
    given: GivenArgs,
}

pub(super) fn run(arguments: &RebuildArgs) -> Outcome {
    let notes = arguments.given.form.notes();
    let given = Given::find(&arguments.given, notes)?;
    if !given.path().join(boxoffice_infra::sqlite::LOG_FILE).exists() {
        return Err(Failed::new(format!("there is no log at {}", given.path().display())));
    }
    let (runs, parked) = block_on(Threads::All, rebuild(given.path(), notes))?;
    let report = Report {
        bench: "rebuild",
        ok: parked == 0,
        operation: "one event of the log, read and applied",
        connections: None,
        machine: Machine::with_disk_of(given.path())?,
        durability: Settings::new(),
        runs,
        missing: Vec::new(),
        evidence: None,
    };
    report.tell(&arguments.given.form, None)
}

/// One figure for each read model, one for all of them, and how many streams could not be applied.
async fn rebuild(data: &Path, notes: Notes) -> Result<(Vec<Figure>, usize), Failed> {
    let cannot =
        |error: boxoffice_infra::OpenError| Failed::new(format!("the folder cannot be opened: {error}"));
    let log = SqliteLog::open(data).await.map_err(cannot)?;
    let views = SqliteViews::open(data).await.map_err(cannot)?;
    let head = LogFeed::head(&log);
    let (mut runs, mut parked) = (Vec::new(), 0);
    for projection in table_projections() {
        notes.say(projection.name());
        views.discard(&*projection).await?;
        let progress = Progress::new(projection.name());
        let begun = Begun::now();
        let done = async { drop(progress.wait_for(head, PATIENCE).await) };
        follow_tables(&log, &views, &*projection, &progress, done).await;
        runs.push(begun.figure(&progress, head)?);
        parked += progress.parked().len();
    }
    notes.say("shows");
    let shows = Shows::new();
    let progress = shows.progress();
    let begun = Begun::now();
    let done = async { drop(progress.wait_for(head, PATIENCE).await) };
    follow_shows(&log, &shows, done).await;
    runs.push(begun.figure(progress, head)?);
    parked += progress.parked().len();
    runs.push(in_all(&runs, head));
    views.close().await;
    log.close().await;
    Ok((runs, parked))
}

/// A read model that is being built.
struct Begun {
    at: Instant,
    used: Option<Duration>,
}

impl Begun {
    fn now() -> Self {
        Self { at: Instant::now(), used: system::own_processor_time() }
    }

    /// What it took to come to the end of the log.
    fn figure(self, progress: &Progress, head: Position) -> Result<Figure, Failed> {
        let took = self.at.elapsed();
        let used = self.used.and_then(|before| Some(system::own_processor_time()?.saturating_sub(before)));
        if progress.position() < head {
            return Err(Failed::new(format!("{} stopped at {}", progress.name(), progress.position())));
        }
        let parked = progress.parked().len() as u64;
        let remark = if parked == 0 {
            String::new()
        } else {
            format!("{} PARKED: events that cannot be applied", words::counted(parked, "stream", "streams"))
        };
        let processor = Used::of("process", used, head).into_iter().collect();
        Ok(Figure { processor, remark, ..Figure::of(progress.name(), head, took) })
    }
}

/// All of them, one after the other, each with every event of the log.
fn in_all(runs: &[Figure], head: Position) -> Figure {
    let took: f64 = runs.iter().map(|run| run.seconds).sum();
    Figure {
        remark: format!("{} of the log, through all of them", words::counted(head, "event", "events")),
        ..Figure::of("all of them", head, Duration::from_secs_f64(took))
    }
}
