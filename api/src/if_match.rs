//! `If-Match`: a change says which version of a thing it is a change of, so that nobody undoes what they have not seen.

use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use boxoffice_domain::digest::Digest;
use serde::Serialize;

use crate::problem::{Code, Problem};

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever it is now.
    Any,
    /// One of these tags.
    Tags(Vec<String>),
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let values = parts.headers.get_all(IF_MATCH).iter().filter_map(|value| value.to_str().ok());
        let tags: Vec<String> =
            values.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned()).collect();
        if tags.is_empty() {
            return Err(Problem::new(
                Code::PreconditionRequired,
                "Read it first, and send its `ETag` as `If-Match`; `If-Match: *` changes whatever it is now.",
            ));
        }
        Ok(if tags.iter().any(|tag| tag == "*") { Self::Any } else { Self::Tags(tags) })
    }
}

impl IfMatch {
    /// Whether the caller knows the thing as it is; `None` where they do not care.
    ///
    /// # Errors
    /// 412 where they know another version of it.
    pub fn knows<T>(&self, tag: &str, known: T) -> Result<Option<T>, Problem> {
        match self {
            Self::Any => Ok(None),
            Self::Tags(tags) if tags.iter().any(|known| known == tag) => Ok(Some(known)),
            Self::Tags(_) => Err(changed()),
        }
    }
}

/// Somebody else has changed it.
#[must_use]
pub fn changed() -> Problem {
    Problem::new(Code::PreconditionFailed, "Somebody else has changed it. Read it again.")
}

/// The entity tag of a body: the one that [`crate::answer::Answer::hashed`] gives it.
///
/// # Errors
/// Never for the shapes of this crate.
pub fn tag_of(body: &impl Serialize) -> Result<String, Problem> {
    Ok(hash_tag(&serde_json::to_vec(body).map_err(Problem::internal)?))
}

/// The entity tag of bytes.
#[must_use]
pub fn hash_tag(body: &[u8]) -> String {
    let digest = Digest::of(&[body]).to_string();
    format!("\"{}\"", digest.get(..32).unwrap_or_default())
}
