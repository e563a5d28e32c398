use boxoffice_domain::inventory::event::{CancelReason, InventoryEvent, Item, RefundReason, ReturnReason};
use serde_json::json;

use super::*;
use crate::testing::*;

mod naive;
mod properties;
mod selling;

/// The show after these events, one a second, judged before all time.
fn given(events: impl IntoIterator<Item = InventoryEvent>) -> ShowView {
    given_at((0..).zip(events))
}

fn given_at(events: impl IntoIterator<Item = (i64, InventoryEvent)>) -> ShowView {
    let mut view = ShowView::new(SHOW);
    for (n, (seconds, event)) in (1..).zip(events) {
        view.apply(&recorded(n, n, seconds, &event), &event);
    }
    view
}

fn given_on_sale(events: impl IntoIterator<Item = InventoryEvent>) -> ShowView {
    given(on_sale().into_iter().chain(events))
}

fn apply(view: &mut ShowView, seconds: i64, event: &InventoryEvent) {
    let next = view.version() + 1;
    view.apply(&recorded(next, next, seconds, event), event);
}

/// Capacity, available, held and sold of stalls, balcony and floor.
fn counts(view: &ShowView) -> Vec<[u64; 4]> {
    view.availability().iter().map(|of| [of.capacity, of.available, of.held, of.sold]).collect()
}

fn states(view: &ShowView) -> String {
    view.stock.states().iter().map(|state| char::from(state.letter())).collect()
}

fn phase(view: &ShowView, n: u32) -> HoldPhase {
    view.hold(hold(n)).unwrap().phase
}

/// Every version of a view's form and fold with the digest of what it makes of a show in which much has happened. A
/// line that was released never changes.
const KNOWN: &[(u32, &str)] = &[
    (1, "923b374c04779cc34614253da435b4bce1caacdff9b823e99e5535cb5fb01f31"),
    (2, "2fa13d045e227cc5ccdf835f97f2dd912d95fbf94b2a9572b0b07c16ec3bb184"),
    (3, "ef66228ddb5a9dd197cf329d28316cfa4b38f5b3bd3ff3ab323a823ac0a9054c"),
];

#[test]
fn a_view_of_another_form_has_another_version() {
    let items = |seat_name: &str| vec![seat(seat_name), floor()];
    let mut view = given_on_sale([
        hold_placed(1, 300, items("A-1")),
        items_added(1, vec![seat("A-2")]),
        items_removed(1, vec![floor()]),
        hold_extended(1, 400),
        hold_placed(2, 20, items("A-3")),
        hold_released(2),
        hold_placed(3, 300, items("A-4")),
        order_placed(3, 300, &items("A-4")),
        secured(3),
        tickets_issued(3, &items("A-4")),
        hold_placed(4, 30, items("B-1")),
        order_placed(4, 30, &items("B-1")),
        hold_expired(4),
        reclaimed(4),
        hold_placed(5, 50, items("B-2")),
        order_placed(5, 50, &items("B-2")),
        order_cancelled(5, CancelReason::Requested),
        hold_placed(6, 60, items("B-3")),
        service_fee(250),
        vat(),
        seats_blocked(1, &["B-4", "A-5"], Some("Press")),
        seats_released(1, &["A-5"]),
        units_blocked(2, 0, 2),
        capacity_changed(0, 4),
        window_changed(Some(5), Some(80_000)),
        moved(90_000),
        type_changed(&type_of(STALLS, "Parquet", None, &[])),
        paused(),
        policy_changed(),
        hold_placed(7, 300, items("A-6")),
        order_placed(7, 300, &items("A-6")),
        secured(7),
        tickets_issued(7, &items("A-6")),
        show_cancelled(2),
        returned(7, &items("A-6"), 1, 1, ReturnReason::ShowCancelled),
        refund_due(7, 2_000, &[1], RefundReason::ShowCancelled),
        returned(3, &items("A-4"), 0, 0, ReturnReason::ShowCancelled),
        refund_due(3, 6_500, &[0, 1], RefundReason::ShowCancelled),
        refund_failed(3),
    ]);
    view.advance(at(70));
    let bytes = view.to_be_kept().into_bytes().unwrap();
    let bodies = (view.seats().to_json(), view.availability_json());
    let digest = Digest::of(&[&bytes, &bodies.0, &bodies.1]).to_string();
    assert_eq!(
        (VIEW_VERSION, digest.as_str()),
        *KNOWN.last().unwrap(),
        "what is kept of a view, or what the events come to in it, has changed, and servers would believe views of the \
         old kind. Raise VIEW_VERSION in projections/src/show/kept.rs by one, and add a line with it and the digest on \
         the left to KNOWN in {}; leave the lines before it as they are",
        file!()
    );
    assert!(KNOWN.is_sorted_by_key(|(version, _)| version), "a version stands once");
}

