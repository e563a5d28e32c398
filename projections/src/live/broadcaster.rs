//! When which show has a frame to broadcast: coalesced to one in [`FRAME_EVERY_MS`], at once after a quiet time.

use std::collections::BTreeSet;
use std::sync::Arc;

use boxoffice_domain::id::ShowId;
use boxoffice_domain::time::Timestamp;
use rustc_hash::FxHashMap;
use tokio::sync::broadcast;

use super::frame::{Draft, Frame, FrameKind};
use super::{BACKLOG_MAX, FRAME_EVERY_MS};
use crate::show::{SaleStatus, ShowView, Since};
use crate::shows::ShowEntry;
use crate::table::Parked;

/// The shows that are watched.
#[derive(Default)]
pub(crate) struct Channels {
    by_show: FxHashMap<ShowId, Channel>,
    /// When to look at which show, even if no event comes.
    looks: BTreeSet<(Timestamp, ShowId)>,
    ticked_at: Option<Timestamp>,
}

/// The subscribers of one show, and what they were told last.
struct Channel {
    frames: broadcast::Sender<Frame>,
    entry: Arc<ShowEntry>,
    told: Told,
    /// When the last frame went out.
    sent_at: Option<Timestamp>,
    look_at: Option<Timestamp>,
    snapshot: Option<Frame>,
}

/// What the next frame follows on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    changes: u64,
    status: SaleStatus,
}

impl Told {
    fn of(view: &ShowView) -> Self {
        Self { changes: view.change_count(), status: view.sale_status() }
    }
}

impl Channels {
    pub(crate) fn subscribers(&self, show: ShowId) -> usize {
        self.by_show.get(&show).map_or(0, |channel| channel.frames.receiver_count())
    }

    /// The frames of a show that somebody watches already.
    pub(crate) fn listen(&self, show: ShowId) -> Option<broadcast::Receiver<Frame>> {
        self.by_show.get(&show).map(|channel| channel.frames.subscribe())
    }

    /// The frames of a show that nobody has watched so far.
    pub(crate) fn open(
        &mut self,
        entry: &Arc<ShowEntry>,
        now: Timestamp,
    ) -> Result<broadcast::Receiver<Frame>, Parked> {
        entry.watch(true);
        entry.look();
        let (told, look_at) = entry.read(now, |view| (Told::of(view), view.next_change()))?;
        let (frames, receiver) = broadcast::channel(BACKLOG_MAX);
        let entry = Arc::clone(entry);
        let show = entry.show();
        self.looks.extend(look_at.map(|look_at| (look_at, show)));
        self.by_show.insert(show, Channel { frames, entry, told, sent_at: None, look_at, snapshot: None });
        Ok(receiver)
    }

    pub(crate) fn snapshot(&self, show: ShowId) -> Option<Frame> {
        self.by_show.get(&show)?.snapshot.clone()
    }

    pub(crate) fn keep_snapshot(&mut self, show: ShowId, frame: Frame) {
        if let Some(channel) = self.by_show.get_mut(&show) {
            channel.snapshot = Some(frame);
        }
    }

    pub(crate) fn clear(&mut self) {
        for channel in self.by_show.values() {
            channel.entry.watch(false);
        }
        *self = Self::default();
    }

    /// Looks at shows that changed and at those whose time has come; tells when to look again.
    pub(crate) fn tick(&mut self, dirty: impl Iterator<Item = ShowId>, now: Timestamp) -> Option<Timestamp> {
        let mut due: BTreeSet<ShowId> = dirty.collect();
        if self.ticked_at.replace(now).is_some_and(|before| now < before) {
            // The clock was set back: what was to come soon would come late.
            due.extend(self.by_show.keys());
        }
        while let Some((at, show)) = self.looks.first().copied()
            && at <= now
        {
            self.looks.remove(&(at, show));
            due.insert(show);
        }
        for show in due {
            let Some(channel) = self.by_show.get_mut(&show) else { continue };
            if let Some(before) = channel.look_at {
                self.looks.remove(&(before, show));
            }
            if channel.look(now) {
                self.looks.extend(channel.look_at.map(|look_at| (look_at, show)));
            } else {
                channel.entry.watch(false);
                self.by_show.remove(&show);
            }
        }
        self.looks.first().map(|(at, _)| *at)
    }
}

impl Channel {
    /// Sends what there is to send. `false`: nobody is interested any more, or the show is parked.
    fn look(&mut self, now: Timestamp) -> bool {
        if self.frames.receiver_count() == 0 {
            return false;
        }
        if let Some(until) = self.closed_until(now) {
            self.look_at = Some(until);
            return true;
        }
        self.entry.look();
        let told = self.told;
        let looked = self.entry.read(now, |view| {
            let next = Told::of(view);
            (next, view.next_change(), (next != told).then(|| draw(view, told, now)))
        });
        let Ok((next, look_at, draft)) = looked else { return false };
        (self.told, self.look_at) = (next, look_at);
        if let Some(draft) = draft {
            self.sent_at = Some(now);
            // That the last receiver has just gone is found out by the next look.
            let _ = self.frames.send(draft.render());
        }
        true
    }

    /// Until when nothing may be sent. A clock that was set back does not silence a show.
    fn closed_until(&self, now: Timestamp) -> Option<Timestamp> {
        let sent_at = self.sent_at.filter(|sent_at| *sent_at <= now)?;
        Some(sent_at.plus_ms(FRAME_EVERY_MS)).filter(|until| *until > now)
    }
}

fn draw(view: &mut ShowView, told: Told, now: Timestamp) -> Draft {
    match view.delta_since_count(told.changes) {
        Since::Delta(seats) => Draft::delta(view, seats, now),
        Since::Reset => Draft::full(FrameKind::Reset, view, now),
    }
}
