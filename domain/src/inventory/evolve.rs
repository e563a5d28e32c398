//! The fold: what each event does to the state. Nothing here can fail, whatever an event says; an event that
//! names what is not there, adds what is there already, or comes when it cannot have happened changes nothing that
//! others rely on: claims and deadlines always belong to holds that still have them.

use std::collections::BTreeSet;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::event::{
    BlockPlaced, BlockReleased, HoldExtended, HoldItemsAdded, HoldItemsRemoved, HoldPlaced, InventoryDrafted,
    InventoryEvent, Item, OrderPlaced, PaymentStarted, PoolAdded, RefundDue, TicketItem, TicketTypeAdded,
    TicketsReturned, TransferEnd, TransferOffered,
};
use super::{
    Block, Claimant, Hold, Inventory, Order, OrderPhase, Payment, PaymentPhase, Phase, Pool, Refund,
    RefundPhase, Terms, TicketType, Transfer, TransferPhase,
};
use crate::id::{HoldId, OrderId, PaymentId, PoolId, RefundId, TransferId};
use crate::mutant::{self, Mutant};
use crate::seating::SeatIndex;
use crate::seating::runs::Runs;
use crate::time::Timestamp;

mod plan_replaced;

impl Inventory {
    pub(super) fn fold(&mut self, event: &InventoryEvent) {
        match event {
            InventoryEvent::InventoryDrafted(event) => self.drafted(event),
            InventoryEvent::PoolAdded(event) => self.pool_added(event),
            InventoryEvent::TicketTypeAdded(event) => self.ticket_type_added(event),
            InventoryEvent::FeeAdded(event) => self.tariffs.fee_added(event),
            InventoryEvent::FeeRemoved(event) => self.tariffs.fee_removed(event),
            InventoryEvent::TaxAdded(event) => self.tariffs.tax_added(event),
            InventoryEvent::TaxRemoved(event) => self.tariffs.tax_removed(event),
            InventoryEvent::InventoryPublished(_) => self.published = true,
            InventoryEvent::SalePaused(_) => self.paused = true,
            InventoryEvent::SaleResumed(_) => self.paused = false,
            InventoryEvent::SaleWindowChanged(event) => self.change_terms(|terms| {
                (terms.sale_starts_at, terms.sale_ends_at) = (event.sale_starts_at, event.sale_ends_at);
            }),
            InventoryEvent::InventoryRescheduled(event) => {
                self.change_terms(|terms| terms.starts_at = event.starts_at);
            }
            InventoryEvent::TicketTypeChanged(event) => {
                let index = self.type_index.get(&event.ticket_type).copied();
                if let Some(known) = index.and_then(|index| self.types.get_mut(index)) {
                    event.change(Arc::make_mut(&mut known.added));
                }
            }
            InventoryEvent::PlanReplaced(event) => self.plan_replaced(event),
            InventoryEvent::PoolCapacityChanged(event) => {
                if let Some(pool) = self.pool_mut(event.pool) {
                    pool.capacity = event.capacity;
                }
            }
            InventoryEvent::BlockPlaced(event) => self.block_placed(event),
            InventoryEvent::BlockReleased(event) => self.block_released(event),
            InventoryEvent::HoldPlaced(event) => self.hold_placed(event),
            InventoryEvent::HoldItemsAdded(event) => self.hold_items_added(event),
            InventoryEvent::HoldItemsRemoved(event) => self.hold_items_removed(event),
            InventoryEvent::HoldExtended(event) => self.hold_extended(event),
            InventoryEvent::HoldReleased(event) => self.end_hold(event.hold, Phase::Released),
            InventoryEvent::HoldExpired(event) => self.end_hold(event.hold, Phase::Expired),
            InventoryEvent::OrderPlaced(event) => self.order_placed(event),
            InventoryEvent::OrderCancelled(event) => {
                self.set_order(event.order, OrderPhase::Cancelled);
                self.end_hold(event.hold, Phase::Released);
            }
            InventoryEvent::PaymentStarted(event) => self.payment_started(event),
            InventoryEvent::PaymentActionRequired(event) => {
                self.set_payment(event.payment, PaymentPhase::ActionRequired);
            }
            InventoryEvent::PaymentAuthorised(event) => {
                self.set_payment(event.payment, PaymentPhase::Authorised);
                if let Some(payment) = self.payments.get_mut(&event.payment) {
                    payment.amount = event.amount;
                    payment.authorised_at = Some(event.authorised_at);
                }
            }
            InventoryEvent::PaymentDeclined(event) => self.set_payment(event.payment, PaymentPhase::Declined),
            InventoryEvent::PaymentLapsed(event) => self.set_payment(event.payment, PaymentPhase::Lapsed),
            InventoryEvent::HoldReclaimed(event) => self.hold_reclaimed(event.hold),
            InventoryEvent::OrderSecured(event) => self.order_secured(event.order, event.hold, event.payment),
            InventoryEvent::PaymentCaptured(event) => self.set_payment(event.payment, PaymentPhase::Captured),
            InventoryEvent::PaymentCaptureFailed(event) => {
                self.set_payment(event.payment, PaymentPhase::CaptureFailed);
            }
            InventoryEvent::PaymentVoidDue(event) => self.set_payment(event.payment, PaymentPhase::VoidDue),
            InventoryEvent::PaymentVoided(event) => self.set_payment(event.payment, PaymentPhase::Voided),
            InventoryEvent::PaymentDisputed(event) => self.set_payment(event.payment, PaymentPhase::Disputed),
            InventoryEvent::TicketsIssued(event) => self.set_order(event.order, OrderPhase::Ticketed),
            InventoryEvent::RefundPolicyChanged(event) => {
                self.change_terms(|terms| terms.refund_policy = event.policy);
            }
            InventoryEvent::TicketsReturned(event) => self.tickets_returned(event),
            InventoryEvent::RefundDue(event) => self.refund_due(event),
            InventoryEvent::RefundMade(event) => self.set_refund(event.refund, RefundPhase::Made),
            InventoryEvent::RefundFailed(event) => {
                self.set_refund(event.refund, RefundPhase::Failed);
                if let Some(refund) = self.refunds.get_mut(&event.refund) {
                    refund.failures = refund.failures.saturating_add(1);
                }
            }
            InventoryEvent::RefundRetried(event) => self.set_refund(event.refund, RefundPhase::Due),
            InventoryEvent::TransferOffered(event) => self.transfer_offered(event),
            InventoryEvent::TransferAccepted(event) => {
                self.transfer_ends(event.transfer, TransferPhase::Accepted);
                self.passed.entry(event.ticket).or_default().code = event.code;
            }
            InventoryEvent::TransferEnded(event) => {
                let refused = event.reason == TransferEnd::Refused;
                let phase = if refused { TransferPhase::Refused } else { TransferPhase::Withdrawn };
                self.transfer_ends(event.transfer, phase);
            }
            InventoryEvent::InventoryCancelled(_) => {
                let with_tickets = self.orders.iter().filter(|(_, order)| order.has_tickets());
                self.unwound.get_or_insert(with_tickets.map(|(id, _)| *id).collect());
            }
        }
    }

