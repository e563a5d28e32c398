//! What other servers must not drop: shared advisory locks on a connection of their own.
//!
//! The database gives them back when the connection ends, and so also when this process is killed. A connection that
//! was lost is made again with the next lock, with all that it had; what is dropped in between is found missing by
//! whoever builds or reads it, and built again.

use std::collections::BTreeSet;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnection, PgPool};
use tokio::sync::Mutex;

const LOCK: &str = "SELECT pg_advisory_lock_shared(1651470182, hashtext($1))";
const UNLOCK: &str = "SELECT pg_advisory_unlock_shared(1651470182, hashtext($1))";

/// The locks of one process.
#[derive(Debug)]
pub(super) struct Kept {
    pool: PgPool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    names: BTreeSet<String>,
    connection: Option<PgConnection>,
}

impl Kept {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool, state: Mutex::default() }
    }

    pub(super) async fn add(&self, name: &str) -> Result<(), sqlx::Error> {
        let mut state = self.state.lock().await;
        if let Some(connection) = &mut state.connection
            && connection.ping().await.is_err()
        {
            state.connection = None;
        }
        let is_news = state.names.insert(name.to_owned());
        let State { names, connection } = &mut *state;
        if let Some(open) = connection {
            let locked = if is_news { run(open, LOCK, name).await } else { Ok(()) };
            if locked.is_err() {
                *connection = None;
            }
            return locked;
        }
        let mut opened = PgConnection::connect_with(&self.pool.connect_options()).await?;
        for name in &*names {
            run(&mut opened, LOCK, name).await?;
        }
        *connection = Some(opened);
        Ok(())
    }

    pub(super) async fn remove(&self, name: &str) -> Result<(), sqlx::Error> {
        let mut state = self.state.lock().await;
        if !state.names.remove(name) {
            return Ok(());
        }
        match &mut state.connection {
            Some(connection) => run(connection, UNLOCK, name).await,
            None => Ok(()),
        }
    }
}

async fn run(connection: &mut PgConnection, text: &'static str, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query(text).bind(name).execute(connection).await.map(drop)
}
