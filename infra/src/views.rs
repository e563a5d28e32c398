//! Relational read models: tables that are folded from the log, with the checkpoint of each projection in the
//! transaction of its rows.
//!
//! What is here is the same wherever they are kept: what a commit does, how changes become few statements, how a page
//! is asked for. A `Driver` runs it: `views/sqlite.rs` in a file, `postgres/views.rs` in PostgreSQL.
//!
//! A table is kept as `<name>_v<version of its projection>_g<generation>`, so that a new version is built beside the old
//! one, and a rebuild beside what is read. Reads go to the live generation of the version that was opened last. Where
//! another one was promoted and the table dropped, a read looks which it is and tries again.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use boxoffice_domain::log::Position;
use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{
    Change, ColumnType, Generation, Parked, Query, Row, TableProjection, TableStore, Value,
};

mod driver;
mod fold;
mod generations;
mod list;
mod shape;
mod sqlite;
mod write;

pub(crate) use driver::{Cells, Dialect, Driver, Job, Session, bind_value, cells, sql};
pub(crate) use fold::Condition;
use fold::Found;
use generations::{Declared, Unneeded};
pub use list::ROWS_MAX as PAGE_ROWS_MAX;
pub(crate) use shape::Shape;
use shape::{BuiltAs, wrong};
pub use sqlite::{SqliteTables, SqliteViews, VIEWS_FILE};

/// How many values are looked up with one statement.
const LOOK_UP_MAX: usize = 256;

/// Read models, wherever they are kept.
#[derive(Debug)]
pub struct Views<D> {
    driver: D,
    shapes: RwLock<Shapes>,
}

#[derive(Debug, Default)]
struct Shapes {
    /// By the name of the table.
    built: HashMap<BuiltAs, Vec<Arc<Shape>>>,
    /// What reads go to: the live generation of the version that was opened last.
    live: HashMap<&'static str, Arc<Shape>>,
    /// What this process builds.
    building: HashSet<BuiltAs>,
}

impl Shapes {
    fn is_live(&mut self, built: BuiltAs) {
        for shape in self.built.get(&built).into_iter().flatten() {
            self.live.insert(shape.table.name, Arc::clone(shape));
        }
    }
}

fn declared(projection: &dyn TableProjection) -> Declared {
    let (name, version) = (projection.name(), projection.version());
    Declared { projection: name, version, tables: projection.tables() }
}

/// What a server keeps while it uses a version.
fn in_use(projection: &str, version: u32) -> String {
    format!("in use: {projection} {version}")
}

/// What a server keeps while it builds a generation.
fn being_built(built: BuiltAs) -> String {
    format!("being built: {} {} {}", built.projection, built.version, built.generation)
}

#[expect(private_bounds, reason = "where read models can be kept is decided here")]
impl<D: Driver> Views<D> {
    pub(crate) fn kept_in(driver: D) -> Self {
        Self { driver, shapes: RwLock::default() }
    }

