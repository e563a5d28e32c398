//! Relational read models: tables that are folded from the log, with the checkpoint of each projection in the
//! transaction of its rows.
//!
//! What is here is the same wherever they are kept: what a commit does, how changes become few statements, how a page
//! is asked for. A `Driver` runs it: `views/sqlite.rs` in a file, `postgres/views.rs` in PostgreSQL.
//!
//! A table is kept as `<name>_v<version of its projection>`, so that a new version is built beside the old one.
//! Reads go to the version that was opened last; [`Views::retire_older`] drops the others.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use boxoffice_domain::log::Position;
use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{Change, Parked, Query, Row, TableProjection, TableStore, Value};

mod driver;
mod fold;
mod list;
mod shape;
mod sqlite;
mod write;

pub(crate) use driver::{Cells, Dialect, Driver, Job, Session, bind_value, cells, sql};
pub(crate) use fold::Condition;
pub use list::ROWS_MAX as PAGE_ROWS_MAX;
pub(crate) use shape::Shape;
use shape::wrong;
pub use sqlite::{SqliteTables, SqliteViews, VIEWS_FILE};
use write::Versions;

/// Read models, wherever they are kept.
#[derive(Debug)]
pub struct Views<D> {
    driver: D,
    shapes: RwLock<Shapes>,
}

#[derive(Debug, Default)]
struct Shapes {
    built: HashMap<(&'static str, u32), Arc<Shape>>,
    /// What reads go to: the version that was opened last.
    live: HashMap<&'static str, Arc<Shape>>,
}

#[expect(private_bounds, reason = "where read models can be kept is decided here")]
impl<D: Driver> Views<D> {
    pub(crate) fn kept_in(driver: D) -> Self {
        Self { driver, shapes: RwLock::default() }
    }

    /// Drops what older versions of a projection have built. For when this version has caught up and no older
    /// release is to be started again. Tells how many tables went.
    ///
    /// # Errors
    /// [`Outage`].
    pub async fn retire_older(&self, projection: &dyn TableProjection) -> Result<usize, Outage> {
        self.drop_versions(projection.name(), Versions::OlderThan(projection.version())).await
    }

    async fn drop_versions(&self, projection: &'static str, which: Versions) -> Result<usize, Outage> {
        let dialect = D::DIALECT;
        let job: Job<usize> =
            Box::new(move |session| Box::pin(write::drop_versions(session, dialect, projection, which)));
        self.driver.transact(job).await
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

#[async_trait]
impl<D: Driver> TableStore for Views<D> {
    async fn open(&self, projection: &dyn TableProjection) -> Result<(Position, Vec<Parked>), Outage> {
        let (name, version, dialect) = (projection.name(), projection.version(), D::DIALECT);
        let shapes =
            projection.tables().iter().map(|table| Shape::new(*table, version, dialect).map(Arc::new));
        let shapes = shapes.collect::<Result<Vec<_>, _>>()?;
        let made = shapes.clone();
        let job: Job<Result<write::Stored, String>> =
            Box::new(move |session| Box::pin(write::open(session, dialect, name, version, made)));
        let stored = self.driver.transact(job).await?.map_err(wrong)?;
        let mut known = self.shapes.write().unwrap_or_else(PoisonError::into_inner);
        for shape in shapes {
            known.live.insert(shape.table.name, Arc::clone(&shape));
            known.built.insert((shape.table.name, version), shape);
        }
        Ok(stored)
    }

    async fn discard(&self, projection: &dyn TableProjection) -> Result<(), Outage> {
        self.drop_versions(projection.name(), Versions::Only(projection.version())).await.map(drop)
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
        let job: Job<bool> = Box::new(move |session| Box::pin(write::commit(session, D::DIALECT, commit)));
        self.driver.transact(job).await
    }

    async fn get(&self, table: &'static str, key: &str) -> Result<Option<Row>, Outage> {
        let shape = self.live(table)?;
        let rows = self.driver.read(shape.get.clone(), vec![Value::from(key)], &shape.types).await?;
        Ok(rows.into_iter().next().map(|cells| shape.row(cells)))
    }

    /// Rows of one table, at most [`PAGE_ROWS_MAX`]. Where the order does not name the key, it goes the way of the
    /// last column that it names.
    async fn list(&self, table: &'static str, query: &Query) -> Result<Vec<Row>, Outage> {
        let shape = self.live(table)?;
        let page = list::page(&shape, query)?;
        let rows = self.driver.read(sql(page.text), page.values, &shape.types).await?;
        Ok(rows.into_iter().map(|cells| shape.row(cells)).collect())
    }
}
