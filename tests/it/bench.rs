//! Measurements, each for a moment: whatever the figures are, what was answered is in the log.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::postgres::Server as Postgres;
use crate::support::process;

fn bench(arguments: &[&str]) -> Value {
    let output = process::run(&[&["bench"], arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Sells for a second, and leaves the data where it was made.
fn sell(data: &Path, what: &str, plot: &Path) -> Value {
    let few = ["--seconds", "1", "--connections", "4"];
    let places = ["--data", data.to_str().unwrap(), "--plot", plot.to_str().unwrap()];
    bench(&[&[what], few.as_slice(), places.as_slice()].concat())
}

/// The figures by name, every one of them of something that was done.
fn names(report: &Value) -> Vec<&str> {
    let runs = report["runs"].as_array().unwrap();
    assert!(runs.iter().all(|run| run["operations"].as_u64().unwrap() > 0), "{report}");
    runs.iter().map(|run| run["name"].as_str().unwrap()).collect()
}

/// What is compared with what in a figure.
fn compared(run: &Value) -> Vec<&str> {
    let parts = run["part_of"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(parts.iter().all(|part| part["ratio"].as_f64().unwrap() > 0.0), "{run}");
    parts.iter().map(|part| part["of"].as_str().unwrap()).collect()
}

/// Every answer is in the log, and the log is sound.
fn assert_proven(report: &Value, what: &str) {
    let (answered, in_log) = (&report["evidence"]["answered"], &report["evidence"]["in_log"]);
    assert_eq!(answered, in_log);
    assert!(answered[what].as_u64().unwrap() > 0, "{report}");
    assert_eq!((&report["ok"], &report["evidence"]["audit_ok"]), (&json!(true), &json!(true)));
}

#[test]
fn a_measurement_ends_with_its_evidence_and_its_log_can_be_measured_too() {
    let folder = tempfile::tempdir().unwrap();
    let (data, plot) = (folder.path().join("data"), folder.path().join("plot.svg"));
    let report = sell(&data, "orders", &plot);
    assert_proven(&report, "ticketed");
    assert_eq!(report["durability"]["synchronous"], "2");
    assert!(report["runs"][0]["latency_us"]["p999"].as_u64().unwrap() > 0, "{report}");
    assert!(report["missing"][0].as_str().unwrap().starts_with("there is no PostgreSQL"), "{report}");
    assert!(std::fs::read_to_string(&plot).unwrap().starts_with("<svg "));

    let again = process::run(&["bench", "onsale", "--seconds", "1", "--data", data.to_str().unwrap()]);
    assert!(said(&again).contains("has a log already"));

    for what in ["verify", "rebuild"] {
        std::fs::remove_file(&plot).unwrap();
        let report = bench(&[what, "--data", data.to_str().unwrap(), "--plot", plot.to_str().unwrap()]);
        assert_eq!((&report["ok"], &report["store"]["kind"]), (&json!(true), &json!("SQLite")));
        let drawing = std::fs::read_to_string(&plot).unwrap();
        assert!(names(&report).iter().all(|name| drawing.contains(name)), "{drawing}");
    }
}

#[test]
fn a_measurement_on_a_postgresql_of_its_own_compares_with_rows_there() {
    let report = bench(&["onsale", "--postgres", "--seconds", "1", "--connections", "4"]);
    assert_proven(&report, "holds");
    assert_eq!(report["store"]["is_temporary"], true);
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(report["durability"][setting], "on", "{setting}");
    }
    assert!(report["durability"]["wal_sync_method"].is_string(), "{report}");
    let baselines = ["pgbench, a row a seat", "pgbench, one hot row"];
    assert_eq!(names(&report)[1..], baselines);
    assert_eq!(compared(&report["runs"][0]), baselines);
    assert!(report.get("missing").is_none(), "{report}");
    if cfg!(target_os = "linux") {
        let processes = |run: &Value| run["processor"].as_array().unwrap().len();
        assert_eq!(report["runs"].as_array().unwrap().iter().map(processes).collect::<Vec<_>>(), [3, 2, 2]);
    }
}

#[test]
fn a_database_is_measured_while_it_has_no_events_and_its_log_can_be_measured_too() {
    let postgres = Postgres::start();
    let database = ["--database", &postgres.database()];
    let few = ["--seconds", "1", "--connections", "4"];
    let report = bench(&[["orders"].as_slice(), &few, &database].concat());
    assert_proven(&report, "ticketed");
    assert_eq!(
        (&report["store"]["kind"], &report["store"]["is_temporary"]),
        (&json!("PostgreSQL"), &json!(false))
    );

    let again = process::run(&[["bench", "onsale"].as_slice(), &few, &database].concat());
    assert!(!again.status.success() && said(&again).contains("name an empty database"), "{}", said(&again));

    for what in ["verify", "rebuild"] {
        let report = bench(&[[what].as_slice(), &database].concat());
        assert_eq!((&report["ok"], &report["store"]["kind"]), (&json!(true), &json!("PostgreSQL")));
        assert!(names(&report).len() > 2);
    }
}

#[test]
fn appends_are_compared_with_plain_tables_in_the_same_store() {
    let tables = ["250 a commit, plain table", "250 a commit, plain, indexed"];
    for store in [[].as_slice(), &["--postgres"]] {
        let report = bench(&[["append", "--seconds", "1", "--sizes", "250"].as_slice(), store].concat());
        assert_eq!(names(&report), ["250 a commit", tables[0], tables[1]]);
        assert_eq!(compared(&report["runs"][0]), tables);
        let is_baseline: Vec<_> =
            report["runs"].as_array().unwrap().iter().map(|run| run["is_baseline"] == true).collect();
        assert_eq!(is_baseline, [false, true, true]);
    }
}
