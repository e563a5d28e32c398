//! What is in the data folder, and who may touch it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use boxoffice_commands::clock::Clock as _;
use boxoffice_infra::OpenError;
use boxoffice_infra::archive::Archive as _;
use boxoffice_infra::clock::SystemClock;
use boxoffice_infra::folder::LOCK_FILE;
use boxoffice_infra::keys::{ADMIN_TOKEN_FILE, KEYS_FILE};
use boxoffice_infra::sqlite::{LOG_FILE, LogReader, SqliteLog};
use boxoffice_infra::vault::VAULT_FILE;
use boxoffice_projections::feed::LogFeed as _;

use super::Finding;
use crate::cli::{system, words};

/// Below this the server may stop at any time.
const SPACE_NEEDED: u64 = 100 << 20;

/// Below this somebody should look.
const SPACE_WANTED: u64 = 1 << 30;

/// A disk that is faster than this most likely does not wait for its medium.
const SYNC_SUSPICIOUS: Duration = Duration::from_micros(8);

/// A disk that is slower than this makes every answer wait.
const SYNC_SLOW: Duration = Duration::from_millis(20);

/// How far the log may be ahead of the clock.
const AHEAD_MS_MAX: i64 = 1_000;

/// Whether a server uses the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// There is no folder, or nobody has used it yet.
    Unused,
    /// Nobody uses it now.
    Free,
    /// A server uses it.
    Taken,
    /// That cannot be found out.
    Unknown,
}

/// Looks whether a server has the folder locked. Takes the lock for a moment where nobody has it.
pub(super) fn lock(data: &Path) -> Lock {
    let Ok(file) = File::open(data.join(LOCK_FILE)) else { return Lock::Unused };
    match file.try_lock_shared() {
        Ok(()) => Lock::Free,
        Err(TryLockError::WouldBlock) => Lock::Taken,
        Err(TryLockError::Error(_)) => Lock::Unknown,
    }
}

impl Lock {
    pub(super) fn finding(self, data: &Path) -> Finding {
        const CHECK: &str = "lock";
        let data = data.display();
        match self {
            Self::Unused => Finding::ok(CHECK, format!("No server has used {data} yet.")),
            Self::Free => Finding::ok(CHECK, format!("No server uses {data} now.")),
            Self::Taken => Finding::ok(CHECK, format!("A server uses {data} now; a second one could not.")),
            Self::Unknown => Finding::warn(
                CHECK,
                format!("It cannot be told whether a server uses {data}."),
                "The file system may not know locks. Put the data folder on a local disk.",
            ),
        }
    }
}

/// Whether the folder is there, private and writable, and what its disk is like.
pub(super) fn access(data: &Path) -> Vec<Finding> {
    const CHECK: &str = "data folder";
    let shown = data.display();
    let Some(existing) = nearest(data) else {
        return vec![Finding::fail(
            CHECK,
            format!("{shown} cannot be made."),
            "Choose another folder with --data.",
        )];
    };
    if !existing.is_dir() {
        let found = format!("{} is not a folder.", existing.display());
        return vec![Finding::fail(CHECK, found, "Choose another folder with --data.")];
    }
    let mut findings = vec![if existing == data {
        private(data)
    } else {
        Finding::ok(CHECK, format!("{shown} does not exist yet; the server makes it."))
    }];
    findings.push(match system::sync_latency(&existing) {
        Err(error) => Finding::fail(
            CHECK,
            format!("Nothing can be written to {}: {error}.", existing.display()),
            "Give the folder to the user that the server runs as (chown), or choose another with --data.",
        ),
        Ok(latency) => disk_speed(latency),
    });
    findings.extend(system::free_bytes(&existing).map(|free| space(free, &existing)));
    findings
}

/// The folder itself, or what is nearest above it.
fn nearest(data: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(data).ok()?;
    let found = absolute.ancestors().find(|ancestor| ancestor.exists()).map(Path::to_owned);
    found.map(|found| if found == absolute { data.to_owned() } else { found })
}

