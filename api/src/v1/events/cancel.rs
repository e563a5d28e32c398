//! `POST /v1/events/{event_id}/cancellation`

use axum::http::StatusCode;
use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::cancel_show::CancelShow;
use boxoffice_domain::inventory::{InventoryCommand, InventoryEvent};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{OptionalJson, Path};
use crate::jobs::JobBody;
use crate::problem::Problem;
use crate::wire;
use crate::wound_up;

/// Why an event is cancelled.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// What buyers are told. Names no persons.
    #[schema(example = "The singer is ill")]
    pub reason: Option<String>,
}

/// Cancels an event, for good: nothing more is sold, every ticket is good no longer, and what was paid for it goes back.
/// The answer is the job that does so, order by order; it goes on after a restart. Cancelling again changes nothing.
#[utoipa::path(post, path = "/v1/events/{event_id}/cancellation", tag = "Organizers", operation_id = "cancel_event",
    params(("event_id" = String, Path, description = "The event")), request_body = Option<Cancellation>,
    responses((status = 202, description = "The job that ends its orders", body = JobBody)))]
pub async fn cancel_event(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    OptionalJson { value, canonical }: OptionalJson<Cancellation>,
) -> Result<Answer, Problem> {
    let reason = wire::optional_text(value.reason.as_deref(), "/reason", 500)?;
    context.wait_all().await?;
    let app = &context.app;
    let currency = app.terms(show)?.currency;
    let command = InventoryCommand::CancelShow(CancelShow { reason });
    let (_, accepted) = app.send_to(show, command, context.command(&canonical)).await?;
    let begun = accepted.events.iter().find_map(|event| match event {
        InventoryEvent::InventoryCancelled(cancelled) => Some(cancelled.orders),
        _ => None,
    });
    let body = match begun {
        // What is answered is what was begun, however far it has come when the request is sent again.
        Some(orders) => wound_up::begun(show, orders, currency, accepted.log_time),
        None => app.wound_up(show)?.ok_or_else(|| Problem::not_found("event"))?,
    };
    let address = format!("/v1/jobs/{}", body.job_id);
    Ok(Answer::json(StatusCode::ACCEPTED, &body)?.at(accepted.position).located(&address).private())
}
