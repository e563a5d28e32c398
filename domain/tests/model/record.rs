//! What each event does, and whether it may.

use boxoffice_domain::id::{HoldId, OrderId, PaymentId};
use boxoffice_domain::inventory::InventoryEvent;
use boxoffice_domain::inventory::event::{
    CancelReason, HoldItemsRemoved, HoldPlaced, OrderCancelled, OrderSecured, TicketsIssued,
};
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::{Bought, BoughtState, Checked, Held, HeldState, Paying, PayingState, Reference};

impl Reference {
    pub(crate) fn record(&mut self, event: &InventoryEvent, now: Timestamp) -> Checked {
        match event {
            InventoryEvent::InventoryDrafted(e) => self.terms = Some(e.clone()),
            InventoryEvent::PoolAdded(e) => {
                self.pools.push((e.pool, e.capacity));
                self.pool_names.push(e.name.clone());
            }
            InventoryEvent::TicketTypeAdded(e) => self.types.push(e.clone()),
            InventoryEvent::FeeAdded(_)
            | InventoryEvent::FeeRemoved(_)
            | InventoryEvent::TaxAdded(_)
            | InventoryEvent::TaxRemoved(_) => self.record_charge(event)?,
            InventoryEvent::InventoryPublished(_) => self.published = true,
            InventoryEvent::HoldPlaced(e) => self.record_hold(e)?,
            InventoryEvent::HoldItemsAdded(e) => {
                self.live_hold(e.hold, HeldState::Choosing, now)?.items.extend(e.items.iter().cloned());
            }
            InventoryEvent::HoldItemsRemoved(e) => self.record_removal(e, now)?,
            InventoryEvent::HoldExtended(e) => {
                let hold = self.live_hold(e.hold, HeldState::Choosing, now)?;
                prop_assert!(hold.until < e.expires_at && e.expires_at <= hold.limit);
                hold.until = e.expires_at;
            }
            InventoryEvent::HoldReleased(e) => {
                self.live_hold(e.hold, HeldState::Choosing, now)?.state = HeldState::LetGo;
            }
            InventoryEvent::HoldExpired(e) => {
                let hold = self.hold_mut(e.hold)?;
                prop_assert!(
                    matches!(hold.state, HeldState::Choosing | HeldState::Ordered),
                    "{:?} lapses",
                    hold
                );
                prop_assert!(hold.until <= now, "{:?} lapses early", hold);
                hold.state = HeldState::Expired;
            }
            InventoryEvent::OrderPlaced(e) => {
                self.live_hold(e.hold, HeldState::Choosing, now)?.state = HeldState::Ordered;
                let policy = self.terms.as_ref().and_then(|terms| terms.refund_policy);
                self.orders.push(Bought {
                    id: e.order,
                    hold: e.hold,
                    items: e.items.clone(),
                    shares: e.shares.clone(),
                    total: e.total,
                    buyer_key: e.buyer_key,
                    policy,
                    gone: Vec::new(),
                    kept: 0,
                    state: BoughtState::Waiting,
                });
            }
            InventoryEvent::OrderCancelled(e) => self.record_cancellation(e, now)?,
            InventoryEvent::HoldReclaimed(e) => {
                let order = self.order_mut(e.order)?;
                prop_assert_eq!((order.hold, order.state), (e.hold, BoughtState::Waiting));
                let hold = self.hold_mut(e.hold)?;
                prop_assert_eq!((hold.state, hold.bereft), (HeldState::Expired, false));
                hold.state = HeldState::Reclaimed;
            }
            InventoryEvent::OrderSecured(e) => self.record_security(e, now)?,
            InventoryEvent::PaymentStarted(_)
            | InventoryEvent::PaymentActionRequired(_)
            | InventoryEvent::PaymentAuthorised(_)
            | InventoryEvent::PaymentDeclined(_)
            | InventoryEvent::PaymentCaptured(_)
            | InventoryEvent::PaymentCaptureFailed(_)
            | InventoryEvent::PaymentVoidDue(_)
            | InventoryEvent::PaymentVoided(_)
            | InventoryEvent::PaymentLapsed(_)
            | InventoryEvent::PaymentDisputed(_) => self.record_payment(event, now)?,
            InventoryEvent::TicketsIssued(e) => self.record_tickets(e)?,
            InventoryEvent::RefundPolicyChanged(_)
            | InventoryEvent::TicketsReturned(_)
            | InventoryEvent::RefundDue(_)
            | InventoryEvent::RefundMade(_)
            | InventoryEvent::RefundFailed(_)
            | InventoryEvent::RefundRetried(_)
            | InventoryEvent::InventoryCancelled(_) => self.record_giving_back(event)?,
            InventoryEvent::TransferOffered(_)
            | InventoryEvent::TransferAccepted(_)
            | InventoryEvent::TransferEnded(_) => self.record_passing_on(event)?,
            change => self.record_change(change, now)?,
        }
        self.check()
    }

