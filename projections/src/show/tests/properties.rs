use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::show::holds::Phase;
use crate::show::stock::Counts;
use crate::testing::history::{Timed, any_history, legal_history};

/// What somebody knew at some moment.
struct Known {
    position: Position,
    changes: u64,
    seats: Vec<SeatState>,
}

impl Known {
    fn of(view: &ShowView) -> Self {
        Self { position: view.position(), changes: view.change_count(), seats: view.stock.states().to_vec() }
    }

    fn with(&self, since: &Since) -> Option<Vec<SeatState>> {
        let Since::Delta(changes) = since else { return None };
        let mut seats = self.seats.clone();
        for change in changes {
            let seat = layout().index_of(change.seat_id.as_str()).unwrap();
            seats[seat as usize] = change.state;
        }
        Some(seats)
    }
}

/// Applies events one by one, with the time going on in between, and looks at the view after each step.
fn walk(events: &[Timed], advances: &[i64], mut look: impl FnMut(&ShowView, usize)) -> ShowView {
    let mut view = ShowView::new(SHOW);
    let mut advances = advances.iter().cycle();
    for (n, (seconds, event)) in events.iter().enumerate() {
        let position = 2 * (n as u64 + 1);
        view.apply(&recorded(position, n as u64 + 1, *seconds, event), event);
        look(&view, n + 1);
        view.advance(at(seconds + advances.next().unwrap()));
        look(&view, n + 1);
    }
    view
}

