//! Ids in the TypeID format: a prefix that says what is named, and a UUID in Crockford's base 32.

use std::fmt;

use crate::reader::{Reader, Unread, Value};

const NO_DIGIT: u8 = 0xff;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What each byte stands for in Crockford's base 32.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut rest: &mut [u8] = &mut digits;
    let mut byte: u8 = 0;
    while let Some((slot, tail)) = rest.split_first_mut() {
        *slot = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'h' => byte - b'a' + 10,
            b'j' | b'k' => byte - b'j' + 18,
            b'm' | b'n' => byte - b'm' + 20,
            b'p'..=b't' => byte - b'p' + 22,
            b'v'..=b'z' => byte - b'v' + 27,
            _ => NO_DIGIT,
        };
        byte = byte.wrapping_add(1);
        rest = tail;
    }
    digits
};

fn id_from_text(text: &[u8; 26]) -> Option<u128> {
    let (high, rest) = text.split_at(2);
    let (middle, low) = rest.split_at(12);
    let mut bad = 0;
    let mut part = |text: &[u8]| {
        text.iter().fold(0_u64, |value, byte| {
            let digit = DIGITS.get(usize::from(*byte)).copied().unwrap_or(NO_DIGIT);
            bad |= digit & 0xe0;
            value << 5 | u64::from(digit & 31)
        })
    };
    let (high, middle, low) = (part(high), part(middle), part(low));
    (bad == 0 && high >> 8 == 0)
        .then_some(u128::from(high) << 120 | u128::from(middle) << 60 | u128::from(low))
}

fn write_id(prefix: &str, id: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write as _;
    f.write_str(prefix)?;
    for place in (0..26).rev() {
        let digit = usize::try_from(id >> (5 * place) & 31).unwrap_or_default();
        f.write_char(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')))?;
    }
    Ok(())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(u128);

        impl $name {
            pub(super) fn parse(text: &[u8]) -> Option<Self> {
                id_from_text(text.strip_prefix($prefix.as_bytes())?.try_into().ok()?).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id($prefix, self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Value for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, Unread> {
                const WHAT: &str = concat!("an id `", $prefix, "…`");
                reader.exactly::<{ $prefix.len() + 26 }>(WHAT).and_then(|text| {
                    Self::parse(text).ok_or_else(|| Unread(format!("expected {WHAT} before byte {}", reader.at())))
                })
            }
        }
    )+};
}

ids! {
    /// A show.
    ShowId = "event_";
    /// Who sells.
    OrganizerId = "organizer_";
    /// Where shows happen.
    VenueId = "venue_";
    /// A seating plan of a venue.
    PlanId = "seating_plan_";
    /// A countable capacity.
    PoolId = "pool_";
    /// What is sold.
    TypeId = "ticket_type_";
    /// Something that is charged beside prices.
    FeeId = "fee_";
    /// A tax.
    TaxId = "tax_";
    /// Seats or units reserved for one buyer.
    HoldId = "hold_";
    /// A purchase with a price.
    OrderId = "order_";
    /// An attempt to pay.
    PaymentId = "payment_";
    /// The right to one seat or unit.
    TicketId = "ticket_";
    /// What the organizer keeps back.
    BlockId = "block_";
    /// Who buys.
    PersonId = "person_";
    RefundId = "refund_";
    TransferId = "transfer_";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::read;

    #[test]
    fn ids_follow_the_typeid_format() {
        let id = read::<HoldId>("\"hold_01h455vb4pex5vsknk084sn02q\"").unwrap();
        assert_eq!(id.0, 0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);
        assert_eq!(id.to_string(), "hold_01h455vb4pex5vsknk084sn02q");
        assert_eq!(read::<HoldId>("\"hold_7zzzzzzzzzzzzzzzzzzzzzzzzz\"").unwrap().0, u128::MAX);
        for text in [
            "hold_81h455vb4pex5vsknk084sn02q",
            "hold_01H455VB4PEX5VSKNK084SN02Q",
            "hold_01h455vb4pex5vsknk084sn02l",
            "hold_01h455vb4pex5vsknk084sn02",
            "order_01h455vb4pex5vsknk084sn02q",
        ] {
            assert!(read::<HoldId>(&format!("\"{text}\"")).is_err(), "{text}");
        }
    }
}
