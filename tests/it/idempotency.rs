//! The same request, sent again.

use serde_json::json;

use crate::support::TestApp;

const KEY: &str = "0193a5f0-7c1e-7b11-8c1f-3b7b6f1f2a01";

#[tokio::test]
async fn the_same_request_gets_the_first_answer_again_also_after_a_restart() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}/holds", theatre.event);
    let body = json!({"items": [{"seat_id": "A-1"}]});
    let first = app.post(&path, body.clone()).key(KEY).send().await;
    first.expect(201);
    app.advance_seconds(10);
    let again = app.post(&path, json!({ "items" : [ {"seat_id": "A-1"} ] })).key(KEY).send().await;
    assert_eq!((again.status, again.text()), (first.status, first.text()));
    let app = app.restart().await;
    let after = app.post(&path, body.clone()).key(KEY).send().await;
    assert_eq!((after.status, after.text()), (first.status, first.text()));
    assert_eq!(after.header("log-position"), first.header("log-position"));
    assert_eq!(app.events_of("hold_placed").await.len(), 1);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}/holds", theatre.event);
    app.post(&path, json!({"items": [{"seat_id": "A-1"}]})).key(KEY).send().await.expect(201);
    let other = app.post(&path, json!({"items": [{"seat_id": "A-2"}]})).key(KEY).send().await;
    other.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_refusal_is_decided_anew() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    app.hold(&theatre.event, &["A-1"]).await;
    let path = format!("/v1/events/{}/holds", theatre.event);
    let body = json!({"items": [{"seat_id": "A-1"}]});
    app.post(&path, body.clone()).key(KEY).send().await.expect_problem(409, "seats_taken");
    app.advance_seconds(300);
    app.post(&path, body).key(KEY).send().await.expect(201);
}

#[tokio::test]
async fn without_a_token_the_key_is_a_uuid() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}/holds", theatre.event);
    let answer = app.post(&path, json!({"items": [{"seat_id": "A-1"}]})).key("guess-me").send().await;
    answer.expect_problem(422, "idempotency_key_invalid");
}

#[tokio::test]
async fn every_kind_of_post_can_be_sent_again() {
    let app = TestApp::start().await;
    let organizer = || app.manage("POST", "/v1/organizers").json(json!({"name": "City Theatre"})).key("org");
    let first = organizer().send().await;
    assert_eq!(organizer().send().await.text(), first.expect(201).text());
    let organizer = first.string("organizer_id");
    let address = json!({"city": "Berlin", "country": "DE"});
    let venue =
        json!({"organizer_id": organizer, "name": "House", "timezone": "Europe/Berlin", "address": address});
    let venue = || app.manage("POST", "/v1/venues").json(venue.clone()).key("venue");
    let first = venue().send().await;
    assert_eq!(venue().send().await.text(), first.expect(201).text());
    let venue = first.string("venue_id");
    let event = json!({"organizer_id": organizer, "venue_id": venue, "name": "Show", "currency": "EUR",
        "starts_at": "2026-12-24T19:30:00Z"});
    let event = || app.manage("POST", "/v1/events").json(event.clone()).key("event");
    let first = event().send().await;
    assert_eq!(event().send().await.text(), first.expect(201).text());
    let drafted = format!("/v1/events/{}", first.string("event_id"));
    let small = crate::support::sample::plan(2);
    let plans = format!("/v1/venues/{venue}/seating_plans?format=pretix");
    let plan = || app.manage("POST", &plans).json(small.clone()).key("plan");
    let first = plan().send().await;
    assert_eq!(plan().send().await.text(), first.expect(201).text());
    let pool = json!({"name": "Floor", "capacity": 9});
    let pool = || app.manage("POST", format!("{drafted}/pools")).json(pool.clone()).key("pool");
    let first = pool().send().await;
    assert_eq!(pool().send().await.text(), first.expect(201).text());
    let kind = json!({"name": "Standing", "price": {"amount": 100, "currency": "EUR"},
        "pool_ids": [first.string("pool_id")]});
    let kind = || app.manage("POST", format!("{drafted}/ticket_types")).json(kind.clone()).key("kind");
    let first = kind().send().await;
    assert_eq!(kind().send().await.text(), first.expect(201).text());
    let publish = || app.manage("POST", format!("{drafted}/publication")).key("publish");
    let first = publish().send().await;
    assert_eq!(publish().send().await.text(), first.expect(200).text());

    let theatre = app.theatre(3).await;
    let held = app.hold(&theatre.event, &["A-1"]).await;
    let order = json!({"hold_id": held.hold, "buyer": {"name": "Ada", "email": "ada@example.org"}});
    let order = || app.post("/v1/orders", order.clone()).bearer(&held.token).key("order");
    let first = order().send().await;
    assert_eq!(order().send().await.text(), first.expect(201).text());
    let path = format!("/v1/orders/{}/payments", first.string("order_id"));
    let token = first.string("order_token");
    let pay = || app.post(&path, json!({"method": "card"})).bearer(&token).key("pay");
    let first = pay().send().await;
    assert_eq!(pay().send().await.text(), first.expect(201).text());
    let cancel = || app.call("POST", path.replace("payments", "cancellation")).bearer(&token).key("cancel");
    let first = cancel().send().await;
    assert_eq!(cancel().send().await.text(), first.expect(200).text());
    assert_eq!(app.events_of("order_cancelled").await.len(), 1);

    let (_, order) = app.buy(&theatre.event, &["A-2"]).await;
    let scan = |gate: &str| {
        json!({"ticket_id": order["tickets"][0]["ticket_id"], "gate": gate, "device_id": "phone", "nonce": "1",
            "scanned_at": crate::support::BEGIN})
    };
    let doors = format!("/v1/events/{}/check_ins", theatre.event);
    let admit = |gate| app.manage("POST", &doors).json(scan(gate)).key("scan");
    let first = admit("North").send().await;
    assert_eq!(first.expect(200).json()["result"], "admitted");
    assert_eq!(admit("North").send().await.text(), first.text());
    admit("South").send().await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(app.events_of("ticket_admitted").await.len(), 1);
    for (event, count) in [("pool_added", 1), ("inventory_published", 2), ("seating_plan_imported", 2)] {
        assert_eq!(app.events_of(event).await.len(), count, "{event}");
    }
    // One of each is the purchase for the door.
    assert_eq!(app.events_of("payment_started").await.len(), 2);
    assert_eq!(app.events_of("order_placed").await.len(), 2);
    assert_eq!(app.events_of("show_drafted").await.len(), 2);
}

