//! Importing seating plans.

use serde_json::json;

use crate::support::{TestApp, sample};

#[tokio::test]
async fn a_plan_comes_back_byte_for_byte() {
    let app = TestApp::start().await;
    let (_, venue) = app.venue().await;
    let text = format!("  {}\n", serde_json::to_string_pretty(&sample::plan(7)).unwrap());
    let path = format!("/v1/venues/{venue}/seating_plans");
    let import =
        app.manage("POST", format!("{path}?format=pretix")).header("content-type", "application/json");
    let imported = import.bytes(text.clone()).send().await.expect(201).json();
    assert_eq!(imported["seats"], 7);
    assert_eq!(imported["categories"], json!([{"name": "Stalls", "seats": 7}]));
    assert_eq!(imported["areas"], json!([]));
    let plan = imported["seating_plan_id"].as_str().unwrap();
    app.manage("GET", format!("{path}/{plan}")).send().await.expect(200);
    let exported = app.manage("GET", format!("{path}/{plan}/source")).send().await;
    assert_eq!(exported.expect(200).text(), text);
}

#[tokio::test]
async fn faults_are_pointed_at() {
    let app = TestApp::start().await;
    let (_, venue) = app.venue().await;
    let mut plan = sample::plan(3);
    plan["zones"][0]["rows"][0]["seats"][1]["category"] = json!("Nowhere");
    plan["zones"][0]["rows"][0]["seats"][2]["seat_guid"] = json!("A-1");
    plan["nonsense"] = json!(1);
    let path = format!("/v1/venues/{venue}/seating_plans?format=pretix");
    let problem =
        app.manage("POST", &path).json(plan).send().await.expect_problem(422, "invalid_seating_plan");
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    for pointer in ["/nonsense", "/zones/0/rows/0/seats/1/category", "/zones/0/rows/0/seats/2/seat_guid"] {
        assert!(pointers.contains(&pointer), "{pointer} in {pointers:?}");
    }
    app.manage("POST", &path).json(json!([1])).send().await.expect_problem(422, "invalid_seating_plan");
    let broken =
        app.manage("POST", &path).header("content-type", "application/json").bytes("{\"name\": NaN}");
    let problem = broken.send().await.expect_problem(422, "invalid_seating_plan");
    assert_eq!(problem["errors"][0]["pointer"], "/name");
    let broken = app.manage("POST", &path).header("content-type", "application/json").bytes("{\"name\": ");
    broken.send().await.expect_problem(400, "malformed");
}

#[tokio::test]
async fn real_charts_are_imported_and_sold() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    let charts: [(&str, &[u8]); 3] = [
        ("sampleChart", include_bytes!("../fixtures/seatsio/sampleChart.json")),
        ("sampleChartWithSections", include_bytes!("../fixtures/seatsio/sampleChartWithSections.json")),
        ("sampleChartWithTables", include_bytes!("../fixtures/seatsio/sampleChartWithTables.json")),
    ];
    for (name, chart) in charts {
        let path = format!("/v1/venues/{venue}/seating_plans?format=seatsio");
        let plan =
            app.manage("POST", path).header("content-type", "application/json").bytes(chart).send().await;
        let plan = plan.expect(201).json();
        let event = app.draft(&organizer, &venue, json!({"seating_plan_id": plan["seating_plan_id"]})).await;
        let event = event.expect(201).string("event_id");
        let price = json!({"amount": 100, "currency": "EUR"});
        for category in
            plan["categories"].as_array().unwrap().iter().filter(|category| category["seats"] != 0)
        {
            app.ticket_type(
                &event,
                json!({"name": "Seat", "price": price, "price_category": category["name"]}),
            )
            .await;
        }
        let pools = app.manage("GET", format!("/v1/events/{event}/pools")).send().await.expect(200).json();
        assert_eq!(
            pools["data"].as_array().unwrap().len(),
            plan["areas"].as_array().unwrap().len(),
            "{name}"
        );
        for pool in pools["data"].as_array().unwrap() {
            let body = json!({"name": pool["name"], "price": price, "pool_ids": [pool["pool_id"]]});
            let ticket_type = app.ticket_type(&event, body).await;
            app.publish(&event).await;
            let items = json!({"items": [{"ticket_type_id": ticket_type, "quantity": 2}]});
            app.post(format!("/v1/events/{event}/holds"), items).send().await.expect(201);
        }
        app.publish(&event).await;
        let seats = app.get(format!("/v1/events/{event}/seats")).send().await.expect(200).json();
        let first = seats["seats"][0]["seat_id"].as_str().unwrap().to_owned();
        assert!(first.contains('-'), "{name}: {first}");
        app.hold(&event, &[&first]).await;
    }
}

#[tokio::test]
async fn only_the_administrator_imports() {
    let app = TestApp::start().await;
    let (_, venue) = app.venue().await;
    let path = format!("/v1/venues/{venue}/seating_plans");
    app.post(&path, sample::plan(1)).send().await.expect_problem(401, "unauthorized");
    app.post(&path, sample::plan(1)).bearer("guess").send().await.expect_problem(403, "forbidden");
}
