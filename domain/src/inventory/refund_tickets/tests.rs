use super::super::event::RefundReason;
use super::super::scenario::*;
use super::*;

/// What Ann has paid for one ticket.
const VALUE: Minor = PRICE + 250 + 100;

fn first(ticket: u32, amount: Minor, reason: RefundReason) -> InventoryEvent {
    nth_refund_due(1, &[ticket], amount, reason)
}

#[test]
fn a_buyer_gives_one_ticket_back_and_its_seat_is_free_at_once() {
    given(three_paid(Some(half_back(60))))
        .at(9)
        .when(give_back(ANN_ORDER, &[2]))
        .then_and([
            returned(&[2], 2, VALUE / 2, ReturnReason::Requested).into(),
            first(2, VALUE / 2, RefundReason::Requested),
        ])
        .when(place_hold(BOB, &["A-2"]))
        .then_and([hold_placed(9, BOB, &["A-2"])])
        .when(place_hold(CLEO, &["A-1"]))
        .then_refused(InventoryRefused::SeatsTaken(seats(&["A-1"])));
}

#[test]
fn the_rest_of_an_order_is_given_back_when_no_ticket_is_named() {
    given(three_paid(Some(half_back(60))))
        .at(9)
        .when(give_back(ANN_ORDER, &[2]))
        .happens(9)
        .when(give_back(ANN_ORDER, &[]))
        .then_and([
            returned(&[1, 3], 0, VALUE, ReturnReason::Requested).into(),
            nth_refund_due(2, &[1, 3], VALUE, RefundReason::Requested),
        ])
        .when(give_back(ANN_ORDER, &[]))
        .then_refused(InventoryRefused::TicketsReturned(
            [1, 2, 3].map(|n| TicketId::of_order(ANN_ORDER, n)).into(),
        ));
}

#[test]
fn fees_are_kept_where_the_policy_says_so() {
    let policy = RefundPolicy { fees_kept: true, rate: Rate::FULL, seconds_before_start: 0 };
    given(three_paid(Some(policy))).at(9).when(give_back(ANN_ORDER, &[1])).then([
        returned(&[1], 2, 250, ReturnReason::Requested).into(),
        first(1, PRICE + 100, RefundReason::Requested),
    ]);
}

#[test]
fn a_policy_that_gives_nothing_back_still_frees_the_seat() {
    let policy = RefundPolicy { rate: rate(0), ..half_back(0) };
    given(three_paid(Some(policy))).at(9).when(give_back(ANN_ORDER, &[1])).then([returned(
        &[1],
        2,
        VALUE,
        ReturnReason::Requested,
    )
    .into()]);
}

#[test]
fn after_its_deadline_a_policy_gives_nothing_back() {
    let deadline = START_MS - 60_000;
    let paid = given(three_paid(Some(half_back(60))));
    paid.clone().at(deadline - 1).when(give_back(ANN_ORDER, &[1])).then_accepted();
    let ended_at = Some(Timestamp::from_unix_ms(deadline));
    paid.at(deadline)
        .when(give_back(ANN_ORDER, &[1]))
        .then_refused(InventoryRefused::NotRefundable { ended_at });
    given(three_paid(None))
        .at(9)
        .when(give_back(ANN_ORDER, &[1]))
        .then_refused(InventoryRefused::NotRefundable { ended_at: None });
}

#[test]
fn a_deadline_moves_with_the_start() {
    given(three_paid(Some(half_back(60))))
        .and(5, moved(2 * START_MS))
        .at(START_MS)
        .when(give_back(ANN_ORDER, &[1]))
        .then_accepted();
}

