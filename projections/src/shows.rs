//! All shows in memory: who has which, who waits for a change, and what is parked.
//!
//! One follower writes ([`crate::follow::follow_shows`]), many read. Each show has its own lock, held for the time of
//! one event or one small read and never across an await.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use boxoffice_domain::id::{HoldId, OrderId, ShowId, ShowTag};
use boxoffice_domain::inventory::event::InventoryEvent;
use boxoffice_domain::log::Recorded;
use rustc_hash::FxHashMap;
use tokio::sync::Notify;

use crate::follow::{Progress, parked_at};

mod entry;
mod payments;
mod reload;

pub use entry::{Rendered, ShowEntry};
pub use payments::{PaymentNews, PaymentWatch};

/// The registry of shows in memory.
#[derive(Debug)]
pub struct Shows {
    registry: RwLock<Registry>,
    progress: Progress,
    /// Watched shows that changed and whose change was not told yet.
    dirty: Mutex<Vec<Arc<ShowEntry>>>,
    dirtied: Notify,
    payments: PaymentNews,
}

#[derive(Debug, Default)]
struct Registry {
    by_id: FxHashMap<ShowId, Arc<ShowEntry>>,
    by_tag: FxHashMap<ShowTag, Vec<Arc<ShowEntry>>>,
}

impl Default for Shows {
    fn default() -> Self {
        Self::new()
    }
}

impl Shows {
    /// No shows yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            registry: RwLock::default(),
            progress: Progress::new("shows"),
            dirty: Mutex::default(),
            dirtied: Notify::new(),
            payments: PaymentNews::default(),
        }
    }

    /// How far the shows have come.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Who waits for news of a payment.
    #[must_use]
    pub fn payments(&self) -> &PaymentNews {
        &self.payments
    }

    /// The show, if any event of it was seen.
    #[must_use]
    pub fn get(&self, show: ShowId) -> Option<Arc<ShowEntry>> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner).by_id.get(&show).cloned()
    }

    /// The shows whose things have ids with that tag: nearly always one.
    #[must_use]
    pub fn by_tag(&self, tag: ShowTag) -> Vec<Arc<ShowEntry>> {
        let registry = self.registry.read().unwrap_or_else(PoisonError::into_inner);
        registry.by_tag.get(&tag).cloned().unwrap_or_default()
    }

    /// The show that has that hold; none where it was never placed, or has been forgotten since it ended.
    #[must_use]
    pub fn of_hold(&self, hold: HoldId) -> Option<Arc<ShowEntry>> {
        self.by_tag(hold.show_tag()).into_iter().find(|entry| entry.lock().view.hold(hold).is_some())
    }

    /// The show that has that order.
    #[must_use]
    pub fn of_order(&self, order: OrderId) -> Option<Arc<ShowEntry>> {
        self.by_tag(order.show_tag())
            .into_iter()
            .find(|entry| entry.lock().view.hold_of_order(order).is_some())
    }

    /// Every show, oldest id first.
    #[must_use]
    pub fn list(&self) -> Vec<ShowId> {
        let registry = self.registry.read().unwrap_or_else(PoisonError::into_inner);
        let mut shows: Vec<ShowId> = registry.by_id.keys().copied().collect();
        shows.sort_unstable();
        shows
    }

    /// The show that an event is for, if it still moves. An inventory stream of no show at all is parked.
    pub(crate) fn of_event(&self, event: &Recorded) -> Option<Arc<ShowEntry>> {
        if event.stream.kind() != "inventory" {
            return None;
        }
        let Some(show) = event.stream.show() else {
            if self.progress.parked_stream(event.stream.as_str()).is_none() {
                self.progress.park(parked_at(event, "the stream names no show".to_owned()));
            }
            return None;
        };
        Some(self.entry(show)).filter(|entry| !entry.is_parked())
    }

    /// Folds an event into its show. An event that was folded before is passed over; one that does not follow on the
    /// last parks the show.
    pub fn apply(&self, recorded: &Recorded, event: &InventoryEvent) {
        if let Some(entry) = self.of_event(recorded) {
            self.apply_to(&entry, recorded, event);
        }
    }

    pub(crate) fn apply_to(&self, entry: &Arc<ShowEntry>, recorded: &Recorded, event: &InventoryEvent) {
        self.payments.tell(event, recorded.position);
        let known = {
            let view = &mut entry.lock().view;
            let known = view.version();
            if known.checked_add(1) == Some(recorded.version) {
                view.apply(recorded, event);
            }
            known
        };
        if recorded.version > known.saturating_add(1) {
            self.park(entry, recorded, format!("version {} does not follow on {known}", recorded.version));
        } else {
            self.tell(entry);
        }
    }

    /// Puts the show of an event aside: from now on reads of it say so.
    pub(crate) fn park(&self, entry: &Arc<ShowEntry>, event: &Recorded, reason: String) {
        let parked = parked_at(event, reason);
        if entry.park(parked.clone()) {
            self.progress.park(parked);
            self.tell(entry);
        }
    }

    fn tell(&self, entry: &Arc<ShowEntry>) {
        if entry.changes() {
            self.dirty.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(entry));
            self.dirtied.notify_one();
        }
    }

    /// Watched shows that changed since this was last asked.
    pub(crate) fn take_dirty(&self) -> Vec<Arc<ShowEntry>> {
        std::mem::take(&mut *self.dirty.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns once a watched show has changed.
    pub(crate) async fn dirtied(&self) {
        self.dirtied.notified().await;
    }

    /// The show, which is made where it is not known.
    pub(crate) fn entry(&self, show: ShowId) -> Arc<ShowEntry> {
        if let Some(entry) = self.get(show) {
            return entry;
        }
        let mut registry = self.registry.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = registry.by_id.get(&show) {
            return Arc::clone(entry);
        }
        let entry = Arc::new(ShowEntry::new(show));
        registry.by_id.insert(show, Arc::clone(&entry));
        registry.by_tag.entry(show.tag()).or_default().push(Arc::clone(&entry));
        entry
    }
}

#[cfg(test)]
mod tests;
