//! `GET /v1/events/{event_id}`

use axum::http::StatusCode;
use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::event::SingleSeatRule;
use boxoffice_domain::log::Position;
use boxoffice_projections::show::{Ending, SaleStatus, ShowView};
use serde::Serialize;
use utoipa::ToSchema;

use super::{EventEntry, text_of};
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::Path;
use crate::if_match::tag_of;
use crate::problem::Problem;
use crate::v1::events::fees::FeeBody;
use crate::v1::events::pools::PoolBody;
use crate::v1::events::refund_policy::RefundPolicyBody;
use crate::v1::events::taxes::TaxBody;
use crate::v1::events::ticket_types::TicketTypeBody;
use crate::wire::Money;

/// All about one event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventBody {
    /// What lists show of it.
    #[serde(flatten)]
    pub entry: EventEntry,
    /// Who sells it.
    pub organizer_id: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was to start as it was published, where it has been moved since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_starts_at: Option<String>,
    /// When people are let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doors_at: Option<String>,
    /// When it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// What all amounts are in.
    pub currency: String,
    /// The seating plan, where there are seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seating_plan_id: Option<String>,
    /// How long a hold lives, in seconds.
    pub hold_seconds: u32,
    /// How long a hold lives at most, extensions included, in seconds.
    pub max_hold_seconds: u32,
    /// How many tickets one buyer may have at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_buyer: Option<u32>,
    /// How many tickets one order may have at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_order: Option<u32>,
    /// `refuse` where nobody may leave a seat alone, else `off`.
    pub single_seat_rule: &'static str,
    /// On what terms buyers may give tickets back; not at all where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_policy: Option<RefundPolicyBody>,
    /// Why and since when it does not take place, where it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<CancellationBody>,
    /// When the sale starts; else it started with the publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale_starts_at: Option<String>,
    /// When the sale ends.
    pub sale_ends_at: String,
    /// What can be bought, without what is hidden.
    pub ticket_types: Vec<TicketTypeBody>,
    /// What is charged beside prices.
    pub fees: Vec<FeeBody>,
    /// Taxes that prices and fees include, or that are added to them.
    pub taxes: Vec<TaxBody>,
    /// Capacities that ticket types draw on.
    pub pools: Vec<PoolBody>,
    /// What time it is here, to count down by.
    pub server_time: String,
}

/// Why and since when an event does not take place.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CancellationBody {
    /// Why, as the organizer puts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was cancelled.
    pub cancelled_at: String,
}

impl From<&Ending> for CancellationBody {
    fn from(ending: &Ending) -> Self {
        Self { reason: ending.reason.clone(), cancelled_at: ending.at.to_string() }
    }
}

/// All about one event. Drafts are seen by the administrator only. Its `ETag` is what a change of it needs.
#[utoipa::path(get, path = "/v1/events/{event_id}", tag = "Buyers", operation_id = "get_event",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "The event", body = EventBody), (status = 304, description = "Unchanged")))]
pub async fn get_event(context: Context, Path(show): Path<ShowId>) -> Result<Answer, Problem> {
    context.wait_fresh().await?;
    let found = Found::of(&context, show).await?;
    found.answer(&context)
}

/// An event as it is now.
pub(super) struct Found {
    body: EventBody,
    position: Position,
    /// The same as long as the body says the same, the time aside: holds that come and go change nothing.
    pub(super) tag: String,
}

impl Found {
    pub(super) async fn of(context: &Context, show: ShowId) -> Result<Self, Problem> {
        let app = &context.app;
        let now = context.now();
        let row = app.show_row(show).await?;
        let sale = app.entry(show)?.read(now, Sale::of)?.ok_or_else(|| Problem::not_found("event"))?;
        if sale.status == SaleStatus::Draft && app.guard.administrator(&context.credential).is_err() {
            return Err(Problem::not_found("event"));
        }
        let venue = app.venue(row.venue).await?;
        let body = EventBody {
            entry: EventEntry::new(&row, &venue, &sale.status.to_string(), sale.price_from),
            organizer_id: row.organizer.to_string(),
            description: row.description.clone(),
            previous_starts_at: sale.moved_from,
            doors_at: text_of(row.doors_at),
            ends_at: text_of(row.ends_at),
            currency: sale.currency,
            seating_plan_id: row.plan.map(|plan| plan.to_string()),
            hold_seconds: sale.hold_seconds.0,
            max_hold_seconds: sale.hold_seconds.1,
            max_per_buyer: sale.max_per_buyer,
            max_per_order: sale.max_per_order,
            single_seat_rule: sale.single_seat_rule,
            refund_policy: sale.refund_policy,
            cancellation: sale.cancellation,
            sale_starts_at: sale.window.0,
            sale_ends_at: sale.window.1,
            ticket_types: sale.ticket_types,
            fees: sale.fees,
            taxes: sale.taxes,
            pools: sale.pools,
            server_time: String::new(),
        };
        let tag = tag_of(&body)?;
        Ok(Self { body: EventBody { server_time: now.to_string(), ..body }, position: sale.position, tag })
    }

    pub(super) fn answer(&self, context: &Context) -> Result<Answer, Problem> {
        let answer = Answer::json(StatusCode::OK, &self.body)?;
        Ok(answer.tagged(&self.tag, &context.headers).at(self.position))
    }
}

/// What the read model of the sale says.
struct Sale {
    status: SaleStatus,
    position: Position,
    moved_from: Option<String>,
    currency: String,
    price_from: Option<Money>,
    hold_seconds: (u32, u32),
    max_per_buyer: Option<u32>,
    max_per_order: Option<u32>,
    single_seat_rule: &'static str,
    refund_policy: Option<RefundPolicyBody>,
    cancellation: Option<CancellationBody>,
    fees: Vec<FeeBody>,
    taxes: Vec<TaxBody>,
    window: (Option<String>, String),
    ticket_types: Vec<TicketTypeBody>,
    pools: Vec<PoolBody>,
}

impl Sale {
    fn of(view: &mut ShowView) -> Option<Self> {
        let terms = view.terms()?;
        let currency = terms.currency;
        let status = view.sale_status();
        let visible: Vec<_> = view.ticket_types().filter(|known| !known.hidden).collect();
        Some(Self {
            status,
            position: view.position(),
            moved_from: text_of(view.moved_from()),
            currency: currency.to_string(),
            price_from: visible
                .iter()
                .map(|known| known.price)
                .min()
                .map(|price| Money::new(price, currency)),
            hold_seconds: (terms.hold_seconds, terms.hold_seconds_max),
            max_per_buyer: terms.max_per_buyer,
            max_per_order: terms.max_per_order,
            single_seat_rule: match terms.single_seat_rule {
                None => "off",
                Some(SingleSeatRule::Refuse) => "refuse",
            },
            refund_policy: terms.refund_policy.map(RefundPolicyBody::from),
            cancellation: view.ending().map(CancellationBody::from),
            fees: view.tariff().fees.iter().map(|fee| FeeBody::new(fee, currency)).collect(),
            taxes: view.tariff().taxes.iter().map(TaxBody::from).collect(),
            window: (text_of(terms.sale_starts_at), terms.sale_ends().to_string()),
            ticket_types: visible.iter().map(|known| TicketTypeBody::of(known, currency)).collect(),
            pools: view.pools().iter().map(PoolBody::of).collect(),
        })
    }
}
