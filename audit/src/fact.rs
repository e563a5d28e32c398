//! What an event says: every type of event with its payload, field by field, as `docs/log-format.md` lists them.

#![expect(
    clippy::enum_variant_names,
    clippy::struct_field_names,
    reason = "types and fields are named as the log names them"
)]

use crate::reader::{Flag, Listed, Reader, Text, Unread, Value};
use crate::rule::{Rule, Verdict};
use crate::value::{
    BlockId, Currency, Digest, FeeId, HoldId, OrderId, OrganizerId, PaymentId, PersonId, PlanId, PoolId,
    RefundId, ShowId, Stream, TaxId, TicketId, Time, TransferId, TypeId, VenueId,
};

/// Declares objects by their fields, in the order of their names, which is the order in which they stand.
macro_rules! record {
    ($( $(#[$doc:meta])* struct $name:ident { $($field:ident : $type:ty),* $(,)? } )+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) struct $name { $(pub(crate) $field: $type,)* }

        impl $crate::reader::Value for $name {
            fn read(reader: &mut $crate::reader::Reader<'_>) -> Result<Self, $crate::reader::Unread> {
                reader.open()?;
                let read = Self { $($field: $crate::reader::Field::field(reader, concat!(",\"", stringify!($field), "\":"))?,)* };
                reader.close()?;
                Ok(read)
            }
        }
    )+};
}
pub(crate) use record;

/// Declares the types of events of each kind of stream.
macro_rules! facts {
    ($(
        $(#[$doc:meta])*
        $kind:ident($facts:ident) = $kind_name:literal {
            $($name:ident = $type:literal v $schema:literal { $($field:ident : $value:ty),* $(,)? })+
        }
    )+) => {
        record! { $($( struct $name { $($field: $value),* } )+)+ }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub(crate) enum $facts { $($name($name)),+ }
        )+

        /// What an event says.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) enum Fact { $($kind($facts)),+ }

        impl Fact {
            /// Reads a payload.
            pub(crate) fn read(stream: Stream, event_type: &str, schema_version: u32, payload: &str) -> Verdict<Self> {
                let mut reader = Reader::new(payload);
                let read = match (stream.kind(), event_type, schema_version) {
                    $($( ($kind_name, $type, $schema) => {
                        $name::read(&mut reader).map(|fact| Self::$kind($facts::$name(fact)))
                    } )+)+
                    (kind, _, _) => return Rule::TypeIsKnown.broken(format!(
                        "`{event_type}`, schema version {schema_version}, in a stream of kind `{kind}`"
                    )),
                };
                match read.and_then(|fact| reader.end().map(|()| fact)) {
                    Ok(fact) => Ok(fact),
                    Err(Unread(reason)) => {
                        Rule::PayloadHasItsFields.broken(format!("`{event_type}`: {reason} of the payload"))
                    }
                }
            }
        }
    };
}

record! {
    /// One seat, or one unit of a ticket type that draws on pools.
    struct Item { price: u64, seat: Option<Box<str>>, ticket_type: TypeId }

    /// An item of an order with the ticket that it becomes.
    struct TicketItem { price: u64, seat: Option<Box<str>>, ticket: TicketId, ticket_type: TypeId }

    /// What a fee of an order comes to.
    struct FeeLine { absorbed: Flag, amount: u64, fee: FeeId, name: Box<str> }

    /// What a tax of an order comes to.
    struct TaxLine { amount: u64, included: Flag, name: Box<str>, rate: u64, tax: TaxId }

    /// What of an order's fees and taxes belongs to one ticket.
    #[derive(Copy, Default)]
    struct Share { fees: u64, taxes: u64, taxes_included: u64 }

    /// On what terms buyers may give tickets back.
    #[derive(Copy)]
    struct RefundPolicy { fees_kept: Flag, rate: u64, seconds_before_start: u32 }

    struct Address { city: Text, country: Text, line1: Option<Text>, postal_code: Option<Text> }

    struct Location { lat_e6: i64, lng_e6: i64 }
}

/// Declares words of which one stands in a field.
macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),+ })+) => {$(
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),+ }

        impl Value for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, Unread> {
                match &*reader.string()? {
                    $($word => Ok(Self::$variant),)+
                    _ => reader.expected(concat!("one of", $(" `", $word, "`"),+, " before this")),
                }
            }
        }
    )+};
}

