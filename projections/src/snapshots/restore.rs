//! The shows in memory as they were kept, before the follower begins.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use boxoffice_domain::log::{Position, Recorded, StreamName};
use boxoffice_domain::snapshot::{NotRestored, Snapshot, decode};

use super::{START, START_VERSION, ShowAtStart, ShowSnapshots, Start, VIEW, start_stream};
use crate::decode::{self as events, CannotRead};
use crate::feed::{Outage, Until};
use crate::follow::BATCH_MAX;
use crate::show::{ShowView, VIEW_VERSION};
use crate::shows::ShowEntry;
use crate::table::Parked;

impl ShowSnapshots {
    /// Brings the shows to where they were kept last, if that can be believed; else they stay empty, and the follower
    /// begins at the beginning. Nothing may follow or read the shows yet.
    pub async fn restore(&self) {
        match self.try_to_restore().await {
            Ok(Some(position)) => {
                let shows = self.shows.list().len();
                tracing::info!(position, shows, "the shows go on from their snapshots");
                self.shows.progress().reached(position);
            }
            Ok(None) => {}
            // What is restored already is passed over by the follower.
            Err(outage) => tracing::warn!(%outage, "the shows are folded from the beginning of the log"),
        }
    }

    async fn try_to_restore(&self) -> Result<Option<Position>, Outage> {
        let Some(snapshot) = self.store.load(START, &start_stream()).await? else { return Ok(None) };
        let position = snapshot.taken_at.position;
        let recorded = self.feed.at(position).await?;
        let start = match read_start(&snapshot, recorded) {
            Ok(start) => start,
            Err(reason) => {
                tracing::warn!(%reason, "the snapshots of the shows are of no use; the log is folded from its beginning");
                self.store.discard(&snapshot).await?;
                return Ok(None);
            }
        };
        let mut kept = self.kept.lock().await;
        for known in &start.shows {
            let entry = self.shows.entry(known.show);
            if self.restore_view(&entry).await? {
                kept.versions.insert(known.show, entry.lock().view.version());
            }
            self.fold_on(&entry, known, position).await?;
        }
        for (stream, position, reason) in start.strange {
            self.shows.progress().park(Parked { stream, position, reason });
        }
        kept.start = position;
        Ok(Some(position))
    }

    /// `false`: it stays empty.
    async fn restore_view(&self, entry: &ShowEntry) -> Result<bool, Outage> {
        let stream = StreamName::inventory(entry.show());
        let Some(snapshot) = self.store.load(VIEW, &stream).await? else {
            self.counters.loads_from_beginning.fetch_add(1, Ordering::Relaxed);
            return Ok(false);
        };
        let snapshot = Arc::new(snapshot);
        match self.believed(&snapshot).await? {
            Ok(view) => {
                entry.begin_with(view);
                self.counters.loads_from_snapshot.fetch_add(1, Ordering::Relaxed);
                Ok(true)
            }
            Err(reason) => {
                tracing::warn!(%stream, %reason, "a snapshot is of no use; the show is folded from its beginning");
                self.store.discard(&snapshot).await?;
                self.counters.loads_from_beginning.fetch_add(1, Ordering::Relaxed);
                Ok(false)
            }
        }
    }

    async fn believed(&self, snapshot: &Arc<Snapshot>) -> Result<Result<ShowView, NotRestored>, Outage> {
        let recorded = self.feed.at(snapshot.taken_at.position).await?;
        let layout = match ShowView::layout_of_bytes(&snapshot.bytes) {
            Ok(Some(digest)) => self.feed.layout(digest).await?,
            Ok(None) => None,
            Err(malformed) => return Ok(Err(malformed)),
        };
        let snapshot = Arc::clone(snapshot);
        let reading = tokio::task::spawn_blocking(move || {
            snapshot.check(VIEW_VERSION, recorded.as_ref())?;
            let view = ShowView::of_bytes(&snapshot.bytes, layout)?;
            let is_what_it_says = StreamName::inventory(view.show()) == snapshot.taken_at.stream
                && (view.version(), view.head()) == (snapshot.taken_at.version, snapshot.taken_at.hash);
            if is_what_it_says { Ok(view) } else { Err(NotRestored::Malformed) }
        });
        Ok(reading.await.unwrap_or(Err(NotRestored::Malformed)))
    }

    /// Folds what the show lacks from its own stream, up to the start position.
    async fn fold_on(&self, entry: &Arc<ShowEntry>, known: &ShowAtStart, to: Position) -> Result<(), Outage> {
        let stream = StreamName::inventory(known.show);
        loop {
            let version = entry.lock().view.version();
            if version >= known.version && !known.is_parked || entry.parked().is_some() {
                return Ok(());
            }
            let page = self.feed.read_stream(&stream, version, Some(Until::Position(to)), BATCH_MAX).await?;
            for event in &page {
                match events::inventory_event(&*self.feed, event).await {
                    Ok(fact) => self.shows.apply_to(entry, event, &fact),
                    Err(CannotRead::Unreadable(reason)) => self.shows.park(entry, event, reason.to_string()),
                    Err(CannotRead::Outage(outage)) => return Err(outage),
                }
                if entry.parked().is_some() {
                    return Ok(());
                }
            }
            if page.len() < BATCH_MAX {
                return Ok(());
            }
        }
    }
}

fn read_start(snapshot: &Snapshot, recorded: Option<Recorded>) -> Result<Start, NotRestored> {
    // It belongs to no stream, and its position is all its versions.
    let version = snapshot.taken_at.position;
    let recorded = recorded.map(|recorded| Recorded { stream: start_stream(), version, ..recorded });
    snapshot.check(START_VERSION, recorded.as_ref())?;
    decode(&snapshot.bytes)
}
