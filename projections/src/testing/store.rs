//! A store of tables in memory: what [`crate::table`] says, as plainly as possible.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use boxoffice_domain::log::{Position, Recorded};

use crate::feed::Outage;
use crate::table::{
    Change, Generation, OnlyIf, Parked, Query, Row, Table, TableProjection, TableStore, Value,
};

#[derive(Default, Clone)]
struct State {
    tables: HashMap<&'static str, (Table, BTreeMap<String, Row>)>,
    checkpoint: Position,
    parked: Vec<Parked>,
}

#[derive(Default)]
struct Generations {
    by_number: BTreeMap<u32, State>,
    live: u32,
    last: u32,
}

#[derive(Default)]
pub(crate) struct TestStore {
    state: Mutex<Generations>,
    /// How often something was committed.
    pub(crate) commits: AtomicUsize,
    /// The next commit finds that somebody else was faster.
    pub(crate) overtaken: AtomicBool,
    /// So many promotions find that the live generation has come further.
    pub(crate) behind: AtomicUsize,
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

impl Generations {
    fn make(&mut self, projection: &dyn TableProjection) -> u32 {
        let mut state = State::default();
        for table in projection.tables() {
            for column in table.indexes.iter().copied().flatten() {
                assert!(
                    table.columns.iter().any(|(name, _)| name == column),
                    "{}: no column {column}",
                    table.name
                );
            }
            state.tables.insert(table.name, (*table, BTreeMap::new()));
        }
        self.last += 1;
        self.by_number.insert(self.last, state);
        self.last
    }

    fn live(&mut self) -> &mut State {
        let live = self.live;
        self.by_number.get_mut(&live).unwrap()
    }

    fn told(&self, number: u32) -> Generation {
        let state = &self.by_number[&number];
        Generation { number, position: state.checkpoint, parked: state.parked.clone() }
    }
}

impl TestStore {
    /// The tables after these events.
    pub(crate) fn after(projection: &dyn TableProjection, events: &[Recorded]) -> Self {
        let store = Self::default();
        {
            let mut generations = store.state.lock().unwrap();
            generations.live = generations.make(projection);
            for change in events.iter().flat_map(|event| projection.apply(event).unwrap()) {
                generations.live().change(&change);
            }
        }
        store
    }

    pub(crate) fn row(&self, table: Table, key: impl std::fmt::Display + Copy) -> Row {
        let mut state = self.state.lock().unwrap();
        state.live().table(table.name).1.get(&key.to_string()).cloned().unwrap()
    }

    pub(crate) fn rows(&self, table: Table) -> BTreeMap<String, Row> {
        self.state.lock().unwrap().live().table(table.name).1.clone()
    }

    pub(crate) fn count(&self, table: Table) -> usize {
        self.rows(table).len()
    }

    pub(crate) fn checkpoint(&self) -> Position {
        self.state.lock().unwrap().live().checkpoint
    }

    pub(crate) fn generations(&self) -> Vec<u32> {
        self.state.lock().unwrap().by_number.keys().copied().collect()
    }

    /// As another process would.
    pub(crate) async fn promote_behind_ones_back(
        &self,
        projection: &dyn TableProjection,
        events: &[Recorded],
    ) {
        let begun = self.begin(projection).await.unwrap().number;
        let changes: Vec<Change> = events.iter().flat_map(|event| projection.apply(event).unwrap()).collect();
        let to = events.last().unwrap().position;
        assert!(self.commit(projection, begun, 0, to, &changes, &[]).await.unwrap());
        assert!(self.promote(projection, begun).await.unwrap());
    }
}

#[async_trait]
impl TableStore for TestStore {
    async fn open(&self, projection: &dyn TableProjection) -> Result<Generation, Outage> {
        let mut state = self.state.lock().unwrap();
        if state.live == 0 {
            state.live = state.make(projection);
        }
        Ok(state.told(state.live))
    }

    async fn live(&self, _: &dyn TableProjection) -> Result<Option<u32>, Outage> {
        let live = self.state.lock().unwrap().live;
        Ok((live > 0).then_some(live))
    }

    async fn begin(&self, projection: &dyn TableProjection) -> Result<Generation, Outage> {
        let mut state = self.state.lock().unwrap();
        let number = state.make(projection);
        Ok(state.told(number))
    }

    async fn promote(&self, _: &dyn TableProjection, generation: u32) -> Result<bool, Outage> {
        let behind =
            self.behind.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1));
        let mut state = self.state.lock().unwrap();
        let live = state.live;
        let is_there = state.by_number[&generation].checkpoint >= state.by_number[&live].checkpoint;
        if behind.is_ok() || !is_there {
            return Ok(false);
        }
        state.by_number.remove(&live);
        state.live = generation;
        Ok(true)
    }

    async fn give_up(&self, _: &dyn TableProjection, generation: u32) -> Result<(), Outage> {
        self.state.lock().unwrap().by_number.remove(&generation);
        Ok(())
    }

    async fn sweep(&self, _: &dyn TableProjection) -> Result<usize, Outage> {
        Ok(0)
    }

    async fn retire_older(&self, _: &dyn TableProjection) -> Result<usize, Outage> {
        Ok(0)
    }

    async fn discard(&self, _: &dyn TableProjection) -> Result<(), Outage> {
        *self.state.lock().unwrap() = Generations::default();
        Ok(())
    }

    async fn commit(
        &self,
        _: &dyn TableProjection,
        generation: u32,
        from: Position,
        to: Position,
        changes: &[Change],
        parked: &[Parked],
    ) -> Result<bool, Outage> {
        let mut state = self.state.lock().unwrap();
        let Some(state) = state.by_number.get_mut(&generation).filter(|state| state.checkpoint == from)
        else {
            return Ok(false);
        };
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
        Ok(self.state.lock().unwrap().live().table(table).1.get(key).cloned())
    }

    async fn list(&self, _: &'static str, _: &Query) -> Result<Vec<Row>, Outage> {
        Err(Outage("this store lists nothing".to_owned()))
    }
}
