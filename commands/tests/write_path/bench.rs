//! One owner and its log, as the tests of the owner's rules see them.

use boxoffice_commands::log::{StreamBatch, StreamOutcome};
use boxoffice_commands::owner::Owner;
use boxoffice_commands::owner::answer::{Accepted, Failure, Recording, Request, Verdict};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, Now, StreamName};
use boxoffice_domain::time::Timestamp;
use uuid::Uuid;

use super::store::{Store, decoded};
use super::toy::{Ask, Cloakroom, HOOKS, hush};

/// One owner and its log. Commands are numbered: the number is their id and what their answer is addressed to.
pub(crate) struct Bench {
    pub(crate) owner: Owner<Cloakroom, u32>,
    pub(crate) store: Store,
    pub(crate) now: Now,
}

pub(crate) fn at(wall: i64, elapsed: u64) -> Now {
    Now { wall: Timestamp::from_unix_ms(wall), elapsed }
}

pub(crate) fn stream() -> StreamName {
    StreamName::from_log("cloakroom-1")
}

pub(crate) fn request(number: u32, command: Ask) -> Request<Ask> {
    let hash = Digest::of(&[format!("{command:?}").as_bytes()]);
    Request { command, meta: CommandMeta { id: Uuid::from_u128(u128::from(number)), hash, cause: None } }
}

pub(crate) fn said(verdict: Verdict<Cloakroom>) -> String {
    match verdict {
        Verdict::Now(Ok(accepted)) => {
            let Accepted { first_version, position, .. } = accepted;
            format!("accepted {first_version}..={} at {position}", accepted.last_version())
        }
        Verdict::Now(Err(Failure::Refused { position, .. })) => format!("refused at {position}"),
        Verdict::Now(Err(failure)) => format!("{failure:?}"),
        Verdict::Recorded(Recording { first_version, last_version, replayed }) => {
            format!("recorded {first_version}..={last_version}{}", if replayed { " before" } else { "" })
        }
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        hush();
        let mut bench =
            Self { owner: Owner::new(stream(), false), store: Store::default(), now: at(1_000_000, 0) };
        bench.recover();
        bench
    }

    /// Another owner of the same stream, as after a restart or on another node.
    pub(crate) fn successor(&mut self) -> Owner<Cloakroom, u32> {
        let mut owner = Owner::new(stream(), false);
        recover(&mut owner, &mut self.store, self.now);
        owner
    }

    /// Another node takes the stream over, decides one command and records what follows.
    pub(crate) fn another_records(&mut self, number: u32, command: Ask) {
        let mut other = self.successor();
        other.decide(number, request(number, command), self.now);
        let batches: Vec<StreamBatch> = other.take_batch().into_iter().collect();
        assert!(matches!(self.store.append(&batches)[..], [StreamOutcome::Appended { .. }]));
    }

    /// Claims, reads and resumes.
    pub(crate) fn recover(&mut self) {
        recover(&mut self.owner, &mut self.store, self.now);
    }

    /// Hands a command in; its number is its id and its ticket.
    pub(crate) fn ask(&mut self, number: u32, command: Ask) {
        self.owner.decide(number, request(number, command), self.now);
    }

    /// Sends the next batch and says what became of it.
    pub(crate) fn append(&mut self) -> StreamOutcome {
        let batch = self.owner.take_batch().expect("something to append");
        self.store.append(&[batch])[0]
    }

    /// Sends the next batch and lets it land.
    pub(crate) fn commit(&mut self) {
        let StreamOutcome::Appended { first } = self.append() else { panic!("it did not land") };
        self.owner.committed(first);
        self.owner.settle();
    }

    /// The answers that have left since the last look.
    pub(crate) fn answers(&mut self) -> Vec<(u32, String)> {
        self.owner.replies().map(|(number, verdict)| (number, said(verdict))).collect()
    }

    pub(crate) fn assert_answers(&mut self, expected: &[(u32, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(number, text)| (*number, (*text).to_owned())).collect();
        assert_eq!(self.answers(), expected);
    }

    /// Asks for every hook.
    pub(crate) fn fill(&mut self) {
        for coat in 0..u32::try_from(HOOKS).unwrap() {
            self.ask(900 + coat, Ask::Hang(900 + coat));
        }
    }
}

fn recover(owner: &mut Owner<Cloakroom, u32>, store: &mut Store, now: Now) {
    owner.disrupted();
    let claim = store.claim(&stream());
    for recorded in store.read(&stream(), owner.version(), usize::MAX) {
        owner.replay(&recorded, &decoded(&recorded)).unwrap();
    }
    owner.resume(&claim, now).unwrap();
}
