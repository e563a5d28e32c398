//! What an organizer changes while a show sells.

use super::*;

#[test]
fn a_paused_show_says_so_unless_it_is_over() {
    let mut view = given_on_sale([paused()]);
    view.advance(at(10));
    assert_eq!(view.sale_status(), SaleStatus::Paused);
    let kept = ShowView::of_bytes(&view.to_be_kept().into_bytes().unwrap(), Some(layout())).unwrap();
    assert_eq!(kept.sale_status(), SaleStatus::Paused);
    apply(&mut view, 11, &resumed());
    assert_eq!(view.sale_status(), SaleStatus::OnSale);
    apply(&mut view, 12, &paused());
    view.advance(at(86_400));
    assert_eq!(view.sale_status(), SaleStatus::Ended);
}

#[test]
fn what_is_kept_back_is_neither_available_nor_taken() {
    let mut view = given_on_sale([
        hold_placed(1, 300, vec![floor()]),
        seats_blocked(1, &["A-1", "A-2", "B-1"], Some("Press")),
        units_blocked(2, 0, 3),
    ]);
    assert_eq!(states(&view), "bbaaaabaaa");
    assert_eq!(counts(&view), [[6, 4, 0, 0], [4, 3, 0, 0], [5, 1, 1, 0]]);
    let blocked: Vec<u64> = view.type_lines().iter().map(|line| line.blocked).collect();
    assert_eq!(blocked, [2, 1, 3]);
    let press = view.block(block(1)).unwrap();
    assert_eq!((press.reason.as_deref(), press.seats.len()), (Some("Press"), 3));
    let before = view.change_count();
    apply(&mut view, 20, &seats_released(1, &["A-1", "A-2"]));
    let Since::Delta(changed) = view.delta_since_count(before) else { panic!("few changes are remembered") };
    assert_eq!(changed.len(), 2);
    apply(&mut view, 21, &seats_released(1, &["B-1"]));
    apply(&mut view, 22, &units_released(2, 3));
    assert_eq!((states(&view).as_str(), view.blocks()), ("aaaaaaaaaa", vec![]));
    assert_eq!(counts(&view)[2], [5, 4, 1, 0]);
}

#[test]
fn a_pool_that_is_smaller_than_what_is_taken_has_nothing_left() {
    let mut view =
        given_on_sale([hold_placed(1, 300, vec![floor(), floor(), floor()]), capacity_changed(0, 2)]);
    assert_eq!(counts(&view)[2], [2, 0, 3, 0]);
    apply(&mut view, 20, &capacity_changed(0, 4));
    assert_eq!(counts(&view)[2], [4, 1, 3, 0]);
}

#[test]
fn a_show_that_was_moved_says_so_while_it_sells() {
    let mut view = given_on_sale([moved(172_800)]);
    view.advance(at(10));
    assert_eq!((view.sale_status(), view.moved_from()), (SaleStatus::Rescheduled, Some(at(86_400))));
    assert_eq!(view.next_change(), Some(at(172_800)));
    apply(&mut view, 11, &window_changed(Some(20), Some(30)));
    for (now, status) in [(11, SaleStatus::Scheduled), (20, SaleStatus::Rescheduled), (30, SaleStatus::Ended)]
    {
        view.advance(at(now));
        assert_eq!(view.sale_status(), status, "at {now}");
    }
    apply(&mut view, 31, &window_changed(None, None));
    apply(&mut view, 32, &moved(86_400));
    view.advance(at(33));
    assert_eq!((view.sale_status(), view.moved_from()), (SaleStatus::OnSale, None), "as it was announced");
    let draft = given([drafted(), moved(172_800), published()]);
    assert_eq!(draft.moved_from(), None, "nothing had been announced");
}

#[test]
fn a_ticket_type_changes_and_what_is_held_keeps_its_price() {
    let mut dearer = type_of(STALLS, "Parquet", Some("Stalls"), &[]);
    dearer.price = 9_900;
    let mut view = given_on_sale([hold_placed(1, 300, vec![seat("A-1")]), type_changed(&dearer)]);
    assert_eq!((view.type_lines()[0].name.as_str(), view.type_lines()[0].price.amount), ("Parquet", 9_900));
    assert_eq!(view.hold(hold(1)).unwrap().breakdown.total, 4_500);
    dearer.hidden = true;
    apply(&mut view, 20, &type_changed(&dearer));
    assert_eq!(view.type_lines().len(), 2);
    let body: serde_json::Value = serde_json::from_slice(&view.seats().to_json()).unwrap();
    assert_eq!(body["seats"][0]["ticket_type_ids"], json!([]));
}

/// The second plan has other places for the seats, one that is new, and neither `A-1` nor `B-1`.
fn rebuilt() -> std::sync::Arc<Layout> {
    layout_of(&["B-4", "A-9", "A-2", "A-3", "A-4", "A-5", "A-6", "B-2", "B-3"])
}

#[test]
fn a_seat_that_both_plans_have_is_whose_it_was_and_who_watches_starts_anew() {
    let mut view = given_on_sale([
        hold_placed(1, 300, vec![seat("A-3"), seat("B-4")]),
        hold_placed(2, 5, vec![seat("A-1"), floor()]),
        seats_blocked(1, &["B-2"], None),
        hold_expired(2),
    ]);
    let before = (view.position(), view.change_count());
    apply(&mut view, 20, &plan_replaced(&rebuilt()));
    assert_eq!(view.delta_since(before.0), Since::Reset);
    assert_eq!(view.delta_since_count(before.1), Since::Reset);
    assert_eq!(states(&view), "haahaaaba");
    assert_eq!(counts(&view)[..2], [[6, 5, 1, 0], [3, 1, 1, 0]]);
    assert_eq!((view.seat("A-1"), view.seat("A-9")), (None, Some(SeatState::Available)));
    assert_eq!(view.block(block(1)).unwrap().seats, [SeatId::new("B-2")]);
    let mut kept = ShowView::of_bytes(&view.to_be_kept().into_bytes().unwrap(), Some(rebuilt())).unwrap();
    for view in [&mut view, &mut kept] {
        let (position, changes) = (view.position(), view.change_count());
        apply(view, 30, &hold_released(1));
        assert_eq!(states(view), "aaaaaaaba");
        let Since::Delta(changed) = view.delta_since_count(changes) else {
            panic!("few changes are remembered")
        };
        assert_eq!(changed.len(), 2);
        assert!(matches!(view.delta_since(position), Since::Delta(_)));
        let body: serde_json::Value = serde_json::from_slice(&view.seats().to_compact()).unwrap();
        assert_eq!(body["seat_ids"][1], "A-9");
    }
}
