//! What is asked of an owner, and what it answers.

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::log::{CommandMeta, Position, Version};
use boxoffice_domain::time::Timestamp;

/// A command with its identity.
#[derive(Debug, Clone)]
pub struct Request<C> {
    /// What is asked.
    pub command: C,
    /// Who asks, as far as the log may know.
    pub meta: CommandMeta,
}

/// What followed from a command that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted<E> {
    /// The recorded events, in order; none where the command held already.
    pub events: Vec<E>,
    /// The version of the first event; without events, the version that the next one will have.
    pub first_version: Version,
    /// The position of the last event; without events, of the last one that the answer rests on.
    pub position: Position,
    /// When the owner of the stream says it happened.
    pub log_time: Timestamp,
    /// Whether this repeats what an earlier sending of the same command was answered.
    pub replayed: bool,
}

impl<E> Accepted<E> {
    /// The version of the last event; without events, of the last one that the answer rests on.
    #[must_use]
    pub fn last_version(&self) -> Version {
        self.events
            .iter()
            .zip(self.first_version..)
            .last()
            .map_or(self.first_version - 1, |(_, version)| version)
    }
}

/// Why a command was not accepted. A *rejection*, a *conflict* and an *outage* are different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<R> {
    /// The rules say no.
    Refused {
        /// Why.
        refusal: R,
        /// The position of the last event that the refusal rests on; it is durable.
        position: Position,
    },
    /// The same command, or another under its id, is being decided and is not durable yet.
    InFlight,
    /// Another command was recorded under the same id.
    KeyReused,
    /// The stream cannot be decided on now. The command may have been recorded: send it again under its id.
    Unavailable {
        /// When to try again, in seconds.
        retry_after_seconds: u32,
    },
    /// Too many commands wait already. This one was not looked at.
    Overloaded {
        /// When to try again, in seconds.
        retry_after_seconds: u32,
    },
    /// Deciding it, or recording what follows from it, crashed. Nothing was recorded.
    Crashed,
    /// The stream holds an event that this program cannot read. Trying again does not help; the text is for the
    /// operator.
    Unreadable(String),
}

impl<R> Failure<R> {
    /// The outage that a caller may wait out.
    pub const UNAVAILABLE: Self = Self::Unavailable { retry_after_seconds: 1 };
    /// The overload that a caller may wait out.
    pub const OVERLOADED: Self = Self::Overloaded { retry_after_seconds: 1 };
}

/// What a caller is told.
pub type Reply<A> = Result<Accepted<<A as Aggregate>::Event>, Failure<<A as Aggregate>::Refusal>>;

/// What an owner says about a command. The owner does no I/O: where the events of the answer are only in the log,
/// it says where.
pub enum Verdict<A: Aggregate> {
    /// The answer.
    Now(Reply<A>),
    /// The command was accepted; its events are in the log.
    Recorded(Recording),
}

/// Where the events of a command stand in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recording {
    /// The version of the first.
    pub first_version: Version,
    /// The version of the last.
    pub last_version: Version,
    /// Whether it is an earlier sending of the command that recorded them.
    pub replayed: bool,
}
