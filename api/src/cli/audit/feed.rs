//! The log as lines of an export, read from a data folder beside whoever is writing it.

use std::ops::ControlFlow;

use boxoffice_infra::OpenError;
use boxoffice_infra::archive::{Archive, Heads};
use boxoffice_infra::postgres::{Postgres, PostgresLog};
use boxoffice_infra::sqlite::SqliteLog;
use serde::Serialize;

use crate::cli::failed::Failed;
use crate::settings::LogPlace;

/// How many events are read at once.
const PAGE: usize = 2_000;

/// Opens a log for reading, wherever it is.
pub(crate) async fn open(at: &LogPlace) -> Result<Box<dyn Archive>, Failed> {
    match at {
        LogPlace::Database(url) => {
            let postgres = Postgres::connect(url).await.map_err(|error| Failed::new(error.to_string()))?;
            let archive = PostgresLog::archive(&postgres).await;
            archive.map(|log| Box::new(log) as _).map_err(|error| Failed::new(error.to_string()))
        }
        LogPlace::Folder(data) => {
            let opened = SqliteLog::open_read_only(data).await.map_err(|error| match error {
                OpenError::Missing(path) => {
                    let path = path.display();
                    Failed::new(format!("there is no log at {path}. Name the data folder with --data"))
                }
                error => Failed::new(format!("the log cannot be opened: {error}")),
            });
            opened.map(|log| Box::new(log) as _)
        }
    }
}

/// A document, in the order of canonical JSON.
#[derive(Serialize)]
struct DocumentLine<'a> {
    content: &'a str,
    document: String,
}

/// Hands over every line of an export, in pages, each line without its line feed, as long as somebody takes them.
/// Ends where the log stood, or at the last event that was there beyond that.
pub(super) async fn export(
    log: &dyn Archive,
    heads: &Heads,
    mut hand_over: impl FnMut(Vec<String>) -> Result<ControlFlow<()>, Failed>,
) -> Result<(), Failed> {
    let mut before = None;
    while let Some((digest, content)) = log.next_document(before).await? {
        before = Some(digest);
        // What is not text is not what was hashed, and its line will say so.
        let content = &String::from_utf8_lossy(&content);
        let line = serde_json::to_string(&DocumentLine { content, document: digest.to_string() });
        if hand_over(vec![line.map_err(|error| damaged(&error))?])?.is_break() {
            return Ok(());
        }
    }
    let Some((mut from, until)) = heads.found else { return Ok(()) };
    let mut page = log.page(from, PAGE).await?;
    loop {
        // The next page is fetched while this one is written, and once more where positions are missing.
        let expected = from.saturating_add_unsigned(PAGE as u64);
        let (next, written) = tokio::join!(biased; log.page(expected, PAGE), async {
            let lines = page.lines();
            let last = lines.last().map(|(position, _)| *position);
            let within = lines.into_iter().filter(|(position, _)| *position <= until);
            (last, hand_over(within.map(|(_, line)| line).collect()))
        });
        let (last, taken) = written;
        let Some(last) = last.filter(|last| *last < until) else { return taken.map(drop) };
        if taken?.is_break() {
            return Ok(());
        }
        from = last.saturating_add(1);
        page = if from == expected { next? } else { log.page(from, PAGE).await? };
    }
}

fn damaged(error: &serde_json::Error) -> Failed {
    Failed::new(format!("a document of the log cannot be written as a line ({error}): the log is damaged"))
}
