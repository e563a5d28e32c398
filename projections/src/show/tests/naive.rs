//! The state of the little show, counted anew from all events, as plainly as possible. For legal histories only.

use std::collections::BTreeMap;

use boxoffice_domain::id::{BlockId, HoldId, TicketTypeId};
use boxoffice_domain::inventory::event::{InventoryEvent, Item};
use boxoffice_domain::time::Timestamp;

use crate::testing::history::Timed;
use crate::testing::{BALCONY, FLOOR, SEATS, STALLS, ticket_type};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    Free,
    Held,
    Sold,
}

struct Hold {
    items: Vec<Item>,
    expires_at: Timestamp,
    /// Once it is not decided by the deadline any more.
    settled: Option<Is>,
}

impl Hold {
    fn at(&self, now: Timestamp) -> Is {
        self.settled.unwrap_or(if now < self.expires_at { Is::Held } else { Is::Free })
    }
}

fn fold(events: &[Timed]) -> BTreeMap<HoldId, Hold> {
    let mut holds: BTreeMap<HoldId, Hold> = BTreeMap::new();
    for (_, event) in events {
        let mut settle = |hold: &HoldId, is| holds.get_mut(hold).unwrap().settled = Some(is);
        match event {
            InventoryEvent::HoldReleased(of) => settle(&of.hold, Is::Free),
            InventoryEvent::HoldExpired(of) => settle(&of.hold, Is::Free),
            InventoryEvent::OrderCancelled(of) => settle(&of.hold, Is::Free),
            InventoryEvent::HoldReclaimed(of) => settle(&of.hold, Is::Held),
            InventoryEvent::OrderSecured(of) => settle(&of.hold, Is::Sold),
            InventoryEvent::HoldPlaced(of) => {
                let hold = Hold { items: of.items.clone(), expires_at: of.expires_at, settled: None };
                holds.insert(of.hold, hold);
            }
            InventoryEvent::HoldItemsAdded(of) => {
                holds.get_mut(&of.hold).unwrap().items.extend(of.items.iter().cloned());
            }
            InventoryEvent::HoldItemsRemoved(of) => {
                holds
                    .get_mut(&of.hold)
                    .unwrap()
                    .items
                    .retain(|item| item.seat.is_none() || !of.items.contains(item));
                let floors = of.items.iter().filter(|item| item.seat.is_none()).count();
                for _ in 0..floors {
                    let items = &mut holds.get_mut(&of.hold).unwrap().items;
                    items.remove(items.iter().position(|item| item.seat.is_none()).unwrap());
                }
            }
            InventoryEvent::HoldExtended(of) => holds.get_mut(&of.hold).unwrap().expires_at = of.expires_at,
            InventoryEvent::TicketsReturned(of) => {
                let items = &mut holds.get_mut(&of.hold).unwrap().items;
                for ticket in &of.tickets {
                    let same =
                        |item: &Item| (&item.seat, item.ticket_type) == (&ticket.seat, ticket.ticket_type);
                    items.remove(items.iter().position(same).unwrap());
                }
            }
            InventoryEvent::InventoryDrafted(_)
            | InventoryEvent::PoolAdded(_)
            | InventoryEvent::TicketTypeAdded(_)
            | InventoryEvent::FeeAdded(_)
            | InventoryEvent::FeeRemoved(_)
            | InventoryEvent::TaxAdded(_)
            | InventoryEvent::TaxRemoved(_)
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
            | InventoryEvent::OrderPlaced(_)
            | InventoryEvent::PaymentStarted(_)
            | InventoryEvent::PaymentActionRequired(_)
            | InventoryEvent::PaymentAuthorised(_)
            | InventoryEvent::PaymentDeclined(_)
            | InventoryEvent::PaymentCaptured(_)
            | InventoryEvent::PaymentCaptureFailed(_)
            | InventoryEvent::PaymentVoidDue(_)
            | InventoryEvent::PaymentLapsed(_)
            | InventoryEvent::TransferOffered(_)
            | InventoryEvent::TransferAccepted(_)
            | InventoryEvent::TransferEnded(_)
            | InventoryEvent::PaymentVoided(_)
            | InventoryEvent::PaymentDisputed(_)
            | InventoryEvent::TicketsIssued(_)
            | InventoryEvent::RefundPolicyChanged(_)
            | InventoryEvent::RefundDue(_)
            | InventoryEvent::RefundMade(_)
            | InventoryEvent::RefundFailed(_)
            | InventoryEvent::RefundRetried(_)
            | InventoryEvent::InventoryCancelled(_) => {}
        }
    }
    holds
}

