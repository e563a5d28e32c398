//! Events and commands that make no sense: ids that nobody has, drafts that come twice, orders without a hold,
//! removals of what was never there. A log that somebody has tampered with, or a bug, may hold any of them.

use boxoffice_domain::entries::Entries;
use boxoffice_domain::id::{BlockId, HoldId, OrderId, PaymentId, PoolId, RefundId, TicketId, TicketTypeId};
use boxoffice_domain::inventory::accept_transfer::AcceptTransfer;
use boxoffice_domain::inventory::best_available::{BestAvailable, Split};
use boxoffice_domain::inventory::cancel_show::CancelShow;
use boxoffice_domain::inventory::change_refund_policy::ChangeRefundPolicy;
use boxoffice_domain::inventory::end_transfer::EndTransfer;
use boxoffice_domain::inventory::event::*;
use boxoffice_domain::inventory::offer_transfer::OfferTransfer;
use boxoffice_domain::inventory::place_block::{Blocked, PlaceBlock};
use boxoffice_domain::inventory::record_payment::{Fact, RecordPayment};
use boxoffice_domain::inventory::record_refund::RecordRefund;
use boxoffice_domain::inventory::refund_tickets::{RefundTickets, Refunder};
use boxoffice_domain::inventory::release_block::{Part, ReleaseBlock};
use boxoffice_domain::inventory::retry_refund::RetryRefund;
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::inventory::{
    InventoryCommand, add_hold_items, add_pool, add_ticket_type, cancel_order, change_capacity,
    change_sale_window, change_ticket_type, draft, draft_copy, extend_hold, pause_sale, place_hold,
    place_order, record_capture, record_void, release_hold, remove_hold_items, replace_plan, reschedule,
    settle_payment, start_payment,
};
use boxoffice_domain::pricing::{Share, Tariff};
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::{returning, world};

/// How many holds events may name.
pub(crate) const HOLDS: u32 = 4;

fn hold() -> BoxedStrategy<HoldId> {
    (0..HOLDS).prop_map(world::hold).boxed()
}

fn order() -> BoxedStrategy<OrderId> {
    (0..3_u32).prop_map(world::order).boxed()
}

fn payment() -> BoxedStrategy<PaymentId> {
    (0..3_u32).prop_map(world::payment).boxed()
}

fn pool() -> BoxedStrategy<PoolId> {
    prop_oneof![(0..3_u32).prop_map(world::pool), Just(world::floor())].boxed()
}

fn block() -> BoxedStrategy<BlockId> {
    (0..3_u32).prop_map(world::block).boxed()
}

fn units() -> BoxedStrategy<u32> {
    prop_oneof![3 => 0..10_u32, 1 => Just(u32::MAX)].boxed()
}

fn seats() -> BoxedStrategy<Vec<SeatId>> {
    prop::collection::vec(seat_name().prop_map(world::seat), 0..3).boxed()
}

fn ticket_type() -> BoxedStrategy<TicketTypeId> {
    (0..world::TYPES + 1).prop_map(world::ticket_type).boxed()
}

pub(crate) fn time() -> BoxedStrategy<Timestamp> {
    prop_oneof![
        6 => (0..60_000_i64).prop_map(world::at),
        1 => any::<i64>().prop_map(world::at),
        1 => prop::sample::select(vec![i64::MIN, 0, i64::MAX]).prop_map(world::at),
    ]
    .boxed()
}

fn price() -> BoxedStrategy<u64> {
    prop_oneof![Just(0_u64), 1..5_000_u64, Just(u64::MAX), any::<u64>()].boxed()
}

fn seat_name() -> BoxedStrategy<&'static str> {
    prop_oneof![9 => prop::sample::select(world::SEATS.to_vec()), 1 => Just(world::NO_SEAT)].boxed()
}

