//! The one connection that writes to a file.
//!
//! A transaction runs in a task of its own: whoever waits for it may go away at any moment (a client that hangs
//! up, a time-out) and it still ends by itself, committed or rolled back, with the connection in order. The
//! connection is taken out of its slot for the length of a transaction and put back only when the transaction
//! ended cleanly; otherwise the next one makes a new connection, and SQLite has rolled back what was open.

use std::fs::File;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, SqlStr, Sqlite};
use tokio::sync::Mutex;

use crate::transact::{Failed, Transact, Verdict, Work};
use crate::{tasks, transact};

#[derive(Debug)]
pub(crate) struct Writer {
    slot: Arc<Slot>,
}

#[derive(Debug)]
struct Slot {
    connection: Mutex<Option<SqliteConnection>>,
    options: SqliteConnectOptions,
    /// Here, and not with the store, because a transaction outlives the store when that is dropped.
    _lock: Option<File>,
}

impl Writer {
    pub(crate) fn new(
        connection: SqliteConnection,
        options: SqliteConnectOptions,
        lock: Option<File>,
    ) -> Self {
        Self { slot: Arc::new(Slot { connection: Mutex::new(Some(connection)), options, _lock: lock }) }
    }

    /// Runs one statement outside of a transaction, as SQLite asks for some of its pragmas.
    pub(crate) async fn run(&self, statement: &'static str) -> Result<(), sqlx::Error> {
        let mut slot = self.slot.connection.lock().await;
        let mut connection = self.slot.take(&mut slot).await?;
        sqlx::raw_sql(statement).execute(&mut connection).await?;
        *slot = Some(connection);
        Ok(())
    }

    pub(crate) async fn close(&self) {
        if let Some(connection) = self.slot.connection.lock().await.take() {
            close(connection).await;
        }
    }
}

impl Transact for Writer {
    type Connection = SqliteConnection;

    /// The transaction holds the write lock from its beginning.
    async fn transact<T, W, C>(&self, work: W, committed: C) -> Result<T, Failed>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
        C: FnOnce(&T) + Send + 'static,
    {
        let slot = Arc::clone(&self.slot);
        tasks::apart(async move { slot.transact(work, committed).await })
            .await
            .unwrap_or(Err(Failed::Abandoned))
    }
}

impl Slot {
    async fn take(&self, slot: &mut Option<SqliteConnection>) -> Result<SqliteConnection, sqlx::Error> {
        match slot.take() {
            Some(connection) => Ok(connection),
            None => self.options.connect().await,
        }
    }

    async fn transact<T, W, C>(&self, work: W, committed: C) -> Result<T, Failed>
    where
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T>,
        C: FnOnce(&T),
    {
        let mut slot = self.connection.lock().await;
        let mut connection = self.take(&mut slot).await.map_err(Failed::BeforeCommit)?;
        let (result, is_clean) =
            transact::run::<Sqlite, _, _>(&mut connection, SqlStr::from_static("BEGIN IMMEDIATE"), work)
                .await;
        if let Ok(Verdict::Commit(value)) = &result {
            committed(value);
        }
        if is_clean {
            *slot = Some(connection);
        } else {
            close(connection).await;
        }
        result.map(Verdict::into_value)
    }
}

async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "a connection to SQLite did not close well");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::super::{Database, testing};
    use super::*;

    /// Writes a note that names a place; place 1 alone is there.
    fn note(database: &Database, id: i64, place: i64) -> impl Future<Output = Result<(), Failed>> {
        database.writer.transact(
            move |connection| {
                Box::pin(async move {
                    sqlx::query("INSERT OR IGNORE INTO place VALUES (1)").execute(&mut *connection).await?;
                    let query = sqlx::query("INSERT INTO note VALUES (?, ?)").bind(id).bind(place);
                    query.execute(&mut *connection).await.map(|_| Verdict::Commit(()))
                })
            },
            |()| (),
        )
    }

    #[tokio::test]
    async fn a_failure_leaves_a_writer_that_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let database = testing::open(folder.path()).await;
        note(&database, 1, 1).await.unwrap();
        // The same id: refused at once. No such place: refused at the commit.
        assert!(matches!(note(&database, 1, 1).await, Err(Failed::BeforeCommit(_))));
        assert!(matches!(note(&database, 2, 7).await, Err(Failed::AtCommit(_))));
        note(&database, 3, 1).await.unwrap();
        let rolled_back = database.writer.transact(
            |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM note").execute(connection).await?;
                    Ok(Verdict::Rollback(42))
                })
            },
            |_| panic!("nothing was committed"),
        );
        assert_eq!(rolled_back.await.unwrap(), 42);
        assert_eq!(testing::notes(&database).await, [1, 3]);
    }

    #[tokio::test]
    async fn a_panic_rolls_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = testing::open(folder.path()).await;
        let work = database.writer.transact(
            |connection| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO note VALUES (1, NULL)").execute(&mut *connection).await?;
                    panic!("on purpose");
                })
            },
            |()| (),
        );
        assert!(matches!(work.await, Err(Failed::Abandoned)));
        note(&database, 2, 1).await.unwrap();
        assert_eq!(testing::notes(&database).await, [2]);
    }

    #[tokio::test]
    async fn a_transaction_ends_although_nobody_waits() {
        let folder = tempfile::tempdir().unwrap();
        let database = testing::open(folder.path()).await;
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = tokio::sync::oneshot::channel();
        let committed = Arc::new(AtomicBool::new(false));
        let is_committed = Arc::clone(&committed);
        let mut work = Box::pin(database.writer.transact(
            |connection| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO note VALUES (1, NULL)").execute(&mut *connection).await?;
                    begun.send(()).unwrap();
                    may_go_on.await.unwrap();
                    Ok(Verdict::Commit(()))
                })
            },
            move |()| committed.store(true, Ordering::SeqCst),
        ));
        tokio::select! {
            _ = &mut work => panic!("it waits"),
            begun = has_begun => begun.unwrap(),
        }
        drop(work);
        go_on.send(()).unwrap();
        note(&database, 2, 1).await.unwrap();
        assert!(is_committed.load(Ordering::SeqCst));
        assert_eq!(testing::notes(&database).await, [1, 2]);
    }
}
