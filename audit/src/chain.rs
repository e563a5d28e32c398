//! Joins each event to what came before it: positions, versions, hashes, log time, commands.
//!
//! A link is made before the hash is computed: it takes the hash that a line claims, so that the hashes of many
//! lines can be computed at the same time. Whoever links an event checks its hash against what [`Chain::link`]
//! answers.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

use crate::line::{Command, Event};
use crate::report::Heads;
use crate::rule::{Broken, Rule, Verdict};
use crate::value::{CommandId, Digest, Stream, Time};

/// For how long a stream remembers what it has done, in milliseconds of log time.
const COMMAND_MEMORY_MS: i64 = 24 * 60 * 60 * 1000;

/// Where the log and each of its streams have come to.
#[derive(Default)]
pub(crate) struct Chain {
    position: u64,
    heads: HashMap<Stream, Head>,
    documents: HashSet<Digest>,
    /// Hashes that are known from elsewhere and were not reached yet.
    expected: HashMap<(Stream, u64), Digest>,
}

/// Where a stream has come to.
struct Head {
    version: u64,
    hash: Digest,
    log_time: Time,
    position: u64,
    command: Command,
    commands: HashMap<CommandId, Time>,
    /// The same by age, so that they can be forgotten.
    by_age: VecDeque<(Time, CommandId)>,
}

impl Chain {
    /// A chain that is known to have certain hashes.
    pub(crate) fn expecting(heads: &Heads) -> Self {
        let known = heads.streams.iter().flatten().filter_map(|(name, (version, hash))| {
            Some(((Stream::parse(name)?, *version), Digest::parse(hash.as_bytes().try_into().ok()?)?))
        });
        Self { expected: known.collect(), ..Self::default() }
    }

    /// The position of the last event.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// How many streams there are.
    pub(crate) fn streams(&self) -> usize {
        self.heads.len()
    }

    /// How many documents there are.
    pub(crate) fn documents(&self) -> usize {
        self.documents.len()
    }

    /// Takes note of a document.
    pub(crate) fn document(&mut self, digest: Digest) -> Verdict {
        Rule::DocumentsComeFirst
            .holds(self.position == 0, || format!("{digest} after position {}", self.position))?;
        Rule::DocumentStandsOnce.holds(self.documents.insert(digest), || format!("{digest} stood before"))
    }

    /// Joins an event to its stream, and answers the hash that its own has to follow from.
    pub(crate) fn link(&mut self, event: &Event) -> Verdict<Digest> {
        let expected = self.position + 1;
        Rule::PositionsCount.holds(event.position == expected, || {
            format!("expected {expected}, the line says {}", event.position)
        })?;
        if let Some(cause) = event.command.cause {
            let reached = self.heads.get(&cause.stream).map_or(0, |head| head.version);
            Rule::CauseIsEarlier.holds((1..=reached).contains(&cause.version), || {
                format!("{cause}, where that stream has come to {reached}")
            })?;
        }
        if !self.expected.is_empty()
            && let Some(hash) = self.expected.remove(&(event.stream, event.version))
        {
            Rule::HeadIsReached.holds(hash == event.hash, || {
                format!(
                    "{} version {} is known as {hash}, the line says {}",
                    event.stream, event.version, event.hash
                )
            })?;
        }
        let previous = match self.heads.entry(event.stream) {
            Entry::Occupied(entry) => entry.into_mut().advance(event)?,
            Entry::Vacant(entry) => {
                version_counts(event, 1)?;
                entry.insert(Head::begin(event));
                Digest::default()
            }
        };
        self.position = expected;
        Ok(previous)
    }

