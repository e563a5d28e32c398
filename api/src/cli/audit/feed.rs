//! The log as lines of an export, read from a data folder beside whoever is writing it.

use std::ops::ControlFlow;
use std::path::Path;
use std::pin::pin;

use boxoffice_domain::log::Position;
use boxoffice_infra::OpenError;
use boxoffice_infra::sqlite::{Heads, LogReader, SqliteLog};
use futures_util::TryStreamExt as _;
use serde::Serialize;

use crate::cli::failed::Failed;

/// How many events are read at once.
const PAGE: usize = 2_000;

/// Opens the log of a data folder for reading.
pub(crate) async fn open(data: &Path) -> Result<LogReader, Failed> {
    SqliteLog::open_read_only(data).await.map_err(|error| match error {
        OpenError::Missing(path) => {
            Failed::new(format!("there is no log at {}. Name the data folder with --data", path.display()))
        }
        error => Failed::new(format!("the log cannot be opened: {error}")),
    })
}

/// Where the log stands now.
pub(super) async fn heads(log: &LogReader) -> Result<Heads, Failed> {
    Ok(log.heads().await?)
}

/// A document, in the order of canonical JSON.
#[derive(Serialize)]
struct DocumentLine<'a> {
    content: &'a str,
    document: String,
}

/// Hands over every line of an export up to a position, in pages, each line without its line feed, as long as
/// somebody takes them.
pub(super) async fn export(
    log: &LogReader,
    until: Position,
    mut hand_over: impl FnMut(Vec<String>) -> Result<ControlFlow<()>, Failed>,
) -> Result<(), Failed> {
    let mut documents = pin!(log.documents());
    while let Some((digest, content)) = documents.try_next().await? {
        let content = std::str::from_utf8(&content)
            .map_err(|_| Failed::new(format!("the document {digest} is not text: the log is damaged")))?;
        let line = serde_json::to_string(&DocumentLine { content, document: digest.to_string() });
        if hand_over(vec![line.map_err(|error| damaged(&error))?])?.is_break() {
            return Ok(());
        }
    }
    let mut after = 0;
    while after < until {
        let events = log.events(after, PAGE).await?;
        let Some(last) = events.last() else { break };
        after = last.position;
        let within = events.iter().filter(|event| event.position <= until);
        let lines = within.map(|event| event.to_line().map_err(|error| damaged(&error)));
        if hand_over(lines.collect::<Result<_, _>>()?)?.is_break() {
            return Ok(());
        }
    }
    Ok(())
}

fn damaged(error: &serde_json::Error) -> Failed {
    Failed::new(format!("an entry of the log cannot be written as a line ({error}): the log is damaged"))
}
