//! What the log says about a measurement: a figure counts only if everything that was answered is in it, and nothing
//! that was not.

use serde::Serialize;

use crate::cli::audit::{self, verdict_of_log};
use crate::cli::failed::Failed;
use crate::cli::{Threads, block_on, words};
use crate::settings::LogPlace;

/// How many events are read at once.
const PAGE: usize = 5_000;

/// What became of requests: answers that said yes, or events of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// Holds placed.
    pub(super) holds: u64,
    /// Orders placed.
    pub(super) orders: u64,
    /// Payments begun.
    pub(super) payments: u64,
    /// Orders whose tickets were issued.
    pub(super) ticketed: u64,
}

impl Counts {
    /// More of them.
    pub(super) fn add(&mut self, more: Self) {
        self.holds += more.holds;
        self.orders += more.orders;
        self.payments += more.payments;
        self.ticketed += more.ticketed;
    }

    fn count(&mut self, event_type: &str) {
        match event_type {
            "hold_placed" => self.holds += 1,
            "order_placed" => self.orders += 1,
            "payment_started" => self.payments += 1,
            "tickets_issued" => self.ticketed += 1,
            _ => {}
        }
    }

    fn named(self) -> [(&'static str, u64); 4] {
        let Self { holds, orders, payments, ticketed } = self;
        [("holds", holds), ("orders", orders), ("payments", payments), ("orders with tickets", ticketed)]
    }
}

/// What was answered, beside what the log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Evidence {
    /// What was answered from the first request to the last, warm-up included.
    answered: Counts,
    /// What is in the log.
    in_log: Counts,
    /// Whether the independent checker finds the log sound.
    audit_ok: bool,
}

/// Reads and verifies a log. Call it where blocking is allowed.
pub(super) fn gather(place: &LogPlace, answered: Counts) -> Result<Evidence, Failed> {
    let in_log = block_on(Threads::One, count(place))?;
    Ok(Evidence { answered, in_log, audit_ok: verdict_of_log(place)?.report.is_ok() })
}

async fn count(place: &LogPlace) -> Result<Counts, Failed> {
    let log = audit::open(place).await?;
    let (mut counts, mut after) = (Counts::default(), 0);
    loop {
        let page = log.read(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(counts) };
        after = last.position;
        for event in &page {
            counts.count(&event.event_type);
        }
    }
}

impl Evidence {
    /// Whether the log has exactly what was answered, and is sound.
    pub(super) fn agrees(&self) -> bool {
        self.answered == self.in_log && self.audit_ok
    }

    /// The evidence for people.
    pub(super) fn in_words(&self) -> String {
        let pairs = self.answered.named().into_iter().zip(self.in_log.named());
        let pairs = pairs.filter(|((_, answered), (_, logged))| answered + logged > 0);
        let mut parts: Vec<String> = pairs
            .map(|((what, answered), (_, logged))| {
                let not = if answered == logged { "" } else { ", which is NOT the same" };
                format!(
                    "{} {what} answered, {} in the log{not}",
                    words::count(answered),
                    words::count(logged)
                )
            })
            .collect();
        parts.push(if self.audit_ok { "the log is sound" } else { "the log is NOT sound" }.to_owned());
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_by_what_they_answer() {
        let mut counts = Counts::default();
        for event in ["hold_placed", "hold_placed", "order_placed", "tickets_issued", "hold_released"] {
            counts.count(event);
        }
        assert_eq!(counts, Counts { holds: 2, orders: 1, payments: 0, ticketed: 1 });
    }

    #[test]
    fn one_answer_that_the_log_does_not_have_is_too_many() {
        let in_log = Counts { holds: 1_000, ..Counts::default() };
        let agreeing = Evidence { answered: in_log, in_log, audit_ok: true };
        assert!(agreeing.agrees());
        assert_eq!(agreeing.in_words(), "1,000 holds answered, 1,000 in the log; the log is sound");

        let lost = Evidence { answered: Counts { holds: 1_001, ..in_log }, ..agreeing.clone() };
        assert!(!lost.agrees());
        assert!(lost.in_words().starts_with("1,001 holds answered, 1,000 in the log, which is NOT the same"));
        let invented = Evidence { in_log: Counts { orders: 1, ..in_log }, ..agreeing.clone() };
        assert!(!invented.agrees());
        let unsound = Evidence { audit_ok: false, ..agreeing };
        assert!(!unsound.agrees() && unsound.in_words().ends_with("NOT sound"));
    }
}
