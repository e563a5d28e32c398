//! Checks a whole export on all cores.
//!
//! Reading lines and computing hashes needs no order, so threads do that chunk by chunk; joining and judging needs
//! the order of the log, and happens here in between:
//!
//! 1. a thread reads the lines of a chunk;
//! 2. here each event is joined to its stream, which tells the hash before it;
//! 3. a thread computes the hashes of the chunk;
//! 4. here the events are judged.
//!
//! A fault at any step ends its chunk there, so the first fault of the log is the first that step 4 meets. What is
//! under way is bounded: the memory used does not grow with the export, only with what it describes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::chain::Chain;
use crate::checker::Checker;
use crate::fold::World;
use crate::line::Line;
use crate::report::{Heads, Report};
use crate::rule::{Broken, Rule, Verdict};
use crate::value::Digest;

/// How long a line may be, in bytes: room for the largest seating plan, whose every quote is escaped.
const LINE_MAX: u64 = 128 << 20;

/// How many bytes a chunk has at least, unless the export ends.
const CHUNK_BYTES: usize = 64 << 10;

/// How many chunks are at each step for each thread.
const CHUNKS_PER_THREAD: usize = 2;

/// Checks an export that is read line by line.
///
/// # Errors
/// What the reader says. A log that is not sound is no error: see [`Report`].
pub fn verify_reader(mut export: impl BufRead, heads: Option<Heads>) -> io::Result<Report> {
    verify(heads, |chunk| {
        while chunk.bytes.len() < CHUNK_BYTES {
            if export.by_ref().take(LINE_MAX).read_until(b'\n', &mut chunk.bytes)? == 0 {
                return Ok(false);
            }
            if chunk.bytes.last() == Some(&b'\n') {
                chunk.bytes.pop();
            }
            chunk.ends.push(chunk.bytes.len());
        }
        Ok(true)
    })
}

/// Checks an export whose lines are at hand, each without its line feed.
pub fn verify_lines(lines: impl IntoIterator<Item = impl AsRef<str>>, heads: Option<Heads>) -> Report {
    let mut lines = lines.into_iter();
    let Ok(report) = verify::<Infallible>(heads, |chunk| {
        while chunk.bytes.len() < CHUNK_BYTES {
            let Some(line) = lines.next() else { return Ok(false) };
            chunk.bytes.extend_from_slice(line.as_ref().as_bytes());
            chunk.ends.push(chunk.bytes.len());
        }
        Ok(true)
    });
    report
}

/// Checks what `fill` puts into chunks, until it says that there is no more.
fn verify<E>(heads: Option<Heads>, fill: impl FnMut(&mut Chunk) -> Result<bool, E>) -> Result<Report, E> {
    let mut checker = heads.as_ref().map_or_else(Checker::new, Checker::expecting);
    let count = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<Worker> = (0..count)
            .map(|_| {
                let (worker, bench) = Worker::hire();
                scope.spawn(move || bench.work());
                worker
            })
            .collect();
        run(&workers, &mut checker, fill)
    })?;
    Ok(checker.finish(heads))
}

fn run<E>(
    workers: &[Worker],
    checker: &mut Checker,
    mut fill: impl FnMut(&mut Chunk) -> Result<bool, E>,
) -> Result<(), E> {
    let depth = workers.len() * CHUNKS_PER_THREAD;
    let (mut reading, mut hashing) = (VecDeque::new(), VecDeque::new());
    let mut turns = workers.iter().cycle();
    let mut spare: Vec<Chunk> = Vec::new();
    let (mut more, mut joined) = (true, true);
    while more || !reading.is_empty() || !hashing.is_empty() {
        if more {
            let mut chunk = spare.pop().unwrap_or_default();
            chunk.bytes.clear();
            chunk.ends.clear();
            more = fill(&mut chunk)?;
            let Some(worker) = turns.next() else { return Ok(()) };
            reading.push_back(worker.hand(chunk, Step::Read));
        }
        if (!more || reading.len() > depth)
            && let Some(worker) = reading.pop_front()
        {
            let Ok(mut chunk) = worker.read.recv() else { return Ok(()) };
            if joined {
                chunk.join(&mut checker.chain);
                joined = chunk.broken.is_none();
                more &= joined;
                hashing.push_back(worker.hand(chunk, Step::Hash));
            }
        }
        if (reading.is_empty() || hashing.len() > depth)
            && let Some(worker) = hashing.pop_front()
        {
            let Ok(mut chunk) = worker.hashed.recv() else { return Ok(()) };
            if let Err(broken) = chunk.judge(&mut checker.world) {
                checker.stop(checker.world.position() + 1, broken);
                return Ok(());
            }
            spare.push(chunk);
        }
    }
    Ok(())
}

