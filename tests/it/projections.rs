//! Read models that are rebuilt, and what they had to put aside.

use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, NewEvent, StreamName, link};
use serde_json::{Value, json};

use crate::support::database::{change_log, is_of_version, tables_of_views};
use crate::support::postgres::Server as Postgres;
use crate::support::process::{self, Place, Server};
use crate::support::projections::{ALL, are_as_folded_afresh};
use crate::support::{Answer, TestApp};

/// The version of the tables of orders.
const ORDERS: u32 = 3;

const KEY: &str = "0193a5f0-7c1e-7b11-8c1f-3b7b6f1f2a01";

#[tokio::test]
async fn projections_are_listed_and_rebuilt_by_the_administrator_alone() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    app.buy(&theatre.event, &["A-1"]).await;
    app.catch_up().await;
    for (method, path) in [
        ("GET", "/v1/projections"),
        ("GET", "/v1/projections/orders"),
        ("POST", "/v1/projections/orders/rebuild"),
        ("POST", "/v1/projections/orders/replay"),
        ("GET", "/v1/jobs/job_01h455vb4pex5vsknk084sn02q"),
    ] {
        app.call(method, path).send().await.expect_problem(401, "unauthorized");
        app.call(method, path).bearer("guess").send().await.expect_problem(403, "forbidden");
    }
    let list = app.manage("GET", "/v1/projections").send().await.expect(200).json();
    let names: Vec<&Value> = list["data"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ALL);
    for one in list["data"].as_array().unwrap() {
        let version = if one["name"] == "orders" { ORDERS } else { 1 };
        assert_eq!((&one["version"], &one["generation"]), (&version.into(), &1.into()), "{one}");
        assert_eq!(
            (&one["behind"], &one["parked"], &one["job"]),
            (&0.into(), &0.into(), &Value::Null),
            "{one}"
        );
        assert_eq!(one["position"], app.app.feed.head());
    }
    for path in ["/v1/projections/nothing", "/v1/jobs/nothing"] {
        app.manage("GET", path).send().await.expect_problem(404, "not_found");
    }
    app.manage("POST", "/v1/projections/nothing/rebuild").send().await.expect_problem(404, "not_found");
    let unknown = app.manage("GET", "/v1/jobs/job_01h455vb4pex5vsknk084sn02q").send().await;
    let detail = unknown.expect_problem(404, "not_found")["detail"].to_string();
    assert!(detail.contains("in this run of the server"), "{detail}");
}

