//! Appends to feed a log with: chained like real ones.

use boxoffice_commands::log::{Claim, EventLog, StreamBatch, StreamOutcome};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, Epoch, NewEvent, Position, StreamName, Version, link};
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::feed::LogFeed;
use uuid::Uuid;

pub(crate) fn stream(n: usize) -> StreamName {
    StreamName::from_log(&format!("inventory-event_{n:026}"))
}

/// When the event of a version happens, in every stream of these tests.
pub(crate) fn time_of(version: Version) -> Timestamp {
    Timestamp::from_unix_ms(1_700_000_000_000).plus_ms(i64::try_from(version).unwrap() * 10)
}

/// An owner of one stream, who knows what comes next.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) stream: StreamName,
    pub(crate) epoch: Epoch,
    pub(crate) version: Version,
    pub(crate) head: Digest,
}

impl Owner {
    pub(crate) async fn claim(log: &impl EventLog, stream: StreamName) -> Self {
        let Claim { epoch, version, head } = log.claim(&stream).await.unwrap();
        Self { stream, epoch, version, head }
    }

    /// The next events, with these payloads. Changes nothing here.
    pub(crate) fn batch(&self, payloads: &[&str]) -> StreamBatch {
        let mut previous = self.head;
        let mut events = Vec::new();
        for (payload, version) in payloads.iter().zip(self.version + 1..) {
            let mut event = NewEvent {
                version,
                event_type: if version % 2 == 0 { "hold_placed" } else { "hold_released" },
                schema_version: u16::try_from(version % 3 + 1).unwrap(),
                log_time: time_of(version),
                command: CommandMeta {
                    id: Uuid::from_u128(u128::from(version) << 64 | 0xfeed),
                    hash: Digest::of(&[payload.as_bytes()]),
                    cause: (version % 2 == 0).then(|| format!("{}/{}", self.stream, version - 1).into()),
                },
                payload: (*payload).into(),
                hash: Digest::ZERO,
            };
            event.hash = link(&previous, &self.stream, &event).unwrap();
            previous = event.hash;
            events.push(event);
        }
        StreamBatch { stream: self.stream.clone(), expected: self.version, epoch: self.epoch, events }
    }

    pub(crate) fn numbered(&self, count: usize) -> StreamBatch {
        let payloads: Vec<String> = (0..count).map(|n| format!(r#"{{"n":{n}}}"#)).collect();
        self.batch(&payloads.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Takes note that a batch has landed.
    pub(crate) fn landed(&mut self, batch: &StreamBatch) {
        let last = batch.events.last().unwrap();
        (self.version, self.head) = (last.version, last.hash);
    }

    /// Appends some events and expects them to land.
    pub(crate) async fn append(&mut self, log: &impl EventLog, count: usize) -> Position {
        let batch = self.numbered(count);
        let outcomes = log.append([batch.clone()].into()).await.unwrap();
        let [StreamOutcome::Appended { first }] = outcomes.as_slice() else { panic!("{outcomes:?}") };
        self.landed(&batch);
        *first
    }
}

/// Reads the whole log in small steps, and checks that positions have no gaps, versions follow one another, and
/// every hash is that of its event chained to the one before. A page may be made of what is still in memory, so each
/// event is also compared with the one that is stored. Tells the last position.
pub(crate) async fn check_whole(log: &impl LogFeed) -> Position {
    let mut heads = std::collections::HashMap::new();
    let mut last = 0;
    loop {
        let events = log.read(last, 97).await.unwrap();
        if events.is_empty() {
            return last;
        }
        for event in events {
            last += 1;
            assert_eq!(event.position, last);
            assert_eq!(log.at(last).await.unwrap().as_ref(), Some(&event));
            let (version, head) = heads.entry(event.stream.clone()).or_insert((0, Digest::ZERO));
            *version += 1;
            assert_eq!(event.version, *version, "{}", event.stream);
            let again = NewEvent {
                version: event.version,
                event_type: if event.version % 2 == 0 { "hold_placed" } else { "hold_released" },
                schema_version: event.schema_version,
                log_time: event.log_time,
                command: event.command.clone(),
                payload: event.payload.clone(),
                hash: event.hash,
            };
            assert_eq!(&*event.event_type, again.event_type);
            *head = link(head, &event.stream, &again).unwrap();
            assert_eq!(event.hash, *head);
        }
    }
}
