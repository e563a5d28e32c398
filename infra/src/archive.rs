//! The log as auditors take it: everything that is stored, as it is stored, damaged or not.

use async_trait::async_trait;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, StreamName, Version};
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::feed::{LogFeed, Outage};
use uuid::Uuid;

/// Where one stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamHead {
    /// The stream.
    pub stream: StreamName,
    /// The version of its last event.
    pub version: Version,
    /// The hash of its last event.
    pub head: Digest,
}

/// Where the log stands, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// The last position, as it was counted.
    pub position: Position,
    /// The first and the last position that there are; of a sound log 1 and [`Self::position`].
    pub found: Option<(i64, i64)>,
    /// Every stream that has events, by name.
    pub streams: Vec<StreamHead>,
}

impl Heads {
    /// What is wrong with the positions, if anything is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        match self.found {
            None if self.position == 0 => None,
            Some((1, last)) if Position::try_from(last) == Ok(self.position) => None,
            None => Some(format!("it counts {} events and has none", self.position)),
            Some((first, last)) => {
                Some(format!("it counts {} events and has those at {first} to {last}", self.position))
            }
        }
    }
}

/// The log for those who check or copy it.
#[async_trait]
pub trait Archive: LogFeed {
    /// Where the log and every stream stand, all at one moment. Who reads the events up to that position must
    /// find each stream to end like this; otherwise a tail was cut off.
    ///
    /// # Errors
    /// [`Outage`].
    async fn heads(&self) -> Result<Heads, Outage>;

    /// Events from a position on, at most `limit`. Unlike [`LogFeed::read`] this finds no fault with what is there.
    ///
    /// # Errors
    /// [`Outage`].
    async fn page(&self, from: i64, limit: usize) -> Result<LogPage, Outage>;

    /// The document whose digest comes next, and its content; the first for `None`. Those that are added meanwhile may
    /// be among them or not.
    ///
    /// # Errors
    /// [`Outage`].
    async fn next_document(&self, after: Option<Digest>) -> Result<Option<(Digest, Vec<u8>)>, Outage>;

    /// Closes the connections.
    async fn close(&self);
}

/// A page of the log, to be written as lines.
#[derive(Debug)]
pub struct LogPage(String);

impl LogPage {
    /// A page from its text: fields separated by U+001F and events by U+001E, in the order of the log's columns.
    pub(crate) fn packed(text: Option<String>) -> Self {
        Self(text.unwrap_or_default())
    }

    /// Its events as lines of an export, in order, each with its position. What is damaged comes as it is, for whoever
    /// checks the lines.
    #[must_use]
    pub fn lines(&self) -> Vec<(i64, String)> {
        let events = Some(self.0.as_str()).filter(|text| !text.is_empty());
        let mut lines: Vec<_> = events.into_iter().flat_map(|text| text.split('\u{1e}')).map(line).collect();
        lines.sort_by_key(|(position, _)| *position);
        lines
    }
}

/// What [`Recorded::to_line`] makes, without a look at any value.
fn line(event: &str) -> (i64, String) {
    let mut fields = event.split('\u{1f}');
    let mut next = || fields.next().unwrap_or_default();
    let (position, stream, version, event_type, schema_version) = (next(), next(), next(), next(), next());
    let (log_time, command_id, command_hash, cause, payload, hash) =
        (next(), next(), next(), next(), next(), next());
    let cause = cause.strip_prefix('=').map_or_else(|| "null".to_owned(), quoted);
    let (stream, event_type) = (quoted(stream), quoted(event_type));
    let log_time =
        log_time.parse().map_or_else(|_| log_time.to_owned(), |ms| Timestamp::from_unix_ms(ms).to_string());
    let command_id = Uuid::try_parse(command_id)
        .map_or_else(|_| command_id.to_owned(), |id| id.as_hyphenated().to_string());
    let line = format!(
        "{{\"cause\":{cause},\"command_hash\":\"{command_hash}\",\"command_id\":\"{command_id}\",\"hash\":\"{hash}\",\
         \"log_time\":\"{log_time}\",\"payload\":{payload},\"position\":{position},\
         \"schema_version\":{schema_version},\"stream\":{stream},\"type\":{event_type},\"version\":{version}}}"
    );
    (position.parse().unwrap_or(i64::MAX), line)
}

/// Names have no characters that JSON escapes in its own way, so this is canonical.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
