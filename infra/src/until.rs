//! How far into a stream a reader looks.

use boxoffice_domain::log::Recorded;
use boxoffice_projections::feed::Until;

/// Whether an event is within a bound. Positions and log times only grow within a stream, so every event after
/// the first that is beyond is beyond too.
pub(crate) fn is_within(event: &Recorded, until: Option<Until>) -> bool {
    match until {
        None => true,
        Some(Until::Position(position)) => event.position <= position,
        Some(Until::Time(time)) => event.log_time <= time,
    }
}
