//! How often a ticket is let in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::scan;
use crate::support::TestApp;
use crate::support::sample::Theatre;

async fn allow(app: &TestApp, theatre: &Theatre, entries: Value) {
    let path = format!("/v1/events/{}/ticket_types/{}", theatre.event, theatre.ticket_type);
    let change = app.manage("PATCH", &path).header("if-match", "*").json(json!({"entries": entries}));
    assert_eq!(change.send().await.expect(200).json()["entries"], entries);
    assert_eq!(app.manage("GET", &path).send().await.expect(200).json()["entries"], entries);
}

async fn sold(app: &TestApp, theatre: &Theatre, seat: &str) -> Value {
    let (_, order) = app.buy(&theatre.event, &[seat]).await;
    json!({"ticket_id": order["tickets"][0]["ticket_id"]})
}

async fn is_sound(app: &TestApp) {
    let lines = [app.documents().await, app.log_lines().await].concat();
    let report = boxoffice_audit::verify_lines(&lines, None);
    assert!(report.is_ok(), "{report:?}");
}

#[tokio::test]
async fn a_ticket_for_two_entries_enters_twice_and_then_tells_the_first_and_the_last() {
    let app = TestApp::start().await;
    let theatre = app.theatre(2).await;
    let mut ticket = sold(&app, &theatre, "A-1").await;
    allow(&app, &theatre, json!(2)).await;
    assert_eq!(scan(&app, &theatre.event, ticket.clone(), "1").await["result"], "admitted");
    app.advance_seconds(60);
    ticket["gate"] = json!("South");
    let second = scan(&app, &theatre.event, ticket.clone(), "2").await;
    assert_eq!(second["result"], "admitted");
    let (first, last) = (
        json!({"gate": "North", "at": "2026-11-21T12:00:00.000Z"}),
        json!({"gate": "South", "at": "2026-11-21T12:01:00.000Z"}),
    );
    let third = scan(&app, &theatre.event, ticket.clone(), "3").await;
    assert_eq!((&third["result"], &third["admissions"]), (&json!("already_admitted"), &json!(2)));
    assert_eq!((&third["first_admission"], &third["last_admission"]), (&first, &last));

    let app = app.restart().await;
    assert_eq!(scan(&app, &theatre.event, ticket.clone(), "2").await, second, "sent again");
    assert_eq!(scan(&app, &theatre.event, ticket.clone(), "3").await, third, "sent again");
    let entries: Vec<Value> = app
        .events_of("ticket_admitted")
        .await
        .iter()
        .map(|event| event["payload"]["entry"].clone())
        .collect();
    assert_eq!(entries, [Value::Null, json!(2)]);
    is_sound(&app).await;
}

#[tokio::test]
async fn more_or_fewer_entries_are_for_the_tickets_that_are_sold() {
    let app = TestApp::start().await;
    let theatre = app.theatre(2).await;
    let ticket = sold(&app, &theatre, "A-1").await;
    let result =
        async |nonce: &str| scan(&app, &theatre.event, ticket.clone(), nonce).await["result"].clone();
    assert_eq!(result("1").await, "admitted");
    assert_eq!(result("2").await, "already_admitted");
    allow(&app, &theatre, json!("unlimited")).await;
    assert_eq!(result("3").await, "admitted");
    assert_eq!(result("4").await, "admitted");
    allow(&app, &theatre, json!(1)).await;
    assert_eq!(result("5").await, "already_admitted");
    is_sound(&app).await;
}

