//! What the log says has happened: the only source of the demo's numbers and of most of its news.

use std::collections::HashMap;

use boxoffice_domain::aggregate::StoredEvent as _;
use boxoffice_domain::doors::DoorsEvent;
use boxoffice_domain::id::{HoldId, OrderId};
use boxoffice_domain::inventory::InventoryEvent;
use boxoffice_domain::inventory::event::{CancelReason, Item, VoidReason};
use boxoffice_domain::log::{Position, Recorded};
use boxoffice_domain::money::Minor;
use boxoffice_projections::feed::{LogFeed, Outage};

use super::counts::{Counts, in_words};
use super::house::House;
use super::news::{Bulletin, Heard, Tone};
use crate::cli::words;

/// How many events are read at once.
const PAGE: usize = 2_000;

/// What has happened so far.
pub(super) struct Ledger {
    /// In numbers.
    pub(super) counts: Counts,
    /// In words.
    pub(super) bulletin: Bulletin,
    position: Position,
    holds: HashMap<HoldId, Bundle>,
    orders: HashMap<OrderId, Ordered>,
}

/// What an order has.
struct Ordered {
    hold: HoldId,
    total: Minor,
    fees: Minor,
}

/// What a hold has.
struct Bundle {
    words: String,
    count: usize,
}

impl Ledger {
    /// Everything after a position.
    pub(super) fn after(position: Position) -> Self {
        Self {
            counts: Counts::default(),
            bulletin: Bulletin::default(),
            position,
            holds: HashMap::new(),
            orders: HashMap::new(),
        }
    }

