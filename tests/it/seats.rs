//! Seats and availability: what is read is a function of the events and the time.

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn a_seat_says_where_it_is_and_what_it_sells_as() {
    let app = TestApp::start().await;
    let theatre = app.theatre(2).await;
    let seats = app.get(format!("/v1/events/{}/seats", theatre.event)).send().await.expect(200).json();
    assert_eq!(
        seats["seats"][1],
        json!({"seat_id": "A-2", "label": "Stalls, row A, seat 2", "zone": "Stalls", "row": "A", "number": "2",
            "category": "Stalls", "ticket_type_ids": [theatre.ticket_type], "x": 140.25, "y": 60.5,
            "state": "available"})
    );
}

#[tokio::test]
async fn the_entity_tag_changes_when_time_changes_what_is_read() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    app.hold(&theatre.event, &["A-1"]).await;
    app.catch_up().await;
    for path in ["availability", "seats"] {
        let path = format!("/v1/events/{}/{path}", theatre.event);
        let first = app.get(&path).send().await;
        let tag = first.expect(200).header("etag").unwrap().to_owned();
        let same = app.get(&path).header("if-none-match", &tag).send().await;
        assert_eq!(same.expect(304).text(), "");
    }
    let path = format!("/v1/events/{}/availability", theatre.event);
    let before = app.get(&path).send().await;
    assert_eq!(before.json()["ticket_types"][0]["held"], 1);
    app.advance_seconds(300);
    let after = app.get(&path).header("if-none-match", before.header("etag").unwrap()).send().await;
    assert_eq!(after.expect(200).json()["ticket_types"][0]["held"], 0);
    let tag = after.header("etag").unwrap().to_owned();
    let app = app.restart().await;
    app.catch_up().await;
    app.get(&path).header("if-none-match", tag).send().await.expect(304);
}

#[tokio::test]
async fn the_compact_form_says_the_same() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    app.buy(&theatre.event, &["A-1"]).await;
    app.hold(&theatre.event, &["A-2"]).await;
    app.catch_up().await;
    let path = format!("/v1/events/{}/seats", theatre.event);
    let compact = app.get(&path).header("accept", "application/vnd.boxoffice.seats+json").send().await;
    assert_eq!(compact.expect(200).json()["states"], "sha");
    app.get(&path).header("accept", "text/plain").send().await.expect_problem(406, "not_acceptable");
}

#[tokio::test]
async fn as_of_a_position_or_a_time_shows_what_was_then() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let state = async |as_of: &str| -> Vec<String> {
        let path = format!("/v1/events/{}/seats?as_of={as_of}", theatre.event);
        let seats = app.get(path).send().await.expect(200).json();
        let states = seats["seats"].as_array().unwrap().iter();
        states.map(|seat| seat["state"].as_str().unwrap().to_owned()).collect()
    };
    app.advance_seconds(10);
    app.hold(&theatre.event, &["A-1"]).await;
    let held_at = app.app.feed.head().to_string();
    app.advance_seconds(10);
    app.buy(&theatre.event, &["A-2"]).await;
    let sold_at = app.app.feed.head().to_string();
    app.advance_seconds(600);
    assert_eq!(state(&held_at).await, ["held", "available", "available"]);
    assert_eq!(state(&sold_at).await, ["held", "sold", "available"]);
    assert_eq!(state("2026-11-21T12:00:09Z").await, ["available"; 3]);
    assert_eq!(state("2026-11-21T12:00:10Z").await, ["held", "available", "available"]);
    assert_eq!(state("2026-11-21T12:05:10Z").await, ["available", "sold", "available"]);

    let path = format!("/v1/events/{}/seats", theatre.event);
    app.get(format!("{path}?as_of=999999")).send().await.expect_problem(422, "position_beyond_head");
    app.get(format!("{path}?as_of=2030-01-01T00:00:00Z")).send().await.expect_problem(422, "invalid");
    app.get(format!("{path}?as_of=yesterday")).send().await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn a_seat_tells_its_history() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    app.hold(&theatre.event, &["A-1"]).await;
    app.advance_seconds(300);
    app.buy(&theatre.event, &["A-1"]).await;
    let path = format!("/v1/events/{}/seats/A-1/history", theatre.event);
    app.get(&path).send().await.expect_problem(401, "unauthorized");
    let history = app.manage("GET", &path).send().await.expect(200).json();
    let types: Vec<&str> =
        history["data"].as_array().unwrap().iter().map(|fact| fact["type"].as_str().unwrap()).collect();
    assert_eq!(types[..3], ["hold_placed", "hold_expired", "hold_placed"]);
    assert!(types.contains(&"tickets_issued"), "{types:?}");
    let is_told = |fact: &Value| !fact["words"].as_str().unwrap().is_empty() && fact["position"].is_u64();
    assert!(history["data"].as_array().unwrap().iter().all(is_told));
    let nowhere = format!("/v1/events/{}/seats/Z-1/history", theatre.event);
    app.manage("GET", nowhere).send().await.expect_problem(404, "not_found");
}
