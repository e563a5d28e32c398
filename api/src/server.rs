//! The outermost layer: request ids, limits, and a problem for everything that went wrong, unknown routes and
//! methods and panics included.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;

use crate::app::App;
use crate::context::LOG_POSITION;
use crate::extract::BODY_MAX;
use crate::problem::{Code, Problem};

const REQUEST_ID: &str = "request-id";

/// The whole application as one router.
pub fn router(app: &Arc<App>) -> Router {
    crate::routes::all()
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(app), outermost))
        .with_state(Arc::clone(app))
}

async fn unknown_route() -> Problem {
    Problem::new(Code::NotFound, "There is nothing at this address. See /docs for what there is.")
}

async fn unknown_method() -> Problem {
    Problem::new(
        Code::MethodNotAllowed,
        "This resource does not have that method. See /docs for what it has.",
    )
}

async fn outermost(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let id = app.ids.next().simple().to_string();
    // What the answer rests on is at least this; who knows better says so.
    let reached = path.starts_with("/v1/").then(|| app.reached());
    app.requests.begun();
    let response = AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(request_id = id, path, "a handler panicked");
        Problem::new(Code::Crashed, "The error has been logged. Quote the request id if you report it.")
            .into_response()
    });
    let mut response = finish(response, &path, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static(REQUEST_ID), value);
    }
    if let Some(reached) = reached.filter(|_| !response.status().is_client_error()) {
        response.headers_mut().entry(LOG_POSITION).or_insert(reached.into());
    }
    app.requests.ended(response.status());
    response
}

/// Gives a problem its body.
fn finish(mut response: Response, path: &str, id: &str) -> Response {
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        // What the framework refuses by itself.
        None if status == StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(Code::TooLarge, "A body has at most 64 KiB, a seating plan 32 MiB.")
        }
        None => return response,
    };
    if status.is_server_error() {
        tracing::warn!(request_id = id, path, code = problem.code.name(), "answered with an error");
    }
    let allow = response.headers().get(ALLOW).cloned();
    let mut finished = (status, problem.body(path).to_string()).into_response();
    let headers = finished.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(allow) = allow {
        headers.insert(ALLOW, allow);
    }
    if let Some(seconds) = problem.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(axum::http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(position) = problem.position {
        headers.insert(HeaderName::from_static(LOG_POSITION), position.into());
    }
    finished
}
