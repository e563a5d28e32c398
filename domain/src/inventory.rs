//! The inventory of one show: all that must not race for seats. A stream each, `inventory-event_…`.
//!
//! One file a command, beside this one. Three rules hold in all of them:
//!
//! * a hold is live iff `now < expires_at`, whether or not its expiry has been recorded; whoever meets a lapsed
//!   hold records its expiry together with their own events;
//! * every transition names the hold, so that what a former holder does changes nothing;
//! * no question that a command asks takes time that grows with the number of seats.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Layouts, Streamed};
use crate::digest::Digest;
use crate::id::{
    BlockId, HoldId, OrderId, PaymentId, PoolId, RefundId, ShowId, TicketId, TicketTypeId, TransferId,
};
use crate::log::StreamName;
use crate::money::Minor;
use crate::mutant::{self, Mutant};
use crate::pricing::{Share, TariffIndex, Tariffs};
use crate::refund::RefundPolicy;
use crate::seating::runs::{RunIndex, Runs};
use crate::seating::{Layout, SeatIndex};
use crate::snapshot::NotRestored;
use crate::time::Timestamp;

pub mod accept_transfer;
pub mod add_fee;
pub mod add_hold_items;
pub mod add_pool;
pub mod add_tax;
pub mod add_ticket_type;
pub mod best_available;
pub mod cancel_order;
pub mod cancel_show;
pub mod change_capacity;
pub mod change_refund_policy;
pub mod change_sale_window;
pub mod change_ticket_type;
pub mod draft;
pub mod draft_copy;
pub mod end_transfer;
pub mod event;
mod evolve;
pub mod expire_holds;
pub mod extend_hold;
pub mod fingerprint;
pub mod offer_transfer;
pub mod pause_sale;
pub mod place_block;
pub mod place_hold;
pub mod place_order;
pub mod publish;
pub mod record_capture;
pub mod record_payment;
pub mod record_refund;
pub mod record_void;
pub mod refund_tickets;
pub mod release_block;
pub mod release_hold;
pub mod remove_fee;
pub mod remove_hold_items;
pub mod remove_tax;
pub mod replace_plan;
pub mod reschedule;
pub mod resume_sale;
pub mod retry_refund;
#[cfg(test)]
pub(crate) mod scenario;
pub mod selection;
pub mod settle_payment;
mod single_seats;
mod snapshot;
pub mod start_payment;
pub mod wind_up;

pub use event::InventoryEvent;
use event::{InventoryDrafted, Item, TicketItem, TicketTypeAdded};

/// The most items that one hold may have.
pub const ITEMS_MAX: usize = 500;

/// The inventory of one show.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    terms: Option<Terms>,
    published: bool,
    paused: bool,
    pools: Vec<Pool>,
    pool_index: FxHashMap<PoolId, usize>,
    types: Vec<TicketType>,
    type_index: FxHashMap<TicketTypeId, usize>,
    /// What is charged beside prices, now and before.
    tariffs: Tariffs,
    /// Who has each seat; whether a hold still counts is a question of time.
    claims: Vec<Option<Claimant>>,
    /// How many of the seats of each run nobody has claimed. Follows from the claims.
    unclaimed: Vec<u32>,
    blocks: BTreeMap<BlockId, Block>,
    holds: FxHashMap<HoldId, Hold>,
    orders: FxHashMap<OrderId, Order>,
    payments: FxHashMap<PaymentId, Payment>,
    refunds: FxHashMap<RefundId, Refund>,
    /// Tickets that were offered to somebody, or have changed hands.
    passed: FxHashMap<TicketId, Passed>,
    transfers: FxHashMap<TransferId, Transfer>,
    /// The orders that still have tickets for a show that does not take place; none where it does.
    unwound: Option<BTreeSet<OrderId>>,
    /// The orders of each buyer, where the show limits what one may have.
    buyers: FxHashMap<Digest, Vec<OrderId>>,
    /// Holds that can still lapse, the next first.
    deadlines: BTreeSet<(Timestamp, HoldId)>,
}

/// What the draft says.
#[derive(Debug, Clone)]
struct Terms {
    drafted: Arc<InventoryDrafted>,
    plan: Option<Arc<Layout>>,
}

