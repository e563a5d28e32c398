//! Holds over HTTP.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_hold_says_what_it_has_and_until_when() {
    let app = TestApp::start().await;
    let theatre = app.theatre(5).await;
    let answer = app.try_hold(&theatre.event, &["A-1", "A-2"]).await;
    let body = answer.expect(201).json();
    assert_eq!(body["event_id"], theatre.event);
    assert_eq!(body["total"], json!({"amount": 9000, "currency": "EUR"}));
    assert_eq!(body["items"].as_array().unwrap().len(), 2);
    assert_eq!(body["items"][1]["seat_id"], "A-2");
    assert_eq!(body["items"][1]["ticket_type_id"], theatre.ticket_type);
    assert_eq!(body["expires_at"], "2026-11-21T12:05:00.000Z");
    assert_eq!(body["max_expires_at"], "2026-11-21T12:15:00.000Z");
    assert!(answer.header("log-position").unwrap().parse::<u64>().unwrap() > 0);

    let hold = body["hold_id"].as_str().unwrap();
    let token = body["hold_token"].as_str().unwrap();
    let read = app.get(format!("/v1/holds/{hold}")).bearer(token).send().await.expect(200).json();
    assert_eq!(
        (&read["items"], &read["total"], &read["status"]),
        (&body["items"], &body["total"], &json!("live"))
    );
    app.get(format!("/v1/holds/{hold}")).send().await.expect_problem(401, "unauthorized");
    app.get(format!("/v1/holds/{hold}")).bearer("ht1_00").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn all_or_nothing() {
    let app = TestApp::start().await;
    let theatre = app.theatre(5).await;
    app.hold(&theatre.event, &["A-3"]).await;
    let problem = app.try_hold(&theatre.event, &["A-2", "A-3"]).await.expect_problem(409, "seats_taken");
    assert_eq!(problem["seats"], json!(["A-3"]));
    app.hold(&theatre.event, &["A-2"]).await;
}

#[tokio::test]
async fn a_lapsed_hold_is_over_at_its_deadline_without_any_timer() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let ann = app.hold(&theatre.event, &["A-1"]).await;
    app.clock.advance_ms(299_999);
    app.try_hold(&theatre.event, &["A-1"]).await.expect_problem(409, "seats_taken");
    assert_eq!(app.seat_state(&theatre.event, "A-1").await, "held");
    app.clock.advance_ms(1);
    assert_eq!(app.seat_state(&theatre.event, "A-1").await, "available");
    app.hold(&theatre.event, &["A-1"]).await;
    assert_eq!(app.events_of("hold_expired").await.len(), 1);

    let path = format!("/v1/holds/{}", ann.hold);
    app.call("DELETE", &path).bearer(&ann.token).send().await.expect_problem(409, "hold_expired");
    app.call("POST", format!("{path}/extension"))
        .bearer(&ann.token)
        .send()
        .await
        .expect_problem(409, "hold_expired");
    app.try_order(&ann).await.expect_problem(409, "hold_expired");
    let read = app.get(&path).bearer(&ann.token).send().await.expect(200).json();
    assert_eq!(read["status"], "expired");
    assert_eq!(app.seat_state(&theatre.event, "A-1").await, "held");
}

#[tokio::test]
async fn timers_record_expiries_when_they_are_due() {
    let app = TestApp::with_timers().await;
    let theatre = app.theatre(3).await;
    app.hold(&theatre.event, &["A-1"]).await;
    let head = app.app.feed.head();
    app.clock.advance_ms(300_000);
    tokio::time::timeout(std::time::Duration::from_secs(10), app.app.feed.wait_beyond(head)).await.unwrap();
    assert_eq!(app.events_of("hold_expired").await.len(), 1);
}

#[tokio::test]
async fn a_timer_runs_on_after_a_restart_though_nobody_asks_for_the_event() {
    let app = TestApp::with_timers().await;
    let theatre = app.theatre(3).await;
    app.hold(&theatre.event, &["A-1"]).await;
    let app = app.restart().await;
    let head = app.app.feed.head();
    app.clock.advance_ms(300_000);
    tokio::time::timeout(std::time::Duration::from_secs(10), app.app.feed.wait_beyond(head)).await.unwrap();
    assert_eq!(app.events_of("hold_expired").await.len(), 1);
}

