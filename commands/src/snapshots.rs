//! The port to snapshots: what streams had come to at some event, so that long ones need not be read from the
//! beginning. A cache, and never the truth: whatever is wrong with it, the log is read instead.

use async_trait::async_trait;
use boxoffice_domain::log::StreamName;
use boxoffice_domain::snapshot::Snapshot;

use crate::log::Outage;

/// The kind of snapshots of aggregates.
pub const STATE: &str = "state";

/// The last snapshot of each stream and kind.
#[async_trait]
pub trait Snapshots: Send + Sync + 'static {
    /// The snapshot of that kind, if there is one.
    ///
    /// # Errors
    /// [`Outage`].
    async fn load(&self, kind: &'static str, stream: &StreamName) -> Result<Option<Snapshot>, Outage>;

    /// Keeps a snapshot in place of an older one, or of one that another version of the program took.
    ///
    /// # Errors
    /// [`Outage`].
    async fn save(&self, snapshot: Snapshot) -> Result<(), Outage>;

    /// Lets go of a snapshot that is of no use, unless it has been replaced meanwhile.
    ///
    /// # Errors
    /// [`Outage`].
    async fn discard(&self, snapshot: &Snapshot) -> Result<(), Outage>;
}

/// No snapshots: every stream is read from the beginning.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSnapshots;

#[async_trait]
impl Snapshots for NoSnapshots {
    async fn load(&self, _: &'static str, _: &StreamName) -> Result<Option<Snapshot>, Outage> {
        Ok(None)
    }

    async fn save(&self, _: Snapshot) -> Result<(), Outage> {
        Ok(())
    }

    async fn discard(&self, _: &Snapshot) -> Result<(), Outage> {
        Ok(())
    }
}
