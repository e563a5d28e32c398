//! All seats of a show as JSON, fast: what never changes of a seat is written once, states are put in between.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use boxoffice_domain::id::{ShowId, TicketTypeId};
use boxoffice_domain::log::Position;
use boxoffice_domain::seating::{Category, Layout, Milli, Seat, SeatId};
use bytes::Bytes;
use serde::Serialize;

use super::mark::Mark;
use super::stock::TypeSlot;
use super::terms::SeatState;

/// A seat with its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeatChange {
    /// The seat.
    pub seat_id: SeatId,
    /// What can be expected of it.
    pub state: SeatState,
}

/// What does not change of the seats of a show, rendered when it is first asked for.
#[derive(Debug)]
pub(crate) struct SeatSheet {
    show: ShowId,
    plan: Option<Arc<Layout>>,
    /// The ticket types that sell each category of the layout.
    types: Vec<Vec<TicketTypeId>>,
    full: OnceLock<FullSheet>,
    columns: OnceLock<Vec<u8>>,
}

/// For each seat its JSON up to the state.
#[derive(Debug, Default)]
struct FullSheet {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl SeatSheet {
    pub(crate) fn of(show: ShowId, plan: Option<Arc<Layout>>, types: &[TypeSlot]) -> Self {
        let categories = plan.as_ref().map(|plan| plan.document().categories.as_slice()).unwrap_or_default();
        let sells = |name: &str| {
            let sold_as = types.iter().map(|slot| &slot.ticket_type);
            sold_as
                .filter(|ticket_type| {
                    !ticket_type.hidden && ticket_type.price_category.as_deref() == Some(name)
                })
                .map(|ticket_type| ticket_type.ticket_type)
                .collect()
        };
        let types = categories.iter().map(|category| sells(&category.name)).collect();
        Self { show, plan, types, full: OnceLock::new(), columns: OnceLock::new() }
    }

    fn seats(&self) -> &[Seat] {
        self.plan.as_ref().map(|plan| plan.seats()).unwrap_or_default()
    }

    fn categories(&self) -> impl Iterator<Item = CategoryColumn<'_>> {
        let categories =
            self.plan.as_ref().map(|plan| plan.document().categories.as_slice()).unwrap_or_default();
        let column = |(category, types)| {
            let category: &Category = category;
            CategoryColumn { name: &category.name, ticket_type_ids: types }
        };
        categories.iter().zip(self.types.iter().map(Vec::as_slice)).map(column)
    }

    fn full(&self) -> &FullSheet {
        self.full.get_or_init(|| {
            let categories: Vec<Vec<u8>> = self.categories().map(|category| category.of_seat()).collect();
            let mut sheet = FullSheet::default();
            for seat in self.seats() {
                let category =
                    usize::try_from(seat.category).ok().and_then(|category| categories.get(category));
                write_seat(&mut sheet.text, seat, category.map_or(NO_CATEGORY, Vec::as_slice));
                sheet.ends.push(sheet.text.len());
            }
            sheet
        })
    }

    /// Everything of the compact form but position and states, without the braces.
    fn columns(&self) -> &[u8] {
        self.columns.get_or_init(|| {
            let seats = self.seats();
            let mut zones: Vec<&str> = Vec::new();
            let mut zone_index: HashMap<&str, usize> = HashMap::default();
            let mut zone_of = Vec::with_capacity(seats.len());
            for seat in seats {
                zone_of.push(*zone_index.entry(&seat.zone).or_insert_with(|| {
                    zones.push(&seat.zone);
                    zones.len().saturating_sub(1)
                }));
            }
            let mut out = Vec::new();
            column(&mut out, "event_id", &self.show);
            column(&mut out, "zones", &zones);
            column(&mut out, "categories", &self.categories().collect::<Vec<_>>());
            column(&mut out, "seat_ids", &seats.iter().map(|seat| &seat.id).collect::<Vec<_>>());
            column(&mut out, "labels", &seats.iter().map(label).collect::<Vec<_>>());
            column(&mut out, "zone_of", &zone_of);
            column(&mut out, "rows", &seats.iter().map(|seat| &seat.row).collect::<Vec<_>>());
            column(&mut out, "numbers", &seats.iter().map(|seat| &seat.number).collect::<Vec<_>>());
            column(&mut out, "category_of", &seats.iter().map(|seat| seat.category).collect::<Vec<_>>());
            decimals(&mut out, "x", seats.iter().map(|seat| seat.x));
            decimals(&mut out, "y", seats.iter().map(|seat| seat.y));
            column(&mut out, "accessible", &places(seats, |seat| seat.accessible));
            column(&mut out, "companion", &places(seats, |seat| seat.companion));
            out
        })
    }
}

