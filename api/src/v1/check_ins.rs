//! Check-ins: a ticket is let in once.

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::{Failure, Request};
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::doors::{Doors, DoorsCommand, DoorsRefused, TicketAdmitted};
use boxoffice_domain::id::{ShowId, TicketId};
use boxoffice_domain::log::CommandMeta;
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::catalog::ShowRow;
use boxoffice_projections::orders::TicketStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::{Administrator, Context};
use crate::extract::{Json, Path};
use crate::idempotency;
use crate::problem::{Code, Problem};
use crate::wire;

/// How long after its start an event without an end lets people in, in milliseconds.
const OPEN_MS: i64 = 24 * 60 * 60 * 1000;

/// The most scans of one batch.
const BATCH_MAX: usize = 100;

const NONCE_USED: &str = "This device has used the nonce for another ticket.";

/// A scan.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// The text of the QR code; this or the ticket's id.
    pub qr: Option<String>,
    /// The ticket; this or the QR code.
    pub ticket_id: Option<String>,
    /// Where it was scanned.
    #[schema(example = "North")]
    pub gate: String,
    /// What scanned it.
    pub device_id: String,
    /// When the device says it scanned. It is recorded; what counts is when it comes in.
    pub scanned_at: String,
    /// The device's own name for this scan: the same scan sent again gets the same answer.
    pub nonce: String,
}

/// What became of a scan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verdict {
    /// `admitted`, `already_admitted`, `invalid`, `revoked`, `not_yet_valid` or `wrong_event`.
    pub result: &'static str,
    /// Why, in words for the gate.
    pub reason: &'static str,
    /// The ticket, where the code is genuine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<String>,
    /// The seat, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_id: Option<String>,
    /// When and where the ticket was let in first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_admission: Option<FirstAdmission>,
}

/// When and where a ticket was let in first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FirstAdmission {
    /// Where.
    pub gate: String,
    /// When.
    pub at: String,
}

/// Several scans.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scans {
    /// At most 100, in the order in which they were made.
    pub scans: Vec<Scan>,
}

/// What became of several scans, in their order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verdicts {
    /// The verdicts.
    pub data: Vec<Verdict>,
}

/// Lets a ticket in, once. The second scan says when and where the first was.
#[utoipa::path(post, path = "/v1/events/{event_id}/check_ins", tag = "Organizers", operation_id = "check_in",
    params(("event_id" = String, Path, description = "The event")), request_body = Scan,
    responses((status = 200, description = "What became of the scan", body = Verdict)))]
pub async fn check_in(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    Json { value, canonical }: Json<Scan>,
) -> Result<Answer, Problem> {
    let scan = Read::of(&value, "")?;
    context.wait_all().await?;
    let row = context.app.show_row(show).await?;
    let meta = context.idempotency.is_keyed().then(|| context.command(&canonical));
    let (verdict, position) = judge(&context, &row, scan, meta).await?;
    Ok(Answer::json(StatusCode::OK, &verdict)?.at(position).private())
}

/// Lets tickets in, one scan after the other.
#[utoipa::path(post, path = "/v1/events/{event_id}/check_ins/batch", tag = "Organizers", operation_id = "check_in_batch",
    params(("event_id" = String, Path, description = "The event")), request_body = Scans,
    responses((status = 200, description = "What became of the scans", body = Verdicts)))]
pub async fn check_in_batch(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    Json { value, .. }: Json<Scans>,
) -> Result<Answer, Problem> {
    if value.scans.len() > BATCH_MAX {
        return Err(Problem::field("/scans", "too_many", format!("At most {BATCH_MAX} scans.")));
    }
    // All of them are read before the first is judged, so that a bad one spoils none.
    let scans = (0..).zip(&value.scans).map(|(index, scan)| Read::of(scan, &format!("/scans/{index}")));
    let scans = scans.collect::<Result<Vec<_>, _>>()?;
    context.wait_all().await?;
    let row = context.app.show_row(show).await?;
    let mut data = Vec::with_capacity(scans.len());
    let mut reached = 0;
    for scan in scans {
        let (verdict, position) = match judge(&context, &row, scan, None).await {
            Err(problem) if problem.code == Code::Invalid => {
                (verdict("invalid", NONCE_USED, None), context.app.feed.head())
            }
            judged => judged?,
        };
        data.push(verdict);
        reached = reached.max(position);
    }
    Ok(Answer::json(StatusCode::OK, &Verdicts { data })?.at(reached).private())
}

fn verdict(result: &'static str, reason: &'static str, ticket: Option<TicketId>) -> Verdict {
    Verdict {
        result,
        reason,
        ticket_id: ticket.map(|ticket| ticket.to_string()),
        seat_id: None,
        first_admission: None,
    }
}

/// What to look at.
enum Shown {
    Code(String),
    Ticket(String),
}

/// A scan that has everything.
struct Read {
    shown: Shown,
    gate: String,
    device: String,
    nonce: String,
    scanned_at: Timestamp,
}

