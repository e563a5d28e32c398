//! Generations: making one, promoting it, dropping what nobody needs. Each function is one transaction.
//!
//! A generation has a row in `generation`, which has its checkpoint; `built` has the names of its tables. A generation
//! without that row takes no commits any more, and its tables are only there to be dropped. Numbers only grow, so that
//! nobody takes a table for one of another generation.

use std::sync::Arc;

use boxoffice_domain::log::Position;
use boxoffice_projections::table::ColumnType::{Integer, Text};
use boxoffice_projections::table::{Generation, Parked, Table, Value};

use super::driver::{Dialect, Session, sql};
use super::shape::{BuiltAs, Shape};
use super::write::{OF_ONE, of};
use crate::transact::Verdict;

type Outcome<T> = Result<Verdict<T>, sqlx::Error>;

/// The tables of a projection in one version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared {
    pub(super) projection: &'static str,
    pub(super) version: u32,
    pub(super) tables: &'static [Table],
}

impl Declared {
    pub(super) fn generation(self, generation: u32) -> BuiltAs {
        BuiltAs { projection: self.projection, version: self.version, generation }
    }

    pub(super) fn shapes(
        self,
        generation: u32,
        dialect: &'static Dialect,
    ) -> Result<Vec<Arc<Shape>>, boxoffice_projections::feed::Outage> {
        let shape = |table: &Table| Shape::new(*table, self.generation(generation), dialect).map(Arc::new);
        self.tables.iter().map(shape).collect()
    }
}

/// A generation, or why there is none.
pub(super) type Made = Result<Generation, String>;

/// The live generation, which is made unless it is there.
pub(super) async fn open(
    session: &mut dyn Session,
    dialect: &'static Dialect,
    declared: Declared,
) -> Outcome<Made> {
    lock(session, dialect).await?;
    let number = match live(session, dialect, declared).await? {
        Some(number) => {
            if let Err(problem) = check(session, dialect, declared, number).await? {
                return Ok(Verdict::Rollback(Err(problem)));
            }
            number
        }
        None => match make(session, dialect, declared, true).await? {
            Ok(number) => number,
            Err(problem) => return Ok(Verdict::Rollback(Err(problem))),
        },
    };
    stored(session, dialect, declared.generation(number)).await.map(|made| Verdict::Commit(Ok(made)))
}

/// Another generation beside the live one.
pub(super) async fn begin(
    session: &mut dyn Session,
    dialect: &'static Dialect,
    declared: Declared,
) -> Outcome<Made> {
    lock(session, dialect).await?;
    let made = make(session, dialect, declared, false).await?;
    Ok(match made {
        Ok(number) => Verdict::Commit(Ok(Generation { number, position: 0, parked: Vec::new() })),
        Err(problem) => Verdict::Rollback(Err(problem)),
    })
}

/// The number of the live generation.
pub(super) async fn live(
    session: &mut dyn Session,
    dialect: &Dialect,
    declared: Declared,
) -> Result<Option<u32>, sqlx::Error> {
    let (text, values) = ask_for_live(dialect, declared.generation(0));
    let rows = session.rows(sql(text), values, &[Integer]).await?;
    Ok(rows.first().and_then(|row| row.first()).map(number))
}

/// The question for the live generation.
pub(super) fn ask_for_live(dialect: &Dialect, built: BuiltAs) -> (String, Vec<Value>) {
    let text = format!(
        "SELECT generation FROM {}generation WHERE projection = $1 AND version = $2 AND live = 1",
        dialect.schema
    );
    (text, vec![built.projection.into(), i64::from(built.version).into()])
}

pub(super) fn number(value: &Value) -> u32 {
    value.as_integer().and_then(|number| u32::try_from(number).ok()).unwrap_or(u32::MAX)
}

