//! The read model of one show's stock, in memory: what is available, held and sold at a time.
//!
//! It folds the inventory's events, and it is *judged at* a time that its readers move on: a hold is live iff
//! `now < expires_at`, so what is read is a function of the events and the time, never of when a timer ran. A hold
//! that the time ended is shown as gone at once ([`ShowView::advance`]); an event that says otherwise (extended,
//! reclaimed, secured) brings it back. The same events and the same time give the same view on every node.
//!
//! `apply` never fails and never panics: whether an event may come next was decided by the inventory.

use std::collections::BTreeMap;
use std::sync::Arc;

use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::{BlockId, HoldId, OrderId, ShowId};
use boxoffice_domain::log::{Position, Recorded, Version};
use boxoffice_domain::pricing::{Tariff, Tariffs};
use boxoffice_domain::seating::{Layout, SeatId, SeatIndex};
use boxoffice_domain::time::Timestamp;

mod availability;
mod blocks;
mod changes;
mod ending;
mod fold;
mod hold_view;
mod holds;
mod kept;
mod mark;
mod plan_replaced;
mod seats;
mod stock;
mod terms;

pub use availability::{AvailabilityBody, Money, TypeAvailability, TypeLine};
pub use blocks::BlockView;
pub use changes::CHANGES_MAX;
pub use ending::Ending;
pub use hold_view::{HoldItem, HoldPhase, HoldView};
pub use holds::ENDED_MAX;
pub use kept::VIEW_VERSION;
pub use mark::{Mark, ViewKind};
pub use seats::{SeatChange, SeatsSnapshot};
pub use terms::{Pool, SaleStatus, SeatState, Terms, TicketType};

use blocks::Block;
use changes::Changes;
use holds::Holds;
use seats::SeatSheet;
use stock::Stock;

/// What changed after a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// These seats, with their present state. Some may not have changed.
    Delta(Vec<SeatChange>),
    /// That is no longer remembered: start from a full view.
    Reset,
}

/// The stock of one show, judged at a time.
#[derive(Debug, Clone)]
pub struct ShowView {
    show: ShowId,
    version: Version,
    position: Position,
    /// The link of the hash chain at the last event.
    head: Digest,
    log_time: Timestamp,
    judged_at: Timestamp,
    terms: Option<Terms>,
    published_at: Option<Timestamp>,
    /// What is charged beside prices, now and before.
    tariffs: Tariffs,
    /// When the show was to start as it was published.
    announced: Option<Timestamp>,
    paused: bool,
    /// None where it takes place.
    ending: Option<Ending>,
    stock: Stock,
    blocks: BTreeMap<BlockId, Block>,
    holds: Holds,
    changes: Changes,
    /// Built when it is first asked for; void once ticket types are added.
    sheet: Option<Arc<SeatSheet>>,
}

impl ShowView {
    /// A show of which nothing is known yet, judged before all time.
    #[must_use]
    pub fn new(show: ShowId) -> Self {
        Self {
            show,
            version: 0,
            position: 0,
            head: Digest::ZERO,
            log_time: Timestamp::from_unix_ms(i64::MIN),
            judged_at: Timestamp::from_unix_ms(i64::MIN),
            terms: None,
            published_at: None,
            tariffs: Tariffs::default(),
            announced: None,
            paused: false,
            ending: None,
            stock: Stock::default(),
            blocks: BTreeMap::new(),
            holds: Holds::default(),
            changes: Changes::default(),
            sheet: None,
        }
    }

    /// Judges at `now` from here on. A time before the present one changes nothing. Costs what has lapsed since.
    pub fn advance(&mut self, now: Timestamp) {
        if now > self.judged_at {
            self.judged_at = now;
            self.lapse_due();
        }
    }

    /// What is charged beside prices at present.
    #[must_use]
    pub fn tariff(&self) -> Arc<Tariff> {
        self.tariffs.current()
    }

    /// The show.
    #[must_use]
    pub fn show(&self) -> ShowId {
        self.show
    }

