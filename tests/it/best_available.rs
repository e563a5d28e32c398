//! The best seats, and seats left alone, over HTTP.

use serde_json::{Value, json};

use crate::support::sample::{Held, Theatre};
use crate::support::{Answer, TestApp};

async fn best(app: &TestApp, theatre: &Theatre, quantity: u32, further: Value) -> Answer {
    let mut wish = json!({"ticket_type_id": theatre.ticket_type, "quantity": quantity});
    for (name, value) in further.as_object().unwrap() {
        wish[name] = value.clone();
    }
    let items = json!({"items": [{"best_available": wish}]});
    app.post(format!("/v1/events/{}/holds", theatre.event), items).send().await
}

fn seats(answer: &Answer) -> Vec<String> {
    let hold = answer.expect(201).json();
    let items = hold["items"].as_array().unwrap();
    items.iter().map(|item| item["seat_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_group_gets_the_nearest_seats_side_by_side() {
    let app = TestApp::start().await;
    // The focal point is above the middle of the row.
    let theatre = app.theatre(11).await;
    assert_eq!(seats(&best(&app, &theatre, 3, json!({})).await), ["A-5", "A-6", "A-7"]);
    assert_eq!(seats(&best(&app, &theatre, 2, json!({})).await), ["A-3", "A-4"]);
    let refused = best(&app, &theatre, 5, json!({})).await.expect_problem(409, "not_adjacent");
    assert_eq!(refused["together"], 4);
    let split = best(&app, &theatre, 6, json!({"split": "pairs"})).await;
    assert_eq!(seats(&split), ["A-8", "A-9", "A-10", "A-11", "A-1", "A-2"]);
    let gone = best(&app, &theatre, 1, json!({})).await.expect_problem(409, "sold_out");
    assert_eq!(gone["left"][0]["available"], 0);
    // Nobody keeps a seat longer than their hold, and nothing else has to happen for it.
    app.advance_seconds(300);
    assert_eq!(seats(&best(&app, &theatre, 11, json!({})).await).len(), 11);
}

#[tokio::test]
async fn more_of_the_best_can_be_added_and_not_be_taken_out() {
    let app = TestApp::start().await;
    let theatre = app.theatre(11).await;
    let held = Held::of(&best(&app, &theatre, 2, json!({"adjacent": false})).await.expect(201).json());
    let wish = json!({"items": [{"best_available": {"ticket_type_id": theatre.ticket_type, "quantity": 2}}]});
    let path = format!("/v1/holds/{}/items", held.hold);
    let added = app.post(&path, wish.clone()).bearer(&held.token).send().await.expect(201).json();
    assert_eq!(added["items"].as_array().unwrap().len(), 4);
    app.call("DELETE", &path).json(wish).bearer(&held.token).send().await.expect(422);
}

#[tokio::test]
async fn wishes_that_make_no_sense_are_pointed_at() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    for (further, pointer) in [
        (json!({"quantity": 0}), "/items/0/best_available/quantity"),
        (json!({"quantity": 51}), "/items/0/best_available/quantity"),
        (json!({"accessible": 3}), "/items/0/best_available/accessible"),
        (json!({"ticket_type_id": "x"}), "/items/0/best_available/ticket_type_id"),
    ] {
        let refused = best(&app, &theatre, 2, further).await.expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    let both = json!({"items": [{"seat_id": "A-1", "best_available": {"ticket_type_id": theatre.ticket_type, "quantity": 1}}]});
    app.post(format!("/v1/events/{}/holds", theatre.event), both).send().await.expect(422);
    let club = app.club(5).await;
    let wish = json!({"items": [{"best_available": {"ticket_type_id": club.ticket_type, "quantity": 2}}]});
    let hold = app.post(format!("/v1/events/{}/holds", club.event), wish).send().await.expect(201).json();
    assert_eq!(hold["items"].as_array().unwrap().len(), 2, "units have no better and worse");
}

#[tokio::test]
async fn wheelchair_places_come_with_their_companions() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let seat = |n: u32, extra: Value| {
        let mut seat =
            json!({"label": n.to_string(), "x": n * 20, "y": 0, "categoryKey": 1, "uuid": format!("u{n}")});
        for (name, value) in extra.as_object().unwrap() {
            seat[name] = value.clone();
        }
        seat
    };
    let seats_of_row: Vec<Value> = (1..=8)
        .map(|n| match n {
            7 => seat(n, json!({"accessible": true})),
            8 => seat(n, json!({"companionSeat": true})),
            _ => seat(n, json!({})),
        })
        .collect();
    let chart = json!({
        "name": "Hall", "categories": {"list": [{"key": 1, "label": "Stalls", "color": "#aa0000"}]},
        "subChart": {"rows": [{"label": "A", "seats": seats_of_row}]}
    });
    let path = format!("/v1/venues/{venue}/seating_plans?format=seatsio");
    let plan = app.manage("POST", path).json(chart).send().await.expect(201).string("seating_plan_id");
    let event =
        app.draft(&organizer, &venue, json!({"seating_plan_id": plan})).await.expect(201).string("event_id");
    let price = json!({"amount": 4500, "currency": "EUR"});
    let body = json!({"name": "Stalls", "price": price, "price_category": "Stalls"});
    let ticket_type = app.ticket_type(&event, body).await;
    app.publish(&event).await;
    let theatre = Theatre { event, ticket_type };
    assert_eq!(seats(&best(&app, &theatre, 2, json!({"accessible": 1})).await), ["A-7", "A-8"]);
    assert_eq!(seats(&best(&app, &theatre, 6, json!({})).await).len(), 6);
    best(&app, &theatre, 1, json!({"accessible": 1})).await.expect_problem(409, "sold_out");
}

#[tokio::test]
async fn who_would_leave_a_seat_alone_is_told_which() {
    let app = TestApp::start().await;
    let theatre = app.theatre_with(8, json!({"single_seat_rule": "refuse"})).await;
    let refused = app.try_hold(&theatre.event, &["A-2", "A-3"]).await.expect_problem(409, "orphan_seat");
    assert_eq!(refused["seats"], json!(["A-1"]));
    let held = app.hold(&theatre.event, &["A-1", "A-2", "A-3"]).await;
    let items = json!({"items": [{"seat_id": "A-2"}]});
    let given_back =
        app.call("DELETE", format!("/v1/holds/{}/items", held.hold)).json(items).bearer(&held.token);
    given_back.send().await.expect_problem(409, "orphan_seat");
    app.hold(&theatre.event, &["A-4", "A-5"]).await;
    // One of three is left in any case.
    app.hold(&theatre.event, &["A-6", "A-7"]).await;
    let off = app.theatre_with(8, json!({"single_seat_rule": "off"})).await;
    app.hold(&off.event, &["A-2", "A-3"]).await;
}
