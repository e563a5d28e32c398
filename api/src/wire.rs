//! The shapes that several resources share on the wire. The event of the API is the show of the code; the
//! translation happens here and in the handlers, nowhere else.

use boxoffice_domain::inventory::event::{Item, TicketItem};
use boxoffice_domain::money::{Currency, MINOR_MAX, Minor};
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// An amount of money in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units: cents, yen, fils.
    #[schema(value_type = u64, example = 4500)]
    pub amount: Minor,
    /// ISO 4217.
    #[schema(example = "EUR")]
    pub currency: String,
}

impl Money {
    /// An amount in the show's currency.
    #[must_use]
    pub fn new(amount: Minor, currency: Currency) -> Self {
        Self { amount, currency: currency.code().to_owned() }
    }

    /// The minor units, if the amount is in that currency and not too large.
    ///
    /// # Errors
    /// 422 that points at the field.
    pub fn minor(&self, currency: Currency, pointer: &str) -> Result<Minor, Problem> {
        if self.currency != currency.code() {
            let detail = format!("The event sells in {currency}.");
            return Err(Problem::field(format!("{pointer}/currency"), "wrong_currency", detail));
        }
        if self.amount > MINOR_MAX {
            let detail = format!("At most {MINOR_MAX} minor units.");
            return Err(Problem::field(format!("{pointer}/amount"), "out_of_range", detail));
        }
        Ok(self.amount)
    }
}

/// One seat, or one unit of a general-admission ticket type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HeldItem {
    /// The seat, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Stalls-A-12")]
    pub seat_id: Option<String>,
    /// As what it is sold.
    pub ticket_type_id: String,
    /// What it costs.
    pub price: Money,
}

impl HeldItem {
    /// The item on the wire.
    #[must_use]
    pub fn new(item: &Item, currency: Currency) -> Self {
        Self {
            seat_id: item.seat.as_ref().map(ToString::to_string),
            ticket_type_id: item.ticket_type.to_string(),
            price: Money::new(item.price, currency),
        }
    }

    /// The item of an order on the wire.
    #[must_use]
    pub fn of_order(item: &TicketItem, currency: Currency) -> Self {
        Self {
            seat_id: item.seat.as_ref().map(ToString::to_string),
            ticket_type_id: item.ticket_type.to_string(),
            price: Money::new(item.price, currency),
        }
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    /// The entries.
    pub data: Vec<T>,
    /// Where the next page starts; null on the last.
    pub next_cursor: Option<String>,
}

/// How a list is paged.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Where to go on: `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many entries, 1 to 100; 25 unless told.
    pub limit: Option<String>,
}

impl Paging {
    /// The limit.
    ///
    /// # Errors
    /// 422 if it is not a number from 1 to 100.
    pub fn limit(&self) -> Result<usize, Problem> {
        let Some(text) = &self.limit else { return Ok(25) };
        text.parse()
            .ok()
            .filter(|limit| (1..=100).contains(limit))
            .ok_or_else(|| Problem::field("limit", "out_of_range", "Expected a number from 1 to 100."))
    }
}

/// Names, at most so long and without control characters.
///
/// # Errors
/// 422 that points at the field.
pub fn text(value: &str, pointer: &str, length_max: usize) -> Result<String, Problem> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Err(Problem::field(pointer, "missing", "This must not be empty."));
    }
    if trimmed.chars().count() > length_max {
        return Err(Problem::field(pointer, "too_long", format!("At most {length_max} characters.")));
    }
    if trimmed.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t') {
        return Err(Problem::field(pointer, "invalid", "Control characters are not allowed."));
    }
    Ok(trimmed.to_owned())
}

/// An optional text.
///
/// # Errors
/// 422 that points at the field.
pub fn optional_text(
    value: Option<&str>,
    pointer: &str,
    length_max: usize,
) -> Result<Option<String>, Problem> {
    value.filter(|value| !value.trim().is_empty()).map(|value| text(value, pointer, length_max)).transpose()
}

/// An address of somebody's mailbox.
///
/// # Errors
/// 422 that points at the field.
pub fn email(value: &str, pointer: &str) -> Result<String, Problem> {
    let email = text(value, pointer, 254)?;
    let is_address = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.contains('@')
            && domain.split('.').count() > 1
            && domain.split('.').all(|part| !part.is_empty())
    }) && !email.chars().any(char::is_whitespace);
    if is_address {
        return Ok(email);
    }
    Err(Problem::field(pointer, "invalid_email", "Expected an address as ada@example.org."))
}

/// A time.
///
/// # Errors
/// 422 that points at the field.
pub fn time(value: &str, pointer: &str) -> Result<Timestamp, Problem> {
    value.parse().map_err(|_| {
        Problem::field(
            pointer,
            "invalid_time",
            "Expected a time as 2026-11-21T19:30:00Z (RFC 3339, with its offset).",
        )
    })
}

/// An optional time.
///
/// # Errors
/// 422 that points at the field.
pub fn optional_time(value: Option<&str>, pointer: &str) -> Result<Option<Timestamp>, Problem> {
    value.map(|value| time(value, pointer)).transpose()
}

/// A field of a change: left out, null, or a value.
///
/// # Errors
/// What the value's own reading says.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// A time as it is to be: the one that is named, none where that is null, or the present one.
///
/// # Errors
/// 422 that points at the field.
pub fn changed_time(
    change: Option<&Option<String>>,
    known: Option<Timestamp>,
    pointer: &str,
) -> Result<Option<Timestamp>, Problem> {
    change.map_or(Ok(known), |change| optional_time(change.as_deref(), pointer))
}

/// A text as it is to be.
///
/// # Errors
/// 422 that points at the field.
pub fn changed_text(
    change: Option<&Option<String>>,
    known: Option<&str>,
    pointer: &str,
    length_max: usize,
) -> Result<Option<String>, Problem> {
    change.map_or_else(
        || Ok(known.map(ToOwned::to_owned)),
        |change| optional_text(change.as_deref(), pointer, length_max),
    )
}

/// An id within a body.
///
/// # Errors
/// 422 that points at the field.
pub fn id<T: std::str::FromStr<Err = boxoffice_domain::id::InvalidId>>(
    value: &str,
    pointer: &str,
) -> Result<T, Problem> {
    value.parse().map_err(|error: boxoffice_domain::id::InvalidId| {
        Problem::field(pointer, "invalid_id", format!("{error}."))
    })
}
