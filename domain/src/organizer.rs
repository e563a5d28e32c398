//! Organizers: who sells. A stream each, `organizer-organizer_…`.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Layouts, Streamed, Unreadable};
use crate::id::OrganizerId;
use crate::log::StreamName;
use crate::stored_events;
use crate::time::Timestamp;

stored_events! {
    /// A fact about an organizer.
    OrganizerEvent {
        /// The organizer exists.
        OrganizerCreated = "organizer_created" v 1,
    }
}

/// See [`OrganizerEvent::OrganizerCreated`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizerCreated {
    /// What they are called.
    pub name: String,
    /// The organizer.
    pub organizer: OrganizerId,
}

impl OrganizerEvent {
    #[expect(clippy::unnecessary_wraps, reason = "the registry of event types asks every enum for this")]
    fn complete(self, _: &dyn Layouts) -> Result<Self, Unreadable> {
        Ok(self)
    }
}

/// An organizer, as far as decisions need to know it.
#[derive(Debug, Clone, Default)]
pub struct Organizer {
    exists: bool,
}

/// What can be asked of an organizer.
#[derive(Debug, Clone)]
pub enum OrganizerCommand {
    /// Make it.
    Create(OrganizerCreated),
}

/// Why an organizer says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrganizerRefused {
    /// There is one with that id.
    #[error("the organizer exists already")]
    Exists,
}

impl Aggregate for Organizer {
    type Command = OrganizerCommand;
    type Event = OrganizerEvent;
    type Refusal = OrganizerRefused;

    fn decide(
        &self,
        command: &OrganizerCommand,
        _: Timestamp,
    ) -> Result<Vec<OrganizerEvent>, OrganizerRefused> {
        match command {
            OrganizerCommand::Create(_) if self.exists => Err(OrganizerRefused::Exists),
            OrganizerCommand::Create(created) => Ok(vec![created.clone().into()]),
        }
    }

    fn evolve(&mut self, event: &OrganizerEvent, _: Timestamp) {
        match event {
            OrganizerEvent::OrganizerCreated(_) => self.exists = true,
        }
    }
}

impl Streamed for Organizer {
    type Id = OrganizerId;

    fn stream(id: OrganizerId) -> StreamName {
        StreamName::organizer(id)
    }
}