/// A countable capacity.
#[derive(Debug, Clone)]
struct Pool {
    id: PoolId,
    /// What people call it; the first of its name is the pool of the plan's standing area of that name.
    name: String,
    capacity: u32,
    /// Units that holds have, lapsed ones included until their expiry is recorded.
    claimed: u32,
    /// Units that blocks keep back.
    blocked: u64,
    /// Holds that have units of it and can still lapse, the next first.
    deadlines: BTreeSet<(Timestamp, HoldId)>,
}

/// What is sold.
#[derive(Debug, Clone)]
struct TicketType {
    added: Arc<TicketTypeAdded>,
    /// The plan's index of its price category.
    category: Option<u32>,
    /// Indexes of the pools it draws on.
    pools: Arc<[usize]>,
}

/// Who has a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Claimant {
    Hold(HoldId),
    Block(BlockId),
}

/// What the organizer keeps back, as far as it has not been released.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Block {
    seats: BTreeSet<SeatIndex>,
    /// The index of a pool, and how many units of it.
    units: Option<(usize, u32)>,
}

/// Seats and units reserved for one buyer.
#[derive(Debug, Clone)]
struct Hold {
    items: Vec<Item>,
    expires_at: Timestamp,
    max_expires_at: Timestamp,
    phase: Phase,
    /// What its buyer saw.
    tariff: TariffIndex,
}

/// How far a hold has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// The buyer is choosing.
    Open,
    /// It has become an order, which is not paid yet and lapses with it.
    Ordered,
    /// Its order cannot lose its seats any more.
    Secured,
    /// The buyer let go, or the order was cancelled.
    Released,
    /// Its expiry has been recorded.
    Expired,
}

/// A purchase.
#[derive(Debug, Clone)]
struct Order {
    hold: HoldId,
    items: Vec<TicketItem>,
    /// What of fees and taxes belongs to each item; none at all where there are neither.
    shares: Vec<Share>,
    total: Minor,
    phase: OrderPhase,
    /// Attempts to pay, the first first.
    payments: Vec<PaymentId>,
    /// On what terms its buyer could give tickets back when it was placed.
    policy: Option<RefundPolicy>,
    /// Tickets that were given back.
    gone: BTreeSet<TicketId>,
    /// How many refunds it has had.
    refunds: u32,
}

/// How far an order has come; that it lapsed is known by its hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum OrderPhase {
    Placed,
    Secured(Option<PaymentId>),
    Ticketed,
    Cancelled,
}

/// An attempt to pay.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Payment {
    order: OrderId,
    amount: Minor,
    /// When its money was reserved, as the provider tells it.
    authorised_at: Option<Timestamp>,
    phase: PaymentPhase,
}

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum PaymentPhase {
    Started,
    ActionRequired,
    Declined,
    /// The money is reserved; nothing has been decided on it.
    Authorised,
    /// The money is reserved, and it secured its order.
    Settled,
    Captured,
    CaptureFailed,
    VoidDue,
    Voided,
    /// The provider let the money go by itself.
    Lapsed,
    Disputed,
}

/// Money that has come and goes back.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Refund {
    order: OrderId,
    payment: PaymentId,
    amount: Minor,
    phase: RefundPhase,
    /// How often the provider could not make it.
    failures: u32,
}

/// A ticket that was offered to somebody, or has changed hands.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Passed {
    /// The number of the code that is good: how often it has changed hands.
    code: u16,
    /// The offer that can still be accepted.
    open: Option<TransferId>,
}

/// A ticket that is to change hands, or was to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Transfer {
    ticket: TicketId,
    phase: TransferPhase,
}

/// How far a transfer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum TransferPhase {
    Offered,
    Accepted,
    Refused,
    Withdrawn,
    /// The ticket was given back meanwhile.
    Void,
}

/// How far a refund has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum RefundPhase {
    /// The provider is to make it.
    Due,
    /// The money has gone back.
    Made,
    /// The provider could not make it.
    Failed,
}

