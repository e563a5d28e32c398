//! Fees and taxes: what of them is in force, and what an order's tickets come to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::inventory::Inventory;
use super::orders::Secured;
use crate::fact::{
    FeeAdded, FeeLine, FeePer, FeeRemoved, OrderPlaced, Share, TaxAdded, TaxLine, TaxPer, TaxRemoved,
    TaxedPart,
};
use crate::rule::{Rule, Verdict};
use crate::value::{Digest, FeeId, OrderId, TaxId, Time, TypeId};

/// All of something, in millionths.
const WHOLE: u64 = 1_000_000;

/// What is in force at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Tariff {
    fees: Vec<FeeAdded>,
    taxes: Vec<TaxAdded>,
}

/// What is in force now, what there ever was, and what buyers have.
#[derive(Debug, Default)]
pub(super) struct Charges {
    pub(super) current: Arc<Tariff>,
    /// How often that has changed.
    pub(super) changes: u32,
    fees: HashSet<FeeId>,
    taxes: HashSet<TaxId>,
    /// The orders of each buyer, where that is told.
    buyers: HashMap<Digest, Vec<OrderId>>,
}

impl Charges {
    /// What is in force from now on, to be changed.
    fn change(&mut self) -> &mut Tariff {
        self.changes += 1;
        Arc::make_mut(&mut self.current)
    }
}

impl Inventory {
    pub(super) fn add_fee(&mut self, added: &FeeAdded) -> Verdict {
        let id = added.fee;
        Rule::ChargeIsNew.holds(self.charges.fees.insert(id), || id.to_string())?;
        Rule::FeeSaysOne.holds(added.amount.is_some() != added.rate.is_some(), || id.to_string())?;
        Rule::RateIsShare.holds(added.rate.is_none_or(|rate| rate <= WHOLE), || id.to_string())?;
        self.charges_types(&added.ticket_types.0, &id)?;
        self.charges.change().fees.push(added.clone());
        Ok(())
    }

    pub(super) fn remove_fee(&mut self, removed: &FeeRemoved) -> Verdict {
        let id = removed.fee;
        let fees = &mut self.charges.change().fees;
        let before = fees.len();
        fees.retain(|fee| fee.fee != id);
        Rule::ChargeIsInForce.holds(fees.len() < before, || id.to_string())
    }

    pub(super) fn add_tax(&mut self, added: &TaxAdded) -> Verdict {
        let id = added.tax;
        Rule::ChargeIsNew.holds(self.charges.taxes.insert(id), || id.to_string())?;
        Rule::RateIsShare.holds(added.rate <= WHOLE, || id.to_string())?;
        self.charges_types(&added.ticket_types.0, &id)?;
        self.charges.change().taxes.push(added.clone());
        Ok(())
    }

    pub(super) fn remove_tax(&mut self, removed: &TaxRemoved) -> Verdict {
        let id = removed.tax;
        let taxes = &mut self.charges.change().taxes;
        let before = taxes.len();
        taxes.retain(|tax| tax.tax != id);
        Rule::ChargeIsInForce.holds(taxes.len() < before, || id.to_string())
    }

    fn charges_types(&self, types: &[TypeId], id: &dyn std::fmt::Display) -> Verdict {
        let unknown = types.iter().find(|known| !self.stock.has_type(**known));
        Rule::ChargeTypeIsKnown.holds(unknown.is_none(), || id.to_string())
    }

