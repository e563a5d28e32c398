//! What is seen, by whom it was just done and by everybody else.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_command_sees_what_was_acknowledged_before_it() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    for _ in 0..20 {
        let event = app.draft(&organizer, &venue, json!({})).await.expect(201).string("event_id");
        let path = format!("/v1/events/{event}");
        let pool = app.manage("POST", format!("{path}/pools")).json(json!({"name": "Floor", "capacity": 9}));
        let pool = pool.send().await.expect(201).string("pool_id");
        let price = json!({"amount": 2500, "currency": "EUR"});
        let kind =
            app.ticket_type(&event, json!({"name": "Standing", "price": price, "pool_ids": [pool]})).await;
        app.manage("POST", format!("{path}/publication")).send().await.expect(200);
        let hold = json!({"items": [{"ticket_type_id": kind, "quantity": 2}]});
        app.post(format!("{path}/holds"), hold).send().await.expect(201);
        let seen = app.get(format!("{path}/availability")).send().await.expect(200).json();
        assert_eq!(seen["ticket_types"][0]["held"], 2, "{seen}");
    }
}

#[tokio::test]
async fn every_public_read_has_a_tag_and_a_position() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let event = format!("/v1/events/{}", theatre.event);
    let head = app.app.feed.head();
    for path in [
        "/v1/events".to_owned(),
        event.clone(),
        format!("{event}/availability"),
        format!("{event}/seats"),
        format!("{event}/seats?as_of={head}"),
        format!("{event}/payment_methods"),
    ] {
        let answer = app.get(&path).send().await;
        let tag = answer.expect(200).header("etag").unwrap_or_else(|| panic!("{path} has no tag"));
        let position: u64 = answer.header("log-position").unwrap().parse().unwrap();
        assert!((1..=head).contains(&position), "{path}: {position}");
        app.get(&path).header("if-none-match", tag).send().await.expect(304);
    }
}

#[tokio::test]
async fn a_list_is_no_object() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}/holds", theatre.event);
    app.manage("POST", "/v1/organizers").json(json!(["Ann"])).send().await.expect_problem(422, "invalid");
    let problem = app.post(&path, json!({"items": [["A-1", null, null, null]]})).send().await;
    assert_eq!(problem.expect_problem(422, "invalid")["errors"][0]["pointer"], "/items/0");
}

#[tokio::test]
async fn nobody_learns_what_a_body_should_be_who_may_not_send_it() {
    let app = TestApp::start().await;
    app.post("/v1/organizers", json!({"nonsense": 1})).send().await.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn the_history_of_a_seat_ends_at_the_door() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let (_, order) = app.buy(&theatre.event, &["A-1"]).await;
    let scan = json!({"ticket_id": order["tickets"][0]["ticket_id"], "gate": "North", "device_id": "phone",
        "scanned_at": crate::support::BEGIN, "nonce": "1"});
    let path = format!("/v1/events/{}", theatre.event);
    let scanned = app.manage("POST", format!("{path}/check_ins")).json(scan).send().await;
    assert_eq!(scanned.expect(200).json()["result"], "admitted");
    let history = app.manage("GET", format!("{path}/seats/A-1/history")).send().await.expect(200).json();
    let last = history["data"].as_array().unwrap().last().unwrap();
    assert_eq!(last["type"], "ticket_admitted", "{history}");
    assert!(last["words"].as_str().unwrap().contains("gate North"), "{last}");
}

#[tokio::test]
async fn a_log_from_a_backup_gets_its_read_models_anew() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let folder = app.folder.clone();
    let app = app.restart().await;
    let copy = folder.path().join("copy");
    // The file is whole: nothing has been written since the restart folded everything into it.
    std::fs::copy(folder.path().join("log.db"), &copy).unwrap();
    let (lost, _) = app.buy(&theatre.event, &["A-1"]).await;
    let stopped = app.stop().await;
    std::fs::rename(&copy, folder.path().join("log.db")).unwrap();
    let app = stopped.start().await;
    app.catch_up().await;
    app.get(format!("/v1/orders/{}", lost.order))
        .bearer(&lost.token)
        .send()
        .await
        .expect_problem(404, "not_found");
    let (_, order) = app.buy(&theatre.event, &["A-1"]).await;
    assert_eq!(order["tickets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn tokens_outlive_the_key_that_made_them() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let held = app.hold(&theatre.event, &["A-1"]).await;
    let (ordered, order) = app.buy(&theatre.event, &["A-2"]).await;
    let ticket = order["tickets"][0]["ticket_id"].as_str().unwrap();
    let ticket = app.get(format!("/v1/tickets/{ticket}")).bearer(&ordered.token).send().await;
    let qr = ticket.expect(200).string("qr");
    let keys = app.folder.path().join("keys.json");
    let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&keys).unwrap()).unwrap();
    let secret = "ab".repeat(32);
    json["keys"]["k2"] = json!({"mac": secret, "vault": secret, "tickets": secret});
    json["current"] = "k2".into();
    std::fs::write(&keys, json.to_string()).unwrap();
    let app = app.restart().await;
    app.get(format!("/v1/holds/{}", held.hold)).bearer(&held.token).send().await.expect(200);
    let scan = json!({"qr": qr, "gate": "North", "device_id": "phone", "scanned_at": crate::support::BEGIN, "nonce": "1"});
    let path = format!("/v1/events/{}/check_ins", theatre.event);
    let scanned = app.manage("POST", path).json(scan).send().await;
    assert_eq!(scanned.expect(200).json()["result"], "admitted");
}
