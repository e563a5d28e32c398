//! Transactions of what is beside the log. Each takes a connection of the pool and gives it back only when it ended
//! cleanly; otherwise the connection is closed, and the server rolls back what was open.

use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlStr;
use sqlx::postgres::{PgConnection, PgPool};
use tokio::sync::Semaphore;

use crate::tasks;
use crate::transact::{self, Failed, Transact, Verdict, Work};

/// How long a transaction may take, which is longer than any that the server answers.
const TRANSACTION_TIMEOUT: Duration = Duration::from_mins(1);

/// How many transactions of one store there may be at once, so that connections for reading remain.
const SIDE_BY_SIDE: usize = 4;

/// Runs transactions for one store.
#[derive(Debug)]
pub(super) struct Transactions {
    pool: PgPool,
    turns: Arc<Semaphore>,
    begin: &'static str,
}

impl Transactions {
    /// Several at once, of what can be made again from the log: a crash of the server may take the last of them, each
    /// as a whole, and nobody waits for its disk.
    pub(super) fn of_what_can_be_rebuilt(pool: PgPool) -> Self {
        let begin = "BEGIN; SET LOCAL synchronous_commit = off";
        Self { pool, turns: Arc::new(Semaphore::new(SIDE_BY_SIDE)), begin }
    }

    /// One after the other, in the order in which they are asked for.
    pub(super) fn in_turn(pool: PgPool) -> Self {
        Self { pool, turns: Arc::new(Semaphore::new(1)), begin: "BEGIN" }
    }
}

impl Transact for Transactions {
    type Connection = PgConnection;

    async fn transact<T, W, C>(&self, work: W, committed: C) -> Result<T, Failed>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut PgConnection) -> Work<'c, T> + Send + 'static,
        C: FnOnce(&T) + Send + 'static,
    {
        let (pool, turns) = (self.pool.clone(), Arc::clone(&self.turns));
        let begin = SqlStr::from_static(self.begin);
        tasks::apart(async move {
            let Ok(_turn) = turns.acquire().await else { return Err(Failed::Abandoned) };
            let mut connection = pool.acquire().await.map_err(Failed::BeforeCommit)?;
            let running = transact::run::<sqlx::Postgres, _, _>(&mut connection, begin, work);
            let ran = tokio::time::timeout(TRANSACTION_TIMEOUT, running).await;
            let (result, is_clean) = ran.unwrap_or((Err(Failed::Unanswered), false));
            if let Ok(Verdict::Commit(value)) = &result {
                committed(value);
            }
            if !is_clean {
                drop(connection.detach());
            }
            result.map(Verdict::into_value)
        })
        .await
        .unwrap_or(Err(Failed::Abandoned))
    }
}
