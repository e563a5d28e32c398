//! The charts of seats.io: rows, tables, booths and standing areas, in sections or not, on one floor or several.
//!
//! A seat is named as seats.io names it: `A-1`, `Section A-A-1`, `T1-1`. A chart holds much that is only drawn, and
//! its format grows: unknown keys are ignored. A table that is booked as a whole is imported as its seats, and a booth
//! that has a capacity as so many units, like a standing area.

use std::collections::HashMap;

use super::geometry::{Coordinate, LIMIT, Position, top_centre};
use super::json::Json;
use super::place::{Faults, Node, TEXT_MAX, quoted};
use super::{Area, ImportError, LAYOUT_FORMAT, LayoutDocument, Point, SEATS_MAX, Seat, SeatId, json};

mod legend;

use legend::{CategoryRef, Legend};

/// Reads a chart.
///
/// # Errors
/// [`ImportError`] with a pointer to each fault.
pub fn import(content: &[u8]) -> Result<LayoutDocument, ImportError> {
    let chart = json::parse(content)?;
    let root = Node::root(&chart);
    let mut faults = Faults::default();
    root.unique_keys(&mut faults);
    let name = root.required("name", &mut faults).and_then(|name| name.text(&mut faults));
    let legend = Legend::read(&root, &mut faults);
    let mut import = Import { faults, legend, ..Import::default() };
    import.chart(&root);
    std::mem::take(&mut import.faults).into_result()?;
    Ok(LayoutDocument {
        focal_point: import.focal_point.or(import.legend.focal_point).unwrap_or_else(|| import.top_centre()),
        areas: import.areas,
        categories: import.legend.categories,
        format: LAYOUT_FORMAT.to_owned(),
        name: name.unwrap_or_default().to_owned(),
        seats: import.seats,
    })
}

/// What an object gets from whatever it is in.
#[derive(Clone, Copy, Default)]
struct Around<'a> {
    /// The label of the section, which names of seats begin with. May be empty.
    section: &'a str,
    zone: &'a str,
    category: Option<CategoryRef>,
    offset: Position,
}

/// The middle part of a seat's name, and what is written there.
#[derive(Clone, Copy, Default)]
struct Row<'a> {
    label: &'a str,
    shown: &'a str,
}

#[derive(Default)]
struct Import<'j> {
    faults: Faults,
    legend: Legend<'j>,
    /// Names met so far, of seats and areas, and where.
    names: HashMap<SeatId, String>,
    seats: Vec<Seat>,
    areas: Vec<Area>,
    focal_point: Option<Point>,
}

impl<'j> Import<'j> {
    fn chart(&mut self, root: &Node<'_, 'j>) {
        let floors = root.member("subChartFloors");
        if let Some(sub_chart) = root.member("subChart") {
            self.sub_chart(&sub_chart, Around::default());
        } else if floors.is_none() {
            root.required("subChart", &mut self.faults);
        }
        if let Some(floors) = &floors {
            self.each(floors, Around::default(), |import, floor, _| import.floor(floor));
        }
        if self.seats.is_empty() && self.areas.is_empty() && self.faults.none() {
            let place = floors.map_or(root.place.member("subChart"), |floors| floors.place);
            let detail = "the chart has neither seats nor standing areas; it needs some";
            self.faults.add(&place, "no_seats", detail);
        }
    }

    /// Floors are seen as `{name, subChart}` and as sub-charts with a name.
    fn floor(&mut self, floor: &Node<'_, 'j>) {
        let name = ["name", "label"].iter().find_map(|key| self.label(floor, key));
        let around = Around { zone: name.unwrap_or_default(), ..Around::default() };
        self.sub_chart(&floor.member("subChart").unwrap_or(*floor), around);
    }

    fn sub_chart(&mut self, sub_chart: &Node<'_, 'j>, around: Around<'_>) {
        let Some(members) = sub_chart.members() else {
            return sub_chart.wrong_type("an object", &mut self.faults);
        };
        // The chart's own counts before those of its sections, wherever in the document it stands.
        if let Some(focal_point) = sub_chart.member("focalPoint") {
            self.focal_point(&focal_point, around);
        }
        for (key, member) in members {
            match key {
                "rows" | "tables" => self.each(&member, around, Self::row),
                "sections" => self.each(&member, around, Self::section),
                "booths" => self.each(&member, around, Self::booth),
                "generalAdmissionAreas" => self.each(&member, around, Self::area),
                _ => {}
            }
        }
    }

