//! The values that lines are made of.

mod digest;
mod id;
mod stream;
mod time;

use crate::reader::{Reader, Unread, Value};
pub(crate) use digest::{CommandId, Digest};
pub(crate) use id::{
    BlockId, FeeId, HoldId, OrderId, OrganizerId, PaymentId, PersonId, PlanId, PoolId, RefundId, ShowId,
    TaxId, TicketId, TransferId, TypeId, VenueId,
};
pub(crate) use stream::{Cause, Stream};
pub(crate) use time::Time;

/// An ISO 4217 code by its look: three capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Currency;

impl Value for Currency {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unread> {
        const WHAT: &str = "a currency of three capitals";
        let text = reader.exactly::<3>(WHAT)?;
        if text.iter().all(u8::is_ascii_uppercase) { Ok(Self) } else { reader.expected(WHAT) }
    }
}
