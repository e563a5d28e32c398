//! Reading the log: events, documents, and where every stream stands. Every query is short, because a long one
//! would keep the write-ahead log from being folded into the file.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, Recorded, StreamName, Version};
use boxoffice_domain::seating::Layout;
use boxoffice_projections::feed::{LogFeed, Outage, Until};
use sqlx::Row as _;
use sqlx::sqlite::SqlitePool;

use super::rows;
use crate::archive::{Archive, Heads, LogPage, StreamHead};
use crate::database::{self, OpenError, limit as limited, signed};
use crate::growth::Growth;
use crate::layouts::Layouts;
use crate::tasks;
use crate::until::is_within;

static AFTER: LazyLock<&str> =
    LazyLock::new(|| rows::packed("position > ? ORDER BY position LIMIT ?").leak());

static FROM: LazyLock<&str> =
    LazyLock::new(|| rows::packed("position >= ? ORDER BY position LIMIT ?").leak());

static AT: LazyLock<&str> = LazyLock::new(|| rows::packed("position = ?").leak());

static OF_STREAM: LazyLock<&str> =
    LazyLock::new(|| rows::packed("stream = ? AND version > ? ORDER BY version LIMIT ?").leak());

/// The log for reading alone.
#[derive(Debug)]
pub struct LogReader {
    pool: SqlitePool,
    growth: Arc<Growth>,
    layouts: Layouts,
}

impl LogReader {
    pub(super) async fn open(path: &Path, schema_version: i64) -> Result<Self, OpenError> {
        Self::new(database::open_read_only(path, schema_version).await?, path).await
    }

    pub(super) async fn new(pool: SqlitePool, path: &Path) -> Result<Self, OpenError> {
        let head = stored_head(&pool).await.map_err(OpenError::sql(path))?.unwrap_or_default();
        Ok(Self { pool, growth: Arc::new(Growth::from(head)), layouts: Layouts::default() })
    }

    pub(super) fn growth(&self) -> Arc<Growth> {
        Arc::clone(&self.growth)
    }

