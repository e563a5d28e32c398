//! Tickets that are given back, orders that are cancelled after they were paid, and events that do not take place.

mod cancellation;

use serde_json::{Value, json};

use crate::support::sample::{Ordered, Theatre};
use crate::support::{Answer, TestApp};

fn eur(amount: u64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// Half of everything goes back until two days before the start.
async fn lenient_theatre(app: &TestApp) -> Theatre {
    let policy = json!({"until_hours_before_start": 48, "percentage": "50"});
    app.theatre_with(6, json!({"refund_policy": policy})).await
}

fn tickets(order: &Value) -> Vec<String> {
    let tickets = order["tickets"].as_array().unwrap().iter();
    tickets.map(|ticket| ticket["ticket_id"].as_str().unwrap().to_owned()).collect()
}

async fn give_back(app: &TestApp, ordered: &Ordered, body: Value) -> Answer {
    app.post(format!("/v1/orders/{}/refunds", ordered.order), body).bearer(&ordered.token).send().await
}

async fn take_back(app: &TestApp, ordered: &Ordered, body: Value) -> Answer {
    app.manage("POST", format!("/v1/orders/{}/refunds", ordered.order)).json(body).send().await
}

/// Waits for what background work brings about.
async fn until(app: &TestApp, ordered: &Ordered, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..400 {
        let order = app.get_order(ordered).await;
        if is(&order) {
            return order;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("never {what}: {}", app.get_order(ordered).await);
}

fn refund_is(status: &'static str) -> impl Fn(&Value) -> bool {
    move |order| order["refunds"][0]["status"] == status
}

/// The independent checker agrees.
async fn is_sound(app: &TestApp) {
    let mut checker = boxoffice_audit::Checker::new();
    for line in app.documents().await.iter().chain(&app.log_lines().await) {
        checker.line(line).unwrap_or_else(|fault| panic!("{fault}"));
    }
    assert!(checker.finish(None).is_ok());
}

#[tokio::test]
async fn a_buyer_gives_one_ticket_back_and_has_what_the_policy_says() {
    let app = TestApp::start().await;
    let theatre = lenient_theatre(&app).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-1", "A-2"]).await;
    let [first, second] = tickets(&order).try_into().unwrap();
    let returned = give_back(&app, &ordered, json!({"ticket_ids": [first]})).await;
    let body = returned.expect(201).json();
    assert_eq!((&body["amount"], &body["kept"], &body["tickets_left"]), (&eur(2250), &eur(2250), &json!(1)));
    assert_eq!((&body["ticket_ids"], &body["status"]), (&json!([first]), &json!("due")));
    assert_eq!(app.seat_state(&theatre.event, "A-1").await, "available");
    assert_eq!(app.seat_state(&theatre.event, "A-2").await, "sold");
    let order = until(&app, &ordered, "made", refund_is("made")).await;
    assert_eq!(order["status"], "partially_refunded");
    let statuses: Vec<&Value> =
        order["tickets"].as_array().unwrap().iter().map(|ticket| &ticket["status"]).collect();
    assert_eq!(statuses, ["refunded", "valid"]);
    let refund = &order["refunds"][0];
    assert_eq!((&refund["amount"], &refund["reason"]), (&eur(2250), &json!("requested")));
    assert_eq!((&refund["ticket_ids"], &refund["refund_id"]), (&json!([first]), &body["refund_id"]));
    let path = format!("/v1/refunds/{}", body["refund_id"].as_str().unwrap());
    assert_eq!(returned.header("location"), Some(path.as_str()));
    let read = app.get(&path).bearer(&ordered.token).send().await.expect(200).json();
    assert_eq!(read, *refund);
    app.get(&path).send().await.expect_problem(401, "unauthorized");
    app.get(&path).bearer("guess").send().await.expect_problem(404, "not_found");
    // Somebody else has the seat, and the door knows the difference.
    app.buy(&theatre.event, &["A-1"]).await;
    for (ticket, result) in [(&first, "revoked"), (&second, "admitted")] {
        let scan = json!({"ticket_id": ticket, "gate": "North", "device_id": "d", "nonce": ticket,
            "scanned_at": "2026-12-24T19:00:00Z"});
        let path = format!("/v1/events/{}/check_ins", theatre.event);
        let verdict = app.manage("POST", path).json(scan).send().await.expect(200).json();
        assert_eq!(verdict["result"], result, "{verdict}");
    }
    is_sound(&app).await;
}

#[tokio::test]
async fn the_refunds_of_parts_add_up_to_the_refund_of_the_whole() {
    let app = TestApp::start().await;
    let policy = json!({"until_hours_before_start": 0, "percentage": "33.3333", "fees": "kept"});
    let theatre = app.theatre_with(6, json!({"refund_policy": policy})).await;
    let fee = json!({"name": "Service", "amount": eur(100), "per": "order"});
    app.manage("POST", format!("/v1/events/{}/fees", theatre.event)).json(fee).send().await.expect(201);
    let (parts, order) = app.buy(&theatre.event, &["A-1", "A-2", "A-3"]).await;
    let (whole, _) = app.buy(&theatre.event, &["A-4", "A-5", "A-6"]).await;
    let mut sum = 0;
    for ticket in tickets(&order) {
        let body = give_back(&app, &parts, json!({"ticket_ids": [ticket]})).await.expect(201).json();
        sum += body["amount"]["amount"].as_u64().unwrap();
    }
    let body = give_back(&app, &whole, json!({})).await.expect(201).json();
    assert_eq!((&body["amount"], sum), (&eur(sum), 4_500));
    assert_eq!(body["kept"], eur(3 * 4_500 + 100 - 4_500));
    let order = until(&app, &whole, "made", refund_is("made")).await;
    assert_eq!(order["status"], "refunded");
    assert_eq!(app.get_order(&parts).await["status"], "refunded");
    let again = give_back(&app, &whole, json!({})).await.expect_problem(409, "tickets_returned");
    assert_eq!(again["ticket_ids"].as_array().unwrap().len(), 3);
    is_sound(&app).await;
}

#[tokio::test]
async fn after_the_deadline_only_the_operator_gives_back_with_a_reason() {
    let app = TestApp::start().await;
    let theatre = lenient_theatre(&app).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-1", "A-2"]).await;
    app.clock.set("2026-12-22T19:30:00Z".parse().unwrap());
    let no = give_back(&app, &ordered, json!({})).await.expect_problem(409, "not_refundable");
    assert_eq!(no["ended_at"], "2026-12-22T19:30:00.000Z");
    take_back(&app, &ordered, json!({})).await.expect_problem(422, "invalid");
    let first = &tickets(&order)[0];
    let body = json!({"ticket_ids": [first], "reason": "Broken seat", "percentage": "80"});
    let returned = take_back(&app, &ordered, body).await.expect(201).json();
    assert_eq!((&returned["amount"], &returned["kept"]), (&eur(3600), &eur(900)));
    let rest = take_back(&app, &ordered, json!({"reason": "Goodwill"})).await.expect(201).json();
    assert_eq!((&rest["amount"], &rest["tickets_left"]), (&eur(4500), &json!(0)));
    assert_eq!(app.get_order(&ordered).await["status"], "refunded");
    let told = app.events_of("tickets_returned").await;
    assert_eq!(
        (&told[0]["payload"]["note"], &told[0]["payload"]["reason"]),
        (&json!("Broken seat"), &json!("operator"))
    );
    is_sound(&app).await;
}

#[tokio::test]
async fn without_a_policy_buyers_give_nothing_back_and_terms_are_not_theirs_to_set() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-1"]).await;
    let no = give_back(&app, &ordered, json!({})).await.expect_problem(409, "not_refundable");
    assert!(no.get("ended_at").is_none());
    for body in [
        json!({"percentage": "100"}),
        json!({"fees": "refunded"}),
        json!({"ticket_ids": []}),
        json!({"ticket_ids": ["A-1"]}),
        json!({"tickets": []}),
    ] {
        let problem = give_back(&app, &ordered, body.clone()).await.json();
        assert!(problem["status"] == 422 || problem["status"] == 400, "{body}: {problem}");
    }
    let path = format!("/v1/orders/{}/refunds", ordered.order);
    app.post(&path, json!({})).send().await.expect_problem(401, "unauthorized");
    app.post(&path, json!({})).bearer("guess").send().await.expect_problem(404, "not_found");
    let (other, _) = app.buy(&theatre.event, &["A-2"]).await;
    let strange = json!({"ticket_ids": tickets(&order), "reason": "Mix-up"});
    take_back(&app, &other, strange).await.expect_problem(422, "unknown_tickets");
    let twice = [tickets(&order), tickets(&order)].concat();
    let twice = json!({"ticket_ids": twice, "reason": "Mix-up"});
    take_back(&app, &ordered, twice).await.expect_problem(422, "invalid");
    assert_eq!(app.get_order(&ordered).await["status"], "confirmed");
}

#[tokio::test]
async fn who_has_ordered_keeps_the_better_policy() {
    let app = TestApp::start().await;
    let theatre = lenient_theatre(&app).await;
    let (early, _) = app.buy(&theatre.event, &["A-1"]).await;
    let path = format!("/v1/events/{}", theatre.event);
    let tag = app.get(&path).send().await.header("etag").unwrap().to_owned();
    let change = |policy: Value, tag: &str| {
        app.manage("PATCH", &path).header("If-Match", tag).json(json!({"refund_policy": policy})).send()
    };
    let changed = change(Value::Null, &tag).await;
    assert!(changed.expect(200).json().get("refund_policy").is_none());
    change(Value::Null, &tag).await.expect_problem(412, "precondition_failed");
    let (late, _) = app.buy(&theatre.event, &["A-2"]).await;
    give_back(&app, &late, json!({})).await.expect_problem(409, "not_refundable");
    assert_eq!(give_back(&app, &early, json!({})).await.expect(201).json()["amount"], eur(2250));
    let generous = json!({"until_hours_before_start": 1});
    let tag = changed.header("etag").unwrap().to_owned();
    let told = change(generous, &tag).await.expect(200).json();
    let whole = json!({"until_hours_before_start": 1, "percentage": "100", "fees": "refunded"});
    assert_eq!(told["refund_policy"], whole);
    assert_eq!(give_back(&app, &late, json!({})).await.expect(201).json()["amount"], eur(4500));
    for (policy, pointer) in [
        (json!({"until_hours_before_start": 1, "percentage": "101"}), "/refund_policy/percentage"),
        (json!({"until_hours_before_start": 1, "fees": "eaten"}), "/refund_policy/fees"),
        (json!({"until_hours_before_start": 4_000_000_000_u32}), "/refund_policy/until_hours_before_start"),
    ] {
        let problem = change(policy, "*").await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    let copy = json!({"starts_at": "2027-01-24T19:30:00Z"});
    let copy =
        app.manage("POST", format!("{path}/copy")).json(copy).send().await.expect(201).string("event_id");
    app.catch_up().await;
    let copied = app.manage("GET", format!("/v1/events/{copy}")).send().await.expect(200).json();
    assert_eq!(copied["refund_policy"], whole);
    is_sound(&app).await;
}

#[tokio::test]
async fn an_order_is_cancelled_after_it_was_paid() {
    let app = TestApp::start().await;
    let theatre = lenient_theatre(&app).await;
    let (ordered, _) = app.buy(&theatre.event, &["A-1", "A-2"]).await;
    let path = format!("/v1/orders/{}/cancellation", ordered.order);
    let cancel = || app.call("POST", &path).bearer(&ordered.token).send();
    let body = cancel().await.expect(200).json();
    assert_eq!((&body["status"], &body["returned"]["amount"]), (&json!("refunded"), &eur(4500)));
    assert_eq!(app.seat_state(&theatre.event, "A-2").await, "available");
    let again = cancel().await.expect(200).json();
    assert_eq!((&again["status"], again.get("returned")), (&json!("refunded"), None));
    // An organizer's hand needs a reason, and a strict event lets nobody out.
    let strict = app.theatre(3).await;
    let (other, _) = app.buy(&strict.event, &["A-1"]).await;
    let path = format!("/v1/orders/{}/cancellation", other.order);
    app.call("POST", &path).bearer(&other.token).send().await.expect_problem(409, "not_refundable");
    app.manage("POST", &path).send().await.expect_problem(422, "invalid");
    let body = app.manage("POST", &path).json(json!({"reason": "Fraud"})).send().await.expect(200).json();
    assert_eq!(body["returned"]["amount"], eur(4500));
    is_sound(&app).await;
}

#[tokio::test]
async fn free_tickets_are_given_back_for_nothing() {
    let app = TestApp::start().await;
    let theatre = app.theatre_at(3, 0).await;
    let ordered = app.order(&app.hold(&theatre.event, &["A-1", "A-2"]).await).await;
    let order = app.get_order(&ordered).await;
    let first = json!({"ticket_ids": [tickets(&order)[0]], "reason": "Asked for it"});
    let body = take_back(&app, &ordered, first).await.expect(201).json();
    assert_eq!((&body["status"], body.get("refund_id"), &body["amount"]), (&json!("none"), None, &eur(0)));
    let order = app.get_order(&ordered).await;
    assert_eq!(
        (&order["status"], &order["tickets"][0]["status"]),
        (&json!("confirmed"), &json!("cancelled"))
    );
    take_back(&app, &ordered, json!({"reason": "Asked for it"})).await.expect(201);
    assert_eq!(app.get_order(&ordered).await["status"], "cancelled");
    is_sound(&app).await;
}

#[tokio::test]
async fn a_refund_that_fails_is_seen_and_tried_again() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let ordered = app.order(&app.hold(&theatre.event, &["A-1"]).await).await;
    let payment = app.start_payment(&ordered).await;
    app.instruct(&ordered, &payment, json!({"outcome": "fail_refund"})).await.expect(200);
    assert_eq!(app.get_order(&ordered).await["status"], "confirmed");
    take_back(&app, &ordered, json!({"reason": "Ill"})).await.expect(201);
    let order = until(&app, &ordered, "failed", refund_is("failed")).await;
    assert_eq!(order["refunds"][0]["failure"], "card_closed");
    let list = format!("/v1/events/{}/refunds", theatre.event);
    let failed = app.manage("GET", format!("{list}?status=failed")).send().await.expect(200).json();
    assert_eq!(failed["data"], order["refunds"]);
    let due = app.manage("GET", format!("{list}?status=due")).send().await.expect(200).json();
    assert_eq!(due["data"], json!([]));
    app.manage("GET", format!("{list}?status=odd")).send().await.expect_problem(422, "invalid");
    app.get(&list).send().await.expect_problem(401, "unauthorized");
    let refund = order["refunds"][0]["refund_id"].as_str().unwrap();
    let retry = || app.manage("POST", format!("/v1/refunds/{refund}/retry")).send();
    // It fails once more, and only then the bank can do it.
    retry().await.expect(202);
    for _ in 0..400 {
        if app.events_of("refund_failed").await.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    app.instruct(&ordered, &payment, json!({"outcome": "succeed"})).await.expect(200);
    retry().await.expect(202);
    let order = until(&app, &ordered, "made", refund_is("made")).await;
    assert!(order["refunds"][0].get("failure").is_none());
    retry().await.expect_problem(409, "refund_made");
    let unknown = app.manage("POST", "/v1/refunds/refund_01h455vb4pex5vsknk084sn02q/retry").send().await;
    unknown.expect_problem(404, "not_found");
    is_sound(&app).await;
}

#[tokio::test]
async fn a_disputed_payment_is_not_given_back_besides() {
    let app = TestApp::start().await;
    let theatre = lenient_theatre(&app).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-1"]).await;
    let payment = order["payments"][0]["payment_id"].as_str().unwrap();
    app.instruct(&ordered, payment, json!({"outcome": "dispute"})).await.expect(200);
    give_back(&app, &ordered, json!({})).await.expect_problem(409, "payment_disputed");
    take_back(&app, &ordered, json!({"reason": "Ill"})).await.expect_problem(409, "payment_disputed");
}

#[tokio::test]
async fn a_request_that_is_sent_again_gives_back_once() {
    let app = TestApp::start().await;
    let theatre = lenient_theatre(&app).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-1", "A-2"]).await;
    let key = "5f0b2f4e-6e0c-4b5d-9d5f-0a4f6f7f0001";
    let path = format!("/v1/orders/{}/refunds", ordered.order);
    let send = |ticket: usize| {
        let body = json!({"ticket_ids": [tickets(&order)[ticket]]});
        app.post(&path, body).bearer(&ordered.token).key(key).send()
    };
    let first = send(0).await;
    let again = send(0).await;
    assert_eq!(first.expect(201).text(), again.expect(201).text());
    send(1).await.expect_problem(422, "idempotency_key_reused");
    let app = app.restart().await;
    let body = json!({"ticket_ids": [tickets(&order)[0]]});
    let later = app.post(&path, body).bearer(&ordered.token).key(key).send().await;
    assert_eq!(first.text(), later.expect(201).text());
    until(&app, &ordered, "made", refund_is("made")).await;
    assert_eq!(app.events_of("refund_made").await.len(), 1);
    assert_eq!(app.events_of("tickets_returned").await.len(), 1);
}

#[tokio::test]
async fn an_order_without_tickets_has_none_to_give_back() {
    let app = TestApp::start().await;
    let theatre = lenient_theatre(&app).await;
    let ordered = app.order(&app.hold(&theatre.event, &["A-1"]).await).await;
    give_back(&app, &ordered, json!({})).await.expect_problem(409, "order_not_paid");
    app.call("POST", format!("/v1/orders/{}/cancellation", ordered.order))
        .bearer(&ordered.token)
        .send()
        .await
        .expect(200);
    give_back(&app, &ordered, json!({})).await.expect_problem(409, "order_cancelled");
}
