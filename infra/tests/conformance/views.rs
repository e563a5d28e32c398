//! What the store of read models promises.

use std::collections::BTreeMap;

use boxoffice_domain::log::Recorded;
use boxoffice_infra::views::SqliteViews;
use boxoffice_projections::table::{
    Change, ColumnType, Direction, Inapplicable, OnlyIf, Parked, Query, Row, Table, TableProjection,
    TableStore, Value,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// A projection that only has tables.
struct Orders {
    version: u32,
    tables: &'static [Table],
}

const ORDERS: Table = Table {
    name: "orders",
    columns: &[
        ("id", ColumnType::Text),
        ("order", ColumnType::Text),
        ("placed_at", ColumnType::Integer),
        ("total", ColumnType::Integer),
    ],
    indexes: &[&["order"], &["placed_at"]],
};

const BUYERS: Table =
    Table { name: "buyers", columns: &[("id", ColumnType::Text), ("n", ColumnType::Integer)], indexes: &[] };

const BOTH: &[Table] = &[ORDERS, BUYERS];

const NAMED: &[Table] = &[Table { name: "orders\"; --", ..ORDERS }];

const UNKEYED: &[Table] = &[Table { columns: &[("id", ColumnType::Integer)], indexes: &[], ..ORDERS }];

const CHANGED: &[Table] = &[Table { columns: &[("id", ColumnType::Text)], indexes: &[], ..ORDERS }];

const V1: Orders = Orders { version: 1, tables: BOTH };
const V2: Orders = Orders { version: 2, tables: BOTH };

impl TableProjection for Orders {
    fn name(&self) -> &'static str {
        "orders"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn tables(&self) -> &'static [Table] {
        self.tables
    }

    fn apply(&self, _: &Recorded) -> Result<Vec<Change>, Inapplicable> {
        Ok(Vec::new())
    }
}

fn put(key: &str, order: &str, placed_at: i64) -> Change {
    let row = vec![("placed_at", Value::Integer(placed_at)), ("id", key.into()), ("order", order.into())];
    Change::Put { table: "orders", row }
}

fn row(key: &str, order: impl Into<Value>, placed_at: impl Into<Value>, total: impl Into<Value>) -> Row {
    let names = ["id", "order", "placed_at", "total"].map(str::to_owned);
    names.into_iter().zip([key.into(), order.into(), placed_at.into(), total.into()]).collect()
}

#[tokio::test]
async fn rows_and_checkpoint_commit_together_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let views = SqliteViews::open(folder.path()).await.unwrap();
    assert!(views.get("orders", "a").await.is_err(), "not opened");
    assert_eq!(views.open(&V1).await.unwrap(), (0, vec![]));
    assert!(views.commit(&V1, 0, 5, &[put("a", "x", 1), put("b", "y", 2)], &[]).await.unwrap());
    assert!(!views.commit(&V1, 0, 7, &[put("c", "x", 1)], &[]).await.unwrap(), "elsewhere");
    assert_eq!(views.get("orders", "c").await.unwrap(), None);
    let stuck =
        |stream: &str, position| Parked { stream: stream.to_owned(), position, reason: "odd".to_owned() };
    let set = |key: &str, total| {
        let columns = vec![("total", total)];
        Change::Set { table: "orders", key: key.to_owned(), columns, only_if: None }
    };
    let buyer = Change::Put { table: "buyers", row: vec![("id", "ann".into())] };
    let changes = [set("a", Value::Integer(-3)), set("nobody", Value::Integer(1)), buyer];
    assert!(views.commit(&V1, 5, 9, &changes, &[stuck("s", 8)]).await.unwrap());
    assert!(views.commit(&V1, 9, 9, &[], &[stuck("s", 9), stuck("r", 7)]).await.unwrap());
    views.close().await;

    let views = SqliteViews::open(folder.path()).await.unwrap();
    assert_eq!(views.open(&V1).await.unwrap(), (9, vec![stuck("r", 7), stuck("s", 8)]));
    assert_eq!(views.get("orders", "a").await.unwrap(), Some(row("a", "x", 1, -3)));
    assert_eq!(views.get("orders", "b").await.unwrap(), Some(row("b", "y", 2, Value::Null)));
    assert_eq!(views.get("orders", "nobody").await.unwrap(), None);
    assert_eq!(views.get("buyers", "ann").await.unwrap().unwrap()["n"], Value::Null);
}

