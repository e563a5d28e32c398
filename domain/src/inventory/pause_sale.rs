//! Pausing the sale: nothing new is held until it is resumed. What a buyer has is honoured: live holds become orders,
//! orders are paid, and money that comes late may still find its seats.

use super::event::SalePaused;
use super::{Decision, Inventory, InventoryRefused};

/// Pause the sale.
#[derive(Debug, Clone)]
pub struct PauseSale {
    /// Why, as the organizer puts it.
    pub reason: Option<String>,
}

/// Decides [`PauseSale`]. Pausing again changes nothing.
///
/// # Errors
/// There is no such show, it is a draft, or it does not take place.
pub fn decide(command: &PauseSale, inventory: &Inventory) -> Decision {
    inventory.terms()?;
    if !inventory.published {
        return Err(InventoryRefused::NotPublished);
    }
    inventory.check_takes_place()?;
    if inventory.paused {
        return Ok(Vec::new());
    }
    Ok(vec![SalePaused { reason: command.reason.clone() }.into()])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    fn paused() -> Scenario {
        given(theatre()).and(0, hold_placed(0, ANN, &["A-1"])).and(1, SalePaused { reason: None }).at(2)
    }

    #[test]
    fn a_sale_is_paused_once() {
        let reason = Some("Fire alarm".to_owned());
        given(theatre())
            .at(0)
            .when(pause_sale(reason.clone()))
            .then_and([SalePaused { reason }.into()])
            .when(pause_sale(None))
            .then([]);
    }

    #[test]
    fn a_draft_is_not_paused() {
        given(unpublished_theatre())
            .at(0)
            .when(pause_sale(None))
            .then_refused(InventoryRefused::NotPublished);
        given(Vec::new()).at(0).when(pause_sale(None)).then_refused(InventoryRefused::UnknownShow);
    }

    #[test]
    fn nothing_new_is_held_while_the_sale_is_paused() {
        paused().when(place_hold(BOB, &["A-2"])).then_refused(InventoryRefused::SalePaused);
        paused().when(add_items(ANN, &["A-2"])).then_refused(InventoryRefused::SalePaused);
    }

    #[test]
    fn what_a_buyer_has_is_honoured_while_the_sale_is_paused() {
        paused().when(extend_hold(ANN)).then([extended(ANN, 2 + HOLD_MS)]);
        paused().when(place_order(ANN_ORDER, ANN)).then([order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"])]);
        paused()
            .and(3, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .when(start_payment(PAY, ANN_ORDER))
            .then_and([payment_started(PAY, ANN_ORDER, PRICE)])
            .and(HOLD_MS - 1, authorised(PAY, ANN_ORDER, PRICE))
            .when(settle(PAY))
            .then([secured(ANN_ORDER, ANN, PAY)]);
    }

    #[test]
    fn a_sale_that_is_over_is_over_paused_or_not() {
        paused()
            .at(START_MS)
            .when(place_hold(BOB, &["A-2"]))
            .then_refused(InventoryRefused::SaleNotOpen { opens_at: None });
    }
}
