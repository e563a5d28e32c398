//! What every store of cursors promises.

use boxoffice_commands::effects::Cursors;
use boxoffice_infra::cursors::SqliteCursors;
use boxoffice_infra::postgres::PostgresCursors;

use crate::database;

#[tokio::test]
async fn cursors_stay_where_they_were_left_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    cursors_stay(async || SqliteCursors::open(folder.path()).await.unwrap()).await;
}

#[tokio::test]
async fn cursors_stay_where_they_were_left_in_postgresql() {
    let database = database::connect(&database::fresh().await).await;
    cursors_stay(async || PostgresCursors::open(&database).await.unwrap()).await;
}

async fn cursors_stay<C: Cursors>(open: impl AsyncFn() -> C) {
    let cursors = open().await;
    assert_eq!(cursors.load("payments").await.unwrap(), 0);
    cursors.save("payments", 7).await.unwrap();
    cursors.save("mail", 3).await.unwrap();
    cursors.save("payments", 9).await.unwrap();
    for cursors in [cursors, open().await] {
        assert_eq!(cursors.load("payments").await.unwrap(), 9);
        assert_eq!(cursors.load("mail").await.unwrap(), 3);
        assert_eq!(cursors.load("nothing").await.unwrap(), 0);
    }
}
