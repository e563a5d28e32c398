//! A server that may lose what it has acknowledged is refused at the start, not found out after a power cut.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;

use super::PostgresError;

/// The first version with everything that is used here.
const OLDEST: i32 = 150_000;

/// Settings that must be so.
const NEEDED: [(&str, &str, &str); 4] = [
    ("fsync", "on", "without it a crash of the machine loses orders that were acknowledged"),
    ("full_page_writes", "on", "without it a crash of the machine can destroy pages of the log"),
    ("transaction_read_only", "off", "the log is written here; this may be a standby"),
    ("server_encoding", "UTF8", "names and payloads are UTF-8"),
];

/// Looks at the server, and tells what its durability rests on.
pub(super) async fn check(pool: &PgPool) -> Result<Vec<(&'static str, String)>, PostgresError> {
    let number: i32 = setting(pool, "server_version_num").await?.parse().unwrap_or_default();
    let version = setting(pool, "server_version").await?;
    if number < OLDEST {
        return Err(PostgresError::TooOld(version));
    }
    let mut settings = vec![("server_version", version)];
    for (name, needed, because) in NEEDED {
        let found = setting(pool, name).await?;
        if found != needed {
            return Err(PostgresError::Unsafe { setting: name, found, needed, because });
        }
        settings.push((name, found));
    }
    let found = setting(pool, "synchronous_commit").await?;
    if found == "off" {
        let because = "without it a crash of the server loses orders that were acknowledged";
        return Err(PostgresError::Unsafe { setting: "synchronous_commit", found, needed: "on", because });
    }
    settings.push(("synchronous_commit", found));
    settings.push(("wal_sync_method", setting(pool, "wal_sync_method").await?));
    Ok(settings)
}

async fn setting(pool: &PgPool, name: &str) -> Result<String, sqlx::Error> {
    sqlx::query_scalar(AssertSqlSafe(format!("SHOW {name}"))).fetch_one(pool).await
}
