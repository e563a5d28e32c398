//! What an owner knows for certain, apart from the owner: taken out for a snapshot, and put back where one is loaded.

use boxoffice_domain::aggregate::{Aggregate, Layouts};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, StreamName, Version};
use boxoffice_domain::mutant::{self, Mutant};
use boxoffice_domain::snapshot::{NotRestored, Snapshot, TakenAt, decode_first, encode};
use boxoffice_domain::time::Timestamp;

use super::live::Live;
use super::{Owner, Phase};
use crate::receipts::Receipts;
use crate::snapshots::STATE;

/// Which form receipts have in a snapshot, and how the two parts stand in it.
const FORM: u32 = 1;

/// Durable state after an event of the stream, and the commands that led to it.
#[derive(Debug, Clone)]
pub struct Base<A> {
    state: A,
    receipts: Receipts,
    version: Version,
    position: Position,
    log_time: Timestamp,
    head: Digest,
}

impl<A: Aggregate> Base<A> {
    /// Which snapshots this program can read; `None` where the aggregate has none.
    #[must_use]
    pub fn code_version() -> Option<u32> {
        Some((FORM << 16) | u32::from(A::SNAPSHOT_VERSION?))
    }

    /// The version of the last event that is in it.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// As a snapshot. Takes time in proportion to the state, and nobody waits for it.
    #[must_use]
    pub fn to_snapshot(&self, stream: StreamName) -> Option<Snapshot> {
        let forgets = mutant::is_on(Mutant::ForgetfulSnapshot);
        let mut bytes = if forgets { encode(&Receipts::default())? } else { encode(&self.receipts)? };
        bytes.append(&mut self.state.snapshot()?);
        let Self { version, position, log_time, head: hash, .. } = *self;
        let taken_at = TakenAt { stream, version, position, log_time, hash };
        Some(Snapshot::sealed(STATE, taken_at, Self::code_version()?, bytes))
    }

    /// From a snapshot that was checked ([`Snapshot::check`]).
    ///
    /// # Errors
    /// [`NotRestored`].
    pub fn of_snapshot(snapshot: &Snapshot, layouts: &dyn Layouts) -> Result<Self, NotRestored> {
        let (receipts, state) = decode_first(&snapshot.bytes)?;
        let TakenAt { version, position, log_time, hash: head, .. } = snapshot.taken_at;
        Ok(Self { state: A::restore(state, layouts)?, receipts, version, position, log_time, head })
    }
}

impl<A: Aggregate, T> Owner<A, T> {
    /// A copy of what it knows for certain; `None` where that is nothing.
    #[must_use]
    pub fn base(&self) -> Option<Base<A>> {
        let is_certain = self.phase != Phase::Broken && self.landed.is_none() && self.durable.version > 0;
        is_certain.then(|| Base {
            state: self.durable.state.clone(),
            receipts: self.receipts.clone(),
            version: self.durable.version,
            position: self.position,
            log_time: self.log_time,
            head: self.durable.head,
        })
    }

    /// Whether it may begin with a snapshot: it knows nothing yet, and no state in memory has proved wrong.
    #[must_use]
    pub fn may_restore(&self) -> bool {
        self.phase == Phase::Recovering && self.durable.version == 0 && !self.has_broken
    }

    /// Begins with what a snapshot knew; what followed on it is to be [replayed](Owner::replay). Does nothing where it
    /// [may not](Self::may_restore).
    pub fn restore(&mut self, base: Base<A>) {
        if !self.may_restore() {
            return;
        }
        let Base { state, receipts, version, position, log_time, head } = base;
        self.durable = Live { state, version, head };
        (self.receipts, self.position, self.log_time) = (receipts, position, log_time);
    }
}
