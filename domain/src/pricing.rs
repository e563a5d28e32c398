//! What tickets come to: prices, fees and taxes, and what of them belongs to each ticket. Whole minor units, no floats
//! (`docs/adr/0017`).
//!
//! * Fees come first, in the order of their announcement, then taxes. A free ticket costs nothing: no fee is for it.
//! * What is not a whole minor unit is rounded to the nearest, halves up: a fee per ticket and a tax per line for each
//!   ticket by itself, a fee per order and a tax per order once.
//! * What is rounded once belongs to the tickets in proportion to what it was taken from: the first n tickets have the
//!   n-th part of it, rounded down, so that nothing is lost and nothing is said twice.
//! * An included tax is the part of the amount that the rate makes, all included rates together being part of it. A
//!   tax that is added is taken from what the included ones leave.
//! * An absorbed fee is the organizer's: it is told, and not charged.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{FeeId, TaxId, TicketTypeId};
use crate::inventory::event::{FeeAdded, FeePer, FeeRemoved, TaxAdded, TaxPer, TaxRemoved, TaxedPart};
use crate::money::{MINOR_MAX, Minor};

#[cfg(test)]
mod properties;

/// The most fees, and the most taxes, that a show may have at once.
pub const TARIFF_MAX: usize = 20;

/// The most often that the fees and taxes of a show may change.
pub const TARIFFS_MAX: usize = 1_000;

/// A share of an amount, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(u32);

impl Rate {
    /// All of it.
    pub const WHOLE: u32 = 1_000_000;

    /// The whole amount.
    pub const FULL: Self = Self(Self::WHOLE);

    /// So many millionths; none beyond the whole.
    #[must_use]
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths <= Self::WHOLE { Some(Self(millionths)) } else { None }
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

/// The fees and taxes that hold for what is held at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tariff {
    /// In the order of their announcement.
    pub fees: Vec<FeeAdded>,
    /// In the order of their announcement.
    pub taxes: Vec<TaxAdded>,
}

/// Every tariff that a show has had, so that a hold keeps the one that its buyer saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariffs(Vec<Arc<Tariff>>);

/// Which of the [`Tariffs`].
pub type TariffIndex = u32;

impl Default for Tariffs {
    fn default() -> Self {
        Self(vec![Arc::default()])
    }
}

impl Tariffs {
    /// The tariffs of a show in their order, of which there is at least one.
    #[must_use]
    pub fn of(tariffs: Vec<Tariff>) -> Self {
        if tariffs.is_empty() { Self::default() } else { Self(tariffs.into_iter().map(Arc::new).collect()) }
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Tariff> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The one that holds now.
    #[must_use]
    pub fn current(&self) -> Arc<Tariff> {
        self.0.last().cloned().unwrap_or_default()
    }

    /// The one that held.
    #[must_use]
    pub fn get(&self, index: TariffIndex) -> Arc<Tariff> {
        usize::try_from(index).ok().and_then(|index| self.0.get(index)).cloned().unwrap_or_default()
    }

    /// The number of the one that holds now.
    #[must_use]
    pub fn index(&self) -> TariffIndex {
        u32::try_from(self.0.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Whether it may change once more.
    #[must_use]
    pub fn may_change(&self) -> bool {
        self.0.len() < TARIFFS_MAX
    }

    /// A fee is charged from now on.
    pub fn fee_added(&mut self, fee: &FeeAdded) {
        self.change(|tariff| {
            if tariff.fee(fee.fee).is_none() {
                tariff.fees.push(fee.clone());
            }
        });
    }

    /// A fee is charged no more.
    pub fn fee_removed(&mut self, removed: &FeeRemoved) {
        self.change(|tariff| tariff.fees.retain(|fee| fee.fee != removed.fee));
    }

    /// A tax is due from now on.
    pub fn tax_added(&mut self, tax: &TaxAdded) {
        self.change(|tariff| {
            if tariff.tax(tax.tax).is_none() {
                tariff.taxes.push(tax.clone());
            }
        });
    }

    /// A tax is due no more.
    pub fn tax_removed(&mut self, removed: &TaxRemoved) {
        self.change(|tariff| tariff.taxes.retain(|tax| tax.tax != removed.tax));
    }

    fn change(&mut self, change: impl FnOnce(&mut Tariff)) {
        let mut tariff = Tariff::clone(&self.current());
        change(&mut tariff);
        self.0.push(Arc::new(tariff));
    }
}

impl Tariff {
    /// The fee of that id.
    #[must_use]
    pub fn fee(&self, fee: FeeId) -> Option<&FeeAdded> {
        self.fees.iter().find(|known| known.fee == fee)
    }

    /// The tax of that id.
    #[must_use]
    pub fn tax(&self, tax: TaxId) -> Option<&TaxAdded> {
        self.taxes.iter().find(|known| known.tax == tax)
    }

    /// Whether prices are all there is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fees.is_empty() && self.taxes.is_empty()
    }
}

/// What a fee comes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeLine {
    /// The organizer's, and not part of the total.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absorbed: bool,
    /// In minor units.
    pub amount: Minor,
    /// The fee.
    pub fee: FeeId,
    /// What people called it.
    pub name: String,
}

/// What a tax comes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxLine {
    /// In minor units.
    pub amount: Minor,
    /// Part of prices and fees, and not added to them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub included: bool,
    /// What people called it.
    pub name: String,
    /// In millionths.
    pub rate: Rate,
    /// The tax.
    pub tax: TaxId,
}

