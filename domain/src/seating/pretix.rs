//! The seating plans of pretix (its `seating-plan.schema.json`, with the keys of earlier versions).
//!
//! A plan is judged first, on a tree that knows places, and read afterwards, into types that don't. What pretix
//! draws beside the seats (areas) is never sold.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::geometry::{Position, top_centre};
use super::{Category, ImportError, LAYOUT_FORMAT, LayoutDocument, Point, Seat, SeatId, json};

mod format;
mod judge;

/// Reads a plan.
///
/// # Errors
/// [`ImportError`] with a pointer to each fault.
pub fn import(content: &[u8]) -> Result<LayoutDocument, ImportError> {
    judge::judge(&json::parse(content)?)?;
    // What was judged can be read: the judge asks for more than the types below.
    let plan = serde_json::from_slice::<Plan<'_>>(content);
    plan.map(Plan::into_layout).map_err(|error| ImportError::NotJson { detail: error.to_string() })
}

#[derive(Deserialize)]
struct Plan<'a> {
    name: String,
    categories: Vec<Category>,
    #[serde(borrow)]
    zones: Vec<Zone<'a>>,
}

#[derive(Deserialize)]
struct Zone<'a> {
    name: String,
    position: Position,
    #[serde(borrow)]
    rows: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(rename = "row_number")]
    number: String,
    position: Position,
    #[serde(borrow)]
    seats: Vec<PlanSeat<'a>>,
}

#[derive(Deserialize)]
struct PlanSeat<'a> {
    #[serde(borrow)]
    seat_guid: Cow<'a, str>,
    seat_number: String,
    #[serde(borrow)]
    category: Cow<'a, str>,
    position: Position,
}

impl Plan<'_> {
    fn into_layout(mut self) -> LayoutDocument {
        let categories: HashMap<_, _> =
            (0..).zip(&self.categories).map(|(index, category)| (category.name.as_str(), index)).collect();
        let mut seats = Vec::new();
        for zone in &self.zones {
            for row in &zone.rows {
                let around = zone.position + row.position;
                let known = |seat: &PlanSeat<'_>| categories.get(seat.category.as_ref()).copied();
                seats.extend(
                    row.seats.iter().filter_map(|seat| Some(seat.place(zone, row, around, known(seat)?))),
                );
            }
        }
        for category in &mut self.categories {
            category.color.take_if(|color| color.is_empty());
        }
        LayoutDocument {
            areas: Vec::new(),
            categories: self.categories,
            focal_point: top_centre(seats.iter().map(|seat| Point { x: seat.x, y: seat.y })),
            format: LAYOUT_FORMAT.to_owned(),
            name: self.name,
            seats,
        }
    }
}

impl PlanSeat<'_> {
    fn place(&self, zone: &Zone<'_>, row: &Row<'_>, around: Position, category: u32) -> Seat {
        let Point { x, y } = (around + self.position).point();
        Seat {
            accessible: false,
            category,
            companion: false,
            id: SeatId::new(&self.seat_guid),
            number: self.seat_number.clone(),
            row: row.number.clone(),
            x,
            y,
            zone: zone.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
