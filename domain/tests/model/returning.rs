//! Random ways of giving tickets back, and of ending a show.

use boxoffice_domain::id::{TicketId, TransferId};
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::accept_transfer::AcceptTransfer;
use boxoffice_domain::inventory::cancel_show::CancelShow;
use boxoffice_domain::inventory::change_refund_policy::ChangeRefundPolicy;
use boxoffice_domain::inventory::end_transfer::EndTransfer;
use boxoffice_domain::inventory::event::TransferEnd;
use boxoffice_domain::inventory::offer_transfer::OfferTransfer;
use boxoffice_domain::inventory::record_refund::RecordRefund;
use boxoffice_domain::inventory::refund_tickets::{RefundTickets, Refunder};
use boxoffice_domain::inventory::retry_refund::RetryRefund;
use boxoffice_domain::pricing::Rate;
use boxoffice_domain::refund::RefundPolicy;
use proptest::prelude::*;

use super::history::{Aim, NewId, aim, new_id};
use super::reference::{Bought, BoughtState, Offer, OfferState, Owed, OwedState, Reference};
use super::world;

#[derive(Debug, Clone)]
pub(crate) enum Returning {
    Policy(Option<RefundPolicy>, bool),
    /// These of the order's tickets, by their number.
    Tickets(Aim, Vec<u32>, Refunder),
    RefundEnds(Aim, bool, bool),
    Retry(Aim),
    CancelShow,
    WindUp,
    /// The ticket of an order by its number.
    Offer(NewId, Aim, u32),
    Accept(Aim),
    /// Refused, or else withdrawn.
    End(Aim, bool),
}

fn rate() -> BoxedStrategy<Rate> {
    let millionths = prop_oneof![Just(0), Just(500_000), Just(Rate::WHOLE), 0..Rate::WHOLE];
    millionths.prop_map(|rate| Rate::from_millionths(rate).unwrap()).boxed()
}

pub(crate) fn policy() -> BoxedStrategy<RefundPolicy> {
    let seconds = prop_oneof![2 => Just(0), 2 => 0..180_u32, 1 => any::<u32>()];
    (any::<bool>(), rate(), seconds)
        .prop_map(|(fees_kept, rate, seconds_before_start)| RefundPolicy {
            fees_kept,
            rate,
            seconds_before_start,
        })
        .boxed()
}

pub(crate) fn refunder() -> BoxedStrategy<Refunder> {
    let note = prop_oneof![4 => Just(Some("Ill".to_owned())), 1 => Just(None)];
    prop_oneof![
        2 => Just(Refunder::Buyer),
        1 => (note, rate(), any::<bool>())
            .prop_map(|(note, rate, fees_kept)| Refunder::Operator { note, rate, fees_kept }),
    ]
    .boxed()
}

pub(crate) fn returning() -> BoxedStrategy<Returning> {
    let numbers = prop_oneof![
        4 => Just(Vec::new()),
        6 => prop::collection::vec(1..3_u32, 1..2),
        1 => Just(vec![1, 1]),
        1 => prop::collection::vec(0..5_u32, 0..4),
    ];
    prop_oneof![
        4 => (prop::option::weighted(0.8, policy()), prop::bool::weighted(0.1))
            .prop_map(|(policy, expects)| Returning::Policy(policy, expects)),
        20 => (aim(), numbers, refunder()).prop_map(|(aim, numbers, by)| Returning::Tickets(aim, numbers, by)),
        14 => (aim(), prop::bool::weighted(0.5), prop::bool::weighted(0.1))
            .prop_map(|(aim, ok, early)| Returning::RefundEnds(aim, ok, early)),
        8 => aim().prop_map(Returning::Retry),
        1 => Just(Returning::CancelShow),
        8 => Just(Returning::WindUp),
        16 => (new_id(), aim(), 1..3_u32).prop_map(|(id, aim, n)| Returning::Offer(id, aim, n)),
        10 => aim().prop_map(Returning::Accept),
        5 => (aim(), any::<bool>()).prop_map(|(aim, refused)| Returning::End(aim, refused)),
    ]
    .boxed()
}

fn open_offer(there: &Reference, aim: Aim) -> TransferId {
    let open = aim.at(&there.offers, |offer: &Offer| offer.state == OfferState::Open);
    open.map_or(world::transfer(u32::MAX), |offer| offer.id)
}

impl Returning {
    pub(crate) fn command(&self, there: &Reference) -> InventoryCommand {
        let refund = |aim: &Aim, apt: OwedState| aim.at(&there.owed, |owed: &Owed| owed.state == apt);
        let unknown = || boxoffice_domain::id::RefundId::of_order(world::order(u32::MAX), 1);
        match self {
            Self::Policy(policy, expects) => InventoryCommand::ChangeRefundPolicy(ChangeRefundPolicy {
                policy: *policy,
                expected: expects.then_some(*policy),
            }),
            Self::Tickets(aim, numbers, by) => {
                let ticketed = |order: &Bought| {
                    matches!(order.state, BoughtState::Ticketed(_)) && !order.live().is_empty()
                };
                let order = aim.at(&there.orders, ticketed).map_or(world::order(u32::MAX), |order| order.id);
                let tickets = numbers.iter().map(|n| TicketId::of_order(order, *n)).collect();
                InventoryCommand::RefundTickets(RefundTickets { order, tickets, by: by.clone() })
            }
            Self::RefundEnds(aim, ok, early) => {
                let owed = refund(aim, OwedState::Due);
                InventoryCommand::RecordRefund(RecordRefund {
                    refund: owed.map_or_else(unknown, |owed| owed.id),
                    failures: owed.map_or(0, |owed| owed.failures) + u32::from(*early),
                    failure: (!ok).then(|| "card_closed".into()),
                })
            }
            Self::Retry(aim) => {
                let refund = refund(aim, OwedState::Failed).map_or_else(unknown, |owed| owed.id);
                InventoryCommand::RetryRefund(RetryRefund { refund })
            }
            Self::Offer(id, aim, n) => {
                let ticketed = |order: &Bought| matches!(order.state, BoughtState::Ticketed(_));
                let order = aim.at(&there.orders, ticketed).map_or(world::order(u32::MAX), |order| order.id);
                let transfer = world::transfer(id.number(there.offers.len()));
                let (ticket, recipient) = (TicketId::of_order(order, *n), world::buyer());
                InventoryCommand::OfferTransfer(OfferTransfer { ticket, transfer, recipient })
            }
            Self::Accept(aim) => {
                let (transfer, holder) = (open_offer(there, *aim), world::buyer());
                InventoryCommand::AcceptTransfer(AcceptTransfer { transfer, holder })
            }
            Self::End(aim, refused) => {
                let reason = if *refused { TransferEnd::Refused } else { TransferEnd::Withdrawn };
                InventoryCommand::EndTransfer(EndTransfer { transfer: open_offer(there, *aim), reason })
            }
            Self::CancelShow => InventoryCommand::CancelShow(CancelShow { reason: Some("Ill".into()) }),
            Self::WindUp => InventoryCommand::WindUp,
        }
    }
}