    fn drafted(&mut self, event: &InventoryDrafted) {
        if self.terms.is_some() {
            return;
        }
        let seats = event.plan.as_ref().map_or(0, |plan| plan.seats().len());
        self.claims = vec![None; seats];
        let runs = event.plan.as_ref().map(|plan| plan.runs());
        self.unclaimed = runs.map(unclaimed_everywhere).unwrap_or_default();
        self.terms = Some(Terms { drafted: Arc::new(event.clone()), plan: event.plan.clone() });
    }

    fn change_terms(&mut self, change: impl FnOnce(&mut InventoryDrafted)) {
        if let Some(terms) = &mut self.terms {
            change(Arc::make_mut(&mut terms.drafted));
        }
    }

    fn pool_added(&mut self, event: &PoolAdded) {
        if self.pool_index.contains_key(&event.pool) {
            return;
        }
        self.pool_index.insert(event.pool, self.pools.len());
        self.pools.push(Pool {
            id: event.pool,
            name: event.name.clone(),
            capacity: event.capacity,
            claimed: 0,
            blocked: 0,
            deadlines: BTreeSet::new(),
        });
    }

    fn pool_mut(&mut self, id: PoolId) -> Option<&mut Pool> {
        self.pool_index.get(&id).and_then(|index| self.pools.get_mut(*index))
    }

