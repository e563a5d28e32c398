//! A seating plan that is replaced while the event sells.

use serde_json::{Value, json};

use super::{event, patch, sound};
use crate::support::sample::{self, Theatre};
use crate::support::{Answer, TestApp};

/// A theatre of five seats and a second plan of its venue.
struct House {
    app: TestApp,
    theatre: Theatre,
    venue: String,
    plan: String,
}

/// One row: `A-2` to `A-5`, then `B-1`, all in these categories.
fn rebuilt(category: &str) -> Value {
    let mut plan = sample::plan(5);
    let seats = plan["zones"][0]["rows"][0]["seats"].as_array_mut().unwrap();
    let mut first = seats.remove(0);
    first["seat_guid"] = json!("B-1");
    first["position"]["x"] = json!(200);
    seats.push(first);
    for seat in seats {
        seat["category"] = json!(category);
    }
    plan["categories"][0]["name"] = json!(category);
    plan
}

async fn house() -> House {
    let app = TestApp::start().await;
    let theatre = app.theatre(5).await;
    let venue = event(&app, &theatre.event).await["venue"]["venue_id"].as_str().unwrap().to_owned();
    let plan = app.import_plan(&venue, &rebuilt("Stalls")).await;
    House { app, theatre, venue, plan }
}

impl House {
    async fn replace(&self, plan: &str) -> Answer {
        patch(&self.app, &self.theatre.event, json!({"seating_plan_id": plan})).await
    }

    async fn seats(&self, query: &str) -> Vec<(String, String)> {
        self.app.catch_up().await;
        let path = format!("/v1/events/{}/seats{query}", self.theatre.event);
        let seats = self.app.get(path).send().await.expect(200).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        seats["seats"]
            .as_array()
            .unwrap()
            .iter()
            .map(|seat| (text(&seat["seat_id"]), text(&seat["state"])))
            .collect()
    }
}

fn told(seats: &[(&str, &str)]) -> Vec<(String, String)> {
    seats.iter().map(|(seat, state)| ((*seat).to_owned(), (*state).to_owned())).collect()
}

#[tokio::test]
async fn another_plan_has_what_is_sold_and_sells_what_is_new() {
    let house = house().await;
    let (app, id) = (&house.app, house.theatre.event.as_str());
    let (ordered, _) = app.buy(id, &["A-5"]).await;
    let held = app.hold(id, &["A-3"]).await;
    app.catch_up().await;
    let position = app.log_lines().await.len();
    let etag = app.get(format!("/v1/events/{id}/seats")).send().await.header("etag").unwrap().to_owned();
    let changed = house.replace(&house.plan).await.expect(200).json();
    assert_eq!(changed["seating_plan_id"], json!(house.plan));
    let now = told(&[
        ("A-2", "available"),
        ("A-3", "held"),
        ("A-4", "available"),
        ("A-5", "sold"),
        ("B-1", "available"),
    ]);
    assert_eq!(house.seats("").await, now);
    let then = house.seats(&format!("?as_of={position}")).await;
    assert_eq!((then[0].0.as_str(), then[4].1.as_str()), ("A-1", "sold"), "the plan that it had then");
    let again = app.get(format!("/v1/events/{id}/seats")).header("if-none-match", etag).send().await;
    again.expect(200);
    let compact = app.get(format!("/v1/events/{id}/seats"));
    let compact = compact.header("accept", "application/vnd.boxoffice.seats+json").send().await;
    let compact = compact.expect(200).json();
    assert_eq!(compact["states"], "ahasa", "{compact}");

    app.try_hold(id, &["A-1"]).await.expect_problem(422, "unknown_seats");
    app.try_hold(id, &["A-5"]).await.expect_problem(409, "seats_taken");
    app.buy(id, &["B-1"]).await;
    app.order(&held).await;
    assert_eq!(app.get_order(&ordered).await["tickets"][0]["seat_id"], "A-5");
    // The same again is no change.
    house.replace(&house.plan).await.expect(200);
    for once in ["plan_replaced", "show_plan_replaced"] {
        assert_eq!(app.events_of(once).await.len(), 1, "{once}");
    }
    sound(app).await;
    let house = House { app: house.app.restart().await, ..house };
    assert_eq!(house.seats("").await.last().unwrap().1, "sold");
    assert_eq!(event(&house.app, &house.theatre.event).await["seating_plan_id"], json!(house.plan));
}

