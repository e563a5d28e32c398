//! `POST /v1/orders`

use axum::http::StatusCode;
use boxoffice_commands::vault::Person;
use boxoffice_domain::id::{HoldId, OrderId, PersonId};
use boxoffice_domain::inventory::place_order::PlaceOrder;
use boxoffice_domain::inventory::{InventoryCommand, InventoryEvent};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Buyer, Order, OrderFacts, OrderTicket};
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::Json;
use crate::problem::Problem;
use crate::v1::holds::refuse_voucher;
use crate::wire;
use crate::{buyers, idempotency};

/// A hold that is to become an order.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The hold; its `hold_token` is needed.
    pub hold_id: String,
    /// Who buys.
    pub buyer: Buyer,
    /// Who comes, one entry a ticket.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub attendees: Vec<serde_json::Value>,
    /// Answers to the organizer's questions.
    #[schema(value_type = Option<Object>)]
    pub answers: Option<serde_json::Value>,
    /// Not supported yet.
    pub voucher: Option<String>,
}

/// Makes a hold an order, at the prices that the hold has. A free order is confirmed at once.
#[utoipa::path(post, path = "/v1/orders", tag = "Buyers", operation_id = "place_order", request_body = NewOrder,
    responses((status = 201, description = "The order. The `order_token` is the authority over it.", body = Order)))]
pub async fn place_order(
    context: Context,
    Json { value, canonical }: Json<NewOrder>,
) -> Result<Answer, Problem> {
    let hold: HoldId = wire::id(&value.hold_id, "/hold_id")?;
    context.app.guard.hold(&context.credential, hold)?;
    refuse_voucher(value.voucher.as_deref())?;
    let known = person(&value)?;
    let app = &context.app;
    let meta = context.command(&canonical);
    let show = app.show_of_hold(hold).await?;
    let order = OrderId::of_show(show, app.ids.next());
    // The same order sent again names the same person, so that the vault holds them once; with another body it is
    // refused, and must not have changed what is known of anybody.
    let buyer = PersonId::from_uuid(idempotency::companion_of_body(&meta, "buyer"));
    app.vault.keep(buyer, &known).await?;
    let buyer_key = Some(buyers::key(&app.guard, &known.email));
    let command = InventoryCommand::PlaceOrder(PlaceOrder { order, hold, buyer, buyer_key });
    let (show, accepted) = app.send_to(show, command, meta).await?;
    let currency = app.on_sale(show).await?.currency;
    let mut body = None;
    for event in &accepted.events {
        match event {
            InventoryEvent::OrderPlaced(placed) => {
                let facts = OrderFacts {
                    order: placed.order,
                    show,
                    hold: placed.hold,
                    items: &placed.items,
                    fees: &placed.fees,
                    taxes: &placed.taxes,
                    total: placed.total,
                    placed_at: accepted.log_time,
                    expires_at: placed.expires_at,
                };
                let mut order = Order::new(facts, currency, "awaiting_payment");
                order.order_token = Some(app.guard.order_token(placed.order));
                order.buyer = Some(Buyer { name: known.name.clone(), email: known.email.clone() });
                body = Some(order);
            }
            InventoryEvent::TicketsIssued(issued) => {
                if let Some(order) = &mut body {
                    "confirmed".clone_into(&mut order.status);
                    order.tickets = issued
                        .tickets
                        .iter()
                        .map(|item| OrderTicket {
                            ticket_id: item.ticket.to_string(),
                            seat_id: item.seat.as_ref().map(ToString::to_string),
                            ticket_type_id: item.ticket_type.to_string(),
                            status: "valid".into(),
                        })
                        .collect();
                }
            }
            _ => {}
        }
    }
    let body = body.ok_or_else(|| Problem::internal("an order without its event"))?;
    let address = format!("/v1/orders/{}", body.order_id);
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&address).private())
}

fn person(order: &NewOrder) -> Result<Person, Problem> {
    let name = wire::text(&order.buyer.name, "/buyer/name", 200)?;
    let email = wire::email(&order.buyer.email, "/buyer/email")?;
    Ok(Person { name, email, attendees: order.attendees.clone(), answers: order.answers.clone() })
}