fn private(data: &Path) -> Finding {
    const CHECK: &str = "data folder";
    let shown = data.display();
    match open_to_others(data) {
        Some(mode) => Finding::warn(
            CHECK,
            format!("{shown} is open to other users of this machine (mode {mode:o})."),
            format!("chmod 700 {shown}"),
        ),
        None => Finding::ok(CHECK, format!("{shown} is there, and its user's alone.")),
    }
}

/// The mode of a file or folder that others than its user may touch.
#[cfg(unix)]
fn open_to_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = path.metadata().ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// The mode of a file or folder that others than its user may touch.
#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<u32> {
    None
}

fn disk_speed(latency: Duration) -> Finding {
    const CHECK: &str = "disk";
    let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    let found = format!("A small write is on the disk after {}.", words::micros(micros));
    if latency < SYNC_SUSPICIOUS {
        let advice = "That is faster than disks are: it may be lost with the power. Use a disk for the data folder, not memory.";
        Finding::warn(CHECK, found, advice)
    } else if latency > SYNC_SLOW {
        Finding::warn(
            CHECK,
            found,
            "Every answer waits for that at least once. A disk with flash memory is faster.",
        )
    } else {
        Finding::ok(CHECK, found)
    }
}

fn space(free: u64, folder: &Path) -> Finding {
    const CHECK: &str = "disk";
    let found = format!("{} are free at {}.", words::bytes(free), folder.display());
    let advice = "Make room: a server without space stops selling.";
    match free {
        0..SPACE_NEEDED => Finding::fail(CHECK, found, advice),
        SPACE_NEEDED..SPACE_WANTED => Finding::warn(CHECK, found, advice),
        _ => Finding::ok(CHECK, found),
    }
}

/// Whether the secrets are there, and nobody else's.
pub(super) fn secrets(data: &Path) -> Vec<Finding> {
    const CHECK: &str = "secrets";
    if !data.join(LOG_FILE).exists() {
        return vec![Finding::ok(CHECK, "They are made on first start.")];
    }
    let files = [KEYS_FILE, ADMIN_TOKEN_FILE].map(|name| data.join(name));
    let mut findings: Vec<Finding> = files.iter().filter_map(|file| secret(data, file)).collect();
    if findings.is_empty() {
        findings.push(Finding::ok(
            CHECK,
            format!("{KEYS_FILE} and {ADMIN_TOKEN_FILE} are there, and their user's alone."),
        ));
    }
    findings
}

fn secret(data: &Path, file: &Path) -> Option<Finding> {
    const CHECK: &str = "secrets";
    let shown = file.display();
    if !file.exists() {
        let is_token = file.ends_with(ADMIN_TOKEN_FILE);
        return Some(if is_token || !data.join(VAULT_FILE).exists() {
            Finding::warn(
                CHECK,
                format!("{shown} is missing."),
                "The server makes a new one when it starts; the old one is void.",
            )
        } else {
            Finding::fail(
                CHECK,
                format!("{shown} is missing."),
                "Restore it from a backup: without it the vault cannot be opened.",
            )
        });
    }
    open_to_others(file).map(|mode| {
        Finding::fail(
            CHECK,
            format!("{shown} can be read by others (mode {mode:o})."),
            format!("chmod 600 {shown}, and consider what others may have seen."),
        )
    })
}

/// Whether the log can be read, is safe, and agrees with the clock.
pub(super) async fn log(data: &Path) -> Vec<Finding> {
    const CHECK: &str = "log";
    let log = match SqliteLog::open_read_only(data).await {
        Ok(log) => log,
        Err(OpenError::Missing(_)) => {
            return vec![Finding::ok(CHECK, "There is none yet; the server makes it.")];
        }
        Err(error) => {
            return vec![Finding::fail(
                CHECK,
                format!("It cannot be opened: {error}."),
                "Restore it from a backup, or use the release that wrote it.",
            )];
        }
    };
    let mut findings = vec![journal(&data.join(LOG_FILE))];
    findings.extend(head(&log).await);
    log.close().await;
    findings
}

