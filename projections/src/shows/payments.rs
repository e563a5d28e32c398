//! Who waits for news of a payment, and is told when an event has brought some.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use boxoffice_domain::id::PaymentId;
use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::Position;
use tokio::sync::watch;

/// Payments that somebody waits for.
#[derive(Debug, Clone, Default)]
pub struct PaymentNews(Arc<Mutex<HashMap<PaymentId, watch::Sender<Position>>>>);

/// Tells the position of the last event about a payment, from when this was made. Over once it is dropped.
#[derive(Debug)]
pub struct PaymentWatch {
    news: PaymentNews,
    payment: PaymentId,
    position: watch::Receiver<Position>,
}

impl PaymentNews {
    /// Watches a payment from now on.
    #[must_use]
    pub fn watch(&self, payment: PaymentId) -> PaymentWatch {
        let position = self.lock().entry(payment).or_insert_with(|| watch::Sender::new(0)).subscribe();
        PaymentWatch { news: self.clone(), payment, position }
    }

    pub(crate) fn tell(&self, event: &InventoryEvent, position: Position) {
        let Some(payment) = payment_of(event) else { return };
        if let Some(waiting) = self.lock().get(&payment) {
            waiting.send_replace(position);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PaymentId, watch::Sender<Position>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PaymentWatch {
    /// The position of the next event about the payment.
    pub async fn next(&mut self) -> Position {
        // The sender lives as long as this.
        let _ = self.position.changed().await;
        *self.position.borrow_and_update()
    }
}

impl Drop for PaymentWatch {
    fn drop(&mut self) {
        let mut waiting = self.news.lock();
        // This one's receiver is still counted.
        if waiting.get(&self.payment).is_some_and(|sender| sender.receiver_count() <= 1) {
            waiting.remove(&self.payment);
        }
    }
}

fn payment_of(event: &InventoryEvent) -> Option<PaymentId> {
    match event {
        InventoryEvent::PaymentStarted(fact) => Some(fact.payment),
        InventoryEvent::PaymentActionRequired(fact) => Some(fact.payment),
        InventoryEvent::PaymentAuthorised(fact) => Some(fact.payment),
        InventoryEvent::PaymentDeclined(fact) => Some(fact.payment),
        InventoryEvent::PaymentCaptured(fact) => Some(fact.payment),
        InventoryEvent::PaymentCaptureFailed(fact) => Some(fact.payment),
        InventoryEvent::PaymentVoidDue(fact) => Some(fact.payment),
        InventoryEvent::PaymentVoided(fact) => Some(fact.payment),
        InventoryEvent::PaymentDisputed(fact) => Some(fact.payment),
        InventoryEvent::InventoryDrafted(_)
        | InventoryEvent::PoolAdded(_)
        | InventoryEvent::TicketTypeAdded(_)
        | InventoryEvent::InventoryPublished(_)
        | InventoryEvent::HoldPlaced(_)
        | InventoryEvent::HoldItemsAdded(_)
        | InventoryEvent::HoldItemsRemoved(_)
        | InventoryEvent::HoldExtended(_)
        | InventoryEvent::HoldReleased(_)
        | InventoryEvent::HoldExpired(_)
        | InventoryEvent::HoldReclaimed(_)
        | InventoryEvent::OrderPlaced(_)
        | InventoryEvent::OrderCancelled(_)
        | InventoryEvent::OrderSecured(_)
        | InventoryEvent::TicketsIssued(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[tokio::test]
    async fn who_waits_is_told_of_its_payment_alone() {
        let news = PaymentNews::default();
        let mut watch = news.watch(payment(1));
        news.tell(&authorised(2, 5), 7);
        news.tell(&hold_released(1), 8);
        news.tell(&authorised(1, 5), 9);
        assert_eq!(watch.next().await, 9);
        news.tell(&captured(1), 11);
        let again = news.watch(payment(1));
        drop(watch);
        assert_eq!(news.lock().len(), 1, "somebody still waits");
        drop(again);
        assert_eq!(news.lock().len(), 0);
        news.tell(&captured(1), 12);
    }
}
