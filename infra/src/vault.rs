//! The vault: what is known of natural persons, sealed row by row, in a file of its own with its own backups.
//!
//! A row is sealed with XChaCha20-Poly1305 under a key of `keys.json`, bound to the person's id, so that neither a
//! stolen file tells names nor a row can be put in another's place. What is erased is overwritten
//! (`secure_delete`), and the write-ahead log that still had it is emptied.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use boxoffice_commands::clock::Clock;
use boxoffice_commands::log::Outage;
use boxoffice_commands::vault::{Person, Vault};
use boxoffice_domain::id::PersonId;
use boxoffice_domain::time::Timestamp;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use uuid::Uuid;

use crate::database::{Bulk, Database, OpenError, Safety, Spec, bind, limit};
use crate::keys::Keys;
use crate::together::Together;
use crate::transact::{Transact as _, Verdict};

/// The file of the vault in the data folder.
pub const VAULT_FILE: &str = "vault.db";

/// How many persons a sweep looks at in one step.
const SWEEP_ROWS: usize = 256;

/// How many persons may wait to be kept.
const WAITING_MAX: usize = 8_192;

const KEEP_ROWS: usize = 64;

static KEEP: LazyLock<Bulk> = LazyLock::new(|| {
    let before = "INSERT OR REPLACE INTO person (person, key, nonce, sealed, kept_at) VALUES";
    Bulk::new(before, "(?, ?, ?, ?, ?)", "", KEEP_ROWS)
});

static DELETE: LazyLock<Bulk> =
    LazyLock::new(|| Bulk::new("DELETE FROM person WHERE person IN (", "?", ") AND kept_at < ?", SWEEP_ROWS));

const NONCE: usize = 24;

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
    keys: Keys,
    clock: Arc<dyn Clock>,
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
        Ok(Self { database, waiting: Together::new(WAITING_MAX), keys, clock })
    }

    /// Erases persons that no event names: their row was written and the command then refused, or the process
    /// died between the two. Only rows kept since `since` and before `older_than` are looked at; that has to be long
    /// enough ago for every command of that time to have ended. `named` tells which
    /// of the ids some event names; it must have seen the log up to where it stood when the sweep began. Tells how
    /// many were erased.
    ///
    /// # Errors
    /// [`Outage`], the vault's or that of `named`.
    pub async fn sweep<N, F>(&self, since: Timestamp, older_than: Timestamp, named: N) -> Result<u64, Outage>
    where
        N: Fn(Vec<PersonId>) -> F + Send + Sync,
        F: Future<Output = Result<HashSet<PersonId>, Outage>> + Send,
    {
        let (mut from, mut after, mut erased) = (since.unix_ms(), Vec::new(), 0);
        loop {
            let rows = sqlx::query(
                "SELECT person, kept_at FROM person
                 WHERE (kept_at, person) > (?, ?) AND kept_at < ? ORDER BY kept_at, person LIMIT ?",
            )
            .bind(from)
            .bind(after.clone())
            .bind(older_than.unix_ms())
            .bind(limit(SWEEP_ROWS))
            .fetch_all(&self.database.readers)
            .await
            .map_err(out)?;
            let people = rows.iter().map(person).collect::<Result<Vec<_>, _>>().map_err(out)?;
            let (Some(last), Some(row)) = (people.last(), rows.last()) else { break };
            (from, after) = (row.try_get(1).map_err(out)?, key_of(*last));
            let named = named(people.clone()).await?;
            let orphans = people.into_iter().filter(|person| !named.contains(person)).collect();
            erased += self.delete(orphans, older_than).await?;
        }
        Ok(erased)
    }

    /// Deletes those that were not kept again in between.
    async fn delete(&self, people: Vec<PersonId>, kept_before: Timestamp) -> Result<u64, Outage> {
        if people.is_empty() {
            return Ok(0);
        }
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

    fn seal(&self, person: PersonId, known: &Person) -> Result<Sealed, Outage> {
        let refused = |problem: &str| Outage(format!("the vault cannot seal: {problem}"));
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| refused(&error.to_string()))?;
        let plain = serde_json::to_vec(known).map_err(|error| refused(&error.to_string()))?;
        let aad = key_of(person);
        let content = XChaCha20Poly1305::new(&self.keys.vault_key().into())
            .encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: &aad })
            .map_err(|_| refused("too much is known"))?;
        let kept_at = self.clock.now().wall;
        Ok(Sealed { person, key: self.keys.current().to_owned(), nonce, content, kept_at })
    }

    fn open_sealed(&self, person: PersonId, row: &SqliteRow) -> Result<Person, Outage> {
        let damaged = |problem: &str| Outage(format!("the vault cannot open {person}: {problem}"));
        let name: &str = row.try_get(0).map_err(out)?;
        let key = self.keys.vault_key_of(name).ok_or_else(|| damaged("its key is not among the keys"))?;
        let nonce: [u8; NONCE] =
            row.try_get::<&[u8], _>(1).map_err(out)?.try_into().map_err(|_| damaged("nonce"))?;
        let sealed: &[u8] = row.try_get(2).map_err(out)?;
        let plain = XChaCha20Poly1305::new(&key.into())
            .decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: &key_of(person) })
            .map_err(|_| damaged("it was changed, or sealed with another key"))?;
        // What serde says may quote the content.
        serde_json::from_slice(&plain).map_err(|_| damaged("it does not have the form of a person"))
    }
}

