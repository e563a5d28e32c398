//! Blocks: seats and units that the organizer keeps back from the sale. `POST` and `GET /v1/events/{event_id}/blocks`,
//! `GET` and `DELETE /v1/events/{event_id}/blocks/{block_id}`.

use axum::http::StatusCode;
use boxoffice_domain::id::{BlockId, ShowId};
use boxoffice_domain::inventory::place_block::{Blocked, PlaceBlock};
use boxoffice_domain::inventory::release_block::{Part, ReleaseBlock};
use boxoffice_domain::inventory::{ITEMS_MAX, InventoryCommand, InventoryEvent};
use boxoffice_domain::seating::SeatId;
use boxoffice_projections::show::BlockView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{Json, OptionalJson, Path};
use crate::problem::Problem;
use crate::wire::{self, Page};

/// What is to be kept back: seats, or a quantity of a pool.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBlock {
    /// Named seats, at most 500.
    pub seats: Option<Vec<String>>,
    /// The pool whose units are kept back.
    pub pool_id: Option<String>,
    /// How many units of the pool.
    pub quantity: Option<u32>,
    /// What for. May be sent as `name`. Names no persons.
    #[serde(alias = "name")]
    #[schema(example = "Press")]
    pub reason: Option<String>,
}

/// What is to be released of a block.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockPart {
    /// These seats.
    pub seats: Option<Vec<String>>,
    /// So many units.
    pub quantity: Option<u32>,
}

/// A block: what it still keeps back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BlockBody {
    /// The block.
    #[schema(example = "block_01h455vb4pex5vsknk084sn02q")]
    pub block_id: String,
    /// The event.
    pub event_id: String,
    /// The seats.
    pub seats: Vec<String>,
    /// The pool, where units are kept back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool_id: Option<String>,
    /// How many units of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// What for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when.
    pub created_at: String,
}

impl BlockBody {
    fn new(show: ShowId, block: BlockView) -> Self {
        Self {
            block_id: block.block.to_string(),
            event_id: show.to_string(),
            seats: block.seats.iter().map(ToString::to_string).collect(),
            pool_id: block.units.map(|(pool, _)| pool.to_string()),
            quantity: block.units.map(|(_, quantity)| quantity),
            reason: block.reason,
            created_at: block.placed_at.to_string(),
        }
    }
}

/// Keeps seats or units back, before the sale or while it goes on. What is held or sold cannot be kept back.
#[utoipa::path(post, path = "/v1/events/{event_id}/blocks", tag = "Organizers", operation_id = "place_block",
    params(("event_id" = String, Path, description = "The event")), request_body = NewBlock,
    responses((status = 201, description = "The block", body = BlockBody)))]
pub async fn place_block(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    Json { value, canonical }: Json<NewBlock>,
) -> Result<Answer, Problem> {
    let what = blocked(&value)?;
    let reason = wire::optional_text(value.reason.as_deref(), "/reason", 200)?;
    context.wait_all().await?;
    let app = &context.app;
    app.terms(show)?;
    let block = BlockId::of_show(show, app.ids.next());
    let command = InventoryCommand::PlaceBlock(PlaceBlock { block, what, reason });
    let (_, accepted) = app.send_to(show, command, context.command(&canonical)).await?;
    // Lapsed holds on the seats end before it.
    let Some(InventoryEvent::BlockPlaced(placed)) = accepted.events.last() else {
        return Err(Problem::internal("a block without its event"));
    };
    let view = BlockView {
        block: placed.block,
        reason: placed.reason.clone(),
        placed_at: accepted.log_time,
        seats: placed.seats.clone(),
        units: placed.pool.zip(placed.quantity),
    };
    let address = format!("/v1/events/{show}/blocks/{}", placed.block);
    let body = BlockBody::new(show, view);
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&address))
}

