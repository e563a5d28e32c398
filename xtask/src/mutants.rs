//! Proves that the tests would notice: one deliberate bug at a time, one named test that must fail.
//!
//! The bugs are listed in `domain/src/mutant.rs` and exist only under the feature `mutants`; a test that takes part
//! chooses the one that the environment variable [`CHOICE`] names. The same test passes without a bug first, so that
//! its failure means something.

mod table;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::workspace::Workspace;

/// Names the bug that a test process has.
const CHOICE: &str = "BOXOFFICE_MUTANT";
const BUGS: &str = "domain/src/mutant.rs";
/// A test may take this long; one that a bug keeps from ending counts as not having noticed.
const TEST_TIME_MAX: Duration = Duration::from_mins(3);

/// One bug and the test that notices it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    mutant: &'static str,
    package: &'static str,
    /// `lib`, or the name of an integration test.
    binary: &'static str,
    /// The whole path, as `cargo test -- --list` prints it.
    test: &'static str,
}

/// How a run of one test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ending {
    Passed,
    /// With what it printed.
    Failed(String),
    Absent,
    TooLate,
    /// Neither: the process was killed, say. With what it printed.
    Odd(String),
}

/// One test in its binary.
struct Runner<'a> {
    executable: &'a Path,
    folder: &'a Path,
    test: &'a str,
}

/// A message of `cargo test --message-format=json`; those without an executable are of no interest here.
#[derive(Debug, Deserialize)]
struct Built {
    package_id: String,
    target: Target,
    executable: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Fails when a bug has no line in the table, or a test of the table does not notice its bug.
pub(crate) fn check() -> Result<String> {
    let source = std::fs::read_to_string(BUGS).with_context(|| format!("{BUGS} cannot be read"))?;
    let gaps = gaps(&bugs_in(&source), table::LINES);
    ensure!(gaps.is_empty(), "{}\nThe table is in xtask/src/mutants/table.rs.", gaps.join("\n"));
    let workspace = Workspace::load()?;
    let built = build(&workspace, table::LINES)?;
    println!("    {:<24}{:<10}{:<10}noticed by", "bug", "without", "with");
    let mut unnoticed = Vec::new();
    for line in table::LINES {
        let runner = Runner::find(&workspace, &built, line)?;
        let (without, with) = (runner.run(None)?, runner.run(Some(line.mutant))?);
        println!("    {:<24}{:<10}{:<10}{}", line.mutant, without.name(), with.name(), line.test);
        if let Some(why) = objection(&without, &with) {
            unnoticed.push(format!("{}: {} {why}", line.mutant, line.test));
        }
    }
    ensure!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
    Ok(format!("{} bugs noticed", table::LINES.len()))
}

/// The names in `Mutant::ALL`, whose entries are written as `("name", Self::Name)`.
fn bugs_in(source: &str) -> BTreeSet<&str> {
    source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(\"")?.split_once("\", Self::"))
        .map(|(name, _)| name)
        .collect()
}

fn gaps(bugs: &BTreeSet<&str>, lines: &[Line]) -> Vec<String> {
    let tested: BTreeSet<&str> = lines.iter().map(|line| line.mutant).collect();
    let untested = bugs.difference(&tested).map(|name| format!("{name}: no test of the table notices it"));
    let gone = tested.difference(bugs).map(|name| format!("{name}: in the table, and not in {BUGS}"));
    let none = bugs.is_empty().then(|| format!("{BUGS} names no bug: has `Mutant::ALL` moved?"));
    untested.chain(gone).chain(none).collect()
}

/// Builds the test binaries of the table.
///
/// Finished programs go to a folder of their own, so that no binary with bugs in it lies where one without is
/// expected; what is in between is shared with the other builds, which have most of it already.
fn build(workspace: &Workspace, lines: &[Line]) -> Result<Vec<Built>> {
    let output = Command::new("cargo")
        .args(["test", "--no-run", "--features", "mutants", "--message-format=json-render-diagnostics"])
        .arg("--target-dir")
        .arg(workspace.target_directory.join("mutants"))
        .env("CARGO_BUILD_BUILD_DIR", &workspace.build_directory)
        .args(selection(lines))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo did not start")?;
    ensure!(output.status.success(), "cargo ended with {}", output.status);
    let messages = String::from_utf8(output.stdout).context("cargo does not print UTF-8")?;
    Ok(messages.lines().filter_map(|message| serde_json::from_str(message).ok()).collect())
}

fn selection(lines: &[Line]) -> BTreeSet<String> {
    lines
        .iter()
        .flat_map(|line| {
            let binary = match line.binary {
                "lib" => "--lib".to_owned(),
                name => format!("--test={name}"),
            };
            [format!("--package={}", line.package), binary]
        })
        .collect()
}

impl<'a> Runner<'a> {
    fn find(workspace: &'a Workspace, built: &'a [Built], line: &'a Line) -> Result<Self> {
        let package = workspace
            .members()
            .find(|package| package.name == line.package)
            .with_context(|| format!("no package {}", line.package))?;
        let executable = built
            .iter()
            .find(|built| built.package_id == package.id && built.target.is(line.binary))
            .with_context(|| format!("no test binary {} of {}", line.binary, line.package))?;
        Ok(Self { executable: &executable.executable, folder: package.folder(), test: line.test })
    }

