//! The ports to the event log and the documents beside it, as the write side needs them.
//!
//! Safety is in [`EventLog::append`]: a stream's events land only if the stream is at the expected version *and*
//! still under the caller's epoch. Everything else (leases, routing) gives speed.

use std::sync::Arc;

use async_trait::async_trait;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Epoch, NewEvent, Position, Recorded, StreamName, Version};

/// The most events of one append.
pub const BATCH_EVENTS_MAX: usize = 1_000;

/// The most payload bytes of one append; a single larger command still goes alone.
pub const BATCH_BYTES_MAX: usize = 1 << 20;

/// Events that are to follow one another in one stream. The log decides on them as one.
#[derive(Debug, Clone)]
pub struct StreamBatch {
    /// The stream.
    pub stream: StreamName,
    /// The version that the stream must be at.
    pub expected: Version,
    /// The epoch that the stream must be under.
    pub epoch: Epoch,
    /// The events, versions `expected + 1` onwards. Without any, the log only says whether the stream is as expected.
    pub events: Vec<NewEvent>,
}

/// What became of one stream's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamOutcome {
    /// They are durable, at positions `first`, `first + 1`, ….
    Appended {
        /// The position of the first of them.
        first: Position,
    },
    /// There were no events, and the stream was as expected at some moment since the append was sent.
    Confirmed,
    /// The stream was at another version. Nothing of it was written.
    Conflict,
    /// The stream is under a newer epoch: somebody else owns it. Nothing of it was written.
    Fenced,
}

/// Why an append gave no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Nothing was written, and nothing will be.
    #[error("the log refused the append: {0}")]
    NotAppended(String),
    /// The connection was lost around the commit: it may have been written, or may still be.
    /// Raise the epoch with [`EventLog::claim`] first, then look.
    #[error("the outcome of the append is unknown: {0}")]
    Unknown(String),
}

/// The log, or what is beside it, cannot be reached now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("storage is not available: {0}")]
pub struct Outage(pub String);

/// A stream that its caller owns from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The epoch to append under; every older one is refused from now on.
    pub epoch: Epoch,
    /// The version that the stream is at; what had not landed by now never will under an older epoch.
    pub version: Version,
    /// The last link of its hash chain.
    pub head: Digest,
}

/// The log, as the write side needs it.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Appends a batch over several streams in one transaction, in the given order. Streams that are not as
    /// expected drop out with all their events; the others commit. Outcomes stand in the order of the batches.
    /// No stream stands twice in one call.
    ///
    /// # Errors
    /// [`AppendError`]: the whole batch was refused, or its outcome is unknown.
    async fn append(&self, batches: Arc<[StreamBatch]>) -> Result<Vec<StreamOutcome>, AppendError>;

    /// Raises the epoch of a stream, which may be empty, and tells where it stands.
    ///
    /// # Errors
    /// [`Outage`].
    async fn claim(&self, stream: &StreamName) -> Result<Claim, Outage>;

    /// The events of a stream after a version, in order, at most `limit`.
    ///
    /// # Errors
    /// [`Outage`].
    async fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, Outage>;

    /// The last position that is durable.
    fn head(&self) -> Position;

    /// Whether others than this process may append: then what is in memory may be out of date, and whoever says no
    /// has to ask whether the stream is still as expected.
    fn is_shared(&self) -> bool {
        false
    }
}

/// Large immutable inputs, named by their SHA-256.
#[async_trait]
pub trait Documents: Send + Sync + 'static {
    /// Keeps a document and tells its digest. Keeping it again changes nothing.
    ///
    /// # Errors
    /// [`Outage`].
    async fn keep(&self, content: &[u8]) -> Result<Digest, Outage>;

    /// The document, if there is one.
    ///
    /// # Errors
    /// [`Outage`].
    async fn find(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, Outage>;
}
