//! Owners and committers of several nodes against one log that delays, refuses, forgets and lands late; nodes that
//! crash; commands that are sent twice, also to two nodes; a clock that jumps. Everything follows from one seed,
//! and every answer is judged by the log the moment it leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use boxoffice_commands::committer::{Committer, Fate};
use boxoffice_commands::log::{AppendError, Claim, StreamBatch};
use boxoffice_commands::owner::answer::{Failure, Request, Verdict};
use boxoffice_commands::owner::{Base, Owner, Unfit};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, Now, Position, StreamName};
use boxoffice_domain::snapshot::Snapshot;
use boxoffice_domain::time::Timestamp;
use uuid::Uuid;

use super::judge::Judge;
use super::store::{Store, decoded};
use super::toy::{Ask, Cloakroom, haunt, hush};

const STREAMS: usize = 2;
const STEPS: usize = 400;
const SEEDS: u64 = 250;

/// A source of chance that is the same everywhere (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
}

struct Node {
    incarnation: usize,
    seats: Vec<Seat>,
    committer: Committer<usize>,
    in_flight: Option<Vec<StreamBatch>>,
}

struct Seat {
    owner: Owner<Cloakroom, usize>,
    /// Set between the claim and the end of reading.
    claim: Option<Claim>,
    /// The sending that was answered last, among those that have an order.
    answered: Option<usize>,
}

/// One sending of a command. Its number is its ticket and its order of arrival.
struct Sending {
    request: Request<Ask>,
    stream: usize,
    incarnation: usize,
    answered: bool,
    /// The last position of the stream that anybody had been told when this was sent.
    told: Position,
}

struct World {
    chance: Chance,
    store: Store,
    now: Now,
    nodes: Vec<Node>,
    incarnations: usize,
    sendings: Vec<Sending>,
    /// Appends whose connection is gone, and which may land at any time.
    late: Vec<Vec<StreamBatch>>,
    /// Every snapshot that was ever kept, for the store of snapshots may have any of them, and some of another log.
    snapshots: [Vec<Snapshot>; STREAMS],
    foreign: [Vec<Snapshot>; STREAMS],
    told: [Position; STREAMS],
    faults: bool,
    seen: BTreeMap<&'static str, usize>,
}

fn name(number: usize) -> StreamName {
    StreamName::from_log(&format!("cloakroom-{number}"))
}

impl Node {
    fn new(incarnation: usize, is_shared: bool) -> Self {
        let seat = |number| Seat { owner: Owner::new(name(number), is_shared), claim: None, answered: None };
        let seats = (0..STREAMS).map(seat).collect();
        Self { incarnation, seats, committer: Committer::default(), in_flight: None }
    }

    fn rests(&self) -> bool {
        self.in_flight.is_none()
            && self.committer.is_empty()
            && self.seats.iter().all(|seat| seat.owner.is_idle())
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let nodes = 1 + chance.below(2);
        Self {
            chance,
            store: Store::default(),
            now: Now { wall: Timestamp::from_unix_ms(1_000_000), elapsed: 0 },
            nodes: (0..nodes).map(|number| Node::new(number, nodes > 1)).collect(),
            incarnations: nodes,
            sendings: Vec::new(),
            late: Vec::new(),
            snapshots: Default::default(),
            foreign: std::array::from_fn(|number| of_another_log(&name(number))),
            told: [0; STREAMS],
            faults: true,
            seen: BTreeMap::new(),
        }
    }

