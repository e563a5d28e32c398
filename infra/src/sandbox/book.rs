//! The payments that the sandbox has in memory: those with something left to do or to tell, and the latest.
//!
//! Memory decides, the file remembers: a payment changes here first and is put in line to be written, and nobody
//! is answered before it is. What is evicted is written and has nothing left to do.

use std::collections::{BTreeSet, HashMap, VecDeque};

use boxoffice_domain::id::PaymentId;
use boxoffice_domain::time::Timestamp;

use super::payment::Payment;

/// Payments by id, and by when they next have something to do.
#[derive(Debug, Default)]
pub(super) struct Book {
    payments: HashMap<PaymentId, Payment>,
    due: BTreeSet<(Timestamp, PaymentId)>,
    /// In the order in which they came.
    order: VecDeque<PaymentId>,
    /// The greatest id that the file may have and memory does not. Ids grow with time, so a new one is greater.
    forgotten: Option<PaymentId>,
}

impl Book {
    pub(super) fn with_forgotten(forgotten: Option<PaymentId>) -> Self {
        Self { forgotten, ..Self::default() }
    }

    pub(super) fn get(&self, payment: PaymentId) -> Option<&Payment> {
        self.payments.get(&payment)
    }

    /// Whether the file has to be asked for a payment that is not here.
    pub(super) fn may_be_forgotten(&self, payment: PaymentId) -> bool {
        self.forgotten.is_some_and(|forgotten| payment <= forgotten)
    }

    /// Takes a payment in, new or changed.
    pub(super) fn put(&mut self, payment: Payment) {
        let (id, due_at) = (payment.id, payment.due_at());
        let before = self.payments.insert(id, payment);
        if before.is_none() {
            self.order.push_back(id);
        }
        if let Some(due_at) = before.and_then(|before| before.due_at()) {
            self.due.remove(&(due_at, id));
        }
        if let Some(due_at) = due_at {
            self.due.insert((due_at, id));
        }
    }

    /// Payments that have something to do by `now`, the earliest first.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = &Payment> {
        let due = self.due.iter().take_while(move |(due_at, _)| *due_at <= now);
        due.filter_map(|(_, id)| self.payments.get(id))
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(due_at, _)| *due_at)
    }

    /// Lets the oldest go until `max` are left. Those with something to do, and those that `is_waiting` to be
    /// written, stay.
    pub(super) fn evict(&mut self, max: usize, is_waiting: impl Fn(&PaymentId) -> bool) {
        let looked_at = self.order.len().saturating_sub(max);
        for _ in 0..looked_at {
            let Some(id) = self.order.pop_front() else { return };
            let has_to_stay = self.payments.get(&id).is_some_and(|payment| payment.due_at().is_some());
            if has_to_stay || is_waiting(&id) {
                self.order.push_back(id);
            } else {
                self.payments.remove(&id);
                self.forgotten = self.forgotten.max(Some(id));
            }
        }
    }
}
