//! Who sells what, where and when: the tables behind `GET` of organizers, venues, seating plans and shows.
//!
//! What a show has in stock is not here: that depends on the time and lives in [`crate::shows`].

use boxoffice_domain::catalog::{CatalogEvent, ShowDrafted};
use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::Recorded;
use boxoffice_domain::organizer::OrganizerEvent;
use boxoffice_domain::venue::{SeatingPlanImported, VenueCreated, VenueEvent};

use crate::decode;
use crate::row::{count, json, name, shown, time};
use crate::table::ColumnType::{Integer, Text};
use crate::table::{Change, Inapplicable, Table, TableProjection, Value};

mod rows;

pub use rows::{OrganizerRow, SeatingPlanRow, ShowRow, ShowState, VenueRow};

/// The table of organizers.
pub const ORGANIZER: Table = Table {
    name: "organizer",
    columns: &[("organizer_id", Text), ("name", Text), ("version", Integer), ("created_at", Integer)],
    indexes: &[&["created_at"]],
};

/// The table of venues.
pub const VENUE: Table = Table {
    name: "venue",
    columns: &[
        ("venue_id", Text),
        ("organizer_id", Text),
        ("name", Text),
        ("timezone", Text),
        ("line1", Text),
        ("postal_code", Text),
        ("city", Text),
        ("country", Text),
        ("lat_e6", Integer),
        ("lng_e6", Integer),
        ("version", Integer),
        ("created_at", Integer),
    ],
    indexes: &[&["organizer_id", "created_at"], &["created_at"]],
};

/// The table of seating plans.
pub const SEATING_PLAN: Table = Table {
    name: "seating_plan",
    columns: &[
        ("seating_plan_id", Text),
        ("venue_id", Text),
        ("name", Text),
        ("format", Text),
        ("layout", Text),
        ("source", Text),
        ("seats", Integer),
        ("version", Integer),
        ("created_at", Integer),
    ],
    indexes: &[&["venue_id", "created_at"]],
};

/// The table of shows.
pub const SHOW: Table = Table {
    name: "show",
    columns: &[
        ("show_id", Text),
        ("organizer_id", Text),
        ("venue_id", Text),
        ("seating_plan_id", Text),
        ("name", Text),
        ("description", Text),
        ("category", Text),
        ("genre", Text),
        ("performers", Text),
        ("starts_at", Integer),
        ("doors_at", Integer),
        ("ends_at", Integer),
        ("state", Text),
        ("published_at", Integer),
        ("version", Integer),
        ("created_at", Integer),
    ],
    indexes: &[
        &["organizer_id", "starts_at"],
        &["venue_id", "starts_at"],
        &["state", "starts_at"],
        &["starts_at"],
    ],
};

/// Folds organizers, venues, seating plans and shows into tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct CatalogProjection;

impl TableProjection for CatalogProjection {
    fn name(&self) -> &'static str {
        "catalog"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [Table] {
        const { &[ORGANIZER, VENUE, SEATING_PLAN, SHOW] }
    }

