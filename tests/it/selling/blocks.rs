//! Seats and units that are kept back.

use serde_json::{Value, json};

use super::{manage, sound};
use crate::support::TestApp;

async fn block(app: &TestApp, event: &str, body: Value) -> crate::support::Answer {
    manage(app, "POST", &format!("/v1/events/{event}/blocks"), body).await
}

#[tokio::test]
async fn blocked_seats_are_refused_to_buyers_until_they_are_released() {
    let app = TestApp::start().await;
    let theatre = app.theatre(6).await;
    let path = format!("/v1/events/{}", theatre.event);
    let answer = block(&app, &theatre.event, json!({"seats": ["A-1", "A-2", "A-3"], "name": "Press"})).await;
    let placed = answer.expect(201).json();
    let id = placed["block_id"].as_str().unwrap();
    assert!(id.starts_with("block_"));
    assert_eq!((&placed["seats"], &placed["reason"]), (&json!(["A-1", "A-2", "A-3"]), &json!("Press")));
    assert_eq!(answer.header("location"), Some(format!("{path}/blocks/{id}").as_str()));
    let refused = app.try_hold(&theatre.event, &["A-3", "A-4"]).await.expect_problem(409, "seats_taken");
    assert_eq!(refused["seats"], json!(["A-3"]));
    assert_eq!(app.seat_state(&theatre.event, "A-1").await, "blocked");
    let line = &app.get(format!("{path}/availability")).send().await.expect(200).json()["ticket_types"][0];
    assert_eq!((&line["available"], &line["blocked"], &line["capacity"]), (&json!(3), &json!(3), &json!(6)));

    let part = app.manage("DELETE", format!("{path}/blocks/{id}")).json(json!({"seats": ["A-3"]}));
    assert_eq!(part.send().await.expect(200).json()["seats"], json!(["A-1", "A-2"]));
    app.hold(&theatre.event, &["A-3"]).await;
    let again = app.manage("DELETE", format!("{path}/blocks/{id}")).json(json!({"seats": ["A-3"]}));
    again.send().await.expect_problem(409, "not_in_block");

    // From a snapshot.
    let app = app.restart().await;
    app.try_hold(&theatre.event, &["A-2"]).await.expect_problem(409, "seats_taken");
    let list = app.manage("GET", format!("{path}/blocks")).send().await.expect(200).json();
    assert_eq!((list["data"].as_array().unwrap().len(), &list["data"][0]["block_id"]), (1, &json!(id)));
    app.manage("DELETE", format!("{path}/blocks/{id}")).send().await.expect(204);
    app.manage("DELETE", format!("{path}/blocks/{id}")).send().await.expect(204);
    assert_eq!(app.events_of("block_released").await.len(), 2, "releasing again changes nothing");
    app.hold(&theatre.event, &["A-1", "A-2"]).await;
    let list = app.manage("GET", format!("{path}/blocks")).send().await.expect(200).json();
    assert_eq!(list["data"], json!([]));
    let one = app.manage("GET", format!("{path}/blocks/{id}")).send().await.expect(200).json();
    assert_eq!(one["seats"], json!([]));

    let history = app.manage("GET", format!("{path}/seats/A-1/history")).send().await.expect(200).json();
    let words: Vec<&str> =
        history["data"].as_array().unwrap().iter().map(|fact| fact["words"].as_str().unwrap()).collect();
    assert!(words[0].starts_with("Kept back: Press") && words[1].starts_with("For sale again"), "{words:?}");
    assert_eq!(history["data"][0]["block_id"], json!(id));
    let position = history["data"][0]["position"].as_u64().unwrap();
    let then = app.get(format!("{path}/seats?as_of={position}")).send().await.expect(200).json();
    assert_eq!(then["seats"][0]["state"], "blocked");
    sound(&app).await;
}

#[tokio::test]
async fn a_block_takes_no_seat_that_is_held_or_sold_and_records_the_lapse_of_others() {
    let app = TestApp::start().await;
    let theatre = app.theatre(4).await;
    app.buy(&theatre.event, &["A-1"]).await;
    app.hold(&theatre.event, &["A-2"]).await;
    let refused = block(&app, &theatre.event, json!({"seats": ["A-1", "A-2", "A-3"]})).await;
    assert_eq!(refused.expect_problem(409, "seats_taken")["seats"], json!(["A-1", "A-2"]));
    let ordered = app.order(&app.hold(&theatre.event, &["A-3"]).await).await;
    let payment = app.start_payment(&ordered).await;
    app.advance_seconds(300);
    block(&app, &theatre.event, json!({"seats": ["A-2", "A-3"]})).await.expect(201);
    assert_eq!(app.events_of("hold_expired").await.len(), 2);
    // Money that comes late gets no seat that is kept back.
    app.instruct(&ordered, &payment, json!({"outcome": "succeed"})).await;
    app.catch_up().await;
    let mut order = app.get_order(&ordered).await;
    for _ in 0..400 {
        if order["payments"][0]["status"] == "voided" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        order = app.get_order(&ordered).await;
    }
    assert_eq!((&order["status"], &order["payments"][0]["status"]), (&json!("expired"), &json!("voided")));
    assert_eq!(app.seat_state(&theatre.event, "A-3").await, "blocked");
    sound(&app).await;
}

