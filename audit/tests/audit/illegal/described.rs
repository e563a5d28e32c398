//! Organizers, venues, catalog, doors, and what a show is made of.

use serde_json::json;

use crate::builder::{Log, hex, id, sha256};
use crate::sale::{BALCONY, STALLS, STANDING, layout, plan, seat, terms, ticket_type_added};

fn digest(content: &str) -> String {
    hex(&sha256(&[content.as_bytes()]))
}

fn import(log: &mut Log, number: u64, change: impl FnOnce(&mut serde_json::Value)) {
    log.drafted();
    let mut payload = plan(number, &digest(&layout()), &digest("{\"as\":\"imported\"}"));
    change(&mut payload);
    log.event(&format!("venue-{}", id("venue", 1)), "seating_plan_imported", &payload);
}

fn add_type(log: &mut Log, ticket_type: u64, terms: serde_json::Value) {
    log.inventory("ticket_type_added", &ticket_type_added(ticket_type, terms));
}

illegal! {
    an_organizer_created_twice breaks StreamBegins: |log| {
        log.drafted();
        let payload = json!({"name": "Ann", "organizer": id("organizer", 1)});
        log.event(&format!("organizer-{}", id("organizer", 1)), "organizer_created", &payload);
    };
    a_venue_that_was_not_created breaks StreamBegins: |log| {
        log.drafted();
        let payload = plan(2, &digest(&layout()), &digest("{\"as\":\"imported\"}"));
        log.event(&format!("venue-{}", id("venue", 2)), "seating_plan_imported", &payload);
    };
    an_inventory_that_was_not_drafted breaks StreamBegins: |log| {
        log.on_sale().show = 2;
        log.hold(1, &[seat("A1")]);
    };
    an_inventory_drafted_twice breaks StreamBegins: |log| {
        log.drafted();
        log.inventory("inventory_drafted", &terms(1, &digest(&layout())));
    };
    a_show_drafted_twice breaks StreamBegins: |log| {
        log.drafted();
        let stream = log.stream("catalog");
        log.event(&stream, "show_drafted", &json!({
            "name": "Aida", "organizer": id("organizer", 1), "show": id("event", 1),
            "starts_at": crate::builder::time(0), "venue": id("venue", 1),
        }));
    };
    an_inventory_of_another_show breaks SubjectMatches: |log| {
        log.drafted();
        log.show = 2;
        log.inventory("inventory_drafted", &terms(1, &digest(&layout())));
    };
    an_organizer_of_another_name breaks SubjectMatches: |log| {
        let payload = json!({"name": "Ann", "organizer": id("organizer", 1)});
        log.event(&format!("organizer-{}", id("organizer", 2)), "organizer_created", &payload);
    };
    a_catalog_of_another_show breaks SubjectMatches: |log| {
        log.show = 2;
        let stream = log.stream("catalog");
        log.event(&stream, "show_drafted", &json!({
            "name": "Aida", "organizer": id("organizer", 1), "show": id("event", 1),
            "starts_at": crate::builder::time(0), "venue": id("venue", 1),
        }));
    };
    a_plan_of_another_venue breaks SubjectMatches: |log| import(log, 2, |plan| plan["venue"] = json!(id("venue", 2)));
    a_plan_imported_twice breaks PlanIsNew: |log| import(log, 1, |_| ());
    a_plan_with_other_seats breaks PlanMatchesLayout: |log| import(log, 2, |plan| plan["seats"] = json!(19));

    a_pool_twice breaks PoolIsNew: |log| {
        log.on_sale();
        log.inventory("pool_added", &json!({"capacity": 1, "name": "", "pool": id("pool", 1)}));
    };
    a_ticket_type_twice breaks TicketTypeIsNew: |log| {
        log.on_sale();
        add_type(log, STALLS, json!({"price_category": "Stalls"}));
    };
    a_ticket_type_of_nothing breaks TicketTypeSells: |log| { log.on_sale(); add_type(log, 9, json!({})); };
    a_ticket_type_with_a_pool_twice breaks TicketTypeSells: |log| {
        log.on_sale();
        add_type(log, 9, json!({"pools": [id("pool", 1), id("pool", 1)]}));
    };
    a_ticket_type_with_an_unknown_pool breaks PoolIsKnown: |log| {
        log.on_sale();
        add_type(log, 9, json!({"pools": [id("pool", 1), id("pool", 9)]}));
    };
    a_show_published_twice breaks PublishedOnce: |log| { log.on_sale().inventory("inventory_published", &json!({})); };
    a_show_published_with_nothing_to_sell breaks PublishedWithTypes: |log| {
        log.drafted();
        log.inventory("inventory_published", &json!({}));
    };

    a_seat_of_another_category breaks SeatCategoryIsType: |log| {
        let item = json!({"price": 3000, "seat": "A1", "ticket_type": id("ticket_type", BALCONY)});
        log.on_sale().hold(1, &[item]);
    };
    a_unit_with_a_seat breaks ItemSeatFitsType: |log| {
        let item = json!({"price": 2000, "seat": "A1", "ticket_type": id("ticket_type", STANDING)});
        log.on_sale().hold(1, &[item]);
    };
    a_seat_without_its_name breaks ItemSeatFitsType: |log| { log.on_sale().hold(1, &[crate::sale::unit(STALLS)]); };
    a_seat_that_is_not_there breaks SeatIsInLayout: |log| { log.on_sale().hold(1, &[seat("A77")]); };
    an_unknown_ticket_type breaks ItemTypeIsKnown: |log| { log.on_sale().hold(1, &[crate::sale::unit(9)]); };
    another_price breaks ItemPriceIsType: |log| {
        let item = json!({"price": 4499, "seat": "A1", "ticket_type": id("ticket_type", STALLS)});
        log.on_sale().hold(1, &[item]);
    };
}
