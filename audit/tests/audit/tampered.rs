//! A sound log that somebody has changed: every change is found, where it is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use boxoffice_audit::{Checker, Heads, Report, Rule, verify_reader};
use proptest::prelude::*;

use crate::builder::{Log, hex};
use crate::check;
use crate::sale::{HOLD, STANDING, reclaimed, seat, unit};

/// How many documents stand before the first event.
const DOCUMENTS: usize = 2;

static LOG: LazyLock<Log> = LazyLock::new(|| {
    let mut log = Log::default();
    log.on_sale();
    log.sold(1, &[seat("A1"), unit(STANDING)]);
    log.hold(2, &[seat("A2")]);
    log.paying(3, 3, &[seat("A3")]);
    log.pass(HOLD);
    log.hold_event("hold_expired", 2);
    log.also("hold_placed", &log.held(4, &[seat("A2")]));
    log.admit(100);
    log
});

fn text(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_bytes(), b"\n"]).flatten().copied().collect()
}

fn report(bytes: &[u8]) -> Report {
    verify_reader(bytes, None).unwrap()
}

/// The position that the line at that place has, or would have: documents have that of the first event.
fn position_of(place: usize) -> u64 {
    (place + 1).saturating_sub(DOCUMENTS).max(1).try_into().unwrap()
}

#[test]
fn the_log_itself_is_sound() {
    assert!(check(&LOG.lines, None).is_ok());
}

#[test]
fn a_missing_line_is_found_where_it_is_missing() {
    for place in DOCUMENTS..LOG.lines.len() - 1 {
        let mut lines = LOG.lines.clone();
        lines.remove(place);
        let report = check(&lines, None);
        assert_eq!(report.position(), position_of(place));
        assert_eq!(report.fault().unwrap().rule, Rule::PositionsCount);
    }
}

#[test]
fn a_missing_document_is_found_where_it_is_named() {
    for place in 0..DOCUMENTS {
        let mut lines = LOG.lines.clone();
        let digest = lines.remove(place).split("\"document\":\"").nth(1).unwrap()[..64].to_owned();
        let named = lines.iter().position(|line| line.contains(&digest)).unwrap();
        let report = check(&lines, None);
        assert_eq!(report.position(), position_of(named + 1));
        assert_eq!(report.fault().unwrap().rule, Rule::DocumentIsThere);
    }
}

#[test]
fn swapped_lines_are_found_at_the_first_of_them() {
    for one in DOCUMENTS..LOG.lines.len() {
        for other in one + 1..LOG.lines.len() {
            let mut lines = LOG.lines.clone();
            lines.swap(one, other);
            assert_eq!(check(&lines, None).position(), position_of(one), "{one} and {other}");
        }
    }
}

#[test]
fn a_line_twice_is_found_where_it_stands_again() {
    for place in 0..LOG.lines.len() {
        let mut lines = LOG.lines.clone();
        lines.insert(place + 1, lines[place].clone());
        assert_eq!(check(&lines, None).position(), position_of(place + 1), "{place}");
    }
}

#[test]
fn a_line_that_is_cut_off_is_found_at_the_place_it_would_have() {
    let (last, before) = LOG.lines.split_last().unwrap();
    let before = text(before);
    for length in 1..last.len() {
        let cut = [&before, &last.as_bytes()[..length]].concat();
        let report = report(&cut);
        assert_eq!(report.position(), LOG.position, "cut after {length}");
        assert_eq!(report.fault().unwrap().rule, Rule::LineIsJson);
    }
    let all = text(&LOG.lines);
    assert!(report(&all[..all.len() - 1]).is_ok(), "a line feed at the very end says nothing");
}

#[test]
fn bytes_that_are_no_text_are_found() {
    let mut bytes = text(&LOG.lines);
    let place = text(&LOG.lines[..10]).len() + 3;
    bytes[place] = 0xff;
    let report = report(&bytes);
    assert_eq!((report.position(), report.fault().unwrap().rule), (position_of(10), Rule::LineIsJson));
}

#[test]
fn the_first_fault_stays() {
    let mut lines = LOG.lines.clone();
    lines.remove(7);
    let mut checker = Checker::new();
    let faults: Vec<_> = lines.iter().filter_map(|line| checker.line(line).err()).collect();
    assert_eq!(faults.len(), lines.len() - 7);
    assert!(faults.iter().all(|fault| *fault == faults[0]));
    assert_eq!(checker.finish(None), Report::Broken(faults[0].clone()));
}

#[test]
fn a_fault_serialises_to_three_fields() {
    let mut lines = LOG.lines.clone();
    lines.remove(7);
    let report = check(&lines, None);
    let reason = "positions count 1, 2, 3 without a gap: expected 6, the line says 7";
    let json = format!("{{\"ok\":false,\"position\":6,\"reason\":\"{reason}\"}}");
    assert_eq!(serde_json::to_string(&report).unwrap(), json);
    assert_eq!(serde_json::to_string(report.fault().unwrap()).unwrap(), json);
}

#[test]
fn a_log_that_ends_within_a_command_lacks_its_next_line() {
    let mut log = Log::default();
    log.on_sale().paying(1, 1, &[seat("A1")]);
    log.pass(HOLD);
    log.authorise(1, 1, 4500);
    let last = log.also("hold_reclaimed", &reclaimed(1));
    let report = check(&log.lines, None);
    assert_eq!((report.position(), report.fault().unwrap().rule), (last + 1, Rule::ReclaimSecures));
}

