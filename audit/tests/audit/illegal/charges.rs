//! Fees and taxes: what is in force, and what an order says of it.

use serde_json::{Value, json};

use crate::builder::{Log, id};
use crate::sale::{STALLS, fee, seat, tax};

/// An order of two seats with a fee of 2.50 an order and an included tax of 19 %, changed.
fn order_with(log: &mut Log, change: impl FnOnce(&mut Value)) {
    log.on_sale().inventory("fee_added", &fee(1));
    log.inventory("tax_added", &tax(1));
    log.hold_under(2, 1, &[seat("A1"), seat("A2")]);
    let mut order = log.charged(1, &[seat("A1"), seat("A2")]);
    change(&mut order);
    log.inventory("order_placed", &order);
}

/// Two orders of the same buyer, of four seats and of three.
fn two_orders(log: &mut Log) {
    let seats = |names: &[&str]| names.iter().map(|name| seat(name)).collect::<Vec<_>>();
    for (n, names) in [(1, &["A1", "A2", "A3", "A4"][..]), (2, &["A5", "A6", "A7"])] {
        log.hold(n, &seats(names));
        let mut order = log.ordered(n, &seats(names));
        order["buyer_key"] = json!("a".repeat(64));
        log.inventory("order_placed", &order);
    }
}

/// A show in which nobody may leave a seat alone.
fn careful(log: &mut Log) {
    log.on_sale_with(|terms| terms["single_seat_rule"] = json!("refuse"));
}

illegal! {
    a_hold_that_says_too_many_changes breaks HoldNamesTariff: |log| { log.on_sale().hold_under(1, 1, &[seat("A1")]); };
    a_hold_that_says_no_change breaks HoldNamesTariff: |log| { log.on_sale().inventory("fee_added", &fee(1)); log.hold(1, &[seat("A1")]); };
    a_fee_added_twice breaks ChargeIsNew: |log| { log.on_sale().inventory("fee_added", &fee(1)); log.inventory("fee_added", &fee(1)); };
    a_tax_added_twice breaks ChargeIsNew: |log| { log.on_sale().inventory("tax_added", &tax(1)); log.inventory("tax_added", &tax(1)); };
    a_fee_that_comes_back breaks ChargeIsNew: |log| {
        log.on_sale().inventory("fee_added", &fee(1));
        log.inventory("fee_removed", &json!({"fee": id("fee", 1)}));
        log.inventory("fee_added", &fee(1));
    };
    a_fee_removed_that_was_never_there breaks ChargeIsInForce: |log| { log.on_sale().inventory("fee_removed", &json!({"fee": id("fee", 1)})); };
    a_tax_removed_twice breaks ChargeIsInForce: |log| {
        log.on_sale().inventory("tax_added", &tax(1));
        log.inventory("tax_removed", &json!({"tax": id("tax", 1)}));
        log.inventory("tax_removed", &json!({"tax": id("tax", 1)}));
    };
    a_fee_for_an_unknown_type breaks ChargeTypeIsKnown: |log| {
        let mut fee = fee(1);
        fee["ticket_types"] = json!([id("ticket_type", STALLS), id("ticket_type", 99)]);
        log.on_sale().inventory("fee_added", &fee);
    };
    a_fee_that_is_both breaks FeeSaysOne: |log| { let mut fee = fee(1); fee["rate"] = json!(1); log.on_sale().inventory("fee_added", &fee); };
    a_fee_that_is_nothing breaks FeeSaysOne: |log| {
        log.on_sale().inventory("fee_added", &json!({"fee": id("fee", 1), "name": "Fee", "per": "order"}));
    };
    a_tax_of_more_than_all breaks RateIsShare: |log| { let mut tax = tax(1); tax["rate"] = json!(1_000_001); log.on_sale().inventory("tax_added", &tax); };
    a_fee_of_another_amount breaks OrderFeesAreHolds: |log| order_with(log, |order| order["fees"][0]["amount"] = json!(249));
    a_fee_that_is_called_otherwise breaks OrderFeesAreHolds: |log| order_with(log, |order| order["fees"][0]["name"] = json!("Gift"));
    a_fee_that_is_kept_quiet breaks OrderFeesAreHolds: |log| order_with(log, |order| { order.as_object_mut().unwrap().remove("fees"); });
    a_fee_that_came_after_the_hold breaks OrderFeesAreHolds: |log| {
        log.on_sale().hold(1, &[seat("A1"), seat("A2")]);
        log.inventory("fee_added", &fee(1));
        log.inventory("tax_added", &tax(1));
        let order = log.charged(1, &[seat("A1"), seat("A2")]);
        log.inventory("order_placed", &order);
    };
    a_tax_of_another_amount breaks OrderTaxesAreHolds: |log| order_with(log, |order| order["taxes"][0]["amount"] = json!(1437));
    a_tax_that_is_added_and_not_included breaks OrderTaxesAreHolds: |log| order_with(log, |order| { order["taxes"][0].as_object_mut().unwrap().remove("included"); });
    shares_of_other_tickets breaks SharesAreTickets: |log| order_with(log, |order| order["shares"][1]["fees"] = json!(126));
    a_total_without_the_fee breaks OrderTotalAdds: |log| order_with(log, |order| order["total"] = json!(9000));
    a_hold_of_more_than_an_order_may_have breaks OrderMaximum: |log| {
        log.on_sale_with(|terms| terms["max_per_order"] = json!(1));
        log.hold(1, &[seat("A1"), seat("A2")]);
    };
    a_seat_that_is_left_alone breaks NobodyLeftAlone: |log| { careful(log); log.hold(1, &[seat("A2")]); };
    a_seat_between_two_of_one_hold breaks NobodyLeftAlone: |log| { careful(log); log.hold(1, &[seat("A1"), seat("A3")]); };
    a_seat_that_an_addition_leaves_alone breaks NobodyLeftAlone: |log| {
        careful(log);
        log.hold(1, &[seat("A1")]);
        log.inventory("hold_items_added", &json!({"hold": id("hold", 1), "items": [seat("A3")]}));
    };
    a_seat_that_is_given_back_alone breaks NobodyLeftAlone: |log| {
        careful(log);
        log.hold(1, &[seat("A1"), seat("A2"), seat("A3")]);
        log.inventory("hold_items_removed", &json!({"hold": id("hold", 1), "items": [seat("A2")]}));
    };
    more_than_a_buyer_may_have breaks BuyerHasNoMore: |log| { log.on_sale(); two_orders(log); };
    a_buyer_who_is_counted_for_nothing breaks BuyerIsCounted: |log| {
        log.on_sale_with(|terms| { terms.as_object_mut().unwrap().remove("max_per_buyer"); });
        log.hold(1, &[seat("A1")]);
        let mut order = log.ordered(1, &[seat("A1")]);
        order["buyer_key"] = json!("a".repeat(64));
        log.inventory("order_placed", &order);
    };
}
