//! One walk over a pretix plan, in document order: by the tables of the format, and by what no schema can say.

use std::collections::{HashMap, HashSet};

use super::super::color::is_color;
use super::super::json::Json;
use super::super::place::{Faults, Node, quoted};
use super::super::{ImportError, SEATS_MAX};
use super::format::{Object, PLAN, Shape};

/// The most characters of a caption, which is never shown by us.
const CAPTION_MAX: usize = 2_000;

/// All faults of a plan, or none.
pub(super) fn judge(plan: &Json<'_>) -> Result<(), ImportError> {
    let root = Node::root(plan);
    let mut judge = Judge { known: category_names(&root), ..Judge::default() };
    judge.object(&PLAN, &root);
    if judge.seats == 0 && judge.faults.none() {
        let detail = "the plan has no seats; it needs at least one";
        judge.faults.add(&root.place.member("zones"), "no_seats", detail);
    }
    judge.faults.into_result()
}

/// The names that seats may refer to; nothing where the list is so wrong that every seat would seem to be.
fn category_names<'j>(plan: &Node<'_, 'j>) -> Option<HashSet<&'j str>> {
    plan.member("categories")?.items()?.map(|category| category.member("name")?.as_text()).collect()
}

#[derive(Default)]
struct Judge<'j> {
    faults: Faults,
    /// The categories that seats may name, where that is known.
    known: Option<HashSet<&'j str>>,
    /// Category names and seat guids met so far, and where.
    categories: HashMap<&'j str, String>,
    guids: HashMap<&'j str, String>,
    seats: usize,
}

impl<'j> Judge<'j> {
    fn value(&mut self, shape: &Shape, node: &Node<'_, 'j>) {
        let faults = &mut self.faults;
        match shape {
            Shape::Text => {
                node.text(faults);
            }
            Shape::Caption => {
                node.text_of(CAPTION_MAX, &['\n', '\r', '\t'], faults);
            }
            Shape::Color => color(node, faults),
            Shape::CategoryName => self.category_name(node),
            Shape::CategoryOfSeat => self.category_of_seat(node),
            Shape::SeatGuid => self.seat_guid(node),
            Shape::OneOf(words) => one_of(words, node, faults),
            Shape::Number => {
                node.number(faults);
            }
            Shape::Integer => {
                node.integer(faults);
            }
            Shape::Boolean if matches!(node.value, Json::Boolean(_)) => {}
            Shape::Boolean => node.wrong_type("true or false", faults),
            Shape::Nullable(_) if matches!(node.value, Json::Null) => {}
            Shape::Nullable(shape) => self.value(shape, node),
            Shape::List(shape) => self.list(shape, node),
            Shape::Seat(object) => self.seat(object, node),
            Shape::AreaText(_) if node.as_text().is_some() => self.value(&Shape::Caption, node),
            Shape::Object(object) | Shape::AreaText(object) => self.object(object, node),
        }
    }

    fn list(&mut self, shape: &Shape, node: &Node<'_, 'j>) {
        let Some(items) = node.items() else { return node.wrong_type("a list", &mut self.faults) };
        for item in items {
            if self.faults.full() {
                return;
            }
            self.value(shape, &item);
        }
    }

    fn object(&mut self, object: &Object, node: &Node<'_, 'j>) {
        let Some(members) = node.members() else { return node.wrong_type("an object", &mut self.faults) };
        for (name, _) in object.needed {
            if node.members().is_some_and(|mut members| members.all(|(key, _)| key != *name)) {
                let detail = format!("a {} needs {name:?}", object.name);
                self.faults.add(&node.place.member(name), "missing", detail);
            }
        }
        let mut met = HashSet::new();
        for (key, member) in members {
            if self.faults.full() {
                return;
            }
            match object.fields().find(|(name, _)| *name == key) {
                Some((name, _)) if !met.insert(*name) => member.duplicate_key(key, &mut self.faults),
                Some((_, shape)) => self.value(shape, &member),
                None => {
                    let known: Vec<_> = object.fields().map(|(name, _)| *name).collect();
                    let (key, known) = (quoted(key), known.join(", "));
                    let detail = format!("{key} is no key of a {}; it has {known}", object.name);
                    self.faults.add(&member.place, "unknown_key", detail);
                }
            }
        }
    }

    fn seat(&mut self, object: &Object, node: &Node<'_, 'j>) {
        self.seats += 1;
        if self.seats == SEATS_MAX + 1 {
            let detail = format!("the plan has more than {SEATS_MAX} seats; divide it into several");
            self.faults.add(&node.place, "too_many_seats", detail);
        }
        if self.seats <= SEATS_MAX {
            self.object(object, node);
        }
    }

    fn seat_guid(&mut self, node: &Node<'_, 'j>) {
        let Some(guid) = node.name(&mut self.faults) else { return };
        if let Some(earlier) = self.guids.get(guid) {
            let detail =
                format!("{} is also the seat_guid at {earlier}; every seat needs its own", quoted(guid));
            self.faults.add(&node.place, "duplicate_seat", detail);
        } else {
            self.guids.insert(guid, node.place.pointer());
        }
    }

    fn category_name(&mut self, node: &Node<'_, 'j>) {
        let Some(name) = node.name(&mut self.faults) else { return };
        if let Some(earlier) = self.categories.get(name) {
            let detail =
                format!("{} is also the name at {earlier}; every category needs its own", quoted(name));
            self.faults.add(&node.place, "duplicate_category", detail);
        } else {
            self.categories.insert(name, node.place.pointer());
        }
    }

    fn category_of_seat(&mut self, node: &Node<'_, 'j>) {
        let Some(name) = node.text(&mut self.faults) else { return };
        if self.known.as_ref().is_some_and(|known| !known.contains(name)) {
            let detail = format!("the plan has no category {}; name one of /categories", quoted(name));
            self.faults.add(&node.place, "unknown_category", detail);
        }
    }
}

fn color(node: &Node<'_, '_>, faults: &mut Faults) {
    let Some(text) = node.text(faults) else { return };
    if !text.is_empty() && !is_color(text) {
        let detail = format!("{} is not a CSS colour such as \"#87A9CD\" or \"red\"", quoted(text));
        faults.add(&node.place, "wrong_value", detail);
    }
}

fn one_of(words: &[&str], node: &Node<'_, '_>, faults: &mut Faults) {
    let Some(text) = node.text(faults) else { return };
    if !words.contains(&text) {
        let words: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
        let detail = format!("must be {}, not {}", words.join(" or "), quoted(text));
        faults.add(&node.place, "wrong_value", detail);
    }
}
