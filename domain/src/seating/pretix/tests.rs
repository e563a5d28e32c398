use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{FAULTS_MAX, SEATS_MAX, mutation};
use super::*;

fn seat(guid: &str, x: f64) -> Value {
    json!({ "seat_guid": guid, "seat_number": "1", "category": "Stalls", "position": { "x": x, "y": 0 } })
}

fn plan_of(seats: impl IntoIterator<Item = Value>) -> Value {
    let at = |x: f64, y: f64| json!({ "x": x, "y": y });
    let row = json!({
        "row_number": "A", "position": at(10.5, 20.0), "seats": seats.into_iter().collect::<Vec<_>>(),
    });
    json!({
        "name": "House",
        "categories": [{ "name": "Stalls", "color": "#fff" }, { "name": "Free" }],
        "zones": [{ "name": "Main", "position": at(100.0, -200.25), "rows": [row] }],
        "size": { "width": 600, "height": 400 },
    })
}

fn plan() -> Value {
    plan_of([seat("A-1", 0.0), seat("A-2", 25.0005), seat("A-3", -25.0005)])
}

fn read(plan: &Value) -> Result<LayoutDocument, ImportError> {
    import(plan.to_string().as_bytes())
}

fn faults_of(plan: &Value) -> Vec<(String, &'static str)> {
    let Err(ImportError::Faults(faults)) = read(plan) else { panic!("faults expected") };
    faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

/// The fault of a plan whose value at the pointer is another.
fn fault_with(pointer: &str, value: Value) -> (String, &'static str) {
    let mut plan = plan();
    let (above, key) = pointer.rsplit_once('/').unwrap();
    let above = plan.pointer_mut(above).unwrap();
    match key.parse::<usize>() {
        Ok(index) => above[index] = value,
        Err(_) => above[key.replace("~1", "/").replace("~0", "~")] = value,
    }
    let [fault] = faults_of(&plan).try_into().unwrap();
    fault
}

fn fault_without(pointer: &str) -> (String, &'static str) {
    let mut plan = plan();
    let (above, key) = pointer.rsplit_once('/').unwrap();
    plan.pointer_mut(above).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    let [fault] = faults_of(&plan).try_into().unwrap();
    fault
}

fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
    (pointer.to_owned(), code)
}

#[test]
fn a_seat_is_where_zone_row_and_seat_say_together() {
    let layout = read(&plan()).unwrap();
    assert_eq!(layout.name, "House");
    let positions: Vec<_> = layout.seats.iter().map(|seat| (seat.x, seat.y)).collect();
    assert_eq!(positions, [(110_500, -180_250), (135_501, -180_250), (85_500, -180_250)]);
    let Seat { id, zone, row, number, category, accessible, .. } = &layout.seats[1];
    assert_eq!((id.as_str(), zone.as_str(), row.as_str(), number.as_str()), ("A-2", "Main", "A", "1"));
    assert_eq!((*category, *accessible), (0, false));
    assert_eq!(layout.focal_point, Point { x: 110_500, y: -180_250 });
}

#[test]
fn categories_keep_their_order_and_colours() {
    let layout = read(&plan()).unwrap();
    let categories: Vec<_> =
        layout.categories.iter().map(|it| (it.name.as_str(), it.color.as_deref())).collect();
    assert_eq!(categories, [("Stalls", Some("#fff")), ("Free", None)]);
}

#[test]
fn all_that_the_format_has_is_understood_and_areas_are_not_sold() {
    let mut plan = plan();
    let point = json!({ "x": 1.5, "y": -2 });
    plan["zones"][0]["zone_id"] = "main".into();
    plan["zones"][0]["uuid"] = "7e9cd6a3-0eb4-4b55-9d1c-8f2a3a6f4d7f".into();
    plan["zones"][0]["areas"] = json!([
        { "shape": "rectangle", "color": "grey", "border_color": "#000", "rotation": 45.5, "position": point,
          "rectangle": { "width": 100, "height": 50.0 }, "uuid": "u",
          "text": { "text": "Stage\nfront", "position": point, "color": "red", "size": 20 } },
        { "shape": "circle", "circle": { "radius": 3 } },
        { "shape": "ellipse", "ellipse": { "radius": point } },
        { "shape": "polygon", "polygon": { "points": [point, point] } },
        { "shape": "text" },
    ]);
    let row = &mut plan["zones"][0]["rows"][0];
    row["uuid"] = "u".into();
    row["row_label"] = "Row %s".into();
    row["seat_label"] = Value::Null;
    row["row_number_position"] = "both".into();
    row["seats"][0]["start_direction"] = "<>".into();
    row["seats"][1]["start_direction"] = Value::Null;
    row["seats"][0]["radius"] = 12.into();
    row["seats"][0]["uuid"] = "u".into();
    let layout = read(&plan).unwrap();
    assert_eq!((layout.seats.len(), layout.areas.len()), (3, 0));
}

