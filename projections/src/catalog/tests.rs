use boxoffice_domain::aggregate::StoredEvent;
use boxoffice_domain::catalog::{ShowDescribed, ShowPlanReplaced, ShowRescheduled};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::{OrganizerId, SeatingPlanId, VenueId};
use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::StreamName;
use boxoffice_domain::organizer::OrganizerCreated;
use boxoffice_domain::seating::PlanFormat;
use boxoffice_domain::venue::{Address, Location};
use uuid::Uuid;

use super::*;
use crate::testing::{self, SHOW as SHOW_ID, TestLog, TestStore, at};

fn organizer() -> OrganizerCreated {
    OrganizerCreated { name: "Ann's".into(), organizer: OrganizerId::from_uuid(Uuid::from_u128(1)) }
}

fn venue() -> VenueCreated {
    VenueCreated {
        address: Address {
            city: "Graz".into(),
            country: "AT".into(),
            line1: None,
            postal_code: Some("8010".into()),
        },
        location: Some(Location { lat_e6: 47_070_000, lng_e6: -15_440_000 }),
        name: "House".into(),
        organizer: organizer().organizer,
        timezone: "Europe/Vienna".into(),
        venue: VenueId::from_uuid(Uuid::from_u128(2)),
    }
}

fn plan() -> SeatingPlanImported {
    SeatingPlanImported {
        format: PlanFormat::Seatsio,
        layout: Digest::of(&[b"layout"]),
        name: "Gala".into(),
        plan: SeatingPlanId::from_uuid(Uuid::from_u128(3)),
        seats: 10,
        source: Digest::of(&[b"source"]),
        venue: venue().venue,
    }
}

fn show() -> ShowDrafted {
    ShowDrafted {
        category: Some("music".into()),
        description: None,
        doors_at: Some(at(80_000)),
        ends_at: None,
        genre: Some("jazz".into()),
        name: "Night".into(),
        organizer: organizer().organizer,
        performers: vec!["Ada \"Queen\"".into(), "Bo".into()],
        plan: Some(plan().plan),
        show: SHOW_ID,
        starts_at: at(86_400),
        venue: venue().venue,
    }
}

fn after(fill: impl FnOnce(&TestLog)) -> TestStore {
    let log = TestLog::new();
    fill(&log);
    TestStore::after(&CatalogProjection, &log.all())
}

#[test]
fn an_organizer_is_a_row() {
    let store = after(|log| {
        log.push(&StreamName::organizer(organizer().organizer), at(1), &OrganizerEvent::from(organizer()));
    });
    let row = OrganizerRow::from_row(&store.row(ORGANIZER, organizer().organizer)).unwrap();
    let expected = OrganizerRow {
        organizer: organizer().organizer,
        name: "Ann's".into(),
        version: 1,
        created_at: at(1),
    };
    assert_eq!(row, expected);
}

#[test]
fn a_venue_and_its_plan_are_rows() {
    let stream = StreamName::venue(venue().venue);
    let store = after(|log| {
        log.push(&stream, at(1), &VenueEvent::from(venue()));
        log.push(&stream, at(2), &VenueEvent::from(plan()));
    });
    let row = VenueRow::from_row(&store.row(VENUE, venue().venue)).unwrap();
    assert_eq!((row.address, row.location), (venue().address, venue().location));
    assert_eq!((row.name.as_str(), row.timezone.as_str()), ("House", "Europe/Vienna"));
    let row = SeatingPlanRow::from_row(&store.row(SEATING_PLAN, plan().plan)).unwrap();
    let expected = SeatingPlanRow {
        plan: plan().plan,
        venue: venue().venue,
        name: "Gala".into(),
        format: PlanFormat::Seatsio,
        layout: plan().layout,
        source: plan().source,
        seats: 10,
        version: 2,
        created_at: at(2),
    };
    assert_eq!(row, expected);
}

#[test]
fn a_show_is_a_draft_until_its_inventory_is_published() {
    let fill = |log: &TestLog| {
        log.push(&StreamName::catalog(SHOW_ID), at(1), &CatalogEvent::from(show()));
        log.push(&StreamName::inventory(SHOW_ID), at(1), &testing::drafted());
    };
    let row = ShowRow::from_row(&after(fill).row(SHOW, SHOW_ID)).unwrap();
    let expected = ShowRow {
        show: SHOW_ID,
        organizer: organizer().organizer,
        venue: venue().venue,
        plan: Some(plan().plan),
        name: "Night".into(),
        description: None,
        category: Some("music".into()),
        genre: Some("jazz".into()),
        performers: show().performers,
        starts_at: at(86_400),
        doors_at: Some(at(80_000)),
        ends_at: None,
        state: ShowState::Draft,
        published_at: None,
        version: 1,
        created_at: at(1),
    };
    assert_eq!(row, expected);

    let store = after(|log| {
        fill(log);
        log.push(&StreamName::inventory(SHOW_ID), at(9), &testing::published());
    });
    let row = ShowRow::from_row(&store.row(SHOW, SHOW_ID)).unwrap();
    assert_eq!((row.state, row.published_at), (ShowState::Published, Some(at(9))));
}

#[test]
fn a_show_is_described_anew_and_moved_and_gets_another_plan() {
    let stream = StreamName::catalog(SHOW_ID);
    let described = ShowDescribed {
        category: None,
        description: Some("Late".into()),
        genre: None,
        name: "Day".into(),
        performers: vec![],
    };
    let times = ShowRescheduled { doors_at: None, ends_at: Some(at(200_000)), starts_at: at(172_800) };
    let replaced = ShowPlanReplaced { plan: SeatingPlanId::from_uuid(Uuid::from_u128(77)) };
    let store = after(|log| {
        log.push(&stream, at(1), &CatalogEvent::from(show()));
        log.push(&stream, at(2), &CatalogEvent::from(described));
        log.push(&stream, at(3), &CatalogEvent::from(times));
        log.push(&stream, at(4), &CatalogEvent::from(replaced));
    });
    let row = ShowRow::from_row(&store.row(SHOW, SHOW_ID)).unwrap();
    assert_eq!((row.name.as_str(), row.description.as_deref(), row.category), ("Day", Some("Late"), None));
    assert_eq!((row.starts_at, row.doors_at, row.ends_at), (at(172_800), None, Some(at(200_000))));
    assert_eq!(row.plan, Some(replaced.plan));
    assert_eq!((row.version, row.created_at, row.venue), (4, at(1), venue().venue));
}

#[test]
fn only_one_event_of_an_inventory_is_read_and_it_exists() {
    let published: InventoryEvent = testing::published();
    assert_eq!(published.event_type(), PUBLISHED);
}

#[test]
fn what_cannot_be_read_is_inapplicable_and_foreign_streams_are_none_of_its_business() {
    let log = TestLog::new();
    let of = |stream: &str| log.push_raw(&StreamName::from_log(stream), at(1), "from_the_future", 1, "{}");
    for kind in ["organizer", "venue", "catalog"] {
        assert!(CatalogProjection.apply(&of(&format!("{kind}-x"))).is_err(), "{kind}");
    }
    for kind in ["inventory", "doors", "books"] {
        assert_eq!(CatalogProjection.apply(&of(&format!("{kind}-x"))), Ok(vec![]), "{kind}");
    }
}

#[test]
fn a_row_of_something_else_is_refused() {
    let store = after(|log| {
        log.push(&StreamName::organizer(organizer().organizer), at(1), &OrganizerEvent::from(organizer()));
    });
    let row = store.row(ORGANIZER, organizer().organizer);
    assert_eq!(ShowRow::from_row(&row).unwrap_err().column, "show_id");
}
