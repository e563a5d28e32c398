//! What this process appended last, still in memory: whoever follows the log closely is handed the events as they
//! were written, and reads nothing back.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use boxoffice_commands::log::{StreamBatch, StreamOutcome};
use boxoffice_domain::log::{Position, Recorded};

/// The most events that are kept.
const EVENTS_MAX: usize = 4_096;

/// The most bytes of payload that are kept.
const BYTES_MAX: usize = 8 << 20;

/// Events with consecutive positions, the last ones that this process appended. Where others append in between, it
/// begins anew after them.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Recorded>,
    bytes: usize,
}

impl Tail {
    /// Keeps what an append has written.
    pub(crate) fn extend(&self, batches: &[StreamBatch], outcomes: &[StreamOutcome]) {
        let mut kept = self.kept();
        for (batch, outcome) in batches.iter().zip(outcomes) {
            let StreamOutcome::Appended { first } = *outcome else { continue };
            for (position, event) in (first..).zip(&batch.events) {
                kept.push(Recorded::of(event, &batch.stream, position));
            }
        }
        kept.shrink();
    }

    /// The events after `after` up to `head` or beyond, at most `limit`; `None` where they are not all here.
    pub(crate) fn between(&self, after: Position, head: Position, limit: usize) -> Option<Vec<Recorded>> {
        let kept = self.kept();
        let first = kept.events.front()?.position;
        if kept.events.back()?.position < head || after < first.saturating_sub(1) {
            return None;
        }
        let skipped = usize::try_from(after.saturating_add(1).saturating_sub(first)).ok()?;
        Some(kept.events.range(skipped.min(kept.events.len())..).take(limit).cloned().collect())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn push(&mut self, event: Recorded) {
        if self.events.back().is_some_and(|last| last.position + 1 != event.position) {
            *self = Self::default();
        }
        self.bytes += event.payload.len();
        self.events.push_back(event);
    }

    fn shrink(&mut self) {
        while self.events.len() > EVENTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.payload.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use boxoffice_domain::digest::Digest;
    use boxoffice_domain::log::{CommandMeta, NewEvent, StreamName};
    use boxoffice_domain::time::Timestamp;

    use super::*;

    fn append(tail: &Tail, first: Position, count: u64, bytes: usize) {
        let event = |version| NewEvent {
            version,
            event_type: "hold_placed",
            schema_version: 1,
            log_time: Timestamp::from_unix_ms(1),
            command: CommandMeta { id: uuid::Uuid::nil(), hash: Digest::ZERO, cause: None },
            payload: "x".repeat(bytes).into(),
            hash: Digest::ZERO,
        };
        let stream = StreamName::from_log("inventory-event_1");
        let events = (1..=count).map(event).collect();
        let batch = StreamBatch { stream: stream.clone(), expected: 0, epoch: 1, events };
        let refused = StreamBatch { events: vec![event(1)], ..batch.clone() };
        tail.extend(&[refused, batch], &[StreamOutcome::Conflict, StreamOutcome::Appended { first }]);
    }

    fn positions(tail: &Tail, after: Position, head: Position, limit: usize) -> Option<Vec<Position>> {
        let events = tail.between(after, head, limit)?;
        Some(events.iter().map(|event| event.position).collect())
    }

    #[test]
    fn it_hands_out_what_follows_a_position() {
        let tail = Tail::default();
        assert_eq!(positions(&tail, 0, 0, 9), None);
        append(&tail, 11, 3, 1);
        append(&tail, 14, 1, 1);
        assert_eq!(positions(&tail, 10, 14, 9), Some(vec![11, 12, 13, 14]));
        assert_eq!(positions(&tail, 12, 14, 1), Some(vec![13]));
        assert_eq!(positions(&tail, 14, 14, 9), Some(vec![]));
        assert_eq!(positions(&tail, Position::MAX, 14, 9), Some(vec![]));
        assert_eq!(positions(&tail, 9, 14, 9), None, "position 10 is not here");
        assert_eq!(positions(&tail, 12, 15, 9), None, "somebody else appended position 15");
    }

    #[test]
    fn it_begins_anew_after_what_others_appended() {
        let tail = Tail::default();
        append(&tail, 1, 3, 1);
        append(&tail, 5, 2, 1);
        assert_eq!(positions(&tail, 3, 6, 9), None, "position 4 is not here");
        assert_eq!(positions(&tail, 4, 6, 9), Some(vec![5, 6]));
    }

    #[test]
    fn it_stays_small() {
        let tail = Tail::default();
        let most = EVENTS_MAX as u64;
        append(&tail, 1, most + 1, 1);
        assert_eq!(tail.kept().events.len(), EVENTS_MAX);
        append(&tail, most + 2, 3, BYTES_MAX / 2);
        assert_eq!(positions(&tail, most + 2, most + 4, 9), Some(vec![most + 3, most + 4]));
    }
}
