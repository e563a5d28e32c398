use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::mutation;
use super::*;

const SAMPLES: [&[u8]; 3] = [
    include_bytes!("../../../../tests/fixtures/seatsio/sampleChart.json"),
    include_bytes!("../../../../tests/fixtures/seatsio/sampleChartWithSections.json"),
    include_bytes!("../../../../tests/fixtures/seatsio/sampleChartWithTables.json"),
];

fn seat(label: &str) -> Value {
    json!({ "label": label, "x": 1.25, "y": 2, "categoryKey": 1 })
}

fn chart_of(sub_chart: &Value) -> Value {
    json!({
        "name": "House",
        "categories": { "list": [
            { "key": 1, "label": "Stalls", "color": "#fff" },
            { "key": "w", "label": "Wheelchairs", "color": "javascript:", "accessible": true },
        ] },
        "zones": { "list": [{ "key": "z", "label": "Left wing" }] },
        "subChart": sub_chart,
    })
}

fn rows(rows: &Value) -> Value {
    chart_of(&json!({ "rows": rows }))
}

/// A chart with something of everything.
fn full_chart() -> Value {
    let square = json!([{ "x": 0, "y": 0 }, { "x": 10, "y": 0 }, { "x": 10, "y": 6 }, { "x": 0, "y": 6 }]);
    let section = json!({
        "label": "Box", "categoryKey": 1, "topLeft": { "x": 100, "y": 50.5 }, "zone": "z",
        "subChart": {
            "rows": [{ "label": "A", "seats": [{ "label": "1", "x": 1, "y": 2, "categoryKey": null }] }],
            "tables": [{ "label": "T1", "categoryKey": "w", "seats": [{ "label": "1", "x": 3, "y": 4 }] }],
            "booths": [{ "label": "B1", "center": { "x": 5, "y": 6 } }],
            "generalAdmissionAreas": [{ "label": "Pit", "capacity": 30, "points": square }],
        },
    });
    chart_of(&json!({
        "rows": [
            { "label": "A", "displayLabel": "Row A", "zone": "z", "seats": [seat("1"), seat("2")] },
            { "label": "A", "sectionLabel": "Stalls", "seats": [seat("1")] },
        ],
        "tables": [{ "label": "T1", "bookAsAWhole": true, "seats": [seat("1"), seat("2")] }],
        "booths": [{ "label": "B1", "x": 7, "y": 8, "categoryKey": "1" }],
        "generalAdmissionAreas": [
            { "label": "Floor", "capacity": 100, "center": { "x": 20, "y": 30 } },
        ],
        "sections": [section],
        "texts": null,
        "shapes": [{ "label": 7 }],
    }))
}

fn read(chart: &Value) -> Result<LayoutDocument, ImportError> {
    import(chart.to_string().as_bytes())
}

fn ids(layout: &LayoutDocument) -> Vec<&str> {
    layout.seats.iter().map(|seat| seat.id.as_str()).collect()
}

fn seat_named<'a>(layout: &'a LayoutDocument, id: &str) -> &'a Seat {
    layout.seats.iter().find(|seat| seat.id.as_str() == id).unwrap()
}

fn faults_of(chart: &Value) -> Vec<(String, &'static str)> {
    let Err(ImportError::Faults(faults)) = read(chart) else { panic!("faults expected") };
    faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
    (pointer.to_owned(), code)
}

#[test]
fn a_chart_of_rows_and_standing_areas_is_imported() {
    let layout = import(SAMPLES[0]).unwrap();
    assert_eq!((layout.name.as_str(), layout.seats.len()), ("Sample chart", 32));
    let areas: Vec<_> =
        layout.areas.iter().map(|area| (area.name.as_str(), area.capacity, area.category)).collect();
    assert_eq!(areas, [("GA1", 100, Some(0)), ("GA2", 100, Some(1))]);
    assert_eq!((layout.areas[0].x, layout.areas[0].y), (53_220, 139_450));
    let categories: Vec<_> = layout.categories.iter().map(|category| category.name.as_str()).collect();
    assert_eq!(categories, ["Cat1", "Cat2", "Cat3"]);
    assert_eq!(layout.focal_point, Point { x: 225_000, y: 33_230 });
    let seat = seat_named(&layout, "A-2");
    assert_eq!((seat.x, seat.y, seat.row.as_str(), seat.number.as_str()), (171_940, 99_560, "A", "2"));
    assert_eq!((seat.zone.as_str(), seat.accessible, seat.companion), ("", false, false));
}

