//! Public ids: a prefix that says what is named, and a UUIDv7 in Crockford's base 32 (the TypeID format).
//!
//! In formats that no person reads (snapshots) an id is its 16 bytes.
//!
//! The registry at the end of this file is the only place where a prefix is given to a type.
//!
//! Ids of things that belong to a show carry the show's *tag* in their last 24 bits, so that any node can tell
//! from `hold_…` alone which show decides about it, without asking a read model (`docs/adr/0003`).

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;
const TAG_BITS: u32 = 24;
const TAG_MASK: u128 = (1 << TAG_BITS) - 1;
/// The random bits of a UUIDv7's tail that are not the tag.
const SERIAL_BITS: u32 = 62 - TAG_BITS;

/// Text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {prefix} id: expected `{prefix}_` and 26 characters of lower-case base 32")]
pub struct InvalidId {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

/// The 24 bits that ids of one show share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShowTag(u32);

fn encode(uuid: Uuid) -> [u8; SUFFIX_LENGTH] {
    let mut rest = uuid.as_u128();
    let mut text = [b'0'; SUFFIX_LENGTH];
    for slot in text.iter_mut().rev() {
        let digit = usize::try_from(rest & 31).unwrap_or_default();
        *slot = ALPHABET.get(digit).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    text
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != SUFFIX_LENGTH || text.as_bytes().first().is_none_or(|first| *first > b'7') {
        return None;
    }
    text.bytes()
        .try_fold(0_u128, |value, byte| {
            let digit = ALPHABET.iter().position(|known| *known == byte)?;
            Some((value << 5) | u128::try_from(digit).ok()?)
        })
        .map(Uuid::from_u128)
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, InvalidId> {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .and_then(decode)
        .ok_or(InvalidId { prefix })
}

/// A UUIDv7 whose time is `unix_ms` and whose random part is `random`.
#[must_use]
pub fn uuid_v7(unix_ms: u64, random: u128) -> Uuid {
    let time = (u128::from(unix_ms) & ((1 << 48) - 1)) << 80;
    let high = ((random >> 62) & 0xfff) << 64;
    let low = random & ((1 << 62) - 1);
    Uuid::from_u128(time | (0x7 << 76) | high | (0b10 << 62) | low)
}

/// The same UUID with the tag of a show in its last bits.
#[must_use]
fn tagged(uuid: Uuid, tag: ShowTag) -> Uuid {
    Uuid::from_u128((uuid.as_u128() & !TAG_MASK) | u128::from(tag.0))
}

/// The `n`-th id derived from `uuid`: the same time and tag, the serial bits moved on by `n`.
fn derived(uuid: Uuid, n: u32) -> Uuid {
    shifted(uuid, u128::from(n))
}

/// The serial bits moved on by `n`, around the end.
fn shifted(uuid: Uuid, n: u128) -> Uuid {
    let value = uuid.as_u128();
    let mask = ((1_u128 << SERIAL_BITS) - 1) << TAG_BITS;
    let serial = (value & mask).wrapping_add(n << TAG_BITS) & mask;
    Uuid::from_u128((value & !mask) | serial)
}

fn tag_of(uuid: Uuid) -> ShowTag {
    ShowTag(u32::try_from(uuid.as_u128() & TAG_MASK).unwrap_or_default())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Gives a UUID this meaning.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID without its meaning.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Self::PREFIX)?;
                f.write_str("_")?;
                f.write_str(std::str::from_utf8(&encode(self.0)).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(Self::PREFIX, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    self.0.serialize(serializer)
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if !deserializer.is_human_readable() {
                    return Uuid::deserialize(deserializer).map(Self);
                }
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

macro_rules! ids_of_a_show {
    ($($name:ident),+) => {$(
        impl $name {
            /// An id that belongs to `show`.
            #[must_use]
            pub fn of_show(show: ShowId, uuid: Uuid) -> Self {
                Self(tagged(uuid, show.tag()))
            }

            /// The tag of the show that this belongs to.
            #[must_use]
            pub fn show_tag(self) -> ShowTag {
                tag_of(self.0)
            }
        }
    )+};
}

ids! {
    /// A show: one date at one venue. Its public name is *event*.
    ShowId = "event";
    /// Who sells.
    OrganizerId = "organizer";
    /// Where shows happen.
    VenueId = "venue";
    /// One imported seating plan of a venue.
    SeatingPlanId = "seating_plan";
    /// A countable capacity.
    PoolId = "pool";
    /// What is sold: seats of a category or units of pools, at a price.
    TicketTypeId = "ticket_type";
    /// Something that is charged beside prices.
    FeeId = "fee";
    /// A tax on prices or fees.
    TaxId = "tax";
    /// Seats or pool units reserved for one buyer.
    HoldId = "hold";
    /// A hold that became a priced purchase.
    OrderId = "order";
    /// One attempt to pay for an order.
    PaymentId = "payment";
    /// Money that has come and goes back.
    RefundId = "refund";
    /// The right of one person to one seat or pool unit.
    TicketId = "ticket";
    /// A ticket that is to change hands.
    TransferId = "transfer";
    /// Seats or pool units that the organizer keeps back.
    BlockId = "block";
    /// A natural person; what is known of them lives in the vault alone.
    PersonId = "person";
    /// Long work that a server was asked to do.
    JobId = "job";
}

ids_of_a_show!(
    PoolId,
    TicketTypeId,
    FeeId,
    TaxId,
    HoldId,
    OrderId,
    PaymentId,
    RefundId,
    TicketId,
    TransferId,
    BlockId
);

impl ShowId {
    /// The bits that ids of this show's things end with.
    #[must_use]
    pub fn tag(self) -> ShowTag {
        tag_of(self.0)
    }
}

impl PoolId {
    /// The pool that a plan's `n`-th standing area becomes.
    #[must_use]
    pub fn of_area(show: ShowId, n: u32) -> Self {
        Self::of_show(show, derived(show.uuid(), n))
    }
}

impl RefundId {
    /// The `n`-th refund of an order.
    #[must_use]
    pub fn of_order(order: OrderId, n: u32) -> Self {
        Self(derived(order.uuid(), n))
    }
}

impl TicketId {
    /// The ticket for the `n`-th item of an order.
    #[must_use]
    pub fn of_order(order: OrderId, n: u32) -> Self {
        Self(derived(order.uuid(), n))
    }

    /// The order whose `n`-th item this is the ticket for, if there is such an order.
    #[must_use]
    pub fn order_if(self, n: u32) -> OrderId {
        OrderId(shifted(self.0, u128::from(n).wrapping_neg()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_known_vectors_of_the_typeid_format_hold() {
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        assert_eq!(HoldId::from_uuid(uuid).to_string(), "hold_01h455vb4pex5vsknk084sn02q");
        assert_eq!("hold_7zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<HoldId>().unwrap().uuid(), Uuid::max());
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in [
            "",
            "hold",
            "hold_",
            "order_01h455vb4pex5vsknk084sn02q",
            "hold_81h455vb4pex5vsknk084sn02q",
            "hold_01H455VB4PEX5VSKNK084SN02Q",
            "hold_01h455vb4pex5vsknk084sn02",
            "hold_01h455vb4pex5vsknk084sn02qq",
            "hold_01h455vb4pex5vsknk084sn0lq",
        ] {
            assert!(text.parse::<HoldId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_uuid_are_the_same_id(value: u128) {
            let id = TicketId::from_uuid(Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse::<TicketId>().unwrap(), id);
        }

        #[test]
        fn a_v7_id_sorts_by_time_and_keeps_the_tag(a in 0_u64..1 << 47, b in 0_u64..1 << 47, random: u128, n: u32) {
            let show = ShowId::from_uuid(uuid_v7(a, random.rotate_left(17)));
            let hold = |ms| HoldId::of_show(show, uuid_v7(ms, random));
            prop_assert_eq!(a.cmp(&b), hold(a).to_string().cmp(&hold(b).to_string()));
            let order = OrderId::of_show(show, uuid_v7(b, random));
            prop_assert_eq!(order.show_tag(), show.tag());
            prop_assert_eq!(TicketId::of_order(order, n).show_tag(), show.tag());
            prop_assert_eq!(TicketId::of_order(order, n).uuid().get_version_num(), 7);
            prop_assert_eq!(TicketId::of_order(order, n).order_if(n), order);
            if n != 0 { prop_assert_ne!(TicketId::of_order(order, n), TicketId::of_order(order, 0)); }
        }
    }
}
