//! Changing when the sale starts and ends. What is held already stays what it is.

use super::event::SaleWindowChanged;
use super::{Decision, Invalid, Inventory, InventoryRefused};
use crate::time::Timestamp;

/// Change when the sale starts and ends.
#[derive(Debug, Clone)]
pub struct ChangeSaleWindow {
    /// The whole window as it is to be.
    pub window: SaleWindowChanged,
    /// What the caller takes it to be; whoever does not say, takes it as it is.
    pub expected: Option<SaleWindowChanged>,
}

/// Decides [`ChangeSaleWindow`]. The window that there is already changes nothing.
///
/// # Errors
/// There is no such show, somebody else has changed it, or the sale would be over before it starts.
pub fn decide(command: &ChangeSaleWindow, inventory: &Inventory) -> Decision {
    let drafted = &inventory.terms()?.drafted;
    let (sale_ends_at, sale_starts_at) = (drafted.sale_ends_at, drafted.sale_starts_at);
    let window = SaleWindowChanged { sale_ends_at, sale_starts_at };
    if command.expected.is_some_and(|expected| expected != window) {
        return Err(InventoryRefused::Changed);
    }
    if command.window == window {
        return Ok(Vec::new());
    }
    check(&command.window, drafted.starts_at)?;
    Ok(vec![command.window.into()])
}

/// Whether a sale can have that window, of a show that starts then.
///
/// # Errors
/// It would be over before it starts.
pub fn check(window: &SaleWindowChanged, starts_at: Timestamp) -> Result<(), InventoryRefused> {
    let ends_at = window.sale_ends_at.unwrap_or(starts_at);
    if window.sale_starts_at.is_some_and(|sale_starts_at| sale_starts_at >= ends_at) {
        return Err(Invalid::SaleWindow.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_sale_opens_and_closes_when_it_is_told_to() {
        given(theatre())
            .at(0)
            .when(change_window(Some(10), Some(20)))
            .then_and([window_changed(Some(10), Some(20))])
            .at(9)
            .when(place_hold(ANN, &["A-1"]))
            .then_refused(InventoryRefused::SaleNotOpen { opens_at: Some(Timestamp::from_unix_ms(10)) });
        let open = given(theatre()).and(0, window_changed(Some(10), Some(20)));
        open.clone().at(10).when(place_hold(ANN, &["A-1"])).then([hold_placed(10, ANN, &["A-1"])]);
        open.at(20)
            .when(place_hold(ANN, &["A-1"]))
            .then_refused(InventoryRefused::SaleNotOpen { opens_at: None });
    }

    #[test]
    fn a_window_that_closes_takes_nothing_from_a_live_hold() {
        given(theatre())
            .and(0, hold_placed(0, ANN, &["A-1"]))
            .and(1, window_changed(None, Some(1)))
            .at(2)
            .when(place_order(ANN_ORDER, ANN))
            .then([order_placed(HOLD_MS, ANN_ORDER, ANN, &["A-1"])]);
    }

    #[test]
    fn a_sale_that_never_opens_and_a_window_that_somebody_else_has_changed_are_refused() {
        let refused = |starts, ends| {
            given(theatre()).at(0).when(change_window(starts, ends)).then_refused(Invalid::SaleWindow.into());
        };
        refused(Some(20), Some(20));
        refused(Some(START_MS), None);
        let other =
            SaleWindowChanged { sale_ends_at: Some(Timestamp::from_unix_ms(5)), sale_starts_at: None };
        let window = SaleWindowChanged { sale_ends_at: None, sale_starts_at: None };
        let change = |expected| {
            super::super::InventoryCommand::ChangeSaleWindow(ChangeSaleWindow { window, expected })
        };
        given(theatre()).at(0).when(change(Some(other))).then_refused(InventoryRefused::Changed);
        given(theatre()).at(0).when(change(Some(window))).then([]);
    }
}