    fn apply(&self, event: &Recorded) -> Result<Vec<Change>, Inapplicable> {
        match event.stream.kind() {
            "organizer" => decode::event(event).map(|fact| organizer(event, &fact)),
            "venue" => venue(event, &decode::event(event)?),
            "catalog" => catalog(event, &decode::event(event)?),
            "inventory" if &*event.event_type == PUBLISHED => {
                decode::event(event).map(|fact| inventory(event, &fact))
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// The only event of an inventory that is told apart before it is read: there are very many of the others.
const PUBLISHED: &str = "inventory_published";

fn organizer(event: &Recorded, fact: &OrganizerEvent) -> Vec<Change> {
    match fact {
        OrganizerEvent::OrganizerCreated(created) => vec![Change::Put {
            table: ORGANIZER.name,
            row: vec![
                ("organizer_id", shown(&created.organizer)),
                ("name", created.name.as_str().into()),
                ("version", count(event.version)),
                ("created_at", time(event.log_time)),
            ],
        }],
    }
}

fn venue(event: &Recorded, fact: &VenueEvent) -> Result<Vec<Change>, Inapplicable> {
    Ok(vec![match fact {
        VenueEvent::VenueCreated(created) => venue_created(event, created),
        VenueEvent::SeatingPlanImported(imported) => plan_imported(event, imported)?,
    }])
}

fn venue_created(event: &Recorded, created: &VenueCreated) -> Change {
    let address = &created.address;
    Change::Put {
        table: VENUE.name,
        row: vec![
            ("venue_id", shown(&created.venue)),
            ("organizer_id", shown(&created.organizer)),
            ("name", created.name.as_str().into()),
            ("timezone", created.timezone.as_str().into()),
            ("line1", address.line1.as_deref().into()),
            ("postal_code", address.postal_code.as_deref().into()),
            ("city", address.city.as_str().into()),
            ("country", address.country.as_str().into()),
            ("lat_e6", created.location.map(|location| location.lat_e6).into()),
            ("lng_e6", created.location.map(|location| location.lng_e6).into()),
            ("version", count(event.version)),
            ("created_at", time(event.log_time)),
        ],
    }
}

fn plan_imported(event: &Recorded, imported: &SeatingPlanImported) -> Result<Change, Inapplicable> {
    Ok(Change::Put {
        table: SEATING_PLAN.name,
        row: vec![
            ("seating_plan_id", shown(&imported.plan)),
            ("venue_id", shown(&imported.venue)),
            ("name", imported.name.as_str().into()),
            ("format", name(&imported.format)?),
            ("layout", shown(&imported.layout)),
            ("source", shown(&imported.source)),
            ("seats", i64::from(imported.seats).into()),
            ("version", count(event.version)),
            ("created_at", time(event.log_time)),
        ],
    })
}

fn catalog(event: &Recorded, fact: &CatalogEvent) -> Result<Vec<Change>, Inapplicable> {
    match fact {
        CatalogEvent::ShowDrafted(drafted) => show_drafted(event, drafted).map(|change| vec![change]),
        CatalogEvent::ShowDescribed(described) => Ok(show_changed(
            event,
            vec![
                ("name", described.name.as_str().into()),
                ("description", described.description.as_deref().into()),
                ("category", described.category.as_deref().into()),
                ("genre", described.genre.as_deref().into()),
                ("performers", json(&described.performers)?),
            ],
        )),
        CatalogEvent::ShowRescheduled(times) => Ok(show_changed(
            event,
            vec![
                ("starts_at", time(times.starts_at)),
                ("doors_at", times.doors_at.map_or(Value::Null, time)),
                ("ends_at", times.ends_at.map_or(Value::Null, time)),
            ],
        )),
        CatalogEvent::ShowPlanReplaced(replaced) => {
            Ok(show_changed(event, vec![("seating_plan_id", shown(&replaced.plan))]))
        }
    }
}

fn show_changed(event: &Recorded, mut columns: Vec<(&'static str, Value)>) -> Vec<Change> {
    columns.push(("version", count(event.version)));
    let change =
        |show: ShowId| Change::Set { table: SHOW.name, key: show.to_string(), columns, only_if: None };
    event.stream.show().map(change).into_iter().collect()
}

fn show_drafted(event: &Recorded, drafted: &ShowDrafted) -> Result<Change, Inapplicable> {
    Ok(Change::Put {
        table: SHOW.name,
        row: vec![
            ("show_id", shown(&drafted.show)),
            ("organizer_id", shown(&drafted.organizer)),
            ("venue_id", shown(&drafted.venue)),
            ("seating_plan_id", drafted.plan.as_ref().map_or(Value::Null, shown)),
            ("name", drafted.name.as_str().into()),
            ("description", drafted.description.as_deref().into()),
            ("category", drafted.category.as_deref().into()),
            ("genre", drafted.genre.as_deref().into()),
            ("performers", json(&drafted.performers)?),
            ("starts_at", time(drafted.starts_at)),
            ("doors_at", drafted.doors_at.map_or(Value::Null, time)),
            ("ends_at", drafted.ends_at.map_or(Value::Null, time)),
            ("state", ShowState::Draft.into()),
            ("published_at", Value::Null),
            ("version", count(event.version)),
            ("created_at", time(event.log_time)),
        ],
    })
}

/// The inventory of a show is published after its catalog entry was made, so the row is there.
fn inventory(event: &Recorded, fact: &InventoryEvent) -> Vec<Change> {
    let (InventoryEvent::InventoryPublished(_), Some(show)) = (fact, event.stream.show()) else {
        return Vec::new();
    };
    vec![Change::Set {
        table: SHOW.name,
        key: show.to_string(),
        columns: vec![("state", ShowState::Published.into()), ("published_at", time(event.log_time))],
        only_if: None,
    }]
}

#[cfg(test)]
mod tests;