    /// Compares where the log has come to with what is known of it, and answers the first position that differs.
    pub(crate) fn reaches(&self, heads: &Heads) -> Result<(), (u64, Broken)> {
        let streams = heads
            .streams
            .iter()
            .flatten()
            .map(|(name, (version, hash))| self.reaches_head(name, *version, hash));
        let position = Rule::HeadIsReached
            .holds(self.position >= heads.position, || {
                format!("the log ends at position {}, {} is known", self.position, heads.position)
            })
            .map_err(|broken| (self.position + 1, broken));
        let beyond = heads.is_end.then(|| self.ends_at(heads)).into_iter().flatten();
        let first = streams
            .chain([position])
            .chain(beyond)
            .filter_map(Result::err)
            .min_by_key(|(position, _)| *position);
        first.map_or(Ok(()), Err)
    }

    /// What is in the log although the heads say that it ends before.
    fn ends_at<'a>(&'a self, heads: &'a Heads) -> impl Iterator<Item = Result<(), (u64, Broken)>> + 'a {
        let position = Rule::HeadIsReached
            .holds(self.position <= heads.position, || {
                format!("the log is known to end at position {}", heads.position)
            })
            .map_err(|broken| (heads.position + 1, broken));
        let known = heads.streams.as_ref();
        let streams = self.heads.iter().filter_map(move |(stream, head)| {
            let (version, _) = known?.get(&stream.to_string()).cloned().unwrap_or_default();
            let verdict = Rule::HeadIsReached.holds(head.version <= version, || {
                format!("{stream} comes to version {}, and is known to end at {version}", head.version)
            });
            Some(verdict.map_err(|broken| (head.position, broken)))
        });
        streams.chain([position])
    }

    fn reaches_head(&self, name: &str, version: u64, hash: &str) -> Result<(), (u64, Broken)> {
        let head = Stream::parse(name).and_then(|stream| self.heads.get(&stream));
        let reached = head.map_or(0, |head| head.version);
        Rule::HeadIsReached
            .holds(reached >= version, || format!("{name} ends at version {reached}, {version} is known"))
            .map_err(|broken| (self.position + 1, broken))?;
        let Some(head) = head.filter(|head| head.version == version) else { return Ok(()) };
        Rule::HeadIsReached
            .holds(head.hash.to_string() == hash, || {
                format!("{name} version {version} is known as {hash}, the line says {}", head.hash)
            })
            .map_err(|broken| (head.position, broken))
    }
}

impl Head {
    fn begin(event: &Event) -> Self {
        let mut head = Self {
            version: 1,
            hash: event.hash,
            log_time: event.log_time,
            position: event.position,
            command: event.command,
            commands: HashMap::new(),
            by_age: VecDeque::new(),
        };
        head.remember(event);
        head
    }

    /// Moves on to the next event, and answers the hash before it.
    fn advance(&mut self, event: &Event) -> Verdict<Digest> {
        version_counts(event, self.version + 1)?;
        let (before, now) = (self.log_time, event.log_time);
        Rule::TimeNeverGoesBack
            .holds(now >= before, || format!("{now} after {before} in {}", event.stream))?;
        while let Some((time, id)) = self.by_age.front().copied()
            && now.since(time) >= COMMAND_MEMORY_MS
        {
            self.by_age.pop_front();
            self.commands.remove(&id);
        }
        let id = event.command.id;
        if id == self.command.id && self.commands.contains_key(&id) {
            let same = event.command == self.command && now == before;
            Rule::CommandIsOne.holds(same, || {
                format!("command {id} goes on at {now} after {before}, or with another hash or cause")
            })?;
        } else if let Some(time) = self.commands.get(&id) {
            return Rule::CommandComesOnce
                .broken(format!("command {id} was there at {time}, and again at {now}"));
        } else {
            self.remember(event);
        }
        let previous = std::mem::replace(&mut self.hash, event.hash);
        self.version = event.version;
        self.log_time = now;
        self.position = event.position;
        self.command = event.command;
        Ok(previous)
    }

    fn remember(&mut self, event: &Event) {
        self.commands.insert(event.command.id, event.log_time);
        self.by_age.push_back((event.log_time, event.command.id));
    }
}

fn version_counts(event: &Event, expected: u64) -> Verdict {
    Rule::VersionsCount.holds(event.version == expected, || {
        format!("expected {expected} in {}, the line says {}", event.stream, event.version)
    })
}
