//! The one place where what went wrong becomes an answer: RFC 9457 problems with a stable `code`.
//!
//! A *rejection* (the rules say no) is 4xx and not retryable; a *conflict* or an *outage* (try again) is 409 or 503
//! and retryable. Internal text is logged once, with the request's id, and never shown.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use boxoffice_commands::engine::Failure;
use boxoffice_commands::provider::ProviderOutage;
use boxoffice_domain::id::{PoolId, TicketId, TicketTypeId};
use boxoffice_domain::inventory::publish::Missing;
use boxoffice_domain::inventory::{Invalid, InventoryRefused};
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

macro_rules! codes {
    ($( $variant:ident = $code:literal, $status:ident, $retryable:literal, $title:literal; )+) => {
        /// Every code that a problem can have.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $( #[doc = $title] $variant, )+ }

        impl Code {
            /// All of them, for the documentation.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $code, )+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $( Self::$variant => StatusCode::$status, )+ }
            }

            /// Whether the same request may succeed later.
            #[must_use]
            pub const fn retryable(self) -> bool {
                match self { $( Self::$variant => $retryable, )+ }
            }

            /// What it means, in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $( Self::$variant => $title, )+ }
            }
        }
    };
}

codes! {
    Malformed = "malformed", BAD_REQUEST, false, "The request cannot be parsed";
    Unauthorized = "unauthorized", UNAUTHORIZED, false, "A valid token is needed";
    Forbidden = "forbidden", FORBIDDEN, false, "The token does not allow this";
    NotFound = "not_found", NOT_FOUND, false, "There is no such thing";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, false, "This resource does not have that method";
    NotAcceptable = "not_acceptable", NOT_ACCEPTABLE, false, "None of the accepted media types is offered";
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED, false, "It has changed in the meantime";
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, false, "A change needs the tag of what it changes";
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, false, "The body is too large";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, false, "The body is not JSON";
    Invalid = "invalid", UNPROCESSABLE_ENTITY, false, "Something in the request is not valid";
    InvalidPlan = "invalid_seating_plan", UNPROCESSABLE_ENTITY, false, "The seating plan has faults";
    NotSupported = "not_supported", UNPROCESSABLE_ENTITY, false, "This is not supported yet";
    UnknownSeats = "unknown_seats", UNPROCESSABLE_ENTITY, false, "The seating plan has no such seats";
    UnknownTicketType = "unknown_ticket_type", UNPROCESSABLE_ENTITY, false, "The event has no such ticket type";
    DuplicateSeat = "duplicate_seat", UNPROCESSABLE_ENTITY, false, "The same seat is named twice";
    PositionBeyondHead = "position_beyond_head", UNPROCESSABLE_ENTITY, false, "The log has not come that far";
    IdempotencyKeyInvalid = "idempotency_key_invalid", UNPROCESSABLE_ENTITY, false, "The idempotency key is not usable";
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, false, "The idempotency key was used for another request";
    IdempotencyInFlight = "idempotency_in_flight", CONFLICT, true, "The first request with this key is still running";
    AlreadyExists = "already_exists", CONFLICT, false, "It exists already";
    NotReady = "not_ready", CONFLICT, false, "The event is not ready to be published";
    SaleNotOpen = "sale_not_open", CONFLICT, false, "The sale is not open";
    NotPublished = "not_published", CONFLICT, false, "The event is not published yet";
    PlanDoesNotFit = "plan_does_not_fit", CONFLICT, false, "What is sold or kept back is not in that seating plan";
    SeatsTaken = "seats_taken", CONFLICT, false, "Somebody else has these seats";
    SoldOut = "sold_out", CONFLICT, false, "Not enough is left";
    NotAdjacent = "not_adjacent", CONFLICT, false, "There are not so many seats side by side";
    OrphanSeat = "orphan_seat", CONFLICT, false, "Seats would be left alone";
    LimitExceeded = "limit_exceeded", CONFLICT, false, "That is more than one order, or one buyer, may have";
    TooManyCharges = "too_many_charges", CONFLICT, false, "The event has too many fees and taxes";
    BelowMinimum = "below_minimum", CONFLICT, false, "That is fewer than one order must have";
    HoldExpired = "hold_expired", CONFLICT, false, "The hold has lapsed";
    HoldReleased = "hold_released", CONFLICT, false, "The hold was let go";
    HoldOrdered = "hold_ordered", CONFLICT, false, "The hold has become an order";
    NotInBlock = "not_in_block", CONFLICT, false, "The block does not have that";
    NotInHold = "not_in_hold", CONFLICT, false, "The hold does not have that";
    HoldWouldBeEmpty = "hold_would_be_empty", CONFLICT, false, "Nothing would be left in the hold";
    ExtensionLimit = "extension_limit_reached", CONFLICT, false, "The hold cannot be extended any more";
    OrderExpired = "order_expired", CONFLICT, false, "The order has lapsed";
    OrderCancelled = "order_cancelled", CONFLICT, false, "The order was cancelled";
    OrderPaid = "order_paid", CONFLICT, false, "The order is paid for";
    OrderNotPaid = "order_not_paid", CONFLICT, false, "The order is not paid for yet";
    UnknownTickets = "unknown_tickets", UNPROCESSABLE_ENTITY, false, "The order has no such tickets";
    TicketsReturned = "tickets_returned", CONFLICT, false, "These tickets were given back before";
    NotRefundable = "not_refundable", CONFLICT, false, "These tickets cannot be given back";
    PaymentDisputed = "payment_disputed", CONFLICT, false, "The payment is disputed";
    RefundMade = "refund_made", CONFLICT, false, "The refund has been made";
    TransferClosed = "transfer_closed", CONFLICT, false, "The transfer has ended";
    TransferOpen = "transfer_open", CONFLICT, false, "The ticket is offered to somebody already";
    TicketsTransferred = "tickets_transferred", CONFLICT, false, "These tickets belong to somebody else now";
    TicketNotValid = "ticket_not_valid", CONFLICT, false, "The ticket is good no longer";
    EventBegun = "event_begun", CONFLICT, false, "The event has begun";
    EventCancelled = "event_cancelled", CONFLICT, false, "The event is cancelled";
    PaymentInProgress = "payment_in_progress", CONFLICT, true, "A payment for the order is being settled";
    PaymentSettled = "payment_settled", CONFLICT, false, "The payment has ended already";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, true, "Too many requests";
    Crashed = "internal_error", INTERNAL_SERVER_ERROR, true, "Something went wrong on our side";
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, true, "Too much is going on just now";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, true, "The service cannot answer this just now";
    ProjectionBehind = "projection_behind", SERVICE_UNAVAILABLE, true, "The read model has not come that far yet";
    ProjectionParked = "projection_parked", SERVICE_UNAVAILABLE, true, "This part of the read model waits for a repair";
    Unreadable = "log_unreadable", SERVICE_UNAVAILABLE, false, "This program is too old for the log";
}

