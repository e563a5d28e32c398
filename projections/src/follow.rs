//! What drives every read model: read the log in order, apply, keep a checkpoint, wait for more.
//!
//! An event that cannot be applied parks its stream: the rest of that stream is skipped, all others go on. An outage
//! is waited out. The functions here run until `shutdown` completes; whoever starts them spawns them.

use std::collections::HashSet;
use std::time::Duration;

use boxoffice_domain::log::{Position, Recorded};

use crate::decode::{self, CannotRead};
use crate::feed::{LogFeed, Outage};
use crate::shows::Shows;
use crate::table::{Change, Parked, TableProjection, TableStore};

mod progress;

pub use progress::{Behind, Progress};

/// How many events are read, and applied in one transaction, at most.
pub const BATCH_MAX: usize = 1_000;

/// A checkpoint that has nothing to commit with is written after this many positions at the latest …
const QUIET_MAX: u64 = 10_000;
/// … or after this long.
const QUIET_FOR: Duration = Duration::from_secs(1);

/// Keeps a read model in tables up to date until `shutdown` completes.
pub async fn follow_tables(
    feed: &dyn LogFeed,
    store: &dyn TableStore,
    projection: &dyn TableProjection,
    progress: &Progress,
    shutdown: impl Future<Output = ()>,
) {
    tokio::pin!(shutdown);
    let mut patience = Patience::default();
    loop {
        let outage = tokio::select! {
            biased;
            () = &mut shutdown => return,
            Err(outage) = keep_tables(feed, store, projection, progress, &mut patience) => outage,
            else => return,
        };
        if patience.bears(projection.name(), &outage, &mut shutdown).await.is_break() {
            return;
        }
    }
}

/// Follows from the store's checkpoint. Only ever returns with an outage.
async fn keep_tables(
    feed: &dyn LogFeed,
    store: &dyn TableStore,
    projection: &dyn TableProjection,
    progress: &Progress,
    patience: &mut Patience,
) -> Result<std::convert::Infallible, Outage> {
    discard_what_never_happened(feed, store, projection).await?;
    let mut tables = Tables::open(store, projection, progress).await?;
    loop {
        let events = feed.read(tables.seen, BATCH_MAX).await?;
        patience.restored();
        let Some(last) = events.last().map(|event| event.position) else {
            tables.wait(feed).await?;
            continue;
        };
        let (changes, parked) = tables.apply(&events);
        if changes.is_empty() && parked.is_empty() && last.saturating_sub(tables.committed) < QUIET_MAX {
            tables.seen = last;
            progress.reached(last);
        } else {
            tables.commit(last, &changes, parked).await?;
        }
    }
}

/// Somebody who restores an older log leaves read models that have seen more than there is: they begin anew.
async fn discard_what_never_happened(
    feed: &dyn LogFeed,
    store: &dyn TableStore,
    projection: &dyn TableProjection,
) -> Result<(), Outage> {
    let (position, _) = store.open(projection).await?;
    if position > 0 && feed.at(position).await?.is_none() {
        tracing::warn!(
            read_model = projection.name(),
            position,
            "the log ends before this; it is built anew"
        );
        store.discard(projection).await?;
    }
    Ok(())
}

/// A read model in tables, between two commits.
struct Tables<'a> {
    store: &'a dyn TableStore,
    projection: &'a dyn TableProjection,
    progress: &'a Progress,
    /// The checkpoint of the store.
    committed: Position,
    /// Up to here there was nothing to commit.
    seen: Position,
    parked: HashSet<String>,
}

impl<'a> Tables<'a> {
    async fn open(
        store: &'a dyn TableStore,
        projection: &'a dyn TableProjection,
        progress: &'a Progress,
    ) -> Result<Self, Outage> {
        let (position, parked) = store.open(projection).await?;
        let streams = parked.iter().map(|parked| parked.stream.clone()).collect();
        progress.parked_before(parked);
        progress.reached(position);
        Ok(Self { store, projection, progress, committed: position, seen: position, parked: streams })
    }

