//! Tickets of Ann's that change hands. Transfers and tickets are named by numbers.

use super::super::accept_transfer::AcceptTransfer;
use super::super::end_transfer::EndTransfer;
use super::super::offer_transfer::OfferTransfer;
use super::*;

pub(crate) fn transfer(n: u128) -> TransferId {
    TransferId::from_uuid(Uuid::from_u128(n))
}

fn ticket(n: u32) -> TicketId {
    TicketId::of_order(ANN_ORDER, n)
}

pub(crate) fn offer(n: u128, of: u32) -> InventoryCommand {
    let (ticket, transfer, recipient) = (ticket(of), transfer(n), buyer());
    InventoryCommand::OfferTransfer(OfferTransfer { ticket, transfer, recipient })
}

pub(crate) fn accept(n: u128) -> InventoryCommand {
    InventoryCommand::AcceptTransfer(AcceptTransfer { transfer: transfer(n), holder: buyer() })
}

pub(crate) fn end(n: u128, reason: TransferEnd) -> InventoryCommand {
    InventoryCommand::EndTransfer(EndTransfer { transfer: transfer(n), reason })
}

pub(crate) fn offered(n: u128, of: u32) -> InventoryEvent {
    TransferOffered { recipient: buyer(), ticket: ticket(of), transfer: transfer(n) }.into()
}

pub(crate) fn accepted(n: u128, of: u32, code: u16) -> InventoryEvent {
    TransferAccepted { code, holder: buyer(), ticket: ticket(of), transfer: transfer(n) }.into()
}

pub(crate) fn ended(n: u128, of: u32, reason: TransferEnd) -> InventoryEvent {
    TransferEnded { reason, ticket: ticket(of), transfer: transfer(n) }.into()
}
