//! `PATCH /v1/events/{event_id}/ticket_types/{ticket_type_id}`

use axum::http::StatusCode;
use boxoffice_domain::id::{ShowId, TicketTypeId};
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::change_ticket_type::ChangeTicketType;
use boxoffice_domain::inventory::event::TicketTypeChanged;
use boxoffice_domain::money::Currency;
use boxoffice_projections::show::TicketType;
use serde::Deserialize;
use utoipa::ToSchema;

use super::TicketTypeBody;
use super::entries::EntriesBody;
use crate::answer::Answer;
use crate::context::{Administrator, Context};
use crate::extract::{Json, Path};
use crate::if_match::{IfMatch, tag_of};
use crate::problem::Problem;
use crate::wire::{self, Money};

/// What is to be changed of a ticket type. What is left out stays; null takes away what need not be there.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TicketTypeChange {
    /// What people call it.
    pub name: Option<String>,
    /// What one costs from now on; what is held keeps its price.
    pub price: Option<Money>,
    /// How many one order must have at least.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<u32>)]
    pub min_per_order: Option<Option<u32>>,
    /// How many one order may have at most.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<u32>)]
    pub max_per_order: Option<Option<u32>>,
    /// When its sale starts; null: with the event's.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    pub sale_starts_at: Option<Option<String>>,
    /// When its sale ends; null: with the event's.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    pub sale_ends_at: Option<Option<String>>,
    /// Sold only to those who know its id.
    pub hidden: Option<bool>,
    /// How often one ticket admits from now on, those that are sold included.
    pub entries: Option<EntriesBody>,
}

impl TicketTypeChange {
    fn of(&self, known: &TicketTypeChanged, currency: Currency) -> Result<TicketTypeChanged, Problem> {
        let limit = |change: Option<Option<u32>>, known, pointer| match change {
            Some(Some(0)) => Err(Problem::field(pointer, "out_of_range", "Expected at least 1.")),
            Some(limit) => Ok(limit),
            None => Ok(known),
        };
        let time = |change: &Option<Option<String>>, known, pointer| {
            wire::changed_time(change.as_ref(), known, pointer)
        };
        Ok(TicketTypeChanged {
            entries: match self.entries {
                None => known.entries,
                Some(entries) => entries.read("/entries")?,
            },
            hidden: self.hidden.unwrap_or(known.hidden),
            max_per_order: limit(self.max_per_order, known.max_per_order, "/max_per_order")?,
            min_per_order: limit(self.min_per_order, known.min_per_order, "/min_per_order")?,
            name: match &self.name {
                None => known.name.clone(),
                Some(name) => wire::text(name, "/name", 200)?,
            },
            price: match &self.price {
                None => known.price,
                Some(price) => price.minor(currency, "/price")?,
            },
            sale_ends_at: time(&self.sale_ends_at, known.sale_ends_at, "/sale_ends_at")?,
            sale_starts_at: time(&self.sale_starts_at, known.sale_starts_at, "/sale_starts_at")?,
            ticket_type: known.ticket_type,
        })
    }
}

/// Changes on which terms something is sold from now on. A buyer who holds it already gets it as it was.
#[utoipa::path(patch, path = "/v1/events/{event_id}/ticket_types/{ticket_type_id}", tag = "Organizers",
    operation_id = "change_ticket_type", request_body = TicketTypeChange,
    params(("event_id" = String, Path, description = "The event"),
        ("ticket_type_id" = String, Path, description = "The ticket type")),
    responses((status = 200, description = "The ticket type as it is now", body = TicketTypeBody)))]
pub async fn change_ticket_type(
    Administrator(context): Administrator,
    Path((show, ticket_type)): Path<(ShowId, TicketTypeId)>,
    if_match: IfMatch,
    Json { value, canonical }: Json<TicketTypeChange>,
) -> Result<Answer, Problem> {
    context.wait_all().await?;
    let (mut known, currency) = known(&context, show, ticket_type)?;
    let was = changeable(&known);
    let changed = value.of(&was, currency)?;
    // What was read here is compared again where it is decided: nobody changes it in between.
    let expected = if_match.knows(&tag_of(&TicketTypeBody::of(&known, currency))?, was)?;
    let change = ChangeTicketType { changed: changed.clone(), expected };
    let command = InventoryCommand::ChangeTicketType(Box::new(change));
    let (_, accepted) = context.app.send_to(show, command, context.command(&canonical)).await?;
    known.change(&changed);
    let body = TicketTypeBody::of(&known, currency);
    Ok(Answer::json(StatusCode::OK, &body)?.hashed(&context.headers).at(accepted.position))
}

pub(super) fn known(
    context: &Context,
    show: ShowId,
    id: TicketTypeId,
) -> Result<(TicketType, Currency), Problem> {
    let currency = context.app.terms(show)?.currency;
    let known = context
        .app
        .entry(show)?
        .read(context.now(), |view| view.ticket_types().find(|known| known.ticket_type == id).cloned())?;
    Ok((known.ok_or_else(|| Problem::not_found("ticket type"))?, currency))
}

fn changeable(known: &TicketType) -> TicketTypeChanged {
    TicketTypeChanged {
        entries: known.entries,
        hidden: known.hidden,
        max_per_order: known.max_per_order,
        min_per_order: known.min_per_order,
        name: known.name.clone(),
        price: known.price,
        sale_ends_at: known.sale_ends_at,
        sale_starts_at: known.sale_starts_at,
        ticket_type: known.ticket_type,
    }
}
