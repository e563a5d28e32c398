//! See [`super::world`]; the binary `mutants` runs the same with deliberate bugs.

use super::world::run_all;

#[test]
fn every_answer_is_true_whatever_happens_to_log_and_nodes() {
    let seen = run_all();
    let kinds: Vec<_> = seen.keys().copied().collect();
    let all = [
        "accepted",
        "crashed",
        "foreign snapshot",
        "held",
        "in flight",
        "key reused",
        "landed after all",
        "refused",
        "repeated",
        "restored",
        "unavailable",
    ];
    assert_eq!(kinds, all, "the simulation has to reach every kind of answer: {seen:?}");
}
