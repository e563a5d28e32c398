//! Reading the log: events and documents. Every query is short.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, Recorded, StreamName};
use boxoffice_domain::seating::Layout;
use boxoffice_projections::feed::{LogFeed, Outage, Until};
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::PostgresError;
use super::rows::{self, COLUMNS};
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

/// The log for reading.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) pool: PgPool,
    pub(super) growth: Arc<Growth>,
    layouts: Layouts,
}

impl Reader {
    pub(super) async fn new(pool: PgPool) -> Result<Self, PostgresError> {
        let text = "SELECT (SELECT position FROM boxoffice_log.head WHERE partition = 0), min(position), max(position)
                    FROM boxoffice_log.event";
        let (counted, first, last): (Option<i64>, Option<i64>, Option<i64>) =
            sqlx::query_as(text).fetch_one(&pool).await?;
        let head = match (counted, first.zip(last)) {
            (Some(0), None) => 0,
            (Some(counted), Some((1, last))) if counted == last => last,
            (counted, found) => {
                let what = format!("it counts {counted:?} events and has those at {found:?}");
                return Err(PostgresError::Damaged(what));
            }
        };
        let growth = Arc::new(Growth::from(Position::try_from(head).unwrap_or_default()));
        Ok(Self { pool, growth, layouts: Layouts::default() })
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
