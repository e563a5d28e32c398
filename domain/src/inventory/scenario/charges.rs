//! Fees, taxes, limits and rules of the cast.

use super::*;
use crate::id::{FeeId, TaxId};
use crate::pricing::{FeeLine, Rate, Share, TariffIndex, TaxLine};

const FEE: FeeId = FeeId::from_uuid(Uuid::from_u128(1));
const TAX: TaxId = TaxId::from_uuid(Uuid::from_u128(1));

/// So much for each order.
pub(crate) fn fixed_fee(amount: Minor) -> FeeAdded {
    FeeAdded {
        absorbed: false,
        amount: Some(amount),
        fee: FEE,
        name: "Service".into(),
        per: FeePer::Order,
        rate: None,
        ticket_types: Vec::new(),
    }
}

/// 19 % on tickets.
pub(crate) fn vat(included: bool) -> TaxAdded {
    TaxAdded {
        included,
        name: "VAT".into(),
        on: TaxedPart::Tickets,
        per: TaxPer::Line,
        rate: Rate::from_millionths(190_000).unwrap(),
        tax: TAX,
        ticket_types: Vec::new(),
    }
}

pub(crate) fn add_fee(added: FeeAdded) -> InventoryCommand {
    InventoryCommand::AddFee(Box::new(add_fee::AddFee { added }))
}

pub(crate) fn remove_fee(fee: FeeId) -> InventoryCommand {
    InventoryCommand::RemoveFee(remove_fee::RemoveFee { fee })
}

pub(crate) fn add_tax(added: TaxAdded) -> InventoryCommand {
    InventoryCommand::AddTax(Box::new(add_tax::AddTax { added }))
}

pub(crate) fn remove_tax(tax: TaxId) -> InventoryCommand {
    InventoryCommand::RemoveTax(remove_tax::RemoveTax { tax })
}

fn changed(order: InventoryEvent, change: impl FnOnce(&mut OrderPlaced)) -> InventoryEvent {
    let InventoryEvent::OrderPlaced(mut placed) = order else { panic!("no order") };
    change(&mut placed);
    placed.into()
}

/// One ticket with the fee.
pub(crate) fn order_with_fee(
    until: i64,
    order: OrderId,
    hold: HoldId,
    names: &[&str],
    amount: Minor,
) -> InventoryEvent {
    changed(order_placed(until, order, hold, names), |placed| {
        placed.fees = vec![FeeLine { absorbed: false, amount, fee: FEE, name: "Service".into() }];
        placed.shares = vec![Share { fees: amount, ..Share::default() }];
        placed.total += amount;
    })
}

/// One ticket with the tax.
pub(crate) fn order_with_tax(
    until: i64,
    order: OrderId,
    hold: HoldId,
    names: &[&str],
    included: bool,
    amount: Minor,
) -> InventoryEvent {
    changed(order_placed(until, order, hold, names), |placed| {
        let TaxAdded { name, rate, tax, .. } = vat(included);
        placed.taxes = vec![TaxLine { amount, included, name, rate, tax }];
        let share = if included {
            Share { taxes_included: amount, ..Share::default() }
        } else {
            Share { taxes: amount, ..Share::default() }
        };
        placed.shares = vec![share];
        placed.total += if included { 0 } else { amount };
    })
}

/// A theatre in which nobody may leave a seat alone.
pub(crate) fn careful_theatre() -> Vec<InventoryEvent> {
    let mut events = theatre();
    if let Some(InventoryEvent::InventoryDrafted(drafted)) = events.first_mut() {
        drafted.single_seat_rule = Some(SingleSeatRule::Refuse);
    }
    events
}

/// A theatre that sells so many tickets to one buyer.
pub(crate) fn limited_theatre(max_per_buyer: u32) -> Vec<InventoryEvent> {
    let mut events = theatre();
    if let Some(InventoryEvent::InventoryDrafted(drafted)) = events.first_mut() {
        drafted.max_per_buyer = Some(max_per_buyer);
    }
    events
}

pub(crate) fn place_order_as(order: OrderId, hold: HoldId, buyer: &str) -> InventoryCommand {
    let buyer_key = Some(Digest::of(&[buyer.as_bytes()]));
    InventoryCommand::PlaceOrder(place_order::PlaceOrder { order, hold, buyer: super::buyer(), buyer_key })
}

/// The hold after so many changes of fees and taxes.
pub(crate) fn under(tariff: TariffIndex, held: InventoryEvent) -> InventoryEvent {
    let InventoryEvent::HoldPlaced(mut placed) = held else { panic!("no hold") };
    placed.tariff = tariff;
    placed.into()
}
