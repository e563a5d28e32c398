//! `docs/log-format.md` against the checker: its example, its rules, its tables of fields.

use std::collections::BTreeMap;

use boxoffice_audit::{Checker, Fault, Rule};
use serde_json::{Map, Value, json};

use crate::builder::{Log, canonical, hex, id, sha256, time};
use crate::check;

const TEXT: &str = include_str!("../../../docs/log-format.md");

/// The code block of that language; there is one of each.
fn block(language: &str) -> &'static str {
    let start = format!("\n```{language}\n");
    let mut blocks = TEXT.split(&start).skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let block = blocks.next().unwrap();
    assert!(blocks.next().is_none());
    block
}

#[test]
fn the_example_can_be_recomputed() {
    let mut lines = block("ndjson").lines();
    let document: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let content = document["content"].as_str().unwrap();
    assert!(content.starts_with("{\"areas\":[],") && content.ends_with("\"zone\":\"\"}]}"));
    assert_eq!(hex(&sha256(&[content.as_bytes()])), document["document"].as_str().unwrap());

    let mut previous = [0; 32];
    for (position, line) in (1_u64..).zip(lines) {
        let mut event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(canonical(&event), line);
        let fields = event.as_object_mut().unwrap();
        let hash = fields.remove("hash").unwrap();
        assert_eq!(fields.remove("position").unwrap(), json!(position));
        let hashed = canonical(&event);
        if position == 1 {
            assert_eq!(hashed, block("text"));
            assert!(TEXT.contains(&format!("which is `{}`.", hash.as_str().unwrap())));
        }
        previous = sha256(&[&previous, hashed.as_bytes()]);
        assert_eq!(hash, json!(hex(&previous)));
    }
}

#[test]
fn the_example_has_the_answer_that_is_told() {
    let lines: Vec<String> = block("ndjson").lines().map(str::to_owned).collect();
    assert_eq!(serde_json::to_string(&check(&lines, None)).unwrap(), block("json"));
}

#[test]
fn every_rule_stands_in_the_text() {
    for rule in Rule::ALL {
        assert!(TEXT.contains(&format!("\n- {}.", rule.text())), "{rule:?}");
    }
    let told =
        TEXT.split("\n## The rules\n").nth(1).unwrap().split("\n## ").next().unwrap().matches("\n- ").count();
    assert_eq!(told, Rule::ALL.len());
}

/// A field as a table tells it.
struct Field {
    name: &'static str,
    optional: bool,
    form: &'static str,
}

/// The rows of all tables that begin with that column, by kind of stream: what they name, and its fields.
fn rows(column: &str) -> Vec<(&'static str, &'static str, Vec<Field>)> {
    let mut rows = Vec::new();
    let (mut section, mut within) = ("", false);
    for line in TEXT.lines() {
        section = line.strip_prefix("### ").unwrap_or(section);
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            [_, first, ..] if *first == column => within = true,
            [_, first, fields, ..] if within && !first.starts_with('-') => {
                let fields = fields.trim_matches('`').split(", ").filter(|field| field.contains(": "));
                let fields = fields.map(|field| {
                    let (name, form) = field.split_once(": ").unwrap();
                    Field { name: name.trim_end_matches('?'), optional: name.ends_with('?'), form }
                });
                rows.push((section, first.trim_matches('`'), fields.collect()));
            }
            [_, _, ..] => {}
            _ => within = false,
        }
    }
    rows
}

/// A value of that form.
fn sample(form: &str, objects: &BTreeMap<&str, Vec<Field>>) -> Value {
    if let Some(inner) = form.strip_prefix('[').and_then(|form| form.strip_suffix(']')) {
        return json!([sample(inner, objects)]);
    }
    if let Some(fields) = objects.get(form) {
        return object(fields, objects);
    }
    if let Some(word) = form.strip_prefix('"') {
        return json!(word.split('"').next().unwrap());
    }
    match form {
        "time" => json!(time(0)),
        "digest" => json!(hex(&[7; 32])),
        "currency" => json!("EUR"),
        "text" => json!("text"),
        "true" => json!(true),
        "amount" | "count" | "position" => json!(0),
        "integer" => json!(-5),
        _ => json!(id(form.strip_suffix("_…").unwrap_or_else(|| panic!("unknown form {form}")), 1)),
    }
}

fn object(fields: &[Field], objects: &BTreeMap<&str, Vec<Field>>) -> Value {
    fields
        .iter()
        .map(|field| (field.name.to_owned(), sample(field.form, objects)))
        .collect::<Map<_, _>>()
        .into()
}

