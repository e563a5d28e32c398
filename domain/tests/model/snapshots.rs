//! A show in which everything has happened, and what its snapshots have been since the first release that had any.

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::{RefundId, TicketId};
use boxoffice_domain::inventory::accept_transfer::AcceptTransfer;
use boxoffice_domain::inventory::cancel_show::CancelShow;
use boxoffice_domain::inventory::change_capacity::ChangeCapacity;
use boxoffice_domain::inventory::change_refund_policy::ChangeRefundPolicy;
use boxoffice_domain::inventory::change_sale_window::ChangeSaleWindow;
use boxoffice_domain::inventory::change_ticket_type::ChangeTicketType;
use boxoffice_domain::inventory::event::{SaleWindowChanged, TicketTypeChanged};
use boxoffice_domain::inventory::offer_transfer::OfferTransfer;
use boxoffice_domain::inventory::place_block::{Blocked, PlaceBlock};
use boxoffice_domain::inventory::record_payment::{Fact, RecordPayment};
use boxoffice_domain::inventory::record_refund::RecordRefund;
use boxoffice_domain::inventory::refund_tickets::{RefundTickets, Refunder};
use boxoffice_domain::inventory::reschedule::Reschedule;
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::inventory::{
    Inventory, InventoryCommand, add_hold_items, cancel_order, extend_hold, pause_sale, place_order,
    record_capture, release_hold, remove_hold_items, settle_payment, start_payment,
};
use boxoffice_domain::pricing::Rate;
use boxoffice_domain::refund::RefundPolicy;

use super::world;
use super::{Sale, place, seat, units};

/// Every version of the form and of the fold with the digest of what it makes of [`everything`]: the snapshot's bytes,
/// and the fingerprint of the state. A line that was released never changes.
const KNOWN: &[(u16, &str)] = &[
    (1, "8ded3a38f8ea912397ffb67822c525bf64b10e141affaaf2c0cad04df8da4f5c"),
    (2, "b3ceb87d5a8ee81763f29c32b2ce9c6024ed8f2a6660865e175c9d2cdc18fafc"),
    (3, "ea4fe75d84bdb8f3af924e26aa47d344678915a0a96340ad2c60da3b09c555ef"),
];

#[test]
fn another_form_or_another_fold_has_another_version() {
    let state = everything();
    let bytes = state.snapshot().unwrap();
    let digest = Digest::of(&[&bytes, state.fingerprint().as_bytes()]).to_string();
    let version = Inventory::SNAPSHOT_VERSION.unwrap();
    let (known, expected) = *KNOWN.last().unwrap();
    assert_eq!(
        (version, digest.as_str()),
        (known, expected),
        "what is written into snapshots, or what the events of an inventory come to, has changed, and servers would \
         believe snapshots of the old kind. Raise SNAPSHOT_VERSION in domain/src/inventory.rs by one, and add a line \
         with it and the digest on the left to KNOWN in {}; leave the lines before it as they are",
        file!()
    );
    assert!(KNOWN.is_sorted_by_key(|(version, _)| version), "a version stands once");
    let restored = Inventory::restore(&bytes, &world::Plans).unwrap();
    assert_eq!(restored.fingerprint(), state.fingerprint());
}

