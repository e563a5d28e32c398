use boxoffice_domain::aggregate::StoredEvent;
use boxoffice_domain::inventory::event::{CancelReason, ReturnReason, VoidReason};
use boxoffice_domain::log::StreamName;

use super::*;
use crate::testing::{
    SHOW, TestLog, TestStore, action_required, at, authorised, capture_failed, captured, declined, disputed,
    drafted, floor, hold, hold_expired, hold_extended, hold_placed, hold_released, one_of_each, order,
    order_cancelled, order_placed, payment, payment_lapsed, payment_started, person, reclaimed, refund,
    refund_due, refund_failed, refund_made, refund_retried, returned, seat, secured, service_line,
    tickets_issued, transfer, transfer_accepted, transfer_offered, transfer_refused, vat_line, void_due,
    voided,
};
use boxoffice_domain::inventory::event::RefundReason;

/// A placed order 1 with these events after it, a second apart.
fn after(events: impl IntoIterator<Item = InventoryEvent>) -> TestStore {
    let items = [seat("A-1"), floor()];
    let placed = [drafted(), hold_placed(1, 300, items.to_vec()), order_placed(1, 300, &items)];
    let log = TestLog::of((0..).zip(placed.into_iter().chain(events)));
    TestStore::after(&OrdersProjection, &log.all())
}

fn order_row(store: &TestStore) -> OrderRow {
    OrderRow::from_row(&store.row(ORDERS, order(1))).unwrap()
}

fn payment_row(store: &TestStore) -> PaymentRow {
    PaymentRow::from_row(&store.row(PAYMENTS, payment(1))).unwrap()
}

fn status_after(events: impl IntoIterator<Item = InventoryEvent>) -> OrderStatus {
    order_row(&after(events)).status
}

/// Payment 1 of order 1 begins and is authorised.
fn paid_at(seconds: i64) -> Vec<InventoryEvent> {
    vec![payment_started(1, 6_500), authorised(1, seconds)]
}

fn issued() -> InventoryEvent {
    tickets_issued(1, &[seat("A-1"), floor()])
}

#[test]
fn a_placed_order_awaits_its_payment_until_its_deadline() {
    let row = order_row(&after([]));
    let expected = OrderRow {
        order: order(1),
        show: SHOW,
        hold: hold(1),
        buyer: person(1),
        status: OrderStatus::AwaitingPayment,
        total: 6_500,
        items: crate::testing::tickets_for(1, &[seat("A-1"), floor()]),
        charges: OrderCharges::default(),
        payment: None,
        cancelled: None,
        placed_at: at(2),
        expires_at: at(300),
        updated_at: at(2),
    };
    assert_eq!(row, expected);
    assert_eq!(row.status_at(at(299)), OrderStatus::AwaitingPayment);
    assert_eq!(row.status_at(at(300)), OrderStatus::Expired, "whether or not that is recorded");
    let terms = ShowTermsRow::from_row(&after([]).row(SHOW_TERMS, SHOW)).unwrap();
    assert_eq!(terms.currency.code(), "EUR");
}

#[test]
fn what_there_is_beside_prices_is_told() {
    let charges = OrderCharges { fees: vec![service_line(250)], taxes: vec![vat_line(718)] };
    let mut placed = order_placed(2, 300, &[seat("A-1")]);
    if let InventoryEvent::OrderPlaced(placed) = &mut placed {
        (placed.fees, placed.taxes) = (charges.fees.clone(), charges.taxes.clone());
    }
    let row = OrderRow::from_row(&after([placed]).row(ORDERS, order(2))).unwrap();
    assert_eq!(row.charges, charges);
}

