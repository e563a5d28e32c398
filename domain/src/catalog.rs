//! The catalog entry of a show: what people read about it. A stream each, `catalog-event_…`. What it sells is
//! decided by its [`crate::inventory`].

use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Layouts, Streamed, Unreadable};
use crate::id::{OrganizerId, SeatingPlanId, ShowId, VenueId};
use crate::log::StreamName;
use crate::stored_events;
use crate::time::Timestamp;

stored_events! {
    /// A fact about a show's description.
    CatalogEvent {
        /// The show is being prepared.
        ShowDrafted = "show_drafted" v 1,
    }
}

/// See [`CatalogEvent::ShowDrafted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowDrafted {
    /// Music, theatre, sport …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When people are let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doors_at: Option<Timestamp>,
    /// When it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// A closer look at the category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// What it is called; need not be unique.
    pub name: String,
    /// Who sells it.
    pub organizer: OrganizerId,
    /// Who is to be seen. Stage names, published by the organizer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub performers: Vec<String>,
    /// The seating plan, where there are seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<SeatingPlanId>,
    /// The show.
    pub show: ShowId,
    /// When it starts.
    pub starts_at: Timestamp,
    /// Where it happens.
    pub venue: VenueId,
}

impl CatalogEvent {
    #[expect(clippy::unnecessary_wraps, reason = "the registry of event types asks every enum for this")]
    fn complete(self, _: &dyn Layouts) -> Result<Self, Unreadable> {
        Ok(self)
    }
}

/// A catalog entry, as far as decisions need to know it.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    exists: bool,
}

/// What can be asked of a catalog entry.
#[derive(Debug, Clone)]
pub enum CatalogCommand {
    /// Make it.
    Draft(Box<ShowDrafted>),
}

/// Why a catalog entry says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogRefused {
    /// There is one with that id.
    #[error("the event exists already")]
    Exists,
}

impl Aggregate for Catalog {
    type Command = CatalogCommand;
    type Event = CatalogEvent;
    type Refusal = CatalogRefused;

    fn decide(&self, command: &CatalogCommand, _: Timestamp) -> Result<Vec<CatalogEvent>, CatalogRefused> {
        match command {
            CatalogCommand::Draft(_) if self.exists => Err(CatalogRefused::Exists),
            CatalogCommand::Draft(drafted) => Ok(vec![drafted.as_ref().clone().into()]),
        }
    }

    fn evolve(&mut self, event: &CatalogEvent, _: Timestamp) {
        match event {
            CatalogEvent::ShowDrafted(_) => self.exists = true,
        }
    }
}

impl Streamed for Catalog {
    type Id = ShowId;

    fn stream(id: ShowId) -> StreamName {
        StreamName::catalog(id)
    }
}