#[test]
fn a_hold_comes_to_what_its_buyer_saw() {
    let view = given_on_sale([
        hold_placed(1, 300, vec![seat("A-1")]),
        service_fee(250),
        under(1, hold_placed(2, 300, vec![seat("A-2")])),
        vat(),
        under(2, hold_placed(3, 300, vec![seat("A-3")])),
    ]);
    let told = |n| {
        let breakdown = view.hold(hold(n)).unwrap().breakdown;
        (breakdown.total, breakdown.fees.len(), breakdown.taxes.len())
    };
    assert_eq!([told(1), told(2), told(3)], [(4_500, 0, 0), (4_750, 1, 0), (4_750, 1, 1)]);
    let kept = ShowView::of_bytes(&view.to_be_kept().into_bytes().unwrap(), view.plan().cloned()).unwrap();
    assert_eq!(kept.hold(hold(2)), view.hold(hold(2)));
}

#[test]
fn the_smallest_pool_decides() {
    let view = given_on_sale([]);
    assert_eq!(counts(&view), [[6, 6, 0, 0], [4, 4, 0, 0], [5, 5, 0, 0]]);
    let view =
        given_on_sale([hold_placed(1, 300, vec![seat("A-1"), seat("B-1"), floor(), floor(), floor()])]);
    assert_eq!(counts(&view), [[6, 5, 1, 0], [4, 3, 1, 0], [5, 2, 3, 0]], "four of the eight are gone");
    let view = given_on_sale([
        hold_placed(1, 300, vec![seat("B-1"), seat("B-2"), seat("B-3")]),
        hold_placed(2, 300, vec![floor(), floor(), floor()]),
    ]);
    assert_eq!(counts(&view)[1..], [[4, 1, 3, 0], [5, 2, 3, 0]], "the limit leaves two, the balcony one");
    assert_eq!(view.pools()[1].available(), 2);
}

#[test]
fn seats_count_as_taken_whatever_type_took_them() {
    let child = 3;
    let mut view = given_on_sale([
        type_added(child, "Stalls, child", Some("Stalls"), &[]),
        hold_placed(1, 300, vec![item(child, Some("A-1"))]),
    ]);
    assert_eq!(counts(&view)[0], [6, 5, 1, 0]);
    assert_eq!(counts(&view)[3], [6, 5, 1, 0]);
    apply(&mut view, 10, &hold_released(1));
    assert_eq!(counts(&view)[3], [6, 6, 0, 0]);
}

#[test]
fn a_hold_lapses_at_its_deadline_and_not_before() {
    let mut view = given_on_sale([hold_placed(1, 300, vec![seat("A-1"), floor()])]);
    view.advance(at(300).plus_ms(-1));
    assert_eq!((states(&view).as_str(), phase(&view, 1)), ("haaaaaaaaa", HoldPhase::Live));
    assert_eq!(view.next_change(), Some(at(300)));
    view.advance(at(300));
    assert_eq!((states(&view).as_str(), phase(&view, 1)), ("aaaaaaaaaa", HoldPhase::Lapsed));
    assert_eq!(counts(&view)[2], [5, 5, 0, 0]);
    view.advance(at(0));
    assert_eq!(phase(&view, 1), HoldPhase::Lapsed, "time does not go back");
    apply(&mut view, 301, &hold_expired(1));
    assert_eq!((states(&view).as_str(), phase(&view, 1)), ("aaaaaaaaaa", HoldPhase::Lapsed));
}

