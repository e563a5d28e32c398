//! Live streams: what changed about a show, to everybody who watches it, at most twice a second each.
//!
//! One broadcaster serves all: it renders a frame once and every subscriber of the show gets the same text. Frames
//! hold absolute states, so one too many is harmless; each follows on the last that was broadcast, so none may be
//! missing: who falls behind, or was away for too long, gets a full `reset` in place of it. Whoever subscribes gets
//! a frame of their own first: a `snapshot`, or what they missed since the position that they name.
//!
//! [`LiveHub::run`] has to run for frames to come; it wakes for events and for deadlines, because time alone changes
//! what is available.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use boxoffice_domain::id::ShowId;
use boxoffice_domain::log::Position;
use boxoffice_domain::time::Timestamp;
use tokio::sync::{Notify, broadcast};

use crate::clock::ViewClock;
use crate::show::{ShowView, Since};
use crate::shows::{ShowEntry, Shows};
use crate::table::Parked;

mod broadcaster;
mod frame;
mod subscription;

use broadcaster::Channels;
use frame::Draft;
pub use frame::{Frame, FrameBody, FrameKind};
pub use subscription::Subscription;

/// Frames of one show, and frames to one subscriber, are at least so far apart, in milliseconds.
pub const FRAME_EVERY_MS: i64 = 500;

/// How many may watch one show on one node.
pub const SUBSCRIBERS_MAX: usize = 20_000;

/// How many frames a subscriber may fall behind before they get a reset.
const BACKLOG_MAX: usize = 8;

/// The hub looks at its clock at least so often while it waits for a moment to come.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why nobody can watch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotWatch {
    /// There is no such show.
    #[error("there is no such event")]
    Unknown,
    /// The show no longer moves.
    #[error("the event cannot be shown at present: {}", .0.reason)]
    Parked(Parked),
    /// Too many watch already. Try again later.
    #[error("too many are watching this event")]
    Full,
}

/// How much of a view somebody has seen; later views of the same show are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    changes: u64,
    judged_at: Timestamp,
}

impl Seen {
    pub(crate) fn of(view: &ShowView) -> Self {
        Self { changes: view.change_count(), judged_at: view.judged_at() }
    }
}

/// Broadcasts what changes.
pub struct LiveHub {
    shows: Arc<Shows>,
    clock: Arc<dyn ViewClock>,
    channels: Mutex<Channels>,
    subscribed: Notify,
}

impl LiveHub {
    /// A hub over these shows.
    #[must_use]
    pub fn new(shows: Arc<Shows>, clock: Arc<dyn ViewClock>) -> Arc<Self> {
        Arc::new(Self { shows, clock, channels: Mutex::default(), subscribed: Notify::new() })
    }

    /// Watches a show: from now on, or from after a position.
    ///
    /// # Errors
    /// [`CannotWatch`].
    pub fn subscribe(
        self: &Arc<Self>,
        show: ShowId,
        after: Option<Position>,
    ) -> Result<Subscription, CannotWatch> {
        let entry = self.shows.get(show).ok_or(CannotWatch::Unknown)?;
        let now = self.clock.now();
        // The frames that follow are listened to before the first one is made, so that none is missed between.
        let frames = self.listen(&entry, now)?;
        let first = match after {
            None => self.snapshot(&entry, now),
            Some(after) => self.resumed(&entry, after, now),
        };
        Ok(Subscription::new(Arc::clone(self), entry, frames, first.map_err(CannotWatch::Parked)?))
    }

    /// How many watch a show on this node.
    #[must_use]
    pub fn subscribers(&self, show: ShowId) -> usize {
        self.channels().subscribers(show)
    }

    /// Broadcasts until `shutdown` completes, which ends every subscription.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            let next = self.tick(self.clock.now());
            let timer = async {
                let Some(next) = next else { return std::future::pending().await };
                // However far the clock jumps while this sleeps, somebody looks soon.
                let _ = tokio::time::timeout(LOOK_EVERY, self.clock.sleep_until(next)).await;
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = self.shows.dirtied() => {}
                () = self.subscribed.notified() => {}
                () = timer => {}
            }
        }
        self.channels().clear();
    }

    /// Sends what is due and tells when to look again, if no event comes before.
    fn tick(&self, now: Timestamp) -> Option<Timestamp> {
        let dirty = self.shows.take_dirty();
        self.channels().tick(dirty.iter().map(|entry| entry.show()), now)
    }

    fn listen(
        &self,
        entry: &Arc<ShowEntry>,
        now: Timestamp,
    ) -> Result<broadcast::Receiver<Frame>, CannotWatch> {
        let mut channels = self.channels();
        if channels.subscribers(entry.show()) >= SUBSCRIBERS_MAX {
            return Err(CannotWatch::Full);
        }
        if let Some(frames) = channels.listen(entry.show()) {
            return Ok(frames);
        }
        let frames = channels.open(entry, now).map_err(CannotWatch::Parked)?;
        self.subscribed.notify_one();
        Ok(frames)
    }

    /// Everything. Those who come within a short time get the same.
    fn snapshot(&self, entry: &ShowEntry, now: Timestamp) -> Result<Frame, Parked> {
        let changes = entry.read(now, |view| view.change_count())?;
        let fresh = |frame: &Frame| frame.seen.changes == changes && frame.is_of(now);
        if let Some(frame) = self.channels().snapshot(entry.show()).filter(fresh) {
            return Ok(frame);
        }
        let frame = entry.read(now, |view| Draft::full(FrameKind::Snapshot, view, now))?.render();
        self.channels().keep_snapshot(entry.show(), frame.clone());
        Ok(frame)
    }

    /// What was missed since a position; everything, where that is not known, or is not a position of this log.
    fn resumed(&self, entry: &ShowEntry, after: Position, now: Timestamp) -> Result<Frame, Parked> {
        let head = self.shows.progress().position();
        let draft = entry.read(now, |view| match view.delta_since(after) {
            Since::Delta(seats) if after <= head.max(view.position()) => Draft::delta(view, seats, now),
            Since::Delta(_) | Since::Reset => Draft::full(FrameKind::Reset, view, now),
        })?;
        Ok(draft.render())
    }

    fn channels(&self) -> MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