#[tokio::test]
async fn a_plan_that_lacks_what_somebody_has_is_refused_and_says_what() {
    let house = house().await;
    let (app, id) = (&house.app, house.theatre.event.as_str());
    app.hold(id, &["A-1", "A-2"]).await;
    let refused = house.replace(&house.plan).await.expect_problem(409, "plan_does_not_fit");
    assert_eq!((&refused["seats"], &refused["ticket_type_ids"]), (&json!(["A-1"]), &json!([])));
    let circle = app.import_plan(&house.venue, &rebuilt("Circle")).await;
    let refused = house.replace(&circle).await.expect_problem(409, "plan_does_not_fit");
    assert_eq!(refused["seats"], json!(["A-1", "A-2"]));
    assert_eq!(refused["ticket_type_ids"], json!([house.theatre.ticket_type]));
    // Lapsed, and nobody has recorded that.
    app.advance_seconds(300);
    house.replace(&house.plan).await.expect(200);
    assert_eq!(app.events_of("hold_expired").await.len(), 1);
    sound(app).await;
}

#[tokio::test]
async fn a_change_that_is_refused_for_another_reason_replaces_no_plan() {
    let house = house().await;
    let before = house.seats("").await;
    let change = json!({"seating_plan_id": house.plan, "sale_starts_at": "2098-01-01T00:00:00Z",
        "sale_ends_at": "2097-01-01T00:00:00Z"});
    patch(&house.app, &house.theatre.event, change).await.expect_problem(422, "invalid");
    assert_eq!(house.seats("").await, before);
    assert!(house.app.events_of("plan_replaced").await.is_empty());
}

