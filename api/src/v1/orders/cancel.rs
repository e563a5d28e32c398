//! `POST /v1/orders/{order_id}/cancellation`

use axum::http::StatusCode;
use boxoffice_domain::id::OrderId;
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::cancel_order::CancelOrder;

use super::Order;
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::Path;
use crate::problem::Problem;

/// Cancels an order that is not paid yet. Its seats are free at once.
#[utoipa::path(post, path = "/v1/orders/{order_id}/cancellation", tag = "Buyers", operation_id = "cancel_order",
    params(("order_id" = String, Path, description = "The order")),
    responses((status = 200, description = "The cancelled order", body = Order)))]
pub async fn cancel_order(context: Context, Path(order): Path<OrderId>) -> Result<Answer, Problem> {
    let app = &context.app;
    app.guard.order(&context.credential, order, "order")?;
    let command = InventoryCommand::CancelOrder(CancelOrder { order });
    let (_, accepted) = app.send_tagged(order.show_tag(), command, context.command(b"")).await?;
    app.wait_for(accepted.position).await?;
    let (body, _) = app.order(order, context.now()).await?;
    Ok(Answer::json(StatusCode::OK, &body)?.at(accepted.position).private())
}
