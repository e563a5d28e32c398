//! Reads what strace wrote: what the server did to the files of one folder, and which answers it sent, in order.
//!
//! Nothing is guessed: a call that changes files in a way that is not understood here is an error, and so is a file
//! that is shared through memory. SQLite's `-shm` files are, and are left out: they are built anew after a crash.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Longer than anything that is written to a file at once. What is sent to clients may be cut.
const STRING_MAX: &str = "70000";

/// Everything by which files change or become durable, and everything that may carry an answer. Where an
/// architecture does not have a call, the question mark lets that pass.
const CALLS: &str = "trace=?open,openat,?openat2,?creat,write,writev,pwrite64,pwritev,?pwritev2,fsync,fdatasync,\
    ?sync_file_range,ftruncate,truncate,fallocate,?rename,?renameat,?renameat2,?unlink,unlinkat,?rmdir,?mkdir,mkdirat,\
    ?link,linkat,?symlink,symlinkat,copy_file_range,sendfile,splice,sendto,sendmsg,lseek,mmap";

/// `HTTP/1.1 `, as strace writes it.
const ANSWER: &str = r#""\x48\x54\x54\x50\x2f\x31\x2e\x31\x20"#;

/// strace's arguments, so that [`read`] understands what it writes to `file`.
pub(crate) fn arguments(file: &Path) -> [&str; 8] {
    ["-y", "-xx", "-s", STRING_MAX, "-e", CALLS, "-o", file.to_str().unwrap()]
}

/// Something that the server did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A file was made, or emptied if it was there.
    Made(PathBuf),
    MadeFolder(PathBuf),
    Wrote {
        path: PathBuf,
        offset: u64,
        data: Vec<u8>,
    },
    Resized {
        path: PathBuf,
        length: u64,
    },
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    Removed(PathBuf),
    /// A thread asked for what a file or folder holds to be made durable …
    SyncBegan {
        thread: u32,
        path: PathBuf,
    },
    /// … and was told that it is.
    SyncEnded {
        thread: u32,
    },
    /// An answer left that rests on this position of the log.
    Answered {
        position: u64,
    },
}

/// What was under way when the server was killed, and may have happened or not.
#[derive(Debug)]
pub(crate) struct Unfinished(pub Step);

/// Everything that strace wrote, as far as it is about the folder and the answers.
pub(crate) fn read(text: &str, folder: &Path) -> (Vec<Step>, Vec<Unfinished>) {
    let mut reader = Reader { folder, steps: Vec::new(), begun: HashMap::new(), files: HashMap::new() };
    for line in text.lines() {
        reader.line(line);
    }
    let begun: Vec<String> = reader.begun.drain().map(|(_, call)| call).collect();
    let effects = begun.iter().flat_map(|call| reader.effects(&Call::parse(call, None)));
    let unfinished = effects.map(Unfinished).collect();
    (reader.steps, unfinished)
}

struct Reader<'a> {
    folder: &'a Path,
    steps: Vec<Step>,
    /// By thread: the call that it is in, without what comes back. When the thread is ended in it, that is `?`.
    begun: HashMap<u32, String>,
    /// Where the next plain write to an open file goes.
    files: HashMap<u32, Cursor>,
}

