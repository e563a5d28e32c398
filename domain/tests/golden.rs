//! Every event type and schema version has a file that must read back, and be written byte for byte, for ever.
//!
//! A new type: add a line to `golden/<type>.v<schema>.json` by hand. Never change a line that has been released.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use boxoffice_domain::aggregate::{Layouts, StoredEvent, Unreadable};
use boxoffice_domain::catalog::CatalogEvent;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::doors::DoorsEvent;
use boxoffice_domain::inventory::InventoryEvent;
use boxoffice_domain::organizer::OrganizerEvent;
use boxoffice_domain::seating::{LAYOUT_FORMAT, Layout, LayoutDocument, Point};
use boxoffice_domain::venue::VenueEvent;

struct AnyLayout;

impl Layouts for AnyLayout {
    fn layout(&self, _: Digest) -> Option<Arc<Layout>> {
        let document = LayoutDocument {
            areas: Vec::new(),
            categories: Vec::new(),
            focal_point: Point::default(),
            format: LAYOUT_FORMAT.into(),
            name: "Any".into(),
            seats: Vec::new(),
        };
        Some(Arc::new(Layout::write(document).unwrap().0))
    }
}

fn check<E: StoredEvent>(types: &[(&'static str, u16)]) {
    for (event_type, schema) in types {
        let path = format!("{}/tests/golden/{event_type}.v{schema}.json", env!("CARGO_MANIFEST_DIR"));
        let file = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no golden file {path}"));
        assert!(!file.trim().is_empty(), "{path} is empty");
        for line in file.lines() {
            let event = E::read(event_type, *schema, line, &AnyLayout)
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!((event.event_type(), event.schema_version()), (*event_type, *schema));
            assert_eq!(event.payload().unwrap(), line, "{path}");
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), line, "{path} is not canonical");
        }
        let unknown = E::read(event_type, schema + 1, "{}", &AnyLayout);
        assert!(
            matches!(unknown, Err(Unreadable::UnknownType { .. })),
            "{event_type}: a newer schema is refused"
        );
    }
}

/// What was released in an older form is read as the newest, whose form it then has.
fn check_older<E: StoredEvent>(types: &[(&'static str, u16)]) {
    for (event_type, schema) in types {
        let path = format!("{}/tests/golden/{event_type}.v{schema}.json", env!("CARGO_MANIFEST_DIR"));
        let file = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no golden file {path}"));
        for line in file.lines() {
            let event = E::read(event_type, *schema, line, &AnyLayout)
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(event.event_type() == *event_type && event.schema_version() > *schema, "{path}");
            let newest = event.payload().unwrap();
            let again = E::read(event_type, event.schema_version(), &newest, &AnyLayout).unwrap();
            assert_eq!(again.payload().unwrap(), newest, "{path}");
        }
    }
}

#[test]
fn every_event_type_reads_back_for_ever() {
    check::<InventoryEvent>(InventoryEvent::TYPES);
    check::<CatalogEvent>(CatalogEvent::TYPES);
    check::<DoorsEvent>(DoorsEvent::TYPES);
    check::<OrganizerEvent>(OrganizerEvent::TYPES);
    check::<VenueEvent>(VenueEvent::TYPES);
    check_older::<InventoryEvent>(InventoryEvent::OLDER);
    check_older::<CatalogEvent>(CatalogEvent::OLDER);
    check_older::<DoorsEvent>(DoorsEvent::OLDER);
    check_older::<OrganizerEvent>(OrganizerEvent::OLDER);
    check_older::<VenueEvent>(VenueEvent::OLDER);
}

#[test]
fn every_golden_file_belongs_to_a_type() {
    let known: Vec<String> = [
        InventoryEvent::TYPES,
        CatalogEvent::TYPES,
        DoorsEvent::TYPES,
        OrganizerEvent::TYPES,
        VenueEvent::TYPES,
        InventoryEvent::OLDER,
        CatalogEvent::OLDER,
        DoorsEvent::OLDER,
        OrganizerEvent::OLDER,
        VenueEvent::OLDER,
    ]
    .concat()
    .iter()
    .map(|(name, schema)| format!("{name}.v{schema}.json"))
    .collect();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "{name}");
    }
}

#[test]
fn a_field_that_is_not_known_is_refused() {
    let read = InventoryEvent::read(
        "hold_released",
        1,
        r#"{"hold":"hold_01h455vb4pex5vsknk084sn02q","why":"no reason"}"#,
        &AnyLayout,
    );
    assert!(matches!(read, Err(Unreadable::Malformed { .. })));
}
