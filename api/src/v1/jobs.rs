//! Long work that was asked for.

use axum::http::StatusCode;
use boxoffice_domain::id::JobId;

use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::Path;
use crate::jobs::JobBody;
use crate::problem::Problem;

/// A job and its progress. A server forgets its jobs when it ends, and all but the latest 100 before; those of
/// cancellations stay.
#[utoipa::path(get, path = "/v1/jobs/{job_id}", tag = "Operations", operation_id = "get_job",
    params(("job_id" = String, Path, description = "The job")),
    responses((status = 200, description = "The job", body = JobBody)))]
pub async fn get_job(
    Administrator(context): Administrator,
    Path(job): Path<JobId>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    let body = match app.jobs.get(job) {
        Ok(body) => body,
        Err(unknown) => {
            app.ready().await?;
            app.wound_up_by(job)?.ok_or(unknown)?
        }
    };
    Ok(Answer::json(StatusCode::OK, &body)?.private())
}
