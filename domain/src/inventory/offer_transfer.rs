//! Offering a ticket to somebody. It stays good where it is until they accept.

use super::event::TransferOffered;
use super::{Decision, ITEMS_MAX, Inventory, InventoryRefused, Order, PaymentPhase};
use crate::id::{PersonId, TicketId, TransferId};
use crate::time::Timestamp;

/// Offer a ticket to somebody.
#[derive(Debug, Clone)]
pub struct OfferTransfer {
    /// The ticket.
    pub ticket: TicketId,
    /// The transfer.
    pub transfer: TransferId,
    /// Who is to have it.
    pub recipient: PersonId,
}

/// Decides [`OfferTransfer`].
///
/// # Errors
/// There is no such ticket (any more), it is offered to somebody already, its payment is disputed, or its show has begun or
/// does not take place.
pub fn decide(command: &OfferTransfer, inventory: &Inventory, now: Timestamp) -> Decision {
    let OfferTransfer { ticket, transfer, recipient } = *command;
    let order = inventory.order_of(ticket)?;
    inventory.check_may_change_hands(order, ticket, now)?;
    if inventory.transfers.contains_key(&transfer) {
        return Err(InventoryRefused::Exists);
    }
    if let Some(open) = inventory.passed.get(&ticket).and_then(|passed| passed.open) {
        return Err(InventoryRefused::TransferOpen(open));
    }
    Ok(vec![TransferOffered { recipient, ticket, transfer }.into()])
}

impl Inventory {
    /// The order that a ticket was issued in. Its id is made of the order's: nothing is searched through.
    pub(super) fn order_of(&self, ticket: TicketId) -> Result<&Order, InventoryRefused> {
        let has_it = |order: &&Order| {
            order.phase == super::OrderPhase::Ticketed && order.items.iter().any(|item| item.ticket == ticket)
        };
        (1..)
            .take(ITEMS_MAX)
            .find_map(|n| self.orders.get(&ticket.order_if(n)).filter(has_it))
            .ok_or_else(|| InventoryRefused::UnknownTickets(vec![ticket]))
    }

    /// Whether a ticket may change hands now.
    pub(super) fn check_may_change_hands(
        &self,
        order: &Order,
        ticket: TicketId,
        now: Timestamp,
    ) -> Result<(), InventoryRefused> {
        self.check_takes_place()?;
        if order.gone.contains(&ticket) {
            return Err(InventoryRefused::TicketsReturned(vec![ticket]));
        }
        if self.paid_by(order).is_some_and(|(_, phase)| phase == PaymentPhase::Disputed) {
            return Err(InventoryRefused::PaymentDisputed);
        }
        if now >= self.terms()?.drafted.starts_at {
            return Err(InventoryRefused::ShowBegun);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_ticket_is_offered_to_one_at_a_time() {
        given(three_paid(None))
            .at(9)
            .when(offer(1, 1))
            .then_and([offered(1, 1)])
            .when(offer(2, 1))
            .then_refused_and(InventoryRefused::TransferOpen(transfer(1)))
            .when(offer(1, 2))
            .then_refused_and(InventoryRefused::Exists)
            .when(offer(2, 2))
            .then([offered(2, 2)]);
    }

    #[test]
    fn only_a_ticket_that_is_good_is_offered() {
        let unknown = |n| InventoryRefused::UnknownTickets(vec![TicketId::of_order(ANN_ORDER, n)]);
        let paid = given(three_paid(Some(half_back(0)))).at(9);
        paid.clone().when(offer(1, 9)).then_refused(unknown(9));
        let gone = InventoryRefused::TicketsReturned(vec![TicketId::of_order(ANN_ORDER, 2)]);
        paid.when(give_back(ANN_ORDER, &[2])).happens(9).when(offer(1, 2)).then_refused(gone);
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .when(offer(1, 1))
            .then_refused(unknown(1));
    }

    #[test]
    fn nothing_changes_hands_once_the_show_has_begun_or_is_cancelled_or_money_is_disputed() {
        let paid = given(three_paid(None));
        paid.clone().at(START_MS - 1).when(offer(1, 1)).then_accepted();
        paid.clone().at(START_MS).when(offer(1, 1)).then_refused(InventoryRefused::ShowBegun);
        paid.clone()
            .and(8, show_cancelled(1))
            .when(offer(1, 1))
            .then_refused(InventoryRefused::ShowCancelled);
        paid.and(8, disputed(PAY, ANN_ORDER))
            .when(offer(1, 1))
            .then_refused(InventoryRefused::PaymentDisputed);
    }
}
