//! Fees, taxes and what buyers have: what must come of the commands, and whether what came may.

use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::TicketTypeId;
use boxoffice_domain::inventory::event::{FeeRemoved, TaxRemoved};
use boxoffice_domain::inventory::{InventoryCommand, InventoryEvent, InventoryRefused};
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::{Bought, BoughtState, Checked, Judged, Reference, exactly};

impl Reference {
    pub(super) fn judge_charge(&self, command: &InventoryCommand) -> Judged {
        match command {
            InventoryCommand::AddFee(c) => {
                self.judge_addition(&c.added.fee.to_string(), &c.added.ticket_types, c.added.clone().into())
            }
            InventoryCommand::AddTax(c) => {
                self.judge_addition(&c.added.tax.to_string(), &c.added.ticket_types, c.added.clone().into())
            }
            InventoryCommand::RemoveFee(c) => {
                let is_there = self.tariff.fee(c.fee).is_some();
                self.judge_removed(is_there, &c.fee.to_string(), FeeRemoved { fee: c.fee }.into())
            }
            InventoryCommand::RemoveTax(c) => {
                let is_there = self.tariff.tax(c.tax).is_some();
                self.judge_removed(is_there, &c.tax.to_string(), TaxRemoved { tax: c.tax }.into())
            }
            other => panic!("{other:?} is about no fee and no tax"),
        }
    }

    fn judge_addition(&self, id: &str, types: &[TicketTypeId], event: InventoryEvent) -> Judged {
        self.drafted()?;
        if self.charged.contains(id) {
            return Err(InventoryRefused::Exists);
        }
        if let Some(unknown) = types.iter().find(|id| self.ticket_type(**id).is_none()) {
            return Err(InventoryRefused::UnknownTicketType(*unknown));
        }
        exactly([event])
    }

    fn judge_removed(&self, is_there: bool, id: &str, event: InventoryEvent) -> Judged {
        match is_there {
            true => exactly([event]),
            false if self.charged.contains(id) => exactly([]),
            false => Err(InventoryRefused::UnknownCharge),
        }
    }

    pub(super) fn record_charge(&mut self, event: &InventoryEvent) -> Checked {
        self.tariff_index += 1;
        match event {
            InventoryEvent::FeeAdded(e) => {
                prop_assert!(self.tariff.fee(e.fee).is_none(), "{} exists", e.fee);
                self.charged.insert(e.fee.to_string());
                self.tariff.fees.push(e.clone());
            }
            InventoryEvent::FeeRemoved(e) => {
                prop_assert!(self.tariff.fee(e.fee).is_some(), "there is no {}", e.fee);
                self.tariff.fees.retain(|fee| fee.fee != e.fee);
            }
            InventoryEvent::TaxAdded(e) => {
                prop_assert!(self.tariff.tax(e.tax).is_none(), "{} exists", e.tax);
                self.charged.insert(e.tax.to_string());
                self.tariff.taxes.push(e.clone());
            }
            InventoryEvent::TaxRemoved(e) => {
                prop_assert!(self.tariff.tax(e.tax).is_some(), "there is no {}", e.tax);
                self.tariff.taxes.retain(|tax| tax.tax != e.tax);
            }
            other => panic!("{other:?} is no fee and no tax"),
        }
        Ok(())
    }

    /// How many tickets a buyer has in orders that are not over.
    pub(super) fn has(&self, buyer: Digest, now: Timestamp) -> usize {
        let theirs = self.orders.iter().filter(|order| order.buyer_key == Some(buyer));
        let open = |order: &&Bought| match order.state {
            BoughtState::Waiting => self.hold(order.hold).is_some_and(|hold| hold.live(now)),
            BoughtState::Secured(_) | BoughtState::Ticketed(_) => true,
            BoughtState::Cancelled => false,
        };
        theirs.filter(open).map(|order| order.live().len()).sum()
    }
}
