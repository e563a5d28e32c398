//! What an organizer changes while a show sells.

use serde_json::json;

use crate::builder::{Log, id};
use crate::sale::seat;

fn pause(log: &mut Log) {
    log.inventory("sale_paused", &json!({"reason": "Fire alarm"}));
}

fn resume(log: &mut Log) {
    log.inventory("sale_resumed", &json!({}));
}

illegal! {
    a_pause_of_a_draft breaks PauseOfPublished: |log| { log.stocked(); pause(log); };
    a_resumption_of_a_draft breaks PauseOfPublished: |log| { log.stocked(); resume(log); };
    a_pause_of_a_paused_show breaks PauseTurns: |log| { log.on_sale(); pause(log); pause(log); };
    a_resumption_of_a_show_that_sells breaks PauseTurns: |log| { log.on_sale(); resume(log); };
    a_hold_of_a_paused_show breaks HoldNotPaused: |log| { log.on_sale(); pause(log); log.hold(1, &[seat("A1")]); };
    items_added_while_paused breaks HoldNotPaused: |log| {
        log.on_sale().hold(1, &[seat("A1")]);
        pause(log);
        log.inventory("hold_items_added", &json!({"hold": id("hold", 1), "items": [seat("A2")]}));
    };
}
