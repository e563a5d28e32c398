//! Many buyers at once: nothing is sold twice, and nobody is refused without reason.

use serde_json::json;

use crate::support::{Answer, TestApp};

async fn all_at_once(app: &TestApp, buyers: usize, path: &str, body: &serde_json::Value) -> Vec<Answer> {
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..buyers {
        calls.spawn(app.post(path, body.clone()).send());
    }
    calls.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_buyers_and_one_seat() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}/holds", theatre.event);
    let answers = all_at_once(&app, 2_000, &path, &json!({"items": [{"seat_id": "A-2"}]})).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!((won.len(), lost.len()), (1, 1_999));
    for answer in lost {
        let problem = answer.expect_problem(409, "seats_taken");
        assert_eq!(problem["seats"], json!(["A-2"]));
        assert_eq!(problem["retryable"], false);
    }
    assert_eq!(app.events_of("hold_placed").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_buyers_of_two_and_a_pool_of_two_hundred() {
    let app = TestApp::start().await;
    let club = app.club(200).await;
    let path = format!("/v1/events/{}/holds", club.event);
    let body = json!({"items": [{"ticket_type_id": club.ticket_type, "quantity": 2}]});
    let answers = all_at_once(&app, 200, &path, &body).await;
    let won = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(won, 100);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        let problem = answer.expect_problem(409, "sold_out");
        assert_eq!(problem["left"][0]["available"], 0);
    }
    app.catch_up().await;
    let availability =
        app.get(format!("/v1/events/{}/availability", club.event)).send().await.expect(200).json();
    assert_eq!(availability["ticket_types"][0]["held"], 200);
    assert_eq!(availability["ticket_types"][0]["available"], 0);
}