    fn apply(&mut self, events: &[Recorded]) -> (Vec<Change>, Vec<Parked>) {
        let (mut changes, mut parked) = (Vec::new(), Vec::new());
        for event in events {
            if !self.parked.is_empty() && self.parked.contains(event.stream.as_str()) {
                continue;
            }
            match self.projection.apply(event) {
                Ok(more) => changes.extend(more),
                Err(reason) => {
                    self.parked.insert(event.stream.as_str().to_owned());
                    parked.push(parked_at(event, reason.to_string()));
                }
            }
        }
        (changes, parked)
    }

    async fn commit(&mut self, to: Position, changes: &[Change], parked: Vec<Parked>) -> Result<(), Outage> {
        if self.store.commit(self.projection, self.committed, to, changes, &parked).await? {
            for parked in parked {
                self.progress.park(parked);
            }
            (self.committed, self.seen) = (to, to);
            self.progress.reached(to);
        } else {
            // Somebody else keeps the same tables and was faster: go on from where they are.
            *self = Self::open(self.store, self.projection, self.progress).await?;
        }
        Ok(())
    }

    /// Waits for more, and writes the checkpoint if that takes long.
    async fn wait(&mut self, feed: &dyn LogFeed) -> Result<(), Outage> {
        if self.seen == self.committed {
            feed.wait_beyond(self.seen).await;
        } else if tokio::time::timeout(QUIET_FOR, feed.wait_beyond(self.seen)).await.is_err() {
            self.commit(self.seen, &[], Vec::new()).await?;
        }
        Ok(())
    }
}

/// Keeps the shows in memory up to date until `shutdown` completes.
pub async fn follow_shows(feed: &dyn LogFeed, shows: &Shows, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    let mut patience = Patience::default();
    loop {
        let outage = tokio::select! {
            biased;
            () = &mut shutdown => return,
            Err(outage) = keep_shows(feed, shows, &mut patience) => outage,
            else => return,
        };
        if patience.bears("shows", &outage, &mut shutdown).await.is_break() {
            return;
        }
    }
}

async fn keep_shows(
    feed: &dyn LogFeed,
    shows: &Shows,
    patience: &mut Patience,
) -> Result<std::convert::Infallible, Outage> {
    shows.progress().reached(shows.progress().position());
    loop {
        let position = shows.progress().position();
        let events = feed.read(position, BATCH_MAX).await?;
        patience.restored();
        let Some(last) = events.last().map(|event| event.position) else {
            feed.wait_beyond(position).await;
            continue;
        };
        for event in &events {
            let Some(entry) = shows.of_event(event) else { continue };
            match decode::inventory_event(feed, event).await {
                Ok(fact) => shows.apply_to(&entry, event, &fact),
                Err(CannotRead::Unreadable(reason)) => shows.park(&entry, event, reason.to_string()),
                Err(CannotRead::Outage(outage)) => {
                    // Events before this one are in; nothing is applied twice, because versions tell.
                    return Err(outage);
                }
            }
        }
        shows.progress().reached(last);
        tokio::task::yield_now().await;
    }
}

pub(crate) fn parked_at(event: &Recorded, reason: String) -> Parked {
    Parked { stream: event.stream.as_str().to_owned(), position: event.position, reason }
}

/// How long to wait between attempts while something is not reachable.
struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Self::FIRST)
    }
}

impl Patience {
    const FIRST: Duration = Duration::from_millis(50);
    const MOST: Duration = Duration::from_secs(5);

    fn restored(&mut self) {
        self.0 = Self::FIRST;
    }

    /// Waits; breaks when it is time to stop.
    async fn bears(
        &mut self,
        name: &str,
        outage: &Outage,
        shutdown: &mut (impl Future<Output = ()> + Unpin),
    ) -> std::ops::ControlFlow<()> {
        tracing::warn!(read_model = name, %outage, wait_ms = self.0.as_millis(), "a read model waits");
        let wait = self.0;
        self.0 = wait.saturating_mul(2).min(Self::MOST);
        tokio::select! {
            biased;
            () = shutdown => std::ops::ControlFlow::Break(()),
            () = tokio::time::sleep(wait) => std::ops::ControlFlow::Continue(()),
        }
    }
}

#[cfg(test)]
mod tests;
