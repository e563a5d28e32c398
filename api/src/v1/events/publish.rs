//! `POST /v1/events/{event_id}/publication`

use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::{Inventory, InventoryCommand};

use super::after::EventStatus;
use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{NoBody, Path};
use crate::problem::Problem;

/// Publishes an event. From then on its sale windows decide whether it sells. Publishing again changes nothing.
#[utoipa::path(post, path = "/v1/events/{event_id}/publication", tag = "Organizers", operation_id = "publish_event",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "Published", body = EventStatus)))]
pub async fn publish_event(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    _: NoBody,
) -> Result<Answer, Problem> {
    let app = &context.app;
    context.wait_all().await?;
    app.terms(show)?;
    let request = Request { command: InventoryCommand::Publish, meta: context.command(b"") };
    let accepted = app.inventory.send(Inventory::stream(show), request).await?;
    app.status_after(show, &accepted).await
}
