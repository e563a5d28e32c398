//! The figures of an on-sale, as JSON and in words.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::load::Load;
use crate::cli::words;

/// What was measured.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    /// Whether the log has every hold that was answered and no other, and is sound.
    pub(super) ok: bool,
    /// For how long.
    pub(super) seconds: f64,
    /// Buyers, each with a connection.
    pub(super) connections: u32,
    /// Holds that were answered with 201 while it was measured.
    pub(super) holds: u64,
    /// The same a second.
    pub(super) holds_per_second: f64,
    /// From the request to the end of its answer.
    pub(super) latency_us: Latency,
    /// Processor time, where the system tells.
    pub(super) processor: Option<Processor>,
    /// Holds that were answered with 201 from the first to the last, warm-up included.
    pub(super) holds_answered: u64,
    /// Holds that are in the log.
    pub(super) holds_in_log: u64,
    /// Whether the independent checker finds the log sound.
    pub(super) audit_ok: bool,
    /// Answers that were not 201.
    pub(super) other_answers: BTreeMap<String, u64>,
    /// Whether seats ran out before the time did.
    pub(super) ran_out_of_seats: bool,
    /// What an answer rests on.
    pub(super) durability: Durability,
}

/// Latencies in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Latency {
    p50: u64,
    p99: u64,
    p999: u64,
    max: u64,
}

/// Processor time while it was measured.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Processor {
    /// The server's, in seconds.
    pub(super) server_seconds: f64,
    /// This process's, which is the buyers, in seconds.
    pub(super) client_seconds: f64,
    /// The server's for each hold, in microseconds.
    pub(super) server_us_per_hold: f64,
    /// The buyers' for each hold, in microseconds.
    pub(super) client_us_per_hold: f64,
}

/// What an answer rests on.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Durability {
    /// How the log commits.
    pub(super) log: &'static str,
    /// How long a small synchronised write takes on this disk, in microseconds.
    pub(super) sync_us: Option<u64>,
}

impl Latency {
    pub(super) fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            max: histogram.max(),
        }
    }
}

impl Processor {
    pub(super) fn of(server: Option<Duration>, client: Option<Duration>, holds: u64) -> Option<Self> {
        let (server, client) = (server?.as_secs_f64(), client?.as_secs_f64());
        let each = |seconds: f64| per(seconds * 1e6, holds);
        Some(Self {
            server_seconds: server,
            client_seconds: client,
            server_us_per_hold: each(server),
            client_us_per_hold: each(client),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn per(amount: f64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { amount / count as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(super) fn rate(load: &Load) -> f64 {
    load.measured as f64 / load.took.as_secs_f64().max(0.001)
}

impl Figures {
    /// The figures for people.
    pub(super) fn in_words(&self) -> String {
        let Latency { p50, p99, p999, max } = self.latency_us;
        let [p50, p99, p999, max] = [p50, p99, p999, max].map(words::micros);
        let mut lines = vec![
            format!("{:.0} holds/s", self.holds_per_second),
            format!(
                "  {} in {:.1} s by {}, each one named seat, durable before its answer",
                words::counted(self.holds, "hold", "holds"),
                self.seconds,
                words::counted(self.connections.into(), "connection", "connections")
            ),
            format!("  latency: p50 {p50}, p99 {p99}, p99.9 {p999}, longest {max}"),
        ];
        lines.extend(self.processor.map(|used| {
            format!(
                "  processor: server {:.1} s ({:.1} µs a hold), buyers {:.1} s ({:.1} µs a hold)",
                used.server_seconds, used.server_us_per_hold, used.client_seconds, used.client_us_per_hold
            )
        }));
        let sync = self.durability.sync_us.map_or_else(|| "unknown".into(), words::micros);
        lines.push(format!(
            "  durability: {}; a small write is on this disk after {sync}",
            self.durability.log
        ));
        let others =
            self.other_answers.iter().map(|(what, count)| format!("  {} × {what}", words::count(*count)));
        lines.extend(others);
        if self.ran_out_of_seats {
            lines.push("  all seats were held before the time was up; the figures end there".into());
        }
        let (answered, logged) = (words::count(self.holds_answered), words::count(self.holds_in_log));
        let audit = if self.audit_ok { "the log is sound" } else { "the log is NOT sound" };
        lines.push(format!("  evidence: {answered} holds answered, {logged} in the log; {audit}"));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latencies() -> Histogram<u64> {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        (1..=1_000).for_each(|value| histogram.record(value).unwrap());
        histogram
    }

    #[test]
    fn percentiles_are_those_of_the_latencies() {
        let latency = Latency::of(&latencies());
        assert_eq!(latency, Latency { p50: 500, p99: 990, p999: 999, max: 1_000 });
    }

    #[test]
    fn figures_read_well() {
        let second = Some(Duration::from_secs(1));
        let figures = Figures {
            ok: true,
            seconds: 10.0,
            connections: 64,
            holds: 200_000,
            holds_per_second: 20_000.0,
            latency_us: Latency::of(&latencies()),
            processor: Processor::of(second, second, 200_000),
            holds_answered: 201_000,
            holds_in_log: 201_000,
            audit_ok: true,
            other_answers: BTreeMap::from([("503 overloaded".into(), 2)]),
            ran_out_of_seats: false,
            durability: Durability { log: "SQLite, WAL, synchronous=FULL", sync_us: Some(120) },
        };
        let text = figures.in_words();
        assert!(text.starts_with("20000 holds/s\n  200,000 holds in 10.0 s by 64 connections"), "{text}");
        assert!(text.contains("p50 500 µs, p99 990 µs, p99.9 999 µs, longest 1.00 ms"), "{text}");
        assert!(text.contains("server 1.0 s (5.0 µs a hold)"), "{text}");
        assert!(text.contains("  2 × 503 overloaded"), "{text}");
        assert!(text.ends_with("201,000 holds answered, 201,000 in the log; the log is sound"), "{text}");
    }
}
