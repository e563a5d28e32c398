//! What is said about an event, when it sells, and when it happens.

use serde_json::{Value, json};

use super::{event, manage, patch, sound};
use crate::support::TestApp;

#[tokio::test]
async fn an_event_is_described_anew() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let described = json!({"name": "Three Sisters", "category": "theatre", "performers": ["Olga", "Irina"]});
    let changed = patch(&app, &theatre.event, described).await;
    assert_eq!(changed.expect(200).json()["name"], "Three Sisters");
    let cleared =
        patch(&app, &theatre.event, json!({"category": null, "performers": null, "genre": "drama"})).await;
    let now = event(&app, &theatre.event).await;
    assert_eq!(
        (&now["genre"], &now["category"], &now["performers"]),
        (&json!("drama"), &Value::Null, &json!([]))
    );
    assert_eq!(
        cleared.expect(200).header("etag"),
        patch(&app, &theatre.event, json!({})).await.header("etag")
    );
    let found = app.get("/v1/events?q=sisters").send().await.expect(200).json();
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    for (body, pointer) in [
        (json!({"name": null}), "/name"),
        (json!({"name": " "}), "/name"),
        (json!({"performers": [""]}), "/performers/0"),
        (json!({"sale_ends_at": "soon"}), "/sale_ends_at"),
        (json!({"sale_starts_at": "2026-12-24T19:30:00Z"}), "/sale_starts_at"),
        (json!({"starts_at": "2026-12-25T19:30:00Z"}), "/starts_at"),
    ] {
        let problem = patch(&app, &theatre.event, body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(app.events_of("show_described").await.len(), 2);
    sound(&app).await;
}

#[tokio::test]
async fn nobody_undoes_what_they_have_not_seen_and_holds_are_no_change() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}", theatre.event);
    let tag = app.get(&path).send().await.expect(200).header("etag").unwrap().to_owned();
    let change = |name: &str| app.manage("PATCH", &path).json(json!({"name": name}));
    change("One").send().await.expect_problem(428, "precondition_required");
    app.hold(&theatre.event, &["A-1"]).await;
    change("Two").header("if-match", &tag).send().await.expect(200);
    change("Three").header("if-match", &tag).send().await.expect_problem(412, "precondition_failed");
    change("Four").header("if-match", "*").send().await.expect(200);
    assert_eq!(event(&app, &theatre.event).await["name"], "Four");
    app.call("PATCH", &path).json(json!({})).send().await.expect_problem(401, "unauthorized");
    let nowhere = "/v1/events/event_01h455vb4pex5vsknk084sn02q";
    let nobody = app.manage("PATCH", nowhere).header("if-match", "*").json(json!({"name": "x"}));
    nobody.send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_sale_window_closes_and_opens_again() {
    let app = TestApp::start().await;
    let theatre = app.theatre(4).await;
    let ann = app.hold(&theatre.event, &["A-1"]).await;
    let closed = patch(&app, &theatre.event, json!({"sale_ends_at": "2026-11-21T12:00:00Z"})).await;
    assert_eq!(closed.expect(200).json()["status"], "ended");
    app.try_hold(&theatre.event, &["A-2"]).await.expect_problem(409, "sale_not_open");
    app.order(&ann).await;
    let later = json!({"sale_ends_at": null, "sale_starts_at": "2026-11-21T12:01:00Z"});
    assert_eq!(patch(&app, &theatre.event, later).await.expect(200).json()["status"], "scheduled");
    let refused = app.try_hold(&theatre.event, &["A-2"]).await.expect_problem(409, "sale_not_open");
    assert_eq!(refused["opens_at"], "2026-11-21T12:01:00.000Z");
    let app = app.restart().await;
    app.advance_seconds(60);
    app.hold(&theatre.event, &["A-2"]).await;
    sound(&app).await;
}