/// What belongs to one ticket beside its price, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Fees that are charged.
    pub fees: Minor,
    /// Taxes that are added.
    pub taxes: Minor,
    /// Taxes that its price and its fees include.
    pub taxes_included: Minor,
}

/// What an order comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Breakdown {
    /// Fees that come to something.
    pub fees: Vec<FeeLine>,
    /// One a ticket; none at all where there are neither fees nor taxes.
    pub shares: Vec<Share>,
    /// Taxes that come to something.
    pub taxes: Vec<TaxLine>,
    /// Prices, fees that are charged and taxes that are added, in minor units.
    pub total: Minor,
}

/// An order would come to more than [`MINOR_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the amount is too large")]
pub struct TooLarge;

/// What tickets of these types at these prices come to.
///
/// # Errors
/// [`TooLarge`].
pub fn price(
    tariff: &Tariff,
    tickets: impl Iterator<Item = (TicketTypeId, Minor)>,
) -> Result<Breakdown, TooLarge> {
    if tariff.is_empty() {
        let total = bounded(tickets.map(|(_, price)| price))?;
        return Ok(Breakdown { total, ..Breakdown::default() });
    }
    let tickets: Vec<Ticket> = tickets.map(|(ticket_type, price)| Ticket { ticket_type, price }).collect();
    bounded(tickets.iter().map(|ticket| ticket.price))?;
    let mut shares = vec![Share::default(); tickets.len()];
    let fees: Vec<FeeLine> =
        tariff.fees.iter().filter_map(|fee| charge(fee, &tickets, &mut shares)).collect();
    bounded(fees.iter().map(|fee| fee.amount))?;
    let taxables = taxables(tariff, &tickets, &shares);
    let taxes = tariff.taxes.iter().filter_map(|tax| levy(tax, &taxables, &mut shares)).collect();
    let charged =
        tickets.iter().zip(&shares).flat_map(|(ticket, share)| [ticket.price, share.fees, share.taxes]);
    Ok(Breakdown { fees, taxes, total: bounded(charged)?, shares })
}

fn bounded(amounts: impl Iterator<Item = Minor>) -> Result<Minor, TooLarge> {
    let sum: u128 = amounts.map(u128::from).sum();
    Minor::try_from(sum).ok().filter(|sum| *sum <= MINOR_MAX).ok_or(TooLarge)
}

struct Ticket {
    ticket_type: TicketTypeId,
    price: Minor,
}

/// Whether what names these ticket types, or none, is for that one.
fn is_for(named: &[TicketTypeId], ticket_type: TicketTypeId) -> bool {
    named.is_empty() || named.contains(&ticket_type)
}

fn charge(fee: &FeeAdded, tickets: &[Ticket], shares: &mut [Share]) -> Option<FeeLine> {
    let charged_on =
        |ticket: &Ticket| if is_for(&fee.ticket_types, ticket.ticket_type) { ticket.price } else { 0 };
    let bases: Vec<Minor> = tickets.iter().map(charged_on).collect();
    let amount_on = |base: Minor| match (fee.amount, fee.rate) {
        _ if base == 0 => 0,
        (Some(amount), _) => amount,
        (None, Some(rate)) => rounded(base, rate.millionths().into(), Rate::WHOLE.into()),
        (None, None) => 0,
    };
    let parts: Vec<Minor> = match fee.per {
        FeePer::Ticket => bases.iter().copied().map(amount_on).collect(),
        FeePer::Order => shared_out(amount_on(bases.iter().sum()), &bases),
    };
    let amount = parts.iter().fold(0, |sum: Minor, part| sum.saturating_add(*part));
    if !fee.absorbed {
        for (share, part) in shares.iter_mut().zip(parts) {
            share.fees = share.fees.saturating_add(part);
        }
    }
    (amount > 0).then(|| FeeLine { absorbed: fee.absorbed, amount, fee: fee.fee, name: fee.name.clone() })
}

