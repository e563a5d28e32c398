//! What the engine counts, for `/metrics`.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many classes the sizes of appends are counted in: at most 1, 2, 4, … 1,024 events, and more.
pub const SIZE_CLASSES: usize = 12;

/// What the engine has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineStats {
    /// Commands that were handed in.
    pub commands: u64,
    /// Commands that the rules refused.
    pub refusals: u64,
    /// Commands that were turned away because too many waited.
    pub overloads: u64,
    /// Commands that crashed.
    pub crashes: u64,
    /// Appends that the log answered.
    pub appends: u64,
    /// Events that became durable.
    pub events: u64,
    /// The most events that one append had.
    pub append_events_max: u64,
    /// Appends by size: class `n` counts those with at most 2ⁿ events, the last one all others.
    pub append_sizes: [u64; SIZE_CLASSES],
    /// Times that a stream had to be read again, because an append did not land as sent.
    pub recoveries: u64,
    /// Snapshots that were kept.
    pub snapshots: u64,
    /// Their bytes.
    pub snapshot_bytes: u64,
    /// How long actors were busy with copying what they know, in microseconds.
    pub snapshot_copy_us: u64,
    /// How long it took to encode and keep them, in microseconds.
    pub snapshot_us: u64,
    /// Streams that were loaded from a snapshot.
    pub loads_from_snapshot: u64,
    /// Streams that were read from the beginning.
    pub loads_from_beginning: u64,
    /// Streams in memory.
    pub actors: usize,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) commands: Counter,
    pub(super) refusals: Counter,
    pub(super) overloads: Counter,
    pub(super) crashes: Counter,
    pub(super) recoveries: Counter,
    snapshots: Counter,
    snapshot_bytes: Counter,
    snapshot_copy_us: Counter,
    snapshot_us: Counter,
    loads_from_snapshot: Counter,
    loads_from_beginning: Counter,
    appends: Counter,
    events: Counter,
    append_events_max: AtomicU64,
    append_sizes: [Counter; SIZE_CLASSES],
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// Counts an append that was sent with so many events, of which so many landed.
    pub(super) fn append(&self, sent: u64, landed: u64) {
        self.appends.add(1);
        self.events.add(landed);
        self.append_events_max.fetch_max(sent, Ordering::Relaxed);
        let class = usize::try_from(sent.next_power_of_two().trailing_zeros()).unwrap_or(SIZE_CLASSES);
        if let Some(counter) = self.append_sizes.get(class.min(SIZE_CLASSES - 1)) {
            counter.add(1);
        }
    }

    /// Counts a snapshot that was kept.
    pub(super) fn snapshot(&self, bytes: u64, took: Duration) {
        self.snapshots.add(1);
        self.snapshot_bytes.add(bytes);
        self.snapshot_us.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts what an actor did itself for a snapshot.
    pub(super) fn copied(&self, took: Duration) {
        self.snapshot_copy_us.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts a stream that was loaded.
    pub(super) fn loaded(&self, from_snapshot: bool) {
        if from_snapshot { &self.loads_from_snapshot } else { &self.loads_from_beginning }.add(1);
    }

    pub(super) fn read(&self, actors: usize) -> EngineStats {
        let mut sizes = self.append_sizes.iter().map(Counter::read);
        EngineStats {
            commands: self.commands.read(),
            refusals: self.refusals.read(),
            overloads: self.overloads.read(),
            crashes: self.crashes.read(),
            appends: self.appends.read(),
            events: self.events.read(),
            append_events_max: self.append_events_max.load(Ordering::Relaxed),
            append_sizes: array::from_fn(|_| sizes.next().unwrap_or_default()),
            recoveries: self.recoveries.read(),
            snapshots: self.snapshots.read(),
            snapshot_bytes: self.snapshot_bytes.read(),
            snapshot_copy_us: self.snapshot_copy_us.read(),
            snapshot_us: self.snapshot_us.read(),
            loads_from_snapshot: self.loads_from_snapshot.read(),
            loads_from_beginning: self.loads_from_beginning.read(),
            actors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_are_counted_in_classes_of_powers_of_two() {
        let counters = Counters::default();
        for sent in [1, 2, 3, 4, 1_000, 5_000] {
            counters.append(sent, sent);
        }
        let stats = counters.read(0);
        assert_eq!(stats.append_sizes, [1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!((stats.appends, stats.events, stats.append_events_max), (6, 6_010, 5_000));
    }
}