    /// Takes what nobody has: whoever has a seat keeps it, whatever an event says.
    fn block_placed(&mut self, event: &BlockPlaced) {
        if self.blocks.contains_key(&event.block) {
            return;
        }
        let mut block = Block::default();
        for seat in &event.seats {
            if let Some(index) = self.plan().and_then(|plan| plan.index_of(seat.as_str()))
                && self.claimant(index).is_none()
            {
                self.set_claim(index, Some(Claimant::Block(event.block)));
                block.seats.insert(index);
            }
        }
        if let (Some(pool), Some(quantity)) = (event.pool, event.quantity)
            && let Some(index) = self.pool_index.get(&pool).copied()
            && let Some(pool) = self.pools.get_mut(index)
        {
            pool.blocked = pool.blocked.saturating_add(u64::from(quantity));
            block.units = Some((index, quantity));
        }
        self.blocks.insert(event.block, block);
    }

    fn block_released(&mut self, event: &BlockReleased) {
        let Some(block) = self.blocks.get_mut(&event.block) else { return };
        let plan = self.terms.as_ref().and_then(|terms| terms.plan.as_deref());
        let indexes = event.seats.iter().filter_map(|seat| plan?.index_of(seat.as_str()));
        let released: Vec<SeatIndex> = indexes.filter(|index| block.seats.remove(index)).collect();
        if let (Some((index, kept)), Some(quantity)) = (&mut block.units, event.quantity)
            && let Some(pool) = self.pools.get_mut(*index)
        {
            let given_back = quantity.min(*kept);
            *kept = kept.saturating_sub(given_back);
            pool.blocked = pool.blocked.saturating_sub(u64::from(given_back));
        }
        for index in released {
            self.set_claim(index, None);
        }
    }

    fn ticket_type_added(&mut self, event: &TicketTypeAdded) {
        if self.type_index.contains_key(&event.ticket_type) {
            return;
        }
        let category = event.price_category.as_ref().and_then(|name| self.plan()?.category_index(name));
        let pools = event.pools.iter().filter_map(|pool| self.pool_index.get(pool).copied()).collect();
        self.type_index.insert(event.ticket_type, self.types.len());
        self.types.push(TicketType { added: Arc::new(event.clone()), category, pools });
    }

    fn hold_placed(&mut self, event: &HoldPlaced) {
        let Entry::Vacant(place) = self.holds.entry(event.hold) else { return };
        place.insert(Hold {
            items: event.items.clone(),
            expires_at: event.expires_at,
            max_expires_at: event.max_expires_at,
            phase: Phase::Open,
            tariff: event.tariff,
        });
        self.deadlines.insert((event.expires_at, event.hold));
        self.claim(&event.items, event.hold, event.expires_at);
    }

    fn hold_items_added(&mut self, event: &HoldItemsAdded) {
        if let Some(hold) = self.hold_in(Phase::Open, event.hold) {
            hold.items.extend(event.items.iter().cloned());
            let expires_at = hold.expires_at;
            self.claim(&event.items, event.hold, expires_at);
        }
    }

    fn hold_items_removed(&mut self, event: &HoldItemsRemoved) {
        let Some(hold) = self.hold_in(Phase::Open, event.hold) else { return };
        let mut removed = Vec::with_capacity(event.items.len());
        for meant in &event.items {
            if let Some(index) = hold.items.iter().position(|item| item == meant) {
                removed.push(hold.items.remove(index));
            }
        }
        let (kept, expires_at) = (hold.items.clone(), hold.expires_at);
        self.unclaim(&removed, event.hold, expires_at);
        self.watch_pools(&kept, event.hold, expires_at);
    }

