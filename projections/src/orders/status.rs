//! What can be said of an order, a payment and a ticket.

use crate::row::named;
use crate::table::Value;

named! {
    /// The status of an order, as the contract names it.
    pub enum OrderStatus {
        /// It can be paid until its deadline.
        AwaitingPayment = "awaiting_payment",
        /// Money is reserved; the tickets are not issued yet.
        Processing = "processing",
        /// The payer wants the money back through their bank.
        UnderReview = "under_review",
        /// The tickets are issued.
        Confirmed = "confirmed",
        /// Some of its tickets were given back.
        PartiallyRefunded = "partially_refunded",
        /// All its tickets were given back, for money.
        Refunded = "refunded",
        /// It ended before it was paid, its money did not come, or its tickets were given back for nothing.
        Cancelled = "cancelled",
        /// Its deadline passed before it was paid.
        Expired = "expired",
    }
}

named! {
    /// How far an order has come: finer than its status, and what changes are conditional on.
    pub(crate) enum OrderStage {
        /// It can be paid until its deadline.
        AwaitingPayment = "awaiting_payment",
        /// Money is reserved; whether the seats are still there is not yet decided.
        Authorised = "authorised",
        /// Its seats can no longer be lost.
        Secured = "secured",
        /// Its payment is disputed.
        UnderReview = "under_review",
        /// The tickets are issued.
        Confirmed = "confirmed",
        /// Some of its tickets were given back.
        PartiallyRefunded = "partially_refunded",
        /// All its tickets were given back; some money has gone back, or has to.
        Refunded = "refunded",
        /// All its tickets were given back; no money goes back for the last of them, as far as is known.
        Returned = "returned",
        /// It ended before it was paid, or the money did not come.
        Cancelled = "cancelled",
        /// Its deadline passed before it was paid.
        Expired = "expired",
    }
}

impl OrderStage {
    pub(crate) const fn status(self) -> OrderStatus {
        match self {
            Self::AwaitingPayment => OrderStatus::AwaitingPayment,
            Self::Authorised | Self::Secured => OrderStatus::Processing,
            Self::UnderReview => OrderStatus::UnderReview,
            Self::Confirmed => OrderStatus::Confirmed,
            Self::PartiallyRefunded => OrderStatus::PartiallyRefunded,
            Self::Refunded => OrderStatus::Refunded,
            Self::Returned | Self::Cancelled => OrderStatus::Cancelled,
            Self::Expired => OrderStatus::Expired,
        }
    }

    /// The columns of an order that come to this stage.
    pub(crate) fn columns(self, at: Value) -> Vec<(&'static str, Value)> {
        vec![("stage", self.into()), ("status", self.status().into()), ("updated_at", at)]
    }
}

named! {
    /// The status of a payment.
    pub enum PaymentStatus {
        /// It began.
        Pending = "pending",
        /// The payer has to do something with their bank.
        RequiresAction = "requires_action",
        /// The provider has reserved the money.
        Authorised = "authorised",
        /// The money has come.
        Captured = "captured",
        /// The provider said no.
        Declined = "declined",
        /// The money that was reserved did not come.
        CaptureFailed = "capture_failed",
        /// Reserved money has to be let go.
        VoidDue = "void_due",
        /// Reserved money was let go.
        Voided = "voided",
        /// The bank let reserved money go by itself, before anything was decided on it.
        Lapsed = "lapsed",
        /// The payer wants the money back through their bank.
        Disputed = "disputed",
    }
}

named! {
    /// The status of a ticket.
    pub enum TicketStatus {
        /// It admits one person.
        Valid = "valid",
        /// It was given back, and money for it has gone back, or has to.
        Refunded = "refunded",
        /// It was given back for nothing.
        Cancelled = "cancelled",
    }
}

named! {
    /// The status of a transfer.
    pub enum TransferStatus {
        /// It can be accepted.
        Offered = "offered",
        /// The ticket has changed hands.
        Accepted = "accepted",
        /// Who was to have the ticket does not want it.
        Refused = "refused",
        /// Who has the ticket keeps it.
        Withdrawn = "withdrawn",
        /// The ticket was given back meanwhile.
        Void = "void",
    }
}

named! {
    /// The status of a refund.
    pub enum RefundStatus {
        /// The provider is to make it.
        Due = "due",
        /// The money has gone back.
        Made = "made",
        /// The provider could not make it.
        Failed = "failed",
    }
}
