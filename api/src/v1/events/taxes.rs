//! `POST` and `GET /v1/events/{event_id}/taxes`, and `DELETE /v1/events/{event_id}/taxes/{tax_id}`

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::{ShowId, TaxId};
use boxoffice_domain::inventory::add_tax::AddTax;
use boxoffice_domain::inventory::event::{TaxAdded, TaxPer, TaxedPart};
use boxoffice_domain::inventory::remove_tax::RemoveTax;
use boxoffice_domain::inventory::{Inventory, InventoryCommand, InventoryEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::charges::{percentage, rate, ticket_types};
use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::wire::{self, Page};

/// What a tax is taken from.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// Prices.
    Tickets,
    /// Fees that are charged.
    Fees,
    /// Both.
    #[default]
    All,
}

/// What is rounded.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundedPer {
    /// Each line of an order.
    #[default]
    Line,
    /// The sum of all lines, once.
    Order,
}

/// A tax to be added.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTax {
    /// What people call it.
    #[schema(example = "VAT")]
    pub name: String,
    /// In per cent, as text.
    #[schema(example = "19")]
    pub percentage: String,
    /// Prices and fees include it; else it is added to them.
    pub included: bool,
    /// What it is taken from: prices and fees unless told otherwise.
    #[serde(default)]
    pub on: On,
    /// What is rounded: each line unless told otherwise.
    #[serde(default)]
    pub per: RoundedPer,
    /// The ticket types that it is for; without any, it is for all of them.
    #[serde(default)]
    pub ticket_type_ids: Vec<String>,
}

/// A tax.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaxBody {
    /// The tax.
    pub tax_id: String,
    /// What people call it.
    pub name: String,
    /// In per cent.
    #[schema(example = "19")]
    pub percentage: String,
    /// Prices and fees include it.
    pub included: bool,
    /// What it is taken from.
    pub on: On,
    /// What is rounded.
    pub per: RoundedPer,
    /// The ticket types that it is for; none: all of them.
    pub ticket_type_ids: Vec<String>,
}

impl From<&TaxAdded> for TaxBody {
    fn from(tax: &TaxAdded) -> Self {
        Self {
            tax_id: tax.tax.to_string(),
            name: tax.name.clone(),
            percentage: percentage(tax.rate),
            included: tax.included,
            on: match tax.on {
                TaxedPart::Tickets => On::Tickets,
                TaxedPart::Fees => On::Fees,
                TaxedPart::All => On::All,
            },
            per: match tax.per {
                TaxPer::Line => RoundedPer::Line,
                TaxPer::Order => RoundedPer::Order,
            },
            ticket_type_ids: tax.ticket_types.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Adds a tax, for what is held from now on. What is held already keeps what its buyer saw.
#[utoipa::path(post, path = "/v1/events/{event_id}/taxes", tag = "Organizers", operation_id = "add_tax",
    params(("event_id" = String, Path, description = "The event")), request_body = NewTax,
    responses((status = 201, description = "The tax", body = TaxBody)))]
pub async fn add_tax(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    Json { value, canonical }: Json<NewTax>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    context.wait_all().await?;
    app.terms(show)?;
    let added = parse(&value, TaxId::of_show(show, app.ids.next()))?;
    let command = InventoryCommand::AddTax(Box::new(AddTax { added }));
    let request = Request { command, meta: context.command(&canonical) };
    let accepted = app.inventory.send(Inventory::stream(show), request).await?;
    let Some(InventoryEvent::TaxAdded(added)) = accepted.events.into_iter().next() else {
        return Err(Problem::internal("a tax without its event"));
    };
    Ok(Answer::json(StatusCode::CREATED, &TaxBody::from(&added))?.at(accepted.position))
}

fn parse(value: &NewTax, tax: TaxId) -> Result<TaxAdded, Problem> {
    Ok(TaxAdded {
        included: value.included,
        name: wire::text(&value.name, "/name", 200)?,
        on: match value.on {
            On::Tickets => TaxedPart::Tickets,
            On::Fees => TaxedPart::Fees,
            On::All => TaxedPart::All,
        },
        per: match value.per {
            RoundedPer::Line => TaxPer::Line,
            RoundedPer::Order => TaxPer::Order,
        },
        rate: rate(&value.percentage, "/percentage")?,
        tax,
        ticket_types: ticket_types(&value.ticket_type_ids)?,
    })
}

/// The taxes of what is held from now on.
#[utoipa::path(get, path = "/v1/events/{event_id}/taxes", tag = "Organizers", operation_id = "list_taxes",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "All of them", body = Page<TaxBody>)))]
pub async fn list_taxes(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let (tariff, _) = context.app.tariff(show)?;
    let data = tariff.taxes.iter().map(TaxBody::from).collect();
    Answer::json(StatusCode::OK, &Page { data, next_cursor: None })
}

/// Removes a tax, for what is held from now on.
#[utoipa::path(delete, path = "/v1/events/{event_id}/taxes/{tax_id}", tag = "Organizers", operation_id = "remove_tax",
    params(("event_id" = String, Path, description = "The event"), ("tax_id" = String, Path, description = "The tax")),
    responses((status = 204, description = "It is not due any more")))]
pub async fn remove_tax(
    Administrator(context): Administrator,
    Path((show, tax)): Path<(ShowId, TaxId)>,
) -> Result<Answer, Problem> {
    context.app.entry(show)?;
    let command = InventoryCommand::RemoveTax(RemoveTax { tax });
    let request = Request { command, meta: context.command(b"") };
    let accepted = context.app.inventory.send(Inventory::stream(show), request).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT).at(accepted.position))
}
