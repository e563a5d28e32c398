//! Three plans of our own drawing, in the formats that plans come in: for trying things out, and for tests.
//!
//! One unit is a centimetre, the stage is at the top, and rows are arcs around it. Coordinates are computed in
//! integers: the layouts, and so their digests, are the same on every machine.

use serde_json::{Value, json};

mod arena;
mod circle;

use circle::{RADIAN, on_circle};

pub use arena::arena;

/// Writes a plan.
pub type Sample = fn() -> Vec<u8>;

/// All of them, by name.
pub const ALL: [(&str, Sample); 3] = [("theatre", theatre), ("hall", hall), ("arena", arena)];

/// From one seat to the next.
const SEAT_PITCH: i64 = 55;

/// From one row to the next.
const ROW_PITCH: i64 = 95;

/// A theatre of 300 seats (pretix): stalls that widen from row to row, and a balcony behind them.
#[must_use]
pub fn theatre() -> Vec<u8> {
    let stalls = (0..10)
        .map(|row| Row::centred(900 + row * ROW_PITCH, 15 + row, if row < 4 { "Premium" } else { "Stalls" }));
    let balcony = (0..3).map(|row| Row::centred(2_100 + row * ROW_PITCH, 33 + 2 * row, "Balcony"));
    let plan = Plan {
        name: "Sample theatre",
        categories: &[("Premium", "#7B3F98"), ("Stalls", "#2F6DB5"), ("Balcony", "#3B8F5A")],
        zones: vec![
            Zone::new("Stalls", "Stalls", stalls.collect()),
            Zone::new("Balcony", "Balcony", balcony.collect()),
        ],
        width: 2_200,
        height: 2_000,
        focus: -400,
        stage_width: 1_000,
    };
    plan.write()
}

/// A concert hall of 2,000 seats (pretix): a parterre in three blocks, and a gallery behind them.
#[must_use]
pub fn hall() -> Vec<u8> {
    const AISLE: i64 = 160;
    let centre =
        |row| Row::centred(3_500 + row * ROW_PITCH, 30, if row < 8 { "Premium" } else { "Parterre" });
    let side = |row, first| Row { first, seats: 20, category: "Side", ..centre(row) };
    let edge = 15 * SEAT_PITCH + AISLE;
    let gallery = |row| Row::centred(5_800 + row * ROW_PITCH, 75, "Gallery");
    let plan = Plan {
        name: "Sample concert hall",
        categories: &[
            ("Premium", "#7B3F98"),
            ("Parterre", "#2F6DB5"),
            ("Side", "#C2682B"),
            ("Gallery", "#3B8F5A"),
        ],
        zones: vec![
            Zone::new(
                "Parterre left",
                "Left",
                (0..20).map(|row| side(row, -edge - 19 * SEAT_PITCH)).collect(),
            ),
            Zone::new("Parterre centre", "Centre", (0..20).map(centre).collect()),
            Zone::new("Parterre right", "Right", (0..20).map(|row| side(row, edge)).collect()),
            Zone::new("Gallery", "Gallery", (0..8).map(gallery).collect()),
        ],
        width: 4_600,
        height: 4_100,
        focus: -2_600,
        stage_width: 2_000,
    };
    plan.write()
}

/// Seats along an arc, numbered from left to right.
#[derive(Clone, Copy)]
struct Row {
    radius: i64,
    /// Where the first seat is, along the arc from its middle.
    first: i64,
    seats: i64,
    category: &'static str,
}

impl Row {
    fn centred(radius: i64, seats: i64, category: &'static str) -> Self {
        Self { radius, first: -(seats - 1) * SEAT_PITCH / 2, seats, category }
    }
}

struct Zone {
    name: &'static str,
    /// What names of seats begin with.
    id: &'static str,
    rows: Vec<Row>,
}

impl Zone {
    fn new(name: &'static str, id: &'static str, rows: Vec<Row>) -> Self {
        Self { name, id, rows }
    }
}

/// A pretix plan whose rows all have the same centre.
struct Plan {
    name: &'static str,
    categories: &'static [(&'static str, &'static str)],
    zones: Vec<Zone>,
    width: i64,
    height: i64,
    /// How far down the centre of all rows is: above the plan, so that rows are bent only a little.
    focus: i64,
    stage_width: i64,
}

impl Plan {
    fn write(&self) -> Vec<u8> {
        let category = |(name, color): &(&str, &str)| json!({ "name": name, "color": color });
        let zones: Vec<_> = self.zones.iter().map(|zone| self.zone(zone)).collect();
        let plan = json!({
            "name": self.name,
            "size": { "width": self.width, "height": self.height },
            "categories": self.categories.iter().map(category).collect::<Vec<_>>(),
            "zones": zones,
        });
        plan.to_string().into_bytes()
    }

    fn zone(&self, zone: &Zone) -> Value {
        let rows: Vec<_> = (0..).zip(&zone.rows).map(|(index, row)| self::row(zone.id, index, row)).collect();
        let areas = if self.zones.first().is_some_and(|first| first.id == zone.id) {
            vec![self.stage()]
        } else {
            Vec::new()
        };
        json!({
            "name": zone.name,
            "zone_id": zone.id,
            "position": { "x": self.width / 2, "y": self.focus },
            "rows": rows,
            "areas": areas,
        })
    }

    /// Like a row, drawn from the centre of all rows.
    fn stage(&self) -> Value {
        json!({
            "shape": "rectangle",
            "color": "#D0D1D2",
            "border_color": "#8A8B8C",
            "rotation": 0,
            "position": { "x": -self.stage_width / 2, "y": 50 - self.focus },
            "rectangle": { "width": self.stage_width, "height": 300 },
            "text": { "text": "Stage", "size": 60, "position": { "x": self.stage_width / 2, "y": 150 } },
        })
    }
}

