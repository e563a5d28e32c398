//! `boxoffice bench append`: the log alone, beside plain tables that take the same rows. They take turns of a second, so
//! that what else the machine does hits all of them.

use std::path::PathBuf;
use std::time::Duration;

use boxoffice_commands::log::BATCH_EVENTS_MAX;

use super::arguments::{FormArgs, Notes};
use super::durability::Settings;
use super::figure::Figure;
use super::report::{Machine, Report};
use super::store::{Store, StoreArgs};
use crate::cli::failed::Failed;
use crate::cli::scratch::Scratch;
use crate::cli::{Outcome, Threads, block_on};

mod contender;
mod events;
mod targets;

use contender::Contender;
use targets::Targets;

const EXAMPLE: &str = "Examples:
  boxoffice bench append
  boxoffice bench append --postgres
  boxoffice bench append --seconds 30 --json --plot append.svg

Appends events to a new log, without a server and without projections, one commit after the other, and puts the same
rows into plain tables of the same store in turn: with no index, and with the log's. Events are made beforehand;
they are hashed while the commit before is on its way, as a server does it, and a commit is over when both are. A
latency is that of a commit. On a fast disk that needs some gigabytes.

--database wants a database without events, and leaves a log there that is good for nothing else.";

/// The arguments of `boxoffice bench append`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct AppendArgs {
    /// How long to append to each of the three at each size of commit
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// How many events a commit has, one size after the other
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', default_value = "1,50,250,500",
          value_parser = clap::value_parser!(u64).range(1..=BATCH_EVENTS_MAX as u64))]
    sizes: Vec<u64>,
    /// Make the logs in this folder, each of them gone afterwards, instead of in a temporary one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    form: FormArgs,
}

pub(super) fn run(arguments: &AppendArgs) -> Outcome {
    let notes = arguments.form.notes();
    let machine = Machine::now();
    let folder = Scratch::new(arguments.data.as_deref())?;
    let store = Store::start(&arguments.store, notes)?;
    let machine = machine.with_disk_of(folder.path(), &store)?;
    let (mut runs, mut durability) = (Vec::new(), Settings::new());
    for size in arguments.sizes.iter().copied() {
        notes.say(&format!("{size} a commit"));
        let place = tempfile::tempdir_in(folder.path())
            .map_err(|error| Failed::new(format!("no folder can be made for a log: {error}")))?;
        // Not the database of the last size, where it is ours to choose.
        let database = store.new_database(&format!("append_{size}"))?;
        block_on(Threads::All, async {
            let mut targets = Targets::open(place.path(), database.as_deref(), size).await?;
            durability = targets.settings();
            let result = compete(&mut targets, &store, size, arguments.seconds, notes).await;
            targets.close().await?;
            runs.extend(result?);
            Ok(())
        })?;
    }
    let report = Report {
        bench: "append",
        ok: true,
        operation: "one event in the log for good",
        connections: None,
        machine,
        store: Some(store.used()),
        durability,
        runs,
        missing: Vec::new(),
        evidence: None,
    };
    report.tell(&arguments.form)
}

/// The figure of the log, and those of the plain tables.
async fn compete(
    targets: &mut Targets,
    store: &Store,
    size: u64,
    seconds: u64,
    notes: Notes,
) -> Result<Vec<Figure>, Failed> {
    let mut contenders = Vec::new();
    for (name, target) in targets.contenders().await? {
        contenders.push(Contender::new(format!("{size} a commit{name}"), target, size, store.watched())?);
    }
    for second in 1..=seconds {
        for contender in &mut contenders {
            contender.go_on(Duration::from_secs(second)).await?;
        }
    }
    let mut figures = contenders.into_iter().map(Contender::figure);
    let ours = figures.next();
    let bare: Vec<Figure> = figures.map(|run| Figure { is_baseline: true, ..run }).collect();
    let ours = ours.map(|ours| bare.iter().fold(ours, Figure::beside));
    if let Some(ours) = &ours {
        notes.say(&format!("{:.0} events a second", ours.per_second));
    }
    Ok(ours.into_iter().chain(bare).collect())
}
