//! The form of lines.

use serde_json::json;

use crate::builder::{Log, canonical, id};
use crate::sale::{seat, secured};

/// Adds the last line once more, with one text in it replaced, which leaves its hash wrong too: form comes first.
fn respelt(log: &mut Log, from: &str, to: &str) {
    let line = log.lines.pop().unwrap();
    assert!(line.contains(from), "{line}");
    log.lines.push(line.replacen(from, to, 1));
}

fn released(log: &mut Log) {
    log.on_sale().hold(1, &[seat("A1")]);
    log.hold_event("hold_released", 1);
}

fn with_payload(log: &mut Log, event_type: &str, payload: &str) {
    log.on_sale().hold(1, &[seat("A1")]);
    let stream = log.stream("inventory");
    log.command();
    log.append(&stream, event_type, payload, 1);
}

fn with_field(log: &mut Log, name: &str, value: serde_json::Value) {
    log.on_sale().hold(1, &[seat("A1")]);
    let mut payload = log.held(2, &[seat("A2")]);
    payload[name] = value;
    log.inventory("hold_placed", &payload);
}

fn with_item(log: &mut Log, name: &str, value: serde_json::Value) {
    let mut item = seat("A2");
    item[name] = value;
    with_field(log, "items", json!([item]));
}

fn without_field(log: &mut Log, name: &str) {
    log.on_sale();
    let mut payload = log.held(2, &[seat("A2")]);
    payload.as_object_mut().unwrap().remove(name).unwrap();
    log.inventory("hold_placed", &payload);
}