/// What can be asked of an inventory.
#[derive(Debug, Clone)]
pub enum InventoryCommand {
    /// See [`draft`].
    Draft(Box<draft::Draft>),
    /// See [`draft_copy`].
    DraftCopy(Box<draft_copy::DraftCopy>),
    /// See [`add_pool`].
    AddPool(add_pool::AddPool),
    /// See [`add_ticket_type`].
    AddTicketType(Box<add_ticket_type::AddTicketType>),
    /// See [`add_fee`].
    AddFee(Box<add_fee::AddFee>),
    /// See [`remove_fee`].
    RemoveFee(remove_fee::RemoveFee),
    /// See [`add_tax`].
    AddTax(Box<add_tax::AddTax>),
    /// See [`remove_tax`].
    RemoveTax(remove_tax::RemoveTax),
    /// See [`publish`].
    Publish,
    /// See [`pause_sale`].
    PauseSale(pause_sale::PauseSale),
    /// See [`resume_sale`].
    ResumeSale,
    /// See [`change_sale_window`].
    ChangeSaleWindow(change_sale_window::ChangeSaleWindow),
    /// See [`change_ticket_type`].
    ChangeTicketType(Box<change_ticket_type::ChangeTicketType>),
    /// See [`reschedule`].
    Reschedule(reschedule::Reschedule),
    /// See [`replace_plan`].
    ReplacePlan(replace_plan::ReplacePlan),
    /// See [`change_capacity`].
    ChangeCapacity(change_capacity::ChangeCapacity),
    /// See [`place_block`].
    PlaceBlock(place_block::PlaceBlock),
    /// See [`release_block`].
    ReleaseBlock(release_block::ReleaseBlock),
    /// See [`place_hold`].
    PlaceHold(place_hold::PlaceHold),
    /// See [`add_hold_items`].
    AddHoldItems(add_hold_items::AddHoldItems),
    /// See [`remove_hold_items`].
    RemoveHoldItems(remove_hold_items::RemoveHoldItems),
    /// See [`extend_hold`].
    ExtendHold(extend_hold::ExtendHold),
    /// See [`release_hold`].
    ReleaseHold(release_hold::ReleaseHold),
    /// See [`expire_holds`].
    ExpireHolds,
    /// See [`place_order`].
    PlaceOrder(place_order::PlaceOrder),
    /// See [`cancel_order`].
    CancelOrder(cancel_order::CancelOrder),
    /// See [`start_payment`].
    StartPayment(start_payment::StartPayment),
    /// See [`record_payment`].
    RecordPayment(record_payment::RecordPayment),
    /// See [`settle_payment`].
    SettlePayment(settle_payment::SettlePayment),
    /// See [`record_capture`].
    RecordCapture(record_capture::RecordCapture),
    /// See [`record_void`].
    RecordVoid(record_void::RecordVoid),
    /// See [`change_refund_policy`].
    ChangeRefundPolicy(change_refund_policy::ChangeRefundPolicy),
    /// See [`refund_tickets`].
    RefundTickets(refund_tickets::RefundTickets),
    /// See [`record_refund`].
    RecordRefund(record_refund::RecordRefund),
    /// See [`retry_refund`].
    RetryRefund(retry_refund::RetryRefund),
    /// See [`offer_transfer`].
    OfferTransfer(offer_transfer::OfferTransfer),
    /// See [`accept_transfer`].
    AcceptTransfer(accept_transfer::AcceptTransfer),
    /// See [`end_transfer`].
    EndTransfer(end_transfer::EndTransfer),
    /// See [`cancel_show`].
    CancelShow(cancel_show::CancelShow),
    /// See [`wind_up`].
    WindUp,
}

