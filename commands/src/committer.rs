//! Group commit as a state machine: what queued during the last append goes into the next one.
//!
//! One append is in flight per node. There is no batching timer: an idle log takes a batch at once, a busy one takes
//! everything that came meanwhile, up to the limits of one append. No stream stands twice in one append. The
//! machine does no I/O; `engine/commits.rs` drives it.

use std::collections::VecDeque;

use boxoffice_domain::log::{NewEvent, Position, StreamName};
use boxoffice_domain::mutant::{self, Mutant};
use rustc_hash::FxHashSet;

use crate::log::{AppendError, BATCH_BYTES_MAX, BATCH_EVENTS_MAX, StreamBatch, StreamOutcome};

/// What an owner learns about the events it sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// They are durable, at positions `first`, `first + 1`, …. Without events, the stream was as expected.
    Landed {
        /// The position of the first of them.
        first: Position,
    },
    /// The stream has events that the owner does not know. Nothing was written.
    Conflict,
    /// Somebody else owns the stream. Nothing was written.
    Fenced,
    /// The log refused the whole append. Nothing was written.
    Refused,
    /// They may have been written, or may still be.
    Unknown,
}

impl From<StreamOutcome> for Fate {
    fn from(outcome: StreamOutcome) -> Self {
        match outcome {
            StreamOutcome::Appended { first } => Self::Landed { first },
            StreamOutcome::Confirmed => Self::Landed { first: 0 },
            StreamOutcome::Conflict => Self::Conflict,
            StreamOutcome::Fenced => Self::Fenced,
        }
    }
}

/// Collects the batches of many streams into appends. `K` tells whose batch it was.
#[derive(Debug)]
pub struct Committer<K> {
    waiting: VecDeque<(StreamBatch, K)>,
    /// Whose batches are in flight, in the order of the append. Empty when the log is idle.
    in_flight: Vec<K>,
}

impl<K> Default for Committer<K> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), in_flight: Vec::new() }
    }
}

impl<K> Committer<K> {
    /// Queues a batch.
    pub fn submit(&mut self, batch: StreamBatch, whose: K) {
        self.waiting.push_back((batch, whose));
    }

    /// Whether nothing waits for its append.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The next append, if the log is idle and something waits. Its result goes to [`Self::finished`].
    pub fn take_append(&mut self) -> Option<Vec<StreamBatch>> {
        if !self.in_flight.is_empty() || self.waiting.is_empty() {
            return None;
        }
        let mut append = Vec::with_capacity(self.waiting.len());
        let mut streams: FxHashSet<StreamName> = FxHashSet::default();
        let mut again = Vec::new();
        let (mut events, mut bytes) = (0, 0);
        while let Some((batch, whose)) = self.waiting.pop_front() {
            let size = payload_bytes(&batch.events);
            let fits = events + batch.events.len() <= BATCH_EVENTS_MAX && bytes + size <= BATCH_BYTES_MAX;
            if !fits && !append.is_empty() {
                self.waiting.push_front((batch, whose));
                break;
            }
            if streams.insert(batch.stream.clone()) {
                events += batch.events.len();
                bytes += size;
                append.push(batch);
                self.in_flight.push(whose);
            } else {
                again.push((batch, whose));
            }
        }
        for later in again.into_iter().rev() {
            self.waiting.push_front(later);
        }
        Some(append)
    }

    /// Takes the result of the append and tells each batch's fate to whose it was, in the order of the append.
    pub fn finished(
        &mut self,
        result: &Result<Vec<StreamOutcome>, AppendError>,
    ) -> impl Iterator<Item = (K, Fate)> + use<'_, K> {
        let (outcomes, otherwise) = match result {
            // Outcomes that do not pair with what was sent say nothing about anybody.
            Ok(outcomes) if outcomes.len() == self.in_flight.len() => (outcomes.clone(), Fate::Unknown),
            Err(AppendError::Unknown(_)) if mutant::is_on(Mutant::UnknownIsLanded) => {
                (Vec::new(), Fate::Landed { first: 1 })
            }
            Ok(_) | Err(AppendError::Unknown(_)) => (Vec::new(), Fate::Unknown),
            Err(AppendError::NotAppended(_)) => (Vec::new(), Fate::Refused),
        };
        let mut fates = outcomes.into_iter().map(Fate::from);
        self.in_flight.drain(..).map(move |whose| (whose, fates.next().unwrap_or(otherwise)))
    }
}

