//! How a person is sealed: with XChaCha20-Poly1305 under a key of `keys.json`, bound to the person's id, so that neither
//! a stolen file tells names nor a row can be put in another's place.

use std::sync::Arc;

use boxoffice_commands::clock::Clock;
use boxoffice_commands::log::Outage;
use boxoffice_commands::vault::Person;
use boxoffice_domain::id::PersonId;
use boxoffice_domain::time::Timestamp;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};

use crate::keys::Keys;

const NONCE: usize = 24;

/// A person as they are kept.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(crate) person: PersonId,
    /// Which key of `keys.json`.
    pub(crate) key: String,
    pub(crate) nonce: [u8; NONCE],
    pub(crate) content: Vec<u8>,
    pub(crate) kept_at: Timestamp,
}

/// Seals, and opens what was sealed.
pub(crate) struct Sealer {
    keys: Keys,
    clock: Arc<dyn Clock>,
}

impl Sealer {
    pub(crate) fn new(keys: Keys, clock: Arc<dyn Clock>) -> Self {
        Self { keys, clock }
    }

    pub(crate) fn seal(&self, person: PersonId, known: &Person) -> Result<Sealed, Outage> {
        let refused = |problem: &str| Outage(format!("the vault cannot seal: {problem}"));
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| refused(&error.to_string()))?;
        let plain = serde_json::to_vec(known).map_err(|error| refused(&error.to_string()))?;
        let content = XChaCha20Poly1305::new(&self.keys.vault_key().into())
            .encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: person.uuid().as_bytes() })
            .map_err(|_| refused("too much is known"))?;
        let kept_at = self.clock.now().wall;
        Ok(Sealed { person, key: self.keys.current().to_owned(), nonce, content, kept_at })
    }

    pub(crate) fn open(
        &self,
        person: PersonId,
        key: &str,
        nonce: &[u8],
        content: &[u8],
    ) -> Result<Person, Outage> {
        let damaged = |problem: &str| Outage(format!("the vault cannot open {person}: {problem}"));
        let key = self.keys.vault_key_of(key).ok_or_else(|| damaged("its key is not among the keys"))?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| damaged("nonce"))?;
        let plain = XChaCha20Poly1305::new(&key.into())
            .decrypt(&XNonce::from(nonce), Payload { msg: content, aad: person.uuid().as_bytes() })
            .map_err(|_| damaged("it was changed, or sealed with another key"))?;
        // What serde says may quote the content.
        serde_json::from_slice(&plain).map_err(|_| damaged("it does not have the form of a person"))
    }
}
