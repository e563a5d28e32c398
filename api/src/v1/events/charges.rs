//! What fees and taxes share on the wire.

use boxoffice_domain::id::TicketTypeId;
use boxoffice_domain::money::Currency;
use boxoffice_domain::pricing::{FeeLine, Rate, TaxLine};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::wire::{self, Money};

/// Millionths in a per cent.
const PER_CENT: u32 = 10_000;

/// A fee, as far as it goes into an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChargedFee {
    /// The fee.
    pub fee_id: String,
    /// What people call it.
    pub name: String,
    /// What it comes to.
    pub amount: Money,
    /// The organizer bears it: it is not part of the total.
    pub absorbed: bool,
}

impl ChargedFee {
    /// The fee on the wire.
    #[must_use]
    pub fn new(line: &FeeLine, currency: Currency) -> Self {
        Self {
            fee_id: line.fee.to_string(),
            name: line.name.clone(),
            amount: Money::new(line.amount, currency),
            absorbed: line.absorbed,
        }
    }
}

/// A tax, as far as it goes into an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChargedTax {
    /// The tax.
    pub tax_id: String,
    /// What people call it.
    pub name: String,
    /// In per cent.
    #[schema(example = "19")]
    pub percentage: String,
    /// What it comes to.
    pub amount: Money,
    /// Prices and fees include it; else it is part of the total beside them.
    pub included: bool,
}

impl ChargedTax {
    /// The tax on the wire.
    #[must_use]
    pub fn new(line: &TaxLine, currency: Currency) -> Self {
        Self {
            tax_id: line.tax.to_string(),
            name: line.name.clone(),
            percentage: percentage(line.rate),
            amount: Money::new(line.amount, currency),
            included: line.included,
        }
    }
}

/// A rate in per cent, without zeros that say nothing.
#[must_use]
pub fn percentage(rate: Rate) -> String {
    let (whole, rest) = (rate.millionths() / PER_CENT, rate.millionths() % PER_CENT);
    let text = format!("{whole}.{rest:04}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Per cent as text, as `8.875`.
///
/// # Errors
/// 422 that points at the field.
pub fn rate(text: &str, pointer: &str) -> Result<Rate, Problem> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let millionths = || {
        let whole: u32 = whole.parse().ok()?;
        let rest: u32 = format!("{rest:0<4}").parse().ok()?;
        Rate::from_millionths(whole.checked_mul(PER_CENT)?.checked_add(rest)?)
    };
    let is_written = is_number(whole) && is_number(rest) && whole.len() <= 3 && rest.len() <= 4;
    is_written.then(millionths).flatten().ok_or_else(|| {
        let detail =
            "Expected per cent as text, from \"0\" to \"100\" with at most four decimals, as \"8.875\".";
        Problem::field(pointer, "invalid_percentage", detail)
    })
}

/// Ticket types that something is for.
///
/// # Errors
/// 422 that points at the one that is none, or is named twice.
pub fn ticket_types(ids: &[String]) -> Result<Vec<TicketTypeId>, Problem> {
    let mut types = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let pointer = format!("/ticket_type_ids/{index}");
        let ticket_type = wire::id(id, &pointer)?;
        if types.contains(&ticket_type) {
            return Err(Problem::field(pointer, "duplicate", "The same ticket type is named twice."));
        }
        types.push(ticket_type);
    }
    Ok(types)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_cent_is_read_and_written_as_people_write_it() {
        for (text, millionths) in
            [("0", 0), ("19", 190_000), ("8.875", 88_750), ("0.0001", 1), ("100", 1_000_000)]
        {
            let read = rate(text, "/percentage").unwrap();
            assert_eq!((read.millionths(), percentage(read).as_str()), (millionths, text));
        }
        assert_eq!(percentage(rate("07.50", "/p").unwrap()), "7.5");
    }

    #[test]
    fn what_is_no_per_cent_is_refused() {
        for text in
            ["", ".", "1.", ".5", "-1", "+1", "1,5", "100.0001", "101", "1.00001", "1e1", "٣", "9999999999"]
        {
            assert!(rate(text, "/percentage").is_err(), "{text}");
        }
    }
}
