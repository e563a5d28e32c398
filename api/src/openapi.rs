//! The OpenAPI document: made from the routes, with what holds for all of them added here.

#![expect(clippy::indexing_slicing, reason = "a missing member of a JSON value is null")]

use std::sync::OnceLock;

use axum::http::StatusCode;
use boxoffice_domain::digest::Digest;
use bytes::Bytes;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use crate::answer::Answer;
use crate::context::Context;
use crate::problem::Problem;

/// What every answer that is not 2xx looks like.
fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status", "detail", "instance", "code", "retryable"],
        "properties": {
            "type": {"type": "string", "description": "Where the code is explained."},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What is wrong in this case, and what to do."},
            "instance": {"type": "string"},
            "code": {"type": "string", "description": "Stable, in snake_case; see /docs/errors."},
            "retryable": {"type": "boolean"},
            "retry_after": {"type": "integer", "description": "Seconds."},
            "errors": {"type": "array", "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "A JSON pointer, or a parameter's name."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"}
                }
            }}
        }
    })
}

fn parameter(name: &str, place: &str, description: &str) -> Value {
    json!({"name": name, "in": place, "required": false, "description": description, "schema": {"type": "string"}})
}

/// The whole document, from what the routes say.
#[must_use]
pub fn document(from_routes: &OpenApi) -> Value {
    let mut document = serde_json::to_value(from_routes).unwrap_or_default();
    document["info"] = json!({
        "title": "boxoffice",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Tickets: look, hold, order, pay, be let in. Every answer carries `Request-Id`; answers to \
            commands carry `Log-Position`, which queries take as `min_position`."
    });
    document["servers"] = json!([{"url": "/"}]);
    document["components"]["schemas"]["Problem"] = problem_schema();
    document["components"]["securitySchemes"] = json!({
        "token": {"type": "http", "scheme": "bearer", "description": "The administrator's token, a hold_token or an order_token."}
    });
    document["security"] = json!([{}, {"token": []}]);
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, operations) in paths {
            for (method, operation) in operations.as_object_mut().into_iter().flatten() {
                complete(path, method, operation);
            }
        }
    }
    document
}

/// What holds for every operation.
fn complete(path: &str, method: &str, operation: &mut Value) {
    operation["responses"]["default"] = json!({
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    });
    let mut further = Vec::new();
    if method == "post" {
        let description = "The same request with the same key gets the first 2xx answer again, for 24 hours. Without \
            a token it must be a UUID.";
        further.push(parameter("Idempotency-Key", "header", description));
    }
    if method == "get" && path.starts_with("/v1/") && path != "/v1/events" {
        further.push(parameter(
            "min_position",
            "query",
            "Wait, at most 2 s, until this log position can be seen.",
        ));
    }
    if !further.is_empty() {
        let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        parameters.extend(further);
        operation["parameters"] = parameters.into();
    }
}

/// The document as it is served.
#[must_use]
pub fn text() -> &'static Bytes {
    static TEXT: OnceLock<Bytes> = OnceLock::new();
    TEXT.get_or_init(|| serde_json::to_vec_pretty(&crate::routes::document()).unwrap_or_default().into())
}

/// `GET /v1/openapi.json`
///
/// # Errors
/// Never.
pub async fn get_openapi(context: Context) -> Result<Answer, Problem> {
    let tag = format!("\"{}\"", Digest::of(&[text()]));
    Ok(Answer::bytes(StatusCode::OK, "application/json", text().clone()).tagged(&tag, &context.headers))
}
