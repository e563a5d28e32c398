//! Snapshots in PostgreSQL, in the schema `boxoffice_snapshots`. They have connections of their own: tens of megabytes
//! on their way keep nobody else waiting.

use std::time::Duration;

use async_trait::async_trait;
use boxoffice_commands::log::Outage;
use boxoffice_commands::snapshots::Snapshots;
use boxoffice_domain::log::StreamName;
use boxoffice_domain::snapshot::Snapshot;
use boxoffice_projections::feed::Outage as ReadOutage;
use boxoffice_projections::snapshots::ViewSnapshots;
use sqlx::postgres::{PgPool, PgPoolOptions};

use super::{CONNECT_TIMEOUT, Postgres, PostgresError, migrations};
use crate::database::signed;
use crate::snapshots::{both_ports, of_row};

/// How many connections there may be: one writes, one reads.
const CONNECTIONS_MAX: u32 = 2;

/// After how long an unused connection is closed.
const IDLE: Duration = Duration::from_mins(1);

const LOAD: &str = "SELECT code_version, version, position, log_time, hash, seal, bytes
                    FROM boxoffice_snapshots.snapshot WHERE kind = $1 AND stream = $2";

const SAVE: &str = "
INSERT INTO boxoffice_snapshots.snapshot AS known
    (kind, stream, code_version, version, position, log_time, hash, seal, bytes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (kind, stream) DO UPDATE SET
    code_version = excluded.code_version, version = excluded.version, position = excluded.position,
    log_time = excluded.log_time, hash = excluded.hash, seal = excluded.seal, bytes = excluded.bytes
WHERE excluded.position > known.position OR excluded.code_version <> known.code_version";

const DISCARD: &str =
    "DELETE FROM boxoffice_snapshots.snapshot WHERE kind = $1 AND stream = $2 AND seal = $3";

/// The snapshots of a database.
#[derive(Debug)]
pub struct PostgresSnapshots {
    pool: PgPool,
}

impl PostgresSnapshots {
    /// Opens the snapshots of a database that was migrated.
    ///
    /// # Errors
    /// [`PostgresError`], above all [`PostgresError::Older`].
    pub async fn open(postgres: &Postgres) -> Result<Self, PostgresError> {
        migrations::check(&postgres.pool).await?;
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).acquire_timeout(CONNECT_TIMEOUT);
        Ok(Self { pool: pool.idle_timeout(IDLE).connect_lazy_with(postgres.options.clone()) })
    }

    /// Waits for what is under way and closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn find(&self, kind: &'static str, stream: &StreamName) -> Result<Option<Snapshot>, sqlx::Error> {
        let query = sqlx::query(LOAD).bind(kind).bind(stream.as_str());
        let found = query.fetch_optional(&self.pool).await?;
        found.map(|row| of_row(&row, kind, stream)).transpose()
    }

    async fn put(&self, snapshot: Snapshot) -> Result<(), Outage> {
        let Snapshot { kind, taken_at: at, code_version, bytes, seal } = snapshot;
        let query = sqlx::query(SAVE).bind(kind).bind(at.stream.as_str()).bind(i64::from(code_version));
        let query = query.bind(signed(at.version)).bind(signed(at.position)).bind(at.log_time.unix_ms());
        let query = query.bind(at.hash.as_bytes().as_slice()).bind(seal.as_bytes().as_slice()).bind(bytes);
        query.execute(&self.pool).await.map(drop).map_err(|error| Outage(error.to_string()))
    }

    async fn remove(&self, snapshot: &Snapshot) -> Result<(), Outage> {
        let query = sqlx::query(DISCARD).bind(snapshot.kind).bind(snapshot.taken_at.stream.as_str());
        let query = query.bind(snapshot.seal.as_bytes().as_slice());
        query.execute(&self.pool).await.map(drop).map_err(|error| Outage(error.to_string()))
    }
}

both_ports!(PostgresSnapshots);