    /// Whether a buyer has no more than one may have, with this order.
    pub(super) fn check_buyer(&mut self, placed: &OrderPlaced, now: Time) -> Verdict {
        let Some(buyer) = placed.buyer_key else { return Ok(()) };
        let Some(limit) = self.terms.max_per_buyer else {
            return Rule::BuyerIsCounted.broken(format!("{} names a buyer's key", placed.order));
        };
        let theirs = self.charges.buyers.entry(buyer).or_default();
        let open = theirs.iter().filter_map(|id| self.orders.get(id)).filter(|order| {
            !order.cancelled
                && (order.secured != Secured::No
                    || self.holds.get(&order.hold).is_some_and(|hold| hold.is_live(now)))
        });
        let has: usize = open.filter_map(|order| Some(self.holds.get(&order.hold)?.claims.len())).sum();
        theirs.push(placed.order);
        let count = has + placed.items.len();
        Rule::BuyerHasNoMore.holds(u32::try_from(count).is_ok_and(|count| count <= limit), || {
            format!("{count} with {}, at most {limit}", placed.order)
        })
    }
}

/// What an order comes to beside its prices.
struct Due {
    fees: Vec<FeeLine>,
    taxes: Vec<TaxLine>,
    shares: Vec<Share>,
}

impl Tariff {
    /// Whether an order says what its tickets come to.
    pub(super) fn check(&self, placed: &OrderPlaced) -> Verdict {
        let id = placed.order;
        let tickets: Vec<(TypeId, u64)> =
            placed.items.iter().map(|item| (item.ticket_type, item.price)).collect();
        let due = self.due(&tickets);
        Rule::OrderFeesAreHolds.holds(due.fees == placed.fees.0, || {
            format!("{id} says {:?}, due is {:?}", placed.fees.0, due.fees)
        })?;
        Rule::OrderTaxesAreHolds.holds(due.taxes == placed.taxes.0, || {
            format!("{id} says {:?}, due is {:?}", placed.taxes.0, due.taxes)
        })?;
        Rule::SharesAreTickets.holds(due.shares == placed.shares.0, || {
            format!("{id} says {:?}, due is {:?}", placed.shares.0, due.shares)
        })?;
        let prices: u128 = tickets.iter().map(|(_, price)| u128::from(*price)).sum();
        let fees: u128 =
            due.fees.iter().filter(|fee| !fee.absorbed.0).map(|fee| u128::from(fee.amount)).sum();
        let taxes: u128 =
            due.taxes.iter().filter(|tax| !tax.included.0).map(|tax| u128::from(tax.amount)).sum();
        let sum = prices + fees + taxes;
        Rule::OrderTotalAdds.holds(u128::from(placed.total) == sum, || {
            format!("{id} says {}, the sum is {sum}", placed.total)
        })
    }

    fn due(&self, tickets: &[(TypeId, u64)]) -> Due {
        if self.fees.is_empty() && self.taxes.is_empty() {
            return Due { fees: Vec::new(), taxes: Vec::new(), shares: Vec::new() };
        }
        let mut shares = vec![Share { fees: 0, taxes: 0, taxes_included: 0 }; tickets.len()];
        let mut fees = Vec::new();
        for fee in &self.fees {
            let parts = fee_parts(fee, tickets);
            let amount = parts.iter().sum();
            if !fee.absorbed.0 {
                shares.iter_mut().zip(&parts).for_each(|(share, part)| share.fees += part);
            }
            if amount > 0 {
                let FeeAdded { absorbed, fee, name, .. } = fee.clone();
                fees.push(FeeLine { absorbed, amount, fee, name });
            }
        }
        let charged: Vec<u64> = shares.iter().map(|share| share.fees).collect();
        let mut taxes = Vec::new();
        for tax in &self.taxes {
            let parts = self.tax_parts(tax, tickets, &charged);
            let amount = parts.iter().sum();
            for (share, part) in shares.iter_mut().zip(&parts) {
                *(if tax.included.0 { &mut share.taxes_included } else { &mut share.taxes }) += part;
            }
            if amount > 0 {
                let TaxAdded { included, name, rate, tax, .. } = tax.clone();
                taxes.push(TaxLine { amount, included, name, rate, tax });
            }
        }
        Due { fees, taxes, shares }
    }

