use std::time::Duration;

use boxoffice_domain::id::ShowId;
use boxoffice_domain::log::StreamName;
use uuid::Uuid;

use super::*;
use crate::show::{SaleStatus, SeatState};
use crate::testing::*;

fn apply_all(shows: &Shows, events: impl IntoIterator<Item = InventoryEvent>) {
    for event in events {
        let next = shows.get(SHOW).map_or(0, |entry| entry.lock().view.version()) + 1;
        shows.apply(&recorded(next, next, 0, &event), &event);
    }
}

fn on_sale_with(events: impl IntoIterator<Item = InventoryEvent>) -> (Shows, Arc<ShowEntry>) {
    let shows = Shows::new();
    apply_all(&shows, on_sale().into_iter().chain(events));
    let entry = shows.get(SHOW).unwrap();
    (shows, entry)
}

#[test]
fn shows_are_found_by_id_by_tag_and_by_what_they_have() {
    let items = [seat("A-1")];
    let (shows, _) = on_sale_with([hold_placed(1, 300, items.to_vec()), order_placed(1, 300, &items)]);
    // Another show with the same tag.
    let twin = ShowId::from_uuid(Uuid::from_u128(SHOW.uuid().as_u128() + (1 << 30)));
    let event = drafted();
    shows.apply(&Recorded { stream: StreamName::inventory(twin), ..recorded(50, 1, 0, &event) }, &event);
    assert_eq!(shows.by_tag(SHOW.tag()).len(), 2);
    assert_eq!(shows.of_hold(hold(1)).unwrap().show(), SHOW);
    assert_eq!(shows.of_order(order(1)).unwrap().show(), SHOW);
    assert!(shows.of_hold(hold(2)).is_none());
    assert_eq!(shows.list(), [SHOW, twin]);
}

#[test]
fn a_view_is_judged_at_the_time_of_the_read_or_at_the_log_time_if_that_is_ahead() {
    let (_, entry) = on_sale_with([hold_placed(1, 300, vec![seat("A-1")])]);
    assert_eq!(entry.read(at(299), |view| view.seat("A-1")), Ok(Some(SeatState::Held)));
    assert_eq!(entry.read(at(300), |view| view.seat("A-1")), Ok(Some(SeatState::Available)));
    let (shows, entry) = on_sale_with([]);
    shows.apply(&recorded(8, 8, 500, &hold_placed(1, 300, vec![])), &hold_placed(1, 300, vec![]));
    assert_eq!(entry.read(at(0), |view| view.judged_at()), Ok(at(500)));
}

#[test]
fn what_was_seen_before_is_passed_over_and_a_gap_parks_the_show_alone() {
    let (shows, entry) = on_sale_with([hold_placed(1, 300, vec![seat("A-1")])]);
    let released = hold_released(1);
    shows.apply(&recorded(3, 3, 0, &released), &released);
    assert_eq!(entry.read(at(0), |view| view.seat("A-1")), Ok(Some(SeatState::Held)));
    shows.apply(&recorded(10, 10, 0, &released), &released);
    let parked = entry.read(at(0), |_| ()).unwrap_err();
    assert_eq!((parked.stream.as_str(), parked.position), (StreamName::inventory(SHOW).as_str(), 10));
    assert_eq!(shows.progress().parked(), std::slice::from_ref(&parked));
    assert_eq!(shows.progress().parked_stream(&parked.stream), Some(parked));
    assert!(entry.seats(at(0)).is_err() && entry.availability(at(0)).is_err());
    shows.apply(&recorded(9, 9, 0, &released), &released);
    assert_eq!(entry.lock().view.version(), 8, "it no longer moves");
}

#[test]
fn representations_are_rendered_once_until_something_changes() {
    let (shows, entry) = on_sale_with([hold_placed(1, 300, vec![seat("A-1")])]);
    for render in [ShowEntry::availability, ShowEntry::seats, ShowEntry::seats_compact] {
        let first = render(&entry, at(1)).unwrap();
        let again = render(&entry, at(2)).unwrap();
        assert_eq!(first, again);
        assert_eq!(first.body.as_ptr(), again.body.as_ptr());
    }
    let before = ShowEntry::seats(&entry, at(299)).unwrap();
    let lapsed = ShowEntry::seats(&entry, at(300)).unwrap();
    assert_ne!((before.etag, before.body), (lapsed.etag, lapsed.body));
    let before = entry.availability(at(300)).unwrap();
    apply_all(&shows, [hold_expired(1)]);
    let after = entry.availability(at(300)).unwrap();
    assert_eq!((before.position, after.position), (8, 9));
    assert_ne!(before.etag, after.etag);
}

#[tokio::test]
async fn changes_are_told_to_who_subscribed() {
    let (shows, entry) = on_sale_with([]);
    let mut changes = entry.subscribe();
    apply_all(&shows, [hold_placed(1, 300, vec![floor()])]);
    changes.changed().await.unwrap();
    assert!(shows.take_dirty().is_empty(), "nobody watches by way of the registry");
    entry.watch(true);
    apply_all(&shows, [hold_placed(2, 300, vec![floor()]), hold_placed(3, 300, vec![floor()])]);
    assert_eq!(shows.take_dirty().len(), 1, "told once until somebody looks");
    entry.look();
    apply_all(&shows, [hold_released(2)]);
    shows.dirtied().await;
    assert_eq!(shows.take_dirty().len(), 1);
    assert_eq!(entry.read(at(0), |view| view.sale_status()), Ok(SaleStatus::OnSale));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_position_gets_it_or_hears_that_it_is_not_there_yet() {
    let progress = Progress::new("shows");
    let waiting = progress.wait_for(3, Duration::from_secs(2));
    let publish = async {
        progress.reached(2);
        progress.reached(3);
    };
    assert_eq!(tokio::join!(waiting, publish).0, Ok(()));
    assert_eq!(progress.wait_for(3, Duration::ZERO).await, Ok(()));
    progress.reached(1);
    assert_eq!(progress.position(), 3, "it does not go back");
    let behind = progress.wait_for(4, Duration::from_secs(2)).await.unwrap_err();
    assert_eq!((behind.reached, behind.wanted), (3, 4));
}
