//! Read models as an operator sees them, and row by row.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use boxoffice_infra::postgres::{Postgres, PostgresLog, PostgresViews};
use boxoffice_infra::sqlite::SqliteLog;
use boxoffice_infra::views::SqliteViews;
use boxoffice_projections::catalog::CatalogProjection;
use boxoffice_projections::feed::LogFeed;
use boxoffice_projections::follow::{Progress, follow_tables};
use boxoffice_projections::orders::OrdersProjection;
use boxoffice_projections::table::{Query, Row, TableProjection, TableStore};
use serde_json::Value;

use super::process::{Place, Server};

/// Every projection of a server.
pub const ALL: [&str; 3] = ["catalog", "orders", "shows"];

/// How long a job or a read model may take.
const PATIENCE: Duration = Duration::from_secs(60);

impl Server {
    pub async fn projection(&self, name: &str) -> Value {
        self.manage("GET", &format!("/v1/projections/{name}")).send().await.expect(200).json()
    }

    /// Has a projection rebuilt, or replayed, and waits for the end.
    pub async fn carry_out(&self, name: &str, what: &str) -> Value {
        let asked = self.manage("POST", &format!("/v1/projections/{name}/{what}")).send().await;
        let job = asked.expect(202).string("job_id");
        assert_eq!(asked.header("location").unwrap(), format!("/v1/jobs/{job}"));
        let begun = Instant::now();
        loop {
            let job = self.manage("GET", &format!("/v1/jobs/{job}")).send().await.expect(200).json();
            if job["state"] != "running" {
                return job;
            }
            assert!(begun.elapsed() < PATIENCE, "{job}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// All rows of a projection, by table and key.
type Rows = BTreeMap<(&'static str, String), Row>;

fn projections() -> [Box<dyn TableProjection>; 2] {
    [Box::new(CatalogProjection), Box::new(OrdersProjection)]
}

async fn rows(store: &dyn TableStore, projection: &dyn TableProjection) -> Rows {
    store.open(projection).await.unwrap();
    let mut rows = Rows::new();
    for table in projection.tables() {
        let key = table.columns[0].0;
        let mut after = None;
        loop {
            let query = Query { after, limit: 1_000, ..Query::default() };
            let page = store.list(table.name, &query).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(vec![last[key].clone()]);
            for row in page {
                rows.insert((table.name, row[key].as_text().unwrap().to_owned()), row);
            }
        }
    }
    rows
}

async fn follow_to_the_head(log: &dyn LogFeed, store: &dyn TableStore, projection: &dyn TableProjection) {
    let progress = Progress::new(projection.name());
    let head = log.look_up_head().await;
    let done = async { progress.wait_for(head, PATIENCE).await.unwrap() };
    follow_tables(log, store, projection, &progress, done).await;
}

/// Every row that a server has left is as a fresh fold of its log makes it, and none is missing. The server is stopped.
pub async fn are_as_folded_afresh(place: &Place) {
    let folder = tempfile::tempdir().unwrap();
    let fresh = SqliteViews::open(folder.path()).await.unwrap();
    match &place.database {
        None => {
            let log = SqliteLog::open(&place.data).await.unwrap();
            let left = SqliteViews::open(&place.data).await.unwrap();
            compare(&log, &left, &fresh).await;
            left.close().await;
            log.close().await;
        }
        Some(address) => {
            let postgres = Postgres::connect(address).await.unwrap();
            let log = PostgresLog::open(&postgres).await.unwrap();
            compare(&log, &PostgresViews::open(&postgres).await.unwrap(), &fresh).await;
            log.close().await;
        }
    }
    fresh.close().await;
}

async fn compare(log: &dyn LogFeed, left: &dyn TableStore, fresh: &dyn TableStore) {
    for projection in projections() {
        for store in [left, fresh] {
            follow_to_the_head(log, store, &*projection).await;
        }
        let (left, fresh) = (rows(left, &*projection).await, rows(fresh, &*projection).await);
        assert!(fresh.len() >= 2, "{} has {} rows", projection.name(), fresh.len());
        for (key, row) in &fresh {
            assert_eq!(left.get(key), Some(row), "{key:?}");
        }
        assert_eq!(left.len(), fresh.len(), "{} has rows of nothing", projection.name());
    }
}
