//! Everything that ever happened to one seat, from the log, as facts and in words.

use boxoffice_domain::id::{HoldId, OrderId, ShowId, TicketId};
use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::{Position, Recorded};
use boxoffice_domain::time::Timestamp;
use serde::Serialize;

use crate::as_of::{PastUnknown, each_event};
use crate::feed::LogFeed;

mod track;
mod words;

use track::{Touch, Track};

/// One fact about a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// Where it is in the log.
    pub position: Position,
    /// Its log time.
    pub at: Timestamp,
    /// What happened, as the log names it.
    pub event_type: String,
    /// The hold that had the seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// The order that had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The ticket for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// The same for people. Times of day are UTC.
    pub words: String,
}

/// Every fact about one seat, in the order of the log. Empty where the seat was never touched.
///
/// # Errors
/// [`PastUnknown::NoSuchShow`], [`PastUnknown::Unreadable`] and [`PastUnknown::Outage`].
pub async fn seat_history(
    feed: &dyn LogFeed,
    show: ShowId,
    seat: &str,
) -> Result<Vec<HistoryEntry>, PastUnknown> {
    let mut track = Track::of(seat);
    let mut entries = Vec::new();
    let follow = |recorded: &Recorded, event: &InventoryEvent| {
        entries.extend(track.follow(event).map(|touch| entry(recorded, event, &touch)));
    };
    each_event(feed, show, None, follow).await?;
    Ok(entries)
}

fn entry(recorded: &Recorded, event: &InventoryEvent, touch: &Touch) -> HistoryEntry {
    HistoryEntry {
        position: recorded.position,
        at: recorded.log_time,
        event_type: recorded.event_type.to_string(),
        hold: touch.hold,
        order: touch.order,
        ticket: touch.ticket,
        words: words::of(event, touch, recorded.log_time),
    }
}

#[cfg(test)]
mod tests;