/// Holds and orders and payments in every phase.
fn everything() -> Inventory {
    let mut sale = Sale::new();
    let policy = RefundPolicy { fees_kept: true, rate: Rate::FULL, seconds_before_start: 60 };
    let change = ChangeRefundPolicy { policy: Some(policy), expected: None };
    sale.accepts(&InventoryCommand::ChangeRefundPolicy(change));
    holds(&mut sale);
    given_back(&mut sale);
    bought(&mut sale, 10, "A-1");
    let late = ordered(&mut sale, 20, "A-2");
    let lost = ordered(&mut sale, 30, "A-3");
    let cancelled = ordered(&mut sale, 40, "A-4");
    sale.accepts(&tells(cancelled, Fact::Declined { reason: "no_funds".into() }));
    let (order, by) = (world::order(40), Refunder::Buyer);
    sale.accepts(&InventoryCommand::CancelOrder(cancel_order::CancelOrder { order, by }));
    sale.wait_until(super::DEADLINE + 5_000);
    sale.accepts(&InventoryCommand::ExpireHolds);
    sale.accepts(&place(31, vec![seat("A-3")]));
    for payment in [late, lost] {
        settle(&mut sale, payment);
    }
    for charge in world::charges().into_iter().step_by(2) {
        sale.accepts(&charge);
    }
    ordered(&mut sale, 50, "A-4");
    sale.accepts(&place(51, vec![circle("B-2"), units(1)]));
    let seats = Blocked::Seats(vec![world::seat("B-3")]);
    let units = Blocked::Units { pool: world::floor(), quantity: 2 };
    for (n, what) in (0..).zip([seats, units]) {
        let place = PlaceBlock { block: world::block(n), what, reason: None };
        sale.accepts(&InventoryCommand::PlaceBlock(place));
    }
    let change = ChangeCapacity { pool: world::floor(), capacity: 1, expected: None };
    sale.accepts(&InventoryCommand::ChangeCapacity(change));
    let window = SaleWindowChanged { sale_ends_at: Some(world::at(170_000)), sale_starts_at: None };
    sale.accepts(&InventoryCommand::ChangeSaleWindow(ChangeSaleWindow { window, expected: None }));
    sale.accepts(&InventoryCommand::Reschedule(Reschedule { starts_at: world::at(190_000) }));
    let changed = TicketTypeChanged { price: 1, ..TicketTypeChanged::of(&world::types()[0]) };
    let change = ChangeTicketType { changed, expected: None };
    sale.accepts(&InventoryCommand::ChangeTicketType(Box::new(change)));
    for (n, order) in (0..).zip([10, 10]) {
        let (ticket, transfer) = (TicketId::of_order(world::order(order), 1), world::transfer(n));
        let offer = OfferTransfer { ticket, transfer, recipient: world::buyer() };
        sale.accepts(&InventoryCommand::OfferTransfer(offer));
        if n == 0 {
            let accept = AcceptTransfer { transfer, holder: world::buyer() };
            sale.accepts(&InventoryCommand::AcceptTransfer(accept));
        }
    }
    sale.accepts(&InventoryCommand::PauseSale(pause_sale::PauseSale { reason: None }));
    sale.accepts(&InventoryCommand::CancelShow(CancelShow { reason: None }));
    sale.inventory
}

/// Refunds in every phase.
fn given_back(sale: &mut Sale) {
    for n in 60..63 {
        bought(sale, n, "A-1");
        let (order, by) = (world::order(n), Refunder::Buyer);
        sale.accepts(&InventoryCommand::RefundTickets(RefundTickets { order, tickets: Vec::new(), by }));
    }
    for (n, failure) in [(60, None), (61, Some("card_closed".to_owned()))] {
        let refund = RefundId::of_order(world::order(n), 1);
        let record = RecordRefund { refund, failures: 0, failure };
        sale.accepts(&InventoryCommand::RecordRefund(record));
    }
}

fn circle(name: &str) -> Want {
    Want::Seat { seat: world::seat(name), ticket_type: Some(world::ticket_type(world::CIRCLE)) }
}

fn holds(sale: &mut Sale) {
    sale.accepts(&place(1, vec![circle("B-1"), units(1)]));
    let hold = world::hold(1);
    let add = add_hold_items::AddHoldItems { hold, wants: vec![circle("B-2"), units(2)] };
    sale.accepts(&InventoryCommand::AddHoldItems(add));
    let remove = remove_hold_items::RemoveHoldItems { hold, wants: vec![units(1)] };
    sale.accepts(&InventoryCommand::RemoveHoldItems(remove));
    sale.wait_until(1_000);
    sale.accepts(&InventoryCommand::ExtendHold(extend_hold::ExtendHold { hold }));
    sale.accepts(&place(2, vec![circle("B-3")]));
    sale.accepts(&InventoryCommand::ReleaseHold(release_hold::ReleaseHold { hold: world::hold(2) }));
}

fn ordered(sale: &mut Sale, n: u32, name: &str) -> u32 {
    sale.accepts(&place(n, vec![seat(name)]));
    let (order, hold, buyer) = (world::order(n), world::hold(n), world::buyer());
    sale.accepts(&InventoryCommand::PlaceOrder(place_order::PlaceOrder {
        order,
        hold,
        buyer,
        buyer_key: world::buyer_key(1),
    }));
    let (payment, method, provider) = (world::payment(n), "card".to_owned(), "sandbox".to_owned());
    let start = start_payment::StartPayment { payment, order, method, provider };
    sale.accepts(&InventoryCommand::StartPayment(start));
    n
}

fn tells(payment: u32, fact: Fact) -> InventoryCommand {
    InventoryCommand::RecordPayment(RecordPayment { payment: world::payment(payment), fact })
}

fn settle(sale: &mut Sale, n: u32) {
    sale.accepts(&tells(n, Fact::Authorised { amount: 4_500, at: sale.now }));
    let payment = world::payment(n);
    sale.accepts(&InventoryCommand::SettlePayment(settle_payment::SettlePayment { payment }));
}

fn bought(sale: &mut Sale, n: u32, name: &str) {
    let paid = ordered(sale, n, name);
    settle(sale, paid);
    let capture = record_capture::RecordCapture { payment: world::payment(paid), failure: None };
    sale.accepts(&InventoryCommand::RecordCapture(capture));
}