#[test]
fn seats_in_sections_are_moved_and_inherit_the_category() {
    let layout = import(SAMPLES[1]).unwrap();
    let seat = seat_named(&layout, "Section B-A-2");
    assert_eq!((seat.x, seat.y, seat.category), (225_190 + 1_000, 45_250, 1));
    assert_eq!((seat.zone.as_str(), seat.row.as_str()), ("Section B", "A"));
    assert_eq!(seat_named(&layout, "Section A-A-1").category, 0);
    assert_eq!(layout.focal_point, Point::default());
    let zones: BTreeSet<_> = layout.seats.iter().map(|seat| seat.zone.as_str()).collect();
    assert_eq!(zones, BTreeSet::from(["Section A", "Section B"]));
}

#[test]
fn tables_are_imported_seat_by_seat_also_when_booked_as_a_whole() {
    let layout = import(SAMPLES[2]).unwrap();
    assert_eq!(layout.seats.len(), 12);
    assert_eq!(ids(&layout)[..2], ["T1-1", "T1-2"]);
    let (one, other) = (seat_named(&layout, "T1-6"), seat_named(&layout, "T2-6"));
    assert_eq!((one.x, one.y), (other.x, other.y));
    assert_eq!(other.row, "T2");
}

#[test]
fn layouts_of_the_samples_are_canonical_and_read_back() {
    for sample in SAMPLES {
        let layout = import(sample);
        assert!(layout.is_ok());
        mutation::assert_sound(sample, layout);
    }
}

#[test]
fn every_object_has_the_name_that_seatsio_gives_it() {
    let layout = read(&full_chart()).unwrap();
    let names =
        BTreeSet::from(["A-1", "A-2", "Stalls-A-1", "T1-1", "T1-2", "B1", "Box-A-1", "Box-T1-1", "Box-B1"]);
    assert_eq!(ids(&layout).into_iter().collect::<BTreeSet<_>>(), names);
    let areas: BTreeSet<_> = layout.areas.iter().map(|area| area.name.as_str()).collect();
    assert_eq!(areas, BTreeSet::from(["Floor", "Box-Pit"]));
}

#[test]
fn the_zone_is_the_section_or_else_the_zone_that_is_named() {
    let layout = read(&full_chart()).unwrap();
    let zone_and_row = |id| (seat_named(&layout, id).zone.as_str(), seat_named(&layout, id).row.as_str());
    assert_eq!(zone_and_row("A-1"), ("Left wing", "Row A"));
    assert_eq!(zone_and_row("Stalls-A-1"), ("Stalls", "A"));
    assert_eq!(zone_and_row("Box-A-1"), ("Box", "A"));
    assert_eq!(zone_and_row("T1-1"), ("", "T1"));
    assert_eq!(zone_and_row("B1"), ("", ""));
    assert_eq!(seat_named(&layout, "B1").number, "B1");
}

#[test]
fn sections_move_and_price_whatever_is_in_them() {
    let layout = read(&full_chart()).unwrap();
    let place = |id| (seat_named(&layout, id).x, seat_named(&layout, id).y, seat_named(&layout, id).category);
    assert_eq!(place("Box-A-1"), (101_000, 52_500, 0));
    assert_eq!(place("Box-T1-1"), (103_000, 54_500, 1));
    assert_eq!(place("Box-B1"), (105_000, 56_500, 0));
    let areas: Vec<_> = layout.areas.iter().map(|area| (area.x, area.y, area.category)).collect();
    assert!(
        areas.contains(&(105_000, 53_500, Some(0))) && areas.contains(&(20_000, 30_000, None)),
        "{areas:?}"
    );
}

#[test]
fn accessible_and_companion_seats_are_marked() {
    let marked = |key: &str, value: Value| {
        let mut seat = seat("1");
        seat[key] = value;
        let layout = read(&rows(&json!([{ "label": "A", "seats": [seat] }]))).unwrap();
        (layout.seats[0].accessible, layout.seats[0].companion)
    };
    assert_eq!(marked("accessible", json!(true)), (true, false));
    assert_eq!(marked("categoryAccessible", json!(true)), (true, false));
    assert_eq!(marked("categoryKey", json!("w")), (true, false));
    assert_eq!(marked("companionSeat", json!(true)), (false, true));
    assert_eq!(marked("accessible", json!(null)), (false, false));
}

