//! A file system of which one knows what is durable and what is not.
//!
//! A write, a new length, a name: each is at first only known to the running system, and durable once the file, or
//! the folder that has the name, was synchronised after it. No kindness of any real file system is assumed: that a
//! new file was synchronised does not make its name durable.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::{Path, PathBuf};

use super::trace::{Step, Unfinished};
use crate::faults::random::Random;

/// What a disk writes whole.
const SECTOR: u64 = 512;

type Node = usize;

/// Files and folders below one folder, which is durable itself.
pub(crate) struct Storage {
    root: PathBuf,
    nodes: Vec<Kept>,
    /// How many changes there were.
    clock: u64,
    /// By thread: what is being made durable, and up to which change.
    syncing: HashMap<u32, (Node, u64)>,
}

enum Kept {
    File(History<Vec<u8>, Change>),
    Folder(History<Names, Naming>),
}

type Names = BTreeMap<String, Node>;

/// What is durable, and what came after, in order.
struct History<T, C> {
    durable: T,
    since: VecDeque<(u64, C)>,
}

#[derive(Clone)]
enum Change {
    Write { offset: u64, data: Vec<u8> },
    Resize(u64),
}

#[derive(Clone)]
enum Naming {
    Name(String, Node),
    Forget(String),
    Move { from: String, to: String, node: Node },
}

/// What there is after a power cut.
pub(crate) type Image = BTreeMap<PathBuf, Content>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    File(Vec<u8>),
    Folder,
}

/// What a power cut leaves of what was not durable.
pub(crate) enum Leaves<'a> {
    /// Everything: it was no power cut.
    Everything,
    Nothing,
    /// Any sectors of any writes, and names up to any point.
    Some(&'a mut Random),
}

impl Storage {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), nodes: vec![Kept::folder()], clock: 0, syncing: HashMap::new() }
    }

    pub(crate) fn apply(&mut self, step: &Step) {
        match step {
            Step::Made(path) => self.make(path),
            Step::MadeFolder(path) => self.name(path, Kept::folder()),
            Step::Wrote { path, offset, data } => {
                self.change(path, Change::Write { offset: *offset, data: data.clone() });
            }
            Step::Resized { path, length } => {
                self.make(path);
                self.change(path, Change::Resize(*length));
            }
            Step::Renamed { from, to } => self.rename(from, to),
            Step::Removed(path) => self.rename_in(path, Naming::Forget(base(path))),
            Step::SyncBegan { thread, path } => {
                let node = self.find(path).unwrap_or_else(|| panic!("unknown: {}", path.display()));
                self.syncing.insert(*thread, (node, self.clock));
            }
            Step::SyncEnded { thread } => {
                if let Some((node, until)) = self.syncing.remove(thread) {
                    self.nodes[node].make_durable(until);
                }
            }
            Step::Answered { .. } => {}
        }
    }

    /// Takes over what was under way when the server was killed, as far as it really happened.
    pub(crate) fn settle(&mut self, unfinished: &[Unfinished], real: &Image) {
        self.syncing.clear();
        for Unfinished(step) in unfinished {
            match step {
                Step::Wrote { path, offset, data } => {
                    let Some(Content::File(content)) = real.get(path) else { continue };
                    let begin = usize::try_from(*offset).unwrap();
                    let end = content.len().min(begin + data.len());
                    if begin < end {
                        self.change(
                            path,
                            Change::Write { offset: *offset, data: content[begin..end].to_vec() },
                        );
                    }
                }
                Step::Resized { path, .. } => {
                    let Some(Content::File(content)) = real.get(path) else { continue };
                    let length = u64::try_from(content.len()).unwrap();
                    self.apply(&Step::Resized { path: path.clone(), length });
                }
                Step::Made(path) | Step::MadeFolder(path) if real.contains_key(path) => self.apply(step),
                Step::Removed(path) if !real.contains_key(path) => self.apply(step),
                Step::Renamed { from, to } if !real.contains_key(from) && real.contains_key(to) => {
                    self.apply(step)
                }
                _ => {}
            }
        }
    }

    /// What is there after a power cut.
    pub(crate) fn image(&self, mut leaves: Leaves<'_>) -> Image {
        let mut image = Image::new();
        self.collect(0, &self.root, &mut leaves, &mut image);
        image
    }

    fn collect(&self, node: Node, path: &Path, leaves: &mut Leaves<'_>, image: &mut Image) {
        match &self.nodes[node] {
            Kept::File(history) => {
                image.insert(path.to_owned(), Content::File(history.after(leaves)));
            }
            Kept::Folder(history) => {
                if node != 0 {
                    image.insert(path.to_owned(), Content::Folder);
                }
                for (name, node) in history.after(leaves) {
                    self.collect(node, &path.join(name), leaves, image);
                }
            }
        }
    }

    /// Makes a file unless there is one.
    fn make(&mut self, path: &Path) {
        if self.find(path).is_none() {
            self.name(path, Kept::File(History { durable: Vec::new(), since: VecDeque::new() }));
        }
    }

    fn name(&mut self, path: &Path, kept: Kept) {
        let node = self.nodes.len();
        self.nodes.push(kept);
        self.rename_in(path, Naming::Name(base(path), node));
    }

    fn rename(&mut self, from: &Path, to: &Path) {
        assert_eq!(from.parent(), to.parent(), "moved to another folder");
        let node = self.find(from).unwrap_or_else(|| panic!("unknown: {}", from.display()));
        self.rename_in(to, Naming::Move { from: base(from), to: base(to), node });
    }

    fn rename_in(&mut self, path: &Path, naming: Naming) {
        let parent = path.parent().and_then(|parent| self.find(parent));
        let Some(Kept::Folder(history)) = parent.map(|parent| &mut self.nodes[parent]) else {
            panic!("no folder for {}", path.display())
        };
        self.clock += 1;
        history.since.push_back((self.clock, naming));
    }

    fn change(&mut self, path: &Path, change: Change) {
        let node = self.find(path).unwrap_or_else(|| panic!("unknown: {}", path.display()));
        let Kept::File(history) = &mut self.nodes[node] else { panic!("a folder: {}", path.display()) };
        self.clock += 1;
        history.since.push_back((self.clock, change));
    }

    /// What has this name now.
    fn find(&self, path: &Path) -> Option<Node> {
        path.strip_prefix(&self.root).ok()?.iter().try_fold(0, |node, name| {
            let Kept::Folder(history) = &self.nodes[node] else { return None };
            let name = name.to_str().unwrap();
            let last = history.since.iter().rev().find_map(|(_, naming)| naming.says_of(name));
            last.unwrap_or_else(|| history.durable.get(name).copied())
        })
    }
}

