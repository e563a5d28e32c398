//! The ports of process managers: they follow the log with cursors of their own, so that a rebuild of a read model
//! charges nobody.

use async_trait::async_trait;
use boxoffice_domain::log::{Position, Recorded};

use crate::log::Outage;

/// The log, as a process manager needs it.
#[async_trait]
pub trait EffectFeed: Send + Sync + 'static {
    /// Events after a position, in order, at most `limit`.
    ///
    /// # Errors
    /// [`Outage`].
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Outage>;

    /// The last position that is known.
    fn head(&self) -> Position;

    /// Returns once the head is beyond `position`.
    async fn wait_beyond(&self, position: Position);
}

/// How far each process manager has come.
#[async_trait]
pub trait Cursors: Send + Sync + 'static {
    /// Everything up to this position has had its effects; 0 at first.
    ///
    /// # Errors
    /// [`Outage`].
    async fn load(&self, name: &'static str) -> Result<Position, Outage>;

    /// Everything up to `position` has had its effects.
    ///
    /// # Errors
    /// [`Outage`].
    async fn save(&self, name: &'static str, position: Position) -> Result<(), Outage>;
}