#[test]
fn what_is_unknown_or_unpublished_is_no_fault() {
    let mut chart = rows(&json!([{ "label": "A", "seats": [seat("1")], "published": false, "newest": [] }]));
    chart["subChart"]["rows"][0]["seats"][0]["published"] = false.into();
    assert_eq!(ids(&read(&chart).unwrap()), ["A-1"]);
}

#[test]
fn floors_are_zones() {
    let floor = |name: &str, row: &str| json!({ "name": name, "subChart": { "rows": [{ "label": row, "seats": [seat("1")] }] } });
    let mut chart = chart_of(&Value::Null);
    chart["subChartFloors"] = json!([
        floor("Ground", "A"),
        { "label": "Upstairs", "focalPoint": { "x": 3, "y": 4 }, "rows": [{ "label": "B", "seats": [seat("1")] }] },
    ]);
    let layout = read(&chart).unwrap();
    assert_eq!(ids(&layout), ["A-1", "B-1"]);
    assert_eq!(layout.seats[0].zone, "Ground");
    assert_eq!(layout.seats[1].zone, "Upstairs");
    assert_eq!(layout.focal_point, Point { x: 3_000, y: 4_000 });
}

#[test]
fn without_a_focal_point_it_is_the_top_centre() {
    let layout = read(&full_chart()).unwrap();
    assert_eq!(layout.focal_point, Point { x: 53_125, y: 2_000 });
}

#[test]
fn the_charts_own_focal_point_counts_before_those_of_its_sections_and_zones() {
    let section = json!({
        "label": "S", "topLeft": { "x": 100, "y": 0 },
        "subChart": { "focalPoint": { "x": 1, "y": 1 }, "rows": [{ "label": "A", "seats": [seat("1")] }] },
    });
    let mut chart = chart_of(&json!({ "sections": [section], "focalPoint": { "x": 7, "y": 8 } }));
    chart["zones"]["list"] = json!([{ "key": "z" }, { "key": "y", "focalPoint": { "x": 5, "y": 6 } }]);
    assert_eq!(read(&chart).unwrap().focal_point, Point { x: 7_000, y: 8_000 });
    chart["subChart"]["focalPoint"] = Value::Null;
    assert_eq!(read(&chart).unwrap().focal_point, Point { x: 101_000, y: 1_000 });
    chart["subChart"]["sections"][0]["subChart"]["focalPoint"] = Value::Null;
    assert_eq!(read(&chart).unwrap().focal_point, Point { x: 5_000, y: 6_000 });
}

#[test]
fn sections_in_sections_are_moved_and_named_by_all_of_them() {
    let inner = json!({
        "label": "In", "topLeft": { "x": 10, "y": 20 },
        "subChart": { "rows": [{ "label": "A", "seats": [{ "label": "1", "x": 1, "y": 2 }] }] },
    });
    let outer = json!({
        "label": "Out", "categoryKey": "w", "topLeft": { "x": 100, "y": 200 },
        "subChart": { "sections": [inner] },
    });
    let layout = read(&chart_of(&json!({ "sections": [outer, { "label": "Empty" }] }))).unwrap();
    let seat = seat_named(&layout, "Out-In-A-1");
    assert_eq!((seat.x, seat.y, seat.category, seat.zone.as_str()), (111_000, 222_000, 1, "In"));
}

#[test]
fn a_booth_is_one_place_or_as_many_as_it_takes() {
    let booth = |label: &str, capacity: Value| json!({ "label": label, "x": 1, "y": 2, "categoryKey": 1, "capacity": capacity, "variableOccupancy": true });
    let booths = json!([booth("B1", Value::Null), booth("B2", json!(1)), booth("B3", json!(8))]);
    let layout = read(&chart_of(&json!({ "booths": booths }))).unwrap();
    assert_eq!(ids(&layout), ["B1", "B2"]);
    let areas: Vec<_> =
        layout.areas.iter().map(|area| (area.name.as_str(), area.capacity, area.category)).collect();
    assert_eq!(areas, [("B3", 8, Some(0))]);
    let none = json!([booth("B1", json!(0))]);
    let pointer = "/subChart/booths/0/capacity";
    assert_eq!(faults_of(&chart_of(&json!({ "booths": none }))), [at(pointer, "out_of_range")]);
}

