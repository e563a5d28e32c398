//! A clock that the test moves.

use std::sync::Arc;

use async_trait::async_trait;
use boxoffice_domain::time::Timestamp;
use tokio::sync::watch;

use crate::clock::ViewClock;

pub(crate) struct TestClock(watch::Sender<Timestamp>);

impl TestClock {
    pub(crate) fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(now)))
    }

    pub(crate) fn set(&self, now: Timestamp) {
        self.0.send_replace(now);
    }
}

#[async_trait]
impl ViewClock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, time: Timestamp) {
        self.0.subscribe().wait_for(|now| *now >= time).await.unwrap();
    }
}
