use boxoffice_domain::seating::SeatId;
use proptest::prelude::*;

use super::*;
use crate::show::{Mark, SeatState};
use crate::testing::history::{Timed, legal_history};
use crate::testing::{SHOW, TestLog, at, hold_expired, hold_placed, on_sale, seat};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

fn seen(view: &mut ShowView) -> (u64, Mark, Vec<SeatState>, Vec<crate::show::TypeAvailability>) {
    let seats = view.seats();
    (view.position(), seats.mark, seats.states().to_vec(), view.availability())
}

/// A log in which another stream's events stand between those of the show, half a second after them.
fn interleaved(events: &[Timed]) -> std::sync::Arc<TestLog> {
    let log = TestLog::new();
    for (seconds, event) in events {
        log.push(&StreamName::inventory(SHOW), at(*seconds), event);
        log.push_raw(&StreamName::from_log("doors-x"), at(*seconds).plus_ms(500), "knock", 1, "{}");
    }
    log
}

#[test]
fn a_position_is_judged_at_the_log_time_of_the_event_there() {
    let mut events: Vec<Timed> = on_sale().into_iter().map(|event| (0, event)).collect();
    events.extend([(1, hold_placed(1, 30, vec![seat("A-1")])), (40, hold_expired(1))]);
    let log = TestLog::of(events);
    let other = log.push_raw(&StreamName::from_log("doors-x"), at(29), "knock", 1, "{}");
    let at_position = |position| block_on(seats_as_of(&*log, SHOW, Until::Position(position))).unwrap();
    assert_eq!(at_position(7).view.seat("A-1"), Some(SeatState::Available));
    assert_eq!(at_position(8).view.seat("A-1"), Some(SeatState::Held));
    assert_eq!((at_position(8).judged_at, at_position(8).view.position()), (at(1), 8));
    assert_eq!(at_position(9).view.seat("A-1"), Some(SeatState::Available));
    assert_eq!(at_position(other.position).judged_at, at(29));
}

#[test]
fn a_time_is_judged_at_that_time() {
    let mut events: Vec<Timed> = on_sale().into_iter().map(|event| (0, event)).collect();
    events.extend([(1, hold_placed(1, 30, vec![seat("A-1")])), (40, hold_expired(1))]);
    let log = TestLog::of(events);
    let at_time = |seconds| block_on(seats_as_of(&*log, SHOW, Until::Time(at(seconds)))).unwrap();
    assert_eq!(at_time(29).view.seat("A-1"), Some(SeatState::Held));
    assert_eq!(
        at_time(30).view.seat("A-1"),
        Some(SeatState::Available),
        "lapsed, though nothing says so yet"
    );
    assert_eq!((at_time(30).view.version(), at_time(30).judged_at), (8, at(30)));
}

#[test]
fn what_was_not_there_cannot_be_told() {
    let log = TestLog::of([(10, crate::testing::drafted())]);
    let ask = |until| block_on(seats_as_of(&*log, SHOW, until)).unwrap_err();
    assert_eq!(ask(Until::Position(2)), PastUnknown::NoSuchPosition(2));
    assert_eq!(ask(Until::Position(0)), PastUnknown::NoSuchPosition(0));
    assert_eq!(ask(Until::Time(at(9))), PastUnknown::NoSuchShow);
    log.outages.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(ask(Until::Position(1)), PastUnknown::Outage(_)));
    log.push_raw(&StreamName::inventory(SHOW), at(11), "from_the_future", 1, "{}");
    assert!(matches!(ask(Until::Position(2)), PastUnknown::Unreadable { position: 2, .. }));
}

#[test]
fn long_streams_are_read_in_pages() {
    let log = TestLog::of(on_sale().into_iter().map(|event| (0, event)));
    let id = SeatId::new("A-1");
    for n in 0..u32::try_from(BATCH_MAX).unwrap() {
        log.push(&StreamName::inventory(SHOW), at(1), &hold_placed(n, 300, vec![seat(id.as_str())]));
        log.push(&StreamName::inventory(SHOW), at(1), &hold_expired(n));
    }
    let head = log.head();
    let past = block_on(seats_as_of(&*log, SHOW, Until::Position(head))).unwrap();
    assert_eq!((past.view.position(), past.view.version()), (head, head));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_past_is_a_replay_up_to_it(events in legal_history(), seconds in 0..200_i64) {
        let log = interleaved(&events);
        for (n, (second, _)) in (1..).zip(&events) {
            let mut replay = ShowView::new(SHOW);
            for (recorded, (_, event)) in log.all().iter().step_by(2).zip(&events[..n]) {
                replay.apply(recorded, event);
            }
            for (position, judged_at) in [(2 * n - 1, at(*second)), (2 * n, at(*second).plus_ms(500))] {
                let mut past = block_on(seats_as_of(&*log, SHOW, Until::Position(position as u64))).unwrap();
                replay.advance(judged_at);
                prop_assert_eq!(past.judged_at, judged_at);
                prop_assert_eq!(seen(&mut past.view), seen(&mut replay));
            }
        }
        let mut past = block_on(seats_as_of(&*log, SHOW, Until::Time(at(seconds)))).unwrap();
        let mut replay = ShowView::new(SHOW);
        for (recorded, (_, event)) in log.all().iter().step_by(2).zip(&events).filter(|(_, event)| event.0 <= seconds) {
            replay.apply(recorded, event);
        }
        replay.advance(at(seconds));
        prop_assert_eq!(seen(&mut past.view), seen(&mut replay));
    }
}
