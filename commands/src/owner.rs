//! Who decides for a stream: a state machine without I/O, generic over the aggregate.
//!
//! Commands are decided one after the other on *speculative* state, which is durable state plus the events that are
//! on their way to the log. **No answer of any kind leaves before the events it was decided on are durable**: the
//! answers queue in order of arrival, each with the version that proves it. Only [`Failure::InFlight`],
//! [`Failure::KeyReused`] and [`Failure::Overloaded`] leave at once, because they rest on no event that could
//! still be lost.
//!
//! In a log that others append to as well, what is in memory may be out of date without anybody noticing. Events are
//! safe, for the append is refused then; but "no" is not: so an answer without events also waits, until the log has
//! said that the stream is as expected, to a batch that was sent after the answer was decided.
//!
//! The shell (`engine/actor.rs`) and the simulation drive the same machine: commands and commit results go in;
//! batches ([`Owner::take_batch`]) and answers ([`Owner::replies`]) come out. When an append does not land as sent,
//! `owner/recovery.rs` says what happens then.

use std::collections::VecDeque;

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::log::{Epoch, LogClock, NewEvent, Now, Position, StreamName, Version};
use boxoffice_domain::mutant::{self, Mutant};
use boxoffice_domain::time::Timestamp;
use rustc_hash::FxHashSet;
use uuid::Uuid;

use crate::committer::payload_bytes;
use crate::log::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, StreamBatch};
use crate::receipts::{Lookup, Receipts};

use self::answer::{Accepted, Failure, Recording, Request, Verdict};
use self::live::{Live, NoEvents, fold};
use self::queue::{Decision, Landed, Queued, Sent};

pub mod answer;
mod base;
mod live;
mod queue;
mod recovery;

pub use self::base::Base;
pub(crate) use self::live::contained;
pub use self::recovery::Unfit;

/// The most commands that one stream keeps waiting for their proof.
pub const QUEUE_MAX: usize = 4_096;

/// How often a command is decided again before its caller is told to come back.
pub const REDECISIONS_MAX: u8 = 3;

/// The owner of one stream. `T` is what an answer is addressed to.
pub struct Owner<A: Aggregate, T> {
    stream: StreamName,
    /// Whether others may append to the stream.
    is_shared: bool,
    phase: Phase,
    durable: Live<A>,
    /// The position of the last event that durable state has.
    position: Position,
    /// The log time of the last event that durable state has.
    log_time: Timestamp,
    receipts: Receipts,
    /// Whether the state in memory has ever been found to be worth nothing.
    has_broken: bool,
    speculative: Live<A>,
    clock: LogClock,
    /// Everything undecided or unproven, in order of arrival. Its front always waits for an append.
    queue: VecDeque<Queued<A, T>>,
    queued_ids: FxHashSet<Uuid>,
    /// Events that were decided and not sent, in order.
    unsent: Vec<NewEvent>,
    in_flight: Option<Sent>,
    /// How many batches were sent.
    batches: u64,
    landed: Option<Landed>,
    /// The deadline that the timer has asked about last, and at which version.
    lapsed: Option<(Timestamp, Version)>,
    replies: Vec<(T, Verdict<A>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It decides, and appends under this epoch.
    Owning(Epoch),
    /// It has to claim the stream and read what it does not know.
    Recovering,
    /// The same, and the state in memory cannot be trusted.
    Broken,
}

impl<A: Aggregate, T> Owner<A, T> {
    /// An owner that knows nothing of its stream yet: recovery is how it is loaded. `is_shared`: others may append to
    /// the stream.
    #[must_use]
    pub fn new(stream: StreamName, is_shared: bool) -> Self {
        Self {
            stream,
            is_shared,
            phase: Phase::Recovering,
            durable: Live::default(),
            position: 0,
            log_time: Timestamp::default(),
            receipts: Receipts::default(),
            has_broken: false,
            speculative: Live::default(),
            clock: LogClock::default(),
            queue: VecDeque::new(),
            queued_ids: FxHashSet::default(),
            unsent: Vec::new(),
            in_flight: None,
            batches: 0,
            landed: None,
            lapsed: None,
            replies: Vec::new(),
        }
    }

    /// Decides a command, or queues it where the owner is recovering.
    pub fn decide(&mut self, ticket: T, request: Request<A::Command>, now: Now) {
        let meta = &request.meta;
        if self.queued_ids.contains(&meta.id) {
            // Also under another hash: what is queued may still be lost, and then the id is free.
            return self.reply(ticket, Err(Failure::InFlight));
        }
        let known = self.receipts.lookup(meta.id, &meta.hash);
        if known == Lookup::Other {
            return self.reply(ticket, Err(Failure::KeyReused));
        }
        if self.room() == 0 {
            return self.reply(ticket, Err(Failure::OVERLOADED));
        }
        self.admit(Queued::new(ticket, request), known, now);
    }