fn item() -> BoxedStrategy<Item> {
    (price(), prop::option::of(seat_name()), ticket_type())
        .prop_map(|(price, seat, ticket_type)| Item { price, seat: seat.map(world::seat), ticket_type })
        .boxed()
}

fn items() -> BoxedStrategy<Vec<Item>> {
    (prop::collection::vec(item(), 0..4), 1..4_usize)
        .prop_map(|(items, times)| vec![items; times].concat())
        .boxed()
}

fn ticket_items() -> BoxedStrategy<Vec<TicketItem>> {
    (order(), items())
        .prop_map(|(order, items)| {
            let ticket = |n| boxoffice_domain::id::TicketId::of_order(order, n);
            (0..)
                .zip(items)
                .map(|(n, Item { price, seat, ticket_type })| TicketItem {
                    price,
                    seat,
                    ticket: ticket(n),
                    ticket_type,
                })
                .collect()
        })
        .boxed()
}

fn drafted() -> BoxedStrategy<InventoryDrafted> {
    (world::house(), prop::option::of(0..20_u32), time(), any::<bool>())
        .prop_map(|(house, hold_seconds, starts_at, seated)| InventoryDrafted {
            hold_seconds: hold_seconds.unwrap_or(u32::MAX),
            hold_seconds_max: hold_seconds.map_or(0, |seconds| seconds * 2),
            starts_at,
            ..world::terms(&house, seated.then(world::layout))
        })
        .boxed()
}

fn type_added() -> BoxedStrategy<TicketTypeAdded> {
    let known = prop::sample::select(world::types());
    let odd = (ticket_type(), price(), prop::collection::vec(pool(), 0..4), prop::option::of(0..3_u32))
        .prop_map(|(ticket_type, price, pools, limit)| TicketTypeAdded {
            ticket_type,
            entries: limit.and_then(|limit| Entries::try_from(limit).ok()).unwrap_or_default(),
            max_per_order: limit,
            min_per_order: limit.map(|limit| limit * 2),
            ..world::plain_type(0, price, (price % 2 == 0).then_some("Circle"), &pools)
        });
    prop_oneof![2 => known, 1 => odd].boxed()
}

/// Any event, whatever went before.
pub(crate) fn event() -> BoxedStrategy<InventoryEvent> {
    prop_oneof![of_set_up(), of_changes(), of_holds(), of_holds(), of_orders(), of_payments(), of_returns()]
        .boxed()
}

/// Any event that is not about what is sold.
pub(crate) fn event_of_a_sale() -> BoxedStrategy<InventoryEvent> {
    prop_oneof![4 => of_holds(), 2 => of_orders(), 1 => of_payments(), 1 => of_returns_of_a_sale()].boxed()
}

fn of_set_up() -> BoxedStrategy<InventoryEvent> {
    prop_oneof![
        drafted().prop_map(Into::into),
        (prop_oneof![3 => 0..10_u32, 1 => Just(u32::MAX)], pool()).prop_map(|(capacity, pool)| PoolAdded {
            capacity,
            name: String::new(),
            pool
        }
        .into()),
        type_added().prop_map(Into::into),
        charge(),
        Just(InventoryPublished {}.into()),
    ]
    .boxed()
}

/// A fee or a tax, of ticket types that may not be there, or the end of one that was never there.
fn charge() -> BoxedStrategy<InventoryEvent> {
    prop::sample::select(world::charges())
        .prop_map(|command| match command {
            InventoryCommand::AddFee(command) => command.added.into(),
            InventoryCommand::RemoveFee(command) => FeeRemoved { fee: command.fee }.into(),
            InventoryCommand::AddTax(command) => command.added.into(),
            InventoryCommand::RemoveTax(command) => TaxRemoved { tax: command.tax }.into(),
            other => panic!("{other:?} is no charge"),
        })
        .boxed()
}

fn window() -> BoxedStrategy<SaleWindowChanged> {
    (prop::option::of(time()), prop::option::of(time()))
        .prop_map(|(sale_ends_at, sale_starts_at)| SaleWindowChanged { sale_ends_at, sale_starts_at })
        .boxed()
}

