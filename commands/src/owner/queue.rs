//! What waits in an owner for its proof.

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Position, Version};
use boxoffice_domain::mutant::{self, Mutant};
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
    /// How many batches were sent before it was decided.
    pub(super) sent_before: u64,
}

impl<A: Aggregate, T> Queued<A, T> {
    pub(super) fn new(ticket: T, request: Request<A::Command>) -> Self {
        Self {
            ticket: Some(ticket),
            request,
            decided: 0,
            decision: Decision::Open,
            proven_by: Version::MAX,
            sent_before: 0,
        }
    }

    /// Whether the answer has to wait although nothing waits before it.
    pub(super) fn waits(&self, is_shared: bool) -> bool {
        matches!(self.decision, Decision::Open | Decision::Events { .. }) || is_shared && self.rests_on_now()
    }

    /// Whether the answer may leave once that batch has landed.
    pub(super) fn is_proven_by(&self, sent: &Sent, is_shared: bool) -> bool {
        let is_late = is_shared && self.rests_on_now() && self.sent_before >= sent.number;
        self.proven_by <= sent.through && !is_late
    }

    /// Whether the answer is only true as long as nothing else happens to the stream.
    fn rests_on_now(&self) -> bool {
        matches!(self.decision, Decision::Holds { .. } | Decision::Refused(_))
            && !mutant::is_on(Mutant::StaleRejection)
    }
}

/// A stretch of the stream that was sent to the log as one batch; an empty one asks for a proof.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// 1, 2, 3 … in the order of sending.
    pub(super) number: u64,
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
