//! A declared table as SQLite has it: `<name>_v<version>`, its statements, and its rows.
//!
//! Identifiers come from declarations in our own code alone; they are checked all the same, because nothing else
//! stands between them and SQL.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{ColumnType, Row, Table, Value};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr, SqlStr};

use super::fold::Condition;
use crate::database::{Bulk, bind};

/// The most rows of one statement.
const ROWS_MAX: usize = 64;

const NAME_LENGTH_MAX: usize = 60;

/// A table of one version of a projection.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) table: Table,
    /// Quoted.
    pub(super) physical: String,
    pub(super) columns: String,
    pub(super) get: SqlStr,
    pub(super) put: Bulk,
    pub(super) delete: Bulk,
    set: Mutex<HashMap<Form, Arc<Bulk>>>,
}

/// What makes one statement that changes rows by key differ from another: the columns that change, and the column
/// of the condition with the number of values that it may hold.
type Form = (Vec<usize>, Option<(usize, usize)>);

/// Refuses what a declaration must not be.
pub(super) fn wrong(what: impl std::fmt::Display) -> Outage {
    Outage(format!("a read model is declared or changed wrongly: {what}"))
}

fn is_identifier(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= NAME_LENGTH_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(rest)
}

impl Shape {
    pub(super) fn new(table: Table, version: u32) -> Result<Self, Outage> {
        let indexed = table.indexes.iter().copied().flatten();
        let names = table.columns.iter().map(|(name, _)| name).chain(indexed).chain([&table.name]);
        if let Some(name) = names.copied().find(|name| !is_identifier(name)) {
            return Err(wrong(format_args!("{name:?} is not a name")));
        }
        let Some((key, ColumnType::Text)) = table.columns.first() else {
            return Err(wrong(format_args!("the key of {} is not text", table.name)));
        };
        let physical = format!("\"{}_v{version}\"", table.name);
        let columns =
            table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let placeholders = format!("({})", vec!["?"; table.columns.len()].join(", "));
        let get = format!("SELECT {columns} FROM {physical} WHERE \"{key}\" = ?");
        Ok(Self {
            get: AssertSqlSafe(Arc::<str>::from(get)).into_sql_str(),
            put: Bulk::new(
                &format!("INSERT OR REPLACE INTO {physical} ({columns}) VALUES"),
                &placeholders,
                "",
                ROWS_MAX,
            ),
            delete: Bulk::new(&format!("DELETE FROM {physical} WHERE \"{key}\" IN ("), "?", ")", ROWS_MAX),
            set: Mutex::default(),
            table,
            physical,
            columns,
        })
    }

    /// What makes the table. SQLite keeps this text as it is, so that a later one can be compared with it.
    pub(super) fn ddl(&self) -> String {
        let column = |(n, (name, column)): (usize, &(&str, ColumnType))| {
            let kind = match column {
                ColumnType::Text => "TEXT",
                ColumnType::Integer => "INTEGER",
            };
            format!("\"{name}\" {kind}{}", if n == 0 { " NOT NULL PRIMARY KEY" } else { "" })
        };
        let columns: Vec<_> = self.table.columns.iter().enumerate().map(column).collect();
        format!("CREATE TABLE {} ({}) STRICT, WITHOUT ROWID", self.physical, columns.join(", "))
    }

    /// What makes its indexes, unless they are there.
    pub(super) fn indexes(&self) -> impl Iterator<Item = String> {
        self.table.indexes.iter().map(|columns| {
            let name = format!("{}_by_{}\"", self.physical.trim_end_matches('"'), columns.join("_"));
            let columns = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
            format!("CREATE INDEX IF NOT EXISTS {name} ON {} ({columns})", self.physical)
        })
    }

    pub(super) fn key(&self) -> &'static str {
        self.table.columns.first().map_or("", |(name, _)| name)
    }

    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> Result<usize, Outage> {
        let found = self.table.columns.iter().position(|(known, _)| *known == name);
        found.ok_or_else(|| wrong(format_args!("{} has no column {name:?}", self.table.name)))
    }

    /// Where a column stands, if it may hold the value.
    pub(super) fn column_for(&self, name: &str, value: &Value) -> Result<usize, Outage> {
        let column = self.column(name)?;
        let fits = match (value, self.table.columns.get(column)) {
            (Value::Null, _) => column != 0,
            (Value::Text(_), Some((_, ColumnType::Text)))
            | (Value::Integer(_), Some((_, ColumnType::Integer))) => true,
            _ => false,
        };
        if fits {
            Ok(column)
        } else {
            Err(wrong(format_args!("{}.{name} cannot be {value:?}", self.table.name)))
        }
    }

    pub(super) fn quoted(&self, column: usize) -> String {
        self.table.columns.get(column).map_or_else(String::new, |(name, _)| format!("\"{name}\""))
    }

    /// The statement that changes columns of rows by key. Its values are, for each row, the key and then the
    /// columns; after all rows come those that the column of the condition may hold.
    pub(super) fn set(&self, columns: &[usize], only_if: Option<&Condition>) -> Arc<Bulk> {
        let form = (columns.to_vec(), only_if.map(|condition| (condition.column, condition.is_one_of.len())));
        let mut known = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bulk) = known.get(&form) {
            return Arc::clone(bulk);
        }
        let assign = |(n, column): (usize, &usize)| format!("{} = new.column{}", self.quoted(*column), n + 2);
        let assignments = columns.iter().enumerate().map(assign).collect::<Vec<_>>().join(", ");
        let before = format!("UPDATE {} SET {assignments} FROM (VALUES", self.physical);
        let row = format!("({})", vec!["?"; columns.len() + 1].join(", "));
        let condition = self.condition(only_if);
        let after = format!(") AS new WHERE {}.{} = new.column1{condition}", self.physical, self.quoted(0));
        let bulk = Arc::new(Bulk::new(&before, &row, &after, ROWS_MAX));
        known.insert(form, Arc::clone(&bulk));
        bulk
    }

    /// The end of a WHERE clause, with a placeholder for each value of the condition.
    pub(super) fn condition(&self, only_if: Option<&Condition>) -> String {
        let Some(Condition { column, is_one_of }) = only_if else { return String::new() };
        let values = vec!["?"; is_one_of.len()].join(", ");
        format!(" AND {}.{} IN ({values})", self.physical, self.quoted(*column))
    }

    /// A row of [`Self::columns`].
    pub(super) fn read(&self, row: &SqliteRow) -> Result<Row, sqlx::Error> {
        let value = |(n, (name, column)): (usize, &(&str, ColumnType))| {
            let value = match column {
                ColumnType::Text => row.try_get::<Option<String>, _>(n)?.into(),
                ColumnType::Integer => row.try_get::<Option<i64>, _>(n)?.into(),
            };
            Ok(((*name).to_owned(), value))
        };
        self.table.columns.iter().enumerate().map(value).collect()
    }
}

/// Adds a value for a placeholder.
pub(super) fn bind_value(arguments: &mut SqliteArguments, value: Value) -> Result<(), sqlx::Error> {
    match value {
        Value::Null => bind(arguments, None::<i64>),
        Value::Text(text) => bind(arguments, text),
        Value::Integer(integer) => bind(arguments, integer),
    }
}
