//! Organizers: who sells.

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::OrganizerId;
use boxoffice_domain::organizer::{Organizer, OrganizerCommand, OrganizerCreated, OrganizerEvent};
use boxoffice_projections::catalog::OrganizerRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;
use crate::wire::{self, Page, Paging};

/// An organizer to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganizer {
    /// What they are called.
    #[schema(example = "City Theatre")]
    pub name: String,
}

/// An organizer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganizerBody {
    /// The organizer.
    pub organizer_id: String,
    /// What they are called.
    pub name: String,
}

impl From<OrganizerRow> for OrganizerBody {
    fn from(row: OrganizerRow) -> Self {
        Self { organizer_id: row.organizer.to_string(), name: row.name }
    }
}

/// Makes an organizer.
#[utoipa::path(post, path = "/v1/organizers", tag = "Organizers", operation_id = "create_organizer",
    request_body = NewOrganizer, responses((status = 201, description = "The organizer", body = OrganizerBody)))]
pub async fn create_organizer(
    Administrator(context): Administrator,
    Json { value, canonical }: Json<NewOrganizer>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    let organizer = OrganizerId::from_uuid(context.idempotency.resource(&app.guard, || app.ids.next()));
    let created = OrganizerCreated { name: wire::text(&value.name, "/name", 200)?, organizer };
    let request = Request { command: OrganizerCommand::Create(created), meta: context.command(&canonical) };
    let accepted = app.organizers.send(Organizer::stream(organizer), request).await?;
    let Some(OrganizerEvent::OrganizerCreated(created)) = accepted.events.into_iter().next() else {
        return Err(Problem::internal("an organizer without its event"));
    };
    let body = OrganizerBody { organizer_id: organizer.to_string(), name: created.name };
    let address = format!("/v1/organizers/{organizer}");
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&address))
}

/// An organizer.
#[utoipa::path(get, path = "/v1/organizers/{organizer_id}", tag = "Organizers", operation_id = "get_organizer",
    params(("organizer_id" = String, Path, description = "The organizer")),
    responses((status = 200, description = "The organizer", body = OrganizerBody)))]
pub async fn get_organizer(
    Administrator(context): Administrator,
    Path(organizer): Path<OrganizerId>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let row = context.app.organizer(organizer).await?;
    Answer::json(StatusCode::OK, &OrganizerBody::from(row))
}

/// All organizers, in the order of their ids.
#[utoipa::path(get, path = "/v1/organizers", tag = "Organizers", operation_id = "list_organizers", params(Paging),
    responses((status = 200, description = "A page of them", body = Page<OrganizerBody>)))]
pub async fn list_organizers(
    Administrator(context): Administrator,
    Query(paging): Query<Paging>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let page = context
        .app
        .page(boxoffice_projections::catalog::ORGANIZER.name, Vec::new(), &paging, |row| {
            OrganizerRow::from_row(row).map(|row| (row.organizer.to_string(), OrganizerBody::from(row)))
        })
        .await?;
    Answer::json(StatusCode::OK, &page)
}
