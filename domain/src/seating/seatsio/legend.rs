//! What a chart says once for all of its objects: the price categories and the zones, which objects name by key.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::Category;
use super::super::Point;
use super::super::color::is_color;
use super::super::geometry::Position;
use super::super::json::Json;
use super::super::place::{Faults, Node, quoted};

/// A category that a seat has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CategoryRef {
    /// Where it stands in the layout's list.
    pub(super) index: u32,
    /// Whether all of its seats are for wheelchairs.
    pub(super) accessible: bool,
}

/// The categories and zones of a chart.
#[derive(Default)]
pub(super) struct Legend<'j> {
    pub(super) categories: Vec<Category>,
    /// The first that a zone has, for charts that have none themselves.
    pub(super) focal_point: Option<Point>,
    labels: HashMap<&'j str, CategoryRef>,
    refs: HashMap<Cow<'j, str>, CategoryRef>,
    zones: HashMap<Cow<'j, str>, &'j str>,
}

impl<'j> Legend<'j> {
    /// Reads `categories.list` and `zones.list`.
    pub(super) fn read(chart: &Node<'_, 'j>, faults: &mut Faults) -> Self {
        let mut legend = Self::default();
        each_listed(chart, "categories", faults, |category, faults| legend.category(category, faults));
        each_listed(chart, "zones", faults, |zone, faults| legend.zone(zone, faults));
        legend
    }

    /// The category that an object names, if it names one.
    pub(super) fn category_of(&self, object: &Node<'_, 'j>, faults: &mut Faults) -> Option<CategoryRef> {
        let Some(node) = object.member("categoryKey") else {
            // Some charts repeat the label, and some have nothing else.
            let label = object.member("categoryLabel")?.as_text()?;
            return self.labels.get(label).copied();
        };
        let found = key(&node, faults).map(|key| {
            self.refs.get(&key).copied().unwrap_or_else(|| {
                let detail = format!("the chart has no category with the key {}", quoted(&key));
                faults.add(&node.place, "unknown_category", detail);
                CategoryRef::default()
            })
        });
        // That there is a fault is known by now: what is within should not be called faulty for the same reason.
        Some(found.unwrap_or_default())
    }

    /// The zone that an object names, if it names one: its label, or else what it was named by.
    pub(super) fn zone_of(&self, object: &Node<'_, 'j>, faults: &mut Faults) -> Option<Cow<'j, str>> {
        let key = key(&object.member("zone")?, faults)?;
        Some(self.zones.get(&key).map_or(key, |label| (*label).into()))
    }

    fn category(&mut self, category: &Node<'_, 'j>, faults: &mut Faults) {
        let key_node = category.required("key", faults);
        let key = key_node.and_then(|node| key(&node, faults));
        let label = category.required("label", faults);
        let name = label.and_then(|label| label.name(faults));
        let (Some(key_node), Some(key), Some(label), Some(name)) = (key_node, key, label, name) else {
            return;
        };
        if self.labels.contains_key(name) {
            let detail =
                format!("an earlier category is labelled {} too; every category needs its own", quoted(name));
            faults.add(&label.place, "duplicate_category", detail);
        }
        let color =
            category.member("color").and_then(|color| color.as_text()).filter(|color| is_color(color));
        let index = u32::try_from(self.categories.len()).unwrap_or(u32::MAX);
        self.categories.push(Category { color: color.map(str::to_owned), name: name.to_owned() });
        let detail =
            format!("an earlier category has the key {} too; every category needs its own", quoted(&key));
        let category = CategoryRef { index, accessible: category.is_true("accessible") };
        self.labels.entry(name).or_insert(category);
        if self.refs.insert(key, category).is_some() {
            faults.add(&key_node.place, "duplicate_category", detail);
        }
    }

    fn zone(&mut self, zone: &Node<'_, 'j>, faults: &mut Faults) {
        let key = zone.required("key", faults).and_then(|node| key(&node, faults));
        let label = zone.member("label").and_then(|label| label.text(faults));
        if let Some(focal_point) = zone.member("focalPoint") {
            let position = focal_point.position(faults);
            self.focal_point = self.focal_point.or(position.map(Position::point));
        }
        if let (Some(key), Some(label)) = (key, label) {
            self.zones.insert(key, label);
        }
    }
}

/// Each item of `name.list`, where there is such a list.
fn each_listed<'j>(
    chart: &Node<'_, 'j>,
    name: &str,
    faults: &mut Faults,
    mut read: impl FnMut(&Node<'_, 'j>, &mut Faults),
) {
    let Some(legend) = chart.member(name) else { return };
    if legend.members().is_none() {
        return legend.wrong_type("an object", faults);
    }
    let Some(list) = legend.member("list") else { return };
    let Some(items) = list.items() else { return list.wrong_type("a list", faults) };
    for item in items {
        if faults.full() {
            return;
        }
        read(&item, faults);
    }
}

/// A key: charts write them as numbers and as strings, and mean the same.
fn key<'j>(node: &Node<'_, 'j>, faults: &mut Faults) -> Option<Cow<'j, str>> {
    match node.value {
        Json::Number(number) => Some(number.to_string().into()),
        Json::Text(_) => node.text(faults).map(Cow::Borrowed),
        Json::Null | Json::Boolean(_) | Json::List(_) | Json::Object(_) => {
            node.wrong_type("a number or a string", faults);
            None
        }
    }
}
