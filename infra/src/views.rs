//! Relational read models in `views.db`.
//!
//! `synchronous=NORMAL` is right here and nowhere else: a power loss may take the last commits, but never a part
//! of one, and the checkpoint is in the same transaction as the rows; what was lost is folded from the log again.
//!
//! A table is kept as `<name>_v<version of its projection>`, so that a new version is built beside the old one.
//! Reads go to the version that was opened last; [`SqliteViews::retire_older`] drops the others.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use boxoffice_domain::log::Position;
use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{Change, Parked, Query, Row, TableProjection, TableStore};
use sqlx::{AssertSqlSafe, Row as _};

use crate::database::{Database, Failed, OpenError, Safety, Spec};

mod fold;
mod list;
mod shape;
mod write;

pub use list::ROWS_MAX as PAGE_ROWS_MAX;
use shape::{Shape, wrong};
use write::Versions;

/// The file of the read models in the data folder. May be deleted while no server runs: it is built again.
pub const VIEWS_FILE: &str = "views.db";

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
";

const SPEC: Spec = Spec {
    file: VIEWS_FILE,
    schema: SCHEMA,
    schema_version: 1,
    safety: Safety::Rebuildable,
    secure_delete: false,
    readers: 4,
};

/// The read models of a data folder.
#[derive(Debug)]
pub struct SqliteViews {
    database: Database,
    shapes: RwLock<Shapes>,
}

#[derive(Debug, Default)]
struct Shapes {
    built: HashMap<(&'static str, u32), Arc<Shape>>,
    /// What reads go to: the version that was opened last.
    live: HashMap<&'static str, Arc<Shape>>,
}

impl SqliteViews {
    /// Opens the read models of a data folder, and makes both unless they are there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(data: &Path) -> Result<Self, OpenError> {
        Ok(Self { database: Database::open(data, SPEC, None).await?, shapes: RwLock::default() })
    }

    /// Drops what older versions of a projection have built. For when this version has caught up and no older
    /// release is to be started again. Tells how many tables went.
    ///
    /// # Errors
    /// [`Outage`].
    pub async fn retire_older(&self, projection: &dyn TableProjection) -> Result<usize, Outage> {
        let (name, older) = (projection.name(), Versions::OlderThan(projection.version()));
        let retired = self
            .database
            .writer
            .transact(move |connection| Box::pin(write::drop_versions(connection, name, older)), |_| ());
        retired.await.map_err(failed)
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.database.close().await;
    }

    fn live(&self, table: &'static str) -> Result<Arc<Shape>, Outage> {
        let shapes = self.shapes.read().unwrap_or_else(PoisonError::into_inner);
        shapes.live.get(table).cloned().ok_or_else(|| wrong(format_args!("{table} was not opened")))
    }

    /// The shapes of a projection's tables, each with the changes that are for it.
    fn sort<'a>(
        &self,
        projection: &dyn TableProjection,
        changes: &'a [Change],
    ) -> Result<Vec<Sorted<'a>>, Outage> {
        let mut sorted: Vec<Sorted<'a>> = Vec::new();
        {
            let shapes = self.shapes.read().unwrap_or_else(PoisonError::into_inner);
            for table in projection.tables() {
                let shape = shapes.built.get(&(table.name, projection.version()));
                let shape =
                    shape.ok_or_else(|| wrong(format_args!("{} was not opened", projection.name())))?;
                sorted.push((Arc::clone(shape), Vec::new()));
            }
        }
        for change in changes {
            let name = table_of(change);
            let found = sorted.iter_mut().find(|(shape, _)| shape.table.name == name);
            let (_, changes) =
                found.ok_or_else(|| wrong(format_args!("{} has no {name}", projection.name())))?;
            changes.push(change);
        }
        Ok(sorted)
    }

    async fn stored(
        &self,
        projection: &'static str,
        version: u32,
    ) -> Result<(Position, Vec<Parked>), sqlx::Error> {
        let position: i64 =
            sqlx::query_scalar("SELECT position FROM checkpoint WHERE projection = ? AND version = ?")
                .bind(projection)
                .bind(version)
                .fetch_one(&self.database.readers)
                .await?;
        let text = "SELECT stream, position, reason FROM parked WHERE projection = ? AND version = ? ORDER BY position";
        let rows = sqlx::query(text).bind(projection).bind(version).fetch_all(&self.database.readers).await?;
        let parked = rows.iter().map(|row| {
            let position = unsigned(row.try_get(1)?);
            Ok(Parked { stream: row.try_get(0)?, position, reason: row.try_get(2)? })
        });
        Ok((unsigned(position), parked.collect::<Result<_, sqlx::Error>>()?))
    }
}

