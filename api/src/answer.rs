//! Answers that went well: JSON with the headers that the contract asks for.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use boxoffice_domain::log::Position;
use bytes::Bytes;
use serde::Serialize;

use crate::context::LOG_POSITION;
use crate::if_match::hash_tag;
use crate::problem::Problem;

/// An answer in the making.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// JSON.
    ///
    /// # Errors
    /// Never for the shapes of this crate.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(body).map_err(Problem::internal)?;
        Ok(Self::bytes(status, "application/json", body.into()))
    }

    /// Bytes of some media type.
    #[must_use]
    pub fn bytes(status: StatusCode, media_type: &'static str, body: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self { status, headers, body }
    }

    /// Nothing but a status.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// With the log position that it rests on.
    #[must_use]
    pub fn at(self, position: Position) -> Self {
        self.with(HeaderName::from_static(LOG_POSITION), &position.to_string())
    }

    /// With the address of what was made.
    #[must_use]
    pub fn located(self, address: &str) -> Self {
        self.with(LOCATION, address)
    }

    /// For the caller alone: no cache keeps it.
    #[must_use]
    pub fn private(self) -> Self {
        self.with(CACHE_CONTROL, "no-store")
    }

    /// For everybody, with an entity tag: 304 where the caller has it already.
    #[must_use]
    pub fn tagged(self, tag: &str, request: &HeaderMap) -> Self {
        let tagged = self.with(ETAG, tag).with(CACHE_CONTROL, "no-cache");
        if has_tag(request, tag) {
            Self { status: StatusCode::NOT_MODIFIED, body: Bytes::new(), ..tagged }
        } else {
            tagged
        }
    }

    /// For everybody, with an entity tag made of the body.
    #[must_use]
    pub fn hashed(self, request: &HeaderMap) -> Self {
        let tag = hash_tag(&self.body);
        self.tagged(&tag, request)
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// Whether the request says that the caller has this version already.
#[must_use]
pub fn has_tag(request: &HeaderMap, tag: &str) -> bool {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|candidate| candidate.trim() == "*" || plain(candidate) == plain(tag))
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        if self.body.is_empty() && !self.headers.contains_key(CONTENT_TYPE) {
            return (self.status, self.headers).into_response();
        }
        (self.status, self.headers, self.body).into_response()
    }
}