/// What somebody knows of the log at that many events.
fn known(events: usize) -> Heads {
    let mut log = Log::default();
    let mut streams = BTreeMap::new();
    for line in &LOG.lines[DOCUMENTS..DOCUMENTS + events] {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let hash = value["hash"].as_str().unwrap().to_owned();
        streams
            .insert(value["stream"].as_str().unwrap().to_owned(), (value["version"].as_u64().unwrap(), hash));
        log.position += 1;
    }
    Heads { position: log.position, streams: Some(streams), is_end: false }
}

#[test]
fn what_comes_after_the_known_end_is_found() {
    let events = LOG.lines.len() - DOCUMENTS;
    let end = |events| Heads { is_end: true, ..known(events) };
    assert!(check(&LOG.lines, Some(&end(events))).is_ok());
    for ends in 0..events {
        let report = check(&LOG.lines, Some(&end(ends)));
        assert_eq!(report.fault().map(|fault| fault.rule), Some(Rule::HeadIsReached));
        assert!(report.position() > u64::try_from(ends).unwrap(), "{report:?}");
    }
}

#[test]
fn a_stream_without_a_head_is_found() {
    let mut heads = Heads { is_end: true, ..known(LOG.lines.len() - DOCUMENTS) };
    let (name, (_, hash)) = heads.streams.as_mut().unwrap().pop_first().unwrap();
    let report = check(&LOG.lines, Some(&heads));
    let last = LOG.lines.iter().position(|line| line.contains(&hash)).unwrap() + 1 - DOCUMENTS;
    assert_eq!(
        (report.fault().unwrap().rule, report.position()),
        (Rule::HeadIsReached, last as u64),
        "{name}"
    );
}

#[test]
fn a_tail_that_is_cut_off_is_found_by_what_is_known_of_it() {
    let events = LOG.lines.len() - DOCUMENTS;
    let by_streams = Heads { position: 0, ..known(events) };
    let by_position = Heads { streams: None, ..known(events) };
    for heads in [known(events), by_streams, by_position] {
        assert!(check(&LOG.lines, Some(&heads)).is_ok());
        for left in 0..events {
            let report = check(&LOG.lines[..DOCUMENTS + left], Some(&heads));
            assert_eq!(report.position(), u64::try_from(left).unwrap() + 1);
            // What was paid for lacks its tickets, wherever the cut is in a command.
            assert!(matches!(report.fault().unwrap().rule, Rule::HeadIsReached | Rule::TicketsFollow));
        }
    }
}

#[test]
fn what_was_known_before_holds_for_a_log_that_went_on() {
    for events in 0..LOG.lines.len() - DOCUMENTS {
        assert!(check(&LOG.lines, Some(&known(events))).is_ok());
    }
}

#[test]
fn a_log_written_anew_is_found_where_it_differs_from_what_is_known() {
    let mut anew = Log::default();
    anew.on_sale();
    let known_position = usize::try_from(anew.position).unwrap() + 1;
    anew.hold(9, &[seat("A9")]);
    for hold in 10..18 {
        anew.hold(hold, &[unit(crate::sale::GUEST)]);
    }
    let heads = known(known_position);
    assert!(check(&anew.lines, None).is_ok());
    let mut expecting = Checker::expecting(&heads);
    let fault = anew.lines.iter().find_map(|line| expecting.line(line).err()).unwrap();
    assert_eq!((fault.position, fault.rule), (heads.position, Rule::HeadIsReached));
    let same_length = &anew.lines[..DOCUMENTS + known_position];
    let mut checker = Checker::new();
    for line in same_length {
        checker.line(line).unwrap();
    }
    let position = heads.position;
    let Report::Broken(fault) = checker.finish(Some(heads)) else { panic!("the last hash is another") };
    assert_eq!((fault.position, fault.rule), (position, Rule::HeadIsReached));
}

#[test]
fn a_head_of_a_stream_that_is_not_there_is_missing() {
    for name in ["inventory-nobody", "venue-venue_00000000000000000000000009"] {
        let streams = Some(BTreeMap::from([(name.to_owned(), (1, hex(&[7; 32])))]));
        let report = check(&LOG.lines, Some(&Heads { position: 1, streams, is_end: false }));
        assert_eq!(report.position(), LOG.position + 1);
    }
}

#[test]
fn lines_of_another_log_are_found_where_they_begin() {
    let mut other = Log::default();
    other.on_sale();
    let common = other.lines.len();
    other.sold(20, &[seat("A1"), unit(STANDING)]);
    for from in common..other.lines.len() {
        let spliced = [&LOG.lines[..from], &other.lines[from..]].concat();
        let report = check(&spliced, None);
        assert_eq!(report.is_ok(), from == common);
        assert!(from == common || report.position() == position_of(from), "{report:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_changed_byte_is_found(at: prop::sample::Index, byte: u8) {
        let mut bytes = text(&LOG.lines);
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        let place = bytes[..at].split(|byte| *byte == b'\n').count() - 1;
        bytes[at] = byte;
        let report = report(&bytes);
        if at + 1 == bytes.len() {
            prop_assert!(!report.is_ok());
        } else {
            prop_assert_eq!(report.position(), position_of(place), "{:?}", report);
        }
    }

    #[test]
    fn a_byte_that_is_left_out_is_found(at: prop::sample::Index) {
        let mut bytes = text(&LOG.lines);
        let at = at.index(bytes.len() - 1);
        let place = bytes[..at].split(|byte| *byte == b'\n').count() - 1;
        bytes.remove(at);
        prop_assert_eq!(report(&bytes).position(), position_of(place));
    }
}
