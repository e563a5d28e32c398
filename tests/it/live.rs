//! The live stream of an event.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use crate::support::TestApp;

/// A reader of Server-Sent Events.
struct Stream {
    body: hyper::body::Incoming,
    text: String,
}

struct Frame {
    event: String,
    id: String,
    data: Value,
}

impl Stream {
    async fn open(app: &TestApp, path: &str, last_event_id: Option<&str>) -> Self {
        let stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = hyper::Request::get(path).header("host", "test");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response =
            sender.send_request(request.body(Empty::<bytes::Bytes>::new()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), text: String::new() }
    }

    async fn next(&mut self) -> Frame {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let frame = frame.to_owned();
                self.text = rest.to_owned();
                if frame.starts_with(':') {
                    continue;
                }
                let line = |name: &str| {
                    let found = frame.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
                    found.unwrap_or_else(|| panic!("no {name} in {frame}")).to_owned()
                };
                let data = serde_json::from_str(&line("data")).unwrap();
                return Frame { event: line("event"), id: line("id"), data };
            }
            let more = tokio::time::timeout(Duration::from_secs(10), self.body.frame())
                .await
                .expect("a frame in time");
            self.text.push_str(std::str::from_utf8(&more.unwrap().unwrap().into_data().unwrap()).unwrap());
        }
    }
}

fn states(frame: &Frame) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let seats = frame.data["seats"].as_array().unwrap().iter();
    seats.map(|seat| (text(&seat["seat_id"]), text(&seat["state"]))).collect()
}

#[tokio::test]
async fn a_snapshot_comes_first_and_then_what_changes() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let mut stream = Stream::open(&app, &format!("/v1/events/{}/live", theatre.event), None).await;
    let first = stream.next().await;
    assert_eq!((first.event.as_str(), states(&first).len()), ("snapshot", 3));
    app.hold(&theatre.event, &["A-2"]).await;
    app.advance_seconds(1);
    let delta = stream.next().await;
    assert_eq!((delta.event.as_str(), states(&delta)), ("delta", vec![("A-2".into(), "held".into())]));
    assert_eq!(delta.data["ticket_types"][0]["held"], 1);
}

#[tokio::test]
async fn a_lapse_is_told_although_nothing_is_recorded() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    app.hold(&theatre.event, &["A-2"]).await;
    app.catch_up().await;
    let mut stream = Stream::open(&app, &format!("/v1/events/{}/live", theatre.event), None).await;
    assert_eq!(states(&stream.next().await)[1], ("A-2".into(), "held".into()));
    app.advance_seconds(300);
    let delta = stream.next().await;
    assert!(states(&delta).contains(&("A-2".into(), "available".into())));
    assert!(app.events_of("hold_expired").await.is_empty());
}

#[tokio::test]
async fn a_stream_goes_on_where_it_was_left() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}/live", theatre.event);
    let id = Stream::open(&app, &path, None).await.next().await.id;
    app.hold(&theatre.event, &["A-1"]).await;
    app.hold(&theatre.event, &["A-3"]).await;
    app.catch_up().await;
    let missed = Stream::open(&app, &path, Some(&id)).await.next().await;
    let held = |seat: &str| (seat.to_owned(), "held".to_owned());
    assert_eq!((missed.event.as_str(), states(&missed)), ("delta", vec![held("A-1"), held("A-3")]));
    let unknown = Stream::open(&app, &path, Some("999999")).await.next().await;
    assert_eq!(unknown.event, "reset");
}

#[tokio::test]
async fn who_watches_sees_what_is_kept_back_and_that_the_sale_is_paused() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let mut stream = Stream::open(&app, &format!("/v1/events/{}/live", theatre.event), None).await;
    assert_eq!(stream.next().await.event, "snapshot");
    let path = format!("/v1/events/{}", theatre.event);
    let block = serde_json::json!({"seats": ["A-2"]});
    app.manage("POST", format!("{path}/blocks")).json(block).send().await.expect(201);
    app.manage("POST", format!("{path}/pause")).send().await.expect(200);
    let mut state = Value::Null;
    loop {
        app.advance_seconds(1);
        let frame = stream.next().await;
        assert_eq!(frame.event, "delta");
        if let Some(seat) = frame.data["seats"].as_array().unwrap().first() {
            assert_eq!(seat["seat_id"], "A-2");
            state = seat["state"].clone();
        }
        if frame.data["status"] == "paused" {
            break;
        }
    }
    assert_eq!(state, "blocked");
}

#[tokio::test]
async fn a_replaced_plan_resets_who_watches() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let path = format!("/v1/events/{}", theatre.event);
    let venue =
        app.get(&path).send().await.expect(200).json()["venue"]["venue_id"].as_str().unwrap().to_owned();
    let plan = app.import_plan(&venue, &crate::support::sample::plan(5)).await;
    let mut stream = Stream::open(&app, &format!("{path}/live"), None).await;
    let first = stream.next().await;
    let replace = app.manage("PATCH", &path).header("if-match", "*");
    replace.json(serde_json::json!({"seating_plan_id": plan})).send().await.expect(200);
    app.advance_seconds(1);
    let reset = stream.next().await;
    assert_eq!((reset.event.as_str(), states(&reset).len()), ("reset", 5));
    let mut back = Stream::open(&app, &format!("{path}/live"), Some(&first.id)).await;
    assert_eq!(back.next().await.event, "reset");
    app.hold(&theatre.event, &["A-5"]).await;
    app.advance_seconds(1);
    let delta = stream.next().await;
    assert_eq!((delta.event.as_str(), states(&delta)), ("delta", vec![("A-5".into(), "held".into())]));
}
