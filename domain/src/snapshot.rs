//! What is kept of a state that was folded from a stream, so that it need not be folded again from the beginning.
//!
//! A snapshot is a cache: the log stays the only truth. It says which event it was taken at, by the link of the hash
//! chain there, so that it is believed only beside the log that it was taken of; and it is sealed, so that a bit that
//! has fallen over makes it none at all.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::log::{Position, Recorded, StreamName, Version};
use crate::mutant::{self, Mutant};
use crate::time::Timestamp;

/// The state of something after an event of its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What was snapshotted, where several things are folded from one stream.
    pub kind: &'static str,
    /// The event it was taken at.
    pub taken_at: TakenAt,
    /// Which form the bytes have, and which fold made them.
    pub code_version: u32,
    /// The state.
    pub bytes: Vec<u8>,
    /// SHA-256 over all of it.
    pub seal: Digest,
}

/// The last event that a snapshot has in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenAt {
    /// The stream.
    pub stream: StreamName,
    /// Its place in the stream.
    pub version: Version,
    /// Its place in the log.
    pub position: Position,
    /// When the owner of the stream says it happened.
    pub log_time: Timestamp,
    /// The link of the stream's hash chain.
    pub hash: Digest,
}

/// Why a state could not be had from a snapshot. It has to be folded from events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRestored {
    /// Another release wrote it.
    #[error("another version of the program wrote it")]
    OtherCode,
    /// It is not what was written.
    #[error("it is damaged")]
    Damaged,
    /// It was taken of another log.
    #[error("it was taken of another log, or of a later state of this one")]
    OtherLog,
    /// The bytes are not a state.
    #[error("its bytes cannot be read")]
    Malformed,
    /// It names a document that has to be fetched first.
    #[error("the seating layout {0} is not at hand")]
    MissingLayout(Digest),
}

impl From<postcard::Error> for NotRestored {
    fn from(_: postcard::Error) -> Self {
        Self::Malformed
    }
}

impl Snapshot {
    /// Seals a state.
    #[must_use]
    pub fn sealed(kind: &'static str, taken_at: TakenAt, code_version: u32, bytes: Vec<u8>) -> Self {
        let seal = seal(kind, &taken_at, code_version, &bytes);
        Self { kind, taken_at, code_version, bytes, seal }
    }

    /// Whether it is whole, this program's, and taken of the log that has `recorded` at its place.
    ///
    /// # Errors
    /// [`NotRestored`] says what it is instead.
    pub fn check(&self, code_version: u32, recorded: Option<&Recorded>) -> Result<(), NotRestored> {
        if self.code_version != code_version {
            return Err(NotRestored::OtherCode);
        }
        if self.seal != seal(self.kind, &self.taken_at, self.code_version, &self.bytes) {
            return Err(NotRestored::Damaged);
        }
        if recorded.map(TakenAt::of).as_ref() != Some(&self.taken_at)
            && !mutant::is_on(Mutant::UncheckedSnapshot)
        {
            return Err(NotRestored::OtherLog);
        }
        Ok(())
    }
}

impl TakenAt {
    /// After that event.
    #[must_use]
    pub fn of(event: &Recorded) -> Self {
        Self {
            stream: event.stream.clone(),
            version: event.version,
            position: event.position,
            log_time: event.log_time,
            hash: event.hash,
        }
    }
}

fn seal(kind: &str, at: &TakenAt, code_version: u32, bytes: &[u8]) -> Digest {
    let numbers = [u64::from(code_version), at.version, at.position].map(u64::to_be_bytes).concat();
    let names = format!("{kind}\n{}\n", at.stream);
    let time = at.log_time.unix_ms().to_be_bytes();
    Digest::of(&[names.as_bytes(), &numbers, &time, at.hash.as_bytes(), bytes])
}

/// Bytes for a snapshot; `None` where that cannot be written, which is a fault of the type and not of the value.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Option<Vec<u8>> {
    postcard::to_stdvec(value).inspect_err(|error| debug_assert!(false, "{error}")).ok()
}

/// What [`encode`] wrote. However long the bytes say that something is, no more memory is asked for than they fill.
///
/// # Errors
/// [`NotRestored::Malformed`], also where something follows.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, NotRestored> {
    let (value, rest) = decode_first(bytes)?;
    if rest.is_empty() { Ok(value) } else { Err(NotRestored::Malformed) }
}

/// What [`encode`] wrote first, and what follows.
///
/// # Errors
/// [`NotRestored::Malformed`].
pub fn decode_first<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), NotRestored> {
    Ok(postcard::take_from_bytes(bytes)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::log::CommandMeta;

    fn event(version: Version) -> Recorded {
        Recorded {
            position: 2 * version,
            stream: StreamName::from_log("inventory-event_1"),
            version,
            event_type: "hold_placed".into(),
            schema_version: 1,
            log_time: Timestamp::from_unix_ms(7),
            command: CommandMeta { id: Uuid::nil(), hash: Digest::ZERO, cause: None },
            payload: Arc::from("{}"),
            hash: Digest::of(&[&version.to_be_bytes()]),
        }
    }

    fn snapshot() -> Snapshot {
        Snapshot::sealed("inventory", TakenAt::of(&event(3)), 4, vec![1, 2, 3])
    }

    #[test]
    fn it_is_believed_beside_its_own_log_alone() {
        assert_eq!(snapshot().check(4, Some(&event(3))), Ok(()));
        assert_eq!(snapshot().check(4, None), Err(NotRestored::OtherLog));
        let moved = Recorded { position: 7, ..event(3) };
        let other = Recorded { hash: Digest::ZERO, ..event(3) };
        for event in [event(2), moved, other] {
            assert_eq!(snapshot().check(4, Some(&event)), Err(NotRestored::OtherLog));
        }
        assert_eq!(snapshot().check(5, Some(&event(3))), Err(NotRestored::OtherCode));
    }

    #[test]
    fn whatever_is_changed_of_it_breaks_the_seal() {
        let forged = TakenAt { hash: Digest::ZERO, ..snapshot().taken_at };
        for changed in [
            Snapshot { kind: "show", ..snapshot() },
            Snapshot { bytes: vec![1, 2, 2], ..snapshot() },
            Snapshot { bytes: vec![], ..snapshot() },
            Snapshot { taken_at: forged, ..snapshot() },
            Snapshot { taken_at: TakenAt::of(&event(2)), ..snapshot() },
        ] {
            assert_eq!(changed.check(4, Some(&event(3))), Err(NotRestored::Damaged), "{changed:?}");
        }
    }

    #[test]
    fn bytes_that_promise_more_than_there_is_are_refused() {
        let endless = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(decode::<Vec<(u64, String)>>(&endless), Err(NotRestored::Malformed));
        assert_eq!(decode::<Vec<u8>>(&[1, 1, 1]), Err(NotRestored::Malformed), "something follows");
        assert_eq!(decode::<Vec<u64>>(&encode(&vec![1_u64, 700]).unwrap()), Ok(vec![1, 700]));
    }
}
