//! `POST /v1/orders/quote`

use axum::http::StatusCode;
use boxoffice_domain::id::HoldId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Context;
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::v1::events::charges::{ChargedFee, ChargedTax};
use crate::v1::holds::refuse_voucher;
use crate::wire::{self, HeldItem, Money};

/// What is to be priced.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuote {
    /// The hold; its `hold_token` is needed.
    pub hold_id: String,
    /// Not supported yet.
    pub voucher: Option<String>,
}

/// What an order of a hold would come to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Quote {
    /// The hold.
    pub hold_id: String,
    /// The event.
    pub event_id: String,
    /// What would be bought, one entry a ticket.
    pub lines: Vec<HeldItem>,
    /// Fees.
    pub fees: Vec<ChargedFee>,
    /// Taxes.
    pub taxes: Vec<ChargedTax>,
    /// What would be to be paid: prices, fees that are not absorbed, and taxes that are not included.
    pub total: Money,
    /// It is good until then, and longer if the hold is extended.
    pub expires_at: String,
}

/// Prices, fees and taxes of a live hold, without buying. They stay as they are as long as the hold lives.
#[utoipa::path(post, path = "/v1/orders/quote", tag = "Buyers", operation_id = "quote_order", request_body = NewQuote,
    responses((status = 200, description = "What an order would come to", body = Quote)))]
pub async fn quote_order(context: Context, Json { value, .. }: Json<NewQuote>) -> Result<Answer, Problem> {
    let hold: HoldId = wire::id(&value.hold_id, "/hold_id")?;
    context.app.guard.hold(&context.credential, hold)?;
    refuse_voucher(value.voucher.as_deref())?;
    context.wait_own().await?;
    let (found, position) = context.app.hold(hold, context.now())?;
    match found.status {
        "live" => {}
        "expired" => return Err(Problem::new(Code::HoldExpired, "The hold has lapsed.")),
        "ordered" => return Err(Problem::new(Code::HoldOrdered, "The hold has become an order.")),
        _ => return Err(Problem::new(Code::HoldReleased, "The hold was let go.")),
    }
    let quote = Quote {
        hold_id: found.hold_id,
        event_id: found.event_id,
        lines: found.items,
        fees: found.fees,
        taxes: found.taxes,
        total: found.total,
        expires_at: found.expires_at,
    };
    Ok(Answer::json(StatusCode::OK, &quote)?.at(position).private())
}
