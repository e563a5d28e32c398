//! Money that is told late, that is too much or too little, and that the bank lets go.

use serde_json::{Value, json};

use super::{Paying, paying};
use crate::support::TestApp;
use crate::support::sample::Ordered;

fn eur(amount: u64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

impl Paying {
    /// Tells the bank what to do, and how.
    async fn instruct(&self, body: Value, status: u16) -> Value {
        self.app.instruct(&self.ordered, &self.payment, body).await.expect(status).json()
    }
}

async fn is_sound(app: &TestApp) {
    let lines = [app.documents().await, app.log_lines().await].concat();
    let report = boxoffice_audit::verify_lines(&lines, None);
    assert!(report.is_ok(), "{report:?}");
}

#[tokio::test]
async fn what_was_paid_in_time_and_told_late_counts_by_the_banks_time_even_after_the_start() {
    for (delay_ms, status) in [(0, "confirmed"), (301_000, "expired")] {
        let paying = paying().await;
        // The show starts ten minutes after the order; the bank tells an hour later what it did.
        paying
            .app
            .manage("POST", format!("/v1/events/{}/rescheduling", paying.event))
            .json(json!({"starts_at": "2026-11-21T12:10:00Z"}))
            .send()
            .await
            .expect(200);
        let told = json!({"outcome": "succeed", "delay_ms": delay_ms, "tell_after_ms": 3_600_000});
        assert_eq!(paying.instruct(told, 202).await["status"], "pending");
        paying.app.advance_seconds(600);
        assert_eq!(paying.order().await["status"], "expired");
        paying.app.advance_seconds(3_600);
        let over = |order: &Value| {
            order["payments"][0]["status"] == "captured" || order["payments"][0]["status"] == "voided"
        };
        let order = paying.until("over", over).await;
        assert_eq!(order["status"], status, "{order}");
        if status == "expired" {
            assert_eq!(order["payments"][0]["reason"], "sale_ended");
            assert!(order["payments"][0]["detail"].as_str().unwrap().contains("not charged"));
        }
        is_sound(&paying.app).await;
    }
}

#[tokio::test]
async fn what_was_paid_in_time_and_told_late_takes_nothing_from_the_next_holder() {
    let paying = paying().await;
    paying.instruct(json!({"outcome": "succeed", "tell_after_ms": 400_000}), 202).await;
    paying.app.advance_seconds(300);
    paying.app.hold(&paying.event, &["A-1"]).await;
    paying.app.advance_seconds(100);
    let order = paying.until("voided", |order| order["payments"][0]["status"] == "voided").await;
    assert_eq!(
        (&order["status"], &order["payments"][0]["reason"]),
        (&json!("expired"), &json!("seats_gone"))
    );
    is_sound(&paying.app).await;
}

#[tokio::test]
async fn late_money_reclaims_all_of_an_order_or_nothing() {
    for taken in [false, true] {
        let app = TestApp::start().await;
        let club = app.club(4).await;
        let hold = |quantity: u32| {
            let items = json!([{"ticket_type_id": club.ticket_type, "quantity": quantity}]);
            app.post(format!("/v1/events/{}/holds", club.event), json!({"items": items})).send()
        };
        let held = crate::support::sample::Held::of(&hold(3).await.expect(201).json());
        let ordered = app.order(&held).await;
        let payment = app.start_payment(&ordered).await;
        app.instruct(&ordered, &payment, json!({"outcome": "succeed", "delay_ms": 700_000}))
            .await
            .expect(202);
        app.advance_seconds(300);
        // Two of four are held by another meanwhile, and perhaps still.
        hold(2).await.expect(201);
        app.advance_seconds(if taken { 100 } else { 400 });
        if taken {
            app.instruct(&ordered, &payment, json!({"outcome": "succeed"})).await;
        }
        let over = |order: &Value| {
            order["payments"][0]["status"] == "captured" || order["payments"][0]["status"] == "voided"
        };
        let order = wait(&app, &ordered, over).await;
        let tickets = order["tickets"].as_array().unwrap().len();
        assert_eq!(
            (&order["status"], tickets),
            (&json!(if taken { "expired" } else { "confirmed" }), if taken { 0 } else { 3 })
        );
        is_sound(&app).await;
    }
}

async fn wait(app: &TestApp, ordered: &Ordered, is: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..400 {
        let order = app.get_order(ordered).await;
        if is(&order) {
            return order;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("never: {}", app.get_order(ordered).await);
}

#[tokio::test]
async fn too_little_is_let_go_and_the_order_can_be_paid_again() {
    let paying = paying().await;
    let told = paying.instruct(json!({"outcome": "succeed", "amount": eur(4_499)}), 200).await;
    assert_eq!(told["status"], "voided");
    let order = paying.order().await;
    assert_eq!(order["status"], "awaiting_payment");
    let payment = &order["payments"][0];
    assert_eq!((&payment["reason"], &payment["authorised_amount"]), (&json!("amount_differs"), &eur(4_499)));
    let again = paying.app.start_payment(&paying.ordered).await;
    paying.app.instruct(&paying.ordered, &again, json!({"outcome": "succeed"})).await.expect(200);
    assert_eq!(paying.order().await["status"], "confirmed");
    for (amount, pointer) in
        [(json!({"amount": 1, "currency": "USD"}), "/amount/currency"), (eur(u64::MAX), "/amount/amount")]
    {
        let problem = paying.instruct(json!({"outcome": "succeed", "amount": amount}), 422).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    is_sound(&paying.app).await;
}

#[tokio::test]
async fn of_too_much_only_the_total_is_taken() {
    let paying = paying().await;
    let told = paying.instruct(json!({"outcome": "succeed", "amount": eur(9_000)}), 200).await;
    assert_eq!(told["status"], "captured");
    let order = paying.order().await;
    assert_eq!(order["status"], "confirmed");
    let payment = &order["payments"][0];
    assert_eq!((&payment["amount"], &payment["authorised_amount"]), (&eur(4_500), &eur(9_000)));
    let captured = paying.app.events_of("payment_captured").await;
    assert_eq!(captured[0]["payload"]["amount"], 4_500);
    is_sound(&paying.app).await;
}

#[tokio::test]
async fn money_that_is_reserved_and_never_captured_gives_the_seats_back() {
    let paying = paying().await;
    let told = paying.instruct(json!({"outcome": "lapse", "lapse_after_ms": 60_000}), 200).await;
    assert_eq!(told["status"], "authorised");
    paying.until("processing", |order| order["status"] == "processing").await;
    paying.app.advance_seconds(59);
    assert_eq!(paying.order().await["status"], "processing", "the bank may still answer");
    paying.app.advance_seconds(1);
    let order = paying.until("cancelled", |order| order["status"] == "cancelled").await;
    let payment = &order["payments"][0];
    assert_eq!(
        (&payment["status"], &payment["reason"]),
        (&json!("capture_failed"), &json!("authorisation_lapsed"))
    );
    assert_eq!(paying.app.seat_state(&paying.event, "A-1").await, "available");
    is_sound(&paying.app).await;
}

#[tokio::test]
async fn a_payment_says_why_it_did_not_pay() {
    let paying = paying().await;
    paying.outcome("decline").await;
    let payment = paying.order().await["payments"][0].clone();
    assert_eq!(payment["detail"], "Your bank said no. Try again, or pay in another way.");
    let delays = ["delay_ms", "tell_after_ms", "lapse_after_ms"];
    for delay in delays {
        let mut body = json!({"outcome": "succeed"});
        body[delay] = json!(24 * 3_600_000 + 1);
        paying.instruct(body, 422).await;
    }
}
