//! `boxoffice bench rebuild`

use std::time::{Duration, Instant};

use boxoffice_domain::log::Position;
use boxoffice_infra::postgres::{Postgres, PostgresLog, PostgresViews};
use boxoffice_infra::sqlite::{LOG_FILE, SqliteLog};
use boxoffice_infra::views::SqliteViews;
use boxoffice_projections::feed::LogFeed;
use boxoffice_projections::follow::{Progress, follow_shows, follow_tables};
use boxoffice_projections::shows::Shows;
use boxoffice_projections::table::TableStore;

use super::arguments::Notes;
use super::durability::Settings;
use super::figure::{Figure, Used, between};
use super::given::{Given, GivenArgs};
use super::process::Watched;
use super::report::{Machine, Report};
use super::store::Store;
use crate::app::table_projections;
use crate::cli::failed::Failed;
use crate::cli::{Outcome, Threads, block_on, system, words};
use crate::settings::LogPlace;

const EXAMPLE: &str = "Examples:
  boxoffice bench rebuild
  boxoffice bench rebuild --postgres --plot rebuild.svg
  boxoffice bench rebuild --data /var/lib/boxoffice --json

Drops every read model of a data folder or a database and builds it from the log again, one after the other. No server
may be running there. What is the user's has all of its read models again afterwards; should that be interrupted, the
next server builds the rest. Without --data or --database a sale makes a log first. Ends with 1 where an event could
not be applied.";

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
    let machine = Machine::now();
    let given = Given::find(&arguments.given, notes)?;
    let place = given.place();
    let machine = match &place {
        LogPlace::Folder(data) if data.join(LOG_FILE).exists() => {
            machine.with_disk_of(data, &Store::Folder)?
        }
        LogPlace::Folder(data) => return Err(Failed::new(format!("there is no log at {}", data.display()))),
        LogPlace::Database(_) => machine,
    };
    let mut bench = Bench { notes, database: given.watched(), runs: Vec::new(), parked: 0 };
    block_on(Threads::All, bench.rebuild(&place))?;
    let report = Report {
        bench: "rebuild",
        ok: bench.parked == 0,
        operation: "one event of the log, read and applied",
        connections: None,
        machine,
        store: Some(given.used()),
        durability: Settings::new(),
        runs: bench.runs,
        missing: Vec::new(),
        evidence: None,
    };
    report.tell(&arguments.given.form)
}

struct Bench {
    notes: Notes,
    /// The database's processes, where they are known.
    database: Option<Watched>,
    /// One figure for each read model, and one for all of them.
    runs: Vec<Figure>,
    /// How many streams could not be applied.
    parked: usize,
}

impl Bench {
    async fn rebuild(&mut self, place: &LogPlace) -> Result<(), Failed> {
        match place {
            LogPlace::Folder(data) => {
                let log = SqliteLog::open(data).await.map_err(cannot)?;
                let views = SqliteViews::open(data).await.map_err(cannot)?;
                self.all(&log, &views).await?;
                views.close().await;
                log.close().await;
            }
            LogPlace::Database(url) => {
                let postgres = Postgres::connect(url).await.map_err(cannot)?;
                let log = PostgresLog::open(&postgres).await.map_err(cannot)?;
                let views = PostgresViews::open(&postgres).await.map_err(cannot)?;
                self.all(&log, &views).await?;
                log.close().await;
                postgres.close().await;
            }
        }
        Ok(())
    }

    async fn all(&mut self, log: &dyn LogFeed, views: &dyn TableStore) -> Result<(), Failed> {
        let head = log.look_up_head().await;
        for projection in table_projections() {
            self.notes.say(projection.name());
            views.discard(&*projection).await?;
            let progress = Progress::new(projection.name());
            let begun = Begun::now(self.database);
            let done = async { drop(progress.wait_for(head, PATIENCE).await) };
            follow_tables(log, views, &*projection, &progress, done).await;
            self.built(begun, &progress, head)?;
        }
        self.notes.say("shows");
        let shows = Shows::new();
        let begun = Begun::now(self.database);
        let done = async { drop(shows.progress().wait_for(head, PATIENCE).await) };
        follow_shows(log, &shows, done).await;
        self.built(begun, shows.progress(), head)?;
        self.runs.push(in_all(&self.runs, head));
        Ok(())
    }

    fn built(&mut self, begun: Begun, progress: &Progress, head: Position) -> Result<(), Failed> {
        self.runs.push(begun.figure(progress, head)?);
        self.parked += progress.parked().len();
        Ok(())
    }
}

fn cannot(error: impl std::fmt::Display) -> Failed {
    Failed::new(format!("the log and its read models cannot be opened: {error}"))
}

/// A read model that is being built.
struct Begun {
    at: Instant,
    used: Option<Duration>,
    database: Option<Watched>,
    used_there: Option<Duration>,
}

impl Begun {
    fn now(database: Option<Watched>) -> Self {
        let used_there = database.and_then(Watched::processor_time);
        Self { at: Instant::now(), used: system::own_processor_time(), database, used_there }
    }

    /// What it took to come to the end of the log.
    fn figure(self, progress: &Progress, head: Position) -> Result<Figure, Failed> {
        let took = self.at.elapsed();
        let used = between(self.used, system::own_processor_time());
        let there = self.database.map(|database| (database.name, database.processor_time()));
        if progress.position() < head {
            return Err(Failed::new(format!("{} stopped at {}", progress.name(), progress.position())));
        }
        let parked = progress.parked().len() as u64;
        let remark = if parked == 0 {
            String::new()
        } else {
            format!("{} PARKED: events that cannot be applied", words::counted(parked, "stream", "streams"))
        };
        let there = there.and_then(|(name, after)| Used::of(name, between(self.used_there, after), head));
        let processor = Used::of("process", used, head).into_iter().chain(there).collect();
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
