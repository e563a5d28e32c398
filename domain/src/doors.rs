//! The doors of a show: who was let in, when and where. A stream each, `doors-event_…`.
//!
//! Whether a ticket is genuine and still good, and how often its type admits, is known to the inventory; how often it
//! was used is known here. A ticket that goes back while it is scanned may have been let in: the admission says as of
//! when it was looked up.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Layouts, Streamed, Unreadable};
use crate::entries::Entries;
use crate::id::{ShowId, TicketId};
use crate::log::{Position, StreamName};
use crate::stored_events;
use crate::time::Timestamp;

stored_events! {
    /// A fact about the doors of a show.
    DoorsEvent {
        /// Somebody was let in.
        TicketAdmitted = "ticket_admitted" v 1,
    }
}

/// See [`DoorsEvent::TicketAdmitted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketAdmitted {
    /// The device that scanned.
    pub device: String,
    /// Which admission of its ticket this is, counted from 1; the first unless it is told.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub entry: u32,
    /// The gate it stood at.
    pub gate: String,
    /// Where the log stood when the ticket was looked up: whether it is good, and how often it admits, is as of there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_at: Option<Position>,
    /// The device's own name for this scan.
    pub nonce: String,
    /// When the device says it scanned; the log time is what counts.
    pub scanned_at: Timestamp,
    /// The ticket.
    pub ticket: TicketId,
}

const fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_first(entry: &u32) -> bool {
    *entry == first()
}

impl DoorsEvent {
    #[expect(clippy::unnecessary_wraps, reason = "the registry of event types asks every enum for this")]
    fn complete(self, _: &dyn Layouts) -> Result<Self, Unreadable> {
        Ok(self)
    }
}

/// A scan of a genuine ticket that is still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admit {
    /// The device that scanned.
    pub device: String,
    /// How often the ticket's type lets it in.
    pub entries: Entries,
    /// The gate it stands at.
    pub gate: String,
    /// Where the log stood when the ticket and its type were looked up.
    pub judged_at: Position,
    /// The device's own name for this scan.
    pub nonce: String,
    /// When the device says it scanned.
    pub scanned_at: Timestamp,
    /// The ticket.
    pub ticket: TicketId,
}

/// A time that a ticket was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The gate.
    pub gate: String,
    /// The log time.
    pub at: Timestamp,
}

/// How often a ticket was let in, and when first and last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admissions {
    /// The first time.
    pub first: Admission,
    /// The last time, which may be the first.
    pub last: Admission,
    /// How often.
    pub count: u32,
}

/// What the doors know of a ticket that was let in.
#[derive(Debug, Clone)]
struct Used {
    admissions: Admissions,
    /// Every scan that let it in: the device, and its name for the scan.
    scans: FxHashSet<(String, String)>,
}

/// The doors of a show, as far as decisions need to know them.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    used: FxHashMap<TicketId, Used>,
}

/// What can be asked of the doors.
#[derive(Debug, Clone)]
pub enum DoorsCommand {
    /// Let a genuine ticket in.
    Admit(Admit),
}

/// Why the doors say no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorsRefused {
    /// The ticket was let in as often as its type allows.
    #[error("the ticket was admitted as often as it may be")]
    AlreadyAdmitted(Admissions),
}

impl Admit {
    /// What happens if the doors open.
    fn admitted(&self, entry: u32) -> TicketAdmitted {
        TicketAdmitted {
            device: self.device.clone(),
            entry,
            gate: self.gate.clone(),
            judged_at: Some(self.judged_at),
            nonce: self.nonce.clone(),
            scanned_at: self.scanned_at,
            ticket: self.ticket,
        }
    }
}

impl Used {
    fn first(admission: Admission) -> Self {
        let (first, last) = (admission.clone(), admission);
        Self { admissions: Admissions { first, last, count: 0 }, scans: FxHashSet::default() }
    }
}

impl Aggregate for Doors {
    type Command = DoorsCommand;
    type Event = DoorsEvent;
    type Refusal = DoorsRefused;

