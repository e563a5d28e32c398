//! Group commit for small rows: whatever came while the last transaction ran goes into the next one together.
//!
//! A row stays here until it is written, also where a transaction fails or whoever put it here has gone away; the
//! next one takes it along. So a caller that is told of a failure may simply ask again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as Turn;

use crate::transact::{Failed, Transact, Work};

/// Rows by key; of two rows with the same key the later one counts.
#[derive(Debug)]
pub(crate) struct Together<K, R> {
    waiting: Arc<Mutex<Waiting<K, R>>>,
    turn: Turn<()>,
    rows_max: usize,
}

#[derive(Debug)]
struct Waiting<K, R> {
    rows: HashMap<K, (Ticket, R)>,
    given: Ticket,
    written: Ticket,
}

/// What is written once everything up to it is.
pub(crate) type Ticket = u64;

/// There are as many rows waiting as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much is waiting to be written")]
pub(crate) struct Full;

impl<K, R> Together<K, R>
where
    K: Eq + Hash + Copy + Send + 'static,
    R: Clone + Send + 'static,
{
    pub(crate) fn new(rows_max: usize) -> Self {
        let waiting = Waiting { rows: HashMap::new(), given: 0, written: 0 };
        Self { waiting: Arc::new(Mutex::new(waiting)), turn: Turn::new(()), rows_max }
    }

    /// Puts a row in line; [`Self::written`] tells when it is there.
    pub(crate) fn put(&self, key: K, row: R) -> Result<Ticket, Full> {
        let mut waiting = self.waiting();
        if waiting.rows.len() >= self.rows_max && !waiting.rows.contains_key(&key) {
            return Err(Full);
        }
        waiting.given += 1;
        let ticket = waiting.given;
        waiting.rows.insert(key, (ticket, row));
        Ok(ticket)
    }

    /// Takes a row out of the line.
    pub(crate) fn forget(&self, key: &K) {
        self.waiting().rows.remove(key);
    }

    pub(crate) fn is_waiting(&self, key: &K) -> bool {
        self.waiting().rows.contains_key(key)
    }

    /// The ticket of everything that was put here so far.
    pub(crate) fn everything(&self) -> Ticket {
        self.waiting().given
    }

    /// Returns once the row of `ticket`, and all before it, are durable. Whoever comes first writes for all.
    pub(crate) async fn written<X, I>(&self, ticket: Ticket, writer: &X, insert: I) -> Result<(), Failed>
    where
        X: Transact,
        I: for<'c> FnOnce(&'c mut X::Connection, Vec<R>) -> Work<'c, ()> + Send + 'static,
    {
        let _turn = self.turn.lock().await;
        let (upto, rows) = {
            let waiting = self.waiting();
            if waiting.written >= ticket {
                return Ok(());
            }
            let rows: Vec<R> = waiting.rows.values().map(|(_, row)| row.clone()).collect();
            (waiting.given, rows)
        };
        let line = Arc::clone(&self.waiting);
        let done = move |(): &()| {
            let mut waiting = line.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.written = waiting.written.max(upto);
            waiting.rows.retain(|_, (ticket, _)| *ticket > upto);
        };
        writer.transact(move |connection| insert(connection, rows), done).await
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<K, R>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteConnection;

    use super::*;
    use crate::database::testing;
    use crate::transact::Verdict;

    async fn write(
        connection: &mut SqliteConnection,
        rows: Vec<(i64, i64)>,
    ) -> Result<Verdict<()>, sqlx::Error> {
        sqlx::query("INSERT OR IGNORE INTO place VALUES (1)").execute(&mut *connection).await?;
        for (id, place) in rows {
            sqlx::query("INSERT INTO note VALUES (?, ?)")
                .bind(id)
                .bind(place)
                .execute(&mut *connection)
                .await?;
        }
        Ok(Verdict::Commit(()))
    }

    #[tokio::test]
    async fn rows_wait_until_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let database = testing::open(folder.path()).await;
        let line = Together::new(2);
        let written = async |ticket| {
            line.written(ticket, &database.writer, |connection, rows| Box::pin(write(connection, rows))).await
        };
        let wrong = line.put(1, (1, 7)).unwrap();
        assert!(written(wrong).await.is_err());
        let other = line.put(2, (2, 1)).unwrap();
        assert_eq!(line.put(3, (3, 1)), Err(Full));
        assert!(written(other).await.is_err(), "the wrong one is taken along");
        assert!(line.is_waiting(&1));
        let right = line.put(1, (1, 1)).unwrap();
        assert_eq!(line.everything(), right);
        written(other).await.unwrap();
        assert!(!line.is_waiting(&1));
        written(right).await.unwrap();
        let forgotten = line.put(3, (3, 1)).unwrap();
        line.forget(&3);
        written(forgotten).await.unwrap();
        assert_eq!(testing::notes(&database).await, [1, 2]);
    }
}
