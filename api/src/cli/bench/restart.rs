//! `boxoffice bench restart`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use boxoffice_commands::engine::{Engine, EngineOptions, EngineStats};
use boxoffice_commands::snapshots::{NoSnapshots, Snapshots};
use boxoffice_infra::snapshots::{SNAPSHOTS_FILE, SqliteSnapshots};
use boxoffice_infra::sqlite::{LOG_FILE, SqliteLog};
use boxoffice_projections::feed::LogFeed;
use boxoffice_projections::follow::follow_shows;
use boxoffice_projections::shows::Shows;
use boxoffice_projections::snapshots::ShowSnapshots;

use self::sale::Sale;
use super::arguments::{FormArgs, Notes};
use super::child::ChildServer;
use super::durability::Settings;
use super::figure::Figure;
use super::report::{Machine, Report};
use super::store::Store;
use crate::app::Judge;
use crate::cli::client::{Call, Client};
use crate::cli::failed::Failed;
use crate::cli::scratch::Scratch;
use crate::cli::{Outcome, Threads, block_on, words};

mod sale;

const EXAMPLE: &str = "Examples:
  boxoffice bench restart
  boxoffice bench restart --events 2000000 --json

Sells one large show over and over: seats are held and released, until its stream has so many events. Then loads the
show for the next command, folds its view, and starts a server on the folder until it answers, each from the beginning and from
snapshots. A figure is how many events of the log it makes up for in a second; the remark says how long it took.";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// The arguments of `boxoffice bench restart`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct RestartArgs {
    /// How many events the show has
    #[arg(long, value_name = "N", default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(2_000..=50_000_000))]
    events: u64,
    /// How many seats it has
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1_000..=100_000))]
    seats: u32,
    /// Make the data in this new folder and leave it, instead of in a temporary one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    form: FormArgs,
}

pub(super) fn run(arguments: &RestartArgs) -> Outcome {
    let notes = arguments.form.notes();
    let folder = Scratch::new(arguments.data.as_deref())?;
    let data = folder.path();
    if data.join(LOG_FILE).exists() {
        return Err(Failed::new(format!(
            "{} has a log already; name a new folder with --data",
            data.display()
        )));
    }
    let machine = Machine::now().with_disk_of(data, &Store::Folder)?;
    let mut runs = block_on(Threads::All, in_process(data, arguments, notes))?;
    runs.extend(servers(data, notes, arguments.events)?);
    let report = Report {
        bench: "restart",
        ok: true,
        operation: "one event of the show's past made up for",
        connections: None,
        machine,
        store: Some(Store::Folder.used()),
        durability: Settings::new(),
        runs,
        missing: Vec::new(),
        evidence: None,
    };
    report.tell(&arguments.form)
}

async fn in_process(data: &Path, arguments: &RestartArgs, notes: Notes) -> Result<Vec<Figure>, Failed> {
    let cannot =
        |error: boxoffice_infra::OpenError| Failed::new(format!("the folder cannot be opened: {error}"));
    let log = Arc::new(SqliteLog::open(data).await.map_err(cannot)?);
    let store = Arc::new(SqliteSnapshots::open(data).await.map_err(cannot)?);
    notes.say("making the show's past");
    let sale = Sale::make(&log, arguments.events, arguments.seats).await?;
    let events = LogFeed::head(&*log);
    let mut runs = vec![
        state(&log, Arc::new(NoSnapshots), &sale, "state, from the beginning", 0, notes).await?.0,
        taken(&log, &store, &sale, notes).await?,
        state(&log, Arc::clone(&store) as _, &sale, "state, from a snapshot", 10_000, notes).await?.0,
    ];
    notes.say("the show's view");
    let (fold, shows) = (Instant::now(), Arc::new(Shows::new()));
    let done = async { drop(shows.progress().wait_for(events, PATIENCE).await) };
    follow_shows(&*log, &shows, done).await;
    runs.push(figure("view, from the beginning", events, fold.elapsed(), ""));
    let snapshots = |shows: &Arc<Shows>| {
        let clock = Arc::new(Judge(Arc::clone(&sale.clock)));
        ShowSnapshots::new(Arc::clone(&log) as _, Arc::clone(&store) as _, Arc::clone(shows), clock, 10_000)
    };
    let (take, taking) = (Instant::now(), snapshots(&shows));
    taking.take(0).await;
    let size = words::bytes(taking.stats().snapshot_bytes);
    runs.push(figure("view, snapshot taken", events, take.elapsed(), &format!(", {size}")));
    let (restore, shows) = (Instant::now(), Arc::new(Shows::new()));
    snapshots(&shows).restore().await;
    runs.push(figure("view, from a snapshot", shows.progress().position(), restore.elapsed(), ""));
    store.close().await;
    log.close().await;
    Ok(runs)
}

