//! `boxoffice doctor`: what is misconfigured or out of reach, in plain words. It changes nothing.

use std::process::ExitCode;

use serde::Serialize;

use super::{FOUND_FAULT, Outcome, Threads, block_on, output};
use crate::settings::{ServerArgs, ServerSettings};

mod database;
mod folder;
mod machine;
mod server;

const EXAMPLE: &str = "Examples:
  boxoffice doctor --data /var/lib/boxoffice
  boxoffice doctor --config /etc/boxoffice.env --json

Takes the same settings as `boxoffice serve`. Ends with 1 where something has to be done first.";

/// The arguments of `boxoffice doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// As it should be.
    Ok,
    /// It works, but somebody should look.
    Warn,
    /// It does not work, or not safely.
    Fail,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    level: Level,
    /// What was looked at.
    check: &'static str,
    /// What was found, as a sentence.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { level: Level::Ok, check, found: found.into(), advice: None }
    }

    fn warn(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Warn, check, found: found.into(), advice: Some(advice.into()) }
    }

    fn fail(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Fail, check, found: found.into(), advice: Some(advice.into()) }
    }

    fn in_words(&self) -> String {
        let level = match self.level {
            Level::Ok => "ok  ",
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        let advice = self.advice.as_ref().map(|advice| format!("\n      {advice}")).unwrap_or_default();
        format!("{level}  {}: {}{advice}", self.check, self.found)
    }
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    findings: Vec<Finding>,
}

/// Looks at everything and says what it finds.
pub(crate) fn run(arguments: &DoctorArgs) -> Outcome {
    let settings = arguments.server.settle()?;
    let findings = block_on(Threads::One, async { Ok(examine(&settings).await) })?;
    let ok = findings.iter().all(|finding| finding.level < Level::Fail);
    if arguments.json {
        output::json(&Report { ok, findings })?;
    } else {
        for finding in &findings {
            output::say(&finding.in_words());
        }
        output::say(&closing(&findings));
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(FOUND_FAULT) })
}

async fn examine(settings: &ServerSettings) -> Vec<Finding> {
    let data = &settings.data;
    let lock = folder::lock(data);
    let mut findings = vec![machine::variables(&crate::settings::unknown_variables()), machine::open_files()];
    findings.extend(folder::access(data));
    findings.push(lock.finding(data));
    findings.extend(folder::secrets(data));
    findings.extend(match &settings.database {
        Some(url) => database::log(url).await,
        None => folder::log(data).await,
    });
    findings.push(server::address(settings, lock).await);
    findings
}

fn closing(findings: &[Finding]) -> String {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    match (count(Level::Fail), count(Level::Warn)) {
        (0, 0) => "All is well.".into(),
        (0, _) => "The server can run; somebody should look at the warnings.".into(),
        _ => "Something has to be done first: see FAIL above.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_and_its_advice_another() {
        let finding = Finding::fail("disk", "12.0 MiB are free.", "Make room.");
        assert_eq!(finding.in_words(), "FAIL  disk: 12.0 MiB are free.\n      Make room.");
        assert_eq!(closing(&[finding]), "Something has to be done first: see FAIL above.");
    }

    #[tokio::test]
    async fn a_folder_that_does_not_exist_yet_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        let settings = ServerSettings {
            data: folder.path().join("new"),
            database: None,
            listen: "127.0.0.1:0".into(),
            log: "info".into(),
            snapshot_events: 10_000,
            timers: true,
        };
        let findings = examine(&settings).await;
        assert!(findings.iter().all(|finding| finding.level < Level::Fail), "{findings:?}");
        assert!(!settings.data.exists(), "the doctor makes nothing");
    }
}
