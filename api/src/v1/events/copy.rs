//! `POST /v1/events/{event_id}/copy`

use std::sync::Arc;

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::catalog::{Catalog, CatalogCommand, ShowDrafted};
use boxoffice_domain::id::{FeeId, PoolId, ShowId, TaxId, TicketTypeId};
use boxoffice_domain::inventory::draft_copy::DraftCopy;
use boxoffice_domain::inventory::event::{FeeAdded, InventoryDrafted, PoolAdded, TaxAdded, TicketTypeAdded};
use boxoffice_domain::inventory::{Inventory, InventoryCommand};
use boxoffice_domain::pricing::Tariff;
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::catalog::ShowRow;
use boxoffice_projections::show::{Pool, ShowView, Terms, TicketType};
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::{DraftedEvent, check_times};
use crate::answer::Answer;
use crate::app::App;
use crate::context::Administrator;
use crate::extract::{Json, Path};
use crate::idempotency::companion;
use crate::problem::Problem;
use crate::wire;

/// What is different in a copy.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventCopy {
    /// When it starts. Sale windows, those of ticket types too, are as far from it as they were.
    #[schema(example = "2026-12-26T19:30:00Z")]
    pub starts_at: String,
    /// When people are let in; moved as far as the start unless told.
    pub doors_at: Option<String>,
    /// When it is over; moved as far as the start unless told.
    pub ends_at: Option<String>,
    /// What it is called; as the other one unless told.
    pub name: Option<String>,
}

/// Copies an event: a new draft at the same venue with the same plan, pools and ticket types. Nothing that was held,
/// sold or kept back is copied.
#[utoipa::path(post, path = "/v1/events/{event_id}/copy", tag = "Organizers", operation_id = "copy_event",
    params(("event_id" = String, Path, description = "The event")), request_body = EventCopy,
    responses((status = 201, description = "The draft", body = DraftedEvent)))]
pub async fn copy_event(
    Administrator(context): Administrator,
    Path(former): Path<ShowId>,
    Json { value, canonical }: Json<EventCopy>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    let starts_at = wire::time(&value.starts_at, "/starts_at")?;
    context.wait_all().await?;
    let (row, original) = (app.show_row(former).await?, Original::of(app, former)?);
    let later = Later(starts_at.unix_ms().saturating_sub(row.starts_at.unix_ms()));
    let show = ShowId::from_uuid(context.idempotency.resource(&app.guard, || app.ids.next()));
    let described = describe(&value, row, show, starts_at, later)?;
    let copy = original.copy(app, former, show, starts_at, later);
    let meta = context.command(&canonical);
    // In the same order as a draft, for the same reason: sending the request again completes both.
    let command = InventoryCommand::DraftCopy(Box::new(copy));
    let request = Request { command, meta: companion(&meta, "inventory") };
    app.inventory.send(Inventory::stream(show), request).await?;
    let request = Request { command: CatalogCommand::Draft(Box::new(described)), meta };
    let accepted = app.catalog.send(Catalog::stream(show), request).await?;
    let body = DraftedEvent { event_id: show.to_string(), status: "draft" };
    let address = format!("/v1/events/{show}");
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&address))
}

/// By how many milliseconds the copy is later.
#[derive(Clone, Copy)]
struct Later(i64);

impl Later {
    fn than(self, time: Option<Timestamp>) -> Option<Timestamp> {
        time.map(|time| time.plus_ms(self.0))
    }
}

fn describe(
    value: &EventCopy,
    row: ShowRow,
    show: ShowId,
    starts_at: Timestamp,
    later: Later,
) -> Result<ShowDrafted, Problem> {
    let doors_at = wire::optional_time(value.doors_at.as_deref(), "/doors_at")?;
    let ends_at = wire::optional_time(value.ends_at.as_deref(), "/ends_at")?;
    let (doors_at, ends_at) = (doors_at.or(later.than(row.doors_at)), ends_at.or(later.than(row.ends_at)));
    check_times(starts_at, doors_at, ends_at)?;
    let name = value.name.as_deref().map(|name| wire::text(name, "/name", 200)).transpose()?;
    Ok(ShowDrafted {
        category: row.category,
        description: row.description,
        doors_at,
        ends_at,
        genre: row.genre,
        name: name.unwrap_or(row.name),
        organizer: row.organizer,
        performers: row.performers,
        plan: row.plan,
        show,
        starts_at,
        venue: row.venue,
    })
}

