//! What a ticket's QR code says: which ticket it is, signed, so that a gate without a network can tell a genuine one.
//!
//! `docs/ticket-codes.md` specifies the form for those who write gates.

use boxoffice_domain::id::{ShowId, TicketId};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use uuid::Uuid;

/// What every code starts with: the form of what follows.
const PREFIX: &str = "BO1.";

/// What is signed starts with this, so that a signature for anything else is never a ticket.
const DOMAIN: &[u8] = b"boxoffice ticket v1\0";

const CONTENT_LENGTH: usize = 16 + 16 + 2;
const SIGNATURE_LENGTH: usize = 64;

/// Crockford's base 32 in capitals: every letter is in the alphanumeric mode of QR codes.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Signs tickets, and knows its own signatures, those of keys that were replaced included.
pub struct TicketSigner {
    key: SigningKey,
    older: Vec<VerifyingKey>,
}

/// What a genuine code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketCode {
    /// The show.
    pub show: ShowId,
    /// The ticket.
    pub ticket: TicketId,
    /// Which of the ticket's codes it is: a ticket that changes hands gets the next.
    pub number: u16,
}

/// Text that is not a code, or not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a genuine ticket code")]
pub struct NotGenuine;

impl TicketSigner {
    /// A signer with the secret half of its key.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        Self { key: SigningKey::from_bytes(seed), older: Vec::new() }
    }

    /// One that also knows what these keys have signed.
    #[must_use]
    pub fn knowing<'a>(mut self, seeds: impl Iterator<Item = (&'a str, [u8; 32])>) -> Self {
        let current = self.public_key();
        let keys = seeds.map(|(_, seed)| SigningKey::from_bytes(&seed).verifying_key());
        self.older.extend(keys.filter(|key| *key != current));
        self
    }

    /// The public half: what gates check signatures with.
    #[must_use]
    pub fn public_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// The text for the QR code.
    #[must_use]
    pub fn sign(&self, code: TicketCode) -> String {
        let content = content(code);
        let signature = self.key.sign(&[DOMAIN, &content].concat());
        format!("{PREFIX}{}", encode(&[content.as_slice(), &signature.to_bytes()].concat()))
    }

    /// What the text of a QR code says.
    ///
    /// # Errors
    /// [`NotGenuine`].
    pub fn verify(&self, text: &str) -> Result<TicketCode, NotGenuine> {
        let bytes = text.trim().strip_prefix(PREFIX).and_then(decode).ok_or(NotGenuine)?;
        if bytes.len() != CONTENT_LENGTH + SIGNATURE_LENGTH {
            return Err(NotGenuine);
        }
        let (content, signature) = bytes.split_at(CONTENT_LENGTH);
        let signature = Signature::from_slice(signature).map_err(|_| NotGenuine)?;
        let signed = [DOMAIN, content].concat();
        let is_ours = |key: &VerifyingKey| key.verify_strict(&signed, &signature).is_ok();
        if !is_ours(&self.public_key()) && !self.older.iter().any(is_ours) {
            return Err(NotGenuine);
        }
        read(content).ok_or(NotGenuine)
    }
}

fn content(code: TicketCode) -> [u8; CONTENT_LENGTH] {
    let mut content = [0; CONTENT_LENGTH];
    let parts = code.show.uuid().into_bytes().into_iter().chain(code.ticket.uuid().into_bytes());
    for (slot, byte) in content.iter_mut().zip(parts.chain(code.number.to_be_bytes())) {
        *slot = byte;
    }
    content
}

fn read(content: &[u8]) -> Option<TicketCode> {
    let (show, rest) = content.split_first_chunk::<16>()?;
    let (ticket, rest) = rest.split_first_chunk::<16>()?;
    Some(TicketCode {
        show: ShowId::from_uuid(Uuid::from_bytes(*show)),
        ticket: TicketId::from_uuid(Uuid::from_bytes(*ticket)),
        number: u16::from_be_bytes(*rest.first_chunk()?),
    })
}

