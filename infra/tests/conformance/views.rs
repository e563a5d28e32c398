//! What every store of read models promises.

use std::collections::BTreeMap;

use boxoffice_domain::log::{Position, Recorded};
use boxoffice_infra::postgres::PostgresViews;
use boxoffice_infra::views::SqliteViews;
use boxoffice_projections::feed::Outage;
use boxoffice_projections::table::{
    Change, ColumnType, Direction, Generation, Inapplicable, OnlyIf, Parked, Query, Row, Table,
    TableProjection, TableStore, Value,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::database;

/// Where read models are kept, which may be opened again and again.
trait Place {
    type Store: TableStore;

    /// How many commits there are at least while a table of 40,000 rows goes.
    const COMMITS_MIN: u64;

    async fn open(&self) -> Self::Store;

    /// The names of all tables of projections that there are.
    async fn tables(&self) -> Vec<String>;

    async fn close(store: Self::Store);
}

/// The store's own tables.
const OWN: [&str; 3] = ["built", "generation", "parked"];

fn of_projections(names: Vec<String>) -> Vec<String> {
    names.into_iter().filter(|name| !OWN.contains(&name.as_str())).collect()
}

impl Place for TempDir {
    type Store = SqliteViews;

    const COMMITS_MIN: u64 = 20;

    async fn open(&self) -> SqliteViews {
        SqliteViews::open(self.path()).await.unwrap()
    }

    async fn tables(&self) -> Vec<String> {
        let file = sqlx::sqlite::SqliteConnectOptions::new().filename(self.path().join("views.db"));
        let mut connection = file.connect().await.unwrap();
        let text = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        of_projections(sqlx::query_scalar(text).fetch_all(&mut connection).await.unwrap())
    }

    async fn close(store: SqliteViews) {
        store.close().await;
    }
}

/// A database by its address.
struct Address(String);

impl Place for Address {
    type Store = PostgresViews;

    const COMMITS_MIN: u64 = 0;

    async fn open(&self) -> PostgresViews {
        PostgresViews::open(&database::connect(&self.0).await).await.unwrap()
    }

    async fn tables(&self) -> Vec<String> {
        let mut connection = sqlx::PgConnection::connect(&self.0).await.unwrap();
        let text = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'boxoffice_views' ORDER BY 1";
        of_projections(sqlx::query_scalar(text).fetch_all(&mut connection).await.unwrap())
    }

    async fn close(store: PostgresViews) {
        drop(store);
    }
}

/// Tries until that many tables went: a database hears a little later that a server is gone.
async fn went<F: Future<Output = Result<usize, Outage>>>(wanted: usize, mut drop: impl FnMut() -> F) {
    let mut dropped = 0;
    for _ in 0..500 {
        dropped += drop().await.unwrap();
        if dropped >= wanted {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!((dropped, drop().await.unwrap()), (wanted, 0));
}

/// Commits to the live generation.
pub(crate) async fn commit(
    views: &impl TableStore,
    projection: &Orders,
    from: Position,
    to: Position,
    changes: &[Change],
    parked: &[Parked],
) -> Result<bool, Outage> {
    let live = views.live(projection).await?.unwrap();
    views.commit(projection, live, from, to, changes, parked).await
}

/// The checkpoint of the live generation, which is made unless it is there, and what is parked.
pub(crate) async fn open(views: &impl TableStore, projection: &Orders) -> (Position, Vec<Parked>) {
    let Generation { position, parked, .. } = views.open(projection).await.unwrap();
    (position, parked)
}

macro_rules! every_store {
    ($($promise:ident),+ $(,)?) => {
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $promise() {
                super::$promise(super::Address(super::database::fresh().await)).await;
            }
        )+}
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $promise() {
                super::$promise(tempfile::tempdir().unwrap()).await;
            }
        )+}
    };
}

every_store![
    rows_and_checkpoint_commit_together_and_stay,
    a_new_version_is_built_beside_the_old_one,
    a_wrong_declaration_or_change_is_refused,
    changes_together_are_what_they_are_one_by_one,
    many_rows_are_one_commit,
    of_two_that_commit_one_does,
    two_may_open_at_once,
    a_generation_is_built_beside_the_live_one_and_promoted_once_it_has_come_as_far,
    what_a_store_left_unfinished_is_swept_and_what_another_builds_is_not,
    who_reads_what_another_store_has_replaced_reads_what_is_live,
    many_promote_and_read_and_commit_at_once,
    great_tables_go_while_others_are_written,
    pages_follow_one_another_in_any_order,
];