struct Cursor {
    path: PathBuf,
    offset: u64,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) {
        let (thread, rest) = line.split_once(' ').unwrap_or_else(|| panic!("no thread: {line}"));
        let (thread, rest) = (thread.parse().unwrap(), rest.trim_start());
        if rest.starts_with("+++") || rest.starts_with("---") {
            return;
        }
        if let Some((begun, _)) = rest.split_once("<unfinished ...>") {
            self.begins(thread, begun.trim_end());
            self.begun.insert(thread, begun.trim_end().to_owned());
        } else if rest.starts_with("<... ") {
            let (_, end) = rest.split_once(" resumed>").unwrap();
            if !end.ends_with("= ?") {
                let begun = self.begun.remove(&thread).unwrap_or_else(|| panic!("never begun: {line}"));
                self.ends(thread, &(begun + end));
            }
        } else if rest.ends_with("= ?") {
            self.begins(thread, rest);
            self.begun.insert(thread, rest.to_owned());
        } else {
            self.begins(thread, rest);
            self.ends(thread, rest);
        }
    }

    /// What counts from the moment at which it is asked for.
    fn begins(&mut self, thread: u32, call: &str) {
        if let Some(at) = call.find(ANSWER) {
            self.steps.extend(position_of(&call[at..]).map(|position| Step::Answered { position }));
        } else if (call.starts_with("fsync(") || call.starts_with("fdatasync("))
            && let Some(path) = self.within(&file(call))
        {
            self.steps.push(Step::SyncBegan { thread, path });
        }
    }

    /// What counts once it is done.
    fn ends(&mut self, thread: u32, call: &str) {
        let (call, result) = call.rsplit_once(" = ").unwrap_or_else(|| panic!("no result: {call}"));
        let result = result.split([' ', '<']).next().unwrap();
        let Some(result) = result.parse::<i64>().ok().and_then(|result| u64::try_from(result).ok()) else {
            return;
        };
        let call = Call::parse(call, Some(result));
        if call.name == "fsync" || call.name == "fdatasync" {
            self.steps.push(Step::SyncEnded { thread });
        } else {
            let steps = self.effects(&call);
            self.steps.extend(steps);
        }
    }

    /// What a call that succeeds does to files of the folder.
    fn effects(&mut self, call: &Call) -> Vec<Step> {
        let step = match call.name {
            "open" | "openat" | "openat2" | "creat" => return self.opened(call).into_iter().collect(),
            "write" => return self.written(call).into_iter().collect(),
            "lseek" => return self.sought(call),
            "pwrite64" => self.within(&file(call.argument(0))).map(|path| Step::Wrote {
                path,
                offset: number(call.argument(3)),
                data: call.data(bytes(call.argument(1))),
            }),
            "ftruncate" => self
                .within(&file(call.argument(0)))
                .map(|path| Step::Resized { path, length: number(call.argument(1)) }),
            "rename" | "renameat" | "renameat2" => {
                let (from, to) = match call.name {
                    "rename" => (name(call.argument(0)), name(call.argument(1))),
                    _ => (at(call.argument(0), call.argument(1)), at(call.argument(2), call.argument(3))),
                };
                match (self.within(&from), self.within(&to)) {
                    (Some(from), Some(to)) => Some(Step::Renamed { from, to }),
                    (None, None) => None,
                    _ => panic!("moved in or out: {}", call.text),
                }
            }
            "unlink" => self.within(&name(call.argument(0))).map(Step::Removed),
            "unlinkat" => self.within(&at(call.argument(0), call.argument(1))).map(Step::Removed),
            "mkdir" => self.within(&name(call.argument(0))).map(Step::MadeFolder),
            "mkdirat" => self.within(&at(call.argument(0), call.argument(1))).map(Step::MadeFolder),
            "mmap" => {
                let is_shared = call.argument(3).contains("MAP_SHARED") && call.argument(4).contains('<');
                let shared = is_shared.then(|| self.within(&file(call.argument(4)))).flatten();
                assert_eq!(shared, None, "a file is written through memory");
                None
            }
            "fsync" | "fdatasync" | "sendto" | "sendmsg" => None,
            // Whatever else there is must be about something else.
            _ => {
                let known = call.paths().find_map(|path| self.within(&path));
                assert_eq!(known, None, "not understood: {}", call.text);
                None
            }
        };
        step.into_iter().collect()
    }

    fn opened(&mut self, call: &Call) -> Option<Step> {
        assert!(!matches!(call.name, "openat2" | "creat"), "not understood: {}", call.text);
        let (path, flags) = match call.name {
            "open" => (name(call.argument(0)), call.argument(1)),
            _ => (at(call.argument(0), call.argument(1)), call.argument(2)),
        };
        let path = self.within(&path)?;
        let flags: Vec<&str> = flags.split('|').collect();
        let has = |flag| flags.contains(&flag);
        if let Some(result) = call.result.and_then(|result| u32::try_from(result).ok()) {
            self.files.remove(&result);
            if has("O_WRONLY") && !has("O_APPEND") {
                self.files.insert(result, Cursor { path: path.clone(), offset: 0 });
            }
        }
        match (has("O_CREAT"), has("O_TRUNC")) {
            (false, false) => None,
            (true, false) => Some(Step::Made(path)),
            (true, true) | (false, true) => Some(Step::Resized { path, length: 0 }),
        }
    }

    fn written(&mut self, call: &Call) -> Option<Step> {
        let path = self.within(&file(call.argument(0)))?;
        let descriptor: u32 = call.argument(0).split('<').next().unwrap().parse().unwrap();
        let cursor = self.files.get_mut(&descriptor).filter(|cursor| cursor.path == path);
        let cursor = cursor.unwrap_or_else(|| panic!("written at an unknown place: {}", path.display()));
        let (offset, data) = (cursor.offset, call.data(bytes(call.argument(1))));
        cursor.offset += u64::try_from(data.len()).unwrap();
        Some(Step::Wrote { path, offset, data })
    }

    fn sought(&mut self, call: &Call) -> Vec<Step> {
        let descriptor = call.argument(0).split('<').next().unwrap().parse::<u32>().unwrap();
        if let (Some(cursor), Some(offset)) = (self.files.get_mut(&descriptor), call.result) {
            cursor.offset = offset;
        }
        Vec::new()
    }

    /// The path, if it is in the folder and not made of memory.
    fn within(&self, path: &Path) -> Option<PathBuf> {
        let is_memory = path.to_string_lossy().ends_with("-shm");
        (path.starts_with(self.folder) && !is_memory).then(|| path.to_owned())
    }
}