#[test]
fn money_reserved_is_processing_and_tickets_are_confirmed() {
    let mut events = paid_at(10);
    assert_eq!(status_after(events.clone()), OrderStatus::Processing);
    events.push(secured(1));
    let row = order_row(&after(events.clone()));
    assert_eq!((row.status, row.payment), (OrderStatus::Processing, Some(payment(1))));
    events.extend([captured(1), issued()]);
    let store = after(events);
    assert_eq!(order_row(&store).status, OrderStatus::Confirmed);
    assert_eq!(order_row(&store).status_at(at(1_000_000)), OrderStatus::Confirmed);
    assert_eq!(store.count(TICKETS), 2);
    let item = &order_row(&store).items[0];
    let ticket = TicketRow::from_row(&store.row(TICKETS, item.ticket)).unwrap();
    assert_eq!((ticket.seat, ticket.order, ticket.price), (item.seat.clone(), order(1), 4_500));
    assert_eq!((ticket.status, ticket.issued_at), (TicketStatus::Valid, at(7)));
    let payment = payment_row(&store);
    assert_eq!((payment.status, payment.captured), (PaymentStatus::Captured, Some(4_500)));
    assert_eq!((payment.amount, payment.authorised_at), (6_500, Some(at(10))));
}

#[test]
fn a_lapsed_hold_ends_its_order_and_a_late_authorisation_does_not_bring_it_back() {
    let mut events = vec![hold_expired(1)];
    assert_eq!(status_after(events.clone()), OrderStatus::Expired);
    events.extend(paid_at(400));
    assert_eq!(status_after(events.clone()), OrderStatus::Expired);
    let gone = [events.clone(), vec![void_due(1, VoidReason::SeatsGone), voided(1)]].concat();
    let store = after(gone);
    assert_eq!(order_row(&store).status, OrderStatus::Expired);
    let payment = payment_row(&store);
    assert_eq!((payment.status, payment.reason.as_deref()), (PaymentStatus::Voided, Some("seats_gone")));
    events.push(reclaimed(1));
    assert_eq!(status_after(events.clone()), OrderStatus::Processing);
    events.push(secured(1));
    assert_eq!(status_after(events), OrderStatus::Processing);
}

#[test]
fn an_expiry_of_another_hold_or_after_the_end_changes_nothing() {
    assert_eq!(status_after([hold_expired(2)]), OrderStatus::AwaitingPayment);
    let cancelled = order_cancelled(1, CancelReason::Requested);
    assert_eq!(status_after([cancelled.clone(), hold_expired(1)]), OrderStatus::Cancelled);
    assert_eq!(order_row(&after([cancelled])).cancelled, Some(CancelReason::Requested));
    assert_eq!(
        status_after([paid_at(10), vec![secured(1), hold_expired(1)]].concat()),
        OrderStatus::Processing
    );
}

#[test]
fn an_extended_hold_moves_the_deadline_of_its_order() {
    assert_eq!(order_row(&after([hold_extended(1, 600)])).expires_at, at(600));
}

#[test]
fn a_declined_payment_leaves_the_order_waiting() {
    let store = after([payment_started(1, 6_500), action_required(1), declined(1)]);
    assert_eq!(order_row(&store).status, OrderStatus::AwaitingPayment);
    let payment = payment_row(&store);
    assert_eq!(
        (payment.status, payment.reason.as_deref()),
        (PaymentStatus::Declined, Some("insufficient_funds"))
    );
}

#[test]
fn who_is_declined_may_try_again() {
    let store = after([payment_started(1, 6_500), declined(1), authorised(1, 10)]);
    let payment = payment_row(&store);
    assert_eq!((payment.status, payment.reason), (PaymentStatus::Authorised, None));
    assert_eq!(order_row(&store).status, OrderStatus::Processing);
}

#[test]
fn a_payment_that_went_on_does_not_ask_for_action_again() {
    assert_eq!(
        payment_row(&after([payment_started(1, 1), action_required(1)])).status,
        PaymentStatus::RequiresAction
    );
    let late = [paid_at(10), vec![action_required(1)]].concat();
    assert_eq!(payment_row(&after(late)).status, PaymentStatus::Authorised);
}

#[test]
fn money_that_secured_nothing_is_let_go_and_the_order_waits_again() {
    let differs = [paid_at(10), vec![void_due(1, VoidReason::AmountDiffers)]].concat();
    assert_eq!(status_after(differs), OrderStatus::AwaitingPayment);
    let twice =
        [paid_at(10), vec![secured(1), authorised(2, 11), void_due(2, VoidReason::AlreadyPaid)]].concat();
    assert_eq!(status_after(twice), OrderStatus::Processing);
}

