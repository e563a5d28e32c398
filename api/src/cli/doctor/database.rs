//! Whether the database can be reached, keeps what it acknowledges, and has a log that holds together.

use boxoffice_infra::archive::Archive as _;
use boxoffice_infra::postgres::{Postgres, PostgresError, PostgresLog};

use super::Finding;
use crate::cli::words;

const CHECK: &str = "database";

pub(super) async fn log(url: &str) -> Vec<Finding> {
    match look(url).await {
        Ok(findings) => findings,
        Err(error) => {
            let advice = match &error {
                PostgresError::Url(_) => "Set --database (or BOXOFFICE_DATABASE) right.",
                PostgresError::Connect(_) => "Start the database, or let this machine and user in.",
                PostgresError::Older { .. } => "Run `boxoffice migrate`.",
                PostgresError::Unsafe { .. } => "Set it right on the database server, and restart that.",
                PostgresError::TooOld(_) => "Use a newer database server.",
                _ => "See docs/runbook/database-does-not-answer.md.",
            };
            vec![Finding::fail(CHECK, format!("{error}."), advice)]
        }
    }
}

async fn look(url: &str) -> Result<Vec<Finding>, PostgresError> {
    let postgres = Postgres::connect(url).await?;
    let settings: Vec<String> =
        postgres.settings().iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let mut findings = vec![Finding::ok(CHECK, format!("It answers, with {}.", settings.join(", ")))];
    let archive = PostgresLog::archive(&postgres).await?;
    let heads = archive.heads().await.map_err(|outage| PostgresError::Damaged(outage.0))?;
    findings.push(if let Some(fault) = heads.fault() {
        Finding::fail(CHECK, format!("The log is damaged: {fault}."), "Restore it from a backup.")
    } else {
        let events = words::counted(heads.position, "event", "events");
        Finding::ok(CHECK, format!("The log has {events} in {} streams.", heads.streams.len()))
    });
    archive.close().await;
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[tokio::test]
    async fn a_database_that_is_not_there_is_said_to_be_out_of_reach() {
        let findings = log("postgres://ann:secret@127.0.0.1:1/x").await;
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.level, Level::Fail);
        assert!(finding.found.starts_with("the database cannot be reached"), "{finding:?}");
        assert!(!finding.in_words().contains("secret"), "{finding:?}");
    }
}