fn row(zone: &str, index: u8, row: &Row) -> Value {
    let letter = letter(index);
    let seat = |number: i64| {
        let along = row.first + (number - 1) * SEAT_PITCH;
        let (x, y) = on_circle(row.radius, along * RADIAN / row.radius);
        json!({
            "seat_guid": format!("{zone}-{letter}-{number}"),
            "seat_number": number.to_string(),
            "category": row.category,
            "position": { "x": x, "y": y - row.radius },
            "radius": 20,
        })
    };
    json!({
        "row_number": letter.to_string(),
        "row_number_position": "both",
        "position": { "x": 0, "y": row.radius },
        "seats": (1..=row.seats).map(seat).collect::<Vec<_>>(),
    })
}

/// The letter of a row, counted from 0.
fn letter(index: u8) -> char {
    char::from(b'A' + index % 26)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::LazyLock;

    use super::super::{Layout, LayoutDocument, PlanFormat, Seat, import, mutation};
    use super::*;

    /// The layouts of all samples, read once.
    static LAYOUTS: LazyLock<[LayoutDocument; 3]> = LazyLock::new(|| {
        ALL.map(|(_, sample)| {
            let content = sample();
            import(PlanFormat::guess(&content), &content).unwrap()
        })
    });

    fn seats_by<'a>(
        layout: &'a LayoutDocument,
        key: impl Fn(&'a Seat) -> &'a str,
    ) -> BTreeMap<&'a str, usize> {
        let mut counts = BTreeMap::new();
        for seat in &layout.seats {
            *counts.entry(key(seat)).or_default() += 1;
        }
        counts
    }

    /// Nobody sits on anybody's lap: no two seats are nearer to each other than 40 cm.
    fn assert_elbow_room(layout: &LayoutDocument) {
        const CELL: i64 = 40_000;
        let mut cells: BTreeMap<(i64, i64), Vec<&Seat>> = BTreeMap::new();
        for seat in &layout.seats {
            let (column, line) = (seat.x.div_euclid(CELL), seat.y.div_euclid(CELL));
            for other in (column - 1..=column + 1).flat_map(|x| (line - 1..=line + 1).map(move |y| (x, y))) {
                for other in cells.get(&other).into_iter().flatten() {
                    let distance = (seat.x - other.x).pow(2) + (seat.y - other.y).pow(2);
                    assert!(distance >= CELL.pow(2), "{} is too near to {}", seat.id, other.id);
                }
            }
            cells.entry((column, line)).or_default().push(seat);
        }
    }

    #[test]
    fn the_theatre_has_300_seats() {
        let layout = &LAYOUTS[0];
        assert_eq!(layout.seats.len(), 300);
        assert_eq!(seats_by(layout, |seat| &seat.zone), BTreeMap::from([("Balcony", 105), ("Stalls", 195)]));
        assert_eq!(layout.seats[0].id.as_str(), "Stalls-A-1");
        assert_eq!(layout.seats[299].id.as_str(), "Balcony-C-37");
        assert_elbow_room(layout);
    }

    #[test]
    fn the_hall_has_2000_seats() {
        let layout = &LAYOUTS[1];
        assert_eq!(layout.seats.len(), 2_000);
        assert_eq!(layout.seats[0].id.as_str(), "Left-A-1");
        let zones = BTreeMap::from([
            ("Gallery", 600),
            ("Parterre centre", 600),
            ("Parterre left", 400),
            ("Parterre right", 400),
        ]);
        assert_eq!(seats_by(layout, |seat| &seat.zone), zones);
        assert_elbow_room(layout);
    }

    #[test]
    fn the_arena_has_50000_places() {
        let layout = &LAYOUTS[2];
        assert_eq!(layout.seats.len(), 46_000);
        let [floor] = layout.areas.as_slice() else { panic!("one area") };
        assert_eq!((floor.name.as_str(), floor.capacity), ("Floor", 4_000));
        assert_eq!(seats_by(layout, |seat| &seat.zone).len(), 75);
        assert_eq!(layout.seats[0].id.as_str(), "Block 101-1-1");
        assert_eq!(layout.seats.iter().filter(|seat| seat.accessible).count(), 200);
        assert_eq!(layout.seats.iter().filter(|seat| seat.companion).count(), 200);
        assert_elbow_room(layout);
    }

    #[test]
    fn the_stage_is_at_the_top_of_every_sample() {
        for ((name, _), layout) in ALL.iter().zip(LAYOUTS.iter()) {
            let above = layout.seats.iter().filter(|seat| seat.y < layout.focal_point.y).count();
            assert!(above * 4 < layout.seats.len(), "{name}: {above} seats are behind the stage");
            assert!(layout.seats.iter().all(|seat| seat.x > 0 && seat.y > 0), "{name}");
        }
    }

    #[test]
    fn samples_are_the_same_everywhere() {
        let digests = LAYOUTS.clone().map(|layout| Layout::write(layout).unwrap().0.digest().to_string());
        assert_eq!(
            digests,
            [
                "b7dad8518172c8dce54eece56c56f89f03c6f7f2842f87c5b47f0875d3ab4bca",
                "faee8829a24360e42e6cd503cc900659cc8a357c39b1d6c5f03af8a0e8f67264",
                "cba0f09845f3b6ad3886328a052d506a8495696d4d65197e492221861ecc0ef9",
            ]
        );
    }

    #[test]
    fn layouts_of_the_samples_are_canonical_and_read_back() {
        for layout in LAYOUTS.iter() {
            mutation::assert_sound_layout(layout.clone());
        }
    }
}
