//! `POST` and `GET /v1/events/{event_id}/fees`, and `DELETE /v1/events/{event_id}/fees/{fee_id}`

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::{FeeId, ShowId};
use boxoffice_domain::inventory::add_fee::AddFee;
use boxoffice_domain::inventory::event::{FeeAdded, FeePer};
use boxoffice_domain::inventory::remove_fee::RemoveFee;
use boxoffice_domain::inventory::{Inventory, InventoryCommand, InventoryEvent};
use boxoffice_domain::money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::charges::{percentage, rate, ticket_types};
use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::wire::{self, Money, Page};

/// What a fee is charged for.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Each ticket.
    #[default]
    Ticket,
    /// All tickets of an order together.
    Order,
}

/// A fee to be added.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFee {
    /// What people call it.
    #[schema(example = "Service fee")]
    pub name: String,
    /// What it comes to; either this or `percentage`.
    pub amount: Option<Money>,
    /// The share of prices that it comes to, in per cent, as text.
    #[schema(example = "2.5")]
    pub percentage: Option<String>,
    /// What it is charged for: each ticket unless told otherwise.
    #[serde(default)]
    pub per: Per,
    /// The ticket types that it is for; without any, it is for all of them.
    #[serde(default)]
    pub ticket_type_ids: Vec<String>,
    /// The organizer bears it: buyers are told, and do not pay it.
    #[serde(default)]
    pub absorbed: bool,
}

/// A fee.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeeBody {
    /// The fee.
    pub fee_id: String,
    /// What people call it.
    pub name: String,
    /// What it comes to, where it does not depend on prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The share of prices that it comes to, in per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<String>,
    /// What it is charged for.
    pub per: Per,
    /// The ticket types that it is for; none: all of them.
    pub ticket_type_ids: Vec<String>,
    /// The organizer bears it.
    pub absorbed: bool,
}

impl FeeBody {
    /// The fee on the wire.
    #[must_use]
    pub fn new(fee: &FeeAdded, currency: Currency) -> Self {
        Self {
            fee_id: fee.fee.to_string(),
            name: fee.name.clone(),
            amount: fee.amount.map(|amount| Money::new(amount, currency)),
            percentage: fee.rate.map(percentage),
            per: match fee.per {
                FeePer::Ticket => Per::Ticket,
                FeePer::Order => Per::Order,
            },
            ticket_type_ids: fee.ticket_types.iter().map(ToString::to_string).collect(),
            absorbed: fee.absorbed,
        }
    }
}

/// Adds a fee, for what is held from now on. What is held already keeps what its buyer saw. Free tickets have no fees.
#[utoipa::path(post, path = "/v1/events/{event_id}/fees", tag = "Organizers", operation_id = "add_fee",
    params(("event_id" = String, Path, description = "The event")), request_body = NewFee,
    responses((status = 201, description = "The fee", body = FeeBody)))]
pub async fn add_fee(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    Json { value, canonical }: Json<NewFee>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    context.wait_all().await?;
    let currency = app.terms(show)?.currency;
    let added = parse(&value, currency, FeeId::of_show(show, app.ids.next()))?;
    let command = InventoryCommand::AddFee(Box::new(AddFee { added }));
    let request = Request { command, meta: context.command(&canonical) };
    let accepted = app.inventory.send(Inventory::stream(show), request).await?;
    let Some(InventoryEvent::FeeAdded(added)) = accepted.events.into_iter().next() else {
        return Err(Problem::internal("a fee without its event"));
    };
    Ok(Answer::json(StatusCode::CREATED, &FeeBody::new(&added, currency))?.at(accepted.position))
}

fn parse(value: &NewFee, currency: Currency, fee: FeeId) -> Result<FeeAdded, Problem> {
    if value.amount.is_some() == value.percentage.is_some() {
        let detail = "Give either an `amount` or a `percentage`.";
        return Err(Problem::field("", "amount_or_percentage", detail));
    }
    Ok(FeeAdded {
        absorbed: value.absorbed,
        amount: value.amount.as_ref().map(|amount| amount.minor(currency, "/amount")).transpose()?,
        fee,
        name: wire::text(&value.name, "/name", 200)?,
        per: match value.per {
            Per::Ticket => FeePer::Ticket,
            Per::Order => FeePer::Order,
        },
        rate: value.percentage.as_deref().map(|text| rate(text, "/percentage")).transpose()?,
        ticket_types: ticket_types(&value.ticket_type_ids)?,
    })
}

/// The fees of what is held from now on.
#[utoipa::path(get, path = "/v1/events/{event_id}/fees", tag = "Organizers", operation_id = "list_fees",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "All of them", body = Page<FeeBody>)))]
pub async fn list_fees(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let (tariff, currency) = context.app.tariff(show)?;
    let data = tariff.fees.iter().map(|fee| FeeBody::new(fee, currency)).collect();
    Answer::json(StatusCode::OK, &Page { data, next_cursor: None })
}

/// Removes a fee, for what is held from now on.
#[utoipa::path(delete, path = "/v1/events/{event_id}/fees/{fee_id}", tag = "Organizers", operation_id = "remove_fee",
    params(("event_id" = String, Path, description = "The event"), ("fee_id" = String, Path, description = "The fee")),
    responses((status = 204, description = "It is not charged any more")))]
pub async fn remove_fee(
    Administrator(context): Administrator,
    Path((show, fee)): Path<(ShowId, FeeId)>,
) -> Result<Answer, Problem> {
    context.app.entry(show)?;
    let command = InventoryCommand::RemoveFee(RemoveFee { fee });
    let request = Request { command, meta: context.command(b"") };
    let accepted = context.app.inventory.send(Inventory::stream(show), request).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT).at(accepted.position))
}
