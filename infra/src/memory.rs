//! The log in memory, for tests: the same promises as the durable ones (one suite checks both), and switches for
//! what goes wrong in life.
//!
//! * [`MemoryLog::fail_next_appends`]: an append is refused and nothing is written.
//! * [`MemoryLog::lose_next_outcomes`]: the outcome is unknown; it landed, or it did not and may still.
//! * [`MemoryLog::hold_appends`]: commits stop until they are released.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use boxoffice_commands::log::{
    AppendError, Claim, Documents, EventLog, Outage as WriteOutage, StreamBatch, StreamOutcome,
};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Epoch, Position, Recorded, StreamName, Version};
use boxoffice_domain::mutant::{self, Mutant};
use boxoffice_domain::seating::Layout;
use boxoffice_projections::feed::{LogFeed, Outage, Until};
use tokio::sync::watch;

use crate::layouts::Layouts;
use crate::until::is_within;
use crate::well_formed;

/// A log that is gone with its process.
#[derive(Debug)]
pub struct MemoryLog {
    state: Mutex<State>,
    head: watch::Sender<Position>,
    held: watch::Sender<bool>,
    layouts: Layouts,
}

#[derive(Debug, Default)]
struct State {
    /// Position 1 stands first.
    events: Vec<Recorded>,
    streams: HashMap<StreamName, Stream>,
    documents: HashMap<Digest, Arc<[u8]>>,
    /// What becomes of the next appends, before anything good does.
    faults: VecDeque<Fault>,
    /// Appends whose outcome was lost and that have not landed so far.
    adrift: Vec<Vec<StreamBatch>>,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Refused,
    Lost { landed: bool },
}

#[derive(Debug, Default)]
struct Stream {
    epoch: Epoch,
    /// Where its events stand in the log; version 1 stands first.
    positions: Vec<Position>,
    head: Digest,
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Mutex::default(),
            head: watch::Sender::new(0),
            held: watch::Sender::new(false),
            layouts: Layouts::default(),
        }
    }

    /// The next `n` appends are refused with [`AppendError::NotAppended`]. Faults queue up in the order in which
    /// they were asked for, one an append.
    pub fn fail_next_appends(&self, n: usize) {
        self.state().faults.extend(vec![Fault::Refused; n]);
    }

    /// The next `n` appends answer [`AppendError::Unknown`]. With `landed` they were written all the same; without,
    /// they were not, and may still be by [`Self::land_lost_appends`].
    pub fn lose_next_outcomes(&self, n: usize, landed: bool) {
        self.state().faults.extend(vec![Fault::Lost { landed }; n]);
    }

    /// Lets every lost append that has not landed try to land now, as a packet that comes late. What was claimed
    /// by somebody in between does not land. Tells how many streams did.
    pub fn land_lost_appends(&self) -> usize {
        let mut state = self.state();
        let adrift = std::mem::take(&mut state.adrift);
        let outcomes = adrift.into_iter().flat_map(|batches| state.append(&batches));
        let landed = outcomes.filter(|outcome| matches!(outcome, StreamOutcome::Appended { .. })).count();
        self.announce(&state);
        landed
    }

    /// Appends wait from now on, before anything of them is decided.
    pub fn hold_appends(&self) {
        self.held.send_replace(true);
    }

    /// Appends go on.
    pub fn release_appends(&self) {
        self.held.send_replace(false);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self, state: &State) {
        let position = state.head();
        self.head.send_if_modified(|head| std::mem::replace(head, position) != position);
    }
}

impl State {
    fn head(&self) -> Position {
        position_of(self.events.len())
    }

    fn append(&mut self, batches: &[StreamBatch]) -> Vec<StreamOutcome> {
        batches.iter().map(|batch| self.append_one(batch)).collect()
    }

