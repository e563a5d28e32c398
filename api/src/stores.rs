//! Which adapters stand behind the ports: files of a data folder, or a PostgreSQL database for what servers share.

use std::fmt::Display;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use boxoffice_commands::clock::Clock;
use boxoffice_commands::effects::{Cursors, EffectFeed};
use boxoffice_commands::log::{Documents, EventLog};
use boxoffice_commands::snapshots::Snapshots;
use boxoffice_commands::vault::Sweepable;
use boxoffice_infra::cursors::SqliteCursors;
use boxoffice_infra::folder;
use boxoffice_infra::keys::Keys;
use boxoffice_infra::postgres::{
    Postgres, PostgresCursors, PostgresLog, PostgresSnapshots, PostgresVault, PostgresViews,
};
use boxoffice_infra::sandbox::SandboxProvider;
use boxoffice_infra::snapshots::SqliteSnapshots;
use boxoffice_infra::sqlite::SqliteLog;
use boxoffice_infra::vault::SqliteVault;
use boxoffice_infra::views::SqliteViews;
use boxoffice_projections::feed::LogFeed;
use boxoffice_projections::snapshots::ViewSnapshots;
use boxoffice_projections::table::TableStore;

use crate::app::StartError;

/// Everything that is kept.
pub(crate) struct Stores {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) feed: Arc<dyn LogFeed>,
    pub(crate) effects: Arc<dyn EffectFeed>,
    pub(crate) views: Arc<dyn TableStore>,
    pub(crate) vault: Arc<dyn Sweepable>,
    pub(crate) cursors: Arc<dyn Cursors>,
    pub(crate) snapshots: Arc<dyn Snapshots>,
    pub(crate) view_snapshots: Arc<dyn ViewSnapshots>,
    pub(crate) sandbox: Arc<SandboxProvider>,
    pub(crate) keys: Keys,
    /// What the store of the log says of the settings that durability rests on.
    pub(crate) settings: Vec<(&'static str, String)>,
    closing: Closing,
}

/// What has to be closed.
enum Closing {
    Folder(Folder),
    Database(Box<Database>),
}

struct Folder {
    log: Arc<SqliteLog>,
    views: Arc<SqliteViews>,
    vault: Arc<SqliteVault>,
    cursors: Arc<SqliteCursors>,
    snapshots: Arc<SqliteSnapshots>,
}

struct Database {
    log: Arc<PostgresLog>,
    snapshots: Arc<PostgresSnapshots>,
    postgres: Postgres,
    /// The folder has the keys and the sandbox, and is locked for those as long as this lives.
    _lock: File,
}

impl Stores {
    /// Opens everything: what servers share in the database, if there is one, and the rest in the data folder.
    ///
    /// # Errors
    /// [`StartError`] says what is wrong, in words for an operator.
    pub(crate) async fn open(
        data: &Path,
        database: Option<&str>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        match database {
            None => Self::in_folder(data, clock).await,
            Some(url) => Self::in_database(data, url, clock).await,
        }
    }

    async fn in_folder(data: &Path, clock: &Arc<dyn Clock>) -> Result<Self, StartError> {
        // The log comes first: whoever has it has the folder.
        let log = Arc::new(SqliteLog::open(data).await.map_err(wrong("the event log"))?);
        let keys = keys(data)?;
        let views = Arc::new(SqliteViews::open(data).await.map_err(wrong("the read models"))?);
        let vault = SqliteVault::open(data, keys.clone(), Arc::clone(clock)).await;
        let vault = Arc::new(vault.map_err(wrong("the vault"))?);
        let cursors = Arc::new(SqliteCursors::open(data).await.map_err(wrong("the cursors"))?);
        let snapshots = Arc::new(SqliteSnapshots::open(data).await.map_err(wrong("the snapshots"))?);
        let settings =
            [("store", "sqlite".to_owned())].into_iter().chain(log.settings().iter().cloned()).collect();
        Ok(Self {
            log: Arc::clone(&log) as _,
            documents: Arc::clone(&log) as _,
            feed: Arc::clone(&log) as _,
            effects: Arc::clone(&log) as _,
            views: Arc::clone(&views) as _,
            vault: Arc::clone(&vault) as _,
            cursors: Arc::clone(&cursors) as _,
            snapshots: Arc::clone(&snapshots) as _,
            view_snapshots: Arc::clone(&snapshots) as _,
            sandbox: sandbox(data, clock).await?,
            keys,
            settings,
            closing: Closing::Folder(Folder { log, views, vault, cursors, snapshots }),
        })
    }

    async fn in_database(data: &Path, url: &str, clock: &Arc<dyn Clock>) -> Result<Self, StartError> {
        let lock =
            folder::ensure(data).and_then(|()| folder::lock(data)).map_err(wrong("the data folder"))?;
        let in_use = || StartError(format!("the data folder: another server uses {}", data.display()));
        let lock = lock.ok_or_else(in_use)?;
        let keys = keys(data)?;
        let postgres = Postgres::connect(url).await.map_err(wrong("the database"))?;
        let log = Arc::new(PostgresLog::open(&postgres).await.map_err(wrong("the event log"))?);
        let views = PostgresViews::open(&postgres).await.map_err(wrong("the read models"))?;
        let vault = PostgresVault::open(&postgres, keys.clone(), Arc::clone(clock)).await;
        let cursors = PostgresCursors::open(&postgres).await.map_err(wrong("the cursors"))?;
        let snapshots = PostgresSnapshots::open(&postgres).await.map_err(wrong("the snapshots"))?;
        let snapshots = Arc::new(snapshots);
        let store = [("store", "postgres".to_owned())];
        let settings = store.into_iter().chain(postgres.settings().iter().cloned()).collect();
        Ok(Self {
            log: Arc::clone(&log) as _,
            documents: Arc::clone(&log) as _,
            feed: Arc::clone(&log) as _,
            effects: Arc::clone(&log) as _,
            views: Arc::new(views),
            vault: Arc::new(vault.map_err(wrong("the vault"))?),
            cursors: Arc::new(cursors),
            snapshots: Arc::clone(&snapshots) as _,
            view_snapshots: Arc::clone(&snapshots) as _,
            sandbox: sandbox(data, clock).await?,
            keys,
            settings,
            closing: Closing::Database(Box::new(Database { log, snapshots, postgres, _lock: lock })),
        })
    }

    /// Writes what is still to be written and closes everything.
    pub(crate) async fn close(&self) {
        if let Err(outage) = self.sandbox.close().await {
            tracing::warn!(%outage, "not everything that the sandbox was told is written; it will tell it again");
        }
        match &self.closing {
            Closing::Folder(folder) => {
                folder.snapshots.close().await;
                folder.cursors.close().await;
                folder.views.close().await;
                folder.vault.close().await;
                folder.log.close().await;
            }
            Closing::Database(database) => {
                database.snapshots.close().await;
                database.log.close().await;
                database.postgres.close().await;
            }
        }
    }
}

fn keys(data: &Path) -> Result<Keys, StartError> {
    Keys::load_or_create(data).map_err(wrong("the server's keys"))
}

async fn sandbox(data: &Path, clock: &Arc<dyn Clock>) -> Result<Arc<SandboxProvider>, StartError> {
    let sandbox = SandboxProvider::open(data, Arc::clone(clock)).await;
    Ok(Arc::new(sandbox.map_err(wrong("the payment sandbox"))?))
}

fn wrong<E: Display>(what: &str) -> impl FnOnce(E) -> StartError + '_ {
    move |error| StartError(format!("{what}: {error}"))
}
