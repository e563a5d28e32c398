//! `POST /v1/orders/{order_id}/cancellation`

use axum::http::StatusCode;
use boxoffice_domain::id::OrderId;
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::cancel_order::CancelOrder;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Context;
use crate::extract::{NoBody, Path};
use crate::problem::Problem;

/// An order that was cancelled.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CancelledOrder {
    /// The order.
    #[schema(example = "order_01h455vb4pex5vsknk084sn02q")]
    pub order_id: String,
    /// The event.
    pub event_id: String,
    /// `cancelled`.
    pub status: &'static str,
}

/// Cancels an order that is not paid yet. Its seats are free at once; money that comes for it later is let go.
#[utoipa::path(post, path = "/v1/orders/{order_id}/cancellation", tag = "Buyers", operation_id = "cancel_order",
    params(("order_id" = String, Path, description = "The order")),
    responses((status = 200, description = "The order is cancelled", body = CancelledOrder)))]
pub async fn cancel_order(
    context: Context,
    Path(order): Path<OrderId>,
    _: NoBody,
) -> Result<Answer, Problem> {
    let app = &context.app;
    app.guard.order(&context.credential, order, "order")?;
    let command = InventoryCommand::CancelOrder(CancelOrder { order });
    let (show, accepted) = app.send_tagged(order.show_tag(), command, context.command(b"")).await?;
    let body =
        CancelledOrder { order_id: order.to_string(), event_id: show.to_string(), status: "cancelled" };
    Ok(Answer::json(StatusCode::OK, &body)?.at(accepted.position).private())
}
