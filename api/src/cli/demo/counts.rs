//! What happened so far, counted.

use std::collections::VecDeque;

use boxoffice_domain::money::{Currency, Minor};

use serde::Serialize;

use crate::cli::words;

/// What all demo shows sell in.
pub(super) const CURRENCY: &str = "EUR";

/// How many seconds of rates are kept.
const RATES: usize = 60;

/// Numbers of the whole demo.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Counts {
    /// Holds that were placed.
    pub(super) holds: u64,
    /// Holds whose seats the box office chose.
    pub(super) best: u64,
    /// Holds that lapsed.
    pub(super) lapsed: u64,
    /// Holds that were let go.
    pub(super) released: u64,
    /// Buyers whose seats somebody else had.
    pub(super) beaten: u64,
    /// Orders that were placed.
    pub(super) orders: u64,
    /// Orders whose tickets were issued.
    pub(super) confirmed: u64,
    /// Orders that were cancelled.
    pub(super) cancelled: u64,
    /// What was captured.
    pub(super) sales: Minor,
    /// Payments that were declined.
    pub(super) declined: u64,
    /// Captures that failed.
    pub(super) capture_failed: u64,
    /// Payments that came late and found their seats free.
    pub(super) reclaimed: u64,
    /// Payments that came late, or for nothing, and are let go.
    pub(super) voided: u64,
    /// Fees in what confirmed orders come to.
    pub(super) fees: Minor,
    /// What has to go back for tickets that were given back.
    pub(super) refunds: Minor,
    /// Tickets that were given back.
    pub(super) given_back: u64,
    /// Tickets that somebody else has now.
    pub(super) passed_on: u64,
    /// Tickets that were issued.
    pub(super) tickets: u64,
    /// Tickets that were let in.
    pub(super) admitted: u64,
    /// Scans that were turned away.
    pub(super) turned_away: u64,
    /// Answers that nobody expected.
    pub(super) surprises: u64,
    /// Holds in each of the last seconds, the latest last.
    #[serde(skip)]
    pub(super) rates: VecDeque<u64>,
}

impl Counts {
    /// `1,234.50 EUR`
    pub(super) fn sales_in_words(&self) -> String {
        in_words(self.sales)
    }

    /// A second has passed in which so many holds were placed.
    pub(super) fn second(&mut self, holds: u64) {
        if self.rates.len() >= RATES {
            self.rates.pop_front();
        }
        self.rates.push_back(holds);
    }
}

/// An amount in the demo's currency.
pub(super) fn in_words(amount: Minor) -> String {
    let currency: Result<Currency, _> = CURRENCY.parse();
    currency.map_or_else(|_| words::count(amount), |currency| words::money(amount, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_last_minute() {
        let mut counts = Counts::default();
        (0..100).for_each(|holds| counts.second(holds));
        assert_eq!(
            (counts.rates.len(), counts.rates.front(), counts.rates.back()),
            (60, Some(&40), Some(&99))
        );
        assert_eq!(in_words(123_450), "1,234.50 EUR");
    }
}