    /// A scan that let its ticket in is told so again. Another one enters while its type allows one entry more.
    fn decide(&self, command: &DoorsCommand, _: Timestamp) -> Result<Vec<DoorsEvent>, DoorsRefused> {
        let DoorsCommand::Admit(scan) = command;
        let Some(used) = self.used.get(&scan.ticket) else {
            return Ok(vec![scan.admitted(first()).into()]);
        };
        if used.scans.contains(&(scan.device.clone(), scan.nonce.clone())) {
            return Ok(Vec::new());
        }
        let admissions = &used.admissions;
        if scan.entries.admit_after(admissions.count) {
            Ok(vec![scan.admitted(admissions.count.saturating_add(1)).into()])
        } else {
            Err(DoorsRefused::AlreadyAdmitted(admissions.clone()))
        }
    }

    fn evolve(&mut self, event: &DoorsEvent, at: Timestamp) {
        match event {
            DoorsEvent::TicketAdmitted(admitted) => {
                let admission = Admission { gate: admitted.gate.clone(), at };
                let used = self.used.entry(admitted.ticket).or_insert_with(|| Used::first(admission.clone()));
                (used.admissions.last, used.admissions.count) = (admission, admitted.entry);
                used.scans.insert((admitted.device.clone(), admitted.nonce.clone()));
            }
        }
    }
}

impl Streamed for Doors {
    type Id = ShowId;

    fn stream(id: ShowId) -> StreamName {
        StreamName::doors(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const GATES: [&str; 2] = ["North", "South"];

    fn scan(nonce: u32, entries: Entries) -> Admit {
        Admit {
            device: "gate-phone".into(),
            entries,
            gate: GATES[nonce as usize % 2].into(),
            judged_at: 40,
            nonce: nonce.to_string(),
            scanned_at: Timestamp::from_unix_ms(0),
            ticket: TicketId::from_uuid(Uuid::from_u128(7)),
        }
    }

    fn at(nonce: u32) -> Timestamp {
        Timestamp::from_unix_ms(nonce.into())
    }

    fn admission(nonce: u32) -> Admission {
        Admission { gate: scan(nonce, Entries::ONCE).gate, at: at(nonce) }
    }

    /// Doors that these scans have passed, the nth at the nth millisecond.
    fn passed(scans: std::ops::Range<u32>) -> Doors {
        let mut doors = Doors::default();
        for nonce in scans {
            let scan = DoorsCommand::Admit(scan(nonce, Entries::UNLIMITED));
            for event in doors.decide(&scan, at(nonce)).unwrap() {
                doors.evolve(&event, at(nonce));
            }
        }
        doors
    }

    fn decided(doors: &Doors, scan: Admit) -> Result<Vec<DoorsEvent>, DoorsRefused> {
        doors.decide(&DoorsCommand::Admit(scan), at(99))
    }

    #[test]
    fn a_ticket_is_admitted_once_and_the_second_scan_says_where_the_first_was() {
        let scan = |nonce| scan(nonce, Entries::ONCE);
        assert_eq!(decided(&Doors::default(), scan(0)), Ok(vec![scan(0).admitted(1).into()]));
        let admissions = Admissions { first: admission(0), last: admission(0), count: 1 };
        assert_eq!(decided(&passed(0..1), scan(1)), Err(DoorsRefused::AlreadyAdmitted(admissions)));
    }

    #[test]
    fn a_ticket_for_three_entries_admits_three_times_and_then_tells_the_first_and_the_last() {
        let scan = |nonce| scan(nonce, Entries::times(3).unwrap());
        assert_eq!(decided(&passed(0..2), scan(2)), Ok(vec![scan(2).admitted(3).into()]));
        let admissions = Admissions { first: admission(0), last: admission(2), count: 3 };
        assert_eq!(decided(&passed(0..3), scan(3)), Err(DoorsRefused::AlreadyAdmitted(admissions)));
    }

    #[test]
    fn a_ticket_without_a_limit_is_always_admitted() {
        let scan = scan(2_000, Entries::UNLIMITED);
        assert_eq!(decided(&passed(0..2_000), scan.clone()), Ok(vec![scan.admitted(2_001).into()]));
    }

    #[test]
    fn fewer_entries_than_were_made_admit_no_more() {
        let refused = decided(&passed(0..3), scan(3, Entries::times(2).unwrap()));
        assert!(matches!(refused, Err(DoorsRefused::AlreadyAdmitted(Admissions { count: 3, .. }))));
    }

    #[test]
    fn a_scan_that_is_sent_again_stays_quiet_whichever_entry_it_made() {
        for nonce in 0..3 {
            assert_eq!(decided(&passed(0..3), scan(nonce, Entries::times(3).unwrap())), Ok(vec![]));
        }
    }
}
