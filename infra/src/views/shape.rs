//! A declared table as a database has it: `<name>_v<version>_g<generation>`, its statements, and its rows.
//!
//! Identifiers come from declarations in our own code alone; they are checked all the same, because nothing else
//! stands between them and SQL.

use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{ColumnType, Row, Table, Value};
use sqlx::SqlStr;

use super::driver::{Dialect, sql};

/// The longest name that every database takes as it is.
const NAME_LENGTH_MAX: usize = 63;

/// Which building of a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct BuiltAs {
    pub(crate) projection: &'static str,
    pub(crate) version: u32,
    pub(crate) generation: u32,
}

/// A table of one generation of one version of a projection.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) table: Table,
    pub(super) built: BuiltAs,
    /// Its name in the database.
    pub(crate) name: String,
    /// The same with its schema, and quoted.
    pub(crate) physical: String,
    /// All columns, quoted.
    pub(crate) columns: String,
    pub(crate) types: Vec<ColumnType>,
    pub(super) get: SqlStr,
    dialect: &'static Dialect,
}

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
    pub(super) fn new(table: Table, built: BuiltAs, dialect: &'static Dialect) -> Result<Self, Outage> {
        let Some((key, ColumnType::Text)) = table.columns.first() else {
            return Err(wrong(format_args!("the key of {} is not text", table.name)));
        };
        let BuiltAs { version, generation, .. } = built;
        let name = match generation {
            // Made before there were generations.
            0 => format!("{}_v{version}", table.name),
            _ => format!("{}_v{version}_g{generation}", table.name),
        };
        let physical = format!("{}\"{name}\"", dialect.schema);
        let quoted: Vec<_> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let columns = quoted.join(", ");
        let get = sql(format!("SELECT {columns} FROM {physical} WHERE \"{key}\" = $1"));
        let types = table.columns.iter().map(|(_, column)| *column).collect();
        let shape = Self { table, built, name, physical, columns, types, get, dialect };
        let indexed = table.indexes.iter().copied().flatten();
        let columns =
            table.columns.iter().map(|(name, _)| name).chain(indexed).map(|name| (*name).to_owned());
        let tables = [table.name.to_owned(), shape.name.clone()];
        let indexes = shape.indexes().map(|(name, _)| name);
        if let Some(name) = columns.chain(tables).chain(indexes).find(|name| !is_identifier(name)) {
            return Err(wrong(format_args!("{name:?} is not a name")));
        }
        Ok(shape)
    }

    /// What makes the table. The database keeps this text as it is, so that a later one can be compared with it.
    pub(super) fn ddl(&self) -> String {
        let column = |(n, (name, column)): (usize, &(&str, ColumnType))| {
            let kind = match column {
                ColumnType::Text => self.dialect.text,
                ColumnType::Integer => self.dialect.integer,
            };
            format!("\"{name}\" {kind}{}", if n == 0 { " NOT NULL PRIMARY KEY" } else { "" })
        };
        let columns: Vec<_> = self.table.columns.iter().enumerate().map(column).collect();
        format!("CREATE TABLE {} ({}){}", self.physical, columns.join(", "), self.dialect.table_end)
    }

    /// Its indexes by name, and what makes each.
    pub(super) fn indexes(&self) -> impl Iterator<Item = (String, String)> {
        self.table.indexes.iter().map(|columns| {
            let name = format!("{}_by_{}", self.name, columns.join("_"));
            let indexed = |column: &&str| match *column {
                key if key == self.key() => format!("\"{key}\""),
                column => format!("\"{column}\"{}", self.dialect.indexed),
            };
            let mut indexed: Vec<_> = columns.iter().map(indexed).collect();
            if !self.dialect.has_key_in_indexes && !columns.contains(&self.key()) {
                indexed.push(self.quoted(0));
            }
            let text = format!("CREATE INDEX \"{name}\" ON {} ({})", self.physical, indexed.join(", "));
            (name, text)
        })
    }

    /// Asks for the key and a column of the rows in which that column has one of some values. There are few different
    /// statements, because values are named several times where there are fewer.
    pub(super) fn look_up(&self, column: usize, values: &[Value]) -> (String, Vec<Value>) {
        let count = values.len().next_power_of_two();
        let values: Vec<Value> = values.iter().cycle().take(count).cloned().collect();
        let names: Vec<_> = (1..=count).map(|n| format!("${n}")).collect();
        let (key, column) = (self.quoted(0), self.quoted(column));
        let names = names.join(", ");
        (format!("SELECT {key}, {column} FROM {} WHERE {column} IN ({names})", self.physical), values)
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

    pub(crate) fn quoted(&self, column: usize) -> String {
        self.table.columns.get(column).map_or_else(String::new, |(name, _)| format!("\"{name}\""))
    }

    /// A row of [`Self::columns`].
    pub(super) fn row(&self, cells: Vec<Value>) -> Row {
        let names = self.table.columns.iter().map(|(name, _)| (*name).to_owned());
        names.zip(cells).collect()
    }
}