/// The bytes that the limit of an append counts.
pub(crate) fn payload_bytes(events: &[NewEvent]) -> usize {
    events.iter().map(|event| event.payload.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxoffice_domain::digest::Digest;
    use boxoffice_domain::log::CommandMeta;
    use boxoffice_domain::time::Timestamp;
    use uuid::Uuid;

    fn batch(stream: &str, expected: u64, events: usize, bytes_each: usize) -> StreamBatch {
        let event = |version| NewEvent {
            version,
            event_type: "counted",
            schema_version: 1,
            log_time: Timestamp::from_unix_ms(0),
            command: CommandMeta { id: Uuid::nil(), hash: Digest::ZERO, cause: None },
            payload: "x".repeat(bytes_each).into(),
            hash: Digest::ZERO,
        };
        StreamBatch {
            stream: StreamName::from_log(stream),
            expected,
            epoch: 1,
            events: (expected + 1..).take(events).map(event).collect(),
        }
    }

    fn streams(append: Option<Vec<StreamBatch>>) -> Vec<(String, u64)> {
        append.into_iter().flatten().map(|batch| (batch.stream.to_string(), batch.expected)).collect()
    }

    fn named(names: &[(&str, u64)]) -> Vec<(String, u64)> {
        names.iter().map(|(name, expected)| ((*name).to_owned(), *expected)).collect()
    }

    #[test]
    fn one_append_is_in_flight_and_takes_everything_that_queued() {
        let mut committer = Committer::default();
        assert_eq!(committer.take_append().map(|append| append.len()), None);
        committer.submit(batch("a", 0, 1, 1), 'a');
        assert_eq!(streams(committer.take_append()), named(&[("a", 0)]));
        committer.submit(batch("b", 0, 1, 1), 'b');
        committer.submit(batch("c", 0, 1, 1), 'c');
        assert!(committer.take_append().is_none(), "an append is in flight");
        let fates: Vec<_> = committer.finished(&Ok(vec![StreamOutcome::Appended { first: 7 }])).collect();
        assert_eq!(fates, [('a', Fate::Landed { first: 7 })]);
        assert_eq!(streams(committer.take_append()), named(&[("b", 0), ("c", 0)]));
    }

    #[test]
    fn no_stream_stands_twice_in_one_append() {
        let mut committer = Committer::default();
        for (stream, expected) in [("a", 0), ("a", 1), ("b", 0), ("a", 2)] {
            committer.submit(batch(stream, expected, 1, 1), ());
        }
        assert_eq!(streams(committer.take_append()), named(&[("a", 0), ("b", 0)]));
        committer.finished(&Ok(vec![StreamOutcome::Appended { first: 1 }; 2])).for_each(drop);
        assert_eq!(streams(committer.take_append()), named(&[("a", 1)]));
        committer.finished(&Ok(vec![StreamOutcome::Appended { first: 3 }])).for_each(drop);
        assert_eq!(streams(committer.take_append()), named(&[("a", 2)]));
    }

    #[test]
    fn an_append_stays_within_its_limits_unless_one_batch_alone_is_larger() {
        let mut committer = Committer::default();
        committer.submit(batch("a", 0, BATCH_EVENTS_MAX - 1, 1), ());
        committer.submit(batch("b", 0, 2, 1), ());
        committer.submit(batch("c", 0, 1, BATCH_BYTES_MAX + 1), ());
        for expected in [("a", 0), ("b", 0), ("c", 0)] {
            assert_eq!(streams(committer.take_append()), named(&[expected]));
            committer.finished(&Ok(vec![StreamOutcome::Conflict])).for_each(drop);
        }
    }

    #[test]
    fn each_outcome_reaches_whose_batch_it_was() {
        let mut committer = Committer::default();
        let submit = |committer: &mut Committer<char>| {
            for whose in ['a', 'b', 'c'] {
                committer.submit(batch(&whose.to_string(), 0, 1, 1), whose);
            }
            committer.take_append().map(|append| append.len())
        };
        let mut outcome = |result| {
            assert_eq!(submit(&mut committer), Some(3));
            committer.finished(&result).map(|(_, fate)| fate).collect::<Vec<_>>()
        };
        let mixed =
            vec![StreamOutcome::Fenced, StreamOutcome::Appended { first: 4 }, StreamOutcome::Conflict];
        assert_eq!(outcome(Ok(mixed)), [Fate::Fenced, Fate::Landed { first: 4 }, Fate::Conflict]);
        assert_eq!(outcome(Err(AppendError::NotAppended(String::new()))), [Fate::Refused; 3]);
        assert_eq!(outcome(Err(AppendError::Unknown(String::new()))), [Fate::Unknown; 3]);
        assert_eq!(outcome(Ok(vec![StreamOutcome::Conflict])), [Fate::Unknown; 3], "outcomes must pair");
    }
}
