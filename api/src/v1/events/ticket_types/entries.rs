//! How often one ticket admits, on the wire: a number, or `"unlimited"`.

use boxoffice_domain::entries::{ENTRIES_MAX, Entries};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// How often one ticket admits: a number from 1 to 1,000, or `"unlimited"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a number from 1 to 1000, or \"unlimited\"")]
#[schema(as = Entries)]
pub enum EntriesBody {
    /// So often.
    Times(u32),
    /// Again and again.
    Word(Unlimited),
}

/// The word for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unlimited {
    /// There is none.
    Unlimited,
}

impl EntriesBody {
    /// What is meant.
    ///
    /// # Errors
    /// 422 where the number is out of its range.
    pub fn read(self, pointer: &str) -> Result<Entries, Problem> {
        match self {
            Self::Times(times) => Entries::times(times).map_err(|_| {
                let detail = format!("Expected 1 to {ENTRIES_MAX}, or \"unlimited\".");
                Problem::field(pointer, "out_of_range", detail)
            }),
            Self::Word(Unlimited::Unlimited) => Ok(Entries::UNLIMITED),
        }
    }
}

impl From<Entries> for EntriesBody {
    fn from(entries: Entries) -> Self {
        entries.limit().map_or(Self::Word(Unlimited::Unlimited), Self::Times)
    }
}