#[derive(Serialize)]
struct CategoryColumn<'a> {
    name: &'a str,
    ticket_type_ids: &'a [TicketTypeId],
}

impl CategoryColumn<'_> {
    /// What every seat of the category says of it.
    fn of_seat(&self) -> Vec<u8> {
        let mut out = Vec::new();
        member(&mut out, ",\"category\":", self.name);
        member(&mut out, ",\"ticket_type_ids\":", self.ticket_type_ids);
        out
    }
}

const NO_CATEGORY: &[u8] = b",\"category\":\"\",\"ticket_type_ids\":[]";

/// The JSON of a seat up to its state.
fn write_seat(out: &mut Vec<u8>, seat: &Seat, category: &[u8]) {
    member(out, "{\"seat_id\":", &seat.id);
    member(out, ",\"label\":", &label(seat));
    member(out, ",\"zone\":", &seat.zone);
    member(out, ",\"row\":", &seat.row);
    member(out, ",\"number\":", &seat.number);
    out.extend_from_slice(category);
    out.extend_from_slice(b",\"x\":");
    decimal(out, seat.x);
    out.extend_from_slice(b",\"y\":");
    decimal(out, seat.y);
    if seat.accessible {
        out.extend_from_slice(b",\"accessible\":true");
    }
    if seat.companion {
        out.extend_from_slice(b",\"companion\":true");
    }
    out.extend_from_slice(b",\"state\":\"");
}

/// All seats of a show at a moment: cheap to take, to be rendered where nobody waits for it.
#[derive(Debug, Clone)]
pub struct SeatsSnapshot {
    sheet: Arc<SeatSheet>,
    states: Vec<SeatState>,
    /// What it is a function of.
    pub mark: Mark,
    /// The position of the show's last event.
    pub position: Position,
}

impl SeatsSnapshot {
    pub(crate) fn new(sheet: Arc<SeatSheet>, states: Vec<SeatState>, mark: Mark, position: Position) -> Self {
        Self { sheet, states, mark, position }
    }

    /// States in the plan's order.
    #[must_use]
    pub fn states(&self) -> &[SeatState] {
        &self.states
    }

    /// Every seat with its state.
    #[must_use]
    pub fn changes(&self) -> Vec<SeatChange> {
        let seats = self.sheet.seats().iter().zip(&self.states);
        seats.map(|(seat, state)| SeatChange { seat_id: seat.id.clone(), state: *state }).collect()
    }

    /// The body of `GET …/seats`.
    #[must_use]
    pub fn to_json(&self) -> Bytes {
        let sheet = self.sheet.full();
        let mut out =
            Vec::with_capacity(sheet.text.len().saturating_add(sheet.ends.len() * 12).saturating_add(128));
        out.extend_from_slice(b"{\"event_id\":");
        put(&mut out, &self.sheet.show);
        out.extend_from_slice(b",\"position\":");
        put(&mut out, &self.position);
        out.extend_from_slice(b",\"seats\":[");
        let mut start = 0;
        for (end, state) in sheet.ends.iter().zip(&self.states) {
            if start > 0 {
                out.push(b',');
            }
            out.extend_from_slice(sheet.text.get(start..*end).unwrap_or_default());
            out.extend_from_slice(state.as_str().as_bytes());
            out.extend_from_slice(b"\"}");
            start = *end;
        }
        out.extend_from_slice(b"]}");
        out.into()
    }

    /// The compact form: columns, and one letter a seat (`a`vailable, `h`eld, `s`old, `b`locked).
    #[must_use]
    pub fn to_compact(&self) -> Bytes {
        let columns = self.sheet.columns();
        let mut out = Vec::with_capacity(columns.len().saturating_add(self.states.len()).saturating_add(64));
        out.push(b'{');
        out.extend_from_slice(columns);
        out.extend_from_slice(b"\"position\":");
        put(&mut out, &self.position);
        out.extend_from_slice(b",\"states\":\"");
        out.extend(self.states.iter().map(|state| state.letter()));
        out.extend_from_slice(b"\"}");
        out.into()
    }
}

