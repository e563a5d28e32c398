//! Tickets of the little show that are given back, and the end of it.

use boxoffice_domain::id::{RefundId, TicketId, TransferId};
use boxoffice_domain::inventory::event::{
    InventoryCancelled, InventoryEvent, Item, RefundDue, RefundFailed, RefundMade, RefundPolicyChanged,
    RefundReason, RefundRetried, ReturnReason, TicketItem, TicketsReturned, TransferAccepted, TransferEnd,
    TransferEnded, TransferOffered,
};
use boxoffice_domain::pricing::Rate;
use boxoffice_domain::refund::RefundPolicy;

use uuid::Uuid;

use super::show::{SHOW, hold, order, payment, person, tickets_for};

/// The first refund of an order.
pub(crate) fn refund(n: u32) -> RefundId {
    RefundId::of_order(order(n), 1)
}

pub(crate) fn policy_changed() -> InventoryEvent {
    let policy = RefundPolicy { fees_kept: true, rate: Rate::FULL, seconds_before_start: 60 };
    RefundPolicyChanged { policy: Some(policy) }.into()
}

/// Of all the items of an order, those from the `from`-th on, and how many others are left.
pub(crate) fn returned(n: u32, all: &[Item], from: usize, left: u32, reason: ReturnReason) -> InventoryEvent {
    let tickets: Vec<TicketItem> = tickets_for(n, all).split_off(from);
    let note = (reason == ReturnReason::Operator).then(|| "Broken seat".to_owned());
    TicketsReturned { hold: hold(n), kept: 0, left, note, order: order(n), reason, tickets }.into()
}

/// For the `tickets`-th tickets of an order.
pub(crate) fn refund_due(n: u32, amount: u64, tickets: &[u32], reason: RefundReason) -> InventoryEvent {
    let tickets = tickets.iter().map(|i| TicketId::of_order(order(n), *i)).collect();
    RefundDue { amount, order: order(n), payment: payment(n), reason, refund: refund(n), tickets }.into()
}

pub(crate) fn refund_made(n: u32) -> InventoryEvent {
    RefundMade { order: order(n), payment: payment(n), refund: refund(n) }.into()
}

pub(crate) fn refund_failed(n: u32) -> InventoryEvent {
    RefundFailed { order: order(n), payment: payment(n), reason: "card_closed".into(), refund: refund(n) }
        .into()
}

pub(crate) fn refund_retried(n: u32, amount: u64) -> InventoryEvent {
    RefundRetried { amount, failures: 1, order: order(n), payment: payment(n), refund: refund(n) }.into()
}

pub(crate) fn show_cancelled(orders: u32) -> InventoryEvent {
    InventoryCancelled { orders, reason: Some("The singer is ill".into()) }.into()
}

/// The first ticket of an order, in the transfer of that number.
pub(crate) fn transfer_offered(n: u32) -> InventoryEvent {
    TransferOffered { recipient: person(n), ticket: ticket(n), transfer: transfer(n) }.into()
}

pub(crate) fn transfer_accepted(n: u32, code: u16) -> InventoryEvent {
    TransferAccepted { code, holder: person(n), ticket: ticket(n), transfer: transfer(n) }.into()
}

pub(crate) fn transfer_refused(n: u32) -> InventoryEvent {
    TransferEnded { reason: TransferEnd::Refused, ticket: ticket(n), transfer: transfer(n) }.into()
}

pub(crate) fn transfer(n: u32) -> TransferId {
    TransferId::of_show(SHOW, Uuid::from_u128(u128::from(n) << 64))
}

fn ticket(n: u32) -> TicketId {
    TicketId::of_order(order(n), 0)
}