words! {
    CancelReason { Requested = "requested", CaptureFailed = "capture_failed" }
    VoidReason {
        SeatsGone = "seats_gone",
        OrderCancelled = "order_cancelled",
        AlreadyPaid = "already_paid",
        AmountDiffers = "amount_differs",
        SaleEnded = "sale_ended",
        ShowCancelled = "show_cancelled"
    }
    TransferEnd { Refused = "refused", Withdrawn = "withdrawn" }
    ReturnReason { Requested = "requested", Operator = "operator", ShowCancelled = "show_cancelled" }
    RefundReason {
        Requested = "requested",
        Operator = "operator",
        ShowCancelled = "show_cancelled",
        CapturedLate = "captured_late"
    }
    SingleSeatRule { Refuse = "refuse" }
    FeePer { Ticket = "ticket", Order = "order" }
    TaxPer { Line = "line", Order = "order" }
    TaxedPart { Tickets = "tickets", Fees = "fees", All = "all" }
    PlanFormat { Pretix = "pretix", Seatsio = "seatsio" }
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

facts! {
    /// What happened to the seats, holds, orders and tickets of a show.
    Inventory(InventoryFact) = "inventory" {
        InventoryDrafted = "inventory_drafted" v 1 {
            currency: Currency,
            hold_seconds: u32,
            hold_seconds_max: u32,
            layout: Option<Digest>,
            max_per_buyer: Option<u32>,
            max_per_order: Option<u32>,
            refund_policy: Option<RefundPolicy>,
            sale_ends_at: Option<Time>,
            sale_starts_at: Option<Time>,
            show: ShowId,
            single_seat_rule: Option<SingleSeatRule>,
            starts_at: Time,
        }
        PoolAdded = "pool_added" v 1 { capacity: u32, name: Box<str>, pool: PoolId }
        TicketTypeAdded = "ticket_type_added" v 1 {
            entries: Option<u32>,
            hidden: Flag,
            max_per_order: Option<u32>,
            min_per_order: Option<u32>,
            name: Text,
            pools: Listed<PoolId>,
            price: u64,
            price_category: Option<Box<str>>,
            sale_ends_at: Option<Time>,
            sale_starts_at: Option<Time>,
            ticket_type: TypeId,
        }
        FeeAdded = "fee_added" v 1 {
            absorbed: Flag,
            amount: Option<u64>,
            fee: FeeId,
            name: Box<str>,
            per: FeePer,
            rate: Option<u64>,
            ticket_types: Listed<TypeId>,
        }
        FeeRemoved = "fee_removed" v 1 { fee: FeeId }
        TaxAdded = "tax_added" v 1 {
            included: Flag,
            name: Box<str>,
            on: TaxedPart,
            per: TaxPer,
            rate: u64,
            tax: TaxId,
            ticket_types: Listed<TypeId>,
        }
        TaxRemoved = "tax_removed" v 1 { tax: TaxId }
        InventoryPublished = "inventory_published" v 1 {}
        HoldPlaced = "hold_placed" v 1 {
            expires_at: Time,
            hold: HoldId,
            items: Vec<Item>,
            max_expires_at: Time,
            tariff: Option<u32>,
        }
        SalePaused = "sale_paused" v 1 { reason: Option<Text> }
        SaleResumed = "sale_resumed" v 1 {}
        SaleWindowChanged = "sale_window_changed" v 1 { sale_ends_at: Option<Time>, sale_starts_at: Option<Time> }
        TicketTypeChanged = "ticket_type_changed" v 1 {
            entries: Option<u32>,
            hidden: Flag,
            max_per_order: Option<u32>,
            min_per_order: Option<u32>,
            name: Text,
            price: u64,
            sale_ends_at: Option<Time>,
            sale_starts_at: Option<Time>,
            ticket_type: TypeId,
        }
        InventoryRescheduled = "inventory_rescheduled" v 1 { starts_at: Time }
        PlanReplaced = "plan_replaced" v 1 { layout: Digest }
        PoolCapacityChanged = "pool_capacity_changed" v 1 { capacity: u32, pool: PoolId }
        BlockPlaced = "block_placed" v 1 {
            block: BlockId,
            pool: Option<PoolId>,
            quantity: Option<u32>,
            reason: Option<Text>,
            seats: Listed<Box<str>>,
        }
        BlockReleased = "block_released" v 1 { block: BlockId, quantity: Option<u32>, seats: Listed<Box<str>> }
        HoldItemsAdded = "hold_items_added" v 1 { hold: HoldId, items: Vec<Item> }
        HoldItemsRemoved = "hold_items_removed" v 1 { hold: HoldId, items: Vec<Item> }
        HoldExtended = "hold_extended" v 1 { expires_at: Time, hold: HoldId }
        HoldReleased = "hold_released" v 1 { hold: HoldId }
        HoldExpired = "hold_expired" v 1 { hold: HoldId }
        OrderPlaced = "order_placed" v 1 {
            buyer: PersonId,
            buyer_key: Option<Digest>,
            expires_at: Time,
            fees: Listed<FeeLine>,
            hold: HoldId,
            items: Vec<TicketItem>,
            order: OrderId,
            shares: Listed<Share>,
            taxes: Listed<TaxLine>,
            total: u64,
        }
        OrderCancelled = "order_cancelled" v 1 { hold: HoldId, order: OrderId, reason: CancelReason }
        PaymentStarted = "payment_started" v 1 {
            amount: u64,
            method: Text,
            order: OrderId,
            payment: PaymentId,
            provider: Text,
        }
        PaymentActionRequired = "payment_action_required" v 1 { order: OrderId, payment: PaymentId }
        PaymentAuthorised = "payment_authorised" v 1 {
            amount: u64,
            authorised_at: Time,
            order: OrderId,
            payment: PaymentId,
        }
        PaymentDeclined = "payment_declined" v 1 { order: OrderId, payment: PaymentId, reason: Text }
        PaymentLapsed = "payment_lapsed" v 1 { order: OrderId, payment: PaymentId }
        HoldReclaimed = "hold_reclaimed" v 1 { hold: HoldId, order: OrderId }
        OrderSecured = "order_secured" v 1 { hold: HoldId, order: OrderId, payment: Option<PaymentId> }
        PaymentCaptured = "payment_captured" v 1 { amount: u64, order: OrderId, payment: PaymentId }
        PaymentCaptureFailed = "payment_capture_failed" v 1 { order: OrderId, payment: PaymentId, reason: Text }
        PaymentVoidDue = "payment_void_due" v 1 { order: OrderId, payment: PaymentId, reason: VoidReason }
        PaymentVoided = "payment_voided" v 1 { order: OrderId, payment: PaymentId }
        PaymentDisputed = "payment_disputed" v 1 { order: OrderId, payment: PaymentId }
        TicketsIssued = "tickets_issued" v 1 { order: OrderId, tickets: Vec<TicketItem> }
        RefundPolicyChanged = "refund_policy_changed" v 1 { policy: Option<RefundPolicy> }
        TicketsReturned = "tickets_returned" v 1 {
            hold: HoldId,
            kept: u64,
            left: u32,
            note: Option<Text>,
            order: OrderId,
            reason: ReturnReason,
            tickets: Vec<TicketItem>,
        }
        RefundDue = "refund_due" v 1 {
            amount: u64,
            order: OrderId,
            payment: PaymentId,
            reason: RefundReason,
            refund: RefundId,
            tickets: Listed<TicketId>,
        }
        RefundMade = "refund_made" v 1 { order: OrderId, payment: PaymentId, refund: RefundId }
        RefundFailed = "refund_failed" v 1 {
            order: OrderId,
            payment: PaymentId,
            reason: Text,
            refund: RefundId,
        }
        RefundRetried = "refund_retried" v 1 {
            amount: u64,
            failures: u32,
            order: OrderId,
            payment: PaymentId,
            refund: RefundId,
        }
        TransferOffered = "transfer_offered" v 1 { recipient: PersonId, ticket: TicketId, transfer: TransferId }
        TransferAccepted = "transfer_accepted" v 1 {
            code: u32,
            holder: PersonId,
            ticket: TicketId,
            transfer: TransferId,
        }
        TransferEnded = "transfer_ended" v 1 { reason: TransferEnd, ticket: TicketId, transfer: TransferId }
        InventoryCancelled = "inventory_cancelled" v 1 { orders: u32, reason: Option<Text> }
    }
    /// What happened at the doors of a show.
    Doors(DoorsFact) = "doors" {
        TicketAdmitted = "ticket_admitted" v 1 {
            device: Text,
            entry: Option<u32>,
            gate: Text,
            judged_at: Option<u64>,
            nonce: Text,
            scanned_at: Time,
            ticket: TicketId,
        }
    }
    /// What happened to an organizer.
    Organizer(OrganizerFact) = "organizer" {
        OrganizerCreated = "organizer_created" v 1 { name: Text, organizer: OrganizerId }
    }
    /// What happened to a venue.
    Venue(VenueFact) = "venue" {
        VenueCreated = "venue_created" v 1 {
            address: Address,
            location: Option<Location>,
            name: Text,
            organizer: OrganizerId,
            timezone: Text,
            venue: VenueId,
        }
        SeatingPlanImported = "seating_plan_imported" v 1 {
            format: PlanFormat,
            layout: Digest,
            name: Text,
            plan: PlanId,
            seats: u32,
            source: Digest,
            venue: VenueId,
        }
    }
    /// What happened to the description of a show.
    Catalog(CatalogFact) = "catalog" {
        ShowDrafted = "show_drafted" v 1 {
            category: Option<Text>,
            description: Option<Text>,
            doors_at: Option<Time>,
            ends_at: Option<Time>,
            genre: Option<Text>,
            name: Text,
            organizer: OrganizerId,
            performers: Listed<Text>,
            plan: Option<PlanId>,
            show: ShowId,
            starts_at: Time,
            venue: VenueId,
        }
        ShowDescribed = "show_described" v 1 {
            category: Option<Text>,
            description: Option<Text>,
            genre: Option<Text>,
            name: Text,
            performers: Listed<Text>,
        }
        ShowRescheduled = "show_rescheduled" v 1 { doors_at: Option<Time>, ends_at: Option<Time>, starts_at: Time }
        ShowPlanReplaced = "show_plan_replaced" v 1 { plan: PlanId }
    }
}

impl InventoryFact {
    /// The layout that it names.
    pub(crate) fn layout(&self) -> Option<Digest> {
        match self {
            Self::InventoryDrafted(drafted) => drafted.layout,
            Self::PlanReplaced(replaced) => Some(replaced.layout),
            _ => None,
        }
    }
}