    fn each(
        &mut self,
        list: &Node<'_, 'j>,
        around: Around<'_>,
        read: fn(&mut Self, &Node<'_, 'j>, Around<'_>),
    ) {
        if list.is_null() {
            return;
        }
        let Some(items) = list.items() else { return list.wrong_type("a list", &mut self.faults) };
        for item in items {
            if self.faults.full() {
                return;
            }
            read(self, &item, around);
        }
    }

    fn section(&mut self, section: &Node<'_, 'j>, around: Around<'_>) {
        let label = self.own_label(section);
        let moved = section.member("topLeft").and_then(|corner| corner.position(&mut self.faults));
        let category = self.legend.category_of(section, &mut self.faults).or(around.category);
        let (Some(label), Some(sub_chart)) = (label, section.member("subChart")) else { return };
        let offset = around.offset + moved.unwrap_or_default();
        let name = joined(&[around.section, label]);
        self.sub_chart(&sub_chart, Around { section: &name, zone: label, category, offset });
    }

    /// A row, or a table: to a buyer they differ only in what they are called.
    fn row(&mut self, row: &Node<'_, 'j>, around: Around<'_>) {
        let Some(label) = self.own_label(row) else { return };
        let zone = self.legend.zone_of(row, &mut self.faults);
        let mut around = self.within(row, around, zone.as_deref());
        if let Some(section) = self.label(row, "sectionLabel").filter(|_| around.section.is_empty()) {
            (around.section, around.zone) = (section, section);
        }
        let shown = self.label(row, "displayLabel").unwrap_or(label);
        let Some(seats) = row.member("seats") else { return };
        let Some(items) = seats.items() else { return seats.wrong_type("a list", &mut self.faults) };
        for seat in items {
            if self.faults.full() {
                return;
            }
            let position = seat.position(&mut self.faults);
            self.seat(&seat, Row { label, shown }, around, position);
        }
    }

    fn booth(&mut self, booth: &Node<'_, 'j>, around: Around<'_>) {
        let zone = self.legend.zone_of(booth, &mut self.faults);
        let around = self.within(booth, around, zone.as_deref());
        if booth.member("capacity").is_some_and(|capacity| !matches!(capacity.value, Json::Number(1.0))) {
            return self.area(booth, around);
        }
        let position = centre(booth, &mut self.faults);
        self.seat(booth, Row::default(), around, position);
    }

    /// What is around the parts of an object: its own category and zone count before those of what it is in.
    fn within<'a>(&mut self, object: &Node<'_, 'j>, around: Around<'a>, zone: Option<&'a str>) -> Around<'a> {
        let category = self.legend.category_of(object, &mut self.faults).or(around.category);
        let zone = zone.filter(|_| around.section.is_empty()).unwrap_or(around.zone);
        Around { zone, category, ..around }
    }

    fn seat(&mut self, seat: &Node<'_, 'j>, row: Row<'_>, around: Around<'_>, position: Option<Position>) {
        let label = self.own_label(seat);
        let category = self.legend.category_of(seat, &mut self.faults).or(around.category);
        if category.is_none() {
            let detail = "neither the seat nor what it is in has a category; give it the key of one";
            self.faults.add(&seat.place.member("categoryKey"), "missing_category", detail);
        }
        let number = self.label(seat, "displayLabel").or(label);
        let (Some(label), Some(number), Some(category), Some(position)) = (label, number, category, position)
        else {
            return;
        };
        let Some(id) = self.claim(seat, &joined(&[around.section, row.label, label])) else { return };
        if self.seats.len() > SEATS_MAX {
            return;
        }
        if self.seats.len() == SEATS_MAX {
            let detail = format!("the chart has more than {SEATS_MAX} seats; divide it into several");
            self.faults.add(&seat.place, "too_many_seats", detail);
        }
        let Point { x, y } = (around.offset + position).point();
        self.seats.push(Seat {
            accessible: category.accessible
                || seat.is_true("accessible")
                || seat.is_true("categoryAccessible"),
            category: category.index,
            companion: seat.is_true("companionSeat"),
            id,
            number: number.to_owned(),
            row: row.shown.to_owned(),
            x,
            y,
            zone: around.zone.to_owned(),
        });
    }

    fn area(&mut self, area: &Node<'_, 'j>, around: Around<'_>) {
        let label = self.own_label(area);
        let capacity =
            area.required("capacity", &mut self.faults).and_then(|node| capacity(&node, &mut self.faults));
        let category = self.legend.category_of(area, &mut self.faults).or(around.category);
        let centre = centre(area, &mut self.faults);
        let (Some(label), Some(capacity), Some(centre)) = (label, capacity, centre) else { return };
        let Some(name) = self.claim(area, &joined(&[around.section, label])) else { return };
        let Point { x, y } = (around.offset + centre).point();
        let category = category.map(|category| category.index);
        self.areas.push(Area { capacity, category, name: name.as_str().to_owned(), x, y });
    }

    /// The name, unless something else has it.
    fn claim(&mut self, object: &Node<'_, 'j>, name: &str) -> Option<SeatId> {
        let place = object.member("label").map_or(object.place, |label| label.place);
        let id = SeatId::new(name);
        if name.chars().count() > TEXT_MAX {
            let detail = format!("the whole name, with section and row, has more than {TEXT_MAX} characters");
            self.faults.add(&place, "too_long", detail);
            return None;
        }
        if let Some(earlier) = self.names.get(&id) {
            let detail = format!(
                "{} is also named at {earlier}; every seat and area needs its own name",
                quoted(name)
            );
            self.faults.add(&place, "duplicate_seat", detail);
            return None;
        }
        self.names.insert(id.clone(), place.pointer());
        Some(id)
    }

    /// The label that an object is named by.
    fn own_label(&mut self, object: &Node<'_, 'j>) -> Option<&'j str> {
        object.required("label", &mut self.faults)?.name(&mut self.faults)
    }

