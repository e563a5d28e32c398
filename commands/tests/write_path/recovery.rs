//! The rules of the owner when an append does not land as sent, or something crashes, one test each.

use boxoffice_commands::log::StreamOutcome;
use boxoffice_commands::owner::answer::Failure;
use boxoffice_commands::owner::{Owner, REDECISIONS_MAX, Unfit};
use boxoffice_domain::digest::Digest;

use super::bench::{Bench, at, stream};
use super::store::decoded;
use super::toy::{Ask, Cloakroom, haunt};

#[test]
fn log_time_does_not_go_back_where_the_clock_is_set_back_after_a_recovery() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.now = at(1_005_000, 5_000);
    bench.another_records(2, Ask::Hang(2));
    bench.now = at(1_006_000, 6_000);
    bench.owner.disrupted();
    bench.recover();
    bench.now = at(1_002_000, 7_000);
    bench.ask(3, Ask::Hang(3));
    bench.commit();
    bench.store.check();
    assert_eq!(bench.store.log.last().unwrap().log_time.unix_ms(), 1_007_000);
}

#[test]
fn after_a_conflict_everything_is_decided_again_on_what_is_there_now() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(7));
    bench.ask(2, Ask::Hang(8));
    bench.ask(3, Ask::Fetch(9));
    bench.another_records(9, Ask::Hang(7));
    assert_eq!(bench.append(), StreamOutcome::Fenced);
    bench.now.wall = bench.now.wall.plus_ms(250);
    bench.recover();
    bench.assert_answers(&[(1, "refused at 1")]);
    bench.commit();
    bench.assert_answers(&[(2, "accepted 2..=2 at 2"), (3, "refused at 2")]);
    assert_eq!(bench.store.log[1].log_time.unix_ms(), 1_000_250, "at fresh log time");
    bench.store.check();
}

#[test]
fn what_landed_although_nobody_knew_is_accepted_and_not_recorded_twice() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.ask(2, Ask::Fetch(5));
    assert!(matches!(bench.append(), StreamOutcome::Appended { .. }), "but the answer is lost");
    bench.ask(3, Ask::Hang(3));
    bench.recover();
    bench.assert_answers(&[(1, "recorded 1..=1"), (2, "refused at 1")]);
    bench.commit();
    bench.assert_answers(&[(3, "accepted 2..=2 at 2")]);
    bench.store.check();
}

#[test]
fn what_did_not_land_is_recorded_once_and_cannot_land_later() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    let late = bench.owner.take_batch().unwrap();
    bench.recover();
    assert_eq!(bench.store.append(&[late]), [StreamOutcome::Fenced], "the claim came first");
    bench.commit();
    bench.assert_answers(&[(1, "accepted 1..=1 at 1")]);
    bench.store.check();
}

#[test]
fn what_landed_before_the_disruption_is_answered_as_ever() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.append();
    bench.owner.committed(1);
    bench.ask(2, Ask::Hang(2));
    bench.owner.take_batch().expect("lost on its way");
    bench.owner.disrupted();
    bench.assert_answers(&[(1, "accepted 1..=1 at 1")]);
    bench.recover();
    bench.commit();
    bench.assert_answers(&[(2, "accepted 2..=2 at 2")]);
}

#[test]
fn what_another_node_recorded_of_the_same_command_is_the_answer() {
    let mut bench = Bench::new();
    bench.another_records(1, Ask::Ring { times: 2, bytes: 1 });
    bench.ask(1, Ask::Ring { times: 2, bytes: 1 });
    bench.ask(2, Ask::Look);
    assert_eq!(bench.append(), StreamOutcome::Fenced);
    bench.recover();
    let answers = bench.answers();
    assert!(answers[0].1.starts_with("recorded 1..=2"), "{answers:?}");
    assert_eq!(answers[1].1, "accepted 3..=2 at 2");
}

