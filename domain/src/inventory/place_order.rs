//! Making a hold a purchase, at the prices that the hold has. A free order is complete at once.

use super::event::{OrderPlaced, OrderSecured, TicketItem, TicketsIssued};
use super::{Decision, Invalid, Inventory, InventoryRefused};
use crate::id::{HoldId, OrderId, PersonId, TicketId};
use crate::money::MINOR_MAX;
use crate::time::Timestamp;

/// Make a hold an order.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// The order.
    pub order: OrderId,
    /// The hold.
    pub hold: HoldId,
    /// Who buys.
    pub buyer: PersonId,
}

/// Decides [`PlaceOrder`].
///
/// # Errors
/// The hold is not open, or has fewer of a ticket type than an order must have.
pub fn decide(command: &PlaceOrder, inventory: &Inventory, now: Timestamp) -> Decision {
    let hold = inventory.open_hold(command.hold, now)?;
    if inventory.orders.contains_key(&command.order) {
        return Err(InventoryRefused::Exists);
    }
    inventory.check_minimum(&hold.items)?;
    let total = hold
        .items
        .iter()
        .try_fold(0, |sum: u64, item| sum.checked_add(item.price))
        .filter(|total| *total <= MINOR_MAX)
        .ok_or(Invalid::AmountTooLarge)?;
    let items: Vec<TicketItem> = (1..)
        .zip(&hold.items)
        .map(|(n, item)| TicketItem {
            price: item.price,
            seat: item.seat.clone(),
            ticket: TicketId::of_order(command.order, n),
            ticket_type: item.ticket_type,
        })
        .collect();
    let (hold_id, order) = (command.hold, command.order);
    let placed = OrderPlaced {
        buyer: command.buyer,
        expires_at: hold.expires_at,
        hold: hold_id,
        items: items.clone(),
        order,
        total,
    };
    let mut events = vec![placed.into()];
    if total == 0 {
        events.push(OrderSecured { hold: hold_id, order, payment: None }.into());
        events.push(TicketsIssued { order, tickets: items }.into());
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn an_order_has_the_prices_and_the_deadline_of_its_hold() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1", "A-2"]))
            .at(7)
            .when(place_order(ANN_ORDER, ANN))
            .then([order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1", "A-2"])]);
    }

    #[test]
    fn a_free_order_is_complete_at_once() {
        given(free_theatre())
            .and(0, free_hold_placed(0, ANN, &["A-1"]))
            .at(7)
            .when(place_order(ANN_ORDER, ANN))
            .then(free_order(HOLD_MS, ANN_ORDER, ANN, &["A-1"]));
    }

    #[test]
    fn a_lapsed_hold_becomes_no_order() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(HOLD_MS)
            .when(place_order(ANN_ORDER, ANN))
            .then_refused(InventoryRefused::HoldExpired);
    }

    #[test]
    fn a_hold_becomes_one_order_only() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"]))
            .at(2)
            .when(place_order(BOB_ORDER, ANN))
            .then_refused(InventoryRefused::HoldOrdered);
    }

    #[test]
    fn too_few_of_a_ticket_type_make_no_order() {
        given(club())
            .and(0, units_held(0, ANN, BALCONY, 1))
            .at(1)
            .when(place_order(ANN_ORDER, ANN))
            .then_refused(InventoryRefused::BelowMinimum { ticket_type: balcony(), limit: 2 });
    }
}
