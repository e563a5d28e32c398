//! `POST` and `GET /v1/events/{event_id}/ticket_types`

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::{ShowId, TicketTypeId};
use boxoffice_domain::inventory::add_ticket_type::AddTicketType;
use boxoffice_domain::inventory::event::TicketTypeAdded;
use boxoffice_domain::inventory::{Inventory, InventoryCommand, InventoryEvent};
use boxoffice_domain::money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::wire::{self, Money, Page};

pub mod change;
pub mod entries;

use entries::EntriesBody;

/// A ticket type to be added.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicketType {
    /// What people call it.
    #[schema(example = "Stalls")]
    pub name: String,
    /// What one costs.
    pub price: Money,
    /// The plan's category whose seats it sells.
    #[schema(example = "Stalls")]
    pub price_category: Option<String>,
    /// The pools it draws on; the smallest decides.
    #[serde(default)]
    pub pool_ids: Vec<String>,
    /// How many one order must have at least, if any.
    pub min_per_order: Option<u32>,
    /// How many one order may have at most.
    pub max_per_order: Option<u32>,
    /// When its sale starts, where that differs from the event's.
    pub sale_starts_at: Option<String>,
    /// When its sale ends, where that differs from the event's.
    pub sale_ends_at: Option<String>,
    /// Sold only to those who know its id.
    #[serde(default)]
    pub hidden: bool,
    /// How often one ticket admits; once unless it is told.
    pub entries: Option<EntriesBody>,
}

/// A ticket type.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketTypeBody {
    /// The ticket type.
    pub ticket_type_id: String,
    /// What people call it.
    pub name: String,
    /// What one costs.
    pub price: Money,
    /// The plan's category whose seats it sells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_category: Option<String>,
    /// The pools it draws on.
    pub pool_ids: Vec<String>,
    /// How many one order must have at least, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_per_order: Option<u32>,
    /// How many one order may have at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_order: Option<u32>,
    /// When its sale starts, where that differs from the event's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale_starts_at: Option<String>,
    /// When its sale ends, where that differs from the event's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale_ends_at: Option<String>,
    /// Sold only to those who know its id.
    pub hidden: bool,
    /// How often one ticket admits.
    pub entries: EntriesBody,
}

impl TicketTypeBody {
    /// The ticket type on the wire.
    #[must_use]
    pub fn new(added: &TicketTypeAdded, currency: Currency) -> Self {
        Self {
            ticket_type_id: added.ticket_type.to_string(),
            name: added.name.clone(),
            price: Money::new(added.price, currency),
            price_category: added.price_category.clone(),
            pool_ids: added.pools.iter().map(ToString::to_string).collect(),
            min_per_order: added.min_per_order,
            max_per_order: added.max_per_order,
            sale_starts_at: super::text_of(added.sale_starts_at),
            sale_ends_at: super::text_of(added.sale_ends_at),
            hidden: added.hidden,
            entries: added.entries.into(),
        }
    }
}

impl TicketTypeBody {
    /// The ticket type of the read model, on the wire.
    #[must_use]
    pub fn of(known: &boxoffice_projections::show::TicketType, currency: Currency) -> Self {
        Self {
            ticket_type_id: known.ticket_type.to_string(),
            name: known.name.clone(),
            price: Money::new(known.price, currency),
            price_category: known.price_category.clone(),
            pool_ids: known.pools.iter().map(ToString::to_string).collect(),
            min_per_order: known.min_per_order,
            max_per_order: known.max_per_order,
            sale_starts_at: super::text_of(known.sale_starts_at),
            sale_ends_at: super::text_of(known.sale_ends_at),
            hidden: known.hidden,
            entries: known.entries.into(),
        }
    }
}

/// Adds a ticket type: the seats of a category, or units of pools.
#[utoipa::path(post, path = "/v1/events/{event_id}/ticket_types", tag = "Organizers", operation_id = "add_ticket_type",
    params(("event_id" = String, Path, description = "The event")), request_body = NewTicketType,
    responses((status = 201, description = "The ticket type", body = TicketTypeBody)))]
