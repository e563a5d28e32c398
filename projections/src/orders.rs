//! Orders with their payments and tickets: the tables behind `GET` of orders, payments and tickets.
//!
//! `orders.status` is what the contract names; `orders.stage` is what it is decided by: `processing` alone does not
//! tell whether the seats are already safe. Changes are conditional on the stage, because an event that comes late
//! (a deadline, an authorisation) must not move an order that went elsewhere before.
//!
//! Buyers are named by id only; what is known of them lives in the vault.

use boxoffice_domain::id::{OrderId, PaymentId, RefundId, ShowId, TicketId, TransferId};
use boxoffice_domain::inventory::event::{
    HoldExtended, InventoryEvent, OrderPlaced, PaymentAuthorised, PaymentDisputed, PaymentStarted,
    PaymentVoidDue, RefundDue, TicketItem, TicketsIssued, TicketsReturned, TransferAccepted, TransferEnd,
    TransferOffered,
};
use boxoffice_domain::log::Recorded;
use boxoffice_domain::seating::SeatId;

use crate::decode;
use crate::row::{json, minor, name, shown, time};
use crate::table::{Change, Inapplicable, OnlyIf, Table, TableProjection, Value};

mod rows;
mod schema;
mod status;

pub use rows::{OrderCharges, OrderRow, PaymentRow, RefundRow, ShowTermsRow, TicketRow, TransferRow};
pub use schema::{ORDERS, PAYMENTS, REFUNDS, SHOW_TERMS, TICKETS, TRANSFERS};
use status::OrderStage;
pub use status::{OrderStatus, PaymentStatus, RefundStatus, TicketStatus, TransferStatus};

/// Folds orders, payments and tickets into tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrdersProjection;

impl TableProjection for OrdersProjection {
    fn name(&self) -> &'static str {
        "orders"
    }

    fn version(&self) -> u32 {
        3
    }

    fn tables(&self) -> &'static [Table] {
        const { &[SHOW_TERMS, ORDERS, PAYMENTS, TICKETS, REFUNDS, TRANSFERS] }
    }

    fn apply(&self, event: &Recorded) -> Result<Vec<Change>, Inapplicable> {
        if event.stream.kind() != "inventory" || QUIET.contains(&&*event.event_type) {
            return Ok(Vec::new());
        }
        let show =
            event.stream.show().ok_or_else(|| Inapplicable(format!("{} names no show", event.stream)))?;
        changes(&decode::event(event)?, &At { show, event })
    }
}

/// Events that are very many and change nothing here: they are not even read. A test compares them with [`changes`].
const QUIET: [&str; 4] = ["hold_placed", "hold_items_added", "hold_items_removed", "hold_released"];

/// What an event says besides its payload.
struct At<'a> {
    show: ShowId,
    event: &'a Recorded,
}

impl At<'_> {
    fn time(&self) -> Value {
        time(self.event.log_time)
    }
}

