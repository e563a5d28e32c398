//! The vault: what is known of natural persons, sealed row by row, in a file of its own with its own backups.
//!
//! What is erased is overwritten (`secure_delete`), and the write-ahead log that still had it is emptied.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use boxoffice_commands::clock::Clock;
use boxoffice_commands::log::Outage;
use boxoffice_commands::vault::{Kept, Person, Sweepable, Vault};
use boxoffice_domain::id::PersonId;
use boxoffice_domain::time::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use uuid::Uuid;

use crate::database::{Bulk, Database, OpenError, Safety, Spec, bind, limit as limited};
use crate::keys::Keys;
use crate::together::Together;
use crate::transact::{Transact as _, Verdict};

mod seal;

pub(crate) use seal::{Sealed, Sealer};

/// The file of the vault in the data folder.
pub const VAULT_FILE: &str = "vault.db";

/// How many persons may wait to be kept.
pub(crate) const WAITING_MAX: usize = 8_192;

const KEEP_ROWS: usize = 64;

const DELETE_ROWS: usize = 256;

static KEEP: LazyLock<Bulk> = LazyLock::new(|| {
    let before = "INSERT OR REPLACE INTO person (person, key, nonce, sealed, kept_at) VALUES";
    Bulk::new(before, "(?, ?, ?, ?, ?)", "", KEEP_ROWS)
});

static DELETE: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new("DELETE FROM person WHERE person IN (", "?", ") AND kept_at < ?", DELETE_ROWS)
});

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS person (
    person  BLOB    PRIMARY KEY, -- the 16 bytes of the id
    key     TEXT    NOT NULL,    -- which key of keys.json it is sealed with
    nonce   BLOB    NOT NULL,    -- 24 random bytes
    sealed  BLOB    NOT NULL,    -- JSON under XChaCha20-Poly1305, with the id as associated data
    kept_at INTEGER NOT NULL     -- milliseconds since 1970
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS person_kept_at ON person (kept_at);
";

const SPEC: Spec = Spec {
    file: VAULT_FILE,
    schema: SCHEMA,
    schema_version: 1,
    safety: Safety::Durable,
    secure_delete: true,
    readers: 2,
};

/// The vault of a data folder.
pub struct SqliteVault {
    database: Database,
    waiting: Together<PersonId, Sealed>,
    sealer: Sealer,
}

impl std::fmt::Debug for SqliteVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqliteVault")
    }
}

