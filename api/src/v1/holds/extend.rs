//! `POST /v1/holds/{hold_id}/extension`

use axum::http::StatusCode;
use boxoffice_domain::id::HoldId;
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::extend_hold::ExtendHold;

use super::Hold;
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::{NoBody, Path};
use crate::problem::Problem;

/// Extends a hold by a fresh term, but never beyond its last moment.
#[utoipa::path(post, path = "/v1/holds/{hold_id}/extension", tag = "Buyers", operation_id = "extend_hold",
    params(("hold_id" = String, Path, description = "The hold")),
    responses((status = 200, description = "The hold with its new deadline", body = Hold)))]
pub async fn extend_hold(context: Context, Path(hold): Path<HoldId>, _: NoBody) -> Result<Answer, Problem> {
    context.app.guard.hold(&context.credential, hold)?;
    let command = InventoryCommand::ExtendHold(ExtendHold { hold });
    let (show, accepted) = context.app.send_tagged(hold.show_tag(), command, context.command(b"")).await?;
    let body = context.app.hold_after(show, hold, &accepted).await?;
    Ok(Answer::json(StatusCode::OK, &body)?.at(accepted.position).private())
}
