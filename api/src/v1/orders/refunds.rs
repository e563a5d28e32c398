//! `POST /v1/orders/{order_id}/refunds`

use axum::http::StatusCode;
use boxoffice_domain::id::{OrderId, TicketId};
use boxoffice_domain::inventory::event::{RefundDue, TicketsReturned};
use boxoffice_domain::inventory::refund_tickets::{RefundTickets, Refunder};
use boxoffice_domain::inventory::{InventoryCommand, InventoryEvent};
use boxoffice_domain::money::Currency;
use boxoffice_domain::pricing::Rate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::auth::Credential;
use crate::context::Context;
use crate::extract::{OptionalJson, Path};
use crate::problem::Problem;
use crate::v1::events::charges;
use crate::v1::events::refund_policy::fees_kept;
use crate::wire::{self, Money};

/// The most tickets that can be named at once.
const TICKETS_MAX: usize = 500;

/// Tickets to be given back.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// The tickets; all of the order unless told.
    pub ticket_ids: Option<Vec<String>>,
    /// Why: the administrator has to say so. Names no persons.
    #[schema(example = "Broken seat")]
    pub reason: Option<String>,
    /// What share of what was paid goes back, in per cent; all unless told. The administrator's to say.
    pub percentage: Option<String>,
    /// `refunded` or `kept`; refunded unless told. The administrator's to say.
    pub fees: Option<String>,
}

/// Tickets that were given back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReturnedTickets {
    /// The order.
    pub order_id: String,
    /// The event.
    pub event_id: String,
    /// The tickets, which are good no longer.
    pub ticket_ids: Vec<String>,
    /// How many tickets the order still has.
    pub tickets_left: u32,
    /// What goes back.
    pub amount: Money,
    /// What of their value does not.
    pub kept: Money,
    /// The refund; none where nothing goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    /// `due`, or `none` where nothing goes back. See the refund for what has become of it.
    pub status: &'static str,
}

impl ReturnedTickets {
    /// What came of giving tickets back; `None` where none were.
    #[must_use]
    pub fn of(event_id: &str, events: &[InventoryEvent], currency: Currency) -> Option<Self> {
        let returned = events.iter().find_map(|event| match event {
            InventoryEvent::TicketsReturned(returned) => Some(returned),
            _ => None,
        })?;
        let due = events.iter().find_map(|event| match event {
            InventoryEvent::RefundDue(due) => Some(due),
            _ => None,
        });
        Some(Self::new(event_id, returned, due, currency))
    }

    fn new(event_id: &str, returned: &TicketsReturned, due: Option<&RefundDue>, currency: Currency) -> Self {
        Self {
            order_id: returned.order.to_string(),
            event_id: event_id.to_owned(),
            ticket_ids: returned.tickets.iter().map(|item| item.ticket.to_string()).collect(),
            tickets_left: returned.left,
            amount: Money::new(due.map_or(0, |due| due.amount), currency),
            kept: Money::new(returned.kept, currency),
            refund_id: due.map(|due| due.refund.to_string()),
            status: if due.is_some() { "due" } else { "none" },
        }
    }
}

/// Who gives tickets back, on what terms.
///
/// # Errors
/// 422 for terms that are none, or that the caller cannot set.
pub fn refunder(context: &Context, value: &NewRefund) -> Result<Refunder, Problem> {
    let note = wire::optional_text(value.reason.as_deref(), "/reason", 500)?;
    let rate = value.percentage.as_deref().map(|text| charges::rate(text, "/percentage")).transpose()?;
    let fees_kept = value.fees.as_deref().map(|text| fees_kept(text, "/fees")).transpose()?;
    if context.credential == Credential::Administrator {
        return Ok(Refunder::Operator {
            note,
            rate: rate.unwrap_or(Rate::FULL),
            fees_kept: fees_kept.unwrap_or(false),
        });
    }
    for (pointer, is_there) in [("/percentage", rate.is_some()), ("/fees", fees_kept.is_some())] {
        if is_there {
            return Err(Problem::field(pointer, "not_yours", "The event's refund policy says that."));
        }
    }
    Ok(Refunder::Buyer)
}

fn tickets(ids: Option<&[String]>) -> Result<Vec<TicketId>, Problem> {
    let Some(ids) = ids else { return Ok(Vec::new()) };
    if ids.is_empty() || ids.len() > TICKETS_MAX {
        let detail = format!("Name 1 to {TICKETS_MAX} tickets, or leave this out for all.");
        return Err(Problem::field("/ticket_ids", "out_of_range", detail));
    }
    (0..).zip(ids).map(|(index, id)| wire::id(id, &format!("/ticket_ids/{index}"))).collect()
}

/// Gives tickets back, some or all of an order: they are good no longer, and their seats are free at once. A buyer may do
/// so as the event's refund policy says; the policy that held when the order was placed counts too, whichever is better.
/// The administrator may at any time, with a reason.
#[utoipa::path(post, path = "/v1/orders/{order_id}/refunds", tag = "Buyers", operation_id = "refund_order",
    params(("order_id" = String, Path, description = "The order")), request_body = Option<NewRefund>,
    responses((status = 201, description = "The tickets are given back", body = ReturnedTickets)))]
pub async fn refund_order(
    context: Context,
    Path(order): Path<OrderId>,
    OptionalJson { value, canonical }: OptionalJson<NewRefund>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    app.guard.order(&context.credential, order, "order")?;
    let (by, tickets) = (refunder(&context, &value)?, tickets(value.ticket_ids.as_deref())?);
    let command = InventoryCommand::RefundTickets(RefundTickets { order, tickets, by });
    let (show, accepted) = app.send_tagged(order.show_tag(), command, context.command(&canonical)).await?;
    let currency = app.terms(show)?.currency;
    let body = ReturnedTickets::of(&show.to_string(), &accepted.events, currency)
        .ok_or_else(|| Problem::internal("tickets were given back without an event"))?;
    let answer = Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).private();
    Ok(match &body.refund_id {
        Some(refund) => answer.located(&format!("/v1/refunds/{refund}")),
        None => answer,
    })
}
