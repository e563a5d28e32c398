//! `POST /v1/events/{event_id}/resumption`

use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::InventoryCommand;

use super::after::EventStatus;
use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{NoBody, Path};
use crate::problem::Problem;

/// Resumes a paused sale: its windows decide again. Resuming what is not paused changes nothing.
#[utoipa::path(post, path = "/v1/events/{event_id}/resumption", tag = "Organizers", operation_id = "resume_event",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "Resumed", body = EventStatus)))]
pub async fn resume_event(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    _: NoBody,
) -> Result<Answer, Problem> {
    context.wait_all().await?;
    context.app.terms(show)?;
    let meta = context.command(b"");
    let (_, accepted) = context.app.send_to(show, InventoryCommand::ResumeSale, meta).await?;
    context.app.status_after(show, &accepted).await
}
