use boxoffice_domain::inventory::event::{CancelReason, InventoryEvent, VoidReason};

use super::*;
use crate::testing::*;

async fn told(events: Vec<(i64, InventoryEvent)>, seat: &str) -> Vec<String> {
    let prepared = on_sale().into_iter().map(|event| (0, event));
    let log = TestLog::of(prepared.chain(events));
    seat_history(&*log, SHOW, seat).await.unwrap().into_iter().map(|entry| entry.words).collect()
}

#[tokio::test]
async fn a_seat_that_was_lost_and_sold_tells_its_story() {
    let items = [seat("A-1"), floor()];
    let events = vec![
        (1, hold_placed(1, 62, vec![seat("A-1"), seat("A-2")])),
        (2, hold_placed(2, 300, vec![seat("A-3")])),
        (70, hold_expired(1)),
        (71, hold_placed(3, 371, vec![floor()])),
        (72, items_added(3, vec![seat("A-1")])),
        (73, order_placed(3, 371, &items)),
        (74, payment_started(3, 6_500)),
        (75, authorised(3, 75)),
        (76, secured(3)),
        (77, captured(3)),
        (78, tickets_issued(3, &items)),
        (90, disputed(3)),
    ];
    let ticket = tickets_for(3, &items)[0].ticket;
    let (first, hold, order, payment) = (hold(1), hold(3), order(3), payment(3));
    let expected = [
        format!("Held until 21:01:02 ({first})"),
        format!("Hold lapsed ({first})"),
        format!("Added to a hold ({hold})"),
        format!("Ordered: {order}, to be paid until 21:06:11"),
        format!("Payment of {order} began (card, {payment})"),
        format!("Money for {order} was reserved ({payment})"),
        format!("Secured for {order}"),
        format!("Money for {order} has come ({payment})"),
        format!("Sold: {ticket} in {order}"),
        format!("The payer of {order} wants the money back through their bank ({payment})"),
    ];
    assert_eq!(told(events, "A-1").await, expected);
}

#[tokio::test]
async fn an_entry_names_what_had_the_seat() {
    let items = [seat("B-1")];
    let prepared = on_sale().into_iter().map(|event| (0, event));
    let events =
        [(1, hold_placed(1, 62, items.to_vec())), (2, order_placed(1, 62, &items)), (3, hold_expired(1))];
    let log = TestLog::of(prepared.chain(events));
    let entries = seat_history(&*log, SHOW, "B-1").await.unwrap();
    let last = HistoryEntry {
        position: 10,
        at: at(3),
        event_type: "hold_expired".into(),
        hold: Some(hold(1)),
        order: Some(order(1)),
        ticket: None,
        block: None,
        words: format!("Hold lapsed ({}), and {} with it", hold(1), order(1)),
    };
    assert_eq!(entries.last(), Some(&last));
    assert_eq!(entries[0].order, None);
}

#[tokio::test]
async fn a_seat_that_was_taken_out_of_a_hold_is_no_part_of_what_follows() {
    let events = vec![
        (1, hold_placed(1, 90_000, vec![seat("A-1"), seat("A-2")])),
        (2, items_removed(1, vec![seat("A-1")])),
        (3, hold_released(1)),
    ];
    let expected = [
        format!("Held until 2026-11-22 22:00:00 ({})", hold(1)),
        format!("Taken out of its hold ({})", hold(1)),
    ];
    assert_eq!(told(events, "A-1").await, expected);
}

#[tokio::test]
async fn a_late_payment_is_told_with_what_became_of_it() {
    let items = [seat("A-1")];
    let begun =
        [(1, hold_placed(1, 60, items.to_vec())), (2, order_placed(1, 60, &items)), (61, hold_expired(1))];
    let late = |events: [InventoryEvent; 2]| {
        begun
            .iter()
            .cloned()
            .chain([(70, authorised(1, 70))])
            .chain(events.map(|event| (71, event)))
            .collect()
    };
    let told_of = told(late([void_due(1, VoidReason::SeatsGone), voided(1)]), "A-1").await;
    let because = "because the hold had lapsed and somebody else has the seats";
    assert_eq!(told_of[4], format!("Money for {} has to be let go, {because} ({})", order(1), payment(1)));
    let told_of = told(late([reclaimed(1), secured(1)]), "A-1").await;
    assert_eq!(told_of[4], format!("Taken again for {}, whose payment came late ({})", order(1), hold(1)));
}

#[tokio::test]
async fn every_event_of_a_hold_and_its_order_has_words() {
    let events: Vec<_> = one_of_each(1).into_iter().map(|event| (1, event)).collect();
    let told_of = told(events, "A-1").await;
    // The draft and what is in it, fees and taxes, what is only about the seat beside, and how the sale goes.
    assert_eq!(told_of.len(), InventoryEvent::TYPES.len() - 19);
    assert!(told_of.iter().all(|words| words.contains('_')), "each names something");
    let cancelled = order_cancelled(1, CancelReason::CaptureFailed);
    let items = [seat("A-1")];
    let begun =
        vec![(1, hold_placed(1, 60, items.to_vec())), (2, order_placed(1, 60, &items)), (3, cancelled)];
    assert!(told(begun, "A-1").await[2].contains("its money did not come"));
}

#[tokio::test]
async fn an_untouched_seat_has_no_history_and_an_unknown_show_is_told_apart() {
    assert!(told(vec![(1, hold_placed(1, 60, vec![seat("A-1")]))], "A-2").await.is_empty());
    assert_eq!(seat_history(&*TestLog::new(), SHOW, "A-1").await, Err(PastUnknown::NoSuchShow));
}

#[tokio::test]
async fn a_seat_that_is_kept_back_says_why_and_when_it_is_for_sale_again() {
    let events = vec![
        (1, seats_blocked(7, &["A-1", "A-2"], Some("Press"))),
        (2, seats_released(7, &["A-2"])),
        (3, seats_released(7, &["A-1"])),
        (4, seats_blocked(8, &["A-1"], None)),
    ];
    let (press, other) = (block(7), block(8));
    let expected = [
        format!("Kept back: Press ({press})"),
        format!("For sale again ({press})"),
        format!("Kept back ({other})"),
    ];
    assert_eq!(told(events, "A-1").await, expected);
}
