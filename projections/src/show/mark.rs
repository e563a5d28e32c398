//! Entity tags that every node, and every restart, gives alike.

use std::fmt;

use boxoffice_domain::log::Version;

/// What a view of a show is a function of. Holds lapse in the order of their deadlines, so the number of those that
/// lapsed without an event says which they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The version of the stream.
    pub version: Version,
    /// How many holds have lapsed by time, but not yet by event.
    pub lapsed: usize,
}

/// A representation of a show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewKind {
    /// What is left of each ticket type.
    Availability,
    /// Every seat.
    Seats,
    /// Every seat, in columns.
    SeatsCompact,
}

/// Which form of the representations this program writes; a change of the form changes every tag.
const FORM: u32 = 2;

impl Mark {
    /// A strong entity tag, with its quotes.
    #[must_use]
    pub fn etag(self, kind: ViewKind) -> String {
        format!(
            "\"{self}-{}\"",
            match kind {
                ViewKind::Availability => "a",
                ViewKind::Seats => "s",
                ViewKind::SeatsCompact => "c",
            }
        )
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM}-{:x}-{:x}", self.version, self.lapsed)
    }
}
