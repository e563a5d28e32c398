//! `POST` and `GET /v1/events/{event_id}/pools`, `GET` and `PATCH /v1/events/{event_id}/pools/{pool_id}`

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::{PoolId, ShowId};
use boxoffice_domain::inventory::add_pool::AddPool;
use boxoffice_domain::inventory::change_capacity::ChangeCapacity;
use boxoffice_domain::inventory::{Inventory, InventoryCommand, InventoryEvent};
use boxoffice_projections::show::Pool;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::{Administrator, Context};
use crate::extract::{Json, Path};
use crate::if_match::{IfMatch, tag_of};
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

impl PoolBody {
    /// The pool of the read model, on the wire.
    #[must_use]
    pub fn of(pool: &Pool) -> Self {
        Self {
            pool_id: pool.pool.to_string(),
            name: pool.name.clone(),
            capacity: u32::try_from(pool.capacity).unwrap_or(u32::MAX),
        }
    }
}

/// What is to be changed of a pool.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolChange {
    /// How many units it is to have; may be fewer than are held and sold.
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
    check_capacity(value.capacity)?;
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

/// A pool. Its `ETag` is what a change of it needs.
#[utoipa::path(get, path = "/v1/events/{event_id}/pools/{pool_id}", tag = "Organizers", operation_id = "get_pool",
    params(("event_id" = String, Path, description = "The event"), ("pool_id" = String, Path, description = "The pool")),
    responses((status = 200, description = "The pool", body = PoolBody), (status = 304, description = "Unchanged")))]
pub async fn get_pool(
    Administrator(context): Administrator,
    Path((show, pool)): Path<(ShowId, PoolId)>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let body = known_pool(&context, show, pool)?;
    Ok(Answer::json(StatusCode::OK, &body)?.hashed(&context.headers))
}

/// Changes how many units a pool has, also to fewer than are held and sold: nobody loses anything, and nothing more is
/// sold before enough came back.
#[utoipa::path(patch, path = "/v1/events/{event_id}/pools/{pool_id}", tag = "Organizers",
    operation_id = "change_pool", request_body = PoolChange,
    params(("event_id" = String, Path, description = "The event"), ("pool_id" = String, Path, description = "The pool")),
    responses((status = 200, description = "The pool as it is now", body = PoolBody)))]
pub async fn change_pool(
    Administrator(context): Administrator,
    Path((show, pool)): Path<(ShowId, PoolId)>,
    if_match: IfMatch,
    Json { value, canonical }: Json<PoolChange>,
) -> Result<Answer, Problem> {
    check_capacity(value.capacity)?;
    context.wait_all().await?;
    let known = known_pool(&context, show, pool)?;
    // What was read here is compared again where it is decided: nobody changes it in between.
    let expected = if_match.knows(&tag_of(&known)?, known.capacity)?;
    let command =
        InventoryCommand::ChangeCapacity(ChangeCapacity { pool, capacity: value.capacity, expected });
    let (_, accepted) = context.app.send_to(show, command, context.command(&canonical)).await?;
    let body = PoolBody { capacity: value.capacity, ..known };
    Ok(Answer::json(StatusCode::OK, &body)?.hashed(&context.headers).at(accepted.position))
}

fn check_capacity(capacity: u32) -> Result<(), Problem> {
    if capacity <= CAPACITY_MAX {
        return Ok(());
    }
    Err(Problem::field("/capacity", "out_of_range", format!("At most {CAPACITY_MAX}.")))
}

fn known_pool(context: &Context, show: ShowId, pool: PoolId) -> Result<PoolBody, Problem> {
    let id = pool.to_string();
    let pools = context.app.pools(show)?;
    pools.into_iter().find(|known| known.pool_id == id).ok_or_else(|| Problem::not_found("pool"))
}
