//! One of those that events are put into, and how fast that goes.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::events::events;
use super::targets::Target;
use crate::cli::bench::figure::{Figure, Used, between};
use crate::cli::bench::percentiles::{Latency, curve, histogram, record};
use crate::cli::bench::process::Watched;
use crate::cli::failed::Failed;
use crate::cli::system;

/// A target under measurement.
pub(super) struct Contender {
    name: String,
    target: Target,
    /// How many events a commit has.
    size: u64,
    /// The database's processes, where they are known.
    database: Option<Watched>,
    events: u64,
    /// The time of all commits, making their events aside.
    took: Duration,
    /// What this process has used in that time.
    used: Option<Duration>,
    /// What the database has used meanwhile.
    used_there: Option<Duration>,
    latency: Histogram<u64>,
    by_second: Vec<u64>,
}

impl Contender {
    pub(super) fn new(
        name: String,
        target: Target,
        size: u64,
        database: Option<Watched>,
    ) -> Result<Self, Failed> {
        Ok(Self {
            name,
            target,
            size,
            database,
            events: 0,
            took: Duration::ZERO,
            used: Some(Duration::ZERO),
            used_there: Some(Duration::ZERO),
            latency: histogram()?,
            by_second: Vec::new(),
        })
    }

    /// Commits until that has taken so long in all.
    pub(super) async fn go_on(&mut self, until: Duration) -> Result<(), Failed> {
        let used_there = self.database.and_then(Watched::processor_time);
        while self.took < until {
            self.commit().await?;
        }
        let using = between(used_there, self.database.and_then(Watched::processor_time));
        self.used_there = self.used_there.zip(using).map(|(used, using)| used + using);
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Failed> {
        let events = events(self.events, self.size);
        let (used, begun) = (system::own_processor_time(), Instant::now());
        self.target.commit(events).await?;
        let took = begun.elapsed();
        let using = between(used, system::own_processor_time());
        record(&mut self.latency, took);
        self.used = self.used.zip(using).map(|(used, using)| used + using);
        self.took += took;
        self.events += self.size;
        let second = usize::try_from(self.took.as_secs()).unwrap_or(usize::MAX);
        self.by_second.resize(self.by_second.len().max(second.saturating_add(1)), 0);
        if let Some(count) = self.by_second.get_mut(second) {
            *count += self.size;
        }
        Ok(())
    }

    /// What came of it.
    pub(super) fn figure(mut self) -> Figure {
        // The last second is begun and not over.
        self.by_second.pop();
        let there = self.database.and_then(|database| Used::of(database.name, self.used_there, self.events));
        Figure {
            latency_us: Latency::of(&self.latency),
            processor: Used::of("process", self.used, self.events).into_iter().chain(there).collect(),
            by_second: self.by_second,
            curve: curve(&self.latency),
            ..Figure::of(self.name, self.events, self.took)
        }
    }
}