#[test]
fn money_that_the_bank_let_go_leaves_the_order_waiting() {
    let store = after([paid_at(10), vec![payment_lapsed(1)]].concat());
    assert_eq!(order_row(&store).status, OrderStatus::AwaitingPayment);
    let payment = payment_row(&store);
    assert_eq!(
        (payment.status, payment.reason.as_deref()),
        (PaymentStatus::Lapsed, Some("authorisation_lapsed"))
    );
}

#[test]
fn a_capture_that_fails_cancels() {
    let failed = vec![secured(1), capture_failed(1), order_cancelled(1, CancelReason::CaptureFailed)];
    let store = after([paid_at(10), failed].concat());
    assert_eq!(order_row(&store).status, OrderStatus::Cancelled);
    assert_eq!(order_row(&store).cancelled, Some(CancelReason::CaptureFailed));
    assert_eq!(payment_row(&store).status, PaymentStatus::CaptureFailed);
}

#[test]
fn a_disputed_order_is_under_review_also_when_its_tickets_come_later() {
    let sold = [paid_at(10), vec![secured(1), captured(1)]].concat();
    assert_eq!(status_after([sold.clone(), vec![issued(), disputed(1)]].concat()), OrderStatus::UnderReview);
    assert_eq!(status_after([sold, vec![disputed(1), issued()]].concat()), OrderStatus::UnderReview);
    let cancelled = [order_cancelled(1, CancelReason::Requested), disputed(1)];
    assert_eq!(status_after(cancelled), OrderStatus::Cancelled);
}

fn transfer_row(store: &TestStore) -> TransferRow {
    TransferRow::from_row(&store.row(TRANSFERS, transfer(1))).unwrap()
}

#[test]
fn a_ticket_that_changes_hands_has_another_code() {
    let code = |store: &TestStore| {
        let ticket = order_row(store).items[0].ticket;
        TicketRow::from_row(&store.row(TICKETS, ticket)).unwrap().code
    };
    let offered = after([confirmed(), vec![transfer_offered(1)]].concat());
    assert_eq!((transfer_row(&offered).status, code(&offered)), (TransferStatus::Offered, 0));
    let accepted = after([confirmed(), vec![transfer_offered(1), transfer_accepted(1, 1)]].concat());
    assert_eq!((transfer_row(&accepted).status, code(&accepted)), (TransferStatus::Accepted, 1));
    let refused = after([confirmed(), vec![transfer_offered(1), transfer_refused(1)]].concat());
    assert_eq!((transfer_row(&refused).status, code(&refused)), (TransferStatus::Refused, 0));
    let back = returned(1, &[seat("A-1"), floor()], 0, 0, ReturnReason::Operator);
    let given_back = after([confirmed(), vec![transfer_offered(1), back]].concat());
    assert_eq!(transfer_row(&given_back).status, TransferStatus::Void);
}

fn refund_row(store: &TestStore) -> RefundRow {
    RefundRow::from_row(&store.row(REFUNDS, refund(1))).unwrap()
}

/// Order 1 with its two tickets.
fn confirmed() -> Vec<InventoryEvent> {
    [paid_at(10), vec![secured(1), captured(1), issued()]].concat()
}

fn ticket_statuses(store: &TestStore) -> [TicketStatus; 2] {
    [0, 1].map(|n| {
        let ticket = order_row(store).items[n].ticket;
        TicketRow::from_row(&store.row(TICKETS, ticket)).unwrap().status
    })
}

