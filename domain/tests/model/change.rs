//! What an organizer changes while a show sells.

use boxoffice_domain::inventory::event::*;
use boxoffice_domain::inventory::{InventoryCommand, InventoryRefused};
use proptest::prelude::*;

use super::{Checked, Judged, Reference, exactly};

impl Reference {
    pub(super) fn judge_change(&self, command: &InventoryCommand) -> Judged {
        match command {
            InventoryCommand::PauseSale(c) => {
                self.sellable()?;
                let event = SalePaused { reason: c.reason.clone() }.into();
                if self.paused { exactly([]) } else { exactly([event]) }
            }
            InventoryCommand::ResumeSale => {
                self.sellable()?;
                if self.paused { exactly([SaleResumed {}.into()]) } else { exactly([]) }
            }
            _ => panic!("{command:?} is no change"),
        }
    }

    fn sellable(&self) -> Result<(), InventoryRefused> {
        self.drafted()?;
        if self.published { Ok(()) } else { Err(InventoryRefused::NotPublished) }
    }

    pub(super) fn record_change(&mut self, event: &InventoryEvent) -> Checked {
        match event {
            InventoryEvent::SalePaused(_) => {
                prop_assert!(self.published && !self.paused);
                self.paused = true;
            }
            InventoryEvent::SaleResumed(_) => {
                prop_assert!(self.published && self.paused);
                self.paused = false;
            }
            _ => panic!("{event:?} is no change"),
        }
        Ok(())
    }
}
