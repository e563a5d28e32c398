//! What an organizer changes while a show sells.

use super::inventory::Inventory;
use crate::rule::{Rule, Verdict};

impl Inventory {
    pub(super) fn pause(&mut self) -> Verdict {
        self.turn(true, "it is paused")
    }

    pub(super) fn resume(&mut self) -> Verdict {
        self.turn(false, "it is not paused")
    }

    fn turn(&mut self, paused: bool, told: &str) -> Verdict {
        Rule::PauseOfPublished.holds(self.published, || "it is a draft".to_owned())?;
        Rule::PauseTurns.holds(self.paused != paused, || told.to_owned())?;
        self.paused = paused;
        Ok(())
    }
}
