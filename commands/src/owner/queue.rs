//! What waits in an owner for its proof.

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, Version};
use boxoffice_domain::time::Timestamp;

use super::answer::{Failure, Recording, Request};

/// What was decided about a command.
pub(super) enum Decision<A: Aggregate> {
    /// Nothing yet: it came while the owner was recovering.
    Open,
    /// These events; never none.
    Events { events: Vec<A::Event>, log_time: Timestamp },
    /// It holds already.
    Holds { log_time: Timestamp },
    /// The rules say no.
    Refused(A::Refusal),
    /// It has been recorded.
    Recorded(Recording),
    /// It cannot be answered otherwise.
    Failed(Failure<A::Refusal>),
}

/// A command that waits for its proof, in order of arrival.
pub(super) struct Queued<A: Aggregate, T> {
    /// Who waits; nobody if the answer has left already.
    pub(super) ticket: Option<T>,
    pub(super) request: Request<A::Command>,
    /// How often it was decided.
    pub(super) decided: u8,
    pub(super) decision: Decision<A>,
    /// The version that must be durable before the answer may leave; with events, that of the last of them. What is
    /// still open is proven by none.
    pub(super) proven_by: Version,
}

impl<A: Aggregate, T> Queued<A, T> {
    pub(super) fn new(ticket: T, request: Request<A::Command>) -> Self {
        Self { ticket: Some(ticket), request, decided: 0, decision: Decision::Open, proven_by: Version::MAX }
    }

    /// Whether the answer has to wait although nothing waits before it.
    pub(super) fn waits(&self) -> bool {
        matches!(self.decision, Decision::Open | Decision::Events { .. })
    }
}

/// A stretch of the stream that was sent to the log as one batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// The version before the first event.
    pub(super) after: Version,
    /// The version of the last event.
    pub(super) through: Version,
    /// The link of the last event.
    pub(super) head: Digest,
}

/// A sent stretch that is durable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Landed {
    pub(super) sent: Sent,
    /// The position of its first event.
    pub(super) first: Position,
}