/// A row as it is written.
#[derive(Clone)]
struct Sealed {
    person: PersonId,
    key: String,
    nonce: [u8; NONCE],
    content: Vec<u8>,
    kept_at: Timestamp,
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

fn person(row: &SqliteRow) -> Result<PersonId, sqlx::Error> {
    let uuid = Uuid::from_slice(row.try_get(0)?).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(PersonId::from_uuid(uuid))
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn out(error: sqlx::Error) -> Outage {
    Outage(error.to_string())
}

#[async_trait]
impl Vault for SqliteVault {
    async fn keep(&self, person: PersonId, known: &Person) -> Result<(), Outage> {
        let sealed = self.seal(person, known)?;
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
        found.map(|row| self.open_sealed(person, &row)).transpose()
    }

    async fn erase(&self, person: PersonId) -> Result<(), Outage> {
        self.waiting.forget(&person);
        self.delete(vec![person], Timestamp::MAX).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    async fn vault(data: &Path) -> (SqliteVault, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_000)));
        let keys = Keys::load_or_create(data).unwrap();
        (SqliteVault::open(data, keys, clock.clone()).await.unwrap(), clock)
    }

    fn id(n: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(n))
    }

    fn ann(email: &str) -> Person {
        Person {
            name: "Ann \u{c5}str\u{f6}m".to_owned(),
            email: email.to_owned(),
            attendees: vec![serde_json::json!({"name": "Bob"})],
            answers: Some(serde_json::json!({"wheelchair": true})),
        }
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
    async fn a_person_is_found_until_erased() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, _) = vault(folder.path()).await;
        assert_eq!(vault.find(id(1)).await.unwrap(), None);
        vault.keep(id(1), &ann("ann@example.org")).await.unwrap();
        vault.keep(id(1), &ann("ann@example.com")).await.unwrap();
        assert_eq!(vault.find(id(1)).await.unwrap(), Some(ann("ann@example.com")));
        vault.erase(id(1)).await.unwrap();
        vault.erase(id(1)).await.unwrap();
        assert_eq!(vault.find(id(1)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_file_tells_nothing_and_forgets_what_is_erased() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, _) = vault(folder.path()).await;
        vault.keep(id(1), &ann("ann@example.org")).await.unwrap();
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
        let (vault, _) = vault(folder.path()).await;
        vault.keep(id(1), &ann("ann@example.org")).await.unwrap();
        let moved = "INSERT INTO person
                     SELECT x'00000000000000000000000000000002', key, nonce, sealed, kept_at FROM person";
        vault.database.writer.run(moved).await.unwrap();
        let error = vault.find(id(2)).await.unwrap_err();
        assert!(error.to_string().contains("cannot open person_"), "{error}");
    }

    #[tokio::test]
    async fn keys_that_were_replaced_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let (old, _) = vault(folder.path()).await;
        old.keep(id(1), &ann("ann@example.org")).await.unwrap();
        old.close().await;
        let path = folder.path().join(crate::keys::KEYS_FILE);
        let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let secret = "ab".repeat(32);
        json["keys"]["k2"] = serde_json::json!({"mac": secret, "vault": secret, "tickets": secret});
        json["current"] = "k2".into();
        std::fs::write(&path, json.to_string()).unwrap();
        let (new, _) = vault(folder.path()).await;
        new.keep(id(2), &ann("bob@example.org")).await.unwrap();
        assert_eq!(new.find(id(1)).await.unwrap(), Some(ann("ann@example.org")));
        assert_eq!(new.find(id(2)).await.unwrap(), Some(ann("bob@example.org")));
    }

    #[tokio::test]
    async fn a_sweep_erases_old_orphans_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, clock) = vault(folder.path()).await;
        futures_util::future::try_join_all((0..600).map(|n| {
            let vault = &vault;
            async move { vault.keep(id(n), &ann("ann@example.org")).await }
        }))
        .await
        .unwrap();
        clock.advance_ms(1_000);
        vault.keep(id(1_000), &ann("young@example.org")).await.unwrap();
        vault.keep(id(7), &ann("again@example.org")).await.unwrap();
        let named = async |people: Vec<PersonId>| {
            assert!(people.len() <= SWEEP_ROWS);
            Ok(people.into_iter().filter(|person| person.uuid().as_u128() % 2 == 0).collect())
        };
        let erased = vault.sweep(Timestamp::default(), Timestamp::from_unix_ms(2_000), named).await.unwrap();
        assert_eq!(erased, 299, "the odd ones, but for the one that was kept again");
        for (n, is_there) in [(1, false), (2, true), (7, true), (599, false), (1_000, true)] {
            assert_eq!(vault.find(id(n)).await.unwrap().is_some(), is_there, "{n}");
        }
        let later = Timestamp::from_unix_ms(9_000);
        assert_eq!(vault.sweep(later, later, named).await.unwrap(), 0, "nothing was kept since");
        assert_eq!(vault.sweep(Timestamp::default(), later, named).await.unwrap(), 1);
    }
}
