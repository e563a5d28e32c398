//! One subscriber: their first frame, then the broadcast ones, in order and not too fast.

use std::sync::Arc;

use boxoffice_domain::time::Timestamp;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::frame::{Draft, Frame, FrameKind};
use super::{FRAME_EVERY_MS, LiveHub, Seen};
use crate::shows::ShowEntry;

/// The frames of one subscriber.
pub struct Subscription {
    hub: Arc<LiveHub>,
    entry: Arc<ShowEntry>,
    frames: broadcast::Receiver<Frame>,
    /// The next frame, while it is too early for it.
    held: Option<Frame>,
    seen: Option<Seen>,
    given_at: Option<Timestamp>,
}

impl Subscription {
    pub(super) fn new(
        hub: Arc<LiveHub>,
        entry: Arc<ShowEntry>,
        frames: broadcast::Receiver<Frame>,
        first: Frame,
    ) -> Self {
        Self { hub, entry, frames, held: Some(first), seen: None, given_at: None }
    }

    /// The next frame; none when the stream is over, because the program stops or the show is parked. A call that is
    /// dropped before it is done loses nothing.
    pub async fn next(&mut self) -> Option<Frame> {
        if self.held.is_none() {
            self.held = Some(self.receive().await?);
        }
        if let Some(until) = self.closed_until() {
            self.hub.clock.sleep_until(until).await;
        }
        let frame = self.held.take()?;
        self.given_at = Some(self.hub.clock.now());
        self.seen = Some(frame.seen);
        Some(frame)
    }

    async fn receive(&mut self) -> Option<Frame> {
        loop {
            match self.frames.recv().await {
                Ok(frame) if self.seen.is_some_and(|seen| frame.seen <= seen) => {}
                Ok(frame) => return Some(frame),
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(_)) => return self.reset(),
            }
        }
    }

    /// Everything anew; what is still in the backlog is in it.
    fn reset(&mut self) -> Option<Frame> {
        self.frames = self.frames.resubscribe();
        let now = self.hub.clock.now();
        let draft = self.entry.read(now, |view| Draft::full(FrameKind::Reset, view, now)).ok()?;
        Some(draft.render())
    }

    fn closed_until(&self) -> Option<Timestamp> {
        let now = self.hub.clock.now();
        let given_at = self.given_at.filter(|given_at| *given_at <= now)?;
        Some(given_at.plus_ms(FRAME_EVERY_MS)).filter(|until| *until > now)
    }
}