#[test]
fn an_extension_that_comes_after_the_view_let_go_brings_the_hold_back() {
    let mut view = given_on_sale([hold_placed(1, 300, vec![seat("A-1"), floor()])]);
    view.advance(at(300));
    apply(&mut view, 299, &hold_extended(1, 600));
    assert_eq!((states(&view).as_str(), phase(&view, 1)), ("haaaaaaaaa", HoldPhase::Live));
    assert_eq!((counts(&view)[2], view.mark().lapsed), ([5, 4, 1, 0], 0));
    view.advance(at(600));
    assert_eq!(phase(&view, 1), HoldPhase::Lapsed);
    apply(&mut view, 299, &hold_extended(1, 550));
    assert_eq!(phase(&view, 1), HoldPhase::Lapsed, "extended to a moment that has passed as well");
}

#[test]
fn secured_orders_never_lapse_and_become_tickets() {
    let items = [seat("A-1"), floor()];
    let mut view = given_on_sale([hold_placed(1, 300, items.to_vec()), order_placed(1, 300, &items)]);
    assert_eq!(phase(&view, 1), HoldPhase::Ordered);
    view.advance(at(300));
    assert_eq!(phase(&view, 1), HoldPhase::Lapsed);
    apply(&mut view, 299, &secured(1));
    view.advance(at(80_000));
    assert_eq!((states(&view).as_str(), phase(&view, 1)), ("saaaaaaaaa", HoldPhase::Secured));
    assert_eq!(counts(&view)[2], [5, 4, 0, 1]);
    apply(&mut view, 300, &tickets_issued(1, &items));
    assert_eq!(phase(&view, 1), HoldPhase::Ticketed);
    assert_eq!(view.hold_of_order(order(1)).unwrap().order, Some(order(1)));
    apply(&mut view, 301, &hold_expired(1));
    apply(&mut view, 302, &hold_released(1));
    assert_eq!(states(&view), "saaaaaaaaa", "too late for either");
}

#[test]
fn a_late_payment_reclaims_the_seats() {
    let items = [seat("A-1")];
    let mut view =
        given_on_sale([hold_placed(1, 30, items.to_vec()), order_placed(1, 30, &items), hold_expired(1)]);
    view.advance(at(60));
    assert_eq!(states(&view), "aaaaaaaaaa");
    apply(&mut view, 60, &reclaimed(1));
    assert_eq!((states(&view).as_str(), phase(&view, 1)), ("haaaaaaaaa", HoldPhase::Ordered));
    view.advance(at(600));
    assert_eq!(states(&view), "haaaaaaaaa", "it has no deadline any more");
    apply(&mut view, 601, &secured(1));
    assert_eq!(states(&view), "saaaaaaaaa");
    apply(&mut view, 602, &order_cancelled(1, CancelReason::CaptureFailed));
    assert_eq!((states(&view).as_str(), phase(&view, 1)), ("aaaaaaaaaa", HoldPhase::Cancelled));
}

#[test]
fn the_end_of_a_former_hold_does_not_free_the_seat_of_its_successor() {
    let mut view = given_on_sale([
        hold_placed(1, 30, vec![seat("A-1")]),
        hold_expired(1),
        hold_placed(2, 300, vec![seat("A-1")]),
    ]);
    for late in [hold_released(1), hold_expired(1), order_cancelled(1, CancelReason::Requested)] {
        apply(&mut view, 60, &late);
        assert_eq!(states(&view), "haaaaaaaaa");
    }
    assert_eq!(counts(&view)[0], [6, 5, 1, 0]);
}

#[test]
fn items_come_and_go_within_a_hold() {
    let mut view = given_on_sale([
        hold_placed(1, 300, vec![seat("A-1"), floor()]),
        items_added(1, vec![seat("A-2")]),
        items_removed(1, vec![seat("A-1"), floor()]),
    ]);
    assert_eq!(states(&view), "ahaaaaaaaa");
    assert_eq!(counts(&view)[2], [5, 5, 0, 0]);
    let seen = view.hold(hold(1)).unwrap();
    assert_eq!((seen.items.len(), seen.breakdown.total, seen.expires_at), (1, 4_500, at(300)));
    assert_eq!(seen.items[0].seat.as_ref().unwrap().as_str(), "A-2");
    assert!(view.hold(hold(2)).is_none());
    apply(&mut view, 20, &hold_released(1));
    assert_eq!((states(&view).as_str(), phase(&view, 1)), ("aaaaaaaaaa", HoldPhase::Released));
}

