//! Read models in PostgreSQL, in the schema `boxoffice_views`.
//!
//! A commit whose answer was lost is safe, because it begins with the checkpoint: whoever tries it again waits for
//! the first one to end and then finds the checkpoint moved.

use async_trait::async_trait;
use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{ColumnType, Value};
use sqlx::postgres::{PgArguments, PgConnection, PgPool};
use sqlx::{Arguments as _, SqlStr};

use super::kept::Kept;
use super::transactions::Transactions;
use super::{Postgres, PostgresError, migrations};
use crate::transact::Transact as _;
use crate::views::{Cells, Condition, Dialect, Driver, Job, Session, Shape, Views, bind_value, cells, sql};

const DIALECT: Dialect = Dialect {
    schema: "boxoffice_views.",
    text: "text COLLATE \"C\"",
    integer: "bigint",
    // Rows change a few times soon after they are made: with room beside them, no index has to know.
    table_end: " WITH (fillfactor = 60)",
    indexed: " NULLS FIRST",
    has_key_in_indexes: false,
    // Any number, but always this.
    lock: Some("SELECT pg_advisory_xact_lock(108170201821543)"),
    is_free: Some(
        "SELECT CASE WHEN pg_try_advisory_xact_lock(1651470182, hashtext($1)) THEN 1::bigint ELSE 0 END",
    ),
    emptied_by: None,
    made_by: "SELECT obj_description(to_regclass('boxoffice_views.' || quote_ident($1)), 'pg_class')",
    remember: Some(|table, text| format!("COMMENT ON TABLE {table} IS '{text}'")),
    indexes: "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'boxoffice_views' AND tablename = $1",
};

/// The read models of a database.
pub type PostgresViews = Views<PostgresTables>;

/// A schema with the tables of read models.
#[derive(Debug)]
pub struct PostgresTables {
    pool: PgPool,
    transactions: Transactions,
    kept: Kept,
}

impl PostgresViews {
    /// Opens the read models of a database that was migrated.
    ///
    /// # Errors
    /// [`PostgresError`], above all [`PostgresError::Older`].
    pub async fn open(postgres: &Postgres) -> Result<Self, PostgresError> {
        migrations::check(&postgres.pool).await?;
        let pool = postgres.pool.clone();
        let transactions = Transactions::of_what_can_be_rebuilt(pool.clone());
        let kept = Kept::new(pool.clone());
        Ok(Self::kept_in(PostgresTables { pool, transactions, kept }))
    }
}

#[async_trait]
impl Driver for PostgresTables {
    const DIALECT: &'static Dialect = &DIALECT;

    async fn transact<T: Send + 'static>(&self, job: Job<T>) -> Result<T, Outage> {
        let done = self.transactions.transact(
            |connection| Box::pin(async move { job(&mut PostgresSession { connection }).await }),
            |_| (),
        );
        done.await.map_err(|failed| Outage(failed.to_string()))
    }

    async fn keep(&self, name: &str) -> Result<(), Outage> {
        self.kept.add(name).await.map_err(|error| Outage(error.to_string()))
    }

    async fn release(&self, name: &str) -> Result<(), Outage> {
        self.kept.remove(name).await.map_err(|error| Outage(error.to_string()))
    }

    async fn read(&self, text: SqlStr, values: Vec<Value>, types: &[ColumnType]) -> Result<Cells, Outage> {
        rows(&self.pool, text, values, types).await.map_err(|error| Outage(error.to_string()))
    }
}

/// PostgreSQL has no text with a character 0 in it; read models show what cannot be shown like this.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

fn arguments(values: Vec<Value>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        let value = if let Value::Text(text) = value { Value::Text(storable(text)) } else { value };
        bind_value(&mut arguments, value)?;
    }
    Ok(arguments)
}

async fn rows<'e>(
    executor: impl sqlx::PgExecutor<'e>,
    text: SqlStr,
    values: Vec<Value>,
    types: &[ColumnType],
) -> Result<Cells, sqlx::Error> {
    let rows = sqlx::query_with(text, arguments(values)?).fetch_all(executor).await?;
    rows.iter().map(|row| cells(row, types)).collect()
}

