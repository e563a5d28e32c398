//! The append: one statement, one round trip, one transaction for a batch over several streams.

use boxoffice_commands::log::{StreamBatch, StreamOutcome};
use boxoffice_domain::log::Position;
use boxoffice_domain::mutant::{self, Mutant};
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Arguments as _, AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};

use crate::database::signed;

/// Locks are taken in the order of the streams' names and then of the head, whoever appends. Streams that are not as
/// expected drop out with all their events; the others get positions without a gap.
const APPEND: &str = "
WITH batch AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) WITH ORDINALITY
        AS batch (stream, expected, epoch, count, head, place)),
locked AS MATERIALIZED (
    SELECT stream.stream FROM boxoffice_log.stream JOIN batch USING (stream) WHERE count > 0 ORDER BY stream.stream
    FOR UPDATE OF stream),
moved AS (
    UPDATE boxoffice_log.stream SET version = batch.expected + batch.count, head = batch.head
    FROM batch JOIN locked USING (stream)
    WHERE stream.stream = batch.stream AND stream.version = batch.expected AND stream.epoch = batch.epoch
    RETURNING batch.place),
made AS (
    INSERT INTO boxoffice_log.stream (stream, version, epoch, head)
    SELECT stream, count, 0, head FROM batch WHERE expected = 0 AND epoch = 0 AND count > 0 ORDER BY stream
    ON CONFLICT (stream) DO NOTHING RETURNING stream),
kept AS (
    SELECT place, stream, expected, count, (sum(count) OVER (ORDER BY place))::bigint - count AS before
    FROM batch WHERE place IN (SELECT place FROM moved UNION ALL SELECT place FROM batch JOIN made USING (stream))),
total AS (
    SELECT sum(count)::bigint AS count FROM kept),
last AS (
    UPDATE boxoffice_log.head SET position = position + (SELECT count FROM total)
    WHERE partition = 0 AND EXISTS (SELECT FROM kept) RETURNING position),
written AS (
    INSERT INTO boxoffice_log.event (position, stream, version, type, schema_version, log_time, command_id,
                                     command_hash, cause, payload, hash)
    SELECT last.position - total.count + kept.before + event.version - kept.expected, kept.stream, event.version,
           event.type, event.schema_version, event.log_time, event.command_id, event.command_hash, event.cause,
           event.payload, event.hash
    FROM unnest($6::bigint[], $7::bigint[], $8::text[], $9::int[], $10::bigint[], $11::uuid[], $12::bytea[],
                $13::text[], $14::text[], $15::bytea[])
         AS event (batch, version, type, schema_version, log_time, command_id, command_hash, cause, payload, hash)
    JOIN kept ON kept.place = event.batch, last, total)
SELECT (SELECT position FROM last), ARRAY(SELECT place FROM kept),
       ARRAY(SELECT place FROM batch LEFT JOIN boxoffice_log.stream USING (stream)
             WHERE count = 0 AND expected = coalesce(stream.version, 0) AND batch.epoch = coalesce(stream.epoch, 0))";

/// [`APPEND`], unless this process has a deliberate bug.
fn statement() -> SqlStr {
    let bugs = [
        (Mutant::NoVersionCheck, " AND stream.version = batch.expected"),
        (Mutant::NoEpochCheck, " AND stream.epoch = batch.epoch"),
    ];
    match bugs.into_iter().find(|(mutant, _)| mutant::is_on(*mutant)) {
        Some((_, check)) => AssertSqlSafe(APPEND.replacen(check, "", 1)).into_sql_str(),
        None => SqlStr::from_static(APPEND),
    }
}

/// What an append came to.
pub(super) struct Appended {
    /// In the order of the batches; `None` where a stream was not as expected.
    pub(super) outcomes: Vec<Option<StreamOutcome>>,
    /// The last position that was written, or 0.
    pub(super) head: Position,
}