#[test]
fn a_command_is_decided_again_three_times_and_then_told_to_come_back() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    for _ in 0..REDECISIONS_MAX {
        bench.owner.take_batch().expect("lost on its way");
        bench.recover();
        bench.assert_answers(&[]);
    }
    bench.owner.take_batch().expect("lost on its way");
    bench.ask(2, Ask::Hang(2));
    bench.recover();
    bench.assert_answers(&[(1, "Unavailable { retry_after_seconds: 1 }")]);
    bench.commit();
    bench.assert_answers(&[(2, "accepted 1..=1 at 1")]);
}

#[test]
fn the_timer_asks_again_where_its_command_was_lost() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.commit();
    bench.now.wall = bench.owner.deadline().unwrap();
    let command = bench.owner.lapse(bench.now).unwrap();
    bench.ask(2, command);
    assert_eq!(bench.owner.deadline(), None);
    for _ in 0..=REDECISIONS_MAX {
        bench.owner.take_batch().expect("lost on its way");
        bench.recover();
    }
    assert_eq!(bench.owner.deadline(), Some(bench.now.wall));
}

#[test]
fn a_rejection_whose_cause_never_was_durable_is_not_told() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    for _ in 0..REDECISIONS_MAX {
        bench.owner.take_batch().expect("lost on its way");
        bench.recover();
    }
    bench.owner.take_batch().expect("lost on its way");
    bench.ask(2, Ask::Hang(1));
    bench.assert_answers(&[]);
    bench.recover();
    bench.commit();
    bench.assert_answers(&[(1, "Unavailable { retry_after_seconds: 1 }"), (2, "accepted 1..=1 at 1")]);
}

#[test]
fn what_comes_while_the_owner_recovers_waits_in_order() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.owner.take_batch().expect("lost on its way");
    bench.owner.disrupted();
    assert!(bench.owner.needs_recovery());
    bench.ask(2, Ask::Fetch(9));
    bench.ask(1, Ask::Hang(1));
    bench.assert_answers(&[(1, "InFlight")]);
    assert!(bench.owner.take_batch().is_none());
    bench.recover();
    bench.commit();
    bench.assert_answers(&[(1, "accepted 1..=1 at 1"), (2, "refused at 1")]);
}

#[test]
fn a_crash_is_told_to_its_caller_and_harms_nobody_else() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    for (number, crash) in [(2, Ask::CrashDeciding), (3, Ask::CrashFolding), (4, Ask::CrashWriting)] {
        bench.ask(number, crash);
    }
    bench.ask(5, Ask::Fetch(1));
    bench.assert_answers(&[]);
    bench.commit();
    bench.assert_answers(&[
        (1, "accepted 1..=1 at 1"),
        (2, "Crashed"),
        (3, "Crashed"),
        (4, "Crashed"),
        (5, "accepted 2..=2 at 2"),
    ]);
    bench.store.check();
}

#[test]
fn a_crash_while_a_batch_is_in_flight_leaves_that_batch_alone() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    let batch = bench.owner.take_batch().unwrap();
    bench.ask(2, Ask::Hang(2));
    bench.ask(3, Ask::CrashFolding);
    bench.ask(4, Ask::Hang(2));
    bench.store.append(&[batch]);
    bench.owner.committed(1);
    bench.owner.settle();
    bench.commit();
    bench.assert_answers(&[
        (1, "accepted 1..=1 at 1"),
        (2, "accepted 2..=2 at 2"),
        (3, "Crashed"),
        (4, "refused at 2"),
    ]);
}

