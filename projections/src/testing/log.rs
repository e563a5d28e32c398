//! A log in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use boxoffice_domain::aggregate::StoredEvent;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, Position, Recorded, StreamName};
use boxoffice_domain::seating::Layout;
use boxoffice_domain::time::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use super::show::{SHOW, at, layout};
use crate::feed::{LogFeed, Outage, Until};

#[derive(Default)]
pub(crate) struct TestLog {
    events: Mutex<Vec<Recorded>>,
    versions: Mutex<HashMap<StreamName, u64>>,
    head: watch::Sender<Position>,
    layouts: Mutex<HashMap<Digest, Arc<Layout>>>,
    /// Logs of other seeds have other hashes.
    seed: [u8; 1],
    /// So many calls fail before the log is reachable again.
    pub(crate) outages: AtomicUsize,
}

impl TestLog {
    /// A log that has the layout of the test show at hand.
    pub(crate) fn new() -> Arc<Self> {
        let log = Self::default();
        log.layouts.lock().unwrap().insert(layout().digest(), layout());
        Arc::new(log)
    }

    /// A log whose events have other hashes than those of any other test.
    pub(crate) fn of_seed<E: StoredEvent>(seed: u8, events: impl IntoIterator<Item = (i64, E)>) -> Arc<Self> {
        let log = Self { seed: [seed], ..Self::default() };
        log.layouts.lock().unwrap().insert(layout().digest(), layout());
        for (seconds, event) in events {
            log.push(&StreamName::inventory(SHOW), at(seconds), &event);
        }
        Arc::new(log)
    }

    /// A log with these events of the test show's inventory, at these seconds.
    pub(crate) fn of<E: StoredEvent>(events: impl IntoIterator<Item = (i64, E)>) -> Arc<Self> {
        let log = Self::new();
        for (seconds, event) in events {
            log.push(&StreamName::inventory(SHOW), at(seconds), &event);
        }
        log
    }

    pub(crate) fn push(&self, stream: &StreamName, at: Timestamp, event: &impl StoredEvent) -> Recorded {
        self.push_raw(stream, at, event.event_type(), event.schema_version(), &event.payload().unwrap())
    }

    pub(crate) fn push_raw(
        &self,
        stream: &StreamName,
        log_time: Timestamp,
        event_type: &str,
        schema_version: u16,
        payload: &str,
    ) -> Recorded {
        let mut events = self.events.lock().unwrap();
        let mut versions = self.versions.lock().unwrap();
        let version = versions.entry(stream.clone()).or_default();
        *version += 1;
        let recorded = Recorded {
            position: events.len() as u64 + 1,
            stream: stream.clone(),
            version: *version,
            event_type: event_type.into(),
            schema_version,
            log_time,
            command: CommandMeta { id: Uuid::nil(), hash: Digest::ZERO, cause: None },
            payload: payload.into(),
            hash: Digest::of(&[&self.seed, stream.as_str().as_bytes(), &version.to_be_bytes()]),
        };
        events.push(recorded.clone());
        self.head.send_replace(recorded.position);
        recorded
    }

    /// The program has learned to read an event, as it were.
    pub(crate) fn repair(&self, position: Position, event: &impl StoredEvent) {
        let mut events = self.events.lock().unwrap();
        let recorded = events.iter_mut().find(|event| event.position == position).unwrap();
        recorded.event_type = event.event_type().into();
        recorded.schema_version = event.schema_version();
        recorded.payload = event.payload().unwrap().into();
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.events.lock().unwrap().clone()
    }

    fn reach(&self) -> Result<(), Outage> {
        let spent = |outages: usize| outages.checked_sub(1);
        match self.outages.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spent) {
            Ok(_) => Err(Outage("the test says so".into())),
            Err(_) => Ok(()),
        }
    }
}

#[async_trait]
impl LogFeed for TestLog {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Outage> {
        self.reach()?;
        Ok(self.all().into_iter().filter(|event| event.position > after).take(limit).collect())
    }

    async fn at(&self, position: Position) -> Result<Option<Recorded>, Outage> {
        self.reach()?;
        Ok(self.all().into_iter().find(|event| event.position == position))
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        after: u64,
        until: Option<Until>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Outage> {
        self.reach()?;
        let within = |event: &Recorded| match until {
            None => true,
            Some(Until::Position(position)) => event.position <= position,
            Some(Until::Time(time)) => event.log_time <= time,
        };
        let of_stream = |event: &Recorded| event.stream == *stream && event.version > after && within(event);
        Ok(self.all().into_iter().filter(of_stream).take(limit).collect())
    }

    fn head(&self) -> Position {
        *self.head.borrow()
    }

    async fn wait_beyond(&self, position: Position) {
        self.head.subscribe().wait_for(|head| *head > position).await.unwrap();
    }

    async fn layout(&self, digest: Digest) -> Result<Option<Arc<Layout>>, Outage> {
        self.reach()?;
        Ok(self.layouts.lock().unwrap().get(&digest).cloned())
    }
}
