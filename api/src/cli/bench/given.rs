//! The log that `bench verify` and `bench rebuild` work on: one that the user has, or one that a sale makes
//! first, in a folder or in a PostgreSQL of our own.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{FormArgs, HttpArgs, Notes};
use super::orders;
use super::process::Watched;
use super::session::Session;
use super::store::{Store, StoreArgs, StoreUsed};
use crate::cli::failed::Failed;
use crate::cli::scratch::Scratch;
use crate::settings::{DATABASE, LogPlace};

/// Buyers of the sale.
const CONNECTIONS: u32 = 64;

/// Which log.
#[derive(Debug, Clone, Args)]
pub(super) struct GivenArgs {
    /// This data folder, instead of one that a sale fills first
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// How long that sale goes on
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// This PostgreSQL database, instead of a data folder
    #[arg(long, value_name = "URL", env = DATABASE.variable, hide_env_values = true)]
    database: Option<String>,
    /// Start a PostgreSQL for this measurement alone and hold the sale there, whatever --database says
    #[arg(long)]
    postgres: bool,
    #[command(flatten)]
    pub(super) form: FormArgs,
}

/// A log with something in it.
pub(super) enum Given {
    /// The user's.
    Theirs(LogPlace),
    /// One that goes when this is dropped.
    Made(Scratch, Store),
}

impl Given {
    /// The user's log, or a new one after a sale.
    pub(super) fn find(arguments: &GivenArgs, notes: Notes) -> Result<Self, Failed> {
        if let Some(place) = arguments.named() {
            return Ok(Self::Theirs(place));
        }
        notes.say("making a log: whole orders are sold");
        let sale = HttpArgs {
            seconds: arguments.seconds,
            connections: CONNECTIONS,
            seats: u64::MAX,
            data: None,
            store: StoreArgs { database: None, postgres: arguments.postgres },
            form: FormArgs { json: true, plot: None },
        };
        let session = Session::start(&sale)?;
        orders::sell(&session, &sale)?;
        let Session { server, folder, store, .. } = session;
        server.process.stop()?;
        Ok(Self::Made(folder, store))
    }

    /// Where it is.
    pub(super) fn place(&self) -> LogPlace {
        match self {
            Self::Theirs(place) => place.clone(),
            Self::Made(folder, store) => store.log(folder.path()),
        }
    }

    /// For a report.
    pub(super) fn used(&self) -> StoreUsed {
        match self {
            Self::Theirs(LogPlace::Folder(_)) => Store::Folder.used(),
            Self::Theirs(LogPlace::Database(url)) => Store::Theirs(url.clone()).used(),
            Self::Made(_, store) => store.used(),
        }
    }

    /// The processes of its store, where they are known.
    pub(super) fn watched(&self) -> Option<Watched> {
        match self {
            Self::Theirs(_) => None,
            Self::Made(_, store) => store.watched(),
        }
    }
}

impl GivenArgs {
    /// The log that the user named. As everywhere, a database goes before a folder.
    fn named(&self) -> Option<LogPlace> {
        if self.postgres {
            return None;
        }
        let database = self.database.clone().filter(|url| !url.is_empty());
        database.map(LogPlace::Database).or_else(|| self.data.clone().map(LogPlace::Folder))
    }
}