    fn hold_extended(&mut self, event: &HoldExtended) {
        let Some(hold) = self.hold_in(Phase::Open, event.hold) else { return };
        let former = std::mem::replace(&mut hold.expires_at, event.expires_at);
        let items = hold.items.clone();
        self.unwatch(&items, event.hold, former);
        self.deadlines.insert((event.expires_at, event.hold));
        self.watch_pools(&items, event.hold, event.expires_at);
    }

    /// The hold no longer has what it held. An order keeps its list, in case its money comes late.
    fn end_hold(&mut self, id: HoldId, phase: Phase) {
        let Some(hold) = self.holds.get_mut(&id) else { return };
        let ended = matches!(hold.phase, Phase::Released | Phase::Expired);
        if ended && !mutant::is_on(Mutant::NoHoldId) {
            return;
        }
        let keep = hold.phase == Phase::Ordered || mutant::is_on(Mutant::NoHoldId);
        hold.phase = phase;
        let expires_at = hold.expires_at;
        let items = if keep { hold.items.clone() } else { std::mem::take(&mut hold.items) };
        self.unwatch(&items, id, expires_at);
        self.unclaim(&items, id, expires_at);
    }

    fn order_placed(&mut self, event: &OrderPlaced) {
        if let Some(hold) = self.hold_in(Phase::Open, event.hold) {
            hold.phase = Phase::Ordered;
        }
        let policy = self.terms.as_ref().and_then(|terms| terms.drafted.refund_policy);
        self.orders.insert(
            event.order,
            Order {
                hold: event.hold,
                items: event.items.clone(),
                shares: event.shares.clone(),
                total: event.total,
                phase: OrderPhase::Placed,
                payments: Vec::new(),
                policy,
                gone: BTreeSet::new(),
                refunds: 0,
            },
        );
        if let Some(buyer) = event.buyer_key {
            self.buyers.entry(buyer).or_default().push(event.order);
        }
    }

    fn payment_started(&mut self, event: &PaymentStarted) {
        if let Some(order) = self.orders.get_mut(&event.order) {
            order.payments.push(event.payment);
        }
        self.payments.insert(
            event.payment,
            Payment {
                order: event.order,
                amount: event.amount,
                authorised_at: None,
                phase: PaymentPhase::Started,
            },
        );
    }

    fn hold_reclaimed(&mut self, id: HoldId) {
        let Some(hold) = self.hold_in(Phase::Expired, id) else { return };
        hold.phase = Phase::Ordered;
        let (items, expires_at) = (hold.items.clone(), hold.expires_at);
        self.deadlines.insert((expires_at, id));
        self.claim(&items, id, expires_at);
    }

    fn order_secured(&mut self, order: OrderId, id: HoldId, payment: Option<PaymentId>) {
        self.set_order(order, OrderPhase::Secured(payment));
        if let Some(payment) = payment {
            self.set_payment(payment, PaymentPhase::Settled);
        }
        let Some(hold) = self.hold_in(Phase::Ordered, id) else { return };
        hold.phase = Phase::Secured;
        let (items, expires_at) = (hold.items.clone(), hold.expires_at);
        self.unwatch(&items, id, expires_at);
    }

    /// The hold no longer has what it held for these tickets.
    fn tickets_returned(&mut self, event: &TicketsReturned) {
        let Some(order) = self.orders.get_mut(&event.order) else { return };
        let known = |ticket: &&TicketItem| order.items.contains(ticket);
        let known: Vec<&TicketItem> = event.tickets.iter().filter(known).collect();
        let mut returned = Vec::with_capacity(known.len());
        for TicketItem { price, seat, ticket, ticket_type } in known {
            if order.gone.insert(*ticket) {
                returned.push(Item { price: *price, seat: seat.clone(), ticket_type: *ticket_type });
            }
        }
        let (id, is_over) = (order.hold, !order.has_tickets());
        for item in &event.tickets {
            let offered = self.passed.get(&item.ticket).and_then(|passed| passed.open);
            if let Some(transfer) = offered {
                self.transfer_ends(transfer, TransferPhase::Void);
            }
        }
        if is_over && let Some(unwound) = &mut self.unwound {
            unwound.remove(&event.order);
        }
        let Some(hold) = self.hold_in(Phase::Secured, id) else { return };
        returned.retain(|item| {
            let at = hold.items.iter().position(|held| held == item);
            at.map(|at| hold.items.remove(at)).is_some()
        });
        if hold.items.is_empty() {
            hold.phase = Phase::Released;
        }
        let expires_at = hold.expires_at;
        self.unclaim(&returned, id, expires_at);
    }

