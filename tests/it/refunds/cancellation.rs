//! Events that do not take place.

use serde_json::{Value, json};

use super::{eur, give_back, is_sound, take_back, until};
use crate::support::TestApp;
use crate::support::sample::Ordered;

async fn cancel(app: &TestApp, event: &str) -> Value {
    let body = json!({"reason": "The singer is ill"});
    let answer = app.manage("POST", format!("/v1/events/{event}/cancellation")).json(body).send().await;
    let job = answer.expect(202).json();
    let path = format!("/v1/jobs/{}", job["job_id"].as_str().unwrap());
    assert_eq!(answer.header("location"), Some(path.as_str()));
    job
}

async fn job(app: &TestApp, job: &Value) -> Value {
    let path = format!("/v1/jobs/{}", job["job_id"].as_str().unwrap());
    app.manage("GET", path).send().await.expect(200).json()
}

/// Waits until the job is in another state than `running`.
async fn over(app: &TestApp, of: &Value) -> Value {
    for _ in 0..400 {
        let now = job(app, of).await;
        if now["state"] != "running" {
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("never over: {}", job(app, of).await);
}

#[tokio::test]
async fn nobody_is_let_in_from_the_moment_in_which_an_event_is_cancelled() {
    let app = TestApp::start().await;
    let theatre = app.theatre(20).await;
    let mut tickets = Vec::new();
    for seat in 1..=20 {
        let (_, order) = app.buy(&theatre.event, &[&format!("A-{seat}")]).await;
        tickets.push(order["tickets"][0]["ticket_id"].as_str().unwrap().to_owned());
    }
    cancel(&app, &theatre.event).await;
    for ticket in tickets {
        let scan = json!({"ticket_id": ticket, "gate": "North", "device_id": "d", "nonce": ticket,
            "scanned_at": "2026-12-24T19:00:00Z"});
        let path = format!("/v1/events/{}/check_ins", theatre.event);
        let verdict = app.manage("POST", path).json(scan).send().await.expect(200).json();
        assert_eq!(verdict["result"], "revoked", "{verdict}");
    }
}

#[tokio::test]
async fn every_order_of_a_cancelled_event_gets_its_money_back() {
    let app = TestApp::start().await;
    let theatre = app.theatre(6).await;
    let (ann, _) = app.buy(&theatre.event, &["A-1", "A-2"]).await;
    let (bob, _) = app.buy(&theatre.event, &["A-3"]).await;
    let waiting = app.order(&app.hold(&theatre.event, &["A-4"]).await).await;
    let payment = app.start_payment(&waiting).await;
    let held = app.hold(&theatre.event, &["A-5"]).await;
    let begun = cancel(&app, &theatre.event).await;
    assert_eq!(
        (&begun["kind"], &begun["state"], &begun["total"]),
        (&json!("cancellation"), &json!("running"), &json!(2))
    );
    let job = over(&app, &begun).await;
    assert_eq!(
        (&job["state"], &job["done"], &job["percentage"]),
        (&json!("succeeded"), &json!(2), &json!(100))
    );
    assert_eq!(job["refunds"], json!({"due": 0, "made": 2, "failed": 0, "amount": eur(13_500)}));
    for (ordered, amount) in [(&ann, 9_000), (&bob, 4_500)] {
        let order = app.get_order(ordered).await;
        assert_eq!((&order["status"], &order["refunds"][0]["status"]), (&json!("refunded"), &json!("made")));
        assert_eq!(
            (&order["refunds"][0]["amount"], &order["refunds"][0]["reason"]),
            (&eur(amount), &json!("event_cancelled"))
        );
    }
    let event = app.get(format!("/v1/events/{}", theatre.event)).send().await.expect(200).json();
    assert_eq!(
        (&event["status"], &event["cancellation"]["reason"]),
        (&json!("cancelled"), &json!("The singer is ill"))
    );
    // It cannot be published either.
    let path = format!("/v1/events/{}/publication", theatre.event);
    app.manage("POST", path).send().await.expect_problem(409, "event_cancelled");
    // Nothing is sold any more, and money that comes late is let go.
    app.try_hold(&theatre.event, &["A-6"]).await.expect_problem(409, "event_cancelled");
    app.try_order(&held).await.expect_problem(409, "event_cancelled");
    let path = format!("/v1/orders/{}/payments", waiting.order);
    app.post(path, json!({"method": "card"}))
        .bearer(&waiting.token)
        .send()
        .await
        .expect_problem(409, "event_cancelled");
    app.instruct(&waiting, &payment, json!({"outcome": "succeed"})).await.expect(200);
    let order = until(&app, &waiting, "voided", |order| order["payments"][0]["status"] == "voided").await;
    assert_eq!(order["payments"][0]["reason"], "show_cancelled");
    give_back(&app, &ann, json!({})).await.expect_problem(409, "event_cancelled");
    take_back(&app, &bob, json!({"reason": "Again"})).await.expect_problem(409, "event_cancelled");
    for what in ["pause", "resumption"] {
        let path = format!("/v1/events/{}/{what}", theatre.event);
        app.manage("POST", path).send().await.expect_problem(409, "event_cancelled");
    }
    is_sound(&app).await;
}

#[tokio::test]
async fn cancelling_again_changes_nothing_and_the_job_outlives_the_server() {
    let app = TestApp::start().await;
    let theatre = app.theatre(6).await;
    app.buy(&theatre.event, &["A-1"]).await;
    let path = format!("/v1/events/{}/cancellation", theatre.event);
    let key = "5f0b2f4e-6e0c-4b5d-9d5f-0a4f6f7f0002";
    let first = app.manage("POST", &path).key(key).send().await;
    over(&app, &first.expect(202).json()).await;
    let again = app.manage("POST", &path).key(key).send().await;
    assert_eq!(first.text(), again.expect(202).text(), "the same key, the same answer");
    let anew = app.manage("POST", &path).send().await.expect(202).json();
    assert_eq!((&anew["job_id"], &anew["state"]), (&first.json()["job_id"], &json!("succeeded")));
    let app = app.restart().await;
    assert_eq!(job(&app, &anew).await["state"], "succeeded");
    assert_eq!(app.events_of("inventory_cancelled").await.len(), 1);
    app.call("POST", &path).send().await.expect_problem(401, "unauthorized");
    let (organizer, venue) = app.venue().await;
    let draft = app.draft(&organizer, &venue, json!({})).await.expect(201).string("event_id");
    app.catch_up().await;
    let draft = app.manage("POST", format!("/v1/events/{draft}/cancellation")).send().await;
    draft.expect_problem(409, "not_published");
}

#[tokio::test]
async fn refunds_that_fail_are_told_and_end_the_job_once_they_are_made() {
    let app = TestApp::start().await;
    let theatre = app.theatre(6).await;
    let ordered: Ordered = app.order(&app.hold(&theatre.event, &["A-1"]).await).await;
    let payment = app.start_payment(&ordered).await;
    app.instruct(&ordered, &payment, json!({"outcome": "fail_refund"})).await.expect(200);
    let begun = cancel(&app, &theatre.event).await;
    let failed = over(&app, &begun).await;
    assert_eq!((&failed["state"], &failed["refunds"]["failed"]), (&json!("failed"), &json!(1)));
    assert!(failed["message"].as_str().unwrap().contains("refunds?status=failed"));
    app.instruct(&ordered, &payment, json!({"outcome": "succeed"})).await.expect(200);
    let refund = app.get_order(&ordered).await["refunds"][0]["refund_id"].as_str().unwrap().to_owned();
    app.manage("POST", format!("/v1/refunds/{refund}/retry")).send().await.expect(202);
    until(&app, &ordered, "made", super::refund_is("made")).await;
    app.catch_up().await;
    let done = job(&app, &begun).await;
    assert_eq!((&done["state"], &done["done"]), (&json!("succeeded"), &json!(1)));
}

#[tokio::test]
async fn free_and_disputed_orders_end_without_a_refund() {
    let app = TestApp::start().await;
    let theatre = app.theatre(6).await;
    let (disputed, order) = app.buy(&theatre.event, &["A-1"]).await;
    let payment = order["payments"][0]["payment_id"].as_str().unwrap();
    app.instruct(&disputed, payment, json!({"outcome": "dispute"})).await.expect(200);
    let free = app.theatre_at(3, 0).await;
    let ordered = app.order(&app.hold(&free.event, &["A-1"]).await).await;
    for event in [&theatre.event, &free.event] {
        let job = over(&app, &cancel(&app, event).await).await;
        assert_eq!((&job["state"], &job["refunds"]["made"]), (&json!("succeeded"), &json!(0)));
    }
    assert_eq!(app.get_order(&ordered).await["status"], "cancelled");
    let order = app.get_order(&disputed).await;
    assert_eq!(
        (&order["status"], &order["tickets"][0]["status"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
    is_sound(&app).await;
}

#[tokio::test]
async fn an_event_without_orders_is_cancelled_at_once() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let job = cancel(&app, &theatre.event).await;
    assert_eq!(
        (&job["state"], &job["percentage"], &job["total"]),
        (&json!("succeeded"), &json!(100), &json!(0))
    );
}
