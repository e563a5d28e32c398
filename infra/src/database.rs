//! One SQLite file of the data folder: one writer, some readers, and the settings that its durability rests on.
//!
//! sqlx sets neither `journal_mode` nor `synchronous`; both are set here, asked for again, and a file that does
//! not have them is refused.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::folder;

mod bulk;
mod writer;

pub(crate) use bulk::{Bulk, bind};
pub(crate) use writer::Writer;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How many statements a writer keeps prepared; every one of them is in one of a few sizes.
const STATEMENTS: usize = 500;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a store of the data folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody has the folder locked.
    #[error("another server is using this data folder: {}", .0.display())]
    InUse(PathBuf),
    /// A newer release has written the file.
    #[error("{} has schema version {found}, this release knows {known}: use a newer release", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version that it has.
        found: i64,
        /// The newest version that is understood here.
        known: i64,
    },
    /// The file would lose data that was acknowledged.
    #[error("{} is not safe to use: {setting} is {found}, it must be {needed}", path.display())]
    NotSafe {
        /// The file.
        path: PathBuf,
        /// The SQLite setting.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        needed: &'static str,
    },
    /// There is nothing to open.
    #[error("there is no {}", .0.display())]
    Missing(PathBuf),
    /// What was found cannot be used.
    #[error("{}: {problem}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("{}: {source}", path.display())]
    Sql {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: sqlx::Error,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn unusable(path: &Path, problem: String) -> Self {
        Self::Unusable { path: path.to_owned(), problem }
    }

    pub(crate) fn sql(path: &Path) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Sql { path: path.to_owned(), source }
    }
}

/// What a crash may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Safety {
    /// Nothing that was committed: every commit is synchronised (`synchronous=FULL`).
    Durable,
    /// The last commits, never their order or unity (`synchronous=NORMAL`): for what can be built again.
    Rebuildable,
}

impl Safety {
    const fn synchronous(self) -> (SqliteSynchronous, &'static str) {
        match self {
            Self::Durable => (SqliteSynchronous::Full, "2"),
            Self::Rebuildable => (SqliteSynchronous::Normal, "1"),
        }
    }
}

/// How a file is made and opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec {
    /// Its name in the data folder.
    pub(crate) file: &'static str,
    /// Statements that may be run any number of times.
    pub(crate) schema: &'static str,
    /// What [`Self::schema`] makes; kept in SQLite's `user_version`.
    pub(crate) schema_version: i64,
    /// What a crash may take.
    pub(crate) safety: Safety,
    /// Whether deleted content is overwritten.
    pub(crate) secure_delete: bool,
    /// How many read-only connections there may be.
    pub(crate) readers: u32,
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) writer: Writer,
    pub(crate) readers: SqlitePool,
    /// What SQLite says of the settings that durability rests on.
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl Database {
    /// Opens a file of the folder, and makes both unless they are there. `lock` is kept as long as anything may
    /// still be written, which is longer than whoever dropped this knows.
    pub(crate) async fn open(
        folder: &Path,
        spec: Spec,
        lock: Option<std::fs::File>,
    ) -> Result<Self, OpenError> {
        let path = folder.join(spec.file);
        folder::ensure(folder).map_err(OpenError::io(folder))?;
        folder::ensure_private_file(&path).map_err(OpenError::io(&path))?;
        let options = writer_options(&path, spec);
        let mut connection = options.connect().await.map_err(OpenError::sql(&path))?;
        let settings = verify(&mut connection, &path, spec.safety).await?;
        prepare(&mut connection, &path, spec).await?;
        let readers = readers(&path, spec.readers).await?;
        Ok(Self { writer: Writer::new(connection, options, lock), readers, settings })
    }

    /// Waits for what is under way and closes every connection; the write-ahead log is folded into the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn writer_options(path: &Path, spec: Spec) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(spec.safety.synchronous().0)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS)
        .pragma("secure_delete", if spec.secure_delete { "ON" } else { "OFF" })
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-32768")
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging()
}

