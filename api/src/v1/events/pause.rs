//! `POST /v1/events/{event_id}/pause`

use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::pause_sale::PauseSale;
use serde::Deserialize;
use utoipa::ToSchema;

use super::after::EventStatus;
use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{OptionalJson, Path};
use crate::problem::Problem;
use crate::wire;

/// Why a sale is paused.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// For the log: what has happened. Names no persons.
    #[schema(example = "Fire alarm")]
    pub reason: Option<String>,
}

/// Pauses the sale: nothing new is held until it is resumed. Holds that are live can still be ordered and paid. Pausing
/// again changes nothing.
#[utoipa::path(post, path = "/v1/events/{event_id}/pause", tag = "Organizers", operation_id = "pause_event",
    params(("event_id" = String, Path, description = "The event")), request_body = Option<Pause>,
    responses((status = 200, description = "Paused", body = EventStatus)))]
pub async fn pause_event(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    OptionalJson { value, canonical }: OptionalJson<Pause>,
) -> Result<Answer, Problem> {
    let reason = wire::optional_text(value.reason.as_deref(), "/reason", 500)?;
    context.wait_all().await?;
    context.app.terms(show)?;
    let command = InventoryCommand::PauseSale(PauseSale { reason });
    let (_, accepted) = context.app.send_to(show, command, context.command(&canonical)).await?;
    context.app.status_after(show, &accepted).await
}