/// What is copied of a sale.
struct Original {
    terms: Terms,
    pools: Vec<Pool>,
    types: Vec<TicketType>,
    tariff: Arc<Tariff>,
}

impl Original {
    fn of(app: &App, show: ShowId) -> Result<Self, Problem> {
        let read = |view: &mut ShowView| {
            let (pools, types) = (view.pools().to_vec(), view.ticket_types().cloned().collect());
            let tariff = view.tariff();
            view.terms().cloned().map(|terms| Self { terms, pools, types, tariff })
        };
        app.entry(show)?.read(Timestamp::default(), read)?.ok_or_else(|| Problem::not_found("event"))
    }

    fn copy(self, app: &App, former: ShowId, show: ShowId, starts_at: Timestamp, later: Later) -> DraftCopy {
        // The pools of standing areas have numbers below the number of pools, in the copy too.
        let areas = u32::try_from(self.pools.len()).unwrap_or(u32::MAX);
        let pool_id = |pool: &Pool| {
            let area = (0..areas).find(|n| PoolId::of_area(former, *n) == pool.pool);
            area.map_or_else(|| PoolId::of_show(show, app.ids.next()), |n| PoolId::of_area(show, n))
        };
        let pools: Vec<(PoolId, PoolAdded)> = self
            .pools
            .into_iter()
            .map(|pool| {
                let capacity = u32::try_from(pool.capacity).unwrap_or(u32::MAX);
                let added = PoolAdded { capacity, pool: pool_id(&pool), name: pool.name };
                (pool.pool, added)
            })
            .collect();
        let copied =
            |pool: &PoolId| pools.iter().find(|(former, _)| former == pool).map(|(_, added)| added.pool);
        let types: Vec<(TicketTypeId, TicketTypeAdded)> = self
            .types
            .into_iter()
            .map(|known| {
                (
                    known.ticket_type,
                    TicketTypeAdded {
                        entries: known.entries,
                        hidden: known.hidden,
                        max_per_order: known.max_per_order,
                        min_per_order: known.min_per_order,
                        pools: known.pools.iter().filter_map(copied).collect(),
                        price: known.price,
                        sale_ends_at: later.than(known.sale_ends_at),
                        sale_starts_at: later.than(known.sale_starts_at),
                        ticket_type: TicketTypeId::of_show(show, app.ids.next()),
                        name: known.name,
                        price_category: known.price_category,
                    },
                )
            })
            .collect();
        let sold_as = |types_of: &[TicketTypeId]| -> Vec<TicketTypeId> {
            let copied =
                |id| types.iter().find(|(former, _)| former == id).map(|(_, added)| added.ticket_type);
            types_of.iter().filter_map(copied).collect()
        };
        let fee = |fee: &FeeAdded| FeeAdded {
            fee: FeeId::of_show(show, app.ids.next()),
            ticket_types: sold_as(&fee.ticket_types),
            ..fee.clone()
        };
        let tax = |tax: &TaxAdded| TaxAdded {
            tax: TaxId::of_show(show, app.ids.next()),
            ticket_types: sold_as(&tax.ticket_types),
            ..tax.clone()
        };
        let tariff = Tariff {
            fees: self.tariff.fees.iter().map(fee).collect(),
            taxes: self.tariff.taxes.iter().map(tax).collect(),
        };
        let terms = self.terms;
        let terms = InventoryDrafted {
            currency: terms.currency,
            hold_seconds: terms.hold_seconds,
            hold_seconds_max: terms.hold_seconds_max,
            layout: terms.plan.as_ref().map(|plan| plan.digest()),
            max_per_buyer: terms.max_per_buyer,
            max_per_order: terms.max_per_order,
            plan: terms.plan,
            refund_policy: terms.refund_policy,
            sale_ends_at: later.than(terms.sale_ends_at),
            sale_starts_at: later.than(terms.sale_starts_at),
            show,
            single_seat_rule: terms.single_seat_rule,
            starts_at,
        };
        let pools = pools.into_iter().map(|(_, added)| added).collect();
        let types = types.into_iter().map(|(_, added)| added).collect();
        DraftCopy { terms, pools, types, tariff }
    }
}
