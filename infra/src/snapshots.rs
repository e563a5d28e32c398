//! Snapshots, in `snapshots.db`: a file of its own, which may be deleted whenever no server runs.
//!
//! One snapshot a stream and kind, the last. A power loss may take it, or leave the one before.

use std::path::Path;

use async_trait::async_trait;
use boxoffice_commands::log::Outage;
use boxoffice_commands::snapshots::Snapshots;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::StreamName;
use boxoffice_domain::snapshot::{Snapshot, TakenAt};
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::feed::Outage as ReadOutage;
use boxoffice_projections::snapshots::ViewSnapshots;
use sqlx::sqlite::SqliteConnection;
use sqlx::{ColumnIndex, Decode, Row, Type};

use crate::database::{Database, OpenError, Safety, Spec, signed};
use crate::transact::{Transact as _, Verdict};

/// The file of the snapshots in the data folder.
pub const SNAPSHOTS_FILE: &str = "snapshots.db";

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS snapshot (
    kind         TEXT    NOT NULL,
    stream       TEXT    NOT NULL,
    code_version INTEGER NOT NULL, -- which form the bytes have, and which fold made them
    version      INTEGER NOT NULL, -- of the last event that is in it
    position     INTEGER NOT NULL, -- of the same
    log_time     INTEGER NOT NULL, -- of the same, in milliseconds since 1970
    hash         BLOB    NOT NULL, -- of the same
    seal         BLOB    NOT NULL, -- SHA-256 over all of this
    bytes        BLOB    NOT NULL,
    PRIMARY KEY (kind, stream)
) STRICT;
";

const SPEC: Spec = Spec {
    file: SNAPSHOTS_FILE,
    schema: SCHEMA,
    schema_version: 1,
    safety: Safety::Rebuildable,
    secure_delete: false,
    readers: 2,
};

const LOAD: &str = "SELECT code_version, version, position, log_time, hash, seal, bytes FROM snapshot
                    WHERE kind = ? AND stream = ?";

const SAVE: &str = "
INSERT INTO snapshot (kind, stream, code_version, version, position, log_time, hash, seal, bytes)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, stream) DO UPDATE SET
    code_version = excluded.code_version, version = excluded.version, position = excluded.position,
    log_time = excluded.log_time, hash = excluded.hash, seal = excluded.seal, bytes = excluded.bytes
WHERE excluded.position > snapshot.position OR excluded.code_version <> snapshot.code_version";

const DISCARD: &str = "DELETE FROM snapshot WHERE kind = ? AND stream = ? AND seal = ?";

/// The snapshots of a data folder.
#[derive(Debug)]
pub struct SqliteSnapshots {
    database: Database,
}

impl SqliteSnapshots {
    /// Opens the snapshots of a data folder, and makes both unless they are there. A file that cannot be used is
    /// thrown away: nothing in it is needed.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(data: &Path) -> Result<Self, OpenError> {
        let database = match Database::open(data, SPEC, None).await {
            Err(error @ (OpenError::Sql { .. } | OpenError::Newer { .. } | OpenError::NotSafe { .. })) => {
                tracing::warn!(%error, "the snapshots are thrown away; the next start takes longer");
                throw_away(data)?;
                Database::open(data, SPEC, None).await?
            }
            opened => opened?,
        };
        Ok(Self { database })
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.database.close().await;
    }

    async fn find(&self, kind: &'static str, stream: &StreamName) -> Result<Option<Snapshot>, sqlx::Error> {
        let query = sqlx::query(LOAD).bind(kind).bind(stream.as_str());
        let found = query.fetch_optional(&self.database.readers).await?;
        found.map(|row| of_row(&row, kind, stream)).transpose()
    }

    async fn put(&self, snapshot: Snapshot) -> Result<(), Outage> {
        let put = self.database.writer.transact(
            move |connection: &mut SqliteConnection| {
                Box::pin(async move {
                    let Snapshot { kind, taken_at: at, code_version, bytes, seal } = snapshot;
                    let query = sqlx::query(SAVE).bind(kind).bind(at.stream.as_str().to_owned());
                    let query = query.bind(i64::from(code_version)).bind(signed(at.version));
                    let query = query.bind(signed(at.position)).bind(at.log_time.unix_ms());
                    let query = query.bind(at.hash.as_bytes().to_vec()).bind(seal.as_bytes().to_vec());
                    query.bind(bytes).execute(connection).await.map(|_| Verdict::Commit(()))
                })
            },
            |()| (),
        );
        put.await.map_err(|error| Outage(error.to_string()))
    }

    async fn remove(&self, snapshot: &Snapshot) -> Result<(), Outage> {
        let (kind, stream) = (snapshot.kind, snapshot.taken_at.stream.as_str().to_owned());
        let seal = snapshot.seal.as_bytes().to_vec();
        let removed = self.database.writer.transact(
            move |connection: &mut SqliteConnection| {
                Box::pin(async move {
                    let query = sqlx::query(DISCARD).bind(kind).bind(stream).bind(seal);
                    query.execute(connection).await.map(|_| Verdict::Commit(()))
                })
            },
            |()| (),
        );
        removed.await.map_err(|error| Outage(error.to_string()))
    }
}

