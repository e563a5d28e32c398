//! What can have happened to an inventory. Fields stand in alphabetical order: see [`crate::stored_events`].
//!
//! Money is in minor units of the show's currency, which the first event names.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Layouts, Unreadable};
use crate::digest::Digest;
use crate::entries::Entries;
use crate::id::{
    BlockId, FeeId, HoldId, OrderId, PaymentId, PersonId, PoolId, RefundId, ShowId, TaxId, TicketId,
    TicketTypeId, TransferId,
};
use crate::money::{Currency, Minor};
use crate::pricing::{FeeLine, Rate, Share, TariffIndex, TaxLine};
use crate::refund::RefundPolicy;
use crate::seating::{Layout, SeatId};
use crate::stored_events;
use crate::time::Timestamp;

stored_events! {
    /// A fact about one show's inventory.
    InventoryEvent {
        /// The show exists; nothing is for sale yet.
        InventoryDrafted = "inventory_drafted" v 1,
        /// A capacity was added.
        PoolAdded = "pool_added" v 1,
        /// Something to buy was added.
        TicketTypeAdded = "ticket_type_added" v 1,
        /// Something is charged beside prices, for what is held from now on.
        FeeAdded = "fee_added" v 1,
        /// A fee is not charged any more, for what is held from now on.
        FeeRemoved = "fee_removed" v 1,
        /// A tax is due, for what is held from now on.
        TaxAdded = "tax_added" v 1,
        /// A tax is not due any more, for what is held from now on.
        TaxRemoved = "tax_removed" v 1,
        /// From now on the sale windows decide whether it sells.
        InventoryPublished = "inventory_published" v 1,
        /// The sale starts or ends at another time.
        SaleWindowChanged = "sale_window_changed" v 1,
        /// What is sold is sold on other terms from now on.
        TicketTypeChanged = "ticket_type_changed" v 1,
        /// The show starts at another time.
        InventoryRescheduled = "inventory_rescheduled" v 1,
        /// Nothing more is held until the sale is resumed.
        SalePaused = "sale_paused" v 1,
        /// The sale windows decide again.
        SaleResumed = "sale_resumed" v 1,
        /// The seats are those of another plan.
        PlanReplaced = "plan_replaced" v 1,
        /// A pool has more or fewer units.
        PoolCapacityChanged = "pool_capacity_changed" v 1,
        /// The organizer keeps seats or units back.
        BlockPlaced = "block_placed" v 1,
        /// What was kept back is for sale.
        BlockReleased = "block_released" v 1,
        /// Seats or units are reserved for one buyer.
        HoldPlaced = "hold_placed" v 1,
        /// A hold has more in it.
        HoldItemsAdded = "hold_items_added" v 1,
        /// A hold has less in it.
        HoldItemsRemoved = "hold_items_removed" v 1,
        /// A hold lives longer.
        HoldExtended = "hold_extended" v 1,
        /// The buyer let go.
        HoldReleased = "hold_released" v 1,
        /// A hold lapsed, and so did its order if it had one.
        HoldExpired = "hold_expired" v 1,
        /// A hold became a purchase with a price.
        OrderPlaced = "order_placed" v 1,
        /// An order ended before it was paid.
        OrderCancelled = "order_cancelled" v 1,
        /// An attempt to pay began.
        PaymentStarted = "payment_started" v 1,
        /// The payer has to do something with their bank.
        PaymentActionRequired = "payment_action_required" v 1,
        /// The provider has reserved the money.
        PaymentAuthorised = "payment_authorised" v 1,
        /// The provider said no.
        PaymentDeclined = "payment_declined" v 1,
        /// The provider let reserved money go by itself, before anything was decided on it.
        PaymentLapsed = "payment_lapsed" v 1,
        /// A lapsed hold took its seats again, because they were still free.
        HoldReclaimed = "hold_reclaimed" v 1,
        /// The seats of an order can no longer be lost: it is free, or its money is reserved.
        OrderSecured = "order_secured" v 1,
        /// The money has come.
        PaymentCaptured = "payment_captured" v 1,
        /// The money that was reserved did not come.
        PaymentCaptureFailed = "payment_capture_failed" v 1,
        /// Reserved money has to be let go, because there is nothing to sell for it.
        PaymentVoidDue = "payment_void_due" v 1,
        /// Reserved money was let go.
        PaymentVoided = "payment_voided" v 1,
        /// The payer wants the money back through their bank.
        PaymentDisputed = "payment_disputed" v 1,
        /// The buyer has tickets.
        TicketsIssued = "tickets_issued" v 1,
        /// Buyers may give tickets back on other terms from now on.
        RefundPolicyChanged = "refund_policy_changed" v 1,
        /// Tickets are good no longer, and their seats are free.
        TicketsReturned = "tickets_returned" v 1,
        /// Money that has come has to go back.
        RefundDue = "refund_due" v 1,
        /// The money has gone back.
        RefundMade = "refund_made" v 1,
        /// The provider did not give the money back.
        RefundFailed = "refund_failed" v 1,
        /// A refund that failed is to be tried again.
        RefundRetried = "refund_retried" v 1,
        /// A ticket is offered to somebody.
        TransferOffered = "transfer_offered" v 1,
        /// The ticket is theirs, and its former code is good no longer.
        TransferAccepted = "transfer_accepted" v 1,
        /// The ticket stays where it is.
        TransferEnded = "transfer_ended" v 1,
        /// The show does not take place.
        InventoryCancelled = "inventory_cancelled" v 1,
    }
}

