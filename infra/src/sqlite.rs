//! The embedded log: `log.db`, one writer, durable at every commit.
//!
//! Positions have no gaps because the transaction that writes events also moves the `head` row, and there is one
//! writer. Safety is in that transaction (`sqlite/append.rs`): a stream moves only from the expected version and under
//! the expected epoch. `docs/log-format.md` says what the columns hold.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use boxoffice_commands::log::{
    AppendError, Claim, Documents, EventLog, Outage as WriteOutage, StreamBatch, StreamOutcome,
};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, Recorded, StreamName, Version};
use boxoffice_domain::seating::Layout;
use boxoffice_projections::feed::{LogFeed, Outage, Until};
use sqlx::sqlite::SqliteConnection;

use crate::archive::Archive as _;
use crate::database::{Database, OpenError, Safety, Spec};
use crate::transact::{Failed, Transact as _, Verdict};
use crate::{folder, well_formed};

mod append;
mod reader;
mod rows;

pub use reader::LogReader;

/// The file of the log in the data folder.
pub const LOG_FILE: &str = "log.db";

const SCHEMA_VERSION: i64 = 1;

const READERS: u32 = 4;

/// Two indexes only: `position`, which is the table itself, and `(stream, version)`.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS event (
    position       INTEGER PRIMARY KEY,
    stream         TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    type           TEXT    NOT NULL,
    schema_version INTEGER NOT NULL,
    log_time       INTEGER NOT NULL, -- milliseconds since 1970
    command_id     BLOB    NOT NULL, -- 16 bytes
    command_hash   BLOB    NOT NULL, -- 32 bytes
    cause          TEXT,
    payload        TEXT    NOT NULL, -- RFC 8785 canonical JSON
    hash           BLOB    NOT NULL, -- 32 bytes
    UNIQUE (stream, version)
) STRICT;
CREATE TABLE IF NOT EXISTS stream (
    stream  TEXT    PRIMARY KEY,
    version INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,
    head    BLOB    NOT NULL -- the hash of the last event
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS head (
    partition INTEGER PRIMARY KEY,
    position  INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS document (
    digest  BLOB PRIMARY KEY, -- SHA-256 of the content
    content BLOB NOT NULL
) STRICT;
INSERT OR IGNORE INTO head (partition, position) VALUES (0, 0);
";

const SPEC: Spec = Spec {
    file: LOG_FILE,
    schema: SCHEMA,
    schema_version: SCHEMA_VERSION,
    safety: Safety::Durable,
    secure_delete: false,
    readers: READERS,
};

/// The log of a data folder that this process has locked.
#[derive(Debug)]
pub struct SqliteLog {
    database: Database,
    reader: LogReader,
}

impl SqliteLog {
    /// Opens the log of a data folder, and makes both unless they are there. The folder stays locked until this
    /// is closed or dropped and what was under way has ended.
    ///
    /// # Errors
    /// [`OpenError`], above all [`OpenError::InUse`].
    pub async fn open(data: &Path) -> Result<Self, OpenError> {
        folder::ensure(data).map_err(OpenError::io(data))?;
        let lock = folder::lock(data).map_err(OpenError::io(data))?;
        let lock = lock.ok_or_else(|| OpenError::InUse(data.to_owned()))?;
        let database = Database::open(data, SPEC, Some(lock)).await?;
        let path = data.join(LOG_FILE);
        let reader = LogReader::new(database.readers.clone(), &path).await?;
        let heads = reader.heads().await.map_err(|outage| OpenError::unusable(&path, outage.0))?;
        if let Some(fault) = heads.fault() {
            return Err(OpenError::unusable(
                &path,
                format!("the log is damaged: {fault}. Restore it from a backup"),
            ));
        }
        Ok(Self { database, reader })
    }

    /// Opens the log of a data folder for reading alone, beside a running server or after one has stopped.
    ///
    /// # Errors
    /// [`OpenError`], above all [`OpenError::Missing`].
    pub async fn open_read_only(data: &Path) -> Result<LogReader, OpenError> {
        LogReader::open(&data.join(LOG_FILE), SCHEMA_VERSION).await
    }

    /// What SQLite says of the settings that durability rests on, as `synchronous` and `2`, which is `FULL`.
    #[must_use]
    pub fn settings(&self) -> &[(&'static str, String)] {
        &self.database.settings
    }

    /// The log for reading alone, beside this.
    #[must_use]
    pub fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

#[async_trait]
impl EventLog for SqliteLog {
    async fn append(&self, batches: Arc<[StreamBatch]>) -> Result<Vec<StreamOutcome>, AppendError> {
        well_formed::check(&batches)?;
        let growth = self.reader.growth();
        let sent = Arc::clone(&batches);
        let result = self
            .database
            .writer
            .transact(
                |connection: &mut SqliteConnection| Box::pin(append::append(connection, batches)),
                move |appended: &append::Appended| growth.landed(&sent, &appended.outcomes, appended.head),
            )
            .await;
        match result {
            Ok(appended) => Ok(appended.outcomes),
            Err(Failed::BeforeCommit(error)) => Err(AppendError::NotAppended(error.to_string())),
            Err(error @ (Failed::AtCommit(_) | Failed::Abandoned | Failed::Unanswered)) => {
                Err(AppendError::Unknown(error.to_string()))
            }
        }
    }

    async fn claim(&self, stream: &StreamName) -> Result<Claim, WriteOutage> {
        let stream = stream.clone();
        let head = self.reader.growth();
        let result = self
            .database
            .writer
            .transact(
                |connection: &mut SqliteConnection| Box::pin(append::claim(connection, stream)),
                // An append whose outcome was unknown may have landed: the caller is about to read it.
                move |(_, position): &(Claim, Position)| head.advance(*position),
            )
            .await;
        result.map(|(claim, _)| claim).map_err(|error| WriteOutage(error.to_string()))
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, WriteOutage> {
        let events = LogFeed::read_stream(&self.reader, stream, after, None, limit).await;
        events.map_err(|error| WriteOutage(error.to_string()))
    }

    fn head(&self) -> Position {
        LogFeed::head(&self.reader)
    }
}

#[async_trait]
impl Documents for SqliteLog {
    async fn keep(&self, content: &[u8]) -> Result<Digest, WriteOutage> {
        let digest = Digest::of(&[content]);
        let known = self.reader.has_document(digest).await;
        if known.map_err(|error| WriteOutage(error.to_string()))? {
            return Ok(digest);
        }
        let content = content.to_vec();
        let kept = self
            .database
            .writer
            .transact(
                move |connection: &mut SqliteConnection| {
                    Box::pin(async move {
                        sqlx::query("INSERT OR IGNORE INTO document (digest, content) VALUES (?, ?)")
                            .bind(digest.as_bytes().to_vec())
                            .bind(content)
                            .execute(connection)
                            .await?;
                        Ok(Verdict::Commit(()))
                    })
                },
                |()| (),
            )
            .await;
        kept.map(|()| digest).map_err(|error| WriteOutage(error.to_string()))
    }

    async fn find(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, WriteOutage> {
        self.reader.document(digest).await.map_err(|error| WriteOutage(error.to_string()))
    }
}

#[async_trait]
impl LogFeed for SqliteLog {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Outage> {
        self.reader.read(after, limit).await
    }

    async fn at(&self, position: Position) -> Result<Option<Recorded>, Outage> {
        self.reader.at(position).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        after: u64,
        until: Option<Until>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Outage> {
        LogFeed::read_stream(&self.reader, stream, after, until, limit).await
    }

    fn head(&self) -> Position {
        LogFeed::head(&self.reader)
    }

    async fn wait_beyond(&self, position: Position) {
        self.reader.wait_beyond(position).await;
    }

    async fn layout(&self, digest: Digest) -> Result<Option<Arc<Layout>>, Outage> {
        self.reader.layout(digest).await
    }
}

#[cfg(test)]
mod tests {
    use boxoffice_domain::log::{CommandMeta, NewEvent};
    use boxoffice_domain::time::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_full_disk_refuses_and_spoils_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let log = SqliteLog::open(folder.path()).await.unwrap();
        let stream = StreamName::from_log("inventory-event_1");
        let epoch = log.claim(&stream).await.unwrap().epoch;
        let batch = |expected, length| {
            let event = NewEvent {
                version: expected + 1,
                event_type: "hold_placed",
                schema_version: 1,
                log_time: Timestamp::from_unix_ms(1),
                command: CommandMeta { id: uuid::Uuid::nil(), hash: Digest::ZERO, cause: None },
                payload: format!("\"{}\"", "x".repeat(length)).into(),
                hash: Digest::of(&[b"x"]),
            };
            [StreamBatch { stream: stream.clone(), expected, epoch, events: vec![event] }]
        };
        log.append(batch(0, 10).into()).await.unwrap();
        log.database.writer.run("PRAGMA max_page_count = 1").await.unwrap();
        let error = log.append(batch(1, 100_000).into()).await.unwrap_err();
        assert!(matches!(error, AppendError::NotAppended(_)), "{error}");
        assert_eq!(EventLog::head(&log), 1);
        assert_eq!(
            log.append(batch(1, 100_000).into()).await.unwrap(),
            [StreamOutcome::Appended { first: 2 }]
        );
        assert_eq!(log.read(0, 10).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_log_that_counts_other_events_than_it_has_is_not_opened() {
        let forged =
            "INSERT INTO event SELECT 9, stream, 9, type, schema_version, log_time, command_id, command_hash,
                      cause, payload, hash FROM event";
        for damage in [forged, "DELETE FROM head", "DELETE FROM event", "UPDATE event SET position = -1"] {
            let folder = tempfile::tempdir().unwrap();
            let log = SqliteLog::open(folder.path()).await.unwrap();
            let stream = StreamName::from_log("inventory-event_1");
            let epoch = log.claim(&stream).await.unwrap().epoch;
            let event = NewEvent {
                version: 1,
                event_type: "hold_placed",
                schema_version: 1,
                log_time: Timestamp::from_unix_ms(1),
                command: CommandMeta { id: uuid::Uuid::nil(), hash: Digest::ZERO, cause: None },
                payload: "{}".into(),
                hash: Digest::of(&[b"x"]),
            };
            log.append([StreamBatch { stream, expected: 0, epoch, events: vec![event] }].into())
                .await
                .unwrap();
            log.database.writer.run(damage).await.unwrap();
            assert!(log.reader().heads().await.unwrap().fault().is_some(), "{damage}");
            log.close().await;
            drop(log);
            let refused = SqliteLog::open(folder.path()).await.unwrap_err();
            assert!(refused.to_string().contains("the log is damaged"), "{damage}: {refused}");
        }
    }
}