/// Why an inventory says no. The texts are for people; `api` gives each a stable code and a status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InventoryRefused {
    /// There is a show, pool, ticket type, hold, order or payment with that id already.
    #[error("it exists already")]
    Exists,
    /// There is no such show.
    #[error("there is no such event")]
    UnknownShow,
    /// What was to be added does not make sense.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The show cannot be published yet.
    #[error("the event is not ready to be published")]
    NotReady(Vec<publish::Missing>),
    /// The show, or a ticket type, is not for sale at this time.
    #[error("the sale is not open")]
    SaleNotOpen {
        /// When it opens, if that is known and still to come.
        opens_at: Option<Timestamp>,
    },
    /// There is no such pool.
    #[error("there is no such pool")]
    UnknownPool,
    /// There is no such block.
    #[error("there is no such block")]
    UnknownBlock,
    /// What is to be released is not in the block.
    #[error("the block does not have that")]
    NotInBlock,
    /// It is not what the caller took it for.
    #[error("it has changed in the meantime")]
    Changed,
    /// A pool does not have that many units left.
    #[error("not enough is left")]
    PoolShort {
        /// The pool.
        pool: PoolId,
        /// How many could be held now.
        available: u32,
    },
    /// What is sold or kept back would not be in the new plan. Each list has at most [`replace_plan::NAMED_MAX`].
    #[error("what is sold, held or kept back does not fit into that seating plan")]
    PlanDoesNotFit {
        /// Seats that are not in it, or in another price category than they were sold in.
        seats: Vec<crate::seating::SeatId>,
        /// What sells a category of which it has no seats.
        ticket_types: Vec<TicketTypeId>,
        /// The pools of standing areas that are not in it.
        pools: Vec<PoolId>,
    },
    /// The organizer has paused the sale.
    #[error("the sale is paused")]
    SalePaused,
    /// The show is a draft.
    #[error("the event is not published yet")]
    NotPublished,
    /// There is no such seat in the plan.
    #[error("these seats do not exist in the seating plan")]
    UnknownSeats(Vec<crate::seating::SeatId>),
    /// There is no such ticket type.
    #[error("there is no such ticket type")]
    UnknownTicketType(TicketTypeId),
    /// Somebody else has them.
    #[error("somebody else has these seats")]
    SeatsTaken(Vec<crate::seating::SeatId>),
    /// There are not that many.
    #[error("not enough is left")]
    SoldOut(Vec<Left>),
    /// There are that many, but not side by side.
    #[error("there are not so many seats side by side")]
    NotTogether {
        /// The ticket type.
        ticket_type: TicketTypeId,
        /// How many there are side by side.
        together: u32,
    },
    /// Free seats would be left with nobody beside them.
    #[error("these seats would be left alone")]
    SeatsLeftAlone(Vec<crate::seating::SeatId>),
    /// More than one buyer, or one order, may have.
    #[error("that is more than one order may have")]
    LimitExceeded {
        /// The ticket type whose limit it is; none where it is the show's.
        ticket_type: Option<TicketTypeId>,
        /// The limit.
        limit: u32,
    },
    /// More than one buyer may have, with what they have already.
    #[error("that is more than one buyer may have")]
    BuyerLimitExceeded {
        /// How many they have already.
        has: u32,
        /// The limit.
        limit: u32,
    },
    /// There is no such fee or tax.
    #[error("there is no such fee or tax")]
    UnknownCharge,
    /// No more fees or taxes, or no more changes of them.
    #[error("the event has too many fees and taxes, or has changed them too often")]
    TooManyCharges,
    /// Fewer than one order must have.
    #[error("that is fewer than one order must have")]
    BelowMinimum {
        /// The ticket type whose limit it is.
        ticket_type: TicketTypeId,
        /// The limit.
        limit: u32,
    },
    /// There is no such hold.
    #[error("there is no such hold")]
    UnknownHold,
    /// The hold lapsed.
    #[error("the hold has lapsed")]
    HoldExpired,
    /// The hold was let go.
    #[error("the hold was let go")]
    HoldReleased,
    /// The hold has become an order.
    #[error("the hold has become an order")]
    HoldOrdered,
    /// What is to be removed is not in the hold.
    #[error("the hold does not have that")]
    NotInHold,
    /// Nothing would be left.
    #[error("nothing would be left in the hold")]
    HoldWouldBeEmpty,
    /// The hold cannot live longer.
    #[error("the hold cannot be extended any more")]
    ExtensionLimit,
    /// There is no such order.
    #[error("there is no such order")]
    UnknownOrder,
    /// The order lapsed.
    #[error("the order has lapsed")]
    OrderExpired,
    /// The order was cancelled.
    #[error("the order was cancelled")]
    OrderCancelled,
    /// The order is paid for, or just being paid for.
    #[error("the order is paid for")]
    OrderPaid,
    /// A payment for the order is just being settled.
    #[error("a payment is in progress")]
    PaymentInProgress,
    /// There is no such payment.
    #[error("there is no such payment")]
    UnknownPayment,
    /// The order has no tickets yet.
    #[error("the order is not paid for yet")]
    OrderNotPaid,
    /// The order has no such tickets.
    #[error("the order has no such tickets")]
    UnknownTickets(Vec<TicketId>),
    /// The tickets were given back before.
    #[error("these tickets were given back before")]
    TicketsReturned(Vec<TicketId>),
    /// No policy lets a buyer give tickets back now.
    #[error("these tickets cannot be given back")]
    NotRefundable {
        /// Until when they could be.
        ended_at: Option<Timestamp>,
    },
    /// Whoever takes tickets back says why.
    #[error("say why the tickets are taken back")]
    ReasonNeeded,
    /// The payer wants the money back through their bank.
    #[error("the payment is disputed")]
    PaymentDisputed,
    /// There is no such refund.
    #[error("there is no such refund")]
    UnknownRefund,
    /// The money has gone back.
    #[error("the refund has been made")]
    RefundMade,
    /// There is no such transfer.
    #[error("there is no such transfer")]
    UnknownTransfer,
    /// The transfer has ended.
    #[error("the transfer has ended")]
    TransferClosed,
    /// The ticket is offered to somebody already.
    #[error("the ticket is offered to somebody already")]
    TransferOpen(TransferId),
    /// The tickets have changed hands.
    #[error("these tickets belong to somebody else now")]
    TicketsPassedOn(Vec<TicketId>),
    /// The show has begun.
    #[error("the event has begun")]
    ShowBegun,
    /// The show does not take place.
    #[error("the event is cancelled")]
    ShowCancelled,
    /// The fact comes before the one it follows from; tell it again later.
    #[error("something else has to happen first")]
    TooEarly,
}

