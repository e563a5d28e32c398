//! What read models need of a database, and what one database says otherwise than another.
//!
//! Statements name their values `$1`, `$2` …, which every database here understands.

use std::sync::Arc;

use async_trait::async_trait;
use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{ColumnType, Value};
use sqlx::{Arguments, AssertSqlSafe, ColumnIndex, Decode, Encode, SqlSafeStr as _, SqlStr, Type};

use super::fold::Condition;
use super::shape::Shape;
use crate::transact::Work;

/// What is to be done in one transaction.
pub(crate) type Job<T> = Box<dyn for<'c> FnOnce(&'c mut dyn Session) -> Work<'c, T> + Send>;

/// A database that keeps read models.
#[async_trait]
pub(crate) trait Driver: Send + Sync + 'static {
    const DIALECT: &'static Dialect;

    /// Runs a job in a transaction, to its end also where nobody waits for it any more.
    async fn transact<T: Send + 'static>(&self, job: Job<T>) -> Result<T, Outage>;

    /// Keeps what has that name from being dropped by other processes, until [`Self::release`] or the end of this
    /// one, however that comes. Several may keep the same.
    async fn keep(&self, name: &str) -> Result<(), Outage>;

    /// Does not keep it any longer.
    async fn release(&self, name: &str) -> Result<(), Outage>;

    /// Asks for rows of these columns, outside of any transaction.
    async fn read(&self, text: SqlStr, values: Vec<Value>, types: &[ColumnType]) -> Result<Cells, Outage>;
}

/// A connection within a transaction.
#[async_trait]
pub(crate) trait Session: Send {
    /// Runs a statement and tells how many rows it has changed. No value is null.
    async fn run(&mut self, text: SqlStr, values: Vec<Value>) -> Result<u64, sqlx::Error>;

    /// Asks for rows of these columns. No value is null.
    async fn rows(
        &mut self,
        text: SqlStr,
        values: Vec<Value>,
        types: &[ColumnType],
    ) -> Result<Cells, sqlx::Error>;

    /// Writes whole rows; those with the same key go.
    async fn put(&mut self, shape: &Shape, rows: Cells) -> Result<(), sqlx::Error>;

    /// Changes the same columns of rows that are there; each of `rows` is the key and then the columns.
    async fn set(
        &mut self,
        shape: &Shape,
        columns: &[usize],
        only_if: Option<&Condition>,
        rows: Cells,
    ) -> Result<(), sqlx::Error>;

    /// Deletes rows by key.
    async fn delete(&mut self, shape: &Shape, keys: Vec<String>) -> Result<(), sqlx::Error>;
}

/// Rows, each with its cells in the order of the columns.
pub(crate) type Cells = Vec<Vec<Value>>;

/// How a database says it.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// What goes before the name of a table.
    pub(crate) schema: &'static str,
    /// The type of text, which sorts by its bytes.
    pub(crate) text: &'static str,
    /// The type of integers of 64 bits.
    pub(crate) integer: &'static str,
    /// The end of what makes a table.
    pub(crate) table_end: &'static str,
    /// What an index says behind a column, so that null is the smallest.
    pub(crate) indexed: &'static str,
    /// Whether an index has the key behind its columns without being told to.
    pub(crate) has_key_in_indexes: bool,
    /// Keeps two from making or dropping tables at once, where the transaction alone does not.
    pub(crate) lock: Option<&'static str>,
    /// Asks whether no other process keeps what has that name, and nobody will until the transaction ends: 1 or 0.
    /// None where there are no other processes.
    pub(crate) is_free: Option<&'static str>,
    /// Asks for the key of a table, where dropping a great table would hold up every other writer, so that it is
    /// emptied bit by bit before.
    pub(crate) emptied_by: Option<&'static str>,
    /// Asks for the text that has made the table of that name.
    pub(crate) made_by: &'static str,
    /// Remembers that text, where the database does not by itself: a table and the text.
    pub(crate) remember: Option<fn(&str, &str) -> String>,
    /// Asks for the names of a table's indexes.
    pub(crate) indexes: &'static str,
}

/// A statement that is made of our own declarations and placeholders.
pub(crate) fn sql(text: String) -> SqlStr {
    AssertSqlSafe(Arc::<str>::from(text)).into_sql_str()
}

/// Adds a value for a placeholder.
pub(crate) fn bind_value<A>(arguments: &mut A, value: Value) -> Result<(), sqlx::Error>
where
    A: Arguments,
    Option<i64>: Encode<'static, A::Database> + Type<A::Database>,
    i64: Encode<'static, A::Database> + Type<A::Database>,
    String: Encode<'static, A::Database> + Type<A::Database>,
{
    let added = match value {
        Value::Null => arguments.add(None::<i64>),
        Value::Text(text) => arguments.add(text),
        Value::Integer(integer) => arguments.add(integer),
    };
    added.map_err(sqlx::Error::Encode)
}

/// The cells of a row.
pub(crate) fn cells<R>(row: &R, types: &[ColumnType]) -> Result<Vec<Value>, sqlx::Error>
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
    for<'r> Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
{
    let cell = |(n, column): (usize, &ColumnType)| {
        Ok(match column {
            ColumnType::Text => row.try_get::<Option<String>, _>(n)?.into(),
            ColumnType::Integer => row.try_get::<Option<i64>, _>(n)?.into(),
        })
    };
    types.iter().enumerate().map(cell).collect()
}