/// The price of a ticket, or its fees: what is taxed by itself.
struct Taxable {
    /// Which of the tickets.
    ticket: usize,
    ticket_type: TicketTypeId,
    part: TaxedPart,
    gross: Minor,
    /// All rates that are included in it, in millionths.
    included: u64,
}

fn taxables(tariff: &Tariff, tickets: &[Ticket], shares: &[Share]) -> Vec<Taxable> {
    let mut taxables = Vec::with_capacity(2 * tickets.len());
    for (n, (ticket, share)) in tickets.iter().zip(shares).enumerate() {
        for (part, gross) in [(TaxedPart::Tickets, ticket.price), (TaxedPart::Fees, share.fees)] {
            let ticket_type = ticket.ticket_type;
            let mut taxable = Taxable { ticket: n, ticket_type, part, gross, included: 0 };
            let included = tariff.taxes.iter().filter(|tax| tax.included && taxable.is_under(tax));
            taxable.included = included.map(|tax| u64::from(tax.rate.millionths())).sum();
            taxables.push(taxable);
        }
    }
    taxables
}

impl Taxable {
    fn is_under(&self, tax: &TaxAdded) -> bool {
        (tax.on == TaxedPart::All || tax.on == self.part) && is_for(&tax.ticket_types, self.ticket_type)
    }

    /// What a tax is taken from, and how many millionths all of that has.
    fn base(&self, tax: &TaxAdded) -> (Minor, u64) {
        let whole = u64::from(Rate::WHOLE);
        let with_included = whole + self.included;
        if tax.included {
            (self.gross, with_included)
        } else {
            (self.gross.saturating_sub(rounded(self.gross, self.included, with_included)), whole)
        }
    }
}

fn levy(tax: &TaxAdded, taxables: &[Taxable], shares: &mut [Share]) -> Option<TaxLine> {
    let rate = u64::from(tax.rate.millionths());
    // Those that have the same whole can be taken together.
    let mut groups: BTreeMap<u64, (Vec<usize>, Vec<Minor>)> = BTreeMap::new();
    for taxable in taxables.iter().filter(|taxable| taxable.is_under(tax)) {
        let (base, whole) = taxable.base(tax);
        let (tickets, bases) = groups.entry(whole).or_default();
        tickets.push(taxable.ticket);
        bases.push(base);
    }
    let mut amount: Minor = 0;
    for (whole, (tickets, bases)) in groups {
        let parts: Vec<Minor> = match tax.per {
            TaxPer::Line => bases.iter().map(|base| rounded(*base, rate, whole)).collect(),
            TaxPer::Order => shared_out(rounded(bases.iter().sum(), rate, whole), &bases),
        };
        for (ticket, part) in tickets.into_iter().zip(parts) {
            amount = amount.saturating_add(part);
            if let Some(share) = shares.get_mut(ticket) {
                let of = if tax.included { &mut share.taxes_included } else { &mut share.taxes };
                *of = of.saturating_add(part);
            }
        }
    }
    let TaxAdded { included, rate, tax: id, .. } = *tax;
    (amount > 0).then(|| TaxLine { amount, included, name: tax.name.clone(), rate, tax: id })
}

/// `amount × rate ÷ whole` to the nearest minor unit, halves up.
pub(crate) fn rounded(amount: Minor, rate: u64, whole: u64) -> Minor {
    let whole = u128::from(whole.max(1));
    let exact = u128::from(amount) * u128::from(rate);
    Minor::try_from((2 * exact + whole) / (2 * whole)).unwrap_or(Minor::MAX)
}

/// An amount in parts that are as their weights, and add up to it. Where nothing weighs anything, the first has it all.
#[must_use]
pub fn shared_out(amount: Minor, weights: &[Minor]) -> Vec<Minor> {
    let whole: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let (mut weighed, mut given) = (0_u128, 0_u64);
    let parts = weights.iter().enumerate().map(|(n, weight)| {
        weighed += u128::from(*weight);
        let until = match whole {
            0 if n == 0 => amount,
            0 => given,
            whole => Minor::try_from(u128::from(amount) * weighed / whole).unwrap_or(amount),
        };
        let part = until.saturating_sub(given);
        given = until;
        part
    });
    parts.collect()
}
