//! Reading the log a batch ahead of what is being taken in: where there is much to take in, the two go on at once.

use boxoffice_domain::log::{Position, Recorded};

use super::BATCH_MAX;
use crate::feed::{LogFeed, Outage};

/// The log, batch by batch.
pub(super) struct Ahead<'a> {
    feed: &'a dyn LogFeed,
    /// What follows on a position.
    next: Option<(Position, Vec<Recorded>)>,
}

impl<'a> Ahead<'a> {
    pub(super) fn of(feed: &'a dyn LogFeed) -> Self {
        Self { feed, next: None }
    }

    /// The next events after a position; none at the head.
    pub(super) async fn read(&mut self, after: Position) -> Result<Vec<Recorded>, Outage> {
        match self.next.take() {
            Some((position, events)) if position == after => Ok(events),
            _ => self.feed.read(after, BATCH_MAX).await,
        }
    }

    /// Does something with a batch, and reads the next one meanwhile if there is one for certain.
    pub(super) async fn meanwhile<T>(&mut self, batch: &[Recorded], work: impl Future<Output = T>) -> T {
        let full = batch.last().filter(|_| batch.len() == BATCH_MAX).map(|event| event.position);
        let Some(after) = full else { return work.await };
        let (next, done) = tokio::join!(self.feed.read(after, BATCH_MAX), work);
        // What could not be read now is read when it is needed, and whoever needs it hears why it cannot be.
        self.next = next.ok().map(|events| (after, events));
        done
    }
}
