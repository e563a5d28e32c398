use std::sync::Arc;

use proptest::prelude::*;

use super::super::event::{HoldPlaced, InventoryDrafted, InventoryEvent, InventoryPublished, SingleSeatRule};
use super::super::scenario::{HOLD_MS, type_added};
use super::super::{InventoryCommand, place_hold::PlaceHold, selection::Want};
use super::*;
use crate::aggregate::Aggregate;
use crate::id::ShowId;
use crate::seating::{Category, LAYOUT_FORMAT, LayoutDocument, Point, Seat, SeatId};

/// A seat: its row, its place in it, its category, and what it is for.
type Place = (i64, i64, u32, char);

fn layout(places: &[Place]) -> Arc<Layout> {
    let seat = |(row, x, category, what): &Place| Seat {
        accessible: *what == 'w',
        category: *category,
        companion: *what == 'c',
        id: SeatId::new(&format!("{row}-{x}")),
        number: x.to_string(),
        row: row.to_string(),
        x: x * 500,
        y: row * 900,
        zone: String::new(),
    };
    let document = LayoutDocument {
        areas: vec![],
        categories: ["Near", "Far"].map(|name| Category { color: None, name: name.into() }).into(),
        focal_point: Point { x: 2_000, y: -1_000 },
        format: LAYOUT_FORMAT.into(),
        name: "House".into(),
        seats: places.iter().map(seat).collect(),
    };
    Arc::new(Layout::write(document).unwrap().0)
}

/// Rows as one would draw them: `.` is a seat, `w` a wheelchair place, `c` for its companion, a blank an aisle, and
/// `#` a seat that somebody has.
fn house(rows: &[&str]) -> Inventory {
    let places = (0..).zip(rows).flat_map(|(row, text)| {
        let seats = (0..).zip(text.chars()).filter(|(_, what)| *what != ' ');
        seats.map(move |(x, what)| (row, x, 0, what))
    });
    let places: Vec<Place> = places.collect();
    let taken: Vec<bool> = places.iter().map(|(.., what)| *what == '#').collect();
    sold(&places, &taken, None)
}

fn careful(rows: &[&str]) -> Inventory {
    let mut inventory = house(rows);
    let terms = inventory.terms.as_mut().unwrap();
    Arc::make_mut(&mut terms.drafted).single_seat_rule = Some(SingleSeatRule::Refuse);
    inventory
}

/// A show in which these seats are held until [`HOLD_MS`].
fn sold(places: &[Place], taken: &[bool], rule: Option<SingleSeatRule>) -> Inventory {
    let plan = layout(places);
    let drafted = InventoryDrafted {
        currency: "EUR".parse().unwrap(),
        hold_seconds: 300,
        hold_seconds_max: 900,
        layout: Some(plan.digest()),
        max_per_buyer: None,
        max_per_order: None,
        plan: Some(Arc::clone(&plan)),
        refund_policy: None,
        sale_ends_at: None,
        sale_starts_at: None,
        show: ShowId::from_uuid(uuid::Uuid::nil()),
        single_seat_rule: rule,
        starts_at: Timestamp::from_unix_ms(HOLD_MS * 9),
    };
    let near = type_added(1, 100, Some("Near"), &[]);
    let far = type_added(2, 50, Some("Far"), &[]);
    let items: Vec<Item> = plan
        .seats()
        .iter()
        .zip(taken)
        .filter(|(_, taken)| **taken)
        .map(|(seat, _)| Item { price: 100, seat: Some(seat.id.clone()), ticket_type: near.ticket_type })
        .collect();
    let held = HoldPlaced {
        expires_at: Timestamp::from_unix_ms(HOLD_MS),
        hold: HoldId::from_uuid(uuid::Uuid::nil()),
        items,
        max_expires_at: Timestamp::from_unix_ms(HOLD_MS),
        tariff: 0,
    };
    let mut inventory = Inventory::default();
    let events: [InventoryEvent; 5] =
        [drafted.into(), near.into(), far.into(), InventoryPublished {}.into(), held.into()];
    events.iter().for_each(|event| inventory.evolve(event, Timestamp::default()));
    inventory
}

fn near() -> TicketTypeId {
    type_added(1, 100, None, &[]).ticket_type
}

