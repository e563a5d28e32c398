//! Tickets that are given back, and shows that do not take place.

use super::super::refund_tickets::{RefundTickets, Refunder};
use super::*;
use crate::pricing::{Rate, Share};
use crate::refund::RefundPolicy;

pub(crate) const REFUND: RefundId = RefundId::from_uuid(Uuid::from_u128(0x100_000a));

pub(crate) fn rate(percent: u32) -> Rate {
    Rate::from_millionths(percent * 10_000).unwrap()
}

/// Half of everything goes back until so many seconds before the start.
pub(crate) fn half_back(seconds_before_start: u32) -> RefundPolicy {
    RefundPolicy { fees_kept: false, rate: rate(50), seconds_before_start }
}

pub(crate) fn change_policy(policy: Option<RefundPolicy>) -> InventoryCommand {
    let change = change_refund_policy::ChangeRefundPolicy { policy, expected: None };
    InventoryCommand::ChangeRefundPolicy(change)
}

pub(crate) fn policy_changed(policy: Option<RefundPolicy>) -> InventoryEvent {
    RefundPolicyChanged { policy }.into()
}

/// The tickets of an order by their number; none: all.
pub(crate) fn give_back(order: OrderId, tickets: &[u32]) -> InventoryCommand {
    refund_by(order, tickets, Refunder::Buyer)
}

pub(crate) fn take_back(
    order: OrderId,
    tickets: &[u32],
    percent: u32,
    note: Option<&str>,
) -> InventoryCommand {
    let note = note.map(Into::into);
    refund_by(order, tickets, Refunder::Operator { note, rate: rate(percent), fees_kept: false })
}

pub(crate) fn refund_by(order: OrderId, tickets: &[u32], by: Refunder) -> InventoryCommand {
    let tickets = tickets.iter().map(|n| TicketId::of_order(order, *n)).collect();
    InventoryCommand::RefundTickets(RefundTickets { order, tickets, by })
}

/// Ann's tickets by their number, and how many she still has.
pub(crate) fn returned(tickets: &[u32], left: u32, kept: Minor, reason: ReturnReason) -> TicketsReturned {
    let item = |n: &u32| TicketItem {
        price: PRICE,
        seat: Some(seat(&format!("A-{n}"))),
        ticket: TicketId::of_order(ANN_ORDER, *n),
        ticket_type: ticket_type(STALLS),
    };
    let tickets = tickets.iter().map(item).collect();
    TicketsReturned { hold: ANN, kept, left, note: None, order: ANN_ORDER, reason, tickets }
}

/// Ann's `n`-th refund, for these of her tickets.
pub(crate) fn nth_refund_due(n: u32, tickets: &[u32], amount: Minor, reason: RefundReason) -> InventoryEvent {
    let (order, refund) = (ANN_ORDER, RefundId::of_order(ANN_ORDER, n));
    let tickets = tickets.iter().map(|n| TicketId::of_order(order, *n)).collect();
    RefundDue { amount, order, payment: PAY, reason, refund, tickets }.into()
}

pub(crate) fn refund_failed(reason: &str) -> InventoryEvent {
    RefundFailed { order: ANN_ORDER, payment: PAY, reason: reason.into(), refund: REFUND }.into()
}

pub(crate) fn refund_retried(failures: u32) -> InventoryEvent {
    RefundRetried { amount: PRICE, failures, order: ANN_ORDER, payment: PAY, refund: REFUND }.into()
}

pub(crate) fn retry_refund() -> InventoryCommand {
    InventoryCommand::RetryRefund(retry_refund::RetryRefund { refund: REFUND })
}

pub(crate) fn refund_ends(failures: u32, failure: Option<&str>) -> InventoryCommand {
    let failure = failure.map(Into::into);
    InventoryCommand::RecordRefund(record_refund::RecordRefund { refund: REFUND, failures, failure })
}

pub(crate) fn disputed(payment: PaymentId, order: OrderId) -> InventoryEvent {
    PaymentDisputed { order, payment }.into()
}

/// A theatre in which Ann has paid for `A-1` to `A-3`, with a fee and a tax for each.
pub(crate) fn three_paid(policy: Option<RefundPolicy>) -> Vec<InventoryEvent> {
    const TOTAL: Minor = 3 * (PRICE + 250 + 100);
    let names = ["A-1", "A-2", "A-3"];
    let mut events = theatre();
    events.push(policy_changed(policy));
    events.push(hold_placed(0, ANN, &names));
    let InventoryEvent::OrderPlaced(mut placed) = order_placed(HOLD_MS, ANN_ORDER, ANN, &names) else {
        panic!("no order")
    };
    placed.shares = vec![Share { fees: 250, taxes: 100, taxes_included: 0 }; 3];
    placed.total = TOTAL;
    events.push(placed.into());
    events.push(payment_started(PAY, ANN_ORDER, TOTAL));
    events.push(authorised(PAY, ANN_ORDER, TOTAL));
    events.push(secured(ANN_ORDER, ANN, PAY));
    events.extend(captured(PAY, ANN_ORDER, TOTAL, &names));
    events
}

/// A theatre in which Ann has paid for `A-1` and the operator has taken it back.
pub(crate) fn returned_theatre() -> Vec<InventoryEvent> {
    let mut events = paid_theatre();
    events.push(returned(&[1], 0, 0, ReturnReason::Operator).into());
    events.push(nth_refund_due(1, &[1], PRICE, RefundReason::Operator));
    events
}

pub(crate) fn cancel_show(reason: Option<String>) -> InventoryCommand {
    InventoryCommand::CancelShow(cancel_show::CancelShow { reason })
}

pub(crate) fn show_cancelled(orders: u32) -> InventoryEvent {
    InventoryCancelled { orders, reason: None }.into()
}

/// All of Ann's tickets, by what they cost and what of it is kept.
fn with_show(names: &[&str], price: Minor, kept: Minor) -> InventoryEvent {
    let (order, reason) = (ANN_ORDER, ReturnReason::ShowCancelled);
    let tickets = ticket_items(order, names, price);
    TicketsReturned { hold: ANN, kept, left: 0, note: None, order, reason, tickets }.into()
}

pub(crate) fn returned_with_show(names: &[&str]) -> Vec<InventoryEvent> {
    let numbers: Vec<u32> = (1..).take(names.len()).collect();
    let amount = PRICE * names.len() as u64;
    vec![with_show(names, PRICE, 0), nth_refund_due(1, &numbers, amount, RefundReason::ShowCancelled)]
}

pub(crate) fn kept_with_show(names: &[&str]) -> InventoryEvent {
    with_show(names, PRICE, PRICE * names.len() as u64)
}

pub(crate) fn free_with_show(names: &[&str]) -> InventoryEvent {
    with_show(names, 0, 0)
}
