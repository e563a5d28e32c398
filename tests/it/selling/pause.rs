//! A sale that is paused and resumed.

use serde_json::json;

use super::{event, manage, sound};
use crate::support::TestApp;

#[tokio::test]
async fn a_paused_event_takes_nothing_new_and_honours_what_buyers_have() {
    let app = TestApp::start().await;
    let theatre = app.theatre(5).await;
    let path = format!("/v1/events/{}", theatre.event);
    let ann = app.hold(&theatre.event, &["A-1"]).await;
    let bob = app.hold(&theatre.event, &["A-2"]).await;
    let ordered = app.order(&bob).await;

    let paused = manage(&app, "POST", &format!("{path}/pause"), json!({"reason": "Fire alarm"})).await;
    assert_eq!(paused.expect(200).json(), json!({"event_id": theatre.event, "status": "paused"}));
    assert_eq!(event(&app, &theatre.event).await["status"], "paused");
    let refused = app.try_hold(&theatre.event, &["A-3"]).await.expect_problem(409, "sale_not_open");
    assert_eq!(
        (&refused["paused"], refused["detail"].as_str().unwrap().contains("paused")),
        (&json!(true), true)
    );
    let add = app.post(format!("/v1/holds/{}/items", ann.hold), json!({"items": [{"seat_id": "A-3"}]}));
    add.bearer(&ann.token).send().await.expect_problem(409, "sale_not_open");
    let list = app.get("/v1/events?available=true").send().await.expect(200).json();
    assert_eq!(list["data"], json!([]), "nothing can be bought of it now");

    let payment = app.start_payment(&ordered).await;
    app.instruct(&ordered, &payment, json!({"outcome": "succeed"})).await.expect(200);
    app.order(&ann).await;

    let app = app.restart().await;
    app.try_hold(&theatre.event, &["A-3"]).await.expect_problem(409, "sale_not_open");
    let resumed = app.manage("POST", format!("{path}/resumption")).send().await;
    assert_eq!(resumed.expect(200).json(), json!({"event_id": theatre.event, "status": "on_sale"}));
    app.hold(&theatre.event, &["A-3"]).await;
    sound(&app).await;
}

#[tokio::test]
async fn pausing_and_resuming_again_change_nothing() {
    let app = TestApp::start().await;
    let theatre = app.theatre(1).await;
    let path = format!("/v1/events/{}", theatre.event);
    let pause = || app.manage("POST", format!("{path}/pause"));
    let first = pause().key("pause").send().await;
    assert_eq!(pause().send().await.expect(200).text(), first.expect(200).text());
    let resume = || app.manage("POST", format!("{path}/resumption"));
    let resumed = resume().send().await;
    assert_eq!(resume().send().await.expect(200).text(), resumed.expect(200).text());
    assert_eq!(
        pause().key("pause").json(json!({})).send().await.text(),
        first.text(),
        "as it was answered then"
    );
    for once in ["sale_paused", "sale_resumed"] {
        assert_eq!(app.events_of(once).await.len(), 1, "{once}");
    }
}

#[tokio::test]
async fn a_draft_is_not_paused_and_only_organizers_pause() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let draft = app.draft(&organizer, &venue, json!({})).await.expect(201).string("event_id");
    for call in ["pause", "resumption"] {
        let path = format!("/v1/events/{draft}/{call}");
        app.manage("POST", &path).send().await.expect_problem(409, "not_published");
        app.call("POST", &path).send().await.expect_problem(401, "unauthorized");
        app.call("POST", &path).bearer("guess").send().await.expect_problem(403, "forbidden");
        let nowhere = format!("/v1/events/event_01h455vb4pex5vsknk084sn02q/{call}");
        app.manage("POST", nowhere).send().await.expect_problem(404, "not_found");
    }
    let theatre = app.theatre(1).await;
    let path = format!("/v1/events/{}/pause", theatre.event);
    let problem = manage(&app, "POST", &path, json!({"because": "x"})).await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/because");
}