/// Who keeps each seat back, how many units of the floor are kept back, and how many it has.
fn kept_back(events: &[Timed]) -> (BTreeMap<&str, BlockId>, u64, u64) {
    let (mut seats, mut units, mut capacity) = (BTreeMap::new(), 0, 5);
    for (_, event) in events {
        if let InventoryEvent::BlockPlaced(of) = event {
            seats.extend(of.seats.iter().map(|seat| (seat.as_str(), of.block)));
            units += u64::from(of.quantity.unwrap_or_default());
        } else if let InventoryEvent::BlockReleased(of) = event {
            for seat in &of.seats {
                assert_eq!(seats.remove(seat.as_str()), Some(of.block));
            }
            units -= u64::from(of.quantity.unwrap_or_default());
        } else if let InventoryEvent::PoolCapacityChanged(of) = event {
            capacity = u64::from(of.capacity);
        }
    }
    (seats, units, capacity)
}

/// One letter a seat, and capacity, available, held and sold of stalls, balcony and floor.
pub(super) fn recount(events: &[Timed], now: Timestamp) -> (String, Vec<[u64; 4]>) {
    let holds = fold(events);
    let (blocked, units, capacity) = kept_back(events);
    let seat = |name: &&str| {
        let has_it = |hold: &&Hold| {
            hold.items.iter().any(|item| item.seat.as_ref().is_some_and(|of| of.as_str() == *name))
        };
        let found: Vec<Is> = holds.values().filter(has_it).map(|hold| hold.at(now)).collect();
        assert!(
            found.iter().filter(|is| **is != Is::Free).count() + usize::from(blocked.contains_key(name)) <= 1,
            "{name} was taken twice: not a legal history"
        );
        if found.contains(&Is::Sold) {
            's'
        } else if found.contains(&Is::Held) {
            'h'
        } else if blocked.contains_key(name) {
            'b'
        } else {
            'a'
        }
    };
    let states: String = SEATS.iter().map(seat).collect();
    let of_type = |wanted: TicketTypeId, is: Is| {
        let holds = holds.values().filter(|hold| hold.at(now) == is);
        holds.flat_map(|hold| &hold.items).filter(|item| item.ticket_type == wanted).count() as u64
    };
    let held = [STALLS, BALCONY, FLOOR].map(|n| of_type(ticket_type(n), Is::Held));
    let sold = [STALLS, BALCONY, FLOOR].map(|n| of_type(ticket_type(n), Is::Sold));
    let taken = |n: u32| held[n as usize] + sold[n as usize];
    let kept = |row: &str| blocked.keys().filter(|name| name.starts_with(row)).count() as u64;
    let of_limit = 8_u64.saturating_sub(taken(BALCONY) + taken(FLOOR));
    let free = [
        6_u64.saturating_sub(taken(STALLS) + kept("A")),
        4_u64.saturating_sub(taken(BALCONY) + kept("B")).min(of_limit),
        capacity.saturating_sub(taken(FLOOR) + units).min(of_limit),
    ];
    let counts = (0..3).map(|n| [[6, 4, capacity.min(8)][n], free[n], held[n], sold[n]]).collect();
    (states, counts)
}