fn wish(quantity: u32) -> BestAvailable {
    BestAvailable { ticket_type: near(), quantity, adjacent: true, accessible: 0, split: Split::No }
}

/// The names of the seats that are chosen.
fn chosen(inventory: &Inventory, best: &BestAvailable) -> Result<String, InventoryRefused> {
    let wants = vec![Want::Best(*best)];
    let hold = HoldId::from_uuid(uuid::Uuid::max());
    let events =
        inventory.decide(&InventoryCommand::PlaceHold(PlaceHold { hold, wants }), Timestamp::default())?;
    let Some(InventoryEvent::HoldPlaced(placed)) = events.last() else { panic!("no hold") };
    Ok(placed.items.iter().map(|item| item.seat.clone().unwrap().to_string()).collect::<Vec<_>>().join(" "))
}

fn seats(inventory: &Inventory, best: &BestAvailable) -> String {
    chosen(inventory, best).unwrap()
}

fn not_together(together: u32) -> Result<String, InventoryRefused> {
    Err(InventoryRefused::NotTogether { ticket_type: near(), together })
}

fn sold_out(available: u32) -> Result<String, InventoryRefused> {
    Err(InventoryRefused::SoldOut(vec![Left { ticket_type: near(), available }]))
}

#[test]
fn the_nearest_seats_side_by_side_are_best() {
    let house = house(&[".........", "........."]);
    assert_eq!(seats(&house, &wish(1)), "0-4");
    assert_eq!(seats(&house, &wish(3)), "0-3 0-4 0-5");
}

#[test]
fn nobody_sits_across_an_aisle() {
    assert_eq!(seats(&house(&["... ...", "......."]), &wish(4)), "1-3 1-4 1-5 1-6");
}

#[test]
fn no_seat_is_left_alone_if_there_is_another_choice() {
    // In the middle of five, two would leave a single one on one side.
    assert_eq!(seats(&house(&["##.....##"]), &wish(2)), "0-2 0-3");
    assert_eq!(seats(&house(&["##.....##", "........."]), &wish(4)), "1-2 1-3 1-4 1-5");
    assert_eq!(seats(&house(&["##...##"]), &wish(2)), "0-3 0-4", "there is none");
}

#[test]
fn where_it_is_forbidden_what_leaves_one_alone_is_no_choice() {
    assert_eq!(seats(&careful(&["##...##"]), &wish(2)), "0-3 0-4", "one is left in any case");
    assert_eq!(seats(&careful(&["##.....##"]), &wish(1)), "0-4", "two are left on either side");
    assert_eq!(seats(&careful(&["##....##"]), &wish(1)), "0-5", "the nearest two would leave one alone");
}

#[test]
fn a_group_is_split_only_where_it_may_be() {
    let house = house(&["..#..#..", "#.#.#.#."]);
    assert_eq!(chosen(&house, &wish(5)), not_together(2));
    assert_eq!(chosen(&house, &BestAvailable { split: Split::Pairs, ..wish(5) }), not_together(2));
    assert_eq!(seats(&house, &BestAvailable { split: Split::Pairs, ..wish(4) }), "0-3 0-4 0-6 0-7");
    assert_eq!(seats(&house, &BestAvailable { split: Split::Rows, ..wish(5) }), "0-3 0-4 0-6 0-7 1-3");
}

#[test]
fn who_need_not_sit_together_sits_as_near_as_can_be() {
    let house = house(&["..#.#.#..", "........."]);
    assert_eq!(seats(&house, &BestAvailable { adjacent: false, ..wish(2) }), "0-3 0-5");
}

#[test]
fn wheelchair_places_are_for_those_who_ask_for_them() {
    let house = house(&["..wc", "...."]);
    assert_eq!(seats(&house, &wish(3)), "1-1 1-2 1-3");
    assert_eq!(seats(&house, &BestAvailable { accessible: 1, ..wish(2) }), "0-2 0-3");
    assert_eq!(seats(&house, &BestAvailable { accessible: 1, ..wish(1) }), "0-2");
    assert_eq!(chosen(&house, &BestAvailable { accessible: 2, ..wish(2) }), sold_out(1));
    let refused = chosen(&house, &BestAvailable { accessible: 3, ..wish(2) });
    assert_eq!(refused, Err(Invalid::MoreAccessibleThanSeats.into()));
}

