//! The one connection that appends. A broken one is thrown away and the next append makes a new one: what a connection
//! still has to say about an append that nobody waits for any more must not be taken for the answer to the next.

use std::time::Duration;

use boxoffice_commands::log::{AppendError, StreamBatch, StreamOutcome};
use boxoffice_domain::log::Position;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::append;
use super::error::changed_nothing;

/// How long a new connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an append may take, which is longer than the server lets it.
const APPEND_TIMEOUT: Duration = Duration::from_secs(15);

/// The connection, or none where the last one broke.
#[derive(Debug)]
pub(super) struct Writer {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl Writer {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self { options, connection: None }
    }

    /// Appends, and tells the outcomes and the last position that was written, or 0.
    pub(super) async fn append(
        &mut self,
        batches: &[StreamBatch],
    ) -> Result<(Vec<StreamOutcome>, Position), AppendError> {
        // Out of its place until it has answered in full.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let appended = tokio::time::timeout(APPEND_TIMEOUT, append::append(&mut connection, batches)).await;
        let appended = match appended {
            Ok(Ok(appended)) => appended,
            Ok(Err(error)) if changed_nothing(&error) => {
                self.connection = Some(connection);
                return Err(AppendError::NotAppended(error.to_string()));
            }
            Ok(Err(error)) => return Err(AppendError::Unknown(error.to_string())),
            Err(_) => return Err(AppendError::Unknown("the database did not answer in time".to_owned())),
        };
        let mut outcomes = Vec::with_capacity(batches.len());
        for (batch, outcome) in batches.iter().zip(appended.outcomes) {
            outcomes.push(match outcome {
                Some(outcome) => outcome,
                // Who only hears of a conflict, and is fenced in truth, hears that at its next claim.
                None => append::refusal(&mut connection, batch).await.unwrap_or(StreamOutcome::Conflict),
            });
        }
        self.connection = Some(connection);
        Ok((outcomes, appended.head))
    }

    async fn connect(&self) -> Result<PgConnection, AppendError> {
        let refused =
            |why: String| AppendError::NotAppended(format!("the database cannot be reached: {why}"));
        match tokio::time::timeout(CONNECT_TIMEOUT, self.options.connect()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(refused(error.to_string())),
            Err(_) => Err(refused("it did not answer in time".to_owned())),
        }
    }

    pub(super) async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            // What is open when this ends is closed by the server.
            let _ = connection.close().await;
        }
    }
}
