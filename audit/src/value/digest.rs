//! Digests, and the ids of commands: both are written in hexadecimal digits.

use std::fmt;

use sha2::Digest as _;

use crate::reader::{Reader, Unread, Value};

/// A SHA-256 digest; on paper 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// The digest of the parts, one after the other.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = sha2::Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn parse(text: &[u8; 64]) -> Option<Self> {
        let mut bytes = [0; 32];
        for (slot, digits) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(text.as_chunks::<16>().0) {
            *slot = hex(digits)?.to_be_bytes();
        }
        Some(Self(bytes))
    }
}

/// At most 16 lower-case hexadecimal digits.
fn hex(digits: &[u8]) -> Option<u64> {
    let mut bad = 0;
    let value = digits.iter().fold(0, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => 0xff,
        };
        bad |= digit & 0xf0;
        value << 4 | u64::from(digit & 15)
    });
    (bad == 0).then_some(value)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Value for Digest {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unread> {
        const WHAT: &str = "64 lower-case hexadecimal digits";
        let text = reader.exactly::<64>(WHAT)?;
        Self::parse(text).ok_or_else(|| Unread(format!("expected {WHAT} before byte {}", reader.at())))
    }
}

/// The id of a command: a UUID in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CommandId(u128);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        for (part, hyphen) in [(0..8, "-"), (8..12, "-"), (12..16, "-"), (16..20, "-"), (20..32, "")] {
            f.write_str(hex.get(part).unwrap_or_default())?;
            f.write_str(hyphen)?;
        }
        Ok(())
    }
}

impl Value for CommandId {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unread> {
        let text = reader.exactly::<36>("a UUID in lower case")?;
        let mut parts = text.split(|byte| *byte == b'-');
        let value = [8, 4, 4, 4, 12].into_iter().try_fold(0_u128, |value, length| {
            let part = parts.next().filter(|part| part.len() == length)?;
            Some(value << (4 * length) | u128::from(hex(part)?))
        });
        value
            .map(Self)
            .ok_or_else(|| Unread(format!("expected a UUID in lower case before byte {}", reader.at())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::read;

    #[test]
    fn digests_and_commands_are_lower_case() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(&[b"a", b"bc"]).to_string(), abc);
        assert_eq!(read::<Digest>(&format!("\"{abc}\"")), Ok(Digest::of(&[b"abc"])));
        assert!(read::<Digest>(&format!("\"{}\"", abc.to_uppercase())).is_err());
        let uuid = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(read::<CommandId>(&format!("\"{uuid}\"")).unwrap().to_string(), uuid);
        assert!(read::<CommandId>(&format!("\"{}\"", uuid.to_uppercase())).is_err());
        assert!(read::<CommandId>("\"01890a5d-ac96-774b-bcce-b302099a805-\"").is_err());
    }
}
