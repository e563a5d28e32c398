//! Accepting a ticket: it is somebody else's, and its former code is good no longer, in the same append.

use super::event::TransferAccepted;
use super::{Decision, Inventory, InventoryRefused, TransferPhase};
use crate::id::{PersonId, TransferId};
use crate::time::Timestamp;

/// Accept a ticket.
#[derive(Debug, Clone)]
pub struct AcceptTransfer {
    /// The transfer.
    pub transfer: TransferId,
    /// Who has the ticket from now on.
    pub holder: PersonId,
}

/// Decides [`AcceptTransfer`].
///
/// # Errors
/// There is no such transfer, it has ended, or the ticket cannot change hands any more.
pub fn decide(command: &AcceptTransfer, inventory: &Inventory, now: Timestamp) -> Decision {
    let AcceptTransfer { transfer, holder } = *command;
    let known = inventory.transfers.get(&transfer).ok_or(InventoryRefused::UnknownTransfer)?;
    if known.phase != TransferPhase::Offered {
        return Err(InventoryRefused::TransferClosed);
    }
    let ticket = known.ticket;
    inventory.check_may_change_hands(inventory.order_of(ticket)?, ticket, now)?;
    let code = inventory.passed.get(&ticket).map_or(0, |passed| passed.code);
    let code = code.checked_add(1).ok_or(InventoryRefused::TransferClosed)?;
    Ok(vec![TransferAccepted { code, holder, ticket, transfer }.into()])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;
    use crate::id::TicketId;

    #[test]
    fn a_ticket_has_another_code_each_time_it_changes_hands() {
        given(three_paid(None))
            .at(9)
            .when(offer(1, 1))
            .happens(9)
            .when(accept(1))
            .then_and([accepted(1, 1, 1)])
            .when(accept(1))
            .then_refused_and(InventoryRefused::TransferClosed)
            .when(offer(2, 1))
            .happens(10)
            .when(accept(2))
            .then([accepted(2, 1, 2)]);
    }

    #[test]
    fn what_was_given_back_is_nobodys_any_more() {
        given(three_paid(Some(half_back(0))))
            .at(9)
            .when(offer(1, 1))
            .happens(9)
            .when(give_back(ANN_ORDER, &[1]))
            .happens(9)
            .when(accept(1))
            .then_refused(InventoryRefused::TransferClosed);
    }

    #[test]
    fn who_passed_a_ticket_on_does_not_give_it_back_for_money() {
        let passed = InventoryRefused::TicketsPassedOn(vec![TicketId::of_order(ANN_ORDER, 1)]);
        given(three_paid(Some(half_back(0))))
            .at(9)
            .when(offer(1, 1))
            .happens(9)
            .when(accept(1))
            .happens(9)
            .when(give_back(ANN_ORDER, &[]))
            .then_refused_and(passed.clone())
            .when(cancel_order(ANN_ORDER))
            .then_refused_and(passed)
            .when(give_back(ANN_ORDER, &[2]))
            .then_accepted();
    }

    #[test]
    fn nobody_accepts_after_the_start_or_what_was_never_offered() {
        let offered = given(three_paid(None)).and(9, offered(1, 1));
        offered.clone().at(START_MS).when(accept(1)).then_refused(InventoryRefused::ShowBegun);
        offered.at(9).when(accept(2)).then_refused(InventoryRefused::UnknownTransfer);
    }
}
