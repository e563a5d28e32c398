//! `POST /v1/events/{event_id}/rescheduling`

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::catalog::{Catalog, CatalogCommand, CatalogEvent, ShowRescheduled};
use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::reschedule::Reschedule;
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::create::check_times;
use super::text_of;
use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{Json, Path};
use crate::idempotency::companion;
use crate::problem::Problem;
use crate::wire;

/// When an event is to happen.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rescheduling {
    /// When it starts.
    #[schema(example = "2026-12-27T19:30:00Z")]
    pub starts_at: String,
    /// When people are let in; moved as far as the start unless told.
    pub doors_at: Option<String>,
    /// When it is over; moved as far as the start unless told.
    pub ends_at: Option<String>,
}

/// An event that was moved.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RescheduledEvent {
    /// The event.
    pub event_id: String,
    /// `rescheduled` where it sells; else what keeps it from that, as `scheduled`, `paused` or `ended`.
    pub status: &'static str,
    /// When it starts.
    pub starts_at: String,
    /// When people are let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doors_at: Option<String>,
    /// When it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// When it was to start as it was published, where that is another time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_starts_at: Option<String>,
}

/// Moves an event. Tickets stay good and are let in at the new times; a sale without an end of its own goes on to the
/// new start. Moving it where it is already changes nothing.
#[utoipa::path(post, path = "/v1/events/{event_id}/rescheduling", tag = "Organizers",
    operation_id = "reschedule_event", request_body = Rescheduling,
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "Moved", body = RescheduledEvent)))]
pub async fn reschedule_event(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    Json { value, canonical }: Json<Rescheduling>,
) -> Result<Answer, Problem> {
    let starts_at = wire::time(&value.starts_at, "/starts_at")?;
    let doors_at = wire::optional_time(value.doors_at.as_deref(), "/doors_at")?;
    let ends_at = wire::optional_time(value.ends_at.as_deref(), "/ends_at")?;
    context.wait_all().await?;
    let app = &context.app;
    let row = app.show_row(show).await?;
    let distance = starts_at.unix_ms().saturating_sub(row.starts_at.unix_ms());
    let moved = |time: Option<Timestamp>| time.map(|time| time.plus_ms(distance));
    let times = ShowRescheduled {
        doors_at: doors_at.or_else(|| moved(row.doors_at)),
        ends_at: ends_at.or_else(|| moved(row.ends_at)),
        starts_at,
    };
    check_times(times.starts_at, times.doors_at, times.ends_at)?;
    let meta = context.command(&canonical);
    // The sale first: it is what can be refused, and sending the request again completes both.
    let command = InventoryCommand::Reschedule(Reschedule { starts_at });
    let (_, sale) = app.send_to(show, command, companion(&meta, "inventory")).await?;
    let request = Request { command: CatalogCommand::Reschedule(times), meta };
    let accepted = app.catalog.send(Catalog::stream(show), request).await?;
    let times = match accepted.events.first() {
        Some(CatalogEvent::ShowRescheduled(times)) => *times,
        _ => times,
    };
    let (status, from) = app.view_after(show, &sale, |view| (view.sale_status(), view.moved_from())).await?;
    let body = RescheduledEvent {
        event_id: show.to_string(),
        status: status.as_str(),
        starts_at: times.starts_at.to_string(),
        doors_at: text_of(times.doors_at),
        ends_at: text_of(times.ends_at),
        previous_starts_at: text_of(from),
    };
    Ok(Answer::json(StatusCode::OK, &body)?.at(accepted.position))
}
