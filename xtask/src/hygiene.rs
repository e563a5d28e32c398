//! Nothing in the repository may hold only on the machine where it was written.
//!
//! Looks at every text file that git knows or would add, except the lock file, whose content is cargo's, and this one.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// What must not be written, and what to write in its place.
struct Trace {
    /// For `git grep -E`.
    pattern: &'static str,
    instead: &'static str,
}

const TRACES: &[Trace] = &[
    Trace {
        pattern: r"(^|[^[:alnum:]_.~-])/(work|root|home|Users|tmp/bash_jobs)/",
        instead: "an absolute path of one machine: use a path relative to the repository, or a temporary folder",
    },
    Trace {
        pattern: r"(//|index\.|static\.)crates\.io|registry\.[a-z]+\.org|//pypi\.org|pythonhosted|//deb\.debian\.org",
        instead: "the host of a package registry: name the package, the tool's own settings know the host",
    },
];

/// Fails when a file has one of the [`TRACES`].
pub(crate) fn check() -> Result<String> {
    let found: Vec<String> = TRACES.iter().map(lines_with).collect::<Result<Vec<_>>>()?.concat();
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(String::new())
}

fn lines_with(trace: &Trace) -> Result<Vec<String>> {
    let output = Command::new("git")
        // In a build machine's container the files often belong to another user.
        .args(["-c", "safe.directory=*", "grep", "--untracked", "-nIE", "-e", trace.pattern])
        .args(["--", ".", ":!Cargo.lock", ":!xtask/src/hygiene.rs"])
        .stdin(Stdio::null())
        .output()
        .context("git did not start")?;
    match output.status.code() {
        Some(0) => Ok(String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| format!("{line}\n    {}", trace.instead))
            .collect()),
        Some(1) => Ok(Vec::new()),
        _ => bail!("git grep ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)),
    }
}