/// What holds of every view, whatever the events were: the counts are what a recount of the holds gives.
fn consistent(view: &ShowView) {
    let holds: Vec<_> = (0..200).filter_map(|key| Some((key, view.holds.get(key)?))).collect();
    for hold in holds.iter().map(|(_, hold)| hold) {
        let due = hold.phase == Phase::Live && hold.expires_at <= view.judged_at();
        assert_eq!(hold.lapsed, due, "{}", hold.id);
    }
    assert_eq!(view.mark().lapsed, holds.iter().filter(|(_, hold)| hold.lapsed).count());
    let deadlines = holds.iter().filter(|(_, hold)| hold.phase == Phase::Live && !hold.lapsed);
    assert_eq!(view.holds.next_deadline(), deadlines.map(|(_, hold)| hold.expires_at).min());
    let count = |counts: Counts, ticket_type| {
        let items =
            holds.iter().filter(|(_, hold)| hold.counts() == counts).flat_map(|(_, hold)| &hold.items);
        items.filter(|claim| claim.ticket_type == ticket_type).count() as u64
    };
    for slot in view.stock.types() {
        let name = slot.ticket_type.ticket_type;
        assert!(slot.tally.held <= count(Counts::Held, name) && slot.tally.sold <= count(Counts::Sold, name));
    }
    for (seat, state) in (0..).zip(view.stock.states()) {
        let holder =
            view.stock.holder(seat).map(|key| view.holds.get(key).expect("a seat is held by a hold"));
        let kept_back = view.blocks.values().filter(|block| block.keeps(seat)).count();
        assert!(kept_back <= 1, "seat {seat}");
        let nobodys = if kept_back == 1 { SeatState::Blocked } else { SeatState::Available };
        let expected = holder.map_or(nobodys, |hold| match hold.counts() {
            Counts::Free => SeatState::Available,
            Counts::Held => SeatState::Held,
            Counts::Sold => SeatState::Sold,
            Counts::Blocked => panic!("a hold keeps nothing back"),
        });
        assert_eq!(*state, expected, "seat {seat}");
        assert!(holder.is_none_or(|hold| hold.phase.has_seats()), "an ended hold has seat {seat}");
    }
    for slot in 0.. {
        let Some(category) = view.stock.category(slot) else { break };
        let name = ["Stalls", "Balcony"][slot];
        let of_category = |state: SeatState| {
            let seats = view.plan().unwrap().seats().iter().zip(view.stock.states());
            seats.filter(|(seat, is)| seat.zone == name && **is == state).count() as u64
        };
        assert_eq!(category.tally.held, of_category(SeatState::Held));
        assert_eq!(category.tally.sold, of_category(SeatState::Sold));
        assert_eq!(category.tally.blocked, of_category(SeatState::Blocked));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_view_equals_a_recount(events in legal_history(), advances in prop::collection::vec(-5..60_i64, 1..5)) {
        walk(&events, &advances, |view, applied| {
            if applied >= on_sale().len() {
                let (seats, expected) = naive::recount(&events[..applied], view.judged_at());
                assert_eq!(states(view), seats);
                assert_eq!(counts(view), expected);
                consistent(view);
            }
        });
    }

    #[test]
    fn whatever_happens_counts_are_what_the_holds_say(
        events in any_history(),
        advances in prop::collection::vec(-50..50_i64, 1..5),
    ) {
        let mut view = walk(&events, &advances, |view, _| consistent(view));
        serde_json::from_slice::<serde_json::Value>(&view.seats().to_json()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&view.seats().to_compact()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&view.availability_json()).unwrap();
        let _ = view.sale_status();
    }

    #[test]
    fn a_delta_is_the_difference_of_two_states(
        events in prop_oneof![legal_history(), any_history()],
        advances in prop::collection::vec(-5..60_i64, 1..5),
    ) {
        let mut known: Vec<Known> = Vec::new();
        walk(&events, &advances, |view, applied| {
            // A seventh of what is known at each step, another one at the next.
            for before in known.iter().skip(applied % 7).step_by(7) {
                let now = view.stock.states();
                if before.seats.is_empty() && !now.is_empty() {
                    assert_eq!(view.delta_since(before.position), Since::Reset, "there were no seats then");
                    continue;
                }
                let since = before.with(&view.delta_since(before.position)).expect("few changes are remembered");
                assert_eq!(since, now, "since position {}", before.position);
                let since = before.with(&view.delta_since_count(before.changes)).expect("few changes are remembered");
                assert_eq!(since, now, "since change {}", before.changes);
            }
            known.push(Known::of(view));
        });
    }

    #[test]
    fn how_time_went_by_leaves_no_trace(
        events in prop_oneof![legal_history(), any_history()],
        advances in prop::collection::vec(-5..60_i64, 1..5),
    ) {
        let mut walked = walk(&events, &advances, |_, _| ());
        let mut fresh = walk(&events, &[-1_000_000], |_, _| ());
        fresh.advance(walked.judged_at());
        prop_assert_eq!(states(&fresh), states(&walked));
        prop_assert_eq!(counts(&fresh), counts(&walked));
        prop_assert_eq!(fresh.mark(), walked.mark());
        prop_assert_eq!(fresh.seats().to_json(), walked.seats().to_json());
        prop_assert_eq!(fresh.next_change(), walked.next_change());
    }

    #[test]
    fn a_view_that_was_kept_goes_on_as_one_that_was_folded(
        events in prop_oneof![legal_history(), any_history()],
        advances in prop::collection::vec(-5..60_i64, 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(events.len() + 1);
        let mut folded = walk(&events, &advances, |_, _| ());
        let kept = walk(&events[..cut], &advances, |_, _| ()).to_be_kept().into_bytes().unwrap();
        let plan = ShowView::layout_of_bytes(&kept).unwrap().map(|_| layout());
        let mut restored = ShowView::of_bytes(&kept, plan).unwrap();
        let (version, position) = (restored.version(), restored.position());
        prop_assert_eq!(version, cut as u64);
        for (n, (seconds, event)) in (1..).zip(&events).skip(cut) {
            restored.apply(&recorded(2 * n, n, *seconds, event), event);
        }
        restored.advance(folded.judged_at());
        consistent(&restored);
        prop_assert_eq!(restored.mark(), folded.mark());
        prop_assert_eq!(restored.seats().to_json(), folded.seats().to_json());
        prop_assert_eq!(restored.seats().to_compact(), folded.seats().to_compact());
        prop_assert_eq!(restored.availability_json(), folded.availability_json());
        prop_assert_eq!(restored.next_change(), folded.next_change());
        prop_assert_eq!(restored.to_be_kept().into_bytes(), folded.to_be_kept().into_bytes());
        // Whoever knew the view where it was kept goes on from there; from before, they start anew.
        let start = walk(&events[..cut], &[-1_000_000], |_, _| ());
        if cut < events.len() && start.terms().is_some() {
            let seen = Known::of(&start).with(&restored.delta_since(position)).unwrap();
            prop_assert_eq!(seen, folded.stock.states());
            let before = restored.delta_since(position - 1);
            prop_assert_eq!(before, Since::Reset);
        }
    }

    #[test]
    fn bytes_that_are_no_view_are_refused(
        events in legal_history(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in any::<prop::sample::Index>(),
    ) {
        let mut bytes = walk(&events, &[1], |_, _| ()).to_be_kept().into_bytes().unwrap();
        prop_assert!(ShowView::of_bytes(&bytes[..length.index(bytes.len())], Some(layout())).is_err());
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(mut view) = ShowView::of_bytes(&bytes, Some(layout())) {
            view.advance(at(1_000));
            let _ = (view.seats().to_json(), view.availability_json(), view.to_be_kept().into_bytes());
        }
    }

    #[test]
    fn equal_tags_mean_equal_bytes(events in legal_history(), times in prop::collection::vec(0..200_i64, 2..8)) {
        let view = walk(&events, &[-1_000_000], |_, _| ());
        let mut seen = BTreeMap::new();
        for time in times {
            let mut view = view.clone();
            view.advance(at(time));
            let body = (view.seats().to_json(), view.seats().to_compact(), view.availability_json());
            let before = seen.insert(view.mark().etag(ViewKind::Seats), body.clone());
            prop_assert!(before.is_none_or(|before| before == body));
        }
    }
}
