//! What a commit does within its transaction.

use std::sync::Arc;

use boxoffice_domain::log::Position;
use boxoffice_projections::table::{Parked, Value};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, SqlStr};

use super::fold::{Step, Steps};
use super::shape::{Shape, bind_value};
use crate::database::{Bulk, Verdict, signed};

/// What is to be committed for one version of a projection.
pub(super) struct Commit {
    pub(super) projection: &'static str,
    pub(super) version: u32,
    pub(super) from: Position,
    pub(super) to: Position,
    pub(super) tables: Vec<(Arc<Shape>, Steps)>,
    pub(super) parked: Vec<Parked>,
}

/// `false`: the checkpoint was elsewhere, and nothing was changed.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    commit: Commit,
) -> Result<Verdict<bool>, sqlx::Error> {
    let moved = sqlx::query(
        "UPDATE checkpoint SET position = ? WHERE projection = ? AND version = ? AND position = ?",
    )
    .bind(signed(commit.to))
    .bind(commit.projection)
    .bind(commit.version)
    .bind(signed(commit.from))
    .execute(&mut *connection)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(Verdict::Rollback(false));
    }
    for (shape, steps) in commit.tables {
        for step in steps.0 {
            run(connection, &shape, step).await?;
        }
    }
    for parked in commit.parked {
        let text = "INSERT OR IGNORE INTO parked (projection, version, stream, position, reason) VALUES (?, ?, ?, ?, ?)";
        sqlx::query(text)
            .bind(commit.projection)
            .bind(commit.version)
            .bind(parked.stream)
            .bind(signed(parked.position))
            .bind(parked.reason)
            .execute(&mut *connection)
            .await?;
    }
    Ok(Verdict::Commit(true))
}

async fn run(connection: &mut SqliteConnection, shape: &Shape, step: Step) -> Result<(), sqlx::Error> {
    match step {
        Step::Put(rows) => many(connection, &shape.put, rows, &[]).await,
        Step::Set { columns, only_if, rows } => {
            let bulk = shape.set(&columns, only_if.as_ref());
            many(connection, &bulk, rows, only_if.as_ref().map_or(&[], |condition| &condition.is_one_of))
                .await
        }
        Step::Delete(keys) => {
            let rows = keys.into_iter().map(|key| vec![Value::Text(key)]).collect();
            many(connection, &shape.delete, rows, &[]).await
        }
        Step::SetWhere { column, value, columns, only_if } => {
            let mut arguments = SqliteArguments::default();
            let mut assignments = Vec::new();
            for (column, value) in columns {
                assignments.push(format!("{} = ?", shape.quoted(column)));
                bind_value(&mut arguments, value)?;
            }
            let filter = equal(&mut arguments, &shape.quoted(column), value)?;
            let condition = shape.condition(only_if.as_ref());
            for value in only_if.into_iter().flat_map(|condition| condition.is_one_of) {
                bind_value(&mut arguments, value)?;
            }
            let text =
                format!("UPDATE {} SET {} WHERE {filter}{condition}", shape.physical, assignments.join(", "));
            sqlx::query_with(AssertSqlSafe(text), arguments).execute(connection).await.map(drop)
        }
    }
}

/// Runs a statement over rows; `last` is bound after the rows of each.
async fn many(
    connection: &mut SqliteConnection,
    bulk: &Bulk,
    rows: Vec<Vec<Value>>,
    last: &[Value],
) -> Result<(), sqlx::Error> {
    let parts: Vec<(usize, SqlStr)> = bulk.parts(rows.len()).collect();
    let mut rest = rows.into_iter();
    for (size, text) in parts {
        let mut arguments = SqliteArguments::default();
        for value in rest.by_ref().take(size).flatten().chain(last.iter().cloned()) {
            bind_value(&mut arguments, value)?;
        }
        sqlx::query_with(text, arguments).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The condition that a quoted column is a value, and the value. Two forms, so that SQLite finds its index.
pub(super) fn equal(
    arguments: &mut SqliteArguments,
    column: &str,
    value: Value,
) -> Result<String, sqlx::Error> {
    if value == Value::Null {
        return Ok(format!("{column} IS NULL"));
    }
    bind_value(arguments, value)?;
    Ok(format!("{column} = ?"))
}

/// Makes the tables of a projection and tells its checkpoint and what is parked. `Err` inside: why not.
pub(super) async fn open(
    connection: &mut SqliteConnection,
    projection: &'static str,
    version: u32,
    shapes: Vec<Arc<Shape>>,
) -> Result<Verdict<Result<(), String>>, sqlx::Error> {
    for shape in shapes {
        let name = shape.physical.trim_matches('"');
        let known: Option<String> =
            sqlx::query_scalar("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?")
                .bind(name)
                .fetch_optional(&mut *connection)
                .await?;
        match known {
            None => {
                let ddl = sqlx::query(AssertSqlSafe(shape.ddl()));
                ddl.execute(&mut *connection).await?;
                sqlx::query("INSERT OR REPLACE INTO built (name, projection, version) VALUES (?, ?, ?)")
                    .bind(name)
                    .bind(projection)
                    .bind(version)
                    .execute(&mut *connection)
                    .await?;
            }
            Some(sql) if sql != shape.ddl() => {
                let problem = format!("{name} has changed without a new version of its projection");
                return Ok(Verdict::Rollback(Err(problem)));
            }
            Some(_) => {}
        }
        for index in shape.indexes() {
            sqlx::query(AssertSqlSafe(index)).execute(&mut *connection).await?;
        }
    }
    let checkpoint = "INSERT OR IGNORE INTO checkpoint (projection, version, position) VALUES (?, ?, 0)";
    sqlx::query(checkpoint).bind(projection).bind(version).execute(connection).await?;
    Ok(Verdict::Commit(Ok(())))
}

/// Drops everything of those versions of a projection that are older than one, or of that one alone. Tells how many
/// tables went.
pub(super) async fn drop_versions(
    connection: &mut SqliteConnection,
    projection: &'static str,
    which: Versions,
) -> Result<Verdict<usize>, sqlx::Error> {
    let (operator, version) = match which {
        Versions::OlderThan(version) => ("<", version),
        Versions::Only(version) => ("=", version),
    };
    let of_these = format!("WHERE projection = ? AND version {operator} ?");
    let names: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("SELECT name FROM built {of_these}")))
        .bind(projection)
        .bind(version)
        .fetch_all(&mut *connection)
        .await?;
    for name in &names {
        sqlx::query(AssertSqlSafe(format!("DROP TABLE IF EXISTS \"{name}\"")))
            .execute(&mut *connection)
            .await?;
    }
    for table in ["built", "checkpoint", "parked"] {
        sqlx::query(AssertSqlSafe(format!("DELETE FROM {table} {of_these}")))
            .bind(projection)
            .bind(version)
            .execute(&mut *connection)
            .await?;
    }
    Ok(Verdict::Commit(names.len()))
}

/// Versions of a projection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Versions {
    OlderThan(u32),
    Only(u32),
}
