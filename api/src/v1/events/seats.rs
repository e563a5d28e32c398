//! `GET /v1/events/{event_id}/seats`

use axum::http::StatusCode;
use axum::http::header::VARY;
use boxoffice_domain::id::ShowId;
use boxoffice_projections::feed::Until;
use boxoffice_projections::shows::Rendered;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accept;
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
    /// For people in wheelchairs; left out where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accessible: Option<bool>,
    /// For somebody who comes with them; left out where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub companion: Option<bool>,
    /// `available`, `held`, `sold` or `blocked`.
    pub state: String,
}

/// The same in columns, one entry a seat in each, for large plans.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CompactSeats {
    /// The event.
    pub event_id: String,
    /// The parts of the house.
    pub zones: Vec<String>,
    /// The price categories, and as what each sells.
    pub categories: Vec<CompactCategory>,
    /// The seats' names in the plan.
    pub seat_ids: Vec<String>,
    /// What people would call them.
    pub labels: Vec<String>,
    /// The place of each seat's zone in `zones`.
    pub zone_of: Vec<u32>,
    /// The rows.
    pub rows: Vec<String>,
    /// The numbers on the seats.
    pub numbers: Vec<String>,
    /// The place of each seat's category in `categories`.
    pub category_of: Vec<u32>,
    /// To the right, in units of the plan.
    pub x: Vec<f64>,
    /// Downwards, in units of the plan.
    pub y: Vec<f64>,
    /// The places of seats for people in wheelchairs.
    pub accessible: Vec<u32>,
    /// The places of seats for those who come with them.
    pub companion: Vec<u32>,
    /// The position of the event's last change.
    pub position: u64,
    /// One letter a seat: `a`vailable, `h`eld, `s`old or `b`locked.
    pub states: String,
}

/// A price category in the compact form.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CompactCategory {
    /// Its name.
    pub name: String,
    /// As what its seats sell.
    pub ticket_type_ids: Vec<String>,
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
    responses(
        (status = 200, description = "The seats", content(
            (Seats = "application/json"), (CompactSeats = "application/vnd.boxoffice.seats+json"))),
        (status = 304, description = "Unchanged")))]
pub async fn get_seats(
    context: Context,
    Path(show): Path<ShowId>,
    Query(parameter): Query<AsOf>,
) -> Result<Answer, Problem> {
    context.wait_fresh().await?;
    let media_type = accept::best(&context.headers, &["application/json", COMPACT])?;
    let compact = media_type == COMPACT;
    context.app.on_sale(show).await?;
    let answer = match parameter.as_of.as_deref() {
        None => {
            let entry = context.app.entry(show)?;
            let now = context.now();
            let Rendered { etag, position, body } =
                if compact { entry.seats_compact(now)? } else { entry.seats(now)? };
            Answer::bytes(StatusCode::OK, media_type, body).tagged(&etag, &context.headers).at(position)
        }
        Some(text) => {
            let until = moment(text, &context).await?;
            let mut past = context.app.past.show(&*context.app.feed, show, until).await?;
            let seats = past.view.seats();
            let body = if compact { seats.to_compact() } else { seats.to_json() };
            Answer::bytes(StatusCode::OK, media_type, body).hashed(&context.headers).at(seats.position)
        }
    };
    Ok(answer.with(VARY, "accept"))
}

async fn moment(text: &str, context: &Context) -> Result<Until, Problem> {
    if let Ok(position) = text.parse() {
        let head = context.app.feed.look_up_head().await;
        if position > head {
            let detail = format!("The log's head is {head}.");
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