fn encode(bytes: &[u8]) -> String {
    let (mut text, mut rest, mut bits) = (String::new(), 0_u32, 0);
    for byte in bytes {
        rest = rest << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(digit(rest >> bits & 31));
        }
    }
    if bits > 0 {
        text.push(digit(rest << (5 - bits) & 31));
    }
    text
}

fn digit(value: u32) -> char {
    usize::try_from(value).ok().and_then(|value| ALPHABET.get(value)).map_or('0', |byte| char::from(*byte))
}

/// The bytes that [`encode`] makes this text from, and no other text.
fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        rest = (rest << 5 | u32::try_from(value).ok()?) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(rest >> bits & 0xff).ok()?);
        }
    }
    (encode(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code() -> TicketCode {
        TicketCode {
            show: ShowId::from_uuid(Uuid::from_u128(0x1234_5678)),
            ticket: TicketId::from_uuid(Uuid::from_u128(u128::MAX / 3)),
            number: 3,
        }
    }

    #[test]
    fn a_code_of_a_key_that_was_replaced_is_still_good() {
        let text = TicketSigner::new(&[7; 32]).sign(code());
        let rotated = TicketSigner::new(&[8; 32]);
        assert_eq!(rotated.verify(&text), Err(NotGenuine));
        let rotated = rotated.knowing([("k1", [7; 32]), ("k2", [8; 32])].into_iter());
        assert_eq!(rotated.verify(&text), Ok(code()));
    }

    #[test]
    fn a_code_is_known_again_and_fits_the_alphanumeric_mode() {
        let text = TicketSigner::new(&[7; 32]).sign(code());
        assert_eq!(TicketSigner::new(&[7; 32]).verify(&text), Ok(code()));
        assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'.'));
    }

    /// `docs/ticket-codes.md` has the key, the content and the code as strangers read them.
    #[test]
    fn the_worked_example_of_the_specification_holds() {
        let page = include_str!("../../docs/ticket-codes.md");
        let line = |start: &str| page.lines().find(|line| line.starts_with(start)).unwrap();
        let cell = |name: &str| line(&format!("| {name} |")).split('`').nth(1).unwrap();
        let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let code = TicketCode {
            show: cell("event").parse().unwrap(),
            ticket: cell("ticket").parse().unwrap(),
            number: 3,
        };
        let signer = TicketSigner::new(&[7; 32]);
        assert_eq!(cell("public key"), hex(signer.public_key().as_bytes()));
        assert_eq!(cell("bytes 0–33"), hex(&content(code)));
        let text = line("BO1.0");
        assert_eq!(signer.sign(code), text);
        assert_eq!(signer.verify(text), Ok(code));
        let bytes = decode(text.strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!(cell("signature"), hex(&bytes[CONTENT_LENGTH..]));
        assert_eq!((text.len(), bytes.len()), (161, 98));
    }

    #[test]
    fn another_key_signs_nothing_for_us() {
        let text = TicketSigner::new(&[8; 32]).sign(code());
        assert_eq!(TicketSigner::new(&[7; 32]).verify(&text), Err(NotGenuine));
    }

    proptest! {
        #[test]
        fn a_code_with_any_letter_changed_is_refused(index in 0_usize..160, letter in "[0-9A-Z.]") {
            let signer = TicketSigner::new(&[7; 32]);
            let text = signer.sign(code());
            let index = index % text.len();
            let mut changed = text.clone();
            changed.replace_range(index..=index, &letter);
            prop_assume!(changed != text);
            prop_assert_eq!(signer.verify(&changed), Err(NotGenuine));
        }

        #[test]
        fn nonsense_is_refused(text in ".{0,200}") {
            prop_assert_eq!(TicketSigner::new(&[7; 32]).verify(&text), Err(NotGenuine));
        }
    }
}
