//! The door: a ticket is let in once, unless its type says otherwise.

mod entries;

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::sample::Ordered;

async fn scan(app: &TestApp, event: &str, what: Value, nonce: &str) -> Value {
    let mut body = json!({"gate": "North", "device_id": "phone-1", "scanned_at": "2026-12-24T19:00:00Z", "nonce": nonce});
    for (name, value) in what.as_object().unwrap() {
        body[name] = value.clone();
    }
    app.manage("POST", format!("/v1/events/{event}/check_ins")).json(body).send().await.expect(200).json()
}

async fn ticket(app: &TestApp, ordered: &Ordered, order: &Value) -> Value {
    let id = order["tickets"][0]["ticket_id"].as_str().unwrap();
    app.get(format!("/v1/tickets/{id}")).bearer(&ordered.token).send().await.expect(200).json()
}

#[tokio::test]
async fn a_ticket_is_let_in_once_and_the_second_scan_says_when_and_where() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-1"]).await;
    let ticket = ticket(&app, &ordered, &order).await;
    let first = scan(&app, &theatre.event, json!({"qr": ticket["qr"]}), "1").await;
    assert_eq!((&first["result"], &first["seat_id"]), (&json!("admitted"), &json!("A-1")));
    assert_eq!(
        scan(&app, &theatre.event, json!({"qr": ticket["qr"]}), "1").await["result"],
        "admitted",
        "sent again"
    );
    app.advance_seconds(5);
    let second =
        scan(&app, &theatre.event, json!({"ticket_id": ticket["ticket_id"], "gate": "South"}), "2").await;
    assert_eq!(second["result"], "already_admitted");
    assert_eq!(second["first_admission"], json!({"gate": "North", "at": "2026-11-21T12:00:00.000Z"}));
    let app = app.restart().await;
    assert_eq!(scan(&app, &theatre.event, json!({"qr": ticket["qr"]}), "1").await["result"], "admitted");
    assert_eq!(
        scan(&app, &theatre.event, json!({"qr": ticket["qr"]}), "3").await["result"],
        "already_admitted"
    );
    assert_eq!(app.events_of("ticket_admitted").await.len(), 1);
}

#[tokio::test]
async fn what_is_not_a_ticket_for_this_event_is_not_let_in() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let other = app.theatre(3).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-1"]).await;
    let ticket = ticket(&app, &ordered, &order).await;
    let qr = ticket["qr"].as_str().unwrap();
    assert_eq!(scan(&app, &other.event, json!({"qr": qr}), "1").await["result"], "wrong_event");
    let forged = format!("{}A", &qr[..qr.len() - 1]);
    let forged = if forged == qr { format!("{}B", &qr[..qr.len() - 1]) } else { forged };
    assert_eq!(scan(&app, &theatre.event, json!({"qr": forged}), "2").await["result"], "invalid");
    assert_eq!(scan(&app, &theatre.event, json!({"qr": "hello"}), "3").await["result"], "invalid");
    let unknown = json!({"ticket_id": "ticket_01h455vb4pex5vsknk084sn02q"});
    assert_eq!(scan(&app, &theatre.event, unknown, "4").await["result"], "invalid");
    app.advance_seconds(40 * 24 * 3600);
    assert_eq!(scan(&app, &theatre.event, json!({"qr": qr}), "5").await["result"], "invalid");
    let both = json!({"gate": "N", "device_id": "d", "scanned_at": "2026-12-24T19:00:00Z", "nonce": "1"});
    let path = format!("/v1/events/{}/check_ins", theatre.event);
    app.manage("POST", &path).json(both.clone()).send().await.expect_problem(422, "invalid");
    app.post(&path, both).send().await.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn nobody_is_let_in_before_the_doors_open() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let plan = app.import_plan(&venue, &crate::support::sample::plan(2)).await;
    let further = json!({"seating_plan_id": plan, "doors_at": "2026-12-24T18:30:00Z", "ends_at": "2026-12-24T22:00:00Z"});
    let event = app.draft(&organizer, &venue, further).await.expect(201).string("event_id");
    let price = json!({"amount": 100, "currency": "EUR"});
    app.ticket_type(&event, json!({"name": "Seat", "price": price, "price_category": "Stalls"})).await;
    app.publish(&event).await;
    let (_, order) = app.buy(&event, &["A-1"]).await;
    let ticket = json!({"ticket_id": order["tickets"][0]["ticket_id"]});
    assert_eq!(scan(&app, &event, ticket.clone(), "1").await["result"], "not_yet_valid");
    app.clock.set("2026-12-24T18:30:00Z".parse().unwrap());
    assert_eq!(scan(&app, &event, ticket, "2").await["result"], "admitted");
}

#[tokio::test]
async fn a_ticket_shows_its_code_to_its_buyer_alone() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-1"]).await;
    let id = order["tickets"][0]["ticket_id"].as_str().unwrap();
    let path = format!("/v1/tickets/{id}/qr.svg");
    let drawing = app.get(&path).bearer(&ordered.token).send().await;
    assert_eq!(drawing.expect(200).header("content-type"), Some("image/svg+xml"));
    assert!(drawing.text().starts_with("<svg"));
    app.get(&path).send().await.expect_problem(401, "unauthorized");
    app.get(&path).bearer("guess").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn scans_can_be_sent_in_a_batch() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let (_, order) = app.buy(&theatre.event, &["A-1", "A-2"]).await;
    let scan = |ticket: &Value, nonce: &str| {
        json!({"ticket_id": ticket["ticket_id"], "gate": "North", "device_id": "d", "nonce": nonce,
            "scanned_at": "2026-12-24T19:00:00Z"})
    };
    let scans = json!({"scans": [scan(&order["tickets"][0], "1"), scan(&order["tickets"][1], "2"),
        scan(&order["tickets"][0], "3")]});
    let path = format!("/v1/events/{}/check_ins/batch", theatre.event);
    let verdicts = app.manage("POST", path).json(scans).send().await.expect(200).json();
    let results: Vec<&Value> =
        verdicts["data"].as_array().unwrap().iter().map(|verdict| &verdict["result"]).collect();
    assert_eq!(results, ["admitted", "admitted", "already_admitted"]);
}
