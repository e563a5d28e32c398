//! Which adapters stand behind the ports: files of a data folder, or a PostgreSQL database for what servers share.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use boxoffice_commands::clock::Clock;
use boxoffice_commands::effects::{Cursors, EffectFeed};
use boxoffice_commands::log::{Documents, EventLog};
use boxoffice_infra::cursors::SqliteCursors;
use boxoffice_infra::folder;
use boxoffice_infra::keys::Keys;
use boxoffice_infra::postgres::{Postgres, PostgresLog};
use boxoffice_infra::sandbox::SandboxProvider;
use boxoffice_infra::sqlite::SqliteLog;
use boxoffice_infra::vault::SqliteVault;
use boxoffice_infra::views::SqliteViews;
use boxoffice_projections::feed::LogFeed;
use boxoffice_projections::table::TableStore;

use crate::app::StartError;

/// Everything that is kept.
pub(crate) struct Stores {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) feed: Arc<dyn LogFeed>,
    pub(crate) effects: Arc<dyn EffectFeed>,
    pub(crate) views: Arc<dyn TableStore>,
    pub(crate) vault: Arc<SqliteVault>,
    pub(crate) sandbox: Arc<SandboxProvider>,
    pub(crate) cursors: Arc<dyn Cursors>,
    closing: Closing,
}

/// What has to be closed, and how.
struct Closing {
    log: Log,
    views: Arc<SqliteViews>,
    cursors: Arc<SqliteCursors>,
}

enum Log {
    Folder(Arc<SqliteLog>),
    Database(Box<Database>),
}

struct Database {
    log: Arc<PostgresLog>,
    postgres: Postgres,
    /// The folder has keys and the sandbox, and is locked for those as long as this lives.
    _lock: File,
}

impl Stores {
    /// Opens everything.
    ///
    /// # Errors
    /// [`StartError`] says what is wrong, in words for an operator.
    pub(crate) async fn open(
        data: &Path,
        database: Option<&str>,
        keys: &Keys,
        clock: &Arc<dyn Clock>,
        log: OpenLog,
    ) -> Result<Self, StartError> {
        let views =
            SqliteViews::open(data).await.map_err(|error| StartError::of("the read models")(&error))?;
        let vault = SqliteVault::open(data, keys.clone(), Arc::clone(clock))
            .await
            .map_err(|error| StartError::of("the vault")(&error))?;
        let sandbox = SandboxProvider::open(data, Arc::clone(clock))
            .await
            .map_err(|error| StartError::of("the payment sandbox")(&error))?;
        let cursors =
            SqliteCursors::open(data).await.map_err(|error| StartError::of("the cursors")(&error))?;
        let _ = database;
        let (views, cursors) = (Arc::new(views), Arc::new(cursors));
        let OpenLog { log: kept, events, documents, feed, effects } = log;
        Ok(Self {
            log: events,
            documents,
            feed,
            effects,
            views: Arc::clone(&views) as _,
            vault: Arc::new(vault),
            sandbox: Arc::new(sandbox),
            cursors: Arc::clone(&cursors) as _,
            closing: Closing { log: kept, views, cursors },
        })
    }

    /// Writes what is still to be written and closes everything.
    pub(crate) async fn close(&self) {
        if let Err(outage) = self.sandbox.close().await {
            tracing::warn!(%outage, "not everything that the sandbox was told is written; it will tell it again");
        }
        self.closing.cursors.close().await;
        self.closing.views.close().await;
        self.vault.close().await;
        match &self.closing.log {
            Log::Folder(log) => log.close().await,
            Log::Database(database) => {
                database.log.close().await;
                database.postgres.close().await;
            }
        }
    }
}

/// The log, opened first: whoever has it has the data folder too.
pub(crate) struct OpenLog {
    log: Log,
    events: Arc<dyn EventLog>,
    documents: Arc<dyn Documents>,
    feed: Arc<dyn LogFeed>,
    effects: Arc<dyn EffectFeed>,
}

impl OpenLog {
    pub(crate) async fn open(data: &Path, database: Option<&str>) -> Result<Self, StartError> {
        let Some(url) = database else {
            let log = SqliteLog::open(data).await.map_err(|error| StartError::of("the event log")(&error))?;
            let log = Arc::new(log);
            return Ok(Self::of(&log, Log::Folder(Arc::clone(&log))));
        };
        let lock = folder::ensure(data).and_then(|()| folder::lock(data));
        let lock = lock.map_err(|error| StartError::of("the data folder")(&error))?;
        let lock = lock
            .ok_or_else(|| StartError(format!("the data folder: another server uses {}", data.display())))?;
        let wrong = |error: boxoffice_infra::postgres::PostgresError| StartError::of("the event log")(&error);
        let postgres = Postgres::connect(url).await.map_err(wrong)?;
        let log = Arc::new(PostgresLog::open(&postgres).await.map_err(wrong)?);
        let database = Database { log: Arc::clone(&log), postgres, _lock: lock };
        Ok(Self::of(&log, Log::Database(Box::new(database))))
    }

    fn of<L: EventLog + Documents + LogFeed + EffectFeed>(log: &Arc<L>, kept: Log) -> Self {
        Self {
            log: kept,
            events: Arc::clone(log) as _,
            documents: Arc::clone(log) as _,
            feed: Arc::clone(log) as _,
            effects: Arc::clone(log) as _,
        }
    }
}