#[test]
fn an_order_is_refunded_ticket_by_ticket() {
    let items = [seat("A-1"), floor()];
    let mut events = confirmed();
    events.push(returned(1, &items, 1, 1, ReturnReason::Requested));
    events.push(refund_due(1, 1_000, &[1], RefundReason::Requested));
    let store = after(events.clone());
    assert_eq!(order_row(&store).status, OrderStatus::PartiallyRefunded);
    assert_eq!(ticket_statuses(&store), [TicketStatus::Valid, TicketStatus::Refunded]);
    let row = refund_row(&store);
    assert_eq!((row.status, row.amount, row.reason), (RefundStatus::Due, 1_000, RefundReason::Requested));
    assert_eq!(row.tickets, [order_row(&store).items[1].ticket]);
    events.push(refund_made(1));
    assert_eq!(refund_row(&after(events.clone())).status, RefundStatus::Made);
    // For the rest nothing goes back.
    events.push(returned(1, &items[..1], 0, 0, ReturnReason::Requested));
    let store = after(events);
    assert_eq!(order_row(&store).status, OrderStatus::Refunded);
    assert_eq!(ticket_statuses(&store), [TicketStatus::Cancelled, TicketStatus::Refunded]);
}

#[test]
fn an_order_whose_tickets_are_given_back_for_nothing_is_cancelled_and_else_refunded() {
    let all = returned(1, &[seat("A-1"), floor()], 0, 0, ReturnReason::ShowCancelled);
    let events = [confirmed(), vec![all]].concat();
    let store = after(events.clone());
    assert_eq!(order_row(&store).status, OrderStatus::Cancelled);
    assert_eq!(ticket_statuses(&store), [TicketStatus::Cancelled; 2]);
    let due = refund_due(1, 6_500, &[0, 1], RefundReason::ShowCancelled);
    let store = after([events, vec![due, refund_failed(1)]].concat());
    assert_eq!(order_row(&store).status, OrderStatus::Refunded);
    assert_eq!(ticket_statuses(&store), [TicketStatus::Refunded; 2]);
    let row = refund_row(&store);
    assert_eq!((row.status, row.failure.as_deref()), (RefundStatus::Failed, Some("card_closed")));
}

#[test]
fn a_refund_that_is_tried_again_is_due_again() {
    let due = refund_due(1, 6_500, &[0, 1], RefundReason::Operator);
    let row =
        refund_row(&after([confirmed(), vec![due, refund_failed(1), refund_retried(1, 6_500)]].concat()));
    assert_eq!((row.status, row.failure), (RefundStatus::Due, None));
}

#[test]
fn money_that_comes_after_its_capture_failed_leaves_the_order_cancelled() {
    let failed = vec![secured(1), capture_failed(1), order_cancelled(1, CancelReason::CaptureFailed)];
    let late = vec![captured(1), refund_due(1, 6_500, &[], RefundReason::CapturedLate)];
    let store = after([paid_at(10), failed, late].concat());
    assert_eq!(order_row(&store).status, OrderStatus::Cancelled);
    assert_eq!(payment_row(&store).status, PaymentStatus::Captured);
    assert_eq!(refund_row(&store).tickets, []);
}

#[test]
fn events_that_are_not_even_read_change_nothing() {
    let log = TestLog::of((0..).zip(one_of_each(1)));
    let all = log.all();
    assert_eq!(all.len(), InventoryEvent::TYPES.len(), "a sample of each");
    for (name, _) in InventoryEvent::TYPES {
        assert!(all.iter().any(|event| &*event.event_type == *name), "no sample of {name}");
    }
    for (event, fact) in all.iter().zip(one_of_each(1)) {
        let read = changes(&fact, &At { show: SHOW, event }).unwrap();
        assert_eq!(OrdersProjection.apply(event).unwrap(), read, "{}", event.event_type);
        assert!(read.is_empty() || !QUIET.contains(&fact.event_type()), "{} is quiet", fact.event_type());
    }
    assert!(QUIET.contains(&hold_released(1).event_type()));
}

#[test]
fn what_cannot_be_read_is_inapplicable() {
    let log = TestLog::new();
    let strange = log.push_raw(&StreamName::inventory(SHOW), at(0), "order_placed", 2, "{}");
    assert!(OrdersProjection.apply(&strange).is_err());
    let foreign = log.push_raw(&StreamName::from_log("books-x"), at(0), "order_placed", 2, "{}");
    assert_eq!(OrdersProjection.apply(&foreign), Ok(vec![]));
}
