//! What is done within a transaction: a commit, making the tables of a projection, dropping them.

use std::sync::Arc;

use boxoffice_domain::log::Position;
use boxoffice_projections::table::ColumnType::{Integer, Text};
use boxoffice_projections::table::{ColumnType, Parked, Value};

use super::driver::{Dialect, Session, sql};
use super::fold::{Step, Steps};
use super::shape::Shape;
use crate::database::signed;
use crate::transact::Verdict;

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
    session: &mut dyn Session,
    dialect: &Dialect,
    commit: Commit,
) -> Result<Verdict<bool>, sqlx::Error> {
    let text = format!(
        "UPDATE {}checkpoint SET position = $1 WHERE projection = $2 AND version = $3 AND position = $4",
        dialect.schema
    );
    let [projection, version] = of(commit.projection, commit.version);
    let [to, from] = [commit.to, commit.from].map(integer);
    let moved = session.run(sql(text), vec![to, projection.clone(), version.clone(), from]).await?;
    if moved == 0 {
        return Ok(Verdict::Rollback(false));
    }
    for (shape, steps) in commit.tables {
        for step in steps.0 {
            run(session, &shape, step).await?;
        }
    }
    for parked in commit.parked {
        let text = format!(
            "INSERT INTO {}parked (projection, version, stream, position, reason) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
            dialect.schema
        );
        let parked = [parked.stream.into(), integer(parked.position), parked.reason.into()];
        let values = [projection.clone(), version.clone()].into_iter().chain(parked).collect();
        session.run(sql(text), values).await?;
    }
    Ok(Verdict::Commit(true))
}

fn of(projection: &str, version: u32) -> [Value; 2] {
    [projection.into(), i64::from(version).into()]
}

fn integer(position: Position) -> Value {
    signed(position).into()
}

async fn run(session: &mut dyn Session, shape: &Shape, step: Step) -> Result<(), sqlx::Error> {
    match step {
        Step::Put(rows) => session.put(shape, rows).await,
        Step::Set { columns, only_if, rows } => session.set(shape, &columns, only_if.as_ref(), rows).await,
        Step::Delete(keys) => session.delete(shape, keys).await,
        Step::SetWhere { column, value, columns, only_if } => {
            let mut values = Vec::new();
            let mut assignments = Vec::new();
            for (column, value) in columns {
                assignments.push(format!("{} = {}", shape.quoted(column), placeholder(&mut values, value)));
            }
            let mut filter = equal(&mut values, &shape.quoted(column), value);
            if let Some(condition) = only_if {
                // Of no values, none is the right one.
                let any: Vec<_> = condition
                    .is_one_of
                    .into_iter()
                    .map(|value| equal(&mut values, &shape.quoted(condition.column), value))
                    .chain(["FALSE".to_owned()])
                    .collect();
                filter = format!("{filter} AND ({})", any.join(" OR "));
            }
            let text = format!("UPDATE {} SET {} WHERE {filter}", shape.physical, assignments.join(", "));
            session.run(sql(text), values).await.map(drop)
        }
    }
}

/// Adds a value and tells how a statement names it. Null has no type of its own, so it is named as what it is.
pub(super) fn placeholder(values: &mut Vec<Value>, value: Value) -> String {
    if value == Value::Null {
        return "NULL".to_owned();
    }
    values.push(value);
    format!("${}", values.len())
}

/// The condition that a quoted column is a value. Two forms, so that an index is found.
pub(super) fn equal(values: &mut Vec<Value>, column: &str, value: Value) -> String {
    if value == Value::Null {
        return format!("{column} IS NULL");
    }
    format!("{column} = {}", placeholder(values, value))
}

/// A checkpoint and what is parked.
pub(super) type Stored = (Position, Vec<Parked>);

