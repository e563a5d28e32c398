//! Whether the server answers, or could.

use std::net::SocketAddr;
use std::time::Duration;

use super::Finding;
use super::folder::Lock;
use crate::cli::client::{Call, Client};
use crate::cli::listener::Listener;
use crate::settings::ServerSettings;

/// How long a server that is alive may take to say so.
const PATIENCE: Duration = Duration::from_secs(3);

const CHECK: &str = "server";

pub(super) async fn address(settings: &ServerSettings, lock: Lock) -> Finding {
    let listen = &settings.listen;
    match (lock, Listener::bind(listen).await) {
        (Lock::Taken, Ok(_)) => Finding::warn(
            CHECK,
            format!("A server uses the data folder, but not the address {listen}."),
            "Give --listen (or BOXOFFICE_LISTEN) the address that the server was given.",
        ),
        (Lock::Taken, Err(_)) => running(listen).await,
        (_, Ok(_)) => Finding::ok(CHECK, format!("No server runs; {listen} is free for one.")),
        (_, Err(failed)) => Finding::fail(CHECK, format!("{failed}."), "A server could not start here."),
    }
}

async fn running(listen: &str) -> Finding {
    match tokio::time::timeout(PATIENCE, is_ready(listen)).await {
        Ok(Ok(())) => Finding::ok(CHECK, format!("It runs at {listen} and is ready.")),
        Ok(Err(what)) => Finding::warn(
            CHECK,
            format!("It runs at {listen} but is not ready: {what}."),
            "After a start this passes by itself. If it does not, look at the server's log.",
        ),
        Err(_) => Finding::fail(
            CHECK,
            format!("It runs at {listen} and does not answer."),
            "Look at the server's log, then stop it with SIGTERM and start it again.",
        ),
    }
}

async fn is_ready(listen: &str) -> Result<(), String> {
    let found = tokio::net::lookup_host(listen).await.map(|mut found| found.next());
    let address: SocketAddr = found.ok().flatten().ok_or("the address is not known")?;
    let reply = Client::new(address).call(&Call::get("/readyz")).await.map_err(|error| error.to_string())?;
    if reply.status.is_success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&reply.body).trim().to_owned())
    }
}