#[tokio::test]
async fn a_scan_with_a_key_of_its_own_makes_no_second_entry() {
    let app = TestApp::start().await;
    let theatre = app.theatre(2).await;
    allow(&app, &theatre, json!(3)).await;
    let mut body = sold(&app, &theatre, "A-1").await;
    for (name, value) in [("gate", "North"), ("device_id", "phone-1"), ("nonce", "1")] {
        body[name] = json!(value);
    }
    body["scanned_at"] = json!("2026-12-24T19:00:00Z");
    let path = format!("/v1/events/{}/check_ins", theatre.event);
    for key in ["one", "another"] {
        let answer = app.manage("POST", &path).key(key).json(body.clone()).send().await;
        assert_eq!(answer.expect(200).json()["result"], "admitted");
    }
    assert_eq!(app.events_of("ticket_admitted").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_scans_at_once_exactly_as_many_win_as_the_ticket_has_entries() {
    let app = TestApp::start().await;
    let theatre = app.theatre(2).await;
    allow(&app, &theatre, json!(3)).await;
    let ticket = sold(&app, &theatre, "A-1").await;
    let path = format!("/v1/events/{}/check_ins", theatre.event);
    let mut scans = tokio::task::JoinSet::new();
    for nonce in 0..60 {
        let gate = ["North", "South"][nonce % 2];
        let body = json!({"ticket_id": ticket["ticket_id"], "gate": gate, "device_id": gate,
            "nonce": nonce.to_string(), "scanned_at": "2026-12-24T19:00:00Z"});
        scans.spawn(app.manage("POST", &path).json(body).send());
    }
    let mut results = BTreeMap::<String, u32>::new();
    for answer in scans.join_all().await {
        *results.entry(answer.expect(200).string("result")).or_default() += 1;
    }
    assert_eq!(results, BTreeMap::from([("admitted".into(), 3), ("already_admitted".into(), 57)]));
    is_sound(&app).await;
}

#[tokio::test]
async fn an_admission_says_as_of_when_its_ticket_was_looked_up() {
    let app = TestApp::start().await;
    let theatre = app.theatre(2).await;
    let ticket = sold(&app, &theatre, "A-1").await;
    let position = |event: &Value| event["position"].as_u64().unwrap();
    let issued = position(&app.events_of("tickets_issued").await[0]);
    assert_eq!(scan(&app, &theatre.event, ticket.clone(), "1").await["result"], "admitted");
    let admitted = app.events_of("ticket_admitted").await.remove(0);
    let judged_at = admitted["payload"]["judged_at"].as_u64().unwrap();
    assert!((issued..position(&admitted)).contains(&judged_at), "{admitted}");
}

#[tokio::test]
async fn entries_are_a_number_within_bounds_or_unlimited() {
    let app = TestApp::start().await;
    let theatre = app.theatre(1).await;
    let types = format!("/v1/events/{}/ticket_types", theatre.event);
    let price = json!({"amount": 100, "currency": "EUR"});
    let body = |entries: &Value| json!({"name": "Pass", "price": price, "price_category": "Stalls", "entries": entries});
    for bad in [json!(0), json!(1001), json!(-1), json!(1.5), json!("often"), json!([1])] {
        let add = app.manage("POST", &types).json(body(&bad)).send().await;
        let change = app
            .manage("PATCH", format!("{types}/{}", theatre.ticket_type))
            .header("if-match", "*")
            .json(json!({"entries": bad}));
        for answer in [add, change.send().await] {
            let problem = answer.expect_problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/entries", "{problem}");
        }
    }
    for good in [json!(1), json!(1000), json!("unlimited")] {
        let added = app.manage("POST", &types).json(body(&good)).send().await;
        assert_eq!(added.expect(201).json()["entries"], good);
    }
    let shown = app.manage("GET", &types).send().await.expect(200).json();
    assert_eq!(shown["data"][0]["entries"], 1, "once, where nothing was said");
}

#[tokio::test]
async fn a_batch_keeps_its_order_and_its_second_scans_know_of_its_first() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    allow(&app, &theatre, json!(2)).await;
    let (ann, bob) = (sold(&app, &theatre, "A-1").await, sold(&app, &theatre, "A-2").await);
    let scan = |ticket: &Value, gate: &str, nonce: &str| {
        json!({"ticket_id": ticket["ticket_id"], "gate": gate, "device_id": "d", "nonce": nonce,
            "scanned_at": "2026-12-24T19:00:00Z"})
    };
    let forged = json!({"ticket_id": "ticket_01h455vb4pex5vsknk084sn02q"});
    let scans = [
        scan(&ann, "North", "1"),
        scan(&forged, "North", "2"),
        scan(&ann, "South", "3"),
        scan(&bob, "North", "3"),
        scan(&ann, "North", "4"),
        scan(&bob, "South", "5"),
        scan(&ann, "South", "3"),
    ];
    let path = format!("/v1/events/{}/check_ins/batch", theatre.event);
    let batch = || app.manage("POST", &path).json(json!({"scans": scans}));
    let told = batch().send().await.expect(200).json();
    let verdicts = told["data"].as_array().unwrap();
    let results: Vec<&Value> = verdicts.iter().map(|verdict| &verdict["result"]).collect();
    let expected = ["admitted", "invalid", "admitted", "invalid", "already_admitted", "admitted", "admitted"];
    assert_eq!(results, expected, "{told}");
    let at = "2026-11-21T12:00:00.000Z";
    assert_eq!(verdicts[4]["first_admission"], json!({"gate": "North", "at": at}));
    assert_eq!(verdicts[4]["last_admission"], json!({"gate": "South", "at": at}));
    assert_eq!(batch().send().await.expect(200).json(), told, "sent again");
    is_sound(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_that_go_back_while_they_are_scanned_leave_a_sound_log() {
    let app = TestApp::start().await;
    let policy = json!({"until_hours_before_start": 48, "percentage": "100"});
    let theatre = app.theatre_with(12, json!({"refund_policy": policy})).await;
    let mut calls = tokio::task::JoinSet::new();
    for seat in 1..=12 {
        let (ordered, order) = app.buy(&theatre.event, &[&format!("A-{seat}")]).await;
        let ticket = order["tickets"][0]["ticket_id"].clone();
        let path = format!("/v1/orders/{}/refunds", ordered.order);
        let back = app.post(path, json!({"ticket_ids": [ticket]})).bearer(&ordered.token);
        let scan = json!({"ticket_id": ticket, "gate": "North", "device_id": "d", "nonce": seat.to_string(),
            "scanned_at": "2026-12-24T19:00:00Z"});
        let scan = app.manage("POST", format!("/v1/events/{}/check_ins", theatre.event)).json(scan);
        calls.spawn(back.send());
        calls.spawn(scan.send());
    }
    for answer in calls.join_all().await {
        assert!(answer.status.is_success(), "{}", answer.text());
    }
    assert_eq!(app.events_of("tickets_returned").await.len(), 12);
    is_sound(&app).await;
}
