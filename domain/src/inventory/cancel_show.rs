//! Cancelling a show: nothing more is sold, and what was paid for its tickets is due back, order by order
//! ([`super::wind_up`]). Money that comes late has nothing to buy.

use super::event::InventoryCancelled;
use super::{Decision, Inventory, InventoryRefused, Order, OrderPhase};

/// Cancel the show.
#[derive(Debug, Clone)]
pub struct CancelShow {
    /// Why, as the organizer puts it.
    pub reason: Option<String>,
}

/// Decides [`CancelShow`]. Cancelling again changes nothing.
///
/// # Errors
/// There is no such show, or it is a draft.
pub fn decide(command: &CancelShow, inventory: &Inventory) -> Decision {
    inventory.terms()?;
    if !inventory.published {
        return Err(InventoryRefused::NotPublished);
    }
    if inventory.unwound.is_some() {
        return Ok(Vec::new());
    }
    let ends = |order: &&Order| match order.phase {
        OrderPhase::Ticketed => order.has_tickets(),
        // Its money is just coming.
        OrderPhase::Secured(_) => true,
        OrderPhase::Placed | OrderPhase::Cancelled => false,
    };
    let orders = u32::try_from(inventory.orders.values().filter(ends).count()).unwrap_or(u32::MAX);
    Ok(vec![InventoryCancelled { orders, reason: command.reason.clone() }.into()])
}

impl Inventory {
    /// Whether the show takes place, as far as is known.
    pub(super) fn check_takes_place(&self) -> Result<(), InventoryRefused> {
        if self.unwound.is_some() { Err(InventoryRefused::ShowCancelled) } else { Ok(()) }
    }
}

impl Order {
    /// Whether somebody still has a ticket of it.
    pub(super) fn has_tickets(&self) -> bool {
        self.phase == OrderPhase::Ticketed && self.gone.len() < self.items.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::VoidReason;
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_show_is_cancelled_once_and_says_how_many_orders_are_to_be_ended() {
        let reason = Some("The singer is ill".to_owned());
        given(paid_theatre())
            .at(9)
            .when(cancel_show(reason.clone()))
            .then_and([InventoryCancelled { orders: 1, reason }.into()])
            .when(cancel_show(None))
            .then([]);
    }

    #[test]
    fn a_draft_is_not_cancelled() {
        given(unpublished_theatre())
            .at(0)
            .when(cancel_show(None))
            .then_refused(InventoryRefused::NotPublished);
        given(Vec::new()).at(0).when(cancel_show(None)).then_refused(InventoryRefused::UnknownShow);
    }

    #[test]
    fn a_cancelled_show_sells_nothing_any_more() {
        let cancelled = given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, hold_placed(1, BOB, &["A-2"]))
            .and(2, order_placed(1 + HOLD_MS, BOB_ORDER, BOB, &["A-2"]))
            .and(3, show_cancelled(0))
            .at(4);
        let no = InventoryRefused::ShowCancelled;
        cancelled.clone().when(place_hold(CLEO, &["A-3"])).then_refused(no.clone());
        cancelled.clone().when(add_items(ANN, &["A-3"])).then_refused(no.clone());
        cancelled.clone().when(extend_hold(ANN)).then_refused(no.clone());
        cancelled.clone().when(place_order(ANN_ORDER, ANN)).then_refused(no.clone());
        cancelled.clone().when(start_payment(PAY, BOB_ORDER)).then_refused(no.clone());
        cancelled.clone().when(reschedule(2 * START_MS)).then_refused(no.clone());
        cancelled.clone().when(pause_sale(None)).then_refused(no.clone());
        cancelled.when(super::super::InventoryCommand::ResumeSale).then_refused(no);
    }

    #[test]
    fn money_for_a_cancelled_show_is_let_go() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .and(4, show_cancelled(0))
            .at(5)
            .when(settle(PAY))
            .then([void_due(PAY, ANN_ORDER, VoidReason::ShowCancelled)]);
    }

    #[test]
    fn money_that_is_just_coming_makes_tickets_that_are_given_back_at_once() {
        let captured = captured(PAY, ANN_ORDER, PRICE, &["A-1"]).into_iter();
        let back = returned_with_show(&["A-1"]);
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .and(2, payment_started(PAY, ANN_ORDER, PRICE))
            .and(3, authorised(PAY, ANN_ORDER, PRICE))
            .and(4, secured(ANN_ORDER, ANN, PAY))
            .at(5)
            .when(cancel_show(None))
            .then_and([show_cancelled(1)])
            .when(capture(PAY))
            .then(captured.chain(back).collect::<Vec<_>>());
    }
}