/// One seat, or one unit of a ticket type that draws on pools.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// In minor units.
    pub price: Minor,
    /// The seat, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<SeatId>,
    /// As what it is sold.
    pub ticket_type: TicketTypeId,
}

/// One item of an order with the ticket that it becomes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketItem {
    /// In minor units.
    pub price: Minor,
    /// The seat, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<SeatId>,
    /// The ticket.
    pub ticket: TicketId,
    /// As what it is sold.
    pub ticket_type: TicketTypeId,
}

macro_rules! payloads {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident : $type:ty ),* $(,)? } )+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $( $(#[$field_doc])* pub $field: $type, )* }
    )+};
}

/// See [`InventoryEvent::InventoryDrafted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InventoryDrafted {
    /// What all amounts of this stream are in.
    pub currency: Currency,
    /// How long a hold lives, in seconds.
    pub hold_seconds: u32,
    /// How long a hold lives at most, extensions included, in seconds.
    pub hold_seconds_max: u32,
    /// The digest of the seating layout, where there are seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Digest>,
    /// How many tickets one buyer may have at most, and so one hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_buyer: Option<u32>,
    /// How many tickets one order may have at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_order: Option<u32>,
    /// The layout itself: not stored, found by its digest when the event is read.
    #[serde(skip)]
    pub plan: Option<Arc<Layout>>,
    /// On what terms buyers may give tickets back; not at all unless it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_policy: Option<RefundPolicy>,
    /// When the sale ends; else when the show starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_ends_at: Option<Timestamp>,
    /// When the sale starts; else with the publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_starts_at: Option<Timestamp>,
    /// The show.
    pub show: ShowId,
    /// What becomes of who would leave a seat alone; nothing unless it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_seat_rule: Option<SingleSeatRule>,
    /// When the show starts.
    pub starts_at: Timestamp,
}

/// What becomes of who would leave a seat alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SingleSeatRule {
    /// They are refused.
    Refuse,
}

/// See [`InventoryEvent::PlanReplaced`]. Seats are named as before: one that both plans have is the same seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanReplaced {
    /// The digest of the seating layout.
    pub layout: Digest,
    /// The layout itself: not stored, found by its digest when the event is read.
    #[serde(skip)]
    pub plan: Option<Arc<Layout>>,
}