#[test]
fn a_category_may_be_named_by_its_label_alone() {
    let seats = json!([
        { "label": "1", "x": 0, "y": 0, "categoryLabel": "Wheelchairs" },
        { "label": "2", "x": 1, "y": 0, "categoryLabel": "unheard of" },
        { "label": "3", "x": 2, "y": 0, "categoryLabel": "Wheelchairs", "categoryKey": 1 },
    ]);
    let layout = read(&rows(&json!([{ "label": "A", "categoryKey": 1, "seats": seats }]))).unwrap();
    let categories: Vec<_> = layout.seats.iter().map(|seat| (seat.category, seat.accessible)).collect();
    assert_eq!(categories, [(1, true), (0, false), (0, false)]);
}

#[test]
fn rows_of_the_samples_are_runs() {
    for (sample, lengths) in [(SAMPLES[0], vec![8; 4]), (SAMPLES[1], [vec![6; 6], vec![5; 7]].concat())] {
        let (layout, _) = super::super::Layout::write(import(sample).unwrap()).unwrap();
        let runs = layout.runs();
        let runs: Vec<_> = (0..).take(runs.len()).map(|run| runs.seats(run).len()).collect();
        assert_eq!(runs, lengths);
    }
}

#[test]
fn every_name_must_be_unique() {
    let twice =
        json!([{ "label": "A", "seats": [seat("1")] }, { "label": "A", "seats": [seat("2"), seat("1")] }]);
    assert_eq!(faults_of(&rows(&twice)), [at("/subChart/rows/1/seats/1/label", "duplicate_seat")]);
    let mut chart = full_chart();
    chart["subChart"]["generalAdmissionAreas"][0]["label"] = "A-1".into();
    assert_eq!(faults_of(&chart), [at("/subChart/rows/0/seats/0/label", "duplicate_seat")]);
    let Err(ImportError::Faults(faults)) = read(&chart) else { panic!("faults expected") };
    let detail = r#""A-1" is also named at /subChart/generalAdmissionAreas/0/label; every seat and area needs its own name"#;
    assert_eq!(faults[0].detail, detail);
}

#[test]
fn every_seat_needs_a_category_that_exists() {
    let row = |seat: Value| rows(&json!([{ "label": "A", "seats": [seat] }]));
    let pointer = "/subChart/rows/0/seats/0/categoryKey";
    assert_eq!(faults_of(&row(json!({ "label": "1", "x": 0, "y": 0 }))), [at(pointer, "missing_category")]);
    let mut seat = seat("1");
    seat["categoryKey"] = 7.into();
    assert_eq!(faults_of(&row(seat.clone())), [at(pointer, "unknown_category")]);
    seat["categoryKey"] = true.into();
    assert_eq!(faults_of(&row(seat)), [at(pointer, "wrong_type")]);
    let mut chart = full_chart();
    chart["subChart"]["sections"][0]["categoryKey"] = 7.into();
    assert_eq!(faults_of(&chart), [at("/subChart/sections/0/categoryKey", "unknown_category")]);
}

#[test]
fn every_category_needs_a_key_and_a_label_of_its_own() {
    for (key, value, fault) in [
        ("key", json!("1"), at("/categories/list/1/key", "duplicate_category")),
        ("label", json!("Stalls"), at("/categories/list/1/label", "duplicate_category")),
        ("label", json!(""), at("/categories/list/1/label", "empty")),
        ("label", json!(null), at("/categories/list/1/label", "missing")),
        ("key", json!({}), at("/categories/list/1/key", "wrong_type")),
    ] {
        let mut chart = rows(&json!([{ "label": "A", "seats": [seat("1")] }]));
        chart["categories"]["list"][1][key] = value;
        assert_eq!(faults_of(&chart), [fault]);
    }
}

