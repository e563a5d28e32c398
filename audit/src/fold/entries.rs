//! How often the tickets of a type admit, at every position of the log.

use super::inventory::Inventory;
use crate::fact::{TicketTypeAdded, TicketTypeChanged};
use crate::rule::{Rule, Verdict};
use crate::value::TypeId;

/// The most that a type may allow, unless it sets no limit.
const ENTRIES_MAX: u32 = 1_000;

/// What a type has allowed, from which position on.
#[derive(Default)]
pub(super) struct Allowances(Vec<(u64, u32)>);

impl Allowances {
    /// What is allowed as of a position; nothing where the type was not there yet.
    fn as_of(&self, position: u64) -> Option<u32> {
        let known = self.0.partition_point(|(from, _)| *from <= position);
        self.0.get(..known)?.last().map(|(_, entries)| *entries)
    }

    /// Whether a ticket may make that entry, as of a position. Without a limit is written 0.
    pub(super) fn allow(&self, entry: u32, position: u64) -> bool {
        self.as_of(position).is_some_and(|entries| entries == 0 || entry <= entries)
    }
}

impl Inventory {
    pub(super) fn add_type(&mut self, added: &TicketTypeAdded, position: u64) -> Verdict {
        self.stock.add_type(added)?;
        self.allow_entries(added.ticket_type, added.entries, position)
    }

    pub(super) fn change_type(&mut self, changed: &TicketTypeChanged, position: u64) -> Verdict {
        self.stock.change_type(changed)?;
        self.allow_entries(changed.ticket_type, changed.entries, position)
    }

    /// From that position on; once, where nothing is said.
    fn allow_entries(&mut self, id: TypeId, entries: Option<u32>, position: u64) -> Verdict {
        let entries = entries.unwrap_or(1);
        Rule::EntriesInRange.holds(entries <= ENTRIES_MAX, || format!("{id} allows {entries}"))?;
        self.entries.entry(id).or_default().0.push((position, entries));
        Ok(())
    }
}