/// Makes the tables of a projection and tells its checkpoint and what is parked. `Err` inside: why not.
pub(super) async fn open(
    session: &mut dyn Session,
    dialect: &Dialect,
    projection: &'static str,
    version: u32,
    shapes: Vec<Arc<Shape>>,
) -> Result<Verdict<Result<Stored, String>>, sqlx::Error> {
    lock(session, dialect).await?;
    for shape in shapes {
        let name = Value::from(shape.name.as_str());
        let known = session.rows(sql(dialect.made_by.to_owned()), vec![name.clone()], &[Text]).await?;
        match known.first().and_then(|row| row.first()).and_then(Value::as_text) {
            None => make(session, dialect, projection, version, &shape).await?,
            Some(text) if text != shape.ddl() => {
                let problem = format!("{} has changed without a new version of its projection", shape.name);
                return Ok(Verdict::Rollback(Err(problem)));
            }
            Some(_) => {}
        }
        let known = session.rows(sql(dialect.indexes.to_owned()), vec![name], &[Text]).await?;
        for (name, text) in shape.indexes() {
            if !known.contains(&vec![name.into()]) {
                session.run(sql(text), vec![]).await?;
            }
        }
    }
    let text = format!(
        "INSERT INTO {}checkpoint (projection, version, position) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
        dialect.schema
    );
    session.run(sql(text), of(projection, version).into()).await?;
    stored(session, dialect, projection, version).await.map(|stored| Verdict::Commit(Ok(stored)))
}

async fn lock(session: &mut dyn Session, dialect: &Dialect) -> Result<(), sqlx::Error> {
    match dialect.lock {
        Some(lock) => session.run(sql(lock.to_owned()), vec![]).await.map(drop),
        None => Ok(()),
    }
}

async fn make(
    session: &mut dyn Session,
    dialect: &Dialect,
    projection: &'static str,
    version: u32,
    shape: &Shape,
) -> Result<(), sqlx::Error> {
    let ddl = shape.ddl();
    let remember = dialect.remember.map(|remember| remember(&shape.physical, &ddl));
    for text in std::iter::once(ddl).chain(remember) {
        session.run(sql(text), vec![]).await?;
    }
    let text = format!(
        "INSERT INTO {}built (name, projection, version) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET projection = excluded.projection, version = excluded.version",
        dialect.schema
    );
    let values = std::iter::once(shape.name.as_str().into()).chain(of(projection, version)).collect();
    session.run(sql(text), values).await.map(drop)
}

async fn stored(
    session: &mut dyn Session,
    dialect: &Dialect,
    projection: &'static str,
    version: u32,
) -> Result<Stored, sqlx::Error> {
    const OF_ONE: &str = "WHERE projection = $1 AND version = $2";
    let mut rows = async |what: &str, types: &[ColumnType]| {
        let text = what.replace("FROM ", &format!("FROM {}", dialect.schema));
        session.rows(sql(text), of(projection, version).into(), types).await
    };
    let checkpoint = rows(&format!("SELECT position FROM checkpoint {OF_ONE}"), &[Integer]).await?;
    let parked = format!("SELECT stream, position, reason FROM parked {OF_ONE} ORDER BY position");
    let parked = rows(&parked, &[Text, Integer, Text]).await?;
    let number = |value: &Value| value.as_integer().and_then(|n| Position::try_from(n).ok()).unwrap_or(0);
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    let parked = parked.iter().filter_map(|row| {
        let [stream, position, reason] = row.as_slice() else { return None };
        Some(Parked { stream: text(stream), position: number(position), reason: text(reason) })
    });
    Ok((checkpoint.first().and_then(|row| row.first()).map_or(0, number), parked.collect()))
}

/// Drops everything of those versions of a projection that are older than one, or of that one alone. Tells how many
/// tables went.
pub(super) async fn drop_versions(
    session: &mut dyn Session,
    dialect: &Dialect,
    projection: &'static str,
    which: Versions,
) -> Result<Verdict<usize>, sqlx::Error> {
    lock(session, dialect).await?;
    let (operator, version) = match which {
        Versions::OlderThan(version) => ("<", version),
        Versions::Only(version) => ("=", version),
    };
    let schema = dialect.schema;
    let of_these = format!("WHERE projection = $1 AND version {operator} $2");
    let text = format!("SELECT name FROM {schema}built {of_these}");
    let names = session.rows(sql(text), of(projection, version).into(), &[Text]).await?;
    for name in names.iter().flatten().filter_map(Value::as_text) {
        session.run(sql(format!("DROP TABLE IF EXISTS {schema}\"{name}\"")), vec![]).await?;
    }
    for table in ["built", "checkpoint", "parked"] {
        let text = format!("DELETE FROM {schema}{table} {of_these}");
        session.run(sql(text), of(projection, version).into()).await?;
    }
    Ok(Verdict::Commit(names.len()))
}

/// Versions of a projection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Versions {
    OlderThan(u32),
    Only(u32),
}
