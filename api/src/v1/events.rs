//! Events: what people attend. In the code they are called shows.

use boxoffice_domain::time::Timestamp;
use boxoffice_projections::catalog::{ShowRow, VenueRow};
use serde::Serialize;
use utoipa::ToSchema;

use super::venues::{AddressBody, VenueBody};
use crate::wire::Money;

pub mod after;
pub mod availability;
pub mod blocks;
pub mod cancel;
pub mod change;
pub mod charges;
pub mod copy;
pub mod create;
pub mod fees;
pub mod history;
pub mod list;
pub mod live;
pub mod pause;
pub mod pools;
pub mod publish;
pub mod read;
pub mod refund_policy;
pub mod reschedule;
pub mod resume;
pub mod seats;
pub mod taxes;
pub mod ticket_types;

/// An event in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventEntry {
    /// The event.
    #[schema(example = "event_01h455vb4pex5vsknk084sn02q")]
    pub event_id: String,
    /// What it is called.
    pub name: String,
    /// `draft`, `scheduled`, `on_sale`, `rescheduled` (on sale, and moved since it was announced), `paused`, `sold_out`,
    /// `ended` or `cancelled`.
    pub status: String,
    /// Music, theatre, sport …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// A closer look at the category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// Who is to be seen.
    pub performers: Vec<String>,
    /// When it starts.
    pub starts_at: String,
    /// The venue's IANA time zone.
    pub timezone: String,
    /// Where it happens.
    pub venue: VenueEntry,
    /// The cheapest visible price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_from: Option<Money>,
}

/// A venue, as an event names it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VenueEntry {
    /// The venue.
    pub venue_id: String,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub address: AddressBody,
}

impl VenueEntry {
    fn new(row: &VenueRow) -> Self {
        let VenueBody { venue_id, name, address, .. } = VenueBody::from(row.clone());
        Self { venue_id, name, address }
    }
}

impl EventEntry {
    fn new(show: &ShowRow, venue: &VenueRow, status: &str, price_from: Option<Money>) -> Self {
        Self {
            event_id: show.show.to_string(),
            name: show.name.clone(),
            status: status.to_owned(),
            category: show.category.clone(),
            genre: show.genre.clone(),
            performers: show.performers.clone(),
            starts_at: show.starts_at.to_string(),
            timezone: venue.timezone.clone(),
            venue: VenueEntry::new(venue),
            price_from,
        }
    }
}

fn text_of(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}
