//! Snapshots of the shows in memory, so that a start need not fold the whole log. A cache: whatever is wrong with it,
//! the log is folded instead.
//!
//! Every show has a snapshot of its own ([`VIEW`]), and one more says where all of them begin ([`START`]): *up to
//! position P, these shows have come to at least these versions*. It is kept after the others, so a show's snapshot may
//! know more than it says, and the follower then passes over what is known; where one is missing, or knows less, that
//! show alone is folded on from its own stream (`snapshots/restore.rs`).
//!
//! When they are taken, and of which shows: `snapshots/keep.rs`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use boxoffice_domain::id::ShowId;
use boxoffice_domain::log::{Position, StreamName, Version};
use boxoffice_domain::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::clock::ViewClock;
use crate::feed::{LogFeed, Outage};
use crate::shows::Shows;

mod keep;
mod restore;

/// The kind of snapshots of one show's view.
pub const VIEW: &str = "show";

/// The kind of the snapshot that says where the others begin.
pub const START: &str = "shows";

/// Which form [`START`] has.
const START_VERSION: u32 = 1;

/// The port to the last snapshot of each stream and kind.
#[async_trait]
pub trait ViewSnapshots: Send + Sync + 'static {
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

/// What [`START`] says.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Start {
    shows: Vec<ShowAtStart>,
    /// Streams of no show, which are parked for ever: name, position and reason.
    strange: Vec<(String, Position, String)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ShowAtStart {
    show: ShowId,
    /// It has come at least so far.
    version: Version,
    /// It was parked: what follows has to be tried again.
    is_parked: bool,
}

/// What was done so far, for `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShowSnapshotStats {
    /// Snapshots that were kept.
    pub snapshots: u64,
    /// Their bytes.
    pub snapshot_bytes: u64,
    /// Shows whose view was restored.
    pub loads_from_snapshot: u64,
    /// Shows that had to be folded from the beginning although others were restored.
    pub loads_from_beginning: u64,
}

/// Takes and restores the snapshots of the shows in memory.
pub struct ShowSnapshots {
    feed: Arc<dyn LogFeed>,
    store: Arc<dyn ViewSnapshots>,
    shows: Arc<Shows>,
    clock: Arc<dyn ViewClock>,
    /// After how many events snapshots are taken again, and how many milliseconds apart at least.
    every: u64,
    kept: Mutex<Kept>,
    counters: Counters,
}

/// What the store has, as far as is known.
#[derive(Debug, Default)]
struct Kept {
    start: Position,
    versions: HashMap<ShowId, Version>,
}

#[derive(Debug, Default)]
struct Counters {
    snapshots: AtomicU64,
    snapshot_bytes: AtomicU64,
    loads_from_snapshot: AtomicU64,
    loads_from_beginning: AtomicU64,
}

impl ShowSnapshots {
    /// Nothing is restored or taken yet. Snapshots are to be taken every so many events, and at least as many
    /// milliseconds apart.
    #[must_use]
    pub fn new(
        feed: Arc<dyn LogFeed>,
        store: Arc<dyn ViewSnapshots>,
        shows: Arc<Shows>,
        clock: Arc<dyn ViewClock>,
        every: u64,
    ) -> Self {
        Self { feed, store, shows, clock, every, kept: Mutex::default(), counters: Counters::default() }
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> ShowSnapshotStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ShowSnapshotStats {
            snapshots: read(&self.counters.snapshots),
            snapshot_bytes: read(&self.counters.snapshot_bytes),
            loads_from_snapshot: read(&self.counters.loads_from_snapshot),
            loads_from_beginning: read(&self.counters.loads_from_beginning),
        }
    }
}

/// The stream that [`START`] is filed under.
fn start_stream() -> StreamName {
    StreamName::from_log(START)
}

#[cfg(test)]
mod tests;
