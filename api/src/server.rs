//! The outermost layer: request ids, limits, and a problem for everything that went wrong, unknown routes and
//! methods and panics included.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Router};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tower_service::Service;

use crate::app::App;
use crate::context::LOG_POSITION;
use crate::problem::{Code, Problem};

const REQUEST_ID: &str = "request-id";

/// The whole application as one service. What every request goes through stands around the router and not in it,
/// where each layer would be a box of its own around every route.
#[derive(Clone)]
pub struct Site {
    app: Arc<App>,
    router: Router,
}

impl Site {
    /// The application, ready to be served.
    #[must_use]
    pub fn of(app: &Arc<App>) -> Self {
        let router = crate::routes::all()
            .fallback(unknown_route)
            .method_not_allowed_fallback(unknown_method)
            .with_state(Arc::clone(app));
        Self { app: Arc::clone(app), router }
    }
}

impl<B> Service<Request<B>> for Site
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { app, router } = self.clone();
        Box::pin(outermost(app, router, request.map(Body::new)).map(Ok))
    }
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

async fn outermost(app: Arc<App>, mut router: Router, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let id = app.ids.next().simple().to_string();
    // What the answer rests on is at least this; who knows better says so.
    let reached = path.starts_with("/v1/").then(|| app.reached());
    app.requests.begun();
    let response = if let Ok(Ok(response)) = AssertUnwindSafe(router.call(request)).catch_unwind().await {
        response
    } else {
        tracing::error!(request_id = id, path, "a handler panicked");
        Problem::new(Code::Crashed, "The error has been logged. Quote the request id if you report it.")
            .into_response()
    };
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