    /// A label that an object may have.
    fn label(&mut self, object: &Node<'_, 'j>, key: &str) -> Option<&'j str> {
        object.member(key)?.text(&mut self.faults).filter(|label| !label.is_empty())
    }

    fn focal_point(&mut self, focal_point: &Node<'_, 'j>, around: Around<'_>) {
        if self.focal_point.is_none() {
            let position = focal_point.position(&mut self.faults);
            self.focal_point = position.map(|position| (around.offset + position).point());
        }
    }

    fn top_centre(&self) -> Point {
        let seats = self.seats.iter().map(|seat| Point { x: seat.x, y: seat.y });
        top_centre(seats.chain(self.areas.iter().map(|area| Point { x: area.x, y: area.y })))
    }
}

/// A name is made of what is there.
fn joined(labels: &[&str]) -> String {
    let labels: Vec<_> = labels.iter().copied().filter(|label| !label.is_empty()).collect();
    labels.join("-")
}

fn capacity(node: &Node<'_, '_>, faults: &mut Faults) -> Option<u32> {
    let capacity = node.integer(faults)?;
    let capacity = u32::try_from(capacity).ok().filter(|capacity| *capacity > 0);
    if capacity.is_none() {
        faults.add(&node.place, "out_of_range", format!("must be from 1 to {LIMIT}"));
    }
    capacity
}

/// The middle of what is drawn as a circle, a rectangle or a polygon.
fn centre(object: &Node<'_, '_>, faults: &mut Faults) -> Option<Position> {
    let corners = object.member("points").filter(|_| object.member("center").is_none());
    if let Some(corners) = corners.as_ref().and_then(Node::items) {
        let corners: Vec<_> = corners.map_while(|corner| corner.position(faults)).collect();
        let middle = |of: fn(&Position) -> Coordinate| {
            let (first, last) = (corners.iter().map(of).min()?, corners.iter().map(of).max()?);
            Some(first.middle(last))
        };
        if let (Some(x), Some(y)) = (middle(|corner| corner.x), middle(|corner| corner.y)) {
            return Some(Position { x, y });
        }
    }
    if object.member("x").is_some() {
        return object.position(faults);
    }
    object.required("center", faults)?.position(faults)
}

#[cfg(test)]
mod tests;
