//! The log that `bench verify` and `bench rebuild` work on: one that the user has, or one that a sale makes first.

use std::path::{Path, PathBuf};

use clap::Args;

use super::arguments::{FormArgs, HttpArgs, Notes};
use super::orders;
use super::session::Session;
use crate::cli::failed::Failed;
use crate::cli::scratch::Scratch;

/// Buyers of the sale.
const CONNECTIONS: u32 = 64;

/// Which log.
#[derive(Debug, Clone, Args)]
pub(super) struct GivenArgs {
    /// This data folder, instead of one that a sale fills first
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// How long that sale goes on
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    #[command(flatten)]
    pub(super) form: FormArgs,
}

/// A data folder with a log in it.
pub(super) enum Given {
    /// The user's.
    Theirs(PathBuf),
    /// One that goes when this is dropped.
    Made(Scratch),
}

impl Given {
    /// The user's folder, or a new one after a sale.
    pub(super) fn find(arguments: &GivenArgs, notes: Notes) -> Result<Self, Failed> {
        if let Some(data) = &arguments.data {
            return Ok(Self::Theirs(data.clone()));
        }
        notes.say("making a log: whole orders are sold");
        let sale = HttpArgs {
            seconds: arguments.seconds,
            connections: CONNECTIONS,
            seats: u64::MAX,
            data: None,
            form: FormArgs { json: true },
            plot: None,
        };
        let session = Session::start(&sale)?;
        orders::sell(&session, &sale)?;
        let Session { server, folder, .. } = session;
        server.process.stop()?;
        Ok(Self::Made(folder))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Theirs(path) => path,
            Self::Made(folder) => folder.path(),
        }
    }
}
