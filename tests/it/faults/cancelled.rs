//! An event is cancelled, and the server dies again and again while its orders are ended and paid back.

use std::time::{Duration, Instant};

use boxoffice_audit::Report;
use serde_json::{Value, json};

use super::database::place;
use super::reading::Export;
use super::sale::Sale;
use crate::support::postgres::Server as Postgres;
use crate::support::process::{Place, Server};

/// How many orders there are; an end to all of them takes longer than a life of the server.
const ORDERS: usize = 60;

/// How long the server lives each time once the event is cancelled, in milliseconds.
const LIVES_MS: [u64; 6] = [0, 3, 10, 25, 60, 120];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_event_is_wound_up_although_the_server_dies() {
    let folder = tempfile::tempdir().unwrap();
    wound_up(Place::from(&folder.path().join("data"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_event_in_a_database_is_wound_up_although_the_server_dies() {
    let (folder, postgres) = (tempfile::tempdir().unwrap(), Postgres::start());
    wound_up(place(&folder, &postgres.database())).await;
}

async fn wound_up(place: Place) {
    let mut server = Server::start(place.clone()).await;
    let sale = Sale::open(&server).await;
    let mut paid = 0;
    for seats in sale.seats.chunks(2).take(ORDERS) {
        paid += buy(&server, &sale.event, seats).await;
    }
    let path = format!("/v1/events/{}/cancellation", sale.event);
    let job = server.manage("POST", &path).send().await.expect(202).json();
    for life in LIVES_MS {
        tokio::time::sleep(Duration::from_millis(life)).await;
        server.kill();
        server = Server::start(place.clone()).await;
    }
    let path = format!("/v1/jobs/{}", job["job_id"].as_str().unwrap());
    let deadline = Instant::now() + Duration::from_secs(30);
    let done = loop {
        let now = server.manage("GET", &path).send().await.expect(200).json();
        if now["state"] != "running" {
            break now;
        }
        assert!(Instant::now() < deadline, "never over: {now}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    };
    assert_eq!((&done["state"], &done["done"]), (&json!("succeeded"), &json!(ORDERS)));
    let refunds =
        json!({"due": 0, "made": ORDERS, "failed": 0, "amount": {"amount": paid, "currency": "EUR"}});
    assert_eq!(done["refunds"], refunds);
    server.stop().await;
    // Every order once, and everything is as it may be.
    let Report::Sound(summary) = Export::of(place).await.unwrap().check() else {
        panic!("the log is not sound")
    };
    let orders = u64::try_from(ORDERS).unwrap();
    assert_eq!((summary.tickets, summary.tickets_returned), (0, 2 * orders));
    assert_eq!((summary.refunds, summary.refunds_made), (orders, orders));
}

/// What was paid.
async fn buy(server: &Server, event: &str, seats: &[String]) -> u64 {
    let items: Vec<Value> = seats.iter().map(|seat| json!({"seat_id": seat})).collect();
    let hold = format!("/v1/events/{event}/holds");
    let hold = server.call("POST", &hold).json(json!({"items": items})).send().await;
    let (hold, token) = (hold.expect(201).string("hold_id"), hold.string("hold_token"));
    let buyer = json!({"name": "Ada Lovelace", "email": "ada@example.org"});
    let order = server.call("POST", "/v1/orders").json(json!({"hold_id": hold, "buyer": buyer}));
    let order = order.bearer(&token).send().await;
    let (id, token) = (order.expect(201).string("order_id"), order.string("order_token"));
    let path = format!("/v1/orders/{id}/payments");
    let payment = server.call("POST", &path).json(json!({"method": "card"})).bearer(&token).send().await;
    let path = format!("/v1/sandbox/payments/{}", payment.expect(201).string("payment_id"));
    let outcome = json!({"outcome": "succeed"});
    server.call("POST", &path).json(outcome).bearer(&token).send().await.expect(200);
    order.json()["total"]["amount"].as_u64().unwrap()
}