    fn run(mut self) -> BTreeMap<&'static str, usize> {
        for _ in 0..STEPS {
            let node = self.chance.below(self.nodes.len());
            match self.chance.below(100) {
                0..40 => self.send(node),
                40..58 => self.pump(node),
                58..74 => self.land(node),
                74..89 => self.recover(node),
                89..92 => self.snapshot(node),
                92..94 => self.ring(node),
                94..96 => self.land_late(),
                96..97 => self.crash(node),
                _ => self.pass_time(),
            }
        }
        self.settle();
        self.seen
    }

    fn send(&mut self, node: usize) {
        let stream = self.chance.below(STREAMS);
        let earlier: Vec<_> = self.sendings.iter().filter(|sending| sending.stream == stream).collect();
        let request = if !earlier.is_empty() && self.chance.percent(30) {
            let mut request = earlier[self.chance.below(earlier.len())].request.clone();
            if self.chance.percent(10) {
                request.meta.hash = Digest::of(&[b"another body"]);
            }
            request
        } else {
            let command = self.any_command();
            let id = Uuid::from_u128(u128::from(self.chance.next()));
            let hash = Digest::of(&[format!("{command:?}").as_bytes()]);
            Request { command, meta: CommandMeta { id, hash, cause: None } }
        };
        self.decide(node, stream, request);
    }

    fn any_command(&mut self) -> Ask {
        let coat = u32::try_from(self.chance.below(6)).unwrap();
        match self.chance.below(100) {
            0..50 => Ask::Hang(coat),
            50..80 => Ask::Fetch(coat),
            80..90 => Ask::Ring { times: 1 + self.chance.below(3), bytes: 1 },
            90..94 => Ask::Look,
            94..96 => Ask::CrashDeciding,
            96..98 => Ask::CrashFolding,
            _ => Ask::CrashWriting,
        }
    }

    fn decide(&mut self, node: usize, stream: usize, request: Request<Ask>) {
        let ticket = self.sendings.len();
        let incarnation = self.nodes[node].incarnation;
        let told = self.told[stream];
        self.sendings.push(Sending { request: request.clone(), stream, incarnation, answered: false, told });
        haunt(self.faults && self.chance.percent(3));
        self.nodes[node].seats[stream].owner.decide(ticket, request, self.now);
        haunt(false);
        self.collect(node, stream);
    }

    fn ring(&mut self, node: usize) {
        for stream in 0..STREAMS {
            if let Some(command) = self.nodes[node].seats[stream].owner.lapse(self.now) {
                let id = Uuid::from_u128(u128::from(self.chance.next()));
                self.decide(
                    node,
                    stream,
                    Request { command, meta: CommandMeta { id, hash: Digest::ZERO, cause: None } },
                );
            }
        }
    }

    /// Batches go to the committer, and an append to the log, where it takes its time.
    fn pump(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        for (number, seat) in node.seats.iter_mut().enumerate() {
            if let Some(batch) = seat.owner.take_batch() {
                node.committer.submit(batch, number);
            }
        }
        if let Some(append) = node.committer.take_append() {
            assert!(node.in_flight.replace(append).is_none(), "two appends in flight");
        }
    }

    /// The append in flight comes to its end, one way or another.
    fn land(&mut self, node: usize) {
        let Some(append) = self.nodes[node].in_flight.take() else { return };
        let unknown = || Err(AppendError::Unknown("cut off".to_owned()));
        let result = match self.chance.below(100) {
            0..6 if self.faults => Err(AppendError::NotAppended("refused".to_owned())),
            6..12 if self.faults => {
                self.store.append(&append);
                unknown()
            }
            12..16 if self.faults => unknown(),
            16..24 if self.faults => {
                self.late.push(append);
                unknown()
            }
            _ => Ok(self.store.append(&append)),
        };
        let fates: Vec<_> = self.nodes[node].committer.finished(&result).collect();
        for (stream, fate) in fates {
            let Node { seats, committer, .. } = &mut self.nodes[node];
            let owner = &mut seats[stream].owner;
            if let Fate::Landed { first } = fate {
                owner.committed(first);
                if self.chance.percent(50)
                    && let Some(next) = owner.take_batch()
                {
                    committer.submit(next, stream);
                }
                haunt(self.faults && self.chance.percent(3));
                owner.settle();
                haunt(false);
            } else {
                owner.disrupted();
            }
            self.collect(node, stream);
        }
    }

    fn land_late(&mut self) {
        if !self.late.is_empty() {
            let late = self.late.swap_remove(self.chance.below(self.late.len()));
            self.store.append(&late);
        }
    }

    /// One step of recovery for each stream of the node that needs it: claim, or read a page, or resume.
    fn recover(&mut self, node: usize) {
        const PAGE: usize = 3;
        for number in 0..STREAMS {
            let seat = &mut self.nodes[node].seats[number];
            if !seat.owner.needs_recovery() {
                continue;
            }
            if self.faults && self.chance.percent(5) {
                seat.claim = None;
                continue;
            }
            let Some(claim) = seat.claim else {
                seat.owner.disrupted();
                seat.claim = Some(self.store.claim(&name(number)));
                self.restore(node, number);
                continue;
            };
            let page = self.store.read(&name(number), seat.owner.version(), PAGE);
            for recorded in &page {
                seat.owner.replay(recorded, &decoded(recorded)).unwrap();
            }
            if page.len() < PAGE {
                seat.claim = None;
                match seat.owner.resume(&claim, self.now) {
                    Ok(()) | Err(Unfit::Short { .. }) => {}
                    Err(unfit) => panic!("{unfit}"),
                }
                self.collect(node, number);
            }
        }
    }

    /// Every owner of the node is snapshotted; now and then the snapshot is lost on its way.
    fn snapshot(&mut self, node: usize) {
        for number in 0..STREAMS {
            if let Some(base) = self.nodes[node].seats[number].owner.base()
                && self.chance.percent(70)
            {
                self.snapshots[number].push(base.to_snapshot(name(number)).unwrap());
            }
        }
    }

    /// An owner that knows nothing finds some snapshot, old or new, or one of another log, or none.
    fn restore(&mut self, node: usize, number: usize) {
        let is_foreign = self.chance.percent(20);
        let kept = if is_foreign { &self.foreign[number] } else { &self.snapshots[number] };
        let owner = &mut self.nodes[node].seats[number].owner;
        if !owner.may_restore() || kept.is_empty() || self.chance.percent(30) {
            return;
        }
        let snapshot = &kept[self.chance.below(kept.len())];
        let recorded = self.store.read(&name(number), snapshot.taken_at.version - 1, 1).pop();
        if recorded.is_none() {
            return;
        }
        let code_version = Base::<Cloakroom>::code_version().unwrap();
        let kind = if snapshot.check(code_version, recorded.as_ref()).is_ok() {
            owner.restore(Base::of_snapshot(snapshot, &()).unwrap());
            "restored"
        } else {
            assert!(is_foreign, "a snapshot of this log was not believed");
            "foreign snapshot"
        };
        *self.seen.entry(kind).or_default() += 1;
    }

    fn crash(&mut self, node: usize) {
        let fresh = Node::new(self.incarnations, self.nodes.len() > 1);
        let crashed = std::mem::replace(&mut self.nodes[node], fresh);
        self.incarnations += 1;
        if let Some(append) = crashed.in_flight {
            match self.chance.below(3) {
                0 => drop(self.store.append(&append)),
                1 => self.late.push(append),
                _ => {}
            }
        }
    }

    fn pass_time(&mut self) {
        let passed = self.chance.below(20_000);
        self.now.elapsed += passed as u64;
        let passed = i64::try_from(passed).unwrap();
        let jump = if self.chance.percent(20) {
            40_000 - i64::try_from(self.chance.below(80_000)).unwrap()
        } else {
            0
        };
        self.now.wall = self.now.wall.plus_ms(passed + jump);
    }

    /// Without further faults everything comes to rest, everybody is answered, and the log is sound.
    fn settle(&mut self) {
        self.faults = false;
        for round in 0.. {
            assert!(round < 1_000, "it does not come to rest");
            if self.nodes.iter().all(Node::rests) {
                break;
            }
            for node in 0..self.nodes.len() {
                self.recover(node);
                self.pump(node);
                self.land(node);
            }
        }
        let live: BTreeSet<_> = self.nodes.iter().map(|node| node.incarnation).collect();
        for (number, sending) in self.sendings.iter().enumerate() {
            assert!(
                sending.answered || !live.contains(&sending.incarnation),
                "{number} {:?} was never answered",
                sending.request
            );
        }
        self.store.check();
        for number in 0..STREAMS {
            let state = self.store.state_at(&name(number), self.store.head());
            assert!(state.coats.len() <= super::toy::HOOKS, "{state:?}");
        }
    }

    fn collect(&mut self, node: usize, stream: usize) {
        let (alone, stream_name) = (self.nodes.len() == 1, name(stream));
        let seat = &mut self.nodes[node].seats[stream];
        for (ticket, verdict) in seat.owner.replies().collect::<Vec<_>>() {
            let sending = &mut self.sendings[ticket];
            assert!(!sending.answered, "{ticket} was answered twice");
            sending.answered = true;
            let leaves_at_once = matches!(
                verdict,
                Verdict::Now(Err(Failure::InFlight | Failure::KeyReused | Failure::Overloaded { .. }))
            );
            if !leaves_at_once {
                let before = seat.answered.replace(ticket);
                assert!(
                    before.is_none_or(|before| before < ticket),
                    "{ticket} was answered after {before:?}"
                );
            }
            let Sending { request, told, .. } = &self.sendings[ticket];
            let judge = Judge { store: &self.store, stream: &stream_name, request, told: *told, alone };
            let (kind, position) = judge.verdict(&verdict);
            self.told[stream] = self.told[stream].max(position);
            *self.seen.entry(kind).or_default() += 1;
        }
    }
}