async fn head(log: &LogReader) -> Vec<Finding> {
    const CHECK: &str = "log";
    let heads = match log.heads().await {
        Ok(heads) => heads,
        Err(error) => {
            return vec![Finding::fail(
                CHECK,
                format!("It cannot be read: {error}."),
                "Restore it from a backup.",
            )];
        }
    };
    if let Some(fault) = heads.fault() {
        return vec![Finding::fail(CHECK, format!("It is damaged: {fault}."), "Restore it from a backup.")];
    }
    let position = heads.position;
    let last = match log.at(position).await {
        Ok(last) => last,
        Err(error) => {
            return vec![Finding::fail(
                CHECK,
                format!("It cannot be read: {error}."),
                "Restore it from a backup.",
            )];
        }
    };
    let Some(last) = last else { return vec![Finding::ok(CHECK, "It is empty.")] };
    let streams = heads.streams.len();
    let position = words::count(position);
    let found = format!("{position} events in {streams} streams, the last at {}.", last.log_time);
    let now = SystemClock::new().now().wall;
    vec![Finding::ok(CHECK, found), clock(last.log_time.unix_ms() - now.unix_ms())]
}

fn clock(ahead_ms: i64) -> Finding {
    const CHECK: &str = "clock";
    if ahead_ms > AHEAD_MS_MAX {
        let found = format!("The log is {} seconds ahead of this machine's clock.", ahead_ms / 1_000);
        Finding::warn(
            CHECK,
            found,
            "The clock was set back. Sales go on; set it right so that times are true again.",
        )
    } else {
        Finding::ok(CHECK, "It is not behind the log.")
    }
}

/// Whether the file is in write-ahead mode: bytes 18 and 19 of an SQLite file say so. That every commit is
/// synchronised is no property of the file; the server asks for it and refuses to start without.
fn journal(file: &Path) -> Finding {
    use std::io::Read as _;
    const CHECK: &str = "log";
    let mut header = [0_u8; 20];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut header));
    match (read, header) {
        (Ok(()), [.., 2, 2]) => Finding::ok(
            CHECK,
            "It is in write-ahead mode, and the server commits with synchronous=FULL or not at all.",
        ),
        _ => Finding::fail(
            CHECK,
            format!("{} is not in write-ahead mode.", file.display()),
            "Somebody has changed it. Start the server, which puts it right, and verify the log: boxoffice audit verify",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn findings_get_worse_with_less_space() {
        let levels = [50 << 20, 500 << 20, 5 << 30].map(|free| space(free, Path::new("d")).level);
        assert_eq!(levels, [Level::Fail, Level::Warn, Level::Ok]);
    }

    #[test]
    fn a_lock_is_seen_without_being_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(lock(folder.path()), Lock::Unused);
        let file = File::create(folder.path().join(LOCK_FILE)).unwrap();
        assert_eq!(lock(folder.path()), Lock::Free);
        file.lock().unwrap();
        assert_eq!(lock(folder.path()), Lock::Taken);
    }

    #[test]
    fn a_clock_that_was_set_back_is_noticed() {
        assert_eq!([clock(900).level, clock(5_000).level], [Level::Ok, Level::Warn]);
    }

    #[cfg(unix)]
    #[test]
    fn secrets_that_others_can_read_are_a_fault() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        for (name, mode) in [(LOG_FILE, 0o600), (KEYS_FILE, 0o644), (ADMIN_TOKEN_FILE, 0o600)] {
            std::fs::write(folder.path().join(name), "").unwrap();
            std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(mode))
                .unwrap();
        }
        let found = secrets(folder.path());
        assert_eq!(found.iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Fail]);
    }
}