#[test]
fn who_has_ordered_has_the_better_of_two_policies() {
    let half = [
        returned(&[1], 2, VALUE / 2, ReturnReason::Requested).into(),
        first(1, VALUE / 2, RefundReason::Requested),
    ];
    let whole = RefundPolicy { rate: Rate::FULL, ..half_back(60) };
    let paid = given(three_paid(Some(half_back(60))));
    paid.clone().and(5, policy_changed(None)).at(9).when(give_back(ANN_ORDER, &[1])).then(half);
    paid.and(5, policy_changed(Some(whole))).at(9).when(give_back(ANN_ORDER, &[1])).then([
        returned(&[1], 2, 0, ReturnReason::Requested).into(),
        first(1, VALUE, RefundReason::Requested),
    ]);
}

#[test]
fn an_operator_takes_tickets_back_with_a_reason_at_any_time() {
    let note = Some("Broken seat");
    let taken = TicketsReturned {
        note: note.map(Into::into),
        ..returned(&[3], 2, VALUE / 2, ReturnReason::Operator)
    };
    given(three_paid(None))
        .at(2 * START_MS)
        .when(take_back(ANN_ORDER, &[3], 50, None))
        .then_refused_and(InventoryRefused::ReasonNeeded)
        .when(take_back(ANN_ORDER, &[3], 50, note))
        .then([taken.into(), first(3, VALUE / 2, RefundReason::Operator)]);
}

#[test]
fn only_tickets_of_the_order_that_are_still_good_are_given_back_each_once() {
    let paid = given(three_paid(Some(half_back(60)))).at(9);
    let ticket = |n| TicketId::of_order(ANN_ORDER, n);
    paid.clone()
        .when(give_back(ANN_ORDER, &[1, 7, 9]))
        .then_refused(InventoryRefused::UnknownTickets(vec![ticket(7), ticket(9)]));
    paid.clone().when(give_back(ANN_ORDER, &[1, 1])).then_refused(Invalid::TicketTwice.into());
    paid.when(give_back(ANN_ORDER, &[2]))
        .happens(9)
        .when(give_back(ANN_ORDER, &[1, 2]))
        .then_refused(InventoryRefused::TicketsReturned(vec![ticket(2)]));
}

#[test]
fn an_order_without_tickets_has_none_to_give_back() {
    let placed = given(theatre())
        .and(0, hold_placed(0, ANN, &["A-1"]))
        .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]));
    placed.clone().when(give_back(ANN_ORDER, &[])).then_refused(InventoryRefused::OrderNotPaid);
    placed
        .and(2, cancelled(ANN_ORDER, ANN, super::super::event::CancelReason::Requested))
        .when(give_back(ANN_ORDER, &[]))
        .then_refused(InventoryRefused::OrderCancelled);
    given(theatre()).at(0).when(give_back(ANN_ORDER, &[])).then_refused(InventoryRefused::UnknownOrder);
}

#[test]
fn what_the_payer_gets_through_their_bank_is_not_given_back_besides() {
    given(three_paid(Some(half_back(60))))
        .and(8, disputed(PAY, ANN_ORDER))
        .at(9)
        .when(give_back(ANN_ORDER, &[1]))
        .then_refused(InventoryRefused::PaymentDisputed);
}

#[test]
fn tickets_that_were_given_back_do_not_count_for_the_limit_of_a_buyer() {
    let mut events = limited_theatre(2);
    events.push(policy_changed(Some(half_back(0))));
    given(events)
        .and(0, hold_placed(0, ANN, &["A-1", "A-2"]))
        .at(0)
        .when(place_order_as(ANN_ORDER, ANN, "ann"))
        .happens(0)
        .when(start_payment(PAY, ANN_ORDER))
        .happens(1)
        .when(authorise(PAY, 2 * PRICE))
        .happens(1)
        .when(settle(PAY))
        .happens(2)
        .when(capture(PAY))
        .happens(3)
        .and(4, hold_placed(4, BOB, &["A-3"]))
        .when(place_order_as(BOB_ORDER, BOB, "ann"))
        .then_refused_and(InventoryRefused::BuyerLimitExceeded { has: 2, limit: 2 })
        .when(give_back(ANN_ORDER, &[1]))
        .happens(5)
        .when(place_order_as(BOB_ORDER, BOB, "ann"))
        .then_accepted();
}
