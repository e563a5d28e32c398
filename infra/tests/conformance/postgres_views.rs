//! What is particular to read models in PostgreSQL: how a commit can end, and what text can be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use boxoffice_infra::postgres::PostgresViews;
use boxoffice_projections::table::{Query, TableStore as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::database;
use crate::views::{V1, V2, commit, open, put};

const OPEN: u8 = 0;
/// The next COMMIT does not reach the server.
const BEFORE: u8 = 1;
/// The next COMMIT reaches the server, and its answer nobody.
const AFTER: u8 = 2;

/// A proxy between us and the server: listens on a port of its own and passes everything on, until it is told to cut.
async fn proxy(server: u16) -> (u16, Arc<AtomicU8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, cut) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU8::new(OPEN)));
    let told = Arc::clone(&cut);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass_on(client, server, Arc::clone(&told)));
        }
    });
    (port, cut)
}

async fn pass_on(mut client: TcpStream, server: u16, cut: Arc<AtomicU8>) {
    let mut server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
    let (mut question, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut question) => {
                let Ok(1..) = read else { return };
                let question = &question[..read.unwrap()];
                let is_commit = question.windows(6).any(|word| word == b"COMMIT");
                match if is_commit { cut.swap(OPEN, Ordering::SeqCst) } else { OPEN } {
                    BEFORE => return,
                    AFTER => {
                        server.write_all(question).await.unwrap();
                        // Its answer is there, so it has happened.
                        server.readable().await.unwrap();
                        return;
                    }
                    _ => server.write_all(question).await.unwrap(),
                }
            }
            read = server.read(&mut answer) => {
                let Ok(1..) = read else { return };
                if client.write_all(&answer[..read.unwrap()]).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_commit_is_neither_lost_nor_doubled_where_its_connection_breaks() {
    let address = database::fresh().await;
    let (port, cut) = proxy(database::port()).await;
    let address = address.replace(&format!(":{}/", database::port()), &format!(":{port}/"));
    let views = PostgresViews::open(&database::connect(&address).await).await.unwrap();
    let (mut position, _) = open(&views, &V1).await;
    for (n, how) in [BEFORE, AFTER, AFTER, BEFORE, OPEN].into_iter().enumerate() {
        let changes = [put(&format!("key_{n}"), "x", 1)];
        cut.store(how, Ordering::SeqCst);
        let committed = commit(&views, &V1, position, position + 1, &changes, &[]).await;
        assert_eq!(committed.is_ok(), how == OPEN, "{committed:?}");
        // Whoever is told of a failure tries the same again, which changes something only where nothing was.
        let again = commit(&views, &V1, position, position + 1, &changes, &[]).await.unwrap();
        assert_eq!(again, how == BEFORE);
        position += 1;
        assert_eq!(open(&views, &V1).await.0, position);
        let rows = views.list("orders", &Query { limit: 100, ..Query::default() }).await.unwrap();
        assert_eq!(rows.len(), n + 1);
    }
}

#[tokio::test]
async fn text_that_postgresql_does_not_know_stops_nothing() {
    let views = PostgresViews::open(&database::connect(&database::fresh().await).await).await.unwrap();
    views.open(&V1).await.unwrap();
    assert!(commit(&views, &V1, 0, 1, &[put("a\0", "x\0y", 1)], &[]).await.unwrap());
    let found = views.get("orders", "a\0").await.unwrap().unwrap();
    assert_eq!(found["order"], "x\u{fffd}y".into());
}

#[tokio::test]
async fn what_another_server_builds_or_uses_is_not_dropped() {
    let address = database::fresh().await;
    let (ann, bob) = (database::connect(&address).await, database::connect(&address).await);
    let ann = PostgresViews::open(&ann).await.unwrap();
    let bob = PostgresViews::open(&bob).await.unwrap();
    ann.open(&V1).await.unwrap();
    bob.open(&V1).await.unwrap();
    let begun = ann.begin(&V1).await.unwrap().number;
    assert_eq!(bob.sweep(&V1).await.unwrap(), 0, "it is being built");
    assert!(ann.commit(&V1, begun, 0, 1, &[put("a", "x", 1)], &[]).await.unwrap());
    assert!(ann.promote(&V1, begun).await.unwrap());
    assert_eq!(bob.sweep(&V1).await.unwrap(), 2);
    bob.open(&V2).await.unwrap();
    assert_eq!(bob.retire_older(&V2).await.unwrap(), 0, "it is used");
    assert!(ann.get("orders", "a").await.unwrap().is_some());
}
