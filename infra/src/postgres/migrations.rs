//! What the database is brought to, step by step. A step that was released never changes.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;

use super::PostgresError;

/// The steps, the first being number 1. Each may be several statements.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_log.sql"),
    include_str!("migrations/0002_beside_the_log.sql"),
    include_str!("migrations/0003_generations.sql"),
    include_str!("migrations/0004_snapshots.sql"),
];

/// Keeps two migrations from running at once: any number, but always this.
const LOCK: i64 = 0x626f_786f_6666;

/// What a migration has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// Where the database was; 0 where it was empty.
    pub from: i32,
    /// Where it is.
    pub to: i32,
}

fn known() -> i32 {
    i32::try_from(STEPS.len()).unwrap_or(i32::MAX)
}

pub(super) async fn apply(pool: &PgPool) -> Result<Migrated, PostgresError> {
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    for text in [
        "CREATE SCHEMA IF NOT EXISTS boxoffice_log",
        "CREATE TABLE IF NOT EXISTS boxoffice_log.migration (
            number int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
    ] {
        sqlx::query(text).execute(&mut *transaction).await?;
    }
    let text = "SELECT coalesce(max(number), 0) FROM boxoffice_log.migration";
    let from: i32 = sqlx::query_scalar(text).fetch_one(&mut *transaction).await?;
    if from > known() {
        return Err(PostgresError::Newer { found: from, known: known() });
    }
    for (number, step) in (1..).zip(STEPS).filter(|(number, _)| *number > from) {
        sqlx::raw_sql(AssertSqlSafe(*step)).execute(&mut *transaction).await?;
        let text = "INSERT INTO boxoffice_log.migration (number) VALUES ($1)";
        sqlx::query(text).bind(number).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(Migrated { from, to: known() })
}

/// The database is as this program needs it.
pub(super) async fn check(pool: &PgPool) -> Result<(), PostgresError> {
    let text = "SELECT to_regclass('boxoffice_log.migration') IS NOT NULL";
    let found = if sqlx::query_scalar(text).fetch_one(pool).await? {
        let text = "SELECT coalesce(max(number), 0) FROM boxoffice_log.migration";
        sqlx::query_scalar(text).fetch_one(pool).await?
    } else {
        0
    };
    match found {
        found if found < known() => Err(PostgresError::Older { found, needed: known() }),
        found if found > known() => Err(PostgresError::Newer { found, known: known() }),
        _ => Ok(()),
    }
}