/// The generation becomes the live one, if it has come as far. Whoever commits to the one that was finds its row gone.
pub(super) async fn promote(session: &mut dyn Session, dialect: &Dialect, next: BuiltAs) -> Outcome<bool> {
    lock(session, dialect).await?;
    let schema = dialect.schema;
    let text = format!("SELECT position FROM {schema}generation {OF_ONE} AND live = 0");
    let rows = session.rows(sql(text), of(next).into(), &[Integer]).await?;
    let Some(position) = rows.into_iter().flatten().next() else { return Ok(Verdict::Rollback(false)) };
    let (text, values) = ask_for_live(dialect, next);
    let rows = session.rows(sql(text), values, &[Integer]).await?;
    if let Some(live) = rows.first().and_then(|row| row.first()).map(number) {
        let former = BuiltAs { generation: live, ..next };
        // Waits for whoever is committing to it, and then looks at where it is.
        let text = format!("DELETE FROM {schema}generation {OF_ONE} AND position <= $4");
        let values = of(former).into_iter().chain([position]).collect();
        if session.run(sql(text), values).await? == 0 {
            return Ok(Verdict::Rollback(false));
        }
        forget(session, dialect, former).await?;
    }
    let text = format!("UPDATE {schema}generation SET live = 1 {OF_ONE}");
    session.run(sql(text), of(next).into()).await?;
    Ok(Verdict::Commit(true))
}

/// A generation that is not live takes no commits any more.
pub(super) async fn give_up(session: &mut dyn Session, dialect: &Dialect, built: BuiltAs) -> Outcome<()> {
    let text = format!("DELETE FROM {}generation {OF_ONE} AND live = 0", dialect.schema);
    if session.run(sql(text), of(built).into()).await? > 0 {
        forget(session, dialect, built).await?;
    }
    Ok(Verdict::Commit(()))
}

/// No generation of this version is anything any more.
pub(super) async fn discard(session: &mut dyn Session, dialect: &Dialect, declared: Declared) -> Outcome<()> {
    lock(session, dialect).await?;
    for table in ["generation", "parked"] {
        let text = format!("DELETE FROM {}{table} WHERE projection = $1 AND version = $2", dialect.schema);
        session.run(sql(text), of_version(declared).into()).await?;
    }
    Ok(Verdict::Commit(()))
}

/// Which tables to drop.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unneeded {
    /// Of this version: of generations that are neither live nor being built.
    Leftovers,
    /// Of older versions.
    OlderVersions,
}

/// Generations whose tables nobody needs, unless somebody still keeps them. Several tables of one are several times in
/// it, each with its name.
pub(super) async fn unneeded(
    session: &mut dyn Session,
    dialect: &Dialect,
    declared: Declared,
    which: Unneeded,
) -> Outcome<Vec<(BuiltAs, String)>> {
    let schema = dialect.schema;
    let these = match which {
        Unneeded::Leftovers => format!(
            "version = $2 AND NOT EXISTS (SELECT 1 FROM {schema}generation AS live WHERE live.live = 1
             AND live.projection = built.projection AND live.version = built.version
             AND live.generation = built.generation)"
        ),
        Unneeded::OlderVersions => "version < $2".to_owned(),
    };
    let text = format!(
        "SELECT version, generation, name FROM {schema}built AS built WHERE projection = $1 AND {these}
         ORDER BY version, generation, name"
    );
    let rows = session.rows(sql(text), of_version(declared).into(), &[Integer, Integer, Text]).await?;
    let found = rows.iter().filter_map(|row| {
        let [version, generation, name] = row.as_slice() else { return None };
        let built = BuiltAs {
            projection: declared.projection,
            version: number(version),
            generation: number(generation),
        };
        Some((built, name.as_text()?.to_owned()))
    });
    Ok(Verdict::Rollback(found.collect()))
}

/// A table to drop.
#[derive(Debug, Clone)]
pub(super) struct Drop {
    pub(super) built: BuiltAs,
    pub(super) table: String,
    /// The name of what somebody may keep.
    pub(super) kept: String,
    pub(super) which: Unneeded,
}

/// What a table is called that is being emptied: whoever still takes it for live finds it gone, and not without rows.
const CONDEMNED: &str = "_condemned";

/// How many rows of a table go at once.
const PART: usize = 500;

