//! The port to the log as the read side needs it: from a position, in order, and woken when there is more.

use std::sync::Arc;

use async_trait::async_trait;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, Recorded, StreamName};
use boxoffice_domain::seating::Layout;
use boxoffice_domain::time::Timestamp;

/// The log, or a store of read models, cannot be reached now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("storage is not available: {0}")]
pub struct Outage(pub String);

/// How far into a stream a reader wants to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Events at or before a position.
    Position(Position),
    /// Events whose log time is at or before a time.
    Time(Timestamp),
}

/// The log, as the read side needs it.
#[async_trait]
pub trait LogFeed: Send + Sync + 'static {
    /// Events after a position, in order, at most `limit`; fewer only at the head.
    ///
    /// # Errors
    /// [`Outage`].
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Outage>;

    /// The event at a position.
    ///
    /// # Errors
    /// [`Outage`].
    async fn at(&self, position: Position) -> Result<Option<Recorded>, Outage>;

    /// Events of one stream after a version, in order, at most `limit`, up to a bound.
    ///
    /// # Errors
    /// [`Outage`].
    async fn read_stream(
        &self,
        stream: &StreamName,
        after: u64,
        until: Option<Until>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Outage>;

    /// The last position that is known to be durable. Where others append too, there may be more.
    fn head(&self) -> Position;

    /// The last position that is durable now; where it cannot be asked, [`Self::head`].
    async fn look_up_head(&self) -> Position {
        self.head()
    }

    /// Returns once the head is beyond `position`.
    async fn wait_beyond(&self, position: Position);

    /// The seating layout with that digest, if there is one; kept in memory once read.
    ///
    /// # Errors
    /// [`Outage`].
    async fn layout(&self, digest: Digest) -> Result<Option<Arc<Layout>>, Outage>;
}
