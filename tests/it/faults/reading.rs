//! The log as it is read from outside, while the server that writes it comes and goes.

use boxoffice_audit::{Checker, Report, Summary, verify_lines};
use boxoffice_infra::archive::Archive;
use boxoffice_infra::postgres::{Postgres, PostgresLog};
use boxoffice_infra::sqlite::SqliteLog;
use serde_json::{Value, json};

use super::facts::Facts;
use crate::support::process::{Place, Server};

/// How many events that are known already are read again each time, to see that they have not changed.
const OVERLAP: usize = 100;

/// How many events are read from the file at a time.
const PART: usize = 1_000;

/// A log that is read bit by bit, and judged by the independent checker as it grows.
#[derive(Default)]
pub(crate) struct Reading {
    pub facts: Facts,
    checker: Checker,
    documents: Vec<String>,
    events: Vec<String>,
}

impl Reading {
    /// Of a log whose sale begins after a position.
    pub(crate) fn of_a_sale(setup: u64) -> Self {
        Self { facts: Facts::sells_after(setup), ..Self::default() }
    }

    /// Reads what has come since. What came before must be as it was.
    pub(crate) async fn catch_up(&mut self, server: &Server) {
        for document in documents(&*archive(server.place()).await.unwrap()).await {
            if !self.documents.contains(&document) {
                self.judge(&document);
                self.documents.push(document);
            }
        }
        let known = self.events.len().saturating_sub(OVERLAP);
        let answer = server.manage("GET", &format!("/v1/log?from={}", known + 1));
        let answer = answer.header("accept", "application/x-ndjson").send().await;
        let (read, text) = (self.events.len() - known, answer.expect(200).text());
        let mut lines = text.lines();
        for before in &self.events[known..] {
            assert_eq!(lines.next(), Some(before.as_str()), "{read} events were read before");
        }
        lines.for_each(|line| self.note(line));
    }

    fn note(&mut self, line: &str) {
        self.judge(line);
        self.facts.apply(&serde_json::from_str::<Value>(line).unwrap());
        self.events.push(line.to_owned());
    }

    fn judge(&mut self, line: &str) {
        if let Err(fault) = self.checker.line(line) {
            panic!("{fault}\n{line}");
        }
    }

    /// Once the server has stopped: reads the file anew, from its beginning, and has the whole of it checked.
    pub(crate) async fn conclude(mut self, place: &Place) -> Summary {
        let export = Export::of(place.clone()).await.unwrap();
        assert!(export.events.starts_with(&self.events), "the log is not what was read bit by bit");
        export.events[self.events.len()..].iter().for_each(|line| self.note(line));
        let report = export.check();
        assert_eq!(report, self.checker.finish(None));
        let Report::Sound(summary) = report else { panic!("{report:?}") };
        summary
    }
}

/// A whole log, as it is kept.
#[derive(Debug, Default)]
pub(crate) struct Export {
    pub documents: Vec<String>,
    pub events: Vec<String>,
}

impl Export {
    /// What can be read without a server.
    ///
    /// # Errors
    /// There is no log that could be read.
    pub(crate) async fn of(place: impl Into<Place>) -> Result<Self, String> {
        let reader = archive(&place.into()).await?;
        let mut events = Vec::new();
        loop {
            let after = u64::try_from(events.len()).unwrap();
            let part = reader.read(after, PART).await.map_err(|error| error.to_string())?;
            events.extend(part.iter().map(|event| event.to_line().unwrap()));
            if part.len() < PART {
                break;
            }
        }
        let documents = documents(&*reader).await;
        reader.close().await;
        Ok(Self { documents, events })
    }

    /// What the independent checker says.
    pub(crate) fn check(&self) -> Report {
        verify_lines(self.documents.iter().chain(&self.events), None)
    }

    pub(crate) fn head(&self) -> u64 {
        u64::try_from(self.events.len()).unwrap()
    }
}

async fn archive(place: &Place) -> Result<Box<dyn Archive>, String> {
    let Some(url) = &place.database else {
        let reader = SqliteLog::open_read_only(&place.data).await;
        return reader.map(|reader| Box::new(reader) as _).map_err(|error| error.to_string());
    };
    let postgres = Postgres::connect(url).await.map_err(|error| error.to_string())?;
    let archive = PostgresLog::archive(&postgres).await.map_err(|error| error.to_string())?;
    Ok(Box::new(archive))
}

async fn documents(reader: &dyn Archive) -> Vec<String> {
    let (mut lines, mut after) = (Vec::new(), None);
    while let Some((digest, content)) = reader.next_document(after).await.unwrap() {
        after = Some(digest);
        let content = String::from_utf8(content).unwrap();
        lines.push(json!({"content": content, "document": digest.to_string()}).to_string());
    }
    lines
}
