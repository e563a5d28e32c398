//! `PATCH /v1/events/{event_id}`

use std::sync::Arc;

use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::catalog::{Catalog, CatalogCommand, ShowDescribed, ShowPlanReplaced};
use boxoffice_domain::id::{SeatingPlanId, ShowId, VenueId};
use boxoffice_domain::inventory::InventoryCommand;
use boxoffice_domain::inventory::change_refund_policy::ChangeRefundPolicy;
use boxoffice_domain::inventory::change_sale_window::{self, ChangeSaleWindow};
use boxoffice_domain::inventory::event::SaleWindowChanged;
use boxoffice_domain::inventory::replace_plan::ReplacePlan;
use boxoffice_domain::refund::RefundPolicy;
use boxoffice_domain::seating::Layout;
use boxoffice_projections::catalog::ShowRow;
use boxoffice_projections::show::Terms;
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::performers;
use super::read::{EventBody, Found};
use super::refund_policy::RefundPolicyBody;
use crate::answer::Answer;
use crate::context::{Administrator, Context};
use crate::extract::{Json, Path};
use crate::idempotency::companion;
use crate::if_match::IfMatch;
use crate::problem::Problem;
use crate::v1::venues::problem_at;
use crate::wire;

/// What is to be changed of an event. What is left out stays; null takes away what need not be there.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EventChange {
    /// What it is called.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
    /// What it is about.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// Music, theatre, sport …
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    pub category: Option<Option<String>>,
    /// A closer look at the category.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    pub genre: Option<Option<String>>,
    /// Who is to be seen: all of them.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<Vec<String>>)]
    pub performers: Option<Option<Vec<String>>>,
    /// When the sale starts; null: with the publication.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    pub sale_starts_at: Option<Option<String>>,
    /// When the sale ends; null: when the event starts.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    pub sale_ends_at: Option<Option<String>>,
    /// On what terms buyers may give tickets back; null: not at all. Who has ordered keeps the terms of that time where
    /// they are better.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<RefundPolicyBody>)]
    pub refund_policy: Option<Option<RefundPolicyBody>>,
    /// The venue's seating plan: one that has every seat that is sold, held or blocked. It can be replaced, not taken
    /// away.
    #[serde(deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    pub seating_plan_id: Option<Option<String>>,
}

impl EventChange {
    fn described(&self, known: &ShowDescribed) -> Result<ShowDescribed, Problem> {
        let text = |change: &Option<Option<String>>, known: &Option<String>, pointer, length_max| {
            wire::changed_text(change.as_ref(), known.as_deref(), pointer, length_max)
        };
        Ok(ShowDescribed {
            category: text(&self.category, &known.category, "/category", 100)?,
            description: text(&self.description, &known.description, "/description", 10_000)?,
            genre: text(&self.genre, &known.genre, "/genre", 100)?,
            name: match &self.name {
                None => known.name.clone(),
                Some(name) => wire::text(name.as_deref().unwrap_or_default(), "/name", 200)?,
            },
            performers: match &self.performers {
                None => known.performers.clone(),
                Some(names) => performers(names.as_deref().unwrap_or_default())?,
            },
        })
    }

    /// The plan that it is to have, where that is told.
    fn plan(&self) -> Result<Option<SeatingPlanId>, Problem> {
        let taken_away =
            || Problem::field("/seating_plan_id", "required", "A plan can be replaced, not taken away.");
        let Some(told) = &self.seating_plan_id else { return Ok(None) };
        let id = told.as_deref().ok_or_else(taken_away)?;
        wire::id(id, "/seating_plan_id").map(Some)
    }

    fn window(&self, known: SaleWindowChanged) -> Result<SaleWindowChanged, Problem> {
        Ok(SaleWindowChanged {
            sale_ends_at: wire::changed_time(
                self.sale_ends_at.as_ref(),
                known.sale_ends_at,
                "/sale_ends_at",
            )?,
            sale_starts_at: wire::changed_time(
                self.sale_starts_at.as_ref(),
                known.sale_starts_at,
                "/sale_starts_at",
            )?,
        })
    }
}