fn changes(fact: &InventoryEvent, at: &At<'_>) -> Result<Vec<Change>, Inapplicable> {
    use OrderStage::{Authorised, AwaitingPayment, Cancelled, Expired, Secured};
    use PaymentStatus as Payment;
    Ok(match fact {
        InventoryEvent::InventoryDrafted(drafted) => vec![Change::Put {
            table: SHOW_TERMS.name,
            row: vec![("show_id", shown(&at.show)), ("currency", drafted.currency.code().into())],
        }],
        InventoryEvent::OrderPlaced(placed) => vec![order_placed(placed, at)?],
        InventoryEvent::HoldExtended(extended) => vec![deadline_moved(extended, at)],
        InventoryEvent::HoldExpired(expired) => vec![Change::SetWhere {
            table: ORDERS.name,
            column: "hold_id",
            value: shown(&expired.hold),
            columns: Expired.columns(at.time()),
            only_if: Some(any_of(&[AwaitingPayment, Authorised])),
        }],
        InventoryEvent::OrderCancelled(cancelled) => {
            let because = ("cancelled_reason", name(&cancelled.reason)?);
            vec![moved(cancelled.order, Cancelled, None, vec![because], at)]
        }
        InventoryEvent::HoldReclaimed(reclaimed) => {
            let from = any_of(&[Expired, AwaitingPayment]);
            vec![moved(reclaimed.order, Authorised, Some(from), vec![], at)]
        }
        InventoryEvent::OrderSecured(secured) => {
            let by = ("payment_id", secured.payment.as_ref().map_or(Value::Null, shown));
            vec![moved(secured.order, Secured, None, vec![by], at)]
        }
        InventoryEvent::TicketsIssued(issued) => tickets_issued(issued, at)?,
        InventoryEvent::PaymentStarted(started) => vec![payment_started(started, at)?],
        InventoryEvent::PaymentActionRequired(required) => vec![action_required(required.payment, at)],
        InventoryEvent::PaymentAuthorised(authorised) => payment_authorised(authorised, at)?,
        InventoryEvent::PaymentDeclined(declined) => {
            vec![paid(
                declined.payment,
                Payment::Declined,
                vec![("reason", declined.reason.as_str().into())],
                at,
            )]
        }
        InventoryEvent::PaymentCaptured(captured) => {
            vec![paid(
                captured.payment,
                Payment::Captured,
                vec![("captured", minor(captured.amount)?), ("reason", Value::Null)],
                at,
            )]
        }
        InventoryEvent::PaymentCaptureFailed(failed) => {
            vec![paid(
                failed.payment,
                Payment::CaptureFailed,
                vec![("reason", failed.reason.as_str().into())],
                at,
            )]
        }
        InventoryEvent::PaymentVoidDue(due) => void_due(due, at)?,
        InventoryEvent::PaymentLapsed(lapsed) => vec![
            paid(lapsed.payment, Payment::Lapsed, vec![("reason", "authorisation_lapsed".into())], at),
            moved(lapsed.order, AwaitingPayment, Some(any_of(&[Authorised])), vec![], at),
        ],
        InventoryEvent::PaymentVoided(voided) => vec![paid(voided.payment, Payment::Voided, vec![], at)],
        InventoryEvent::PaymentDisputed(disputed) => payment_disputed(disputed, at),
        InventoryEvent::TicketsReturned(returned) => tickets_returned(returned, at),
        InventoryEvent::RefundDue(due) => refund_due(due, at)?,
        InventoryEvent::TransferOffered(offered) => vec![transfer_offered(offered, at)],
        InventoryEvent::TransferAccepted(accepted) => transfer_accepted(accepted, at),
        InventoryEvent::TransferEnded(ended) => {
            let refused = ended.reason == TransferEnd::Refused;
            let status = if refused { TransferStatus::Refused } else { TransferStatus::Withdrawn };
            vec![transferred(ended.transfer, status, vec![], at)]
        }
        InventoryEvent::RefundMade(made) => vec![refunded(made.refund, RefundStatus::Made, None, at)],
        InventoryEvent::RefundFailed(failed) => {
            vec![refunded(failed.refund, RefundStatus::Failed, Some(&failed.reason), at)]
        }
        InventoryEvent::RefundRetried(again) => vec![refunded(again.refund, RefundStatus::Due, None, at)],
        InventoryEvent::PoolAdded(_)
        | InventoryEvent::TicketTypeAdded(_)
        | InventoryEvent::FeeAdded(_)
        | InventoryEvent::FeeRemoved(_)
        | InventoryEvent::TaxAdded(_)
        | InventoryEvent::TaxRemoved(_)
        | InventoryEvent::InventoryPublished(_)
        | InventoryEvent::SaleWindowChanged(_)
        | InventoryEvent::PlanReplaced(_)
        | InventoryEvent::TicketTypeChanged(_)
        | InventoryEvent::InventoryRescheduled(_)
        | InventoryEvent::SalePaused(_)
        | InventoryEvent::SaleResumed(_)
        | InventoryEvent::PoolCapacityChanged(_)
        | InventoryEvent::BlockPlaced(_)
        | InventoryEvent::BlockReleased(_)
        | InventoryEvent::HoldPlaced(_)
        | InventoryEvent::HoldItemsAdded(_)
        | InventoryEvent::HoldItemsRemoved(_)
        | InventoryEvent::HoldReleased(_)
        | InventoryEvent::RefundPolicyChanged(_)
        | InventoryEvent::InventoryCancelled(_) => Vec::new(),
    })
}

fn order_placed(placed: &OrderPlaced, at: &At<'_>) -> Result<Change, Inapplicable> {
    let mut row = OrderStage::AwaitingPayment.columns(at.time());
    row.extend([
        ("order_id", shown(&placed.order)),
        ("show_id", shown(&at.show)),
        ("hold_id", shown(&placed.hold)),
        ("buyer", shown(&placed.buyer)),
        ("total", minor(placed.total)?),
        ("items", json(&placed.items)?),
        ("charges", charges(placed)?),
        ("placed_at", at.time()),
        ("expires_at", time(placed.expires_at)),
    ]);
    Ok(Change::Put { table: ORDERS.name, row })
}

/// What there is beside prices; mostly nothing.
fn charges(placed: &OrderPlaced) -> Result<Value, Inapplicable> {
    if placed.fees.is_empty() && placed.taxes.is_empty() {
        return Ok(Value::Null);
    }
    json(&OrderCharges { fees: placed.fees.clone(), taxes: placed.taxes.clone() })
}

