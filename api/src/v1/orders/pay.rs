//! `POST /v1/orders/{order_id}/payments`, `GET /v1/payments/{payment_id}`,
//! `GET /v1/events/{event_id}/payment_methods`

use axum::http::StatusCode;
use boxoffice_commands::provider::PaymentRequest;
use boxoffice_domain::id::{OrderId, PaymentId, ShowId};
use boxoffice_domain::inventory::start_payment::StartPayment;
use boxoffice_domain::inventory::{InventoryCommand, InventoryEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Payment;
use crate::answer::Answer;
use crate::context::Context;
use crate::extract::{Json, Path};
use crate::problem::{Code, Problem};
use crate::wire::Money;

/// How to pay.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// One of the event's payment methods.
    #[schema(example = "card")]
    pub method: String,
}

/// The ways to pay for an event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentMethods {
    /// The methods.
    pub data: Vec<PaymentMethod>,
}

/// A way to pay.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentMethod {
    /// `card`, for example.
    pub method: String,
    /// Who moves the money.
    pub provider: String,
}

/// The ways to pay for an event.
#[utoipa::path(get, path = "/v1/events/{event_id}/payment_methods", tag = "Buyers", operation_id = "get_payment_methods",
    params(("event_id" = String, Path, description = "The event")),
    responses((status = 200, description = "The ways to pay", body = PaymentMethods), (status = 304, description = "Unchanged")))]
pub async fn get_payment_methods(context: Context, Path(show): Path<ShowId>) -> Result<Answer, Problem> {
    context.wait_asked().await?;
    context.app.on_sale(show).await?;
    let provider = &context.app.provider;
    let method = |method: &&str| PaymentMethod { method: (*method).into(), provider: provider.name().into() };
    let body = PaymentMethods { data: provider.methods().iter().map(method).collect() };
    Ok(Answer::json(StatusCode::OK, &body)?.hashed(&context.headers))
}

/// Begins to pay.
#[utoipa::path(post, path = "/v1/orders/{order_id}/payments", tag = "Buyers", operation_id = "start_payment",
    params(("order_id" = String, Path, description = "The order")), request_body = NewPayment,
    responses((status = 201, description = "The payment, to be completed with the provider", body = Payment)))]
pub async fn start_payment(
    context: Context,
    Path(order): Path<OrderId>,
    Json { value, canonical }: Json<NewPayment>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    app.guard.order(&context.credential, order, "order")?;
    if !app.provider.methods().contains(&value.method.as_str()) {
        let detail = format!("Expected one of: {}.", app.provider.methods().join(", "));
        return Err(Problem::field("/method", "unknown_method", detail));
    }
    let meta = context.command(&canonical);
    let show = app.show_of_order(order).await?;
    let command = InventoryCommand::StartPayment(StartPayment {
        payment: PaymentId::of_show(show, app.ids.next()),
        order,
        method: value.method,
        provider: app.provider.name().to_owned(),
    });
    let (show, accepted) = app.send_to(show, command, meta).await?;
    let currency = app.on_sale(show).await?.currency;
    let started = accepted.events.into_iter().find_map(|event| match event {
        InventoryEvent::PaymentStarted(started) => Some(started),
        _ => None,
    });
    let started = started.ok_or_else(|| Problem::internal("a payment without its event"))?;
    let request = PaymentRequest {
        payment: started.payment,
        show,
        order,
        amount: started.amount,
        currency,
        method: started.method.clone(),
    };
    let handles = app.provider.create(&request).await.map_err(|outage| {
        tracing::error!(%outage, "a payment was recorded, and the provider does not know of it yet");
        let detail =
            "The payment is recorded, but its provider cannot be reached. Send this again with the same key.";
        Problem::new(Code::Unavailable, detail)
    })?;
    let body = Payment {
        payment_id: started.payment.to_string(),
        order_id: order.to_string(),
        provider: started.provider,
        method: started.method,
        amount: Money::new(started.amount, currency),
        authorised_amount: None,
        status: "pending".into(),
        reason: None,
        detail: None,
        client_secret: handles.client_secret,
        redirect_url: handles.redirect_url,
    };
    let address = format!("/v1/payments/{}", started.payment);
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&address).private())
}

/// How a payment stands.
#[utoipa::path(get, path = "/v1/payments/{payment_id}", tag = "Buyers", operation_id = "get_payment",
    params(("payment_id" = String, Path, description = "The payment")),
    responses((status = 200, description = "The payment", body = Payment)))]
pub async fn get_payment(context: Context, Path(payment): Path<PaymentId>) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let (row, position) = context.app.payment(&context.credential, payment).await?;
    let currency = context.app.on_sale(row.show).await?.currency;
    Ok(Answer::json(StatusCode::OK, &Payment::new(&row, currency))?.at(position).private())
}
