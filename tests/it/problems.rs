//! Whatever goes wrong is a problem with a code.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let app = TestApp::start().await;
    app.get("/v1/nothing").send().await.expect_problem(404, "not_found");
    app.get("/nowhere").send().await.expect_problem(404, "not_found");
    let answer = app.call("DELETE", "/v1/events").send().await;
    answer.expect_problem(405, "method_not_allowed");
    assert!(answer.header("allow").is_some());
    app.get("/v1/events/not-an-id").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let app = TestApp::start().await;
    let theatre = app.theatre(1).await;
    let path = format!("/v1/events/{}/holds", theatre.event);
    let json = || app.call("POST", &path).header("content-type", "application/json");
    json().bytes("{").send().await.expect_problem(400, "malformed");
    json().bytes("").send().await.expect_problem(400, "malformed");
    json().bytes(vec![0xff, 0xfe]).send().await.expect_problem(400, "malformed");
    json().bytes("[1]").send().await.expect_problem(422, "invalid");
    app.call("POST", &path).bytes("{}").send().await.expect_problem(415, "unsupported_media_type");
    json().bytes(format!("\"{}\"", "x".repeat(70_000))).send().await.expect_problem(413, "too_large");
    json().bytes("[".repeat(60_000)).send().await.expect_problem(400, "malformed");
}

#[tokio::test]
async fn positions_are_waited_for_or_refused() {
    let app = TestApp::start().await;
    let theatre = app.theatre(2).await;
    let held = app.try_hold(&theatre.event, &["A-1"]).await;
    let position = held.header("log-position").unwrap();
    let path = format!("/v1/events/{}/availability", theatre.event);
    let seen = app.get(format!("{path}?min_position={position}")).send().await.expect(200).json();
    assert_eq!(seen["ticket_types"][0]["held"], 1);
    app.get(&path).header("log-position", position).send().await.expect(200);
    app.get(format!("{path}?min_position=99999")).send().await.expect_problem(422, "position_beyond_head");
    app.get(format!("{path}?min_position=soon")).send().await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn a_token_of_another_form_is_refused() {
    let app = TestApp::start().await;
    let answer = app.get("/v1/organizers").header("authorization", "Basic YTpi").send().await;
    answer.expect_problem(401, "unauthorized");
    assert!(answer.header("www-authenticate").is_some());
    app.get("/v1/organizers").send().await.expect_problem(401, "unauthorized");
    app.get("/v1/organizers").bearer("guess").send().await.expect_problem(403, "forbidden");
}

/// Every call of the document, without a token, with nonsense for ids and a nonsense body: never a 5xx, always a
/// problem where it is not 2xx.
#[tokio::test]
async fn every_route_survives_nonsense() {
    let app = TestApp::start().await;
    let document = app.get("/v1/openapi.json").send().await.expect(200).json();
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            for id in ["event_01h455vb4pex5vsknk084sn02q", "..%2f..%2fetc", "%00", "é"] {
                let filled: String = path
                    .split('/')
                    .map(|part| if part.starts_with('{') { id.to_owned() } else { part.to_owned() })
                    .collect::<Vec<_>>()
                    .join("/")
                    .replace('é', "%C3%A9");
                if filled == "/v1/log/live" {
                    continue;
                }
                for body in [json!(null), json!({"items": {"a": [1]}}), json!("x")] {
                    let answer = app.call(&method.to_uppercase(), &filled).json(body).send().await;
                    let status = answer.status.as_u16();
                    assert!(status < 500, "{method} {filled}: {status} {}", answer.text());
                    if status >= 400 {
                        let problem = answer.json();
                        assert!(problem["code"].is_string(), "{method} {filled}: {problem}");
                    }
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}