/// Loads the show for its next command.
async fn state(
    log: &Arc<SqliteLog>,
    snapshots: Arc<dyn Snapshots>,
    sale: &Sale,
    name: &str,
    every: u64,
    notes: Notes,
) -> Result<(Figure, Engine), Failed> {
    notes.say(name);
    let engine = sale.engine(log, snapshots, EngineOptions::default().snapshots_every(every));
    let begun = Instant::now();
    sale.asks_something(&engine).await?;
    Ok((figure(name, LogFeed::head(&**log), begun.elapsed(), ""), engine))
}

/// The snapshot that is taken of a show that had none.
async fn taken(
    log: &Arc<SqliteLog>,
    store: &Arc<SqliteSnapshots>,
    sale: &Sale,
    notes: Notes,
) -> Result<Figure, Failed> {
    // Due as soon as the show is loaded.
    let every = LogFeed::head(&**log) / 2;
    let (_, engine) = state(log, Arc::clone(store) as _, sale, "state, snapshot taken", every, notes).await?;
    let begun = Instant::now();
    while engine.stats().snapshots == 0 {
        if begun.elapsed() > PATIENCE {
            return Err(Failed::new("no snapshot was taken; see above for why"));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let EngineStats { snapshot_bytes, snapshot_copy_us, snapshot_us, .. } = engine.stats();
    let remark = format!(", {}; copied in {}", words::bytes(snapshot_bytes), words::micros(snapshot_copy_us));
    let took = Duration::from_micros(snapshot_us);
    engine.drain().await;
    Ok(figure("state, snapshot taken", LogFeed::head(&**log), took, &remark))
}

/// From the start of a server's process to its first answer.
fn servers(data: &Path, notes: Notes, events: u64) -> Result<Vec<Figure>, Failed> {
    notes.say("a server that has its tables to build first");
    let first = ready(data)?;
    std::fs::remove_file(data.join(SNAPSHOTS_FILE))
        .map_err(|error| Failed::new(format!("the snapshots cannot be removed: {error}")))?;
    notes.say("a server without snapshots");
    let cold = ready(data)?;
    notes.say("a server with snapshots");
    let warm = ready(data)?;
    Ok(vec![
        figure("first answer, tables to build", events, first, ""),
        figure("first answer, no snapshots", events, cold, ""),
        figure("first answer, snapshots", events, warm, ""),
    ])
}

fn ready(data: &Path) -> Result<Duration, Failed> {
    let begun = Instant::now();
    let server = ChildServer::start(data, None)?;
    let took = block_on(Threads::One, async {
        loop {
            // Answered once the read models are there: the server waits, so that we need not ask all the time.
            if Client::new(server.address).call(&Call::get("/v1/events?limit=1")).await?.status == 200 {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() > PATIENCE {
                return Err(Failed::new("the server did not become ready in time"));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })?;
    server.process.stop()?;
    Ok(took)
}

fn figure(name: &str, events: u64, took: Duration, more: &str) -> Figure {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    Figure { remark: format!("{}{more}", words::micros(micros)), ..Figure::of(name, events, took) }
}
