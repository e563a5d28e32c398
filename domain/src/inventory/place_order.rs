//! Making a hold a purchase, at the prices that the hold has. A free order is complete at once.

use super::event::{OrderPlaced, OrderSecured, TicketItem, TicketsIssued};
use super::{Decision, Hold, Invalid, Inventory, InventoryRefused, OrderPhase};
use crate::digest::Digest;
use crate::id::{HoldId, OrderId, PersonId, TicketId};
use crate::pricing::{self, Breakdown, TooLarge};
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
    /// The same for all orders of one buyer.
    pub buyer_key: Option<Digest>,
}

/// Decides [`PlaceOrder`].
///
/// # Errors
/// The hold is not open, or has fewer of a ticket type than an order must have.
pub fn decide(command: &PlaceOrder, inventory: &Inventory, now: Timestamp) -> Decision {
    let hold = inventory.open_hold(command.hold, now)?;
    inventory.check_takes_place()?;
    if inventory.orders.contains_key(&command.order) {
        return Err(InventoryRefused::Exists);
    }
    inventory.check_minimum(&hold.items)?;
    let buyer_key = inventory.check_buyer(command.buyer_key, hold, now)?;
    let tickets = hold.items.iter().map(|item| (item.ticket_type, item.price));
    let Breakdown { fees, shares, taxes, total } =
        pricing::price(&inventory.tariffs.get(hold.tariff), tickets)
            .map_err(|TooLarge| Invalid::AmountTooLarge)?;
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
        buyer_key,
        expires_at: hold.expires_at,
        fees,
        hold: hold_id,
        items: items.clone(),
        order,
        shares,
        taxes,
        total,
    };
    let mut events = vec![placed.into()];
    if total == 0 {
        events.push(OrderSecured { hold: hold_id, order, payment: None }.into());
        events.push(TicketsIssued { order, tickets: items }.into());
    }
    Ok(events)
}

impl Inventory {
    /// Whether a buyer may have what a hold has beside what they have. Where the show sets no limit, nobody is counted.
    fn check_buyer(
        &self,
        buyer: Option<Digest>,
        hold: &Hold,
        now: Timestamp,
    ) -> Result<Option<Digest>, InventoryRefused> {
        let (Some(limit), Some(buyer)) = (self.terms()?.drafted.max_per_buyer, buyer) else {
            return Ok(None);
        };
        let orders = self.buyers.get(&buyer).into_iter().flatten().filter_map(|id| self.orders.get(id));
        let count = |items: usize| u32::try_from(items).unwrap_or(u32::MAX);
        let has = orders
            .filter(|order| match order.phase {
                OrderPhase::Placed => self.holds.get(&order.hold).is_some_and(|hold| hold.is_live(now)),
                OrderPhase::Secured(_) | OrderPhase::Ticketed => true,
                OrderPhase::Cancelled => false,
            })
            .fold(0_u32, |sum, order| sum.saturating_add(count(order.items.len() - order.gone.len())));
        if has.saturating_add(count(hold.items.len())) > limit {
            return Err(InventoryRefused::BuyerLimitExceeded { has, limit });
        }
        Ok(Some(buyer))
    }
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
    fn one_buyer_has_no_more_than_the_limit_in_all_their_orders() {
        given(limited_theatre(2))
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(0, hold_placed(0, BOB, &["A-2", "A-3"]))
            .at(1)
            .when(place_order_as(ANN_ORDER, ANN, "ann"))
            .happens(1)
            .when(place_order_as(BOB_ORDER, BOB, "ann"))
            .then_refused_and(InventoryRefused::BuyerLimitExceeded { has: 1, limit: 2 })
            .when(cancel_order(ANN_ORDER))
            .happens(2)
            .when(place_order_as(BOB_ORDER, BOB, "ann"))
            .then_accepted();
    }

    #[test]
    fn an_order_that_lapsed_counts_no_more_and_others_never_do() {
        let held = given(limited_theatre(2))
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(5, hold_placed(5, BOB, &["A-2", "A-3"]))
            .at(1)
            .when(place_order_as(ANN_ORDER, ANN, "ann"))
            .happens(1);
        held.clone().at(6).when(place_order_as(BOB_ORDER, BOB, "bob")).then_accepted();
        held.at(HOLD_MS).when(place_order_as(BOB_ORDER, BOB, "ann")).then_accepted();
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
