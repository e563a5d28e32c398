//! Pages of rows by key, not by number: each page begins after the last row of the one before.
//!
//! NULL is the smallest value. "After" a row in an order of several columns is one of a few
//! ranges: the first columns are equal and the next is beyond. Each range is a query of its own that an index can
//! answer, with the limit inside; together they are the page.

use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{Direction, Query, Value};

use super::shape::{Shape, wrong};
use super::write::{equal, placeholder};
use crate::database::limit;

/// The most rows of one page.
pub const ROWS_MAX: usize = 10_000;

/// A quoted column and the way it is sorted.
type Ordered = (String, Direction);

/// A query that is ready to run.
pub(super) struct Page {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
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
    let sorted = order_by(shape, &order);
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
    let mut values = Vec::new();
    let mut parts = Vec::new();
    for range in ranges {
        parts.push(part(shape, query, range, &sorted, &mut values, rows));
    }
    let text = if let [only] = parts.as_slice() {
        only.clone()
    } else {
        let parts: Vec<_> = parts.iter().map(|part| format!("SELECT * FROM ({part}) AS part")).collect();
        let most = placeholder(&mut values, Value::Integer(rows));
        format!("{} {sorted} LIMIT {most}", parts.join(" UNION ALL "))
    };
    Ok(Page { text, values })
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

/// The key is never null, and an index of it alone need not say where null goes.
fn order_by(shape: &Shape, order: &[Ordered]) -> String {
    let key = shape.quoted(0);
    let sorted = order.iter().map(|(column, direction)| match direction {
        Direction::Ascending if *column == key => format!("{column} ASC"),
        Direction::Descending if *column == key => format!("{column} DESC"),
        Direction::Ascending => format!("{column} ASC NULLS FIRST"),
        Direction::Descending => format!("{column} DESC NULLS LAST"),
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
    values: &mut Vec<Value>,
    rows: i64,
) -> String {
    let mut conditions = Vec::new();
    for (column, value) in &query.equal {
        conditions.push(equal(values, &format!("\"{column}\""), value.clone()));
    }
    for condition in range {
        conditions.push(match condition {
            Condition::Equal(column, value) => equal(values, column, value.clone()),
            Condition::Greater(column, value) => format!("{column} > {}", placeholder(values, value.clone())),
            Condition::Smaller(column, value) => format!("{column} < {}", placeholder(values, value.clone())),
            Condition::Null(column) => format!("{column} IS NULL"),
            Condition::NotNull(column) => format!("{column} IS NOT NULL"),
        });
    }
    let filter =
        if conditions.is_empty() { String::new() } else { format!("WHERE {} ", conditions.join(" AND ")) };
    let most = placeholder(values, Value::Integer(rows));
    format!("SELECT {} FROM {} {filter}{sorted} LIMIT {most}", shape.columns, shape.physical)
}

#[cfg(test)]
mod tests {
    use boxoffice_projections::table::{ColumnType, Table};
    use sqlx::sqlite::SqliteArguments;
    use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};

    use super::super::bind_value;
    use super::super::shape::BuiltAs;
    use super::super::sqlite::DIALECT;
    use super::*;

    const ORDERS: Table = Table {
        name: "orders",
        columns: &[("id", ColumnType::Text), ("buyer", ColumnType::Text), ("placed_at", ColumnType::Integer)],
        indexes: &[&["placed_at"], &["buyer", "placed_at"]],
    };

    #[tokio::test]
    async fn an_index_answers_every_page_without_sorting() {
        let built = BuiltAs { projection: "orders", version: 1, generation: 2 };
        let shape = Shape::new(ORDERS, built, &DIALECT).unwrap();
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for text in std::iter::once(shape.ddl()).chain(shape.indexes().map(|(_, text)| text)) {
            sqlx::query(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
        }
        for direction in [Direction::Ascending, Direction::Descending] {
            for equal in [vec![], vec![("buyer", Value::from("ann"))], vec![("buyer", Value::Null)]] {
                for after in [None, Some(vec![Value::Integer(7), "order_7".into()])] {
                    let order = vec![("placed_at", direction)];
                    let query = Query { equal: equal.clone(), order, after: after.clone(), limit: 20 };
                    let page = page(&shape, &query).unwrap();
                    let explain = format!("EXPLAIN QUERY PLAN {}", page.text);
                    let mut arguments = SqliteArguments::default();
                    for value in page.values {
                        bind_value(&mut arguments, value).unwrap();
                    }
                    let rows =
                        sqlx::query_with(AssertSqlSafe(explain), arguments).fetch_all(&mut connection).await;
                    let plan: Vec<String> = rows.unwrap().iter().map(|row| row.get(3)).collect();
                    let plan = plan.join("; ");
                    assert!(plan.contains("orders_v1_g2_by_"), "{plan}");
                    // The ranges of a page are put together at the end: a sort of a few rows.
                    assert!(after.is_some() || !plan.contains("TEMP B-TREE"), "{plan}");
                    let table_scans = plan.split("; ").filter(|step| step.starts_with("SCAN orders_v1_g2"));
                    assert!(
                        table_scans.into_iter().all(|step| after.is_none() && step.contains("INDEX")),
                        "{plan}"
                    );
                }
            }
        }
    }
}
