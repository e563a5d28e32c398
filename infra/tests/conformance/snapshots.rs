//! What every store of snapshots promises.

use std::sync::Arc;

use boxoffice_commands::snapshots::Snapshots;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::StreamName;
use boxoffice_domain::snapshot::{Snapshot, TakenAt};
use boxoffice_domain::time::Timestamp;
use boxoffice_infra::postgres::{Postgres, PostgresSnapshots};
use boxoffice_infra::snapshots::{SNAPSHOTS_FILE, SqliteSnapshots};
use boxoffice_projections::snapshots::ViewSnapshots;
use tempfile::TempDir;

use crate::database;

/// Both sides of a store.
trait Store: Snapshots + ViewSnapshots {}

impl<S: Snapshots + ViewSnapshots> Store for S {}

/// Where a store is, which may be opened again and again.
trait Place {
    async fn open(&self) -> Arc<dyn Store>;
}

impl Place for TempDir {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteSnapshots::open(self.path()).await.unwrap())
    }
}

impl Place for Postgres {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(PostgresSnapshots::open(self).await.unwrap())
    }
}

macro_rules! every_store {
    ($($promise:ident),+ $(,)?) => {
        mod postgres {$(
            #[tokio::test]
            async fn $promise() {
                super::$promise(super::database::connect(&super::database::fresh().await).await).await;
            }
        )+}
        mod sqlite {$(
            #[tokio::test]
            async fn $promise() {
                super::$promise(tempfile::tempdir().unwrap()).await;
            }
        )+}
    };
}

every_store![
    a_snapshot_is_found_as_it_was_kept,
    the_later_one_stays,
    another_version_of_the_program_begins_anew,
    what_is_of_no_use_is_let_go,
    tens_of_megabytes_are_kept,
];

fn stream(n: u8) -> StreamName {
    StreamName::from_log(&format!("inventory-event_{n}"))
}

fn snapshot(position: u64, code_version: u32, bytes: Vec<u8>) -> Snapshot {
    let taken_at = TakenAt {
        stream: stream(1),
        version: position - 1,
        position,
        log_time: Timestamp::from_unix_ms(1_700_000_000_123),
        hash: Digest::of(&[&position.to_be_bytes()]),
    };
    Snapshot::sealed("state", taken_at, code_version, bytes)
}

async fn load(store: &Arc<dyn Store>) -> Option<Snapshot> {
    Snapshots::load(&**store, "state", &stream(1)).await.unwrap()
}

async fn save(store: &Arc<dyn Store>, snapshot: &Snapshot) {
    Snapshots::save(&**store, snapshot.clone()).await.unwrap();
}

async fn a_snapshot_is_found_as_it_was_kept(place: impl Place) {
    let store = place.open().await;
    assert_eq!(load(&store).await, None);
    let kept = snapshot(7, u32::MAX, vec![0, 1, 255]);
    save(&store, &kept).await;
    for store in [&store, &place.open().await] {
        assert_eq!(load(store).await, Some(kept.clone()));
        assert_eq!(ViewSnapshots::load(&**store, "state", &stream(1)).await.unwrap(), Some(kept.clone()));
        assert_eq!(Snapshots::load(&**store, "show", &stream(1)).await.unwrap(), None);
        assert_eq!(Snapshots::load(&**store, "state", &stream(2)).await.unwrap(), None);
    }
    let view = Snapshot { kind: "show", ..kept.clone() };
    ViewSnapshots::save(&*store, view.clone()).await.unwrap();
    assert_eq!(Snapshots::load(&*store, "show", &stream(1)).await.unwrap(), Some(view));
    assert_eq!(load(&store).await, Some(kept));
}

async fn the_later_one_stays(place: impl Place) {
    let store = place.open().await;
    for position in [7, 9, 8, 9] {
        save(&store, &snapshot(position, 1, vec![u8::try_from(position).unwrap()])).await;
    }
    assert_eq!(load(&store).await, Some(snapshot(9, 1, vec![9])));
}

async fn another_version_of_the_program_begins_anew(place: impl Place) {
    let store = place.open().await;
    save(&store, &snapshot(9, 1, vec![1])).await;
    save(&store, &snapshot(5, 2, vec![2])).await;
    assert_eq!(load(&store).await, Some(snapshot(5, 2, vec![2])));
}

async fn what_is_of_no_use_is_let_go(place: impl Place) {
    let store = place.open().await;
    let (former, latter) = (snapshot(7, 1, vec![1]), snapshot(9, 1, vec![2]));
    save(&store, &latter).await;
    Snapshots::discard(&*store, &former).await.unwrap();
    assert_eq!(load(&store).await, Some(latter.clone()), "it was replaced meanwhile");
    ViewSnapshots::discard(&*store, &latter).await.unwrap();
    assert_eq!(load(&store).await, None);
    save(&store, &former).await;
    assert_eq!(load(&store).await, Some(former));
}

async fn tens_of_megabytes_are_kept(place: impl Place) {
    let store = place.open().await;
    let bytes: Vec<u8> = (0..40_u32 << 20).map(|n| (n % 251).to_le_bytes()[0]).collect();
    for position in [2, 3] {
        let kept = snapshot(position, 1, bytes.clone());
        save(&store, &kept).await;
        assert!(load(&store).await == Some(kept));
    }
}

#[tokio::test]
async fn the_file_may_be_deleted_while_no_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteSnapshots::open(folder.path()).await.unwrap();
    Snapshots::save(&store, snapshot(2, 1, vec![1])).await.unwrap();
    store.close().await;
    std::fs::remove_file(folder.path().join(SNAPSHOTS_FILE)).unwrap();
    assert_eq!(load(&folder.open().await).await, None);
}

#[tokio::test]
async fn a_file_that_is_none_of_ours_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(SNAPSHOTS_FILE), [7; 9_000]).unwrap();
    let store = folder.open().await;
    save(&store, &snapshot(2, 1, vec![1])).await;
    assert_eq!(load(&store).await, Some(snapshot(2, 1, vec![1])));
}
