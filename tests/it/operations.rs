//! For operators.

use crate::support::TestApp;

#[tokio::test]
async fn health_readiness_and_metrics() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    app.hold(&theatre.event, &["A-1"]).await;
    app.catch_up().await;
    assert_eq!(app.get("/healthz").send().await.expect(200).string("status"), "ok");
    assert_eq!(app.get("/readyz").send().await.expect(200).string("status"), "ready");
    let metrics = app.get("/metrics").send().await.expect(200).text();
    for name in [
        "boxoffice_commands_total",
        "boxoffice_log_position",
        "boxoffice_log_settings{store=\"sqlite\",journal_mode=\"wal\",synchronous=\"2\"} 1",
        "boxoffice_projection_lag{projection=\"orders\"} 0",
    ] {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
}

#[tokio::test]
async fn the_documentation_comes_from_the_binary() {
    let app = TestApp::start().await;
    let document = app.get("/v1/openapi.json").send().await.expect(200).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let paths = document["paths"].as_object().unwrap();
    for path in ["/v1/events/{event_id}/holds", "/v1/orders", "/v1/log", "/v1/events/{event_id}/check_ins"] {
        assert!(paths.contains_key(path), "{path}");
    }
    let page = app.get("/docs").send().await;
    assert!(page.expect(200).text().contains("place_hold"));
    assert!(page.header("content-security-policy").is_some());
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused() {
    let app = TestApp::start().await;
    let options = boxoffice::app::AppOptions {
        data: app.folder.path().to_owned(),
        database: None,
        timers: false,
        snapshot_events: 0,
        clock: std::sync::Arc::clone(&app.clock) as _,
        ids: std::sync::Arc::new(boxoffice_infra::ids::SeededIds::new(9)),
    };
    let refused = boxoffice::app::App::start(options).await.err().expect("a refusal");
    assert!(refused.to_string().contains("another"), "{refused}");
}
