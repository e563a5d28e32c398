//! How readers learn that the log has grown: at once in this process, by a slow poll from any other.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use boxoffice_commands::log::{StreamBatch, StreamOutcome};
use boxoffice_domain::log::{Position, Recorded};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::tail::Tail;

/// How long a waiter lets pass before the log is asked. However many wait, it is asked about once in this time.
pub(crate) const POLL: Duration = Duration::from_millis(200);

/// The last position that is known to be durable, which never goes back, and what this process appended last.
#[derive(Debug)]
pub(crate) struct Growth {
    head: watch::Sender<Position>,
    tail: Tail,
    polled: Mutex<Instant>,
}

impl Growth {
    pub(crate) fn from(head: Position) -> Self {
        Self { head: watch::Sender::new(head), tail: Tail::default(), polled: Mutex::new(Instant::now()) }
    }

    pub(crate) fn head(&self) -> Position {
        *self.head.borrow()
    }

    /// An append of this process is durable, up to `head`.
    pub(crate) fn landed(&self, batches: &[StreamBatch], outcomes: &[StreamOutcome], head: Position) {
        self.tail.extend(batches, outcomes);
        self.advance(head);
    }

    /// The events after a position, at most `limit`, where nothing has to be read for it.
    pub(crate) fn at_hand(&self, after: Position, limit: usize) -> Option<Vec<Recorded>> {
        self.tail.between(after, self.head(), limit)
    }

    pub(crate) fn advance(&self, position: Position) {
        self.head.send_if_modified(|head| {
            let grown = position > *head;
            *head = position.max(*head);
            grown
        });
    }

    /// `true` once the head is beyond `position`, `false` after [`POLL`].
    pub(crate) async fn is_beyond(&self, position: Position) -> bool {
        let mut head = self.head.subscribe();
        let beyond = head.wait_for(|head| *head > position);
        tokio::time::timeout(POLL, beyond).await.is_ok()
    }

    /// Whether it is this caller's turn to ask the log.
    pub(crate) fn is_poll_due(&self) -> bool {
        let mut polled = self.polled.lock().unwrap_or_else(PoisonError::into_inner);
        let due = polled.elapsed() >= POLL / 2;
        if due {
            *polled = Instant::now();
        }
        due
    }
}