fn of_changes() -> BoxedStrategy<InventoryEvent> {
    let placed = (block(), prop::option::of(pool()), prop::option::of(units()), seats());
    prop_oneof![
        Just(SalePaused { reason: None }.into()),
        Just(SaleResumed {}.into()),
        (units(), pool()).prop_map(|(capacity, pool)| PoolCapacityChanged { capacity, pool }.into()),
        window().prop_map(Into::into),
        time().prop_map(|starts_at| InventoryRescheduled { starts_at }.into()),
        (0..world::PLANS.len()).prop_map(|n| {
            let plan = world::layout_of(n);
            PlanReplaced { layout: plan.digest(), plan: Some(plan) }.into()
        }),
        type_added().prop_map(|added| TicketTypeChanged::of(&added).into()),
        placed.prop_map(|(block, pool, quantity, seats)| {
            BlockPlaced { block, pool, quantity, reason: None, seats }.into()
        }),
        (block(), prop::option::of(units()), seats()).prop_map(|(block, quantity, seats)| BlockReleased {
            block,
            quantity,
            seats
        }
        .into()),
    ]
    .boxed()
}

fn of_holds() -> BoxedStrategy<InventoryEvent> {
    prop_oneof![
        3 => (time(), hold(), items(), time()).prop_map(|(expires_at, hold, items, max_expires_at)| {
            let tariff = u32::try_from(items.len()).unwrap() % 3;
            HoldPlaced { expires_at, hold, items, max_expires_at, tariff }.into()
        }),
        1 => (hold(), items()).prop_map(|(hold, items)| HoldItemsAdded { hold, items }.into()),
        1 => (hold(), items()).prop_map(|(hold, items)| HoldItemsRemoved { hold, items }.into()),
        1 => (time(), hold()).prop_map(|(expires_at, hold)| HoldExtended { expires_at, hold }.into()),
        1 => hold().prop_map(|hold| HoldReleased { hold }.into()),
        1 => hold().prop_map(|hold| HoldExpired { hold }.into()),
        1 => (hold(), order()).prop_map(|(hold, order)| HoldReclaimed { hold, order }.into()),
    ]
    .boxed()
}

fn of_orders() -> BoxedStrategy<InventoryEvent> {
    let reason = prop::sample::select(vec![CancelReason::Requested, CancelReason::CaptureFailed]);
    prop_oneof![
        2 => (time(), hold(), ticket_items(), order(), price(), any::<u8>()).prop_map(
            |(expires_at, hold, items, order, total, n)| OrderPlaced {
                buyer: world::buyer(),
                buyer_key: world::buyer_key(n),
                expires_at,
                fees: Vec::new(),
                hold,
                items,
                order,
                shares: vec![Share::default(); usize::from(n % 4)],
                taxes: Vec::new(),
                total,
            }
            .into()
        ),
        1 => (hold(), order(), reason).prop_map(|(hold, order, reason)| OrderCancelled { hold, order, reason }.into()),
        1 => (hold(), order(), prop::option::of(payment()))
            .prop_map(|(hold, order, payment)| OrderSecured { hold, order, payment }.into()),
        1 => (order(), ticket_items()).prop_map(|(order, tickets)| TicketsIssued { order, tickets }.into()),
    ]
    .boxed()
}

