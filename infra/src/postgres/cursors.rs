//! How far process managers have come, in PostgreSQL, in the schema `boxoffice_effects`: apart from the read models, so
//! that those can be dropped and built again without charging anybody twice.

use async_trait::async_trait;
use boxoffice_commands::effects::Cursors;
use boxoffice_commands::log::Outage;
use boxoffice_domain::log::Position;
use sqlx::postgres::PgPool;

use super::{Postgres, PostgresError, migrations};
use crate::database::signed;

/// The cursors of a database.
#[derive(Debug)]
pub struct PostgresCursors {
    pool: PgPool,
}

impl PostgresCursors {
    /// Opens the cursors of a database that was migrated.
    ///
    /// # Errors
    /// [`PostgresError`], above all [`PostgresError::Older`].
    pub async fn open(postgres: &Postgres) -> Result<Self, PostgresError> {
        migrations::check(&postgres.pool).await?;
        Ok(Self { pool: postgres.pool.clone() })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn out(error: sqlx::Error) -> Outage {
    Outage(error.to_string())
}

#[async_trait]
impl Cursors for PostgresCursors {
    async fn load(&self, name: &'static str) -> Result<Position, Outage> {
        let text = "SELECT position FROM boxoffice_effects.cursor WHERE name = $1";
        let found: Option<i64> =
            sqlx::query_scalar(text).bind(name).fetch_optional(&self.pool).await.map_err(out)?;
        Ok(found.and_then(|position| Position::try_from(position).ok()).unwrap_or_default())
    }

    async fn save(&self, name: &'static str, position: Position) -> Result<(), Outage> {
        let text = "INSERT INTO boxoffice_effects.cursor (name, position) VALUES ($1, $2)
                    ON CONFLICT (name) DO UPDATE SET position = excluded.position";
        let query = sqlx::query(text).bind(name).bind(signed(position));
        query.execute(&self.pool).await.map_err(out).map(drop)
    }
}
