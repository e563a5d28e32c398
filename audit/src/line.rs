//! One line of an export: a document, or an event with its envelope.

use std::sync::Arc;

use crate::canonical::is_canonical;
use crate::fact::Fact;
use crate::layout::Layout;
use crate::reader::{Reader, Unread, Value};
use crate::rule::{Broken, Rule, Verdict};
use crate::value::{Cause, CommandId, Digest, Stream, Time};

/// What a line is.
#[expect(clippy::large_enum_variant, reason = "all lines but a few are events")]
pub(crate) enum Line {
    Document(Document),
    Event(Event),
}

/// A document that events name by its digest. Its bytes are not kept: all that rules ask is whether it is there,
/// and which layout it is.
pub(crate) struct Document {
    pub(crate) digest: Digest,
    pub(crate) layout: Result<Arc<Layout>, String>,
}

/// An event, with everything that its line says.
pub(crate) struct Event {
    pub(crate) position: u64,
    pub(crate) stream: Stream,
    pub(crate) version: u64,
    pub(crate) log_time: Time,
    pub(crate) command: Command,
    pub(crate) hash: Digest,
    pub(crate) fact: Fact,
    hashed: Hashed,
}

/// What all events of one command share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) id: CommandId,
    pub(crate) hash: Digest,
    pub(crate) cause: Option<Cause>,
}

/// Where the fields stand that the hash leaves out: `hash` and `position`, each with the comma before it.
#[derive(Debug, Clone, Copy)]
struct Hashed {
    hash_from: usize,
    hash_to: usize,
    position_from: usize,
    position_to: usize,
}

impl Event {
    /// Whether the hash follows from this event's line and the hash before it.
    pub(crate) fn check_hash(&self, line: &[u8], previous: &Digest) -> Verdict {
        let cuts = self.hashed;
        let part = |from, to| line.get(from..to).unwrap_or_default();
        let computed = Digest::of(&[
            previous.as_bytes(),
            part(0, cuts.hash_from),
            part(cuts.hash_to, cuts.position_from),
            part(cuts.position_to, line.len()),
        ]);
        Rule::HashesLink.holds(computed == self.hash, || {
            format!(
                "{} version {}: the line says {}, computed {computed}",
                self.stream, self.version, self.hash
            )
        })
    }
}

impl Line {
    /// Reads a line, given without its line feed.
    pub(crate) fn read(text: &str) -> Verdict<Self> {
        let read = if text.starts_with("{\"content\":") {
            Document::read(text).map(Self::Document)
        } else {
            Event::read(text).map(Self::Event)
        };
        read.map_err(|refusal| match refusal {
            Refusal::Form(Unread(reason)) => {
                diagnosed(text, Broken { rule: Rule::LineHasItsFields, detail: reason })
            }
            Refusal::Rule(broken) if broken.rule == Rule::PayloadHasItsFields => diagnosed(text, broken),
            Refusal::Rule(broken) => broken,
        })
    }
}

/// Why a line was not read.
enum Refusal {
    /// It does not have the form.
    Form(Unread),
    /// It has the form, and breaks that rule.
    Rule(Broken),
}

impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Self {
        Self::Form(unread)
    }
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::Rule(broken)
    }
}

/// Says the plainest thing that is wrong with the form of a line: that it is not JSON, else that it is spelled
/// differently, else what was found before.
fn diagnosed(text: &str, found: Broken) -> Broken {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        return Broken { rule: Rule::LineIsJson, detail: error.to_string() };
    }
    match is_canonical(text) {
        Err(Unread(reason)) => Broken { rule: Rule::LineIsCanonical, detail: reason },
        Ok(()) => found,
    }
}

impl Document {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut reader = Reader::new(text);
        reader.open()?;
        reader.key(",\"content\":")?;
        let content = reader.string()?;
        reader.key(",\"document\":")?;
        let digest = Digest::read(&mut reader)?;
        reader.close()?;
        reader.end()?;
        let computed = Digest::of(&[content.as_bytes()]);
        Rule::DocumentHashes
            .holds(computed == digest, || format!("the line says {digest}, computed {computed}"))?;
        Ok(Self { digest, layout: Layout::read(&content).map(Arc::new) })
    }
}

impl Event {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut reader = Reader::new(text);
        reader.open()?;
        reader.key(",\"cause\":")?;
        let cause = Cause::read_or_null(&mut reader)?;
        reader.key(",\"command_hash\":")?;
        let command_hash = Digest::read(&mut reader)?;
        reader.key(",\"command_id\":")?;
        let command_id = CommandId::read(&mut reader)?;
        let hash_from = reader.at();
        reader.key(",\"hash\":")?;
        let hash = Digest::read(&mut reader)?;
        let hash_to = reader.at();
        reader.key(",\"log_time\":")?;
        let log_time = Time::read(&mut reader)?;
        reader.key(",\"payload\":")?;
        // No value after the payload has a brace in it, so the last brace but the line's own ends the payload.
        let payload = reader.up_to_last_brace()?;
        let position_from = reader.at();
        reader.key(",\"position\":")?;
        let position = u64::read(&mut reader)?;
        let position_to = reader.at();
        reader.key(",\"schema_version\":")?;
        let schema_version = u32::read(&mut reader)?;
        reader.key(",\"stream\":")?;
        let stream = reader.string()?;
        reader.key(",\"type\":")?;
        let event_type = reader.string()?;
        reader.key(",\"version\":")?;
        let version = u64::read(&mut reader)?;
        reader.close()?;
        reader.end()?;
        let Some(stream) = Stream::parse(&stream) else {
            return Rule::StreamIsKnown.broken(format!("{stream:?}"))?;
        };
        let fact = Fact::read(stream, &event_type, schema_version, payload)?;
        let command = Command { id: command_id, hash: command_hash, cause };
        let hashed = Hashed { hash_from, hash_to, position_from, position_to };
        Ok(Self { position, stream, version, log_time, command, hash, fact, hashed })
    }
}
