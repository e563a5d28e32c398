//! A show that is played again.

use serde_json::{Value, json};

use super::{manage, sound};
use crate::support::{TestApp, sample};

#[tokio::test]
async fn a_copy_is_a_draft_of_the_same_with_windows_moved_and_nothing_sold() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let plan = app.import_plan(&venue, &sample::plan(3)).await;
    let further = json!({"seating_plan_id": plan, "description": "A comedy", "doors_at": "2026-12-24T19:00:00Z",
        "sale_ends_at": "2026-12-24T12:00:00Z", "max_per_buyer": 4});
    let event = app.draft(&organizer, &venue, further).await.expect(201).string("event_id");
    let path = format!("/v1/events/{event}");
    let pool =
        manage(&app, "POST", &format!("{path}/pools"), json!({"name": "Standing", "capacity": 10})).await;
    let pool = pool.expect(201).string("pool_id");
    let price = |amount: u64| json!({"amount": amount, "currency": "EUR"});
    app.ticket_type(&event, json!({"name": "Seat", "price": price(100), "price_category": "Stalls"})).await;
    app.ticket_type(
        &event,
        json!({"name": "Friends", "price": price(50), "pool_ids": [pool], "hidden": true, "entries": 3,
        "sale_starts_at": "2026-12-01T12:00:00Z"}),
    )
    .await;
    app.publish(&event).await;
    app.buy(&event, &["A-1"]).await;
    manage(&app, "POST", &format!("{path}/blocks"), json!({"seats": ["A-2"]})).await.expect(201);
    app.manage("PATCH", format!("{path}/pools/{pool}"))
        .header("if-match", "*")
        .json(json!({"capacity": 7}))
        .send()
        .await
        .expect(200);

    let body = json!({"starts_at": "2026-12-26T19:30:00Z", "name": "The Cherry Orchard, again"});
    let copy = || app.manage("POST", format!("{path}/copy")).json(body.clone()).key("copy");
    let first = copy().send().await;
    assert_eq!(first.expect(201).json()["status"], "draft");
    assert_eq!(copy().send().await.text(), first.text());
    let id = first.string("event_id");
    assert_ne!(id, event);
    let address = format!("/v1/events/{id}");
    assert_eq!(first.header("location"), Some(address.as_str()));
    app.get(&address).send().await.expect_problem(404, "not_found");
    let drafted = app.manage("GET", &address).send().await.expect(200).json();
    let expected = json!({"status": "draft", "name": "The Cherry Orchard, again", "description": "A comedy",
        "starts_at": "2026-12-26T19:30:00.000Z", "doors_at": "2026-12-26T19:00:00.000Z",
        "sale_ends_at": "2026-12-26T12:00:00.000Z", "seating_plan_id": plan, "max_per_buyer": 4});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&drafted[name], value, "{name}");
    }
    assert_eq!(
        (&drafted["pools"][0]["capacity"], &drafted["pools"][0]["name"]),
        (&json!(7), &json!("Standing"))
    );
    let copied = app.manage("GET", format!("{address}/ticket_types")).send().await.expect(200).json();
    let names: Vec<&Value> = copied["data"].as_array().unwrap().iter().map(|known| &known["name"]).collect();
    assert_eq!(names, ["Seat", "Friends"]);
    assert_eq!(copied["data"][1]["pool_ids"], json!([drafted["pools"][0]["pool_id"]]));
    assert_ne!(drafted["pools"][0]["pool_id"], json!(pool));
    assert_eq!(copied["data"][1]["sale_starts_at"], "2026-12-03T12:00:00.000Z");
    assert_eq!(copied["data"][1]["entries"], 3);

    app.publish(&id).await;
    app.buy(&id, &["A-1", "A-2"]).await;
    assert_eq!(app.seat_state(&event, "A-2").await, "blocked");
    sound(&app).await;
}

#[tokio::test]
async fn standing_areas_are_copied_once_with_the_capacity_that_they_have() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let chart = include_bytes!("../../fixtures/seatsio/sampleChart.json");
    let path = format!("/v1/venues/{venue}/seating_plans?format=seatsio");
    let plan = app.manage("POST", path).header("content-type", "application/json").bytes(&chart[..]);
    let plan = plan.send().await.expect(201).string("seating_plan_id");
    let event =
        app.draft(&organizer, &venue, json!({"seating_plan_id": plan})).await.expect(201).string("event_id");
    let pools = async |event: &str| {
        let path = format!("/v1/events/{event}/pools");
        app.manage("GET", path).send().await.expect(200).json()["data"].as_array().unwrap().clone()
    };
    let path = format!("/v1/events/{event}/copy");
    let copy = manage(&app, "POST", &path, json!({"starts_at": "2026-12-26T19:30:00Z"})).await;
    let copy = copy.expect(201).string("event_id");
    let (mut former, mut copied) = (pools(&event).await, pools(&copy).await);
    assert!(!former.is_empty());
    for pool in former.iter_mut().chain(&mut copied) {
        pool["pool_id"].take();
    }
    assert_eq!(copied, former);
    sound(&app).await;
}

#[tokio::test]
async fn nonsense_is_not_copied() {
    let app = TestApp::start().await;
    let theatre = app.theatre(1).await;
    let path = format!("/v1/events/{}/copy", theatre.event);
    for (body, pointer) in [
        (json!({}), "/starts_at"),
        (json!({"starts_at": "2026-12-26T19:30:00Z", "name": " "}), "/name"),
        (json!({"starts_at": "2026-12-26T19:30:00Z", "ends_at": "2026-12-26T19:00:00Z"}), "/ends_at"),
    ] {
        let problem = manage(&app, "POST", &path, body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let body = json!({"starts_at": "2026-12-26T19:30:00Z"});
    app.post(&path, body.clone()).send().await.expect_problem(401, "unauthorized");
    let nowhere = "/v1/events/event_01h455vb4pex5vsknk084sn02q/copy";
    manage(&app, "POST", nowhere, body).await.expect_problem(404, "not_found");
    assert_eq!(app.events_of("show_drafted").await.len(), 1);
}
