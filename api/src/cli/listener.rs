//! Connections: accepted one by one, each in a task of its own, all with limits.
//!
//! A client gets [`HEADER_TIMEOUT`] to send a request's header, which also bounds how long an idle connection is
//! kept. Beyond [`CONNECTIONS_MAX`] nobody is accepted until somebody leaves; the system's own queue, which is
//! short, turns the others away. At the end nobody new is accepted, requests under way are finished, and what has
//! not ended after [`FINISH`] (a live stream, for example) is cut off.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::failed::Failed;
use super::system;
use crate::server::Site;

/// The most connections at once.
const CONNECTIONS_MAX: usize = 20_000;

/// Files that are not connections: the stores, and what the runtime needs.
const OTHER_FILES: usize = 128;

/// How long a client may take to send a request's header, and how long a connection may be idle.
const HEADER_TIMEOUT: Duration = Duration::from_mins(1);

/// The most bytes of a connection that wait to be read or written.
const BUFFER_MAX: usize = 128 * 1024;

/// How long requests under way may take to finish at the end.
const FINISH: Duration = Duration::from_secs(5);

/// How long to wait where the system has nothing left to accept with.
const BREATHER: Duration = Duration::from_millis(100);

/// An address that is listened on.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Takes the address.
    pub(crate) async fn bind(address: &str) -> Result<Self, Failed> {
        let refused = |error: std::io::Error| {
            Failed::new(format!("{address} cannot be listened on: {}", advice(&error)))
        };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address })
    }

    /// The address, with the port that was taken.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` returns, and then until what was under way has ended.
    pub(crate) async fn serve(self, site: Site, stop: impl Future<Output = ()>) {
        let slots = Arc::new(Semaphore::new(slots()));
        let (closing, is_closing) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                (stream, slot) = self.next(&slots) => {
                    connections.spawn(connection(stream, site.clone(), is_closing.clone(), slot));
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.listener);
        closing.send_replace(true);
        let all = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(FINISH, all).await.is_err() {
            tracing::info!(connections = connections.len(), "connections that did not end were cut off");
            connections.shutdown().await;
        }
    }

    /// The next connection, once there is room for it.
    async fn next(&self, slots: &Arc<Semaphore>) -> (TcpStream, Option<OwnedSemaphorePermit>) {
        let slot = Arc::clone(slots).acquire_owned().await.ok();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return (stream, slot),
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(BREATHER).await;
                }
            }
        }
    }
}

/// How many connections there may be: no more than the system lets this process have.
fn slots() -> usize {
    let files = system::raise_open_files().and_then(|files| usize::try_from(files).ok());
    files.map_or(CONNECTIONS_MAX, |files| files.saturating_sub(OTHER_FILES).clamp(1, CONNECTIONS_MAX))
}

async fn connection(
    stream: TcpStream,
    site: Site,
    mut is_closing: watch::Receiver<bool>,
    slot: Option<OwnedSemaphorePermit>,
) {
    // Answers are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(BUFFER_MAX);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(site));
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = async { let _ = is_closing.wait_for(|closing| *closing).await; } => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    drop(slot);
}

fn advice(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "another program is using it. Stop that program, or choose another address with --listen".into()
        }
        std::io::ErrorKind::PermissionDenied => {
            "this user may not. Choose a port from 1024 on with --listen, as 127.0.0.1:8080".into()
        }
        _ => format!("{error}. Expected an address with a port, as 127.0.0.1:8080"),
    }
}
