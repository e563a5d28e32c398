//! Where PostgreSQL's programs are: packages keep most of them out of PATH.

use std::path::{Path, PathBuf};

/// Folders of the packages, each with one folder a release.
const PACKAGES: [(&str, &str); 2] = [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")];

/// The folder that has a program: of the packages' releases the newest, else the first in PATH.
pub(super) fn folder_of(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let packaged = PACKAGES.iter().flat_map(|(folder, prefix)| releases(Path::new(folder), prefix));
    packaged.chain(std::env::split_paths(&path)).find(|folder| folder.join(program).is_file())
}

/// The releases in a folder, the newest first.
fn releases(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let number = |name: &std::ffi::OsStr| name.to_str()?.strip_prefix(prefix)?.parse::<u32>().ok();
    let mut found: Vec<_> =
        entries.filter_map(|entry| Some((number(&entry.file_name())?, entry.path().join("bin")))).collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9", "15", "common", "17"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let expected = ["17", "15", "9"].map(|release| folder.path().join(release).join("bin"));
        assert_eq!(releases(folder.path(), ""), expected);
        assert!(releases(folder.path(), "pgsql-").is_empty());
        assert!(releases(&folder.path().join("none"), "").is_empty());
        assert_eq!(folder_of("no such program"), None);
    }
}