/// See [`InventoryEvent::SaleWindowChanged`]. Says the whole window anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaleWindowChanged {
    /// When the sale ends now; else when the show starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_ends_at: Option<Timestamp>,
    /// When the sale starts now; else with the publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_starts_at: Option<Timestamp>,
}

/// See [`InventoryEvent::TicketTypeChanged`]. Says everything anew that can change; what is held keeps its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketTypeChanged {
    /// How often one ticket of it admits; once unless it is told, and 0 is without a limit.
    #[serde(default, skip_serializing_if = "Entries::is_once")]
    pub entries: Entries,
    /// Sold only to those who know of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// How many of it one hold may have at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_order: Option<u32>,
    /// How many of it one order must have at least, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_per_order: Option<u32>,
    /// What people call it.
    pub name: String,
    /// In minor units.
    pub price: Minor,
    /// When its sale ends, where that differs from the show's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_ends_at: Option<Timestamp>,
    /// When its sale starts, where that differs from the show's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_starts_at: Option<Timestamp>,
    /// The ticket type.
    pub ticket_type: TicketTypeId,
}

impl TicketTypeChanged {
    /// What can change of a ticket type, as it is.
    #[must_use]
    pub fn of(added: &TicketTypeAdded) -> Self {
        Self {
            entries: added.entries,
            hidden: added.hidden,
            max_per_order: added.max_per_order,
            min_per_order: added.min_per_order,
            name: added.name.clone(),
            price: added.price,
            sale_ends_at: added.sale_ends_at,
            sale_starts_at: added.sale_starts_at,
            ticket_type: added.ticket_type,
        }
    }

    /// The ticket type with what has changed.
    pub fn change(&self, added: &mut TicketTypeAdded) {
        let Self { hidden, max_per_order, min_per_order, name, price, sale_ends_at, sale_starts_at, .. } =
            self;
        (added.entries, added.hidden, added.price) = (self.entries, *hidden, *price);
        (added.max_per_order, added.min_per_order) = (*max_per_order, *min_per_order);
        (added.sale_ends_at, added.sale_starts_at) = (*sale_ends_at, *sale_starts_at);
        added.name.clone_from(name);
    }
}

/// See [`InventoryEvent::BlockPlaced`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockPlaced {
    /// The block.
    pub block: BlockId,
    /// The pool whose units are kept back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// How many units of the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// What for, as the organizer puts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The seats that are kept back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SeatId>,
}

/// See [`InventoryEvent::BlockReleased`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockReleased {
    /// The block, which keeps what is not named here.
    pub block: BlockId,
    /// How many units are for sale again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// The seats that are for sale again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SeatId>,
}

/// See [`InventoryEvent::SalePaused`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SalePaused {
    /// Why, as the organizer puts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// See [`InventoryEvent::RefundPolicyChanged`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundPolicyChanged {
    /// The terms; none: tickets are not given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<RefundPolicy>,
}

/// See [`InventoryEvent::TicketsReturned`]. What of their value is not kept is due back by the next event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketsReturned {
    /// The hold whose seats are free again.
    pub hold: HoldId,
    /// What of their value the organizer keeps, in minor units.
    pub kept: Minor,
    /// How many tickets the order still has.
    pub left: u32,
    /// What the operator says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The order.
    pub order: OrderId,
    /// Why.
    pub reason: ReturnReason,
    /// The tickets, as they were issued.
    pub tickets: Vec<TicketItem>,
}

/// See [`InventoryEvent::RefundDue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundDue {
    /// In minor units.
    pub amount: Minor,
    /// The order.
    pub order: OrderId,
    /// The payment that it goes back to.
    pub payment: PaymentId,
    /// Why.
    pub reason: RefundReason,
    /// The refund.
    pub refund: RefundId,
    /// The tickets that it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<TicketId>,
}

/// See [`InventoryEvent::InventoryCancelled`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InventoryCancelled {
    /// How many orders have tickets, or are about to: each of them ends with what was paid for it due back.
    pub orders: u32,
    /// Why, as the organizer puts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

