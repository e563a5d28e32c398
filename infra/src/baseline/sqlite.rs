//! Rows in an SQLite file beside the log's, opened as the log's is.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use boxoffice_domain::log::{NewEvent, StreamName};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};

use super::{BareTable, BaselineError, Indexes};
use crate::OpenError;
use crate::database::{Bulk, Database, Safety, Spec, bind, signed};
use crate::transact::{Transact as _, Verdict};

/// The most rows of one statement.
const ROWS_MAX: usize = 256;

const SCHEMA: &str = "
CREATE TABLE event (
    position       INTEGER PRIMARY KEY,
    stream         TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    type           TEXT    NOT NULL,
    schema_version INTEGER NOT NULL,
    log_time       INTEGER NOT NULL,
    command_id     BLOB    NOT NULL,
    command_hash   BLOB    NOT NULL,
    cause          TEXT,
    payload        TEXT    NOT NULL,
    hash           BLOB    NOT NULL
) STRICT;";

const INDEX: &str = "CREATE UNIQUE INDEX by_stream ON event (stream, version)";

static INSERT: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new("INSERT OR FAIL INTO event VALUES", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "", ROWS_MAX)
});

/// A table in a file of its own.
#[derive(Debug)]
pub struct SqliteTable {
    database: Database,
}

impl SqliteTable {
    /// Makes the file `baseline.db` in a folder.
    ///
    /// # Errors
    /// [`OpenError`]; above all, the file is there already.
    pub async fn create(folder: &Path, indexes: Indexes) -> Result<Self, OpenError> {
        let file = "baseline.db";
        let spec = Spec {
            file,
            schema: SCHEMA,
            schema_version: 1,
            safety: Safety::Durable,
            secure_delete: false,
            readers: 1,
        };
        let database = Database::open(folder, spec, None).await?;
        if indexes == Indexes::OfTheLog {
            database.writer.run(INDEX).await.map_err(OpenError::sql(&folder.join(file)))?;
        }
        Ok(Self { database })
    }

    /// Closes the file.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

#[async_trait]
impl BareTable for SqliteTable {
    async fn insert(&mut self, stream: &StreamName, events: Vec<NewEvent>) -> Result<(), BaselineError> {
        let stream: Arc<str> = stream.as_str().into();
        let inserting = self.database.writer.transact(
            |connection| {
                Box::pin(async move {
                    write(connection, &stream, events).await?;
                    Ok(Verdict::Commit(()))
                })
            },
            |()| (),
        );
        inserting.await.map_err(|failed| BaselineError(failed.to_string()))
    }
}

async fn write(
    connection: &mut SqliteConnection,
    stream: &Arc<str>,
    events: Vec<NewEvent>,
) -> Result<(), sqlx::Error> {
    let parts: Vec<_> = INSERT.parts(events.len()).collect();
    let mut rest = events.into_iter();
    for (size, text) in parts {
        let mut arguments = SqliteArguments::default();
        sqlx::Arguments::reserve(&mut arguments, size * 11, 0);
        for event in rest.by_ref().take(size) {
            row(&mut arguments, Arc::clone(stream), event)?;
        }
        sqlx::query_with(text, arguments).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The columns in their order; the version serves as the position too.
fn row(arguments: &mut SqliteArguments, stream: Arc<str>, event: NewEvent) -> Result<(), sqlx::Error> {
    bind(arguments, signed(event.version))?;
    bind(arguments, stream)?;
    bind(arguments, signed(event.version))?;
    bind(arguments, event.event_type)?;
    bind(arguments, event.schema_version)?;
    bind(arguments, event.log_time.unix_ms())?;
    bind(arguments, event.command.id.as_bytes().to_vec())?;
    bind(arguments, event.command.hash.as_bytes().to_vec())?;
    bind(arguments, event.command.cause)?;
    bind(arguments, event.payload)?;
    bind(arguments, event.hash.as_bytes().to_vec())
}
