//! What goes back for tickets that are given back. Whole minor units, no floats (`docs/adr/0019`).
//!
//! * A ticket is worth what was paid for it: its price, and what of the fees and of the added taxes belongs to it.
//! * A policy gives back a share of that, fees apart where they are kept; each ticket is rounded by itself to the nearest
//!   minor unit, halves up. So the refunds of parts add up to the refund of the whole.
//! * A buyer has the better of two policies: the one that held when the order was placed, and the one that holds now.

use serde::{Deserialize, Serialize};

use crate::money::Minor;
use crate::pricing::{Rate, Share, rounded};
use crate::time::Timestamp;

/// The earliest that a policy may end before the start, in seconds: about ten years.
pub const SECONDS_BEFORE_START_MAX: u32 = 10 * 366 * 24 * 60 * 60;

/// On what terms buyers may give tickets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundPolicy {
    /// Fees do not go back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fees_kept: bool,
    /// What share goes back, in millionths.
    pub rate: Rate,
    /// How long before the start tickets can last be given back, in seconds.
    pub seconds_before_start: u32,
}

impl RefundPolicy {
    /// When tickets for a show that starts then can no longer be given back.
    #[must_use]
    pub fn ends_at(&self, starts_at: Timestamp) -> Timestamp {
        starts_at.plus_ms(-1_000 * i64::from(self.seconds_before_start))
    }

    /// What goes back for a ticket, in minor units.
    #[must_use]
    pub fn goes_back(&self, price: Minor, share: Share) -> Minor {
        goes_back(price, share, self.rate, self.fees_kept)
    }
}

/// What was paid for a ticket, in minor units.
#[must_use]
pub fn value(price: Minor, share: Share) -> Minor {
    price.saturating_add(share.fees).saturating_add(share.taxes)
}

/// That share of a ticket's value, fees apart where they are kept, in minor units.
#[must_use]
pub fn goes_back(price: Minor, share: Share, rate: Rate, fees_kept: bool) -> Minor {
    let fees = if fees_kept { share.fees } else { 0 };
    rounded(value(price, share).saturating_sub(fees), rate.millionths().into(), Rate::WHOLE.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share() -> impl Strategy<Value = Share> {
        (0..5_000_u64, 0..5_000_u64).prop_map(|(fees, taxes)| Share { fees, taxes, taxes_included: 0 })
    }

    fn policy() -> impl Strategy<Value = RefundPolicy> {
        (any::<bool>(), 0..=Rate::WHOLE).prop_map(|(fees_kept, rate)| RefundPolicy {
            fees_kept,
            rate: Rate::from_millionths(rate).unwrap(),
            seconds_before_start: 0,
        })
    }

    #[test]
    fn a_share_of_a_ticket_is_rounded_halves_up() {
        let rate = Rate::from_millionths(500_000).unwrap();
        let policy = RefundPolicy { fees_kept: true, rate, seconds_before_start: 60 };
        let share = Share { fees: 250, taxes: 8, taxes_included: 3 };
        assert_eq!(value(4_501, share), 4_759);
        assert_eq!(policy.goes_back(4_501, share), 2_255, "half of 4509");
        assert_eq!(
            RefundPolicy { fees_kept: false, ..policy }.goes_back(4_501, share),
            2_380,
            "half of 4759"
        );
        let at = Timestamp::from_unix_ms;
        assert_eq!(policy.ends_at(at(100_000)), at(40_000));
    }

    proptest! {
        #[test]
        fn nothing_beyond_the_value_goes_back(price in 0..100_000_u64, share in share(), policy in policy()) {
            let back = policy.goes_back(price, share);
            let fees = if policy.fees_kept { share.fees } else { 0 };
            prop_assert!(back <= value(price, share) - fees);
            let whole = RefundPolicy { rate: Rate::FULL, ..policy };
            prop_assert_eq!(whole.goes_back(price, share), value(price, share) - fees);
        }
    }
}
