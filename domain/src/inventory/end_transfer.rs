//! Ending an offer: who was to have the ticket refuses it, or who has it keeps it.

use super::event::{TransferEnd, TransferEnded};
use super::{Decision, Inventory, InventoryRefused, TransferPhase};
use crate::id::TransferId;

/// End an offer.
#[derive(Debug, Clone)]
pub struct EndTransfer {
    /// The transfer.
    pub transfer: TransferId,
    /// Why.
    pub reason: TransferEnd,
}

/// Decides [`EndTransfer`]. What has ended in the same way changes nothing.
///
/// # Errors
/// There is no such transfer, or it has ended in another way.
pub fn decide(command: &EndTransfer, inventory: &Inventory) -> Decision {
    let EndTransfer { transfer, reason } = *command;
    let known = inventory.transfers.get(&transfer).ok_or(InventoryRefused::UnknownTransfer)?;
    match (known.phase, reason) {
        (TransferPhase::Offered, _) => {
            Ok(vec![TransferEnded { reason, ticket: known.ticket, transfer }.into()])
        }
        (TransferPhase::Refused, TransferEnd::Refused)
        | (TransferPhase::Withdrawn, TransferEnd::Withdrawn) => Ok(Vec::new()),
        _ => Err(InventoryRefused::TransferClosed),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn an_offer_ends_once_and_the_ticket_can_be_offered_again() {
        for (reason, other) in
            [(TransferEnd::Refused, TransferEnd::Withdrawn), (TransferEnd::Withdrawn, TransferEnd::Refused)]
        {
            given(three_paid(None))
                .and(9, offered(1, 1))
                .when(end(1, reason))
                .then_and([ended(1, 1, reason)])
                .when(end(1, reason))
                .then_and([])
                .when(end(1, other))
                .then_refused_and(InventoryRefused::TransferClosed)
                .when(accept(1))
                .then_refused_and(InventoryRefused::TransferClosed)
                .when(offer(2, 1))
                .then([offered(2, 1)]);
        }
    }

    #[test]
    fn what_was_accepted_is_not_taken_back() {
        given(three_paid(None))
            .and(9, offered(1, 1))
            .and(10, accepted(1, 1, 1))
            .when(end(1, TransferEnd::Withdrawn))
            .then_refused(InventoryRefused::TransferClosed);
        given(three_paid(None))
            .at(9)
            .when(end(1, TransferEnd::Refused))
            .then_refused(InventoryRefused::UnknownTransfer);
    }
}
