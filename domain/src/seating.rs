//! Seating plans: what was imported is kept byte for byte; what decisions read is its *layout*, a small canonical
//! document of our own. The log names both by digest, so its meaning never depends on an importer's code
//! (`docs/adr/0004`).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use runs::Runs;

mod color;
mod geometry;
mod json;
#[cfg(test)]
mod mutation;
mod place;
pub mod pretix;
pub mod runs;
pub mod samples;
pub mod seatsio;

/// The most seats that one plan may have.
pub const SEATS_MAX: usize = 100_000;

/// The most faults that an import reports at once.
pub const FAULTS_MAX: usize = 20;

/// A seat's name within its plan: the plan's own `seat_guid`, or the seats.io object label.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeatId(Arc<str>);

impl SeatId {
    /// The seat of that name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SeatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SeatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for SeatId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Where a seat stands in its layout: 0, 1, 2 … in the plan's own order.
pub type SeatIndex = u32;

/// A coordinate in thousandths of the plan's unit.
pub type Milli = i64;

/// A point of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// To the right, in thousandths of the plan's unit.
    pub x: Milli,
    /// Downwards, in thousandths of the plan's unit.
    pub y: Milli,
}

/// A price category of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// A CSS colour, where the plan gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// What seats and ticket types refer to.
    pub name: String,
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// For wheelchairs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accessible: bool,
    /// Where its category stands in the layout's list.
    pub category: u32,
    /// Beside a wheelchair place, for whoever comes along.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub companion: bool,
    /// Its name.
    pub id: SeatId,
    /// What is written on the seat.
    pub number: String,
    /// What is written on the row (or table).
    pub row: String,
    /// To the right, in thousandths of the plan's unit.
    pub x: Milli,
    /// Downwards, in thousandths of the plan's unit.
    pub y: Milli,
    /// The part of the house: a zone, a section, a floor. May be empty.
    pub zone: String,
}

/// A standing area: it becomes a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// How many people it takes.
    pub capacity: u32,
    /// Where its category stands in the layout's list, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<u32>,
    /// Its name.
    pub name: String,
    /// The middle of it, in thousandths of the plan's unit.
    pub x: Milli,
    /// The middle of it, in thousandths of the plan's unit.
    pub y: Milli,
}

/// The document as it is stored: canonical JSON, integers only, fields in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutDocument {
    /// Standing areas, in the plan's order.
    pub areas: Vec<Area>,
    /// Price categories, in the plan's order.
    pub categories: Vec<Category>,
    /// What the best seats are nearest to.
    pub focal_point: Point,
    /// Always `boxoffice.layout.v1`.
    pub format: String,
    /// The plan's name.
    pub name: String,
    /// Seats, in the plan's order.
    pub seats: Vec<Seat>,
}

/// What [`LayoutDocument::format`] says.
pub const LAYOUT_FORMAT: &str = "boxoffice.layout.v1";

/// A layout that can be asked.
#[derive(Debug)]
pub struct Layout {
    document: LayoutDocument,
    /// Seeded anew in each process, for whoever draws a plan chooses the keys.
    index: HashMap<SeatId, SeatIndex>,
    digest: Digest,
    runs: OnceLock<Runs>,
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Layout {}

/// A stored layout that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the seating layout cannot be read: {0}")]
pub struct UnreadableLayout(String);

impl Layout {
    /// Reads a stored layout.
    ///
    /// # Errors
    /// Where it is not a layout of a known format.
    pub fn read(content: &[u8]) -> Result<Self, UnreadableLayout> {
        let document: LayoutDocument =
            serde_json::from_slice(content).map_err(|error| UnreadableLayout(error.to_string()))?;
        if document.format != LAYOUT_FORMAT {
            return Err(UnreadableLayout(format!("unknown format {:?}", document.format)));
        }
        Ok(Self::with_digest(document, Digest::of(&[content])))
    }

