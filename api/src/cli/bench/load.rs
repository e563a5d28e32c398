//! The buyers of an on-sale: each has a connection of its own and asks for one named seat after the other, waiting
//! for each answer. No seat is asked for twice, so that every answer should be yes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;
use hyper::StatusCode;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::cli::client::{Call, CallError, Client};
use crate::cli::failed::Failed;

/// Latencies are kept with this many digits.
const DIGITS: u8 = 3;

/// What is to be done.
pub(super) struct Plan {
    /// The server.
    pub(super) address: SocketAddr,
    /// How many buyers there are.
    pub(super) connections: u32,
    /// For how long before anything is counted in figures.
    pub(super) warm_up: Duration,
    /// For how long after that.
    pub(super) time: Duration,
    /// Where holds are placed, and the bodies that ask for one seat each.
    pub(super) shows: Vec<Show>,
}

/// One show: its address for holds, and a body for each seat.
pub(super) struct Show {
    /// `/v1/events/event_…/holds`
    pub(super) path: String,
    /// What to ask.
    pub(super) bodies: Vec<Bytes>,
}

/// What came of it.
pub(super) struct Load {
    /// Every 201 there was, warm-up included.
    pub(super) held: u64,
    /// Every 201 that is in the figures.
    pub(super) measured: u64,
    /// How long the figures were taken for.
    pub(super) took: Duration,
    /// Latencies in microseconds.
    pub(super) latency: Histogram<u64>,
    /// Other answers, by status and code.
    pub(super) others: BTreeMap<String, u64>,
    /// Whether every seat was asked for before the time was up.
    pub(super) ran_out: bool,
}

/// One buyer's part of that.
struct Share {
    held: u64,
    latency: Histogram<u64>,
    others: BTreeMap<String, u64>,
    ended: Instant,
    ran_out: bool,
}

/// Runs all buyers; `measuring` is called when the warm-up ends.
pub(super) async fn run(plan: Plan, measuring: impl FnOnce()) -> Result<Load, Failed> {
    let plan = Arc::new(plan);
    let next = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let from = started + plan.warm_up;
    let mut buyers = JoinSet::new();
    for number in 0..plan.connections {
        let (plan, next) = (Arc::clone(&plan), Arc::clone(&next));
        buyers.spawn(async move { buy(&plan, &next, number, from).await });
    }
    tokio::time::sleep_until(from.into()).await;
    measuring();
    let mut load = Load {
        held: 0,
        measured: 0,
        took: Duration::ZERO,
        latency: histogram()?,
        others: BTreeMap::new(),
        ran_out: false,
    };
    while let Some(share) = buyers.join_next().await {
        let share = share.map_err(|error| Failed::new(format!("a buyer crashed: {error}")))??;
        load.held += share.held;
        load.measured += share.latency.len();
        load.took = load.took.max(share.ended.saturating_duration_since(from));
        load.ran_out |= share.ran_out;
        load.latency
            .add(&share.latency)
            .map_err(|error| Failed::new(format!("latencies do not add: {error}")))?;
        for (what, count) in share.others {
            *load.others.entry(what).or_default() += count;
        }
    }
    Ok(load)
}

fn histogram() -> Result<Histogram<u64>, Failed> {
    // Grows as far as the latencies do.
    Histogram::new(DIGITS).map_err(|error| Failed::new(format!("latencies cannot be kept: {error}")))
}

async fn buy(plan: &Plan, next: &AtomicU64, number: u32, from: Instant) -> Result<Share, Failed> {
    let until = from + plan.time;
    let mut client = Client::new(plan.address);
    let mut share =
        Share { held: 0, latency: histogram()?, others: BTreeMap::new(), ended: from, ran_out: false };
    for count in 0_u64.. {
        let asked = Instant::now();
        if asked >= until {
            break;
        }
        let Some((path, body)) = plan.seat(next.fetch_add(1, Ordering::Relaxed)) else {
            share.ran_out = true;
            break;
        };
        let key = key(number, count);
        match client.call(&Call::post(path, body.clone()).keyed(&key)).await {
            Ok(reply) if reply.status == StatusCode::CREATED => {
                share.held += 1;
                if asked >= from {
                    let recorded = share.latency.record(micros(asked.elapsed()));
                    debug_assert!(recorded.is_ok(), "the histogram grows");
                }
            }
            Ok(reply) => {
                *share.others.entry(format!("{} {}", reply.status.as_u16(), reply.code())).or_default() += 1;
            }
            // Whether the seat is held is not known, which is no figure at all.
            Err(CallError::Unreachable(error)) if share.held == 0 => {
                return Err(Failed::new(format!("a buyer cannot connect: {error}")));
            }
            Err(error) => *share.others.entry(error.to_string()).or_default() += 1,
        }
        share.ended = Instant::now();
    }
    Ok(share)
}

impl Plan {
    /// The seat of that number, show after show.
    fn seat(&self, number: u64) -> Option<(&str, &Bytes)> {
        let mut number = usize::try_from(number).ok()?;
        for show in &self.shows {
            if let Some(body) = show.bodies.get(number) {
                return Some((&show.path, body));
            }
            number -= show.bodies.len();
        }
        None
    }
}

/// A key that nobody else has in this run.
fn key(buyer: u32, count: u64) -> String {
    Uuid::from_u128((u128::from(buyer) << 64) | u128::from(count)).to_string()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(name: &str, seats: usize) -> Show {
        Show { path: name.into(), bodies: (0..seats).map(|seat| Bytes::from(seat.to_string())).collect() }
    }

    #[test]
    fn seats_are_asked_for_show_after_show_and_never_twice() {
        let plan = Plan {
            address: ([127, 0, 0, 1], 1).into(),
            connections: 1,
            warm_up: Duration::ZERO,
            time: Duration::ZERO,
            shows: vec![show("a", 2), show("b", 1)],
        };
        let seats: Vec<_> = (0..4).map(|number| plan.seat(number)).collect();
        let seat = |path, body: &'static str| Some((path, Bytes::from_static(body.as_bytes())));
        let owned: Vec<_> =
            seats.into_iter().map(|seat| seat.map(|(path, body)| (path, body.clone()))).collect();
        assert_eq!(owned, [seat("a", "0"), seat("a", "1"), seat("b", "0"), None]);
    }

    #[test]
    fn keys_differ_between_buyers_and_requests() {
        assert_ne!(key(1, 0), key(0, 1));
        assert_eq!(key(1, 2), "00000000-0000-0001-0000-000000000002");
    }
}
