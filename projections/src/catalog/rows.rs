//! The rows of the catalog, as values.

use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::{OrganizerId, SeatingPlanId, ShowId, VenueId};
use boxoffice_domain::seating::PlanFormat;
use boxoffice_domain::time::Timestamp;
use boxoffice_domain::venue::{Address, Location};

use crate::row::{BadRow, Cells, named};
use crate::table::Row;

/// An organizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizerRow {
    /// The organizer.
    pub organizer: OrganizerId,
    /// What they are called.
    pub name: String,
    /// The version of their stream that this row shows.
    pub version: u64,
    /// When they were made.
    pub created_at: Timestamp,
}

impl OrganizerRow {
    /// Reads a row of [`super::ORGANIZER`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        Ok(Self {
            organizer: cells.parsed("organizer_id")?,
            name: cells.text("name")?,
            version: cells.number("version")?,
            created_at: cells.time("created_at")?,
        })
    }
}

/// A venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueRow {
    /// The venue.
    pub venue: VenueId,
    /// Whose it is.
    pub organizer: OrganizerId,
    /// What it is called.
    pub name: String,
    /// Its IANA time zone.
    pub timezone: String,
    /// Where it is.
    pub address: Address,
    /// Where it is on earth.
    pub location: Option<Location>,
    /// The version of its stream that this row shows.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl VenueRow {
    /// Reads a row of [`super::VENUE`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        let latitude = cells.optional_integer("lat_e6")?;
        let longitude = cells.optional_integer("lng_e6")?;
        Ok(Self {
            venue: cells.parsed("venue_id")?,
            organizer: cells.parsed("organizer_id")?,
            name: cells.text("name")?,
            timezone: cells.text("timezone")?,
            address: Address {
                city: cells.text("city")?,
                country: cells.text("country")?,
                line1: cells.optional_text("line1")?,
                postal_code: cells.optional_text("postal_code")?,
            },
            location: latitude.zip(longitude).map(|(lat_e6, lng_e6)| Location { lat_e6, lng_e6 }),
            version: cells.number("version")?,
            created_at: cells.time("created_at")?,
        })
    }
}

/// A seating plan; its categories and areas are in the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatingPlanRow {
    /// The plan.
    pub plan: SeatingPlanId,
    /// The venue that has it.
    pub venue: VenueId,
    /// What it is called.
    pub name: String,
    /// The format that it came in.
    pub format: PlanFormat,
    /// The digest of its layout.
    pub layout: Digest,
    /// The digest of the bytes as they were imported.
    pub source: Digest,
    /// How many seats it has.
    pub seats: u32,
    /// The version of the venue's stream that this row shows.
    pub version: u64,
    /// When it was imported.
    pub created_at: Timestamp,
}

impl SeatingPlanRow {
    /// Reads a row of [`super::SEATING_PLAN`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        Ok(Self {
            plan: cells.parsed("seating_plan_id")?,
            venue: cells.parsed("venue_id")?,
            name: cells.text("name")?,
            format: cells.name("format")?,
            layout: cells.parsed("layout")?,
            source: cells.parsed("source")?,
            seats: cells.number("seats")?,
            version: cells.number("version")?,
            created_at: cells.time("created_at")?,
        })
    }
}

named! {
    /// Whether a show is to be seen by everybody.
    pub enum ShowState {
        /// It is being prepared.
        Draft = "draft",
        /// It was published.
        Published = "published",
    }
}

/// What people read about a show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowRow {
    /// The show.
    pub show: ShowId,
    /// Who sells it.
    pub organizer: OrganizerId,
    /// Where it happens.
    pub venue: VenueId,
    /// The seating plan, where there are seats.
    pub plan: Option<SeatingPlanId>,
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Music, theatre, sport …
    pub category: Option<String>,
    /// A closer look at the category.
    pub genre: Option<String>,
    /// Who is to be seen.
    pub performers: Vec<String>,
    /// When it starts.
    pub starts_at: Timestamp,
    /// When people are let in.
    pub doors_at: Option<Timestamp>,
    /// When it is over.
    pub ends_at: Option<Timestamp>,
    /// Whether it is to be seen by everybody.
    pub state: ShowState,
    /// Since when.
    pub published_at: Option<Timestamp>,
    /// The version of the catalog stream that this row shows.
    pub version: u64,
    /// When it was drafted.
    pub created_at: Timestamp,
}

impl ShowRow {
    /// Reads a row of [`super::SHOW`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        Ok(Self {
            show: cells.parsed("show_id")?,
            organizer: cells.parsed("organizer_id")?,
            venue: cells.parsed("venue_id")?,
            plan: cells.optional_parsed("seating_plan_id")?,
            name: cells.text("name")?,
            description: cells.optional_text("description")?,
            category: cells.optional_text("category")?,
            genre: cells.optional_text("genre")?,
            performers: cells.json("performers")?,
            starts_at: cells.time("starts_at")?,
            doors_at: cells.optional_time("doors_at")?,
            ends_at: cells.optional_time("ends_at")?,
            state: cells.parsed("state")?,
            published_at: cells.optional_time("published_at")?,
            version: cells.number("version")?,
            created_at: cells.time("created_at")?,
        })
    }
}