fn of_payments() -> BoxedStrategy<InventoryEvent> {
    let void_reason = prop::sample::select(vec![VoidReason::SeatsGone, VoidReason::AlreadyPaid]);
    (0..10_u8, order(), payment(), price(), time(), void_reason)
        .prop_map(|(which, order, payment, amount, at, void_reason)| match which {
            0 => PaymentStarted { amount, method: String::new(), order, payment, provider: String::new() }
                .into(),
            1 => PaymentActionRequired { order, payment }.into(),
            2 => PaymentAuthorised { amount, authorised_at: at, order, payment }.into(),
            3 => PaymentDeclined { order, payment, reason: String::new() }.into(),
            4 => PaymentCaptured { amount, order, payment }.into(),
            5 => PaymentCaptureFailed { order, payment, reason: String::new() }.into(),
            6 => PaymentVoidDue { order, payment, reason: void_reason }.into(),
            7 => PaymentVoided { order, payment }.into(),
            8 => PaymentLapsed { order, payment }.into(),
            _ => PaymentDisputed { order, payment }.into(),
        })
        .boxed()
}

fn refund() -> BoxedStrategy<RefundId> {
    (order(), 1..3_u32).prop_map(|(order, n)| RefundId::of_order(order, n)).boxed()
}

fn of_returns() -> BoxedStrategy<InventoryEvent> {
    let policy = prop::option::of(returning::policy());
    prop_oneof![
        6 => of_returns_of_a_sale(),
        1 => policy.prop_map(|policy| RefundPolicyChanged { policy }.into()),
        1 => any::<u32>().prop_map(|orders| InventoryCancelled { orders, reason: None }.into()),
    ]
    .boxed()
}

fn of_returns_of_a_sale() -> BoxedStrategy<InventoryEvent> {
    let reason = prop::sample::select(vec![ReturnReason::Requested, ReturnReason::ShowCancelled]);
    let returned = (hold(), price(), order(), reason, ticket_items()).prop_map(
        |(hold, kept, order, reason, tickets)| {
            TicketsReturned { hold, kept, left: 0, note: None, order, reason, tickets }.into()
        },
    );
    let of_refund = (0..4_u8, price(), order(), payment(), refund(), any::<u32>()).prop_map(
        |(which, amount, order, payment, refund, failures)| match which {
            0 => RefundDue {
                amount,
                order,
                payment,
                reason: RefundReason::CapturedLate,
                refund,
                tickets: Vec::new(),
            }
            .into(),
            1 => RefundMade { order, payment, refund }.into(),
            2 => RefundFailed { order, payment, reason: String::new(), refund }.into(),
            _ => RefundRetried { amount, failures, order, payment, refund }.into(),
        },
    );
    let of_transfer = (0..3_u8, any::<u16>(), (order(), 0..3_u32), 0..3_u32).prop_map(
        |(which, code, (order, n), transfer)| {
            let (ticket, transfer) = (TicketId::of_order(order, n), world::transfer(transfer));
            match which {
                0 => TransferOffered { recipient: world::buyer(), ticket, transfer }.into(),
                1 => TransferAccepted { code, holder: world::buyer(), ticket, transfer }.into(),
                _ => TransferEnded { reason: TransferEnd::Refused, ticket, transfer }.into(),
            }
        },
    );
    prop_oneof![2 => returned, 2 => of_refund, 1 => of_transfer].boxed()
}

fn about_returns() -> BoxedStrategy<InventoryCommand> {
    let number = prop::collection::vec(0..4_u32, 0..3);
    prop_oneof![
        returning::policy().prop_map(|policy| {
            let change = ChangeRefundPolicy { policy: Some(policy), expected: None };
            InventoryCommand::ChangeRefundPolicy(change)
        }),
        (order(), number, returning::refunder()).prop_map(|(order, numbers, by)| {
            let tickets = numbers.into_iter().map(|n| TicketId::of_order(order, n)).collect();
            InventoryCommand::RefundTickets(RefundTickets { order, tickets, by })
        }),
        (refund(), 0..3_u32).prop_map(|(refund, failures)| {
            let failure = (failures == 2).then(String::new);
            InventoryCommand::RecordRefund(RecordRefund { refund, failures, failure })
        }),
        refund().prop_map(|refund| InventoryCommand::RetryRefund(RetryRefund { refund })),
        Just(InventoryCommand::CancelShow(CancelShow { reason: None })),
        (0..3_u8, (order(), 0..3_u32), 0..3_u32).prop_map(|(which, (order, n), transfer)| {
            let (ticket, transfer, person) =
                (TicketId::of_order(order, n), world::transfer(transfer), world::buyer());
            match which {
                0 => InventoryCommand::OfferTransfer(OfferTransfer { ticket, transfer, recipient: person }),
                1 => InventoryCommand::AcceptTransfer(AcceptTransfer { transfer, holder: person }),
                _ => InventoryCommand::EndTransfer(EndTransfer { transfer, reason: TransferEnd::Withdrawn }),
            }
        }),
        Just(InventoryCommand::WindUp),
    ]
    .boxed()
}

