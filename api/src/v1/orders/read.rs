//! `GET /v1/orders/{order_id}`

use axum::http::StatusCode;
use boxoffice_domain::id::OrderId;

use super::Order;
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::Path;
use crate::problem::Problem;

/// An order with its payments and tickets.
#[utoipa::path(get, path = "/v1/orders/{order_id}", tag = "Buyers", operation_id = "get_order",
    params(("order_id" = String, Path, description = "The order")),
    responses((status = 200, description = "The order", body = Order)))]
pub async fn get_order(context: Context, Path(order): Path<OrderId>) -> Result<Answer, Problem> {
    context.app.guard.order(&context.credential, order, "order")?;
    context.wait_own().await?;
    let (body, position) = context.app.order(order, context.now()).await?;
    Ok(Answer::json(StatusCode::OK, &body)?.at(position).private())
}