/// A field that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// A JSON pointer to the field, or the name of a query parameter.
    pub pointer: String,
    /// What kind of fault it is.
    pub code: &'static str,
    /// What is wrong, and what would be right.
    pub detail: String,
}

/// An answer that says what went wrong.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Which problem.
    pub code: Code,
    /// What is wrong in this case, and what to do.
    pub detail: String,
    /// Seconds to wait before trying again.
    pub retry_after: Option<u32>,
    /// Bad fields.
    pub errors: Vec<FieldError>,
    /// Further members of the problem, as `seats`.
    pub extra: Map<String, Value>,
    /// The log position at which a rejection was proven.
    pub position: Option<u64>,
}

impl Problem {
    /// A problem with a sentence for this case.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let retry_after = (code.status() == StatusCode::SERVICE_UNAVAILABLE && code.retryable()).then_some(1);
        Self {
            code,
            detail: detail.into(),
            retry_after,
            errors: Vec::new(),
            extra: Map::new(),
            position: None,
        }
    }

    /// One bad field.
    pub fn field(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { pointer: pointer.into(), code, detail: detail.into() }])
    }

    /// Bad fields.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.detail.clone(),
            [only] => format!("{}: {}", only.pointer, only.detail),
            _ => format!("{} fields are not valid", errors.len()),
        };
        Self { errors, ..Self::new(Code::Invalid, detail) }
    }

    /// There is no such thing, or the caller may not see it.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// Something failed inside. The text goes to the operator's log only.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "internal error");
        Self::new(Code::Crashed, "The error has been logged. Quote the request id if you report it.")
    }

    /// Storage cannot be reached. The text goes to the operator's log only.
    pub fn outage(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "outage");
        Self::new(Code::Unavailable, "Nothing was changed. Try again in a moment.")
    }

    /// With a further member.
    #[must_use]
    pub fn with(mut self, member: &str, value: Value) -> Self {
        self.extra.insert(member.to_owned(), value);
        self
    }

    /// The body, for the resource at `instance`.
    #[must_use]
    pub fn body(&self, instance: &str) -> Value {
        let mut body = self.extra.clone();
        body.insert("type".into(), json!(format!("/docs/errors#{}", self.code.name())));
        body.insert("title".into(), json!(self.code.title()));
        body.insert("status".into(), json!(self.code.status().as_u16()));
        body.insert("detail".into(), json!(self.detail));
        body.insert("instance".into(), json!(instance));
        body.insert("code".into(), json!(self.code.name()));
        body.insert("retryable".into(), json!(self.code.retryable()));
        if let Some(seconds) = self.retry_after {
            body.insert("retry_after".into(), json!(seconds));
        }
        if !self.errors.is_empty() {
            body.insert("errors".into(), json!(self.errors));
        }
        Value::Object(body)
    }
}

