//! What only the operating system knows: limits, disks, processor time.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Processor time is counted in hundredths of a second (`USER_HZ` is 100 wherever this runs).
const TICK: Duration = Duration::from_millis(10);

/// How many files and connections this process may have open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenFiles {
    /// What holds now; none is no limit.
    pub(crate) now: Option<u64>,
    /// What it can be raised to.
    pub(crate) most: Option<u64>,
}

/// The limit on open files.
#[cfg(unix)]
pub(crate) fn open_files() -> OpenFiles {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    OpenFiles { now: limit.current, most: limit.maximum }
}

/// The limit on open files.
#[cfg(not(unix))]
pub(crate) fn open_files() -> OpenFiles {
    OpenFiles { now: None, most: None }
}

/// Raises the limit on open files as far as it goes, since every connection is one. Tells what holds then.
pub(crate) fn raise_open_files() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
            tracing::debug!(%error, "the limit on open files stays as it is");
        }
    }
    open_files().now
}

/// How many bytes are free on the disk of a folder, where that is known.
#[cfg(unix)]
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// How many bytes are free on the disk of a folder, where that is known.
#[cfg(not(unix))]
pub(crate) fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// How many threads ran or waited for a core on average during the last minute, where the system tells.
pub(crate) fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// How long a small write takes in a folder until the disk says that it has it: the middle one of several.
pub(crate) fn sync_latency(folder: &Path) -> std::io::Result<Duration> {
    const WRITES: usize = 21;
    let mut file = tempfile::tempfile_in(folder)?;
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let started = Instant::now();
        write_and_sync(&mut file)?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(WRITES / 2).copied().unwrap_or_default())
}

fn write_and_sync(file: &mut File) -> std::io::Result<()> {
    file.write_all(&[0x42; 4_096])?;
    file.sync_data()
}

/// The processor time that a process has used so far, where the system tells.
pub(crate) fn processor_time(process: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    ticks(&text, OWN).map(|ticks| TICK.saturating_mul(ticks))
}

/// The processor time of those processes that this one has started and that have ended.
pub(crate) fn processor_time_of_ended() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    ticks(&text, ENDED).map(|ticks| TICK.saturating_mul(ticks))
}

/// The processor time of a process, with that of the processes that it started, whether they still run or not.
pub(crate) fn processor_time_of_family(process: u32) -> Option<Duration> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let children = children.unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    let children: Duration = children.filter_map(processor_time).sum();
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let ended = TICK.saturating_mul(ticks(&text, ENDED)?);
    processor_time(process).map(|time| time + children + ended)
}

/// The processor time that this process has used so far, to the microsecond and better.
#[cfg(unix)]
pub(crate) fn own_processor_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).ok()
}

/// The processor time that this process has used so far.
#[cfg(not(unix))]
pub(crate) fn own_processor_time() -> Option<Duration> {
    None
}

/// Where the times of a process begin, counted after its name, which may contain anything: fields 14 and 15.
const OWN: usize = 11;

/// The same of its children that have ended and were waited for: fields 16 and 17.
const ENDED: usize = 13;

/// User and system time.
fn ticks(stat: &str, from: usize) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(from);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_past_any_name() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 7 1 20 0 8 0 100 0 0";
        assert_eq!((ticks(stat, OWN), ticks(stat, ENDED)), (Some(300), Some(8)));
        if cfg!(target_os = "linux") {
            assert!(processor_time_of_family(std::process::id()).is_some());
            assert!(own_processor_time().is_some() && processor_time_of_ended().is_some());
        }
    }

    #[test]
    fn a_disk_takes_time_to_write() {
        let folder = tempfile::tempdir().unwrap();
        assert!(sync_latency(folder.path()).unwrap() > Duration::ZERO);
    }
}
