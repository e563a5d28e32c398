//! Every route, once: the router and the OpenAPI document are made from the same list.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::v1::{
    check_ins, events, holds, jobs, log, orders, organizers, projections, refunds, sandbox, tickets,
    transfers, venues,
};
use crate::{docs_page, openapi, ops};

fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .merge(buyers())
        .routes(routes!(organizers::create_organizer, organizers::list_organizers))
        .routes(routes!(organizers::get_organizer))
        .routes(routes!(venues::create_venue, venues::list_venues))
        .routes(routes!(venues::get_venue))
        .routes(routes!(venues::import_seating_plan, venues::list_seating_plans))
        .routes(routes!(venues::get_seating_plan))
        .routes(routes!(venues::export_seating_plan))
        .routes(routes!(events::pools::add_pool, events::pools::list_pools))
        .routes(routes!(events::pools::get_pool, events::pools::change_pool))
        .routes(routes!(events::blocks::place_block, events::blocks::list_blocks))
        .routes(routes!(events::blocks::get_block, events::blocks::release_block))
        .routes(routes!(events::ticket_types::add_ticket_type, events::ticket_types::list_ticket_types))
        .routes(routes!(events::fees::add_fee, events::fees::list_fees))
        .routes(routes!(events::fees::remove_fee))
        .routes(routes!(events::taxes::add_tax, events::taxes::list_taxes))
        .routes(routes!(events::taxes::remove_tax))
        .routes(routes!(events::publish::publish_event))
        .routes(routes!(
            events::ticket_types::get_ticket_type,
            events::ticket_types::change::change_ticket_type
        ))
        .routes(routes!(events::reschedule::reschedule_event))
        .routes(routes!(events::copy::copy_event))
        .routes(routes!(events::cancel::cancel_event))
        .routes(routes!(refunds::list_refunds))
        .routes(routes!(refunds::retry_refund))
        .routes(routes!(events::pause::pause_event))
        .routes(routes!(events::resume::resume_event))
        .routes(routes!(check_ins::check_in))
        .routes(routes!(check_ins::check_in_batch))
        .routes(routes!(events::history::get_seat_history))
        .routes(routes!(log::read_log))
        .routes(routes!(log::watch_log))
        .routes(routes!(projections::list_projections))
        .routes(routes!(projections::get_projection))
        .routes(routes!(projections::rebuild_projection))
        .routes(routes!(projections::replay_projection))
        .routes(routes!(jobs::get_job))
        .routes(routes!(ops::healthz))
        .routes(routes!(ops::readyz))
        .routes(routes!(ops::metrics))
}

fn buyers() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(events::list::list_events, events::create::create_event))
        .routes(routes!(events::read::get_event, events::change::change_event))
        .routes(routes!(events::availability::get_availability))
        .routes(routes!(events::seats::get_seats))
        .routes(routes!(events::live::watch_event))
        .routes(routes!(holds::place::place_hold))
        .routes(routes!(holds::read::get_hold, holds::release::release_hold))
        .routes(routes!(holds::extend::extend_hold))
        .routes(routes!(holds::items::add_items, holds::items::remove_items))
        .routes(routes!(orders::quote::quote_order))
        .routes(routes!(orders::place::place_order))
        .routes(routes!(orders::read::get_order))
        .routes(routes!(orders::cancel::cancel_order))
        .routes(routes!(orders::refunds::refund_order))
        .routes(routes!(refunds::get_refund))
        .routes(routes!(orders::pay::get_payment_methods))
        .routes(routes!(orders::pay::start_payment))
        .routes(routes!(orders::pay::get_payment))
        .routes(routes!(sandbox::instruct))
        .routes(routes!(tickets::get_ticket))
        .routes(routes!(tickets::get_ticket_qr))
        .routes(routes!(transfers::offer_transfer))
        .routes(routes!(transfers::get_transfer, transfers::withdraw_transfer))
        .routes(routes!(transfers::accept_transfer))
        .routes(routes!(transfers::refuse_transfer))
}

/// The document that the routes make.
#[must_use]
pub fn document() -> serde_json::Value {
    openapi::document(&api().split_for_parts().1)
}

/// The router.
pub fn all() -> Router<Arc<App>> {
    api().split_for_parts().0.route("/v1/openapi.json", get(openapi::get_openapi)).merge(docs_page::routes())
}
