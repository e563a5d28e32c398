//! The identity of a command: the same request, sent again with its `Idempotency-Key`, is the same command.

use axum::http::{HeaderMap, Method};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::uuid_v7;
use boxoffice_domain::log::CommandMeta;
use uuid::Uuid;

use crate::auth::{Credential, Guard};
use crate::problem::{Code, Problem};

/// The header.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

const KEY_LENGTH_MAX: usize = 255;

/// The scope of an idempotency key, and the key itself if there is one.
#[derive(Debug, Clone)]
pub struct Idempotency {
    scope: Option<String>,
    /// Whether nobody could guess the key.
    is_uuid: bool,
}

impl Idempotency {
    /// What the request says.
    ///
    /// # Errors
    /// The key is empty, too long, not printable, or not a UUID although the caller shows no credential.
    pub fn of(
        credential: &Credential,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
            return Ok(Self { scope: None, is_uuid: true });
        };
        let invalid = |detail: &str| Problem::new(Code::IdempotencyKeyInvalid, detail);
        let key = value.to_str().map_err(|_| invalid("The key must be printable ASCII."))?;
        if key.is_empty() || key.len() > KEY_LENGTH_MAX {
            return Err(invalid("The key must have 1 to 255 characters."));
        }
        let who = match credential {
            Credential::Administrator => "administrator",
            Credential::Bearer(token) => token.as_str(),
            Credential::Nobody => "",
        };
        let is_uuid = Uuid::parse_str(key).is_ok();
        let known = Self { scope: Some(format!("{who}\n{method}\n{path}\n{key}")), is_uuid };
        if *credential == Credential::Nobody { known.unguessable() } else { Ok(known) }
    }

    /// Where nobody's token was checked, the key must be a UUID: whoever guesses it gets the answer, secrets included.
    ///
    /// # Errors
    /// 422 with any other key.
    pub fn unguessable(self) -> Result<Self, Problem> {
        if self.is_uuid {
            return Ok(self);
        }
        let detail = "Without a token the key must be a UUID, so that nobody can guess it.";
        Err(Problem::new(Code::IdempotencyKeyInvalid, detail))
    }

    /// Whether the request has a key.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        self.scope.is_some()
    }

    /// The identity of the command that the body makes. Both halves are keyed, so the log tells nothing of the body.
    #[must_use]
    pub fn command(&self, guard: &Guard, body: &[u8], fresh: impl FnOnce() -> Uuid) -> CommandMeta {
        let hash = Digest::from_bytes(guard.keys().mac("command_body", body));
        let id = match &self.scope {
            Some(scope) => Uuid::new_v8(head(&guard.keys().mac("idempotency_key", scope.as_bytes()))),
            None => fresh(),
        };
        CommandMeta { id, hash, cause: None }
    }

    /// The id of a resource that begins a stream of its own: made from the key where there is one, so that the same
    /// request finds the stream that it began.
    #[must_use]
    pub fn resource(&self, guard: &Guard, fresh: impl FnOnce() -> Uuid) -> Uuid {
        let Some(scope) = &self.scope else { return fresh() };
        let bits = u128::from_be_bytes(head(&guard.keys().mac("resource_id", scope.as_bytes())));
        uuid_v7(u64::try_from(bits >> 80).unwrap_or_default(), bits)
    }
}

/// A command that belongs to another, under an id that follows from it.
#[must_use]
pub fn companion(meta: &CommandMeta, name: &str) -> CommandMeta {
    let id = Digest::of(&[meta.id.as_bytes(), name.as_bytes()]);
    CommandMeta { id: Uuid::new_v8(head(id.as_bytes())), hash: meta.hash, cause: None }
}

/// An id that follows from a command and from what it says.
#[must_use]
pub fn companion_of_body(meta: &CommandMeta, name: &str) -> Uuid {
    let id = Digest::of(&[meta.id.as_bytes(), meta.hash.as_bytes(), name.as_bytes()]);
    Uuid::new_v8(head(id.as_bytes()))
}

fn head(bytes: &[u8; 32]) -> [u8; 16] {
    bytes.first_chunk().copied().unwrap_or_default()
}

/// The identity of a command that names itself, as a scan does by its device and nonce.
#[must_use]
pub fn of_name(guard: &Guard, purpose: &str, name: &str, body: &[u8]) -> CommandMeta {
    let id = Uuid::new_v8(head(&guard.keys().mac(purpose, name.as_bytes())));
    CommandMeta { id, hash: Digest::from_bytes(guard.keys().mac("command_body", body)), cause: None }
}
