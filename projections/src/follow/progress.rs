//! How far a read model has come, and what it had to put aside.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use boxoffice_domain::log::Position;
use tokio::sync::{Mutex as Turns, MutexGuard as Turn, Notify, watch};

use crate::table::Parked;

/// A read model that has not come far enough in time. Try again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the read model `{name}` is at position {reached} and not yet at {wanted}")]
pub struct Behind {
    /// The read model.
    pub name: &'static str,
    /// Where it is.
    pub reached: Position,
    /// Where it should be.
    pub wanted: Position,
}

/// How far a read model has come. Cheap to clone; every clone is the same.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    /// Nothing until the read model can be asked.
    position: watch::Sender<Option<Position>>,
    parked: Mutex<Vec<Parked>>,
    /// The generation that is live as far as this process knows.
    generation: AtomicU32,
    turns: Turns<()>,
    swapped: Notify,
}

impl Progress {
    /// Of a read model that has seen nothing.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self(Arc::new(Inner {
            name,
            position: watch::Sender::new(None),
            parked: Mutex::default(),
            generation: AtomicU32::new(0),
            turns: Turns::new(()),
            swapped: Notify::new(),
        }))
    }

    /// The read model.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Every event up to here is in the read model, or parked.
    #[must_use]
    pub fn position(&self) -> Position {
        self.0.position.borrow().unwrap_or_default()
    }

    /// Whether the read model can be asked, however far it has come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.position.borrow().is_some()
    }

    /// How often the read model was built; for one in tables, the number of its live generation.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.0.generation.load(Ordering::SeqCst)
    }

    /// What was put aside: one entry a stream.
    #[must_use]
    pub fn parked(&self) -> Vec<Parked> {
        self.all_parked().clone()
    }

    /// Why that stream does not move, if it does not.
    #[must_use]
    pub fn parked_stream(&self, stream: &str) -> Option<Parked> {
        self.all_parked().iter().find(|parked| parked.stream == stream).cloned()
    }

    /// Returns once the read model is at `position`.
    ///
    /// # Errors
    /// [`Behind`], when that takes longer than `timeout`.
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> Result<(), Behind> {
        let is_there = |reached: &Option<Position>| reached.is_some_and(|reached| reached >= position);
        if is_there(&self.0.position.borrow()) {
            return Ok(());
        }
        let mut positions = self.0.position.subscribe();
        let reached = tokio::time::timeout(timeout, positions.wait_for(is_there)).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                Err(Behind { name: self.0.name, reached: self.position(), wanted: position })
            }
        }
    }

    /// Never goes back: what was skipped before a checkpoint was written had nothing to change.
    pub(crate) fn reached(&self, position: Position) {
        self.0.position.send_if_modified(|reached| {
            let moved = *reached < Some(position);
            *reached = (*reached).max(Some(position));
            moved
        });
    }

    /// Leave to move the read model. Its follower takes it for each batch, and a rebuild for its last step, so that
    /// nothing happens between what one did and what the other goes on from.
    pub(crate) async fn turn(&self) -> Turn<'_, ()> {
        self.0.turns.lock().await
    }

    /// Another generation is live now. To be said by whoever has the turn.
    pub(crate) fn is_generation(&self, number: u32) {
        if self.0.generation.swap(number, Ordering::SeqCst) != number {
            self.0.swapped.notify_one();
        }
    }

    /// Returns once another generation has become live in this process.
    pub(crate) async fn swapped(&self) {
        self.0.swapped.notified().await;
    }

    /// Puts a stream aside, or says anew why it is.
    pub(crate) fn park(&self, parked: Parked) {
        tracing::error!(
            read_model = self.0.name,
            stream = parked.stream,
            position = parked.position,
            reason = parked.reason,
            "an event cannot be applied; its stream is parked"
        );
        let mut all = self.all_parked();
        all.retain(|known| known.stream != parked.stream);
        all.push(parked);
    }

    /// The stream moves again.
    pub(crate) fn unpark(&self, stream: &str) {
        self.all_parked().retain(|known| known.stream != stream);
    }

    /// These are parked, and no others.
    pub(crate) fn parked_are(&self, parked: Vec<Parked>) {
        *self.all_parked() = parked;
    }

    /// These are parked too.
    pub(crate) fn parked_also(&self, parked: &[Parked]) {
        let mut all = self.all_parked();
        let unknown: Vec<_> = parked
            .iter()
            .filter(|parked| all.iter().all(|known| known.stream != parked.stream))
            .cloned()
            .collect();
        all.extend(unknown);
    }

    fn all_parked(&self) -> MutexGuard<'_, Vec<Parked>> {
        self.0.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
