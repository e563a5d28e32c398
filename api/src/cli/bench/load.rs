//! The load: clients with a connection of their own each, who do one piece of work after the other and wait for every
//! answer. No pipelining; every request that changes something has an idempotency key of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hyper::header::HeaderValue;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::evidence::Counts;
use super::percentiles::{histogram, record};
use crate::cli::client::{Call, CallError, Reply, WireClient};
use crate::cli::failed::Failed;

/// How long a client waits after a connection that broke.
const AFTER_ERROR: Duration = Duration::from_millis(10);

/// What is to be done.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The server.
    pub(super) address: SocketAddr,
    /// How many clients there are.
    pub(super) connections: u32,
    /// The number of this load among those on one server.
    pub(super) number: u16,
    /// For how long before anything is counted in figures.
    pub(super) warm_up: Duration,
    /// For how long after that.
    pub(super) time: Duration,
    /// How long each client takes from one operation to the next; nothing where it does not wait.
    pub(super) pace: Option<Duration>,
}

/// What clients do.
pub(super) trait Work: Send + Sync + 'static {
    /// One operation, from its first request to its last answer.
    fn once(&self, client: &mut Visitor) -> impl Future<Output = Result<Step, CallError>> + Send;
}

/// How an operation ended.
pub(super) enum Step {
    /// As it should.
    Done,
    /// As it should, and there was nothing new.
    Unchanged,
    /// With an answer that was not wanted.
    Refused(String),
    /// There is nothing left to ask for.
    RanOut,
}

impl Step {
    /// With this answer, which was not wanted.
    pub(super) fn refused(reply: &Reply) -> Self {
        Self::Refused(format!("{} {}", reply.status.as_u16(), reply.code()))
    }
}

/// One client, as its work sees it.
pub(super) struct Visitor {
    client: WireClient,
    /// Nobody else in this run has these upper halves of its keys.
    key: u128,
    /// What was answered with yes.
    pub(super) counts: Counts,
    /// The entity tag that was seen last.
    pub(super) tag: Option<HeaderValue>,
}

impl Visitor {
    fn new(plan: &Plan, number: u32) -> Self {
        let key = (u128::from(plan.number) << 96) | (u128::from(number) << 64);
        Self { client: WireClient::new(plan.address), key, counts: Counts::default(), tag: None }
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn call(&mut self, call: &Call<'_>) -> Result<Reply, CallError> {
        self.client.call(call).await
    }

    /// The same with a key that nobody else has in this run.
    pub(super) async fn call_once(&mut self, call: Call<'_>) -> Result<Reply, CallError> {
        self.key += 1;
        let key = Uuid::from_u128(self.key).to_string();
        self.client.call(&call.keyed(&key)).await
    }
}

/// What came of it.
pub(super) struct Load {
    /// Everything that was answered with yes, warm-up included.
    pub(super) counts: Counts,
    /// How long the figures were taken for.
    pub(super) took: Duration,
    /// Operations that are in the figures: their latencies.
    pub(super) latency: Histogram<u64>,
    /// How many of them brought nothing new.
    pub(super) unchanged: u64,
    /// How many of them ended in each second.
    pub(super) by_second: Vec<u64>,
    /// Other answers, by status and code.
    pub(super) others: BTreeMap<String, u64>,
    /// Whether there was nothing left to ask for before the time was up.
    pub(super) ran_out: bool,
}

impl Load {
    fn new() -> Result<Self, Failed> {
        Ok(Self {
            counts: Counts::default(),
            took: Duration::ZERO,
            latency: histogram()?,
            unchanged: 0,
            by_second: Vec::new(),
            others: BTreeMap::new(),
            ran_out: false,
        })
    }

    /// An operation that was begun so long ago has ended, so long after the figures began.
    fn ended(&mut self, took: Duration, at: Duration) {
        record(&mut self.latency, took);
        let second = usize::try_from(at.as_secs()).unwrap_or(usize::MAX);
        if self.by_second.len() <= second {
            self.by_second.resize(second + 1, 0);
        }
        if let Some(count) = self.by_second.get_mut(second) {
            *count += 1;
        }
    }

