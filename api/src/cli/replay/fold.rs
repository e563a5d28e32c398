//! Every stream folded by its own aggregate.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::Arc;

use boxoffice_domain::aggregate::{Aggregate, Layouts, StoredEvent as _, Unreadable};
use boxoffice_domain::catalog::{Catalog, CatalogEvent};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::doors::Doors;
use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::Inventory;
use boxoffice_domain::log::{Position, Recorded, StreamName};
use boxoffice_domain::organizer::Organizer;
use boxoffice_domain::seating::Layout;
use boxoffice_domain::venue::Venue;
use boxoffice_infra::archive::Archive;

use super::summary::{ShowSummary, Summary};
use super::tally::Tally;
use crate::cli::failed::Failed;

/// What has been folded so far.
#[derive(Default)]
pub(super) struct Fold {
    streams: BTreeMap<StreamName, State>,
    shows: BTreeMap<ShowId, Show>,
    layouts: Shelf,
    events: u64,
    position: Position,
}

/// One stream's aggregate.
enum State {
    Inventory(Box<Inventory>),
    Catalog(Catalog),
    Doors(Doors),
    Organizer(Organizer),
    Venue(Venue),
}

/// What is told of a show.
#[derive(Default)]
struct Show {
    name: String,
    tally: Tally,
}

/// Layouts that were needed so far.
#[derive(Default)]
struct Shelf(HashMap<Digest, Arc<Layout>>);

impl Layouts for Shelf {
    fn layout(&self, digest: Digest) -> Option<Arc<Layout>> {
        self.0.get(&digest).cloned()
    }
}

impl State {
    fn of(stream: &StreamName) -> Option<Self> {
        match stream.kind() {
            "inventory" => Some(Self::Inventory(Box::default())),
            "catalog" => Some(Self::Catalog(Catalog::default())),
            "doors" => Some(Self::Doors(Doors::default())),
            "organizer" => Some(Self::Organizer(Organizer::default())),
            "venue" => Some(Self::Venue(Venue::default())),
            _ => None,
        }
    }

    /// A digest of the state. The state of a show is told by the inventory itself; the others are small.
    fn fingerprint(&self) -> Digest {
        fn text(state: &impl Debug) -> Digest {
            Digest::of(&[format!("{state:?}").as_bytes()])
        }
        match self {
            Self::Inventory(inventory) => inventory.fingerprint(),
            Self::Catalog(catalog) => text(catalog),
            Self::Doors(doors) => text(doors),
            Self::Organizer(organizer) => text(organizer),
            Self::Venue(venue) => text(venue),
        }
    }
}

impl Fold {
    /// Folds the next event of the log.
    pub(super) async fn event(&mut self, log: &dyn Archive, event: &Recorded) -> Result<(), Failed> {
        let missing = match self.fold(event) {
            Err(Unreadable::MissingLayout(digest)) => digest,
            outcome => return outcome.map_err(|unreadable| at(event, &unreadable.to_string())),
        };
        let layout = log.layout(missing).await?;
        let layout = layout.ok_or_else(|| at(event, &format!("the document {missing} is missing")))?;
        self.layouts.0.insert(missing, layout);
        self.fold(event).map_err(|unreadable| at(event, &unreadable.to_string()))
    }

    fn fold(&mut self, event: &Recorded) -> Result<(), Unreadable> {
        let unknown = || Unreadable::UnknownType {
            event_type: event.event_type.to_string(),
            schema_version: event.schema_version,
        };
        if !self.streams.contains_key(&event.stream) {
            let state = State::of(&event.stream).ok_or_else(unknown)?;
            self.streams.insert(event.stream.clone(), state);
        }
        let state = self.streams.get_mut(&event.stream).ok_or_else(unknown)?;
        let layouts = &self.layouts;
        match state {
            State::Inventory(inventory) => {
                let told = evolve(inventory.as_mut(), event, layouts)?;
                if let Some(show) = event.stream.show() {
                    self.shows.entry(show).or_default().tally.inventory(&told, event.log_time);
                }
            }
            State::Catalog(catalog) => {
                let name = match evolve(catalog, event, layouts)? {
                    CatalogEvent::ShowDrafted(drafted) => Some(drafted.name),
                    CatalogEvent::ShowDescribed(described) => Some(described.name),
                    CatalogEvent::ShowRescheduled(_) | CatalogEvent::ShowPlanReplaced(_) => None,
                };
                if let (Some(show), Some(name)) = (event.stream.show(), name) {
                    self.shows.entry(show).or_default().name = name;
                }
            }
            State::Doors(doors) => {
                evolve(doors, event, layouts)?;
                if let Some(show) = event.stream.show() {
                    self.shows.entry(show).or_default().tally.admitted += 1;
                }
            }
            State::Organizer(organizer) => drop(evolve(organizer, event, layouts)?),
            State::Venue(venue) => drop(evolve(venue, event, layouts)?),
        }
        self.events += 1;
        self.position = self.position.max(event.position);
        Ok(())
    }

    /// What it comes to.
    pub(super) fn finish(self) -> Summary {
        let mut hashes = Vec::with_capacity(self.streams.len());
        let mut inventories = HashMap::new();
        for (stream, state) in &self.streams {
            let digest = state.fingerprint();
            hashes.push(format!("{stream} {digest}\n"));
            if let (State::Inventory(_), Some(show)) = (state, stream.show()) {
                inventories.insert(show, digest);
            }
        }
        let show = |(id, show): (ShowId, Show)| ShowSummary {
            event_id: id.to_string(),
            name: show.name,
            counts: show.tally.counts(),
            state_hash: inventories.get(&id).copied().unwrap_or_default().to_string(),
        };
        Summary {
            position: self.position,
            events: self.events,
            streams: hashes.len(),
            state_hash: Digest::of(&[hashes.concat().as_bytes()]).to_string(),
            shows: self.shows.into_iter().map(show).collect(),
        }
    }
}

fn evolve<A: Aggregate>(state: &mut A, event: &Recorded, layouts: &Shelf) -> Result<A::Event, Unreadable> {
    let told = A::Event::read(&event.event_type, event.schema_version, &event.payload, layouts)?;
    state.evolve(&told, event.log_time);
    Ok(told)
}

fn at(event: &Recorded, what: &str) -> Failed {
    Failed::new(format!("position {} cannot be replayed: {what}", event.position))
}