pub(super) async fn append(
    connection: &mut PgConnection,
    batches: &[StreamBatch],
) -> Result<Appended, sqlx::Error> {
    let arguments = arguments(batches).map_err(sqlx::Error::Encode)?;
    let row = sqlx::query_with(statement(), arguments).fetch_one(connection).await?;
    let head: Option<i64> = row.try_get(0)?;
    let kept: Vec<i64> = row.try_get(1)?;
    let head = head.and_then(|head| Position::try_from(head).ok()).unwrap_or_default();
    let confirmed: Vec<i64> = row.try_get(2)?;
    let count = |batch: &StreamBatch| batch.events.len() as Position;
    let is_kept = |place: &i64| kept.contains(place);
    let written: Position =
        (1..).zip(batches).filter(|(place, _)| is_kept(place)).map(|(_, batch)| count(batch)).sum();
    let mut next = head.saturating_sub(written) + 1;
    let outcome = |(place, batch)| {
        if is_kept(&place) {
            let first = next;
            next += count(batch);
            Some(StreamOutcome::Appended { first })
        } else {
            confirmed.contains(&place).then_some(StreamOutcome::Confirmed)
        }
    };
    Ok(Appended { outcomes: (1..).zip(batches).map(outcome).collect(), head })
}

/// Why a stream was not as expected. Who is fenced has to give up, so that goes first.
pub(super) async fn refusal(
    connection: &mut PgConnection,
    batch: &StreamBatch,
) -> Result<StreamOutcome, sqlx::Error> {
    let text = "SELECT epoch FROM boxoffice_log.stream WHERE stream = $1";
    let query = sqlx::query_scalar(text).bind(batch.stream.as_str());
    let epoch: Option<i64> = query.fetch_optional(connection).await?;
    let is_mine = epoch.unwrap_or_default() == signed(batch.epoch);
    Ok(if is_mine { StreamOutcome::Conflict } else { StreamOutcome::Fenced })
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn arguments(batches: &[StreamBatch]) -> Result<PgArguments, Failed> {
    let mut arguments = PgArguments::default();
    let of_batches = |number: fn(&StreamBatch) -> i64| batches.iter().map(number).collect::<Vec<_>>();
    arguments.add(batches.iter().map(|batch| batch.stream.as_str()).collect::<Vec<_>>())?;
    arguments.add(of_batches(|batch| signed(batch.expected)))?;
    arguments.add(of_batches(|batch| signed(batch.epoch)))?;
    arguments.add(of_batches(|batch| signed(batch.events.len() as u64)))?;
    let head = |batch: &StreamBatch| batch.events.last().map(|last| last.hash).unwrap_or_default();
    arguments.add(batches.iter().map(|batch| head(batch).as_bytes().to_vec()).collect::<Vec<_>>())?;

    let events =
        || (1_i64..).zip(batches).flat_map(|(place, batch)| batch.events.iter().map(move |e| (place, e)));
    arguments.add(events().map(|(place, _)| place).collect::<Vec<_>>())?;
    let events = || events().map(|(_, event)| event);
    arguments.add(events().map(|event| signed(event.version)).collect::<Vec<_>>())?;
    arguments.add(events().map(|event| event.event_type).collect::<Vec<_>>())?;
    arguments.add(events().map(|event| i32::from(event.schema_version)).collect::<Vec<_>>())?;
    arguments.add(events().map(|event| event.log_time.unix_ms()).collect::<Vec<_>>())?;
    arguments.add(events().map(|event| event.command.id).collect::<Vec<_>>())?;
    arguments.add(events().map(|event| event.command.hash.as_bytes().as_slice()).collect::<Vec<_>>())?;
    arguments.add(events().map(|event| event.command.cause.as_deref()).collect::<Vec<_>>())?;
    arguments.add(events().map(|event| &*event.payload).collect::<Vec<_>>())?;
    arguments.add(events().map(|event| event.hash.as_bytes().as_slice()).collect::<Vec<_>>())?;
    Ok(arguments)
}
