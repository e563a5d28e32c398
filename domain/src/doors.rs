//! The doors of a show: who was let in, when and where. A stream each, `doors-event_…`.
//!
//! Whether a ticket is genuine and still good is known to the inventory; whether it was used is known here.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Layouts, Streamed, Unreadable};
use crate::id::{ShowId, TicketId};
use crate::log::StreamName;
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
    /// The gate it stood at.
    pub gate: String,
    /// The device's own name for this scan.
    pub nonce: String,
    /// When the device says it scanned; the log time is what counts.
    pub scanned_at: Timestamp,
    /// The ticket.
    pub ticket: TicketId,
}

impl DoorsEvent {
    #[expect(clippy::unnecessary_wraps, reason = "the registry of event types asks every enum for this")]
    fn complete(self, _: &dyn Layouts) -> Result<Self, Unreadable> {
        Ok(self)
    }
}

/// The first time that a ticket was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The gate.
    pub gate: String,
    /// The log time.
    pub at: Timestamp,
    /// The device that scanned, and its name for the scan.
    pub scan: (String, String),
}

/// The doors of a show, as far as decisions need to know them.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    admitted: FxHashMap<TicketId, Admission>,
}

/// What can be asked of the doors.
#[derive(Debug, Clone)]
pub enum DoorsCommand {
    /// Let a genuine ticket in.
    Admit(TicketAdmitted),
}

/// Why the doors say no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorsRefused {
    /// The ticket was used before.
    #[error("the ticket was admitted before")]
    AlreadyAdmitted(Admission),
}

impl Aggregate for Doors {
    type Command = DoorsCommand;
    type Event = DoorsEvent;
    type Refusal = DoorsRefused;

    fn decide(&self, command: &DoorsCommand, _: Timestamp) -> Result<Vec<DoorsEvent>, DoorsRefused> {
        let DoorsCommand::Admit(admission) = command;
        match self.admitted.get(&admission.ticket) {
            // The same scan, sent again.
            Some(Admission { scan: (device, nonce), .. })
                if (device, nonce) == (&admission.device, &admission.nonce) =>
            {
                Ok(Vec::new())
            }
            Some(first) => Err(DoorsRefused::AlreadyAdmitted(first.clone())),
            None => Ok(vec![admission.clone().into()]),
        }
    }

    fn evolve(&mut self, event: &DoorsEvent, at: Timestamp) {
        match event {
            DoorsEvent::TicketAdmitted(admitted) => {
                self.admitted.entry(admitted.ticket).or_insert_with(|| Admission {
                    gate: admitted.gate.clone(),
                    at,
                    scan: (admitted.device.clone(), admitted.nonce.clone()),
                });
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

    fn scan(gate: &str, nonce: &str) -> TicketAdmitted {
        TicketAdmitted {
            device: "gate-phone".into(),
            gate: gate.into(),
            nonce: nonce.into(),
            scanned_at: Timestamp::from_unix_ms(0),
            ticket: TicketId::from_uuid(Uuid::from_u128(7)),
        }
    }

    #[test]
    fn a_ticket_is_admitted_once_and_the_second_scan_says_where_the_first_was() {
        let mut doors = Doors::default();
        let at = Timestamp::from_unix_ms(5);
        let events = doors.decide(&DoorsCommand::Admit(scan("North", "1")), at).unwrap();
        assert_eq!(events, vec![scan("North", "1").into()]);
        doors.evolve(&events[0], at);
        let first = Admission { gate: "North".into(), at, scan: ("gate-phone".into(), "1".into()) };
        assert_eq!(
            doors.decide(&DoorsCommand::Admit(scan("South", "2")), at.plus_ms(1)),
            Err(DoorsRefused::AlreadyAdmitted(first))
        );
    }

    #[test]
    fn a_scan_that_is_sent_again_stays_quiet() {
        let mut doors = Doors::default();
        doors.evolve(&scan("North", "1").into(), Timestamp::from_unix_ms(5));
        let again = doors.decide(&DoorsCommand::Admit(scan("North", "1")), Timestamp::from_unix_ms(9));
        assert_eq!(again, Ok(vec![]));
    }
}