#[test]
fn where_wheelchair_places_alternate_with_others_a_group_sits_around_them() {
    let house = house(&["......", "wcwcwc"]);
    assert_eq!(seats(&house, &BestAvailable { accessible: 1, ..wish(2) }), "1-4 1-5");
    assert_eq!(seats(&house, &BestAvailable { accessible: 1, ..wish(3) }), "1-3 1-4 1-5");
    assert_eq!(seats(&house, &BestAvailable { accessible: 2, ..wish(2) }), "1-2 1-4");
    assert_eq!(seats(&house, &BestAvailable { accessible: 1, ..wish(4) }), "1-1 1-2 1-3 1-5");
}

#[test]
fn a_part_is_smaller_where_the_largest_would_leave_somebody_alone() {
    let house = house(&["..#...#.."]);
    assert_eq!(seats(&house, &BestAvailable { split: Split::Pairs, ..wish(6) }).split(' ').count(), 6);
    assert_eq!(seats(&house, &BestAvailable { split: Split::Pairs, ..wish(7) }).split(' ').count(), 7);
}

#[test]
fn a_companions_seat_is_the_last_that_others_get() {
    assert_eq!(seats(&house(&["..cw", "...."]), &wish(2)), "0-0 0-1");
    assert_eq!(seats(&house(&["#.cw", "##.#"]), &wish(2)), "0-1 0-2");
}

#[test]
fn with_too_few_seats_it_is_told_how_many_are_left() {
    assert_eq!(chosen(&house(&["##.#", ".###"]), &wish(3)), sold_out(2));
    assert_eq!(chosen(&house(&["####"]), &wish(1)), sold_out(0));
    assert_eq!(chosen(&house(&["...."]), &wish(BEST_MAX + 1)), Err(Invalid::TooManyBest.into()));
}

#[test]
fn seats_whose_hold_has_lapsed_are_free_and_their_lapse_is_recorded() {
    let house = house(&["####"]);
    let wants = vec![Want::Best(wish(2))];
    let command =
        InventoryCommand::PlaceHold(PlaceHold { hold: HoldId::from_uuid(uuid::Uuid::max()), wants });
    let events = house.decide(&command, Timestamp::from_unix_ms(HOLD_MS)).unwrap();
    assert!(
        matches!(&events[..], [InventoryEvent::HoldExpired(_), InventoryEvent::HoldPlaced(_)]),
        "{events:?}"
    );
}

#[test]
fn what_is_named_in_the_same_breath_is_not_chosen_again() {
    let house = house(&["....."]);
    let named = Want::Seat { seat: SeatId::new("0-4"), ticket_type: None };
    let wants = vec![Want::Best(wish(2)), named, Want::Best(wish(2))];
    let command =
        InventoryCommand::PlaceHold(PlaceHold { hold: HoldId::from_uuid(uuid::Uuid::max()), wants });
    let events = house.decide(&command, Timestamp::default()).unwrap();
    let Some(InventoryEvent::HoldPlaced(placed)) = events.last() else { panic!("no hold") };
    let mut names: Vec<_> = placed.items.iter().map(|item| item.seat.clone().unwrap().to_string()).collect();
    names.sort();
    assert_eq!(names, ["0-0", "0-1", "0-2", "0-3", "0-4"]);
}

/// Every choice of seats side by side, by its quality.
fn every_choice(plan: &Layout, free: &[bool], size: usize, accessible: usize) -> Vec<Quality> {
    let mut choices = Vec::new();
    for run in 0..plan.runs().len() as u32 {
        let run = plan.runs().seats(run);
        for first in run.clone() {
            let seats = first..first + size as u32;
            let is_free = |seat: u32| run.contains(&seat) && free[seat as usize];
            let known: Vec<&Seat> = seats.clone().filter_map(|seat| plan.seat(seat)).collect();
            let fits = seats.end <= run.end
                && seats.clone().all(is_free)
                && known.iter().all(|seat| seat.category == 0 && (accessible > 0 || !seat.accessible))
                && known.iter().filter(|seat| seat.accessible).count() == accessible;
            if !fits {
                continue;
            }
            let stays = |seat: u32| is_free(seat) && !seats.contains(&seat);
            let beside = |seat: u32| [seat.wrapping_sub(1), seat + 1];
            let alone = run.clone().filter(|seat| {
                stays(*seat)
                    && beside(*seat).iter().any(|seat| seats.contains(seat))
                    && !beside(*seat).into_iter().any(stays)
            });
            let misused = known.iter().filter(|seat| {
                if accessible == 0 { seat.companion } else { !seat.accessible && !seat.companion }
            });
            let cost = seats.clone().map(|seat| plan.runs().distance(seat)).sum();
            choices.push((misused.count() as u32, alone.count() as u32, cost, first));
        }
    }
    choices
}

