//! What the log is measured against by `boxoffice bench`: plain tables of the same store, with the settings of the log.
//!
//! Nothing here is part of the product's data: the tables live in a file, or a schema, of their own.

use async_trait::async_trait;
use boxoffice_domain::log::{NewEvent, StreamName};

mod postgres;
mod sqlite;

pub use postgres::{PostgresTable, Yardstick};
pub use sqlite::SqliteTable;

/// A baseline that could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BaselineError(String);

impl From<sqlx::Error> for BaselineError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a table of rows is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexes {
    /// By nothing: rows are put down, and that is all.
    None,
    /// By what the events of the log are found by: position, and version within a stream.
    OfTheLog,
}

/// A table with the columns of the log's events, which takes rows as they come: nobody looks where a stream stands,
/// counts positions or links hashes.
#[async_trait]
pub trait BareTable: Send {
    /// Puts rows down in one transaction, durable as an append to the log is.
    ///
    /// # Errors
    /// [`BaselineError`].
    async fn insert(&mut self, stream: &StreamName, events: Vec<NewEvent>) -> Result<(), BaselineError>;
}
