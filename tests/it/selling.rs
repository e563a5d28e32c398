//! What organizers change while an event sells.

use serde_json::Value;

use crate::support::TestApp;

mod blocks;
mod capacity;
mod copy;
mod dates;
mod pause;
mod plan;
mod ticket_types;

/// What a call of the organizer is answered.
async fn manage(app: &TestApp, method: &str, path: &str, body: Value) -> crate::support::Answer {
    app.manage(method, path).json(body).send().await
}

/// Changes an event as somebody who has just read it.
async fn patch(app: &TestApp, id: &str, body: Value) -> crate::support::Answer {
    let path = format!("/v1/events/{id}");
    let tag = app.manage("GET", &path).send().await.expect(200).header("etag").unwrap().to_owned();
    app.manage("PATCH", &path).header("if-match", tag).json(body).send().await
}

/// The event as buyers see it.
async fn event(app: &TestApp, event: &str) -> Value {
    app.catch_up().await;
    app.get(format!("/v1/events/{event}")).send().await.expect(200).json()
}

/// Whether the independent checker finds the log sound.
async fn sound(app: &TestApp) {
    let lines = [app.documents().await, app.log_lines().await].concat();
    let report = boxoffice_audit::verify_lines(&lines, None);
    assert!(report.is_ok(), "{report:?}");
}
