//! Measurements, each for a moment: whatever the figures are, what was answered is in the log.

use std::path::Path;

use serde_json::Value;

use crate::support::process;

fn bench(arguments: &[&str]) -> Value {
    let output = process::run(&[&["bench"], arguments, &["--json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Sells for a second, and leaves the data where it was made.
fn sell(data: &Path, what: &str, plot: &Path) -> Value {
    let few = ["--seconds", "1", "--connections", "4"];
    let places = ["--data", data.to_str().unwrap(), "--plot", plot.to_str().unwrap()];
    bench(&[&[what], few.as_slice(), places.as_slice()].concat())
}

#[test]
fn a_measurement_ends_with_its_evidence_and_its_log_can_be_measured_too() {
    let folder = tempfile::tempdir().unwrap();
    let (data, plot) = (folder.path().join("data"), folder.path().join("plot.svg"));
    let report = sell(&data, "orders", &plot);
    assert_eq!((&report["ok"], &report["durability"]["synchronous"]), (&true.into(), &"2".into()));
    let (answered, in_log) = (&report["evidence"]["answered"], &report["evidence"]["in_log"]);
    assert_eq!(answered, in_log);
    assert!(answered["ticketed"].as_u64().unwrap() > 0, "{report}");
    assert!(report["runs"][0]["latency_us"]["p999"].as_u64().unwrap() > 0, "{report}");
    assert!(std::fs::read_to_string(&plot).unwrap().starts_with("<svg "));

    let again = process::run(&["bench", "onsale", "--seconds", "1", "--data", data.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("has a log already"));

    for what in ["verify", "rebuild"] {
        let report = bench(&[what, "--data", data.to_str().unwrap()]);
        let events = |run: &Value| run["operations"].as_u64().unwrap() > 0;
        assert!(report["ok"] == true && report["runs"].as_array().unwrap().iter().all(events), "{report}");
    }
}

#[test]
fn a_restart_is_measured_from_the_beginning_and_from_snapshots() {
    let report = bench(&["restart", "--events", "3000", "--seats", "1000"]);
    let runs = report["runs"].as_array().unwrap();
    assert_eq!((&report["ok"], runs.len()), (&true.into(), 9), "{report}");
    assert!(runs.iter().all(|run| run["operations"].as_u64().unwrap() >= 3_000), "{report}");
}
