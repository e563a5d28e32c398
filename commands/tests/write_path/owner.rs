//! The rules of the owner while the log does as it is told, one test each.

use boxoffice_commands::log::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, StreamOutcome};
use boxoffice_commands::owner::QUEUE_MAX;

use super::bench::{Bench, at};
use super::toy::{Ask, KEPT_MS};

#[test]
fn an_acceptance_waits_until_its_events_are_durable() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.assert_answers(&[]);
    let StreamOutcome::Appended { first } = bench.append() else { panic!("it did not land") };
    bench.assert_answers(&[]);
    bench.owner.committed(first);
    bench.owner.settle();
    bench.assert_answers(&[(1, "accepted 1..=1 at 1")]);
    assert!(bench.owner.is_idle());
}

#[test]
fn a_rejection_waits_for_the_events_it_was_decided_on() {
    let mut bench = Bench::new();
    bench.fill();
    bench.ask(1, Ask::Hang(1));
    bench.assert_answers(&[]);
    bench.commit();
    let answers = bench.answers();
    assert_eq!(answers.last().unwrap(), &(1, "refused at 3".to_owned()));
}

#[test]
fn a_rejection_with_nothing_in_flight_leaves_at_once() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Fetch(7));
    bench.assert_answers(&[(1, "refused at 0")]);
    bench.ask(2, Ask::Hang(7));
    bench.commit();
    bench.ask(3, Ask::Hang(7));
    bench.assert_answers(&[(2, "accepted 1..=1 at 1"), (3, "refused at 1")]);
}

#[test]
fn a_command_that_holds_already_is_accepted_without_events_and_waits_like_any_other() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Look);
    bench.assert_answers(&[(1, "accepted 1..=0 at 0")]);
    bench.ask(2, Ask::Hang(7));
    bench.ask(3, Ask::Look);
    bench.assert_answers(&[]);
    bench.commit();
    bench.assert_answers(&[(2, "accepted 1..=1 at 1"), (3, "accepted 2..=1 at 1")]);
}

#[test]
fn answers_leave_in_order_of_arrival_and_only_as_far_as_they_are_proven() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    let batch = bench.owner.take_batch().unwrap();
    bench.ask(2, Ask::Fetch(2));
    bench.ask(3, Ask::Hang(3));
    bench.ask(4, Ask::Fetch(4));
    assert!(bench.owner.take_batch().is_none(), "one batch is in flight");
    bench.store.append(&[batch]);
    bench.owner.committed(1);
    let next = bench.owner.take_batch().expect("the next batch can leave before the answers do");
    bench.owner.settle();
    bench.assert_answers(&[(1, "accepted 1..=1 at 1"), (2, "refused at 1")]);
    bench.store.append(&[next]);
    bench.owner.committed(2);
    bench.owner.settle();
    bench.assert_answers(&[(3, "accepted 2..=2 at 2"), (4, "refused at 2")]);
    bench.store.check();
}

#[test]
fn the_same_command_is_in_flight_until_it_is_durable_and_recorded_from_then_on() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.ask(1, Ask::Hang(1));
    bench.assert_answers(&[(1, "InFlight")]);
    bench.commit();
    bench.assert_answers(&[(1, "accepted 1..=1 at 1")]);
    bench.ask(1, Ask::Hang(1));
    bench.assert_answers(&[(1, "recorded 1..=1 before")]);
    assert_eq!(bench.store.head(), 1);
}

#[test]
fn another_body_under_the_same_id_is_in_flight_until_that_id_is_durable() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.ask(1, Ask::Hang(2));
    bench.assert_answers(&[(1, "InFlight")]);
    bench.commit();
    bench.ask(1, Ask::Hang(2));
    bench.assert_answers(&[(1, "accepted 1..=1 at 1"), (1, "KeyReused")]);
}

#[test]
fn what_was_recorded_is_known_after_a_restart() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.ask(2, Ask::Fetch(1));
    bench.commit();
    bench.answers();
    bench.owner = bench.successor();
    bench.ask(1, Ask::Hang(1));
    bench.ask(2, Ask::Hang(1));
    bench.assert_answers(&[(1, "recorded 1..=1 before"), (2, "KeyReused")]);
}

#[test]
fn a_repeated_answer_waits_for_what_is_before_it() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.commit();
    bench.ask(2, Ask::Hang(2));
    bench.ask(1, Ask::Hang(1));
    bench.assert_answers(&[(1, "accepted 1..=1 at 1")]);
    bench.commit();
    bench.assert_answers(&[(2, "accepted 2..=2 at 2"), (1, "recorded 1..=1 before")]);
}

