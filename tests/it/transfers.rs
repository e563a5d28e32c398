//! Tickets that change hands: an offer, what becomes of it, and which code and which secret are good afterwards.

use serde_json::{Value, json};

use crate::support::sample::{Ordered, Theatre};
use crate::support::{Answer, TestApp};

/// A ticket of a buyer, and its text for the door.
struct Bought {
    theatre: Theatre,
    ordered: Ordered,
    ticket: String,
    qr: String,
}

impl Bought {
    async fn one(app: &TestApp) -> Self {
        let theatre = app.theatre(6).await;
        let (ordered, order) = app.buy(&theatre.event, &["A-1"]).await;
        let ticket = order["tickets"][0]["ticket_id"].as_str().unwrap().to_owned();
        let qr = app
            .get(format!("/v1/tickets/{ticket}"))
            .bearer(&ordered.token)
            .send()
            .await
            .expect(200)
            .string("qr");
        Self { theatre, ordered, ticket, qr }
    }

    async fn read(&self, app: &TestApp, token: &str) -> Answer {
        app.get(format!("/v1/tickets/{}", self.ticket)).bearer(token).send().await
    }

    async fn offer(&self, app: &TestApp, token: &str) -> Answer {
        let body = json!({"to_email": "grace@example.org"});
        app.post(format!("/v1/tickets/{}/transfer", self.ticket), body).bearer(token).send().await
    }

    /// An offer by the buyer.
    async fn offered(&self, app: &TestApp) -> Offer {
        Offer::of(self.offer(app, &self.ordered.token).await.expect(201))
    }

    /// What the door says to a code.
    async fn shown(&self, app: &TestApp, qr: &str) -> Value {
        let scan = json!({"qr": qr, "gate": "North", "device_id": "d", "nonce": qr.len().to_string() + &qr[qr.len() - 20..],
            "scanned_at": "2026-12-24T19:00:00Z"});
        let path = format!("/v1/events/{}/check_ins", self.theatre.event);
        app.manage("POST", path).json(scan).send().await.expect(200).json()
    }
}

struct Offer {
    transfer: String,
    token: String,
}

impl Offer {
    fn of(answer: &Answer) -> Self {
        Self { transfer: answer.string("transfer_id"), token: answer.string("transfer_token") }
    }

    fn path(&self) -> String {
        format!("/v1/transfers/{}", self.transfer)
    }

    async fn read(&self, app: &TestApp) -> Value {
        app.get(self.path()).bearer(&self.token).send().await.expect(200).json()
    }

    async fn accept(&self, app: &TestApp) -> Answer {
        let body = json!({"name": "Grace Hopper", "email": "grace@example.org"});
        app.post(format!("{}/acceptance", self.path()), body).bearer(&self.token).send().await
    }

    async fn refuse(&self, app: &TestApp) -> Answer {
        app.call("POST", format!("{}/refusal", self.path())).bearer(&self.token).send().await
    }

    async fn withdraw(&self, app: &TestApp, token: &str) -> Answer {
        app.call("DELETE", self.path()).bearer(token).send().await
    }
}

/// The independent checker agrees, and nobody's name or address is in the log.
async fn is_sound(app: &TestApp) {
    let mut checker = boxoffice_audit::Checker::new();
    for line in app.documents().await.iter().chain(&app.log_lines().await) {
        assert!(!line.contains("grace@example.org") && !line.contains("Hopper"), "{line}");
        checker.line(line).unwrap_or_else(|fault| panic!("{fault}"));
    }
    assert!(checker.finish(None).is_ok());
}