#[tokio::test]
async fn an_event_is_moved_and_its_tickets_are_let_in_at_the_new_times() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let plan = app.import_plan(&venue, &crate::support::sample::plan(3)).await;
    let times = json!({"seating_plan_id": plan, "starts_at": "2026-11-21T14:00:00Z",
        "doors_at": "2026-11-21T13:30:00Z", "ends_at": "2026-11-21T16:00:00Z"});
    let id = app.draft(&organizer, &venue, times).await.expect(201).string("event_id");
    let price = json!({"amount": 100, "currency": "EUR"});
    app.ticket_type(&id, json!({"name": "Seat", "price": price, "price_category": "Stalls"})).await;
    app.publish(&id).await;
    let (_, order) = app.buy(&id, &["A-1"]).await;
    let path = format!("/v1/events/{id}/rescheduling");
    let reschedule =
        || app.manage("POST", &path).json(json!({"starts_at": "2026-11-22T14:00:00Z"})).key("move");
    let first = reschedule().send().await;
    let moved = json!({"event_id": id, "status": "rescheduled", "starts_at": "2026-11-22T14:00:00.000Z",
        "doors_at": "2026-11-22T13:30:00.000Z", "ends_at": "2026-11-22T16:00:00.000Z",
        "previous_starts_at": "2026-11-21T14:00:00.000Z"});
    assert_eq!(first.expect(200).json(), moved);
    assert_eq!(reschedule().send().await.text(), first.text());
    let again = manage(&app, "POST", &path, json!({"starts_at": "2026-11-22T14:00:00Z"})).await;
    assert_eq!(again.expect(200).json(), moved);
    for once in ["inventory_rescheduled", "show_rescheduled"] {
        assert_eq!(app.events_of(once).await.len(), 1, "{once}");
    }

    let now = event(&app, &id).await;
    assert_eq!((&now["status"], &now["starts_at"]), (&json!("rescheduled"), &moved["starts_at"]));
    assert_eq!(
        (&now["previous_starts_at"], &now["sale_ends_at"]),
        (&moved["previous_starts_at"], &moved["starts_at"])
    );
    let list = app.get("/v1/events?available=true").send().await.expect(200).json();
    assert_eq!(list["data"][0]["status"], "rescheduled");

    // Past the former start.
    app.advance_seconds(3 * 3600);
    app.hold(&id, &["A-2"]).await;
    let scan = async |nonce: &str| {
        let scan = json!({"ticket_id": order["tickets"][0]["ticket_id"], "gate": "North", "device_id": "phone",
            "scanned_at": crate::support::BEGIN, "nonce": nonce});
        app.manage("POST", format!("/v1/events/{id}/check_ins")).json(scan).send().await.expect(200).json()
    };
    assert_eq!(scan("1").await["result"], "not_yet_valid");
    app.advance_seconds(23 * 3600);
    assert_eq!(scan("2").await["result"], "admitted");
    assert_eq!(event(&app, &id).await["status"], "ended");
    sound(&app).await;
}

#[tokio::test]
async fn an_event_is_not_moved_where_it_makes_no_sense() {
    let app = TestApp::start().await;
    let theatre = app.theatre(1).await;
    let path = format!("/v1/events/{}/rescheduling", theatre.event);
    for (body, pointer) in [
        (json!({}), "/starts_at"),
        (json!({"starts_at": "2026-11-21T11:00:00Z"}), "/starts_at"),
        (json!({"starts_at": "2026-12-27T19:30:00Z", "ends_at": "2026-12-27T19:30:00Z"}), "/ends_at"),
        (json!({"starts_at": "2026-12-27T19:30:00Z", "doors_at": "2026-12-27T19:31:00Z"}), "/doors_at"),
    ] {
        let problem = manage(&app, "POST", &path, body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    app.call("POST", &path).json(json!({})).send().await.expect_problem(401, "unauthorized");
    assert_eq!(event(&app, &theatre.event).await["status"], "on_sale");
}