#[test]
fn the_legend_must_have_the_right_shape() {
    for (key, value, pointer) in [
        ("categories", json!([]), "/categories"),
        ("zones", json!("left"), "/zones"),
        ("zones", json!({ "list": {} }), "/zones/list"),
    ] {
        let mut chart = chart_of(&json!({ "generalAdmissionAreas": [
            { "label": "Floor", "capacity": 1, "center": { "x": 0, "y": 0 } },
        ] }));
        chart[key] = value;
        assert_eq!(faults_of(&chart), [at(pointer, "wrong_type")]);
    }
}

#[test]
fn what_would_do_harm_as_a_colour_is_left_out() {
    let layout = read(&full_chart()).unwrap();
    let colors: Vec<_> = layout.categories.iter().map(|category| category.color.as_deref()).collect();
    assert_eq!(colors, [Some("#fff"), None]);
}

#[test]
fn faults_name_their_places_in_document_order() {
    let text = r#"{"subChart": {"sections": [{"subChart": {"rows": [{"label": "A", "seats": [{"label": "1",
        "x": "1", "categoryKey": 1}]}]}, "topLeft": {"x": 1e7, "y": 0}, "label": "S/1"}], "rows": [{"seats": []}],
        "tables": {}, "booths": [{"label": "B", "categoryKey": 1}],
        "generalAdmissionAreas": [{"label": "G", "capacity": 0, "points": []}]},
        "categories": {"list": [{"key": 1, "label": "C", "key": 1}]}}"#;
    let Err(ImportError::Faults(faults)) = import(text.as_bytes()) else { panic!("faults expected") };
    let faults: Vec<_> = faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect();
    assert_eq!(
        faults,
        [
            at("/name", "missing"),
            at("/subChart/sections/0/subChart/rows/0/seats/0/y", "missing"),
            at("/subChart/sections/0/subChart/rows/0/seats/0/x", "wrong_type"),
            at("/subChart/sections/0/topLeft/x", "out_of_range"),
            at("/subChart/rows/0/label", "missing"),
            at("/subChart/tables", "wrong_type"),
            at("/subChart/booths/0/center", "missing"),
            at("/subChart/generalAdmissionAreas/0/center", "missing"),
            at("/subChart/generalAdmissionAreas/0/capacity", "out_of_range"),
            at("/categories/list/0/key", "duplicate_key"),
        ]
    );
}

#[test]
fn a_chart_has_seats_or_areas_but_not_too_many() {
    assert_eq!(faults_of(&chart_of(&json!({ "rows": [] }))), [at("/subChart", "no_seats")]);
    assert_eq!(faults_of(&chart_of(&Value::Null)), [at("/subChart", "missing")]);
    assert_eq!(faults_of(&json!({ "name": "", "subChartFloors": [] })), [at("/subChartFloors", "no_seats")]);
    assert_eq!(
        faults_of(&json!({ "name": "", "subChartFloors": {} })),
        [at("/subChartFloors", "wrong_type")]
    );
    // As text, because a hundred thousand values take their time in a test.
    let seat = seat("#").to_string();
    let seats: Vec<_> = (0..SEATS_MAX + 2).map(|number| seat.replace('#', &number.to_string())).collect();
    let chart = rows(&json!([{ "label": "A", "seats": [] }])).to_string();
    let chart = chart.replace("\"seats\":[]", &format!("\"seats\":[{}]", seats.join(",")));
    let Err(ImportError::Faults(faults)) = import(chart.as_bytes()) else { panic!("faults expected") };
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].pointer, format!("/subChart/rows/0/seats/{SEATS_MAX}"));
    assert_eq!(faults[0].code, "too_many_seats");
}

#[test]
fn a_name_made_of_long_labels_is_refused() {
    let long = json!([{ "label": "A".repeat(200), "seats": [seat("1")] }]);
    assert_eq!(faults_of(&rows(&long)), [at("/subChart/rows/0/seats/0/label", "too_long")]);
}

proptest! {
    #[test]
    fn a_damaged_chart_is_imported_whole_or_refused(damages in mutation::damages()) {
        let content = mutation::damaged(full_chart().to_string().as_bytes(), &damages);
        mutation::assert_sound(&content, import(&content));
    }

    #[test]
    fn arbitrary_bytes_are_refused(content in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(import(&content).is_err());
    }
}