/// The object with each of its fields changed in turn, also within the objects that it holds; and whether the field is
/// one that can be left out.
fn changed(
    fields: &[Field],
    objects: &BTreeMap<&str, Vec<Field>>,
    change: &dyn Fn(&mut Map<String, Value>, &str),
) -> Vec<(Value, bool)> {
    let whole = object(fields, objects);
    let mut all = Vec::new();
    for field in fields {
        let mut one = whole.clone();
        change(one.as_object_mut().unwrap(), field.name);
        all.push((one, field.optional));
        let inner = field.form.trim_matches(['[', ']']);
        for (value, optional) in
            objects.get(inner).map(|inner| changed(inner, objects, change)).unwrap_or_default()
        {
            let mut one = whole.clone();
            one[field.name] = if inner == field.form { value } else { json!([value]) };
            all.push((one, optional));
        }
    }
    all
}

fn objects() -> BTreeMap<&'static str, Vec<Field>> {
    rows("object").into_iter().map(|(_, name, fields)| (name, fields)).collect()
}

/// What the checker says to a log of that one event.
fn verdict(kind: &str, event_type: &str, payload: &Value) -> Result<(), Fault> {
    let about = if matches!(kind, "inventory" | "catalog" | "doors") { "event" } else { kind };
    let mut log = Log::default();
    log.event(&format!("{kind}-{}", id(about, 1)), event_type, payload);
    Checker::new().line(&log.lines[0])
}

fn is_of_form(kind: &str, event_type: &str, payload: &Value) -> bool {
    match verdict(kind, event_type, payload) {
        Ok(()) => true,
        Err(fault) if fault.rule == Rule::PayloadHasItsFields => false,
        Err(fault) => {
            let judged = [Rule::StreamBegins, Rule::DocumentIsThere, Rule::TicketWasIssued];
            assert!(judged.contains(&fault.rule), "{event_type}: {fault}");
            true
        }
    }
}

#[test]
fn the_checker_reads_every_type_of_event_as_it_is_told() {
    let objects = objects();
    let types = rows("type");
    assert_eq!(types.len(), 56);
    for (kind, event_type, fields) in &types {
        let payload = object(fields, &objects);
        assert!(is_of_form(kind, event_type, &payload), "{event_type}");
        let mut more = payload.clone();
        more["zzz"] = json!(1);
        assert!(!is_of_form(kind, event_type, &more), "{event_type} with a field more");
        let left_out = |fields: &mut Map<String, Value>, name: &str| drop(fields.remove(name));
        for (payload, optional) in changed(fields, &objects, &left_out) {
            assert_eq!(is_of_form(kind, event_type, &payload), optional, "{event_type}: {payload}");
        }
        let null = |fields: &mut Map<String, Value>, name: &str| fields[name] = Value::Null;
        let another = |fields: &mut Map<String, Value>, name: &str| fields[name] = json!(["another form"]);
        for (payload, _) in
            changed(fields, &objects, &null).into_iter().chain(changed(fields, &objects, &another))
        {
            let list = if event_type.starts_with("block_") { "seats" } else { "performers" };
            let texts = payload[list] == json!(["another form"]);
            assert_eq!(is_of_form(kind, event_type, &payload), texts, "{event_type}: {payload}");
        }
    }
}

#[test]
fn the_checker_knows_every_word_that_is_told() {
    let objects = objects();
    for (kind, event_type, fields) in rows("type") {
        for field in &fields {
            let words = field.form.split('"').skip(1).step_by(2);
            for word in words {
                let mut payload = object(&fields, &objects);
                payload[field.name] = json!(word);
                assert!(is_of_form(kind, event_type, &payload), "{event_type}: {word}");
            }
        }
    }
}

#[test]
fn the_checker_reads_a_layout_as_it_is_told() {
    let objects = objects();
    let reads = |layout: &Value| {
        let mut log = Log::default();
        let digest = log.document(&canonical(layout));
        log.show = 1;
        let mut terms = crate::sale::terms(1, &digest);
        terms["layout"] = json!(digest);
        log.inventory("inventory_drafted", &terms);
        check(&log.lines, None).is_ok()
    };
    let fields = &objects["layout"];
    assert!(reads(&object(fields, &objects)));
    let left_out = |fields: &mut Map<String, Value>, name: &str| drop(fields.remove(name));
    for (layout, optional) in changed(fields, &objects, &left_out) {
        assert_eq!(reads(&layout), optional, "{layout}");
    }
    let null = |fields: &mut Map<String, Value>, name: &str| fields[name] = Value::Null;
    for (layout, _) in changed(fields, &objects, &null) {
        assert!(!reads(&layout), "{layout}");
    }
}
