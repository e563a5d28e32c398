//! Prices, windows and limits that change while buyers hold seats.

use serde_json::{Value, json};

use super::{event, sound};
use crate::support::{Answer, TestApp};

async fn patch(app: &TestApp, path: &str, body: Value) -> Answer {
    let tag = app.manage("GET", path).send().await.expect(200).header("etag").unwrap().to_owned();
    app.manage("PATCH", path).header("if-match", tag).json(body).send().await
}

#[tokio::test]
async fn what_a_buyer_saw_is_honoured_for_the_life_of_the_hold() {
    let app = TestApp::start().await;
    let theatre = app.theatre(4).await;
    let path = format!("/v1/events/{}/ticket_types/{}", theatre.event, theatre.ticket_type);
    let ann = app.hold(&theatre.event, &["A-1"]).await;
    let changed =
        patch(&app, &path, json!({"price": {"amount": 9900, "currency": "EUR"}, "name": "Parquet"})).await;
    assert_eq!(changed.expect(200).json()["price"]["amount"], 9900);
    let read = app.manage("GET", &path).send().await;
    assert_eq!((read.json(), read.header("etag")), (changed.json(), changed.header("etag")));
    assert_eq!(app.try_order(&ann).await.expect(201).json()["total"]["amount"], 4500);
    let bob = app.try_hold(&theatre.event, &["A-2"]).await.expect(201).json();
    assert_eq!(bob["total"]["amount"], 9900);
    let shown = event(&app, &theatre.event).await;
    assert_eq!(
        (&shown["price_from"]["amount"], &shown["ticket_types"][0]["name"]),
        (&json!(9900), &json!("Parquet"))
    );

    let app = app.restart().await;
    let cloe = app.try_hold(&theatre.event, &["A-3"]).await.expect(201).json();
    assert_eq!(cloe["total"]["amount"], 9900);
    patch(&app, &path, json!({"sale_ends_at": "2026-11-21T12:00:00Z"})).await.expect(200);
    app.try_hold(&theatre.event, &["A-4"]).await.expect_problem(409, "sale_not_open");
    patch(&app, &path, json!({"sale_ends_at": null, "max_per_order": 1, "hidden": true})).await.expect(200);
    assert_eq!(event(&app, &theatre.event).await["ticket_types"], json!([]));
    sound(&app).await;
}

#[tokio::test]
async fn a_change_of_a_ticket_type_says_what_it_is_a_change_of() {
    let app = TestApp::start().await;
    let theatre = app.theatre(1).await;
    let types = format!("/v1/events/{}/ticket_types", theatre.event);
    let path = format!("{types}/{}", theatre.ticket_type);
    let change = |name: &str| app.manage("PATCH", &path).json(json!({"name": name}));
    change("One").send().await.expect_problem(428, "precondition_required");
    let tag = app.manage("GET", &path).send().await.expect(200).header("etag").unwrap().to_owned();
    change("Two").header("if-match", &tag).send().await.expect(200);
    change("Three").header("if-match", &tag).send().await.expect_problem(412, "precondition_failed");
    for (body, pointer) in [
        (json!({"price": {"amount": 1, "currency": "USD"}}), "/price/currency"),
        (json!({"min_per_order": 0}), "/min_per_order"),
        (json!({"min_per_order": 3, "max_per_order": 2}), "/min_per_order"),
        (
            json!({"sale_starts_at": "2026-12-01T00:00:00Z", "sale_ends_at": "2026-12-01T00:00:00Z"}),
            "/sale_starts_at",
        ),
        (json!({"name": ""}), "/name"),
        (json!({"pool_ids": []}), "/pool_ids"),
    ] {
        let problem = patch(&app, &path, body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let other = format!("{types}/ticket_type_01h455vb4pex5vsknk084sn02q");
    app.manage("GET", &other).send().await.expect_problem(404, "not_found");
    let nobody = app.manage("PATCH", &other).header("if-match", "*").json(json!({}));
    nobody.send().await.expect_problem(404, "not_found");
    app.call("PATCH", &path).json(json!({})).send().await.expect_problem(401, "unauthorized");
    assert_eq!(app.events_of("ticket_type_changed").await.len(), 1);
}