    fn transfer_offered(&mut self, event: &TransferOffered) {
        let TransferOffered { ticket, transfer, .. } = *event;
        let Entry::Vacant(place) = self.transfers.entry(transfer) else { return };
        place.insert(Transfer { ticket, phase: TransferPhase::Offered });
        self.passed.entry(ticket).or_default().open.get_or_insert(transfer);
    }

    /// An offer that can still be accepted ends; any other stays what it is.
    fn transfer_ends(&mut self, id: TransferId, phase: TransferPhase) {
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        if transfer.phase == TransferPhase::Offered {
            transfer.phase = phase;
        }
        if let Some(passed) = self.passed.get_mut(&transfer.ticket) {
            passed.open = passed.open.filter(|open| *open != id);
        }
    }

    fn refund_due(&mut self, event: &RefundDue) {
        let RefundDue { amount, order, payment, refund, .. } = *event;
        let Entry::Vacant(place) = self.refunds.entry(refund) else { return };
        place.insert(Refund { order, payment, amount, phase: RefundPhase::Due, failures: 0 });
        if let Some(order) = self.orders.get_mut(&order) {
            order.refunds = order.refunds.saturating_add(1);
        }
    }

    fn set_refund(&mut self, id: RefundId, phase: RefundPhase) {
        if let Some(refund) = self.refunds.get_mut(&id) {
            refund.phase = phase;
        }
    }

    /// The hold, if it has come just so far.
    fn hold_in(&mut self, phase: Phase, id: HoldId) -> Option<&mut Hold> {
        self.holds.get_mut(&id).filter(|hold| hold.phase == phase)
    }

    fn set_order(&mut self, id: OrderId, phase: OrderPhase) {
        if let Some(order) = self.orders.get_mut(&id) {
            order.phase = phase;
        }
    }

    fn set_payment(&mut self, id: PaymentId, phase: PaymentPhase) {
        if let Some(payment) = self.payments.get_mut(&id) {
            payment.phase = phase;
        }
    }

    /// Indexes of the pools that an item draws on.
    pub(super) fn pools_of(&self, item: &Item) -> Option<Arc<[usize]>> {
        self.ticket_type(item.ticket_type).map(|ticket_type| Arc::clone(&ticket_type.pools))
    }

    fn claim(&mut self, items: &[Item], id: HoldId, deadline: Timestamp) {
        for item in items {
            if let Some(seat) = self.seat_index(item)
                && !matches!(self.claimant(seat), Some(Claimant::Block(_)))
            {
                self.set_claim(seat, Some(Claimant::Hold(id)));
            }
            for index in self.pools_of(item).iter().flat_map(|pools| pools.iter()) {
                if let Some(pool) = self.pools.get_mut(*index) {
                    pool.claimed = pool.claimed.saturating_add(1);
                }
            }
        }
        self.watch_pools(items, id, deadline);
    }

    fn unclaim(&mut self, items: &[Item], id: HoldId, deadline: Timestamp) {
        for item in items {
            if let Some(seat) = self.seat_index(item)
                && (self.claimant(seat) == Some(Claimant::Hold(id)) || mutant::is_on(Mutant::NoHoldId))
            {
                self.set_claim(seat, None);
            }
            for index in self.pools_of(item).iter().flat_map(|pools| pools.iter()) {
                if let Some(pool) = self.pools.get_mut(*index) {
                    pool.claimed = pool.claimed.saturating_sub(1);
                    pool.deadlines.remove(&(deadline, id));
                }
            }
        }
    }

