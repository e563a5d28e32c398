//! A measurement over HTTP: a server of its own on an empty store, and the end, where every answer is looked for.

use std::time::Duration;

use boxoffice_infra::sqlite::LOG_FILE;

use super::arguments::{HttpArgs, Notes, warm_up};
use super::child::ChildServer;
use super::evidence::{self, Counts};
use super::figure::Figure;
use super::load::Plan;
use super::process::Watched;
use super::report::{Machine, Report};
use super::store::Store;
use super::{durability, rows};
use crate::cli::failed::Failed;
use crate::cli::scratch::Scratch;
use crate::cli::{Outcome, Threads, block_on, system};

/// A server under measurement.
pub(super) struct Session<'a> {
    arguments: &'a HttpArgs,
    /// Says how far it has come.
    pub(super) notes: Notes,
    /// Where the data is.
    pub(super) folder: Scratch,
    /// The server. Ends before its database does.
    pub(super) server: ChildServer,
    /// Where the log is.
    pub(super) store: Store,
    machine: Machine,
}

impl<'a> Session<'a> {
    /// Starts a server on an empty store.
    pub(super) fn start(arguments: &'a HttpArgs) -> Result<Self, Failed> {
        let notes = arguments.form.notes();
        let machine = Machine::now();
        let folder = Scratch::new(arguments.data.as_deref())?;
        if folder.path().join(LOG_FILE).exists() {
            let folder = folder.path().display();
            return Err(Failed::new(format!("{folder} has a log already; name a new folder with --data")));
        }
        system::raise_open_files();
        let store = Store::start(&arguments.store, notes)?;
        let machine = machine.with_disk_of(folder.path(), &store)?;
        notes.say("starting a server");
        let server = ChildServer::start(folder.path(), store.database())?;
        Ok(Self { arguments, notes, folder, server, store, machine })
    }

    /// A load as the user wants it; `number` differs from load to load.
    pub(super) fn plan(&self, number: u16) -> Plan {
        let time = Duration::from_secs(self.arguments.seconds);
        Plan {
            address: self.server.address,
            connections: self.arguments.connections,
            number,
            warm_up: warm_up(time),
            time,
            pace: None,
        }
    }

    /// The processes that answer.
    pub(super) fn watched(&self) -> Vec<Watched> {
        std::iter::once(self.server.process.watched()).chain(self.store.watched()).collect()
    }

    /// Looks for every answer in the log, stops the server, compares, and tells the figures.
    pub(super) fn conclude(self, told: Told) -> Outcome {
        self.notes.say("looking for every answer in the log, and verifying it");
        let evidence = evidence::gather(&self.store.log(self.folder.path()), told.answered)?;
        let durability = block_on(Threads::One, durability::of_server(self.server.address))?;
        self.server.process.stop()?;
        let (mut runs, mut missing) = (told.runs, told.missing);
        if told.has_rows {
            let rows = rows::compare(&self.store, self.arguments.seconds, self.notes)?;
            runs = runs.into_iter().map(|run| rows.runs.iter().fold(run, Figure::beside)).collect();
            runs.extend(rows.runs);
            missing.extend(rows.missing);
        }
        let report = Report {
            bench: told.bench,
            ok: evidence.agrees(),
            operation: told.operation,
            connections: Some(self.arguments.connections),
            machine: self.machine,
            store: Some(self.store.used()),
            durability,
            runs,
            missing,
            evidence: Some(evidence),
        };
        report.tell(&self.arguments.form)
    }
}

/// What a session has to tell in the end.
pub(super) struct Told {
    /// Which measurement.
    pub(super) bench: &'static str,
    /// What one operation is.
    pub(super) operation: &'static str,
    /// The figures.
    pub(super) runs: Vec<Figure>,
    /// Whether they are to be compared with rows that are updated in the same database.
    pub(super) has_rows: bool,
    /// What could not be compared with.
    pub(super) missing: Vec<String>,
    /// What was answered.
    pub(super) answered: Counts,
}
