//! Rows of the log as Rust values.

use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, Recorded, StreamName};
use boxoffice_domain::time::Timestamp;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

/// The columns of an event, in the order in which this file reads them.
pub(super) const COLUMNS: &str = "position, stream, version, type, schema_version, log_time, command_id, command_hash, cause, payload, hash";

/// An event from a row of [`COLUMNS`].
pub(super) fn read(row: &PgRow) -> Result<Recorded, sqlx::Error> {
    Ok(Recorded {
        position: number(row, 0)?,
        stream: StreamName::from_log(row.try_get(1)?),
        version: number(row, 2)?,
        event_type: row.try_get::<&str, _>(3)?.into(),
        schema_version: row.try_get::<i32, _>(4)?.try_into().map_err(|error| damaged(4, error))?,
        log_time: Timestamp::from_unix_ms(row.try_get(5)?),
        command: CommandMeta {
            id: row.try_get(6)?,
            hash: digest(row, 7)?,
            cause: row.try_get::<Option<&str>, _>(8)?.map(Into::into),
        },
        payload: row.try_get::<&str, _>(9)?.into(),
        hash: digest(row, 10)?,
    })
}

/// A number that is never negative.
pub(super) fn number(row: &PgRow, column: usize) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|error| damaged(column, error))
}

pub(super) fn digest(row: &PgRow, column: usize) -> Result<Digest, sqlx::Error> {
    let bytes: [u8; 32] =
        row.try_get::<&[u8], _>(column)?.try_into().map_err(|error| damaged(column, error))?;
    Ok(Digest::from_bytes(bytes))
}

fn damaged(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_string(), source: Box::new(error) }
}
