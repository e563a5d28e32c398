//! Extractors of our own: whatever is wrong with a path, a query or a body becomes a problem that points at it.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::problem::{Code, FieldError, Problem};
use crate::strict::{Strict, Unique};

/// The most bytes that a body has, seating plans aside.
pub const BODY_MAX: usize = 64 * 1024;

/// The most bytes that a seating plan has.
pub const PLAN_MAX: usize = 32 * 1024 * 1024;

/// A JSON body, together with its canonical form.
#[derive(Debug)]
pub struct Json<T> {
    /// What it says.
    pub value: T,
    /// RFC 8785 canonical JSON: what makes two bodies the same body.
    pub canonical: Vec<u8>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        parse(&body(request, BODY_MAX).await?)
    }
}

/// A JSON body that may be left out, which says the same as an empty object.
#[derive(Debug)]
pub struct OptionalJson<T> {
    /// What it says.
    pub value: T,
    /// As [`Json::canonical`].
    pub canonical: Vec<u8>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let announced = must_be_json(request.headers());
        let body = body(request, BODY_MAX).await?;
        let Json { value, canonical } = if body.trim_ascii().is_empty() {
            parse(b"{}")?
        } else {
            announced?;
            parse(&body)?
        };
        Ok(Self { value, canonical })
    }
}

/// The body must be announced as JSON.
///
/// # Errors
/// 415.
pub fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if is_json(content_type) {
        return Ok(());
    }
    let detail = "Send JSON with the header `Content-Type: application/json`.";
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads a whole body of at most so many bytes.
///
/// # Errors
/// 413, or 400 where the client stops in the middle.
pub async fn body(request: Request, most: usize) -> Result<Bytes, Problem> {
    match Limited::new(request.into_body(), most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::new(Code::TooLarge, "A body has at most 64 KiB, a seating plan 32 MiB."))
        }
        Err(_) => Err(Problem::new(Code::Malformed, "The body could not be read to its end.")),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<Json<T>, Problem> {
    let value = unique(body)?;
    let canonical = serde_json_canonicalizer::to_vec(&value).map_err(|error| {
        Problem::new(Code::Malformed, format!("The body cannot be made canonical: {error}."))
    })?;
    match T::deserialize(Strict(&value)) {
        Ok(value) => Ok(Json { value, canonical }),
        // Once more, to tell where it is wrong.
        Err(_) => serde_path_to_error::deserialize(Strict(&value))
            .map(|value| Json { value, canonical })
            .map_err(|error| Problem::fields(vec![field_error(&error)])),
    }
}

/// The body as JSON.
fn unique(body: &[u8]) -> Result<serde_json::Value, Problem> {
    let malformed =
        |error: &serde_json::Error| Problem::new(Code::Malformed, format!("The body is not JSON: {error}."));
    if let Ok(Unique(value)) = serde_json::from_slice(body) {
        return Ok(value);
    }
    // Once more, to tell where it is wrong.
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read: Result<Unique, _> = serde_path_to_error::deserialize(&mut reader);
    let Unique(value) = read.map_err(|error| {
        if error.inner().is_data() {
            Problem::fields(vec![field_error(&error)])
        } else {
            malformed(error.inner())
        }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// A body that says nothing: none at all, or an empty object.
#[derive(Debug)]
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = body(request, BODY_MAX).await?;
        if body.trim_ascii().is_empty() || unique(&body)?.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(Self);
        }
        Err(Problem::field("", "unexpected", "This takes no body, or an empty object."))
    }
}

fn field_error(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let pointer = pointer(error.path());
    let text = error.inner().to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let named = |prefix: &str| {
        text.strip_prefix(prefix)
            .and_then(|rest| rest.split('`').next())
            .map(|name| format!("{pointer}/{name}"))
    };
    if let Some(pointer) = named("missing field `") {
        FieldError { pointer, code: "missing", detail: "This field is needed.".into() }
    } else if let Some(pointer) = named("duplicate field `") {
        FieldError { pointer, code: "duplicate", detail: "This field stands twice.".into() }
    } else if text.starts_with("unknown field `") {
        FieldError { pointer, code: "unknown_field", detail: format!("{text}.") }
    } else {
        FieldError { pointer, code: "wrong_type", detail: format!("{text}.") }
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                Some(format!("/{}", key.replace('~', "~0").replace('/', "~1")))
            }
            Segment::Unknown => None,
        })
        .collect()
}

/// The parameters of a path. What is not an id names nothing: 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| {
                Problem::new(Code::NotFound, "The path has something that is not an id of the right kind.")
            })
    }
}

/// The parameters of a query.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let uri = &parts.uri;
        axum::extract::Query::try_from_uri(uri).map(|axum::extract::Query(value)| Self(value)).map_err(
            |rejection| {
                let text = rejection.to_string();
                let detail = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                let (name, detail) = detail.split_once(": ").unwrap_or(("", detail));
                Problem::field(name, "invalid", format!("{detail}."))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its form counts")]
    struct Body {
        items: Vec<Item>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its form counts")]
    struct Item {
        quantity: u32,
    }

    fn fault(body: &str) -> (Code, Vec<(String, &'static str)>) {
        let problem = parse::<Body>(body.as_bytes()).unwrap_err();
        (problem.code, problem.errors.into_iter().map(|error| (error.pointer, error.code)).collect())
    }

    #[test]
    fn what_is_wrong_with_a_body_is_pointed_at() {
        assert_eq!(fault("{"), (Code::Malformed, vec![]));
        assert_eq!(fault("{}"), (Code::Invalid, vec![("/items".into(), "missing")]));
        assert_eq!(
            fault(r#"{"items":[{"quantity":1},{"quantity":-1}]}"#),
            (Code::Invalid, vec![("/items/1/quantity".into(), "wrong_type")])
        );
        assert_eq!(fault("{} {}"), (Code::Malformed, vec![]));
        assert_eq!(
            fault(r#"{"items":[{"quantity":1,"quantity":2}]}"#),
            (Code::Invalid, vec![("/items/0/quantity".into(), "duplicate")])
        );
        assert_eq!(fault("[[]]"), (Code::Invalid, vec![(String::new(), "wrong_type")]));
        assert_eq!(fault(r#"{"items":[[1]]}"#), (Code::Invalid, vec![("/items/0".into(), "wrong_type")]));
        assert_eq!(
            fault(r#"{"items":[],"extra":1}"#),
            (Code::Invalid, vec![("/extra".into(), "unknown_field")])
        );
    }
}
