//! Transactions: what all stores agree on, whichever database they are in.

use futures_util::future::BoxFuture;
use sqlx::{Connection as _, Database, SqlStr};

/// What is to become of a transaction, and what to tell.
#[derive(Debug)]
pub(crate) enum Verdict<T> {
    /// Keep what was written.
    Commit(T),
    /// Nothing was written, or what was written is not to stay.
    Rollback(T),
}

impl<T> Verdict<T> {
    pub(crate) fn into_value(self) -> T {
        match self {
            Self::Commit(value) | Self::Rollback(value) => value,
        }
    }
}

/// The body of a transaction.
pub(crate) type Work<'c, T> = BoxFuture<'c, Result<Verdict<T>, sqlx::Error>>;

/// Why a transaction did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// COMMIT was not asked for: nothing was written, and nothing will be.
    #[error("{0}")]
    BeforeCommit(sqlx::Error),
    /// COMMIT was asked for and answered with an error, or not at all: it may have happened. In SQLite its frames may
    /// be in the write-ahead log, where they count or not depending on who recovers the file; the next commit
    /// settles it, for it overwrites them. In PostgreSQL it happens at once or never, but who looks has to look
    /// with a lock.
    #[error("at the commit: {0}")]
    AtCommit(sqlx::Error),
    /// The transaction's task is gone, and with it the knowledge of how far it got.
    #[error("the transaction was abandoned")]
    Abandoned,
    /// Nothing was heard of the database for too long. It may have committed.
    #[error("the database did not answer in time")]
    Unanswered,
}

/// Whoever runs transactions.
pub(crate) trait Transact: Sync {
    /// What they run on.
    type Connection: Send;

    /// Runs `work` in a transaction, to its end also where nobody waits for it any more. `committed` is called after
    /// the commit, also then.
    fn transact<T, W, C>(&self, work: W, committed: C) -> impl Future<Output = Result<T, Failed>> + Send
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut Self::Connection) -> Work<'c, T> + Send + 'static,
        C: FnOnce(&T) + Send + 'static;
}

/// The result, and whether the connection is as it was before.
pub(crate) async fn run<D, T, W>(
    connection: &mut D::Connection,
    begin: SqlStr,
    work: W,
) -> (Result<Verdict<T>, Failed>, bool)
where
    D: Database,
    W: for<'c> FnOnce(&'c mut D::Connection) -> Work<'c, T>,
{
    let mut transaction = match connection.begin_with(begin).await {
        Ok(transaction) => transaction,
        Err(error) => return (Err(Failed::BeforeCommit(error)), false),
    };
    match work(&mut transaction).await {
        Ok(Verdict::Commit(value)) => match transaction.commit().await {
            Ok(()) => (Ok(Verdict::Commit(value)), true),
            Err(error) => (Err(Failed::AtCommit(error)), false),
        },
        Ok(rolled_back @ Verdict::Rollback(_)) => {
            let is_clean = transaction.rollback().await.is_ok();
            (Ok(rolled_back), is_clean)
        }
        Err(error) => {
            let is_clean = transaction.rollback().await.is_ok();
            (Err(Failed::BeforeCommit(error)), is_clean)
        }
    }
}