    fn other(&mut self, what: String) {
        *self.others.entry(what).or_default() += 1;
    }

    fn add(&mut self, more: Self) -> Result<(), Failed> {
        self.counts.add(more.counts);
        self.took = self.took.max(more.took);
        self.unchanged += more.unchanged;
        self.ran_out |= more.ran_out;
        let added = self.latency.add(&more.latency);
        added.map_err(|error| Failed::new(format!("latencies do not add: {error}")))?;
        self.by_second.resize(self.by_second.len().max(more.by_second.len()), 0);
        self.by_second.iter_mut().zip(more.by_second).for_each(|(count, more)| *count += more);
        for (what, count) in more.others {
            *self.others.entry(what).or_default() += count;
        }
        Ok(())
    }
}

/// Runs all clients; `measuring` is called when the warm-up ends.
pub(super) async fn run<W: Work>(
    plan: Plan,
    work: &Arc<W>,
    measuring: impl FnOnce(),
) -> Result<Load, Failed> {
    let from = Instant::now() + plan.warm_up;
    let mut clients = JoinSet::new();
    for number in 0..plan.connections {
        let (plan, work) = (plan.clone(), Arc::clone(work));
        clients.spawn(async move { visit(&plan, &*work, number, from).await });
    }
    tokio::time::sleep_until(from.into()).await;
    measuring();
    let mut load = Load::new()?;
    while let Some(share) = clients.join_next().await {
        load.add(share.map_err(|error| Failed::new(format!("a client crashed: {error}")))??)?;
    }
    // The last second is begun and not over.
    load.by_second.truncate(usize::try_from(plan.time.as_secs()).unwrap_or(usize::MAX));
    Ok(load)
}

async fn visit(plan: &Plan, work: &impl Work, number: u32, from: Instant) -> Result<Load, Failed> {
    let until = from + plan.time;
    let mut visitor = Visitor::new(plan, number);
    let mut load = Load::new()?;
    let mut is_known = false;
    loop {
        let asked = Instant::now();
        if asked >= until {
            break;
        }
        let step = work.once(&mut visitor).await;
        let ended = Instant::now();
        match step {
            Ok(step @ (Step::Done | Step::Unchanged)) => {
                is_known = true;
                if asked >= from {
                    load.ended(ended - asked, ended - from);
                    load.unchanged += u64::from(matches!(step, Step::Unchanged));
                }
            }
            Ok(Step::Refused(what)) => load.other(what),
            Ok(Step::RanOut) => {
                load.ran_out = true;
                break;
            }
            Err(CallError::Unreachable(error)) if !is_known => {
                return Err(Failed::new(format!("a client cannot connect: {error}")));
            }
            // Whether it has happened is not known, which is no figure at all.
            Err(error) => {
                load.other(error.to_string());
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
        load.took = ended.saturating_duration_since(from);
        if let Some(pace) = plan.pace {
            tokio::time::sleep_until((asked + pace).into()).await;
        }
    }
    load.counts = visitor.counts;
    Ok(load)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_a_load_add_up() {
        let mut load = Load::new().unwrap();
        let seconds = Duration::from_secs;
        for (at, count) in [(0, 2), (2, 1)] {
            let mut share = Load::new().unwrap();
            (0..count).for_each(|_| share.ended(Duration::from_micros(10), seconds(at)));
            share.other("503 overloaded".into());
            share.took = seconds(at);
            load.add(share).unwrap();
        }
        assert_eq!((load.latency.len(), load.took), (3, seconds(2)));
        assert_eq!(load.by_second, [2, 0, 1]);
        assert_eq!(load.others, BTreeMap::from([("503 overloaded".into(), 2)]));
    }

    #[test]
    fn keys_differ_between_loads_and_clients() {
        let plan = |number| Plan {
            address: ([127, 0, 0, 1], 1).into(),
            connections: 1,
            number,
            warm_up: Duration::ZERO,
            time: Duration::ZERO,
            pace: None,
        };
        let keys =
            [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(load, client)| Visitor::new(&plan(load), client).key);
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
    }
}
