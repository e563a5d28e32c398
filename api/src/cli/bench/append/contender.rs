//! One of those that events are put into, and how fast that goes.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use boxoffice_domain::log::NewEvent;

use super::events::events;
use super::targets::{Chain, Target};
use crate::cli::bench::figure::{Figure, Used, between};
use crate::cli::bench::percentiles::{Latency, curve, histogram, record};
use crate::cli::bench::process::Watched;
use crate::cli::failed::Failed;
use crate::cli::system;

/// A target under measurement.
pub(super) struct Contender {
    name: String,
    target: Target,
    /// What links the events, where they are to be linked.
    chain: Option<Chain>,
    /// What the next commit has.
    ready: Vec<NewEvent>,
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
        let mut chain = target.chain();
        let ready = linked(&mut chain, events(0, size))?;
        Ok(Self {
            name,
            target,
            chain,
            ready,
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

    /// One commit. Meanwhile the events of the next are linked, as an owner does it while the log is at work.
    async fn commit(&mut self) -> Result<(), Failed> {
        let next = events(self.events + self.size, self.size);
        let mut chain = self.chain.take();
        let (used, begun) = (system::own_processor_time(), Instant::now());
        let linking = tokio::task::spawn_blocking(move || {
            let next = linked(&mut chain, next);
            (chain, next)
        });
        self.target.commit(std::mem::take(&mut self.ready)).await?;
        let (chain, next) =
            linking.await.map_err(|error| Failed::new(format!("linking crashed: {error}")))?;
        (self.chain, self.ready) = (chain, next?);
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

fn linked(chain: &mut Option<Chain>, events: Vec<NewEvent>) -> Result<Vec<NewEvent>, Failed> {
    match chain {
        Some(chain) => chain.link(events),
        None => Ok(events),
    }
}