pub async fn add_ticket_type(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    Json { value, canonical }: Json<NewTicketType>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    context.wait_all().await?;
    let currency = app.terms(show)?.currency;
    let added = parse(&value, currency, TicketTypeId::of_show(show, app.ids.next()))?;
    let command = InventoryCommand::AddTicketType(Box::new(AddTicketType { added }));
    let request = Request { command, meta: context.command(&canonical) };
    let accepted = app.inventory.send(Inventory::stream(show), request).await?;
    let Some(InventoryEvent::TicketTypeAdded(added)) = accepted.events.into_iter().next() else {
        return Err(Problem::internal("a ticket type without its event"));
    };
    Ok(Answer::json(StatusCode::CREATED, &TicketTypeBody::new(&added, currency))?.at(accepted.position))
}

fn parse(value: &NewTicketType, currency: Currency, id: TicketTypeId) -> Result<TicketTypeAdded, Problem> {
    let price = value.price.minor(currency, "/price")?;
    if value.price_category.is_none() && value.pool_ids.is_empty() {
        let detail = "Name a `price_category` of the seating plan, or `pool_ids`.";
        return Err(Problem::field("", "missing", detail));
    }
    let limits = [("/min_per_order", value.min_per_order), ("/max_per_order", value.max_per_order)];
    if let Some((pointer, _)) = limits.iter().find(|(_, limit)| *limit == Some(0)) {
        return Err(Problem::field(*pointer, "out_of_range", "Expected at least 1."));
    }
    if value.min_per_order.zip(value.max_per_order).is_some_and(|(min, max)| min > max) {
        return Err(Problem::field("/min_per_order", "out_of_range", "The minimum is above the maximum."));
    }
    let mut pools = Vec::with_capacity(value.pool_ids.len());
    for (index, pool) in value.pool_ids.iter().enumerate() {
        let pointer = format!("/pool_ids/{index}");
        let pool = wire::id(pool, &pointer)?;
        if pools.contains(&pool) {
            return Err(Problem::field(pointer, "duplicate", "The same pool is named twice."));
        }
        pools.push(pool);
    }
    let sale_starts_at = wire::optional_time(value.sale_starts_at.as_deref(), "/sale_starts_at")?;
    let sale_ends_at = wire::optional_time(value.sale_ends_at.as_deref(), "/sale_ends_at")?;
    if sale_starts_at.zip(sale_ends_at).is_some_and(|(starts, ends)| starts >= ends) {
        return Err(Problem::field("/sale_starts_at", "out_of_range", "The sale must start before it ends."));
    }
    let entries = value.entries.map(|entries| entries.read("/entries")).transpose()?;
    Ok(TicketTypeAdded {
        entries: entries.unwrap_or_default(),
        hidden: value.hidden,
        max_per_order: value.max_per_order,
        min_per_order: value.min_per_order,
        name: wire::text(&value.name, "/name", 200)?,
        pools,
        price,
        price_category: value.price_category.clone(),
        sale_ends_at,
        sale_starts_at,
        ticket_type: id,
    })
}

/// The ticket types of an event, hidden ones too.
#[utoipa::path(get, path = "/v1/events/{event_id}/ticket_types", tag = "Organizers", operation_id = "list_ticket_types",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "All of them", body = Page<TicketTypeBody>)))]
pub async fn list_ticket_types(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let data = context.app.ticket_types(show)?;
    Answer::json(StatusCode::OK, &Page { data, next_cursor: None })
}

/// A ticket type, also a hidden one. Its `ETag` is what a change of it needs.
#[utoipa::path(get, path = "/v1/events/{event_id}/ticket_types/{ticket_type_id}", tag = "Organizers",
    operation_id = "get_ticket_type",
    params(("event_id" = String, Path, description = "The event"),
        ("ticket_type_id" = String, Path, description = "The ticket type")),
    responses((status = 200, description = "The ticket type", body = TicketTypeBody),
        (status = 304, description = "Unchanged")))]
pub async fn get_ticket_type(
    Administrator(context): Administrator,
    Path((show, ticket_type)): Path<(ShowId, TicketTypeId)>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let (known, currency) = change::known(&context, show, ticket_type)?;
    Ok(Answer::json(StatusCode::OK, &TicketTypeBody::of(&known, currency))?.hashed(&context.headers))
}