    fn append_one(&mut self, batch: &StreamBatch) -> StreamOutcome {
        let known = self.streams.get(&batch.stream);
        let (epoch, version) =
            known.map_or((0, 0), |stream| (stream.epoch, position_of(stream.positions.len())));
        if epoch != batch.epoch {
            return StreamOutcome::Fenced;
        }
        if version != batch.expected && !mutant::is_on(Mutant::NoVersionCheck) {
            return StreamOutcome::Conflict;
        }
        if batch.events.is_empty() {
            return StreamOutcome::Confirmed;
        }
        let first = self.head() + 1;
        let stream = self.streams.entry(batch.stream.clone()).or_default();
        stream.positions.truncate(index_of(batch.expected));
        for (position, event) in (first..).zip(&batch.events) {
            stream.positions.push(position);
            stream.head = event.hash;
            self.events.push(Recorded::of(event, &batch.stream, position));
        }
        StreamOutcome::Appended { first }
    }

    fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        until: Option<Until>,
        limit: usize,
    ) -> Vec<Recorded> {
        let Some(stream) = self.streams.get(stream) else { return Vec::new() };
        let positions = stream.positions.iter().skip(index_of(after));
        let events = positions.filter_map(|position| self.events.get(index_of(position.saturating_sub(1))));
        events.take_while(|event| is_within(event, until)).take(limit).cloned().collect()
    }
}

fn position_of(count: usize) -> Position {
    Position::try_from(count).unwrap_or(Position::MAX)
}

fn index_of(position: Position) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, batches: Arc<[StreamBatch]>) -> Result<Vec<StreamOutcome>, AppendError> {
        well_formed::check(&batches)?;
        // An error says that the log is gone, and then nobody waits.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
        let mut state = self.state();
        let fault = state.faults.pop_front();
        match fault {
            Some(Fault::Refused) => return Err(AppendError::NotAppended("a test asked for it".to_owned())),
            Some(Fault::Lost { landed: false }) => state.adrift.push(batches.to_vec()),
            Some(Fault::Lost { landed: true }) | None => {
                let outcomes = state.append(&batches);
                self.announce(&state);
                if fault.is_none() {
                    return Ok(outcomes);
                }
            }
        }
        Err(AppendError::Unknown("a test asked for it".to_owned()))
    }

    async fn claim(&self, stream: &StreamName) -> Result<Claim, WriteOutage> {
        let mut state = self.state();
        let stream = state.streams.entry(stream.clone()).or_default();
        stream.epoch += 1;
        Ok(Claim { epoch: stream.epoch, version: position_of(stream.positions.len()), head: stream.head })
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, WriteOutage> {
        Ok(self.state().read_stream(stream, after, None, limit))
    }

    fn head(&self) -> Position {
        *self.head.borrow()
    }
}

#[async_trait]
impl Documents for MemoryLog {
    async fn keep(&self, content: &[u8]) -> Result<Digest, WriteOutage> {
        let digest = Digest::of(&[content]);
        self.state().documents.entry(digest).or_insert_with(|| content.into());
        Ok(digest)
    }

    async fn find(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, WriteOutage> {
        Ok(self.state().documents.get(&digest).cloned())
    }
}

#[async_trait]
impl LogFeed for MemoryLog {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Outage> {
        Ok(self.state().events.iter().skip(index_of(after)).take(limit).cloned().collect())
    }

    async fn at(&self, position: Position) -> Result<Option<Recorded>, Outage> {
        let Some(before) = position.checked_sub(1) else { return Ok(None) };
        Ok(self.state().events.get(index_of(before)).cloned())
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        after: u64,
        until: Option<Until>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Outage> {
        Ok(self.state().read_stream(stream, after, until, limit))
    }

    fn head(&self) -> Position {
        *self.head.borrow()
    }

    async fn wait_beyond(&self, position: Position) {
        // An error says that the log is gone, and then nobody waits.
        let _ = self.head.subscribe().wait_for(|head| *head > position).await;
    }

    async fn layout(&self, digest: Digest) -> Result<Option<Arc<Layout>>, Outage> {
        if let Some(layout) = self.layouts.get(digest) {
            return Ok(Some(layout));
        }
        let Some(content) = self.state().documents.get(&digest).cloned() else { return Ok(None) };
        let layout = Arc::new(Layout::read(&content).map_err(|error| Outage(error.to_string()))?);
        self.layouts.keep(&layout);
        Ok(Some(layout))
    }
}
