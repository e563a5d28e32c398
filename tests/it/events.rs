//! Events: from a draft to the list.

use serde_json::json;

use crate::support::{TestApp, sample};

#[tokio::test]
async fn a_draft_is_seen_by_the_administrator_only_and_sells_nothing() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let plan = app.import_plan(&venue, &sample::plan(3)).await;
    let event = app.draft(&organizer, &venue, json!({"seating_plan_id": plan})).await.expect(201).json();
    assert_eq!(event["status"], "draft");
    let path = format!("/v1/events/{}", event["event_id"].as_str().unwrap());
    app.catch_up().await;
    for hidden in ["", "/availability", "/seats", "/live", "/payment_methods"] {
        app.get(format!("{path}{hidden}")).send().await.expect_problem(404, "not_found");
    }
    assert_eq!(app.manage("GET", &path).send().await.expect(200).json()["status"], "draft");
    let publication = app.manage("POST", format!("{path}/publication")).send().await;
    assert_eq!(publication.expect_problem(409, "not_ready")["missing"], json!(["ticket_types"]));
    let list = app.get("/v1/events").send().await.expect(200).json();
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn a_published_event_says_all_about_itself() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let answer = app.get(format!("/v1/events/{}", theatre.event)).send().await;
    let event = answer.expect(200).json();
    assert_eq!(event["status"], "on_sale");
    assert_eq!(event["timezone"], "Europe/Berlin");
    assert_eq!(event["venue"]["address"]["city"], "Berlin");
    assert_eq!(event["server_time"], "2026-11-21T12:00:00.000Z");
    assert_eq!(event["ticket_types"][0]["price"], json!({"amount": 4500, "currency": "EUR"}));
    assert_eq!(event["price_from"], json!({"amount": 4500, "currency": "EUR"}));
    assert_eq!(event["sale_ends_at"], "2026-12-24T19:30:00.000Z");
    let tag = answer.header("etag").unwrap();
    let path = format!("/v1/events/{}", theatre.event);
    app.get(&path).header("if-none-match", tag).send().await.expect(304);
    app.buy(&theatre.event, &["A-1", "A-2", "A-3"]).await;
    app.catch_up().await;
    let event = app.get(&path).header("if-none-match", tag).send().await.expect(200).json();
    assert_eq!(event["status"], "sold_out");
}

#[tokio::test]
async fn sale_windows_open_and_close_by_the_clock() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let plan = app.import_plan(&venue, &sample::plan(3)).await;
    let windows = json!({"seating_plan_id": plan, "sale_starts_at": "2026-11-21T12:01:00Z",
        "sale_ends_at": "2026-11-21T12:02:00Z"});
    let event = app.draft(&organizer, &venue, windows).await.expect(201).string("event_id");
    let price = json!({"amount": 100, "currency": "EUR"});
    app.ticket_type(&event, json!({"name": "Seat", "price": price, "price_category": "Stalls"})).await;
    let published = app.manage("POST", format!("/v1/events/{event}/publication")).send().await;
    assert_eq!(published.expect(200).string("status"), "scheduled");
    app.catch_up().await;
    let status = async || app.get(format!("/v1/events/{event}")).send().await.expect(200).string("status");
    let refused = app.try_hold(&event, &["A-1"]).await.expect_problem(409, "sale_not_open");
    assert_eq!(refused["opens_at"], "2026-11-21T12:01:00.000Z");
    assert_eq!(status().await, "scheduled");
    app.advance_seconds(60);
    assert_eq!(status().await, "on_sale");
    app.hold(&event, &["A-1"]).await;
    app.advance_seconds(60);
    assert_eq!(status().await, "ended");
    app.try_hold(&event, &["A-2"]).await.expect_problem(409, "sale_not_open");
}

#[tokio::test]
async fn the_list_is_paged_and_filtered() {
    let app = TestApp::start().await;
    let mut events = Vec::new();
    for _ in 0..5 {
        events.push(app.theatre(1).await.event);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(format!("/v1/events?limit=2{cursor}")).send().await.expect(200).json();
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= 2);
        seen.extend(data.iter().map(|event| event["event_id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    events.sort();
    assert_eq!(seen, events);
    let found = async |query: &str| {
        let page = app.get(format!("/v1/events?{query}")).send().await.expect(200).json();
        page["data"].as_array().unwrap().len()
    };
    assert_eq!(found("q=cherry%20berlin").await, 5);
    assert_eq!(found("q=hamlet").await, 0);
    assert_eq!(found("city=Berlin&available=true").await, 5);
    assert_eq!(found("city=Paris").await, 0);
    assert_eq!(found("from=2027-01-01T00:00:00Z").await, 0);
    for bad in ["limit=0", "limit=101", "limit=x", "cursor=zz", "from=soon", "sort=loudness", "unknown=1"] {
        app.get(format!("/v1/events?{bad}")).send().await.expect_problem(422, "invalid");
    }
}

#[tokio::test]
async fn bad_drafts_are_refused_and_pointed_at() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    for (further, pointer) in [
        (json!({"name": " "}), "/name"),
        (json!({"currency": "euro"}), "/currency"),
        (json!({"starts_at": "tomorrow"}), "/starts_at"),
        (json!({"hold_seconds": 0}), "/hold_seconds"),
        (json!({"hold_seconds": 86_401}), "/hold_seconds"),
        (json!({"venue_id": "venue_01h455vb4pex5vsknk084sn02q"}), "/venue_id"),
        (json!({"organizer_id": "organizer_01h455vb4pex5vsknk084sn02q"}), "/organizer_id"),
        (json!({"seating_plan_id": "seating_plan_01h455vb4pex5vsknk084sn02q"}), "/seating_plan_id"),
        (json!({"ends_at": "2026-12-24T19:30:00Z"}), "/ends_at"),
        (json!({"colour": "red"}), "/colour"),
    ] {
        let problem = app.draft(&organizer, &venue, further).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

#[tokio::test]
async fn several_pools_and_the_smallest_decides() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let event = app.draft(&organizer, &venue, json!({})).await.expect(201).string("event_id");
    let mut pools = Vec::new();
    for (name, capacity) in [("House", 10), ("Balcony", 3)] {
        let path = format!("/v1/events/{event}/pools");
        let pool = app.manage("POST", path).json(json!({"name": name, "capacity": capacity})).send().await;
        pools.push(pool.expect(201).string("pool_id"));
    }
    let price = json!({"amount": 100, "currency": "EUR"});
    let standing =
        app.ticket_type(&event, json!({"name": "Standing", "price": price, "pool_ids": [pools[0]]})).await;
    let balcony =
        app.ticket_type(&event, json!({"name": "Balcony", "price": price, "pool_ids": pools})).await;
    app.publish(&event).await;
    let hold = async |ticket_type: &str, quantity: u32| {
        let items = json!({"items": [{"ticket_type_id": ticket_type, "quantity": quantity}]});
        app.post(format!("/v1/events/{event}/holds"), items).send().await
    };
    hold(&balcony, 4).await.expect_problem(409, "sold_out");
    hold(&standing, 8).await.expect(201);
    let problem = hold(&balcony, 3).await.expect_problem(409, "sold_out");
    assert_eq!(problem["left"][0]["available"], 2);
    hold(&balcony, 2).await.expect(201);
    hold(&standing, 1).await.expect_problem(409, "sold_out");
}