/// A thread as those see it who give it work. What it was given comes back in the same order. Where the thread has
/// panicked nothing comes back, and the panic goes on in whoever waits for the thread.
struct Worker {
    work: Sender<(Chunk, Step)>,
    read: Receiver<Chunk>,
    hashed: Receiver<Chunk>,
}

/// The same as the thread sees it.
struct Bench {
    work: Receiver<(Chunk, Step)>,
    read: Sender<Chunk>,
    hashed: Sender<Chunk>,
}

#[derive(Clone, Copy)]
enum Step {
    Read,
    Hash,
}

impl Worker {
    fn hire() -> (Self, Bench) {
        let (give, work) = channel();
        let (give_read, read) = channel();
        let (give_hashed, hashed) = channel();
        (Self { work: give, read, hashed }, Bench { work, read: give_read, hashed: give_hashed })
    }

    fn hand(&self, chunk: Chunk, step: Step) -> &Self {
        // A thread that is gone is noticed where its answer is awaited.
        let _ = self.work.send((chunk, step));
        self
    }
}

impl Bench {
    /// Works until nobody gives work, or wants the answers, any more.
    fn work(self) {
        for (mut chunk, step) in &self.work {
            let sent = match step {
                Step::Read => {
                    chunk.read();
                    self.read.send(chunk)
                }
                Step::Hash => {
                    chunk.hash();
                    self.hashed.send(chunk)
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

/// Lines that are worked on together.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// Where each line ends in `bytes`.
    ends: Vec<usize>,
    lines: Vec<Entry>,
    /// What is wrong with the line after the last one of `lines`.
    broken: Option<Broken>,
}

struct Entry {
    from: usize,
    to: usize,
    line: Line,
    /// The hash before it in its stream.
    previous: Digest,
}

impl Chunk {
    fn read(&mut self) {
        // Cleared here and not where they were judged: freeing what they hold is work too.
        self.lines.clear();
        let mut from = 0;
        for &to in &self.ends {
            let text = str::from_utf8(self.bytes.get(from..to).unwrap_or_default());
            let line = text.map_or_else(|error| Rule::LineIsJson.broken(error.to_string()), Line::read);
            match line {
                Ok(line) => self.lines.push(Entry { from, to, line, previous: Digest::default() }),
                Err(broken) => {
                    self.broken = Some(broken);
                    return;
                }
            }
            from = to;
        }
    }

    fn join(&mut self, chain: &mut Chain) {
        self.until_broken(|_, entry| {
            match &entry.line {
                Line::Document(document) => chain.document(document.digest)?,
                Line::Event(event) => entry.previous = chain.link(event)?,
            }
            Ok(())
        });
    }

    fn hash(&mut self) {
        self.until_broken(|bytes, entry| match &entry.line {
            Line::Document(_) => Ok(()),
            Line::Event(event) => {
                event.check_hash(bytes.get(entry.from..entry.to).unwrap_or_default(), &entry.previous)
            }
        });
    }

    fn judge(&mut self, world: &mut World) -> Verdict {
        for entry in &self.lines {
            match &entry.line {
                Line::Document(document) => world.document(document),
                Line::Event(event) => world.fold(event)?,
            }
        }
        self.broken.take().map_or(Ok(()), Err)
    }

    /// Looks at each line, and ends the chunk before the first one that is broken.
    fn until_broken(&mut self, mut look: impl FnMut(&[u8], &mut Entry) -> Verdict) {
        let found = (0..)
            .zip(&mut self.lines)
            .find_map(|(place, entry)| look(&self.bytes, entry).err().map(|broken| (place, broken)));
        if let Some((place, broken)) = found {
            self.lines.truncate(place);
            self.broken = Some(broken);
        }
    }
}