payloads! {
    /// See [`InventoryEvent::PoolAdded`].
    PoolAdded {
        /// How many units it has.
        capacity: u32,
        /// What people call it.
        name: String,
        /// The pool.
        pool: PoolId,
    }
    /// See [`InventoryEvent::InventoryRescheduled`].
    InventoryRescheduled {
        /// When the show starts now.
        starts_at: Timestamp,
    }
    /// See [`InventoryEvent::PoolCapacityChanged`].
    PoolCapacityChanged {
        /// How many units it has now; may be fewer than are held and sold.
        capacity: u32,
        /// The pool.
        pool: PoolId,
    }
    /// See [`InventoryEvent::InventoryPublished`].
    InventoryPublished {}
    /// See [`InventoryEvent::SaleResumed`].
    SaleResumed {}
    /// See [`InventoryEvent::HoldItemsAdded`].
    HoldItemsAdded {
        /// The hold.
        hold: HoldId,
        /// What was added.
        items: Vec<Item>,
    }
    /// See [`InventoryEvent::HoldItemsRemoved`].
    HoldItemsRemoved {
        /// The hold.
        hold: HoldId,
        /// What was removed.
        items: Vec<Item>,
    }
    /// See [`InventoryEvent::HoldExtended`].
    HoldExtended {
        /// The new deadline.
        expires_at: Timestamp,
        /// The hold.
        hold: HoldId,
    }
    /// See [`InventoryEvent::HoldReleased`].
    HoldReleased {
        /// The hold.
        hold: HoldId,
    }
    /// See [`InventoryEvent::HoldExpired`].
    HoldExpired {
        /// The hold.
        hold: HoldId,
    }
    /// See [`InventoryEvent::FeeRemoved`].
    FeeRemoved {
        /// The fee.
        fee: FeeId,
    }
    /// See [`InventoryEvent::TaxRemoved`].
    TaxRemoved {
        /// The tax.
        tax: TaxId,
    }
    /// See [`InventoryEvent::OrderCancelled`].
    OrderCancelled {
        /// The hold whose seats are free again.
        hold: HoldId,
        /// The order.
        order: OrderId,
        /// Why.
        reason: CancelReason,
    }
    /// See [`InventoryEvent::PaymentStarted`].
    PaymentStarted {
        /// In minor units.
        amount: Minor,
        /// `card`, for example.
        method: String,
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
        /// Who moves the money.
        provider: String,
    }
    /// See [`InventoryEvent::PaymentActionRequired`].
    PaymentActionRequired {
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
    }
    /// See [`InventoryEvent::PaymentAuthorised`].
    PaymentAuthorised {
        /// What was reserved, in minor units.
        amount: Minor,
        /// When, as the provider tells it; not after it was recorded.
        authorised_at: Timestamp,
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
    }
    /// See [`InventoryEvent::PaymentDeclined`].
    PaymentDeclined {
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
        /// What the provider says, in `snake_case`.
        reason: String,
    }
    /// See [`InventoryEvent::PaymentLapsed`].
    PaymentLapsed {
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
    }
    /// See [`InventoryEvent::HoldReclaimed`].
    HoldReclaimed {
        /// The hold.
        hold: HoldId,
        /// Its order, whose payment came late.
        order: OrderId,
    }
    /// See [`InventoryEvent::PaymentCaptured`].
    PaymentCaptured {
        /// In minor units.
        amount: Minor,
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
    }
    /// See [`InventoryEvent::PaymentCaptureFailed`].
    PaymentCaptureFailed {
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
        /// What the provider says, in `snake_case`.
        reason: String,
    }
    /// See [`InventoryEvent::PaymentVoidDue`].
    PaymentVoidDue {
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
        /// Why there is nothing to sell for it.
        reason: VoidReason,
    }
    /// See [`InventoryEvent::PaymentVoided`].
    PaymentVoided {
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
    }
    /// See [`InventoryEvent::PaymentDisputed`].
    PaymentDisputed {
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
    }
    /// See [`InventoryEvent::TicketsIssued`].
    TicketsIssued {
        /// The order.
        order: OrderId,
        /// The tickets.
        tickets: Vec<TicketItem>,
    }
    /// See [`InventoryEvent::TransferOffered`].
    TransferOffered {
        /// Who is to have it; the vault knows more.
        recipient: PersonId,
        /// The ticket.
        ticket: TicketId,
        /// The transfer.
        transfer: TransferId,
    }
    /// See [`InventoryEvent::TransferAccepted`].
    TransferAccepted {
        /// The number of its code that is good from now on; the first one is 0.
        code: u16,
        /// Who has it; the vault knows more.
        holder: PersonId,
        /// The ticket.
        ticket: TicketId,
        /// The transfer.
        transfer: TransferId,
    }
    /// See [`InventoryEvent::TransferEnded`].
    TransferEnded {
        /// Why.
        reason: TransferEnd,
        /// The ticket.
        ticket: TicketId,
        /// The transfer.
        transfer: TransferId,
    }
    /// See [`InventoryEvent::RefundMade`].
    RefundMade {
        /// The order.
        order: OrderId,
        /// The payment that it went back to.
        payment: PaymentId,
        /// The refund.
        refund: RefundId,
    }
    /// See [`InventoryEvent::RefundFailed`].
    RefundFailed {
        /// The order.
        order: OrderId,
        /// The payment that it should have gone back to.
        payment: PaymentId,
        /// What the provider says, in `snake_case`.
        reason: String,
        /// The refund.
        refund: RefundId,
    }
    /// See [`InventoryEvent::RefundRetried`].
    RefundRetried {
        /// In minor units.
        amount: Minor,
        /// How often the provider could not make it before.
        failures: u32,
        /// The order.
        order: OrderId,
        /// The payment that it goes back to.
        payment: PaymentId,
        /// The refund.
        refund: RefundId,
    }
}

