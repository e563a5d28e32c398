//! Check-ins: a ticket is let in as often as its type says.

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::{Failure, Request};
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::doors::{Admission, Admissions, Admit, Doors, DoorsCommand, DoorsRefused};
use boxoffice_domain::entries::Entries;
use boxoffice_domain::id::{ShowId, TicketId, TicketTypeId};
use boxoffice_domain::log::{CommandMeta, Position};
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::catalog::ShowRow;
use boxoffice_projections::orders::{OrdersProjection, TicketRow, TicketStatus};
use boxoffice_projections::table::TableProjection as _;
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
    /// When and where the ticket was let in first, where it is let in no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_admission: Option<AdmissionBody>,
    /// When and where it was let in last; after one admission that is the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_admission: Option<AdmissionBody>,
    /// How often it was let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admissions: Option<u32>,
}

/// When and where a ticket was let in.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Admission)]
pub struct AdmissionBody {
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

/// Lets a ticket in, as often as its type says. A scan too many says when and where it was let in first and last.
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
    let door = Door::open(&context, row).await?;
    let (verdict, position) = door.judge(scan, meta).await?;
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
    let door = Door::open(&context, row).await?;
    let mut data = Vec::with_capacity(scans.len());
    let mut reached = 0;
    for scan in scans {
        let (verdict, position) = match door.judge(scan, None).await {
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
        last_admission: None,
        admissions: None,
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

/// What was shown is no ticket that is good here.
struct TurnedAway {
    result: &'static str,
    reason: &'static str,
    ticket: Option<TicketId>,
}

impl TurnedAway {
    const fn of(result: &'static str, reason: &'static str, ticket: Option<TicketId>) -> Self {
        Self { result, reason, ticket }
    }
}

impl From<TurnedAway> for Verdict {
    fn from(refused: TurnedAway) -> Self {
        verdict(refused.result, refused.reason, refused.ticket)
    }
}

/// What the door of a show goes by: its times, and how often which tickets admit, as of one position of the log.
struct Door<'a> {
    context: &'a Context,
    show: ShowRow,
    judged_at: Position,
    entries: Vec<(TicketTypeId, Entries)>,
    /// It does not take place: its tickets are good no longer, whether they have gone back already or not.
    is_cancelled: bool,
}

impl<'a> Door<'a> {
    /// Looks up how often tickets admit, and waits until it is known which of them were good then.
    async fn open(context: &'a Context, show: ShowRow) -> Result<Self, Problem> {
        let app = &context.app;
        let (judged_at, entries, is_cancelled) = app.entry(show.show)?.read(context.now(), |view| {
            let entries = view.ticket_types().map(|known| (known.ticket_type, known.entries)).collect();
            (view.position(), entries, view.ending().is_some())
        })?;
        app.wait_in(OrdersProjection.name(), judged_at).await?;
        Ok(Self { context, show, judged_at, entries, is_cancelled })
    }

    /// Judges a scan; its identity is `keyed`, or else its device and nonce.
    async fn judge(&self, scan: Read, keyed: Option<CommandMeta>) -> Result<(Verdict, Position), Problem> {
        let head = self.context.app.feed.head();
        let row = match self.recognise(&scan.shown).await? {
            Ok(row) => row,
            Err(refused) => return Ok((refused.into(), head)),
        };
        let closed = if self.is_cancelled {
            Some(("revoked", "The event does not take place."))
        } else {
            closed(&self.show, self.context.now())
        };
        let (mut verdict, position) = match (closed, self.entries(&row)) {
            (Some((result, reason)), _) => (verdict(result, reason, Some(row.ticket)), head),
            (None, None) => (unknown(row.ticket).into(), head),
            (None, Some(entries)) => self.admit(scan, row.ticket, entries, keyed).await?,
        };
        verdict.seat_id = row.seat.map(|seat| seat.to_string());
        Ok((verdict, position))
    }

    /// How often the ticket admits; nothing where even its type is newer than what is gone by.
    fn entries(&self, row: &TicketRow) -> Option<Entries> {
        self.entries.iter().find(|(known, _)| *known == row.ticket_type).map(|(_, entries)| *entries)
    }

    /// The ticket that was shown, if it is one of this show and good, or else what it is.
    async fn recognise(&self, shown: &Shown) -> Result<Result<TicketRow, TurnedAway>, Problem> {
        let (ticket, code) = match self.read(shown) {
            Ok(read) => read,
            Err(refused) => return Ok(Err(refused)),
        };
        Ok(match self.context.app.any_ticket(ticket).await? {
            None => Err(unknown(ticket)),
            Some(row) if row.show != self.show.show => Err(wrong_event(ticket)),
            Some(row) if row.status != TicketStatus::Valid => {
                Err(TurnedAway::of("revoked", "This ticket was given back.", Some(ticket)))
            }
            Some(row) if code.is_some_and(|number| number != row.code) => {
                let reason = "This ticket was passed on: its new holder has another code.";
                Err(TurnedAway::of("revoked", reason, Some(ticket)))
            }
            Some(row) => Ok(row),
        })
    }

    /// Which ticket was shown, and which of its codes.
    fn read(&self, shown: &Shown) -> Result<(TicketId, Option<u16>), TurnedAway> {
        let not_ours = || TurnedAway::of("invalid", "This is not one of our tickets.", None);
        match shown {
            Shown::Code(qr) => match self.context.app.signer.verify(qr) {
                Ok(code) if code.show != self.show.show => Err(wrong_event(code.ticket)),
                Ok(code) => Ok((code.ticket, Some(code.number))),
                Err(_) => Err(not_ours()),
            },
            Shown::Ticket(id) => id.parse().map(|ticket| (ticket, None)).map_err(|_| not_ours()),
        }
    }

    async fn admit(
        &self,
        scan: Read,
        ticket: TicketId,
        entries: Entries,
        keyed: Option<CommandMeta>,
    ) -> Result<(Verdict, Position), Problem> {
        let (app, show) = (&self.context.app, self.show.show);
        let Read { gate, device, nonce, scanned_at, .. } = scan;
        let is_keyed = keyed.is_some();
        let meta = keyed.unwrap_or_else(|| {
            // The scan itself is the command's identity: a device that sends it again is told the same.
            let scan = format!("{show}\n{device}\n{nonce}");
            idempotency::of_name(&app.guard, "check_in", &scan, ticket.uuid().as_bytes())
        });
        let admit = Admit { device, entries, gate, judged_at: self.judged_at, nonce, scanned_at, ticket };
        let request = Request { command: DoorsCommand::Admit(admit), meta };
        match app.doors.send(Doors::stream(show), request).await {
            Ok(accepted) => Ok((verdict("admitted", "Welcome.", Some(ticket)), accepted.position)),
            Err(Failure::Refused { refusal: DoorsRefused::AlreadyAdmitted(admissions), position }) => {
                Ok((already_admitted(ticket, admissions), position))
            }
            Err(Failure::KeyReused) if !is_keyed => Err(Problem::field("/nonce", "reused", NONCE_USED)),
            Err(failure) => Err(Problem::from(failure)),
        }
    }
}

fn unknown(ticket: TicketId) -> TurnedAway {
    TurnedAway::of("invalid", "There is no such ticket.", Some(ticket))
}

fn wrong_event(ticket: TicketId) -> TurnedAway {
    TurnedAway::of("wrong_event", "This ticket is for another event.", Some(ticket))
}

fn already_admitted(ticket: TicketId, admissions: Admissions) -> Verdict {
    let told = |admission: Admission| AdmissionBody { gate: admission.gate, at: admission.at.to_string() };
    Verdict {
        first_admission: Some(told(admissions.first)),
        last_admission: Some(told(admissions.last)),
        admissions: Some(admissions.count),
        ..verdict("already_admitted", "This ticket was let in as often as it may be.", Some(ticket))
    }
}

/// Why nobody is let in at this time, if nobody is.
fn closed(show: &ShowRow, now: Timestamp) -> Option<(&'static str, &'static str)> {
    if show.doors_at.is_some_and(|doors_at| now < doors_at) {
        return Some(("not_yet_valid", "The doors are not open yet."));
    }
    let ends_at = show.ends_at.unwrap_or(show.starts_at.plus_ms(OPEN_MS));
    (now >= ends_at).then_some(("invalid", "The event is over."))
}