/// What does not make sense whatever the state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Nothing was asked for.
    #[error("ask for at least one seat or unit")]
    Nothing,
    /// More than [`ITEMS_MAX`].
    #[error("ask for at most {ITEMS_MAX} seats and units at once")]
    TooMany,
    /// The same seat twice.
    #[error("the same seat is named twice")]
    SeatTwice(crate::seating::SeatId),
    /// A quantity for a ticket type that sells named seats.
    #[error("this ticket type sells named seats: name them")]
    SeatNeeded(TicketTypeId),
    /// The seat's category sells as more than one ticket type.
    #[error("say as which ticket type")]
    TicketTypeNeeded {
        /// The seat.
        seat: crate::seating::SeatId,
        /// What it sells as.
        choices: Vec<TicketTypeId>,
    },
    /// The seat's category is not what the ticket type sells.
    #[error("the seat is not sold as that ticket type")]
    WrongTicketType(crate::seating::SeatId),
    /// More than [`best_available::BEST_MAX`].
    #[error("ask for at most {} best seats at once", best_available::BEST_MAX)]
    TooManyBest,
    /// More wheelchair places than seats.
    #[error("there cannot be more wheelchair places than seats")]
    MoreAccessibleThanSeats,
    /// Wheelchair places of a ticket type that has no seats.
    #[error("this ticket type has no seats")]
    NoSeats(TicketTypeId),
    /// A fee is an amount or a rate, and not both or neither.
    #[error("a fee is either an amount or a percentage")]
    NoAmount,
    /// The plan has no seats of that category.
    #[error("the seating plan has no seats of that category")]
    UnknownCategory,
    /// There is no such pool.
    #[error("there is no such pool")]
    UnknownPool(PoolId),
    /// A sale that would be over before it starts.
    #[error("the sale must start before it ends")]
    SaleWindow,
    /// A show cannot be moved into the past.
    #[error("the new start must be still to come")]
    PastStart,
    /// No order could have so many and so few.
    #[error("the minimum is above the maximum")]
    Limits,
    /// The same ticket twice.
    #[error("the same ticket is named twice")]
    TicketTwice,
    /// The order would come to more than [`crate::money::MINOR_MAX`].
    #[error("the amount is too large")]
    AmountTooLarge,
}

/// What is left of a ticket type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// The ticket type.
    pub ticket_type: TicketTypeId,
    /// How many of it could be held now.
    pub available: u32,
}

type Decision = Result<Vec<InventoryEvent>, InventoryRefused>;

impl Aggregate for Inventory {
    type Command = InventoryCommand;
    type Event = InventoryEvent;
    type Refusal = InventoryRefused;