#[test]
fn plans_of_earlier_versions_are_understood() {
    let mut plan = plan();
    plan.as_object_mut().unwrap().remove("size");
    plan["zones"][0]["displayed"] = true.into();
    plan["zones"][0]["rows"][0]["number_of_seats"] = 3.into();
    plan["zones"][0]["rows"][0]["seats_spacing"] = 25.into();
    plan["zones"][0]["areas"] =
        json!([{ "width": 10, "height": 20, "position": { "x": 0, "y": 0 }, "text": "Bar" }]);
    assert_eq!(read(&plan).unwrap().seats.len(), 3);
}

#[test]
fn unknown_keys_are_faults_at_every_level() {
    let point = || json!({ "x": 1, "y": 2 });
    for (pointer, value) in [
        ("/colour", json!(1)),
        ("/a~1b~0", json!(1)),
        ("/size/depth", json!(1)),
        ("/categories/1/price", json!(1)),
        ("/zones/0/label", json!("x")),
        ("/zones/0/position/z", json!(0)),
        ("/zones/0/rows/0/name", json!("x")),
        ("/zones/0/rows/0/seats/2/x", json!(0)),
    ] {
        assert_eq!(fault_with(pointer, value), at(pointer, "unknown_key"));
    }
    for (area, pointer) in [
        (json!({ "radius": 3 }), "/zones/0/areas/0/radius"),
        (json!({ "circle": { "radius": 3, "x": 1 } }), "/zones/0/areas/0/circle/x"),
        (
            json!({ "polygon": { "points": [point(), { "x": 1, "y": 1, "z": 1 }] } }),
            "/zones/0/areas/0/polygon/points/1/z",
        ),
        (json!({ "text": { "text": "x", "position": point(), "font": "x" } }), "/zones/0/areas/0/text/font"),
    ] {
        assert_eq!(fault_with("/zones/0/areas", json!([area])), at(pointer, "unknown_key"));
    }
}

#[test]
fn what_is_needed_must_be_there() {
    for pointer in [
        "/name",
        "/categories",
        "/zones",
        "/size/height",
        "/categories/1/name",
        "/zones/0/name",
        "/zones/0/position",
        "/zones/0/position/y",
        "/zones/0/rows",
        "/zones/0/rows/0/row_number",
        "/zones/0/rows/0/position",
        "/zones/0/rows/0/seats",
        "/zones/0/rows/0/seats/1/seat_guid",
        "/zones/0/rows/0/seats/1/seat_number",
        "/zones/0/rows/0/seats/1/category",
        "/zones/0/rows/0/seats/1/position",
        "/zones/0/rows/0/seats/1/position/x",
    ] {
        assert_eq!(fault_without(pointer), at(pointer, "missing"));
    }
    assert_eq!(
        fault_with("/zones/0/areas", json!([{ "circle": {} }])),
        at("/zones/0/areas/0/circle/radius", "missing")
    );
}

#[test]
fn types_must_be_right() {
    for (pointer, value) in [
        ("/name", json!(null)),
        ("/categories", json!({})),
        ("/zones/0", json!("Main")),
        ("/zones/0/displayed", json!("yes")),
        ("/zones/0/position/x", json!("1")),
        ("/zones/0/rows/0/row_number", json!(1)),
        ("/zones/0/rows/0/row_number_position", json!(false)),
        ("/zones/0/rows/0/number_of_seats", json!(1.5)),
        ("/zones/0/rows/0/seats/0/position", json!([1, 2])),
        ("/zones/0/rows/0/seats/0/radius", json!(null)),
    ] {
        assert_eq!(fault_with(pointer, value), at(pointer, "wrong_type"));
    }
    assert_eq!(
        fault_with("/zones/0/areas", json!([{ "text": 1 }])),
        at("/zones/0/areas/0/text", "wrong_type")
    );
    assert_eq!(faults_of(&json!([])), [at("", "wrong_type")]);
}

#[test]
fn words_must_be_among_those_of_the_format() {
    for (pointer, value) in [
        ("/zones/0/rows/0/row_number_position", json!("left")),
        ("/zones/0/rows/0/seats/0/start_direction", json!("><")),
        ("/categories/0/color", json!("red;background:url(x)")),
    ] {
        assert_eq!(fault_with(pointer, value), at(pointer, "wrong_value"));
    }
    assert_eq!(
        fault_with("/zones/0/areas", json!([{ "shape": "star" }])),
        at("/zones/0/areas/0/shape", "wrong_value")
    );
}

#[test]
fn numbers_must_be_of_a_reasonable_size() {
    let pointer = "/zones/0/rows/0/seats/0/position/x";
    assert_eq!(fault_with(pointer, json!(1_000_001)), at(pointer, "out_of_range"));
    assert_eq!(fault_with(pointer, json!(-1e300)), at(pointer, "out_of_range"));
    assert_eq!(fault_with(pointer, json!(u64::MAX)), at(pointer, "out_of_range"));
    let text = plan().to_string().replace("25.0005", "1e999");
    let Err(ImportError::Faults(faults)) = import(text.as_bytes()) else { panic!("faults expected") };
    assert_eq!(
        (faults[0].pointer.as_str(), faults[0].code),
        ("/zones/0/rows/0/seats/1/position/x", "out_of_range")
    );
}

