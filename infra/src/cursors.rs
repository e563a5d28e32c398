//! How far process managers have come, in `effects.db`: a file of its own, so that read models can be deleted and
//! built again without charging anybody twice.
//!
//! A power loss may take the last moves of a cursor: what they stood for is done again under the same keys.

use std::path::Path;

use async_trait::async_trait;
use boxoffice_commands::effects::Cursors;
use boxoffice_commands::log::Outage;
use boxoffice_domain::log::Position;

use crate::database::{Database, OpenError, Safety, Spec, signed};
use crate::transact::{Transact as _, Verdict};

/// The file of the cursors in the data folder.
pub const EFFECTS_FILE: &str = "effects.db";

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS cursor (
    name     TEXT    PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

const SPEC: Spec = Spec {
    file: EFFECTS_FILE,
    schema: SCHEMA,
    schema_version: 1,
    safety: Safety::Rebuildable,
    secure_delete: false,
    readers: 1,
};

/// The cursors of a data folder.
#[derive(Debug)]
pub struct SqliteCursors {
    database: Database,
}

impl SqliteCursors {
    /// Opens the cursors of a data folder, and makes both unless they are there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(data: &Path) -> Result<Self, OpenError> {
        Ok(Self { database: Database::open(data, SPEC, None).await? })
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

fn out(error: impl std::fmt::Display) -> Outage {
    Outage(error.to_string())
}

#[async_trait]
impl Cursors for SqliteCursors {
    async fn load(&self, name: &'static str) -> Result<Position, Outage> {
        let found: Option<i64> = sqlx::query_scalar("SELECT position FROM cursor WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.database.readers)
            .await
            .map_err(out)?;
        Ok(found.and_then(|position| Position::try_from(position).ok()).unwrap_or_default())
    }

    async fn save(&self, name: &'static str, position: Position) -> Result<(), Outage> {
        let saved = self.database.writer.transact(
            move |connection| {
                Box::pin(async move {
                    sqlx::query("INSERT OR REPLACE INTO cursor (name, position) VALUES (?, ?)")
                        .bind(name)
                        .bind(signed(position))
                        .execute(connection)
                        .await
                        .map(|_| Verdict::Commit(()))
                })
            },
            |()| (),
        );
        saved.await.map_err(out)
    }
}
