//! The port to time as the read side needs it: read models in memory are judged at a time, and wake when it comes.

use async_trait::async_trait;
use boxoffice_domain::time::Timestamp;

/// The clock that read models are judged by.
#[async_trait]
pub trait ViewClock: Send + Sync + 'static {
    /// This moment.
    fn now(&self) -> Timestamp;

    /// Returns once [`Self::now`] has reached `time`, or at most a little later.
    async fn sleep_until(&self, time: Timestamp);
}