#[tokio::test]
async fn units_are_kept_back_too() {
    let app = TestApp::start().await;
    let club = app.club(10).await;
    let path = format!("/v1/events/{}", club.event);
    let pools = app.manage("GET", format!("{path}/pools")).send().await.expect(200).json();
    let pool = pools["data"][0]["pool_id"].clone();
    let hold = async |quantity: u32| {
        let items = json!({"items": [{"ticket_type_id": club.ticket_type, "quantity": quantity}]});
        app.post(format!("{path}/holds"), items).send().await
    };
    hold(2).await.expect(201);
    let short = block(&app, &club.event, json!({"pool_id": pool, "quantity": 9})).await;
    assert_eq!(short.expect_problem(409, "sold_out")["left"], json!([{"pool_id": pool, "available": 8}]));
    let placed = block(&app, &club.event, json!({"pool_id": pool, "quantity": 7, "reason": "Guests"})).await;
    let id = placed.expect(201).string("block_id");
    hold(2).await.expect_problem(409, "sold_out");
    let line = &app.get(format!("{path}/availability")).send().await.expect(200).json()["ticket_types"][0];
    assert_eq!((&line["available"], &line["blocked"]), (&json!(1), &json!(7)));
    let part = app.manage("DELETE", format!("{path}/blocks/{id}")).json(json!({"quantity": 3})).send().await;
    assert_eq!(part.expect(200).json()["quantity"], 4);
    hold(4).await.expect(201);
    sound(&app).await;
}

#[tokio::test]
async fn a_block_can_be_sent_again_and_nonsense_is_pointed_at() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}/blocks", theatre.event);
    let send = || app.manage("POST", &path).json(json!({"seats": ["A-1"]})).key("block");
    let first = send().send().await;
    assert_eq!(send().send().await.text(), first.expect(201).text());
    let one = format!("{path}/{}", first.string("block_id"));
    app.manage("DELETE", &one).send().await.expect(204);
    assert_eq!(send().send().await.text(), first.text(), "as it was answered then");
    assert_eq!(app.events_of("block_placed").await.len(), 1);

    let pool = "pool_01h455vb4pex5vsknk084sn02q";
    for (body, pointer) in [
        (json!({}), ""),
        (json!({"seats": []}), "/seats"),
        (json!({"seats": vec!["A-1"; 501]}), "/seats"),
        (json!({"seats": ["A-1"], "quantity": 1}), ""),
        (json!({"pool_id": pool}), ""),
        (json!({"pool_id": pool, "quantity": 0}), "/quantity"),
        (json!({"pool_id": "x", "quantity": 1}), "/pool_id"),
        (json!({"seats": ["A-1"], "reason": "x".repeat(201)}), "/reason"),
    ] {
        let problem = block(&app, &theatre.event, body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    block(&app, &theatre.event, json!({"seats": ["A-2", "A-2"]})).await.expect_problem(422, "duplicate_seat");
    block(&app, &theatre.event, json!({"seats": ["Z-9"]})).await.expect_problem(422, "unknown_seats");
    block(&app, &theatre.event, json!({"pool_id": pool, "quantity": 1}))
        .await
        .expect_problem(404, "not_found");
    let nobody = format!("{path}/block_01h455vb4pex5vsknk084sn02q");
    app.manage("DELETE", &nobody).send().await.expect_problem(404, "not_found");
    app.manage("GET", &nobody).send().await.expect_problem(404, "not_found");
    for (method, path) in [("POST", &path), ("GET", &path), ("GET", &one), ("DELETE", &one)] {
        app.call(method, path).send().await.expect_problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_draft_has_blocks_before_it_is_published() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let plan = app.import_plan(&venue, &crate::support::sample::plan(2)).await;
    let event =
        app.draft(&organizer, &venue, json!({"seating_plan_id": plan})).await.expect(201).string("event_id");
    block(&app, &event, json!({"seats": ["A-1"]})).await.expect(201);
    let price = json!({"amount": 100, "currency": "EUR"});
    app.ticket_type(&event, json!({"name": "Seat", "price": price, "price_category": "Stalls"})).await;
    app.publish(&event).await;
    app.try_hold(&event, &["A-1"]).await.expect_problem(409, "seats_taken");
    app.hold(&event, &["A-2"]).await;
}
