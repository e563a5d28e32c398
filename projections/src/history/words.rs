//! Facts about a seat in words, as short as they can be without asking back.

use std::fmt::Display;

use boxoffice_domain::id::OrderId;
use boxoffice_domain::inventory::event::{
    CancelReason, InventoryEvent, ReturnReason, TicketsReturned, VoidReason,
};
use boxoffice_domain::time::Timestamp;

use super::track::Touch;

/// The fact in words. Times of day are UTC; another day than that of the fact is named.
pub(crate) fn of(event: &InventoryEvent, touch: &Touch, at: Timestamp) -> String {
    match event {
        InventoryEvent::InventoryDrafted(_)
        | InventoryEvent::PoolAdded(_)
        | InventoryEvent::TicketTypeAdded(_)
        | InventoryEvent::FeeAdded(_)
        | InventoryEvent::FeeRemoved(_)
        | InventoryEvent::TaxAdded(_)
        | InventoryEvent::TaxRemoved(_)
        | InventoryEvent::InventoryPublished(_) => "Prepared for sale".to_owned(),
        InventoryEvent::SaleWindowChanged(_) => "Sale window changed".to_owned(),
        InventoryEvent::TicketTypeChanged(changed) => format!("{} changed", changed.ticket_type),
        InventoryEvent::PlanReplaced(_) => "The seating plan was replaced".to_owned(),
        InventoryEvent::InventoryRescheduled(moved) => format!("Moved to {}", moved.starts_at),
        InventoryEvent::SalePaused(_) => "Sale paused".to_owned(),
        InventoryEvent::SaleResumed(_) => "Sale resumed".to_owned(),
        InventoryEvent::PoolCapacityChanged(changed) => {
            format!("{} has {} units now", changed.pool, changed.capacity)
        }
        InventoryEvent::BlockPlaced(placed) => match &placed.reason {
            Some(reason) => format!("Kept back: {reason} ({})", placed.block),
            None => format!("Kept back ({})", placed.block),
        },
        InventoryEvent::BlockReleased(released) => format!("For sale again ({})", released.block),
        InventoryEvent::HoldPlaced(placed) => {
            format!("Held until {} ({})", clock(placed.expires_at, at), placed.hold)
        }
        InventoryEvent::HoldItemsAdded(added) => format!("Added to a hold ({})", added.hold),
        InventoryEvent::HoldItemsRemoved(removed) => format!("Taken out of its hold ({})", removed.hold),
        InventoryEvent::HoldExtended(extended) => {
            format!("Hold extended until {} ({})", clock(extended.expires_at, at), extended.hold)
        }
        InventoryEvent::HoldReleased(released) => format!("Let go by the buyer ({})", released.hold),
        InventoryEvent::HoldExpired(expired) => match touch.order {
            None => format!("Hold lapsed ({})", expired.hold),
            Some(order) => format!("Hold lapsed ({}), and {order} with it", expired.hold),
        },
        InventoryEvent::OrderPlaced(placed) => {
            format!("Ordered: {}, to be paid until {}", placed.order, clock(placed.expires_at, at))
        }
        InventoryEvent::OrderCancelled(cancelled) => {
            format!("{} ({})", cancel_reason(cancelled.reason), cancelled.order)
        }
        InventoryEvent::PaymentStarted(payment) => {
            format!("Payment of {} began ({}, {})", payment.order, payment.method, payment.payment)
        }
        InventoryEvent::PaymentActionRequired(payment) => {
            format!("The payer of {} has to confirm with their bank ({})", payment.order, payment.payment)
        }
        InventoryEvent::PaymentAuthorised(paid) => money("for", paid.order, "was reserved", paid.payment),
        InventoryEvent::PaymentDeclined(payment) => {
            let why = plain(&payment.reason);
            format!("Payment of {} was declined: {why} ({})", payment.order, payment.payment)
        }
        InventoryEvent::HoldReclaimed(reclaimed) => {
            format!("Taken again for {}, whose payment came late ({})", reclaimed.order, reclaimed.hold)
        }
        InventoryEvent::OrderSecured(secured) => format!("Secured for {}", secured.order),
        InventoryEvent::PaymentCaptured(paid) => money("for", paid.order, "has come", paid.payment),
        InventoryEvent::PaymentCaptureFailed(payment) => {
            let why = plain(&payment.reason);
            format!("Money for {} did not come: {why} ({})", payment.order, payment.payment)
        }
        InventoryEvent::PaymentVoidDue(payment) => {
            let why = void_reason(payment.reason);
            format!("Money for {} has to be let go, because {why} ({})", payment.order, payment.payment)
        }
        InventoryEvent::PaymentLapsed(paid) => {
            money("for", paid.order, "is reserved no longer", paid.payment)
        }
        InventoryEvent::PaymentVoided(paid) => money("for", paid.order, "was let go", paid.payment),
        InventoryEvent::PaymentDisputed(payment) => {
            let order = payment.order;
            format!("The payer of {order} wants the money back through their bank ({})", payment.payment)
        }
        InventoryEvent::RefundPolicyChanged(_) => "Refund policy changed".to_owned(),
        InventoryEvent::TransferOffered(offered) => {
            format!("Offered to somebody: {} ({})", offered.ticket, offered.transfer)
        }
        InventoryEvent::TransferAccepted(accepted) => {
            format!("Passed on: {} ({})", accepted.ticket, accepted.transfer)
        }
        InventoryEvent::TransferEnded(ended) => {
            format!("Not passed on: {} ({})", ended.ticket, ended.transfer)
        }
        InventoryEvent::InventoryCancelled(_) => "Cancelled".to_owned(),
        InventoryEvent::TicketsReturned(returned) => given_back(returned, touch),
        InventoryEvent::RefundDue(due) => money("of", due.order, "has to go back", due.refund),
        InventoryEvent::RefundMade(made) => money("of", made.order, "has gone back", made.refund),
        InventoryEvent::RefundFailed(failed) => {
            let (order, why) = (failed.order, plain(&failed.reason));
            format!("Money of {order} could not go back: {why} ({})", failed.refund)
        }
        InventoryEvent::RefundRetried(retried) => {
            format!("Giving money of {} back is tried again ({})", retried.order, retried.refund)
        }
        InventoryEvent::TicketsIssued(issued) => match touch.ticket {
            Some(ticket) => format!("Sold: {ticket} in {}", issued.order),
            None => format!("Sold in {}", issued.order),
        },
    }
}

