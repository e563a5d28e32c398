//! What a stream has already done: idempotency lives beside the aggregate's state, folded from the same events.
//!
//! A receipt says that a command has been recorded, where, and what its body hashed to. It is kept for 24 hours
//! of log time, so the same receipts are there after a restart or on another node. Rejections leave none: they are
//! decided anew.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::ops::RangeInclusive;

use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, Version};
use boxoffice_domain::time::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// How long a receipt is kept, in milliseconds of log time.
pub const RECEIPTS_KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// The commands that a stream has recorded lately.
#[derive(Debug, Clone, Default)]
pub struct Receipts {
    by_id: FxHashMap<Uuid, Receipt>,
    oldest_first: VecDeque<(Timestamp, Uuid)>,
}

/// Half of the hash is enough: it only tells a client's two bodies apart.
type ShortHash = [u8; 16];

#[derive(Debug, Clone, Copy)]
struct Receipt {
    hash: ShortHash,
    first: Version,
    last: Version,
}

/// What the receipts know about a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// Nothing: it was not recorded, or too long ago.
    Unknown,
    /// It was recorded.
    Same {
        /// The version of its first event.
        first_version: Version,
        /// The version of its last event.
        last_version: Version,
    },
    /// Another command was recorded under its id.
    Other,
}

impl Receipts {
    /// What is known about the command with that id and hash.
    #[must_use]
    pub fn lookup(&self, id: Uuid, hash: &Digest) -> Lookup {
        match self.by_id.get(&id) {
            None => Lookup::Unknown,
            Some(receipt) if receipt.hash == short(hash) => {
                Lookup::Same { first_version: receipt.first, last_version: receipt.last }
            }
            Some(_) => Lookup::Other,
        }
    }

    /// Keeps that a command's events were recorded. Versions that follow those already known of the command extend
    /// them, so a stream may be read event by event.
    pub fn record(&mut self, command: &CommandMeta, versions: RangeInclusive<Version>, log_time: Timestamp) {
        let (first, last) = versions.into_inner();
        match self.by_id.entry(command.id) {
            Entry::Occupied(mut known) => {
                // The first recording is the answer; a later one under the same id must not hide it.
                if known.get().last + 1 == first {
                    known.get_mut().last = last;
                }
            }
            Entry::Vacant(free) => {
                free.insert(Receipt { hash: short(&command.hash), first, last });
                self.oldest_first.push_back((log_time, command.id));
            }
        }
        self.forget_before(log_time.plus_ms(-RECEIPTS_KEPT_MS));
    }

    /// How many commands are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    fn forget_before(&mut self, time: Timestamp) {
        while let Some((_, id)) = self.oldest_first.pop_front_if(|(recorded, _)| *recorded < time) {
            self.by_id.remove(&id);
        }
    }
}

/// A receipt as snapshots have it. Both the id and half of the hash are 16 bytes.
#[derive(Serialize, Deserialize)]
struct Stored {
    recorded: Timestamp,
    id: Uuid,
    hash: Uuid,
    first: Version,
    last: Version,
}

/// The oldest first.
impl Serialize for Receipts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = self.oldest_first.iter().filter_map(|(recorded, id)| {
            let Receipt { hash, first, last } = *self.by_id.get(id)?;
            Some(Stored { recorded: *recorded, id: *id, hash: Uuid::from_bytes(hash), first, last })
        });
        stored.collect::<Vec<_>>().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Receipts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Vec::<Stored>::deserialize(deserializer)?;
        let receipt = |stored: &Stored| {
            let Stored { id, hash, first, last, .. } = *stored;
            (id, Receipt { hash: hash.into_bytes(), first, last })
        };
        let by_id = stored.iter().map(receipt).collect();
        let oldest_first = stored.iter().map(|stored| (stored.recorded, stored.id)).collect();
        Ok(Self { by_id, oldest_first })
    }
}