    fn decide(&self, command: &InventoryCommand, now: Timestamp) -> Decision {
        match command {
            InventoryCommand::Draft(command) => draft::decide(command, self),
            InventoryCommand::DraftCopy(command) => draft_copy::decide(command, self),
            InventoryCommand::AddPool(command) => add_pool::decide(command, self),
            InventoryCommand::AddTicketType(command) => add_ticket_type::decide(command, self),
            InventoryCommand::AddFee(command) => add_fee::decide(command, self),
            InventoryCommand::RemoveFee(command) => remove_fee::decide(command, self),
            InventoryCommand::AddTax(command) => add_tax::decide(command, self),
            InventoryCommand::RemoveTax(command) => remove_tax::decide(command, self),
            InventoryCommand::Publish => publish::decide(self, now),
            InventoryCommand::PauseSale(command) => pause_sale::decide(command, self),
            InventoryCommand::ResumeSale => resume_sale::decide(self),
            InventoryCommand::ChangeSaleWindow(command) => change_sale_window::decide(command, self),
            InventoryCommand::ChangeTicketType(command) => change_ticket_type::decide(command, self),
            InventoryCommand::Reschedule(command) => reschedule::decide(command, self, now),
            InventoryCommand::ReplacePlan(command) => replace_plan::decide(command, self, now),
            InventoryCommand::ChangeCapacity(command) => change_capacity::decide(command, self),
            InventoryCommand::PlaceBlock(command) => place_block::decide(command, self, now),
            InventoryCommand::ReleaseBlock(command) => release_block::decide(command, self),
            InventoryCommand::PlaceHold(command) => place_hold::decide(command, self, now),
            InventoryCommand::AddHoldItems(command) => add_hold_items::decide(command, self, now),
            InventoryCommand::RemoveHoldItems(command) => remove_hold_items::decide(command, self, now),
            InventoryCommand::ExtendHold(command) => extend_hold::decide(command, self, now),
            InventoryCommand::ReleaseHold(command) => release_hold::decide(command, self, now),
            InventoryCommand::ExpireHolds => Ok(expire_holds::decide(self, now)),
            InventoryCommand::PlaceOrder(command) => place_order::decide(command, self, now),
            InventoryCommand::CancelOrder(command) => cancel_order::decide(command, self, now),
            InventoryCommand::StartPayment(command) => start_payment::decide(command, self, now),
            InventoryCommand::RecordPayment(command) => record_payment::decide(command, self, now),
            InventoryCommand::SettlePayment(command) => settle_payment::decide(command, self, now),
            InventoryCommand::RecordCapture(command) => record_capture::decide(command, self),
            InventoryCommand::RecordVoid(command) => record_void::decide(command, self),
            InventoryCommand::ChangeRefundPolicy(command) => change_refund_policy::decide(command, self),
            InventoryCommand::RefundTickets(command) => refund_tickets::decide(command, self, now),
            InventoryCommand::RecordRefund(command) => record_refund::decide(command, self),
            InventoryCommand::RetryRefund(command) => retry_refund::decide(command, self),
            InventoryCommand::OfferTransfer(command) => offer_transfer::decide(command, self, now),
            InventoryCommand::AcceptTransfer(command) => accept_transfer::decide(command, self, now),
            InventoryCommand::EndTransfer(command) => end_transfer::decide(command, self),
            InventoryCommand::CancelShow(command) => cancel_show::decide(command, self),
            InventoryCommand::WindUp => wind_up::decide(self),
        }
    }

    fn evolve(&mut self, event: &InventoryEvent, at: Timestamp) {
        let _ = at;
        self.fold(event);
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    fn lapse_command() -> Option<InventoryCommand> {
        Some(InventoryCommand::ExpireHolds)
    }

    const SNAPSHOT_VERSION: Option<u16> = Some(3);

    fn snapshot(&self) -> Option<Vec<u8>> {
        self.to_bytes()
    }

    fn restore(bytes: &[u8], layouts: &dyn Layouts) -> Result<Self, NotRestored> {
        Self::from_bytes(bytes, layouts)
    }
}

impl Streamed for Inventory {
    type Id = ShowId;

    fn stream(id: ShowId) -> StreamName {
        StreamName::inventory(id)
    }
}

impl Hold {
    /// Whether the hold still has what it holds.
    fn is_live(&self, now: Timestamp) -> bool {
        match self.phase {
            Phase::Secured => true,
            Phase::Open | Phase::Ordered => before_deadline(now, self.expires_at),
            Phase::Released | Phase::Expired => false,
        }
    }

    /// Whether the hold has lapsed although its expiry has not been recorded.
    fn is_overdue(&self, now: Timestamp) -> bool {
        matches!(self.phase, Phase::Open | Phase::Ordered) && !self.is_live(now)
    }
}

/// The one place that knows on which side of its deadline a moment is.
fn before_deadline(now: Timestamp, deadline: Timestamp) -> bool {
    if mutant::is_on(Mutant::LateExpiry) { now <= deadline } else { now < deadline }
}

impl Inventory {
    fn terms(&self) -> Result<&Terms, InventoryRefused> {
        self.terms.as_ref().ok_or(InventoryRefused::UnknownShow)
    }