/// Removes the file and what SQLite keeps beside it.
fn throw_away(data: &Path) -> Result<(), OpenError> {
    for suffix in ["", "-wal", "-shm"] {
        let path = data.join(format!("{SNAPSHOTS_FILE}{suffix}"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(OpenError::io(&path)(error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// A snapshot as every store has it: the columns of [`LOAD`].
pub(crate) fn of_row<'r, R>(
    row: &'r R,
    kind: &'static str,
    stream: &StreamName,
) -> Result<Snapshot, sqlx::Error>
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    let number =
        |at: usize| row.try_get::<i64, _>(at).map(|number| u64::try_from(number).unwrap_or_default());
    let digest = |at: usize| {
        let bytes = row.try_get::<Vec<u8>, _>(at)?;
        // Of another length it is no digest, and no seal is right.
        Ok::<_, sqlx::Error>(bytes.try_into().map_or(Digest::ZERO, Digest::from_bytes))
    };
    Ok(Snapshot {
        kind,
        taken_at: TakenAt {
            stream: stream.clone(),
            version: number(1)?,
            position: number(2)?,
            log_time: Timestamp::from_unix_ms(row.try_get(3)?),
            hash: digest(4)?,
        },
        code_version: u32::try_from(number(0)?).unwrap_or_default(),
        seal: digest(5)?,
        bytes: row.try_get(6)?,
    })
}

/// Gives a store both of its ports.
macro_rules! both_ports {
    ($store:ty) => {
        #[async_trait]
        impl Snapshots for $store {
            async fn load(
                &self,
                kind: &'static str,
                stream: &StreamName,
            ) -> Result<Option<Snapshot>, Outage> {
                self.find(kind, stream).await.map_err(|error| Outage(error.to_string()))
            }

            async fn save(&self, snapshot: Snapshot) -> Result<(), Outage> {
                self.put(snapshot).await
            }

            async fn discard(&self, snapshot: &Snapshot) -> Result<(), Outage> {
                self.remove(snapshot).await
            }
        }

        #[async_trait]
        impl ViewSnapshots for $store {
            async fn load(
                &self,
                kind: &'static str,
                stream: &StreamName,
            ) -> Result<Option<Snapshot>, ReadOutage> {
                self.find(kind, stream).await.map_err(|error| ReadOutage(error.to_string()))
            }

            async fn save(&self, snapshot: Snapshot) -> Result<(), ReadOutage> {
                self.put(snapshot).await.map_err(|outage| ReadOutage(outage.0))
            }

            async fn discard(&self, snapshot: &Snapshot) -> Result<(), ReadOutage> {
                self.remove(snapshot).await.map_err(|outage| ReadOutage(outage.0))
            }
        }
    };
}

pub(crate) use both_ports;

both_ports!(SqliteSnapshots);
