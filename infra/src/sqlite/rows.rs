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
    event: &NewEvent,
) -> Result<(), sqlx::Error> {
    bind(arguments, signed(position))?;
    bind(arguments, stream)?;
    bind(arguments, signed(event.version))?;
    bind(arguments, event.event_type)?;
    bind(arguments, event.schema_version)?;
    bind(arguments, event.log_time.unix_ms())?;
    bind(arguments, event.command.id.as_bytes().to_vec())?;
    bind(arguments, event.command.hash.as_bytes().to_vec())?;
    bind(arguments, event.command.cause.clone())?;
    bind(arguments, Arc::clone(&event.payload))?;
    bind(arguments, event.hash.as_bytes().to_vec())
}

/// The statement for those events that a condition picks, all in one value: a row for each would cost more than all
/// else, for it goes from thread to thread by itself and each of its columns is copied by itself.
///
/// Fields are separated by U+001F and events by U+001E, which canonical JSON and names never contain.
pub(super) fn packed(condition: &str) -> String {
    format!(
        "SELECT group_concat(concat_ws(char(31), position, stream, version, type, schema_version, log_time,
                             lower(hex(command_id)), lower(hex(command_hash)), ifnull('=' || cause, ''), payload,
                             lower(hex(hash))), char(30))
         FROM (SELECT {COLUMNS} FROM event WHERE {condition})"
    )
}

/// The events of [`packed`], by position.
pub(super) fn unpack(row: &SqliteRow) -> Result<Vec<Recorded>, sqlx::Error> {
    let mut events = Vec::new();
    for event in split(row)? {
        events.push(unpack_one(event).ok_or_else(|| damaged(0, Unreadable))?);
    }
    events.sort_unstable_by_key(|event: &Recorded| event.position);
    Ok(events)
}

fn split(row: &SqliteRow) -> Result<impl Iterator<Item = &str>, sqlx::Error> {
    Ok(row.try_get::<Option<&str>, _>(0)?.into_iter().flat_map(|text| text.split('\u{1e}')))
}

/// A row of the log that is not as it was written.
#[derive(Debug, thiserror::Error)]
#[error("a row of the log is not as it was written")]
struct Unreadable;

fn unpack_one(text: &str) -> Option<Recorded> {
    let mut fields = text.split('\u{1f}');
    let event = Recorded {
        position: fields.next()?.parse().ok()?,
        stream: StreamName::from_log(fields.next()?),
        version: fields.next()?.parse().ok()?,
        event_type: fields.next()?.into(),
        schema_version: fields.next()?.parse().ok()?,
        log_time: Timestamp::from_unix_ms(fields.next()?.parse().ok()?),
        command: CommandMeta {
            id: Uuid::try_parse(fields.next()?).ok()?,
            hash: fields.next()?.parse().ok()?,
            cause: match fields.next()? {
                "" => None,
                cause => Some(cause.strip_prefix('=')?.into()),
            },
        },
        payload: fields.next()?.into(),
        hash: fields.next()?.parse().ok()?,
    };
    fields.next().is_none().then_some(event)
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
