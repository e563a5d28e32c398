//! Judges every answer of the simulation by what the log holds.

use boxoffice_commands::owner::answer::{Accepted, Failure, Recording, Request, Verdict};
use boxoffice_domain::aggregate::Aggregate as _;
use boxoffice_domain::log::{CommandMeta, Position, Recorded, StreamName};

use super::store::{Store, decoded};
use super::toy::{Ask, Cloakroom, Happened};

/// Judges an answer by what is durable at the moment it leaves.
pub(crate) struct Judge<'a> {
    pub(crate) store: &'a Store,
    pub(crate) stream: &'a StreamName,
    pub(crate) request: &'a Request<Ask>,
    /// The last position of the stream that anybody had been told when the command was sent.
    pub(crate) told: Position,
    /// Whether the stream has one owner only. Of two, one may give up on what the other has recorded.
    pub(crate) alone: bool,
}

impl Judge<'_> {
    /// The kind of the answer and the position that it tells.
    pub(crate) fn verdict(&self, verdict: &Verdict<Cloakroom>) -> (&'static str, Position) {
        let (stream, Request { command, meta }) = (self.stream, self.request);
        let recorded = self.store.versions_of(stream, meta.id);
        let crashes = matches!(command, Ask::CrashDeciding | Ask::CrashFolding | Ask::CrashWriting);
        match verdict {
            Verdict::Now(Ok(accepted)) if accepted.events.is_empty() => {
                self.rests_on(accepted.position);
                let state = self.store.state_at(stream, accepted.position);
                assert_eq!(state.decide(command, accepted.log_time), Ok(Vec::new()));
                ("held", accepted.position)
            }
            Verdict::Now(Ok(accepted)) => {
                assert!(!crashes);
                ("accepted", self.accepted(accepted))
            }
            Verdict::Recorded(Recording { first_version, last_version, replayed }) => {
                assert_eq!(recorded, (*first_version..=*last_version).collect::<Vec<_>>());
                assert!(self.store.stream(stream).all(|event| !event_is_another(event, meta)));
                (if *replayed { "repeated" } else { "landed after all" }, 0)
            }
            Verdict::Now(Err(Failure::Refused { refusal, position })) => {
                self.rests_on(*position);
                let state = self.store.state_at(stream, *position);
                assert_eq!(state.decide(command, refusal.at()), Err(*refusal), "its cause never was durable");
                ("refused", *position)
            }
            Verdict::Now(Err(Failure::KeyReused)) => {
                assert!(self.store.stream(stream).any(|event| event_is_another(event, meta)));
                ("key reused", 0)
            }
            Verdict::Now(Err(Failure::Crashed)) => {
                assert!(!self.alone || recorded.is_empty());
                ("crashed", 0)
            }
            Verdict::Now(Err(Failure::Unavailable { .. })) => {
                assert!(!self.alone || recorded.is_empty(), "it is recorded, and could have been answered");
                ("unavailable", 0)
            }
            Verdict::Now(Err(Failure::InFlight)) => ("in flight", 0),
            Verdict::Now(Err(failure)) => panic!("unexpected: {failure:?}"),
        }
    }

    fn accepted(&self, accepted: &Accepted<Happened>) -> Position {
        let meta = &self.request.meta;
        let recorded: Vec<_> =
            self.store.stream(self.stream).filter(|recorded| recorded.command.id == meta.id).collect();
        assert_eq!(recorded.iter().map(|event| decoded(event)).collect::<Vec<_>>(), accepted.events);
        assert!(recorded.iter().all(|event| event.log_time == accepted.log_time && event.command == *meta));
        assert_eq!(recorded.first().unwrap().version, accepted.first_version);
        assert_eq!(recorded.last().unwrap().position, accepted.position);
        accepted.position
    }

    /// A command sees every command acknowledged before it, and nothing that is not durable.
    fn rests_on(&self, position: Position) {
        assert!(position <= self.store.head(), "it rests on what is not durable");
        assert!(position >= self.told, "it does not know what was told before");
    }
}

fn event_is_another(event: &Recorded, meta: &CommandMeta) -> bool {
    event.command.id == meta.id && event.command.hash != meta.hash
}
