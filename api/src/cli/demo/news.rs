//! What happened lately, in words. So much happens that only a few things can be told: of several at once, the kind
//! that was told longest ago.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many are kept.
const KEPT: usize = 32;

/// How news is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Just so.
    Plain,
    /// Somebody is happy.
    Good,
    /// It may end well.
    Hopeful,
    /// Somebody is not.
    Bad,
}

/// A thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    /// How it is meant.
    pub(super) tone: Tone,
    /// What kind of thing it is, in a word or two.
    pub(super) what: &'static str,
    /// What happened.
    pub(super) text: String,
}

/// What is told.
#[derive(Debug, Default)]
pub(super) struct Bulletin {
    told: VecDeque<News>,
    /// When each kind was told last, counted in news.
    last: HashMap<&'static str, u64>,
    number: u64,
    /// One of each kind that happened since something was told.
    pending: Vec<News>,
}

impl Bulletin {
    /// Something happened. The first of its kind is kept until something is told again.
    pub(super) fn happened(&mut self, tone: Tone, what: &'static str, text: impl FnOnce() -> String) {
        if self.pending.iter().all(|news| news.what != what) {
            self.pending.push(News { tone, what, text: text() });
        }
    }

    /// Tells what was not told for longest.
    pub(super) fn tell(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        let longest_ago = |news: &&News| self.last.get(news.what).copied().unwrap_or_default();
        let Some(what) = pending.iter().min_by_key(longest_ago).map(|news| news.what) else { return };
        pending.retain(|news| news.what == what);
        for news in pending {
            self.number += 1;
            self.last.insert(what, self.number);
            if self.told.len() >= KEPT {
                self.told.pop_front();
            }
            self.told.push_back(news);
        }
    }

    /// What was told, the latest last.
    pub(super) fn told(&mut self) -> &[News] {
        self.told.make_contiguous()
    }
}

/// What buyers and gates saw that the log does not have: answers that changed nothing.
#[derive(Debug, Default)]
pub(super) struct Hearsay(Mutex<Heard>);

/// See [`Hearsay`].
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Groups that got the best seats there were.
    pub(super) best: u64,
    /// Seats that somebody else had.
    pub(super) beaten: u64,
    /// Scans that were turned away.
    pub(super) turned_away: u64,
    /// Answers that nobody expected.
    pub(super) surprises: u64,
    /// Some of it in words.
    pub(super) news: Vec<News>,
}

/// How much is kept until somebody listens.
const HEARD_MAX: usize = 8;

impl Hearsay {
    /// A buyer left the choice of seats to the box office.
    pub(super) fn best(&self, seats: &str) {
        self.hear(Tone::Good, "Best seats", || seats.to_owned(), |heard| heard.best += 1);
    }

    /// A buyer found that somebody else had the seats.
    pub(super) fn beaten(&self, seats: &str) {
        let text = || format!("somebody else has {seats}; the buyer looks again");
        self.hear(Tone::Bad, "Beaten to it", text, |heard| heard.beaten += 1);
    }

    /// A gate turned a ticket away.
    pub(super) fn turned_away(&self, why: &str) {
        self.hear(Tone::Bad, "Turned away", || why.to_owned(), |heard| heard.turned_away += 1);
    }

    /// Nobody expected that.
    pub(super) fn surprise(&self, what: &str) {
        tracing::warn!(what, "an answer that the demo did not expect");
        self.hear(Tone::Bad, "Unexpected", || what.to_owned(), |heard| heard.surprises += 1);
    }

    fn hear(
        &self,
        tone: Tone,
        what: &'static str,
        text: impl FnOnce() -> String,
        count: impl FnOnce(&mut Heard),
    ) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        count(&mut heard);
        if heard.news.len() < HEARD_MAX {
            heard.news.push(News { tone, what, text: text() });
        }
    }

    /// What was heard since this was last asked.
    pub(super) fn take(&self) -> Heard {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_take_turns() {
        let mut bulletin = Bulletin::default();
        for _ in 0..3 {
            bulletin.happened(Tone::Plain, "Held", || "a".into());
            bulletin.happened(Tone::Plain, "Held", || "never asked for".into());
            bulletin.happened(Tone::Good, "Sold", || "b".into());
            bulletin.tell();
        }
        let told: Vec<_> = bulletin.told().iter().map(|news| news.what).collect();
        assert_eq!(told, ["Held", "Sold", "Held"]);
        bulletin.tell();
        assert_eq!(bulletin.told().len(), 3, "nothing happened");
    }

    #[test]
    fn hearsay_is_counted_even_where_it_is_not_told() {
        let hearsay = Hearsay::default();
        (0..100).for_each(|_| hearsay.beaten("row A"));
        let heard = hearsay.take();
        assert_eq!((heard.beaten, heard.news.len()), (100, HEARD_MAX));
        assert_eq!(hearsay.take().beaten, 0);
    }
}
