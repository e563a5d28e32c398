//! A store of tables in memory: what [`crate::table`] says, as plainly as possible.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use boxoffice_domain::log::{Position, Recorded};

use crate::feed::Outage;
use crate::table::{Change, OnlyIf, Parked, Query, Row, Table, TableProjection, TableStore, Value};

#[derive(Default)]
struct State {
    tables: HashMap<&'static str, (Table, BTreeMap<String, Row>)>,
    checkpoint: Position,
    parked: Vec<Parked>,
}

#[derive(Default)]
pub(crate) struct TestStore {
    state: Mutex<State>,
    /// How often something was committed.
    pub(crate) commits: AtomicUsize,
    /// The next commit finds that somebody else was faster.
    pub(crate) overtaken: AtomicBool,
}

fn holds(row: &Row, only_if: Option<&OnlyIf>) -> bool {
    only_if.is_none_or(|condition| {
        row.get(condition.column)
            .is_some_and(|value| *value != Value::Null && condition.is_one_of.contains(value))
    })
}

fn set(row: &mut Row, columns: &[(&'static str, Value)]) {
    for (column, value) in columns {
        *row.get_mut(*column).unwrap_or_else(|| panic!("no column {column}")) = value.clone();
    }
}

impl State {
    fn table(&mut self, name: &str) -> &mut (Table, BTreeMap<String, Row>) {
        self.tables.get_mut(name).unwrap_or_else(|| panic!("no table {name}"))
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Put { table, row } => {
                let (table, rows) = self.table(table);
                let mut full: Row =
                    table.columns.iter().map(|(name, _)| ((*name).to_owned(), Value::Null)).collect();
                set(&mut full, row);
                let key = full[table.columns[0].0].as_text().unwrap().to_owned();
                rows.insert(key, full);
            }
            Change::Set { table, key, columns, only_if } => {
                let row = self.table(table).1.get_mut(key);
                if let Some(row) = row.filter(|row| holds(row, only_if.as_ref())) {
                    set(row, columns);
                }
            }
            Change::SetWhere { table, column, value, columns, only_if } => {
                let (table, rows) = self.table(table);
                assert!(
                    table.indexes.iter().any(|index| index[0] == *column),
                    "{column} is looked up without index"
                );
                for row in rows.values_mut().filter(|row| row.get(*column) == Some(value)) {
                    if holds(row, only_if.as_ref()) {
                        set(row, columns);
                    }
                }
            }
            Change::Delete { table, key } => {
                self.table(table).1.remove(key);
            }
        }
    }
}

impl TestStore {
    /// The tables after these events.
    pub(crate) fn after(projection: &dyn TableProjection, events: &[Recorded]) -> Self {
        let store = Self::default();
        store.prepare(projection);
        for event in events {
            for change in projection.apply(event).unwrap() {
                store.state.lock().unwrap().change(&change);
            }
        }
        store
    }

    fn prepare(&self, projection: &dyn TableProjection) {
        let mut state = self.state.lock().unwrap();
        for table in projection.tables() {
            for column in table.indexes.iter().copied().flatten() {
                assert!(
                    table.columns.iter().any(|(name, _)| name == column),
                    "{}: no column {column}",
                    table.name
                );
            }
            state.tables.entry(table.name).or_insert_with(|| (*table, BTreeMap::new()));
        }
    }

    pub(crate) fn row(&self, table: Table, key: impl std::fmt::Display + Copy) -> Row {
        let mut state = self.state.lock().unwrap();
        state.table(table.name).1.get(&key.to_string()).cloned().unwrap()
    }

    pub(crate) fn count(&self, table: Table) -> usize {
        self.state.lock().unwrap().table(table.name).1.len()
    }

    pub(crate) fn checkpoint(&self) -> Position {
        self.state.lock().unwrap().checkpoint
    }
}

#[async_trait]
impl TableStore for TestStore {
    async fn open(&self, projection: &dyn TableProjection) -> Result<(Position, Vec<Parked>), Outage> {
        self.prepare(projection);
        let state = self.state.lock().unwrap();
        Ok((state.checkpoint, state.parked.clone()))
    }

    async fn discard(&self, _: &dyn TableProjection) -> Result<(), Outage> {
        *self.state.lock().unwrap() = State::default();
        Ok(())
    }

    async fn commit(
        &self,
        _: &dyn TableProjection,
        from: Position,
        to: Position,
        changes: &[Change],
        parked: &[Parked],
    ) -> Result<bool, Outage> {
        let mut state = self.state.lock().unwrap();
        if state.checkpoint != from {
            return Ok(false);
        }
        for change in changes {
            state.change(change);
        }
        state.parked.extend_from_slice(parked);
        state.checkpoint = to;
        self.commits.fetch_add(1, Ordering::SeqCst);
        // Somebody else commits exactly the same, and this caller hears of it only now.
        Ok(!self.overtaken.swap(false, Ordering::SeqCst))
    }

    async fn get(&self, table: &'static str, key: &str) -> Result<Option<Row>, Outage> {
        Ok(self.state.lock().unwrap().table(table).1.get(key).cloned())
    }

    async fn list(&self, _: &'static str, _: &Query) -> Result<Vec<Row>, Outage> {
        unimplemented!("no test lists")
    }
}
