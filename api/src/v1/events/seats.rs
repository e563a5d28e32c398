//! `GET /v1/events/{event_id}/seats`

use axum::http::header::{ACCEPT, VARY};
use axum::http::{HeaderMap, StatusCode};
use boxoffice_domain::id::ShowId;
use boxoffice_projections::as_of::{PastUnknown, seats_as_of};
use boxoffice_projections::feed::Until;
use boxoffice_projections::shows::Rendered;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Context;
use crate::extract::{Path, Query};
use crate::problem::{Code, Problem};
use crate::wire;

/// The compact form: columns, and one letter a seat.
pub const COMPACT: &str = "application/vnd.boxoffice.seats+json";

/// All seats of an event. Written by the read model, byte for byte in this form.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Seats {
    /// The event.
    pub event_id: String,
    /// The position of the event's last change.
    pub position: u64,
    /// The seats, in the plan's order.
    pub seats: Vec<SeatBody>,
}

/// A seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatBody {
    /// Its name in the plan.
    pub seat_id: String,
    /// What people would call it.
    pub label: String,
    /// The part of the house.
    pub zone: String,
    /// The row.
    pub row: String,
    /// The number on the seat.
    pub number: String,
    /// Its price category.
    pub category: String,
    /// As what it sells.
    pub ticket_type_ids: Vec<String>,
    /// To the right, in units of the plan.
    pub x: f64,
    /// Downwards, in units of the plan.
    pub y: f64,
    /// `available`, `held`, `sold` or `blocked`.
    pub state: String,
}

/// Which moment to look at.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// A log position, or a time in the past.
    pub as_of: Option<String>,
}

/// All seats with their state: now, or as of a position or a time. `Accept:
/// application/vnd.boxoffice.seats+json` gives a compact form for large plans.
#[utoipa::path(get, path = "/v1/events/{event_id}/seats", tag = "Buyers", operation_id = "get_seats",
    params(("event_id" = String, Path, description = "The event"), AsOf),
    responses((status = 200, description = "The seats", body = Seats), (status = 304, description = "Unchanged")))]
pub async fn get_seats(
    context: Context,
    Path(show): Path<ShowId>,
    Query(parameter): Query<AsOf>,
) -> Result<Answer, Problem> {
    context.wait_asked().await?;
    let compact = wants_compact(&context.headers)?;
    context.app.on_sale(show)?;
    let media_type = if compact { COMPACT } else { "application/json" };
    let answer = match parameter.as_of.as_deref() {
        None => {
            let entry = context.app.entry(show)?;
            let now = context.now();
            let Rendered { etag, position, body } =
                if compact { entry.seats_compact(now)? } else { entry.seats(now)? };
            Answer::bytes(StatusCode::OK, media_type, body).tagged(&etag, &context.headers).at(position)
        }
        Some(text) => {
            let until = moment(text, &context)?;
            let mut past = seats_as_of(&*context.app.feed, show, until).await.map_err(past_problem)?;
            let seats = past.view.seats();
            let body = if compact { seats.to_compact() } else { seats.to_json() };
            Answer::bytes(StatusCode::OK, media_type, body).at(seats.position)
        }
    };
    Ok(answer.with(VARY, "accept"))
}

fn moment(text: &str, context: &Context) -> Result<Until, Problem> {
    if let Ok(position) = text.parse() {
        if position > context.app.feed.head() {
            let detail = format!("The log's head is {}.", context.app.feed.head());
            return Err(Problem::new(Code::PositionBeyondHead, detail));
        }
        if position == 0 {
            return Err(Problem::field("as_of", "out_of_range", "Positions start at 1."));
        }
        return Ok(Until::Position(position));
    }
    // A plus in a query is a space to most parsers: `+01:00` comes as ` 01:00`.
    let time = wire::time(&text.replace(' ', "+"), "as_of")?;
    if time > context.now() {
        return Err(Problem::field("as_of", "out_of_range", "The future is not known."));
    }
    Ok(Until::Time(time))
}

/// What the past has to say for itself.
pub(super) fn past_problem(unknown: PastUnknown) -> Problem {
    match unknown {
        PastUnknown::NoSuchPosition(_) => Problem::new(Code::PositionBeyondHead, format!("{unknown}.")),
        PastUnknown::NoSuchShow => Problem::new(Code::NotFound, "The event did not exist then."),
        PastUnknown::Unreadable { .. } => {
            tracing::error!(%unknown, "the past cannot be read");
            Problem::new(Code::Unreadable, "The operator has to update this program.")
        }
        PastUnknown::Outage(outage) => outage.into(),
    }
}

fn wants_compact(headers: &HeaderMap) -> Result<bool, Problem> {
    let Some(accept) = headers.get(ACCEPT) else { return Ok(false) };
    let accept = accept.to_str().unwrap_or("").to_ascii_lowercase();
    let mut kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or("").trim());
    let first = kinds.find_map(|kind| match kind {
        COMPACT => Some(true),
        "" | "*/*" | "application/*" | "application/json" => Some(false),
        _ => None,
    });
    first.ok_or_else(|| {
        Problem::new(Code::NotAcceptable, format!("Offered are application/json and {COMPACT}."))
    })
}