illegal! {
    a_line_that_is_cut breaks LineIsJson: |log| {
        released(log);
        let line = log.lines.pop().unwrap();
        log.lines.push(line[..line.len() - 1].to_owned());
    };
    an_empty_line breaks LineIsJson: |log| { released(log); log.lines.push(String::new()); };
    two_texts_in_a_line breaks LineIsJson: |log| {
        released(log);
        let line = log.lines.pop().unwrap();
        log.lines.push(format!("{line}{line}"));
    };
    a_space breaks LineIsCanonical: |log| { released(log); respelt(log, "\":", "\": "); };
    a_space_at_the_end breaks LineIsCanonical: |log| { released(log); respelt(log, "}", "} "); };
    a_carriage_return breaks LineIsCanonical: |log| {
        released(log);
        let line = log.lines.pop().unwrap();
        log.lines.push(format!("{line}\r"));
    };
    an_escape_that_is_not_needed breaks LineIsCanonical: |log| { released(log); respelt(log, "hold_r", "hold_\\u0072"); };
    fields_in_another_order breaks LineIsCanonical: |log| {
        released(log);
        respelt(log, "\"schema_version\":1,", "");
        respelt(log, "{", "{\"schema_version\":1,");
    };
    a_field_twice breaks LineIsCanonical: |log| { released(log); respelt(log, "\"cause\":null", "\"cause\":null,\"cause\":null"); };
    a_number_with_a_fraction breaks LineIsCanonical: |log| { released(log); respelt(log, "\"schema_version\":1", "\"schema_version\":1.0"); };
    a_number_with_an_exponent breaks LineIsCanonical: |log| with_payload(log, "hold_released", "{\"hold\":1e3}");
    a_number_that_readers_round breaks LineIsCanonical: |log| with_field(log, "expires_at", json!(1_u64 << 53));
    a_payload_with_a_space breaks LineIsCanonical: |log| {
        with_payload(log, "hold_released", &format!("{{\"hold\": \"{}\"}}", id("hold", 1)));
    };
    a_payload_in_another_order breaks LineIsCanonical: |log| {
        with_payload(log, "hold_reclaimed", "{\"order\":\"\",\"hold\":\"\"}");
    };
    a_field_of_no_event breaks LineHasItsFields: |log| { released(log); respelt(log, "{\"cause\"", "{\"a\":1,\"cause\""); };
    a_field_missing breaks LineHasItsFields: |log| { released(log); respelt(log, "\"cause\":null,", ""); };
    a_list_for_a_line breaks LineHasItsFields: |log| { released(log); log.lines.push("[]".to_owned()); };
    a_cause_of_another_form breaks LineHasItsFields: |log| {
        log.on_sale().cause = Some("somebody".to_owned());
        log.hold(1, &[seat("A1")]);
    };
    a_command_in_capitals breaks LineHasItsFields: |log| { released(log); respelt(log, "-7000-", "-A000-"); };
    a_hash_in_capitals breaks LineHasItsFields: |log| {
        released(log);
        let hash = log.lines.last().unwrap().split("\"hash\":\"").nth(1).unwrap()[..64].to_owned();
        respelt(log, &hash, &format!("A{}", &hash[1..]));
    };
    a_time_without_milliseconds breaks LineHasItsFields: |log| { released(log); respelt(log, ":00.000Z", ":00Z"); };
    a_time_that_is_none breaks LineHasItsFields: |log| { released(log); respelt(log, "2026-11-21T", "2026-11-31T"); };
    an_unknown_kind_of_stream breaks StreamIsKnown: |log| {
        released(log);
        log.event(&format!("books-{}", id("organizer", 1)), "entry_posted", &json!({}));
    };
    a_stream_of_another_id breaks StreamIsKnown: |log| {
        released(log);
        log.event(&format!("inventory-{}", id("venue", 1)), "hold_released", &json!({"hold": id("hold", 1)}));
    };
    an_unknown_type breaks TypeIsKnown: |log| { released(log); log.inventory("hold_forgotten", &json!({})); };
    a_type_of_another_kind breaks TypeIsKnown: |log| {
        released(log);
        let stream = log.stream("catalog");
        log.event(&stream, "hold_released", &json!({"hold": id("hold", 1)}));
    };
    an_unknown_schema_version breaks TypeIsKnown: |log| {
        released(log);
        let stream = log.stream("inventory");
        log.command();
        log.append(&stream, "hold_released", &canonical(&json!({"hold": id("hold", 1)})), 2);
    };
    an_unknown_field_of_a_payload breaks PayloadHasItsFields: |log| with_field(log, "note", json!("x"));
    an_unknown_field_after_the_last breaks PayloadHasItsFields: |log| with_field(log, "zone", json!("x"));
    an_unknown_field_of_an_item breaks PayloadHasItsFields: |log| with_item(log, "row", json!("x"));
    a_missing_field_of_a_payload breaks PayloadHasItsFields: |log| without_field(log, "items");
    a_missing_deadline breaks PayloadHasItsFields: |log| without_field(log, "max_expires_at");
    a_null_for_a_field_that_is_left_out breaks PayloadHasItsFields: |log| with_item(log, "seat", json!(null));
    a_payment_that_is_null breaks PayloadHasItsFields: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        let mut payload = secured(1, None);
        payload["payment"] = json!(null);
        log.inventory("order_secured", &payload);
    };
    a_price_below_zero breaks PayloadHasItsFields: |log| with_item(log, "price", json!(-1));
    a_price_in_words breaks PayloadHasItsFields: |log| with_item(log, "price", json!("45"));
    an_item_as_a_list breaks PayloadHasItsFields: |log| with_field(log, "items", json!([[4500, "A2", id("ticket_type", 1)]]));
    a_payload_as_a_list breaks LineHasItsFields: |log| {
        with_payload(log, "hold_released", &format!("[\"{}\"]", id("hold", 1)));
    };
    an_id_of_another_kind breaks PayloadHasItsFields: |log| with_field(log, "hold", json!(id("order", 2)));
    an_id_that_is_too_large breaks PayloadHasItsFields: |log| with_field(log, "hold", json!("hold_80000000000000000000000000"));
    a_deadline_in_another_zone breaks PayloadHasItsFields: |log| with_field(log, "expires_at", json!("2026-11-21T10:05:00.000+00:00"));
    a_capacity_beyond_its_bits breaks PayloadHasItsFields: |log| {
        log.on_sale();
        log.inventory("pool_added", &json!({"capacity": 1_u64 << 32, "name": "", "pool": id("pool", 9)}));
    };
    a_false_that_is_left_out breaks PayloadHasItsFields: |log| {
        log.on_sale();
        let terms = json!({"hidden": false, "price_category": "Stalls"});
        log.inventory("ticket_type_added", &crate::sale::ticket_type_added(9, terms));
    };
    an_empty_list_that_is_left_out breaks PayloadHasItsFields: |log| {
        log.on_sale();
        let terms = json!({"pools": [], "price_category": "Stalls"});
        log.inventory("ticket_type_added", &crate::sale::ticket_type_added(9, terms));
    };
    an_unknown_reason breaks PayloadHasItsFields: |log| {
        log.on_sale().hold_and_order(1, &[seat("A1")]);
        log.inventory("order_cancelled", &crate::sale::cancelled(1, "whim"));
    };
}
