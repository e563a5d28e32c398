//! The log over HTTP, and the independent checker on it.

use boxoffice_audit::Checker;
use serde_json::{Value, json};

use crate::support::TestApp;

async fn busy(app: &TestApp) {
    let theatre = app.theatre(10).await;
    app.buy(&theatre.event, &["A-1"]).await;
    app.hold(&theatre.event, &["A-2"]).await;
    app.advance_seconds(300);
    app.buy(&theatre.event, &["A-2", "A-3"]).await;
    let club = app.club(10).await;
    let items = json!({"items": [{"ticket_type_id": club.ticket_type, "quantity": 4}]});
    app.post(format!("/v1/events/{}/holds", club.event), items).send().await.expect(201);
}

#[tokio::test]
async fn positions_have_no_gaps_and_pages_and_lines_say_the_same() {
    let app = TestApp::start().await;
    busy(&app).await;
    let lines = app.log_lines().await;
    let (mut paged, mut from) = (Vec::new(), "1".to_owned());
    loop {
        let page = app.manage("GET", format!("/v1/log?limit=7&from={from}")).send().await.expect(200).json();
        paged.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => from = next.to_owned(),
            None => break,
        }
    }
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, paged);
    let positions: Vec<u64> = lines.iter().map(|event| event["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, (1..=positions.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_log_can_be_asked_for_a_stream_or_a_type() {
    let app = TestApp::start().await;
    busy(&app).await;
    let found = app.manage("GET", "/v1/log?type=hold_placed").send().await.expect(200).json();
    assert_eq!(found["data"].as_array().unwrap().len(), 4);
    let stream = found["data"][0]["stream"].as_str().unwrap();
    let found =
        app.manage("GET", format!("/v1/log?stream={stream}&limit=1000")).send().await.expect(200).json();
    let versions: Vec<u64> =
        found["data"].as_array().unwrap().iter().map(|event| event["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>());
    app.get("/v1/log").send().await.expect_problem(401, "unauthorized");
    for bad in ["from=0", "from=x", "limit=0", "limit=1001"] {
        app.manage("GET", format!("/v1/log?{bad}")).send().await.expect_problem(422, "invalid");
    }
    app.manage("GET", "/v1/log")
        .header("accept", "text/csv")
        .send()
        .await
        .expect_problem(406, "not_acceptable");
}

#[tokio::test]
async fn the_independent_checker_agrees() {
    let app = TestApp::start().await;
    busy(&app).await;
    let mut checker = Checker::new();
    for stored in app.documents().await {
        checker.line(&stored).unwrap();
    }
    for line in app.log_lines().await {
        checker.line(&line).unwrap_or_else(|fault| panic!("{fault:?}: {line}"));
    }
}
