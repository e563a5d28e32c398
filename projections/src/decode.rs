//! From a recorded event to the event itself.

use std::sync::{Arc, LazyLock};

use boxoffice_domain::aggregate::{Layouts, StoredEvent, Unreadable};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::Recorded;
use boxoffice_domain::seating::{LAYOUT_FORMAT, Layout, LayoutDocument, Point};

use crate::feed::{LogFeed, Outage};
use crate::table::Inapplicable;

/// Why an event is not at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CannotRead {
    /// It never will be, for this program.
    Unreadable(Unreadable),
    /// Try again.
    Outage(Outage),
}

/// The event, for projections that do not look into seating layouts.
pub(crate) fn event<E: StoredEvent>(recorded: &Recorded) -> Result<E, Inapplicable> {
    E::read(&recorded.event_type, recorded.schema_version, &recorded.payload, &Blank)
        .map_err(|error| Inapplicable(error.to_string()))
}

/// The event with the seating layout that it names.
pub(crate) async fn inventory_event(
    feed: &dyn LogFeed,
    recorded: &Recorded,
) -> Result<InventoryEvent, CannotRead> {
    let read = |layouts: &dyn Layouts| {
        InventoryEvent::read(&recorded.event_type, recorded.schema_version, &recorded.payload, layouts)
    };
    let unreadable = match read(&()) {
        Ok(event) => return Ok(event),
        Err(unreadable) => unreadable,
    };
    let Unreadable::MissingLayout(digest) = unreadable else {
        return Err(CannotRead::Unreadable(unreadable));
    };
    let layout = feed.layout(digest).await.map_err(CannotRead::Outage)?;
    read(&Fetched(layout)).map_err(CannotRead::Unreadable)
}

/// The one layout that was asked for.
struct Fetched(Option<Arc<Layout>>);

impl Layouts for Fetched {
    fn layout(&self, digest: Digest) -> Option<Arc<Layout>> {
        self.0.clone().filter(|layout| layout.digest() == digest)
    }
}

/// Stands in for every layout.
struct Blank;

static BLANK: LazyLock<Option<Arc<Layout>>> = LazyLock::new(|| {
    let document = LayoutDocument {
        areas: Vec::new(),
        categories: Vec::new(),
        focal_point: Point::default(),
        format: LAYOUT_FORMAT.to_owned(),
        name: String::new(),
        seats: Vec::new(),
    };
    Layout::write(document).ok().map(|(layout, _)| Arc::new(layout))
});

impl Layouts for Blank {
    fn layout(&self, _: Digest) -> Option<Arc<Layout>> {
        BLANK.clone()
    }
}
