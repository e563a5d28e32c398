//! Pools that get larger and smaller.

use serde_json::json;

use super::sound;
use crate::support::TestApp;

#[tokio::test]
async fn a_pool_smaller_than_what_is_sold_sells_nothing_before_enough_came_back() {
    let app = TestApp::start().await;
    let club = app.club(10).await;
    let pools = app.manage("GET", format!("/v1/events/{}/pools", club.event)).send().await.expect(200).json();
    let pool = format!("/v1/events/{}/pools/{}", club.event, pools["data"][0]["pool_id"].as_str().unwrap());
    let hold = async |quantity: u32| {
        let items = json!({"items": [{"ticket_type_id": club.ticket_type, "quantity": quantity}]});
        app.post(format!("/v1/events/{}/holds", club.event), items).send().await
    };
    let ann = hold(4).await;
    ann.expect(201);
    hold(4).await.expect(201);
    let change = async |capacity: u32| {
        let read = app.manage("GET", &pool).send().await;
        let tag = read.expect(200).header("etag").unwrap().to_owned();
        let changed = app.manage("PATCH", &pool).header("if-match", &tag).json(json!({"capacity": capacity}));
        let changed = changed.send().await;
        assert_eq!(changed.expect(200).json()["capacity"], capacity);
        let again = app.manage("GET", &pool).send().await;
        assert_eq!(again.header("etag"), changed.header("etag"), "the tag of what it is now");
        assert_eq!(again.json(), changed.json());
    };
    let available = async || {
        let path = format!("/v1/events/{}/availability", club.event);
        app.get(path).send().await.expect(200).json()["ticket_types"][0]["available"].clone()
    };
    change(5).await;
    assert_eq!(available().await, 0, "never negative");
    hold(1).await.expect_problem(409, "sold_out");
    let path = format!("/v1/holds/{}", ann.string("hold_id"));
    app.get(&path).bearer(&ann.string("hold_token")).send().await.expect(200);
    app.call("DELETE", &path).bearer(&ann.string("hold_token")).send().await.expect(204);
    assert_eq!(available().await, 1);
    hold(2).await.expect_problem(409, "sold_out");
    change(6).await;
    hold(2).await.expect(201);
    let app = app.restart().await;
    let items = json!({"items": [{"ticket_type_id": club.ticket_type, "quantity": 1}]});
    app.post(format!("/v1/events/{}/holds", club.event), items).send().await.expect_problem(409, "sold_out");
    sound(&app).await;
}

#[tokio::test]
async fn a_change_says_what_it_is_a_change_of() {
    let app = TestApp::start().await;
    let club = app.club(10).await;
    let pools = app.manage("GET", format!("/v1/events/{}/pools", club.event)).send().await.expect(200).json();
    let pool = format!("/v1/events/{}/pools/{}", club.event, pools["data"][0]["pool_id"].as_str().unwrap());
    let tag = app.manage("GET", &pool).send().await.expect(200).header("etag").unwrap().to_owned();
    let patch = |capacity: u32| app.manage("PATCH", &pool).json(json!({"capacity": capacity}));
    patch(5).send().await.expect_problem(428, "precondition_required");
    patch(5).header("if-match", "\"other\"").send().await.expect_problem(412, "precondition_failed");
    patch(5).header("if-match", format!("W/{tag}")).send().await.expect_problem(412, "precondition_failed");
    patch(5).header("if-match", format!("\"other\", {tag}")).send().await.expect(200);
    patch(7).header("if-match", &tag).send().await.expect_problem(412, "precondition_failed");
    patch(7).header("if-match", "*").send().await.expect(200);
    patch(10_000_001).header("if-match", "*").send().await.expect_problem(422, "invalid");
    app.call("PATCH", &pool).json(json!({"capacity": 1})).send().await.expect_problem(401, "unauthorized");
    let elsewhere = format!("/v1/events/{}/pools/pool_01h455vb4pex5vsknk084sn02q", club.event);
    let nothing = app.manage("PATCH", &elsewhere).header("if-match", "*").json(json!({"capacity": 1}));
    nothing.send().await.expect_problem(404, "not_found");
    app.manage("GET", &elsewhere).send().await.expect_problem(404, "not_found");
    assert_eq!(app.events_of("pool_capacity_changed").await.len(), 2);
}
