//! How each event of an inventory changes the view, and what the time changes.

use boxoffice_domain::id::OrderId;
use boxoffice_domain::inventory::event::{
    CancelReason, HoldPlaced, InventoryDrafted, InventoryEvent, Item, OrderCancelled, OrderPlaced, PoolAdded,
    ReturnReason, TicketItem, TicketTypeAdded, TicketsReturned,
};
use boxoffice_domain::time::Timestamp;

use super::ShowView;
use super::ending::Ending;
use super::holds::{Hold, Phase};
use super::stock::{Claim, Counts, HoldKey};
use super::terms::{Terms, TicketType};

impl ShowView {
    pub(super) fn fold(&mut self, event: &InventoryEvent, at: Timestamp) {
        match event {
            InventoryEvent::InventoryDrafted(drafted) => self.drafted(drafted),
            InventoryEvent::PoolAdded(added) => self.pool_added(added),
            InventoryEvent::TicketTypeAdded(added) => self.ticket_type_added(added),
            InventoryEvent::FeeAdded(added) => self.tariffs.fee_added(added),
            InventoryEvent::FeeRemoved(removed) => self.tariffs.fee_removed(removed),
            InventoryEvent::TaxAdded(added) => self.tariffs.tax_added(added),
            InventoryEvent::TaxRemoved(removed) => self.tariffs.tax_removed(removed),
            InventoryEvent::InventoryPublished(_) => {
                self.published_at.get_or_insert(at);
                self.announced = self.announced.or(self.terms.as_ref().map(|terms| terms.starts_at));
                self.changes.push(self.position, None);
            }
            InventoryEvent::SaleWindowChanged(changed) => self.terms_change(|terms| {
                (terms.sale_starts_at, terms.sale_ends_at) = (changed.sale_starts_at, changed.sale_ends_at);
            }),
            InventoryEvent::InventoryRescheduled(moved) => {
                self.terms_change(|terms| terms.starts_at = moved.starts_at);
            }
            InventoryEvent::TicketTypeChanged(changed) => {
                self.stock.change_type(changed);
                self.sheet = None;
                self.changes.push(self.position, None);
            }
            InventoryEvent::PlanReplaced(replaced) => self.plan_replaced(replaced),
            InventoryEvent::SalePaused(_) => self.pauses(true),
            InventoryEvent::SaleResumed(_) => self.pauses(false),
            InventoryEvent::PoolCapacityChanged(changed) => {
                self.stock.change_capacity(changed.pool, changed.capacity);
                self.changes.push(self.position, None);
            }
            InventoryEvent::BlockPlaced(placed) => self.block_placed(placed, at),
            InventoryEvent::BlockReleased(released) => self.block_released(released),
            InventoryEvent::HoldPlaced(placed) => self.hold_placed(placed),
            InventoryEvent::HoldItemsAdded(added) => {
                if let Some(key) = self.holds.key(added.hold) {
                    self.items_added(key, &added.items);
                }
            }
            InventoryEvent::HoldItemsRemoved(removed) => {
                if let Some(key) = self.holds.key(removed.hold) {
                    self.items_removed(key, &removed.items);
                }
            }
            InventoryEvent::HoldExtended(extended) => self.turn(self.holds.key(extended.hold), |hold| {
                if hold.phase == Phase::Live {
                    hold.expires_at = extended.expires_at;
                    hold.lapsed = false;
                }
            }),
            InventoryEvent::HoldReleased(released) => {
                self.turn(self.holds.key(released.hold), |hold| hold.ends(Phase::Released));
            }
            InventoryEvent::HoldExpired(expired) => {
                self.turn(self.holds.key(expired.hold), |hold| hold.ends(Phase::Expired));
            }
            InventoryEvent::OrderPlaced(placed) => self.order_placed(placed),
            InventoryEvent::OrderCancelled(cancelled) => self.order_cancelled(cancelled, at),
            InventoryEvent::HoldReclaimed(reclaimed) => {
                self.turn(self.holds.key(reclaimed.hold), |hold| hold.is_reclaimed(reclaimed.order));
            }
            InventoryEvent::OrderSecured(secured) => {
                self.turn(self.holds.key(secured.hold), |hold| hold.is_secured(secured.order));
            }
            InventoryEvent::TicketsIssued(issued) => {
                self.turn(self.holds.key_of_order(issued.order), |hold| hold.phase = Phase::Ticketed);
            }
            InventoryEvent::RefundPolicyChanged(changed) => {
                self.terms_change(|terms| terms.refund_policy = changed.policy);
            }
            InventoryEvent::TicketsReturned(returned) => self.tickets_returned(returned, at),
            InventoryEvent::InventoryCancelled(cancelled) => {
                self.ending.get_or_insert_with(|| Ending::of(cancelled, at));
                self.changes.push(self.position, None);
            }
            InventoryEvent::RefundDue(due) => self.ends(at, |ending| ending.refund_due(due)),
            InventoryEvent::RefundMade(made) => self.ends(at, |ending| ending.refund_made(made.refund)),
            InventoryEvent::RefundFailed(failed) => {
                self.ends(at, |ending| ending.refund_failed(failed.refund));
            }
            InventoryEvent::RefundRetried(again) => {
                self.ends(at, |ending| ending.refund_retried(again.refund));
            }
            InventoryEvent::PaymentStarted(_)
            | InventoryEvent::PaymentActionRequired(_)
            | InventoryEvent::PaymentAuthorised(_)
            | InventoryEvent::PaymentDeclined(_)
            | InventoryEvent::PaymentCaptured(_)
            | InventoryEvent::PaymentCaptureFailed(_)
            | InventoryEvent::PaymentVoidDue(_)
            | InventoryEvent::PaymentLapsed(_)
            | InventoryEvent::TransferOffered(_)
            | InventoryEvent::TransferAccepted(_)
            | InventoryEvent::TransferEnded(_)
            | InventoryEvent::PaymentVoided(_)
            | InventoryEvent::PaymentDisputed(_) => {}
        }
    }

