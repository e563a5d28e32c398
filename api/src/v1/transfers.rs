//! Tickets that change hands: an offer, and what becomes of it. Nothing is mailed yet: whoever offers a ticket hands the
//! `transfer_token` on.

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Accepted;
use boxoffice_commands::vault::Person;
use boxoffice_domain::id::{PersonId, ShowId, TicketId, TransferId};
use boxoffice_domain::inventory::accept_transfer::AcceptTransfer;
use boxoffice_domain::inventory::end_transfer::EndTransfer;
use boxoffice_domain::inventory::event::{TransferAccepted, TransferEnd};
use boxoffice_domain::inventory::offer_transfer::OfferTransfer;
use boxoffice_domain::inventory::{InventoryCommand, InventoryEvent};
use boxoffice_projections::orders::{self, TransferRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::context::Context;
use crate::extract::{Json, NoBody, Path};
use crate::idempotency;
use crate::problem::Problem;
use crate::signature::TicketCode;
use crate::v1::orders::Buyer;
use crate::wire;

/// To whom a ticket is offered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTransfer {
    /// Who is to have it.
    #[schema(example = "grace@example.org")]
    pub to_email: String,
}

/// A ticket that is offered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfferedTransfer {
    /// The transfer.
    #[schema(example = "transfer_01h455vb4pex5vsknk084sn02q")]
    pub transfer_id: String,
    /// The ticket.
    pub ticket_id: String,
    /// The event.
    pub event_id: String,
    /// `offered`.
    pub status: &'static str,
    /// The secret with which it is accepted or refused: it goes to whoever is to have the ticket.
    pub transfer_token: String,
    /// Where it is accepted, with that secret.
    pub claim_url: String,
}

/// A transfer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Transfer {
    /// The transfer.
    pub transfer_id: String,
    /// The ticket.
    pub ticket_id: String,
    /// The event.
    pub event_id: String,
    /// The seat, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_id: Option<String>,
    /// `offered`, `accepted`, `refused`, `withdrawn`, or `void` where the ticket was given back meanwhile.
    pub status: String,
    /// When the ticket was offered.
    pub offered_at: String,
    /// When its status changed last.
    pub updated_at: String,
}

/// A ticket that is somebody's now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AcceptedTransfer {
    /// The transfer.
    pub transfer_id: String,
    /// The ticket.
    pub ticket_id: String,
    /// The event.
    pub event_id: String,
    /// `accepted`.
    pub status: &'static str,
    /// The secret that opens the ticket, until it changes hands again.
    pub ticket_token: String,
    /// The text of its QR code. The former one is good no longer.
    pub qr: String,
}

/// An offer that has ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EndedTransfer {
    /// The transfer.
    pub transfer_id: String,
    /// `refused`.
    pub status: &'static str,
}

/// Offers a ticket to somebody. It stays good where it is until they accept. Whoever has it may offer it: the buyer with
/// the order's secret, and after that whoever accepted it with theirs.
#[utoipa::path(post, path = "/v1/tickets/{ticket_id}/transfer", tag = "Buyers", operation_id = "offer_transfer",
    params(("ticket_id" = String, Path, description = "The ticket")), request_body = NewTransfer,
    responses((status = 201, description = "The ticket is offered", body = OfferedTransfer)))]
pub async fn offer_transfer(
    context: Context,
    Path(ticket): Path<TicketId>,
    Json { value, canonical }: Json<NewTransfer>,
) -> Result<Answer, Problem> {
    let email = wire::email(&value.to_email, "/to_email")?;
    context.wait_all().await?;
    let app = &context.app;
    let show = app.ticket(&context.credential, ticket).await?.show;
    let meta = context.command(&canonical);
    let recipient = PersonId::from_uuid(idempotency::companion_of_body(&meta, "recipient"));
    app.vault.keep(recipient, &person(String::new(), email)).await?;
    let transfer = TransferId::of_show(show, app.ids.next());
    let command = InventoryCommand::OfferTransfer(OfferTransfer { ticket, transfer, recipient });
    let (_, accepted) = app.send_to(show, command, meta).await?;
    // What was decided, which may have been before.
    let offered = accepted.events.iter().find_map(|event| match event {
        InventoryEvent::TransferOffered(offered) => Some(offered.transfer),
        _ => None,
    });
    let transfer = offered.ok_or_else(|| Problem::internal("an offer without its event"))?;
    let body = OfferedTransfer {
        transfer_id: transfer.to_string(),
        ticket_id: ticket.to_string(),
        event_id: show.to_string(),
        status: "offered",
        transfer_token: app.guard.transfer_token(transfer),
        claim_url: format!("/v1/transfers/{transfer}/acceptance"),
    };
    let address = format!("/v1/transfers/{transfer}");
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&address).private())
}

fn person(name: String, email: String) -> Person {
    Person { name, email, attendees: Vec::new(), answers: None }
}

/// A transfer, for whoever has its secret or the ticket.
#[utoipa::path(get, path = "/v1/transfers/{transfer_id}", tag = "Buyers", operation_id = "get_transfer",
    params(("transfer_id" = String, Path, description = "The transfer")),
    responses((status = 200, description = "The transfer", body = Transfer)))]
