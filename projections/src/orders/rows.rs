//! The rows of orders, payments and tickets, as values.

use boxoffice_domain::id::{
    HoldId, OrderId, PaymentId, PersonId, RefundId, ShowId, TicketId, TicketTypeId, TransferId,
};
use boxoffice_domain::inventory::event::{CancelReason, RefundReason, TicketItem};
use boxoffice_domain::money::{Currency, Minor};
use boxoffice_domain::pricing::{FeeLine, TaxLine};
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::status::{OrderStage, OrderStatus, PaymentStatus, RefundStatus, TicketStatus, TransferStatus};
use crate::row::{BadRow, Cells};
use crate::table::Row;

/// What the amounts of a show are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShowTermsRow {
    /// The show.
    pub show: ShowId,
    /// The currency of all its amounts.
    pub currency: Currency,
}

impl ShowTermsRow {
    /// Reads a row of [`super::SHOW_TERMS`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        Ok(Self { show: cells.parsed("show_id")?, currency: cells.parsed("currency")? })
    }
}

/// What an order has beside prices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrderCharges {
    /// Fees.
    pub fees: Vec<FeeLine>,
    /// Taxes.
    pub taxes: Vec<TaxLine>,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// The order.
    pub order: OrderId,
    /// The show.
    pub show: ShowId,
    /// The hold that it was.
    pub hold: HoldId,
    /// Who buys; the vault knows more.
    pub buyer: PersonId,
    /// As far as events tell; [`Self::status_at`] also looks at the time.
    pub status: OrderStatus,
    /// What is to be paid, in minor units.
    pub total: Minor,
    /// What is bought, each with the ticket that it becomes.
    pub items: Vec<TicketItem>,
    /// What there is beside prices.
    pub charges: OrderCharges,
    /// The payment that secured it.
    pub payment: Option<PaymentId>,
    /// Why it was cancelled.
    pub cancelled: Option<CancelReason>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// It can be paid before this moment.
    pub expires_at: Timestamp,
    /// When its status changed last.
    pub updated_at: Timestamp,
}

impl OrderRow {
    /// Reads a row of [`super::ORDERS`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        let stage: OrderStage = cells.parsed("stage")?;
        Ok(Self {
            order: cells.parsed("order_id")?,
            show: cells.parsed("show_id")?,
            hold: cells.parsed("hold_id")?,
            buyer: cells.parsed("buyer")?,
            status: stage.status(),
            total: cells.number("total")?,
            items: cells.json("items")?,
            charges: match cells.optional_text("charges")? {
                Some(_) => cells.json("charges")?,
                None => OrderCharges::default(),
            },
            payment: cells.optional_parsed("payment_id")?,
            cancelled: cells.optional_name("cancelled_reason")?,
            placed_at: cells.time("placed_at")?,
            expires_at: cells.time("expires_at")?,
            updated_at: cells.time("updated_at")?,
        })
    }

    /// The status at a time: an order that nobody paid has expired at its deadline, whether or not that is recorded.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> OrderStatus {
        let lapsed = self.status == OrderStatus::AwaitingPayment && now >= self.expires_at;
        if lapsed { OrderStatus::Expired } else { self.status }
    }
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRow {
    /// The payment.
    pub payment: PaymentId,
    /// The order that it pays.
    pub order: OrderId,
    /// The show.
    pub show: ShowId,
    /// Who moves the money.
    pub provider: String,
    /// `card`, for example.
    pub method: String,
    /// What it was started with, in minor units.
    pub amount: Minor,
    /// What was reserved, in minor units: what the payer has given, which need not be what was asked for.
    pub authorised: Option<Minor>,
    /// What has come, in minor units.
    pub captured: Option<Minor>,
    /// How it stands.
    pub status: PaymentStatus,
    /// Why it was declined, did not come or has to be let go, in `snake_case`.
    pub reason: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When the money was reserved, as the provider tells it.
    pub authorised_at: Option<Timestamp>,
    /// When its status changed last.
    pub updated_at: Timestamp,
}