    fn pool_added(&mut self, added: &PoolAdded) {
        self.stock.add_pool(added.pool, &added.name, added.capacity);
        self.changes.push(self.position, None);
    }

    fn ticket_type_added(&mut self, added: &TicketTypeAdded) {
        self.stock.add_type(TicketType::of(added));
        self.sheet = None;
        self.changes.push(self.position, None);
    }

    fn terms_change(&mut self, change: impl FnOnce(&mut Terms)) {
        if let Some(terms) = &mut self.terms {
            change(terms);
        }
        self.changes.push(self.position, None);
    }

    fn pauses(&mut self, paused: bool) {
        self.paused = paused;
        self.changes.push(self.position, None);
    }

    /// Ends for display what the time has ended.
    pub(super) fn lapse_due(&mut self) {
        while let Some(key) = self.holds.due(self.judged_at) {
            if !self.turned(key, |hold| hold.lapsed = true) {
                return;
            }
        }
    }

    /// Takes back what the time has ended, as if nobody had ever read this.
    pub(super) fn unjudge(&mut self) {
        self.judged_at = Timestamp::from_unix_ms(i64::MIN);
        for key in self.holds.lapsed().collect::<Vec<_>>() {
            self.turned(key, |hold| hold.lapsed = false);
        }
    }

    fn drafted(&mut self, drafted: &InventoryDrafted) {
        if self.terms.is_some() {
            return;
        }
        if let Some(plan) = &drafted.plan {
            self.stock.seat(plan);
        }
        self.terms = Some(Terms::of(drafted));
        self.sheet = None;
        self.changes.restart(self.position);
    }

    fn claims(&self, items: &[Item]) -> Vec<Claim> {
        let plan = self.plan().map(AsRef::as_ref);
        items.iter().map(|item| self.stock.claim(item, plan)).collect()
    }

    fn hold_placed(&mut self, placed: &HoldPlaced) {
        let key = self.holds.place(Hold {
            id: placed.hold,
            phase: Phase::Live,
            lapsed: false,
            order: None,
            items: self.claims(&placed.items),
            expires_at: placed.expires_at,
            max_expires_at: placed.max_expires_at,
            tariff: placed.tariff,
        });
        if let Some(key) = key {
            self.settle(key, false, Counts::Free);
        }
    }

    fn items_added(&mut self, key: HoldKey, items: &[Item]) {
        let claims = self.claims(items);
        let Some(hold) = self.holds.get(key) else { return };
        let (counts, has_seats) = (hold.counts(), hold.phase.has_seats());
        for claim in &claims {
            self.stock.recount(claim, Counts::Free, counts);
            if let Some(seat) = claim.seat.filter(|_| has_seats) {
                self.stock.take_seat(seat, key, counts);
            }
            self.changes.push(self.position, claim.seat);
        }
        self.holds.change(key, |hold| hold.items.extend(claims));
    }

