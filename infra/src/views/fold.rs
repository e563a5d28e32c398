//! Many changes as few statements.
//!
//! Within one table, changes to different keys do not depend on one another, so all that happens to one key is
//! folded as far as it can be without knowing the row, and effects of one kind go to the database many at a time. What
//! cannot be folded (a change that depends on what the row is) makes a next layer of its key; layers are written
//! one after the other.
//!
//! A change by another column than the key is one of the rows that have that value, as soon as it is known which those
//! are: [`wanted`] says what to look up before, and most of it finds nothing. Where that cannot be known, because the
//! batch changes that very column of some row, everything before it is written first and then the change itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{Change, OnlyIf, Value};

use super::shape::{Shape, wrong};

/// Statements to be run in this order, for one table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Steps(pub(super) Vec<Step>);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Whole rows.
    Put(Vec<Vec<Value>>),
    /// The same columns of several rows; each row is its key and then the columns.
    Set { columns: Vec<usize>, only_if: Option<Condition>, rows: Vec<Vec<Value>> },
    /// Rows that go.
    Delete(Vec<String>),
    /// Every row in which a column has a value.
    SetWhere { column: usize, value: Value, columns: Cells, only_if: Option<Condition> },
}

/// What a row must be for a change to count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Condition {
    pub(crate) column: usize,
    pub(crate) is_one_of: Vec<Value>,
}

impl Condition {
    fn holds(&self, value: &Value) -> bool {
        *value != Value::Null && self.is_one_of.contains(value)
    }
}

/// Values by where their column stands.
type Cells = BTreeMap<usize, Value>;

/// What changes of rows must have in common to go into one statement: their columns and their condition.
type Alike = (Vec<usize>, Option<Condition>);

#[derive(Debug)]
enum Effect {
    Put(Vec<Value>),
    Set(Cells, Option<Condition>),
    Delete,
}

/// What is still to be written, by key.
#[derive(Debug, Default)]
struct Pending<'a> {
    /// The layers of each key, the first first.
    effects: HashMap<&'a str, Vec<Effect>>,
    /// In the order in which they came, so that the same changes give the same statements.
    keys: Vec<&'a str>,
}

/// Folds the changes of one table; `found` is what was found of [`wanted`].
pub(super) fn fold<'a>(
    shape: &Shape,
    changes: impl IntoIterator<Item = &'a Change>,
    found: &'a Found,
) -> Result<Steps, Outage> {
    let mut steps = Steps::default();
    let mut pending = Pending::default();
    let mut members = Members::of(found);
    for change in changes {
        match change {
            Change::Put { row, .. } => {
                let mut values = vec![Value::Null; shape.table.columns.len()];
                let mut key = None;
                for (name, value) in row {
                    let column = shape.column_for(name, value)?;
                    assign(&mut values, column, value.clone());
                    if column == 0 {
                        key = value.as_text();
                    }
                }
                let key =
                    key.ok_or_else(|| wrong(format_args!("a row of {} has no key", shape.table.name)))?;
                members.put(shape, key, row);
                pending.replace(key, Effect::Put(values));
            }
            Change::Set { key, columns, only_if, .. } => {
                pending.set(key, cells(shape, columns)?, condition(shape, only_if.as_ref())?);
            }
            Change::Delete { key, .. } => {
                members.delete(key);
                pending.replace(key, Effect::Delete);
            }
            Change::SetWhere { column, value, columns, only_if, .. } => {
                let (column, columns) = (shape.column(column)?, cells(shape, columns)?);
                let only_if = condition(shape, only_if.as_ref())?;
                if let Some(keys) = members.with(column, value) {
                    for key in keys {
                        pending.set(key, columns.clone(), only_if.clone());
                    }
                    continue;
                }
                pending.drain_into(&mut steps);
                steps.0.push(Step::SetWhere { column, value: value.clone(), columns, only_if });
            }
        }
    }
    pending.drain_into(&mut steps);
    Ok(steps)
}

/// The rows that have one of the values that were looked up, by column: its key and the value.
pub(super) type Found = BTreeMap<usize, Vec<(String, Value)>>;

/// Columns and values whose rows have to be known before the changes are folded.
pub(super) fn wanted<'a>(
    shape: &Shape,
    changes: impl IntoIterator<Item = &'a Change, IntoIter: Clone>,
) -> Result<BTreeMap<usize, BTreeSet<&'a Value>>, Outage> {
    let mut wanted: BTreeMap<usize, BTreeSet<&Value>> = BTreeMap::new();
    let changes = changes.into_iter();
    for change in changes.clone() {
        if let Change::SetWhere { column, value, .. } = change {
            let column = if *value == Value::Null {
                shape.column(column)?
            } else {
                shape.column_for(column, value)?
            };
            wanted.entry(column).or_default().insert(value);
        }
    }
    if !wanted.is_empty() {
        // No index finds what has no value, and whether a row changes can depend on what it is.
        wanted.retain(|_, values| !values.contains(&Value::Null));
        for change in changes {
            if let Change::Set { columns, .. } | Change::SetWhere { columns, .. } = change {
                for (name, _) in columns {
                    wanted.remove(&shape.column(name)?);
                }
            }
        }
    }
    Ok(wanted)
}

/// Which rows have which value of a column that was looked up, while changes go on.
#[derive(Debug, Default)]
struct Members<'a> {
    columns: BTreeMap<usize, Column<'a>>,
}