impl PaymentRow {
    /// Reads a row of [`super::PAYMENTS`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        Ok(Self {
            payment: cells.parsed("payment_id")?,
            order: cells.parsed("order_id")?,
            show: cells.parsed("show_id")?,
            provider: cells.text("provider")?,
            method: cells.text("method")?,
            amount: cells.number("amount")?,
            authorised: optional_minor(cells, "authorised")?,
            captured: optional_minor(cells, "captured")?,
            status: cells.parsed("status")?,
            reason: cells.optional_text("reason")?,
            started_at: cells.time("started_at")?,
            authorised_at: cells.optional_time("authorised_at")?,
            updated_at: cells.time("updated_at")?,
        })
    }
}

fn optional_minor(cells: Cells<'_>, column: &'static str) -> Result<Option<Minor>, BadRow> {
    cells.optional_integer(column)?.map(|_| cells.number(column)).transpose()
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRow {
    /// The refund.
    pub refund: RefundId,
    /// The order that it is for.
    pub order: OrderId,
    /// The payment that it goes back to.
    pub payment: PaymentId,
    /// The show.
    pub show: ShowId,
    /// In minor units.
    pub amount: Minor,
    /// Why.
    pub reason: RefundReason,
    /// The tickets that it is for; none where the money came late.
    pub tickets: Vec<TicketId>,
    /// How it stands.
    pub status: RefundStatus,
    /// Why the provider could not make it, in `snake_case`.
    pub failure: Option<String>,
    /// Since when it is due.
    pub due_at: Timestamp,
    /// When its status changed last.
    pub updated_at: Timestamp,
}

impl RefundRow {
    /// Reads a row of [`super::REFUNDS`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        Ok(Self {
            refund: cells.parsed("refund_id")?,
            order: cells.parsed("order_id")?,
            payment: cells.parsed("payment_id")?,
            show: cells.parsed("show_id")?,
            amount: cells.number("amount")?,
            reason: cells.name("reason")?,
            tickets: cells.json("tickets")?,
            status: cells.parsed("status")?,
            failure: cells.optional_text("failure")?,
            due_at: cells.time("due_at")?,
            updated_at: cells.time("updated_at")?,
        })
    }
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRow {
    /// The ticket.
    pub ticket: TicketId,
    /// The order that it came with.
    pub order: OrderId,
    /// The show that it is for.
    pub show: ShowId,
    /// The seat, where it is one.
    pub seat: Option<SeatId>,
    /// As what it was sold.
    pub ticket_type: TicketTypeId,
    /// In minor units.
    pub price: Minor,
    /// Whether it is good.
    pub status: TicketStatus,
    /// The number of its code that is good: how often it has changed hands.
    pub code: u16,
    /// When it was issued.
    pub issued_at: Timestamp,
}

impl TicketRow {
    /// Reads a row of [`super::TICKETS`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        Ok(Self {
            ticket: cells.parsed("ticket_id")?,
            order: cells.parsed("order_id")?,
            show: cells.parsed("show_id")?,
            seat: cells.optional_text("seat")?.map(|seat| SeatId::new(&seat)),
            ticket_type: cells.parsed("ticket_type_id")?,
            price: cells.number("price")?,
            status: cells.parsed("status")?,
            code: cells.number("code")?,
            issued_at: cells.time("issued_at")?,
        })
    }
}

/// A ticket that is to change hands, or was to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRow {
    /// The transfer.
    pub transfer: TransferId,
    /// The ticket.
    pub ticket: TicketId,
    /// The show.
    pub show: ShowId,
    /// How it stands.
    pub status: TransferStatus,
    /// When the ticket was offered.
    pub offered_at: Timestamp,
    /// When its status changed last.
    pub updated_at: Timestamp,
}

impl TransferRow {
    /// Reads a row of [`super::TRANSFERS`].
    ///
    /// # Errors
    /// [`BadRow`].
    pub fn from_row(row: &Row) -> Result<Self, BadRow> {
        let cells = Cells(row);
        Ok(Self {
            transfer: cells.parsed("transfer_id")?,
            ticket: cells.parsed("ticket_id")?,
            show: cells.parsed("show_id")?,
            status: cells.parsed("status")?,
            offered_at: cells.time("offered_at")?,
            updated_at: cells.time("updated_at")?,
        })
    }
}
