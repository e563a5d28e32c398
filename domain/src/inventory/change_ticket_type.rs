//! Changing on which terms something is sold from now on. What a buyer holds keeps its price.

use super::event::TicketTypeChanged;
use super::{Decision, Invalid, Inventory, InventoryRefused};
use crate::money::MINOR_MAX;

/// Change a ticket type.
#[derive(Debug, Clone)]
pub struct ChangeTicketType {
    /// Everything that can change, as it is to be.
    pub changed: TicketTypeChanged,
    /// What the caller takes it to be; whoever does not say, takes it as it is.
    pub expected: Option<TicketTypeChanged>,
}

/// Decides [`ChangeTicketType`]. What it is already changes nothing.
///
/// # Errors
/// There is no such show or type, somebody else has changed it, or the new terms do not make sense.
pub fn decide(command: &ChangeTicketType, inventory: &Inventory) -> Decision {
    inventory.terms()?;
    let changed = &command.changed;
    let id = changed.ticket_type;
    let known = inventory.ticket_type(id).ok_or(InventoryRefused::UnknownTicketType(id))?;
    let known = TicketTypeChanged::of(&known.added);
    if command.expected.as_ref().is_some_and(|expected| *expected != known) {
        return Err(InventoryRefused::Changed);
    }
    if *changed == known {
        return Ok(Vec::new());
    }
    if changed.price > MINOR_MAX {
        return Err(Invalid::AmountTooLarge.into());
    }
    if changed.min_per_order.zip(changed.max_per_order).is_some_and(|(min, max)| min > max) {
        return Err(Invalid::Limits.into());
    }
    if changed.sale_starts_at.zip(changed.sale_ends_at).is_some_and(|(starts, ends)| starts >= ends) {
        return Err(Invalid::SaleWindow.into());
    }
    Ok(vec![changed.clone().into()])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;
    use crate::entries::Entries;
    use crate::time::Timestamp;

    fn dearer() -> TicketTypeChanged {
        TicketTypeChanged { price: 2 * PRICE, ..changeable(STALLS, PRICE) }
    }

    #[test]
    fn a_new_price_is_for_future_holds_and_what_is_held_keeps_its_own() {
        let dearer = given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .at(1)
            .when(change_type(dearer()))
            .then_and([dearer().into()]);
        dearer.clone().when(place_order(ANN_ORDER, ANN)).then([order_placed(
            HOLD_MS,
            ANN_ORDER,
            ANN,
            &["A-1"],
        )]);
        dearer.when(place_hold(BOB, &["A-2"])).then([hold_placed_at(1, BOB, &["A-2"], 2 * PRICE)]);
    }

    #[test]
    fn windows_limits_and_what_is_hidden_change_too() {
        let change =
            |changed: TicketTypeChanged| given(theatre()).at(5).when(change_type(changed)).happens(5);
        let closed = TicketTypeChanged { sale_ends_at: Some(Timestamp::from_unix_ms(5)), ..dearer() };
        let not_open = InventoryRefused::SaleNotOpen { opens_at: None };
        change(closed).when(place_hold(ANN, &["A-1"])).then_refused(not_open.clone());
        let hidden = TicketTypeChanged { hidden: true, ..dearer() };
        change(hidden).when(place_hold(ANN, &["A-1"])).then_refused(not_open);
        let single = TicketTypeChanged { max_per_order: Some(1), ..dearer() };
        let ticket_type = Some(single.ticket_type);
        change(single)
            .when(place_hold(ANN, &["A-1", "A-2"]))
            .then_refused(InventoryRefused::LimitExceeded { ticket_type, limit: 1 });
    }

    #[test]
    fn how_often_a_ticket_admits_changes_too_and_back_again() {
        let twice = TicketTypeChanged { entries: Entries::times(2).unwrap(), ..changeable(STALLS, PRICE) };
        let once = changeable(STALLS, PRICE);
        given(theatre())
            .at(0)
            .when(change_type(twice.clone()))
            .then_and([twice.clone().into()])
            .when(change_type(once.clone()))
            .then([once.into()]);
    }

    #[test]
    fn the_same_again_changes_nothing_and_nonsense_is_refused() {
        given(theatre()).at(0).when(change_type(changeable(STALLS, PRICE))).then([]);
        let refused = |changed: TicketTypeChanged, refusal: InventoryRefused| {
            given(theatre()).at(0).when(change_type(changed)).then_refused(refusal);
        };
        refused(TicketTypeChanged { price: MINOR_MAX + 1, ..dearer() }, Invalid::AmountTooLarge.into());
        let limits = TicketTypeChanged { min_per_order: Some(3), max_per_order: Some(2), ..dearer() };
        refused(limits, Invalid::Limits.into());
        let at = |ms| Some(Timestamp::from_unix_ms(ms));
        let window = TicketTypeChanged { sale_starts_at: at(5), sale_ends_at: at(5), ..dearer() };
        refused(window, Invalid::SaleWindow.into());
        let unknown = changeable(LOUNGE, PRICE);
        refused(unknown.clone(), InventoryRefused::UnknownTicketType(unknown.ticket_type));
        let change = ChangeTicketType { changed: dearer(), expected: Some(dearer()) };
        let change = super::super::InventoryCommand::ChangeTicketType(Box::new(change));
        given(theatre()).at(0).when(change).then_refused(InventoryRefused::Changed);
    }
}
