//! Names of streams, and of events by their place in one.

use std::fmt;

use super::id::{OrganizerId, ShowId, VenueId};
use crate::reader::{Reader, Unread, Value};

/// The name of a stream: its kind and the id of what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stream {
    Inventory(ShowId),
    Catalog(ShowId),
    Doors(ShowId),
    Organizer(OrganizerId),
    Venue(VenueId),
}

impl Stream {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (kind, id) = name.split_once('-')?;
        let id = id.as_bytes();
        match kind {
            "inventory" => ShowId::parse(id).map(Self::Inventory),
            "catalog" => ShowId::parse(id).map(Self::Catalog),
            "doors" => ShowId::parse(id).map(Self::Doors),
            "organizer" => OrganizerId::parse(id).map(Self::Organizer),
            "venue" => VenueId::parse(id).map(Self::Venue),
            _ => None,
        }
    }

    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Inventory(_) => "inventory",
            Self::Catalog(_) => "catalog",
            Self::Doors(_) => "doors",
            Self::Organizer(_) => "organizer",
            Self::Venue(_) => "venue",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.kind())?;
        match self {
            Self::Inventory(show) | Self::Catalog(show) | Self::Doors(show) => show.fmt(f),
            Self::Organizer(organizer) => organizer.fmt(f),
            Self::Venue(venue) => venue.fmt(f),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An event by its stream and version: `<stream>/<version>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) stream: Stream,
    pub(crate) version: u64,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.stream, self.version)
    }
}

impl Cause {
    /// Reads a cause; `null` where no event brought the command about.
    pub(crate) fn read_or_null(reader: &mut Reader<'_>) -> Result<Option<Self>, Unread> {
        if reader.take("null") {
            return Ok(None);
        }
        let text = reader.string()?;
        let cause = text.split_once('/').and_then(|(stream, version)| {
            let stream = Stream::parse(stream)?;
            let mut digits = Reader::new(version);
            let version = u64::read(&mut digits).ok()?;
            digits.end().ok()?;
            Some(Self { stream, version })
        });
        cause.map(Some).ok_or_else(|| {
            Unread(format!("expected null or `<stream>/<version>` before byte {}", reader.at()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_streams_are_their_kind_and_an_id() {
        for kind in ["inventory-event", "catalog-event", "doors-event", "organizer-organizer", "venue-venue"]
        {
            let name = format!("{kind}_01h455vb4pex5vsknk084sn02q");
            assert_eq!(Stream::parse(&name).unwrap().to_string(), name);
        }
        assert!(Stream::parse("inventory-venue_01h455vb4pex5vsknk084sn02q").is_none());
        assert!(Stream::parse("books-event_01h455vb4pex5vsknk084sn02q").is_none());
    }
}