    fn items_removed(&mut self, key: HoldKey, items: &[Item]) {
        let claims = self.claims(items);
        let Some(hold) = self.holds.get(key) else { return };
        let counts = hold.counts();
        let mut kept = hold.items.clone();
        for wanted in &claims {
            let same = |claim: &Claim| {
                (claim.seat, claim.ticket_type, claim.price)
                    == (wanted.seat, wanted.ticket_type, wanted.price)
            };
            let Some(at) = kept.iter().position(same) else { continue };
            let claim = kept.remove(at);
            self.stock.recount(&claim, counts, Counts::Free);
            if let Some(seat) = claim.seat {
                self.stock.free_seat(seat, key);
            }
            self.changes.push(self.position, claim.seat);
        }
        self.holds.change(key, |hold| hold.items = kept);
    }

    fn ends(&mut self, at: Timestamp, change: impl FnOnce(&mut Ending)) {
        if let Some(ending) = &mut self.ending {
            change(ending);
            ending.last_at = at;
        }
    }

    /// The hold has no longer what it had for these tickets; without any it is over.
    fn tickets_returned(&mut self, returned: &TicketsReturned, at: Timestamp) {
        if returned.reason == ReturnReason::ShowCancelled {
            self.ends(at, Ending::order_ends);
        }
        let Some(key) = self.holds.key(returned.hold) else { return };
        let items = returned.tickets.iter().map(|ticket| {
            let TicketItem { price, seat, ticket_type, .. } = ticket;
            Item { price: *price, seat: seat.clone(), ticket_type: *ticket_type }
        });
        self.items_removed(key, &items.collect::<Vec<_>>());
        if returned.left == 0 {
            self.turn(Some(key), |hold| hold.phase = Phase::Cancelled);
        }
    }

    fn order_placed(&mut self, placed: &OrderPlaced) {
        self.turn(self.holds.key(placed.hold), |hold| {
            hold.order = Some(placed.order);
            if hold.phase == Phase::Live {
                hold.expires_at = placed.expires_at;
                hold.lapsed = false;
            }
        });
    }

    fn order_cancelled(&mut self, cancelled: &OrderCancelled, at: Timestamp) {
        // Its money was just coming when the show was cancelled.
        if cancelled.reason == CancelReason::CaptureFailed {
            self.ends(at, Ending::order_ends);
        }
        self.turn(self.holds.key(cancelled.hold), |hold| {
            hold.order.get_or_insert(cancelled.order);
            if hold.phase != Phase::Released {
                hold.phase = Phase::Cancelled;
            }
        });
    }

    fn turn(&mut self, key: Option<HoldKey>, change: impl FnOnce(&mut Hold)) {
        if let Some(key) = key {
            self.turned(key, change);
        }
    }

    /// Changes a hold, and its seats and units with it. `false`: there is no such hold.
    fn turned(&mut self, key: HoldKey, change: impl FnOnce(&mut Hold)) -> bool {
        let Some(before) = self.holds.get(key).map(|hold| (hold.phase.has_seats(), hold.counts())) else {
            return false;
        };
        self.holds.change(key, change);
        self.settle(key, before.0, before.1);
        true
    }

    /// Makes seats and units follow a hold that changed.
    fn settle(&mut self, key: HoldKey, had_seats: bool, counted: Counts) {
        let Some(hold) = self.holds.get(key) else { return };
        let (keeps_seats, counts) = (hold.phase.has_seats(), hold.counts());
        if hold.items.is_empty() {
            self.changes.push(self.position, None);
        }
        for claim in &hold.items {
            self.stock.recount(claim, counted, counts);
            match (claim.seat, had_seats, keeps_seats) {
                (None, _, _) => {}
                (Some(seat), false, true) => self.stock.take_seat(seat, key, counts),
                (Some(seat), true, true) => self.stock.recount_seat(seat, key, counts),
                (Some(seat), _, false) => self.stock.free_seat(seat, key),
            }
            self.changes.push(self.position, claim.seat);
        }
    }
}

impl Hold {
    /// A live hold ends; any other stays what it is.
    fn ends(&mut self, phase: Phase) {
        if self.phase == Phase::Live {
            self.phase = phase;
        }
    }

    /// It came back because its order was paid late.
    fn is_reclaimed(&mut self, order: OrderId) {
        self.order.get_or_insert(order);
        if matches!(self.phase, Phase::Live | Phase::Expired) {
            self.phase = Phase::Reclaimed;
        }
    }

    fn is_secured(&mut self, order: OrderId) {
        self.order.get_or_insert(order);
        if self.phase != Phase::Ticketed {
            self.phase = Phase::Secured;
        }
    }
}
