//! Everything that ever happened to one seat, from the log, as facts and in words.

use std::collections::HashMap;

use boxoffice_domain::doors::DoorsEvent;
use boxoffice_domain::id::{BlockId, HoldId, OrderId, ShowId, TicketId};
use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::{Position, Recorded, StreamName};
use boxoffice_domain::time::Timestamp;
use serde::Serialize;

use crate::as_of::{PastUnknown, each_event};
use crate::decode;
use crate::feed::LogFeed;
use crate::follow::BATCH_MAX;

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
    /// The block that keeps it back, or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockId>,
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
    admissions(feed, show, &mut entries).await?;
    entries.sort_by_key(|entry| entry.position);
    Ok(entries)
}

/// Adds who was let in with a ticket for the seat. What happens at the doors has a stream of its own.
async fn admissions(
    feed: &dyn LogFeed,
    show: ShowId,
    entries: &mut Vec<HistoryEntry>,
) -> Result<(), PastUnknown> {
    let with_ticket = |entry: &HistoryEntry| entry.ticket.map(|ticket| (ticket, entry.clone()));
    let tickets: HashMap<TicketId, HistoryEntry> = entries.iter().filter_map(with_ticket).collect();
    if tickets.is_empty() {
        return Ok(());
    }
    let (stream, mut version) = (StreamName::doors(show), 0);
    loop {
        let page = feed.read_stream(&stream, version, None, BATCH_MAX).await?;
        for recorded in &page {
            version = recorded.version;
            let DoorsEvent::TicketAdmitted(admitted) = decode::event(recorded).map_err(|inapplicable| {
                PastUnknown::Unreadable { position: recorded.position, reason: inapplicable.0 }
            })?;
            entries.extend(tickets.get(&admitted.ticket).map(|sold| HistoryEntry {
                position: recorded.position,
                at: recorded.log_time,
                event_type: recorded.event_type.to_string(),
                words: format!("Let in with {} (gate {})", admitted.ticket, admitted.gate),
                ..sold.clone()
            }));
        }
        if page.len() < BATCH_MAX {
            return Ok(());
        }
    }
}

fn entry(recorded: &Recorded, event: &InventoryEvent, touch: &Touch) -> HistoryEntry {
    HistoryEntry {
        position: recorded.position,
        at: recorded.log_time,
        event_type: recorded.event_type.to_string(),
        hold: touch.hold,
        order: touch.order,
        ticket: touch.ticket,
        block: touch.block,
        words: words::of(event, touch, recorded.log_time),
    }
}

#[cfg(test)]
mod tests;
