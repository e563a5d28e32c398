//! A show that does not take place: how far its orders have been ended, and the money that goes back for it.

use std::collections::BTreeSet;

use boxoffice_domain::id::RefundId;
use boxoffice_domain::inventory::event::{InventoryCancelled, RefundDue, RefundReason};
use boxoffice_domain::money::Minor;
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How a show that was cancelled is wound up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Why, as the organizer puts it.
    pub reason: Option<String>,
    /// When it was cancelled.
    pub at: Timestamp,
    /// How many orders are to be ended in all.
    pub orders: u32,
    /// How many have been.
    pub ended: u32,
    /// When an order was ended last, or a refund made or refused.
    pub last_at: Timestamp,
    /// Refunds that the provider is to make.
    due: BTreeSet<RefundId>,
    /// Refunds that it could not make.
    failed: BTreeSet<RefundId>,
    /// How many refunds it has made.
    pub made: u32,
    /// What all refunds come to, in minor units.
    pub amount: Minor,
}

impl Ending {
    pub(super) fn of(cancelled: &InventoryCancelled, at: Timestamp) -> Self {
        Self {
            reason: cancelled.reason.clone(),
            at,
            orders: cancelled.orders,
            ended: 0,
            last_at: at,
            due: BTreeSet::new(),
            failed: BTreeSet::new(),
            made: 0,
            amount: 0,
        }
    }

    /// How many refunds the provider is still to make.
    #[must_use]
    pub fn refunds_due(&self) -> usize {
        self.due.len()
    }

    /// How many refunds it could not make.
    #[must_use]
    pub fn refunds_failed(&self) -> usize {
        self.failed.len()
    }

    /// Whether nothing is left to be done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ended >= self.orders && self.due.is_empty()
    }

    pub(super) fn order_ends(&mut self) {
        self.ended = self.ended.saturating_add(1);
    }

    pub(super) fn refund_due(&mut self, due: &RefundDue) {
        if due.reason == RefundReason::ShowCancelled && self.due.insert(due.refund) {
            self.amount = self.amount.saturating_add(due.amount);
        }
    }

    pub(super) fn refund_made(&mut self, refund: RefundId) {
        if self.due.remove(&refund) {
            self.made = self.made.saturating_add(1);
        }
    }

    pub(super) fn refund_failed(&mut self, refund: RefundId) {
        if self.due.remove(&refund) {
            self.failed.insert(refund);
        }
    }

    pub(super) fn refund_retried(&mut self, refund: RefundId) {
        if self.failed.remove(&refund) {
            self.due.insert(refund);
        }
    }
}