    fn shapes(&self) -> RwLockReadGuard<'_, Shapes> {
        self.shapes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn shapes_mut(&self) -> RwLockWriteGuard<'_, Shapes> {
        self.shapes.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, declared: Declared, generation: u32) -> Result<BuiltAs, Outage> {
        let (built, shapes) = (declared.generation(generation), declared.shapes(generation, D::DIALECT)?);
        self.shapes_mut().built.insert(built, shapes);
        Ok(built)
    }

    fn live_shape(&self, table: &'static str) -> Result<Arc<Shape>, Outage> {
        let shape = self.shapes().live.get(table).cloned();
        shape.ok_or_else(|| wrong(format_args!("{table} was not opened")))
    }

    /// Reads of a live table, and again as long as that turns out to have gone because another generation is live.
    async fn read(
        &self,
        table: &'static str,
        ask: impl Fn(&Shape) -> Result<(sqlx::SqlStr, Vec<Value>), Outage> + Sync,
    ) -> Result<Vec<Row>, Outage> {
        let mut shape = self.live_shape(table)?;
        loop {
            let (text, values) = ask(&shape)?;
            match self.driver.read(text, values, &shape.types).await {
                Ok(rows) => return Ok(rows.into_iter().map(|cells| shape.row(cells)).collect()),
                // The next one may be gone too by the time it is read, however seldom.
                Err(outage) => shape = self.successor(&shape).await?.ok_or(outage)?,
            }
        }
    }

    /// The table of the live generation, if that is not the one that was taken for it.
    async fn successor(&self, former: &Shape) -> Result<Option<Arc<Shape>>, Outage> {
        let known = self.live_shape(former.table.name)?;
        if known.built != former.built {
            return Ok(Some(known));
        }
        let Some(live) =
            self.ask_for_live(former.built).await?.filter(|live| *live != former.built.generation)
        else {
            return Ok(None);
        };
        let built = BuiltAs { generation: live, ..former.built };
        let shape = Arc::new(Shape::new(former.table, built, D::DIALECT)?);
        let mut shapes = self.shapes_mut();
        // Somebody may know of a later one by now.
        if let Some(known) = shapes.live.get_mut(former.table.name)
            && known.built == former.built
        {
            *known = Arc::clone(&shape);
        }
        Ok(Some(shape))
    }

    async fn ask_for_live(&self, built: BuiltAs) -> Result<Option<u32>, Outage> {
        let (text, values) = generations::ask_for_live(D::DIALECT, built);
        let rows = self.driver.read(sql(text), values, &[ColumnType::Integer]).await?;
        Ok(rows.first().and_then(|row| row.first()).map(generations::number))
    }

    async fn is_not_built_any_more(&self, built: BuiltAs) {
        self.shapes_mut().building.remove(&built);
        if let Err(outage) = self.driver.release(&being_built(built)).await {
            // Whatever was kept has ended with the connection.
            tracing::warn!(%outage, "tables are not kept any longer, which could not be told");
        }
    }

    async fn empty(&self, table: String) -> Result<(), Outage> {
        if D::DIALECT.emptied_by.is_none() {
            return Ok(());
        }
        loop {
            let table = table.clone();
            let job: Job<bool> =
                Box::new(move |session| Box::pin(generations::empty(session, D::DIALECT, table)));
            if self.driver.transact(job).await? {
                return Ok(());
            }
        }
    }

    /// Drops tables one by one, so that commits of what is read come between.
    async fn drop_unneeded(&self, declared: Declared, which: Unneeded) -> Result<usize, Outage> {
        let job: Job<Vec<(BuiltAs, String)>> =
            Box::new(move |session| Box::pin(generations::unneeded(session, D::DIALECT, declared, which)));
        let mut dropped = 0;
        for (built, table) in self.driver.transact(job).await? {
            if self.shapes().building.contains(&built) {
                continue;
            }
            let kept = match which {
                Unneeded::Leftovers => being_built(built),
                Unneeded::OlderVersions => in_use(built.projection, built.version),
            };
            let drop = generations::Drop { built, table, kept, which };
            let job: Job<Option<String>> =
                Box::new(move |session| Box::pin(generations::condemn(session, D::DIALECT, drop)));
            let Some(condemned) = self.driver.transact(job).await? else { continue };
            self.shapes_mut().built.remove(&built);
            self.empty(condemned).await?;
            dropped += 1;
        }
        Ok(dropped)
    }

    /// The rows that changes by another column than the key are for. Where the checkpoint is what the caller takes it
    /// for when the changes are committed, nobody has changed any of them since.
    async fn look_up(&self, shape: &Shape, changes: &[&Change]) -> Result<Found, Outage> {
        let mut found = Found::new();
        for (column, values) in fold::wanted(shape, changes.iter().copied())? {
            let types = [ColumnType::Text, shape.types.get(column).copied().unwrap_or(ColumnType::Text)];
            let rows = found.entry(column).or_default();
            let values: Vec<Value> = values.into_iter().cloned().collect();
            for values in values.chunks(LOOK_UP_MAX) {
                let (text, values) = shape.look_up(column, values);
                for cells in self.driver.read(sql(text), values, &types).await? {
                    if let Ok([Value::Text(key), value]) = <[Value; 2]>::try_from(cells) {
                        rows.push((key, value));
                    }
                }
            }
        }
        Ok(found)
    }

    /// The shapes of a projection's tables, each with the changes that are for it.
    fn sort<'a>(&self, built: BuiltAs, changes: &'a [Change]) -> Result<Vec<Sorted<'a>>, Outage> {
        let known = self.shapes().built.get(&built).cloned();
        let known = known.ok_or_else(|| wrong(format_args!("{} was not opened", built.projection)))?;
        let mut sorted: Vec<Sorted<'a>> = known.into_iter().map(|shape| (shape, Vec::new())).collect();
        for change in changes {
            let name = table_of(change);
            let found = sorted.iter_mut().find(|(shape, _)| shape.table.name == name);
            let (_, changes) =
                found.ok_or_else(|| wrong(format_args!("{} has no {name}", built.projection)))?;
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
    async fn open(&self, projection: &dyn TableProjection) -> Result<Generation, Outage> {
        let declared = declared(projection);
        // What cannot be declared is refused before anything is made of it.
        declared.shapes(1, D::DIALECT)?;
        self.driver.keep(&in_use(declared.projection, declared.version)).await?;
        let job: Job<generations::Made> =
            Box::new(move |session| Box::pin(generations::open(session, D::DIALECT, declared)));
        let live = self.driver.transact(job).await?.map_err(wrong)?;
        let built = self.know(declared, live.number)?;
        self.shapes_mut().is_live(built);
        Ok(live)
    }

    async fn live(&self, projection: &dyn TableProjection) -> Result<Option<u32>, Outage> {
        self.ask_for_live(declared(projection).generation(0)).await
    }

    async fn begin(&self, projection: &dyn TableProjection) -> Result<Generation, Outage> {
        let declared = declared(projection);
        let job: Job<generations::Made> =
            Box::new(move |session| Box::pin(generations::begin(session, D::DIALECT, declared)));
        let begun = self.driver.transact(job).await?.map_err(wrong)?;
        let built = self.know(declared, begun.number)?;
        self.shapes_mut().building.insert(built);
        self.driver.keep(&being_built(built)).await?;
        Ok(begun)
    }

    async fn promote(&self, projection: &dyn TableProjection, generation: u32) -> Result<bool, Outage> {
        let built = declared(projection).generation(generation);
        let job: Job<bool> =
            Box::new(move |session| Box::pin(generations::promote(session, D::DIALECT, built)));
        let is_promoted = self.driver.transact(job).await?;
        if is_promoted {
            self.shapes_mut().is_live(built);
            self.is_not_built_any_more(built).await;
        }
        Ok(is_promoted)
    }

    async fn give_up(&self, projection: &dyn TableProjection, generation: u32) -> Result<(), Outage> {
        let built = declared(projection).generation(generation);
        self.is_not_built_any_more(built).await;
        let job: Job<()> =
            Box::new(move |session| Box::pin(generations::give_up(session, D::DIALECT, built)));
        self.driver.transact(job).await
    }

    async fn sweep(&self, projection: &dyn TableProjection) -> Result<usize, Outage> {
        self.drop_unneeded(declared(projection), Unneeded::Leftovers).await
    }

    async fn retire_older(&self, projection: &dyn TableProjection) -> Result<usize, Outage> {
        self.drop_unneeded(declared(projection), Unneeded::OlderVersions).await
    }

    async fn discard(&self, projection: &dyn TableProjection) -> Result<(), Outage> {
        let declared = declared(projection);
        let job: Job<()> =
            Box::new(move |session| Box::pin(generations::discard(session, D::DIALECT, declared)));
        self.driver.transact(job).await
    }

    async fn commit(
        &self,
        projection: &dyn TableProjection,
        generation: u32,
        from: Position,
        to: Position,
        changes: &[Change],
        parked: &[Parked],
    ) -> Result<bool, Outage> {
        let built = declared(projection).generation(generation);
        let mut tables = Vec::new();
        for (shape, changes) in self.sort(built, changes)? {
            let found = self.look_up(&shape, &changes).await?;
            let steps = fold::fold(&shape, changes, &found)?;
            tables.push((shape, steps));
        }
        let commit = write::Commit { built, from, to, tables, parked: parked.to_vec() };
        let job: Job<bool> = Box::new(move |session| Box::pin(write::commit(session, D::DIALECT, commit)));
        self.driver.transact(job).await
    }

    async fn get(&self, table: &'static str, key: &str) -> Result<Option<Row>, Outage> {
        let rows = self.read(table, |shape| Ok((shape.get.clone(), vec![Value::from(key)]))).await?;
        Ok(rows.into_iter().next())
    }

    /// Rows of one table, at most [`PAGE_ROWS_MAX`]. Where the order does not name the key, it goes the way of the
    /// last column that it names.
    async fn list(&self, table: &'static str, query: &Query) -> Result<Vec<Row>, Outage> {
        let ask = |shape: &Shape| list::page(shape, query).map(|page| (sql(page.text), page.values));
        self.read(table, ask).await
    }
}
