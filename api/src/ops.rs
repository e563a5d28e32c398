//! For operators: is it alive, may it take traffic, how is it doing.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Context;
use crate::metrics as counters;
use crate::problem::{Code, Problem};

/// It is alive.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
}

/// Whether the process is alive.
#[utoipa::path(get, path = "/healthz", tag = "Operations", operation_id = "healthz",
    responses((status = 200, description = "Alive", body = Health)))]
pub async fn healthz() -> Result<Answer, Problem> {
    Answer::json(StatusCode::OK, &Health { status: "ok" })
}

/// Whether it may take traffic: the read models have come as far as the log had at the start.
#[utoipa::path(get, path = "/readyz", tag = "Operations", operation_id = "readyz",
    responses((status = 200, description = "Ready", body = Health)))]
pub async fn readyz(context: Context) -> Result<Answer, Problem> {
    let missing = context.app.missing();
    if missing.is_empty() {
        return Answer::json(StatusCode::OK, &Health { status: "ready" });
    }
    Err(Problem::new(Code::Unavailable, "The read models are catching up.").with("missing", missing.into()))
}

/// Counters for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "Operations", operation_id = "metrics",
    responses((status = 200, description = "Prometheus text", content_type = "text/plain", body = String)))]
pub async fn metrics(context: Context) -> Answer {
    let text = counters::text(&context.app);
    Answer::bytes(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text.into())
}