impl Kept {
    fn folder() -> Self {
        Self::Folder(History { durable: Names::new(), since: VecDeque::new() })
    }

    fn make_durable(&mut self, until: u64) {
        match self {
            Self::File(history) => history.make_durable(until),
            Self::Folder(history) => history.make_durable(until),
        }
    }
}

/// What a history is made of.
trait Alters<T> {
    fn alter(&self, target: &mut T);
    /// Alters as much as chance lets survive; `false` if nothing that comes later can.
    fn alter_partly(&self, target: &mut T, random: &mut Random) -> bool;
}

impl<T: Clone, C: Alters<T>> History<T, C> {
    fn make_durable(&mut self, until: u64) {
        while let Some((_, change)) = self.since.pop_front_if(|(when, _)| *when <= until) {
            change.alter(&mut self.durable);
        }
    }

    fn after(&self, leaves: &mut Leaves<'_>) -> T {
        let mut result = self.durable.clone();
        for (_, change) in &self.since {
            match leaves {
                Leaves::Everything => change.alter(&mut result),
                Leaves::Nothing => break,
                Leaves::Some(random) => {
                    if !change.alter_partly(&mut result, random) {
                        break;
                    }
                }
            }
        }
        result
    }
}

impl Alters<Vec<u8>> for Change {
    fn alter(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => write(content, *offset, data),
            Self::Resize(length) => content.resize(usize::try_from(*length).unwrap(), 0),
        }
    }

    fn alter_partly(&self, content: &mut Vec<u8>, random: &mut Random) -> bool {
        // Often all of it, often nothing, and now and then one sector here and another there.
        let percent = *random.pick(&[0, 50, 100]);
        match self {
            Self::Write { offset, data } => {
                for (offset, part) in sectors(*offset, data) {
                    if random.is_within_percent(percent) {
                        write(content, offset, part);
                    }
                }
            }
            Self::Resize(_) if random.is_within_percent(percent) => self.alter(content),
            Self::Resize(_) => {}
        }
        true
    }
}

impl Alters<Names> for Naming {
    fn alter(&self, names: &mut Names) {
        match self {
            Self::Name(name, node) => {
                names.insert(name.clone(), *node);
            }
            Self::Forget(name) => {
                names.remove(name);
            }
            Self::Move { from, to, node } => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }

    fn alter_partly(&self, names: &mut Names, random: &mut Random) -> bool {
        let survives = random.is_within_percent(70);
        if survives {
            self.alter(names);
        }
        survives
    }
}

impl Naming {
    /// What has the name, if this says anything about it.
    fn says_of(&self, asked: &str) -> Option<Option<Node>> {
        match self {
            Self::Name(name, node) | Self::Move { to: name, node, .. } if name == asked => Some(Some(*node)),
            Self::Forget(name) | Self::Move { from: name, .. } if name == asked => Some(None),
            _ => None,
        }
    }
}

fn write(content: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let begin = usize::try_from(offset).unwrap();
    let end = begin + data.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[begin..end].copy_from_slice(data);
}

/// The parts of a write that one sector each has.
fn sectors(offset: u64, data: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut at = offset;
    let mut rest = data;
    std::iter::from_fn(move || {
        let room = usize::try_from(SECTOR - at % SECTOR).unwrap();
        let (part, left) = rest.split_at(room.min(rest.len()));
        let found = (at, part);
        at += u64::try_from(part.len()).unwrap();
        rest = left;
        (!part.is_empty()).then_some(found)
    })
}

fn base(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}
