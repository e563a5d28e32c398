//! Holds: seats and units reserved for one buyer.

use boxoffice_domain::id::{HoldId, TicketTypeId};
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

/// One wish: a seat, or a quantity of a general-admission ticket type.
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
    /// Not supported yet.
    #[schema(value_type = Option<Object>)]
    pub best_available: Option<serde_json::Value>,
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
    if item.best_available.is_some() {
        return Err((
            "/best_available",
            "not_supported",
            "Best available seats cannot be asked for yet: name seats.",
        ));
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
        (None, None, _) => Err(("", "missing", "Name a `seat_id`, or a `ticket_type_id` and a `quantity`.")),
    }
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
