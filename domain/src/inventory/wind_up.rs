//! Ending the orders of a cancelled show, some at a time, until there are none. Whoever does it may stop and begin again
//! at any moment: what is done is in the log.

use super::{Decision, Inventory, PaymentPhase};

/// The most tickets that are given back at once, unless a single order has more.
const TICKETS_MAX: usize = 1_000;

/// Decides what ends the next orders; nothing once all of them have ended, or where the show takes place.
///
/// # Errors
/// None.
pub fn decide(inventory: &Inventory) -> Decision {
    let (mut events, mut tickets) = (Vec::new(), 0_usize);
    for id in inventory.unwound.iter().flatten() {
        let Some(order) = inventory.orders.get(id) else { continue };
        tickets = tickets.saturating_add(order.items.len());
        if !events.is_empty() && tickets > TICKETS_MAX {
            break;
        }
        // Whoever wants it back through their bank gets it there.
        let paid_by = inventory.paid_by(order).filter(|(_, phase)| *phase != PaymentPhase::Disputed);
        events.extend(order.ended_with_show(*id, paid_by.map(|(payment, _)| payment)));
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::super::{InventoryCommand, InventoryRefused};

    #[test]
    fn every_order_gets_back_what_was_paid_for_it_and_ends_once() {
        given(paid_theatre())
            .and(8, show_cancelled(1))
            .at(9)
            .when(InventoryCommand::WindUp)
            .then_and(returned_with_show(&["A-1"]))
            .when(InventoryCommand::WindUp)
            .then([]);
    }

    #[test]
    fn a_show_that_takes_place_is_not_wound_up() {
        given(paid_theatre()).at(9).when(InventoryCommand::WindUp).then([]);
        given(Vec::new()).at(9).when(InventoryCommand::WindUp).then([]);
    }

    #[test]
    fn nobody_gives_tickets_of_a_cancelled_show_back_by_themselves() {
        given(paid_theatre())
            .and(8, show_cancelled(1))
            .at(9)
            .when(give_back(ANN_ORDER, &[]))
            .then_refused(InventoryRefused::ShowCancelled);
    }

    #[test]
    fn what_the_payer_gets_through_their_bank_is_not_paid_back_twice() {
        given(paid_theatre())
            .and(7, disputed(PAY, ANN_ORDER))
            .and(8, show_cancelled(1))
            .at(9)
            .when(InventoryCommand::WindUp)
            .then([kept_with_show(&["A-1"])]);
    }

    #[test]
    fn tickets_that_cost_nothing_end_without_money() {
        let free = free_order(HOLD_MS, ANN_ORDER, ANN, &["A-1"]);
        let happened = free
            .into_iter()
            .fold(given(free_theatre()).and(0, free_hold_placed(0, ANN, &["A-1"])), |given, event| {
                given.and(1, event)
            });
        happened
            .and(8, show_cancelled(1))
            .at(9)
            .when(InventoryCommand::WindUp)
            .then([free_with_show(&["A-1"])]);
    }
}
