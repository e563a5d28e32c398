//! The ports to time and chance: one injected source each.

use async_trait::async_trait;
use boxoffice_domain::log::Now;
use boxoffice_domain::time::Timestamp;
use uuid::Uuid;

/// The one clock.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// This moment.
    fn now(&self) -> Now;

    /// Returns once the wall clock has reached `time`, or at most a little later.
    async fn sleep_until(&self, time: Timestamp);
}

/// The one source of new ids.
pub trait IdSource: Send + Sync + 'static {
    /// A new UUIDv7.
    fn next(&self) -> Uuid;
}
