//! What events are put into: the log, and plain tables with the same columns in the same store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use boxoffice_commands::log::{Claim, EventLog, StreamBatch, StreamOutcome};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{NewEvent, StreamName, link};
use boxoffice_infra::baseline::{BareTable, Indexes, SqliteTable, Yardstick};
use boxoffice_infra::postgres::{Postgres, PostgresLog};
use boxoffice_infra::sqlite::SqliteLog;

use crate::cli::bench::durability::Settings;
use crate::cli::failed::Failed;

/// The plain tables, and what is added to the names of their figures.
const TABLES: [(&str, Indexes); 2] =
    [(", plain table", Indexes::None), (", plain, indexed", Indexes::OfTheLog)];

/// A log that is open, and where to make the tables.
pub(super) struct Targets {
    stream: StreamName,
    opened: Opened,
}

enum Opened {
    Folder { log: Arc<SqliteLog>, folder: PathBuf },
    Database(Box<Database>),
}

struct Database {
    log: Arc<PostgresLog>,
    postgres: Postgres,
    yardstick: Yardstick,
}

/// One of those that events are put into.
pub(super) enum Target {
    /// The log, with what was known of a stream before the first commit.
    Log(Arc<dyn EventLog>, StreamName, Claim),
    /// A plain table.
    Table(Box<dyn BareTable>, StreamName),
}

impl Targets {
    /// Opens a log in a folder, or in a database that was prepared for it.
    pub(super) async fn open(folder: &Path, database: Option<&str>, size: u64) -> Result<Self, Failed> {
        let stream = StreamName::from_log(&format!("inventory-event_{size:026}"));
        let opened = match database {
            None => {
                let log = Arc::new(SqliteLog::open(folder).await.map_err(failed)?);
                Opened::Folder { log, folder: folder.to_owned() }
            }
            Some(url) => {
                let postgres = Postgres::connect(url).await.map_err(failed)?;
                let log = Arc::new(PostgresLog::open(&postgres).await.map_err(failed)?);
                let yardstick = Yardstick::create(url).await.map_err(failed)?;
                Opened::Database(Box::new(Database { log, postgres, yardstick }))
            }
        };
        Ok(Self { stream, opened })
    }

    /// What the store says of the settings that durability rests on.
    pub(super) fn settings(&self) -> Settings {
        let settings = match &self.opened {
            Opened::Folder { log, .. } => log.settings(),
            Opened::Database(database) => database.postgres.settings(),
        };
        settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// The log, and then the plain tables, each with what to add to its name.
    pub(super) async fn contenders(&mut self) -> Result<Vec<(&'static str, Target)>, Failed> {
        let log: Arc<dyn EventLog> = match &self.opened {
            Opened::Folder { log, .. } => Arc::clone(log) as _,
            Opened::Database(database) => Arc::clone(&database.log) as _,
        };
        let claim = log.claim(&self.stream).await.map_err(failed)?;
        let mut contenders = vec![("", Target::Log(log, self.stream.clone(), claim))];
        for (name, indexes) in TABLES {
            let table: Box<dyn BareTable> = match &mut self.opened {
                Opened::Folder { folder, .. } => {
                    let folder = folder.join(format!("{indexes:?}"));
                    Box::new(SqliteTable::create(&folder, indexes).await.map_err(failed)?)
                }
                Opened::Database(database) => {
                    Box::new(database.yardstick.rows(indexes).await.map_err(failed)?)
                }
            };
            contenders.push((name, Target::Table(table, self.stream.clone())));
        }
        Ok(contenders)
    }

    /// Closes the log, and removes the tables from the database.
    pub(super) async fn close(self) -> Result<(), Failed> {
        match self.opened {
            Opened::Folder { log, .. } => log.close().await,
            Opened::Database(database) => {
                let Database { log, postgres, yardstick } = *database;
                log.close().await;
                postgres.close().await;
                yardstick.remove().await.map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// What links events to those before them.
pub(super) struct Chain {
    stream: StreamName,
    head: Digest,
}

impl Chain {
    /// Gives each its hash.
    pub(super) fn link(&mut self, mut events: Vec<NewEvent>) -> Result<Vec<NewEvent>, Failed> {
        for event in &mut events {
            event.hash = link(&self.head, &self.stream, event).map_err(failed)?;
            self.head = event.hash;
        }
        Ok(events)
    }
}

impl Target {
    /// What the log wants to be done with events first.
    pub(super) fn chain(&self) -> Option<Chain> {
        match self {
            Self::Log(_, stream, at) => Some(Chain { stream: stream.clone(), head: at.head }),
            Self::Table(..) => None,
        }
    }

    /// Puts events there for good.
    pub(super) async fn commit(&mut self, events: Vec<NewEvent>) -> Result<(), Failed> {
        match self {
            Self::Log(log, stream, Claim { epoch, .. }) => {
                let expected = events.first().map_or(0, |event| event.version.saturating_sub(1));
                let batches = [StreamBatch { stream: stream.clone(), expected, epoch: *epoch, events }];
                match log.append(batches.into()).await.map_err(failed)?.as_slice() {
                    [StreamOutcome::Appended { .. }] => Ok(()),
                    outcomes => Err(Failed::new(format!("the log did not append: {outcomes:?}"))),
                }
            }
            Self::Table(table, stream) => table.insert(stream, events).await.map_err(failed),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Failed {
    Failed::new(format!("nothing can be appended: {error}"))
}
