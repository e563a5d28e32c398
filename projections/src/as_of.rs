//! A show as it was: folded anew from the log, up to a position or a time, and judged at the time of that moment.

use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::{Position, Recorded, StreamName};
use boxoffice_domain::time::Timestamp;

use crate::decode::{self, CannotRead};
use crate::feed::{LogFeed, Outage, Until};
use crate::follow::BATCH_MAX;
use crate::show::ShowView;

/// A show as it was.
#[derive(Debug, Clone)]
pub struct AsOf {
    /// The show, judged at [`Self::judged_at`].
    pub view: ShowView,
    /// For a position the log time of the event there, of whatever stream; for a time that time.
    pub judged_at: Timestamp,
}

/// Why the past cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PastUnknown {
    /// There is no event at that position.
    #[error("the log has no event at position {0}")]
    NoSuchPosition(Position),
    /// Nothing had happened to the show by then.
    #[error("the show did not exist then")]
    NoSuchShow,
    /// An event of the show cannot be read by this program.
    #[error("the event at position {position} cannot be read: {reason}")]
    Unreadable {
        /// Where it is.
        position: Position,
        /// Why.
        reason: String,
    },
    /// Try again.
    #[error(transparent)]
    Outage(#[from] Outage),
}

/// The seats, and all the rest, of a show at a position or a time.
///
/// # Errors
/// [`PastUnknown`].
pub async fn seats_as_of(feed: &dyn LogFeed, show: ShowId, until: Until) -> Result<AsOf, PastUnknown> {
    let judged_at = match until {
        Until::Time(time) => time,
        Until::Position(position) => {
            feed.at(position).await?.ok_or(PastUnknown::NoSuchPosition(position))?.log_time
        }
    };
    let mut view = ShowView::new(show);
    each_event(feed, show, Some(until), |recorded, event| view.apply(recorded, event)).await?;
    view.advance(judged_at);
    Ok(AsOf { view, judged_at })
}

/// Reads the inventory of a show from its beginning, in pages.
pub(crate) async fn each_event(
    feed: &dyn LogFeed,
    show: ShowId,
    until: Option<Until>,
    mut each: impl FnMut(&Recorded, &InventoryEvent) + Send,
) -> Result<(), PastUnknown> {
    let stream = StreamName::inventory(show);
    let mut version = 0;
    loop {
        let page = feed.read_stream(&stream, version, until, BATCH_MAX).await?;
        for recorded in &page {
            let event = decode::inventory_event(feed, recorded).await.map_err(|error| match error {
                CannotRead::Outage(outage) => PastUnknown::Outage(outage),
                CannotRead::Unreadable(reason) => {
                    PastUnknown::Unreadable { position: recorded.position, reason: reason.to_string() }
                }
            })?;
            version = recorded.version;
            each(recorded, &event);
        }
        match page.len() {
            0 if version == 0 => return Err(PastUnknown::NoSuchShow),
            BATCH_MAX.. => {}
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
