//! A read model folded anew beside the one that is read, which it then takes the place of.
//!
//! A rebuild that meets an outage begins again; one that is dropped leaves tables that are swept when the projection
//! is opened next. While events are still being appended it rests as long as it works, so that selling comes first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use boxoffice_domain::log::Position;
use tokio::time::Instant;

use super::ahead::Ahead;
use super::tables::{Overtaken, Tables};
use super::{BATCH_MAX, Patience, Progress};
use crate::feed::{LogFeed, Outage};
use crate::shows::Shows;
use crate::table::{TableProjection, TableStore};

/// How often a rebuild begins again after an outage.
const BEGINNINGS_MAX: u32 = 5;

/// A rebuild that is no further behind than this tries to take over.
const CLOSE: u64 = 2_000;

/// How often it tries before it lets the follower go on and looks again.
const ATTEMPTS_MAX: u32 = 20;

/// How much of a rebuild is done. Cheap to clone; every clone is the same.
#[derive(Debug, Clone, Default)]
pub struct Built(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    done: AtomicU64,
    all: AtomicU64,
}

impl Built {
    /// How many events are folded.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.0.done.load(Ordering::Relaxed)
    }

    /// How many there are to fold, as far as is known.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.0.all.load(Ordering::Relaxed).max(self.done())
    }

    pub(crate) fn is(&self, done: u64) {
        self.0.done.store(done, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, events: usize) {
        self.0.done.fetch_add(u64::try_from(events).unwrap_or_default(), Ordering::Relaxed);
    }

    pub(crate) fn of(&self, all: u64) {
        self.0.all.store(all, Ordering::Relaxed);
    }
}

/// Builds another generation of a read model in tables and makes it the live one. What is parked afterwards is what
/// could not be applied this time.
///
/// # Errors
/// [`Outage`], where storage did not come back for long; what was live is live.
pub async fn rebuild_tables(
    feed: &dyn LogFeed,
    store: &dyn TableStore,
    projection: &dyn TableProjection,
    progress: &Progress,
    built: &Built,
) -> Result<(), Outage> {
    let mut patience = Patience::default();
    let mut beginnings = 0;
    loop {
        let Err(outage) = rebuild_once(feed, store, projection, progress, built).await else { return Ok(()) };
        beginnings += 1;
        if beginnings >= BEGINNINGS_MAX {
            return Err(outage);
        }
        // Never breaks, because this shutdown never comes: whoever started the rebuild drops it.
        let _ = patience.bears(projection.name(), &outage, &mut std::future::pending()).await;
    }
}

async fn rebuild_once(
    feed: &dyn LogFeed,
    store: &dyn TableStore,
    projection: &dyn TableProjection,
    progress: &Progress,
    built: &Built,
) -> Result<(), Outage> {
    let begun = store.begin(projection).await?;
    let generation = begun.number;
    let mut tables = Tables::new(store, projection, begun);
    let outcome = build(feed, &mut tables, progress, built).await;
    let swept = async {
        if outcome.is_err() {
            store.give_up(projection, generation).await?;
        }
        store.sweep(projection).await
    };
    if let Err(outage) = swept.await {
        tracing::warn!(read_model = projection.name(), %outage, "tables that nobody needs are dropped later");
    }
    outcome
}

async fn build(
    feed: &dyn LogFeed,
    tables: &mut Tables<'_>,
    progress: &Progress,
    built: &Built,
) -> Result<(), Outage> {
    let (mut pace, mut ahead) = (Pace::new(feed), Ahead::of(feed));
    loop {
        let head = feed.look_up_head().await;
        built.of(head);
        if head.saturating_sub(tables.seen()) <= CLOSE && take_over(feed, tables, progress).await? {
            built.is(tables.seen());
            return Ok(());
        }
        let events = ahead.read(tables.seen()).await?;
        ahead.meanwhile(&events, tables.take_in(&events)).await?.map_err(lost)?;
        built.is(tables.seen());
        pace.rest(feed).await;
    }
}

/// While nobody else moves the read model: the rest of the log, and then these tables are the live ones. Another
/// server may move it all the same, and then this is tried again.
async fn take_over(feed: &dyn LogFeed, tables: &mut Tables<'_>, progress: &Progress) -> Result<bool, Outage> {
    let _turn = progress.turn().await;
    for _ in 0..ATTEMPTS_MAX {
        // Not further: what is appended meanwhile is the follower's.
        let goal = feed.look_up_head().await.max(progress.position());
        while tables.seen() < goal {
            let events = feed.read(tables.seen(), BATCH_MAX).await?;
            if events.is_empty() {
                break;
            }
            tables.take_in(&events).await?.map_err(lost)?;
        }
        tables.write().await?.map_err(lost)?;
        if promote(tables, progress).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Readers never see rows of a stream that is parked: what the new generation has parked is told before, and what
/// the old one had is forgotten after.
async fn promote(tables: &Tables<'_>, progress: &Progress) -> Result<bool, Outage> {
    let before = progress.parked();
    progress.parked_also(tables.parked());
    match tables.store.promote(tables.projection, tables.generation).await {
        Ok(true) => {
            progress.is_generation(tables.generation);
            progress.parked_are(tables.parked().to_vec());
            progress.reached(tables.seen());
            Ok(true)
        }
        outcome => {
            progress.parked_are(before);
            outcome
        }
    }
}

fn lost(Overtaken: Overtaken) -> Outage {
    Outage("the tables that are being built were dropped by somebody else".to_owned())
}

/// Folds shows in memory anew, each beside the one that is read: those of `streams`, or all.
///
/// # Errors
/// [`Outage`], where storage did not come back for long; shows that were folded by then are as they should be.
pub async fn rebuild_shows(
    feed: &dyn LogFeed,
    shows: &Shows,
    streams: Option<Vec<String>>,
    built: &Built,
) -> Result<(), Outage> {
    let streams = shows.to_reload(streams);
    built.of(streams.iter().map(|stream| shows.known_of(stream)).sum());
    let mut pace = Pace::new(feed);
    for stream in streams {
        let mut patience = Patience::default();
        let mut beginnings = 0;
        while let Err(outage) = shows.reload(feed, &stream, built, &mut pace).await {
            beginnings += 1;
            if beginnings >= BEGINNINGS_MAX {
                return Err(outage);
            }
            let _ = patience.bears("shows", &outage, &mut std::future::pending()).await;
        }
    }
    let _turn = shows.progress().turn().await;
    shows.progress().is_generation(shows.progress().generation() + 1);
    Ok(())
}

/// How fast a rebuild goes: half of the time, while somebody sells.
pub(crate) struct Pace {
    head: Position,
    began: Instant,
}

/// The longest rest.
const REST_MAX: Duration = Duration::from_secs(1);

impl Pace {
    fn new(feed: &dyn LogFeed) -> Self {
        Self { head: feed.head(), began: Instant::now() }
    }

    /// After each batch.
    pub(crate) async fn rest(&mut self, feed: &dyn LogFeed) {
        let head = feed.head();
        if std::mem::replace(&mut self.head, head) == head {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(self.began.elapsed().min(REST_MAX)).await;
        }
        self.began = Instant::now();
    }
}

#[cfg(test)]
mod tests;