    /// A layout and the bytes to store it as.
    ///
    /// # Errors
    /// Never for a layout; the signature is that of the JSON library.
    pub fn write(document: LayoutDocument) -> Result<(Self, Vec<u8>), serde_json::Error> {
        let content = serde_json::to_vec(&document)?;
        let digest = Digest::of(&[&content]);
        Ok((Self::with_digest(document, digest), content))
    }

    fn with_digest(document: LayoutDocument, digest: Digest) -> Self {
        let index = (0..).zip(&document.seats).map(|(index, seat)| (seat.id.clone(), index)).collect();
        Self { document, index, digest, runs: OnceLock::new() }
    }

    /// The digest of the stored bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the layout says.
    #[must_use]
    pub fn document(&self) -> &LayoutDocument {
        &self.document
    }

    /// Who sits beside whom. Worked out when it is first asked for.
    #[must_use]
    pub fn runs(&self) -> &Runs {
        self.runs.get_or_init(|| Runs::of(&self.document))
    }

    /// All seats, in the plan's order.
    #[must_use]
    pub fn seats(&self) -> &[Seat] {
        &self.document.seats
    }

    /// The seat at an index.
    #[must_use]
    pub fn seat(&self, index: SeatIndex) -> Option<&Seat> {
        self.document.seats.get(usize::try_from(index).ok()?)
    }

    /// The name of a category.
    #[must_use]
    pub fn category_name(&self, category: u32) -> Option<&str> {
        self.document.categories.get(usize::try_from(category).ok()?).map(|category| category.name.as_str())
    }

    /// Where the category of that name stands.
    #[must_use]
    pub fn category_index(&self, name: &str) -> Option<u32> {
        let index = self.document.categories.iter().position(|category| category.name == name)?;
        u32::try_from(index).ok()
    }

    /// Whether there are seats of the category of that name.
    #[must_use]
    pub fn has_seats_of(&self, category: &str) -> bool {
        self.seats().iter().any(|seat| self.category_name(seat.category) == Some(category))
    }

    /// The name of the category of the seat of that name.
    #[must_use]
    pub fn category_of(&self, seat: &str) -> Option<&str> {
        self.category_name(self.seat(self.index_of(seat)?)?.category)
    }

    /// Whether it has the seat of that name, in the category that another plan has it in.
    #[must_use]
    pub fn sells_as_in(&self, other: &Self, seat: &str) -> bool {
        self.category_of(seat).is_some_and(|category| other.category_of(seat) == Some(category))
    }

    /// Where the seat of that name stands.
    #[must_use]
    pub fn index_of(&self, seat: &str) -> Option<SeatIndex> {
        self.index.get(seat).copied()
    }
}

/// Something wrong with a plan that was to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A JSON pointer (RFC 6901) to the place.
    pub pointer: String,
    /// What kind of fault it is, in `snake_case`.
    pub code: &'static str,
    /// What is wrong, and what would be right.
    pub detail: String,
}

/// Why a plan was not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportError {
    /// It is not JSON.
    NotJson {
        /// What the reader says, with line and column.
        detail: String,
    },
    /// It is JSON, but not a plan that can be sold. At most [`FAULTS_MAX`] faults.
    Faults(Vec<Fault>),
}

/// The formats that plans come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanFormat {
    /// The seating plans of pretix.
    Pretix,
    /// The charts of seats.io.
    Seatsio,
}

impl PlanFormat {
    /// What a document is by its look: a chart has a `subChart`, anything else should be a pretix plan.
    #[must_use]
    pub fn guess(content: &[u8]) -> Self {
        let looks_like_chart = serde_json::from_slice::<serde_json::Value>(content)
            .is_ok_and(|value| value.get("subChart").is_some() || value.get("subChartFloors").is_some());
        if looks_like_chart { Self::Seatsio } else { Self::Pretix }
    }
}

/// Imports a plan.
///
/// # Errors
/// [`ImportError`] with a pointer to each fault.
pub fn import(format: PlanFormat, content: &[u8]) -> Result<LayoutDocument, ImportError> {
    match format {
        PlanFormat::Pretix => pretix::import(content),
        PlanFormat::Seatsio => seatsio::import(content),
    }
}
