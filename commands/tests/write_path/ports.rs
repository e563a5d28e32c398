//! The adapters that the engine's tests need: a log with gates and faults, a clock that a test moves.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use boxoffice_commands::clock::{Clock, IdSource};
use boxoffice_commands::log::{AppendError, Claim, Documents, EventLog, Outage, StreamBatch, StreamOutcome};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Now, Position, Recorded, StreamName, Version};
use boxoffice_domain::time::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use super::store::Store;

/// What happens to one append.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    NotAppended,
    LandedButUnknown,
    LostAndUnknown,
    Panic,
}

/// A log that stops at a gate, and fails as it is told.
pub(crate) struct GatedLog {
    store: Mutex<Store>,
    faults: Mutex<VecDeque<Fault>>,
    outages: AtomicU64,
    claims_open: watch::Sender<bool>,
    appends_open: watch::Sender<bool>,
    /// Appends that came, whether or not they were let through.
    appends: watch::Sender<usize>,
}

impl GatedLog {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            store: Mutex::default(),
            faults: Mutex::default(),
            outages: AtomicU64::new(0),
            claims_open: watch::Sender::new(true),
            appends_open: watch::Sender::new(true),
            appends: watch::Sender::new(0),
        })
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    /// The next appends fail like this, one each.
    pub(crate) fn fail(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// So many claims fail from now on.
    pub(crate) fn break_down(&self, claims: u64) {
        self.outages.store(claims, Ordering::SeqCst);
    }

    pub(crate) fn open_claims(&self, open: bool) {
        self.claims_open.send_replace(open);
    }

    pub(crate) fn open_appends(&self, open: bool) {
        self.appends_open.send_replace(open);
    }

    /// Returns once so many appends have come.
    pub(crate) async fn appends(&self, count: usize) {
        self.appends.subscribe().wait_for(|came| *came >= count).await.unwrap();
    }
}

#[async_trait]
impl EventLog for GatedLog {
    async fn append(&self, batches: Arc<[StreamBatch]>) -> Result<Vec<StreamOutcome>, AppendError> {
        self.appends.send_modify(|came| *came += 1);
        self.appends_open.subscribe().wait_for(|open| *open).await.unwrap();
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None => Ok(self.store().append(&batches)),
            Some(Fault::NotAppended) => Err(AppendError::NotAppended("on purpose".to_owned())),
            Some(Fault::LostAndUnknown) => Err(AppendError::Unknown("on purpose".to_owned())),
            Some(Fault::LandedButUnknown) => {
                self.store().append(&batches);
                Err(AppendError::Unknown("on purpose".to_owned()))
            }
            Some(Fault::Panic) => panic!("on purpose: appending"),
        }
    }

    async fn claim(&self, stream: &StreamName) -> Result<Claim, Outage> {
        self.claims_open.subscribe().wait_for(|open| *open).await.unwrap();
        let broken =
            self.outages.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if broken.is_ok() {
            return Err(Outage("on purpose".to_owned()));
        }
        Ok(self.store().claim(stream))
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, Outage> {
        Ok(self.store().read(stream, after, limit))
    }

    fn head(&self) -> Position {
        self.store().head()
    }
}

#[derive(Default)]
pub(crate) struct Shelf(Mutex<HashMap<Digest, Arc<[u8]>>>);

#[async_trait]
impl Documents for Shelf {
    async fn keep(&self, content: &[u8]) -> Result<Digest, Outage> {
        let digest = Digest::of(&[content]);
        self.0.lock().unwrap().insert(digest, content.into());
        Ok(digest)
    }

    async fn find(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, Outage> {
        Ok(self.0.lock().unwrap().get(&digest).cloned())
    }
}

/// A clock that stands still until it is moved.
pub(crate) struct HandClock(watch::Sender<Now>);

impl HandClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(Now { wall: Timestamp::from_unix_ms(1_000_000), elapsed: 0 })))
    }

    pub(crate) fn advance(&self, ms: u32) {
        self.0.send_modify(|now| {
            now.wall = now.wall.plus_ms(i64::from(ms));
            now.elapsed += u64::from(ms);
        });
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Now {
        *self.0.borrow()
    }

    async fn sleep_until(&self, time: Timestamp) {
        self.0.subscribe().wait_for(|now| now.wall >= time).await.unwrap();
    }
}

#[derive(Default)]
pub(crate) struct Numbers(AtomicU64);

impl IdSource for Numbers {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)) | 1 << 100)
    }
}
