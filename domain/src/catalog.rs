//! The catalog entry of a show: what people read about it. A stream each, `catalog-event_…`. What it sells is
//! decided by its [`crate::inventory`].

use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Layouts, Streamed, Unreadable};
use crate::id::{OrganizerId, SeatingPlanId, ShowId, VenueId};
use crate::log::StreamName;
use crate::stored_events;
use crate::time::Timestamp;

stored_events! {
    /// A fact about a show's description.
    CatalogEvent {
        /// The show is being prepared.
        ShowDrafted = "show_drafted" v 1,
        /// Something else is said about the show.
        ShowDescribed = "show_described" v 1,
        /// The show happens at another time.
        ShowRescheduled = "show_rescheduled" v 1,
        /// The show has another seating plan.
        ShowPlanReplaced = "show_plan_replaced" v 1,
    }
}

/// See [`CatalogEvent::ShowDrafted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowDrafted {
    /// Music, theatre, sport …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When people are let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doors_at: Option<Timestamp>,
    /// When it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// A closer look at the category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// What it is called; need not be unique.
    pub name: String,
    /// Who sells it.
    pub organizer: OrganizerId,
    /// Who is to be seen. Stage names, published by the organizer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub performers: Vec<String>,
    /// The seating plan, where there are seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<SeatingPlanId>,
    /// The show.
    pub show: ShowId,
    /// When it starts.
    pub starts_at: Timestamp,
    /// Where it happens.
    pub venue: VenueId,
}

/// See [`CatalogEvent::ShowDescribed`]. Says the whole description anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowDescribed {
    /// Music, theatre, sport …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A closer look at the category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// What it is called; need not be unique.
    pub name: String,
    /// Who is to be seen. Stage names, published by the organizer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub performers: Vec<String>,
}

impl ShowDescribed {
    fn of(drafted: &ShowDrafted) -> Self {
        Self {
            category: drafted.category.clone(),
            description: drafted.description.clone(),
            genre: drafted.genre.clone(),
            name: drafted.name.clone(),
            performers: drafted.performers.clone(),
        }
    }
}

/// See [`CatalogEvent::ShowRescheduled`]. Says all times anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowRescheduled {
    /// When people are let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doors_at: Option<Timestamp>,
    /// When it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// When it starts.
    pub starts_at: Timestamp,
}

/// See [`CatalogEvent::ShowPlanReplaced`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowPlanReplaced {
    /// The seating plan.
    pub plan: SeatingPlanId,
}

impl ShowRescheduled {
    fn of(drafted: &ShowDrafted) -> Self {
        Self { doors_at: drafted.doors_at, ends_at: drafted.ends_at, starts_at: drafted.starts_at }
    }
}

impl CatalogEvent {
    #[expect(clippy::unnecessary_wraps, reason = "the registry of event types asks every enum for this")]
    fn complete(self, _: &dyn Layouts) -> Result<Self, Unreadable> {
        Ok(self)
    }
}

/// A catalog entry, as far as decisions need to know it.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    described: Option<ShowDescribed>,
    times: Option<ShowRescheduled>,
    plan: Option<SeatingPlanId>,
}

/// What can be asked of a catalog entry.
#[derive(Debug, Clone)]
pub enum CatalogCommand {
    /// Make it.
    Draft(Box<ShowDrafted>),
    /// Say something else about the show.
    Describe {
        /// The whole description as it is to be.
        described: Box<ShowDescribed>,
        /// What the caller takes it to be; whoever does not say, takes it as it is.
        expected: Option<Box<ShowDescribed>>,
    },
    /// Move the show.
    Reschedule(ShowRescheduled),
    /// Name another seating plan.
    ReplacePlan(ShowPlanReplaced),
}

/// Why a catalog entry says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogRefused {
    /// There is one with that id.
    #[error("the event exists already")]
    Exists,
    /// There is none.
    #[error("there is no such event")]
    Unknown,
    /// It is not what the caller took it for.
    #[error("it has changed in the meantime")]
    Changed,
}

impl Aggregate for Catalog {
    type Command = CatalogCommand;
    type Event = CatalogEvent;
    type Refusal = CatalogRefused;

    /// What holds already changes nothing.
    fn decide(&self, command: &CatalogCommand, _: Timestamp) -> Result<Vec<CatalogEvent>, CatalogRefused> {
        let known = self.described.as_ref().zip(self.times.as_ref());
        match command {
            CatalogCommand::Draft(_) if known.is_some() => Err(CatalogRefused::Exists),
            CatalogCommand::Draft(drafted) => Ok(vec![drafted.as_ref().clone().into()]),
            CatalogCommand::Describe { described, expected } => {
                let (known, _) = known.ok_or(CatalogRefused::Unknown)?;
                match expected {
                    Some(expected) if **expected != *known => Err(CatalogRefused::Changed),
                    _ if **described == *known => Ok(Vec::new()),
                    _ => Ok(vec![described.as_ref().clone().into()]),
                }
            }
            CatalogCommand::Reschedule(times) => {
                let (_, known) = known.ok_or(CatalogRefused::Unknown)?;
                Ok(if times == known { Vec::new() } else { vec![(*times).into()] })
            }
            CatalogCommand::ReplacePlan(replaced) => {
                known.ok_or(CatalogRefused::Unknown)?;
                let is_known = self.plan == Some(replaced.plan);
                Ok(if is_known { Vec::new() } else { vec![(*replaced).into()] })
            }
        }
    }

