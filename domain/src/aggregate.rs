//! What every aggregate is: a decision, a fold, and a registry of its event types.

use std::sync::Arc;

use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Map, Value};

use crate::digest::Digest;
use crate::log::StreamName;
use crate::seating::Layout;
use crate::time::Timestamp;

/// A pair of pure functions over one stream.
pub trait Aggregate: Clone + Default + Send + Sync + 'static {
    /// What can be asked of it.
    type Command: Clone + Send + Sync + 'static;
    /// What can have happened to it.
    type Event: StoredEvent;
    /// Why it may say no.
    type Refusal: Clone + Send + Sync + 'static;

    /// What follows from the command, judged at log time `now`. No events means that the command already holds.
    ///
    /// # Errors
    /// Where the rules say no.
    fn decide(&self, command: &Self::Command, now: Timestamp) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// Folds one event that was recorded at log time `at`. Never fails, whatever the event says.
    fn evolve(&mut self, event: &Self::Event, at: Timestamp);

    /// When something about this aggregate lapses next, so that a timer can be set; `None` if nothing does.
    fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    /// What the timer sends when that moment has come.
    #[must_use]
    fn lapse_command() -> Option<Self::Command> {
        None
    }
}

/// An event that can be written to the log and read back.
pub trait StoredEvent: Clone + Send + Sync + 'static {
    /// The name of the type in the log.
    fn event_type(&self) -> &'static str;

    /// The form of the payload.
    fn schema_version(&self) -> u16;

    /// The payload as canonical JSON.
    ///
    /// # Errors
    /// Never for the types of this crate; the signature is that of the JSON library.
    fn payload(&self) -> Result<String, serde_json::Error>;

    /// Reads an event back.
    ///
    /// # Errors
    /// [`Unreadable`] says what is missing or unknown.
    fn read(
        event_type: &str,
        schema_version: u16,
        payload: &str,
        layouts: &dyn Layouts,
    ) -> Result<Self, Unreadable>;
}

/// The seating layouts that events name by digest.
pub trait Layouts {
    /// The layout with that digest, if it is at hand.
    fn layout(&self, digest: Digest) -> Option<Arc<Layout>>;
}

/// No layouts at all: for streams that name none.
impl Layouts for () {
    fn layout(&self, _: Digest) -> Option<Arc<Layout>> {
        None
    }
}

/// Why an event of the log could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A newer version of the program wrote it, or somebody else did.
    #[error(
        "unknown event type `{event_type}`, schema version {schema_version}: this program is too old for the log"
    )]
    UnknownType {
        /// The type's name.
        event_type: String,
        /// The form of its payload.
        schema_version: u16,
    },
    /// The payload does not have the form that its type and schema version say.
    #[error("the payload of `{event_type}` cannot be read: {reason}")]
    Malformed {
        /// The type's name.
        event_type: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The event names a document that has to be fetched first.
    #[error("the seating layout {0} is not at hand")]
    MissingLayout(Digest),
}

/// A stream whose events can be named and read: joins an aggregate to the names of its streams.
pub trait Streamed: Aggregate {
    /// What identifies one aggregate of this kind.
    type Id: Copy + Send + Sync + 'static;

    /// The stream of that aggregate.
    fn stream(id: Self::Id) -> StreamName;
}

/// Turns a payload of one schema version into that of the next. The error says what is missing.
pub type Upcast = fn(Map<String, Value>) -> Result<Map<String, Value>, String>;

/// Reads a payload that was written as `schema`, by way of every version since: `steps` has, for each older version in
/// order, what leads to the next. What is stored stays as it is.
///
/// # Errors
/// Says what is wrong with the payload.
pub fn upcast<T: DeserializeOwned>(
    payload: &str,
    schema: u16,
    steps: &[(u16, Upcast)],
) -> Result<T, serde_json::Error> {
    let mut fields: Map<String, Value> = serde_json::from_str(payload)?;
    for (_, step) in steps.iter().filter(|(from, _)| *from >= schema) {
        fields = step(fields).map_err(serde_json::Error::custom)?;
    }
    serde_json::from_value(Value::Object(fields))
}

/// Declares the events of one aggregate: the enum, and its registry of names and schema versions.
///
/// Each payload is a struct whose fields stand in alphabetical order, so that its JSON is canonical as it is
/// written; the golden files prove it.
///
/// A change that is not additive is a new schema version: `v 3 upcast [1 => to_v2, 2 => to_v3]` goes on reading what
/// was written as versions 1 and 2. An [`Upcast`](crate::aggregate::Upcast) leads from each to the next.
#[macro_export]
macro_rules! stored_events {
    ($(#[$doc:meta])* $enum:ident { $(
        $(#[$variant_doc:meta])* $variant:ident = $name:literal v $schema:literal
        $(upcast [$($older:literal => $step:expr),+ $(,)?])?
    ),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $enum { $( $(#[$variant_doc])* $variant($variant), )+ }

        impl $enum {
            /// Every type of event with its schema version.
            pub const TYPES: &'static [(&'static str, u16)] = &[$(($name, $schema)),+];

            /// The older schema versions that can still be read.
            pub const OLDER: &'static [(&'static str, u16)] = &[$($($(($name, $older),)+)?)+];
        }

        $( impl From<$variant> for $enum {
            fn from(event: $variant) -> Self { Self::$variant(event) }
        } )+

        impl $crate::aggregate::StoredEvent for $enum {
            fn event_type(&self) -> &'static str {
                match self { $( Self::$variant(_) => $name, )+ }
            }

            fn schema_version(&self) -> u16 {
                match self { $( Self::$variant(_) => $schema, )+ }
            }

            fn payload(&self) -> Result<String, serde_json::Error> {
                match self { $( Self::$variant(event) => serde_json::to_string(event), )+ }
            }

            fn read(
                event_type: &str,
                schema_version: u16,
                payload: &str,
                layouts: &dyn $crate::aggregate::Layouts,
            ) -> Result<Self, $crate::aggregate::Unreadable> {
                let malformed = |error: serde_json::Error| $crate::aggregate::Unreadable::Malformed {
                    event_type: event_type.to_owned(),
                    reason: error.to_string(),
                };
                let event = match (event_type, schema_version) {
                    $(
                        ($name, $schema) => Self::$variant(serde_json::from_str(payload).map_err(malformed)?),
                        $( ($name, older @ ($($older)|+)) => Self::$variant(
                            $crate::aggregate::upcast(payload, older, &[$(($older, $step)),+]).map_err(malformed)?,
                        ), )?
                    )+
                    _ => return Err($crate::aggregate::Unreadable::UnknownType {
                        event_type: event_type.to_owned(),
                        schema_version,
                    }),
                };
                event.complete(layouts)
            }
        }
    };
}