fn wants() -> BoxedStrategy<Vec<Want>> {
    let seat = (seat_name(), prop::option::of(ticket_type()))
        .prop_map(|(name, ticket_type)| Want::Seat { seat: world::seat(name), ticket_type });
    let quantity = prop_oneof![8 => 0..6_u32, 1 => Just(500), 1 => Just(u32::MAX)];
    let units =
        (ticket_type(), quantity).prop_map(|(ticket_type, quantity)| Want::Units { ticket_type, quantity });
    let best = (ticket_type(), any::<u8>(), any::<bool>(), 0..3_u32).prop_map(
        |(ticket_type, quantity, adjacent, accessible)| {
            let split = [Split::No, Split::Pairs, Split::Rows][usize::from(quantity % 3)];
            Want::Best(BestAvailable { ticket_type, quantity: quantity.into(), adjacent, accessible, split })
        },
    );
    prop::collection::vec(prop_oneof![seat, units, best], 0..4).boxed()
}

/// Any command.
pub(crate) fn command() -> BoxedStrategy<InventoryCommand> {
    prop_oneof![
        about_set_up(),
        about_changes(),
        about_holds(),
        about_holds(),
        about_orders(),
        about_payments(),
        about_returns()
    ]
    .boxed()
}

fn about_set_up() -> BoxedStrategy<InventoryCommand> {
    prop_oneof![
        drafted().prop_map(|terms| InventoryCommand::Draft(Box::new(draft::Draft { terms }))),
        (pool(), any::<u32>()).prop_map(|(pool, capacity)| {
            InventoryCommand::AddPool(add_pool::AddPool { pool, name: String::new(), capacity })
        }),
        type_added().prop_map(|added| InventoryCommand::AddTicketType(Box::new(
            add_ticket_type::AddTicketType { added }
        ))),
        prop::sample::select(world::charges()),
        (
            drafted(),
            prop::collection::vec((pool(), any::<u32>()), 0..3),
            prop::collection::vec(type_added(), 0..3)
        )
            .prop_map(|(terms, pools, types)| {
                let pool = |(pool, capacity)| PoolAdded { capacity, name: String::new(), pool };
                let pools = pools.into_iter().map(pool).collect();
                InventoryCommand::DraftCopy(Box::new(draft_copy::DraftCopy {
                    terms,
                    pools,
                    types,
                    tariff: Tariff::default(),
                }))
            }),
        Just(InventoryCommand::Publish),
        Just(InventoryCommand::ExpireHolds),
    ]
    .boxed()
}