impl SqliteVault {
    /// Opens the vault of a data folder, and makes both unless they are there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(data: &Path, keys: Keys, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let database = Database::open(data, SPEC, None).await?;
        Ok(Self { database, waiting: Together::new(WAITING_MAX), sealer: Sealer::new(keys, clock) })
    }

    /// Deletes those that were not kept again in between.
    async fn delete(&self, people: Vec<PersonId>, kept_before: Timestamp) -> Result<u64, Outage> {
        let deleted = self
            .database
            .writer
            .transact(move |connection| Box::pin(delete(connection, people, kept_before)), |_| ())
            .await
            .map_err(|error| Outage(error.to_string()))?;
        self.forget_old_pages().await;
        Ok(deleted)
    }

    /// Empties the write-ahead log, which still has the pages from before an erasure. Where a reader is in the
    /// way, the next erasure or stop does it; until then they are as sealed as they were.
    async fn forget_old_pages(&self) {
        if let Err(error) = self.database.writer.run("PRAGMA wal_checkpoint(TRUNCATE)").await {
            tracing::warn!(%error, "the vault's write-ahead log could not be emptied");
        }
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

async fn write(connection: &mut SqliteConnection, rows: Vec<Sealed>) -> Result<Verdict<()>, sqlx::Error> {
    let mut rest = rows.into_iter();
    for (size, text) in KEEP.parts(rest.len()) {
        let mut arguments = SqliteArguments::default();
        for row in rest.by_ref().take(size) {
            bind(&mut arguments, key_of(row.person))?;
            bind(&mut arguments, row.key)?;
            bind(&mut arguments, row.nonce.to_vec())?;
            bind(&mut arguments, row.content)?;
            bind(&mut arguments, row.kept_at.unix_ms())?;
        }
        sqlx::query_with(text, arguments).execute(&mut *connection).await?;
    }
    Ok(Verdict::Commit(()))
}

async fn delete(
    connection: &mut SqliteConnection,
    people: Vec<PersonId>,
    kept_before: Timestamp,
) -> Result<Verdict<u64>, sqlx::Error> {
    let (mut deleted, mut rest) = (0, people.into_iter());
    for (size, text) in DELETE.parts(rest.len()) {
        let mut query = sqlx::query(text);
        for person in rest.by_ref().take(size) {
            query = query.bind(key_of(person));
        }
        deleted += query.bind(kept_before.unix_ms()).execute(&mut *connection).await?.rows_affected();
    }
    Ok(Verdict::Commit(deleted))
}

fn key_of(person: PersonId) -> Vec<u8> {
    person.uuid().as_bytes().to_vec()
}

fn kept(row: &SqliteRow) -> Result<Kept, sqlx::Error> {
    let uuid = Uuid::from_slice(row.try_get(0)?).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Kept { at: Timestamp::from_unix_ms(row.try_get(1)?), person: PersonId::from_uuid(uuid) })
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn out(error: sqlx::Error) -> Outage {
    Outage(error.to_string())
}

#[async_trait]
impl Vault for SqliteVault {
    async fn keep(&self, person: PersonId, known: &Person) -> Result<(), Outage> {
        let sealed = self.sealer.seal(person, known)?;
        let ticket = self.waiting.put(person, sealed).map_err(|error| Outage(error.to_string()))?;
        let written = self
            .waiting
            .written(ticket, &self.database.writer, |connection, rows| Box::pin(write(connection, rows)));
        written.await.map_err(|error| Outage(error.to_string()))
    }

    async fn find(&self, person: PersonId) -> Result<Option<Person>, Outage> {
        let query =
            sqlx::query("SELECT key, nonce, sealed FROM person WHERE person = ?").bind(key_of(person));
        let found = query.fetch_optional(&self.database.readers).await.map_err(out)?;
        let Some(row) = found else { return Ok(None) };
        let (key, nonce, content) = (row.try_get(0), row.try_get(1), row.try_get(2));
        let opened = self.sealer.open(person, key.map_err(out)?, nonce.map_err(out)?, content.map_err(out)?);
        opened.map(Some)
    }

    async fn erase(&self, person: PersonId) -> Result<(), Outage> {
        self.waiting.forget(&person);
        self.delete(vec![person], Timestamp::MAX).await.map(drop)
    }
}

#[async_trait]
impl Sweepable for SqliteVault {
    async fn kept(
        &self,
        since: Timestamp,
        older_than: Timestamp,
        after: Option<Kept>,
        limit: usize,
    ) -> Result<Vec<Kept>, Outage> {
        let (from, after) = after.map_or((since, Vec::new()), |after| (after.at, key_of(after.person)));
        let rows = sqlx::query(
            "SELECT person, kept_at FROM person
             WHERE (kept_at, person) > (?, ?) AND kept_at < ? ORDER BY kept_at, person LIMIT ?",
        )
        .bind(from.unix_ms())
        .bind(after)
        .bind(older_than.unix_ms())
        .bind(limited(limit))
        .fetch_all(&self.database.readers)
        .await
        .map_err(out)?;
        rows.iter().map(kept).collect::<Result<_, _>>().map_err(out)
    }

    async fn erase_older(&self, people: Vec<PersonId>, older_than: Timestamp) -> Result<u64, Outage> {
        self.delete(people, older_than).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    async fn vault(data: &Path) -> SqliteVault {
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_000)));
        SqliteVault::open(data, Keys::load_or_create(data).unwrap(), clock).await.unwrap()
    }

    fn id(n: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(n))
    }

    fn ann() -> Person {
        let [name, email, bob] = ["Ann", "ann@example.org", "Bob"].map(str::to_owned);
        Person { name, email, attendees: vec![bob.into()], answers: None }
    }

    fn on_disk(data: &Path) -> Vec<u8> {
        let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.to_string_lossy().contains("vault.db"))
            .flat_map(|p| std::fs::read(p).unwrap())
            .collect()
    }

    fn contains(content: &[u8], part: &[u8]) -> bool {
        content.windows(part.len()).any(|window| window == part)
    }

    #[tokio::test]
    async fn the_file_tells_nothing_and_forgets_what_is_erased() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path()).await;
        vault.keep(id(1), &ann()).await.unwrap();
        let row = sqlx::query("SELECT sealed FROM person").fetch_one(&vault.database.readers).await.unwrap();
        let sealed: Vec<u8> = row.get(0);
        drop(row);
        let content = on_disk(folder.path());
        assert!(
            contains(&content, &sealed) && !contains(&content, b"example.org") && !contains(&content, b"Bob")
        );
        vault.erase(id(1)).await.unwrap();
        assert!(!contains(&on_disk(folder.path()), &sealed));
    }

    #[tokio::test]
    async fn a_row_in_anothers_place_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path()).await;
        vault.keep(id(1), &ann()).await.unwrap();
        let moved = "INSERT INTO person
                     SELECT x'00000000000000000000000000000002', key, nonce, sealed, kept_at FROM person";
        vault.database.writer.run(moved).await.unwrap();
        let error = vault.find(id(2)).await.unwrap_err();
        assert!(error.to_string().contains("cannot open person_"), "{error}");
    }
}