impl EventChange {
    fn policy(&self, known: Option<RefundPolicy>) -> Result<Option<RefundPolicy>, Problem> {
        match &self.refund_policy {
            None => Ok(known),
            Some(policy) => policy.as_ref().map(RefundPolicyBody::policy).transpose(),
        }
    }
}

fn described(row: ShowRow) -> ShowDescribed {
    let ShowRow { category, description, genre, name, performers, .. } = row;
    ShowDescribed { category, description, genre, name, performers }
}

fn window(terms: &Terms) -> SaleWindowChanged {
    SaleWindowChanged { sale_ends_at: terms.sale_ends_at, sale_starts_at: terms.sale_starts_at }
}

/// The layout of a plan of the event's venue.
async fn layout_of(context: &Context, venue: VenueId, plan: SeatingPlanId) -> Result<Arc<Layout>, Problem> {
    let app = &context.app;
    let row = app
        .seating_plan(venue, plan)
        .await
        .map_err(|problem| problem_at(problem, "/seating_plan_id", "seating plan of the event's venue"))?;
    app.feed.layout(row.layout).await?.ok_or_else(|| Problem::internal("an imported plan has no layout"))
}

/// Changes what is said about an event, when its sale starts and ends, its seating plan, and on what terms tickets are
/// given back. What is held stays what it is.
#[utoipa::path(patch, path = "/v1/events/{event_id}", tag = "Organizers", operation_id = "change_event",
    params(("event_id" = String, Path, description = "The event")), request_body = EventChange,
    responses((status = 200, description = "The event as it is now", body = EventBody)))]
pub async fn change_event(
    Administrator(context): Administrator,
    Path(show): Path<ShowId>,
    if_match: IfMatch,
    Json { value, canonical }: Json<EventChange>,
) -> Result<Answer, Problem> {
    context.wait_all().await?;
    let app = &context.app;
    let (terms, row) = (app.terms(show)?, app.show_row(show).await?);
    let (venue, was_plan, plan) = (row.venue, row.plan, value.plan()?);
    let (was_open, was_described) = (window(&terms), described(row));
    let (was_policy, policy) = (terms.refund_policy, value.policy(terms.refund_policy)?);
    let (open, description) = (value.window(was_open)?, value.described(&was_described)?);
    let layout = match plan {
        Some(plan) => Some(layout_of(&context, venue, plan).await?),
        None => None,
    };
    // What was read here is compared again where it is decided: nobody changes it in between.
    let tag = Found::of(&context, show).await?.tag;
    let knows = if_match.knows(&tag, ())?.is_some();
    let meta = context.command(&canonical);
    if open != was_open {
        // Before anything is changed: a plan that is replaced stays so.
        change_sale_window::check(&open, terms.starts_at)?;
    }
    // The inventory first: it is what can refuse.
    if let Some(layout) = layout {
        let expected = knows.then(|| terms.plan.as_ref().map(|plan| plan.digest()));
        let command = InventoryCommand::ReplacePlan(ReplacePlan { plan: layout, expected });
        app.send_to(show, command, companion(&meta, "plan")).await?;
    }
    if open != was_open {
        let expected = knows.then_some(was_open);
        let command = InventoryCommand::ChangeSaleWindow(ChangeSaleWindow { window: open, expected });
        app.send_to(show, command, companion(&meta, "inventory")).await?;
    }
    if policy != was_policy {
        let expected = knows.then_some(was_policy);
        let command = InventoryCommand::ChangeRefundPolicy(ChangeRefundPolicy { policy, expected });
        app.send_to(show, command, companion(&meta, "refund_policy")).await?;
    }
    if description != was_described {
        let expected = knows.then(|| Box::new(was_described));
        let command = CatalogCommand::Describe { described: Box::new(description), expected };
        app.catalog.send(Catalog::stream(show), Request { command, meta: meta.clone() }).await?;
    }
    if let Some(plan) = plan.filter(|plan| Some(*plan) != was_plan) {
        let command = CatalogCommand::ReplacePlan(ShowPlanReplaced { plan });
        let meta = companion(&meta, "catalog_plan");
        app.catalog.send(Catalog::stream(show), Request { command, meta }).await?;
    }
    context.wait_all().await?;
    Found::of(&context, show).await?.answer(&context)
}
