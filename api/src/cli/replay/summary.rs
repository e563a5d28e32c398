//! What a replay comes to, as JSON and in words.

use std::fmt::Write as _;
use std::time::Duration;

use boxoffice_domain::log::Position;
use serde::Serialize;

use super::tally::Counts;
use crate::cli::words;

/// What a replay comes to.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// The last event that was folded.
    pub(super) position: Position,
    /// How many there were.
    pub(super) events: u64,
    /// In how many streams.
    pub(super) streams: usize,
    /// A digest over the states of all streams, in the order of their names.
    pub(super) state_hash: String,
    /// Every show, the oldest first.
    pub(super) shows: Vec<ShowSummary>,
}

/// What one show comes to.
#[derive(Debug, Serialize)]
pub(super) struct ShowSummary {
    /// The show, as the API names it.
    pub(super) event_id: String,
    /// What it is called.
    pub(super) name: String,
    /// What happened.
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// A digest of its inventory.
    pub(super) state_hash: String,
}

impl Summary {
    /// The summary for people.
    pub(super) fn in_words(&self, took: Duration) -> String {
        let mut text = String::new();
        for show in &self.shows {
            let name = if show.name.is_empty() { "(not in the catalog)" } else { &show.name };
            let counts = &show.counts;
            let _ = write!(
                text,
                "{name}  {}\n  {}: {} live, {} lapsed, {} let go\n  {}: {} confirmed, {} sold, {} checked in\n  state {}\n",
                show.event_id,
                words::counted(counts.holds, "hold", "holds"),
                words::count(counts.holds_live),
                words::count(counts.holds_lapsed),
                words::count(counts.holds_released),
                words::counted(counts.orders, "order", "orders"),
                words::count(counts.orders_confirmed),
                words::counted(counts.sold, "ticket", "tickets"),
                words::count(counts.admitted),
                show.state_hash,
            );
        }
        let events = words::counted(self.events, "event", "events");
        let position = words::count(self.position);
        let took = words::seconds(took);
        let _ = write!(
            text,
            "Replayed {events} up to position {position} in {took}.\nstate hash {}",
            self.state_hash
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_each_show_and_ends_with_the_hash() {
        let counts = Counts {
            holds: 3,
            holds_lapsed: 1,
            orders: 2,
            orders_confirmed: 2,
            sold: 5,
            ..Counts::default()
        };
        let show = ShowSummary {
            event_id: "event_1".into(),
            name: "Hamlet".into(),
            counts,
            state_hash: "ab".into(),
        };
        let summary =
            Summary { position: 12, events: 12, streams: 4, state_hash: "cd".into(), shows: vec![show] };
        assert_eq!(
            summary.in_words(Duration::from_millis(20)),
            "Hamlet  event_1\n  3 holds: 0 live, 1 lapsed, 0 let go\n  2 orders: 2 confirmed, 5 tickets sold, 0 checked in\n  \
             state ab\nReplayed 12 events up to position 12 in 0.02 s.\nstate hash cd"
        );
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(json.pointer("/shows/0/sold"), Some(&5.into()));
    }
}