#[tokio::test]
async fn the_past_of_a_seat_outlives_its_plan() {
    let house = house().await;
    let held = house.app.hold(&house.theatre.event, &["A-1"]).await;
    let path = format!("/v1/holds/{}", held.hold);
    house.app.call("DELETE", path).bearer(&held.token).send().await.expect(204);
    house.replace(&house.plan).await.expect(200);
    let path = |seat: &str| format!("/v1/events/{}/seats/{seat}/history", house.theatre.event);
    let history = house.app.manage("GET", path("A-1")).send().await.expect(200).json();
    assert_eq!(history["data"].as_array().unwrap().len(), 2, "{history}");
    house.app.manage("GET", path("Z-1")).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn late_money_for_a_seat_that_is_gone_is_let_go() {
    let house = house().await;
    let (app, id) = (&house.app, house.theatre.event.as_str());
    let ordered = app.order(&app.hold(id, &["A-1"]).await).await;
    let payment = app.start_payment(&ordered).await;
    let later = json!({"outcome": "succeed", "delay_ms": 400_000});
    app.instruct(&ordered, &payment, later).await.expect(202);
    app.advance_seconds(300);
    house.replace(&house.plan).await.expect(200);
    app.advance_seconds(100);
    for _ in 0..400 {
        if app.get_order(&ordered).await["payments"][0]["status"] == "voided" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let order = app.get_order(&ordered).await;
    assert_eq!(
        (&order["status"], &order["payments"][0]["reason"]),
        (&json!("expired"), &json!("seats_gone"))
    );
    sound(app).await;
}

#[tokio::test]
async fn a_draft_may_have_any_plan_of_its_venue_and_is_not_published_without_what_it_sells() {
    let house = house().await;
    let app = &house.app;
    let organizer = event(app, &house.theatre.event).await["organizer_id"].as_str().unwrap().to_owned();
    let draft = app.draft(&organizer, &house.venue, json!({"seating_plan_id": house.plan})).await;
    let id = draft.expect(201).string("event_id");
    let price = json!({"amount": 100, "currency": "EUR"});
    app.ticket_type(&id, json!({"name": "Seat", "price": price, "price_category": "Stalls"})).await;
    let circle = app.import_plan(&house.venue, &rebuilt("Circle")).await;
    patch(app, &id, json!({"seating_plan_id": circle, "name": "Medea"})).await.expect(200);
    let publish = app.manage("POST", format!("/v1/events/{id}/publication")).send().await;
    assert_eq!(publish.expect_problem(409, "not_ready")["missing"], json!(["seats_of_every_price_category"]));
    let elsewhere = app.venue().await.1;
    let foreign = app.import_plan(&elsewhere, &sample::plan(3)).await;
    for plan in [json!(foreign), json!("seating_plan_01h455vb4pex5vsknk084sn02q"), json!("x"), Value::Null] {
        let problem = patch(app, &id, json!({"seating_plan_id": plan})).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/seating_plan_id", "{problem}");
    }
    patch(app, &id, json!({"seating_plan_id": house.plan})).await.expect(200);
    app.publish(&id).await;
    app.hold(&id, &["B-1"]).await;
    sound(app).await;
}

#[tokio::test]
async fn nobody_replaces_a_plan_that_they_have_not_seen() {
    let house = house().await;
    let path = format!("/v1/events/{}", house.theatre.event);
    let tag = house.app.get(&path).send().await.expect(200).header("etag").unwrap().to_owned();
    let other = house.app.import_plan(&house.venue, &sample::plan(6)).await;
    let replace = |plan: &str| house.app.manage("PATCH", &path).json(json!({"seating_plan_id": plan}));
    replace(&other).header("if-match", &tag).send().await.expect(200);
    replace(&house.plan).header("if-match", &tag).send().await.expect_problem(412, "precondition_failed");
    replace(&house.plan).header("if-match", "*").send().await.expect(200);
    replace(&house.plan).send().await.expect_problem(428, "precondition_required");
    sound(&house.app).await;
}

/// A chart with one seat and these standing areas.
fn chart(areas: &[(&str, u32)]) -> Value {
    let area = |(label, capacity): &(&str, u32)| json!({"label": label, "capacity": capacity, "center": {"x": 20, "y": 30}});
    json!({
        "name": "House",
        "categories": {"list": [{"key": 1, "label": "Stalls", "color": "#ffffff"}]},
        "subChart": {
            "rows": [{"label": "A", "seats": [{"label": "1", "x": 1, "y": 2, "categoryKey": 1}]}],
            "generalAdmissionAreas": areas.iter().map(area).collect::<Vec<_>>(),
        },
    })
}

#[tokio::test]
async fn standing_areas_go_by_their_names() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let import = async |areas: &[(&str, u32)]| {
        let path = format!("/v1/venues/{venue}/seating_plans?format=seatsio");
        app.manage("POST", path).json(chart(areas)).send().await.expect(201).string("seating_plan_id")
    };
    let first = import(&[("Pit", 20), ("Yard", 5)]).await;
    let id =
        app.draft(&organizer, &venue, json!({"seating_plan_id": first})).await.expect(201).string("event_id");
    app.catch_up().await;
    let pools = async || {
        app.catch_up().await;
        let event = app.manage("GET", format!("/v1/events/{id}")).send().await.expect(200).json();
        let pools = event["pools"].as_array().unwrap().clone();
        pools
            .iter()
            .map(|pool| (pool["pool_id"].clone(), pool["name"].clone(), pool["capacity"].clone()))
            .collect::<Vec<_>>()
    };
    let pit = pools().await[0].0.clone();
    let price = json!({"amount": 100, "currency": "EUR"});
    app.ticket_type(&id, json!({"name": "Pit", "price": price, "pool_ids": [pit]})).await;
    app.publish(&id).await;
    let two = json!({"items": [{"ticket_type_id": event(&app, &id).await["ticket_types"][0]["ticket_type_id"], "quantity": 2}]});
    app.post(format!("/v1/events/{id}/holds"), two.clone()).send().await.expect(201);

    let none = import(&[("Yard", 5)]).await;
    let refused =
        patch(&app, &id, json!({"seating_plan_id": none})).await.expect_problem(409, "plan_does_not_fit");
    assert_eq!(refused["pool_ids"], json!([pit]));
    let smaller = import(&[("Terrace", 7), ("Pit", 1)]).await;
    patch(&app, &id, json!({"seating_plan_id": smaller})).await.expect(200);
    let names: Vec<_> = pools().await.into_iter().map(|(_, name, capacity)| (name, capacity)).collect();
    assert_eq!(names, [(json!("Pit"), json!(1)), (json!("Yard"), json!(0)), (json!("Terrace"), json!(7))]);
    app.post(format!("/v1/events/{id}/holds"), two).send().await.expect_problem(409, "sold_out");

    // A copy has the same pools.
    let copy = json!({"starts_at": "2026-12-25T19:30:00Z"});
    let copied = app.manage("POST", format!("/v1/events/{id}/copy")).json(copy).send().await;
    let copied = copied.expect(201).string("event_id");
    app.catch_up().await;
    let again = app.manage("GET", format!("/v1/events/{copied}")).send().await.expect(200).json();
    assert_eq!(again["pools"].as_array().unwrap().len(), 3);
    assert_eq!(again["seating_plan_id"], json!(smaller));
    sound(&app).await;
}
