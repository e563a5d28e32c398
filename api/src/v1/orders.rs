//! Orders: holds that became purchases.

use boxoffice_domain::id::{OrderId, ShowId};
use boxoffice_domain::inventory::event::TicketItem;
use boxoffice_domain::money::{Currency, Minor};
use boxoffice_domain::pricing::{FeeLine, TaxLine};
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::orders::{OrderRow, PaymentRow, PaymentStatus, TicketRow, TicketStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::v1::events::charges::{ChargedFee, ChargedTax};
use crate::v1::refunds::Refund;
use crate::wire::{HeldItem, Money};

pub mod cancel;
pub mod pay;
pub mod place;
pub mod quote;
pub mod read;
pub mod refunds;

/// A ticket of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderTicket {
    /// The ticket.
    pub ticket_id: String,
    /// The seat, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_id: Option<String>,
    /// As what it was sold.
    pub ticket_type_id: String,
    /// `valid`, `transferred` where somebody else has it now, `refunded`, or `cancelled` where it was given back for
    /// nothing.
    pub status: String,
}

impl From<&TicketRow> for OrderTicket {
    fn from(row: &TicketRow) -> Self {
        Self {
            ticket_id: row.ticket.to_string(),
            seat_id: row.seat.as_ref().map(ToString::to_string),
            ticket_type_id: row.ticket_type.to_string(),
            status: match row.status {
                TicketStatus::Valid if row.code > 0 => "transferred".to_owned(),
                status => status.to_string(),
            },
        }
    }
}

/// A payment of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Payment {
    /// The payment.
    pub payment_id: String,
    /// The order.
    pub order_id: String,
    /// Who moves the money.
    pub provider: String,
    /// `card`, for example.
    pub method: String,
    /// What it is for.
    pub amount: Money,
    /// What the payer has reserved, where that is another amount. Of more than was asked for only that is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorised_amount: Option<Money>,
    /// `pending`, `requires_action`, `authorised`, `captured`, `declined`, `capture_failed`, `void_due`, `voided`,
    /// `lapsed` or `disputed`.
    pub status: String,
    /// Why it was declined, failed or was let go, in `snake_case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same for people, with what they can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'static str>,
    /// A secret for the provider's own form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Where to send the payer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
}

impl Payment {
    /// The payment on the wire.
    #[must_use]
    pub fn new(row: &PaymentRow, currency: Currency) -> Self {
        Self {
            payment_id: row.payment.to_string(),
            order_id: row.order.to_string(),
            provider: row.provider.clone(),
            method: row.method.clone(),
            amount: Money::new(row.amount, currency),
            authorised_amount: row
                .authorised
                .filter(|authorised| *authorised != row.amount)
                .map(|authorised| Money::new(authorised, currency)),
            status: row.status.to_string(),
            reason: row.reason.clone(),
            detail: row.reason.as_deref().map(|reason| in_words(row.status, reason)),
            client_secret: None,
            redirect_url: None,
        }
    }
}

/// Why a payment did not pay, for its payer.
fn in_words(status: PaymentStatus, reason: &str) -> &'static str {
    match (status, reason) {
        (PaymentStatus::Declined, _) => "Your bank said no. Try again, or pay in another way.",
        (_, "seats_gone") => {
            "Your time to pay had run out, and somebody else has the seats. You are not charged."
        }
        (_, "order_cancelled") => "The order was cancelled before. You are not charged.",
        (_, "already_paid") => "The order is paid for already. You are not charged twice.",
        (_, "amount_differs") => "It was less than the order comes to. You are not charged; pay again.",
        (_, "sale_ended") => "Your time to pay had run out, and the event has begun. You are not charged.",
        (_, "show_cancelled") => "The event does not take place. You are not charged.",
        (_, "authorisation_lapsed") => {
            "Your bank has let the money go before it could be taken. You are not charged."
        }
        (PaymentStatus::CaptureFailed, _) => "Your bank did not hand out the money. You are not charged.",
        _ => "The payment did not go through. You are not charged.",
    }
}

/// An order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Order {
    /// The order.
    #[schema(example = "order_01h455vb4pex5vsknk084sn02q")]
    pub order_id: String,
    /// The secret that opens it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_token: Option<String>,
    /// The event.
    pub event_id: String,
    /// The hold that it was.
    pub hold_id: String,
    /// `awaiting_payment`, `processing`, `under_review`, `confirmed`, `partially_refunded`, `refunded`, `cancelled` or
    /// `expired`.
    pub status: String,
    /// What is bought, one entry a ticket.
    pub lines: Vec<HeldItem>,
    /// Fees.
    pub fees: Vec<ChargedFee>,
    /// Taxes.
    pub taxes: Vec<ChargedTax>,
    /// What is to be paid: prices, fees that are not absorbed, and taxes that are not included.
    pub total: Money,
    /// When it was placed.
    pub placed_at: String,
    /// It can be paid before this moment.
    pub expires_at: String,
    /// Attempts to pay.
    pub payments: Vec<Payment>,
    /// What goes back, or has gone.
    pub refunds: Vec<Refund>,
    /// The tickets, once it is confirmed.
    pub tickets: Vec<OrderTicket>,
    /// Who buys; null once they were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Buyer>,
}

/// Who buys.
#[derive(Debug, Clone, Serialize, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Buyer {
    /// As they call themselves.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// Where tickets go.
    #[schema(example = "ada@example.org")]
    pub email: String,
}

/// What an order is made of, whether it is read from its events or from the read model.
#[derive(Debug, Clone, Copy)]
pub struct OrderFacts<'a> {
    /// The order.
    pub order: OrderId,
    /// The show.
    pub show: ShowId,
    /// The hold.
    pub hold: boxoffice_domain::id::HoldId,
    /// What is bought.
    pub items: &'a [TicketItem],
    /// Fees.
    pub fees: &'a [FeeLine],
    /// Taxes.
    pub taxes: &'a [TaxLine],
    /// In minor units.
    pub total: Minor,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Its deadline.
    pub expires_at: Timestamp,
}

impl<'a> From<&'a OrderRow> for OrderFacts<'a> {
    fn from(row: &'a OrderRow) -> Self {
        Self {
            order: row.order,
            show: row.show,
            hold: row.hold,
            items: &row.items,
            fees: &row.charges.fees,
            taxes: &row.charges.taxes,
            total: row.total,
            placed_at: row.placed_at,
            expires_at: row.expires_at,
        }
    }
}

impl Order {
    /// An order on the wire, without payments and tickets.
    #[must_use]
    pub fn new(facts: OrderFacts<'_>, currency: Currency, status: &str) -> Self {
        Self {
            order_id: facts.order.to_string(),
            order_token: None,
            event_id: facts.show.to_string(),
            hold_id: facts.hold.to_string(),
            status: status.to_owned(),
            lines: facts.items.iter().map(|item| HeldItem::of_order(item, currency)).collect(),
            fees: facts.fees.iter().map(|line| ChargedFee::new(line, currency)).collect(),
            taxes: facts.taxes.iter().map(|line| ChargedTax::new(line, currency)).collect(),
            total: Money::new(facts.total, currency),
            placed_at: facts.placed_at.to_string(),
            expires_at: facts.expires_at.to_string(),
            payments: Vec::new(),
            refunds: Vec::new(),
            tickets: Vec::new(),
            buyer: None,
        }
    }
}
