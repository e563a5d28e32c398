//! The log, as both sides know it.

use std::sync::Arc;

use async_trait::async_trait;
use boxoffice_commands::effects::EffectFeed;
use boxoffice_commands::log::{
    AppendError, Claim, Documents, EventLog, Outage as WriteOutage, StreamBatch, StreamOutcome,
};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, Recorded, StreamName, Version};
use boxoffice_domain::seating::Layout;
use boxoffice_projections::feed::{LogFeed, Outage, Until};
use tokio::sync::Mutex;

use super::reader::Reader;
use super::writer::Writer;
use super::{Postgres, PostgresError, migrations, rows};
use crate::archive::Archive;
use crate::{tasks, well_formed};

/// The log in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresLog {
    reader: Reader,
    writer: Arc<Mutex<Writer>>,
}

impl PostgresLog {
    /// Opens the log of a database that was migrated.
    ///
    /// # Errors
    /// [`PostgresError`], above all [`PostgresError::Older`].
    pub async fn open(postgres: &Postgres) -> Result<Self, PostgresError> {
        migrations::check(&postgres.pool).await?;
        let reader = Reader::new(postgres.pool.clone()).await?;
        let writer = Arc::new(Mutex::new(Writer::new(postgres.options.clone())));
        Ok(Self { reader, writer })
    }

    /// The log for those who check or copy it. A log that is damaged can be opened like that too.
    ///
    /// # Errors
    /// [`PostgresError`].
    pub async fn archive(postgres: &Postgres) -> Result<impl Archive, PostgresError> {
        migrations::check(&postgres.pool).await?;
        Ok(Reader::unchecked(postgres.pool.clone()))
    }

    /// Waits for the append that is under way and closes its connection.
    pub async fn close(&self) {
        self.writer.lock().await.close().await;
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn out(error: sqlx::Error) -> WriteOutage {
    WriteOutage(error.to_string())
}

#[async_trait]
impl EventLog for PostgresLog {
    async fn append(&self, batches: Arc<[StreamBatch]>) -> Result<Vec<StreamOutcome>, AppendError> {
        well_formed::check(&batches)?;
        let writer = Arc::clone(&self.writer);
        let growth = Arc::clone(&self.reader.growth);
        // In a task of its own: whoever stops waiting leaves no connection half way through an answer.
        let appending = tasks::apart(async move {
            let (outcomes, head) = writer.lock().await.append(&batches).await?;
            growth.landed(&batches, &outcomes, head);
            Ok(outcomes)
        });
        appending.await.unwrap_or_else(|gone| Err(AppendError::Unknown(gone.to_string())))
    }

    async fn claim(&self, stream: &StreamName) -> Result<Claim, WriteOutage> {
        let text = "INSERT INTO boxoffice_log.stream AS known (stream, version, epoch, head) VALUES ($1, 0, 1, $2)
                    ON CONFLICT (stream) DO UPDATE SET epoch = known.epoch + 1 RETURNING epoch, version, head";
        let query = sqlx::query(text).bind(stream.as_str()).bind(Digest::ZERO.as_bytes().as_slice());
        let row = query.fetch_one(&self.reader.pool).await.map_err(out)?;
        let claim = Claim {
            epoch: rows::number(&row, 0).map_err(out)?,
            version: rows::number(&row, 1).map_err(out)?,
            head: rows::digest(&row, 2).map_err(out)?,
        };
        // An append whose outcome was unknown may have landed: the caller is about to read it.
        let text = "SELECT position FROM boxoffice_log.head WHERE partition = 0";
        let head: i64 = sqlx::query_scalar(text).fetch_one(&self.reader.pool).await.map_err(out)?;
        self.reader.growth.advance(Position::try_from(head).unwrap_or_default());
        Ok(claim)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, WriteOutage> {
        let events = LogFeed::read_stream(&self.reader, stream, after, None, limit).await;
        events.map_err(|outage| WriteOutage(outage.0))
    }

    fn head(&self) -> Position {
        LogFeed::head(&self.reader)
    }

    fn is_shared(&self) -> bool {
        true
    }
}

#[async_trait]
impl Documents for PostgresLog {
    async fn keep(&self, content: &[u8]) -> Result<Digest, WriteOutage> {
        let digest = Digest::of(&[content]);
        let text =
            "INSERT INTO boxoffice_log.document (digest, content) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let query = sqlx::query(text).bind(digest.as_bytes().as_slice()).bind(content);
        query.execute(&self.reader.pool).await.map_err(out)?;
        Ok(digest)
    }

    async fn find(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, WriteOutage> {
        self.reader.document(digest).await.map_err(|outage| WriteOutage(outage.0))
    }
}

#[async_trait]
impl LogFeed for PostgresLog {
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

    async fn look_up_head(&self) -> Position {
        self.reader.look_up_head().await
    }

    async fn wait_beyond(&self, position: Position) {
        self.reader.wait_beyond(position).await;
    }

    async fn layout(&self, digest: Digest) -> Result<Option<Arc<Layout>>, Outage> {
        self.reader.layout(digest).await
    }
}

#[async_trait]
impl EffectFeed for PostgresLog {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, WriteOutage> {
        LogFeed::read(self, after, limit).await.map_err(|outage| WriteOutage(outage.0))
    }

    fn head(&self) -> Position {
        LogFeed::head(self)
    }

    async fn wait_beyond(&self, position: Position) {
        LogFeed::wait_beyond(self, position).await;
    }
}