/// The body is written by [`crate::server`], which knows the request.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<boxoffice_commands::log::Outage> for Problem {
    fn from(outage: boxoffice_commands::log::Outage) -> Self {
        Self::outage(outage)
    }
}

impl From<boxoffice_projections::feed::Outage> for Problem {
    fn from(outage: boxoffice_projections::feed::Outage) -> Self {
        Self::outage(outage)
    }
}

impl From<ProviderOutage> for Problem {
    fn from(outage: ProviderOutage) -> Self {
        Self::outage(outage)
    }
}

impl<R> From<Failure<R>> for Problem
where
    Self: From<R>,
{
    fn from(failure: Failure<R>) -> Self {
        match failure {
            Failure::Refused { refusal, position } => {
                Self { position: Some(position), ..Self::from(refusal) }
            }
            Failure::InFlight => Self {
                retry_after: Some(1),
                ..Self::new(Code::IdempotencyInFlight, "Send it again in a second for its answer.")
            },
            Failure::KeyReused => Self::new(
                Code::IdempotencyKeyReused,
                "This Idempotency-Key came with another body before. Use a new key for a new request.",
            ),
            Failure::Unavailable { retry_after_seconds } => Self {
                retry_after: Some(retry_after_seconds),
                ..Self::new(
                    Code::Unavailable,
                    "It is not certain that this was done. Send it again with the same key.",
                )
            },
            Failure::Overloaded { retry_after_seconds } => Self {
                retry_after: Some(retry_after_seconds),
                ..Self::new(Code::Overloaded, "Nothing was done. Try again in a moment.")
            },
            Failure::Crashed => Self::internal("a decision panicked"),
            Failure::Unreadable(reason) => {
                tracing::error!(%reason, "the log cannot be read");
                Self::new(Code::Unreadable, "The operator has to update this program.")
            }
        }
    }
}

