//! What an event looks like once it is recorded, and how it is chained to the one before it.
//!
//! `docs/log-format.md` specifies the same for strangers; `audit/` implements it a second time from that text.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::digest::Digest;
use crate::id::{OrganizerId, ShowId, VenueId};
use crate::time::Timestamp;

/// The place of an event in the whole log: 1, 2, 3 … without gaps, in commit order. 0 is before the first.
pub type Position = u64;

/// The place of an event in its stream: 1, 2, 3 … 0 is an empty stream.
pub type Version = u64;

/// How often a stream has changed its owner; an append under an older epoch is refused.
pub type Epoch = u64;

/// The name of a stream: what kind of aggregate it is and whose, as `inventory-event_01h…`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// The seats, holds, orders and tickets of a show.
    #[must_use]
    pub fn inventory(show: ShowId) -> Self {
        Self(format!("inventory-{show}").into())
    }

    /// The description of a show.
    #[must_use]
    pub fn catalog(show: ShowId) -> Self {
        Self(format!("catalog-{show}").into())
    }

    /// The doors of a show.
    #[must_use]
    pub fn doors(show: ShowId) -> Self {
        Self(format!("doors-{show}").into())
    }

    /// An organizer.
    #[must_use]
    pub fn organizer(organizer: OrganizerId) -> Self {
        Self(format!("organizer-{organizer}").into())
    }

    /// A venue and its seating plans.
    #[must_use]
    pub fn venue(venue: VenueId) -> Self {
        Self(format!("venue-{venue}").into())
    }

    /// A name as it stands in the log.
    #[must_use]
    pub fn from_log(name: &str) -> Self {
        Self(name.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first hyphen: `inventory`, `catalog`, `doors`, `organizer` or `venue`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.0.split_once('-').map_or(&self.0, |(kind, _)| kind)
    }

    /// The show that this stream is about, if it is about one.
    #[must_use]
    pub fn show(&self) -> Option<ShowId> {
        self.0.split_once('-').and_then(|(_, id)| id.parse().ok())
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who asked for a change, as far as the log may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandMeta {
    /// Identifies the command for ever: the same command sent again has the same id.
    pub id: Uuid,
    /// A keyed hash of the command's body: the same id with another hash is another command.
    pub hash: Digest,
    /// What brought the command about, where it was an event: `<stream>/<version>`.
    pub cause: Option<Arc<str>>,
}

/// An event that is to be appended: everything but its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its place in the stream.
    pub version: Version,
    /// What happened, in `snake_case` and the past tense.
    pub event_type: &'static str,
    /// Which form of the payload this is.
    pub schema_version: u16,
    /// When the owner of the stream says it happened.
    pub log_time: Timestamp,
    /// The command that it answers.
    pub command: CommandMeta,
    /// The facts, as RFC 8785 canonical JSON.
    pub payload: Arc<str>,
    /// The link of the stream's hash chain.
    pub hash: Digest,
}

/// An event of the log, with its payload still in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the log.
    pub position: Position,
    /// The stream that it belongs to.
    pub stream: StreamName,
    /// Its place in the stream.
    pub version: Version,
    /// What happened.
    pub event_type: Arc<str>,
    /// Which form of the payload this is.
    pub schema_version: u16,
    /// When the owner of the stream says it happened.
    pub log_time: Timestamp,
    /// The command that it answers.
    pub command: CommandMeta,
    /// The facts, as RFC 8785 canonical JSON.
    pub payload: Arc<str>,
    /// The link of the stream's hash chain.
    pub hash: Digest,
}

/// The fields of an event that its hash covers, in the order of canonical JSON.
#[derive(Serialize)]
struct Hashed<'a> {
    cause: Option<&'a str>,
    command_hash: &'a Digest,
    command_id: Uuid,
    log_time: Timestamp,
    payload: &'a RawValue,
    schema_version: u16,
    stream: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    version: Version,
}

/// All fields of an event, in the order of canonical JSON.
#[derive(Serialize)]
struct Exported<'a> {
    cause: Option<&'a str>,
    command_hash: &'a Digest,
    command_id: Uuid,
    hash: &'a Digest,
    log_time: Timestamp,
    payload: &'a RawValue,
    position: Position,
    schema_version: u16,
    stream: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    version: Version,
}

