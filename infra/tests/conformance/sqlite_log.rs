//! What only a log on disk can promise.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use boxoffice_commands::log::{Documents, EventLog};
use boxoffice_infra::OpenError;
use boxoffice_infra::archive::Archive as _;
use boxoffice_infra::sqlite::{LOG_FILE, SqliteLog};
use boxoffice_projections::feed::LogFeed;
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::batches::{Owner, check_whole, stream};

async fn raw(folder: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", folder.join(LOG_FILE).display())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_opened_again_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(folder.path()).await.unwrap();
    let mut ann = Owner::claim(&log, stream(1)).await;
    ann.append(&log, 10).await;
    let digest = log.keep(b"a plan").await.unwrap();
    drop(log);
    for round in 1..4 {
        let log = SqliteLog::open(folder.path()).await.unwrap();
        assert_eq!(LogFeed::head(&log), ann.version, "known before anything is read");
        ann = Owner::claim(&log, stream(1)).await;
        assert_eq!(ann.epoch, round + 1);
        ann.append(&log, 3).await;
        assert_eq!(check_whole(&log).await, ann.version);
        assert_eq!(log.find(digest).await.unwrap().unwrap().as_ref(), b"a plan");
        if round == 2 {
            log.close().await;
            assert!(!folder.path().join("log.db-wal").exists(), "closed cleanly");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_has_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/data");
    let log = SqliteLog::open(&data).await.unwrap();
    let error = SqliteLog::open(&data).await.unwrap_err();
    assert!(matches!(error, OpenError::InUse(_)));
    assert_eq!(error.to_string(), format!("another server is using this data folder: {}", data.display()));
    drop(log);
    SqliteLog::open(&data).await.unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_on_the_machine_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let log = SqliteLog::open(&data).await.unwrap();
    Owner::claim(&log, stream(1)).await.append(&log, 1).await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteLog::open(folder.path()).await.unwrap());
    let mut connection = raw(folder.path()).await;
    sqlx::query("PRAGMA user_version = 99").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let error = SqliteLog::open(folder.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 99, known: 1, .. }), "{error}");
    assert!(matches!(SqliteLog::open_read_only(folder.path()).await, Err(OpenError::Newer { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_stand_beside_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(SqliteLog::open_read_only(folder.path()).await, Err(OpenError::Missing(_))));
    let log = Arc::new(SqliteLog::open(folder.path()).await.unwrap());
    let mut ann = Owner::claim(&*log, stream(1)).await;
    let bob = Owner::claim(&*log, stream(2)).await;
    let reader = SqliteLog::open_read_only(folder.path()).await.unwrap();
    let empty = reader.heads().await.unwrap();
    assert_eq!((empty.position, empty.streams.len()), (0, 0), "a claim is no event");

    let waiter =
        async { tokio::time::timeout(Duration::from_secs(20), reader.wait_beyond(11)).await.unwrap() };
    let writer = async {
        for _ in 0..4 {
            ann.append(&*log, 3).await;
        }
    };
    tokio::join!(waiter, writer);
    assert_eq!(LogFeed::head(&reader), 12);
    assert_eq!(check_whole(&reader).await, 12);
    let events = reader.events(0, 100).await.unwrap();
    let expected: Vec<_> = (1..).zip(events.iter().map(|event| event.to_line().unwrap())).collect();
    assert_eq!(reader.page(1, 100).await.unwrap().lines(), expected);
    assert_eq!(reader.page(5, 2).await.unwrap().lines(), expected[4..6]);
    let heads = reader.heads().await.unwrap();
    assert_eq!((heads.position, heads.found, heads.streams.len()), (12, Some((1, 12)), 1));
    assert_eq!(heads.fault(), None);
    assert_eq!((&heads.streams[0].stream, heads.streams[0].version), (&ann.stream, 12));
    assert_eq!(heads.streams[0].head, ann.head);
    assert_eq!(bob.version, 0);

    let mut digests = Vec::new();
    for n in 0..20_u8 {
        digests.push(log.keep(&[n; 1_000]).await.unwrap());
    }
    digests.sort();
    let (mut documents, mut after) = (Vec::new(), None);
    while let Some(document) = reader.next_document(after).await.unwrap() {
        after = Some(document.0);
        documents.push(document);
    }
    assert_eq!(documents.iter().map(|(digest, _)| *digest).collect::<Vec<_>>(), digests);
    assert!(documents.iter().all(|(_, content)| content.len() == 1_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_server_left_behind_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let killed = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(folder.path()).await.unwrap();
    Owner::claim(&log, stream(1)).await.append(&log, 50).await;
    for file in ["log.db", "log.db-wal"] {
        std::fs::copy(folder.path().join(file), killed.path().join(file)).unwrap();
    }
    assert!(std::fs::metadata(killed.path().join("log.db-wal")).unwrap().len() > 0);
    let reader = SqliteLog::open_read_only(killed.path()).await.unwrap();
    assert_eq!(check_whole(&reader).await, 50);
    reader.close().await;
    // What was found is durable before anybody relies on it.
    let log = SqliteLog::open(killed.path()).await.unwrap();
    assert_eq!(std::fs::metadata(killed.path().join("log.db-wal")).unwrap().len(), 0);
    assert_eq!(check_whole(&log).await, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiter_learns_of_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(folder.path()).await.unwrap();
    let mut connection = raw(folder.path()).await;
    let waiter = tokio::time::timeout(Duration::from_secs(20), log.wait_beyond(0));
    let append = sqlx::query("UPDATE head SET position = 5 WHERE partition = 0").execute(&mut connection);
    let (woken, appended) = tokio::join!(waiter, append);
    woken.unwrap();
    appended.unwrap();
    assert_eq!(EventLog::head(&log), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_can_be_read_with_nothing_but_sql() {
    let folder = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(folder.path()).await.unwrap();
    let owner = Owner::claim(&log, stream(1)).await;
    log.append([owner.batch(&[r#"{"hold":"hold_x"}"#])].into()).await.unwrap();
    let mut connection = raw(folder.path()).await;
    let text =
        "SELECT position, stream, version, type, log_time, payload ->> 'hold', length(hash) FROM event";
    let row = sqlx::query(text).fetch_one(&mut connection).await.unwrap();
    assert_eq!((row.get::<i64, _>(0), row.get::<String, _>(1)), (1, stream(1).to_string()));
    assert_eq!((row.get::<i64, _>(2), row.get::<String, _>(3)), (1, "hold_released".to_owned()));
    assert_eq!((row.get::<i64, _>(4), row.get::<String, _>(5)), (1_700_000_000_010, "hold_x".to_owned()));
    assert_eq!(row.get::<i64, _>(6), 32);
    let indexes = "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'event'";
    let count: i64 = sqlx::query_scalar(indexes).fetch_one(&mut connection).await.unwrap();
    assert_eq!(count, 1, "(stream, version); the other is the table itself");
}
