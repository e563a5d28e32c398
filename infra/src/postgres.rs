//! PostgreSQL 15 or later: a log that several servers share, on a machine of its own.
//!
//! Everything is as in [`crate::sqlite`]: the same tables, the same bytes, the same promises, checked by the same suite.
//! What differs is how things end: a connection can break around a commit, and another server can own a stream.
//!
//! The log and what is beside it have schemas of their own: `boxoffice_log`, `boxoffice_views`,
//! `boxoffice_vault`, `boxoffice_effects`.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

mod append;
mod cursors;
mod error;
mod kept;
mod log;
mod migrations;
mod reader;
mod rows;
mod settings;
mod transactions;
mod vault;
mod views;
mod writer;

pub use cursors::PostgresCursors;
pub use error::PostgresError;
pub use log::PostgresLog;
pub use migrations::Migrated;
pub use vault::PostgresVault;
pub use views::{PostgresTables, PostgresViews};

/// How many connections there may be, the log's writer aside.
const CONNECTIONS_MAX: u32 = 16;

/// How long a connection may take, or a place in the line for one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the server may take for one statement. No statement of ours takes long.
const STATEMENT_TIMEOUT: &str = "10s";

/// A database that has been looked at: it is a PostgreSQL that keeps what it has acknowledged.
#[derive(Debug, Clone)]
pub struct Postgres {
    pub(crate) pool: PgPool,
    options: PgConnectOptions,
    settings: Vec<(&'static str, String)>,
}

impl Postgres {
    /// Connects to a database, as `postgres://user:password@host:5432/name`.
    ///
    /// # Errors
    /// [`PostgresError`]: it cannot be reached, is too old, or could lose what it has acknowledged.
    pub async fn connect(url: &str) -> Result<Self, PostgresError> {
        let options = PgConnectOptions::from_str(url).map_err(PostgresError::Url)?;
        // Whoever gives the address may give other limits with it: `?options=-c statement_timeout=5s`.
        let given = options.get_options().unwrap_or_default().to_owned();
        let limits = ["statement_timeout", "idle_in_transaction_session_timeout"];
        let limits = limits.into_iter().filter(|name| !given.contains(name));
        let options =
            options.application_name("boxoffice").options(limits.map(|name| (name, STATEMENT_TIMEOUT)));
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).acquire_timeout(CONNECT_TIMEOUT);
        let pool = pool.connect_with(options.clone()).await.map_err(PostgresError::Connect)?;
        let settings = settings::check(&pool).await?;
        Ok(Self { pool, options, settings })
    }

    /// What the server says of the settings that durability rests on, as `fsync` and `on`.
    #[must_use]
    pub fn settings(&self) -> &[(&'static str, String)] {
        &self.settings
    }

    /// Brings the tables to what this program needs, in one transaction. Several may try at once.
    ///
    /// # Errors
    /// [`PostgresError`], above all [`PostgresError::Newer`].
    pub async fn migrate(&self) -> Result<Migrated, PostgresError> {
        migrations::apply(&self.pool).await
    }

    /// Waits for what is under way and closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