async fn finished(app: &TestApp, asked: &Answer) -> Value {
    let address = asked.expect(202).header("location").unwrap().to_owned();
    loop {
        let job = app.manage("GET", &address).send().await.expect(200).json();
        if job["state"] != "running" {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_rebuild_is_a_job_and_changes_nothing_that_is_read() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    let (ordered, _) = app.buy(&theatre.event, &["A-1"]).await;
    app.catch_up().await;
    let seats = format!("/v1/events/{}/seats", theatre.event);
    let read = async || {
        let order = app.get_order(&ordered).await;
        let seats = app.get(&seats).send().await;
        (order, seats.expect(200).text(), seats.header("etag").map(str::to_owned))
    };
    let before = read().await;
    for name in ALL {
        let asked = app.manage("POST", format!("/v1/projections/{name}/rebuild")).send().await;
        let job = finished(&app, &asked).await;
        assert_eq!(
            (&job["state"], &job["kind"], &job["projection"]),
            (&"succeeded".into(), &"rebuild".into(), &name.into())
        );
        assert_eq!((&job["percentage"], &job["parked"]), (&100.into(), &0.into()), "{job}");
        assert!(job["done"].as_u64().unwrap() > 3 && job["done"] == job["total"], "{job}");
        assert!(job["started_at"].is_string() && job["finished_at"].is_string(), "{job}");
        let now = app.manage("GET", format!("/v1/projections/{name}")).send().await.expect(200).json();
        assert_eq!((&now["generation"], &now["job"]), (&2.into(), &Value::Null), "{now}");
        assert_eq!(now["parked_streams"], json!([]));
        assert_eq!(read().await, before);
    }
    let metrics = app.get("/metrics").send().await.expect(200).text();
    for line in [
        "boxoffice_projection_generation{projection=\"orders\"} 2",
        "boxoffice_projection_rebuilding{projection=\"orders\"} 0",
        "boxoffice_projection_parked{projection=\"orders\"} 0",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    // What was sold after is in the new tables.
    let (other, _) = app.buy(&theatre.event, &["A-2"]).await;
    assert_eq!(app.get_order(&other).await["status"], "confirmed");
    let place = Place::from(&app.folder.path().to_owned());
    let folder = app.stop().await;
    are_as_folded_afresh(&place).await;
    let tables = tables_of_views(&place).await;
    assert!(tables.iter().all(|table| table.ends_with("_g2")), "{tables:?}");
    drop(folder);
}

#[tokio::test]
async fn the_same_key_gets_the_same_job_and_a_second_request_the_running_one() {
    let app = TestApp::start().await;
    app.theatre(3).await;
    let ask = || app.manage("POST", "/v1/projections/orders/rebuild");
    let first = ask().key(KEY).send().await;
    finished(&app, &first).await;
    let again = ask().key(KEY).send().await;
    assert_eq!(
        (again.expect(202).text(), again.header("location")),
        (first.text(), first.header("location"))
    );
    let jobs = futures_util::future::join_all((0..8).map(|_| ask().send())).await;
    for job in &jobs {
        assert_eq!(finished(&app, job).await["state"], "succeeded");
    }
    ask().json(json!({"from": 1})).send().await.expect_problem(422, "invalid");
    let nothing = app.manage("POST", "/v1/projections/orders/replay").send().await;
    let nothing = finished(&app, &nothing).await;
    assert_eq!(
        (&nothing["state"], &nothing["done"], &nothing["percentage"]),
        (&"succeeded".into(), &0.into(), &100.into())
    );
    assert!(nothing["message"].as_str().unwrap().contains("nothing to replay"), "{nothing}");
}

#[tokio::test]
async fn a_command_rebuilds_all_and_says_so() {
    let app = TestApp::start().await;
    let theatre = app.theatre(3).await;
    app.buy(&theatre.event, &["A-1"]).await;
    let data = app.folder.path().to_str().unwrap().to_owned();
    let server = format!("http://{}", app.address);
    let run = async |arguments: &[&str]| {
        let arguments: Vec<String> = arguments
            .iter()
            .chain(&["--data", &data, "--server", &server])
            .map(|argument| (*argument).to_owned())
            .collect();
        let run = move || process::run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(run).await.unwrap()
    };
    let output = run(&["rebuild", "all", "--json"]).await;
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success() && told["ok"] == true, "{told}");
    assert_eq!(told["jobs"].as_array().unwrap().len(), ALL.len());
    let output = run(&["rebuild", "orders"]).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("nothing is parked"), "{text}");
    let output = run(&["projections"]).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success()
            && text.contains(&format!("orders   in tables, version {ORDERS}, generation 3")),
        "{text}"
    );
    let output = run(&["rebuild", "nothing"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there are catalog, orders, shows, and all"));
}

/// Tables of an older version are of no use to this release: it builds its own, and only then drops them. Those of a
/// newer one belong to a release that may come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_version_is_built_before_the_server_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::from(&folder.path().join("data"));
    let mut server = Server::start(place.clone()).await;
    let show = on_sale(&server, 9).await;
    let ordered = order(&server, &show).await;
    for (version, is_kept) in [(0, false), (9, true)] {
        assert!(server.stop().await.success());
        is_of_version(&place, version).await;
        let before = tables_of_views(&place).await;
        server = Server::start(place.clone()).await;
        look(&server, &ordered).await.expect(200);
        assert_eq!(server.projection("orders").await["generation"], 1);
        let begun = std::time::Instant::now();
        let wanted = before.len() * if is_kept { 2 } else { 1 };
        while tables_of_views(&place).await.len() != wanted {
            assert!(begun.elapsed().as_secs() < 20, "{:?}", tables_of_views(&place).await);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let tables = tables_of_views(&place).await;
        assert_eq!(before.iter().all(|table| tables.contains(table)), is_kept, "{tables:?}");
    }
    assert!(server.stop().await.success());
    are_as_folded_afresh(&place).await;
}

/// A small show on sale: its id and that of its ticket type.
async fn on_sale(server: &Server, pool_of: u32) -> (String, String) {
    let made = async |path: &str, body: Value, id: &str| {
        server.manage("POST", path).json(body).send().await.expect(201).string(id)
    };
    let organizer = made("/v1/organizers", json!({"name": "City Theatre"}), "organizer_id").await;
    let venue = json!({"organizer_id": organizer, "name": "House", "timezone": "Europe/Berlin",
        "address": {"city": "Berlin", "country": "DE"}});
    let venue = made("/v1/venues", venue, "venue_id").await;
    let event = json!({"organizer_id": organizer, "venue_id": venue, "name": "The Cherry Orchard",
        "starts_at": "2099-12-24T19:30:00Z", "currency": "EUR", "hold_seconds": 3600});
    let event = made("/v1/events", event, "event_id").await;
    let path = format!("/v1/events/{event}");
    let pool = made(&format!("{path}/pools"), json!({"name": "Floor", "capacity": pool_of}), "pool_id").await;
    let kind = json!({"name": "Standing", "price": {"amount": 2500, "currency": "EUR"}, "pool_ids": [pool]});
    let kind = made(&format!("{path}/ticket_types"), kind, "ticket_type_id").await;
    server.manage("POST", &format!("{path}/publication")).send().await.expect(200);
    (event, kind)
}

async fn hold(server: &Server, (event, kind): &(String, String)) -> Answer {
    let body = json!({"items": [{"ticket_type_id": kind, "quantity": 1}]});
    server.call("POST", &format!("/v1/events/{event}/holds")).json(body).send().await
}

/// An order and its secret.
async fn order(server: &Server, show: &(String, String)) -> (String, String) {
    let held = hold(server, show).await;
    let buyer = json!({"name": "Ada Lovelace", "email": "ada@example.org"});
    let body = json!({"hold_id": held.expect(201).string("hold_id"), "buyer": buyer});
    let call = server.call("POST", "/v1/orders").bearer(&held.string("hold_token"));
    let ordered = call.json(body).send().await;
    (ordered.expect(201).string("order_id"), ordered.string("order_token"))
}

async fn look(server: &Server, (order, token): &(String, String)) -> Answer {
    server.call("GET", &format!("/v1/orders/{order}")).bearer(token).send().await
}

/// An event of a newer release that this one can read under another name.
struct FromTheFuture {
    position: u64,
    stream: String,
}

impl FromTheFuture {
    /// Appends that the hold was let go, which is the last word of its stream and of the log.
    async fn append(place: &Place, lines: &[Value], show: &str, hold: &str) -> Self {
        let stream = StreamName::from_log(&format!("inventory-{show}"));
        let last = lines.iter().rfind(|line| line["stream"] == stream.as_str()).unwrap();
        let position = lines.last().unwrap()["position"].as_u64().unwrap() + 1;
        let command = CommandMeta { id: uuid::Uuid::nil(), hash: Digest::ZERO, cause: None };
        let event = NewEvent {
            version: last["version"].as_u64().unwrap() + 1,
            event_type: "hold_released",
            schema_version: 1,
            log_time: last["log_time"].as_str().unwrap().parse().unwrap(),
            command,
            payload: json!({"hold": hold}).to_string().into(),
            hash: Digest::ZERO,
        };
        let before: Digest = last["hash"].as_str().unwrap().parse().unwrap();
        let hash = link(&before, &stream, &event).unwrap();
        let id = if place.database.is_some() {
            "'00000000-0000-0000-0000-000000000000'".to_owned()
        } else {
            format!("{{bytes:{}}}", "00".repeat(16))
        };
        let (version, time, payload) = (event.version, event.log_time.unix_ms(), &event.payload);
        let zero = "00".repeat(32);
        change_log(
            place,
            &format!(
                "INSERT INTO {{log}}event VALUES ({position}, '{stream}', {version}, 'hold_evaporated', 1, {time}, {id},
                     {{bytes:{zero}}}, NULL, '{payload}', {{bytes:{hash}}});
                 UPDATE {{log}}stream SET version = {version}, head = {{bytes:{hash}}} WHERE stream = '{stream}';
                 UPDATE {{log}}head SET position = {position};"
            ),
        )
        .await;
        Self { position, stream: stream.as_str().to_owned() }
    }

    /// As if a release were installed that knows the event.
    async fn becomes_known(&self, place: &Place) {
        let text =
            format!("UPDATE {{log}}event SET type = 'hold_released' WHERE position = {};", self.position);
        change_log(place, &text).await;
    }
}

async fn log_of(server: &Server) -> Vec<Value> {
    let answer = server.manage("GET", "/v1/log").header("accept", "application/x-ndjson").send().await;
    answer.expect(200).text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_not_known_is_refused_and_never_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::from(&folder.path().join("data"));
    let server = Server::start(place.clone()).await;
    let (stuck, other) = (on_sale(&server, 9).await, on_sale(&server, 9).await);
    let held = hold(&server, &stuck).await.expect(201).json();
    let [id, token] = ["hold_id", "hold_token"].map(|member| held[member].as_str().unwrap().to_owned());
    let lines = log_of(&server).await;
    assert!(server.stop().await.success());
    let future = FromTheFuture::append(&place, &lines, &stuck.0, &id).await;

    let server = Server::start(place.clone()).await;
    for _ in 0..2 {
        // It reaches the stream itself, which cannot be read beyond that event: nothing is decided on a part of it.
        let path = format!("/v1/holds/{id}");
        let refused = server.call("DELETE", &path).bearer(&token).send().await;
        assert_eq!(refused.expect_problem(503, "log_unreadable")["retryable"], false);
    }
    hold(&server, &other).await.expect(201);
    let after = log_of(&server).await;
    assert_eq!(after.len() as u64, future.position + 1, "the other hold, and nothing else");
    assert!(server.stop().await.success());
    let verdict = process::run(&["audit", "verify", "--data", place.data.to_str().unwrap()]);
    let said = [verdict.stdout, verdict.stderr].concat();
    assert!(!verdict.status.success() && String::from_utf8_lossy(&said).contains("hold_evaporated"));
}

async fn parked_and_replayed(place: Place) {
    let server = Server::start(place.clone()).await;
    let (stuck, other) = (on_sale(&server, 9).await, on_sale(&server, 9).await);
    let ordered = order(&server, &stuck).await;
    let held = hold(&server, &stuck).await.expect(201).string("hold_id");
    let lines = log_of(&server).await;
    assert!(server.stop().await.success());
    let future = FromTheFuture::append(&place, &lines, &stuck.0, &held).await;

    let server = Server::start(place.clone()).await;
    let is_parked = async |server: &Server| {
        for name in ["orders", "shows"] {
            let told = server.projection(name).await;
            assert_eq!(told["parked"], 1, "{told}");
            let parked = &told["parked_streams"][0];
            assert_eq!(
                (&parked["stream"], &parked["position"]),
                (&future.stream.as_str().into(), &future.position.into())
            );
            assert_eq!(parked["type"], "hold_evaporated");
            assert!(parked["reason"].as_str().unwrap().contains("too old for the log"), "{told}");
        }
        assert_eq!(server.projection("catalog").await["parked"], 0);
        look(server, &ordered).await.expect_problem(503, "projection_parked");
        let availability = format!("/v1/events/{}/availability", stuck.0);
        server.call("GET", &availability).send().await.expect_problem(503, "projection_parked");
        // The others move.
        let fine = order(server, &other).await;
        look(server, &fine).await.expect(200);
        server.call("GET", "/readyz").send().await.expect(200);
        let metrics = server.call("GET", "/metrics").send().await.expect(200).text();
        assert!(metrics.contains("boxoffice_projection_parked{projection=\"orders\"} 1"), "{metrics}");
    };
    is_parked(&server).await;
    // Nothing was repaired: it is parked again, for the same reason, also by a rebuild.
    for what in ["replay", "rebuild"] {
        for name in ["orders", "shows"] {
            let job = server.carry_out(name, what).await;
            assert_eq!((&job["state"], &job["parked"]), (&"succeeded".into(), &1.into()), "{job}");
            is_parked(&server).await;
        }
    }

    future.becomes_known(&place).await;
    for name in ["orders", "shows"] {
        let job = server.carry_out(name, "replay").await;
        assert_eq!((&job["state"], &job["parked"]), (&"succeeded".into(), &0.into()), "{job}");
        assert_eq!(server.projection(name).await["parked_streams"], json!([]));
    }
    assert_eq!(look(&server, &ordered).await.expect(200).string("status"), "awaiting_payment");
    let availability = format!("/v1/events/{}/availability", stuck.0);
    let seen = server.call("GET", &availability).send().await.expect(200).json();
    assert_eq!(seen["ticket_types"][0]["available"], 8, "the order has one, the hold was let go: {seen}");
    let more = order(&server, &stuck).await;
    look(&server, &more).await.expect(200);
    assert!(server.stop().await.success());
    are_as_folded_afresh(&place).await;
    let verified = process::run(&[["audit", "verify", "--json"].as_slice(), &place.arguments()].concat());
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_is_told_and_served_again_after_a_fix() {
    let folder = tempfile::tempdir().unwrap();
    parked_and_replayed(Place::from(&folder.path().join("data"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_in_a_database_is_told_and_served_again_after_a_fix() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    parked_and_replayed(crate::faults::place(&folder, &postgres.database())).await;
}