impl From<InventoryRefused> for Problem {
    fn from(refused: InventoryRefused) -> Self {
        let plain = |code| Self::new(code, sentence(&refused.to_string()));
        let named = |code, tickets: &[TicketId]| plain(code).with("ticket_ids", json!(tickets));
        match &refused {
            InventoryRefused::Exists => plain(Code::AlreadyExists),
            InventoryRefused::UnknownShow => Self::not_found("event"),
            InventoryRefused::Invalid(invalid) => invalid_request(invalid),
            InventoryRefused::NotReady(missing) => Self::new(Code::NotReady, "See `missing`.")
                .with("missing", missing.iter().map(|missing| json!(missing_words(*missing))).collect()),
            InventoryRefused::SaleNotOpen { opens_at } => sale_not_open(*opens_at),
            InventoryRefused::UnknownPool => Self::not_found("pool"),
            InventoryRefused::UnknownBlock => Self::not_found("block"),
            InventoryRefused::NotInBlock => plain(Code::NotInBlock),
            InventoryRefused::Changed => crate::if_match::changed(),
            InventoryRefused::PoolShort { pool, available } => {
                plain(Code::SoldOut).with("left", json!([{"pool_id": pool, "available": available}]))
            }
            InventoryRefused::PlanDoesNotFit { seats, ticket_types, pools } => {
                does_not_fit(seats, ticket_types, pools)
            }
            InventoryRefused::SalePaused => {
                Self::new(Code::SaleNotOpen, "The organizer has paused the sale.").with("paused", json!(true))
            }
            InventoryRefused::NotPublished => plain(Code::NotPublished),
            InventoryRefused::UnknownSeats(seats) => plain(Code::UnknownSeats).with("seats", json!(seats)),
            InventoryRefused::UnknownTicketType(id) => {
                plain(Code::UnknownTicketType).with("ticket_type_id", json!(id))
            }
            InventoryRefused::SeatsTaken(seats) => plain(Code::SeatsTaken).with("seats", json!(seats)),
            InventoryRefused::SoldOut(left) => plain(Code::SoldOut).with(
                "left",
                left.iter()
                    .map(|left| json!({"ticket_type_id": left.ticket_type, "available": left.available}))
                    .collect(),
            ),
            InventoryRefused::NotTogether { ticket_type, together } => not_together(*ticket_type, *together),
            InventoryRefused::SeatsLeftAlone(seats) => left_alone(seats),
            InventoryRefused::LimitExceeded { ticket_type, limit } => {
                Self::new(Code::LimitExceeded, format!("One order may have at most {limit}."))
                    .with("limit", json!(limit))
                    .with("ticket_type_id", json!(ticket_type))
            }
            InventoryRefused::BuyerLimitExceeded { has, limit } => {
                let detail = format!("One buyer may have at most {limit}; this address has {has} already.");
                Self::new(Code::LimitExceeded, detail).with("limit", json!(limit)).with("has", json!(has))
            }
            InventoryRefused::UnknownCharge => Self::not_found("fee or tax"),
            InventoryRefused::TooManyCharges => plain(Code::TooManyCharges),
            InventoryRefused::BelowMinimum { ticket_type, limit } => {
                Self::new(Code::BelowMinimum, format!("One order must have at least {limit}."))
                    .with("limit", json!(limit))
                    .with("ticket_type_id", json!(ticket_type))
            }
            InventoryRefused::UnknownHold => Self::not_found("hold"),
            InventoryRefused::UnknownOrder => Self::not_found("order"),
            InventoryRefused::UnknownPayment => Self::not_found("payment"),
            InventoryRefused::HoldExpired => Self::new(
                Code::HoldExpired,
                "The hold has lapsed. If its seats are still free, hold them again.",
            ),
            InventoryRefused::HoldReleased => plain(Code::HoldReleased),
            InventoryRefused::HoldOrdered => plain(Code::HoldOrdered),
            InventoryRefused::NotInHold => plain(Code::NotInHold),
            InventoryRefused::HoldWouldBeEmpty => {
                Self::new(Code::HoldWouldBeEmpty, "Nothing would be left. Let the hold go instead.")
            }
            InventoryRefused::ExtensionLimit => plain(Code::ExtensionLimit),
            InventoryRefused::OrderExpired => plain(Code::OrderExpired),
            InventoryRefused::OrderCancelled => plain(Code::OrderCancelled),
            InventoryRefused::OrderPaid => plain(Code::OrderPaid),
            InventoryRefused::PaymentInProgress => plain(Code::PaymentInProgress),
            InventoryRefused::TooEarly => plain(Code::Unavailable),
            InventoryRefused::OrderNotPaid => {
                Self::new(Code::OrderNotPaid, "It has no tickets yet. Cancel it instead.")
            }
            InventoryRefused::UnknownTickets(tickets) => named(Code::UnknownTickets, tickets),
            InventoryRefused::TicketsReturned(tickets) => named(Code::TicketsReturned, tickets),
            InventoryRefused::NotRefundable { ended_at } => not_refundable(*ended_at),
            InventoryRefused::ReasonNeeded => {
                Self::field("/reason", "missing", sentence(&refused.to_string()))
            }
            InventoryRefused::PaymentDisputed => Self::new(
                Code::PaymentDisputed,
                "The payer wants the money back through their bank, which decides about it.",
            ),
            InventoryRefused::UnknownTransfer => Self::not_found("transfer"),
            InventoryRefused::TransferClosed => plain(Code::TransferClosed),
            InventoryRefused::TransferOpen(transfer) => {
                Self::new(Code::TransferOpen, "Withdraw that offer first.")
                    .with("transfer_id", json!(transfer))
            }
            InventoryRefused::TicketsPassedOn(tickets) => named(Code::TicketsTransferred, tickets),
            InventoryRefused::ShowBegun => plain(Code::EventBegun),
            InventoryRefused::UnknownRefund => Self::not_found("refund"),
            InventoryRefused::RefundMade => plain(Code::RefundMade),
            InventoryRefused::ShowCancelled => Self::new(
                Code::EventCancelled,
                "The event does not take place. What was paid for its tickets goes back by itself.",
            ),
        }
    }
}

