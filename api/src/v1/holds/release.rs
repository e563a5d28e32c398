//! `DELETE /v1/holds/{hold_id}`

use axum::http::StatusCode;
use boxoffice_domain::id::HoldId;
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::release_hold::ReleaseHold;

use crate::answer::Answer;
use crate::context::Context;
use crate::extract::Path;
use crate::problem::Problem;

/// Lets a hold go. Its seats are free at once.
#[utoipa::path(delete, path = "/v1/holds/{hold_id}", tag = "Buyers", operation_id = "release_hold",
    params(("hold_id" = String, Path, description = "The hold")),
    responses((status = 204, description = "Let go")))]
pub async fn release_hold(context: Context, Path(hold): Path<HoldId>) -> Result<Answer, Problem> {
    context.app.guard.hold(&context.credential, hold)?;
    let command = InventoryCommand::ReleaseHold(ReleaseHold { hold });
    let (_, accepted) = context.app.send_tagged(hold.show_tag(), command, context.command(b"")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT).at(accepted.position))
}
