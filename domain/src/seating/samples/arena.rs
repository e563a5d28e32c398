//! An arena of 50,000 places, as a seats.io chart: only that format has standing areas and accessible seats.

use serde_json::{Value, json};

use super::circle::on_circle;

/// Blocks are three quarters of a circle; the stage stands in the gap, at the top.
const SWEEP: i64 = 471_238_898;

/// The middle of the circle.
const CENTRE: (i64, i64) = (11_000, 7_800);

const ROW_PITCH: i64 = 80;

/// Blocks side by side, at the same distance from the floor.
struct Tier {
    /// The number of its first block.
    number: i64,
    blocks: i64,
    rows: i64,
    /// In each row of a block.
    seats: i64,
    first_radius: i64,
    category: i64,
    /// Whether wheelchairs can reach its last row.
    accessible: bool,
}

const TIERS: [Tier; 3] = [
    Tier { number: 101, blocks: 20, rows: 25, seats: 20, first_radius: 4_000, category: 1, accessible: true },
    Tier {
        number: 201,
        blocks: 25,
        rows: 24,
        seats: 25,
        first_radius: 6_300,
        category: 2,
        accessible: false,
    },
    Tier {
        number: 301,
        blocks: 30,
        rows: 28,
        seats: 25,
        first_radius: 8_500,
        category: 3,
        accessible: false,
    },
];

/// An arena of 50,000 places (seats.io): 46,000 seats in three tiers, and a standing floor before the stage.
#[must_use]
pub fn arena() -> Vec<u8> {
    let (x, y) = CENTRE;
    let sections: Vec<_> =
        TIERS.iter().flat_map(|tier| (0..tier.blocks).map(move |block| section(tier, block))).collect();
    let chart = json!({
        "name": "Sample arena",
        "venueType": "MIXED",
        "categories": { "list": [
            { "key": 1, "label": "Lower tier", "color": "#7B3F98", "accessible": false },
            { "key": 2, "label": "Middle tier", "color": "#2F6DB5", "accessible": false },
            { "key": 3, "label": "Upper tier", "color": "#3B8F5A", "accessible": false },
            { "key": 4, "label": "Standing", "color": "#C2682B", "accessible": false },
        ] },
        "subChart": {
            "width": 22_000,
            "height": 18_700,
            "focalPoint": { "x": x, "y": y - 3_200 },
            "shapes": [{
                "objectType": "shape", "type": "rectangle", "smartType": "stage", "label": "Stage",
                "center": { "x": x, "y": y - 3_900 }, "width": 3_000, "height": 1_400, "rotationAngle": 0,
            }],
            "generalAdmissionAreas": [{
                "objectType": "generalAdmission", "type": "circle", "label": "Floor", "capacity": 4_000,
                "categoryKey": 4, "center": { "x": x, "y": y - 200 }, "radius1": 2_900, "radius2": 2_900,
            }],
            "sections": sections,
        },
    });
    chart.to_string().into_bytes()
}

fn section(tier: &Tier, block: i64) -> Value {
    let width = SWEEP / tier.blocks;
    let start = width * block - SWEEP / 2;
    let at = |radius, angle| {
        let (x, y) = on_circle(radius, angle);
        (CENTRE.0 + x, CENTRE.1 + y)
    };
    let (front, back) = (tier.first_radius, tier.first_radius + (tier.rows - 1) * ROW_PITCH);
    let corners = [(front, start), (front, start + width), (back, start + width), (back, start)];
    let corners = corners.map(|(radius, angle)| at(radius, angle));
    let left = corners.iter().map(|(x, _)| *x).min().unwrap_or_default();
    let top = corners.iter().map(|(_, y)| *y).min().unwrap_or_default();
    let row = |row: i64| {
        let seat = |number: i64| {
            // One seat's width is left free on either side: two blocks have an aisle between them.
            let (x, y) = at(front + row * ROW_PITCH, start + width * number / (tier.seats + 1));
            let reached = tier.accessible && row + 1 == tier.rows;
            json!({
                "label": number.to_string(),
                "x": x - left,
                "y": y - top,
                "accessible": reached && number % 2 == 1,
                "companionSeat": reached && number % 2 == 0,
            })
        };
        let seats: Vec<_> = (1..=tier.seats).map(seat).collect();
        json!({ "objectType": "row", "label": (row + 1).to_string(), "seats": seats })
    };
    let points = corners.map(|(x, y)| json!({ "x": x, "y": y }));
    json!({
        "label": format!("Block {}", tier.number + block),
        "categoryKey": tier.category,
        "topLeft": { "x": left, "y": top },
        "points": points,
        "subChart": { "rows": (0..tier.rows).map(row).collect::<Vec<_>>() },
    })
}
