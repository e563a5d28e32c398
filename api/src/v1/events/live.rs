//! `GET /v1/events/{event_id}/live`: Server-Sent Events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use boxoffice_domain::id::ShowId;
use boxoffice_projections::live::{CannotWatch, Subscription};
use bytes::Bytes;
use serde::Deserialize;

use crate::app::App;
use crate::context::Context;
use crate::extract::{Path, Query};
use crate::problem::{Code, Problem};

/// How long the stream may be silent before a comment says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where to go on.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// The position of the last frame that was seen; `Last-Event-ID` says the same.
    pub after: Option<String>,
}

/// What changes, as it changes: a `snapshot` (or a `reset`, where what was missed is no longer known), then `delta`
/// frames, at most two a second. Each frame's id is what to go on from.
#[utoipa::path(get, path = "/v1/events/{event_id}/live", tag = "Buyers", operation_id = "watch_event",
    params(("event_id" = String, Path, description = "The event"), After),
    responses((status = 200, description = "A stream of frames", content_type = "text/event-stream", body = String)))]
pub async fn watch_event(
    context: Context,
    Path(show): Path<ShowId>,
    Query(parameter): Query<After>,
) -> Result<Response, Problem> {
    context.wait_fresh().await?;
    context.app.on_sale(show).await?;
    let header = context.headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = header.or(parameter.after.as_deref()).map(str::parse).transpose();
    let after = after.map_err(|_| Problem::field("after", "invalid", "Expected the position of a frame."))?;
    let subscription = context.app.live.subscribe(show, after).map_err(|cannot| match cannot {
        CannotWatch::Unknown => Problem::not_found("event"),
        CannotWatch::Parked(parked) => parked.into(),
        CannotWatch::Full => {
            Problem::new(Code::Overloaded, "Too many are watching this event. Try again shortly.")
        }
    })?;
    let watching = Watching { subscription, app: Arc::clone(&context.app) };
    let frames = futures_util::stream::unfold(watching, Watching::next);
    Response::builder()
        .header(CONTENT_TYPE, "text/event-stream")
        .header(CACHE_CONTROL, "no-store")
        .header("x-accel-buffering", "no")
        .body(Body::from_stream(frames))
        .map_err(Problem::internal)
}

struct Watching {
    subscription: Subscription,
    app: Arc<App>,
}

impl Watching {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let next = tokio::select! {
            next = tokio::time::timeout(HEARTBEAT, self.subscription.next()) => next,
            () = self.app.closing() => return None,
        };
        match next {
            Ok(Some(frame)) => Some((Ok(frame.text), self)),
            Ok(None) => None,
            Err(_) => Some((Ok(Bytes::from_static(b": still here\n\n")), self)),
        }
    }
}
