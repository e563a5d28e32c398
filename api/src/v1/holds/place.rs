//! `POST /v1/events/{event_id}/holds`

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::{HoldId, ShowId};
use boxoffice_domain::inventory::place_hold::PlaceHold;
use boxoffice_domain::inventory::{Inventory, InventoryCommand, InventoryEvent};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Hold, WantedItem, refuse_voucher, wants};
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::{Json, Path};
use crate::problem::Problem;

/// What a buyer wants to hold.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// All of these or nothing.
    pub items: Vec<WantedItem>,
    /// Not supported yet.
    pub voucher: Option<String>,
    /// The waiting room's token; no event has a waiting room yet, so it is not looked at.
    #[schema(value_type = Option<String>)]
    pub admission: Option<serde_json::Value>,
}

/// Holds seats and units for one buyer: all or nothing.
#[utoipa::path(post, path = "/v1/events/{event_id}/holds", tag = "Buyers", operation_id = "place_hold",
    params(("event_id" = String, Path, description = "The event")), request_body = NewHold,
    responses((status = 201, description = "Held until `expires_at`. The `hold_token` is the authority over it.", body = Hold)))]
pub async fn place_hold(
    mut context: Context,
    Path(show): Path<ShowId>,
    Json { value, canonical }: Json<NewHold>,
) -> Result<Answer, Problem> {
    if context.administrator().is_err() {
        // Whatever token there is, it was not looked at.
        context.idempotency = context.idempotency.unguessable()?;
    }
    refuse_voucher(value.voucher.as_deref())?;
    let wants = wants(&value.items)?;
    let currency = context.app.on_sale(show).await?.currency;
    let app = &context.app;
    let hold = HoldId::of_show(show, app.ids.next());
    let command = InventoryCommand::PlaceHold(PlaceHold { hold, wants });
    let request = Request { command, meta: context.command(&canonical) };
    let accepted = app.inventory.send(Inventory::stream(show), request).await?;
    let placed = accepted.events.iter().find_map(|event| match event {
        InventoryEvent::HoldPlaced(placed) => Some(placed),
        _ => None,
    });
    let placed = placed.ok_or_else(|| Problem::internal("a hold without its event"))?;
    let until = (placed.expires_at, placed.max_expires_at);
    let mut body = if placed.tariff == 0 {
        Hold::live(placed.hold, show, &placed.items, currency, until)
    } else {
        app.hold_after(show, placed.hold, &accepted).await?
    };
    body.hold_token = Some(app.guard.hold_token(placed.hold));
    let address = format!("/v1/holds/{}", placed.hold);
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&address).private())
}