#[tokio::test]
async fn whoever_accepts_a_ticket_has_it_and_its_former_code_opens_nothing() {
    let app = TestApp::start().await;
    let bought = Bought::one(&app).await;
    let offer = bought.offered(&app).await;
    let read = offer.read(&app).await;
    assert_eq!((&read["status"], &read["seat_id"]), (&json!("offered"), &json!("A-1")));
    assert_eq!(
        (&read["ticket_id"], &read["event_id"]),
        (&json!(bought.ticket), &json!(bought.theatre.event))
    );
    // Until then it is the buyer's.
    assert_eq!(bought.read(&app, &bought.ordered.token).await.expect(200).string("qr"), bought.qr);

    let accepted = offer.accept(&app).await.expect(200).json();
    let (token, qr) = (accepted["ticket_token"].as_str().unwrap(), accepted["qr"].as_str().unwrap());
    assert_eq!((&accepted["status"], &accepted["ticket_id"]), (&json!("accepted"), &json!(bought.ticket)));
    assert_ne!(qr, bought.qr);
    let ticket = bought.read(&app, token).await.expect(200).json();
    assert_eq!((&ticket["qr"], &ticket["seat_id"]), (&json!(qr), &json!("A-1")));
    assert_eq!(offer.read(&app).await["status"], "accepted");
    bought.read(&app, &bought.ordered.token).await.expect_problem(403, "forbidden");
    let order = app.get_order(&bought.ordered).await;
    assert_eq!(order["tickets"][0]["status"], "transferred");

    let verdict = bought.shown(&app, &bought.qr).await;
    assert_eq!(verdict["result"], "revoked", "{verdict}");
    let verdict = bought.shown(&app, qr).await;
    assert_eq!(verdict["result"], "admitted", "{verdict}");
    is_sound(&app).await;
}

#[tokio::test]
async fn a_ticket_goes_from_hand_to_hand_and_only_the_last_has_it() {
    let app = TestApp::start().await;
    let bought = Bought::one(&app).await;
    let first = bought.offered(&app).await.accept(&app).await.expect(200).json();
    let first_token = first["ticket_token"].as_str().unwrap();
    bought.offer(&app, &bought.ordered.token).await.expect_problem(403, "forbidden");
    let offer = Offer::of(bought.offer(&app, first_token).await.expect(201));
    let second = offer.accept(&app).await.expect(200).json();
    bought.read(&app, first_token).await.expect_problem(403, "forbidden");
    bought.read(&app, second["ticket_token"].as_str().unwrap()).await.expect(200);
    for (code, result) in [(&bought.qr, "revoked"), (&first["qr"].as_str().unwrap().to_owned(), "revoked")] {
        assert_eq!(bought.shown(&app, code).await["result"], result);
    }
    assert_eq!(bought.shown(&app, second["qr"].as_str().unwrap()).await["result"], "admitted");
    is_sound(&app).await;
}

#[tokio::test]
async fn an_offer_that_is_refused_or_withdrawn_leaves_the_ticket_where_it_is() {
    let app = TestApp::start().await;
    let bought = Bought::one(&app).await;
    let refused = bought.offered(&app).await;
    let open = bought.offer(&app, &bought.ordered.token).await.expect_problem(409, "transfer_open");
    assert!(open["detail"].as_str().unwrap().len() > 10);
    assert_eq!(refused.refuse(&app).await.expect(200).json()["status"], "refused");
    assert_eq!(refused.read(&app).await["status"], "refused");
    refused.accept(&app).await.expect_problem(409, "transfer_closed");

    let withdrawn = bought.offered(&app).await;
    withdrawn.withdraw(&app, "guess").await.expect_problem(404, "not_found");
    withdrawn.withdraw(&app, &bought.ordered.token).await.expect(204);
    assert_eq!(withdrawn.read(&app).await["status"], "withdrawn");
    withdrawn.accept(&app).await.expect_problem(409, "transfer_closed");
    withdrawn.refuse(&app).await.expect_problem(409, "transfer_closed");
    assert_eq!(bought.read(&app, &bought.ordered.token).await.expect(200).string("qr"), bought.qr);
    assert_eq!(bought.shown(&app, &bought.qr).await["result"], "admitted");
    is_sound(&app).await;
}

#[tokio::test]
async fn of_many_who_accept_at_once_all_are_told_one_thing() {
    let app = TestApp::start().await;
    let bought = Bought::one(&app).await;
    let offer = bought.offered(&app).await;
    let answers = futures_util::future::join_all((0..12).map(|_| offer.accept(&app))).await;
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(accepted, 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.expect_problem(409, "transfer_closed");
    }
    assert_eq!(app.events_of("transfer_accepted").await.len(), 1);
    is_sound(&app).await;
}