pub async fn get_transfer(context: Context, Path(transfer): Path<TransferId>) -> Result<Answer, Problem> {
    let app = &context.app;
    context.wait_own().await?;
    let row = app.transfer(transfer).await;
    let row = match app.guard.transfer(&context.credential, transfer) {
        Ok(()) => row?,
        Err(unknown) => {
            // Whoever has the ticket, or had it first.
            let row = row.map_err(|_| unknown.clone())?;
            app.giver(&context.credential, row.ticket).await.map_err(|_| unknown)?;
            row
        }
    };
    let ticket = app.any_ticket(row.ticket).await?;
    let body = Transfer {
        transfer_id: transfer.to_string(),
        ticket_id: row.ticket.to_string(),
        event_id: row.show.to_string(),
        seat_id: ticket.and_then(|ticket| ticket.seat).map(|seat| seat.to_string()),
        status: row.status.to_string(),
        offered_at: row.offered_at.to_string(),
        updated_at: row.updated_at.to_string(),
    };
    Ok(Answer::json(StatusCode::OK, &body)?.private())
}

/// Accepts a ticket: it is yours, and its former code is good no longer.
#[utoipa::path(post, path = "/v1/transfers/{transfer_id}/acceptance", tag = "Buyers",
    operation_id = "accept_transfer", request_body = Buyer,
    params(("transfer_id" = String, Path, description = "The transfer")),
    responses((status = 200, description = "The ticket", body = AcceptedTransfer)))]
pub async fn accept_transfer(
    context: Context,
    Path(transfer): Path<TransferId>,
    Json { value, canonical }: Json<Buyer>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    app.guard.transfer(&context.credential, transfer)?;
    let name = wire::text(&value.name, "/name", 200)?;
    let known = person(name, wire::email(&value.email, "/email")?);
    context.wait_all().await?;
    let show = app.transfer(transfer).await?.show;
    let meta = context.command(&canonical);
    let holder = PersonId::from_uuid(idempotency::companion_of_body(&meta, "holder"));
    app.vault.keep(holder, &known).await?;
    let command = InventoryCommand::AcceptTransfer(AcceptTransfer { transfer, holder });
    let (_, accepted) = app.send_to(show, command, meta).await?;
    let body = accepted_transfer(app, show, &accepted)?;
    Ok(Answer::json(StatusCode::OK, &body)?.at(accepted.position).private())
}

fn accepted_transfer(
    app: &App,
    show: ShowId,
    accepted: &Accepted<InventoryEvent>,
) -> Result<AcceptedTransfer, Problem> {
    let found = accepted.events.iter().find_map(|event| match event {
        InventoryEvent::TransferAccepted(accepted) => Some(accepted),
        _ => None,
    });
    let TransferAccepted { code, ticket, transfer, .. } =
        *found.ok_or_else(|| Problem::internal("an acceptance without its event"))?;
    Ok(AcceptedTransfer {
        transfer_id: transfer.to_string(),
        ticket_id: ticket.to_string(),
        event_id: show.to_string(),
        status: "accepted",
        ticket_token: app.guard.ticket_token(ticket, code),
        qr: app.signer.sign(TicketCode { show, ticket, number: code }),
    })
}

/// Refuses a ticket: it stays where it is.
#[utoipa::path(post, path = "/v1/transfers/{transfer_id}/refusal", tag = "Buyers", operation_id = "refuse_transfer",
    params(("transfer_id" = String, Path, description = "The transfer")),
    responses((status = 200, description = "The offer has ended", body = EndedTransfer)))]
pub async fn refuse_transfer(
    context: Context,
    Path(transfer): Path<TransferId>,
    _: NoBody,
) -> Result<Answer, Problem> {
    let app = &context.app;
    app.guard.transfer(&context.credential, transfer)?;
    context.wait_all().await?;
    let show = app.transfer(transfer).await?.show;
    let command = InventoryCommand::EndTransfer(EndTransfer { transfer, reason: TransferEnd::Refused });
    let (_, accepted) = app.send_to(show, command, context.command(b"")).await?;
    let body = EndedTransfer { transfer_id: transfer.to_string(), status: "refused" };
    Ok(Answer::json(StatusCode::OK, &body)?.at(accepted.position).private())
}

/// Withdraws an offer: the ticket stays where it is. For whoever has the ticket.
#[utoipa::path(delete, path = "/v1/transfers/{transfer_id}", tag = "Buyers", operation_id = "withdraw_transfer",
    params(("transfer_id" = String, Path, description = "The transfer")),
    responses((status = 204, description = "The offer has ended")))]
pub async fn withdraw_transfer(
    context: Context,
    Path(transfer): Path<TransferId>,
    _: NoBody,
) -> Result<Answer, Problem> {
    let app = &context.app;
    context.wait_all().await?;
    let row = app.transfer(transfer).await?;
    app.ticket(&context.credential, row.ticket).await?;
    let command = InventoryCommand::EndTransfer(EndTransfer { transfer, reason: TransferEnd::Withdrawn });
    let (_, accepted) = app.send_to(row.show, command, context.command(b"")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT).at(accepted.position))
}

impl App {
    /// A transfer, whoever asks.
    async fn transfer(&self, transfer: TransferId) -> Result<TransferRow, Problem> {
        self.orders_are_whole(transfer.show_tag())?;
        let row = self.views.get(orders::TRANSFERS.name, &transfer.to_string()).await?;
        Ok(TransferRow::from_row(&row.ok_or_else(|| Problem::not_found("transfer"))?)?)
    }
}
