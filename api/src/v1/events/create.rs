//! `POST /v1/events`

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::catalog::{Catalog, CatalogCommand, ShowDrafted};
use boxoffice_domain::id::{OrganizerId, SeatingPlanId, ShowId, VenueId};
use boxoffice_domain::inventory::draft::Draft;
use boxoffice_domain::inventory::event::{InventoryDrafted, SingleSeatRule};
use boxoffice_domain::inventory::{Inventory, InventoryCommand};
use boxoffice_domain::money::Currency;
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refund_policy::RefundPolicyBody;
use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::Json;
use crate::idempotency::companion;
use crate::problem::Problem;
use crate::v1::venues::problem_at;
use crate::wire;

/// An event to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// Who sells it.
    pub organizer_id: String,
    /// Where it happens.
    pub venue_id: String,
    /// The venue's seating plan, where there are seats.
    pub seating_plan_id: Option<String>,
    /// What it is called; need not be unique.
    #[schema(example = "The Cherry Orchard")]
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Music, theatre, sport …
    pub category: Option<String>,
    /// A closer look at the category.
    pub genre: Option<String>,
    /// Who is to be seen.
    #[serde(default)]
    pub performers: Vec<String>,
    /// When it starts.
    #[schema(example = "2026-12-24T19:30:00Z")]
    pub starts_at: String,
    /// When people are let in.
    pub doors_at: Option<String>,
    /// When it is over.
    pub ends_at: Option<String>,
    /// What all its amounts are in, ISO 4217.
    #[schema(example = "EUR")]
    pub currency: String,
    /// How long a hold lives, 1 to 86,400 seconds; 300 unless told.
    pub hold_seconds: Option<u32>,
    /// How many tickets one order may have at most.
    pub max_per_buyer: Option<u32>,
    /// How many tickets one order may have at most.
    pub max_per_order: Option<u32>,
    /// `refuse`: nobody may leave a seat alone; `off` unless told.
    pub single_seat_rule: Option<String>,
    /// On what terms buyers may give tickets back; not at all unless told.
    pub refund_policy: Option<RefundPolicyBody>,
    /// When the sale starts; else with the publication.
    pub sale_starts_at: Option<String>,
    /// When the sale ends; else when the event starts.
    pub sale_ends_at: Option<String>,
}

/// A drafted event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DraftedEvent {
    /// The event.
    pub event_id: String,
    /// `draft`.
    pub status: &'static str,
}

/// How many terms a hold may have in all, extensions included.
const TERMS_MAX: u32 = 3;

/// The longest that a hold may last, in seconds.
const HOLD_SECONDS_MAX: u32 = 86_400;

/// Drafts an event. Nothing is for sale before it is published.
#[utoipa::path(post, path = "/v1/events", tag = "Organizers", operation_id = "create_event", request_body = NewEvent,
    responses((status = 201, description = "The draft", body = DraftedEvent)))]
pub async fn create_event(
    Administrator(context): Administrator,
    Json { value, canonical }: Json<NewEvent>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    let show = ShowId::from_uuid(context.idempotency.resource(&app.guard, || app.ids.next()));
    let described = describe(&value, show)?;
    let mut terms = terms(&value, show, &described)?;
    context.wait_all().await?;
    let organizer = described.organizer;
    app.organizer(organizer).await.map_err(|problem| problem_at(problem, "/organizer_id", "organizer"))?;
    let venue =
        app.venue(described.venue).await.map_err(|problem| problem_at(problem, "/venue_id", "venue"))?;
    if venue.organizer != organizer {
        return Err(Problem::field("/venue_id", "unknown", "The organizer has no such venue."));
    }
    if let Some(plan) = described.plan {
        let row = app
            .seating_plan(described.venue, plan)
            .await
            .map_err(|problem| problem_at(problem, "/seating_plan_id", "seating plan of this venue"))?;
        terms.layout = Some(row.layout);
        terms.plan = app.feed.layout(row.layout).await?;
    }
    let meta = context.command(&canonical);
    // The inventory first: without a catalog entry nobody sees it, and sending the request again completes both.
    let command = InventoryCommand::Draft(Box::new(Draft { terms }));
    let request = Request { command, meta: companion(&meta, "inventory") };
    app.inventory.send(Inventory::stream(show), request).await?;
    let request = Request { command: CatalogCommand::Draft(Box::new(described)), meta };
    let accepted = app.catalog.send(Catalog::stream(show), request).await?;
    let body = DraftedEvent { event_id: show.to_string(), status: "draft" };
    let address = format!("/v1/events/{show}");
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&address))
}

