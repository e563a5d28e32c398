//! Seating plans, and one that replaces another.

use std::ops::RangeInclusive;

use super::super::replace_plan::ReplacePlan;
use super::*;
use crate::seating::{Area, Category, LAYOUT_FORMAT, LayoutDocument, Point, Seat};

/// One row of seats `A-n`, by category, and standing areas with their capacities.
pub(crate) fn plan_of(seats: &[(&str, RangeInclusive<u32>)], areas: &[(&str, u32)]) -> Arc<Layout> {
    let seat = |category: u32, n: u32| Seat {
        accessible: false,
        category,
        companion: false,
        id: SeatId::new(&format!("A-{n}")),
        number: n.to_string(),
        row: "A".into(),
        x: i64::from(n) * 1000,
        y: 0,
        zone: "Stalls".into(),
    };
    let area = |(name, capacity): &(&str, u32)| Area {
        capacity: *capacity,
        category: None,
        name: (*name).into(),
        x: 0,
        y: 0,
    };
    let of_category = |(category, (_, numbers)): (u32, &(&str, RangeInclusive<u32>))| {
        numbers.clone().map(move |n| seat(category, n)).collect::<Vec<_>>()
    };
    let document = LayoutDocument {
        areas: areas.iter().map(area).collect(),
        categories: seats.iter().map(|(name, _)| Category { color: None, name: (*name).into() }).collect(),
        focal_point: Point::default(),
        format: LAYOUT_FORMAT.into(),
        name: "Theatre".into(),
        seats: (0..).zip(seats).flat_map(of_category).collect(),
    };
    Arc::new(Layout::write(document).unwrap().0)
}

pub(crate) fn drafted_with(plan: &Arc<Layout>) -> InventoryEvent {
    drafted(Some(Arc::clone(plan)))
}

/// Its first area is for those who stand.
pub(crate) fn standing_only(plan: &Arc<Layout>) -> Vec<InventoryEvent> {
    let Area { capacity, name, .. } = &plan.document().areas[0];
    let standing = TicketTypeAdded { pools: vec![area_id(0)], ..type_added(STANDING, PRICE, None, &[]) };
    vec![drafted_with(plan), area_pool(name, 0, *capacity), standing.into(), InventoryPublished {}.into()]
}

pub(crate) fn area_id(n: u32) -> PoolId {
    PoolId::of_area(SHOW, n)
}

pub(crate) fn area_pool(name: &str, n: u32, capacity: u32) -> InventoryEvent {
    PoolAdded { capacity, name: name.into(), pool: area_id(n) }.into()
}

pub(crate) fn area_capacity(n: u32, capacity: u32) -> InventoryEvent {
    PoolCapacityChanged { capacity, pool: area_id(n) }.into()
}

pub(crate) fn replace_plan(plan: &Arc<Layout>) -> InventoryCommand {
    InventoryCommand::ReplacePlan(ReplacePlan { plan: Arc::clone(plan), expected: None })
}

pub(crate) fn plan_replaced(plan: &Arc<Layout>) -> InventoryEvent {
    PlanReplaced { layout: plan.digest(), plan: Some(Arc::clone(plan)) }.into()
}
