//! The sandbox's payments as rows of `sandbox.db`.

use std::sync::LazyLock;

use boxoffice_domain::id::PaymentId;
use boxoffice_domain::time::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};

use super::SANDBOX_FILE;
use super::book::Book;
use super::payment::Payment;
use crate::database::{Bulk, Safety, Spec, bind, limit};
use crate::transact::Verdict;

/// How many payments stay in memory although they have nothing left to do.
pub(super) const CACHED_MAX: usize = 50_000;

const ROWS_MAX: usize = 128;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS payment (
    payment TEXT PRIMARY KEY,
    due_at  INTEGER,       -- milliseconds since 1970: when it next has something to do or to tell
    state   TEXT NOT NULL  -- JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS payment_due ON payment (due_at) WHERE due_at IS NOT NULL;
";

pub(super) const SPEC: Spec = Spec {
    file: SANDBOX_FILE,
    schema: SCHEMA,
    schema_version: 1,
    safety: Safety::Durable,
    secure_delete: false,
    readers: 2,
};

static WRITE: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new("INSERT OR REPLACE INTO payment (payment, due_at, state) VALUES", "(?, ?, ?)", "", ROWS_MAX)
});

/// The latest payments, and all that have something to do.
pub(super) async fn load(readers: &SqlitePool) -> Result<Book, sqlx::Error> {
    let latest = "SELECT state FROM payment ORDER BY payment DESC LIMIT ?";
    let mut rows = sqlx::query(latest).bind(limit(CACHED_MAX)).fetch_all(readers).await?;
    let oldest = rows.last().filter(|_| rows.len() == CACHED_MAX).map(read).transpose()?;
    let mut book = Book::with_forgotten(oldest.map(|payment| payment.id));
    rows.reverse();
    let due = "SELECT state FROM payment WHERE due_at IS NOT NULL ORDER BY due_at";
    rows.extend(sqlx::query(due).fetch_all(readers).await?);
    for row in rows {
        book.put(read(&row)?);
    }
    Ok(book)
}

/// A payment, if there is one.
pub(super) async fn find(readers: &SqlitePool, payment: PaymentId) -> Result<Option<Payment>, sqlx::Error> {
    let query = sqlx::query("SELECT state FROM payment WHERE payment = ?").bind(payment.to_string());
    query.fetch_optional(readers).await?.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Payment, sqlx::Error> {
    serde_json::from_str(row.try_get(0)?).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Writes payments as they are now.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    payments: Vec<Payment>,
) -> Result<Verdict<()>, sqlx::Error> {
    let mut rest = payments.into_iter();
    for (size, text) in WRITE.parts(rest.len()) {
        let mut arguments = SqliteArguments::default();
        for payment in rest.by_ref().take(size) {
            let state =
                serde_json::to_string(&payment).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
            bind(&mut arguments, payment.id.to_string())?;
            bind(&mut arguments, payment.due_at().map(Timestamp::unix_ms))?;
            bind(&mut arguments, state)?;
        }
        sqlx::query_with(text, arguments).execute(&mut *connection).await?;
    }
    Ok(Verdict::Commit(()))
}