fn describe(value: &NewEvent, show: ShowId) -> Result<ShowDrafted, Problem> {
    let organizer: OrganizerId = wire::id(&value.organizer_id, "/organizer_id")?;
    let venue: VenueId = wire::id(&value.venue_id, "/venue_id")?;
    let plan: Option<SeatingPlanId> =
        value.seating_plan_id.as_deref().map(|id| wire::id(id, "/seating_plan_id")).transpose()?;
    let starts_at = wire::time(&value.starts_at, "/starts_at")?;
    let doors_at = wire::optional_time(value.doors_at.as_deref(), "/doors_at")?;
    let ends_at = wire::optional_time(value.ends_at.as_deref(), "/ends_at")?;
    check_times(starts_at, doors_at, ends_at)?;
    let performers = performers(&value.performers)?;
    Ok(ShowDrafted {
        category: wire::optional_text(value.category.as_deref(), "/category", 100)?,
        description: wire::optional_text(value.description.as_deref(), "/description", 10_000)?,
        doors_at,
        ends_at,
        genre: wire::optional_text(value.genre.as_deref(), "/genre", 100)?,
        name: wire::text(&value.name, "/name", 200)?,
        organizer,
        performers,
        plan,
        show,
        starts_at,
        venue,
    })
}

pub(super) fn check_times(
    starts_at: Timestamp,
    doors_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
) -> Result<(), Problem> {
    if ends_at.is_some_and(|ends_at| ends_at <= starts_at) {
        return Err(Problem::field("/ends_at", "out_of_range", "The event must end after it starts."));
    }
    if doors_at.is_some_and(|doors_at| doors_at > starts_at) {
        let detail = "The doors must open before the event starts.";
        return Err(Problem::field("/doors_at", "out_of_range", detail));
    }
    Ok(())
}

pub(super) fn performers(names: &[String]) -> Result<Vec<String>, Problem> {
    if names.len() > 100 {
        return Err(Problem::field("/performers", "too_many", "At most 100 performers."));
    }
    let name = |(index, name): (usize, &String)| wire::text(name, &format!("/performers/{index}"), 200);
    names.iter().enumerate().map(name).collect()
}

fn terms(value: &NewEvent, show: ShowId, described: &ShowDrafted) -> Result<InventoryDrafted, Problem> {
    let currency: Currency = value.currency.parse().map_err(|_| {
        Problem::field("/currency", "unknown_currency", "Expected an ISO 4217 code in capitals, as EUR.")
    })?;
    let hold_seconds = value.hold_seconds.unwrap_or(300);
    if !(1..=HOLD_SECONDS_MAX).contains(&hold_seconds) {
        return Err(Problem::field("/hold_seconds", "out_of_range", "Expected 1 to 86400 seconds."));
    }
    if value.max_per_buyer == Some(0) {
        return Err(Problem::field("/max_per_buyer", "out_of_range", "Expected at least 1."));
    }
    if value.max_per_order == Some(0) {
        return Err(Problem::field("/max_per_order", "out_of_range", "Expected at least 1."));
    }
    let single_seat_rule = match value.single_seat_rule.as_deref() {
        None | Some("off") => None,
        Some("refuse") => Some(SingleSeatRule::Refuse),
        Some(_) => return Err(Problem::field("/single_seat_rule", "invalid", "Expected off or refuse.")),
    };
    let sale_starts_at = wire::optional_time(value.sale_starts_at.as_deref(), "/sale_starts_at")?;
    let sale_ends_at = wire::optional_time(value.sale_ends_at.as_deref(), "/sale_ends_at")?;
    if sale_starts_at.is_some_and(|starts| starts >= sale_ends_at.unwrap_or(described.starts_at)) {
        return Err(Problem::field("/sale_starts_at", "out_of_range", "The sale must start before it ends."));
    }
    Ok(InventoryDrafted {
        currency,
        hold_seconds,
        hold_seconds_max: hold_seconds.saturating_mul(TERMS_MAX),
        layout: None,
        max_per_buyer: value.max_per_buyer,
        max_per_order: value.max_per_order,
        plan: None,
        refund_policy: value.refund_policy.as_ref().map(RefundPolicyBody::policy).transpose()?,
        sale_ends_at,
        sale_starts_at,
        show,
        single_seat_rule,
        starts_at: described.starts_at,
    })
}