fn short(hash: &Digest) -> ShortHash {
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR_MS: i64 = 60 * 60 * 1000;

    fn command(id: u8, body: u8) -> CommandMeta {
        CommandMeta { id: Uuid::from_bytes([id; 16]), hash: Digest::of(&[&[body]]), cause: None }
    }

    fn hours(hours: i64) -> Timestamp {
        Timestamp::from_unix_ms(hours * HOUR_MS)
    }

    fn look(receipts: &Receipts, command: &CommandMeta) -> Lookup {
        receipts.lookup(command.id, &command.hash)
    }

    #[test]
    fn a_recorded_command_is_known_by_its_id_and_hash() {
        let mut receipts = Receipts::default();
        receipts.record(&command(1, 1), 4..=6, hours(0));
        assert_eq!(look(&receipts, &command(1, 1)), Lookup::Same { first_version: 4, last_version: 6 });
        assert_eq!(look(&receipts, &command(1, 2)), Lookup::Other);
        assert_eq!(look(&receipts, &command(2, 1)), Lookup::Unknown);
    }

    #[test]
    fn receipts_are_kept_for_24_hours_of_log_time_and_no_longer() {
        let mut receipts = Receipts::default();
        receipts.record(&command(1, 1), 1..=1, hours(0));
        receipts.record(&command(2, 1), 2..=2, hours(24));
        assert_ne!(look(&receipts, &command(1, 1)), Lookup::Unknown, "24 hours are included");
        receipts.record(&command(3, 1), 3..=3, hours(24).plus_ms(1));
        assert_eq!(look(&receipts, &command(1, 1)), Lookup::Unknown);
        assert_eq!(receipts.len(), 2);
    }

    #[test]
    fn a_later_recording_under_the_same_id_does_not_hide_the_first() {
        let mut receipts = Receipts::default();
        receipts.record(&command(1, 1), 1..=2, hours(0));
        receipts.record(&command(1, 1), 9..=9, hours(1));
        assert_eq!(look(&receipts, &command(1, 1)), Lookup::Same { first_version: 1, last_version: 2 });
    }

    #[test]
    fn receipts_that_were_kept_are_the_same_and_are_forgotten_in_time() {
        let mut receipts = Receipts::default();
        receipts.record(&command(1, 1), 4..=6, hours(0));
        receipts.record(&command(2, 1), 7..=7, hours(3));
        let bytes = boxoffice_domain::snapshot::encode(&receipts).unwrap();
        let mut kept: Receipts = boxoffice_domain::snapshot::decode(&bytes).unwrap();
        assert_eq!(look(&kept, &command(1, 1)), Lookup::Same { first_version: 4, last_version: 6 });
        assert_eq!(look(&kept, &command(1, 2)), Lookup::Other);
        kept.record(&command(3, 1), 8..=8, hours(25));
        assert_eq!(look(&kept, &command(1, 1)), Lookup::Unknown);
        assert_eq!(look(&kept, &command(2, 1)), Lookup::Same { first_version: 7, last_version: 7 });
    }

    proptest! {
        /// Reading a stream event by event leaves the same receipts as recording whole commands.
        #[test]
        fn receipts_do_not_depend_on_how_they_were_folded(
            commands in prop::collection::vec((1_u64..4, 0_i64..20), 1..40)
        ) {
            let (mut whole, mut single) = (Receipts::default(), Receipts::default());
            let (mut version, mut now, mut naive) = (0, 0, Vec::new());
            for (id, (events, pause)) in (0_u8..).zip(commands) {
                now += pause;
                let range = version + 1..=version + events;
                whole.record(&command(id, 0), range.clone(), hours(now));
                for each in range.clone() {
                    single.record(&command(id, 0), each..=each, hours(now));
                }
                naive.push((id, range, now));
                version += events;
            }
            for (id, range, recorded) in naive {
                let expected = if now - recorded > 24 {
                    Lookup::Unknown
                } else {
                    Lookup::Same { first_version: *range.start(), last_version: *range.end() }
                };
                prop_assert_eq!(look(&whole, &command(id, 0)), expected);
                prop_assert_eq!(look(&single, &command(id, 0)), expected);
            }
        }
    }
}
