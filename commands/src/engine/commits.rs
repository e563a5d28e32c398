//! The task that appends: drives the [`Committer`] and tells every owner what became of its batch.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};

use super::SUBMISSIONS_MAX;
use super::stats::Counters;
use crate::committer::{Committer, Fate};
use crate::log::{AppendError, EventLog, StreamBatch, StreamOutcome};

/// A batch, and where its fate is told.
pub(super) struct Submission {
    pub(super) batch: StreamBatch,
    pub(super) fate: oneshot::Sender<Fate>,
}

/// Appends until nobody can submit any more.
pub(super) async fn run(
    mut inbox: mpsc::Receiver<Submission>,
    log: Arc<dyn EventLog>,
    counters: Arc<Counters>,
) {
    let mut committer = Committer::default();
    let mut received = Vec::new();
    loop {
        if committer.is_empty() {
            if inbox.recv_many(&mut received, SUBMISSIONS_MAX).await == 0 {
                return;
            }
        } else {
            received.extend(std::iter::from_fn(|| inbox.try_recv().ok()));
        }
        for Submission { batch, fate } in received.drain(..) {
            committer.submit(batch, fate);
        }
        let Some(batches) = committer.take_append() else { continue };
        let batches: Arc<[StreamBatch]> = batches.into();
        let result = append(log.as_ref(), Arc::clone(&batches)).await;
        count(&counters, &batches, &result);
        for (whose, fate) in committer.finished(&result) {
            // An owner that is gone will look for itself when it is loaded again.
            let _ = whose.send(fate);
        }
    }
}

async fn append(log: &dyn EventLog, batches: Arc<[StreamBatch]>) -> Result<Vec<StreamOutcome>, AppendError> {
    let streams = batches.len();
    // An adapter that panics must not leave every stream of the node waiting for ever.
    let result = AssertUnwindSafe(log.append(batches)).catch_unwind().await;
    let result = result.unwrap_or_else(|_| Err(AppendError::Unknown("the append crashed".to_owned())));
    if let Err(error) = &result {
        tracing::warn!(%error, streams, "an append failed");
    }
    result
}

fn count(counters: &Counters, batches: &[StreamBatch], result: &Result<Vec<StreamOutcome>, AppendError>) {
    let Ok(outcomes) = result else { return };
    let (mut sent, mut landed) = (0, 0);
    for (batch, outcome) in batches.iter().zip(outcomes) {
        let events = batch.events.len() as u64;
        sent += events;
        landed += if matches!(outcome, StreamOutcome::Appended { .. }) { events } else { 0 };
    }
    counters.append(sent, landed);
}