#[derive(Debug, Default)]
struct Column<'a> {
    keys: BTreeMap<&'a Value, BTreeSet<&'a str>>,
    values: HashMap<&'a str, &'a Value>,
}

impl<'a> Members<'a> {
    fn of(found: &'a Found) -> Self {
        let mut members = Self::default();
        for (column, rows) in found {
            let known = members.columns.entry(*column).or_default();
            for (key, value) in rows {
                known.put(key, value);
            }
        }
        members
    }

    /// The keys of the rows with that value; `None` where that is not known.
    fn with(&self, column: usize, value: &Value) -> Option<impl Iterator<Item = &'a str>> {
        let known = self.columns.get(&column)?;
        Some(known.keys.get(value).into_iter().flatten().copied())
    }

    fn put(&mut self, shape: &Shape, key: &'a str, row: &'a [(&'static str, Value)]) {
        for (column, known) in &mut self.columns {
            known.delete(key);
            let name = shape.table.columns.get(*column).map(|(name, _)| *name);
            if let Some((_, value)) = row.iter().rfind(|(column, _)| Some(*column) == name) {
                known.put(key, value);
            }
        }
    }

    fn delete(&mut self, key: &str) {
        self.columns.values_mut().for_each(|known| known.delete(key));
    }
}

impl<'a> Column<'a> {
    fn put(&mut self, key: &'a str, value: &'a Value) {
        self.keys.entry(value).or_default().insert(key);
        self.values.insert(key, value);
    }

    fn delete(&mut self, key: &str) {
        if let Some(keys) = self.values.remove(key).and_then(|value| self.keys.get_mut(value)) {
            keys.remove(key);
        }
    }
}

fn assign(values: &mut [Value], column: usize, value: Value) {
    if let Some(slot) = values.get_mut(column) {
        *slot = value;
    }
}

fn cells(shape: &Shape, columns: &[(&'static str, Value)]) -> Result<Cells, Outage> {
    let mut cells = Cells::new();
    for (name, value) in columns {
        let column = shape.column_for(name, value)?;
        if column == 0 {
            return Err(wrong(format_args!("a key of {} is to change", shape.table.name)));
        }
        cells.insert(column, value.clone());
    }
    if cells.is_empty() {
        return Err(wrong(format_args!("a change of {} changes nothing", shape.table.name)));
    }
    Ok(cells)
}

fn condition(shape: &Shape, only_if: Option<&OnlyIf>) -> Result<Option<Condition>, Outage> {
    let Some(OnlyIf { column, is_one_of }) = only_if else { return Ok(None) };
    for value in is_one_of {
        shape.column_for(column, value)?;
    }
    Ok(Some(Condition { column: shape.column(column)?, is_one_of: is_one_of.clone() }))
}

impl<'a> Pending<'a> {
    fn of(&mut self, key: &'a str) -> &mut Vec<Effect> {
        self.effects.entry(key).or_insert_with(|| {
            self.keys.push(key);
            Vec::new()
        })
    }

    /// Whatever was to happen to the row before no longer matters.
    fn replace(&mut self, key: &'a str, effect: Effect) {
        let effects = self.of(key);
        effects.clear();
        effects.push(effect);
    }

    fn set(&mut self, key: &'a str, cells: Cells, only_if: Option<Condition>) {
        let effects = self.of(key);
        let holds = |value: &Value| only_if.as_ref().is_none_or(|condition| condition.holds(value));
        let column = only_if.as_ref().map(|condition| condition.column);
        match effects.last_mut() {
            Some(Effect::Put(values)) => {
                if column.is_none_or(|column| values.get(column).is_some_and(holds)) {
                    for (column, value) in cells {
                        assign(values, column, value);
                    }
                }
            }
            // There is no such row any more.
            Some(Effect::Delete) => {}
            Some(Effect::Set(before, None)) if column.is_none_or(|column| before.contains_key(&column)) => {
                if column.is_none_or(|column| before.get(&column).is_some_and(holds)) {
                    before.extend(cells);
                }
            }
            Some(Effect::Set(..)) | None => effects.push(Effect::Set(cells, only_if)),
        }
    }

    fn drain_into(&mut self, steps: &mut Steps) {
        let mut keys: Vec<_> = self.keys.drain(..).collect();
        let mut layers: HashMap<&str, _> =
            self.effects.drain().map(|(key, effects)| (key, effects.into_iter())).collect();
        while !keys.is_empty() {
            let (mut puts, mut deletes) = (Vec::new(), Vec::new());
            let mut sets: BTreeMap<Alike, Vec<Vec<Value>>> = BTreeMap::new();
            keys.retain(|key| {
                match layers.get_mut(key).and_then(Iterator::next) {
                    Some(Effect::Put(values)) => puts.push(values),
                    Some(Effect::Delete) => deletes.push((*key).to_owned()),
                    Some(Effect::Set(cells, only_if)) => {
                        let (columns, values): (Vec<_>, Vec<_>) = cells.into_iter().unzip();
                        let row = std::iter::once(Value::from(*key)).chain(values).collect();
                        sets.entry((columns, only_if)).or_default().push(row);
                    }
                    None => return false,
                }
                true
            });
            let sets =
                sets.into_iter().map(|((columns, only_if), rows)| Step::Set { columns, only_if, rows });
            let puts = (!puts.is_empty()).then_some(Step::Put(puts));
            let deletes = (!deletes.is_empty()).then_some(Step::Delete(deletes));
            steps.0.extend(puts.into_iter().chain(sets).chain(deletes));
        }
    }
}