impl Read {
    fn of(scan: &Scan, pointer: &str) -> Result<Self, Problem> {
        let at = |field: &str| format!("{pointer}/{field}");
        Ok(Self {
            gate: wire::text(&scan.gate, &at("gate"), 100)?,
            device: wire::text(&scan.device_id, &at("device_id"), 100)?,
            nonce: wire::text(&scan.nonce, &at("nonce"), 100)?,
            scanned_at: wire::time(&scan.scanned_at, &at("scanned_at"))?,
            shown: match (&scan.qr, &scan.ticket_id) {
                (Some(qr), None) => Shown::Code(qr.clone()),
                (None, Some(id)) => Shown::Ticket(id.clone()),
                _ => return Err(Problem::field(pointer, "missing", "Send either `qr` or `ticket_id`.")),
            },
        })
    }
}

/// Judges a scan; its identity is `keyed`, or else its device and nonce.
async fn judge(
    context: &Context,
    show: &ShowRow,
    scan: Read,
    keyed: Option<CommandMeta>,
) -> Result<(Verdict, u64), Problem> {
    let app = &context.app;
    let head = app.feed.head();
    let (ticket, code) = match &scan.shown {
        Shown::Code(qr) => match app.signer.verify(qr) {
            Ok(code) if code.show != show.show => {
                return Ok((
                    verdict("wrong_event", "This ticket is for another event.", Some(code.ticket)),
                    head,
                ));
            }
            Ok(code) => (code.ticket, Some(code.number)),
            Err(_) => return Ok((verdict("invalid", "This is not one of our tickets.", None), head)),
        },
        Shown::Ticket(id) => match id.parse() {
            Ok(ticket) => (ticket, None),
            Err(_) => return Ok((verdict("invalid", "This is not one of our tickets.", None), head)),
        },
    };
    let Some(row) = app.any_ticket(ticket).await? else {
        return Ok((verdict("invalid", "There is no such ticket.", Some(ticket)), head));
    };
    if row.show != show.show {
        return Ok((verdict("wrong_event", "This ticket is for another event.", Some(ticket)), head));
    }
    if row.status != TicketStatus::Valid {
        return Ok((verdict("revoked", "This ticket was given back.", Some(ticket)), head));
    }
    if code.is_some_and(|number| number != row.code) {
        let reason = "This ticket was passed on: its new holder has another code.";
        return Ok((verdict("revoked", reason, Some(ticket)), head));
    }
    let seat = row.seat.map(|seat| seat.to_string());
    let Read { gate, device, nonce, scanned_at, .. } = scan;
    let admitted = TicketAdmitted { device, gate, nonce, scanned_at, ticket };
    let (mut verdict, position) = match closed(show, context.now()) {
        Some((result, reason)) => (verdict(result, reason, Some(ticket)), head),
        None => admit(context, show.show, admitted, keyed).await?,
    };
    verdict.seat_id = seat;
    Ok((verdict, position))
}

/// Why nobody is let in at this time, if nobody is.
fn closed(show: &ShowRow, now: Timestamp) -> Option<(&'static str, &'static str)> {
    if show.doors_at.is_some_and(|doors_at| now < doors_at) {
        return Some(("not_yet_valid", "The doors are not open yet."));
    }
    let ends_at = show.ends_at.unwrap_or(show.starts_at.plus_ms(OPEN_MS));
    (now >= ends_at).then_some(("invalid", "The event is over."))
}

async fn admit(
    context: &Context,
    show: ShowId,
    admitted: TicketAdmitted,
    keyed: Option<CommandMeta>,
) -> Result<(Verdict, u64), Problem> {
    let app = &context.app;
    let ticket = admitted.ticket;
    let is_keyed = keyed.is_some();
    let meta = keyed.unwrap_or_else(|| {
        // The scan itself is the command's identity: a device that sends it again is told the same.
        let scan = format!("{show}\n{}\n{}", admitted.device, admitted.nonce);
        idempotency::of_name(&app.guard, "check_in", &scan, ticket.uuid().as_bytes())
    });
    let request = Request { command: DoorsCommand::Admit(admitted), meta };
    match app.doors.send(Doors::stream(show), request).await {
        Ok(accepted) => {
            let verdict = verdict("admitted", "Welcome.", Some(ticket));
            Ok((verdict, accepted.position))
        }
        Err(Failure::Refused { refusal: DoorsRefused::AlreadyAdmitted(first), position }) => {
            let mut verdict = verdict("already_admitted", "This ticket was let in before.", Some(ticket));
            verdict.first_admission = Some(FirstAdmission { gate: first.gate, at: first.at.to_string() });
            Ok((verdict, position))
        }
        Err(Failure::KeyReused) if !is_keyed => Err(Problem::field("/nonce", "reused", NONCE_USED)),
        Err(failure) => Err(Problem::from(failure)),
    }
}