#[tokio::test]
async fn a_command_that_is_sent_again_is_told_the_same() {
    let app = TestApp::start().await;
    let bought = Bought::one(&app).await;
    let path = format!("/v1/tickets/{}/transfer", bought.ticket);
    let body = json!({"to_email": "grace@example.org"});
    let send = || app.post(&path, body.clone()).bearer(&bought.ordered.token).key("offer-1").send();
    let (once, again) = (send().await.expect(201).json(), send().await.expect(201).json());
    assert_eq!(once, again);
    let other = json!({"to_email": "ada@example.org"});
    let reused = app.post(&path, other).bearer(&bought.ordered.token).key("offer-1").send().await;
    reused.expect_problem(422, "idempotency_key_reused");
    let token = once["transfer_token"].as_str().unwrap();
    let path = format!("/v1/transfers/{}/acceptance", once["transfer_id"].as_str().unwrap());
    let body = json!({"name": "Grace Hopper", "email": "grace@example.org"});
    let send = || app.post(&path, body.clone()).bearer(token).key("accept-1").send();
    assert_eq!(send().await.expect(200).json(), send().await.expect(200).json());
    is_sound(&app).await;
}

#[tokio::test]
async fn money_of_a_ticket_that_was_passed_on_does_not_go_behind_its_holder() {
    let app = TestApp::start().await;
    let policy = json!({"until_hours_before_start": 0, "percentage": "100"});
    let theatre = app.theatre_with(6, json!({"refund_policy": policy})).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-1", "A-2"]).await;
    let tickets: Vec<&str> = order["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ticket| ticket["ticket_id"].as_str().unwrap())
        .collect();
    let offered = |ticket: &str| {
        app.post(format!("/v1/tickets/{ticket}/transfer"), json!({"to_email": "grace@example.org"}))
            .bearer(&ordered.token)
            .send()
    };
    let passed = Offer::of(offered(tickets[0]).await.expect(201));
    passed.accept(&app).await.expect(200);
    let path = format!("/v1/orders/{}/refunds", ordered.order);
    let no = app.post(&path, json!({})).bearer(&ordered.token).send().await;
    assert_eq!(no.expect_problem(409, "tickets_transferred")["ticket_ids"], json!([tickets[0]]));
    // What is merely offered goes back, and the offer with it.
    let open = Offer::of(offered(tickets[1]).await.expect(201));
    app.post(&path, json!({"ticket_ids": [tickets[1]]})).bearer(&ordered.token).send().await.expect(201);
    assert_eq!(open.read(&app).await["status"], "void");
    open.accept(&app).await.expect_problem(409, "transfer_closed");
    is_sound(&app).await;
}

#[tokio::test]
async fn nothing_changes_hands_after_the_start_or_by_a_wrong_secret() {
    let app = TestApp::start().await;
    let bought = Bought::one(&app).await;
    let offer = bought.offered(&app).await;
    let body = json!({"name": "Grace Hopper", "email": "grace@example.org"});
    let path = format!("{}/acceptance", offer.path());
    app.post(&path, body.clone()).send().await.expect_problem(401, "unauthorized");
    app.post(&path, body.clone()).bearer(&bought.ordered.token).send().await.expect_problem(404, "not_found");
    app.get(offer.path()).send().await.expect_problem(401, "unauthorized");
    app.get(offer.path()).bearer("guess").send().await.expect_problem(404, "not_found");
    let wrong = json!({"name": "Grace Hopper", "email": "no address"});
    app.post(&path, wrong).bearer(&offer.token).send().await.expect_problem(422, "invalid");
    let none = json!({"to_email": ""});
    let transfer = format!("/v1/tickets/{}/transfer", bought.ticket);
    app.post(&transfer, none).bearer(&bought.ordered.token).send().await.expect_problem(422, "invalid");

    app.clock.set("2026-12-24T19:30:00Z".parse().unwrap());
    offer.accept(&app).await.expect_problem(409, "event_begun");
    offer.withdraw(&app, &bought.ordered.token).await.expect(204);
    bought.offer(&app, &bought.ordered.token).await.expect_problem(409, "event_begun");
    assert_eq!(app.events_of("transfer_accepted").await.len(), 0);
    is_sound(&app).await;
}
