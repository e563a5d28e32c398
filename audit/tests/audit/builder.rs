//! Writes logs with correct hashes, legal or not: the checker's opposite, written from the same text.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const SHOW: &str = "event";

/// A log in the making. Ids are made from small numbers: `id("hold", 1)` is hold 1.
#[derive(Clone, Default)]
pub(crate) struct Log {
    pub(crate) lines: Vec<String>,
    pub(crate) position: u64,
    /// Milliseconds since the first moment of the log.
    pub(crate) now: i64,
    pub(crate) cause: Option<String>,
    commands: u64,
    /// The show that inventory events are about.
    pub(crate) show: u64,
    heads: HashMap<String, (u64, [u8; 32])>,
}

/// An id in the TypeID format whose number is small.
pub(crate) fn id(prefix: &str, number: u64) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let digits = (0..26).rev().map(|place| {
        let digit = u128::from(number) >> (5 * place) & 31;
        ALPHABET
            .iter()
            .zip(0_u128..)
            .find(|(_, value)| *value == digit)
            .map_or('0', |(character, _)| char::from(*character))
    });
    format!("{prefix}_{}", digits.collect::<String>())
}

/// A moment of the log, `ms` after the first one, which is 2026-11-21 at 10 o'clock; at most a week on.
pub(crate) fn time(ms: i64) -> String {
    let of_day = ms + 36_000_000;
    let (day, rest) = (21 + of_day / 86_400_000, of_day % 86_400_000);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("2026-11-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", rest % 1000)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The value with the fields of each object in order, whatever order the library keeps.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            let fields =
                sorted.into_iter().map(|(name, value)| format!("{}:{}", json!(name), canonical(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

impl Log {
    /// Adds a document, and answers its digest.
    pub(crate) fn document(&mut self, content: &str) -> String {
        let digest = hex(&sha256(&[content.as_bytes()]));
        self.lines.push(canonical(&json!({"content": content, "document": digest})));
        digest
    }

    /// Adds an event of a new command.
    pub(crate) fn event(&mut self, stream: &str, event_type: &str, payload: &Value) -> u64 {
        self.commands += 1;
        self.more(stream, event_type, payload)
    }

    /// Adds an event of the same command as the event before.
    pub(crate) fn more(&mut self, stream: &str, event_type: &str, payload: &Value) -> u64 {
        self.append(stream, event_type, &canonical(payload), 1)
    }

    /// Adds an event of a new command to the show's inventory.
    pub(crate) fn inventory(&mut self, event_type: &str, payload: &Value) -> u64 {
        self.event(&self.stream("inventory"), event_type, payload)
    }

    /// Adds an event of the same command as the event before to the show's inventory.
    pub(crate) fn also(&mut self, event_type: &str, payload: &Value) -> u64 {
        self.more(&self.stream("inventory"), event_type, payload)
    }

    /// The name of a stream of the show.
    pub(crate) fn stream(&self, kind: &str) -> String {
        format!("{kind}-{}", id(SHOW, self.show))
    }

    /// Adds an event whose payload is already text.
    pub(crate) fn append(
        &mut self,
        stream: &str,
        event_type: &str,
        payload: &str,
        schema_version: u32,
    ) -> u64 {
        let command = self.commands;
        self.append_as(stream, event_type, payload, schema_version, command, command)
    }

    /// Adds an event of the command with that number, and with a body of that number.
    pub(crate) fn append_as(
        &mut self,
        stream: &str,
        event_type: &str,
        payload: &str,
        schema_version: u32,
        command: u64,
        body: u64,
    ) -> u64 {
        let (version, previous) = self.heads.get(stream).copied().unwrap_or_default();
        self.push(stream, event_type, payload, schema_version, command, body, version + 1, previous)
    }

    /// Adds an event whose place in the stream is told.
    #[expect(clippy::too_many_arguments, reason = "a line has that many fields")]
    pub(crate) fn push(
        &mut self,
        stream: &str,
        event_type: &str,
        payload: &str,
        schema_version: u32,
        command: u64,
        body: u64,
        version: u64,
        previous: [u8; 32],
    ) -> u64 {
        self.position += 1;
        let position = self.position;
        let cause = self.cause.as_ref().map_or_else(|| "null".to_owned(), |cause| format!("\"{cause}\""));
        let command_hash = hex(&sha256(&[&body.to_be_bytes()]));
        let start = format!(
            "{{\"cause\":{cause},\"command_hash\":\"{command_hash}\",\
             \"command_id\":\"00000000-0000-7000-8000-{command:012x}\""
        );
        let log_time = time(self.now);
        let middle = format!(",\"log_time\":\"{log_time}\",\"payload\":{payload}");
        let end = format!(
            ",\"schema_version\":{schema_version},\"stream\":\"{stream}\",\"type\":\"{event_type}\",\
             \"version\":{version}}}"
        );
        let hash = sha256(&[&previous, start.as_bytes(), middle.as_bytes(), end.as_bytes()]);
        self.lines.push(format!("{start},\"hash\":\"{}\"{middle},\"position\":{position}{end}", hex(&hash)));
        self.heads.insert(stream.to_owned(), (version, hash));
        position
    }

    /// The version and hash of a stream's last event.
    pub(crate) fn head(&self, stream: &str) -> (u64, [u8; 32]) {
        self.heads.get(stream).copied().unwrap_or_default()
    }

    /// Counts one command more, and answers its number.
    pub(crate) fn command(&mut self) -> u64 {
        self.commands += 1;
        self.commands
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now += seconds * 1000;
    }
}
