//! One generation of a read model in tables: events in, changes and checkpoint out.

use std::collections::HashSet;

use boxoffice_domain::log::{Position, Recorded};

use super::parked_at;
use crate::feed::Outage;
use crate::table::{Change, Generation, Parked, TableProjection, TableStore};

/// A checkpoint that has nothing to commit with is written after this many positions at the latest.
const QUIET_MAX: u64 = 10_000;

/// Somebody else keeps the same generation and was faster, or it is gone.
pub(super) struct Overtaken;

/// A generation between two commits.
pub(super) struct Tables<'a> {
    pub(super) store: &'a dyn TableStore,
    pub(super) projection: &'a dyn TableProjection,
    pub(super) generation: u32,
    /// The checkpoint of the store.
    committed: Position,
    /// Up to here there was nothing to commit.
    seen: Position,
    parked: Vec<Parked>,
    streams: HashSet<String>,
}

impl<'a> Tables<'a> {
    pub(super) fn new(
        store: &'a dyn TableStore,
        projection: &'a dyn TableProjection,
        Generation { number, position, parked }: Generation,
    ) -> Self {
        let streams = parked.iter().map(|parked| parked.stream.clone()).collect();
        Self { store, projection, generation: number, committed: position, seen: position, parked, streams }
    }

    /// Every event up to here is in the tables, or parked, or had nothing to change.
    pub(super) fn seen(&self) -> Position {
        self.seen
    }

    /// What is parked; what was parked last is last.
    pub(super) fn parked(&self) -> &[Parked] {
        &self.parked
    }

    /// Takes in the next events of the log, and commits where they change anything.
    pub(super) async fn take_in(&mut self, events: &[Recorded]) -> Result<Result<(), Overtaken>, Outage> {
        let Some(last) = events.last().map(|event| event.position) else { return Ok(Ok(())) };
        let (changes, parked) = self.apply(events);
        if changes.is_empty() && parked.is_empty() && last.saturating_sub(self.committed) < QUIET_MAX {
            self.seen = last;
            return Ok(Ok(()));
        }
        self.commit(last, &changes, parked).await
    }

    /// Whether the checkpoint is not written yet.
    pub(super) fn is_unwritten(&self) -> bool {
        self.seen != self.committed
    }

    /// Writes the checkpoint.
    pub(super) async fn write(&mut self) -> Result<Result<(), Overtaken>, Outage> {
        if self.is_unwritten() { self.commit(self.seen, &[], Vec::new()).await } else { Ok(Ok(())) }
    }

    fn apply(&mut self, events: &[Recorded]) -> (Vec<Change>, Vec<Parked>) {
        let (mut changes, mut parked) = (Vec::new(), Vec::new());
        for event in events {
            if !self.streams.is_empty() && self.streams.contains(event.stream.as_str()) {
                continue;
            }
            match self.projection.apply(event) {
                Ok(more) => changes.extend(more),
                Err(reason) => {
                    self.streams.insert(event.stream.as_str().to_owned());
                    parked.push(parked_at(event, reason.to_string()));
                }
            }
        }
        (changes, parked)
    }

    async fn commit(
        &mut self,
        to: Position,
        changes: &[Change],
        parked: Vec<Parked>,
    ) -> Result<Result<(), Overtaken>, Outage> {
        let committed =
            self.store.commit(self.projection, self.generation, self.committed, to, changes, &parked).await?;
        if !committed {
            return Ok(Err(Overtaken));
        }
        self.parked.extend(parked);
        (self.committed, self.seen) = (to, to);
        Ok(Ok(()))
    }
}