    fn record_payment(&mut self, event: &InventoryEvent, now: Timestamp) -> Checked {
        match event {
            InventoryEvent::PaymentStarted(e) => {
                prop_assert!(self.payment(e.payment).is_none(), "{} exists", e.payment);
                let (id, order, amount) = (e.payment, e.order, e.amount);
                let (reserved_at, state) = (None, PayingState::Started);
                self.payments.push(Paying { id, order, amount, reserved_at, state });
            }
            InventoryEvent::PaymentActionRequired(e) => {
                self.pays(e.payment, e.order, &[PayingState::Started], PayingState::ActionRequired)?;
            }
            InventoryEvent::PaymentAuthorised(e) => {
                let from = [PayingState::Started, PayingState::ActionRequired, PayingState::Declined];
                let payment = self.pays(e.payment, e.order, &from, PayingState::Authorised)?;
                (payment.amount, payment.reserved_at) = (e.amount, Some(e.authorised_at));
                prop_assert!(e.authorised_at <= now, "{} knows the future", e.payment);
            }
            InventoryEvent::PaymentDeclined(e) => {
                let from = [PayingState::Started, PayingState::ActionRequired];
                self.pays(e.payment, e.order, &from, PayingState::Declined)?;
            }
            InventoryEvent::PaymentCaptured(e) => {
                let from = [PayingState::Settled, PayingState::CaptureFailed];
                let payment = self.pays(e.payment, e.order, &from, PayingState::Captured)?;
                prop_assert!(e.amount <= payment.amount, "{:?} of {:?}", e.amount, payment);
                let total = self.order(e.order).map(|order| order.total);
                prop_assert_eq!(total, Some(e.amount));
            }
            InventoryEvent::PaymentCaptureFailed(e) => {
                self.pays(e.payment, e.order, &[PayingState::Settled], PayingState::CaptureFailed)?;
            }
            InventoryEvent::PaymentLapsed(e) => {
                self.pays(e.payment, e.order, &[PayingState::Authorised], PayingState::Lapsed)?;
            }
            InventoryEvent::PaymentVoidDue(e) => {
                self.pays(e.payment, e.order, &[PayingState::Authorised], PayingState::VoidDue)?;
            }
            InventoryEvent::PaymentVoided(e) => {
                self.pays(e.payment, e.order, &[PayingState::VoidDue], PayingState::Voided)?;
            }
            InventoryEvent::PaymentDisputed(e) => {
                self.pays(e.payment, e.order, &[PayingState::Captured], PayingState::Disputed)?;
            }
            other => panic!("{other:?} is no payment"),
        }
        Ok(())
    }

    fn record_hold(&mut self, event: &HoldPlaced) -> Checked {
        prop_assert!(self.hold(event.hold).is_none(), "{} exists", event.hold);
        self.holds.push(Held {
            id: event.hold,
            items: event.items.clone(),
            until: event.expires_at,
            limit: event.max_expires_at,
            tariff: self.tariff.clone(),
            state: HeldState::Choosing,
            bereft: false,
        });
        Ok(())
    }

    fn record_removal(&mut self, event: &HoldItemsRemoved, now: Timestamp) -> Checked {
        let hold = self.live_hold(event.hold, HeldState::Choosing, now)?;
        for item in &event.items {
            let index = hold.items.iter().position(|has| has == item);
            prop_assert!(index.is_some(), "{} does not have {:?}", event.hold, item);
            hold.items.remove(index.unwrap());
        }
        Ok(())
    }

    pub(super) fn hold_mut(&mut self, id: HoldId) -> Result<&mut Held, TestCaseError> {
        self.holds
            .iter_mut()
            .find(|hold| hold.id == id)
            .ok_or_else(|| TestCaseError::fail(format!("{id} was never placed")))
    }

