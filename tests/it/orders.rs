//! Orders over HTTP.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn an_order_has_the_prices_and_the_deadline_of_its_hold() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let held = app.hold(&theatre.event, &["A-1", "A-2"]).await;
    app.advance_seconds(60);
    let answer = app.try_order(&held).await;
    let order = answer.expect(201).json();
    assert_eq!(order["status"], "awaiting_payment");
    assert_eq!(order["total"], json!({"amount": 9000, "currency": "EUR"}));
    assert_eq!(order["lines"].as_array().unwrap().len(), 2);
    assert_eq!((&order["fees"], &order["taxes"]), (&json!([]), &json!([])));
    assert_eq!(order["expires_at"], "2026-11-21T12:05:00.000Z");
    let token = order["order_token"].as_str().unwrap();
    let path = format!("/v1/orders/{}", order["order_id"].as_str().unwrap());
    let read = app.get(&path).bearer(token).send().await.expect(200).json();
    assert_eq!(read["buyer"], json!({"name": "Ada Lovelace", "email": "ada@example.org"}));
    assert_eq!((&read["payments"], &read["tickets"], &read["refunds"]), (&json!([]), &json!([]), &json!([])));
    app.get(&path).send().await.expect_problem(401, "unauthorized");
    app.get(&path).bearer(&held.token).send().await.expect_problem(404, "not_found");
    app.try_order(&held).await.expect_problem(409, "hold_ordered");
}

#[tokio::test]
async fn an_order_that_nobody_pays_expires_by_time_alone() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let ordered = app.order(&app.hold(&theatre.event, &["A-1"]).await).await;
    app.advance_seconds(300);
    assert_eq!(app.get_order(&ordered).await["status"], "expired");
    let path = format!("/v1/orders/{}", ordered.order);
    let pay = app.post(format!("{path}/payments"), json!({"method": "card"})).bearer(&ordered.token);
    pay.send().await.expect_problem(409, "order_expired");
    let cancel = app.call("POST", format!("{path}/cancellation")).bearer(&ordered.token);
    cancel.send().await.expect_problem(409, "order_expired");
    app.hold(&theatre.event, &["A-1"]).await;
}

#[tokio::test]
async fn a_cancelled_order_gives_its_seats_back() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let ordered = app.order(&app.hold(&theatre.event, &["A-1"]).await).await;
    let path = format!("/v1/orders/{}/cancellation", ordered.order);
    let cancelled = app.call("POST", &path).bearer(&ordered.token).send().await.expect(200).json();
    assert_eq!(cancelled["status"], "cancelled");
    app.hold(&theatre.event, &["A-1"]).await;
}

#[tokio::test]
async fn a_free_order_is_confirmed_at_once() {
    let app = TestApp::start().await;
    let theatre = app.theatre_at(3, 0).await;
    let held = app.hold(&theatre.event, &["A-1"]).await;
    let order = app.try_order(&held).await.expect(201).json();
    assert_eq!(order["status"], "confirmed");
    assert_eq!(order["tickets"].as_array().unwrap().len(), 1);
    assert_eq!(app.seat_state(&theatre.event, "A-1").await, "sold");
}

#[tokio::test]
async fn names_and_addresses_never_reach_the_log() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    app.buy(&theatre.event, &["A-1"]).await;
    let log = app.log_lines().await.join("\n");
    assert!(log.contains("order_placed"));
    for personal in ["Ada", "Lovelace", "ada@example.org"] {
        assert!(!log.contains(personal), "{personal}");
    }
    for file in ["log.db", "log.db-wal", "vault.db", "vault.db-wal", "views.db", "views.db-wal"] {
        let content = std::fs::read(app.folder.path().join(file)).unwrap_or_default();
        let found = content.windows(b"ada@example.org".len()).any(|part| part == b"ada@example.org");
        assert!(!found, "{file} holds an address in clear");
    }
}

#[tokio::test]
async fn bad_buyers_are_refused() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let held = app.hold(&theatre.event, &["A-1"]).await;
    for (buyer, pointer) in [
        (json!({"name": "", "email": "ada@example.org"}), "/buyer/name"),
        (json!({"name": "Ada", "email": "ada"}), "/buyer/email"),
        (json!({"name": "Ada"}), "/buyer/email"),
        (json!({"name": "Ada\u{0}", "email": "ada@example.org"}), "/buyer/name"),
    ] {
        let answer =
            app.post("/v1/orders", json!({"hold_id": held.hold, "buyer": buyer})).bearer(&held.token);
        let problem = answer.send().await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    let no_token =
        app.post("/v1/orders", json!({"hold_id": held.hold, "buyer": {"name": "A", "email": "a@b.de"}}));
    no_token.send().await.expect_problem(401, "unauthorized");
}