fn places() -> impl Strategy<Value = Vec<Place>> {
    let what = prop::sample::select(vec!['.', '.', '.', '.', '.', 'w', 'c', ' ']);
    let seat = (what, prop::bool::weighted(0.15));
    let row = prop::collection::vec(seat, 1..9);
    prop::collection::vec(row, 1..5).prop_map(|rows| {
        let mut places: Vec<Place> = (0..)
            .zip(rows)
            .flat_map(|(row, seats)| {
                let seats = (0..).zip(seats).filter(|(_, (what, _))| *what != ' ');
                seats.map(move |(x, (what, far))| (row, x, u32::from(far), what)).collect::<Vec<_>>()
            })
            .collect();
        // Both categories are there.
        places.extend([(90, 0, 0, '.'), (91, 0, 1, '.')]);
        places
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn it_is_as_good_as_the_best_of_all_choices(
        places in places(),
        taken in prop::collection::vec(any::<bool>(), 40),
        (size, accessible) in (1..6_usize).prop_flat_map(|size| (Just(size), prop_oneof![3 => Just(0), 1 => 0..=size.min(2)])),
        has_lapsed in any::<bool>(),
    ) {
        let mut inventory = sold(&places, &taken, None);
        let now = Timestamp::from_unix_ms(if has_lapsed { HOLD_MS } else { 0 });
        let plan = layout(&places);
        let free: Vec<bool> = (0..places.len()).map(|seat| has_lapsed || !taken[seat]).collect();
        let chooser = Chooser::new(&inventory, &plan, 0, now);
        let best = every_choice(&plan, &free, size, accessible).into_iter().min();
        prop_assert_eq!(chooser.best(Group { size, accessible }), best);
        // What is counted by run is what there is.
        let counted = inventory.unclaimed.clone();
        inventory.count_unclaimed();
        prop_assert_eq!(counted, inventory.unclaimed);
    }

    #[test]
    fn a_group_in_parts_has_seats_that_are_free_and_as_many_as_were_asked_for(
        places in places(),
        taken in prop::collection::vec(any::<bool>(), 40),
        size in 1..9_usize,
        split in prop::sample::select(vec![Split::No, Split::Pairs, Split::Rows]),
        adjacent in any::<bool>(),
    ) {
        let inventory = sold(&places, &taken, None);
        let best = BestAvailable { adjacent, split, ..wish(size as u32) };
        let plan = layout(&places);
        let eligible = |seat: usize| {
            let known = &plan.seats()[seat];
            !taken[seat] && known.category == 0 && !known.accessible
        };
        let count = (0..places.len()).filter(|seat| eligible(*seat)).count();
        match Chooser::new(&inventory, &plan, 0, Timestamp::default()).choose(&best) {
            Ok(seats) => {
                let distinct: FxHashSet<_> = seats.iter().collect();
                prop_assert_eq!((seats.len(), distinct.len()), (size, size));
                prop_assert!(seats.iter().all(|seat| eligible(*seat as usize)));
                let follows = |one: &u32, next: &u32| {
                    *next == one + 1 && plan.runs().of_seat(*one) == plan.runs().of_seat(*next)
                };
                let groups: Vec<usize> = seats.chunk_by(follows).map(<[u32]>::len).collect();
                prop_assert!(!adjacent || split != Split::No || groups.len() == 1);
                prop_assert!(!adjacent || split != Split::Pairs || size == 1 || groups.iter().all(|group| *group > 1));
            }
            Err(InventoryRefused::SoldOut(_)) => prop_assert!(count < size),
            Err(InventoryRefused::NotTogether { together, .. }) => {
                prop_assert!(count >= size && adjacent && split != Split::Rows);
                prop_assert!((together as usize) < size);
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }
}