/// The order has the deadline of its hold.
fn deadline_moved(extended: &HoldExtended, at: &At<'_>) -> Change {
    Change::SetWhere {
        table: ORDERS.name,
        column: "hold_id",
        value: shown(&extended.hold),
        columns: vec![("expires_at", time(extended.expires_at)), ("updated_at", at.time())],
        only_if: None,
    }
}

fn payment_started(started: &PaymentStarted, at: &At<'_>) -> Result<Change, Inapplicable> {
    Ok(Change::Put {
        table: PAYMENTS.name,
        row: vec![
            ("payment_id", shown(&started.payment)),
            ("order_id", shown(&started.order)),
            ("show_id", shown(&at.show)),
            ("provider", started.provider.as_str().into()),
            ("method", started.method.as_str().into()),
            ("amount", minor(started.amount)?),
            ("status", PaymentStatus::Pending.into()),
            ("started_at", at.time()),
            ("updated_at", at.time()),
        ],
    })
}

/// A payment that has come further does not go back to waiting for its payer.
fn action_required(payment: PaymentId, at: &At<'_>) -> Change {
    Change::Set {
        table: PAYMENTS.name,
        key: payment.to_string(),
        columns: vec![("status", PaymentStatus::RequiresAction.into()), ("updated_at", at.time())],
        only_if: Some(OnlyIf { column: "status", is_one_of: vec![PaymentStatus::Pending.into()] }),
    }
}

/// An order that expired before stays expired, unless its seats are reclaimed.
fn payment_authorised(authorised: &PaymentAuthorised, at: &At<'_>) -> Result<Vec<Change>, Inapplicable> {
    let what = vec![
        ("authorised", minor(authorised.amount)?),
        ("authorised_at", time(authorised.authorised_at)),
        // It may have been declined before; that is no longer the reason of anything.
        ("reason", Value::Null),
    ];
    let from = any_of(&[OrderStage::AwaitingPayment]);
    Ok(vec![
        paid(authorised.payment, PaymentStatus::Authorised, what, at),
        moved(authorised.order, OrderStage::Authorised, Some(from), vec![], at),
    ])
}

/// An order that this payment did not secure still waits to be paid.
fn void_due(due: &PaymentVoidDue, at: &At<'_>) -> Result<Vec<Change>, Inapplicable> {
    let from = any_of(&[OrderStage::Authorised]);
    Ok(vec![
        paid(due.payment, PaymentStatus::VoidDue, vec![("reason", name(&due.reason)?)], at),
        moved(due.order, OrderStage::AwaitingPayment, Some(from), vec![], at),
    ])
}

fn payment_disputed(disputed: &PaymentDisputed, at: &At<'_>) -> Vec<Change> {
    let from = any_of(&[OrderStage::Secured, OrderStage::Confirmed, OrderStage::PartiallyRefunded]);
    vec![
        paid(disputed.payment, PaymentStatus::Disputed, vec![], at),
        moved(disputed.order, OrderStage::UnderReview, Some(from), vec![], at),
    ]
}

/// An order that is under review stays so.
fn tickets_issued(issued: &TicketsIssued, at: &At<'_>) -> Result<Vec<Change>, Inapplicable> {
    use OrderStage::{Authorised, AwaitingPayment, Confirmed, Expired, Secured};
    let from = any_of(&[AwaitingPayment, Authorised, Secured, Expired]);
    let tickets = issued.tickets.iter().map(|item| ticket(item, issued.order, at));
    let confirmed = moved(issued.order, Confirmed, Some(from), vec![], at);
    tickets.chain([Ok(confirmed)]).collect()
}

fn ticket(item: &TicketItem, order: OrderId, at: &At<'_>) -> Result<Change, Inapplicable> {
    Ok(Change::Put {
        table: TICKETS.name,
        row: vec![
            ("ticket_id", shown(&item.ticket)),
            ("order_id", shown(&order)),
            ("show_id", shown(&at.show)),
            ("seat", item.seat.as_ref().map(SeatId::as_str).into()),
            ("ticket_type_id", shown(&item.ticket_type)),
            ("price", minor(item.price)?),
            ("status", TicketStatus::Valid.into()),
            ("code", Value::Integer(0)),
            ("issued_at", at.time()),
        ],
    })
}

/// What is given back is good no longer. Whether money goes back for it is told next.
fn tickets_returned(returned: &TicketsReturned, at: &At<'_>) -> Vec<Change> {
    use OrderStage::{Confirmed, PartiallyRefunded, Refunded, Returned, UnderReview};
    let ids = returned.tickets.iter().map(|item| item.ticket);
    let mut changes: Vec<Change> =
        ids.flat_map(|id| [ticket_is(id, TicketStatus::Cancelled), offer_is_void(id, at)]).collect();
    if returned.left == 0 {
        let order = returned.order;
        changes.push(moved(order, Refunded, Some(any_of(&[PartiallyRefunded])), vec![], at));
        changes.push(moved(order, Returned, Some(any_of(&[Confirmed, UnderReview])), vec![], at));
    }
    changes
}