fn about_changes() -> BoxedStrategy<InventoryCommand> {
    let what = prop_oneof![
        seats().prop_map(Blocked::Seats),
        (pool(), units()).prop_map(|(pool, quantity)| Blocked::Units { pool, quantity }),
    ];
    let part = prop_oneof![Just(Part::All), seats().prop_map(Part::Seats), units().prop_map(Part::Units)];
    prop_oneof![
        Just(InventoryCommand::PauseSale(pause_sale::PauseSale { reason: Some(String::new()) })),
        Just(InventoryCommand::ResumeSale),
        (window(), prop::option::of(window())).prop_map(|(window, expected)| {
            let change = change_sale_window::ChangeSaleWindow { window, expected };
            InventoryCommand::ChangeSaleWindow(change)
        }),
        time().prop_map(|starts_at| InventoryCommand::Reschedule(reschedule::Reschedule { starts_at })),
        (0..world::PLANS.len()).prop_map(|n| {
            let plan = world::layout_of(n);
            InventoryCommand::ReplacePlan(replace_plan::ReplacePlan { plan, expected: None })
        }),
        type_added().prop_map(|added| {
            let changed = TicketTypeChanged::of(&added);
            let change = change_ticket_type::ChangeTicketType { changed, expected: None };
            InventoryCommand::ChangeTicketType(Box::new(change))
        }),
        (pool(), units(), prop::option::of(units())).prop_map(|(pool, capacity, expected)| {
            let change = change_capacity::ChangeCapacity { pool, capacity, expected };
            InventoryCommand::ChangeCapacity(change)
        }),
        (block(), what).prop_map(|(block, what)| {
            InventoryCommand::PlaceBlock(PlaceBlock { block, what, reason: None })
        }),
        (block(), part)
            .prop_map(|(block, part)| InventoryCommand::ReleaseBlock(ReleaseBlock { block, part })),
    ]
    .boxed()
}

fn about_holds() -> BoxedStrategy<InventoryCommand> {
    prop_oneof![
        (0..8_u32, wants()).prop_map(|(n, wants)| {
            InventoryCommand::PlaceHold(place_hold::PlaceHold { hold: world::hold(n), wants })
        }),
        (hold(), wants()).prop_map(|(hold, wants)| InventoryCommand::AddHoldItems(
            add_hold_items::AddHoldItems { hold, wants }
        )),
        (hold(), wants()).prop_map(|(hold, wants)| {
            InventoryCommand::RemoveHoldItems(remove_hold_items::RemoveHoldItems { hold, wants })
        }),
        hold().prop_map(|hold| InventoryCommand::ExtendHold(extend_hold::ExtendHold { hold })),
        hold().prop_map(|hold| InventoryCommand::ReleaseHold(release_hold::ReleaseHold { hold })),
    ]
    .boxed()
}

fn about_orders() -> BoxedStrategy<InventoryCommand> {
    prop_oneof![
        (0..6_u32, hold()).prop_map(|(n, hold)| {
            let order = world::order(n);
            InventoryCommand::PlaceOrder(place_order::PlaceOrder {
                order,
                hold,
                buyer: world::buyer(),
                buyer_key: None,
            })
        }),
        order().prop_map(|order| {
            let by = Refunder::Buyer;
            InventoryCommand::CancelOrder(cancel_order::CancelOrder { order, by })
        }),
        (0..6_u32, order()).prop_map(|(n, order)| {
            InventoryCommand::StartPayment(start_payment::StartPayment {
                payment: world::payment(n),
                order,
                method: String::new(),
                provider: String::new(),
            })
        }),
    ]
    .boxed()
}

fn about_payments() -> BoxedStrategy<InventoryCommand> {
    let fact = (0..5_u8, price(), time()).prop_map(|(which, amount, at)| match which {
        0 => Fact::ActionRequired,
        1 => Fact::Authorised { amount, at },
        2 => Fact::Declined { reason: String::new() },
        3 => Fact::Lapsed,
        _ => Fact::Disputed,
    });
    prop_oneof![
        (payment(), fact)
            .prop_map(|(payment, fact)| { InventoryCommand::RecordPayment(RecordPayment { payment, fact }) }),
        payment()
            .prop_map(|payment| InventoryCommand::SettlePayment(settle_payment::SettlePayment { payment })),
        (payment(), prop::option::of(Just(String::new()))).prop_map(|(payment, failure)| {
            InventoryCommand::RecordCapture(record_capture::RecordCapture { payment, failure })
        }),
        payment().prop_map(|payment| InventoryCommand::RecordVoid(record_void::RecordVoid { payment })),
    ]
    .boxed()
    .boxed()
}
