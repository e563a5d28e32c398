//! What the checker answers: that the log is sound and what is in it, or its first fault.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::rule::Rule;

/// The first place of a log where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The position of the first bad event: where it stands, or where it is missing.
    pub position: u64,
    /// The rule that is broken there.
    pub rule: Rule,
    /// How it is broken.
    pub detail: String,
}

impl Fault {
    /// The rule and how it is broken, in one sentence.
    #[must_use]
    pub fn reason(&self) -> String {
        format!("{}: {}", self.rule.text(), self.detail)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}: {}", self.position, self.reason())
    }
}

impl std::error::Error for Fault {}

/// `{"ok":false,"position":…,"reason":"…"}`
impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("ok", &false)?;
        map.serialize_entry("position", &self.position)?;
        map.serialize_entry("reason", &self.reason())?;
        map.end()
    }
}

/// What is in a log that is sound. Each count is as of the last event; a hold is live as of its stream's last
/// log time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// The position of the last event; 0 where there is none.
    pub position: u64,
    /// Events.
    pub events: u64,
    /// Documents.
    pub documents: u64,
    /// Streams.
    pub streams: u64,
    /// Shows that have an inventory.
    pub shows: u64,
    /// Holds ever placed.
    pub holds: u64,
    /// Holds without a secured order whose deadline had not passed.
    pub holds_live: u64,
    /// Orders ever placed.
    pub orders: u64,
    /// Orders that are secured and not cancelled.
    pub orders_secured: u64,
    /// Payments ever started.
    pub payments: u64,
    /// Payments that were captured.
    pub payments_captured: u64,
    /// Tickets that were issued and not given back.
    pub tickets: u64,
    /// Tickets that were given back.
    pub tickets_returned: u64,
    /// Refunds that were ever due.
    pub refunds: u64,
    /// Refunds that were made.
    pub refunds_made: u64,
    /// Tickets for a seat that were issued and not given back.
    pub seats_sold: u64,
    /// Tickets that were admitted at a door.
    pub admitted: u64,
}

/// The answer of the checker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Every rule holds at every position.
    Sound(Summary),
    /// The log is not what it should be.
    Broken(Fault),
}

impl Report {
    /// Whether the log is sound.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self, Self::Sound(_))
    }

    /// The last position of a sound log, or the first bad one.
    #[must_use]
    pub const fn position(&self) -> u64 {
        match self {
            Self::Sound(summary) => summary.position,
            Self::Broken(fault) => fault.position,
        }
    }

    /// The first fault, if there is one.
    #[must_use]
    pub const fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Sound(_) => None,
            Self::Broken(fault) => Some(fault),
        }
    }
}

/// `{"ok":true,"position":…, …counts}` or what [`Fault`] says.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Sound<'a> {
            ok: bool,
            #[serde(flatten)]
            summary: &'a Summary,
        }
        match self {
            Self::Sound(summary) => Sound { ok: true, summary }.serialize(serializer),
            Self::Broken(fault) => fault.serialize(serializer),
        }
    }
}

/// What is known of a log from elsewhere, so that a tail that was cut off or written anew is noticed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heads {
    /// The log is known to reach this position.
    pub position: u64,
    /// By name of the stream: a version that it is known to reach, and the hash of that event in lower-case
    /// hexadecimal digits.
    pub streams: Option<BTreeMap<String, (u64, String)>>,
    /// Whether the log is known to end there: nothing may come after, and `streams` has them all.
    pub is_end: bool,
}