#[tokio::test]
async fn a_changed_hold_is_told_as_it_was_when_the_change_was_made() {
    let app = TestApp::start().await;
    let theatre = app.theatre(4).await;
    let held = app.hold(&theatre.event, &["A-1"]).await;
    let path = format!("/v1/holds/{}/items", held.hold);
    let add = |seat: &str, key: &str| {
        app.post(&path, json!({"items": [{"seat_id": seat}]})).bearer(&held.token).key(key)
    };
    let first = add("A-2", "one").send().await;
    add("A-3", "two").send().await.expect(201);
    assert_eq!(add("A-2", "one").send().await.text(), first.expect(201).text());
}

#[tokio::test]
async fn a_refused_request_changes_nobodys_name() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let held = app.hold(&theatre.event, &["A-1"]).await;
    let order = |name: &str| {
        let buyer = json!({"name": name, "email": "somebody@example.org"});
        app.post("/v1/orders", json!({"hold_id": held.hold, "buyer": buyer})).bearer(&held.token).key(KEY)
    };
    let first = order("Ada Lovelace").send().await;
    first.expect(201);
    order("Mallory").send().await.expect_problem(422, "idempotency_key_reused");
    let path = format!("/v1/orders/{}", first.string("order_id"));
    let found = app.get(path).bearer(&first.string("order_token")).send().await;
    assert_eq!(found.expect(200).json()["buyer"]["name"], "Ada Lovelace");
}

#[tokio::test]
async fn a_token_that_nobody_looks_at_makes_no_key_safe() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}/holds", theatre.event);
    let hold = || app.post(&path, json!({"items": [{"seat_id": "A-1"}]})).bearer("undefined");
    hold().key("1").send().await.expect_problem(422, "idempotency_key_invalid");
    hold().key(KEY).send().await.expect(201);
}

#[tokio::test]
async fn the_sandbox_answers_the_same_instruction_the_same() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let ordered = app.order(&app.hold(&theatre.event, &["A-1"]).await).await;
    let payment = app.start_payment(&ordered).await;
    let path = format!("/v1/sandbox/payments/{payment}");
    let instruct =
        |outcome: &str| app.post(&path, json!({"outcome": outcome})).bearer(&ordered.token).key(KEY);
    let first = instruct("require_action").send().await;
    assert_eq!(first.expect(200).json()["status"], "requires_action");
    instruct("succeed").send().await.expect_problem(422, "idempotency_key_reused");
    app.instruct(&ordered, &payment, json!({"outcome": "succeed"})).await.expect(200);
    let again = instruct("require_action").send().await;
    assert_eq!((again.status, again.text()), (first.status, first.text()));
}

#[tokio::test]
async fn a_post_without_a_body_takes_none() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let held = app.hold(&theatre.event, &["A-1"]).await;
    let path = format!("/v1/holds/{}/extension", held.hold);
    let extend = |body| app.post(&path, body).bearer(&held.token).key(KEY);
    extend(json!({"seconds": 900})).send().await.expect_problem(422, "invalid");
    app.advance_seconds(10);
    let first = extend(json!({})).send().await;
    let again = app.call("POST", &path).bearer(&held.token).key(KEY).send().await;
    assert_eq!((first.expect(200).text(), again.expect(200).text()), (first.text(), first.text()));
}
