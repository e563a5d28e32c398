//! The read models, for operators: how they are, and how to fold them anew.

use axum::http::StatusCode;
use boxoffice_domain::id::JobId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::context::{Administrator, Context};
use crate::extract::{NoBody, Path};
use crate::jobs::{JobBody, JobKind};
use crate::problem::Problem;
use crate::rebuild::Projection;
use crate::wire::Page;

/// How many parked streams are told one by one.
const PARKED_MAX: usize = 1_000;

/// A projection: what is read, folded from the log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProjectionBody {
    /// Its name.
    #[schema(example = "orders")]
    pub name: &'static str,
    /// `tables` or `memory`.
    pub kept_in: &'static str,
    /// Its version: a release that reads old events differently has a higher one.
    pub version: u32,
    /// How often it was built; the number of the tables that are read.
    pub generation: u32,
    /// Every event up to this position is in it, or parked.
    pub position: u64,
    /// How many events of the log it has still to take in.
    pub behind: u64,
    /// How many streams it had to put aside.
    pub parked: usize,
    /// What is being done to it.
    pub job: Option<JobBody>,
    /// The streams that it had to put aside, at most 1000; told of one projection only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked_streams: Option<Vec<ParkedStream>>,
}

/// A stream with an event that could not be applied. Reads of it answer 503 `projection_parked`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParkedStream {
    /// The stream.
    pub stream: String,
    /// The event's position in the log.
    pub position: u64,
    /// The event's type; null where the log has no such event any more.
    #[serde(rename = "type")]
    pub event_type: Option<String>,
    /// Why it could not be applied.
    pub reason: String,
}

impl ProjectionBody {
    fn new(app: &App, projection: &Projection<'_>, head: u64) -> Self {
        let progress = projection.progress;
        let position = progress.position();
        Self {
            name: progress.name(),
            kept_in: projection.kept_in(),
            version: projection.version(),
            generation: progress.generation(),
            position,
            behind: head.saturating_sub(position),
            parked: progress.parked().len(),
            job: app.jobs.running(progress.name()),
            parked_streams: None,
        }
    }
}

/// Every projection, and how far it is.
#[utoipa::path(get, path = "/v1/projections", tag = "Operations", operation_id = "list_projections",
    responses((status = 200, description = "All of them", body = Page<ProjectionBody>)))]
pub async fn list_projections(Administrator(context): Administrator) -> Result<Answer, Problem> {
    let app = &context.app;
    let head = app.feed.look_up_head().await;
    let data = app.projections().map(|projection| ProjectionBody::new(app, &projection, head)).collect();
    Ok(Answer::json(StatusCode::OK, &Page { data, next_cursor: None })?.private())
}

/// One projection, with what it had to put aside.
#[utoipa::path(get, path = "/v1/projections/{name}", tag = "Operations", operation_id = "get_projection",
    params(("name" = String, Path, description = "The projection")),
    responses((status = 200, description = "The projection", body = ProjectionBody)))]
pub async fn get_projection(
    Administrator(context): Administrator,
    Path(name): Path<String>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    let projection = app.projection(&name)?;
    let mut body = ProjectionBody::new(app, &projection, app.feed.look_up_head().await);
    let mut streams = Vec::new();
    for parked in projection.progress.parked().into_iter().take(PARKED_MAX) {
        let event = app.feed.at(parked.position).await?;
        streams.push(ParkedStream {
            stream: parked.stream,
            position: parked.position,
            event_type: event.map(|event| event.event_type.to_string()),
            reason: parked.reason,
        });
    }
    body.parked_streams = Some(streams);
    Ok(Answer::json(StatusCode::OK, &body)?.private())
}

/// Folds a projection from the beginning of the log, beside what is read, and swaps the two once it is there. While one
/// such job is running, it is the answer.
#[utoipa::path(post, path = "/v1/projections/{name}/rebuild", tag = "Operations",
    operation_id = "rebuild_projection", params(("name" = String, Path, description = "The projection")),
    responses((status = 202, description = "The job that does it", body = JobBody)))]
pub async fn rebuild_projection(
    Administrator(context): Administrator,
    Path(name): Path<String>,
    _: NoBody,
) -> Result<Answer, Problem> {
    take(&context, &name, JobKind::Rebuild)
}

/// Tries once more what a projection has parked, after a release that can apply it was installed. What still cannot
/// be applied is parked again.
#[utoipa::path(post, path = "/v1/projections/{name}/replay", tag = "Operations",
    operation_id = "replay_projection", params(("name" = String, Path, description = "The projection")),
    responses((status = 202, description = "The job that does it", body = JobBody)))]
pub async fn replay_projection(
    Administrator(context): Administrator,
    Path(name): Path<String>,
    _: NoBody,
) -> Result<Answer, Problem> {
    take(&context, &name, JobKind::Replay)
}

fn take(context: &Context, name: &str, kind: JobKind) -> Result<Answer, Problem> {
    let app = &context.app;
    let name = app.projection(name)?.progress.name();
    let id = JobId::from_uuid(context.idempotency.resource(&app.guard, || app.ids.next()));
    let mut taken = app.jobs.take(id, context.idempotency.is_keyed(), (kind, name), context.now());
    if let Some(job) = taken.to_do.take() {
        app.carry_out(job);
    }
    let address = format!("/v1/jobs/{}", taken.body.job_id);
    Ok(Answer::json(StatusCode::ACCEPTED, &taken.body)?.located(&address).private())
}
