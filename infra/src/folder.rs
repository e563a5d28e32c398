//! The data folder: private to its user, locked by one server, and written so that what was written stays.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

/// The file that a running server holds locked.
pub const LOCK_FILE: &str = "lock";

/// Makes the folder, and what is above it, unless it is there, so that it is there after a crash too. What is made
/// is for its user alone (mode 0700).
///
/// # Errors
/// Where the file system refuses.
pub fn ensure(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), ensure)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !folder.is_dir() => return Err(error),
        _ => {}
    }
    // The new name is durable only once the folder above is.
    File::open(above.unwrap_or(Path::new(".")))?.sync_all()
}

/// Makes an empty file for its user alone (mode 0600), unless there is a file.
pub(crate) fn ensure_private_file(path: &Path) -> io::Result<()> {
    private(OpenOptions::new().append(true).create(true)).open(path).map(drop)
}

/// Takes the lock of the folder; `None`: another process, or another part of this one, has it.
/// The lock lives as long as the file that is given back.
pub fn lock(folder: &Path) -> io::Result<Option<File>> {
    let file = private(OpenOptions::new().append(true).create(true)).open(folder.join(LOCK_FILE))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Writes a whole file (mode 0600) so that after a crash it is there whole or not at all.
pub(crate) fn write_whole(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!("{name}.unfinished"));
    let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, folder.join(name))?;
    // The new name is durable only once the folder is.
    File::open(folder)?.sync_all()
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