/// See [`InventoryEvent::TicketTypeAdded`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketTypeAdded {
    /// How often one ticket of it admits; once unless it is told, and 0 is without a limit.
    #[serde(default, skip_serializing_if = "Entries::is_once")]
    pub entries: Entries,
    /// Sold only to those who know of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// How many of it one hold may have at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_order: Option<u32>,
    /// How many of it one order must have at least, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_per_order: Option<u32>,
    /// What people call it.
    pub name: String,
    /// The pools it draws on; the smallest decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolId>,
    /// In minor units.
    pub price: Minor,
    /// The price category whose seats it sells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_category: Option<String>,
    /// When its sale ends, where that differs from the show's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_ends_at: Option<Timestamp>,
    /// When its sale starts, where that differs from the show's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_starts_at: Option<Timestamp>,
    /// The ticket type.
    pub ticket_type: TicketTypeId,
}

/// See [`InventoryEvent::HoldPlaced`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldPlaced {
    /// The hold is live before this moment.
    pub expires_at: Timestamp,
    /// The hold.
    pub hold: HoldId,
    /// What is held.
    pub items: Vec<Item>,
    /// No extension goes beyond this moment.
    pub max_expires_at: Timestamp,
    /// The fees and taxes that its buyer saw: how often they had changed by then.
    #[serde(default, skip_serializing_if = "is_first")]
    pub tariff: TariffIndex,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_first(tariff: &TariffIndex) -> bool {
    *tariff == 0
}

/// See [`InventoryEvent::OrderPlaced`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPlaced {
    /// Who buys; the vault knows more.
    pub buyer: PersonId,
    /// The same for all orders of one buyer, where the show limits what one may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_key: Option<Digest>,
    /// The deadline, which is the hold's.
    pub expires_at: Timestamp,
    /// What is charged beside prices, as the hold's buyer saw it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<FeeLine>,
    /// The hold that it was.
    pub hold: HoldId,
    /// What is bought, each with the ticket that it will become.
    pub items: Vec<TicketItem>,
    /// The order.
    pub order: OrderId,
    /// What of fees and taxes belongs to each item; none at all where there are neither.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
    /// The taxes in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<TaxLine>,
    /// What is to be paid, in minor units: prices, fees that are charged, and taxes that are added.
    pub total: Minor,
}

