//! Every outcome of the sandbox, and the order that it ends in.

mod odd;

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::sample::Ordered;

struct Paying {
    app: TestApp,
    event: String,
    ordered: Ordered,
    payment: String,
}

async fn paying() -> Paying {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let ordered = app.order(&app.hold(&theatre.event, &["A-1"]).await).await;
    let payment = app.start_payment(&ordered).await;
    Paying { app, event: theatre.event, ordered, payment }
}

impl Paying {
    async fn outcome(&self, outcome: &str) -> Value {
        let answer = self.app.instruct(&self.ordered, &self.payment, json!({"outcome": outcome})).await;
        answer.expect(200).json()
    }

    async fn order(&self) -> Value {
        self.app.get_order(&self.ordered).await
    }

    /// Waits for something that background work brings about.
    async fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..400 {
            let order = self.order().await;
            if is(&order) {
                return order;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("never {what}: {}", self.order().await);
    }
}

#[tokio::test]
async fn succeed_ends_confirmed_with_tickets() {
    let paying = paying().await;
    assert_eq!(paying.outcome("succeed").await["status"], "captured");
    let order = paying.order().await;
    assert_eq!(order["status"], "confirmed");
    assert_eq!(order["payments"][0]["status"], "captured");
    assert_eq!(order["tickets"][0]["seat_id"], "A-1");
    assert_eq!(paying.app.seat_state(&paying.event, "A-1").await, "sold");
    assert_eq!(paying.outcome("succeed").await["status"], "captured", "told again");
}

#[tokio::test]
async fn decline_leaves_the_order_to_be_paid_otherwise() {
    let paying = paying().await;
    assert_eq!(paying.outcome("decline").await["status"], "declined");
    assert_eq!(paying.order().await["status"], "awaiting_payment");
    let again = paying.app.start_payment(&paying.ordered).await;
    paying.app.instruct(&paying.ordered, &again, json!({"outcome": "succeed"})).await.expect(200);
    let order = paying.order().await;
    assert_eq!(order["status"], "confirmed");
    assert_eq!(order["payments"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn require_action_waits_for_the_payer() {
    let paying = paying().await;
    assert_eq!(paying.outcome("require_action").await["status"], "requires_action");
    assert_eq!(paying.order().await["status"], "awaiting_payment");
    assert_eq!(paying.outcome("succeed").await["status"], "captured");
    assert_eq!(paying.order().await["status"], "confirmed");
}

#[tokio::test]
async fn fail_capture_gives_the_seats_back() {
    let paying = paying().await;
    assert_eq!(paying.outcome("fail_capture").await["status"], "capture_failed");
    assert_eq!(paying.order().await["status"], "cancelled");
    assert_eq!(paying.app.seat_state(&paying.event, "A-1").await, "available");
}

#[tokio::test]
async fn dispute_puts_the_order_under_review() {
    let paying = paying().await;
    assert_eq!(paying.outcome("dispute").await["status"], "disputed");
    let order = paying.order().await;
    assert_eq!(order["status"], "under_review");
    assert_eq!(order["tickets"].as_array().unwrap().len(), 1, "nobody loses a ticket by that alone");
}

#[tokio::test]
async fn a_dispute_may_follow_a_success() {
    let paying = paying().await;
    paying.outcome("succeed").await;
    assert_eq!(paying.outcome("dispute").await["status"], "disputed");
    assert_eq!(paying.order().await["status"], "under_review");
}

#[tokio::test]
async fn what_has_ended_cannot_be_changed() {
    let paying = paying().await;
    paying.outcome("decline").await;
    let answer = paying.app.instruct(&paying.ordered, &paying.payment, json!({"outcome": "succeed"})).await;
    answer.expect_problem(409, "payment_settled");
    let answer = paying.app.instruct(&paying.ordered, &paying.payment, json!({"outcome": "vanish"})).await;
    answer.expect_problem(422, "invalid");
}

#[tokio::test]
async fn a_late_payment_reclaims_seats_that_are_still_free() {
    let paying = paying().await;
    let later = json!({"outcome": "succeed", "delay_ms": 400_000});
    paying.app.instruct(&paying.ordered, &paying.payment, later).await.expect(202);
    paying.app.advance_seconds(399);
    assert_eq!(paying.order().await["status"], "expired");
    paying.app.advance_seconds(1);
    let order = paying.until("confirmed", |order| order["status"] == "confirmed").await;
    assert_eq!(order["tickets"].as_array().unwrap().len(), 1);
    assert_eq!(paying.app.events_of("hold_reclaimed").await.len(), 1);
}

#[tokio::test]
async fn a_late_payment_takes_nothing_from_the_next_holder_and_is_let_go() {
    let paying = paying().await;
    let later = json!({"outcome": "succeed", "delay_ms": 400_000});
    paying.app.instruct(&paying.ordered, &paying.payment, later).await.expect(202);
    paying.app.advance_seconds(300);
    let bob = paying.app.hold(&paying.event, &["A-1"]).await;
    paying.app.advance_seconds(100);
    let order = paying.until("voided", |order| order["payments"][0]["status"] == "voided").await;
    assert_eq!(order["status"], "expired");
    assert_eq!(order["payments"][0]["reason"], "seats_gone");
    assert!(order["tickets"].as_array().unwrap().is_empty());
    let ordered = paying.app.order(&bob).await;
    let payment = paying.app.start_payment(&ordered).await;
    paying.app.instruct(&ordered, &payment, json!({"outcome": "succeed"})).await.expect(200);
    assert_eq!(paying.app.get_order(&ordered).await["status"], "confirmed");
}

#[tokio::test]
async fn a_delayed_outcome_survives_a_restart() {
    let paying = paying().await;
    let later = json!({"outcome": "succeed", "delay_ms": 60_000});
    paying.app.instruct(&paying.ordered, &paying.payment, later).await.expect(202);
    let paying = Paying { app: paying.app.restart().await, ..paying };
    paying.app.advance_seconds(60);
    paying.until("confirmed", |order| order["status"] == "confirmed").await;
}

#[tokio::test]
async fn two_payments_of_one_order_pay_once() {
    let paying = paying().await;
    let second = paying.app.start_payment(&paying.ordered).await;
    paying.outcome("succeed").await;
    paying.app.instruct(&paying.ordered, &second, json!({"outcome": "succeed"})).await.expect(200);
    let order = paying.until("voided", |order| order["payments"][1]["status"] == "voided").await;
    assert_eq!(order["status"], "confirmed");
    assert_eq!(order["tickets"].as_array().unwrap().len(), 1);
}

/// A command sees every command that was acknowledged before it, however far the read models are.
#[tokio::test]
async fn a_payment_that_has_just_begun_can_be_instructed_for_later() {
    let app = TestApp::start().await;
    let theatre = app.theatre(400).await;
    let mut buyers = tokio::task::JoinSet::new();
    let app = std::sync::Arc::new(app);
    for n in 1..=400 {
        let (app, event) = (std::sync::Arc::clone(&app), theatre.event.clone());
        buyers.spawn(async move {
            let ordered = app.order(&app.hold(&event, &[&format!("A-{n}")]).await).await;
            let payment = app.start_payment(&ordered).await;
            let later = json!({"outcome": "succeed", "delay_ms": 60_000});
            let answer = app.instruct(&ordered, &payment, later).await;
            assert_eq!(answer.expect(202).json()["status"], "pending");
        });
    }
    while let Some(bought) = buyers.join_next().await {
        bought.unwrap();
    }
}
