//! Venues: where shows happen, and the seating plans they have. A stream each, `venue-venue_…`.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Layouts, Streamed, Unreadable};
use crate::digest::Digest;
use crate::id::{OrganizerId, SeatingPlanId, VenueId};
use crate::log::StreamName;
use crate::seating::PlanFormat;
use crate::stored_events;
use crate::time::Timestamp;

stored_events! {
    /// A fact about a venue.
    VenueEvent {
        /// The venue exists.
        VenueCreated = "venue_created" v 1,
        /// It has another seating plan.
        SeatingPlanImported = "seating_plan_imported" v 1,
    }
}

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The town.
    pub city: String,
    /// ISO 3166-1, two capitals.
    pub country: String,
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line1: Option<String>,
    /// The postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
}

/// A place on earth, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// North of the equator.
    pub lat_e6: i64,
    /// East of Greenwich.
    pub lng_e6: i64,
}

/// See [`VenueEvent::VenueCreated`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueCreated {
    /// Where it is.
    pub address: Address,
    /// Where it is on earth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What it is called.
    pub name: String,
    /// Whose it is.
    pub organizer: OrganizerId,
    /// Its IANA time zone.
    pub timezone: String,
    /// The venue.
    pub venue: VenueId,
}

/// See [`VenueEvent::SeatingPlanImported`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatingPlanImported {
    /// The format that it came in.
    pub format: PlanFormat,
    /// The digest of its layout.
    pub layout: Digest,
    /// What it is called.
    pub name: String,
    /// The plan.
    pub plan: SeatingPlanId,
    /// How many seats it has.
    pub seats: u32,
    /// The digest of the bytes as they were imported.
    pub source: Digest,
    /// The venue.
    pub venue: VenueId,
}

impl VenueEvent {
    #[expect(clippy::unnecessary_wraps, reason = "the registry of event types asks every enum for this")]
    fn complete(self, _: &dyn Layouts) -> Result<Self, Unreadable> {
        Ok(self)
    }
}

/// A venue, as far as decisions need to know it.
#[derive(Debug, Clone, Default)]
pub struct Venue {
    exists: bool,
    plans: Vec<SeatingPlanId>,
}

/// What can be asked of a venue.
#[derive(Debug, Clone)]
pub enum VenueCommand {
    /// Make it.
    Create(VenueCreated),
    /// Add a seating plan that has been imported.
    AddSeatingPlan(SeatingPlanImported),
}

/// Why a venue says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VenueRefused {
    /// There is one with that id, or a plan with that id.
    #[error("it exists already")]
    Exists,
    /// There is no such venue.
    #[error("there is no such venue")]
    Unknown,
}

impl Aggregate for Venue {
    type Command = VenueCommand;
    type Event = VenueEvent;
    type Refusal = VenueRefused;

    fn decide(&self, command: &VenueCommand, _: Timestamp) -> Result<Vec<VenueEvent>, VenueRefused> {
        match command {
            VenueCommand::Create(_) if self.exists => Err(VenueRefused::Exists),
            VenueCommand::Create(created) => Ok(vec![created.clone().into()]),
            VenueCommand::AddSeatingPlan(_) if !self.exists => Err(VenueRefused::Unknown),
            VenueCommand::AddSeatingPlan(plan) if self.plans.contains(&plan.plan) => {
                Err(VenueRefused::Exists)
            }
            VenueCommand::AddSeatingPlan(plan) => Ok(vec![plan.clone().into()]),
        }
    }

    fn evolve(&mut self, event: &VenueEvent, _: Timestamp) {
        match event {
            VenueEvent::VenueCreated(_) => self.exists = true,
            VenueEvent::SeatingPlanImported(imported) => self.plans.push(imported.plan),
        }
    }
}

impl Streamed for Venue {
    type Id = VenueId;

    fn stream(id: VenueId) -> StreamName {
        StreamName::venue(id)
    }
}
