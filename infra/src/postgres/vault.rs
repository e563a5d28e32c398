//! The vault in PostgreSQL, in the schema `boxoffice_vault`, sealed as in [`crate::vault`].
//!
//! What is erased is gone for every query at once. The server's files, its write-ahead log and its backups still have
//! the sealed bytes for a while: until the next vacuum, and as long as they are kept.

use std::sync::Arc;

use async_trait::async_trait;
use boxoffice_commands::clock::Clock;
use boxoffice_commands::log::Outage;
use boxoffice_commands::vault::{Kept, Person, Sweepable, Vault};
use boxoffice_domain::id::PersonId;
use boxoffice_domain::time::Timestamp;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use uuid::Uuid;

use super::transactions::Transactions;
use super::{Postgres, PostgresError, migrations};
use crate::database::limit as limited;
use crate::keys::Keys;
use crate::together::Together;
use crate::transact::{Transact as _, Verdict};
use crate::vault::{Sealed, Sealer, WAITING_MAX};

/// The vault of a database.
pub struct PostgresVault {
    pool: PgPool,
    /// In turn: a person that is erased while they are being written has to be gone afterwards.
    transactions: Transactions,
    waiting: Together<PersonId, Sealed>,
    sealer: Sealer,
}

impl std::fmt::Debug for PostgresVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresVault")
    }
}

impl PostgresVault {
    /// Opens the vault of a database that was migrated. Every server of the database needs the same keys.
    ///
    /// # Errors
    /// [`PostgresError`], above all [`PostgresError::OtherKeys`].
    pub async fn open(postgres: &Postgres, keys: Keys, clock: Arc<dyn Clock>) -> Result<Self, PostgresError> {
        migrations::check(&postgres.pool).await?;
        let pool = postgres.pool.clone();
        let transactions = Transactions::in_turn(pool.clone());
        let waiting = Together::new(WAITING_MAX);
        let vault = Self { pool, transactions, waiting, sealer: Sealer::new(keys, clock) };
        let text =
            "SELECT key, nonce, sealed, person FROM boxoffice_vault.person ORDER BY kept_at DESC LIMIT 1";
        if let Some(row) = sqlx::query(text).fetch_optional(&vault.pool).await? {
            let person = PersonId::from_uuid(row.try_get(3)?);
            vault.open_row(person, &row).map_err(|outage| PostgresError::OtherKeys(outage.0))?;
        }
        Ok(vault)
    }

    fn open_row(&self, person: PersonId, row: &PgRow) -> Result<Person, Outage> {
        let (key, nonce, content) = (row.try_get(0), row.try_get(1), row.try_get(2));
        self.sealer.open(person, key.map_err(out)?, nonce.map_err(out)?, content.map_err(out)?)
    }
}

/// One order for whoever writes, so that two servers never wait for one another.
async fn write(connection: &mut PgConnection, mut rows: Vec<Sealed>) -> Result<Verdict<()>, sqlx::Error> {
    rows.sort_unstable_by_key(|row| row.person.uuid());
    let text = "INSERT INTO boxoffice_vault.person (person, key, nonce, sealed, kept_at)
                SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bigint[])
                ON CONFLICT (person) DO UPDATE SET key = excluded.key, nonce = excluded.nonce,
                    sealed = excluded.sealed, kept_at = excluded.kept_at";
    sqlx::query(text)
        .bind(rows.iter().map(|row| row.person.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.nonce.as_slice()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.content.as_slice()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.kept_at.unix_ms()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(|_| Verdict::Commit(()))
}

async fn delete(
    connection: &mut PgConnection,
    people: Vec<PersonId>,
    kept_before: Timestamp,
) -> Result<Verdict<u64>, sqlx::Error> {
    let text = "DELETE FROM boxoffice_vault.person WHERE person IN (
                    SELECT person FROM boxoffice_vault.person WHERE person = ANY ($1) AND kept_at < $2
                    ORDER BY person FOR UPDATE)";
    let people: Vec<Uuid> = people.into_iter().map(PersonId::uuid).collect();
    let deleted = sqlx::query(text).bind(people).bind(kept_before.unix_ms()).execute(connection).await?;
    Ok(Verdict::Commit(deleted.rows_affected()))
}

fn kept(row: &PgRow) -> Result<Kept, sqlx::Error> {
    let at = Timestamp::from_unix_ms(row.try_get(1)?);
    Ok(Kept { at, person: PersonId::from_uuid(row.try_get(0)?) })
}

fn out(error: impl std::fmt::Display) -> Outage {
    Outage(error.to_string())
}

#[async_trait]
impl Vault for PostgresVault {
    async fn keep(&self, person: PersonId, known: &Person) -> Result<(), Outage> {
        let sealed = self.sealer.seal(person, known)?;
        let ticket = self.waiting.put(person, sealed).map_err(out)?;
        let written = self
            .waiting
            .written(ticket, &self.transactions, |connection, rows| Box::pin(write(connection, rows)));
        written.await.map_err(out)
    }

    async fn find(&self, person: PersonId) -> Result<Option<Person>, Outage> {
        let text = "SELECT key, nonce, sealed FROM boxoffice_vault.person WHERE person = $1";
        let found = sqlx::query(text).bind(person.uuid()).fetch_optional(&self.pool).await.map_err(out)?;
        found.map(|row| self.open_row(person, &row)).transpose()
    }

    async fn erase(&self, person: PersonId) -> Result<(), Outage> {
        self.waiting.forget(&person);
        self.erase_older(vec![person], Timestamp::MAX).await.map(drop)
    }
}

#[async_trait]
impl Sweepable for PostgresVault {
    async fn kept(
        &self,
        since: Timestamp,
        older_than: Timestamp,
        after: Option<Kept>,
        limit: usize,
    ) -> Result<Vec<Kept>, Outage> {
        let (from, after) = after.map_or((since, Uuid::nil()), |after| (after.at, after.person.uuid()));
        let text = "SELECT person, kept_at FROM boxoffice_vault.person
                    WHERE (kept_at, person) > ($1, $2) AND kept_at < $3 ORDER BY kept_at, person LIMIT $4";
        let query = sqlx::query(text).bind(from.unix_ms()).bind(after).bind(older_than.unix_ms());
        let rows = query.bind(limited(limit)).fetch_all(&self.pool).await.map_err(out)?;
        rows.iter().map(kept).collect::<Result<_, _>>().map_err(out)
    }

    async fn erase_older(&self, people: Vec<PersonId>, older_than: Timestamp) -> Result<u64, Outage> {
        let erased = self
            .transactions
            .transact(move |connection| Box::pin(delete(connection, people, older_than)), |_| ());
        erased.await.map_err(out)
    }
}
