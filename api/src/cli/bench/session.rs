//! A measurement over HTTP: a server of its own on an empty folder, and the end, where every answer is looked for.

use std::time::Duration;

use boxoffice_infra::sqlite::LOG_FILE;

use super::arguments::{HttpArgs, Notes, warm_up};
use super::child::ChildServer;
use super::durability;
use super::evidence::{self, Counts};
use super::figure::Figure;
use super::load::Plan;
use super::report::{Machine, Report};
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
    /// The server.
    pub(super) server: ChildServer,
    machine: Machine,
}

impl<'a> Session<'a> {
    /// Starts a server on an empty folder.
    pub(super) fn start(arguments: &'a HttpArgs) -> Result<Self, Failed> {
        let notes = arguments.form.notes();
        let folder = Scratch::new(arguments.data.as_deref())?;
        if folder.path().join(LOG_FILE).exists() {
            let folder = folder.path().display();
            return Err(Failed::new(format!("{folder} has a log already; name a new folder with --data")));
        }
        system::raise_open_files();
        let machine = Machine::with_disk_of(folder.path())?;
        notes.say("starting a server");
        let server = ChildServer::start(folder.path())?;
        Ok(Self { arguments, notes, folder, server, machine })
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

    /// Looks for every answer in the log, stops the server, and tells the figures.
    pub(super) fn conclude(self, told: Told) -> Outcome {
        self.notes.say("looking for every answer in the log, and verifying it");
        let evidence = evidence::gather(self.folder.path(), told.answered)?;
        let durability = block_on(Threads::One, durability::of_server(self.server.address))?;
        self.server.process.stop()?;
        let report = Report {
            bench: told.bench,
            ok: evidence.agrees(),
            operation: told.operation,
            connections: Some(self.arguments.connections),
            machine: self.machine,
            durability,
            runs: told.runs,
            missing: told.missing,
            evidence: Some(evidence),
        };
        report.tell(&self.arguments.form, self.arguments.plot.as_ref())
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
    /// What could not be compared with.
    pub(super) missing: Vec<String>,
    /// What was answered.
    pub(super) answered: Counts,
}
