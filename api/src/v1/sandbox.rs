//! `POST /v1/sandbox/payments/{payment_id}`: says what the pretend card does.

use std::time::Duration;

use axum::http::StatusCode;
use boxoffice_commands::engine::Failure;
use boxoffice_domain::id::PaymentId;
use boxoffice_domain::inventory::InventoryRefused;
use boxoffice_domain::log::CommandMeta;
use boxoffice_infra::sandbox::{Answered, Instructed, Outcome, SandboxRefusal, Status};
use boxoffice_projections::orders::{self, PaymentRow, PaymentStatus};
use boxoffice_projections::shows::PaymentWatch;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::context::Context;
use crate::extract::{Json, Path};
use crate::problem::{Code, Problem};

/// How long the answer waits for what follows from the outcome.
const SETTLING: Duration = Duration::from_secs(5);

/// How long it waits for news before it looks all the same.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What the pretend card does.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// `succeed`, `decline`, `require_action`, `fail_capture`, `dispute`, or `fail_refund`: it succeeds, and cannot be given
    /// back until it is told to `succeed` again.
    #[schema(example = "succeed")]
    pub outcome: String,
    /// How much later it does so, in milliseconds.
    pub delay_ms: Option<u64>,
}

/// How the payment stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentOutcome {
    /// The payment.
    pub payment_id: String,
    /// As in the payment itself.
    pub status: String,
}

/// Says what the pretend card does. Without a delay the answer comes once everything that follows has been recorded.
#[utoipa::path(post, path = "/v1/sandbox/payments/{payment_id}", tag = "Sandbox", operation_id = "instruct_sandbox",
    params(("payment_id" = String, Path, description = "The payment")), request_body = Instruction,
    responses((status = 200, description = "Done", body = PaymentOutcome), (status = 202, description = "Will be done later", body = PaymentOutcome)))]
pub async fn instruct(
    context: Context,
    Path(payment): Path<PaymentId>,
    Json { value, canonical }: Json<Instruction>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    if let Some(order) = app.sandbox.order_of(payment).await? {
        app.guard.order(&context.credential, order, "payment")?;
    } else {
        context.wait_all().await?;
        app.payment(&context.credential, payment).await?;
    }
    let outcome = outcome(&value.outcome)?;
    let meta = context.idempotency.is_keyed().then(|| context.command(&canonical));
    if let Some(meta) = &meta
        && let Some(before) = app.sandbox.answered(payment, meta.id).await?
    {
        if before.hash != meta.hash {
            return Err(Failure::<InventoryRefused>::KeyReused.into());
        }
        return answer(app, payment, before.is_later, before.status);
    }
    let news = app.shows.payments().watch(payment);
    let is_fresh = app.sandbox.status(payment).await? == Some(Status::Created);
    if !is_fresh {
        // How it stands is read below.
        context.wait_all().await?;
    }
    let instructed = app.sandbox.instruct(payment, outcome, value.delay_ms.unwrap_or(0), context.now()).await;
    let (is_later, status) = match instructed {
        Ok(Instructed::Later(_)) if is_fresh => (true, PaymentStatus::Pending),
        Ok(Instructed::Later(_)) => (true, stored_status(app, payment).await?),
        Ok(Instructed::Now) => (false, settled(app, news, payment, outcome, is_fresh).await?),
        Err(SandboxRefusal::UnknownPayment) => return Err(Problem::not_found("payment")),
        Err(SandboxRefusal::AlreadySettled { .. }) => {
            let status = app.payment(&context.credential, payment).await?.0.status;
            let detail = format!("The payment has ended as `{status}`; its outcome cannot be changed.");
            return Err(Problem::new(Code::PaymentSettled, detail));
        }
        Err(SandboxRefusal::DelayTooLong) => {
            return Err(Problem::field("/delay_ms", "out_of_range", "At most 24 hours."));
        }
        Err(SandboxRefusal::Unavailable(outage)) => return Err(outage.into()),
    };
    let status = status.to_string();
    if let Some(CommandMeta { id, hash, .. }) = meta {
        let answered = Answered { id, hash, is_later, status: status.clone() };
        app.sandbox.keep_answer(payment, answered);
    }
    answer(app, payment, is_later, status)
}

fn answer(app: &App, payment: PaymentId, is_later: bool, status: String) -> Result<Answer, Problem> {
    let body = PaymentOutcome { payment_id: payment.to_string(), status };
    let code = if is_later { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(Answer::json(code, &body)?.at(app.feed.head()).private())
}

fn outcome(name: &str) -> Result<Outcome, Problem> {
    Ok(match name {
        "succeed" => Outcome::Succeed,
        "decline" => Outcome::Decline,
        "require_action" => Outcome::RequireAction,
        "fail_capture" => Outcome::FailCapture,
        "dispute" => Outcome::Dispute,
        "fail_refund" => Outcome::FailRefund,
        _ => {
            let detail = "Expected succeed, decline, require_action, fail_capture, dispute or fail_refund.";
            return Err(Problem::field("/outcome", "invalid", detail));
        }
    })
}

/// Waits until everything that follows from the outcome is in the log, and tells how the payment stands. Who reads it
/// next waits for the read models; this does not. Nothing is read here where nothing had happened to the payment
/// before: then there will be news of it.
async fn settled(
    app: &App,
    mut news: PaymentWatch,
    payment: PaymentId,
    outcome: Outcome,
    is_fresh: bool,
) -> Result<PaymentStatus, Problem> {
    let deadline = tokio::time::Instant::now() + SETTLING;
    let mut status = if is_fresh { PaymentStatus::Pending } else { stored_status(app, payment).await? };
    while !at_rest(status, outcome) && tokio::time::Instant::now() < deadline {
        // News is told at once; the pause only bounds how long missed news takes.
        status = match tokio::time::timeout(LOOK_AGAIN, news.next()).await {
            Ok(news) => news.status,
            Err(_) => stored_status(app, payment).await?,
        };
    }
    Ok(status)
}

async fn stored_status(app: &App, payment: PaymentId) -> Result<PaymentStatus, Problem> {
    let row = app.views.get(orders::PAYMENTS.name, &payment.to_string()).await?;
    let row = row.map(|row| PaymentRow::from_row(&row)).transpose()?;
    Ok(row.ok_or_else(|| Problem::not_found("payment"))?.status)
}

fn at_rest(status: PaymentStatus, outcome: Outcome) -> bool {
    match status {
        PaymentStatus::Captured => !matches!(outcome, Outcome::Dispute),
        PaymentStatus::RequiresAction => matches!(outcome, Outcome::RequireAction),
        PaymentStatus::Declined => matches!(outcome, Outcome::Decline),
        PaymentStatus::CaptureFailed | PaymentStatus::Voided | PaymentStatus::Disputed => true,
        _ => false,
    }
}
