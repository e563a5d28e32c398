//! What drives every read model: read the log in order, apply, keep a checkpoint, wait for more.
//!
//! An event that cannot be applied parks its stream: the rest of that stream is skipped, all others go on. An outage
//! is waited out. The functions here run until `shutdown` completes; whoever starts them spawns them.
//!
//! [`rebuild_tables`] and [`rebuild_shows`] fold anew beside what is being read and take over where the follower is
//! (`docs/adr/0014-rebuilt-beside-and-swapped.md`).

use std::time::Duration;

use boxoffice_domain::log::{Position, Recorded};

use crate::decode::{self, CannotRead};
use crate::feed::{LogFeed, Outage};
use crate::shows::Shows;
use crate::table::{Parked, TableProjection, TableStore};

mod ahead;
mod catching_up;
mod follower;
mod progress;
mod rebuild;
mod tables;

use ahead::Ahead;
use catching_up::CatchingUp;
use follower::Follower;
pub use progress::{Behind, Progress};
pub(crate) use rebuild::Pace;
pub use rebuild::{Built, rebuild_shows, rebuild_tables};

/// How many events are read, and applied in one transaction, at most.
pub const BATCH_MAX: usize = 2_000;

/// From so many events in a batch on there is a lot to do …
const BUSY: usize = 64;
/// … and then it is left to gather for so long: what happens to one row in the meantime is written once, and commits
/// are few. Who waits for something waits so much longer.
const GATHER: Duration = Duration::from_millis(20);

/// A checkpoint that has nothing to commit with is written after this long at the latest.
const QUIET_FOR: Duration = Duration::from_secs(1);

/// How long something waits at a time for a read model that catches up.
const CATCHING_UP: Duration = Duration::from_mins(1);

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
    let follower = Follower::open(store, projection, progress).await?;
    let head = feed.look_up_head().await;
    tokio::select! {
        outcome = go_on(feed, follower, CatchingUp::to(head), patience) => outcome,
        never = tidy_up(store, projection, progress, head) => Ok(never),
    }
}

async fn go_on(
    feed: &dyn LogFeed,
    mut follower: Follower<'_>,
    mut catching_up: CatchingUp,
    patience: &mut Patience,
) -> Result<std::convert::Infallible, Outage> {
    let mut ahead = Ahead::of(feed);
    loop {
        let events = ahead.read(follower.position()).await?;
        patience.restored();
        if events.is_empty() {
            follower.wait(feed).await?;
        } else {
            ahead.meanwhile(&events, follower.take_in(&events)).await?;
            catching_up.tell(follower.name(), follower.position());
            if (BUSY..BATCH_MAX).contains(&events.len()) {
                tokio::time::sleep(GATHER).await;
            }
        }
    }
}

/// Drops what nobody needs, while the follower goes on: what was half built, and, once this version has come to where
/// the log was, older ones. What cannot be dropped now is dropped after the next start.
async fn tidy_up(
    store: &dyn TableStore,
    projection: &dyn TableProjection,
    progress: &Progress,
    head: Position,
) -> std::convert::Infallible {
    let dropped = async {
        let leftovers = store.sweep(projection).await?;
        while progress.wait_for(head, CATCHING_UP).await.is_err() {}
        Ok::<_, Outage>(leftovers + store.retire_older(projection).await?)
    };
    match dropped.await {
        Ok(0) => {}
        Ok(tables) => tracing::info!(read_model = projection.name(), tables, "old tables are dropped"),
        Err(outage) => tracing::warn!(read_model = projection.name(), %outage, "old tables are left for now"),
    }
    std::future::pending().await
}

/// Somebody who restores an older log leaves read models that have seen more than there is: they begin anew.
async fn discard_what_never_happened(
    feed: &dyn LogFeed,
    store: &dyn TableStore,
    projection: &dyn TableProjection,
) -> Result<(), Outage> {
    let position = store.open(projection).await?.position;
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
    shows.progress().is_generation(shows.progress().generation().max(1));
    loop {
        let position = shows.progress().position();
        let events = feed.read(position, BATCH_MAX).await?;
        patience.restored();
        let Some(last) = events.last().map(|event| event.position) else {
            feed.wait_beyond(position).await;
            continue;
        };
        let turn = shows.progress().turn().await;
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
        drop(turn);
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
