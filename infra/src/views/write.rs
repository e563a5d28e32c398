//! What is done in the transaction of a commit.

use std::sync::Arc;

use boxoffice_domain::log::Position;
use boxoffice_projections::table::{Parked, Value};

use super::driver::{Dialect, Session, sql};
use super::fold::{Step, Steps};
use super::shape::{BuiltAs, Shape};
use crate::database::signed;
use crate::transact::Verdict;

/// What is to be committed for one generation of a projection.
pub(super) struct Commit {
    pub(super) built: BuiltAs,
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
    let text = format!("UPDATE {}generation SET position = $4 {OF_ONE} AND position = $5", dialect.schema);
    let [to, from] = [commit.to, commit.from].map(integer);
    let moved = session.run(sql(text), of(commit.built).into_iter().chain([to, from]).collect()).await?;
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
            "INSERT INTO {}parked (projection, version, generation, stream, position, reason)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            dialect.schema
        );
        let parked = [parked.stream.into(), integer(parked.position), parked.reason.into()];
        let values = of(commit.built).into_iter().chain(parked).collect();
        session.run(sql(text), values).await?;
    }
    Ok(Verdict::Commit(true))
}

/// The condition that a row of the store's own tables is of one generation. Its values are [`of`].
pub(super) const OF_ONE: &str = "WHERE projection = $1 AND version = $2 AND generation = $3";

pub(super) fn of(built: BuiltAs) -> [Value; 3] {
    [built.projection.into(), i64::from(built.version).into(), i64::from(built.generation).into()]
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