fn does_not_fit(seats: &[SeatId], ticket_types: &[TicketTypeId], pools: &[PoolId]) -> Problem {
    let detail = "The plan lacks what somebody has or what is sold: `seats` (or it has them in another category), seats \
                  for `ticket_type_ids`, standing areas for `pool_ids`. At most 100 of each are named.";
    Problem::new(Code::PlanDoesNotFit, detail)
        .with("seats", json!(seats))
        .with("ticket_type_ids", json!(ticket_types))
        .with("pool_ids", json!(pools))
}

fn sale_not_open(opens_at: Option<Timestamp>) -> Problem {
    match opens_at {
        Some(at) => {
            Problem::new(Code::SaleNotOpen, format!("The sale opens at {at}.")).with("opens_at", json!(at))
        }
        None => Problem::new(Code::SaleNotOpen, "The event is not on sale now."),
    }
}

fn left_alone(seats: &[SeatId]) -> Problem {
    let detail = "Free seats would be left with nobody beside them, see `seats`. Take them too, or leave room for two.";
    Problem::new(Code::OrphanSeat, detail).with("seats", json!(seats))
}

fn not_together(ticket_type: TicketTypeId, together: u32) -> Problem {
    let detail = format!(
        "There are enough seats, but at most {together} side by side. Ask for fewer, or let the group be split."
    );
    Problem::new(Code::NotAdjacent, detail)
        .with("together", json!(together))
        .with("ticket_type_id", json!(ticket_type))
}

fn not_refundable(ended_at: Option<Timestamp>) -> Problem {
    let Some(at) = ended_at else {
        let detail = "Tickets of this event are not given back. Ask its organizer.";
        return Problem::new(Code::NotRefundable, detail);
    };
    let detail = format!("They could be given back until {at}.");
    Problem::new(Code::NotRefundable, detail).with("ended_at", json!(at))
}