async fn setting(connection: &mut SqliteConnection, pragma: &'static str) -> Result<String, sqlx::Error> {
    let text = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
    sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(connection).await
}

/// Asks for the settings that durability rests on, and tells them.
async fn verify(
    connection: &mut SqliteConnection,
    path: &Path,
    safety: Safety,
) -> Result<Vec<(&'static str, String)>, OpenError> {
    let mut settings = Vec::new();
    for (name, needed) in [("journal_mode", "wal"), ("synchronous", safety.synchronous().1)] {
        let found = setting(connection, name).await.map_err(OpenError::sql(path))?;
        if found != needed {
            return Err(OpenError::NotSafe { path: path.to_owned(), setting: name, found, needed });
        }
        settings.push((name, found));
    }
    Ok(settings)
}

async fn refuse_newer(connection: &mut SqliteConnection, path: &Path, known: i64) -> Result<i64, OpenError> {
    let found: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(connection)
        .await
        .map_err(OpenError::sql(path))?;
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

async fn prepare(connection: &mut SqliteConnection, path: &Path, spec: Spec) -> Result<(), OpenError> {
    let found = refuse_newer(connection, path, spec.schema_version).await?;
    let made = async {
        if found < spec.schema_version {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::raw_sql(spec.schema).execute(&mut *transaction).await?;
            let version = format!("PRAGMA user_version = {}", spec.schema_version);
            sqlx::raw_sql(AssertSqlSafe(version)).execute(&mut *transaction).await?;
            transaction.commit().await?;
        }
        // A process that was killed may have left commits that are written but not synchronised. Whoever reads
        // them from now on may rely on them, so they are folded into the file, which synchronises them.
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await
    };
    made.await.map(drop).map_err(OpenError::sql(path))
}

async fn readers(path: &Path, count: u32) -> Result<SqlitePool, OpenError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-8192")
        .disable_statement_logging();
    SqlitePoolOptions::new()
        .max_connections(count)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(OpenError::sql(path))
}

/// Read-only connections to a file that some other process may be writing. Works after a stop as well, also where
/// a write-ahead log was left behind.
pub(crate) async fn open_read_only(path: &Path, schema_version: i64) -> Result<SqlitePool, OpenError> {
    if !path.try_exists().map_err(OpenError::io(path))? {
        return Err(OpenError::Missing(path.to_owned()));
    }
    // Told apart from what SQLite says, which does not know why it cannot open a file.
    std::fs::File::open(path).map_err(OpenError::io(path))?;
    let pool = readers(path, 2).await?;
    let mut connection = pool.acquire().await.map_err(OpenError::sql(path))?;
    if refuse_newer(&mut connection, path, schema_version).await? == 0 {
        let problem = "nothing has been written here yet".to_owned();
        return Err(OpenError::Unusable { path: path.to_owned(), problem });
    }
    drop(connection);
    Ok(pool)
}

/// An unsigned number as SQLite keeps it; what does not fit is held at the greatest.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A limit as SQLite keeps it.
pub(crate) fn limit(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A file with one table whose rows must name a row of another by the end of the transaction.
    pub(crate) async fn open(folder: &Path) -> Database {
        let schema = "CREATE TABLE IF NOT EXISTS place (id INTEGER PRIMARY KEY);
                      CREATE TABLE IF NOT EXISTS note (
                          id INTEGER PRIMARY KEY,
                          place INTEGER REFERENCES place DEFERRABLE INITIALLY DEFERRED
                      );";
        let spec = Spec {
            file: "test.db",
            schema,
            schema_version: 1,
            safety: Safety::Durable,
            secure_delete: false,
            readers: 1,
        };
        Database::open(folder, spec, None).await.unwrap()
    }

    pub(crate) async fn notes(database: &Database) -> Vec<i64> {
        sqlx::query_scalar("SELECT id FROM note ORDER BY id").fetch_all(&database.readers).await.unwrap()
    }
}