    fn evolve(&mut self, event: &CatalogEvent, _: Timestamp) {
        match event {
            CatalogEvent::ShowDrafted(drafted) => {
                self.described = Some(ShowDescribed::of(drafted));
                self.times = Some(ShowRescheduled::of(drafted));
                self.plan = drafted.plan;
            }
            CatalogEvent::ShowDescribed(described) => self.described = Some(described.clone()),
            CatalogEvent::ShowRescheduled(times) => self.times = Some(*times),
            CatalogEvent::ShowPlanReplaced(replaced) => self.plan = Some(replaced.plan),
        }
    }
}

impl Streamed for Catalog {
    type Id = ShowId;

    fn stream(id: ShowId) -> StreamName {
        StreamName::catalog(id)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn drafted() -> ShowDrafted {
        ShowDrafted {
            category: Some("theatre".into()),
            description: None,
            doors_at: None,
            ends_at: Some(Timestamp::from_unix_ms(9)),
            genre: None,
            name: "Orchard".into(),
            organizer: OrganizerId::from_uuid(Uuid::nil()),
            performers: vec!["Ensemble".into()],
            plan: None,
            show: ShowId::from_uuid(Uuid::nil()),
            starts_at: Timestamp::from_unix_ms(5),
            venue: VenueId::from_uuid(Uuid::nil()),
        }
    }

    fn after(events: &[CatalogEvent]) -> Catalog {
        let mut catalog = Catalog::default();
        for event in events {
            catalog.evolve(event, Timestamp::default());
        }
        catalog
    }

    fn decides(catalog: &Catalog, command: &CatalogCommand) -> Result<Vec<CatalogEvent>, CatalogRefused> {
        catalog.decide(command, Timestamp::default())
    }

    #[test]
    fn a_show_is_described_anew_by_whoever_knows_what_was_said_before() {
        let catalog = after(&[drafted().into()]);
        let before = ShowDescribed::of(&drafted());
        let described = ShowDescribed { name: "Cherry".into(), category: None, ..before.clone() };
        let describe =
            |described: &ShowDescribed, expected: Option<&ShowDescribed>| CatalogCommand::Describe {
                described: Box::new(described.clone()),
                expected: expected.cloned().map(Box::new),
            };
        assert_eq!(
            decides(&catalog, &describe(&described, Some(&before))),
            Ok(vec![described.clone().into()])
        );
        assert_eq!(decides(&catalog, &describe(&before, None)), Ok(vec![]));
        let later = after(&[drafted().into(), described.clone().into()]);
        assert_eq!(decides(&later, &describe(&before, Some(&before))), Err(CatalogRefused::Changed));
        assert_eq!(decides(&later, &describe(&described, Some(&described))), Ok(vec![]));
        assert_eq!(decides(&Catalog::default(), &describe(&before, None)), Err(CatalogRefused::Unknown));
    }

    #[test]
    fn a_show_is_moved_once() {
        let times =
            ShowRescheduled { starts_at: Timestamp::from_unix_ms(7), ..ShowRescheduled::of(&drafted()) };
        let catalog = after(&[drafted().into()]);
        assert_eq!(decides(&catalog, &CatalogCommand::Reschedule(times)), Ok(vec![times.into()]));
        let moved = after(&[drafted().into(), times.into()]);
        assert_eq!(decides(&moved, &CatalogCommand::Reschedule(times)), Ok(vec![]));
        let nobody = decides(&Catalog::default(), &CatalogCommand::Reschedule(times));
        assert_eq!(nobody, Err(CatalogRefused::Unknown));
        assert_eq!(decides(&moved, &CatalogCommand::Draft(Box::new(drafted()))), Err(CatalogRefused::Exists));
    }

    #[test]
    fn another_plan_is_named_once() {
        let replaced = ShowPlanReplaced { plan: SeatingPlanId::from_uuid(Uuid::from_u128(2)) };
        let command = CatalogCommand::ReplacePlan(replaced);
        assert_eq!(decides(&after(&[drafted().into()]), &command), Ok(vec![replaced.into()]));
        assert_eq!(decides(&after(&[drafted().into(), replaced.into()]), &command), Ok(vec![]));
        assert_eq!(decides(&Catalog::default(), &command), Err(CatalogRefused::Unknown));
    }
}
