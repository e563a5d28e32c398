//! An event type that has changed twice: what was written as version 1 or 2 is read as version 3 for ever, and what a
//! newer program wrote is refused.

#![expect(
    clippy::unnecessary_wraps,
    reason = "what the macro calls has this form, whether it can fail or not"
)]

use boxoffice_domain::aggregate::{Layouts, StoredEvent as _, Unreadable};
use boxoffice_domain::stored_events;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

stored_events! {
    /// What can have happened to a seat.
    SeatEvent {
        /// Somebody took it.
        SeatTaken = "seat_taken" v 3 upcast [1 => seat_was_called_place, 2 => price_had_no_currency],
        /// It was let go.
        SeatLeft = "seat_left" v 1,
    }
}

/// Version 1: `{"place", "price"}`; version 2: `{"price", "seat"}`; version 3 has a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeatTaken {
    currency: String,
    price: u64,
    seat: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeatLeft {
    seat: String,
}

impl SeatEvent {
    fn complete(self, _: &dyn Layouts) -> Result<Self, Unreadable> {
        Ok(self)
    }
}

fn seat_was_called_place(mut fields: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let place = fields.remove("place").ok_or("there is no place")?;
    fields.insert("seat".to_owned(), place);
    Ok(fields)
}

fn price_had_no_currency(mut fields: Map<String, Value>) -> Result<Map<String, Value>, String> {
    fields.insert("currency".to_owned(), "EUR".into());
    Ok(fields)
}

fn read(event_type: &str, schema: u16, payload: &str) -> Result<SeatEvent, Unreadable> {
    SeatEvent::read(event_type, schema, payload, &())
}

fn taken() -> SeatEvent {
    SeatTaken { currency: "EUR".to_owned(), price: 4_500, seat: "A-1".to_owned() }.into()
}

#[test]
fn every_older_form_is_read_as_the_newest() {
    let forms = [
        (1, r#"{"place":"A-1","price":4500}"#),
        (2, r#"{"price":4500,"seat":"A-1"}"#),
        (3, r#"{"currency":"EUR","price":4500,"seat":"A-1"}"#),
    ];
    for (schema, payload) in forms {
        assert_eq!(read("seat_taken", schema, payload).unwrap(), taken(), "version {schema}");
    }
    assert_eq!(taken().schema_version(), 3);
    assert_eq!(taken().payload().unwrap(), forms[2].1, "only the newest form is written");
    assert_eq!(SeatEvent::TYPES, [("seat_taken", 3), ("seat_left", 1)]);
    assert_eq!(SeatEvent::OLDER, [("seat_taken", 1), ("seat_taken", 2)]);
}

#[test]
fn what_a_newer_program_wrote_is_refused_and_named() {
    for (event_type, schema) in [("seat_taken", 4), ("seat_taken", 0), ("seat_left", 2), ("seat_sold", 1)] {
        let unknown = read(event_type, schema, r#"{"seat":"A-1"}"#).unwrap_err();
        assert_eq!(
            unknown,
            Unreadable::UnknownType { event_type: event_type.to_owned(), schema_version: schema }
        );
        assert!(unknown.to_string().contains("this program is too old for the log"), "{unknown}");
    }
}

#[test]
fn an_older_form_that_is_not_as_it_was_is_refused() {
    let wrong = [
        (1, r#"{"price":4500}"#, "there is no place"),
        (1, r#"{"place":"A-1","price":-1}"#, "invalid value"),
        (2, r#"{"price":4500,"seat":"A-1","why":"no reason"}"#, "unknown field `why`"),
        (2, r#"["A-1"]"#, "invalid type"),
    ];
    for (schema, payload, reason) in wrong {
        let Err(Unreadable::Malformed { reason: found, .. }) = read("seat_taken", schema, payload) else {
            panic!("{payload} was read");
        };
        assert!(found.contains(reason), "{payload}: {found}");
    }
}