#[test]
fn a_state_that_cannot_even_be_rebuilt_is_loaded_again() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.commit();
    bench.ask(2, Ask::Hang(2));
    let batch = bench.owner.take_batch().unwrap();
    bench.ask(3, Ask::Hang(3));
    haunt(true);
    bench.ask(4, Ask::Ring { times: 1, bytes: 1 });
    haunt(false);
    assert!(!bench.owner.needs_recovery(), "the fate of the batch in flight comes first");
    bench.ask(5, Ask::Fetch(1));
    bench.store.append(&[batch]);
    bench.owner.committed(2);
    assert!(bench.owner.take_batch().is_none());
    bench.owner.settle();
    assert!(bench.owner.needs_recovery());
    bench.recover();
    bench.commit();
    bench.assert_answers(&[
        (1, "accepted 1..=1 at 1"),
        (2, "accepted 2..=2 at 2"),
        (3, "accepted 3..=3 at 3"),
        (4, "accepted 4..=4 at 4"),
        (5, "accepted 5..=5 at 5"),
    ]);
    bench.store.check();
}

#[test]
fn what_comes_after_a_state_broke_is_not_answered_by_the_batch_in_flight() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    let batch = bench.owner.take_batch().unwrap();
    haunt(true);
    bench.ask(2, Ask::Ring { times: 1, bytes: 1 });
    haunt(false);
    bench.ask(3, Ask::Fetch(1));
    bench.store.append(&[batch]);
    bench.owner.committed(1);
    bench.owner.settle();
    bench.assert_answers(&[(1, "accepted 1..=1 at 1"), (2, "Crashed")]);
    bench.recover();
    bench.commit();
    bench.assert_answers(&[(3, "accepted 2..=2 at 2")]);
}

#[test]
fn a_durable_state_that_cannot_be_folded_is_loaded_again_and_the_answers_still_leave() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    let StreamOutcome::Appended { first } = bench.append() else { panic!("it did not land") };
    bench.owner.committed(first);
    haunt(true);
    bench.owner.settle();
    haunt(false);
    bench.assert_answers(&[(1, "accepted 1..=1 at 1")]);
    assert!(bench.owner.needs_recovery());
    bench.recover();
    bench.ask(1, Ask::Hang(1));
    bench.ask(2, Ask::Hang(1));
    bench.assert_answers(&[(1, "recorded 1..=1 before"), (2, "refused at 1")]);
}

#[test]
fn a_stream_that_is_not_what_the_log_says_is_not_owned() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Ring { times: 3, bytes: 1 });
    bench.commit();
    let events = bench.store.read(&stream(), 0, 10);
    let claim = bench.store.claim(&stream());
    let mut owner: Owner<Cloakroom, u32> = Owner::new(stream(), false);
    owner.replay(&events[0], &decoded(&events[0])).unwrap();
    assert_eq!(owner.resume(&claim, bench.now), Err(Unfit::Short { read: 1, claimed: 3 }));
    assert_eq!(owner.replay(&events[2], &decoded(&events[2])), Err(Unfit::Gap { after: 1, found: 3 }));
    assert_eq!(owner.replay(&events[0], &decoded(&events[0])), Err(Unfit::Gap { after: 1, found: 1 }));
    owner.replay(&events[1], &decoded(&events[1])).unwrap();
    let mut forged = events[2].clone();
    forged.hash = Digest::of(&[b"forged"]);
    owner.replay(&forged, &decoded(&forged)).unwrap();
    assert_eq!(owner.resume(&claim, bench.now), Err(Unfit::OtherHead(3)));
    let mut owner: Owner<Cloakroom, u32> = Owner::new(stream(), false);
    haunt(true);
    assert_eq!(owner.replay(&events[0], &decoded(&events[0])), Err(Unfit::Crashed(1)));
    haunt(false);
}

#[test]
fn whoever_gives_up_tells_everybody() {
    let mut bench = Bench::new();
    bench.ask(1, Ask::Hang(1));
    bench.ask(2, Ask::Fetch(2));
    bench.owner.take_batch().expect("lost on its way");
    bench.owner.abandon(&Failure::Unreadable("an odd event".to_owned()));
    let text = "Unreadable(\"an odd event\")";
    bench.assert_answers(&[(1, text), (2, text)]);
    assert!(bench.owner.needs_recovery() && bench.owner.is_idle());
}
