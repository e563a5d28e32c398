//! `GET /v1/holds/{hold_id}`

use axum::http::StatusCode;
use boxoffice_domain::id::HoldId;

use super::Hold;
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::Path;
use crate::problem::Problem;

/// What a hold has, and until when.
#[utoipa::path(get, path = "/v1/holds/{hold_id}", tag = "Buyers", operation_id = "get_hold",
    params(("hold_id" = String, Path, description = "The hold")),
    responses((status = 200, description = "The hold, live or not", body = Hold)))]
pub async fn get_hold(context: Context, Path(hold): Path<HoldId>) -> Result<Answer, Problem> {
    context.app.guard.hold(&context.credential, hold)?;
    context.wait_own().await?;
    let (body, position) = context.app.hold(hold, context.now())?;
    Ok(Answer::json(StatusCode::OK, &body)?.at(position).private())
}
