//! Read models in `views.db`.
//!
//! `synchronous=NORMAL` is right here and nowhere else: a power loss may take the last commits, but never a part
//! of one, and the checkpoint is in the same transaction as the rows; what was lost is folded from the log again.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{ColumnType, Value};
use sqlx::SqlStr;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};

use super::driver::{Cells, Dialect, Driver, Job, Session, bind_value, cells};
use super::{Condition, Shape, Views};
use crate::database::{Bulk, Database, OpenError, Safety, Spec};
use crate::transact::Transact as _;

/// The file of the read models in the data folder. May be deleted while no server runs: it is built again.
pub const VIEWS_FILE: &str = "views.db";

/// The most rows of one statement.
const ROWS_MAX: usize = 64;

/// What there was before generations becomes generation 0.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS checkpoint (
    projection TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (projection, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parked (
    projection TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    stream     TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    PRIMARY KEY (projection, version, stream)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS built (
    name       TEXT    PRIMARY KEY,
    projection TEXT    NOT NULL,
    version    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE generation (
    projection TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    live       INTEGER NOT NULL,
    PRIMARY KEY (projection, version, generation)
) STRICT, WITHOUT ROWID;
INSERT INTO generation SELECT projection, version, 0, position, 1 FROM checkpoint;
DROP TABLE checkpoint;
ALTER TABLE parked RENAME TO parked_before;
CREATE TABLE parked (
    projection TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    stream     TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    PRIMARY KEY (projection, version, generation, stream)
) STRICT, WITHOUT ROWID;
INSERT INTO parked SELECT projection, version, 0, stream, position, reason FROM parked_before;
DROP TABLE parked_before;
ALTER TABLE built ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
";

const SPEC: Spec = Spec {
    file: VIEWS_FILE,
    schema: SCHEMA,
    schema_version: 2,
    safety: Safety::Rebuildable,
    secure_delete: false,
    readers: 4,
};

pub(super) const DIALECT: Dialect = Dialect {
    schema: "",
    text: "TEXT",
    integer: "INTEGER",
    table_end: " STRICT, WITHOUT ROWID",
    indexed: "",
    has_key_in_indexes: true,
    lock: None,
    is_free: None,
    emptied_by: Some("SELECT name FROM pragma_table_info($1) WHERE pk = 1"),
    made_by: "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = $1",
    remember: None,
    indexes: "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = $1",
};

/// The read models of a data folder.
pub type SqliteViews = Views<SqliteTables>;

/// A file with the tables of read models.
#[derive(Debug)]
pub struct SqliteTables {
    database: Database,
    statements: Arc<Statements>,
}

impl SqliteViews {
    /// Opens the read models of a data folder, and makes both unless they are there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(data: &Path) -> Result<Self, OpenError> {
        let database = Database::open(data, SPEC, None).await?;
        Ok(Self::kept_in(SqliteTables { database, statements: Arc::default() }))
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.driver.database.close().await;
    }
}

#[async_trait]
impl Driver for SqliteTables {
    const DIALECT: &'static Dialect = &DIALECT;

    async fn transact<T: Send + 'static>(&self, job: Job<T>) -> Result<T, Outage> {
        let statements = Arc::clone(&self.statements);
        let done = self.database.writer.transact(
            |connection| Box::pin(async move { job(&mut SqliteSession { connection, statements }).await }),
            |_| (),
        );
        done.await.map_err(|failed| Outage(failed.to_string()))
    }

    /// One process has the folder.
    async fn keep(&self, _: &str) -> Result<(), Outage> {
        Ok(())
    }

    async fn release(&self, _: &str) -> Result<(), Outage> {
        Ok(())
    }

    async fn read(&self, text: SqlStr, values: Vec<Value>, types: &[ColumnType]) -> Result<Cells, Outage> {
        rows(&self.database.readers, text, values, types).await.map_err(|error| Outage(error.to_string()))
    }
}

fn arguments(values: impl IntoIterator<Item = Value>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        bind_value(&mut arguments, value)?;
    }
    Ok(arguments)
}

async fn rows<'e>(
    executor: impl sqlx::SqliteExecutor<'e>,
    text: SqlStr,
    values: Vec<Value>,
    types: &[ColumnType],
) -> Result<Cells, sqlx::Error> {
    let rows = sqlx::query_with(text, arguments(values)?).fetch_all(executor).await?;
    rows.iter().map(|row| cells(row, types)).collect()
}