    fn plan(&self) -> Option<&Layout> {
        self.terms.as_ref().and_then(|terms| terms.plan.as_deref())
    }

    fn ticket_type(&self, id: TicketTypeId) -> Option<&TicketType> {
        self.type_index.get(&id).and_then(|index| self.types.get(*index))
    }

    fn seat_index(&self, item: &Item) -> Option<SeatIndex> {
        self.plan()?.index_of(item.seat.as_ref()?.as_str())
    }

    /// Who has a seat; a hold, recorded or not as lapsed.
    fn claimant(&self, seat: SeatIndex) -> Option<Claimant> {
        self.claims.get(usize::try_from(seat).ok()?).copied().flatten()
    }

    /// How many seats of a run nobody has claimed.
    fn free_in_run(&self, runs: &Runs, run: RunIndex) -> u32 {
        let of_run = usize::try_from(run).ok().and_then(|run| self.unclaimed.get(run)).copied();
        of_run.unwrap_or_else(|| u32::try_from(runs.seats(run).len()).unwrap_or(u32::MAX))
    }

    /// A hold that its buyer can still change.
    fn open_hold(&self, id: HoldId, now: Timestamp) -> Result<&Hold, InventoryRefused> {
        let hold = self.holds.get(&id).ok_or(InventoryRefused::UnknownHold)?;
        if mutant::is_on(Mutant::NoHoldId) {
            return Ok(hold);
        }
        match hold.phase {
            Phase::Open if hold.is_live(now) => Ok(hold),
            Phase::Open | Phase::Expired => Err(InventoryRefused::HoldExpired),
            Phase::Ordered if !hold.is_live(now) => Err(InventoryRefused::HoldExpired),
            Phase::Ordered | Phase::Secured => Err(InventoryRefused::HoldOrdered),
            Phase::Released => Err(InventoryRefused::HoldReleased),
        }
    }

    /// An order that can still be paid or cancelled, and its hold.
    fn open_order(&self, id: OrderId, now: Timestamp) -> Result<(&Order, &Hold), InventoryRefused> {
        let order = self.orders.get(&id).ok_or(InventoryRefused::UnknownOrder)?;
        let hold = self.holds.get(&order.hold).ok_or(InventoryRefused::UnknownHold)?;
        match order.phase {
            OrderPhase::Placed if hold.is_live(now) => Ok((order, hold)),
            OrderPhase::Placed => Err(InventoryRefused::OrderExpired),
            OrderPhase::Secured(_) | OrderPhase::Ticketed => Err(InventoryRefused::OrderPaid),
            OrderPhase::Cancelled => Err(InventoryRefused::OrderCancelled),
        }
    }

    /// Whether the show's own sale window is open.
    fn check_sale_open(&self, now: Timestamp) -> Result<(), InventoryRefused> {
        let drafted = &self.terms()?.drafted;
        let opens_at = drafted.sale_starts_at.filter(|opens_at| now < *opens_at);
        let closes_at = drafted.sale_ends_at.map_or(drafted.starts_at, |ends| ends.min(drafted.starts_at));
        if !self.published || now >= closes_at {
            return Err(InventoryRefused::SaleNotOpen { opens_at: opens_at.filter(|_| self.published) });
        }
        self.check_takes_place()?;
        // Before the window opens too: nobody is promised an opening that the organizer has stopped.
        if self.paused {
            return Err(InventoryRefused::SalePaused);
        }
        opens_at.map_or(Ok(()), |opens_at| Err(InventoryRefused::SaleNotOpen { opens_at: Some(opens_at) }))
    }
}

impl TicketType {
    /// Whether the type's own sale window is open.
    fn check_sale_open(&self, now: Timestamp) -> Result<(), InventoryRefused> {
        let opens_at = self.added.sale_starts_at.filter(|opens_at| now < *opens_at);
        if opens_at.is_some() || self.added.sale_ends_at.is_some_and(|ends_at| now >= ends_at) {
            return Err(InventoryRefused::SaleNotOpen { opens_at });
        }
        Ok(())
    }
}
