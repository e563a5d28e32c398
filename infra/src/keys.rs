//! The secrets of a server: `keys.json` and `admin-token` in the data folder, readable by its user alone.
//!
//! Keys have versions. The current one signs and seals; older ones still check and open what they made, so that a
//! new key can be put in front without ending anybody's hold or losing anybody's name.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::folder;
use crate::vault::VAULT_FILE;

/// The file of the keys in the data folder.
pub const KEYS_FILE: &str = "keys.json";

/// The file of the administrator's token in the data folder.
pub const ADMIN_TOKEN_FILE: &str = "admin-token";

const FIRST_KEY: &str = "k1";

/// Why the secrets could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The file is not what it must be. Nothing of its content is told.
    #[error("{} cannot be read: {problem}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
    /// There is a vault that only the missing keys open; new ones would lose it.
    #[error("{} is missing, but there is a vault that it opens: restore it from a backup", .0.display())]
    Lost(PathBuf),
    /// The system gave no randomness.
    #[error("the system has no randomness to give: {0}")]
    Randomness(getrandom::Error),
}

impl KeysError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// A secret of 32 bytes; on paper 64 hexadecimal digits. Never shown.
#[derive(Clone, Copy)]
struct Secret([u8; 32]);

impl Secret {
    fn new() -> Result<Self, KeysError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(KeysError::Randomness)?;
        Ok(Self(bytes))
    }

    fn to_text(self) -> String {
        boxoffice_domain::digest::Digest::from_bytes(self.0).to_string()
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read as a digest, which has the same text form.
        boxoffice_domain::digest::Digest::deserialize(deserializer).map(|digest| Self(*digest.as_bytes()))
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySet {
    mac: Secret,
    vault: Secret,
    tickets: Secret,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    current: String,
    keys: BTreeMap<String, KeySet>,
}

/// The keys of a server.
#[derive(Clone)]
pub struct Keys {
    current: String,
    set: KeySet,
    all: BTreeMap<String, KeySet>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("current", &self.current).finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads the keys of a data folder, or makes some for a new one.
    ///
    /// # Errors
    /// [`KeysError`]; above all [`KeysError::Lost`].
    pub fn load_or_create(data: &Path) -> Result<Self, KeysError> {
        let path = data.join(KEYS_FILE);
        let file = match std::fs::read(&path) {
            Ok(content) => parse(&path, &content)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(data)?,
            Err(error) => return Err(KeysError::io(&path)(error)),
        };
        let Some(set) = file.keys.get(&file.current).cloned() else {
            return Err(KeysError::Unreadable { path, problem: "the current key is not among the keys" });
        };
        Ok(Self { current: file.current, set, all: file.keys })
    }

    /// The name of the key that signs and seals from now on, as `k1`.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current
    }

    /// The token for an id: HMAC-SHA256 of the current key. `purpose` keeps tokens of different kinds apart.
    #[must_use]
    pub fn mac(&self, purpose: &str, id: &[u8]) -> [u8; 32] {
        mac(&self.set.mac, purpose, id).map_or([0; 32], |mac| mac.finalize().into_bytes().into())
    }

    /// The same of the first key there was, which another key in front does not change: for what has to stay the same.
    #[must_use]
    pub fn lasting_mac(&self, purpose: &str, id: &[u8]) -> [u8; 32] {
        let first = self.all.values().next().unwrap_or(&self.set);
        mac(&first.mac, purpose, id).map_or([0; 32], |mac| mac.finalize().into_bytes().into())
    }

    /// Whether `token` is the token for an id under any of the keys. Takes the same time for every wrong one.
    #[must_use]
    pub fn verify(&self, purpose: &str, id: &[u8], token: &[u8]) -> bool {
        // Every key is tried, so that the time does not tell which one fitted.
        let fits =
            self.all.values().map(|set| mac(&set.mac, purpose, id).is_some_and(|mac| fits(mac, token)));
        fits.fold(false, |any, fits| any | fits)
    }

    /// The Ed25519 seed that signs tickets from now on.
    #[must_use]
    pub fn ticket_seed(&self) -> [u8; 32] {
        self.set.tickets.0
    }

    /// All Ed25519 seeds by the name of their key, for checking tickets.
    pub fn ticket_seeds(&self) -> impl Iterator<Item = (&str, [u8; 32])> {
        self.all.iter().map(|(name, set)| (name.as_str(), set.tickets.0))
    }

    /// The key that seals the vault from now on.
    pub(crate) fn vault_key(&self) -> [u8; 32] {
        self.set.vault.0
    }

    /// The key of that name, which sealed something.
    pub(crate) fn vault_key_of(&self, name: &str) -> Option<[u8; 32]> {
        self.all.get(name).map(|set| set.vault.0)
    }
}

fn parse(path: &Path, content: &[u8]) -> Result<KeysFile, KeysError> {
    // What serde says may quote the content.
    serde_json::from_slice(content).map_err(|_| KeysError::Unreadable {
        path: path.to_owned(),
        problem: "it does not have the form of keys.json",
    })
}

fn create(data: &Path) -> Result<KeysFile, KeysError> {
    let path = data.join(KEYS_FILE);
    if data.join(VAULT_FILE).exists() {
        return Err(KeysError::Lost(path));
    }
    let set = KeySet { mac: Secret::new()?, vault: Secret::new()?, tickets: Secret::new()? };
    let file =
        KeysFile { current: FIRST_KEY.to_owned(), keys: BTreeMap::from([(FIRST_KEY.to_owned(), set)]) };
    let content = serde_json::to_vec(&file)
        .map_err(|_| KeysError::Unreadable { path: path.clone(), problem: "it cannot be written as JSON" })?;
    folder::ensure(data).map_err(KeysError::io(data))?;
    folder::write_whole(data, KEYS_FILE, &content).map_err(KeysError::io(&path))?;
    Ok(file)
}

