//! pgbench: a script run again and again by many connections, with prepared statements.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use hdrhistogram::Histogram;
use tempfile::TempDir;

use super::figure::{Figure, Used, between};
use super::percentiles::{Latency, curve, histogram, record};
use super::process::Watched;
use super::{address, programs};
use crate::cli::failed::Failed;
use crate::cli::system;

/// How many connections there are.
pub(super) const CLIENTS: u64 = 32;

/// The part of transactions whose latency is written down, so that writing does not slow the others.
const SAMPLED: &str = "0.1";

/// pgbench for one database.
pub(super) struct Pgbench {
    program: PathBuf,
    database: String,
    server: Option<Watched>,
}

impl Pgbench {
    /// Nothing where it is not installed.
    pub(super) fn find(database: &str, server: Option<Watched>) -> Option<Self> {
        let program = programs::folder_of("pgbench")?.join("pgbench");
        Some(Self { program, database: database.to_owned(), server })
    }

    /// Runs a script for so long, with `:n` counting from 0 in each connection, `:clients`, and these variables.
    pub(super) fn run(
        &self,
        name: &str,
        script: &str,
        variables: &[(&str, u64)],
        seconds: u64,
    ) -> Result<Figure, Failed> {
        let folder = tempfile::Builder::new().prefix("boxoffice-pgbench-").tempdir().map_err(refused)?;
        std::fs::write(folder.path().join("script"), script).map_err(refused)?;
        let mut command = self.command(&folder, seconds);
        for (variable, value) in [("n", 0), ("clients", CLIENTS)].iter().chain(variables) {
            command.arg("-D").arg(format!("{variable}={value}"));
        }
        let (database, password) = address::without_password(&self.database);
        if let Some(password) = password {
            command.env("PGPASSWORD", password);
        }
        let used = || {
            let server = self.server.map(|server| (server.name, server.processor_time()));
            server.into_iter().chain([("pgbench", system::processor_time_of_ended())]).collect::<Vec<_>>()
        };
        let before = used();
        let output = command.arg(database).output().map_err(refused)?;
        let after = used();
        let (said, complained) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let figure = figure(name, &said, &complained, &latencies(folder.path())?);
        let Some(mut figure) = figure.filter(|_| output.status.success()) else {
            let why = complained.lines().last().unwrap_or("it says nothing").to_owned();
            return Err(Failed::new(format!("pgbench failed: {why}")));
        };
        for ((process, before), (_, after)) in before.into_iter().zip(after) {
            figure.processor.extend(Used::of(process, between(before, after), figure.operations));
        }
        Ok(figure)
    }

    fn command(&self, folder: &TempDir, seconds: u64) -> Command {
        let mut command = Command::new(&self.program);
        let (clients, seconds) = (CLIENTS.to_string(), seconds.to_string());
        command.args(["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-P", "1"]);
        command.args(["-f", "script", "-l", "--log-prefix", "log", "--sampling-rate", SAMPLED]);
        command.current_dir(folder.path()).stdin(Stdio::null());
        command
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn refused(error: std::io::Error) -> Failed {
    Failed::new(format!("pgbench cannot be run: {error}"))
}

/// The latencies that pgbench has written down in a folder: the third of the words of a line, in microseconds.
fn latencies(folder: &Path) -> Result<Histogram<u64>, Failed> {
    let mut latencies = histogram()?;
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        if !entry.file_name().to_string_lossy().starts_with("log.") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).map_err(refused)?;
        let micros = text.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
        micros.for_each(|micros| record(&mut latencies, Duration::from_micros(micros)));
    }
    Ok(latencies)
}

/// What pgbench says in the end, and each second.
fn figure(name: &str, said: &str, progress: &str, latencies: &Histogram<u64>) -> Option<Figure> {
    let after = |what: &str| said.lines().find_map(|line| line.strip_prefix(what));
    let operations: u64 = after("number of transactions actually processed: ")?.trim().parse().ok()?;
    let rate: f64 = after("tps = ")?.split(' ').next()?.parse().ok()?;
    let took = Duration::try_from_secs_f64(super::figure::float(operations) / rate).ok()?;
    Some(Figure {
        latency_us: Latency::of(latencies),
        is_baseline: true,
        by_second: progress.lines().filter_map(rate_of_second).collect(),
        curve: curve(latencies),
        ..Figure::of(name, operations, took)
    })
}

/// `progress: 1.0 s, 13703.4 tps, lat …`
fn rate_of_second(line: &str) -> Option<u64> {
    let rate = line.strip_prefix("progress: ")?.split(", ").nth(1)?.strip_suffix(" tps")?;
    rate.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pgbench_says_becomes_a_figure() {
        let said = "pgbench (15.18)\nnumber of transactions actually processed: 27406\nnumber of failed transactions: \
                    0 (0.000%)\nlatency average = 2.3 ms\ntps = 13703.000000 (without initial connection time)\n";
        let progress = "pgbench: starting\nprogress: 1.0 s, 13703.4 tps, lat 2.3 ms stddev 0.9, 0 failed\n\
                        progress: 2.0 s, 13702.6 tps, lat 2.3 ms stddev 0.9, 0 failed\n";
        let run = figure("seats", said, progress, &histogram().unwrap()).unwrap();
        assert_eq!(
            (run.operations, &run.by_second[..], run.is_baseline),
            (27_406, &[13_703, 13_702][..], true)
        );
        assert!((run.seconds - 2.0).abs() < 0.001);
        assert!(figure("seats", "pgbench: error", progress, &histogram().unwrap()).is_none());
    }

    #[test]
    fn latencies_are_read_wherever_a_thread_has_put_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("log.17"), "0 1 2300 0 1700000000 17\n1 1 2500 0 1700000000 18\n")
            .unwrap();
        std::fs::write(folder.path().join("log.17.1"), "2 1 2400 0 1700000000 19\n").unwrap();
        std::fs::write(folder.path().join("script"), "UPDATE a b").unwrap();
        assert_eq!(latencies(folder.path()).unwrap().len(), 3);
    }
}
