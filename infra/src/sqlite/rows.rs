//! Rows of the log as Rust values, both ways.

use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, NewEvent, Position, Recorded, StreamName};
use boxoffice_domain::time::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use std::sync::Arc;
use uuid::Uuid;

use crate::database::{bind, signed};

/// The columns of an event, in the order in which this file writes and reads them.
pub(super) const COLUMNS: &str = "position, stream, version, type, schema_version, log_time, command_id, command_hash, cause, payload, hash";

/// One placeholder for each of [`COLUMNS`].
pub(super) const PLACEHOLDERS: &str = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// How many [`COLUMNS`] there are.
pub(super) const WIDTH: usize = 11;

/// Adds an event's columns. What can be moved is not copied: this is most of what an append costs here.
pub(super) fn write(
    arguments: &mut SqliteArguments,
    position: Position,
    stream: Arc<str>,
    event: NewEvent,
) -> Result<(), sqlx::Error> {
    bind(arguments, signed(position))?;
    bind(arguments, stream)?;
    bind(arguments, signed(event.version))?;
    bind(arguments, event.event_type)?;
    bind(arguments, event.schema_version)?;
    bind(arguments, event.log_time.unix_ms())?;
    bind(arguments, event.command.id.as_bytes().to_vec())?;
    bind(arguments, event.command.hash.as_bytes().to_vec())?;
    bind(arguments, event.command.cause)?;
    bind(arguments, String::from(event.payload))?;
    bind(arguments, event.hash.as_bytes().to_vec())
}

/// An event from a row of [`COLUMNS`].
pub(super) fn read(row: &SqliteRow) -> Result<Recorded, sqlx::Error> {
    Ok(Recorded {
        position: number(row, 0)?,
        stream: StreamName::from_log(row.try_get(1)?),
        version: number(row, 2)?,
        event_type: row.try_get::<&str, _>(3)?.into(),
        schema_version: row.try_get(4)?,
        log_time: Timestamp::from_unix_ms(row.try_get(5)?),
        command: CommandMeta {
            id: Uuid::from_bytes(bytes(row, 6)?),
            hash: digest(row, 7)?,
            cause: row.try_get::<Option<&str>, _>(8)?.map(Into::into),
        },
        payload: row.try_get::<&str, _>(9)?.into(),
        hash: digest(row, 10)?,
    })
}

/// A number that is never negative.
pub(super) fn number(row: &SqliteRow, column: usize) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|error| damaged(column, error))
}

pub(super) fn digest(row: &SqliteRow, column: usize) -> Result<Digest, sqlx::Error> {
    bytes(row, column).map(Digest::from_bytes)
}

fn bytes<const N: usize>(row: &SqliteRow, column: usize) -> Result<[u8; N], sqlx::Error> {
    row.try_get::<&[u8], _>(column)?.try_into().map_err(|error| damaged(column, error))
}

fn damaged(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_string(), source: Box::new(error) }
}
