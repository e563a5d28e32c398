//! Tickets and their codes.

use axum::http::StatusCode;
use boxoffice_domain::id::TicketId;
use boxoffice_projections::orders::{TicketRow, TicketStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Context;
use crate::extract::Path;
use crate::problem::{Code, Problem};
use crate::qr;
use crate::signature::TicketCode;
use crate::wire::Money;

/// A ticket.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Ticket {
    /// The ticket.
    #[schema(example = "ticket_01h455vb4pex5vsknk084sn02q")]
    pub ticket_id: String,
    /// The event.
    pub event_id: String,
    /// The order that it came with.
    pub order_id: String,
    /// The seat, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_id: Option<String>,
    /// As what it was sold.
    pub ticket_type_id: String,
    /// What it cost.
    pub price: Money,
    /// `valid`, `refunded`, or `cancelled` where it was given back for nothing.
    pub status: String,
    /// When it was issued.
    pub issued_at: String,
    /// The text of its QR code, as long as it is valid. It changes when the ticket changes hands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr: Option<String>,
}

fn code(row: &TicketRow) -> TicketCode {
    TicketCode { show: row.show, ticket: row.ticket, number: row.code }
}

/// A ticket, for whoever has it.
#[utoipa::path(get, path = "/v1/tickets/{ticket_id}", tag = "Buyers", operation_id = "get_ticket",
    params(("ticket_id" = String, Path, description = "The ticket")),
    responses((status = 200, description = "The ticket", body = Ticket)))]
pub async fn get_ticket(context: Context, Path(ticket): Path<TicketId>) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let app = &context.app;
    let row = app.ticket(&context.credential, ticket).await?;
    let body = Ticket {
        ticket_id: ticket.to_string(),
        event_id: row.show.to_string(),
        order_id: row.order.to_string(),
        seat_id: row.seat.as_ref().map(ToString::to_string),
        ticket_type_id: row.ticket_type.to_string(),
        price: Money::new(row.price, app.terms(row.show)?.currency),
        status: row.status.to_string(),
        issued_at: row.issued_at.to_string(),
        qr: (row.status == TicketStatus::Valid).then(|| app.signer.sign(code(&row))),
    };
    Ok(Answer::json(StatusCode::OK, &body)?.private())
}

/// The ticket's QR code, signed.
#[utoipa::path(get, path = "/v1/tickets/{ticket_id}/qr.svg", tag = "Buyers", operation_id = "get_ticket_qr",
    params(("ticket_id" = String, Path, description = "The ticket")),
    responses((status = 200, description = "A picture", content_type = "image/svg+xml", body = String)))]
pub async fn get_ticket_qr(context: Context, Path(ticket): Path<TicketId>) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let app = &context.app;
    let row = app.ticket(&context.credential, ticket).await?;
    if row.status != TicketStatus::Valid {
        return Err(Problem::new(
            Code::TicketNotValid,
            format!("The ticket is {}: it has no code any more.", row.status),
        ));
    }
    let drawing = qr::svg(&app.signer.sign(code(&row)), &format!("Code of {ticket}"))?;
    Ok(Answer::bytes(StatusCode::OK, "image/svg+xml", drawing.into()).private())
}