    fn set_claim(&mut self, seat: SeatIndex, holder: Option<Claimant>) {
        let Some(claim) = usize::try_from(seat).ok().and_then(|seat| self.claims.get_mut(seat)) else {
            return;
        };
        let before = std::mem::replace(claim, holder);
        if before.is_none() == holder.is_none() {
            return;
        }
        let run = self.plan().and_then(|plan| plan.runs().of_seat(seat));
        let Some(run) = run.and_then(|run| usize::try_from(run).ok()) else { return };
        if let Some(unclaimed) = self.unclaimed.get_mut(run) {
            *unclaimed =
                if holder.is_none() { unclaimed.saturating_add(1) } else { unclaimed.saturating_sub(1) };
        }
    }

    /// Counts anew what nobody has claimed.
    pub(super) fn count_unclaimed(&mut self) {
        let Some(plan) = self.terms.as_ref().and_then(|terms| terms.plan.clone()) else { return };
        let mut unclaimed = unclaimed_everywhere(plan.runs());
        for (seat, claim) in (0..).zip(&self.claims) {
            let run = plan.runs().of_seat(seat).filter(|_| claim.is_some());
            let run = run.and_then(|run| usize::try_from(run).ok());
            if let Some(count) = run.and_then(|run| unclaimed.get_mut(run)) {
                *count = count.saturating_sub(1);
            }
        }
        self.unclaimed = unclaimed;
    }

    /// Notes in each pool that these items draw on when the hold lapses.
    fn watch_pools(&mut self, items: &[Item], id: HoldId, deadline: Timestamp) {
        for item in items {
            for index in self.pools_of(item).iter().flat_map(|pools| pools.iter()) {
                if let Some(pool) = self.pools.get_mut(*index) {
                    pool.deadlines.insert((deadline, id));
                }
            }
        }
    }

    /// The hold no longer lapses at that deadline.
    fn unwatch(&mut self, items: &[Item], id: HoldId, deadline: Timestamp) {
        self.deadlines.remove(&(deadline, id));
        for item in items {
            for index in self.pools_of(item).iter().flat_map(|pools| pools.iter()) {
                if let Some(pool) = self.pools.get_mut(*index) {
                    pool.deadlines.remove(&(deadline, id));
                }
            }
        }
    }
}

fn unclaimed_everywhere(runs: &Runs) -> Vec<u32> {
    let length = |run| u32::try_from(runs.seats(run).len()).unwrap_or(u32::MAX);
    (0..).take(runs.len()).map(length).collect()
}

#[cfg(test)]
mod tests {
    use super::super::InventoryRefused;
    use super::super::event::{HoldExpired, HoldItemsRemoved, HoldReleased};
    use super::super::scenario::*;

    #[test]
    fn a_hold_that_is_placed_again_stays_as_it_was() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, hold_placed(1, ANN, &["A-2"]))
            .at(HOLD_MS)
            .when(place_hold(BOB, &["A-2"]))
            .then_and([hold_placed(HOLD_MS, BOB, &["A-2"])])
            .when(expire_holds())
            .then_and([HoldExpired { hold: ANN }.into()])
            .at(HOLD_MS + 1)
            .when(expire_holds())
            .then([]);
    }

    #[test]
    fn what_was_never_in_a_hold_is_not_given_back() {
        given(club())
            .and(0, units_held(0, ANN, STANDING, 8))
            .and(1, HoldItemsRemoved { hold: ANN, items: unit_items(BALCONY, 2) })
            .at(1)
            .when(place_units(BOB, STANDING, 3))
            .then_refused(InventoryRefused::SoldOut(vec![left(STANDING, 2)]));
    }

    #[test]
    fn a_hold_that_has_ended_lapses_no_more_whatever_is_told_of_it() {
        given(club())
            .and(0, units_held(0, ANN, STANDING, 8))
            .and(1, HoldReleased { hold: ANN })
            .and(2, extended(ANN, 5))
            .and(3, units_added(ANN, STANDING, 8))
            .at(HOLD_MS)
            .when(expire_holds())
            .then_and([])
            .when(place_units(BOB, STANDING, 10))
            .then([units_held(HOLD_MS, BOB, STANDING, 10)]);
    }
}
