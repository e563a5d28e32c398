//! Relational read models, described as data: a projection declares its tables and answers each event with
//! changes to rows. One adapter in `infra` turns that into SQL; here nothing knows SQL.

use std::collections::BTreeMap;

use async_trait::async_trait;
use boxoffice_domain::log::{Position, Recorded};

use crate::feed::Outage;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// A signed 64-bit integer.
    Integer,
}

/// One cell of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    Null,
    /// UTF-8 text; structured values as JSON text.
    Text(String),
    /// A signed 64-bit integer; times as milliseconds since 1970.
    Integer(i64),
}

impl Value {
    /// The text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(value) = self { Some(*value) } else { None }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A table: its first column is the primary key, which is always text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name, unique over all projections.
    pub name: &'static str,
    /// Its columns; the first is the key.
    pub columns: &'static [(&'static str, ColumnType)],
    /// Groups of columns that are looked up or sorted by, besides the key.
    pub indexes: &'static [&'static [&'static str]],
}

/// A row by column name.
pub type Row = BTreeMap<String, Value>;

/// A condition on a row as it is before the change: this column holds one of these values. A column that is null
/// holds none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlyIf {
    /// The column.
    pub column: &'static str,
    /// What it may hold; none of them is null.
    pub is_one_of: Vec<Value>,
}

/// A change to one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The row is as it is given here; columns that are not named are null.
    Put {
        /// The table.
        table: &'static str,
        /// Every column with its value, the key among them.
        row: Vec<(&'static str, Value)>,
    },
    /// If there is a row with that key, these columns change.
    Set {
        /// The table.
        table: &'static str,
        /// The key.
        key: String,
        /// The columns that change.
        columns: Vec<(&'static str, Value)>,
        /// Only where this holds too.
        only_if: Option<OnlyIf>,
    },
    /// Every row in which `column` equals `value` changes. There is an index on `column`.
    SetWhere {
        /// The table.
        table: &'static str,
        /// The column that is looked up.
        column: &'static str,
        /// What it must be.
        value: Value,
        /// The columns that change.
        columns: Vec<(&'static str, Value)>,
        /// Only where this holds too.
        only_if: Option<OnlyIf>,
    },
    /// If there is a row with that key, it goes.
    Delete {
        /// The table.
        table: &'static str,
        /// The key.
        key: String,
    },
}

/// An event that a projection cannot apply; its stream is parked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event cannot be applied: {0}")]
pub struct Inapplicable(pub String);

/// A read model in tables.
pub trait TableProjection: Send + Sync + 'static {
    /// Its name: lower case, unique.
    fn name(&self) -> &'static str;

    /// Its version: a higher one is built beside the live one and swapped in when it has caught up.
    fn version(&self) -> u32;

    /// Its tables.
    fn tables(&self) -> &'static [Table];

    /// What the event changes.
    ///
    /// # Errors
    /// [`Inapplicable`].
    fn apply(&self, event: &Recorded) -> Result<Vec<Change>, Inapplicable>;
}

/// How rows are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Columns that must equal a value.
    pub equal: Vec<(&'static str, Value)>,
    /// The columns to sort by; the key is always the last of them.
    pub order: Vec<(&'static str, Direction)>,
    /// Only rows after this one in the given order: the values of the order's columns and then the key.
    pub after: Option<Vec<Value>>,
    /// At most so many rows.
    pub limit: usize,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The greatest first.
    Descending,
}

/// An event that was put aside, and its stream with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The stream that no longer moves in this projection.
    pub stream: String,
    /// The first event of it that could not be applied.
    pub position: Position,
    /// Why.
    pub reason: String,
}

/// One building of a projection's tables.
///
/// What is asked for is read from the *live* generation of the projection's version. A rebuild makes another one
/// beside it, which becomes live once it has come as far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its number; a later one of the same version has a higher one.
    pub number: u32,
    /// Its checkpoint.
    pub position: Position,
    /// What it had to put aside.
    pub parked: Vec<Parked>,
}

/// A store of tables. The changes of a batch, the checkpoint and what was parked commit together.
#[async_trait]
pub trait TableStore: Send + Sync + 'static {
    /// The live generation of this version of a projection, which is made unless it is there.
    ///
    /// # Errors
    /// [`Outage`].
    async fn open(&self, projection: &dyn TableProjection) -> Result<Generation, Outage>;

    /// The number of the live generation, if there is one: whether somebody else has promoted another.
    ///
    /// # Errors
    /// [`Outage`].
    async fn live(&self, projection: &dyn TableProjection) -> Result<Option<u32>, Outage>;

    /// Makes an empty generation beside the live one. It is this store's to build until it is promoted or given up.
    ///
    /// # Errors
    /// [`Outage`].
    async fn begin(&self, projection: &dyn TableProjection) -> Result<Generation, Outage>;

    /// A generation that was begun becomes the live one, in one transaction. `false`: it has not come as far as the
    /// live one, or is gone, and nothing was changed.
    ///
    /// # Errors
    /// [`Outage`].
    async fn promote(&self, projection: &dyn TableProjection, generation: u32) -> Result<bool, Outage>;

    /// A generation that was begun is not needed any more.
    ///
    /// # Errors
    /// [`Outage`].
    async fn give_up(&self, projection: &dyn TableProjection, generation: u32) -> Result<(), Outage>;

    /// Drops what is left of generations of this version that are neither live nor being built. Tells how many
    /// tables went.
    ///
    /// # Errors
    /// [`Outage`].
    async fn sweep(&self, projection: &dyn TableProjection) -> Result<usize, Outage>;

    /// Drops what older versions of a projection have built, unless a server uses it still. For when this version
    /// has caught up. Tells how many tables went.
    ///
    /// # Errors
    /// [`Outage`].
    async fn retire_older(&self, projection: &dyn TableProjection) -> Result<usize, Outage>;

    /// Forgets what this version of a projection has built. [`Self::open`] begins anew.
    ///
    /// # Errors
    /// [`Outage`].
    async fn discard(&self, projection: &dyn TableProjection) -> Result<(), Outage>;

    /// Applies changes to a generation, in the order given, and moves its checkpoint from `from` to `to` in one
    /// transaction. `false`: the checkpoint was not at `from`, or the generation is gone, and nothing was changed.
    ///
    /// # Errors
    /// [`Outage`].
    async fn commit(
        &self,
        projection: &dyn TableProjection,
        generation: u32,
        from: Position,
        to: Position,
        changes: &[Change],
        parked: &[Parked],
    ) -> Result<bool, Outage>;

    /// The row with that key.
    ///
    /// # Errors
    /// [`Outage`].
    async fn get(&self, table: &'static str, key: &str) -> Result<Option<Row>, Outage>;

    /// Rows of one table.
    ///
    /// # Errors
    /// [`Outage`].
    async fn list(&self, table: &'static str, query: &Query) -> Result<Vec<Row>, Outage>;
}
