//! Where the log of a measurement is: in a data folder, in a database that the user has, or in a PostgreSQL that is
//! there for the measurement alone.

use std::path::Path;

use boxoffice_infra::archive::Archive as _;
use boxoffice_infra::postgres::{Postgres, PostgresError, PostgresLog};
use clap::Args;
use serde::Serialize;

use super::arguments::Notes;
use super::cluster::Cluster;
use super::process::Watched;
use crate::cli::failed::Failed;
use crate::cli::{Threads, block_on};
use crate::settings::{DATABASE, LogPlace};

/// Which store.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct StoreArgs {
    /// Keep the log in this PostgreSQL database instead of the data folder
    #[arg(long, value_name = "URL", env = DATABASE.variable, hide_env_values = true)]
    pub(super) database: Option<String>,
    /// Start a PostgreSQL for this measurement alone and keep the log there, whatever --database says
    #[arg(long)]
    pub(super) postgres: bool,
}

/// A store.
pub(super) enum Store {
    /// The data folder.
    Folder,
    /// A database that the user named.
    Theirs(String),
    /// A server of our own, which goes when this is dropped, and a database there.
    Ours(Box<Cluster>, String),
}

/// What a report says of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct StoreUsed {
    /// `SQLite` or `PostgreSQL`.
    kind: &'static str,
    /// Whether the server was started for the measurement.
    is_temporary: bool,
    /// What that server was started with; all else is as PostgreSQL has it by default.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    started_with: &'static [&'static str],
}

impl Store {
    /// The store that the user wants, with nothing in it yet.
    pub(super) fn start(arguments: &StoreArgs, notes: Notes) -> Result<Self, Failed> {
        if arguments.postgres {
            notes.say("starting a PostgreSQL");
            let cluster = Cluster::start()?;
            let database = cluster.database("bench")?;
            prepare(&database)?;
            return Ok(Self::Ours(Box::new(cluster), database));
        }
        match arguments.named() {
            None => Ok(Self::Folder),
            Some(url) => {
                prepare(url)?;
                Ok(Self::Theirs(url.to_owned()))
            }
        }
    }

    /// The database, if it is in one.
    pub(super) fn database(&self) -> Option<&str> {
        match self {
            Self::Folder => None,
            Self::Theirs(url) | Self::Ours(_, url) => Some(url),
        }
    }

    /// A database like this one with nothing in it, where the server is ours; else this one.
    pub(super) fn new_database(&self, name: &str) -> Result<Option<String>, Failed> {
        let Self::Ours(cluster, _) = self else { return Ok(self.database().map(str::to_owned)) };
        let database = cluster.database(name)?;
        prepare(&database)?;
        Ok(Some(database))
    }

    /// Where the log is, if the data is in that folder.
    pub(super) fn log(&self, data: &Path) -> LogPlace {
        match self.database() {
            None => LogPlace::Folder(data.to_owned()),
            Some(url) => LogPlace::Database(url.to_owned()),
        }
    }

    /// Its processes, where they are known.
    pub(super) fn watched(&self) -> Option<Watched> {
        match self {
            Self::Folder | Self::Theirs(_) => None,
            Self::Ours(cluster, _) => Some(cluster.watched()),
        }
    }

    /// For a report.
    pub(super) fn used(&self) -> StoreUsed {
        match self {
            Self::Folder => StoreUsed { kind: "SQLite", is_temporary: false, started_with: &[] },
            Self::Theirs(_) => StoreUsed { kind: "PostgreSQL", is_temporary: false, started_with: &[] },
            Self::Ours(..) => {
                StoreUsed { kind: "PostgreSQL", is_temporary: true, started_with: Cluster::SETTINGS }
            }
        }
    }
}

impl StoreArgs {
    /// The database that the user named.
    pub(super) fn named(&self) -> Option<&str> {
        self.database.as_deref().filter(|url| !url.is_empty())
    }
}

impl StoreUsed {
    /// For people, where there is something to say.
    pub(super) fn in_words(&self) -> String {
        match (self.is_temporary, self.kind) {
            (false, kind) => kind.to_owned(),
            (true, kind) => format!(
                "{kind}, started for this run with {}; all else is its default",
                self.started_with.join(", ")
            ),
        }
    }
}

/// Brings an empty database to what the server needs, and refuses one in which there is something already.
pub(super) fn prepare(url: &str) -> Result<(), Failed> {
    block_on(Threads::One, async {
        let failed = |error: PostgresError| Failed::new(error.to_string());
        let postgres = Postgres::connect(url).await.map_err(failed)?;
        let found = match PostgresLog::archive(&postgres).await {
            Ok(log) => log.heads().await?.position,
            Err(PostgresError::Older { found: 0, .. }) => {
                postgres.migrate().await.map_err(failed)?;
                0
            }
            Err(error) => return Err(failed(error)),
        };
        postgres.close().await;
        if found == 0 {
            return Ok(());
        }
        Err(Failed::new(format!(
            "the database has a log of {found} events already, which a measurement would add to: name an empty \
             database with --database, or use --postgres"
        )))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_ours_says_what_it_was_started_with() {
        let ours = StoreUsed { kind: "PostgreSQL", is_temporary: true, started_with: &["a=1", "b=2"] };
        assert_eq!(
            ours.in_words(),
            "PostgreSQL, started for this run with a=1, b=2; all else is its default"
        );
        assert_eq!(Store::Folder.used().in_words(), "SQLite");
        assert!(Store::Folder.database().is_none());
    }

    #[test]
    fn an_empty_address_is_none() {
        let arguments = |url: &str| StoreArgs { database: Some(url.to_owned()), postgres: false };
        assert_eq!(arguments("").named(), None);
        assert_eq!(arguments("postgres:///a").named(), Some("postgres:///a"));
    }
}
