//! A log outlives the programs that write it: what an older release wrote is read, shown, proven and gone on with.
//!
//! `tests/fixtures/logs/<release>/log.db` was written by a release; `order.json` is what it showed of the paid order.
//! Never change one; add one when a release changes what is stored.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::process::{self, Server};

const EVENT: &str = "event_01m82dk5p0fcgak4devz2hpcj1";
const ORDER: &str = "order_01m82dk6vsejvtm2cpb8hhpcj1";

fn read(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/logs/1");
    std::fs::read(folder.join(file)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_of_an_older_release_is_read_shown_and_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("log.db"), read("log.db")).unwrap();
    assert_eq!(verify(&data)["position"], 40);

    let server = Server::start(&data).await;
    let shown = server.manage("GET", &format!("/v1/orders/{ORDER}")).send().await.expect(200).json();
    assert_eq!(shown, serde_json::from_slice::<Value>(&read("order.json")).unwrap());
    // Two holds have lapsed since: their seats are free again, and that is recorded.
    assert_eq!(seats(&server).await, ["sold", "available", "available", "available"]);
    let ticket = shown["tickets"][1]["ticket_id"].as_str().unwrap();
    let ticket = server.manage("GET", &format!("/v1/tickets/{ticket}")).send().await.expect(200).json();
    assert_eq!(ticket["status"], "valid");

    let wanted = json!({"items": [{"seat_id": "A-3"}]});
    server.call("POST", &format!("/v1/events/{EVENT}/holds")).json(wanted.clone()).send().await.expect(201);
    let taken = server.call("POST", &format!("/v1/events/{EVENT}/holds")).json(wanted).send().await;
    taken.expect_problem(409, "seats_taken");
    assert_eq!(seats(&server).await, ["sold", "available", "held", "available"]);
    assert!(server.stop().await.success());
    assert!(verify(&data)["position"].as_u64().unwrap() > 40);
}

async fn seats(server: &Server) -> Vec<String> {
    let seats = server.call("GET", &format!("/v1/events/{EVENT}/seats")).send().await.expect(200).json();
    seats["seats"].as_array().unwrap().iter().map(|seat| seat["state"].as_str().unwrap().to_owned()).collect()
}

fn verify(data: &Path) -> Value {
    let output = process::run(&["audit", "verify", "--json", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
