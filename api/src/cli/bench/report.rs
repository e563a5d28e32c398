//! What a measurement says in the end: a table, or JSON, and a plot.

use std::path::Path;

use serde::Serialize;

use super::arguments::FormArgs;
use super::durability::{self, Settings};
use super::evidence::Evidence;
use super::figure::{Figure, Part};
use super::store::{Store, StoreUsed};
use super::{plot, table};
use crate::cli::audit::exit_code;
use crate::cli::failed::Failed;
use crate::cli::{Outcome, output, system, words};

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    /// Which measurement.
    pub(super) bench: &'static str,
    /// Whether the figures count.
    pub(super) ok: bool,
    /// What one operation is.
    pub(super) operation: &'static str,
    /// Clients, each with a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connections: Option<u32>,
    /// Where.
    pub(super) machine: Machine,
    /// What the log was kept in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) store: Option<StoreUsed>,
    /// What an answer rests on, as the store of the log says.
    #[serde(skip_serializing_if = "Settings::is_empty")]
    pub(super) durability: Settings,
    /// The figures.
    pub(super) runs: Vec<Figure>,
    /// What could not be compared with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) missing: Vec<String>,
    /// What the log says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evidence: Option<Evidence>,
}

/// The machine that everything shares.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Machine {
    /// Processor cores.
    cores: Option<usize>,
    /// How long a small synchronised write takes on the disk of the data, in microseconds.
    sync_us: Option<u64>,
    /// How many threads wanted a core during the minute before, whoever's they were.
    load: Option<f64>,
}

impl Machine {
    /// This one, as it is before anything is measured.
    pub(super) fn now() -> Self {
        let cores = std::thread::available_parallelism().ok().map(usize::from);
        Self { cores, sync_us: None, load: system::load() }
    }

    /// With the disk of a folder, which is made if need be; without where the log is in a database that the user has,
    /// since that may be anywhere.
    pub(super) fn with_disk_of(self, data: &Path, store: &Store) -> Result<Self, Failed> {
        boxoffice_infra::folder::ensure(data)
            .map_err(|error| Failed::new(format!("{} cannot be made: {error}", data.display())))?;
        if matches!(store, Store::Theirs(_)) {
            return Ok(self);
        }
        let sync = system::sync_latency(data).ok();
        Ok(Self { sync_us: sync.and_then(|time| u64::try_from(time.as_micros()).ok()), ..self })
    }

    fn in_words(&self) -> String {
        let cores = self.cores.map_or_else(|| "cores unknown".into(), |cores| format!("{cores} cores"));
        let sync = self.sync_us.map(words::micros);
        let sync = sync.map(|sync| format!("; a small synchronised write takes {sync} on this disk"));
        let load = self.load.map(|load| format!("; its load was {load:.1} before"));
        [cores, sync.unwrap_or_default(), load.unwrap_or_default()].concat()
    }
}

impl Report {
    /// Tells it as it was asked for, and ends with 1 where the figures do not count.
    pub(super) fn tell(&self, form: &FormArgs) -> Outcome {
        if let Some(file) = &form.plot {
            let drawing = plot::svg(&format!("boxoffice bench {}", self.bench), &self.runs);
            std::fs::write(file, drawing)
                .map_err(|error| Failed::new(format!("{} cannot be written: {error}", file.display())))?;
        }
        if form.json {
            output::json(self)?;
        } else {
            output::say(&self.in_words());
        }
        Ok(exit_code(self.ok))
    }

    /// The report for people.
    fn in_words(&self) -> String {
        let by = self
            .connections
            .map(|count| format!(", by {}", words::counted(count.into(), "connection", "connections")));
        let mut lines = vec![format!("{}: {}{}", self.bench, self.operation, by.unwrap_or_default())];
        let rows: Vec<_> = self.runs.iter().map(row).collect();
        lines.extend(table::table(&HEAD, &rows).into_iter().map(|line| format!("  {line}")));
        for run in &self.runs {
            lines.extend(run.remarks().into_iter().map(|remark| format!("  {}: {remark}", run.name)));
        }
        lines.extend(self.missing.iter().map(|what| format!("  MISSING: {what}")));
        lines.push(format!("  machine: {}", self.machine.in_words()));
        lines.extend(self.store.as_ref().map(|store| format!("  store: {}", store.in_words())));
        if !self.durability.is_empty() {
            lines.push(format!(
                "  durability, as the log's store reports it: {}",
                durability::in_words(&self.durability)
            ));
        }
        lines.extend(self.evidence.as_ref().map(|evidence| format!("  evidence: {}", evidence.in_words())));
        if !self.ok {
            lines.push("  THESE FIGURES DO NOT COUNT: see above for why".into());
        }
        lines.join("\n")
    }
}

const HEAD: [&str; 9] =
    ["", "a second", "p50", "p99", "p99.9", "longest", "took", "of the baseline", "processor time"];

fn row(run: &Figure) -> Vec<String> {
    let [p50, p99, p999, max] = match run.latency_us {
        Some(latency) => [latency.p50, latency.p99, latency.p999, latency.max].map(words::micros),
        None => [const { String::new() }; 4],
    };
    let part = run.part_of.first().map(Part::ratio_in_words);
    let used = run.processor.iter().map(super::figure::Used::in_words).collect::<Vec<_>>().join("; ");
    let took = format!("{:.1} s", run.seconds);
    vec![
        run.name.clone(),
        words::rate(run.per_second),
        p50,
        p99,
        p999,
        max,
        took,
        part.unwrap_or_default(),
        used,
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::figure::Used;
    use super::super::percentiles::Latency;
    use super::*;

    #[test]
    fn figures_read_well() {
        let used = Used::of("server", Some(Duration::from_secs(1)), 200_000);
        let run = Figure {
            latency_us: Some(Latency { p50: 500, p99: 990, p999: 1_240, max: 310_000 }),
            processor: used.into_iter().collect(),
            other_answers: [("503 overloaded".to_owned(), 2)].into(),
            ..Figure::of("holds", 200_000, Duration::from_secs(10))
        };
        let report = Report {
            bench: "onsale",
            ok: true,
            operation: "one named seat held",
            connections: Some(64),
            machine: Machine { cores: Some(2), sync_us: Some(120), load: Some(0.25) },
            store: Some(Store::Folder.used()),
            durability: [("synchronous".to_owned(), "2".to_owned())].into(),
            runs: vec![run],
            missing: vec!["nginx".into()],
            evidence: None,
        };
        let text = report.in_words();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "onsale: one named seat held, by 64 connections");
        let cells: Vec<_> = lines[2].split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let expected = [
            "holds",
            "20,000",
            "500 µs",
            "990 µs",
            "1.24 ms",
            "310 ms",
            "10.0 s",
            "server 1.0 s, 5.0 µs each",
        ];
        assert_eq!(cells, expected);
        let rest = [
            "  holds: 2 × 503 overloaded",
            "  MISSING: nginx",
            "  machine: 2 cores; a small synchronised write takes 120 µs on this disk; its load was 0.2 before",
            "  store: SQLite",
            "  durability, as the log's store reports it: synchronous 2 (FULL)",
        ];
        assert_eq!(lines[3..], rest);
        let failed = Report { ok: false, ..report };
        assert!(failed.in_words().ends_with("see above for why"));
    }
}