#[test]
fn a_refusal_leaves_no_receipt() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Fetch(7));
    bench.ask(2, Ask::Hang(7));
    bench.commit();
    bench.ask(1, Ask::Fetch(7));
    bench.commit();
    bench.assert_answers(&[(1, "refused at 0"), (2, "accepted 1..=1 at 1"), (1, "accepted 2..=2 at 2")]);
}

#[test]
fn a_batch_takes_whole_commands_within_the_limits_of_one_append() {
    let mut bench = Bench::new();
    let half = BATCH_EVENTS_MAX / 2;
    for (number, times, bytes) in [
        (1, half, 1),
        (2, half, 1),
        (3, half + 1, 1),
        (4, half, 1),
        (5, 1, BATCH_BYTES_MAX - 100),
        (6, 1, 200),
        (7, BATCH_EVENTS_MAX + 1, 1),
        (8, 1, 1),
    ] {
        bench.ask(number, Ask::Ring { times, bytes });
    }
    let mut batches = Vec::new();
    while let Some(batch) = bench.owner.take_batch() {
        let mut commands: Vec<_> = batch.events.iter().map(|event| event.command.id.as_u128()).collect();
        commands.dedup();
        batches.push(commands);
        let first = bench.store.head() + 1;
        bench.store.append(&[batch]);
        bench.owner.committed(first);
        bench.owner.settle();
    }
    assert_eq!(batches, [vec![1, 2], vec![3], vec![4], vec![5], vec![6], vec![7], vec![8]]);
    assert_eq!(bench.answers().len(), 8);
    bench.store.check();
}

#[test]
fn the_events_of_a_command_share_one_log_time_and_are_chained() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.now = at(1_000_000 + KEPT_MS, 1);
    bench.ask(2, Ask::Hang(2));
    bench.now = at(5, 10);
    bench.ask(3, Ask::Hang(3));
    bench.commit();
    bench.store.check();
    let times: Vec<_> = bench.store.log.iter().map(|event| event.log_time.unix_ms() - 1_000_000).collect();
    assert_eq!(
        times,
        [0, KEPT_MS, KEPT_MS, KEPT_MS + 9],
        "lapsed and hung together; then the clock was set back"
    );
    bench.now = at(0, 20);
    bench.owner = bench.successor();
    bench.now = at(1, 25);
    bench.ask(4, Ask::Ring { times: 1, bytes: 1 });
    bench.commit();
    assert_eq!(bench.store.log.last().unwrap().log_time.unix_ms() - 1_000_000, KEPT_MS + 9 + 5);
}

#[test]
fn the_timer_asks_when_the_deadline_has_come_and_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.owner.deadline(), None);
    bench.ask(1, Ask::Hang(1));
    let deadline = bench.now.wall.plus_ms(KEPT_MS);
    assert_eq!(bench.owner.deadline(), Some(deadline));
    assert_eq!(bench.owner.lapse(bench.now), None, "too early");
    let due = at(deadline.unix_ms(), 1);
    assert_eq!(bench.owner.lapse(due), Some(Ask::Tidy));
    assert_eq!((bench.owner.deadline(), bench.owner.lapse(due)), (None, None), "asked already");
    bench.now = due;
    bench.ask(2, Ask::Hang(2));
    assert_eq!(bench.owner.deadline(), Some(due.wall.plus_ms(KEPT_MS)), "the coat lapsed with the command");
}

#[test]
fn the_timer_knows_when_the_clock_was_set_back() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    let deadline = bench.owner.deadline().unwrap();
    assert_eq!(bench.owner.wall_time_of(deadline, bench.now), deadline);
    let later = at(400_000, 10_000);
    assert_eq!(bench.owner.wall_time_of(deadline, later).unix_ms(), 400_000 + KEPT_MS - 10_000);
}

#[test]
fn more_than_the_queue_holds_is_turned_away() {
    let mut bench = Bench::new();
    let max = u32::try_from(QUEUE_MAX).unwrap();
    for number in 0..max {
        bench.ask(number, Ask::Ring { times: 1, bytes: 1 });
    }
    assert_eq!(bench.owner.room(), 0);
    bench.ask(max, Ask::Look);
    bench.assert_answers(&[(max, "Overloaded { retry_after_seconds: 1 }")]);
    bench.commit();
    assert_eq!(bench.owner.room(), BATCH_EVENTS_MAX);
}