fn invalid_request(invalid: &Invalid) -> Problem {
    let detail = sentence(&invalid.to_string());
    match invalid {
        Invalid::SeatTwice(seat) => Problem::new(Code::DuplicateSeat, detail).with("seats", json!([seat])),
        Invalid::Nothing | Invalid::TooMany => Problem::field("/items", "out_of_range", detail),
        Invalid::SeatNeeded(id) => {
            Problem::field("/items", "seat_needed", detail).with("ticket_type_id", json!(id))
        }
        Invalid::TicketTypeNeeded { seat, choices } => Problem::field("/items", "ticket_type_needed", detail)
            .with("seat_id", json!(seat))
            .with("ticket_type_ids", json!(choices)),
        Invalid::WrongTicketType(seat) => {
            Problem::field("/items", "wrong_ticket_type", detail).with("seat_id", json!(seat))
        }
        Invalid::UnknownCategory => Problem::field("/price_category", "unknown_category", detail),
        Invalid::UnknownPool(pool) => {
            Problem::field("/pool_ids", "unknown_pool", format!("{detail} ({pool})"))
        }
        Invalid::TooManyBest | Invalid::MoreAccessibleThanSeats => {
            Problem::field("/items", "out_of_range", detail)
        }
        Invalid::TicketTwice => Problem::field("/ticket_ids", "duplicate", detail),
        Invalid::NoSeats(id) => {
            Problem::field("/items", "no_seats", detail).with("ticket_type_id", json!(id))
        }
        Invalid::NoAmount => Problem::field("", "amount_or_percentage", detail),
        Invalid::SaleWindow => Problem::field("/sale_starts_at", "out_of_range", detail),
        Invalid::PastStart => Problem::field("/starts_at", "out_of_range", detail),
        Invalid::Limits => Problem::field("/min_per_order", "out_of_range", detail),
        Invalid::AmountTooLarge => Problem::field("/price/amount", "out_of_range", detail),
    }
}

fn missing_words(missing: Missing) -> &'static str {
    match missing {
        Missing::TicketTypes => "ticket_types",
        Missing::FutureStart => "starts_at_in_the_future",
        Missing::OpenSaleWindow => "sale_ends_at_in_the_future",
        Missing::SeatsOfCategories => "seats_of_every_price_category",
    }
}

/// The text as a sentence: a capital first, a full stop last.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

impl From<boxoffice_domain::doors::DoorsRefused> for Problem {
    fn from(refused: boxoffice_domain::doors::DoorsRefused) -> Self {
        Self::new(Code::AlreadyExists, sentence(&refused.to_string()))
    }
}

impl From<boxoffice_domain::organizer::OrganizerRefused> for Problem {
    fn from(refused: boxoffice_domain::organizer::OrganizerRefused) -> Self {
        Self::new(Code::AlreadyExists, sentence(&refused.to_string()))
    }
}

impl From<boxoffice_domain::catalog::CatalogRefused> for Problem {
    fn from(refused: boxoffice_domain::catalog::CatalogRefused) -> Self {
        use boxoffice_domain::catalog::CatalogRefused;
        match refused {
            CatalogRefused::Exists => Self::new(Code::AlreadyExists, sentence(&refused.to_string())),
            CatalogRefused::Unknown => Self::not_found("event"),
            CatalogRefused::Changed => crate::if_match::changed(),
        }
    }
}

impl From<boxoffice_domain::venue::VenueRefused> for Problem {
    fn from(refused: boxoffice_domain::venue::VenueRefused) -> Self {
        match refused {
            boxoffice_domain::venue::VenueRefused::Exists => {
                Self::new(Code::AlreadyExists, sentence(&refused.to_string()))
            }
            boxoffice_domain::venue::VenueRefused::Unknown => Self::not_found("venue"),
        }
    }
}