/// The link that an event adds to the hash chain of its stream:
/// SHA-256 over the previous link and the event's canonical JSON without `position` and `hash`.
///
/// # Errors
/// Where the payload is not JSON.
pub fn link(previous: &Digest, stream: &StreamName, event: &NewEvent) -> Result<Digest, serde_json::Error> {
    let line = serde_json::to_vec(&Hashed {
        cause: event.command.cause.as_deref(),
        command_hash: &event.command.hash,
        command_id: event.command.id,
        log_time: event.log_time,
        payload: serde_json::from_str(&event.payload)?,
        schema_version: event.schema_version,
        stream: stream.as_str(),
        event_type: event.event_type,
        version: event.version,
    })?;
    Ok(Digest::of(&[previous.as_bytes(), &line]))
}

impl Recorded {
    /// What became of an event that was appended.
    #[must_use]
    pub fn of(event: &NewEvent, stream: &StreamName, position: Position) -> Self {
        Self {
            position,
            stream: stream.clone(),
            version: event.version,
            event_type: event.event_type.into(),
            schema_version: event.schema_version,
            log_time: event.log_time,
            command: event.command.clone(),
            payload: Arc::clone(&event.payload),
            hash: event.hash,
        }
    }

    /// The event as one line of an export: canonical JSON with every field, without a line feed.
    ///
    /// # Errors
    /// Where the payload is not JSON.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Exported {
            cause: self.command.cause.as_deref(),
            command_hash: &self.command.hash,
            command_id: self.command.id,
            hash: &self.hash,
            log_time: self.log_time,
            payload: serde_json::from_str(&self.payload)?,
            position: self.position,
            schema_version: self.schema_version,
            stream: self.stream.as_str(),
            event_type: &self.event_type,
            version: self.version,
        })
    }

    /// Names this event as the cause of a command: `<stream>/<version>`.
    #[must_use]
    pub fn as_cause(&self) -> Arc<str> {
        format!("{}/{}", self.stream, self.version).into()
    }
}

/// Log time: `max(previous, now)` for each stream. A stream that is ahead of the clock (the clock was set back)
/// advances by the time that really elapsed, so that its holds still lapse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogClock {
    last: Timestamp,
    at: Elapsed,
}

/// Milliseconds of a clock that never jumps, from an arbitrary start.
pub type Elapsed = u64;

/// One reading of the injected clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// What the wall clock says.
    pub wall: Timestamp,
    /// What the monotonic clock says.
    pub elapsed: Elapsed,
}

impl LogClock {
    /// The clock of a stream whose last event happened at `last`.
    #[must_use]
    pub fn resumed(last: Timestamp, now: Now) -> Self {
        Self { last, at: now.elapsed }
    }

    /// The log time of this moment; never earlier than any that was told before.
    pub fn tell(&mut self, now: Now) -> Timestamp {
        let time = self.peek(now);
        *self = Self { last: time, at: now.elapsed.max(self.at) };
        time
    }

    /// The log time that [`Self::tell`] would tell.
    #[must_use]
    pub fn peek(&self, now: Now) -> Timestamp {
        let elapsed = i64::try_from(now.elapsed.saturating_sub(self.at)).unwrap_or(i64::MAX);
        if now.wall >= self.last { now.wall } else { self.last.plus_ms(elapsed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: i64, elapsed: u64) -> Now {
        Now { wall: Timestamp::from_unix_ms(wall), elapsed }
    }

    #[test]
    fn log_time_never_goes_back_and_never_stands_still() {
        let mut clock = LogClock::default();
        assert_eq!(clock.tell(at(10_000, 0)).unix_ms(), 10_000);
        assert_eq!(clock.tell(at(4_000, 500)).unix_ms(), 10_500, "set back by six seconds, half a second on");
        assert_eq!(clock.tell(at(5_000, 1_500)).unix_ms(), 11_500);
        assert_eq!(clock.tell(at(20_000, 2_000)).unix_ms(), 20_000);
    }

    #[test]
    fn an_exported_line_is_canonical_json() {
        let mut event = NewEvent {
            version: 3,
            event_type: "hold_released",
            schema_version: 1,
            log_time: Timestamp::from_unix_ms(0),
            command: CommandMeta { id: Uuid::nil(), hash: Digest::ZERO, cause: None },
            payload: r#"{"hold":"hold_00000000000000000000000000"}"#.into(),
            hash: Digest::ZERO,
        };
        let stream = StreamName::from_log("inventory-event_00000000000000000000000000");
        event.hash = link(&Digest::ZERO, &stream, &event).unwrap();
        let line = Recorded {
            position: 9,
            stream,
            version: event.version,
            event_type: event.event_type.into(),
            schema_version: event.schema_version,
            log_time: event.log_time,
            command: event.command,
            payload: event.payload,
            hash: event.hash,
        }
        .to_line()
        .unwrap();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line, serde_json_canonicalizer::to_string(&value).unwrap());
    }
}