struct Call<'a> {
    text: &'a str,
    name: &'a str,
    arguments: Vec<&'a str>,
    /// What it came to; `None` where that is not known.
    result: Option<u64>,
}

impl<'a> Call<'a> {
    fn parse(text: &'a str, result: Option<u64>) -> Self {
        let (name, rest) = text.split_once('(').unwrap_or_else(|| panic!("not a call: {text}"));
        Self { text, name, arguments: separated(rest), result }
    }

    fn argument(&self, index: usize) -> &'a str {
        self.arguments.get(index).unwrap_or_else(|| panic!("no argument {index}: {}", self.text))
    }

    /// As much of the data as was written.
    fn data(&self, mut data: Vec<u8>) -> Vec<u8> {
        if let Some(written) = self.result {
            data.truncate(usize::try_from(written).unwrap());
        }
        data
    }

    /// Everything that looks like a path.
    fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.text.split(['<', '>', '"']).filter(|part| part.starts_with(r"\x2f")).map(path)
    }
}

/// What stands between the parentheses of a call, where the first is left out.
fn separated(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut begin, mut at, mut depth) = (0, 0, 0);
    while let Some(letter) = text.as_bytes().get(at) {
        match letter {
            // Strings are long, and all hexadecimal digits.
            b'"' => at += text[at + 1..].find('"').map_or(text.len(), |length| length + 1),
            b'[' | b'{' | b'(' => depth += 1,
            b')' if depth == 0 => break,
            b']' | b'}' | b')' => depth -= 1,
            b',' if depth == 0 => {
                found.push(text[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    found.push(text[begin..at.min(text.len())].trim());
    found
}

/// The path of an open file, as in `5<\x2f…>`.
fn file(argument: &str) -> PathBuf {
    let (_, rest) = argument.split_once('<').unwrap_or_default();
    path(rest.split('>').next().unwrap_or_default())
}

fn name(argument: &str) -> PathBuf {
    path(argument.trim_matches('"'))
}

/// A name that counts from an open folder.
fn at(folder: &str, argument: &str) -> PathBuf {
    file(folder).join(name(argument))
}

fn path(text: &str) -> PathBuf {
    PathBuf::from(String::from_utf8(unescaped(text)).unwrap())
}

fn number(argument: &str) -> u64 {
    argument.parse().unwrap_or_else(|_| panic!("not a number: {argument}"))
}

fn bytes(argument: &str) -> Vec<u8> {
    assert!(argument.ends_with('"'), "strace has cut what was written");
    unescaped(argument.trim_matches('"'))
}

/// Bytes that are written as `\x2f\x74`. What is not, as in `socket:[7]`, has none.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    // A hundred megabytes come through here, in a test that is not optimised.
    for part in text.as_bytes().chunks_exact(4) {
        let (high, low) = (DIGITS[usize::from(part[2])], DIGITS[usize::from(part[3])]);
        if part[0] != b'\\' || high > 15 || low > 15 {
            break;
        }
        bytes.push(high << 4 | low);
    }
    bytes
}

/// What hexadecimal digits stand for.
const DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

/// The position that an answer tells in its header.
fn position_of(text: &str) -> Option<u64> {
    let escaped = text[1..].split('"').next()?;
    let answer = String::from_utf8_lossy(&unescaped(escaped)).to_ascii_lowercase();
    let (head, _) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let header = head.lines().find_map(|line| line.strip_prefix("log-position:"))?;
    Some(header.trim().parse().unwrap())
}