    pub(super) fn order_mut(&mut self, id: OrderId) -> Result<&mut Bought, TestCaseError> {
        self.orders
            .iter_mut()
            .find(|order| order.id == id)
            .ok_or_else(|| TestCaseError::fail(format!("{id} was never placed")))
    }

    fn live_hold(
        &mut self,
        id: HoldId,
        state: HeldState,
        now: Timestamp,
    ) -> Result<&mut Held, TestCaseError> {
        let hold = self.hold_mut(id)?;
        prop_assert!(hold.state == state && hold.live(now), "{:?} is named at {}", hold, now);
        Ok(hold)
    }

    fn pays(
        &mut self,
        id: PaymentId,
        order: OrderId,
        from: &[PayingState],
        to: PayingState,
    ) -> Result<&mut Paying, TestCaseError> {
        let payment = self.payments.iter_mut().find(|payment| payment.id == id);
        let payment = payment.ok_or_else(|| TestCaseError::fail(format!("{id} was never started")))?;
        prop_assert_eq!(payment.order, order);
        prop_assert!(from.contains(&payment.state), "{:?} becomes {:?}", payment, to);
        payment.state = to;
        Ok(payment)
    }

    fn record_cancellation(&mut self, event: &OrderCancelled, now: Timestamp) -> Checked {
        let order = self.order(event.order).cloned();
        prop_assert!(order.as_ref().is_some_and(|order| order.hold == event.hold));
        match (event.reason, order.map(|order| order.state)) {
            (CancelReason::Requested, Some(BoughtState::Waiting)) => {
                self.live_hold(event.hold, HeldState::Ordered, now)?.state = HeldState::LetGo;
            }
            (CancelReason::CaptureFailed, Some(BoughtState::Secured(Some(by)))) => {
                prop_assert_eq!(self.payment(by).map(|known| known.state), Some(PayingState::CaptureFailed));
                self.live_hold(event.hold, HeldState::Kept, now)?.state = HeldState::LetGo;
            }
            (reason, state) => prop_assert!(false, "an order that is {:?} is cancelled: {:?}", state, reason),
        }
        self.order_mut(event.order)?.state = BoughtState::Cancelled;
        Ok(())
    }

    fn record_security(&mut self, event: &OrderSecured, now: Timestamp) -> Checked {
        let order = self.order_mut(event.order)?;
        prop_assert_eq!((order.hold, order.state), (event.hold, BoughtState::Waiting));
        order.state = BoughtState::Secured(event.payment);
        let total = order.total;
        match event.payment {
            None => prop_assert_eq!(total, 0),
            Some(payment) => {
                let from = [PayingState::Authorised];
                prop_assert!(self.pays(payment, event.order, &from, PayingState::Settled)?.amount >= total);
            }
        }
        let hold = self.hold_mut(event.hold)?;
        let live = hold.state == HeldState::Ordered && hold.live(now);
        prop_assert!(live || hold.state == HeldState::Reclaimed, "{:?} is secured at {}", hold, now);
        hold.state = HeldState::Kept;
        Ok(())
    }

    /// Every ticket belongs to a secured order that is paid or free, and is issued once.
    fn record_tickets(&mut self, event: &TicketsIssued) -> Checked {
        let order = self.order_mut(event.order)?;
        prop_assert_eq!(&event.tickets, &order.items);
        let BoughtState::Secured(by) = order.state else {
            return Err(TestCaseError::fail(format!("tickets for {order:?}")));
        };
        order.state = BoughtState::Ticketed(by);
        let (total, kept) = (order.total, order.hold);
        prop_assert_eq!(self.hold(kept).map(|hold| hold.state), Some(HeldState::Kept));
        match by {
            None => prop_assert_eq!(total, 0),
            Some(payment) => {
                let paid = self.payment(payment).map(|known| (known.state, known.amount));
                let is_paid = |(state, amount)| state == PayingState::Captured && amount >= total;
                prop_assert!(paid.is_some_and(is_paid), "{:?} of {}", paid, total);
            }
        }
        for item in &event.tickets {
            prop_assert!(self.tickets.insert(item.ticket), "{} is issued twice", item.ticket);
        }
        Ok(())
    }
}