/// Snapshots of a stream of the same name in another log: every hook is taken there.
fn of_another_log(stream: &StreamName) -> Vec<Snapshot> {
    let (mut store, now) = (Store::default(), Now { wall: Timestamp::from_unix_ms(900_000_000), elapsed: 0 });
    let mut owner = Owner::<Cloakroom, ()>::new(stream.clone(), false);
    owner.resume(&store.claim(stream), now).unwrap();
    let asks = (0..).map(|n| if n < 3 { Ask::Hang(n) } else { Ask::Ring { times: 1, bytes: 1 } });
    let snapshot = |(n, command)| {
        let meta = CommandMeta { id: Uuid::from_u128(n), hash: Digest::ZERO, cause: None };
        owner.decide((), Request { command, meta }, now);
        store.append(&[owner.take_batch().unwrap()]);
        owner.committed(store.head());
        owner.settle();
        owner.base().unwrap().to_snapshot(stream.clone()).unwrap()
    };
    (1..=40).zip(asks).map(snapshot).collect()
}

/// Runs every seed; a failure names its seed, and `World::new(seed).run()` repeats it.
pub(crate) fn run_all() -> BTreeMap<&'static str, usize> {
    hush();
    let mut seen = BTreeMap::new();
    for seed in 0..SEEDS {
        let run = catch_unwind(AssertUnwindSafe(|| World::new(seed).run()));
        let kinds = run.unwrap_or_else(|_| panic!("the simulation failed with seed {seed}"));
        for (kind, count) in kinds {
            *seen.entry(kind).or_default() += count;
        }
    }
    seen
}