/// Takes a table from whoever may still read it, unless somebody keeps it, or has promoted it just now. Its
/// generation, if it is something still, is nothing any more. Tells what the table is called now.
pub(super) async fn condemn(
    session: &mut dyn Session,
    dialect: &Dialect,
    drop: Drop,
) -> Outcome<Option<String>> {
    let Drop { built, table, kept, which } = drop;
    let schema = dialect.schema;
    lock(session, dialect).await?;
    if let Some(text) = dialect.is_free {
        let rows = session.rows(sql(text.to_owned()), vec![kept.into()], &[Integer]).await?;
        if rows.first().and_then(|row| row.first()).and_then(Value::as_integer) != Some(1) {
            return Ok(Verdict::Rollback(None));
        }
    }
    if let Unneeded::Leftovers = which {
        let text = format!("SELECT live FROM {schema}generation {OF_ONE} AND live = 1");
        if !session.rows(sql(text), of(built).into(), &[Integer]).await?.is_empty() {
            return Ok(Verdict::Rollback(None));
        }
    }
    let text = format!("DELETE FROM {schema}generation {OF_ONE}");
    session.run(sql(text), of(built).into()).await?;
    forget(session, dialect, built).await?;
    if dialect.emptied_by.is_none() {
        drop_table(session, dialect, &table).await?;
        return Ok(Verdict::Commit(Some(table)));
    }
    if table.ends_with(CONDEMNED) {
        return Ok(Verdict::Commit(Some(table)));
    }
    let condemned = format!("{table}{CONDEMNED}");
    let text = format!("ALTER TABLE {schema}\"{table}\" RENAME TO \"{condemned}\"");
    session.run(sql(text), vec![]).await?;
    let text = format!("UPDATE {schema}built SET name = $2 WHERE name = $1");
    session.run(sql(text), vec![table.into(), condemned.as_str().into()]).await?;
    Ok(Verdict::Commit(Some(condemned)))
}

/// Takes some rows of a condemned table, and drops it once it is empty. `false`: there is more to take.
pub(super) async fn empty(session: &mut dyn Session, dialect: &Dialect, table: String) -> Outcome<bool> {
    let Some(text) = dialect.emptied_by else { return Ok(Verdict::Rollback(true)) };
    let rows = session.rows(sql(text.to_owned()), vec![table.as_str().into()], &[Text]).await?;
    let key = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    if let Some(key) = key {
        let text = format!(
            "DELETE FROM {0}\"{table}\" WHERE \"{key}\" IN (SELECT \"{key}\" FROM {0}\"{table}\" LIMIT {PART})",
            dialect.schema
        );
        if session.run(sql(text), vec![]).await? > 0 {
            return Ok(Verdict::Commit(false));
        }
    }
    drop_table(session, dialect, &table).await?;
    Ok(Verdict::Commit(true))
}

async fn drop_table(session: &mut dyn Session, dialect: &Dialect, table: &str) -> Result<(), sqlx::Error> {
    let schema = dialect.schema;
    session.run(sql(format!("DROP TABLE IF EXISTS {schema}\"{table}\"")), vec![]).await?;
    let text = format!("DELETE FROM {schema}built WHERE name = $1");
    session.run(sql(text), vec![table.into()]).await.map(drop)
}

fn of_version(declared: Declared) -> [Value; 2] {
    [declared.projection.into(), i64::from(declared.version).into()]
}

/// What it had parked.
async fn forget(session: &mut dyn Session, dialect: &Dialect, built: BuiltAs) -> Result<(), sqlx::Error> {
    let text = format!("DELETE FROM {}parked {OF_ONE}", dialect.schema);
    session.run(sql(text), of(built).into()).await.map(drop)
}

async fn lock(session: &mut dyn Session, dialect: &Dialect) -> Result<(), sqlx::Error> {
    match dialect.lock {
        Some(lock) => session.run(sql(lock.to_owned()), vec![]).await.map(drop),
        None => Ok(()),
    }
}