    /// Reads what is new in the log.
    pub(super) async fn catch_up(
        &mut self,
        feed: &dyn LogFeed,
        houses: &[std::sync::Arc<House>],
    ) -> Result<(), Outage> {
        loop {
            let page = feed.read(self.position, PAGE).await?;
            for event in &page {
                self.position = event.position;
                let house =
                    event.stream.show().and_then(|show| houses.iter().find(|house| house.show == show));
                if let Some(house) = house {
                    self.enter(event, house);
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Takes note of what buyers and gates say.
    pub(super) fn hear(&mut self, heard: Heard) {
        self.counts.best += heard.best;
        self.counts.beaten += heard.beaten;
        self.counts.turned_away += heard.turned_away;
        self.counts.surprises += heard.surprises;
        for news in heard.news {
            self.bulletin.happened(news.tone, news.what, || news.text);
        }
    }

    fn enter(&mut self, event: &Recorded, house: &House) {
        if event.stream.kind() == "doors" {
            self.counts.admitted += 1;
            let read = DoorsEvent::read(&event.event_type, event.schema_version, &event.payload, &());
            if let Ok(DoorsEvent::TicketAdmitted(admitted)) = read {
                let what = if admitted.entry > 1 { "Back in" } else { "Admitted" };
                let text = || format!("{}, gate {}", house.label, admitted.gate);
                self.bulletin.happened(Tone::Good, what, text);
            }
            return;
        }
        // The draft, which names a document, is not among what is told.
        let read = InventoryEvent::read(&event.event_type, event.schema_version, &event.payload, &());
        if let Ok(fact) = read {
            self.fact(&fact, house);
        }
    }

    fn fact(&mut self, fact: &InventoryEvent, house: &House) {
        match fact {
            InventoryEvent::HoldPlaced(placed) => self.held(placed.hold, &placed.items, house),
            InventoryEvent::HoldExtended(extended) => {
                let words = self.words(extended.hold);
                self.bulletin.happened(Tone::Plain, "More time", || format!("a buyer asked for it: {words}"));
            }
            InventoryEvent::HoldReleased(released) => {
                self.counts.released += 1;
                let words = self.words(released.hold);
                self.bulletin.happened(Tone::Plain, "Let go", || format!("{words}: free again"));
            }
            InventoryEvent::HoldExpired(expired) => {
                self.counts.lapsed += 1;
                let words = self.words(expired.hold);
                self.bulletin.happened(Tone::Bad, "Lapsed", || format!("{words}: time is up, free again"));
            }
            InventoryEvent::OrderPlaced(placed) => {
                self.counts.orders += 1;
                let fees = placed.fees.iter().filter(|fee| !fee.absorbed).map(|fee| fee.amount).sum();
                self.orders.insert(placed.order, Ordered { hold: placed.hold, total: placed.total, fees });
            }
            InventoryEvent::OrderCancelled(cancelled) => {
                self.counts.cancelled += 1;
                if cancelled.reason == CancelReason::Requested {
                    let words = self.words(cancelled.hold);
                    self.bulletin.happened(Tone::Plain, "Cancelled", || format!("an order for {words}"));
                }
            }
            InventoryEvent::TicketsIssued(issued) => self.sold(issued.order),
            InventoryEvent::TicketTypeAdded(_)
            | InventoryEvent::InventoryDrafted(_)
            | InventoryEvent::InventoryPublished(_)
            | InventoryEvent::SaleWindowChanged(_)
            | InventoryEvent::PlanReplaced(_)
            | InventoryEvent::TicketTypeChanged(_)
            | InventoryEvent::InventoryRescheduled(_)
            | InventoryEvent::SalePaused(_)
            | InventoryEvent::SaleResumed(_)
            | InventoryEvent::PoolCapacityChanged(_)
            | InventoryEvent::BlockPlaced(_)
            | InventoryEvent::BlockReleased(_)
            | InventoryEvent::PoolAdded(_)
            | InventoryEvent::HoldItemsAdded(_)
            | InventoryEvent::HoldItemsRemoved(_)
            | InventoryEvent::FeeAdded(_)
            | InventoryEvent::FeeRemoved(_)
            | InventoryEvent::TaxAdded(_)
            | InventoryEvent::TaxRemoved(_)
            | InventoryEvent::RefundPolicyChanged(_)
            | InventoryEvent::InventoryCancelled(_)
            | InventoryEvent::OrderSecured(_) => {}
            InventoryEvent::TicketsReturned(_)
            | InventoryEvent::RefundDue(_)
            | InventoryEvent::TransferOffered(_)
            | InventoryEvent::TransferAccepted(_)
            | InventoryEvent::TransferEnded(_) => self.second_thoughts(fact),
            InventoryEvent::PaymentStarted(_)
            | InventoryEvent::PaymentActionRequired(_)
            | InventoryEvent::PaymentAuthorised(_)
            | InventoryEvent::PaymentDeclined(_)
            | InventoryEvent::PaymentLapsed(_)
            | InventoryEvent::HoldReclaimed(_)
            | InventoryEvent::PaymentCaptured(_)
            | InventoryEvent::PaymentCaptureFailed(_)
            | InventoryEvent::PaymentVoidDue(_)
            | InventoryEvent::PaymentVoided(_)
            | InventoryEvent::PaymentDisputed(_)
            | InventoryEvent::RefundMade(_)
            | InventoryEvent::RefundFailed(_)
            | InventoryEvent::RefundRetried(_) => self.payment(fact),
        }
    }

    /// What becomes of tickets after they were sold.
    fn second_thoughts(&mut self, fact: &InventoryEvent) {
        match fact {
            InventoryEvent::TicketsReturned(returned) => {
                self.counts.given_back += count(returned.tickets.len());
                let tickets = words::counted(count(returned.tickets.len()), "ticket", "tickets");
                let words = self.of_order(returned.order);
                self.bulletin
                    .happened(Tone::Plain, "Given back", || format!("{tickets}; {words}: free again"));
            }
            InventoryEvent::RefundDue(due) => {
                self.counts.refunds += due.amount;
                let amount = in_words(due.amount);
                self.bulletin
                    .happened(Tone::Hopeful, "Money back", || format!("{amount} as the policy has it"));
            }
            InventoryEvent::TransferAccepted(_) => {
                self.counts.passed_on += 1;
                let text = || "a ticket is somebody else's now; its former code opens no door".to_owned();
                self.bulletin.happened(Tone::Good, "Passed on", text);
            }
            _ => {}
        }
    }

    fn payment(&mut self, fact: &InventoryEvent) {
        match fact {
            InventoryEvent::PaymentCaptured(captured) => self.counts.sales += captured.amount,
            InventoryEvent::PaymentDeclined(declined) => {
                self.counts.declined += 1;
                let total = self.orders.get(&declined.order).map(|order| in_words(order.total));
                let total = total.unwrap_or_default();
                self.bulletin
                    .happened(Tone::Bad, "Declined", || format!("a card for {total}; the hold lives on"));
            }
            InventoryEvent::HoldReclaimed(reclaimed) => {
                self.counts.reclaimed += 1;
                let words = self.words(reclaimed.hold);
                self.bulletin.happened(Tone::Hopeful, "Paid late", || {
                    format!("{words}: still free, so the buyer has them")
                });
            }
            InventoryEvent::PaymentVoidDue(due) => {
                self.counts.voided += 1;
                let why = match due.reason {
                    VoidReason::SeatsGone => "somebody else has the seats",
                    VoidReason::OrderCancelled => "the order was cancelled",
                    VoidReason::AlreadyPaid => "the order is paid for",
                    VoidReason::AmountDiffers => "it is not the right amount",
                    VoidReason::SaleEnded => "the sale is over",
                    VoidReason::ShowCancelled => "the show does not take place",
                };
                self.bulletin
                    .happened(Tone::Hopeful, "Money let go", || format!("a payment came too late: {why}"));
            }
            InventoryEvent::PaymentCaptureFailed(failed) => {
                self.counts.capture_failed += 1;
                let words = self.of_order(failed.order);
                self.bulletin
                    .happened(Tone::Bad, "Capture failed", || format!("{words}: free again, no tickets"));
            }
            _ => {}
        }
    }

    fn held(&mut self, hold: HoldId, items: &[Item], house: &House) {
        self.counts.holds += 1;
        let seats: Vec<_> =
            items.iter().filter_map(|item| house.layout.index_of(item.seat.as_ref()?.as_str())).collect();
        let place =
            if seats.is_empty() { format!("{} standing", items.len()) } else { house.describe(&seats) };
        let words = format!("{}, {place}", house.label);
        self.bulletin.happened(Tone::Plain, "Held", || words.clone());
        self.holds.insert(hold, Bundle { words, count: items.len() });
    }

    fn sold(&mut self, order: OrderId) {
        self.counts.confirmed += 1;
        let Some(ordered) = self.orders.get(&order) else { return };
        let Some(bundle) = self.holds.get(&ordered.hold) else { return };
        self.counts.tickets += count(bundle.count);
        self.counts.fees += ordered.fees;
        let words = format!("{} for {}", bundle.words, in_words(ordered.total));
        self.bulletin.happened(Tone::Good, "Sold", || words);
    }

    fn of_order(&self, order: OrderId) -> String {
        self.orders.get(&order).map_or_else(|| "an order".to_owned(), |ordered| self.words(ordered.hold))
    }

    fn words(&self, hold: HoldId) -> String {
        self.holds.get(&hold).map_or_else(|| "a hold".to_owned(), |bundle| bundle.words.clone())
    }
}

fn count(things: usize) -> u64 {
    u64::try_from(things).unwrap_or(u64::MAX)
}