/// The places of the seats that are so.
fn places(seats: &[Seat], is_so: impl Fn(&Seat) -> bool) -> Vec<usize> {
    seats.iter().enumerate().filter(|(_, seat)| is_so(seat)).map(|(place, _)| place).collect()
}

/// Appends JSON. Writing to memory does not fail, and nothing here has keys that are not text.
fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let written = serde_json::to_writer(&mut *out, value);
    debug_assert!(written.is_ok(), "JSON into memory");
}

fn member<T: Serialize + ?Sized>(out: &mut Vec<u8>, key: &str, value: &T) {
    out.extend_from_slice(key.as_bytes());
    put(out, value);
}

fn column<T: Serialize + ?Sized>(out: &mut Vec<u8>, name: &str, value: &T) {
    put(out, name);
    out.push(b':');
    put(out, value);
    out.push(b',');
}

fn decimals(out: &mut Vec<u8>, name: &str, values: impl Iterator<Item = Milli>) {
    put(out, name);
    out.extend_from_slice(b":[");
    for (n, value) in values.enumerate() {
        if n > 0 {
            out.push(b',');
        }
        decimal(out, value);
    }
    out.extend_from_slice(b"],");
}

/// Thousandths as an exact decimal number: 110500 is `110.5`, 20000 is `20`.
fn decimal(out: &mut Vec<u8>, value: Milli) {
    let (whole, part) = (value.unsigned_abs() / 1000, value.unsigned_abs() % 1000);
    let sign = if value < 0 { "-" } else { "" };
    let written = match (part % 10, part / 10 % 10) {
        (0, 0) if part == 0 => write!(out, "{sign}{whole}"),
        (0, 0) => write!(out, "{sign}{whole}.{}", part / 100),
        (0, _) => write!(out, "{sign}{whole}.{:02}", part / 10),
        (_, _) => write!(out, "{sign}{whole}.{part:03}"),
    };
    debug_assert!(written.is_ok(), "text into memory");
}

/// What people would call the seat: `Stalls, row A, seat 12`. Empty parts are left out.
pub(crate) fn label(seat: &Seat) -> String {
    let with = |word: &str, text: &str| {
        let says_so =
            |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        match text {
            "" => None,
            _ if says_so("row ") || says_so("table ") || says_so("seat ") => Some(text.to_owned()),
            _ => Some(format!("{word} {text}")),
        }
    };
    let place: Vec<String> =
        [with("row", &seat.row), with("seat", &seat.number)].into_iter().flatten().collect();
    let place = place.join(", ");
    match (seat.zone.as_str(), place.as_str()) {
        ("", "") => seat.id.to_string(),
        (zone, "") => zone.to_owned(),
        ("", place) => {
            let mut letters = place.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
        }
        (zone, place) => format!("{zone}, {place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(zone: &str, row: &str, number: &str) -> Seat {
        Seat {
            accessible: false,
            category: 0,
            companion: false,
            id: SeatId::new("guid"),
            number: number.into(),
            row: row.into(),
            x: 0,
            y: 0,
            zone: zone.into(),
        }
    }

    #[test]
    fn a_label_reads_like_a_sentence() {
        assert_eq!(label(&seat("Stalls", "A", "12")), "Stalls, row A, seat 12");
        assert_eq!(label(&seat("", "A", "12")), "Row A, seat 12");
        assert_eq!(label(&seat("Hall", "Table 3", "1")), "Hall, Table 3, seat 1");
        assert_eq!(label(&seat("", "", "")), "guid");
    }

    #[test]
    fn thousandths_are_exact_decimals() {
        for (milli, text) in [
            (110_500, "110.5"),
            (20_000, "20"),
            (-1, "-0.001"),
            (-1_250, "-1.25"),
            (7_090, "7.09"),
            (7_009, "7.009"),
            (0, "0"),
            (10, "0.01"),
        ] {
            let mut out = Vec::new();
            decimal(&mut out, milli);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
