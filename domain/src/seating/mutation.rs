//! Damage to plans, for the tests of the importers.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::{FAULTS_MAX, ImportError, Layout, LayoutDocument, SEATS_MAX};

/// One thing done to one place of a plan.
#[derive(Debug, Clone)]
pub(super) enum Damage {
    Drop,
    Double,
    Replace(Value),
    Add(String, Value),
}

/// Damage, and where it is done.
pub(super) fn damages() -> impl Strategy<Value = Vec<(Index, Damage)>> {
    prop::collection::vec((any::<Index>(), damage()), 1..6)
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::Drop),
        Just(Damage::Double),
        value().prop_map(Damage::Replace),
        (key(), value()).prop_map(|(key, value)| Damage::Add(key, value)),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z/~]{0,3}", Just("text".to_owned()), Just("points".to_owned()), Just("zone".to_owned())]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-1_000_000.0..1_000_000.0).prop_map(Value::from),
        ".{0,5}".prop_map(Value::from),
        Just("x".repeat(201).into()),
        Just(json!([])),
        Just(json!([[]])),
        Just(json!({})),
        Just(json!({ "x": 1, "y": -0.5 })),
    ]
}

/// The plan after all that was done to it.
pub(super) fn damaged(plan: &[u8], damages: &[(Index, Damage)]) -> Vec<u8> {
    let mut plan: Value = serde_json::from_slice(plan).unwrap();
    for (index, damage) in damages {
        let mut pointers = Vec::new();
        list_pointers(&plan, String::new(), &mut pointers);
        apply(&mut plan, index.get(&pointers).as_str(), damage);
    }
    serde_json::to_vec(&plan).unwrap()
}

fn list_pointers(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                list_pointers(item, format!("{pointer}/{index}"), pointers);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                list_pointers(member, format!("{pointer}/{key}"), pointers);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    pointers.push(pointer);
}

fn apply(plan: &mut Value, pointer: &str, damage: &Damage) {
    let (above, step) = pointer.rsplit_once('/').unwrap_or_default();
    let step = step.replace("~1", "/").replace("~0", "~");
    match (damage, plan.pointer_mut(above)) {
        (Damage::Drop, Some(Value::Array(items))) if !pointer.is_empty() => {
            items.remove(step.parse().unwrap());
        }
        (Damage::Drop, Some(Value::Object(members))) => {
            members.remove(&step);
        }
        (Damage::Double, Some(Value::Array(items))) if !pointer.is_empty() => {
            items.push(items[step.parse::<usize>().unwrap()].clone());
        }
        _ => match (damage, plan.pointer_mut(pointer)) {
            (Damage::Replace(value), Some(place)) => *place = value.clone(),
            (Damage::Add(key, value), Some(Value::Object(members))) => {
                members.insert(key.clone(), value.clone());
            }
            (Damage::Add(_, value), Some(Value::Array(items))) => items.push(value.clone()),
            _ => {}
        },
    }
}

/// Whatever was imported can be sold; whatever was refused says where and why.
pub(super) fn assert_sound(content: &[u8], result: Result<LayoutDocument, ImportError>) {
    match result {
        Ok(document) => assert_sound_layout(document),
        Err(ImportError::NotJson { detail }) => {
            assert!(serde_json::from_slice::<Value>(content).is_err(), "{detail}");
            assert!(detail.contains(" at line "), "{detail}");
        }
        Err(ImportError::Faults(faults)) => {
            assert!((1..=FAULTS_MAX).contains(&faults.len()));
            let plan = serde_json::from_slice::<Value>(content);
            for fault in faults {
                assert!(!fault.detail.is_empty());
                let Ok(plan) = &plan else { continue };
                // What is missing has no place, but what it is missing from has one.
                let (above, _) = fault.pointer.rsplit_once('/').unwrap_or_default();
                assert!(plan.pointer(&fault.pointer).or(plan.pointer(above)).is_some(), "{fault:?}");
            }
        }
    }
}

/// It can be sold, its bytes are canonical, and what is read from them is the same.
pub(super) fn assert_sound_layout(document: LayoutDocument) {
    assert!(!document.seats.is_empty() || !document.areas.is_empty());
    assert!(document.seats.len() <= SEATS_MAX);
    assert!(document.seats.iter().all(|seat| (seat.category as usize) < document.categories.len()));
    let (written, content) = Layout::write(document).unwrap();
    for (index, seat) in (0..).zip(written.seats()) {
        assert_eq!(written.index_of(seat.id.as_str()), Some(index), "{:?} is not the only one", seat.id);
    }
    let read = Layout::read(&content).unwrap();
    assert_eq!(read.document(), written.document());
    assert_eq!(read.digest(), written.digest());
    let value: Value = serde_json::from_slice(&content).unwrap();
    assert_eq!(content, serde_json_canonicalizer::to_vec(&value).unwrap(), "not canonical");
}
