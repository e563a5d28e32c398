//! Frames of a live stream: their JSON, and their text as Server-Sent Events.

use boxoffice_domain::id::ShowId;
use boxoffice_domain::log::Position;
use boxoffice_domain::time::Timestamp;
use bytes::Bytes;
use serde::Serialize;

use super::{FRAME_EVERY_MS, Seen};
use crate::row::named;
use crate::show::{SaleStatus, SeatChange, SeatsSnapshot, ShowView, TypeLine};

named! {
    /// What a frame means for whoever gets it.
    pub enum FrameKind {
        /// Everything, to begin with.
        Snapshot = "snapshot",
        /// Everything, in place of what is known: some of it may have been missed.
        Reset = "reset",
        /// The seats that changed, and all the rest.
        Delta = "delta",
    }
}

/// The JSON of a frame. All three kinds have the same form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameBody {
    /// The show.
    pub event_id: ShowId,
    /// The position of the show's last event that is in it: what to go on from.
    pub position: Position,
    /// The time at which it was judged.
    pub server_time: Timestamp,
    /// Whether the show sells.
    pub status: SaleStatus,
    /// Every ticket type that is not hidden.
    pub ticket_types: Vec<TypeLine>,
    /// Seats with their state: all in a snapshot or reset, in a delta those that may have changed.
    pub seats: Vec<SeatChange>,
}

/// A frame, rendered once for all who get it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it means.
    pub kind: FrameKind,
    /// What to go on from: the `id` of the Server-Sent Event.
    pub position: Position,
    /// The whole Server-Sent Event, with the empty line at its end.
    pub text: Bytes,
    pub(crate) seen: Seen,
    drawn_at: Timestamp,
}

impl Frame {
    /// The JSON alone.
    #[must_use]
    pub fn data(&self) -> &str {
        let text = std::str::from_utf8(&self.text).unwrap_or_default();
        text.split_once("data: ").map_or("", |(_, data)| data.trim_end())
    }

    /// Whether it was drawn within one interval of frames before `now`.
    pub(crate) fn is_of(&self, now: Timestamp) -> bool {
        self.drawn_at <= now && now < self.drawn_at.plus_ms(FRAME_EVERY_MS)
    }
}

/// A frame that is not rendered yet: drawn under the lock of a show, rendered outside.
#[derive(Debug)]
pub(crate) struct Draft {
    kind: FrameKind,
    seen: Seen,
    drawn_at: Timestamp,
    body: FrameBody,
    /// In place of the body's seats.
    all: Option<SeatsSnapshot>,
}

impl Draft {
    /// All seats.
    pub(crate) fn full(kind: FrameKind, view: &mut ShowView, now: Timestamp) -> Self {
        let all = view.seats();
        Self { all: Some(all), ..Self::of(kind, view, Vec::new(), now) }
    }

    /// Some seats.
    pub(crate) fn delta(view: &ShowView, seats: Vec<SeatChange>, now: Timestamp) -> Self {
        Self::of(FrameKind::Delta, view, seats, now)
    }

    fn of(kind: FrameKind, view: &ShowView, seats: Vec<SeatChange>, now: Timestamp) -> Self {
        let body = FrameBody {
            event_id: view.show(),
            position: view.position(),
            server_time: view.judged_at(),
            status: view.sale_status(),
            ticket_types: view.type_lines(),
            seats,
        };
        Self { kind, seen: Seen::of(view), drawn_at: now, body, all: None }
    }

    pub(crate) fn render(self) -> Frame {
        let Self { kind, seen, drawn_at, mut body, all } = self;
        if let Some(all) = all {
            body.seats = all.changes();
        }
        // JSON has no line feeds outside of its strings, and escapes those within.
        let data = serde_json::to_string(&body).unwrap_or_default();
        let text = format!("event: {}\nid: {}\ndata: {data}\n\n", kind.as_str(), body.position);
        Frame { kind, position: body.position, text: text.into(), seen, drawn_at }
    }
}
