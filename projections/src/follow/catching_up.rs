//! What is said while a read model is far behind: after a start, or after a new version of it.

use std::time::Duration;

use boxoffice_domain::log::Position;
use tokio::time::Instant;

/// How often something is said.
const EVERY: Duration = Duration::from_secs(5);

/// The way to where the log ended when this began.
pub(super) struct CatchingUp {
    head: Position,
    told_at: Instant,
}

impl CatchingUp {
    pub(super) fn to(head: Position) -> Self {
        Self { head, told_at: Instant::now() }
    }

    /// Says how far it is, where that takes long.
    pub(super) fn tell(&mut self, read_model: &str, position: Position) {
        if position < self.head && self.told_at.elapsed() >= EVERY {
            self.told_at = Instant::now();
            tracing::info!(read_model, position, head = self.head, "a read model is being built");
        }
    }
}