fn money(of: &str, order: OrderId, what: &str, id: impl Display) -> String {
    format!("Money {of} {order} {what} ({id})")
}

fn given_back(returned: &TicketsReturned, touch: &Touch) -> String {
    let why = return_reason(returned.reason);
    match (touch.ticket, &returned.note) {
        (Some(ticket), Some(note)) => format!("{why}: {note} ({ticket})"),
        (Some(ticket), None) => format!("{why} ({ticket})"),
        (None, _) => format!("{why} ({})", returned.order),
    }
}

fn cancel_reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "Order cancelled by the buyer",
        CancelReason::CaptureFailed => "Order cancelled, because its money did not come",
    }
}

fn return_reason(reason: ReturnReason) -> &'static str {
    match reason {
        ReturnReason::Requested => "Given back by the buyer",
        ReturnReason::Operator => "Taken back by the operator",
        ReturnReason::ShowCancelled => "Taken back, because the event does not take place",
    }
}

fn void_reason(reason: VoidReason) -> &'static str {
    match reason {
        VoidReason::SeatsGone => "the hold had lapsed and somebody else has the seats",
        VoidReason::OrderCancelled => "the order was cancelled before",
        VoidReason::AlreadyPaid => "the order is paid already",
        VoidReason::AmountDiffers => "it is not the amount of the order",
        VoidReason::SaleEnded => "the show no longer sells",
        VoidReason::ShowCancelled => "the show does not take place",
    }
}

/// `insufficient_funds` as people write it.
fn plain(reason: &str) -> String {
    reason.replace('_', " ")
}

/// The time of day of `time`, with the date where it is another day than that of `at`.
fn clock(time: Timestamp, at: Timestamp) -> String {
    let (text, other) = (time.to_string(), at.to_string());
    let day = text.get(..10).unwrap_or_default();
    let of_day = text.get(11..19).unwrap_or_default();
    if other.get(..10) == Some(day) { of_day.to_owned() } else { format!("{day} {of_day}") }
}