/// Adds an array of the cells of one column, and tells how a statement names it.
fn bind_array(
    arguments: &mut PgArguments,
    column: ColumnType,
    cells: impl Iterator<Item = Value>,
) -> Result<String, sqlx::Error> {
    let text = |cell| if let Value::Text(text) = cell { Some(storable(text)) } else { None };
    let (added, name) = match column {
        ColumnType::Text => (arguments.add(cells.map(text).collect::<Vec<_>>()), "text"),
        ColumnType::Integer => {
            (arguments.add(cells.map(|cell| cell.as_integer()).collect::<Vec<_>>()), "bigint")
        }
    };
    added.map_err(sqlx::Error::Encode)?;
    Ok(format!("${}::{name}[]", arguments.len()))
}

/// Adds an array for each column, and tells how a statement names them.
fn bind_arrays(
    arguments: &mut PgArguments,
    types: impl Iterator<Item = ColumnType>,
    rows: Cells,
) -> Result<String, sqlx::Error> {
    let mut rows: Vec<_> = rows.into_iter().map(Vec::into_iter).collect();
    let names = types.map(|column| {
        let cells = rows.iter_mut().map(|row| row.next().unwrap_or(Value::Null));
        bind_array(arguments, column, cells)
    });
    Ok(names.collect::<Result<Vec<_>, _>>()?.join(", "))
}

struct PostgresSession<'c> {
    connection: &'c mut PgConnection,
}

impl PostgresSession<'_> {
    async fn execute(&mut self, text: String, arguments: PgArguments) -> Result<(), sqlx::Error> {
        sqlx::query_with(sql(text), arguments).execute(&mut *self.connection).await.map(drop)
    }
}

#[async_trait]
impl Session for PostgresSession<'_> {
    async fn run(&mut self, text: SqlStr, values: Vec<Value>) -> Result<u64, sqlx::Error> {
        let is_worth_preparing = !values.is_empty();
        let query = sqlx::query_with(text, arguments(values)?).persistent(is_worth_preparing);
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
        let mut arguments = PgArguments::default();
        let arrays = bind_arrays(&mut arguments, shape.types.iter().copied(), cells)?;
        let others = (1..shape.types.len()).map(|column| shape.quoted(column));
        let others: Vec<_> = others.map(|column| format!("{column} = excluded.{column}")).collect();
        let otherwise = if others.is_empty() {
            "NOTHING".to_owned()
        } else {
            format!("UPDATE SET {}", others.join(", "))
        };
        let text = format!(
            "INSERT INTO {} ({}) SELECT * FROM unnest({arrays}) ON CONFLICT ({}) DO {otherwise}",
            shape.physical,
            shape.columns,
            shape.quoted(0)
        );
        self.execute(text, arguments).await
    }

    async fn set(
        &mut self,
        shape: &Shape,
        columns: &[usize],
        only_if: Option<&Condition>,
        cells: Cells,
    ) -> Result<(), sqlx::Error> {
        let of = |column: usize| shape.types.get(column).copied().unwrap_or(ColumnType::Text);
        let types = std::iter::once(0).chain(columns.iter().copied()).map(of);
        let mut arguments = PgArguments::default();
        let arrays = bind_arrays(&mut arguments, types, cells)?;
        let assign =
            |(n, column): (usize, &usize)| format!("{} = new.column{}", shape.quoted(*column), n + 2);
        let assignments = columns.iter().enumerate().map(assign).collect::<Vec<_>>().join(", ");
        let aliases = (1..columns.len() + 2).map(|n| format!("column{n}")).collect::<Vec<_>>().join(", ");
        let mut condition = String::new();
        if let Some(Condition { column, is_one_of }) = only_if {
            let values = bind_array(&mut arguments, of(*column), is_one_of.iter().cloned())?;
            condition = format!(" AND old.{} = ANY ({values})", shape.quoted(*column));
        }
        let text = format!(
            "UPDATE {} AS old SET {assignments} FROM unnest({arrays}) AS new ({aliases})
             WHERE old.{} = new.column1{condition}",
            shape.physical,
            shape.quoted(0)
        );
        self.execute(text, arguments).await
    }

    async fn delete(&mut self, shape: &Shape, keys: Vec<String>) -> Result<(), sqlx::Error> {
        let mut arguments = PgArguments::default();
        let keys = bind_array(&mut arguments, ColumnType::Text, keys.into_iter().map(Value::Text))?;
        let text = format!("DELETE FROM {} WHERE {} = ANY ({keys})", shape.physical, shape.quoted(0));
        self.execute(text, arguments).await
    }
}