struct SqliteSession<'c> {
    connection: &'c mut SqliteConnection,
    statements: Arc<Statements>,
}

impl SqliteSession<'_> {
    /// Runs a statement over rows; `last` is bound after the rows of each.
    async fn many(&mut self, bulk: &Bulk, rows: Cells, last: &[Value]) -> Result<(), sqlx::Error> {
        let parts: Vec<(usize, SqlStr)> = bulk.parts(rows.len()).collect();
        let mut rest = rows.into_iter();
        for (size, text) in parts {
            let arguments = arguments(rest.by_ref().take(size).flatten().chain(last.iter().cloned()))?;
            sqlx::query_with(text, arguments).execute(&mut *self.connection).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Session for SqliteSession<'_> {
    async fn run(&mut self, text: SqlStr, values: Vec<Value>) -> Result<u64, sqlx::Error> {
        let query = sqlx::query_with(text, arguments(values)?);
        query.execute(&mut *self.connection).await.map(|done| done.rows_affected())
    }

    async fn rows(
        &mut self,
        text: SqlStr,
        values: Vec<Value>,
        types: &[ColumnType],
    ) -> Result<Cells, sqlx::Error> {
        rows(&mut *self.connection, text, values, types).await
    }

    async fn put(&mut self, shape: &Shape, cells: Cells) -> Result<(), sqlx::Error> {
        let bulk = self.statements.get(shape, Form::Put, || {
            let before = format!("INSERT OR REPLACE INTO {} ({}) VALUES", shape.physical, shape.columns);
            Bulk::new(&before, &placeholders(shape.types.len()), "", ROWS_MAX)
        });
        self.many(&bulk, cells, &[]).await
    }

    async fn set(
        &mut self,
        shape: &Shape,
        columns: &[usize],
        only_if: Option<&Condition>,
        cells: Cells,
    ) -> Result<(), sqlx::Error> {
        let condition = only_if.map(|condition| (condition.column, condition.is_one_of.len()));
        let bulk = self
            .statements
            .get(shape, Form::Set(columns.to_vec(), condition), || set(shape, columns, condition));
        self.many(&bulk, cells, only_if.map_or(&[], |condition| &condition.is_one_of)).await
    }

    async fn delete(&mut self, shape: &Shape, keys: Vec<String>) -> Result<(), sqlx::Error> {
        let bulk = self.statements.get(shape, Form::Delete, || {
            let before = format!("DELETE FROM {} WHERE {} IN (", shape.physical, shape.quoted(0));
            Bulk::new(&before, "?", ")", ROWS_MAX)
        });
        let rows = keys.into_iter().map(|key| vec![Value::Text(key)]).collect();
        self.many(&bulk, rows, &[]).await
    }
}

fn placeholders(count: usize) -> String {
    format!("({})", vec!["?"; count].join(", "))
}

/// The statement that changes columns of rows by key. Its values are, for each row, the key and then the columns;
/// after all rows come those that the column of the condition may hold.
fn set(shape: &Shape, columns: &[usize], condition: Option<(usize, usize)>) -> Bulk {
    let assign = |(n, column): (usize, &usize)| format!("{} = new.column{}", shape.quoted(*column), n + 2);
    let assignments = columns.iter().enumerate().map(assign).collect::<Vec<_>>().join(", ");
    let before = format!("UPDATE {} SET {assignments} FROM (VALUES", shape.physical);
    let condition = condition.map_or_else(String::new, |(column, values)| {
        format!(" AND {}.{} IN {}", shape.physical, shape.quoted(column), placeholders(values))
    });
    let after = format!(") AS new WHERE {}.{} = new.column1{condition}", shape.physical, shape.quoted(0));
    Bulk::new(&before, &placeholders(columns.len() + 1), &after, ROWS_MAX)
}

/// The statements over many rows, by table.
#[derive(Debug, Default)]
struct Statements(Mutex<HashMap<(String, Form), Arc<Bulk>>>);

/// What makes one statement over rows of a table differ from another.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Form {
    Put,
    /// The columns that change, and the column of the condition with the number of values that it may hold.
    Set(Vec<usize>, Option<(usize, usize)>),
    Delete,
}

impl Statements {
    fn get(&self, shape: &Shape, form: Form, make: impl FnOnce() -> Bulk) -> Arc<Bulk> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bulk = known.entry((shape.physical.clone(), form)).or_insert_with(|| Arc::new(make()));
        Arc::clone(bulk)
    }
}