/// A table and the changes that are for it.
type Sorted<'a> = (Arc<Shape>, Vec<&'a Change>);

fn table_of(change: &Change) -> &'static str {
    match change {
        Change::Put { table, .. }
        | Change::Set { table, .. }
        | Change::SetWhere { table, .. }
        | Change::Delete { table, .. } => table,
    }
}

fn unsigned(position: i64) -> Position {
    Position::try_from(position).unwrap_or(0)
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn out(error: sqlx::Error) -> Outage {
    Outage(error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn failed(error: Failed) -> Outage {
    Outage(error.to_string())
}

#[async_trait]
impl TableStore for SqliteViews {
    async fn open(&self, projection: &dyn TableProjection) -> Result<(Position, Vec<Parked>), Outage> {
        let (name, version) = (projection.name(), projection.version());
        let shapes = projection.tables().iter().map(|table| Shape::new(*table, version).map(Arc::new));
        let shapes = shapes.collect::<Result<Vec<_>, _>>()?;
        let made = shapes.clone();
        let opened = self
            .database
            .writer
            .transact(move |connection| Box::pin(write::open(connection, name, version, made)), |_| ());
        opened.await.map_err(failed)?.map_err(wrong)?;
        let stored = self.stored(name, version).await.map_err(out)?;
        let mut known = self.shapes.write().unwrap_or_else(PoisonError::into_inner);
        for shape in shapes {
            known.live.insert(shape.table.name, Arc::clone(&shape));
            known.built.insert((shape.table.name, version), shape);
        }
        Ok(stored)
    }

    async fn discard(&self, projection: &dyn TableProjection) -> Result<(), Outage> {
        let (name, this) = (projection.name(), Versions::Only(projection.version()));
        let dropped = self
            .database
            .writer
            .transact(move |connection| Box::pin(write::drop_versions(connection, name, this)), |_| ());
        dropped.await.map_err(failed).map(drop)
    }

    async fn commit(
        &self,
        projection: &dyn TableProjection,
        from: Position,
        to: Position,
        changes: &[Change],
        parked: &[Parked],
    ) -> Result<bool, Outage> {
        let mut tables = Vec::new();
        for (shape, changes) in self.sort(projection, changes)? {
            let steps = fold::fold(&shape, changes)?;
            tables.push((shape, steps));
        }
        let (projection, version, parked) = (projection.name(), projection.version(), parked.to_vec());
        let commit = write::Commit { projection, version, from, to, tables, parked };
        let committed = self
            .database
            .writer
            .transact(move |connection| Box::pin(write::commit(connection, commit)), |_| ());
        committed.await.map_err(failed)
    }

    async fn get(&self, table: &'static str, key: &str) -> Result<Option<Row>, Outage> {
        let shape = self.live(table)?;
        let query = sqlx::query(shape.get.clone()).bind(key);
        let found = query.fetch_optional(&self.database.readers).await.map_err(out)?;
        found.map(|row| shape.read(&row)).transpose().map_err(out)
    }

    /// Rows of one table, at most [`PAGE_ROWS_MAX`]. Where the order does not name the key, it goes the way of the
    /// last column that it names.
    async fn list(&self, table: &'static str, query: &Query) -> Result<Vec<Row>, Outage> {
        let shape = self.live(table)?;
        let page = list::page(&shape, query)?;
        let query = sqlx::query_with(AssertSqlSafe(page.text), page.arguments);
        let rows = query.fetch_all(&self.database.readers).await.map_err(out)?;
        rows.iter().map(|row| shape.read(row)).collect::<Result<_, _>>().map_err(out)
    }
}
