//! Judges what events say: folds them into the state of the world and refuses what that state does not allow.
//!
//! An event is judged by the state before it and its own log time, never by a clock.

mod charges;
mod doors;
mod entries;
mod holds;
mod inventory;
mod orders;
mod payments;
mod plan;
mod refunds;
mod sale;
mod single_seats;
mod stock;
mod transfers;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::fact::{CatalogFact, Fact, InventoryFact, OrganizerFact, SeatingPlanImported, VenueFact};
use crate::layout::Layout;
use crate::line::{Document, Event};
use crate::report::Summary;
use crate::rule::{Broken, Rule, Verdict};
use crate::value::{Digest, PlanId, ShowId, Stream, VenueId};
use inventory::Inventory;

/// Everything that the log has said so far, as far as rules look at it.
#[derive(Default)]
pub(crate) struct World {
    position: u64,
    documents: HashMap<Digest, Result<Arc<Layout>, String>>,
    inventories: HashMap<ShowId, Inventory>,
    plans: HashSet<(VenueId, PlanId)>,
    admitted: u64,
}

impl World {
    /// The position of the last event that was judged.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// Takes a document in.
    pub(crate) fn document(&mut self, document: &Document) {
        self.documents.insert(document.digest, document.layout.clone());
    }

    /// Judges an event, and takes it in.
    pub(crate) fn fold(&mut self, event: &Event) -> Verdict {
        begins(event)?;
        match (event.stream, &event.fact) {
            (Stream::Inventory(show), Fact::Inventory(fact)) => self.fold_inventory(show, fact, event)?,
            (Stream::Doors(show), Fact::Doors(fact)) => self.fold_doors(show, fact, event)?,
            (Stream::Organizer(organizer), Fact::Organizer(OrganizerFact::OrganizerCreated(created))) => {
                subject(event.stream, organizer == created.organizer)?;
            }
            (Stream::Venue(venue), Fact::Venue(VenueFact::VenueCreated(created))) => {
                subject(event.stream, venue == created.venue)?;
            }
            (Stream::Venue(venue), Fact::Venue(VenueFact::SeatingPlanImported(imported))) => {
                subject(event.stream, venue == imported.venue)?;
                self.import_plan(imported)?;
            }
            (Stream::Catalog(show), Fact::Catalog(CatalogFact::ShowDrafted(drafted))) => {
                subject(event.stream, show == drafted.show)?;
            }
            // That these follow on the draft was judged above; what they say is for people.
            (
                Stream::Catalog(_),
                Fact::Catalog(
                    CatalogFact::ShowDescribed(_)
                    | CatalogFact::ShowRescheduled(_)
                    | CatalogFact::ShowPlanReplaced(_),
                ),
            ) => {}
            (stream, _) => return Rule::TypeIsKnown.broken(format!("an event of another kind in {stream}")),
        }
        self.position += 1;
        Ok(())
    }

    /// Whether anything is left undone at the end of the log; the fault is at that position.
    pub(crate) fn finish(&self) -> Result<(), (u64, Broken)> {
        let undone = self.inventories.values().filter_map(Inventory::undone);
        undone.min_by_key(|(position, _)| *position).map_or(Ok(()), Err)
    }

    /// Counts what there is.
    pub(crate) fn count(&self, summary: &mut Summary) {
        summary.admitted = self.admitted;
        for inventory in self.inventories.values() {
            inventory.count(summary);
        }
    }

    fn fold_inventory(&mut self, show: ShowId, fact: &InventoryFact, event: &Event) -> Verdict {
        let layout = fact.layout().map(|digest| self.layout(digest)).transpose()?;
        if let InventoryFact::InventoryDrafted(drafted) = fact {
            subject(event.stream, show == drafted.show)?;
            self.inventories.insert(show, Inventory::drafted(drafted.clone(), layout, event));
            return Ok(());
        }
        match self.inventories.get_mut(&show) {
            Some(inventory) => inventory.fold(fact, event, layout),
            None => Rule::StreamBegins.broken(format!("{} was not drafted", event.stream)),
        }
    }

    fn import_plan(&mut self, imported: &SeatingPlanImported) -> Verdict {
        Rule::PlanIsNew
            .holds(self.plans.insert((imported.venue, imported.plan)), || imported.plan.to_string())?;
        let source = imported.source;
        Rule::DocumentIsThere
            .holds(self.documents.contains_key(&source), || format!("the source {source}"))?;
        let seats = self.layout(imported.layout)?.seats();
        Rule::PlanMatchesLayout.holds(usize::try_from(imported.seats) == Ok(seats), || {
            format!("{} says {}, the layout has {seats}", imported.plan, imported.seats)
        })
    }

    fn layout(&self, digest: Digest) -> Verdict<Arc<Layout>> {
        match self.documents.get(&digest) {
            Some(Ok(layout)) => Ok(Arc::clone(layout)),
            Some(Err(reason)) => Rule::LayoutReads.broken(format!("{digest}: {reason}")),
            None => Rule::DocumentIsThere.broken(format!("the layout {digest}")),
        }
    }
}

/// A stream begins with the event that creates what it is about, and has it once. Doors are there with their show.
fn begins(event: &Event) -> Verdict {
    let creates = match &event.fact {
        Fact::Inventory(fact) => matches!(fact, InventoryFact::InventoryDrafted(_)),
        Fact::Doors(_) => return Ok(()),
        Fact::Organizer(OrganizerFact::OrganizerCreated(_)) => true,
        Fact::Catalog(fact) => matches!(fact, CatalogFact::ShowDrafted(_)),
        Fact::Venue(fact) => matches!(fact, VenueFact::VenueCreated(_)),
    };
    Rule::StreamBegins.holds(creates == (event.version == 1), || {
        let what = if creates { "is created again" } else { "begins with another event" };
        format!("{} {what}", event.stream)
    })
}

fn subject(stream: Stream, matches: bool) -> Verdict {
    Rule::SubjectMatches.holds(matches, || format!("the payload names something else than {stream}"))
}