#[test]
fn nan_is_a_fault_at_its_place() {
    let text = plan().to_string().replace("-25.0005", "NaN");
    let Err(ImportError::Faults(faults)) = import(text.as_bytes()) else { panic!("faults expected") };
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert!(fault.pointer.starts_with("/zones/0/") && fault.pointer.ends_with("/position/x"), "{fault:?}");
    assert_eq!(fault.code, "not_a_number");
}

#[test]
fn every_seat_has_a_guid_of_its_own() {
    let pointer = "/zones/0/rows/0/seats/2/seat_guid";
    assert_eq!(fault_with(pointer, json!("A-1")), at(pointer, "duplicate_seat"));
    assert_eq!(fault_with(pointer, json!("")), at(pointer, "empty"));
    let Err(ImportError::Faults(faults)) = read(&plan_of([seat("A", 0.0), seat("A", 1.0)])) else {
        panic!("faults expected")
    };
    let detail =
        r#""A" is also the seat_guid at /zones/0/rows/0/seats/0/seat_guid; every seat needs its own"#;
    assert_eq!(faults[0].detail, detail);
}

#[test]
fn every_seat_has_a_category_of_the_plan() {
    let pointer = "/zones/0/rows/0/seats/2/category";
    assert_eq!(fault_with(pointer, json!("stalls")), at(pointer, "unknown_category"));
    assert_eq!(
        fault_with("/categories/1/name", json!("Stalls")),
        at("/categories/1/name", "duplicate_category")
    );
    assert_eq!(fault_with("/categories/1/name", json!("")), at("/categories/1/name", "empty"));
}

#[test]
fn names_are_short_and_visible() {
    assert_eq!(fault_with("/zones/0/name", json!("é".repeat(201))), at("/zones/0/name", "too_long"));
    assert_eq!(fault_with("/name", json!("a\u{0}b")), at("/name", "control_character"));
    assert_eq!(fault_with("/name", json!("a\nb")), at("/name", "control_character"));
    let mut plan = plan();
    plan["zones"][0]["name"] = "é".repeat(200).into();
    assert!(read(&plan).is_ok());
}

#[test]
fn keys_must_not_be_there_twice() {
    let text = plan().to_string().replacen(
        "\"seat_number\":\"1\"",
        "\"seat_number\":\"1\",\"seat_number\":\"2\"",
        1,
    );
    let Err(ImportError::Faults(faults)) = import(text.as_bytes()) else { panic!("faults expected") };
    assert_eq!(faults.len(), 1);
    assert_eq!(
        (faults[0].pointer.as_str(), faults[0].code),
        ("/zones/0/rows/0/seats/0/seat_number", "duplicate_key")
    );
}

#[test]
fn a_plan_has_seats_but_not_too_many() {
    assert_eq!(faults_of(&plan_of([])), [at("/zones", "no_seats")]);
    // As text, because a hundred thousand values take their time in a test.
    let seat = seat("#", 0.0).to_string();
    let seats: Vec<_> = (0..SEATS_MAX + 2).map(|number| seat.replace('#', &number.to_string())).collect();
    let plan = plan_of([]).to_string().replace("\"seats\":[]", &format!("\"seats\":[{}]", seats.join(",")));
    let Err(ImportError::Faults(faults)) = import(plan.as_bytes()) else { panic!("faults expected") };
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].pointer, format!("/zones/0/rows/0/seats/{SEATS_MAX}"));
    assert_eq!(faults[0].code, "too_many_seats");
}

#[test]
fn the_first_faults_are_reported_in_document_order() {
    let text = r#"{"zones": [{"rows": [{"seats": [{"seat_guid": "", "x": 1}], "row_number": 1}], "name": ""}],
        "categories": [{"name": "A"}, {"name": "A"}], "size": null}"#;
    let Err(ImportError::Faults(faults)) = import(text.as_bytes()) else { panic!("faults expected") };
    let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/name",
            "/zones/0/position",
            "/zones/0/rows/0/position",
            "/zones/0/rows/0/seats/0/seat_number",
            "/zones/0/rows/0/seats/0/category",
            "/zones/0/rows/0/seats/0/position",
            "/zones/0/rows/0/seats/0/seat_guid",
            "/zones/0/rows/0/seats/0/x",
            "/zones/0/rows/0/row_number",
            "/categories/1/name",
            "/size",
        ]
    );
    let faults = faults_of(&plan_of((0..100).map(|_| json!(null))));
    assert_eq!(faults.len(), FAULTS_MAX);
    assert_eq!(faults[19], at("/zones/0/rows/0/seats/19", "wrong_type"));
}

proptest! {
    #[test]
    fn a_damaged_plan_is_imported_whole_or_refused(damages in mutation::damages()) {
        let content = mutation::damaged(plan().to_string().as_bytes(), &damages);
        mutation::assert_sound(&content, import(&content));
    }

    #[test]
    fn arbitrary_bytes_are_refused(content in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(import(&content).is_err());
    }
}
