//! How often one ticket admits.

use serde::{Deserialize, Serialize};

/// The most entries that a limit may allow.
pub const ENTRIES_MAX: u32 = 1_000;

/// How often one ticket admits: from once to [`ENTRIES_MAX`] times, or without a limit.
///
/// It is stored as a number, and without a limit as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Entries(Option<u32>);

/// A ticket does not admit so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ticket admits 1 to {} times, or without a limit", ENTRIES_MAX)]
pub struct BadEntries;

impl Entries {
    /// Once, which is the rule.
    pub const ONCE: Self = Self(Some(1));

    /// Again and again.
    pub const UNLIMITED: Self = Self(None);

    /// So often.
    ///
    /// # Errors
    /// That is never, or more often than [`ENTRIES_MAX`].
    pub fn times(times: u32) -> Result<Self, BadEntries> {
        if (1..=ENTRIES_MAX).contains(&times) { Ok(Self(Some(times))) } else { Err(BadEntries) }
    }

    /// How often; nothing: without a limit.
    #[must_use]
    pub const fn limit(self) -> Option<u32> {
        self.0
    }

    /// Whether a ticket that was admitted so often may enter once more.
    #[must_use]
    pub fn admit_after(self, admissions: u32) -> bool {
        self.0.is_none_or(|limit| admissions < limit)
    }

    /// Whether nothing but the rule is said.
    #[must_use]
    pub fn is_once(&self) -> bool {
        *self == Self::ONCE
    }
}

impl Default for Entries {
    fn default() -> Self {
        Self::ONCE
    }
}

impl TryFrom<u32> for Entries {
    type Error = BadEntries;

    fn try_from(stored: u32) -> Result<Self, BadEntries> {
        if stored == 0 { Ok(Self::UNLIMITED) } else { Self::times(stored) }
    }
}

impl From<Entries> for u32 {
    fn from(entries: Entries) -> Self {
        entries.0.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_admits_as_often_as_it_may_and_no_more() {
        let twice = Entries::times(2).unwrap();
        assert!(twice.admit_after(1));
        assert!(!twice.admit_after(2));
        assert!(Entries::UNLIMITED.admit_after(u32::MAX));
    }

    #[test]
    fn the_limit_is_within_its_bounds_and_none_is_stored_as_0() {
        assert_eq!((Entries::times(0), Entries::times(1_001)), (Err(BadEntries), Err(BadEntries)));
        assert_eq!(Entries::try_from(0), Ok(Entries::UNLIMITED));
        for stored in [0, 1, 1_000] {
            assert_eq!(Entries::try_from(stored).map(u32::from), Ok(stored));
        }
        assert_eq!(Entries::try_from(1_001), Err(BadEntries));
    }
}
