//! What an append and a claim do within their transaction.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use boxoffice_commands::log::{Claim, StreamBatch, StreamOutcome};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{NewEvent, Position, StreamName};
use boxoffice_domain::mutant::{self, Mutant};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Row as _, SqlStr};

use super::rows;
use crate::database::{Bulk, bind, signed};
use crate::transact::Verdict;

/// The most rows of one statement.
const ROWS_MAX: usize = 256;

// OR FAIL: whatever fails is followed by a rollback of the transaction, so SQLite need not be able to undo a single
// statement, which would cost it a copy of every page.
const ADVANCED: &str = "UPDATE OR FAIL stream SET version = new.column4, head = new.column5 FROM (VALUES";
const AS_NAMED: &str = ") AS new WHERE stream.stream = new.column1";
const SAME_EPOCH: &str = " AND stream.epoch = new.column3";
const SAME_VERSION: &str = " AND stream.version = new.column2";

/// Moves streams that are as expected, and tells which.
static ADVANCE: LazyLock<Bulk> = LazyLock::new(|| advancing(&[SAME_EPOCH, SAME_VERSION]));

/// The same with [`Mutant::NoVersionCheck`].
static ADVANCE_FROM_ANYWHERE: LazyLock<Bulk> = LazyLock::new(|| advancing(&[SAME_EPOCH]));

/// The same with [`Mutant::NoEpochCheck`].
static ADVANCE_BY_ANYBODY: LazyLock<Bulk> = LazyLock::new(|| advancing(&[SAME_VERSION]));

fn advancing(conditions: &[&str]) -> Bulk {
    let after = format!("{AS_NAMED}{} RETURNING stream.stream", conditions.concat());
    Bulk::new(ADVANCED, "(?, ?, ?, ?, ?)", &after, ROWS_MAX)
}

static INSERT: LazyLock<Bulk> = LazyLock::new(|| inserting("INSERT OR FAIL INTO"));

/// The same with [`Mutant::NoVersionCheck`], which writes versions that are there already.
static REPLACE: LazyLock<Bulk> = LazyLock::new(|| inserting("INSERT OR REPLACE INTO"));

fn inserting(verb: &str) -> Bulk {
    Bulk::new(&format!("{verb} event ({}) VALUES", rows::COLUMNS), rows::PLACEHOLDERS, "", ROWS_MAX)
}

/// What an append came to.
#[derive(Debug)]
pub(super) struct Appended {
    /// In the order of the batches.
    pub(super) outcomes: Vec<StreamOutcome>,
    /// The last position that it wrote, or 0.
    pub(super) head: Position,
}

/// Appends what is as expected. With nothing kept there is nothing to commit.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    batches: Arc<[StreamBatch]>,
) -> Result<Verdict<Appended>, sqlx::Error> {
    let with_events: Vec<_> = batches.iter().filter(|batch| !batch.events.is_empty()).collect();
    let kept = advance_streams(connection, &with_events).await?;
    let count =
        batches.iter().filter(|batch| kept.contains(batch.stream.as_str())).map(|batch| batch.events.len());
    let count: usize = count.sum();
    let last = if count == 0 { 0 } else { advance_head(connection, count).await? };

    let mut position = last.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
    let mut outcomes = Vec::with_capacity(batches.len());
    let mut events = Vec::with_capacity(count);
    for batch in batches.iter() {
        if batch.events.is_empty() {
            outcomes.push(confirmation(connection, batch).await?);
        } else if kept.contains(batch.stream.as_str()) {
            outcomes.push(StreamOutcome::Appended { first: position + 1 });
            let stream: Arc<str> = batch.stream.as_str().into();
            for event in &batch.events {
                position += 1;
                events.push((position, Arc::clone(&stream), event));
            }
        } else {
            outcomes.push(refusal(connection, batch).await?);
        }
    }
    let appended = Appended { outcomes, head: last };
    if count == 0 {
        return Ok(Verdict::Rollback(appended));
    }
    insert(connection, events).await?;
    Ok(Verdict::Commit(appended))
}