    /// Events after a position, in order, at most `limit`; fewer only at the head.
    ///
    /// # Errors
    /// [`Outage`].
    pub async fn events(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Outage> {
        let query = sqlx::query(*AFTER).bind(signed(after)).bind(limited(limit));
        let found = query.fetch_one(&self.pool).await.map_err(out)?;
        let events = rows::unpack(&found).map_err(out)?;
        if let Some(last) = events.last() {
            self.growth.advance(last.position);
        }
        Ok(events)
    }

    /// The document, if there is one.
    ///
    /// # Errors
    /// [`Outage`].
    pub async fn document(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, Outage> {
        let query =
            sqlx::query("SELECT content FROM document WHERE digest = ?").bind(digest.as_bytes().to_vec());
        let found = query.fetch_optional(&self.pool).await.map_err(out)?;
        found.map(|row| row.try_get::<&[u8], _>(0).map(Arc::from)).transpose().map_err(out)
    }

    pub(super) async fn has_document(&self, digest: Digest) -> Result<bool, Outage> {
        let query = sqlx::query("SELECT 1 FROM document WHERE digest = ?").bind(digest.as_bytes().to_vec());
        Ok(query.fetch_optional(&self.pool).await.map_err(out)?.is_some())
    }

    async fn poll(&self) {
        match stored_head(&self.pool).await {
            Ok(position) => self.growth.advance(position.unwrap_or_default()),
            Err(error) => tracing::warn!(%error, "the head of the log could not be read"),
        }
    }
}

async fn stored_head(pool: &SqlitePool) -> Result<Option<Position>, sqlx::Error> {
    let row = sqlx::query("SELECT position FROM head WHERE partition = 0").fetch_optional(pool).await?;
    row.map(|row| rows::number(&row, 0)).transpose()
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn out(error: sqlx::Error) -> Outage {
    Outage(error.to_string())
}

#[async_trait]
impl LogFeed for LogReader {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Outage> {
        match self.growth.at_hand(after, limit) {
            Some(events) => Ok(events),
            None => self.events(after, limit).await,
        }
    }

    async fn at(&self, position: Position) -> Result<Option<Recorded>, Outage> {
        let query = sqlx::query(*AT).bind(signed(position));
        let found = query.fetch_one(&self.pool).await.map_err(out)?;
        Ok(rows::unpack(&found).map_err(out)?.pop())
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        until: Option<Until>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Outage> {
        let query = sqlx::query(*OF_STREAM).bind(stream.as_str()).bind(signed(after)).bind(limited(limit));
        let found = query.fetch_one(&self.pool).await.map_err(out)?;
        let events = rows::unpack(&found).map_err(out)?;
        Ok(events.into_iter().take_while(|event| is_within(event, until)).collect())
    }

    fn head(&self) -> Position {
        self.growth.head()
    }

    async fn wait_beyond(&self, position: Position) {
        while !self.growth.is_beyond(position).await {
            if self.growth.is_poll_due() {
                self.poll().await;
            }
        }
    }

    async fn layout(&self, digest: Digest) -> Result<Option<Arc<Layout>>, Outage> {
        if let Some(layout) = self.layouts.get(digest) {
            return Ok(Some(layout));
        }
        let Some(content) = self.document(digest).await? else { return Ok(None) };
        let read = tasks::blocking(move || Layout::read(&content)).await;
        let layout =
            read.map_err(|error| Outage(error.to_string()))?.map_err(|error| Outage(error.to_string()))?;
        let layout = Arc::new(layout);
        self.layouts.keep(&layout);
        Ok(Some(layout))
    }
}

#[async_trait]
impl Archive for LogReader {
    async fn heads(&self) -> Result<Heads, Outage> {
        let text =
            "SELECT (SELECT position FROM head WHERE partition = 0), (SELECT min(position) FROM event),
                           (SELECT max(position) FROM event), stream.stream, stream.version, stream.head
                    FROM (SELECT 1) LEFT JOIN stream ON stream.version > 0 ORDER BY stream.stream";
        let mut heads = Heads { position: 0, found: None, streams: Vec::new() };
        for row in sqlx::query(text).fetch_all(&self.pool).await.map_err(out)? {
            let counted: Option<i64> = row.try_get(0).map_err(out)?;
            heads.position = counted.and_then(|position| position.try_into().ok()).unwrap_or_default();
            let (first, last): (Option<i64>, _) =
                (row.try_get(1).map_err(out)?, row.try_get(2).map_err(out)?);
            heads.found = first.zip(last);
            if let Some(name) = row.try_get::<Option<&str>, _>(3).map_err(out)? {
                heads.streams.push(StreamHead {
                    stream: StreamName::from_log(name),
                    version: rows::number(&row, 4).map_err(out)?,
                    // What is no digest fits no event, and is found like that.
                    head: rows::digest(&row, 5).unwrap_or_default(),
                });
            }
        }
        Ok(heads)
    }

    async fn page(&self, from: i64, limit: usize) -> Result<LogPage, Outage> {
        let query = sqlx::query_scalar(*FROM).bind(from).bind(limited(limit));
        Ok(LogPage::packed(query.fetch_one(&self.pool).await.map_err(out)?))
    }

    async fn next_document(&self, after: Option<Digest>) -> Result<Option<(Digest, Vec<u8>)>, Outage> {
        let after = after.map_or_else(Vec::new, |digest| digest.as_bytes().to_vec());
        let text = "SELECT digest, content FROM document WHERE digest > ? ORDER BY digest LIMIT 1";
        let found = sqlx::query(text).bind(after).fetch_optional(&self.pool).await.map_err(out)?;
        let Some(row) = found else { return Ok(None) };
        Ok(Some((rows::digest(&row, 0).map_err(out)?, row.try_get(1).map_err(out)?)))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
