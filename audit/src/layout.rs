//! The layout document: which seats there are, and which price category each belongs to.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::fact::record;
use crate::reader::{Flag, Reader, Text, Unread};

const FORMAT: &str = "boxoffice.layout.v1";

record! {
    struct Point { x: i64, y: i64 }
    struct Category { color: Option<Text>, name: Box<str> }
    struct Seat {
        accessible: Flag,
        category: u32,
        companion: Flag,
        id: Box<str>,
        number: Text,
        row: Box<str>,
        x: i64,
        y: i64,
        zone: Box<str>,
    }
    struct Area { capacity: u32, category: Option<u32>, name: Box<str>, x: i64, y: i64 }
    struct Document {
        areas: Vec<Area>,
        categories: Vec<Category>,
        focal_point: Point,
        format: Box<str>,
        name: Text,
        seats: Vec<Seat>,
    }
}

/// Where a seat stands in its layout: 0, 1, 2 …
pub(crate) type SeatIndex = u32;

/// A layout, as far as rules look at it.
#[derive(Debug)]
pub(crate) struct Layout {
    seats: HashMap<Box<str>, SeatIndex>,
    /// The category of each seat.
    category_of: Vec<u32>,
    categories: Vec<Box<str>>,
    /// Standing areas by name, with their capacities.
    areas: BTreeMap<Box<str>, u64>,
    /// The seats that are side by side with each seat, itself among them.
    runs: Vec<Range<SeatIndex>>,
}

impl Layout {
    /// Reads a layout, or says why the document is none.
    pub(crate) fn read(content: &str) -> Result<Self, String> {
        let mut reader = Reader::new(content);
        let document: Document = crate::reader::Value::read(&mut reader).map_err(|Unread(reason)| reason)?;
        reader.end().map_err(|Unread(reason)| reason)?;
        if *document.format != *FORMAT {
            return Err(format!("its format is {:?}, not `{FORMAT}`", document.format));
        }
        let known =
            |category: u32| usize::try_from(category).is_ok_and(|place| place < document.categories.len());
        if !document.areas.iter().filter_map(|area| area.category).all(known) {
            return Err("an area is of a category that is not there".to_owned());
        }
        let mut layout = Self {
            seats: HashMap::with_capacity(document.seats.len()),
            runs: runs(&document.seats),
            category_of: document.seats.iter().map(|seat| seat.category).collect(),
            areas: document.areas.into_iter().map(|area| (area.name, u64::from(area.capacity))).collect(),
            categories: document.categories.into_iter().map(|category| category.name).collect(),
        };
        for (index, seat) in (0..).zip(document.seats) {
            if layout.category(index).is_none() {
                return Err(format!("seat {:?} is of a category that is not there", seat.id));
            }
            if let Some(other) = layout.seats.insert(seat.id, index) {
                return Err(format!("seats {other} and {index} have the same name"));
            }
        }
        Ok(layout)
    }

    /// Where the seat of that name stands.
    pub(crate) fn seat(&self, name: &str) -> Option<SeatIndex> {
        self.seats.get(name).copied()
    }

    /// The name of a seat. Only faults ask for it, so it is searched for.
    pub(crate) fn name(&self, seat: SeatIndex) -> Option<&str> {
        self.seats.iter().find(|(_, index)| **index == seat).map(|(name, _)| &**name)
    }

    /// The name of the category of a seat.
    pub(crate) fn category(&self, seat: SeatIndex) -> Option<&str> {
        let category = *self.category_of.get(usize::try_from(seat).ok()?)?;
        self.categories.get(usize::try_from(category).ok()?).map(|name| &**name)
    }

    /// Whether there are seats of the category of that name.
    pub(crate) fn has_seats_of(&self, category: &str) -> bool {
        (0..).take(self.seats()).any(|seat| self.category(seat) == Some(category))
    }

    /// Standing areas by name, with their capacities.
    pub(crate) fn areas(&self) -> &BTreeMap<Box<str>, u64> {
        &self.areas
    }

    /// The names of all seats, each in its place.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<(SeatIndex, &str)> =
            self.seats.iter().map(|(name, seat)| (*seat, &**name)).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name).collect()
    }

    /// The seats that are side by side with a seat, itself among them.
    pub(crate) fn run(&self, seat: SeatIndex) -> Range<SeatIndex> {
        let run = usize::try_from(seat).ok().and_then(|seat| self.runs.get(seat));
        run.cloned().unwrap_or(seat..seat)
    }

    /// How many seats it has.
    pub(crate) fn seats(&self) -> usize {
        self.category_of.len()
    }
}

/// For each seat, those that are side by side with it.
fn runs(seats: &[Seat]) -> Vec<Range<SeatIndex>> {
    let apart = |one: &Seat, next: &Seat| {
        let along = |one: i64, next: i64| u128::from(one.abs_diff(next)).pow(2);
        along(one.x, next.x) + along(one.y, next.y)
    };
    let mut all = Vec::with_capacity(seats.len());
    for row in seats.chunk_by(|one, next| (&one.zone, &one.row) == (&next.zone, &next.row)) {
        let gaps: Vec<u128> =
            row.iter().zip(row.iter().skip(1)).map(|(one, next)| apart(one, next)).collect();
        let mut sorted = gaps.clone();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0);
        let mut begin = all.len();
        let ends = gaps.iter().map(|gap| gap * 4 > usual * 9).chain([true]);
        for (n, is_last) in (all.len()..).zip(ends) {
            if is_last {
                let index = |n: usize| SeatIndex::try_from(n).unwrap_or(SeatIndex::MAX);
                all.extend((begin..=n).map(|_| index(begin)..index(n + 1)));
                begin = n + 1;
            }
        }
    }
    all
}
