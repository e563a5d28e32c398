//! What the machine and the environment give.

use super::Finding;
use crate::cli::{system, words};

/// Enough for a busy evening; each connection is a file.
const FILES_WANTED: u64 = 4_096;

/// Misspelt settings are ignored by the server, which is worse than an error.
pub(super) fn variables(unknown: &[String]) -> Finding {
    if unknown.is_empty() {
        return Finding::ok("environment", "There are no unknown BOXOFFICE_ variables.");
    }
    let known = crate::settings::SETTINGS.map(|setting| setting.variable).join(", ");
    let found = format!("Nobody reads {}.", unknown.join(", "));
    Finding::warn("environment", found, format!("Correct or remove what is misspelt. There are {known}."))
}

pub(super) fn open_files() -> Finding {
    let limit = system::open_files();
    match limit.most {
        Some(most) if most < FILES_WANTED => Finding::warn(
            "open files",
            format!("The system allows {} open files and connections.", words::count(most)),
            format!("Raise the hard limit to {FILES_WANTED} or more (LimitNOFILE= in systemd)."),
        ),
        Some(most) => Finding::ok(
            "open files",
            format!("The server may have {} files and connections.", words::count(most)),
        ),
        None => Finding::ok("open files", "The system sets no limit."),
    }
}
