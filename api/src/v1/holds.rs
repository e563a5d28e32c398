//! Holds: seats and units reserved for one buyer.

use boxoffice_domain::id::{HoldId, TicketTypeId};
use boxoffice_domain::inventory::best_available::{BEST_MAX, BestAvailable, Split};
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::money::Currency;
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::{Code, FieldError, Problem};
use crate::v1::events::charges::{ChargedFee, ChargedTax};
use crate::wire::{HeldItem, Money};

pub mod extend;
pub mod items;
pub mod place;
pub mod read;
pub mod release;

/// One wish: a seat, a quantity of a general-admission ticket type, or the best seats of a ticket type.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedItem {
    /// A named seat.
    #[schema(example = "Stalls-A-12")]
    pub seat_id: Option<String>,
    /// As what; for a seat only needed where its category sells as more than one type.
    pub ticket_type_id: Option<String>,
    /// How many, where no seats are named.
    pub quantity: Option<u32>,
    /// The best seats that are free, instead of named ones.
    pub best_available: Option<BestAvailableBody>,
}

/// The best seats of a ticket type: nearest to the plan's focal point, and so that no seat is left alone if there is
/// another choice.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BestAvailableBody {
    /// The ticket type.
    pub ticket_type_id: String,
    /// How many, at most 50.
    #[schema(example = 2)]
    pub quantity: u32,
    /// Side by side, which they are unless told otherwise.
    pub adjacent: Option<bool>,
    /// How many of them are wheelchair places; the others are for who comes along.
    #[serde(default)]
    pub accessible: u32,
    /// What may be done if there are not so many side by side.
    #[serde(default)]
    pub split: SplitBody,
}

/// How a group may be split.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitBody {
    /// Not at all.
    #[default]
    None,
    /// So that nobody sits alone.
    Pairs,
    /// In any way.
    Rows,
}

/// The wishes of a body.
///
/// # Errors
/// 422 that points at each wish that is not one.
pub fn wants(items: &[WantedItem]) -> Result<Vec<Want>, Problem> {
    let mut wants = Vec::with_capacity(items.len());
    let mut errors = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match want(item) {
            Ok(want) => wants.push(want),
            Err((field, code, detail)) => {
                errors.push(FieldError {
                    pointer: format!("/items/{index}{field}"),
                    code,
                    detail: detail.into(),
                });
            }
        }
    }
    if errors.is_empty() { Ok(wants) } else { Err(Problem::fields(errors)) }
}

type Wrong = (&'static str, &'static str, &'static str);

fn want(item: &WantedItem) -> Result<Want, Wrong> {
    if let Some(best) = &item.best_available {
        if item.seat_id.is_some() || item.ticket_type_id.is_some() || item.quantity.is_some() {
            let detail = "Say everything within `best_available`, and name seats in items of their own.";
            return Err(("/best_available", "not_alone", detail));
        }
        return best_seats(best).map(Want::Best);
    }
    let ticket_type: Option<TicketTypeId> = match &item.ticket_type_id {
        Some(id) => {
            Some(id.parse().map_err(|_| ("/ticket_type_id", "invalid_id", "This is not a ticket type id."))?)
        }
        None => None,
    };
    match (&item.seat_id, ticket_type, item.quantity) {
        (Some(seat), ticket_type, None | Some(1)) => Ok(Want::Seat { seat: SeatId::new(seat), ticket_type }),
        (Some(_), _, Some(_)) => Err(("/quantity", "out_of_range", "A seat is one: leave the quantity out.")),
        (None, Some(_), Some(0)) => Err(("/quantity", "out_of_range", "Ask for at least one.")),
        (None, Some(ticket_type), Some(quantity)) => Ok(Want::Units { ticket_type, quantity }),
        (None, Some(_), None) => Err(("/quantity", "missing", "Say how many.")),
        (None, None, _) => Err((
            "",
            "missing",
            "Name a `seat_id`, a `ticket_type_id` with a `quantity`, or `best_available`.",
        )),
    }
}

fn best_seats(best: &BestAvailableBody) -> Result<BestAvailable, Wrong> {
    let id = best.ticket_type_id.parse();
    let ticket_type =
        id.map_err(|_| ("/best_available/ticket_type_id", "invalid_id", "This is not a ticket type id."))?;
    let out_of_range = |field, detail| Err((field, "out_of_range", detail));
    if best.quantity == 0 {
        return out_of_range("/best_available/quantity", "Ask for at least one.");
    }
    if best.quantity > BEST_MAX {
        return out_of_range("/best_available/quantity", "Ask for at most 50 at once.");
    }
    if best.accessible > best.quantity {
        return out_of_range(
            "/best_available/accessible",
            "There cannot be more wheelchair places than seats.",
        );
    }
    Ok(BestAvailable {
        ticket_type,
        quantity: best.quantity,
        adjacent: best.adjacent.unwrap_or(true),
        accessible: best.accessible,
        split: match best.split {
            SplitBody::None => Split::No,
            SplitBody::Pairs => Split::Pairs,
            SplitBody::Rows => Split::Rows,
        },
    })
}

/// A hold.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Hold {
    /// The hold.
    #[schema(example = "hold_01h455vb4pex5vsknk084sn02q")]
    pub hold_id: String,
    /// The secret that opens it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_token: Option<String>,
    /// The event.
    pub event_id: String,
    /// What is held, one entry a ticket.
    pub items: Vec<HeldItem>,
    /// Fees, as they will be in the order.
    pub fees: Vec<ChargedFee>,
    /// Taxes, as they will be in the order.
    pub taxes: Vec<ChargedTax>,
    /// What the order will come to.
    pub total: Money,
    /// The hold is live before this moment.
    pub expires_at: String,
    /// No extension goes beyond this moment.
    pub max_expires_at: String,
    /// `live`, `expired`, `released` or `ordered`.
    pub status: &'static str,
    /// The order that it has become.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
}

impl Hold {
    /// A live hold without fees and taxes.
    #[must_use]
    pub fn live(
        id: HoldId,
        show: boxoffice_domain::id::ShowId,
        items: &[boxoffice_domain::inventory::event::Item],
        currency: Currency,
        (expires_at, max_expires_at): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            hold_id: id.to_string(),
            hold_token: None,
            event_id: show.to_string(),
            items: items.iter().map(|item| HeldItem::new(item, currency)).collect(),
            fees: Vec::new(),
            taxes: Vec::new(),
            total: Money::new(items.iter().map(|item| item.price).sum(), currency),
            expires_at: expires_at.to_string(),
            max_expires_at: max_expires_at.to_string(),
            status: "live",
            order_id: None,
        }
    }
}

/// What is not built yet, and must not be taken for done.
///
/// # Errors
/// 422 if it is asked for.
pub fn refuse_voucher(voucher: Option<&str>) -> Result<(), Problem> {
    match voucher {
        Some(_) => Err(Problem::new(Code::NotSupported, "This event has no vouchers.")),
        None => Ok(()),
    }
}