fn refund_due(due: &RefundDue, at: &At<'_>) -> Result<Vec<Change>, Inapplicable> {
    use OrderStage::{Confirmed, PartiallyRefunded, Refunded, Returned};
    let row = vec![
        ("refund_id", shown(&due.refund)),
        ("order_id", shown(&due.order)),
        ("payment_id", shown(&due.payment)),
        ("show_id", shown(&at.show)),
        ("amount", minor(due.amount)?),
        ("reason", name(&due.reason)?),
        ("tickets", json(&due.tickets)?),
        ("status", RefundStatus::Due.into()),
        ("due_at", at.time()),
        ("updated_at", at.time()),
    ];
    let mut changes = vec![Change::Put { table: REFUNDS.name, row }];
    changes.extend(due.tickets.iter().map(|id| ticket_is(*id, TicketStatus::Refunded)));
    // What came too late is for no tickets: the order stays cancelled.
    if !due.tickets.is_empty() {
        changes.push(moved(due.order, Refunded, Some(any_of(&[Returned])), vec![], at));
        changes.push(moved(due.order, PartiallyRefunded, Some(any_of(&[Confirmed])), vec![], at));
    }
    Ok(changes)
}

fn refunded(refund: RefundId, status: RefundStatus, failure: Option<&str>, at: &At<'_>) -> Change {
    Change::Set {
        table: REFUNDS.name,
        key: refund.to_string(),
        columns: vec![("status", status.into()), ("failure", failure.into()), ("updated_at", at.time())],
        only_if: None,
    }
}

fn transfer_offered(offered: &TransferOffered, at: &At<'_>) -> Change {
    Change::Put {
        table: TRANSFERS.name,
        row: vec![
            ("transfer_id", shown(&offered.transfer)),
            ("ticket_id", shown(&offered.ticket)),
            ("show_id", shown(&at.show)),
            ("recipient", shown(&offered.recipient)),
            ("status", TransferStatus::Offered.into()),
            ("offered_at", at.time()),
            ("updated_at", at.time()),
        ],
    }
}

fn transfer_accepted(accepted: &TransferAccepted, at: &At<'_>) -> Vec<Change> {
    let holder = vec![("holder", shown(&accepted.holder))];
    vec![
        transferred(accepted.transfer, TransferStatus::Accepted, holder, at),
        Change::Set {
            table: TICKETS.name,
            key: accepted.ticket.to_string(),
            columns: vec![("code", Value::Integer(accepted.code.into()))],
            only_if: None,
        },
    ]
}

fn transferred(
    transfer: TransferId,
    status: TransferStatus,
    mut also: Vec<(&'static str, Value)>,
    at: &At<'_>,
) -> Change {
    also.extend([("status", status.into()), ("updated_at", at.time())]);
    Change::Set { table: TRANSFERS.name, key: transfer.to_string(), columns: also, only_if: None }
}

/// What was given back cannot be accepted any more.
fn offer_is_void(ticket: TicketId, at: &At<'_>) -> Change {
    Change::SetWhere {
        table: TRANSFERS.name,
        column: "ticket_id",
        value: shown(&ticket),
        columns: vec![("status", TransferStatus::Void.into()), ("updated_at", at.time())],
        only_if: Some(OnlyIf { column: "status", is_one_of: vec![TransferStatus::Offered.into()] }),
    }
}

fn ticket_is(ticket: TicketId, status: TicketStatus) -> Change {
    Change::Set {
        table: TICKETS.name,
        key: ticket.to_string(),
        columns: vec![("status", status.into())],
        only_if: None,
    }
}

/// The order is at another stage now.
fn moved(
    order: OrderId,
    stage: OrderStage,
    only_if: Option<OnlyIf>,
    mut also: Vec<(&'static str, Value)>,
    at: &At<'_>,
) -> Change {
    also.extend(stage.columns(at.time()));
    Change::Set { table: ORDERS.name, key: order.to_string(), columns: also, only_if }
}

/// The payment is in another state now.
fn paid(
    payment: PaymentId,
    status: PaymentStatus,
    mut also: Vec<(&'static str, Value)>,
    at: &At<'_>,
) -> Change {
    also.extend([("status", status.into()), ("updated_at", at.time())]);
    Change::Set { table: PAYMENTS.name, key: payment.to_string(), columns: also, only_if: None }
}

fn any_of(stages: &[OrderStage]) -> OnlyIf {
    OnlyIf { column: "stage", is_one_of: stages.iter().map(|stage| (*stage).into()).collect() }
}

#[cfg(test)]
mod tests;