    /// What a tax takes of each ticket: of its price, and of the fees that are charged with it.
    fn tax_parts(&self, tax: &TaxAdded, tickets: &[(TypeId, u64)], charged: &[u64]) -> Vec<u64> {
        let mut parts = vec![0; tickets.len()];
        // By the rates that are included in an amount: what can be summed up before it is rounded.
        let mut together: BTreeMap<u64, Vec<(usize, u64)>> = BTreeMap::new();
        for (n, ((ticket_type, price), fees)) in tickets.iter().zip(charged).enumerate() {
            for (on, amount) in [(TaxedPart::Tickets, *price), (TaxedPart::Fees, *fees)] {
                if !tax.is_on(on, *ticket_type) {
                    continue;
                }
                let under = self.taxes.iter().filter(|tax| tax.included.0 && tax.is_on(on, *ticket_type));
                let with_included = WHOLE + under.map(|tax| tax.rate).sum::<u64>();
                let (base, of) = if tax.included.0 {
                    (amount, with_included)
                } else {
                    (amount.saturating_sub(nearest(amount, with_included - WHOLE, with_included)), WHOLE)
                };
                match tax.per {
                    TaxPer::Line => add(&mut parts, n, nearest(base, tax.rate, of)),
                    TaxPer::Order => together.entry(of).or_default().push((n, base)),
                }
            }
        }
        for (of, bases) in together {
            let amount = nearest(bases.iter().map(|(_, base)| base).sum(), tax.rate, of);
            let weights: Vec<u64> = bases.iter().map(|(_, base)| *base).collect();
            for ((n, _), part) in bases.iter().zip(divided(amount, &weights)) {
                add(&mut parts, *n, part);
            }
        }
        parts
    }
}

impl TaxAdded {
    fn is_on(&self, part: TaxedPart, ticket_type: TypeId) -> bool {
        let types = &self.ticket_types.0;
        (self.on == TaxedPart::All || self.on == part) && (types.is_empty() || types.contains(&ticket_type))
    }
}

fn add(parts: &mut [u64], n: usize, amount: u64) {
    if let Some(part) = parts.get_mut(n) {
        *part += amount;
    }
}

/// What a fee comes to for each ticket. A free ticket has none.
fn fee_parts(fee: &FeeAdded, tickets: &[(TypeId, u64)]) -> Vec<u64> {
    let types = &fee.ticket_types.0;
    let concerned = |ticket_type| types.is_empty() || types.contains(ticket_type);
    let bases: Vec<u64> =
        tickets.iter().map(|(ticket_type, price)| if concerned(ticket_type) { *price } else { 0 }).collect();
    let on = |base: u64| match (base, fee.amount, fee.rate) {
        (0, _, _) | (_, None, None) => 0,
        (_, Some(amount), _) => amount,
        (base, None, Some(rate)) => nearest(base, rate, WHOLE),
    };
    match fee.per {
        FeePer::Ticket => bases.into_iter().map(on).collect(),
        FeePer::Order => divided(on(bases.iter().sum()), &bases),
    }
}

/// `amount × rate ÷ of`, to the nearest whole number, halves up.
fn nearest(amount: u64, rate: u64, of: u64) -> u64 {
    let (numerator, of) = (u128::from(amount) * u128::from(rate), u128::from(of));
    let (whole, rest) = (numerator / of, numerator % of);
    u64::try_from(whole + u128::from(2 * rest >= of)).unwrap_or(u64::MAX)
}

/// An amount by weights: the first n have the n-th part of it, rounded down.
fn divided(amount: u64, weights: &[u64]) -> Vec<u64> {
    let all: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let first = |n: usize| {
        let weight: u128 = weights.iter().take(n).map(|weight| u128::from(*weight)).sum();
        u64::try_from(u128::from(amount) * weight / all.max(1)).unwrap_or(u64::MAX)
    };
    (0..weights.len()).map(|n| first(n + 1).saturating_sub(first(n))).collect()
}