/// See [`InventoryEvent::FeeAdded`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeAdded {
    /// The organizer bears it: it is told, and not charged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absorbed: bool,
    /// In minor units, where it does not depend on prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Minor>,
    /// The fee.
    pub fee: FeeId,
    /// What people call it.
    pub name: String,
    /// What it is charged for.
    pub per: FeePer,
    /// The share of prices, in millionths, where it depends on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// The ticket types that it is for; none: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticket_types: Vec<TicketTypeId>,
}

/// What a fee is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeePer {
    /// Each ticket.
    Ticket,
    /// All tickets of an order together.
    Order,
}

/// See [`InventoryEvent::TaxAdded`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxAdded {
    /// Prices and fees include it; else it is added to them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub included: bool,
    /// What people call it.
    pub name: String,
    /// What it is taken from.
    pub on: TaxedPart,
    /// What is rounded.
    pub per: TaxPer,
    /// In millionths.
    pub rate: Rate,
    /// The tax.
    pub tax: TaxId,
    /// The ticket types that it is for; none: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticket_types: Vec<TicketTypeId>,
}

/// What a tax is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxedPart {
    /// Prices.
    Tickets,
    /// Fees that are charged.
    Fees,
    /// Both.
    All,
}

/// Whether a tax is rounded for each line of an order, or once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxPer {
    /// For each line.
    Line,
    /// Once.
    Order,
}

/// See [`InventoryEvent::OrderSecured`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderSecured {
    /// The hold, which no longer lapses.
    pub hold: HoldId,
    /// The order.
    pub order: OrderId,
    /// The payment that secured it; none where the order is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentId>,
}

/// Why an order was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The buyer asked for it.
    Requested,
    /// The money that was reserved did not come.
    CaptureFailed,
}

/// Why tickets are good no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    /// The buyer gave them back.
    Requested,
    /// The operator took them back.
    Operator,
    /// The show does not take place.
    ShowCancelled,
}

/// Why a ticket that was offered stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferEnd {
    /// Who was to have it does not want it.
    Refused,
    /// Who has it keeps it.
    Withdrawn,
}

/// Why money that has come goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The buyer gave tickets back.
    Requested,
    /// The operator took tickets back.
    Operator,
    /// The show does not take place.
    ShowCancelled,
    /// It came after the order was cancelled, because it had not come.
    CapturedLate,
}

impl From<ReturnReason> for RefundReason {
    fn from(reason: ReturnReason) -> Self {
        match reason {
            ReturnReason::Requested => Self::Requested,
            ReturnReason::Operator => Self::Operator,
            ReturnReason::ShowCancelled => Self::ShowCancelled,
        }
    }
}

/// Why reserved money has to be let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// The hold had lapsed, and somebody else has the seats.
    SeatsGone,
    /// The order was cancelled before.
    OrderCancelled,
    /// Another payment has already paid for the order.
    AlreadyPaid,
    /// It is not the amount that the order comes to.
    AmountDiffers,
    /// The show no longer sells.
    SaleEnded,
    /// The show does not take place.
    ShowCancelled,
}

impl InventoryEvent {
    /// Gives the event what its payload only names.
    pub(crate) fn complete(mut self, layouts: &dyn Layouts) -> Result<Self, Unreadable> {
        let find = |digest| layouts.layout(digest).ok_or(Unreadable::MissingLayout(digest));
        if let Self::InventoryDrafted(drafted) = &mut self {
            drafted.plan = drafted.layout.map(find).transpose()?;
        } else if let Self::PlanReplaced(replaced) = &mut self {
            replaced.plan = Some(find(replaced.layout)?);
        }
        Ok(self)
    }
}