fn blocked(value: &NewBlock) -> Result<Blocked, Problem> {
    match (&value.seats, &value.pool_id, value.quantity) {
        (Some(seats), None, None) => Ok(Blocked::Seats(named(seats)?)),
        (None, Some(pool), Some(quantity)) => {
            Ok(Blocked::Units { pool: wire::id(pool, "/pool_id")?, quantity: at_least_one(quantity)? })
        }
        _ => Err(Problem::field("", "missing", "Send either `seats`, or `pool_id` and `quantity`.")),
    }
}

fn named(seats: &[String]) -> Result<Vec<SeatId>, Problem> {
    if !(1..=ITEMS_MAX).contains(&seats.len()) {
        return Err(Problem::field("/seats", "out_of_range", format!("Name 1 to {ITEMS_MAX} seats.")));
    }
    Ok(seats.iter().map(|seat| SeatId::new(seat)).collect())
}

fn at_least_one(quantity: u32) -> Result<u32, Problem> {
    if quantity > 0 {
        return Ok(quantity);
    }
    Err(Problem::field("/quantity", "out_of_range", "Expected at least 1."))
}

/// The blocks that still keep something back, the first first.
#[utoipa::path(get, path = "/v1/events/{event_id}/blocks", tag = "Organizers", operation_id = "list_blocks",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "All of them", body = Page<BlockBody>)))]
pub async fn list_blocks(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    context.app.terms(show)?;
    let blocks = context.app.entry(show)?.read(context.now(), |view| view.blocks())?;
    let data = blocks.into_iter().map(|block| BlockBody::new(show, block)).collect();
    Answer::json(StatusCode::OK, &Page { data, next_cursor: None })
}

/// A block: what it still keeps back.
#[utoipa::path(get, path = "/v1/events/{event_id}/blocks/{block_id}", tag = "Organizers", operation_id = "get_block",
    params(("event_id" = String, Path, description = "The event"), ("block_id" = String, Path, description = "The block")),
    responses((status = 200, description = "The block", body = BlockBody)))]
pub async fn get_block(
    Administrator(context): Administrator,
    Path((show, block)): Path<(ShowId, BlockId)>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let found = context.app.entry(show)?.read(context.now(), |view| view.block(block))?;
    let found = found.ok_or_else(|| Problem::not_found("block"))?;
    Answer::json(StatusCode::OK, &BlockBody::new(show, found))
}

/// Releases a block: all of it, or with a body some of its seats or units. That is for sale at once.
#[utoipa::path(delete, path = "/v1/events/{event_id}/blocks/{block_id}", tag = "Organizers",
    operation_id = "release_block", request_body = Option<BlockPart>,
    params(("event_id" = String, Path, description = "The event"), ("block_id" = String, Path, description = "The block")),
    responses((status = 200, description = "What the block still keeps back", body = BlockBody),
        (status = 204, description = "All of it is released")))]
pub async fn release_block(
    Administrator(context): Administrator,
    Path((show, block)): Path<(ShowId, BlockId)>,
    OptionalJson { value, canonical }: OptionalJson<BlockPart>,
) -> Result<Answer, Problem> {
    let part = match (&value.seats, value.quantity) {
        (None, None) => Part::All,
        (Some(seats), None) => Part::Seats(named(seats)?),
        (None, Some(quantity)) => Part::Units(at_least_one(quantity)?),
        (Some(_), Some(_)) => {
            return Err(Problem::field(
                "",
                "invalid",
                "Send either `seats` or `quantity`, or nothing for all.",
            ));
        }
    };
    context.wait_all().await?;
    let app = &context.app;
    app.terms(show)?;
    let is_all = part == Part::All;
    let command = InventoryCommand::ReleaseBlock(ReleaseBlock { block, part });
    let (_, accepted) = app.send_to(show, command, context.command(&canonical)).await?;
    if is_all {
        return Ok(Answer::empty(StatusCode::NO_CONTENT).at(accepted.position));
    }
    let left = app.view_after(show, &accepted, |view| view.block(block)).await?;
    let left = left.ok_or_else(|| Problem::not_found("block"))?;
    Ok(Answer::json(StatusCode::OK, &BlockBody::new(show, left))?.at(accepted.position))
}
