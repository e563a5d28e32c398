//! `GET /v1/events/{event_id}/seats/{seat_id}/history`

use axum::http::StatusCode;
use boxoffice_domain::id::ShowId;
use boxoffice_projections::history::seat_history;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::Path;
use crate::problem::Problem;

/// Every fact about one seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatHistory {
    /// The event.
    pub event_id: String,
    /// The seat.
    pub seat_id: String,
    /// What happened, the first first.
    pub data: Vec<SeatFact>,
}

/// One fact about a seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatFact {
    /// Where it is in the log.
    pub position: u64,
    /// When.
    pub at: String,
    /// What, as the log names it.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The hold that had the seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_id: Option<String>,
    /// The order that had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// The ticket for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<String>,
    /// The block that keeps it back, or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_id: Option<String>,
    /// The same in words.
    pub words: String,
}

/// Every fact about one seat, in words and as events.
#[utoipa::path(get, path = "/v1/events/{event_id}/seats/{seat_id}/history", tag = "Auditors",
    operation_id = "get_seat_history",
    params(("event_id" = String, Path, description = "The event"), ("seat_id" = String, Path, description = "The seat")),
    responses((status = 200, description = "The seat's history", body = SeatHistory)))]
pub async fn get_seat_history(
    Administrator(context): Administrator,
    Path((show, seat)): Path<(ShowId, String)>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let plan = context.app.terms(show)?.plan;
    let turn = context.app.past.turn().await?;
    let history = seat_history(&*context.app.feed, show, &seat).await?;
    drop(turn);
    // A seat of a plan that was replaced has its history all the same.
    if history.is_empty() && plan.and_then(|plan| plan.index_of(&seat)).is_none() {
        return Err(Problem::not_found("seat"));
    }
    let data = history
        .into_iter()
        .map(|fact| SeatFact {
            position: fact.position,
            at: fact.at.to_string(),
            event_type: fact.event_type,
            hold_id: fact.hold.map(|hold| hold.to_string()),
            order_id: fact.order.map(|order| order.to_string()),
            ticket_id: fact.ticket.map(|ticket| ticket.to_string()),
            block_id: fact.block.map(|block| block.to_string()),
            words: fact.words,
        })
        .collect();
    Answer::json(StatusCode::OK, &SeatHistory { event_id: show.to_string(), seat_id: seat, data })
}
