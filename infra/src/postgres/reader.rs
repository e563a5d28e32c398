//! Reading the log: events and documents. Every query is short.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, Recorded, StreamName};
use boxoffice_domain::seating::Layout;
use boxoffice_projections::feed::{LogFeed, Outage, Until};
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};

use super::PostgresError;
use super::rows::{self, COLUMNS};
use crate::archive::{Archive, Heads, LogPage, StreamHead};
use crate::database::{limit as limited, signed};
use crate::growth::Growth;
use crate::layouts::Layouts;
use crate::tasks;
use crate::until::is_within;

static AFTER: LazyLock<SqlStr> = LazyLock::new(|| events("position > $1 ORDER BY position LIMIT $2"));

static AT: LazyLock<SqlStr> = LazyLock::new(|| events("position = $1"));

static OF_STREAM: LazyLock<SqlStr> =
    LazyLock::new(|| events("stream = $1 AND version > $2 ORDER BY version LIMIT $3"));

fn events(condition: &str) -> SqlStr {
    AssertSqlSafe(format!("SELECT {COLUMNS} FROM boxoffice_log.event WHERE {condition}")).into_sql_str()
}

/// Whole events as text, for [`LogPage`].
const PACKED: &str = "
    SELECT string_agg(concat_ws(chr(31), position, stream, version, type, schema_version, log_time, command_id,
                                encode(command_hash, 'hex'), coalesce('=' || cause, ''), payload,
                                encode(hash, 'hex')), chr(30) ORDER BY position)
    FROM (SELECT * FROM boxoffice_log.event WHERE position >= $1 ORDER BY position LIMIT $2) AS event";

/// The log for reading.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) pool: PgPool,
    pub(super) growth: Arc<Growth>,
    layouts: Layouts,
}

impl Reader {
    pub(super) fn unchecked(pool: PgPool) -> Self {
        Self { pool, growth: Arc::new(Growth::from(0)), layouts: Layouts::default() }
    }

    pub(super) async fn new(pool: PgPool) -> Result<Self, PostgresError> {
        let reader = Self::unchecked(pool);
        let heads = reader.heads().await.map_err(|outage| PostgresError::Damaged(outage.0))?;
        if let Some(fault) = heads.fault() {
            return Err(PostgresError::Damaged(fault));
        }
        reader.growth.advance(heads.position);
        Ok(reader)
    }

    pub(super) async fn document(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, Outage> {
        let text = "SELECT content FROM boxoffice_log.document WHERE digest = $1";
        let query = sqlx::query_scalar(text).bind(digest.as_bytes().as_slice());
        let found: Option<Vec<u8>> = query.fetch_optional(&self.pool).await.map_err(out)?;
        Ok(found.map(Arc::from))
    }

    async fn poll(&self) {
        let text = "SELECT position FROM boxoffice_log.head WHERE partition = 0";
        match sqlx::query_scalar::<_, i64>(text).fetch_one(&self.pool).await {
            Ok(position) => self.growth.advance(Position::try_from(position).unwrap_or_default()),
            Err(error) => tracing::warn!(%error, "the head of the log could not be read"),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(super) fn out(error: sqlx::Error) -> Outage {
    Outage(error.to_string())
}

#[async_trait]
impl LogFeed for Reader {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Outage> {
        if let Some(events) = self.growth.at_hand(after, limit) {
            return Ok(events);
        }
        let query = sqlx::query(AFTER.clone()).bind(signed(after)).bind(limited(limit));
        let found = query.fetch_all(&self.pool).await.map_err(out)?;
        let events = found.iter().map(rows::read).collect::<Result<Vec<_>, _>>().map_err(out)?;
        if let Some(last) = events.last() {
            self.growth.advance(last.position);
        }
        Ok(events)
    }

    async fn at(&self, position: Position) -> Result<Option<Recorded>, Outage> {
        let query = sqlx::query(AT.clone()).bind(signed(position));
        let found = query.fetch_optional(&self.pool).await.map_err(out)?;
        found.as_ref().map(rows::read).transpose().map_err(out)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        after: u64,
        until: Option<Until>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Outage> {
        let query =
            sqlx::query(OF_STREAM.clone()).bind(stream.as_str()).bind(signed(after)).bind(limited(limit));
        let found = query.fetch_all(&self.pool).await.map_err(out)?;
        let events = found.iter().map(rows::read).collect::<Result<Vec<_>, _>>().map_err(out)?;
        Ok(events.into_iter().take_while(|event| is_within(event, until)).collect())
    }

    fn head(&self) -> Position {
        self.growth.head()
    }

    async fn look_up_head(&self) -> Position {
        self.poll().await;
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
impl Archive for Reader {
    async fn heads(&self) -> Result<Heads, Outage> {
        let text = "SELECT (SELECT position FROM boxoffice_log.head WHERE partition = 0),
                           (SELECT min(position) FROM boxoffice_log.event),
                           (SELECT max(position) FROM boxoffice_log.event), stream.stream, stream.version, stream.head
                    FROM (SELECT 1) AS one LEFT JOIN boxoffice_log.stream ON stream.version > 0
                    ORDER BY stream.stream";
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
        let query = sqlx::query_scalar(PACKED).bind(from).bind(limited(limit));
        Ok(LogPage::packed(query.fetch_one(&self.pool).await.map_err(out)?))
    }

    async fn next_document(&self, after: Option<Digest>) -> Result<Option<(Digest, Vec<u8>)>, Outage> {
        let after = after.map_or_else(Vec::new, |digest| digest.as_bytes().to_vec());
        let text =
            "SELECT digest, content FROM boxoffice_log.document WHERE digest > $1 ORDER BY digest LIMIT 1";
        let found = sqlx::query(text).bind(after).fetch_optional(&self.pool).await.map_err(out)?;
        let Some(row) = found else { return Ok(None) };
        Ok(Some((rows::digest(&row, 0).map_err(out)?, row.try_get(1).map_err(out)?)))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