    /// The next events for the log, unless some are in flight already: at most what one append may take, and every
    /// command whole. Without events it asks for the proof that answers without events wait for.
    pub fn take_batch(&mut self) -> Option<StreamBatch> {
        let Phase::Owning(epoch) = self.phase else { return None };
        let proof_is_due = self.is_shared && self.landed.is_none() && !self.queue.is_empty();
        if self.in_flight.is_some() || self.unsent.is_empty() && !proof_is_due {
            return None;
        }
        let rest = self.unsent.split_off(commands_of_one_append(&self.unsent));
        let events = std::mem::replace(&mut self.unsent, rest);
        self.batches += 1;
        let number = self.batches;
        let sent = if let (Some(first), Some(last)) = (events.first(), events.last()) {
            Sent { number, after: first.version - 1, through: last.version, head: last.hash }
        } else {
            let Live { version, head, .. } = self.speculative;
            Sent { number, after: version, through: version, head }
        };
        self.in_flight = Some(sent);
        Some(StreamBatch { stream: self.stream.clone(), expected: sent.after, epoch, events })
    }

    /// The batch in flight is durable, from position `first` onwards. The next batch can be taken at once;
    /// [`Self::settle`] then does the rest.
    pub fn committed(&mut self, first: Position) {
        self.settle();
        self.landed = self.in_flight.take().map(|sent| Landed { sent, first });
    }

    /// Folds what landed into durable state and releases the answers that it proves.
    pub fn settle(&mut self) {
        let Some(Landed { sent, first }) = self.landed.take() else { return };
        let is_shared = self.is_shared;
        while let Some(queued) = self.queue.pop_front_if(|queued| queued.is_proven_by(&sent, is_shared)) {
            self.queued_ids.remove(&queued.request.meta.id);
            if let Decision::Events { events, log_time } = &queued.decision {
                self.position = first + (queued.proven_by - sent.after) - 1;
                let versions = first_version(events, queued.proven_by)..=queued.proven_by;
                self.receipts.record(&queued.request.meta, versions, *log_time);
                self.fold_durable(events, *log_time);
                self.log_time = *log_time;
            }
            self.answer(queued);
        }
        self.durable.version = sent.through;
        self.durable.head = sent.head;
    }

    /// The answers that may leave now, in order.
    pub fn replies(&mut self) -> impl Iterator<Item = (T, Verdict<A>)> + use<'_, A, T> {
        if mutant::is_on(Mutant::RepliesOutOfOrder) {
            self.replies.reverse();
        }
        self.replies.drain(..)
    }

    /// How many commands may come before the stream is overloaded.
    #[must_use]
    pub fn room(&self) -> usize {
        QUEUE_MAX.saturating_sub(self.queue.len())
    }