#[tokio::test]
async fn what_is_let_go_can_be_held_at_once() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let ann = app.hold(&theatre.event, &["A-1"]).await;
    let path = format!("/v1/holds/{}", ann.hold);
    app.call("DELETE", &path).send().await.expect_problem(401, "unauthorized");
    app.call("DELETE", &path).bearer(&ann.token).send().await.expect(204);
    app.call("DELETE", &path).bearer(&ann.token).send().await.expect(204);
    app.hold(&theatre.event, &["A-1"]).await;
}

#[tokio::test]
async fn an_extension_is_capped() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let ann = app.hold(&theatre.event, &["A-1"]).await;
    let extend = || app.call("POST", format!("/v1/holds/{}/extension", ann.hold)).bearer(&ann.token);
    app.advance_seconds(299);
    assert_eq!(extend().send().await.expect(200).string("expires_at"), "2026-11-21T12:09:59.000Z");
    app.advance_seconds(299);
    assert_eq!(extend().send().await.expect(200).string("expires_at"), "2026-11-21T12:14:58.000Z");
    app.advance_seconds(299);
    assert_eq!(extend().send().await.expect(200).string("expires_at"), "2026-11-21T12:15:00.000Z");
    extend().send().await.expect_problem(409, "extension_limit_reached");
}

#[tokio::test]
async fn items_come_and_go_and_the_deadline_stays() {
    let app = TestApp::start().await;
    let theatre = app.theatre(4).await;
    let ann = app.hold(&theatre.event, &["A-1"]).await;
    app.advance_seconds(10);
    let path = format!("/v1/holds/{}/items", ann.hold);
    let seats = |names: &[&str]| json!({"items": names.iter().map(|name| json!({"seat_id": name})).collect::<Vec<_>>()});
    let added = app.post(&path, seats(&["A-2", "A-3"])).bearer(&ann.token).send().await.expect(201).json();
    assert_eq!(added["items"].as_array().unwrap().len(), 3);
    assert_eq!(added["expires_at"], "2026-11-21T12:05:00.000Z");
    let removed =
        app.call("DELETE", &path).json(seats(&["A-1"])).bearer(&ann.token).send().await.expect(200).json();
    assert_eq!(removed["items"].as_array().unwrap().len(), 2);
    assert_eq!(app.seat_state(&theatre.event, "A-1").await, "available");
    let remove_all = app.call("DELETE", &path).json(seats(&["A-2", "A-3"])).bearer(&ann.token);
    remove_all.send().await.expect_problem(409, "hold_would_be_empty");
    app.post(&path, seats(&["A-2"])).bearer(&ann.token).send().await.expect_problem(409, "seats_taken");
}

#[tokio::test]
async fn nonsense_is_refused_and_pointed_at() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}/holds", theatre.event);
    let refused = async |body: serde_json::Value| app.post(&path, body).send().await;
    let pointer =
        |problem: serde_json::Value| problem["errors"][0]["pointer"].as_str().unwrap_or("").to_owned();
    assert_eq!(pointer(refused(json!({})).await.expect_problem(422, "invalid")), "/items");
    assert_eq!(pointer(refused(json!({"items": []})).await.expect_problem(422, "invalid")), "/items");
    assert_eq!(pointer(refused(json!({"items": [{}]})).await.expect_problem(422, "invalid")), "/items/0");
    let twice = json!({"items": [{"seat_id": "A-1"}, {"seat_id": "A-1"}]});
    refused(twice).await.expect_problem(422, "duplicate_seat");
    let unknown = refused(json!({"items": [{"seat_id": "Z-1"}]})).await.expect_problem(422, "unknown_seats");
    assert_eq!(unknown["seats"], json!(["Z-1"]));
    let quantity = json!({"items": [{"ticket_type_id": theatre.ticket_type, "quantity": 2}]});
    refused(quantity).await.expect_problem(422, "invalid");
    let zero = json!({"items": [{"ticket_type_id": theatre.ticket_type, "quantity": 0}]});
    assert_eq!(pointer(refused(zero).await.expect_problem(422, "invalid")), "/items/0/quantity");
    let nowhere = "/v1/events/event_01h455vb4pex5vsknk084sn02q/holds";
    app.post(nowhere, json!({"items": [{"seat_id": "A-1"}]})).send().await.expect_problem(404, "not_found");
    assert!(app.events_of("hold_placed").await.is_empty());
}