#[test]
fn the_sale_has_a_beginning_and_an_end() {
    let mut terms = drafted();
    if let InventoryEvent::InventoryDrafted(terms) = &mut terms {
        (terms.sale_starts_at, terms.sale_ends_at) = (Some(at(100)), Some(at(200)));
    }
    let events = [terms, pool_added(0, "Floor", 1), type_added(FLOOR, "Floor", None, &[0])];
    let mut view = given(events.clone());
    assert_eq!(view.sale_status(), SaleStatus::Draft);
    view = given(events.into_iter().chain([published()]));
    view.advance(at(99));
    assert_eq!((view.sale_status(), view.next_change()), (SaleStatus::Scheduled, Some(at(100))));
    view.advance(at(100));
    assert_eq!((view.sale_status(), view.next_change()), (SaleStatus::OnSale, Some(at(200))));
    apply(&mut view, 100, &hold_placed(1, 150, vec![floor()]));
    assert_eq!(
        (view.sale_status(), view.next_change()),
        (SaleStatus::SoldOut, Some(at(150))),
        "what is held is gone"
    );
    view.advance(at(150));
    assert_eq!(view.sale_status(), SaleStatus::OnSale);
    view.advance(at(200));
    assert_eq!((view.sale_status(), view.next_change()), (SaleStatus::Ended, None));
    let mut view = given_on_sale([]);
    view.advance(at(86_400));
    assert_eq!(
        view.sale_status(),
        SaleStatus::Ended,
        "without another end the sale ends when the show starts"
    );
}

#[test]
fn ticket_types_may_have_windows_of_their_own() {
    let of = |n, starts: Option<i64>, ends: Option<i64>| {
        let mut added = type_of(n, "Floor", None, &[0]);
        (added.sale_starts_at, added.sale_ends_at) = (starts.map(at), ends.map(at));
        InventoryEvent::from(added)
    };
    let mut view = given([
        drafted(),
        pool_added(0, "Floor", 1),
        of(FLOOR, Some(100), Some(200)),
        of(3, Some(300), Some(400)),
        published(),
    ]);
    for (now, status, next) in [
        (99, SaleStatus::Scheduled, 100),
        (100, SaleStatus::OnSale, 200),
        (200, SaleStatus::Scheduled, 300),
        (300, SaleStatus::OnSale, 400),
        (400, SaleStatus::Ended, 86_400),
    ] {
        view.advance(at(now));
        assert_eq!((view.sale_status(), view.next_change()), (status, Some(at(next))), "at {now}");
    }
}

#[test]
fn what_is_hidden_is_not_shown_and_does_not_keep_a_show_from_being_sold_out() {
    let mut friends = type_of(3, "Friends", None, &[1]);
    friends.hidden = true;
    let view = given([
        drafted(),
        pool_added(0, "Floor", 1),
        pool_added(1, "Backstage", 1),
        type_added(FLOOR, "Floor", None, &[0]),
        friends.into(),
        published(),
        hold_placed(1, 300, vec![floor()]),
    ]);
    assert_eq!(view.availability()[1].available, 1);
    assert_eq!(view.type_lines().len(), 1);
    assert_eq!(view.sale_status(), SaleStatus::SoldOut);
}

#[test]
fn availability_reads_as_the_contract_says() {
    let view = given_on_sale([hold_placed(1, 300, vec![seat("A-1")])]);
    let body: serde_json::Value = serde_json::from_slice(&view.availability_json()).unwrap();
    assert_eq!((&body["event_id"], &body["version"]), (&json!(SHOW.to_string()), &json!(8)));
    let stalls = json!({
        "ticket_type_id": ticket_type(STALLS).to_string(), "name": "Stalls",
        "price": {"amount": 4500, "currency": "EUR"}, "capacity": 6, "available": 5, "held": 1, "sold": 0,
        "blocked": 0,
    });
    assert_eq!(body["ticket_types"][0], stalls);
}

