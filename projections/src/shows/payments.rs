//! Who waits for news of a payment, and is told when an event has brought some.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use boxoffice_domain::id::PaymentId;
use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::Position;
use tokio::sync::watch;

use crate::orders::PaymentStatus;

/// Payments that somebody waits for.
#[derive(Debug, Clone, Default)]
pub struct PaymentNews(Arc<Mutex<HashMap<PaymentId, watch::Sender<News>>>>);

/// An event about a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// Where it stands in the log.
    pub position: Position,
    /// How the payment stands after it.
    pub status: PaymentStatus,
}

/// Tells the last event about a payment, from when this was made. Over once it is dropped.
#[derive(Debug)]
pub struct PaymentWatch {
    news: PaymentNews,
    payment: PaymentId,
    latest: watch::Receiver<News>,
}

impl PaymentNews {
    /// Watches a payment from now on.
    #[must_use]
    pub fn watch(&self, payment: PaymentId) -> PaymentWatch {
        let nothing = News { position: 0, status: PaymentStatus::Pending };
        let latest = self.lock().entry(payment).or_insert_with(|| watch::Sender::new(nothing)).subscribe();
        PaymentWatch { news: self.clone(), payment, latest }
    }

    pub(crate) fn tell(&self, event: &InventoryEvent, position: Position) {
        let Some((payment, status)) = news_of(event) else { return };
        if let Some(waiting) = self.lock().get(&payment) {
            waiting.send_replace(News { position, status });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PaymentId, watch::Sender<News>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PaymentWatch {
    /// The next event about the payment; the last one where several have come.
    pub async fn next(&mut self) -> News {
        // The sender lives as long as this.
        let _ = self.latest.changed().await;
        *self.latest.borrow_and_update()
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

fn news_of(event: &InventoryEvent) -> Option<(PaymentId, PaymentStatus)> {
    Some(match event {
        InventoryEvent::PaymentStarted(fact) => (fact.payment, PaymentStatus::Pending),
        InventoryEvent::PaymentActionRequired(fact) => (fact.payment, PaymentStatus::RequiresAction),
        InventoryEvent::PaymentAuthorised(fact) => (fact.payment, PaymentStatus::Authorised),
        InventoryEvent::PaymentDeclined(fact) => (fact.payment, PaymentStatus::Declined),
        InventoryEvent::PaymentCaptured(fact) => (fact.payment, PaymentStatus::Captured),
        InventoryEvent::PaymentCaptureFailed(fact) => (fact.payment, PaymentStatus::CaptureFailed),
        InventoryEvent::PaymentVoidDue(fact) => (fact.payment, PaymentStatus::VoidDue),
        InventoryEvent::PaymentLapsed(fact) => (fact.payment, PaymentStatus::Lapsed),
        InventoryEvent::PaymentVoided(fact) => (fact.payment, PaymentStatus::Voided),
        InventoryEvent::PaymentDisputed(fact) => (fact.payment, PaymentStatus::Disputed),
        InventoryEvent::InventoryDrafted(_)
        | InventoryEvent::PoolAdded(_)
        | InventoryEvent::TicketTypeAdded(_)
        | InventoryEvent::FeeAdded(_)
        | InventoryEvent::FeeRemoved(_)
        | InventoryEvent::TaxAdded(_)
        | InventoryEvent::TaxRemoved(_)
        | InventoryEvent::InventoryPublished(_)
        | InventoryEvent::SaleWindowChanged(_)
        | InventoryEvent::PlanReplaced(_)
        | InventoryEvent::TicketTypeChanged(_)
        | InventoryEvent::InventoryRescheduled(_)
        | InventoryEvent::SalePaused(_)
        | InventoryEvent::SaleResumed(_)
        | InventoryEvent::PoolCapacityChanged(_)
        | InventoryEvent::BlockPlaced(_)
        | InventoryEvent::BlockReleased(_)
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
        | InventoryEvent::TicketsIssued(_)
        | InventoryEvent::RefundPolicyChanged(_)
        | InventoryEvent::TicketsReturned(_)
        | InventoryEvent::RefundDue(_)
        | InventoryEvent::RefundMade(_)
        | InventoryEvent::RefundFailed(_)
        | InventoryEvent::RefundRetried(_)
        | InventoryEvent::TransferOffered(_)
        | InventoryEvent::TransferAccepted(_)
        | InventoryEvent::TransferEnded(_)
        | InventoryEvent::InventoryCancelled(_) => return None,
    })
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
        assert_eq!(watch.next().await, News { position: 9, status: PaymentStatus::Authorised });
        news.tell(&captured(1), 11);
        let again = news.watch(payment(1));
        drop(watch);
        assert_eq!(news.lock().len(), 1, "somebody still waits");
        drop(again);
        assert_eq!(news.lock().len(), 0);
        news.tell(&captured(1), 12);
    }
}
