//! A log in memory, with what a test needs to judge it.

use std::collections::{BTreeMap, BTreeSet};

use boxoffice_commands::log::{Claim, StreamBatch, StreamOutcome};
use boxoffice_domain::aggregate::StoredEvent as _;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Epoch, NewEvent, Position, Recorded, StreamName, Version, link};
use uuid::Uuid;

use super::toy::{Cloakroom, Happened};
use boxoffice_domain::aggregate::Aggregate as _;

#[derive(Debug, Default)]
pub(crate) struct Store {
    epochs: BTreeMap<StreamName, Epoch>,
    pub(crate) log: Vec<Recorded>,
}

impl Store {
    pub(crate) fn stream<'a>(&'a self, stream: &'a StreamName) -> impl Iterator<Item = &'a Recorded> {
        self.log.iter().filter(move |recorded| recorded.stream == *stream)
    }

    pub(crate) fn head(&self) -> Position {
        self.log.len() as Position
    }

    pub(crate) fn claim(&mut self, stream: &StreamName) -> Claim {
        let epoch = self.epochs.entry(stream.clone()).or_default();
        *epoch += 1;
        let epoch = *epoch;
        let last = self.stream(stream).last();
        Claim {
            epoch,
            version: last.map_or(0, |last| last.version),
            head: last.map_or(Digest::ZERO, |last| last.hash),
        }
    }

    pub(crate) fn read(&self, stream: &StreamName, after: Version, limit: usize) -> Vec<Recorded> {
        self.stream(stream).filter(|recorded| recorded.version > after).take(limit).cloned().collect()
    }

    pub(crate) fn append(&mut self, batches: &[StreamBatch]) -> Vec<StreamOutcome> {
        let streams: BTreeSet<_> = batches.iter().map(|batch| &batch.stream).collect();
        assert_eq!(streams.len(), batches.len(), "a stream stands twice in one append");
        batches.iter().map(|batch| self.append_one(batch)).collect()
    }

    fn append_one(&mut self, batch: &StreamBatch) -> StreamOutcome {
        let version = self.stream(&batch.stream).last().map_or(0, |last| last.version);
        if self.epochs.get(&batch.stream) != Some(&batch.epoch) {
            return StreamOutcome::Fenced;
        }
        if version != batch.expected {
            return StreamOutcome::Conflict;
        }
        if batch.events.is_empty() {
            return StreamOutcome::Confirmed;
        }
        let first = self.head() + 1;
        for (event, position) in batch.events.iter().cloned().zip(first..) {
            self.log.push(Recorded {
                position,
                stream: batch.stream.clone(),
                version: event.version,
                event_type: event.event_type.into(),
                schema_version: event.schema_version,
                log_time: event.log_time,
                command: event.command,
                payload: event.payload,
                hash: event.hash,
            });
        }
        StreamOutcome::Appended { first }
    }

    /// The aggregate after a position, folded from nothing.
    pub(crate) fn state_at(&self, stream: &StreamName, position: Position) -> Cloakroom {
        let mut state = Cloakroom::default();
        for recorded in self.stream(stream).filter(|recorded| recorded.position <= position) {
            state.evolve(&decoded(recorded), recorded.log_time);
        }
        state
    }

    /// The versions that a command has in its stream.
    pub(crate) fn versions_of(&self, stream: &StreamName, command: Uuid) -> Vec<Version> {
        self.stream(stream)
            .filter(|recorded| recorded.command.id == command)
            .map(|recorded| recorded.version)
            .collect()
    }

    /// Positions without gaps; in every stream versions without gaps, log time that never goes back, a whole hash
    /// chain, and every command once.
    pub(crate) fn check(&self) {
        let mut heads: BTreeMap<&StreamName, &Recorded> = BTreeMap::new();
        let mut commands = BTreeSet::new();
        for (recorded, position) in self.log.iter().zip(1..) {
            assert_eq!(recorded.position, position);
            let before = heads.insert(&recorded.stream, recorded);
            assert_eq!(
                recorded.version,
                before.map_or(0, |before| before.version) + 1,
                "{}",
                recorded.stream
            );
            assert!(before.is_none_or(|before| before.log_time <= recorded.log_time), "log time went back");
            let previous = before.map_or(Digest::ZERO, |before| before.hash);
            assert_eq!(link(&previous, &recorded.stream, &rewritten(recorded)).unwrap(), recorded.hash);
            if before.is_none_or(|before| before.command.id != recorded.command.id) {
                assert!(
                    commands.insert((&recorded.stream, recorded.command.id)),
                    "{} stands twice",
                    recorded.command.id
                );
            }
        }
    }
}

pub(crate) fn decoded(recorded: &Recorded) -> Happened {
    Happened::read(&recorded.event_type, recorded.schema_version, &recorded.payload, &()).unwrap()
}

fn rewritten(recorded: &Recorded) -> NewEvent {
    NewEvent {
        version: recorded.version,
        event_type: decoded(recorded).event_type(),
        schema_version: recorded.schema_version,
        log_time: recorded.log_time,
        command: recorded.command.clone(),
        payload: recorded.payload.clone(),
        hash: Digest::ZERO,
    }
}
