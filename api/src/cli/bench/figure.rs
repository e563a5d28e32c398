//! One figure: what was done, how often a second, how late, and at what cost.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::load::{self, Load, Plan, Work};
use super::percentiles::{Curve, Latency, curve};
use super::process::Watched;
use crate::cli::failed::Failed;
use crate::cli::{system, words};

/// A figure.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Figure {
    /// What was done.
    pub(super) name: String,
    /// How often, while it was measured.
    pub(super) operations: u64,
    /// For how long.
    pub(super) seconds: f64,
    /// How often a second.
    pub(super) per_second: f64,
    /// From the first request to the end of the last answer.
    pub(super) latency_us: Option<Latency>,
    /// Processor time by process, where the system tells.
    pub(super) processor: Vec<Used>,
    /// How many operations found nothing new.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) not_modified: u64,
    /// What was answered otherwise than wanted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) other_answers: BTreeMap<String, u64>,
    /// Whether there was nothing left to ask for before the time was up.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) ran_out: bool,
    /// What else is to be known of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) remark: String,
    /// Whether others are compared with this.
    pub(super) is_baseline: bool,
    /// The rate as a part of those of other figures of this run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) part_of: Vec<Part>,
    /// Operations that ended in each second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) by_second: Vec<u64>,
    /// For the plot.
    #[serde(skip)]
    pub(super) curve: Curve,
}

/// Processor time of one process while it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Used {
    /// `server`, for example.
    pub(super) process: &'static str,
    /// In seconds.
    pub(super) seconds: f64,
    /// For each operation, in microseconds.
    pub(super) us_per_operation: f64,
}

/// A rate beside another.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Part {
    /// The other figure.
    pub(super) of: String,
    /// One where they are equal.
    pub(super) ratio: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A count as a number that can be divided.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

impl Part {
    /// `87.2 %`, or `3.71 ×` where it is more.
    pub(super) fn ratio_in_words(&self) -> String {
        if self.ratio < 1.5 {
            format!("{:.1} %", self.ratio * 100.0)
        } else {
            format!("{:.2} ×", self.ratio)
        }
    }

    fn in_words(&self) -> String {
        let of = if self.ratio < 1.5 { " of" } else { "" };
        format!("{}{of} {}", self.ratio_in_words(), self.of)
    }
}

impl Used {
    /// Nothing where the system does not tell.
    pub(super) fn of(process: &'static str, time: Option<Duration>, operations: u64) -> Option<Self> {
        let seconds = time?.as_secs_f64();
        Some(Self { process, seconds, us_per_operation: seconds * 1e6 / float(operations.max(1)) })
    }

    /// For people.
    pub(super) fn in_words(&self) -> String {
        format!("{} {:.1} s, {:.1} µs each", self.process, self.seconds, self.us_per_operation)
    }
}

impl Figure {
    /// So many operations in that time.
    pub(super) fn of(name: impl Into<String>, operations: u64, took: Duration) -> Self {
        let seconds = took.as_secs_f64();
        let per_second = float(operations) / seconds.max(1e-6);
        Self { name: name.into(), operations, seconds, per_second, ..Self::default() }
    }

    /// What came of a load.
    fn of_load(name: &str, load: &Load) -> Self {
        Self {
            latency_us: Latency::of(&load.latency),
            not_modified: load.unchanged,
            other_answers: load.others.clone(),
            ran_out: load.ran_out,
            by_second: load.by_second.clone(),
            curve: curve(&load.latency),
            ..Self::of(name, load.latency.len(), load.took)
        }
    }

    /// Beside the rate of another.
    pub(super) fn beside(mut self, other: &Self) -> Self {
        let ratio = self.per_second / other.per_second.max(1e-6);
        self.part_of.push(Part { of: other.name.clone(), ratio });
        self
    }

    /// What is to be known of it beyond the numbers of its row.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = Vec::new();
        if !self.remark.is_empty() {
            remarks.push(self.remark.clone());
        }
        if self.not_modified > 0 {
            remarks.push(format!("{} × 304", words::count(self.not_modified)));
        }
        if self.part_of.len() > 1 {
            remarks.extend(self.part_of.iter().map(Part::in_words));
        }
        remarks.extend(
            self.other_answers.iter().map(|(what, count)| format!("{} × {what}", words::count(*count))),
        );
        if self.ran_out {
            remarks.push("all seats were held before the time was up; the figure ends there".into());
        }
        remarks
    }
}

/// Puts a load on a server and takes its figure, with the processor time of the processes that work for it.
pub(super) async fn measure<W: Work>(
    name: &str,
    processes: &[Watched],
    plan: Plan,
    work: &Arc<W>,
) -> Result<(Figure, Load), Failed> {
    let used = || {
        let times = processes.iter().map(|process| (process.name, process.processor_time()));
        times.chain([("client", system::own_processor_time())]).collect::<Vec<_>>()
    };
    let before = Cell::new(Vec::new());
    let load = load::run(plan, work, || before.set(used())).await?;
    let operations = load.latency.len();
    let mut run = Figure::of_load(name, &load);
    for ((process, after), (_, before)) in used().into_iter().zip(before.take()) {
        run.processor.extend(Used::of(process, between(before, after), operations));
    }
    Ok((run, load))
}

/// What was used from one moment to another.
pub(super) fn between(before: Option<Duration>, after: Option<Duration>) -> Option<Duration> {
    Some(after?.saturating_sub(before?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_costs_are_those_of_one_operation() {
        let run = Figure::of("holds", 200_000, Duration::from_secs(10));
        assert!((run.per_second - 20_000.0).abs() < 0.1);
        let used = Used::of("server", Some(Duration::from_secs(1)), run.operations).unwrap();
        assert_eq!(used.in_words(), "server 1.0 s, 5.0 µs each");
        assert_eq!(Used::of("server", None, 1), None);
        let half = Figure::of("half", 100_000, Duration::from_secs(10)).beside(&run);
        assert!(matches!(&half.part_of[..], [part] if part.of == "holds" && (part.ratio - 0.5).abs() < 1e-9));
    }

    #[test]
    fn whatever_was_not_wanted_is_said() {
        let run = Figure {
            not_modified: 1_500,
            other_answers: BTreeMap::from([("503 overloaded".into(), 2)]),
            ran_out: true,
            ..Figure::default()
        };
        let remarks = run.remarks();
        assert_eq!(remarks.len(), 3);
        assert_eq!(remarks[..2], ["1,500 × 304".to_owned(), "2 × 503 overloaded".to_owned()]);
    }
}
