//! `GET /v1/events/{event_id}/availability`

use axum::http::StatusCode;
use boxoffice_domain::id::ShowId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Context;
use crate::extract::Path;
use crate::problem::Problem;
use crate::wire::Money;

/// What is left of an event. Written by the read model, byte for byte in this form.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Availability {
    /// The event.
    pub event_id: String,
    /// Grows with every change of the event's sale.
    pub version: u64,
    /// Every ticket type that is not hidden.
    pub ticket_types: Vec<TicketTypeAvailability>,
}

/// What is left of a ticket type.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketTypeAvailability {
    /// The ticket type.
    pub ticket_type_id: String,
    /// What people call it.
    pub name: String,
    /// What one costs.
    pub price: Money,
    /// How much there is in all.
    pub capacity: u64,
    /// What can be held now.
    pub available: u64,
    /// What is held.
    pub held: u64,
    /// What is sold.
    pub sold: u64,
    /// What the organizer keeps back.
    pub blocked: u64,
}

/// What is left of an event, judged at this moment.
#[utoipa::path(get, path = "/v1/events/{event_id}/availability", tag = "Buyers", operation_id = "get_availability",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "What is left", body = Availability), (status = 304, description = "Unchanged")))]
pub async fn get_availability(context: Context, Path(show): Path<ShowId>) -> Result<Answer, Problem> {
    context.wait_fresh().await?;
    context.app.on_sale(show).await?;
    let rendered = context.app.entry(show)?.availability(context.now())?;
    Ok(Answer::bytes(StatusCode::OK, "application/json", rendered.body)
        .tagged(&rendered.etag, &context.headers)
        .at(rendered.position))
}
