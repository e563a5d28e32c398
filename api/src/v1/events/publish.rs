//! `POST /v1/events/{event_id}/publication`

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::{Inventory, InventoryCommand};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{NoBody, Path};
use crate::problem::Problem;

/// A published event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublishedEvent {
    /// The event.
    pub event_id: String,
    /// `on_sale` or `scheduled`.
    pub status: &'static str,
}

/// Publishes an event. From then on its sale windows decide whether it sells. Publishing again changes nothing.
#[utoipa::path(post, path = "/v1/events/{event_id}/publication", tag = "Organizers", operation_id = "publish_event",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "Published", body = PublishedEvent)))]
pub async fn publish_event(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    _: NoBody,
) -> Result<Answer, Problem> {
    let app = &context.app;
    context.wait_all().await?;
    let terms = app.terms(show)?;
    let request = Request { command: InventoryCommand::Publish, meta: context.command(b"") };
    let accepted = app.inventory.send(Inventory::stream(show), request).await?;
    let later = terms.sale_starts_at.is_some_and(|starts_at| context.now() < starts_at);
    let body =
        PublishedEvent { event_id: show.to_string(), status: if later { "scheduled" } else { "on_sale" } };
    Ok(Answer::json(StatusCode::OK, &body)?.at(accepted.position))
}