#[tokio::test]
async fn a_new_version_is_built_beside_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let views = SqliteViews::open(folder.path()).await.unwrap();
    views.open(&V1).await.unwrap();
    assert!(views.commit(&V1, 0, 5, &[put("a", "old", 1)], &[]).await.unwrap());
    assert_eq!(views.open(&V2).await.unwrap(), (0, vec![]));
    assert_eq!(views.get("orders", "a").await.unwrap(), None);
    assert!(views.commit(&V2, 0, 3, &[put("a", "new", 1)], &[]).await.unwrap());
    assert!(views.commit(&V1, 5, 6, &[put("b", "old", 1)], &[]).await.unwrap());
    assert_eq!(views.get("orders", "a").await.unwrap().unwrap()["order"], "new".into());
    assert_eq!(views.get("orders", "b").await.unwrap(), None);
    assert_eq!(views.open(&V1).await.unwrap().0, 6);
    assert_eq!(views.get("orders", "a").await.unwrap().unwrap()["order"], "old".into());
    assert_eq!(views.retire_older(&V2).await.unwrap(), 2);
    assert_eq!(views.retire_older(&V2).await.unwrap(), 0);
    assert_eq!(views.open(&V1).await.unwrap().0, 0, "gone");
    assert_eq!(views.open(&V2).await.unwrap().0, 3);
}

#[tokio::test]
async fn a_wrong_declaration_or_change_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let views = SqliteViews::open(folder.path()).await.unwrap();
    for tables in [NAMED, UNKEYED] {
        assert!(views.open(&Orders { version: 1, tables }).await.is_err());
    }
    views.open(&V1).await.unwrap();
    let error = views.open(&Orders { version: 1, tables: CHANGED }).await.unwrap_err();
    assert!(error.to_string().contains("changed without a new version"), "{error}");

    let (table, key) = ("orders", "a".to_owned());
    for change in [
        Change::Put { table, row: vec![("order", "x".into())] },
        Change::Put { table, row: vec![("id", Value::Null)] },
        Change::Put { table, row: vec![("id", "a".into()), ("nothing", Value::Null)] },
        Change::Put { table: "events", row: vec![("id", "a".into())] },
        Change::Set { table, key: key.clone(), columns: vec![("total", "three".into())], only_if: None },
        Change::Set { table, key: key.clone(), columns: vec![("id", "b".into())], only_if: None },
        Change::Set { table, key, columns: vec![], only_if: None },
    ] {
        assert!(views.commit(&V1, 0, 1, &[put("a", "x", 1), change], &[]).await.is_err());
    }
    assert_eq!(views.open(&V1).await.unwrap().0, 0);
    assert_eq!(views.get("orders", "a").await.unwrap(), None);
    let after = |after| Query {
        order: vec![("total", Direction::Ascending)],
        after: Some(after),
        limit: 1,
        equal: vec![],
    };
    assert!(views.list("orders", &after(vec![Value::Null])).await.is_err());
    assert!(
        views
            .list("orders", &Query { equal: vec![("nothing", Value::Null)], ..Query::default() })
            .await
            .is_err()
    );
}

const COLUMNS: [(&str, ColumnType); 3] =
    [("order", ColumnType::Text), ("placed_at", ColumnType::Integer), ("total", ColumnType::Integer)];

fn value(kind: ColumnType) -> BoxedStrategy<Value> {
    match kind {
        ColumnType::Text => prop_oneof![Just(Value::Null), "[ab]{0,1}".prop_map(Value::Text)].boxed(),
        ColumnType::Integer => prop_oneof![Just(Value::Null), (0_i64..3).prop_map(Value::Integer)].boxed(),
    }
}

fn cell() -> impl Strategy<Value = (&'static str, Value)> {
    proptest::sample::select(&COLUMNS).prop_flat_map(|(name, kind)| (Just(name), value(kind)))
}

fn cells() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    proptest::collection::vec(cell(), 1..4)
}

fn only_if() -> impl Strategy<Value = Option<OnlyIf>> {
    let values = |(column, kind)| (Just(column), proptest::collection::vec(value(kind), 0..3));
    let condition = proptest::sample::select(&COLUMNS).prop_flat_map(values);
    proptest::option::of(condition.prop_map(|(column, mut is_one_of)| {
        is_one_of.retain(|value| *value != Value::Null);
        OnlyIf { column, is_one_of }
    }))
}

fn change() -> impl Strategy<Value = Change> {
    let key = || proptest::sample::select(vec!["a", "b", "c", "d"]).prop_map(str::to_owned);
    let table = "orders";
    prop_oneof![
        4 => (key(), cells()).prop_map(move |(key, cells)| {
            Change::Put { table, row: cells.into_iter().chain([("id", Value::Text(key))]).collect() }
        }),
        6 => (key(), cells(), only_if()).prop_map(move |(key, columns, only_if)| {
            Change::Set { table, key, columns, only_if }
        }),
        1 => (cell(), cells(), only_if()).prop_map(move |((column, value), columns, only_if)| {
            Change::SetWhere { table, column, value, columns, only_if }
        }),
        2 => key().prop_map(move |key| Change::Delete { table, key }),
    ]
}

