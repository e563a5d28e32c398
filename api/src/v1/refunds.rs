//! Refunds: money that has come and goes back.

use axum::http::StatusCode;
use boxoffice_domain::id::{RefundId, ShowId};
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::retry_refund::RetryRefund;
use boxoffice_domain::money::Currency;
use boxoffice_projections::orders::{self, RefundRow, RefundStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::{Administrator, Context};
use crate::extract::{NoBody, Path, Query};
use crate::problem::Problem;
use crate::wire::{Money, Page, Paging};

/// A refund.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Refund {
    /// The refund.
    #[schema(example = "refund_01h455vb4pex5vsknk084sn02q")]
    pub refund_id: String,
    /// The order.
    pub order_id: String,
    /// The event.
    pub event_id: String,
    /// The payment that it goes back to.
    pub payment_id: String,
    /// How much.
    pub amount: Money,
    /// `requested`, `operator`, `event_cancelled`, or `captured_late` where the money came when the order was cancelled
    /// already.
    pub reason: &'static str,
    /// The tickets that it is for.
    pub ticket_ids: Vec<String>,
    /// `due`, `made` or `failed`.
    pub status: String,
    /// Why the provider could not make it, in `snake_case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Since when it is due.
    pub due_at: String,
    /// When its status changed last.
    pub updated_at: String,
}

impl Refund {
    /// The refund on the wire.
    #[must_use]
    pub fn new(row: &RefundRow, currency: Currency) -> Self {
        use boxoffice_domain::inventory::event::RefundReason;
        Self {
            refund_id: row.refund.to_string(),
            order_id: row.order.to_string(),
            event_id: row.show.to_string(),
            payment_id: row.payment.to_string(),
            amount: Money::new(row.amount, currency),
            reason: match row.reason {
                RefundReason::Requested => "requested",
                RefundReason::Operator => "operator",
                RefundReason::ShowCancelled => "event_cancelled",
                RefundReason::CapturedLate => "captured_late",
            },
            ticket_ids: row.tickets.iter().map(ToString::to_string).collect(),
            status: row.status.to_string(),
            failure: row.failure.clone(),
            due_at: row.due_at.to_string(),
            updated_at: row.updated_at.to_string(),
        }
    }
}

/// A refund, for whoever may see its order.
#[utoipa::path(get, path = "/v1/refunds/{refund_id}", tag = "Buyers", operation_id = "get_refund",
    params(("refund_id" = String, Path, description = "The refund")),
    responses((status = 200, description = "The refund", body = Refund)))]
pub async fn get_refund(context: Context, Path(refund): Path<RefundId>) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let (body, position) = context.app.refund(&context.credential, refund).await?;
    Ok(Answer::json(StatusCode::OK, &body)?.at(position).private())
}

/// Has the provider try a refund again that it could not make.
#[utoipa::path(post, path = "/v1/refunds/{refund_id}/retry", tag = "Organizers", operation_id = "retry_refund",
    params(("refund_id" = String, Path, description = "The refund")),
    responses((status = 202, description = "It is tried again", body = RefundRetry)))]
pub async fn retry_refund(
    Administrator(context): Administrator,
    Path(refund): Path<RefundId>,
    _: NoBody,
) -> Result<Answer, Problem> {
    let command = InventoryCommand::RetryRefund(RetryRefund { refund });
    let tag = refund.show_tag();
    let (_, accepted) = context.app.send_tagged(tag, command, context.command(b"")).await?;
    let body = RefundRetry { refund_id: refund.to_string(), status: "due" };
    Ok(Answer::json(StatusCode::ACCEPTED, &body)?.at(accepted.position).private())
}

/// A refund that is tried again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundRetry {
    /// The refund.
    pub refund_id: String,
    /// `due`.
    pub status: &'static str,
}

/// Which refunds.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// `due`, `made` or `failed`; all unless told.
    pub status: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many entries, 1 to 100; 25 unless told.
    pub limit: Option<String>,
}

/// The refunds of an event.
#[utoipa::path(get, path = "/v1/events/{event_id}/refunds", tag = "Organizers", operation_id = "list_refunds",
    params(("event_id" = String, Path, description = "The event"), Which),
    responses((status = 200, description = "A page of them", body = Page<Refund>)))]
pub async fn list_refunds(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    Query(which): Query<Which>,
) -> Result<Answer, Problem> {
    let status = which.status.as_deref().map(str::parse::<RefundStatus>).transpose();
    let status = status.map_err(|_| Problem::field("status", "invalid", "Expected due, made or failed."))?;
    context.wait_own().await?;
    let app = &context.app;
    let currency = app.terms(show)?.currency;
    let equal = std::iter::once(("show_id", show.to_string().into()));
    let equal = equal.chain(status.map(|status| ("status", status.into()))).collect();
    let paging = Paging { cursor: which.cursor, limit: which.limit };
    let page = app
        .page(orders::REFUNDS.name, equal, &paging, |row| {
            let row = RefundRow::from_row(row)?;
            Ok((row.refund.to_string(), Refund::new(&row, currency)))
        })
        .await?;
    Ok(Answer::json(StatusCode::OK, &page)?.private())
}
