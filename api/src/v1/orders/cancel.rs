//! `POST /v1/orders/{order_id}/cancellation`

use axum::http::StatusCode;
use boxoffice_domain::id::OrderId;
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::cancel_order::CancelOrder;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refunds::{NewRefund, ReturnedTickets, refunder};
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::{OptionalJson, Path};
use crate::problem::Problem;

/// An order that was cancelled.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CancelledOrder {
    /// The order.
    #[schema(example = "order_01h455vb4pex5vsknk084sn02q")]
    pub order_id: String,
    /// The event.
    pub event_id: String,
    /// `cancelled`, or `refunded` where it was paid for and something goes back.
    pub status: String,
    /// The tickets that were given back, where it was paid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<ReturnedTickets>,
}

/// Why an order is cancelled.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderCancellation {
    /// Why: the administrator has to say so where it is paid for. Names no persons.
    pub reason: Option<String>,
}

/// Cancels an order. Its seats are free at once. Before it is paid for, money that comes for it later is let go; after
/// that, all its tickets are given back, as with refunds. Cancelling again changes nothing.
#[utoipa::path(post, path = "/v1/orders/{order_id}/cancellation", tag = "Buyers", operation_id = "cancel_order",
    params(("order_id" = String, Path, description = "The order")), request_body = Option<OrderCancellation>,
    responses((status = 200, description = "The order is cancelled", body = CancelledOrder)))]
pub async fn cancel_order(
    context: Context,
    Path(order): Path<OrderId>,
    OptionalJson { value, canonical }: OptionalJson<OrderCancellation>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    app.guard.order(&context.credential, order, "order")?;
    let by = refunder(&context, &NewRefund { reason: value.reason, ..NewRefund::default() })?;
    let command = InventoryCommand::CancelOrder(CancelOrder { order, by });
    let (show, accepted) = app.send_tagged(order.show_tag(), command, context.command(&canonical)).await?;
    let event_id = show.to_string();
    let returned = ReturnedTickets::of(&event_id, &accepted.events, app.terms(show)?.currency);
    let status = match &returned {
        Some(returned) if returned.refund_id.is_some() => "refunded".to_owned(),
        None if accepted.events.is_empty() => {
            // It had ended before.
            context.wait_all().await?;
            app.order(order, context.now()).await?.0.status
        }
        Some(_) | None => "cancelled".to_owned(),
    };
    let body = CancelledOrder { order_id: order.to_string(), event_id, status, returned };
    Ok(Answer::json(StatusCode::OK, &body)?.at(accepted.position).private())
}