/// What the changes mean, one after the other.
fn apply(rows: &mut BTreeMap<String, Row>, change: &Change) {
    let set = |row: &mut Row, columns: &[(&'static str, Value)]| {
        row.extend(columns.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    };
    let holds = |row: &Row, only_if: &Option<OnlyIf>| {
        only_if.as_ref().is_none_or(|condition| condition.is_one_of.contains(&row[condition.column]))
    };
    match change {
        Change::Put { row: cells, .. } => {
            let mut row = row("", Value::Null, Value::Null, Value::Null);
            set(&mut row, cells);
            rows.insert(row["id"].as_text().unwrap().to_owned(), row);
        }
        Change::Set { key, columns, only_if, .. } => {
            if let Some(row) = rows.get_mut(key).filter(|row| holds(row, only_if)) {
                set(row, columns);
            }
        }
        Change::SetWhere { column, value, columns, only_if, .. } => {
            let touched = rows.values_mut().filter(|row| row[*column] == *value && holds(row, only_if));
            touched.for_each(|row| set(row, columns));
        }
        Change::Delete { key, .. } => drop(rows.remove(key)),
    }
}

#[test]
fn changes_together_are_what_they_are_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let views = runtime.block_on(SqliteViews::open(folder.path())).unwrap();
    let (mut position, _) = runtime.block_on(views.open(&V1)).unwrap();
    let clear = ["a", "b", "c", "d"].map(|key| Change::Delete { table: "orders", key: key.to_owned() });
    let batches = proptest::collection::vec(proptest::collection::vec(change(), 0..12), 1..4);
    let run = |batches: Vec<Vec<Change>>| {
        let mut model = BTreeMap::new();
        for batch in std::iter::once(clear.to_vec()).chain(batches) {
            for change in &batch {
                apply(&mut model, change);
            }
            let committed = views.commit(&V1, position, position + 1, &batch, &[]);
            prop_assert!(runtime.block_on(committed).unwrap());
            position += 1;
            let all = Query { limit: 100, ..Query::default() };
            let rows = runtime.block_on(views.list("orders", &all)).unwrap();
            prop_assert_eq!(rows, model.values().cloned().collect::<Vec<_>>());
        }
        Ok(())
    };
    let run = std::cell::RefCell::new(run);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(300) });
    runner.run(&batches, |batches| run.borrow_mut()(batches)).unwrap();
}

#[tokio::test]
async fn pages_follow_one_another_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let views = SqliteViews::open(folder.path()).await.unwrap();
    views.open(&V1).await.unwrap();
    let null_or = |n: i64| if n == 0 { Value::Null } else { Value::Integer(n) };
    let rows: Vec<Row> = (0..36_i64)
        .map(|n| {
            let text = if n % 4 == 0 { Value::Null } else { format!("\u{e9}{}", n % 4).into() };
            row(&format!("key_{:02}", n * 7 % 36), text, null_or(n / 4 % 3), null_or(n / 12))
        })
        .collect();
    let names = ["id", "order", "placed_at", "total"];
    let cells = |row: &Row| names.map(|name| (name, row[name].clone())).to_vec();
    let changes: Vec<_> = rows.iter().map(|row| Change::Put { table: "orders", row: cells(row) }).collect();
    assert!(views.commit(&V1, 0, 1, &changes, &[]).await.unwrap());

    let directions = [Direction::Ascending, Direction::Descending];
    let mut orders = vec![vec![]];
    for one in directions {
        orders.push(vec![("id", one)]);
        for other in directions {
            orders.push(vec![("order", one), ("placed_at", other)]);
            orders.push(vec![("total", one), ("order", other), ("id", one)]);
        }
    }
    for order in orders {
        for equal in [
            vec![],
            vec![("total", Value::Null)],
            vec![("total", Value::Integer(1)), ("order", "\u{e9}1".into())],
        ] {
            let mut full = order.clone();
            if full.last().is_none_or(|(name, _)| *name != "id") {
                full.push(("id", full.last().map_or(Direction::Ascending, |(_, direction)| *direction)));
            }
            let mut expected: Vec<_> = rows
                .iter()
                .filter(|row| equal.iter().all(|(name, value)| row[*name] == *value))
                .cloned()
                .collect();
            expected.sort_by(|a, b| {
                let compared = full.iter().map(|(name, direction)| match direction {
                    Direction::Ascending => a[*name].cmp(&b[*name]),
                    Direction::Descending => b[*name].cmp(&a[*name]),
                });
                compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
            });
            let mut found: Vec<Row> = Vec::new();
            loop {
                let after = found.last().map(|row| full.iter().map(|(name, _)| row[*name].clone()).collect());
                let query = Query { equal: equal.clone(), order: order.clone(), after, limit: 3 };
                let page = views.list("orders", &query).await.unwrap();
                assert!(page.len() <= 3);
                if page.is_empty() {
                    break;
                }
                found.extend(page);
            }
            assert_eq!(found, expected, "{order:?} {equal:?}");
        }
    }
    assert!(views.list("orders", &Query::default()).await.unwrap().is_empty(), "a limit of nothing");
}