#[test]
fn seats_read_as_the_contract_says() {
    let mut view = given_on_sale([hold_placed(1, 300, vec![seat("A-2")])]);
    let snapshot = view.seats();
    let body: serde_json::Value = serde_json::from_slice(&snapshot.to_json()).unwrap();
    assert_eq!((&body["event_id"], &body["position"]), (&json!(SHOW.to_string()), &json!(8)));
    assert_eq!(body["seats"].as_array().unwrap().len(), 10);
    let second = json!({
        "seat_id": "A-2", "label": "Stalls, row A, seat 2", "zone": "Stalls", "row": "A", "number": "2",
        "category": "Stalls", "ticket_type_ids": [ticket_type(STALLS).to_string()], "x": 10.5, "y": 20,
        "state": "held",
    });
    assert_eq!(body["seats"][1], second);
    assert_eq!(body["seats"][0]["accessible"], json!(true));

    let compact: serde_json::Value = serde_json::from_slice(&snapshot.to_compact()).unwrap();
    assert_eq!(compact["states"], json!("ahaaaaaaaa"));
    assert_eq!(
        (&compact["seat_ids"][1], &compact["x"][1], &compact["rows"][1]),
        (&json!("A-2"), &json!(10.5), &json!("A"))
    );
    assert_eq!((&compact["zones"], &compact["zone_of"][9]), (&json!(["Stalls", "Balcony"]), &json!(1)));
    assert_eq!(
        (&compact["categories"][1]["name"], &compact["category_of"][9]),
        (&json!("Balcony"), &json!(1))
    );
    assert_eq!((&compact["position"], &compact["labels"][9]), (&json!(8), &json!("Balcony, row B, seat 4")));

    apply(&mut view, 9, &type_added(3, "Child", Some("Stalls"), &[]));
    let body: serde_json::Value = serde_json::from_slice(&view.seats().to_json()).unwrap();
    assert_eq!(body["seats"][1]["ticket_type_ids"].as_array().unwrap().len(), 2, "types may be added later");
}

#[test]
fn a_show_without_seats_has_an_empty_map() {
    let mut view = ShowView::new(SHOW);
    for form in [view.seats().to_json(), view.seats().to_compact()] {
        let body: serde_json::Value = serde_json::from_slice(&form).unwrap();
        assert_eq!(body["event_id"], json!(SHOW.to_string()));
    }
    assert!(serde_json::from_slice::<serde_json::Value>(&view.availability_json()).is_ok());
    assert_eq!((view.sale_status(), view.next_change()), (SaleStatus::Draft, None));
}

#[test]
fn entity_tags_change_with_events_and_with_lapses() {
    let mut view = given_on_sale([hold_placed(1, 300, vec![seat("A-1")])]);
    let first = view.mark().etag(ViewKind::Seats);
    assert_eq!(first, "\"2-8-0-s\"");
    view.advance(at(300));
    let lapsed = view.mark().etag(ViewKind::Seats);
    assert_ne!(first, lapsed);
    assert_ne!(lapsed, view.mark().etag(ViewKind::Availability));
    apply(&mut view, 300, &hold_expired(1));
    assert_ne!(lapsed, view.mark().etag(ViewKind::Seats));
}

#[test]
fn holds_that_ended_without_an_order_are_forgotten_in_time() {
    let mut view = given_on_sale([]);
    let last = u32::try_from(ENDED_MAX).unwrap() + 1;
    for n in 0..=last {
        apply(&mut view, 1, &hold_placed(n, 300, vec![seat("A-1")]));
        if n == 1 {
            apply(&mut view, 1, &order_placed(n, 300, &[seat("A-1")]));
        }
        apply(&mut view, 1, &hold_expired(n));
    }
    assert!(view.hold(hold(0)).is_none());
    assert!(view.hold(hold(1)).is_some(), "it has an order");
    assert!(view.hold(hold(2)).is_some());
    apply(&mut view, 2, &hold_placed(last + 1, 300, vec![seat("A-1")]));
    assert_eq!(states(&view), "haaaaaaaaa");
    apply(&mut view, 3, &hold_released(last + 1));
    apply(&mut view, 4, &reclaimed(1));
    assert_eq!(states(&view), "haaaaaaaaa");
}