/// A projection that only has tables.
pub(crate) struct Orders {
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

pub(crate) const V1: Orders = Orders { version: 1, tables: BOTH };
pub(crate) const V2: Orders = Orders { version: 2, tables: BOTH };

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

pub(crate) fn put(key: &str, order: &str, placed_at: i64) -> Change {
    let row = vec![("placed_at", Value::Integer(placed_at)), ("id", key.into()), ("order", order.into())];
    Change::Put { table: "orders", row }
}

fn row(key: &str, order: impl Into<Value>, placed_at: impl Into<Value>, total: impl Into<Value>) -> Row {
    let names = ["id", "order", "placed_at", "total"].map(str::to_owned);
    names.into_iter().zip([key.into(), order.into(), placed_at.into(), total.into()]).collect()
}

async fn rows_and_checkpoint_commit_together_and_stay(place: impl Place) {
    let views = place.open().await;
    assert!(views.get("orders", "a").await.is_err(), "not opened");
    assert_eq!(open(&views, &V1).await, (0, vec![]));
    assert!(commit(&views, &V1, 0, 5, &[put("a", "x", 1), put("b", "y", 2)], &[]).await.unwrap());
    assert!(!commit(&views, &V1, 0, 7, &[put("c", "x", 1)], &[]).await.unwrap(), "elsewhere");
    assert_eq!(views.get("orders", "c").await.unwrap(), None);
    let stuck =
        |stream: &str, position| Parked { stream: stream.to_owned(), position, reason: "odd".to_owned() };
    let set = |key: &str, total| {
        let columns = vec![("total", total)];
        Change::Set { table: "orders", key: key.to_owned(), columns, only_if: None }
    };
    let buyer = Change::Put { table: "buyers", row: vec![("id", "ann".into())] };
    let changes = [set("a", Value::Integer(-3)), set("nobody", Value::Integer(1)), buyer];
    assert!(commit(&views, &V1, 5, 9, &changes, &[stuck("s", 8)]).await.unwrap());
    assert!(commit(&views, &V1, 9, 9, &[], &[stuck("s", 9), stuck("r", 7)]).await.unwrap());
    close(&place, views).await;

    let views = place.open().await;
    assert_eq!(open(&views, &V1).await, (9, vec![stuck("r", 7), stuck("s", 8)]));
    assert_eq!(views.get("orders", "a").await.unwrap(), Some(row("a", "x", 1, -3)));
    assert_eq!(views.get("orders", "b").await.unwrap(), Some(row("b", "y", 2, Value::Null)));
    assert_eq!(views.get("orders", "nobody").await.unwrap(), None);
    assert_eq!(views.get("buyers", "ann").await.unwrap().unwrap()["n"], Value::Null);
}

async fn a_new_version_is_built_beside_the_old_one(place: impl Place) {
    let views = place.open().await;
    views.open(&V1).await.unwrap();
    assert!(commit(&views, &V1, 0, 5, &[put("a", "old", 1)], &[]).await.unwrap());
    assert_eq!(open(&views, &V2).await, (0, vec![]));
    assert_eq!(views.get("orders", "a").await.unwrap(), None);
    assert!(commit(&views, &V2, 0, 3, &[put("a", "new", 1)], &[]).await.unwrap());
    assert!(commit(&views, &V1, 5, 6, &[put("b", "old", 1)], &[]).await.unwrap());
    assert_eq!(views.get("orders", "a").await.unwrap().unwrap()["order"], "new".into());
    assert_eq!(views.get("orders", "b").await.unwrap(), None);
    assert_eq!(open(&views, &V1).await.0, 6);
    assert_eq!(views.get("orders", "a").await.unwrap().unwrap()["order"], "old".into());
    close(&place, views).await;
    let views = place.open().await;
    assert_eq!(open(&views, &V2).await.0, 3);
    went(2, || views.retire_older(&V2)).await;
    assert_eq!(place.tables().await, ["buyers_v2_g1", "orders_v2_g1"]);
    assert_eq!(open(&views, &V1).await.0, 0, "gone");
    assert_eq!(views.retire_older(&V1).await.unwrap(), 0, "a newer version is somebody else's");
    assert_eq!(open(&views, &V2).await.0, 3);
}

async fn a_wrong_declaration_or_change_is_refused(place: impl Place) {
    let views = place.open().await;
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
        assert!(commit(&views, &V1, 0, 1, &[put("a", "x", 1), change], &[]).await.is_err());
    }
    assert_eq!(open(&views, &V1).await.0, 0);
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

async fn changes_together_are_what_they_are_one_by_one(place: impl Place) {
    let views = place.open().await;
    tokio::task::block_in_place(|| changes_together(&views, &tokio::runtime::Handle::current()));
}

fn changes_together(views: &impl TableStore, runtime: &tokio::runtime::Handle) {
    let (mut position, _) = runtime.block_on(open(views, &V1));
    let clear = ["a", "b", "c", "d"].map(|key| Change::Delete { table: "orders", key: key.to_owned() });
    let batches = proptest::collection::vec(proptest::collection::vec(change(), 0..12), 1..4);
    let run = |batches: Vec<Vec<Change>>| {
        let mut model = BTreeMap::new();
        for batch in std::iter::once(clear.to_vec()).chain(batches) {
            for change in &batch {
                apply(&mut model, change);
            }
            let committed = commit(views, &V1, position, position + 1, &batch, &[]);
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

async fn many_rows_are_one_commit(place: impl Place) {
    let views = place.open().await;
    views.open(&V1).await.unwrap();
    let key = |n: i64| format!("key_{n:05}");
    let puts: Vec<_> = (0..3_000).map(|n| put(&key(n), if n % 2 == 0 { "even" } else { "odd" }, n)).collect();
    assert!(commit(&views, &V1, 0, 1, &puts, &[]).await.unwrap());
    let set = |n: i64| {
        let only_if = Some(OnlyIf { column: "order", is_one_of: vec!["even".into(), "none".into()] });
        Change::Set { table: "orders", key: key(n), columns: vec![("total", n.into())], only_if }
    };
    let delete = |n: i64| Change::Delete { table: "orders", key: key(n) };
    let changes: Vec<_> = (0..2_000).map(set).chain((2_000..2_999).map(delete)).collect();
    assert!(commit(&views, &V1, 1, 2, &changes, &[]).await.unwrap());
    let expected = (0..2_000).map(|n| {
        let (order, total) = if n % 2 == 0 { ("even", Value::Integer(n)) } else { ("odd", Value::Null) };
        row(&key(n), order, n, total)
    });
    let expected: Vec<_> = expected.chain([row(&key(2_999), "odd", 2_999, Value::Null)]).collect();
    let all = Query { limit: 5_000, ..Query::default() };
    assert!(views.list("orders", &all).await.unwrap() == expected);
}

async fn of_two_that_commit_one_does(place: impl Place) {
    let (ann, bob) = (place.open().await, place.open().await);
    for views in [&ann, &bob] {
        views.open(&V1).await.unwrap();
    }
    for position in 0..20 {
        let [a, b] =
            ["ann", "bob"].map(|name| [put(name, "x", 1), put(&format!("{name}_{position}"), "x", 1)]);
        let (ann, bob) = tokio::join!(
            commit(&ann, &V1, position, position + 1, &a, &[]),
            commit(&bob, &V1, position, position + 1, &b, &[]),
        );
        assert!(ann.unwrap() ^ bob.unwrap(), "one of them is too late");
    }
    let rows = ann.list("orders", &Query { limit: 100, ..Query::default() }).await.unwrap();
    let written = rows.iter().filter(|row| row["id"].as_text().unwrap().contains('_'));
    assert_eq!(written.count(), 20);
}

async fn two_may_open_at_once(place: impl Place) {
    let (ann, bob) = (place.open().await, place.open().await);
    let opened = tokio::join!(open(&ann, &V1), open(&bob, &V1));
    assert_eq!(opened, ((0, vec![]), (0, vec![])));
    assert!(commit(&ann, &V1, 0, 5, &[put("a", "x", 1)], &[]).await.unwrap());
    assert_eq!(bob.get("orders", "a").await.unwrap(), Some(row("a", "x", 1, Value::Null)));
    let live = ann.live(&V1).await.unwrap().unwrap();
    bob.discard(&V1).await.unwrap();
    assert!(!ann.commit(&V1, live, 5, 6, &[], &[]).await.unwrap(), "its checkpoint is gone");
    assert_eq!(open(&ann, &V1).await.0, 0);
    assert_eq!(ann.get("orders", "a").await.unwrap(), None);
}

async fn pages_follow_one_another_in_any_order(place: impl Place) {
    let views = place.open().await;
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
    assert!(commit(&views, &V1, 0, 1, &changes, &[]).await.unwrap());

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

async fn close<P: Place>(_: &P, store: P::Store) {
    P::close(store).await;
}

async fn a_generation_is_built_beside_the_live_one_and_promoted_once_it_has_come_as_far(place: impl Place) {
    let views = place.open().await;
    let stuck = |stream: &str| Parked { stream: stream.to_owned(), position: 2, reason: "odd".to_owned() };
    views.open(&V1).await.unwrap();
    assert!(commit(&views, &V1, 0, 5, &[put("a", "old", 1)], &[stuck("old")]).await.unwrap());
    let begun = views.begin(&V1).await.unwrap();
    assert_eq!((begun.number, begun.position, begun.parked.len()), (2, 0, 0));
    assert!(views.commit(&V1, 2, 0, 4, &[put("a", "new", 1)], &[stuck("new")]).await.unwrap());
    assert_eq!(views.get("orders", "a").await.unwrap().unwrap()["order"], "old".into());
    assert!(!views.promote(&V1, 2).await.unwrap(), "it is behind");
    assert!(!views.promote(&V1, 3).await.unwrap(), "there is none");
    assert_eq!(views.live(&V1).await.unwrap(), Some(1));
    assert!(views.commit(&V1, 2, 4, 5, &[], &[]).await.unwrap());
    assert!(views.promote(&V1, 2).await.unwrap());
    assert_eq!(views.get("orders", "a").await.unwrap().unwrap()["order"], "new".into());
    assert!(!views.commit(&V1, 1, 5, 6, &[put("b", "old", 1)], &[]).await.unwrap(), "it is retired");
    assert!(!views.promote(&V1, 2).await.unwrap(), "it is live already");
    assert_eq!(open(&views, &V1).await, (5, vec![stuck("new")]));
    assert_eq!(views.sweep(&V1).await.unwrap(), 2);
    assert_eq!(place.tables().await, ["buyers_v1_g2", "orders_v1_g2"]);
    assert_eq!(views.begin(&V1).await.unwrap().number, 3);
    views.give_up(&V1, 2).await.unwrap();
    assert_eq!(views.live(&V1).await.unwrap(), Some(2), "what is live is not given up");
    views.give_up(&V1, 3).await.unwrap();
    assert!(!views.commit(&V1, 3, 0, 1, &[], &[]).await.unwrap(), "given up");
    assert_eq!(views.sweep(&V1).await.unwrap(), 2);
}

async fn what_a_store_left_unfinished_is_swept_and_what_another_builds_is_not(place: impl Place) {
    let ann = place.open().await;
    ann.open(&V1).await.unwrap();
    assert!(commit(&ann, &V1, 0, 5, &[put("a", "live", 1)], &[]).await.unwrap());
    let begun = ann.begin(&V1).await.unwrap().number;
    assert!(ann.commit(&V1, begun, 0, 3, &[put("a", "half", 1)], &[]).await.unwrap());
    assert_eq!(ann.sweep(&V1).await.unwrap(), 0, "it is being built");
    close(&place, ann).await;
    assert_eq!(place.tables().await.len(), 4);
    let bob = place.open().await;
    assert_eq!(open(&bob, &V1).await.0, 5);
    went(2, || bob.sweep(&V1)).await;
    assert_eq!(place.tables().await, ["buyers_v1_g1", "orders_v1_g1"]);
    assert_eq!(bob.get("orders", "a").await.unwrap().unwrap()["order"], "live".into());
}

async fn who_reads_what_another_store_has_replaced_reads_what_is_live(place: impl Place) {
    let (ann, bob) = (place.open().await, place.open().await);
    for views in [&ann, &bob] {
        views.open(&V1).await.unwrap();
    }
    for round in 1..4 {
        let begun = ann.begin(&V1).await.unwrap().number;
        assert!(ann.commit(&V1, begun, 0, 5, &[put("a", "x", round)], &[]).await.unwrap());
        assert!(ann.promote(&V1, begun).await.unwrap());
        assert_eq!(ann.sweep(&V1).await.unwrap(), 2);
        let read = bob.get("orders", "a").await.unwrap().unwrap();
        assert_eq!(read["placed_at"], Value::Integer(round));
        assert_eq!(bob.list("orders", &Query { limit: 9, ..Query::default() }).await.unwrap(), [read]);
        assert_eq!(bob.get("buyers", "a").await.unwrap(), None);
    }
}

/// Whoever reads never sees less than was there before, and no read fails.
async fn many_promote_and_read_and_commit_at_once(place: impl Place) {
    let (ann, bob) = (place.open().await, place.open().await);
    ann.open(&V1).await.unwrap();
    bob.open(&V1).await.unwrap();
    assert!(commit(&ann, &V1, 0, 1, &[put("a", "x", 1)], &[]).await.unwrap());
    let (is_over, commits) = (std::cell::Cell::new(false), std::cell::Cell::new(0));
    let rebuilding = async {
        let mut rounds = 0;
        // Of two that want to write one waits, and not always the same.
        while rounds < 15 || commits.get() < 5 {
            rounds += 1;
            let begun = ann.begin(&V1).await.unwrap().number;
            let mut position = 0;
            while !ann.promote(&V1, begun).await.unwrap() {
                let to = ann.open(&V1).await.unwrap().position;
                let changes = [put("a", "x", i64::try_from(to).unwrap())];
                assert!(ann.commit(&V1, begun, position, to, &changes, &[]).await.unwrap());
                position = to;
            }
            ann.sweep(&V1).await.unwrap();
        }
        is_over.set(true);
    };
    let following = async {
        while !is_over.get() {
            let Generation { number, position, .. } = bob.open(&V1).await.unwrap();
            let next = position + 1;
            let changes = [put("a", "x", i64::try_from(next).unwrap())];
            let is_committed = bob.commit(&V1, number, position, next, &changes, &[]).await.unwrap();
            commits.set(commits.get() + u32::from(is_committed));
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    let reading = async {
        let mut before = 0;
        while !is_over.get() {
            let read = bob.get("orders", "a").await.unwrap().unwrap()["placed_at"].as_integer().unwrap();
            assert!(read >= before, "{read} after {before}");
            before = read;
            tokio::task::yield_now().await;
        }
        before
    };
    let (.., read) = tokio::join!(rebuilding, following, reading);
    assert!(read > 1);
}

/// However many rows a table has that goes, whoever commits meanwhile does not wait for all of them.
async fn great_tables_go_while_others_are_written<P: Place>(place: P) {
    let views = place.open().await;
    views.open(&V1).await.unwrap();
    for part in 0..40 {
        let puts: Vec<_> = (0..1_000).map(|n| put(&format!("key_{part}_{n}"), "x", n)).collect();
        assert!(commit(&views, &V1, part, part + 1, &puts, &[]).await.unwrap());
    }
    let begun = views.begin(&V1).await.unwrap().number;
    assert!(views.commit(&V1, begun, 0, 40, &[put("a", "x", 1)], &[]).await.unwrap());
    assert!(views.promote(&V1, begun).await.unwrap());
    let is_over = std::cell::Cell::new(false);
    let sweeping = async {
        assert_eq!(views.sweep(&V1).await.unwrap(), 2);
        is_over.set(true);
    };
    let following = async {
        let mut position = 40;
        while !is_over.get() {
            assert!(
                views.commit(&V1, begun, position, position + 1, &[put("b", "x", 1)], &[]).await.unwrap()
            );
            position += 1;
        }
        position - 40
    };
    let (commits, ()) = tokio::join!(following, sweeping);
    assert!(commits >= P::COMMITS_MIN, "{commits} commits");
    assert_eq!(place.tables().await, ["buyers_v1_g2", "orders_v1_g2"]);
}
