//! `POST` and `DELETE /v1/holds/{hold_id}/items`

use axum::http::StatusCode;
use boxoffice_domain::id::HoldId;
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::add_hold_items::AddHoldItems;
use boxoffice_domain::inventory::remove_hold_items::RemoveHoldItems;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Hold, WantedItem, wants};
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::{Json, Path};
use crate::problem::Problem;

/// What to add to a hold, or to take out of it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldItems {
    /// All of these or nothing.
    pub items: Vec<WantedItem>,
}

/// Adds to a hold: all or nothing. The deadline stays.
#[utoipa::path(post, path = "/v1/holds/{hold_id}/items", tag = "Buyers", operation_id = "add_hold_items",
    params(("hold_id" = String, Path, description = "The hold")), request_body = HoldItems,
    responses((status = 201, description = "The hold with what was added", body = Hold)))]
pub async fn add_items(
    context: Context,
    Path(hold): Path<HoldId>,
    Json { value, canonical }: Json<HoldItems>,
) -> Result<Answer, Problem> {
    let command = InventoryCommand::AddHoldItems(AddHoldItems { hold, wants: wants(&value.items)? });
    change(context, hold, command, &canonical, StatusCode::CREATED).await
}

/// Takes something out of a hold. It is free at once.
#[utoipa::path(delete, path = "/v1/holds/{hold_id}/items", tag = "Buyers", operation_id = "remove_hold_items",
    params(("hold_id" = String, Path, description = "The hold")), request_body = HoldItems,
    responses((status = 200, description = "The hold with what is left", body = Hold)))]
pub async fn remove_items(
    context: Context,
    Path(hold): Path<HoldId>,
    Json { value, canonical }: Json<HoldItems>,
) -> Result<Answer, Problem> {
    if let Some(index) = value.items.iter().position(|item| item.best_available.is_some()) {
        let pointer = format!("/items/{index}/best_available");
        return Err(Problem::field(pointer, "not_for_removal", "Name what is to be taken out."));
    }
    let command = InventoryCommand::RemoveHoldItems(RemoveHoldItems { hold, wants: wants(&value.items)? });
    change(context, hold, command, &canonical, StatusCode::OK).await
}

async fn change(
    context: Context,
    hold: HoldId,
    command: InventoryCommand,
    canonical: &[u8],
    status: StatusCode,
) -> Result<Answer, Problem> {
    context.app.guard.hold(&context.credential, hold)?;
    let meta = context.command(canonical);
    let (show, accepted) = context.app.send_tagged(hold.show_tag(), command, meta).await?;
    let body = context.app.hold_after(show, hold, &accepted).await?;
    Ok(Answer::json(status, &body)?.at(accepted.position).private())
}
