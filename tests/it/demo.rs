//! The demo, for some seconds: everything that it shows comes about, nobody is surprised, and its log is sound.

use serde_json::{Value, json};

use crate::support::process;

#[test]
fn everything_that_the_demo_shows_comes_about() {
    let few = ["--once", "--json", "--seconds", "10", "--speed", "4", "--listen", "127.0.0.1:0"];
    let output = process::run(&[&["demo"], few.as_slice()].concat());
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!((&report["ok"], &report["audit"]["ok"]), (&json!(true), &json!(true)), "{report}");
    let counts = report["counts"].as_object().unwrap();
    assert_eq!(counts["surprises"], 0, "{report}");
    for shown in ["best", "lapsed", "confirmed", "declined", "fees", "given_back", "refunds", "passed_on"] {
        assert!(counts[shown].as_u64().unwrap() > 0, "{shown}: {report}");
    }
    // A door with a double scan, a former code and a forged ticket.
    assert!(
        counts["admitted"].as_u64().unwrap() > 0 && counts["turned_away"].as_u64().unwrap() > 1,
        "{report}"
    );
    // Money that came late: some for seats that were still free, some for seats that were not.
    assert!(counts["reclaimed"].as_u64().unwrap() > 0 && counts["voided"].as_u64().unwrap() > 0, "{report}");
}