/// The tables are as they are declared, with their indexes. `Err` inside: why not.
async fn check(
    session: &mut dyn Session,
    dialect: &'static Dialect,
    declared: Declared,
    generation: u32,
) -> Result<Result<(), String>, sqlx::Error> {
    let shapes = match declared.shapes(generation, dialect) {
        Ok(shapes) => shapes,
        Err(outage) => return Ok(Err(outage.to_string())),
    };
    for shape in shapes {
        let name = Value::from(shape.name.as_str());
        let known = session.rows(sql(dialect.made_by.to_owned()), vec![name.clone()], &[Text]).await?;
        let made_by = known.first().and_then(|row| row.first()).and_then(Value::as_text);
        if made_by != Some(&shape.ddl()) {
            return Ok(Err(format!("{} has changed without a new version of its projection", shape.name)));
        }
        let known = session.rows(sql(dialect.indexes.to_owned()), vec![name], &[Text]).await?;
        for (name, text) in shape.indexes() {
            if !known.contains(&vec![name.into()]) {
                session.run(sql(text), vec![]).await?;
            }
        }
    }
    Ok(Ok(()))
}

/// Makes the next generation, with nothing in it. `Err` inside: why not.
async fn make(
    session: &mut dyn Session,
    dialect: &'static Dialect,
    declared: Declared,
    is_live: bool,
) -> Result<Result<u32, String>, sqlx::Error> {
    let schema = dialect.schema;
    let text = format!("SELECT max(generation) FROM {schema}built WHERE projection = $1 AND version = $2");
    let rows = session.rows(sql(text), of_version(declared).into(), &[Integer]).await?;
    let last = rows.first().and_then(|row| row.first()).and_then(Value::as_integer).unwrap_or(0);
    let generation = u32::try_from(last).unwrap_or(u32::MAX).saturating_add(1);
    let built = declared.generation(generation);
    let shapes = match declared.shapes(generation, dialect) {
        Ok(shapes) => shapes,
        Err(outage) => return Ok(Err(outage.to_string())),
    };
    for shape in shapes {
        let ddl = shape.ddl();
        let remember = dialect.remember.map(|remember| remember(&shape.physical, &ddl));
        let indexes = shape.indexes().map(|(_, text)| text);
        for text in std::iter::once(ddl).chain(remember).chain(indexes) {
            session.run(sql(text), vec![]).await?;
        }
        let text = format!(
            "INSERT INTO {schema}built (projection, version, generation, name) VALUES ($1, $2, $3, $4)"
        );
        let values = of(built).into_iter().chain([shape.name.as_str().into()]).collect();
        session.run(sql(text), values).await?;
    }
    let text = format!(
        "INSERT INTO {schema}generation (projection, version, generation, position, live)
         VALUES ($1, $2, $3, 0, $4)"
    );
    let values = of(built).into_iter().chain([i64::from(is_live).into()]).collect();
    session.run(sql(text), values).await?;
    Ok(Ok(generation))
}

/// A checkpoint and what is parked.
async fn stored(
    session: &mut dyn Session,
    dialect: &Dialect,
    built: BuiltAs,
) -> Result<Generation, sqlx::Error> {
    let schema = dialect.schema;
    let text = format!("SELECT position FROM {schema}generation {OF_ONE}");
    let checkpoint = session.rows(sql(text), of(built).into(), &[Integer]).await?;
    let text = format!("SELECT stream, position, reason FROM {schema}parked {OF_ONE} ORDER BY position");
    let parked = session.rows(sql(text), of(built).into(), &[Text, Integer, Text]).await?;
    let position = |value: &Value| value.as_integer().and_then(|n| Position::try_from(n).ok()).unwrap_or(0);
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    let parked = parked.iter().filter_map(|row| {
        let [stream, at, reason] = row.as_slice() else { return None };
        Some(Parked { stream: text(stream), position: position(at), reason: text(reason) })
    });
    Ok(Generation {
        number: built.generation,
        position: checkpoint.first().and_then(|row| row.first()).map_or(0, position),
        parked: parked.collect(),
    })
}
