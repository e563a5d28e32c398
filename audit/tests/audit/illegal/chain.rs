//! Documents, positions, versions, hashes, times, commands.

use serde_json::json;

use crate::builder::{Log, canonical, hex, id};
use crate::sale::{plan, seat, terms};

fn released(log: &mut Log) {
    log.on_sale().hold(1, &[seat("A1")]);
    log.hold_event("hold_released", 1);
}

fn hold(log: &mut Log, command: u64, body: u64) {
    let stream = log.stream("inventory");
    let number = log.position;
    let payload = canonical(&log.held(number, &[seat(&format!("A{}", number % 9 + 1))]));
    log.append_as(&stream, "hold_placed", &payload, 1, command, body);
}

/// Adds a release of hold 1 at that version, chained to that hash.
fn placed_at(log: &mut Log, version_of: impl Fn(u64) -> u64, hash_of: impl Fn([u8; 32]) -> [u8; 32]) {
    log.on_sale().hold(1, &[seat("A1")]);
    let stream = log.stream("inventory");
    let (version, hash) = log.head(&stream);
    let payload = canonical(&json!({"hold": id("hold", 1)}));
    let command = log.command();
    log.push(&stream, "hold_released", &payload, 1, command, command, version_of(version), hash_of(hash));
}

fn drafted_with(log: &mut Log, layout: &str) {
    log.show = 1;
    log.inventory("inventory_drafted", &terms(1, layout));
}

illegal! {
    a_document_of_another_digest breaks DocumentHashes: |log| {
        log.lines.push(canonical(&json!({"content": "{}", "document": hex(&[7; 32])})));
    };
    a_document_after_an_event breaks DocumentsComeFirst: |log| { released(log); log.document("{}"); };
    a_document_twice breaks DocumentStandsOnce: |log| { log.document("{}"); log.document("{}"); };
    a_layout_that_is_not_there breaks DocumentIsThere: |log| drafted_with(log, &hex(&[7; 32]));
    a_source_that_is_not_there breaks DocumentIsThere: |log| {
        let layout = log.document(&crate::sale::layout());
        let venue = format!("venue-{}", id("venue", 1));
        log.event(&venue, "venue_created", &json!({
            "address": {"city": "Graz", "country": "AT"}, "name": "Oper", "organizer": id("organizer", 1),
            "timezone": "Europe/Vienna", "venue": id("venue", 1),
        }));
        log.event(&venue, "seating_plan_imported", &plan(1, &layout, &hex(&[7; 32])));
    };
    a_layout_that_is_another_document breaks LayoutReads: |log| {
        let digest = log.document("{}");
        drafted_with(log, &digest);
    };
    a_layout_of_another_format breaks LayoutReads: |log| {
        let digest = log.document(&crate::sale::layout().replace("layout.v1", "layout.v2"));
        drafted_with(log, &digest);
    };
    a_layout_with_a_seat_twice breaks LayoutReads: |log| {
        let digest = log.document(&crate::sale::layout().replace("\"A1\"", "\"A2\""));
        drafted_with(log, &digest);
    };
    a_layout_with_an_unknown_category breaks LayoutReads: |log| {
        let digest = log.document(&crate::sale::layout().replacen("\"category\":1", "\"category\":2", 1));
        drafted_with(log, &digest);
    };

    a_position_left_out breaks PositionsCount: |log| {
        log.on_sale().position += 1;
        log.hold(1, &[seat("A1")]);
    };
    a_position_twice breaks PositionsCount: |log| {
        log.on_sale().position -= 1;
        log.hold(1, &[seat("A1")]);
    };
    a_version_left_out breaks VersionsCount: |log| placed_at(log, |version| version + 2, |hash| hash);
    a_version_twice breaks VersionsCount: |log| placed_at(log, |version| version, |hash| hash);
    a_stream_that_begins_late breaks VersionsCount: |log| {
        log.on_sale().show = 2;
        let stream = log.stream("inventory");
        let payload = canonical(&terms(2, &hex(&[7; 32])));
        log.push(&stream, "inventory_drafted", &payload, 1, 77, 77, 2, [0; 32]);
    };
    a_hash_of_another_link breaks HashesLink: |log| placed_at(log, |version| version + 1, |_| [7; 32]);
    a_first_hash_that_is_not_linked_to_zeros breaks HashesLink: |log| {
        log.on_sale().show = 2;
        let stream = log.stream("inventory");
        let payload = canonical(&terms(2, &hex(&[7; 32])));
        log.push(&stream, "inventory_drafted", &payload, 1, 77, 77, 1, [1; 32]);
    };
    a_time_before_the_last breaks TimeNeverGoesBack: |log| {
        released(log);
        log.now -= 1;
        log.hold(2, &[seat("A2")]);
    };
    a_command_with_two_bodies breaks CommandIsOne: |log| {
        log.on_sale();
        hold(log, 50, 1);
        hold(log, 50, 2);
    };
    a_command_at_two_times breaks CommandIsOne: |log| {
        log.on_sale();
        hold(log, 50, 1);
        log.now += 1;
        hold(log, 50, 1);
    };
    a_command_with_two_causes breaks CommandIsOne: |log| {
        log.on_sale();
        hold(log, 50, 1);
        log.cause = Some(format!("{}/1", log.stream("inventory")));
        hold(log, 50, 1);
    };
    a_command_that_comes_back breaks CommandComesOnce: |log| {
        log.on_sale();
        hold(log, 50, 1);
        hold(log, 51, 1);
        hold(log, 50, 1);
    };
    a_command_that_comes_back_just_within_a_day breaks CommandComesOnce: |log| {
        log.on_sale();
        hold(log, 50, 1);
        hold(log, 51, 1);
        log.now += 86_399_999;
        hold(log, 50, 1);
    };
    a_cause_that_is_still_to_come breaks CauseIsEarlier: |log| {
        log.on_sale();
        let stream = log.stream("inventory");
        log.cause = Some(format!("{stream}/{}", log.head(&stream).0 + 1));
        log.hold(1, &[seat("A1")]);
    };
    a_cause_in_a_stream_that_is_not_there breaks CauseIsEarlier: |log| {
        log.on_sale().cause = Some(format!("inventory-{}/1", id("event", 9)));
        log.hold(1, &[seat("A1")]);
    };
    a_cause_before_the_first breaks CauseIsEarlier: |log| {
        log.on_sale().cause = Some(format!("{}/0", log.stream("inventory")));
        log.hold(1, &[seat("A1")]);
    };
}
