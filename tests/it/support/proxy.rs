//! A wire to a PostgreSQL that can be cut at an append: before it reaches the database, or before the answer returns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the statement of an append has and no other.
const APPEND: &[u8] = b"INSERT INTO boxoffice_log.event";

/// When the wire is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The next append never reaches the database.
    BeforeItArrives,
    /// The next append reaches the database, and its answer never returns.
    BeforeTheAnswer,
}

struct Wire {
    cut: watch::Sender<Option<Cut>>,
    cuts: AtomicUsize,
}

/// The wire.
pub(crate) struct Proxy {
    port: u16,
    wire: Arc<Wire>,
}

impl Proxy {
    /// To the database at a port of this machine.
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Wire { cut: watch::Sender::new(None), cuts: AtomicUsize::new(0) });
        let shared = Arc::clone(&wire);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { continue };
                tokio::spawn(carry(client, server, Arc::clone(&shared)));
            }
        });
        Self { port, wire }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the wire at the next append.
    pub(crate) fn cut(&self, cut: Cut) {
        self.wire.cut.send_replace(Some(cut));
    }

    /// How often it was cut.
    pub(crate) fn cuts(&self) -> usize {
        self.wire.cuts.load(Ordering::Relaxed)
    }
}

/// Carries bytes both ways until one side ends or the wire is cut; both sides end with it.
async fn carry(client: TcpStream, server: TcpStream, wire: Arc<Wire>) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let (silence, is_silent) = watch::channel(false);
    tokio::select! {
        () = requests(from_client, to_server, &wire, &silence) => {}
        () = answers(from_server, to_client, is_silent) => {}
    }
}

async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    wire: &Wire,
    silence: &watch::Sender<bool>,
) {
    let (mut part, mut appends) = (vec![0; 1 << 20], false);
    while let Ok(count @ 1..) = client.read(&mut part).await {
        let bytes = &part[..count];
        appends |= bytes.windows(APPEND.len()).any(|window| window == APPEND);
        // Once the statement is prepared, this connection does nothing but append.
        if appends && let Some(cut) = wire.cut.send_replace(None) {
            wire.cuts.fetch_add(1, Ordering::Relaxed);
            if cut == Cut::BeforeItArrives {
                return;
            }
            silence.send_replace(true);
        }
        if server.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn answers(mut server: OwnedReadHalf, mut client: OwnedWriteHalf, is_silent: watch::Receiver<bool>) {
    let mut part = vec![0; 1 << 20];
    while let Ok(count @ 1..) = server.read(&mut part).await {
        // The database has answered, so what it was asked is done; nobody hears of it.
        if *is_silent.borrow() || client.write_all(&part[..count]).await.is_err() {
            return;
        }
    }
}
