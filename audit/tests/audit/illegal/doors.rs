//! What nobody may be admitted with, and how often.

use serde_json::{Value, json};

use crate::builder::{Log, id};
use crate::sale::{FAMILY, STANDING, returned, seat, unit};

use super::sale::change;

/// A sold ticket, number 100.
fn sold(log: &mut Log) {
    log.on_sale().sold(1, &[seat("A1")]);
}

/// A sold ticket whose type allows so many entries, and that has made one of them.
fn entered(log: &mut Log, entries: u64) {
    log.on_sale();
    allow(log, entries);
    log.sold(1, &[unit(STANDING)]);
    log.admit(100);
}

fn allow(log: &mut Log, entries: u64) {
    change(log, STANDING, &json!({"entries": entries}));
}

fn entry(entry: u64) -> Value {
    json!({"entry": entry})
}

/// A ticket that has been given back, and where the log stood right before.
fn given_back(log: &mut Log) -> u64 {
    let seats = [seat("A1")];
    log.on_sale().policy(0, false);
    log.sold(1, &seats);
    let before = log.position;
    log.inventory("tickets_returned", &returned(1, &seats, &[0], 0, 4500));
    before
}

illegal! {
    a_ticket_that_is_only_ordered breaks TicketWasIssued: |log| { log.on_sale().paid(1, &[seat("A1")]); log.admit(100); };
    a_ticket_that_is_unknown breaks TicketWasIssued: |log| { sold(log); log.admit(101); };
    a_ticket_of_another_show breaks TicketWasIssued: |log| {
        sold(log);
        log.show = 2;
        log.admit(100);
    };
    a_ticket_that_was_returned breaks TicketWasGood: |log| { given_back(log); log.admit(100); };
    a_ticket_that_was_returned_where_it_was_looked_up breaks TicketWasGood: |log| {
        let before = given_back(log);
        log.admit_with(100, &json!({"judged_at": before + 1}));
    };
    a_ticket_of_a_cancelled_show breaks TicketWasGood: |log| { sold(log); log.cancel_show(1); log.admit(100); };
    a_ticket_looked_up_where_it_was_admitted breaks LookedUpBefore: |log| {
        sold(log);
        let own = log.position + 1;
        log.admit_with(100, &json!({"judged_at": own}));
    };
    a_second_admission_that_is_called_the_first breaks EntriesCount: |log| { sold(log); log.admit(100); log.admit(100); };
    a_first_admission_that_is_called_the_second breaks EntriesCount: |log| { sold(log); log.admit_with(100, &entry(2)); };
    an_admission_that_is_left_out breaks EntriesCount: |log| { entered(log, 0); log.admit_with(100, &entry(3)); };
    a_second_admission_where_one_is_allowed breaks EntriesAllowed: |log| {
        sold(log);
        log.admit(100);
        log.admit_with(100, &entry(2));
    };
    a_third_admission_where_two_are_allowed breaks EntriesAllowed: |log| {
        entered(log, 2);
        log.admit_with(100, &entry(2));
        log.admit_with(100, &entry(3));
    };
    a_second_admission_that_is_no_longer_allowed breaks EntriesAllowed: |log| {
        entered(log, 2);
        allow(log, 1);
        log.admit_with(100, &entry(2));
    };
    a_second_admission_looked_up_before_it_was_allowed breaks EntriesAllowed: |log| {
        sold(log);
        log.admit(100);
        let before = log.position;
        change(log, crate::sale::STALLS, &json!({"entries": 2}));
        log.admit_with(100, &json!({"entry": 2, "judged_at": before}));
    };
    a_ticket_looked_up_before_its_show_was_there breaks EntriesAllowed: |log| {
        sold(log);
        log.admit_with(100, &json!({"judged_at": 0}));
    };
    a_type_that_is_added_with_too_many_entries breaks EntriesInRange: |log| {
        log.on_sale();
        let terms = json!({"entries": 1001, "pools": [id("pool", 1)]});
        log.inventory("ticket_type_added", &crate::sale::ticket_type_added(9, terms));
    };
    a_type_that_is_changed_to_too_many_entries breaks EntriesInRange: |log| {
        log.on_sale();
        change(log, FAMILY, &json!({"entries": 1001}));
    };
}