async fn advance_streams(
    connection: &mut SqliteConnection,
    batches: &[&StreamBatch],
) -> Result<HashSet<String>, sqlx::Error> {
    for batch in batches.iter().filter(|batch| batch.expected == 0 && batch.epoch == 0) {
        // A stream that nobody has claimed is at version 0 under epoch 0.
        let absent = "INSERT OR IGNORE INTO stream (stream, version, epoch, head) VALUES (?, 0, 0, ?)";
        let query = sqlx::query(absent).bind(batch.stream.as_str()).bind(Digest::ZERO.as_bytes().to_vec());
        query.execute(&mut *connection).await?;
    }
    let statement = if mutant::is_on(Mutant::NoVersionCheck) {
        &ADVANCE_FROM_ANYWHERE
    } else if mutant::is_on(Mutant::NoEpochCheck) {
        &ADVANCE_BY_ANYBODY
    } else {
        &ADVANCE
    };
    let mut kept = HashSet::with_capacity(batches.len());
    let mut rest = batches.iter();
    for (size, text) in statement.parts(batches.len()) {
        let mut arguments = SqliteArguments::default();
        for batch in rest.by_ref().take(size) {
            let Some(last) = batch.events.last() else { continue };
            bind(&mut arguments, batch.stream.as_str())?;
            bind(&mut arguments, signed(batch.expected))?;
            bind(&mut arguments, signed(batch.epoch))?;
            bind(&mut arguments, signed(last.version))?;
            bind(&mut arguments, last.hash.as_bytes().to_vec())?;
        }
        for row in sqlx::query_with(text, arguments).fetch_all(&mut *connection).await? {
            kept.insert(row.try_get(0)?);
        }
    }
    Ok(kept)
}

async fn advance_head(connection: &mut SqliteConnection, count: usize) -> Result<Position, sqlx::Error> {
    let text = "UPDATE head SET position = position + ? WHERE partition = 0 RETURNING position";
    let query = sqlx::query(text).bind(crate::database::limit(count));
    rows::number(&query.fetch_one(connection).await?, 0)
}

/// Whether a stream is as expected.
async fn confirmation(
    connection: &mut SqliteConnection,
    batch: &StreamBatch,
) -> Result<StreamOutcome, sqlx::Error> {
    let query = sqlx::query("SELECT version FROM stream WHERE stream = ?").bind(batch.stream.as_str());
    let row = query.fetch_optional(&mut *connection).await?;
    let version = row.map(|row| rows::number(&row, 0)).transpose()?.unwrap_or(0);
    let otherwise = refusal(connection, batch).await?;
    let is_as_expected = version == batch.expected && otherwise == StreamOutcome::Conflict;
    Ok(if is_as_expected { StreamOutcome::Confirmed } else { otherwise })
}

/// Why a stream was not as expected. Who is fenced has to give up, so that goes first.
async fn refusal(
    connection: &mut SqliteConnection,
    batch: &StreamBatch,
) -> Result<StreamOutcome, sqlx::Error> {
    let query = sqlx::query("SELECT epoch FROM stream WHERE stream = ?").bind(batch.stream.as_str());
    let row = query.fetch_optional(connection).await?;
    let epoch = row.map(|row| rows::number(&row, 0)).transpose()?.unwrap_or(0);
    Ok(if epoch == batch.epoch { StreamOutcome::Conflict } else { StreamOutcome::Fenced })
}

async fn insert(
    connection: &mut SqliteConnection,
    events: Vec<(Position, Arc<str>, &NewEvent)>,
) -> Result<(), sqlx::Error> {
    let unchecked = mutant::is_on(Mutant::NoVersionCheck);
    let statement = if unchecked { &REPLACE } else { &INSERT };
    let parts: Vec<(usize, SqlStr)> = statement.parts(events.len()).collect();
    let mut rest = events.into_iter();
    for (size, text) in parts {
        let mut arguments = SqliteArguments::default();
        sqlx::Arguments::reserve(&mut arguments, size * rows::WIDTH, 0);
        for (position, stream, event) in rest.by_ref().take(size) {
            rows::write(&mut arguments, position, stream, event)?;
        }
        sqlx::query_with(text, arguments).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Raises the epoch of a stream. Also tells the head, which is durable as of this transaction.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    stream: StreamName,
) -> Result<Verdict<(Claim, Position)>, sqlx::Error> {
    let text = "INSERT INTO stream (stream, version, epoch, head) VALUES (?, 0, 1, ?)
                ON CONFLICT (stream) DO UPDATE SET epoch = epoch + 1 RETURNING epoch, version, head";
    let query = sqlx::query(text).bind(stream.as_str()).bind(Digest::ZERO.as_bytes().to_vec());
    let row = query.fetch_one(&mut *connection).await?;
    let claim = Claim {
        epoch: rows::number(&row, 0)?,
        version: rows::number(&row, 1)?,
        head: rows::digest(&row, 2)?,
    };
    let head = sqlx::query("SELECT position FROM head WHERE partition = 0").fetch_one(connection).await?;
    Ok(Verdict::Commit((claim, rows::number(&head, 0)?)))
}