#[test]
fn changes_are_remembered_up_to_a_limit() {
    let mut view = given_on_sale([]);
    let known = view.position();
    assert_eq!(view.delta_since(0), Since::Reset, "there were no seats then");
    assert_eq!(view.delta_since(known), Since::Delta(vec![]));
    for n in 0..u32::try_from(CHANGES_MAX / 2).unwrap() {
        apply(&mut view, 1, &hold_placed(n, 300, vec![seat("A-2")]));
        apply(&mut view, 1, &hold_released(n));
    }
    let only = SeatChange { seat_id: SeatId::new("A-2"), state: SeatState::Available };
    assert_eq!(view.delta_since(known), Since::Delta(vec![only]));
    apply(&mut view, 1, &published());
    assert_eq!(view.delta_since(known), Since::Reset);
    assert_eq!(
        view.delta_since(known + 1),
        Since::Delta(vec![SeatChange { seat_id: SeatId::new("A-2"), state: SeatState::Available }])
    );
}

/// Two orders with tickets: for A-1 and the floor, and for B-1.
fn two_orders() -> Vec<InventoryEvent> {
    let (ann, bob) = ([seat("A-1"), floor()], [item(BALCONY, Some("B-1"))]);
    let bought = |n: u32, items: &[Item]| {
        [
            hold_placed(n, 300, items.to_vec()),
            order_placed(n, 300, items),
            secured(n),
            tickets_issued(n, items),
        ]
    };
    bought(1, &ann).into_iter().chain(bought(2, &bob)).collect()
}

#[test]
fn what_is_given_back_is_for_sale_again() {
    let mut view = given_on_sale(two_orders());
    assert_eq!((states(&view).as_str(), counts(&view)[2]), ("saaaaasaaa", [5, 4, 0, 1]));
    let ann = [seat("A-1"), floor()];
    apply(&mut view, 50, &returned(1, &ann, 1, 1, ReturnReason::Requested));
    assert_eq!((states(&view).as_str(), counts(&view)[2]), ("saaaaasaaa", [5, 5, 0, 0]));
    assert_eq!(phase(&view, 1), HoldPhase::Ticketed);
    apply(&mut view, 51, &returned(1, &ann[..1], 0, 0, ReturnReason::Operator));
    assert_eq!((states(&view).as_str(), counts(&view)[0]), ("aaaaaasaaa", [6, 6, 0, 0]));
    assert_eq!(phase(&view, 1), HoldPhase::Cancelled);
    assert_eq!(view.ending(), None);
}

#[test]
fn a_show_that_is_cancelled_tells_how_far_it_is_wound_up() {
    let mut view = given_on_sale(two_orders());
    apply(&mut view, 50, &show_cancelled(2));
    assert_eq!(view.sale_status(), SaleStatus::Cancelled);
    let told = |view: &ShowView| {
        let ending = view.ending().unwrap();
        let refunds = (ending.refunds_due(), ending.made, ending.refunds_failed());
        (ending.ended, refunds, ending.is_done())
    };
    assert_eq!(told(&view), (0, (0, 0, 0), false));
    apply(&mut view, 51, &returned(1, &[seat("A-1"), floor()], 0, 0, ReturnReason::ShowCancelled));
    apply(&mut view, 51, &refund_due(1, 6_500, &[0, 1], RefundReason::ShowCancelled));
    assert_eq!(told(&view), (1, (1, 0, 0), false));
    apply(&mut view, 52, &returned(2, &[item(BALCONY, Some("B-1"))], 0, 0, ReturnReason::ShowCancelled));
    apply(&mut view, 52, &refund_due(2, 3_000, &[0], RefundReason::ShowCancelled));
    apply(&mut view, 53, &refund_made(1));
    apply(&mut view, 53, &refund_failed(2));
    assert_eq!(told(&view), (2, (0, 1, 1), true));
    apply(&mut view, 54, &refund_retried(2, 3_000));
    assert_eq!(told(&view), (2, (1, 1, 0), false));
    apply(&mut view, 55, &refund_made(2));
    assert_eq!(told(&view), (2, (0, 2, 0), true));
    let ending = view.ending().unwrap();
    assert_eq!((ending.amount, ending.at, ending.last_at), (9_500, at(50), at(55)));
}

#[test]
fn a_policy_is_told_as_it_changes() {
    let view = given_on_sale([policy_changed()]);
    assert!(view.terms().unwrap().refund_policy.is_some_and(|policy| policy.fees_kept));
}