    /// Whether nobody waits for an answer.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.replies.is_empty()
    }

    /// The version that durable state is at.
    #[must_use]
    pub fn version(&self) -> Version {
        self.durable.version
    }

    /// The stream that it owns.
    #[must_use]
    pub fn stream(&self) -> &StreamName {
        &self.stream
    }

    /// The log time at which something lapses next; `None` if nothing does, or the timer has asked already and
    /// nothing changed.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        if !matches!(self.phase, Phase::Owning(_)) {
            return None;
        }
        let state = &self.speculative.state;
        let deadline = contained("a deadline", &self.stream, || state.next_deadline()).ok()??;
        (self.lapsed != Some((deadline, self.speculative.version))).then_some(deadline)
    }

    /// When the wall clock will show that this log time has come, as far as one can tell now. The two differ where
    /// the clock was set back.
    #[must_use]
    pub fn wall_time_of(&self, log_time: Timestamp, now: Now) -> Timestamp {
        now.wall.plus_ms(log_time.unix_ms() - self.clock.peek(now).unix_ms())
    }

    /// What the timer has to ask, if the deadline has come. It asks once: a command that changes nothing must not
    /// come back for ever.
    pub fn lapse(&mut self, now: Now) -> Option<A::Command> {
        let deadline = self.deadline().filter(|deadline| *deadline <= self.clock.peek(now))?;
        self.lapsed = Some((deadline, self.speculative.version));
        A::lapse_command()
    }

    fn admit(&mut self, mut queued: Queued<A, T>, known: Lookup, now: Now) {
        if matches!(self.phase, Phase::Owning(_)) {
            queued.decision = self.judge(&queued, known, now);
            queued.decided = queued.decided.saturating_add(1);
            queued.proven_by = self.speculative.version;
            queued.sent_before = self.batches;
        } else {
            queued.decision = Decision::Open;
            queued.proven_by = Version::MAX;
        }
        self.answer_too_early(&mut queued);
        if self.queue.is_empty() && !queued.waits(self.is_shared) {
            self.answer(queued);
        } else {
            self.queued_ids.insert(queued.request.meta.id);
            self.queue.push_back(queued);
        }
    }

    fn judge(&mut self, queued: &Queued<A, T>, known: Lookup, now: Now) -> Decision<A> {
        match known {
            Lookup::Unknown if queued.decided > REDECISIONS_MAX => {
                return Decision::Failed(Failure::UNAVAILABLE);
            }
            Lookup::Unknown => {}
            Lookup::Other => return Decision::Failed(Failure::KeyReused),
            Lookup::Same { first_version, last_version } => {
                // What this very sending had decided has landed after all.
                let own =
                    matches!(queued.decision, Decision::Events { .. }) && queued.proven_by == last_version;
                return Decision::Recorded(Recording { first_version, last_version, replayed: !own });
            }
        }
        let log_time = self.clock.tell(now);
        let (before, request) = (self.unsent.len(), &queued.request);
        let (stream, speculative, unsent) = (&self.stream, &self.speculative, &mut self.unsent);
        let decided =
            contained("a decision", stream, || speculative.decide(stream, request, log_time, unsent));
        match decided {
            Ok(Ok(events)) if events.is_empty() => return Decision::Holds { log_time },
            Ok(Ok(events)) if self.fold_speculative(&events, log_time) => {
                return Decision::Events { events, log_time };
            }
            Ok(Err(NoEvents::Refused(refusal))) => return Decision::Refused(refusal),
            Ok(Err(NoEvents::Unwritable(error))) => {
                tracing::error!(stream = %self.stream, %error, "an event cannot be written");
            }
            Ok(Ok(_)) | Err(_) => {}
        }
        self.unsent.truncate(before);
        Decision::Failed(Failure::Crashed)
    }

    /// Folds events that were just written behind `unsent`; whether that went well.
    fn fold_speculative(&mut self, events: &[A::Event], log_time: Timestamp) -> bool {
        let state = &mut self.speculative.state;
        if contained("a fold", &self.stream, || fold(state, events, log_time)).is_err() {
            self.rebuild_speculative();
            return false;
        }
        if let Some(last) = self.unsent.last() {
            self.speculative.version = last.version;
            self.speculative.head = last.hash;
        }
        true
    }

    /// A fold that crashed leaves half a state behind. The version and the chain had not moved yet.
    fn rebuild_speculative(&mut self) {
        let (durable, queue) = (&self.durable.state, &self.queue);
        let rebuilt = contained("rebuilding", &self.stream, || {
            let mut state = durable.clone();
            for queued in queue {
                if let Decision::Events { events, log_time } = &queued.decision {
                    fold(&mut state, events, *log_time);
                }
            }
            state
        });
        match rebuilt {
            Ok(state) => self.speculative.state = state,
            Err(_) => self.phase = Phase::Broken,
        }
    }

    fn fold_durable(&mut self, events: &[A::Event], log_time: Timestamp) {
        let state = &mut self.durable.state;
        if self.phase != Phase::Broken
            && contained("a fold", &self.stream, || fold(state, events, log_time)).is_err()
        {
            self.phase = Phase::Broken;
        }
    }

    fn answer(&mut self, queued: Queued<A, T>) {
        let Some(ticket) = queued.ticket else { return };
        let position = self.position;
        let accepted = |events: Vec<A::Event>, log_time| {
            let first_version = first_version(&events, queued.proven_by);
            Ok(Accepted { events, first_version, position, log_time, replayed: false })
        };
        let reply = match queued.decision {
            Decision::Events { events, log_time } => accepted(events, log_time),
            Decision::Holds { log_time } => accepted(Vec::new(), log_time),
            Decision::Refused(refusal) => Err(Failure::Refused { refusal, position }),
            Decision::Failed(failure) => Err(failure),
            Decision::Open => Err(Failure::UNAVAILABLE),
            Decision::Recorded(recording) => {
                return self.replies.push((ticket, Verdict::Recorded(recording)));
            }
        };
        self.reply(ticket, reply);
    }

    fn reply(&mut self, ticket: T, reply: answer::Reply<A>) {
        self.replies.push((ticket, Verdict::Now(reply)));
    }

    /// The two deliberate bugs that this machine exists to prevent.
    fn answer_too_early(&mut self, queued: &mut Queued<A, T>) {
        let position = self.position;
        let early = match &queued.decision {
            Decision::Events { events, log_time } if mutant::is_on(Mutant::ReplyBeforeDurable) => {
                Ok(Accepted {
                    first_version: first_version(events, queued.proven_by),
                    events: events.clone(),
                    position,
                    log_time: *log_time,
                    replayed: false,
                })
            }
            Decision::Refused(refusal) if mutant::is_on(Mutant::SpeculativeRejection) => {
                Err(Failure::Refused { refusal: refusal.clone(), position })
            }
            _ => return,
        };
        if let Some(ticket) = queued.ticket.take() {
            self.reply(ticket, early);
        }
    }
}

/// The version of the first of these events, the last of which has the version `last`.
fn first_version<E>(events: &[E], last: Version) -> Version {
    last + 1 - events.len() as Version
}

/// How many of these events one append may take: whole commands, and at least one.
fn commands_of_one_append(unsent: &[NewEvent]) -> usize {
    let (mut events, mut bytes) = (0, 0);
    for command in unsent.chunk_by(|one, next| one.command.id == next.command.id) {
        let (more_events, more_bytes) = (command.len(), payload_bytes(command));
        if events > 0 && (events + more_events > BATCH_EVENTS_MAX || bytes + more_bytes > BATCH_BYTES_MAX) {
            break;
        }
        events += more_events;
        bytes += more_bytes;
    }
    events
}
