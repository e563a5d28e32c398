//! `POST` and `GET /v1/events/{event_id}/pools`

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::{PoolId, ShowId};
use boxoffice_domain::inventory::add_pool::AddPool;
use boxoffice_domain::inventory::{Inventory, InventoryCommand, InventoryEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::wire::{self, Page};

/// The most units that a pool has.
const CAPACITY_MAX: u32 = 10_000_000;

/// A pool to be added.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPool {
    /// What people call it.
    #[schema(example = "Standing")]
    pub name: String,
    /// How many units it has.
    pub capacity: u32,
}

/// A countable capacity.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PoolBody {
    /// The pool.
    pub pool_id: String,
    /// What people call it.
    pub name: String,
    /// How many units it has.
    pub capacity: u32,
}

/// Adds a pool.
#[utoipa::path(post, path = "/v1/events/{event_id}/pools", tag = "Organizers", operation_id = "add_pool",
    params(("event_id" = String, Path, description = "The event")), request_body = NewPool,
    responses((status = 201, description = "The pool", body = PoolBody)))]
pub async fn add_pool(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    Json { value, canonical }: Json<NewPool>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    let name = wire::text(&value.name, "/name", 200)?;
    if value.capacity > CAPACITY_MAX {
        return Err(Problem::field("/capacity", "out_of_range", format!("At most {CAPACITY_MAX}.")));
    }
    context.wait_all().await?;
    app.terms(show)?;
    let pool = PoolId::of_show(show, app.ids.next());
    let command = InventoryCommand::AddPool(AddPool { pool, name, capacity: value.capacity });
    let request = Request { command, meta: context.command(&canonical) };
    let accepted = app.inventory.send(Inventory::stream(show), request).await?;
    let Some(InventoryEvent::PoolAdded(added)) = accepted.events.into_iter().next() else {
        return Err(Problem::internal("a pool without its event"));
    };
    let body = PoolBody { pool_id: added.pool.to_string(), name: added.name, capacity: added.capacity };
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position))
}

/// The pools of an event; a plan's standing areas are among them.
#[utoipa::path(get, path = "/v1/events/{event_id}/pools", tag = "Organizers", operation_id = "list_pools",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "All of them", body = Page<PoolBody>)))]
pub async fn list_pools(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let data = context.app.pools(show)?;
    Answer::json(StatusCode::OK, &Page { data, next_cursor: None })
}