/// `None` never happens: HMAC takes keys of any length.
fn mac(key: &Secret, purpose: &str, id: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).ok()?;
    // The length keeps ("a", "bc") and ("ab", "c") apart.
    mac.update(&u64::try_from(purpose.len()).unwrap_or(u64::MAX).to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(id);
    Some(mac)
}

fn fits(mac: Hmac<Sha256>, token: &[u8]) -> bool {
    mac.verify_slice(token).is_ok()
}

/// The administrator's token of a data folder, and whether it was made just now: 256 random bits as 64 hexadecimal
/// digits, in a file of its own that whoever may read the folder can read.
///
/// # Errors
/// [`KeysError`].
pub fn admin_token(data: &Path) -> Result<(String, bool), KeysError> {
    let path = data.join(ADMIN_TOKEN_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 32 => Ok((text.trim().to_owned(), false)),
        Ok(_) => Err(KeysError::Unreadable { path, problem: "a token has at least 32 characters" }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let token = Secret::new()?.to_text();
            folder::ensure(data).map_err(KeysError::io(data))?;
            let line = format!("{token}\n");
            folder::write_whole(data, ADMIN_TOKEN_FILE, line.as_bytes()).map_err(KeysError::io(&path))?;
            Ok((token, true))
        }
        Err(error) => Err(KeysError::io(&path)(error)),
    }
}

/// Whether two secrets are the same. Takes the same time for every wrong one of the same length.
#[must_use]
pub fn is_same_secret(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let keys = Keys::load_or_create(&data).unwrap();
        let again = Keys::load_or_create(&data).unwrap();
        assert_eq!(keys.mac("hold", b"id"), again.mac("hold", b"id"));
        assert_eq!((keys.current(), keys.ticket_seed()), ("k1", again.ticket_seed()));
        assert_ne!(keys.ticket_seed(), keys.vault_key());
        let text = std::fs::read_to_string(data.join(KEYS_FILE)).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        for name in ["mac", "vault", "tickets"] {
            assert_eq!(json["keys"]["k1"][name].as_str().unwrap().len(), 64);
        }
        assert_eq!(format!("{keys:?}"), r#"Keys { current: "k1", .. }"#);
        assert!(!data.join("keys.json.unfinished").exists());
    }

    #[cfg(unix)]
    #[test]
    fn secrets_are_for_their_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        Keys::load_or_create(folder.path()).unwrap();
        admin_token(folder.path()).unwrap();
        for name in [KEYS_FILE, ADMIN_TOKEN_FILE] {
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_token_fits_its_purpose_and_id_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::load_or_create(folder.path()).unwrap();
        let token = keys.mac("hold", b"id");
        assert!(keys.verify("hold", b"id", &token));
        for (purpose, id) in [("order", &b"id"[..]), ("hold", b"ie"), ("holdi", b"d"), ("", b"holdid")] {
            assert!(!keys.verify(purpose, id, &token));
            assert_ne!(keys.mac(purpose, id), token);
        }
        assert!(!keys.verify("hold", b"id", &token[..31]) && !keys.verify("hold", b"id", b""));
    }

    #[test]
    fn an_older_key_still_fits() {
        let folder = tempfile::tempdir().unwrap();
        let old = Keys::load_or_create(folder.path()).unwrap();
        let path = folder.path().join(KEYS_FILE);
        let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let secret = "00".repeat(32);
        json["keys"]["k2"] = serde_json::json!({"mac": secret, "vault": secret, "tickets": secret});
        json["current"] = "k2".into();
        std::fs::write(&path, json.to_string()).unwrap();
        let new = Keys::load_or_create(folder.path()).unwrap();
        assert_ne!(old.mac("hold", b"id"), new.mac("hold", b"id"));
        assert!(new.verify("hold", b"id", &old.mac("hold", b"id")));
        assert!(!old.verify("hold", b"id", &new.mac("hold", b"id")));
        assert_eq!(new.ticket_seeds().map(|(name, _)| name).collect::<Vec<_>>(), ["k1", "k2"]);
    }

    #[test]
    fn damaged_keys_are_refused_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "{}", r#"{"current":"k9","keys":{}}"#, r#"{"current":"secret-looking"#] {
            std::fs::write(folder.path().join(KEYS_FILE), text).unwrap();
            let error = Keys::load_or_create(folder.path()).unwrap_err();
            assert!(matches!(error, KeysError::Unreadable { .. }), "{error}");
            assert!(!error.to_string().contains("secret-looking"));
        }
    }

    #[test]
    fn keys_that_a_vault_needs_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(VAULT_FILE), "").unwrap();
        let error = Keys::load_or_create(folder.path()).unwrap_err();
        assert!(matches!(error, KeysError::Lost(_)), "{error}");
    }

    #[test]
    fn the_administrators_token_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let (token, created) = admin_token(folder.path()).unwrap();
        assert!(created && token.len() == 64);
        assert_eq!(admin_token(folder.path()).unwrap(), (token.clone(), false));
        assert!(
            is_same_secret(&token, &token) && !is_same_secret(&token, "x") && !is_same_secret(&token, "")
        );
        std::fs::write(folder.path().join(ADMIN_TOKEN_FILE), "short\n").unwrap();
        assert!(admin_token(folder.path()).is_err());
    }
}