    /// The version of the stream that this shows.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The position of the last event of the stream.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The link of the stream's hash chain at its last event.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.head
    }

    /// The log time of the last event of the stream.
    #[must_use]
    pub fn log_time(&self) -> Timestamp {
        self.log_time
    }

    /// The time at which everything here is judged.
    #[must_use]
    pub fn judged_at(&self) -> Timestamp {
        self.judged_at
    }

    /// What was agreed when the show was drafted; none before that.
    #[must_use]
    pub fn terms(&self) -> Option<&Terms> {
        self.terms.as_ref()
    }

    /// When the show was published.
    #[must_use]
    pub fn published_at(&self) -> Option<Timestamp> {
        self.published_at
    }

    /// How it is wound up, where it does not take place.
    #[must_use]
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// Pools, in the order in which they were added.
    #[must_use]
    pub fn pools(&self) -> &[Pool] {
        self.stock.pools()
    }

    /// Ticket types, in the order in which they were added.
    #[must_use]
    pub fn ticket_types(&self) -> impl ExactSizeIterator<Item = &TicketType> {
        self.stock.types().iter().map(|slot| &slot.ticket_type)
    }

    /// The seats, where there are any.
    #[must_use]
    pub fn plan(&self) -> Option<&Arc<Layout>> {
        self.terms.as_ref()?.plan.as_ref()
    }

    /// The state of a seat; none where there is no such seat.
    #[must_use]
    pub fn seat(&self, seat: &str) -> Option<SeatState> {
        self.stock.state(self.plan()?.index_of(seat)?)
    }

    /// What this view is a function of: it is equal exactly where everything that is read here is, the sale status
    /// aside.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { version: self.version, lapsed: self.holds.lapsed().len() }
    }

    /// What is known of a hold.
    #[must_use]
    pub fn hold(&self, hold: HoldId) -> Option<HoldView> {
        let found = self.holds.get(self.holds.key(hold)?)?;
        Some(HoldView::of(found, self.plan().map(Arc::as_ref), &self.tariffs))
    }

    /// What is known of the hold that became an order.
    #[must_use]
    pub fn hold_of_order(&self, order: OrderId) -> Option<HoldView> {
        let found = self.holds.get(self.holds.key_of_order(order)?)?;
        Some(HoldView::of(found, self.plan().map(Arc::as_ref), &self.tariffs))
    }

    /// The next moment at which time alone changes something here: a deadline, or a boundary of the sale.
    #[must_use]
    pub fn next_change(&self) -> Option<Timestamp> {
        let of_show = self.terms.iter().flat_map(|terms| [terms.sale_starts_at, Some(terms.sale_ends())]);
        let of_types = self.ticket_types().flat_map(|known| [known.sale_starts_at, known.sale_ends_at]);
        let moments = of_show.chain(of_types).chain([self.holds.next_deadline()]);
        moments.flatten().filter(|time| *time > self.judged_at).min()
    }

    /// Whether some hold has a deadline, ahead or past, that no event has settled yet.
    #[must_use]
    pub fn has_deadlines(&self) -> bool {
        self.holds.next_deadline().is_some() || self.holds.lapsed().len() > 0
    }

    /// How many changes there ever were to seats and counts, by events and by time; it only grows.
    #[must_use]
    pub fn change_count(&self) -> u64 {
        self.changes.count()
    }

    /// What changed by events after a position, or by time since: whoever knew the state at that position, judged
    /// at any time before now, knows the present state with this.
    #[must_use]
    pub fn delta_since(&self, position: Position) -> Since {
        let Some(mut seats) = self.changes.since_position(position) else { return Since::Reset };
        let lapsed = self.holds.lapsed().filter_map(|key| self.holds.get(key));
        seats.extend(lapsed.flat_map(|hold| hold.items.iter().filter_map(|claim| claim.seat)));
        seats.sort_unstable();
        seats.dedup();
        Since::Delta(self.seat_changes(&seats))
    }

    /// What changed since there were `count` changes ([`Self::change_count`]) in this very view.
    #[must_use]
    pub fn delta_since_count(&self, count: u64) -> Since {
        self.changes.since_count(count).map_or(Since::Reset, |seats| Since::Delta(self.seat_changes(&seats)))
    }

    fn seat_changes(&self, seats: &[SeatIndex]) -> Vec<SeatChange> {
        let change = |seat: &SeatIndex| {
            let seat_id: SeatId = self.plan()?.seat(*seat)?.id.clone();
            Some(SeatChange { seat_id, state: self.stock.state(*seat)? })
        };
        seats.iter().filter_map(change).collect()
    }

    /// A copy of all seats' states, to be rendered elsewhere.
    pub fn seats(&mut self) -> SeatsSnapshot {
        let sheet = match &self.sheet {
            Some(sheet) => Arc::clone(sheet),
            None => Arc::clone(self.sheet.insert(Arc::new(SeatSheet::of(
                self.show,
                self.terms.as_ref().and_then(|terms| terms.plan.clone()),
                self.stock.types(),
            )))),
        };
        SeatsSnapshot::new(sheet, self.stock.states().to_vec(), self.mark(), self.position)
    }

    /// Takes the place of another view of the same show: judged no earlier, and whoever knew that one by a count of
    /// its changes starts anew.
    pub(crate) fn succeed(&mut self, former: &Self) {
        self.advance(former.judged_at);
        self.changes.succeed(&former.changes);
    }

    /// Folds one event of the show's inventory.
    pub fn apply(&mut self, recorded: &Recorded, event: &boxoffice_domain::inventory::event::InventoryEvent) {
        self.version = recorded.version;
        self.position = recorded.position;
        self.head = recorded.hash;
        self.log_time = self.log_time.max(recorded.log_time);
        self.fold(event, recorded.log_time);
        self.lapse_due();
    }
}

#[cfg(test)]
mod tests;