    fn run(&self, mutant: Option<&str>) -> Result<Ending> {
        let (mut output, input) = std::io::pipe()?;
        let mut command = Command::new(self.executable);
        command
            .args(["--exact", self.test])
            .current_dir(self.folder)
            .env_remove(CHOICE)
            .envs(mutant.map(|name| (CHOICE, name)))
            .stdin(Stdio::null())
            .stdout(input.try_clone()?)
            .stderr(input);
        let mut child =
            command.spawn().with_context(|| format!("{} did not start", self.executable.display()))?;
        // The command holds the pipe's other end, which must be closed for the reader to see the last of it.
        drop(command);
        let (finished, printed) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let read = output.read_to_end(&mut text);
            finished.send(read.map(|_| String::from_utf8_lossy(&text).into_owned()))
        });
        let Ok(printed) = printed.recv_timeout(TEST_TIME_MAX) else {
            child.kill()?;
            child.wait()?;
            return Ok(Ending::TooLate);
        };
        Ok(ending(child.wait()?.code(), printed?))
    }
}

impl Target {
    fn is(&self, binary: &str) -> bool {
        let is_kind = |kind: &str| self.kind.iter().any(|is| is == kind);
        if binary == "lib" { is_kind("lib") } else { is_kind("test") && self.name == binary }
    }
}

impl Ending {
    fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passes",
            Self::Failed(_) => "fails",
            Self::Absent => "absent",
            Self::TooLate => "no end",
            Self::Odd(_) => "odd",
        }
    }
}

fn ending(code: Option<i32>, printed: String) -> Ending {
    let counted = |result: &str| printed.contains(&format!("test result: {result};"));
    match code {
        Some(0) if counted("ok. 1 passed; 0 failed") => Ending::Passed,
        Some(0) if counted("ok. 0 passed; 0 failed") => Ending::Absent,
        Some(101) if counted("FAILED. 0 passed; 1 failed") => Ending::Failed(printed),
        _ => Ending::Odd(printed),
    }
}

/// Why the two runs do not prove that the test notices the bug.
fn objection(without: &Ending, with: &Ending) -> Option<String> {
    let said = |ending: &Ending| match ending {
        Ending::Failed(printed) | Ending::Odd(printed) => format!(":\n{}", printed.trim()),
        Ending::Passed | Ending::Absent | Ending::TooLate => String::new(),
    };
    match (without, with) {
        (Ending::Passed, Ending::Failed(_)) => None,
        (Ending::Absent, _) => Some("does not exist in that binary".to_owned()),
        (Ending::Passed, Ending::Passed) => Some("passes although the bug is there".to_owned()),
        (Ending::Passed, with) => Some(format!("ends with the bug as «{}»{}", with.name(), said(with))),
        (without, _) => Some(format!("ends without any bug as «{}»{}", without.name(), said(without))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line = Line {
        mutant: "late_expiry",
        package: "boxoffice-domain",
        binary: "lib",
        test: "inventory::tests::a_hold_lapses",
    };

    #[test]
    fn the_bugs_are_read_from_their_list() {
        let source = r#"
            pub const ALL: [(&'static str, Self); 2] = [
                ("no_version_check", Self::NoVersionCheck),
                ("late_expiry", Self::LateExpiry),
            ];
        "#;
        assert_eq!(bugs_in(source), BTreeSet::from(["late_expiry", "no_version_check"]));
    }

    #[test]
    fn bugs_and_lines_come_and_go_together() {
        assert!(gaps(&BTreeSet::from(["late_expiry"]), &[LINE]).is_empty());
        assert_eq!(
            gaps(&BTreeSet::from(["no_hold_id"]), &[LINE]),
            [
                "no_hold_id: no test of the table notices it",
                "late_expiry: in the table, and not in domain/src/mutant.rs"
            ]
        );
        assert_eq!(
            gaps(&BTreeSet::new(), &[]),
            ["domain/src/mutant.rs names no bug: has `Mutant::ALL` moved?"]
        );
    }

    #[test]
    fn only_what_the_table_names_is_built() {
        let other = Line { package: "boxoffice", binary: "it", ..LINE };
        assert_eq!(
            selection(&[LINE, other, LINE]).into_iter().collect::<Vec<_>>(),
            ["--lib", "--package=boxoffice", "--package=boxoffice-domain", "--test=it"]
        );
    }

    #[test]
    fn a_verdict_needs_the_exit_code_and_the_count() {
        let summary =
            |counts: &str| format!("running 1 test\n\ntest result: {counts}; 0 ignored; 0 measured");
        assert_eq!(ending(Some(0), summary("ok. 1 passed; 0 failed")), Ending::Passed);
        assert_eq!(ending(Some(0), summary("ok. 0 passed; 0 failed")), Ending::Absent);
        let failed = summary("FAILED. 0 passed; 1 failed");
        assert_eq!(ending(Some(101), failed.clone()), Ending::Failed(failed.clone()));
        assert_eq!(ending(None, failed.clone()), Ending::Odd(failed));
        assert_eq!(ending(Some(101), String::new()), Ending::Odd(String::new()));
    }

    #[test]
    fn only_a_test_that_passes_without_the_bug_and_fails_with_it_notices() {
        let failed = Ending::Failed("left: 1".to_owned());
        assert_eq!(objection(&Ending::Passed, &failed), None);
        assert_eq!(objection(&Ending::Passed, &Ending::Passed).unwrap(), "passes although the bug is there");
        assert_eq!(objection(&Ending::Passed, &Ending::TooLate).unwrap(), "ends with the bug as «no end»");
        assert_eq!(objection(&Ending::Absent, &Ending::Absent).unwrap(), "does not exist in that binary");
        assert_eq!(objection(&failed, &failed).unwrap(), "ends without any bug as «fails»:\nleft: 1");
    }
}
