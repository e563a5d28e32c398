//! For every rule: a log with correct hashes whose last line alone breaks it.

use std::collections::BTreeSet;

use boxoffice_audit::{Checker, Report, Rule};

use crate::builder::{Log, id};
use crate::check;
use crate::sale::seat;

/// Declares tests: the name says what is wrong with the last line of the log, the rule which one it breaks.
macro_rules! illegal {
    ($($name:ident breaks $rule:ident: |$log:ident| $make:expr;)+) => {
        $(
            #[test]
            fn $name() {
                super::breaks(boxoffice_audit::Rule::$rule, |$log| { $make; });
            }
        )+

        pub(super) const RULES: &[boxoffice_audit::Rule] = &[$(boxoffice_audit::Rule::$rule),+];
    };
}

mod chain;
mod charges;
mod described;
mod doors;
mod form;
mod holds;
mod orders;
mod payments;
mod plan;
mod refunds;
mod sale;
mod transfers;

/// Makes a log and expects that its last line breaks that rule, and no line before it breaks any.
fn breaks(rule: Rule, make: impl FnOnce(&mut Log)) {
    let mut log = Log::default();
    make(&mut log);
    let (last, before) = log.lines.split_last().unwrap();
    let mut checker = Checker::new();
    for line in before {
        checker.line(line).unwrap();
    }
    let fault = checker.line(last).unwrap_err();
    let events = before.iter().filter(|line| !line.starts_with("{\"content\"")).count();
    assert_eq!((fault.rule, fault.position), (rule, u64::try_from(events).unwrap() + 1), "{fault}");
    assert!(fault.reason().starts_with(rule.text()));
    assert_eq!(check(&log.lines, None), Report::Broken(fault));
}

#[test]
fn every_rule_has_a_log_that_breaks_it() {
    let lists = [
        chain::RULES,
        charges::RULES,
        described::RULES,
        doors::RULES,
        form::RULES,
        holds::RULES,
        orders::RULES,
        payments::RULES,
        plan::RULES,
        refunds::RULES,
        sale::RULES,
        transfers::RULES,
    ];
    let broken: BTreeSet<Rule> = lists.into_iter().flatten().copied().collect();
    let missing: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !broken.contains(rule)).collect();
    assert_eq!(missing, [&Rule::HeadIsReached], "heads are not of the log: see `tampered`");
}

#[test]
fn the_reason_names_the_seat_and_both_holds() {
    let mut log = Log::default();
    log.on_sale().hold(1, &[seat("A7")]);
    log.hold(2, &[seat("A7")]);
    let reason = check(&log.lines, None).fault().unwrap().reason();
    let (one, two) = (id("hold", 1), id("hold", 2));
    let expected = format!("{}: seat \"A7\" is wanted by {two}, but {one} is live", Rule::SeatIsFree.text());
    assert_eq!(reason, expected);
}
