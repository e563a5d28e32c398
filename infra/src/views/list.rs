//! Pages of rows by key, not by number: each page begins after the last row of the one before.
//!
//! NULL is the smallest value, as SQLite sorts. "After" a row in an order of several columns is one of a few
//! ranges: the first columns are equal and the next is beyond. Each range is a query of its own that an index can
//! answer, with the limit inside; together they are the page.

use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{Direction, Query, Value};
use sqlx::sqlite::SqliteArguments;

use super::shape::{Shape, wrong};
use super::write::equal;
use crate::database::{bind, limit};

/// The most rows of one page.
pub const ROWS_MAX: usize = 10_000;

/// A quoted column and the way it is sorted.
type Ordered = (String, Direction);

/// A query that is ready to run.
pub(super) struct Page {
    pub(super) text: String,
    pub(super) arguments: SqliteArguments,
}

/// The statement for a page.
pub(super) fn page(shape: &Shape, query: &Query) -> Result<Page, Outage> {
    for (name, value) in &query.equal {
        if *value != Value::Null {
            shape.column_for(name, value)?;
        }
        shape.column(name)?;
    }
    let order = order(shape, query)?;
    let rows = limit(query.limit.min(ROWS_MAX));
    let sorted = order_by(&order);
    let ranges = match &query.after {
        None => vec![Vec::new()],
        Some(after) if after.len() == order.len() => ranges(&order, after),
        Some(after) => {
            return Err(wrong(format_args!(
                "{} values for an order of {} columns",
                after.len(),
                order.len()
            )));
        }
    };
    let mut arguments = SqliteArguments::default();
    let mut parts = Vec::new();
    for range in ranges {
        let part = part(shape, query, range, &sorted, &mut arguments, rows);
        parts.push(part.map_err(|error| Outage(error.to_string()))?);
    }
    let text = if let [only] = parts.as_slice() {
        only.clone()
    } else {
        bind(&mut arguments, rows).map_err(|error| Outage(error.to_string()))?;
        let parts: Vec<_> = parts.iter().map(|part| format!("SELECT * FROM ({part})")).collect();
        format!("{} {sorted} LIMIT ?", parts.join(" UNION ALL "))
    };
    Ok(Page { text, arguments })
}

/// The columns to sort by. The key is the last; where it is not named, it goes the way of the column before it, so
/// that an index on that column is in this very order.
fn order(shape: &Shape, query: &Query) -> Result<Vec<Ordered>, Outage> {
    let mut order = Vec::new();
    let mut last = Direction::Ascending;
    for (name, direction) in &query.order {
        order.push((shape.quoted(shape.column(name)?), *direction));
        last = *direction;
        if *name == shape.key() {
            return Ok(order);
        }
    }
    order.push((shape.quoted(0), last));
    Ok(order)
}

fn order_by(order: &[Ordered]) -> String {
    let sorted = order.iter().map(|(column, direction)| match direction {
        Direction::Ascending => format!("{column} ASC"),
        Direction::Descending => format!("{column} DESC"),
    });
    format!("ORDER BY {}", sorted.collect::<Vec<_>>().join(", "))
}

/// One condition of a range.
enum Condition<'a> {
    Equal(&'a str, &'a Value),
    Greater(&'a str, &'a Value),
    Smaller(&'a str, &'a Value),
    Null(&'a str),
    NotNull(&'a str),
}

/// The ranges after a row; no two have a row in common.
fn ranges<'a>(order: &'a [Ordered], after: &'a [Value]) -> Vec<Vec<Condition<'a>>> {
    let mut ranges = Vec::new();
    for (n, ((column, direction), value)) in order.iter().zip(after).enumerate() {
        let beyond = match (direction, value) {
            (Direction::Ascending, Value::Null) => vec![Condition::NotNull(column)],
            (Direction::Ascending, _) => vec![Condition::Greater(column, value)],
            (Direction::Descending, Value::Null) => vec![],
            (Direction::Descending, _) => vec![Condition::Smaller(column, value), Condition::Null(column)],
        };
        for condition in beyond {
            let equal =
                order.iter().zip(after).take(n).map(|((column, _), value)| Condition::Equal(column, value));
            ranges.push(equal.chain([condition]).collect());
        }
    }
    ranges
}

fn part(
    shape: &Shape,
    query: &Query,
    range: Vec<Condition<'_>>,
    sorted: &str,
    arguments: &mut SqliteArguments,
    rows: i64,
) -> Result<String, sqlx::Error> {
    let mut conditions = Vec::new();
    for (column, value) in &query.equal {
        conditions.push(equal(arguments, &format!("\"{column}\""), value.clone())?);
    }
    for condition in range {
        conditions.push(match condition {
            Condition::Equal(column, value) => equal(arguments, column, value.clone())?,
            Condition::Greater(column, value) => compare(arguments, column, ">", value)?,
            Condition::Smaller(column, value) => compare(arguments, column, "<", value)?,
            Condition::Null(column) => format!("{column} IS NULL"),
            Condition::NotNull(column) => format!("{column} IS NOT NULL"),
        });
    }
    let filter =
        if conditions.is_empty() { String::new() } else { format!("WHERE {} ", conditions.join(" AND ")) };
    bind(arguments, rows)?;
    Ok(format!("SELECT {} FROM {} {filter}{sorted} LIMIT ?", shape.columns, shape.physical))
}

fn compare(
    arguments: &mut SqliteArguments,
    column: &str,
    operator: &str,
    value: &Value,
) -> Result<String, sqlx::Error> {
    super::shape::bind_value(arguments, value.clone())?;
    Ok(format!("{column} {operator} ?"))
}

#[cfg(test)]
mod tests {
    use boxoffice_projections::table::{ColumnType, Table};
    use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};

    use super::*;

    const ORDERS: Table = Table {
        name: "orders",
        columns: &[("id", ColumnType::Text), ("buyer", ColumnType::Text), ("placed_at", ColumnType::Integer)],
        indexes: &[&["placed_at"], &["buyer", "placed_at"]],
    };

    #[tokio::test]
    async fn an_index_answers_every_page_without_sorting() {
        let shape = Shape::new(ORDERS, 1).unwrap();
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for text in std::iter::once(shape.ddl()).chain(shape.indexes()) {
            sqlx::query(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
        }
        for direction in [Direction::Ascending, Direction::Descending] {
            for equal in [vec![], vec![("buyer", Value::from("ann"))], vec![("buyer", Value::Null)]] {
                for after in [None, Some(vec![Value::Integer(7), "order_7".into()])] {
                    let order = vec![("placed_at", direction)];
                    let query = Query { equal: equal.clone(), order, after: after.clone(), limit: 20 };
                    let page = page(&shape, &query).unwrap();
                    let explain = format!("EXPLAIN QUERY PLAN {}", page.text);
                    let rows = sqlx::query_with(AssertSqlSafe(explain), page.arguments)
                        .fetch_all(&mut connection)
                        .await;
                    let plan: Vec<String> = rows.unwrap().iter().map(|row| row.get(3)).collect();
                    let plan = plan.join("; ");
                    assert!(plan.contains("orders_v1_by_"), "{plan}");
                    // The ranges of a page are put together at the end: a sort of a few rows.
                    assert!(after.is_some() || !plan.contains("TEMP B-TREE"), "{plan}");
                    let table_scans = plan.split("; ").filter(|step| step.starts_with("SCAN orders_v1"));
                    assert!(
                        table_scans.into_iter().all(|step| after.is_none() && step.contains("INDEX")),
                        "{plan}"
                    );
                }
            }
        }
    }
}
