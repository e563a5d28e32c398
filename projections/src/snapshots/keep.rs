//! Taking snapshots of the shows: every so many events, at least as many milliseconds apart, and once at the end.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use boxoffice_domain::id::ShowId;
use boxoffice_domain::log::{StreamName, Version};
use boxoffice_domain::snapshot::{Snapshot, TakenAt, encode};

use super::{START, START_VERSION, ShowAtStart, ShowSnapshots, Start, VIEW, start_stream};
use crate::feed::Outage;
use crate::show::{ShowView, VIEW_VERSION};
use crate::shows::ShowEntry;

/// How long to wait for events in one go.
const LONG: Duration = Duration::from_hours(1);

impl ShowSnapshots {
    /// Takes snapshots until `shutdown` completes, and once more then, if that pays.
    pub async fn keep(&self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let pause_ms = i64::try_from(self.every).unwrap_or(i64::MAX);
        let endless = async {
            loop {
                self.grown_by(self.every).await;
                let again = self.clock.now().plus_ms(pause_ms);
                // What may be left is folded on from the shows' own streams.
                self.take(self.every / 2).await;
                self.clock.sleep_until(again).await;
            }
        };
        tokio::select! { () = endless => {}, () = &mut shutdown => {} }
        let start = self.kept.lock().await.start;
        // Fewer events are folded faster than snapshots are taken.
        let few = self.every / 10;
        if self.shows.progress().position() > start.saturating_add(few) {
            self.take(few).await;
        }
    }

    async fn grown_by(&self, events: u64) {
        let wanted = self.kept.lock().await.start.saturating_add(events);
        while self.shows.progress().wait_for(wanted, LONG).await.is_err() {}
    }

    /// Takes snapshots now, of the shows that have moved most, until at most so many events are in none of them.
    pub async fn take(&self, unkept_max: u64) {
        if let Err(outage) = self.try_to_take(unkept_max).await {
            tracing::warn!(%outage, "the shows could not be snapshotted; nothing depends on it");
        }
    }

    /// Lets go of what was kept of the shows of these streams, or of all: they were folded anew, perhaps to something
    /// else at the same version.
    ///
    /// # Errors
    /// [`Outage`].
    pub async fn forget(&self, streams: Option<&[String]>) -> Result<(), Outage> {
        let named = |streams: &[String]| {
            streams.iter().filter_map(|stream| StreamName::from_log(stream).show()).collect::<Vec<_>>()
        };
        let mut kept = self.kept.lock().await;
        for show in streams.map_or_else(|| self.shows.list(), named) {
            if let Some(snapshot) = self.store.load(VIEW, &StreamName::inventory(show)).await? {
                self.store.discard(&snapshot).await?;
            }
            kept.versions.remove(&show);
        }
        Ok(())
    }

    async fn try_to_take(&self, unkept_max: u64) -> Result<(), Outage> {
        let mut kept = self.kept.lock().await;
        // The position comes first: whatever is copied after this has every event up to here.
        let position = self.shows.progress().position();
        let Some(last) = self.feed.at(position).await? else { return Ok(()) };
        let entries: Vec<Arc<ShowEntry>> =
            self.shows.list().into_iter().filter_map(|show| self.shows.get(show)).collect();
        for entry in most_moved(&entries, &kept.versions, unkept_max) {
            let version = self.keep_view(&entry).await?;
            kept.versions.insert(entry.show(), version);
        }
        let start = encode(&self.start(&entries)).unwrap_or_default();
        let taken_at = TakenAt { stream: start_stream(), version: position, ..TakenAt::of(&last) };
        self.save(Snapshot::sealed(START, taken_at, START_VERSION, start)).await?;
        kept.start = position;
        Ok(())
    }

    async fn keep_view(&self, entry: &ShowEntry) -> Result<Version, Outage> {
        let view = entry.lock().view.to_be_kept();
        let version = view.version();
        let encoding = tokio::task::spawn_blocking(move || view_snapshot(view));
        if let Ok(Some(snapshot)) = encoding.await {
            self.save(snapshot).await?;
        }
        Ok(version)
    }

    async fn save(&self, snapshot: Snapshot) -> Result<(), Outage> {
        let bytes = snapshot.bytes.len() as u64;
        self.store.save(snapshot).await?;
        self.counters.snapshots.fetch_add(1, Ordering::Relaxed);
        self.counters.snapshot_bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    fn start(&self, entries: &[Arc<ShowEntry>]) -> Start {
        let shows = entries.iter().map(|entry| {
            let held = entry.lock();
            ShowAtStart { show: entry.show(), version: held.view.version(), is_parked: held.parked.is_some() }
        });
        let parked = self.shows.progress().parked().into_iter();
        let strange = parked.filter(|parked| StreamName::from_log(&parked.stream).show().is_none());
        Start {
            shows: shows.collect(),
            strange: strange.map(|parked| (parked.stream, parked.position, parked.reason)).collect(),
        }
    }
}

/// The shows with the most events that are in no snapshot, until the others have at most so many in all.
fn most_moved(
    entries: &[Arc<ShowEntry>],
    kept: &HashMap<ShowId, Version>,
    unkept_max: u64,
) -> Vec<Arc<ShowEntry>> {
    let unkept = |entry: &Arc<ShowEntry>| {
        let kept = kept.get(&entry.show()).copied().unwrap_or_default();
        (entry.lock().view.version().saturating_sub(kept), Arc::clone(entry))
    };
    let mut moved: Vec<(u64, Arc<ShowEntry>)> = entries.iter().map(unkept).collect();
    moved.sort_by_key(|(events, _)| *events);
    let mut in_all = 0_u64;
    let many = moved.into_iter().skip_while(|(events, _)| {
        in_all = in_all.saturating_add(*events);
        in_all <= unkept_max
    });
    many.map(|(_, entry)| entry).collect()
}

fn view_snapshot(view: ShowView) -> Option<Snapshot> {
    let (stream, version, position) = (StreamName::inventory(view.show()), view.version(), view.position());
    let (log_time, hash) = (view.log_time(), view.head());
    let bytes = view.into_bytes()?;
    let taken_at = TakenAt { stream, version, position, log_time, hash };
    Some(Snapshot::sealed(VIEW, taken_at, VIEW_VERSION, bytes))
}
