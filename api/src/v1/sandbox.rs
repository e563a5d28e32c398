//! `POST /v1/sandbox/payments/{payment_id}`: says what the pretend card does.

use std::time::Duration;

use axum::http::StatusCode;
use boxoffice_commands::engine::Failure;
use boxoffice_domain::id::PaymentId;
use boxoffice_domain::inventory::InventoryRefused;
use boxoffice_domain::log::CommandMeta;
use boxoffice_infra::sandbox::{Answered, Instructed, Manner, Outcome, SandboxRefusal, Status};
use boxoffice_projections::orders::{self, PaymentRow, PaymentStatus};
use boxoffice_projections::shows::PaymentWatch;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::context::Context;
use crate::extract::{Json, Path};
use crate::problem::{Code, Problem};
use crate::wire::Money;

/// How long the answer waits for what follows from the outcome.
const SETTLING: Duration = Duration::from_secs(5);

/// How long it waits for news before it looks all the same.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What the pretend card does.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// `succeed`, `decline`, `require_action`, `fail_capture`, `dispute`, or `fail_refund`: it succeeds, and cannot be given
    /// back until it is told to `succeed` again; or `lapse`: the money is reserved, captures are not answered, and after a
    /// while the bank lets it go.
    #[schema(example = "succeed")]
    pub outcome: String,
    /// How much later it does so, in milliseconds.
    pub delay_ms: Option<u64>,
    /// How much later than it does so the bank tells it, in milliseconds: the money was reserved in time, and that is
    /// known late.
    pub tell_after_ms: Option<u64>,
    /// What the payer reserves, where it is not what was asked for.
    pub amount: Option<Money>,
    /// How long after it is reserved the bank lets the money go with `lapse`, in milliseconds; 1000 unless told.
    pub lapse_after_ms: Option<u64>,
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
    let manner = manner(app, payment, &value)?;
    let instructed = app.sandbox.instruct(payment, outcome, manner, context.now()).await;
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
            return Err(Problem::field("/delay_ms", "out_of_range", "Every delay is at most 24 hours."));
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

/// In what manner. An amount is in the currency of the payment's event, whose tag the payment has.
fn manner(app: &App, payment: PaymentId, value: &Instruction) -> Result<Manner, Problem> {
    let amount = |money: &Money| {
        let shows = app.shows.by_tag(payment.show_tag());
        let currencies = shows.iter().filter_map(|entry| app.terms(entry.show()).ok());
        let mut currencies = currencies.map(|terms| terms.currency);
        let currency = currencies.find(|currency| currency.code() == money.currency);
        let unknown =
            || Problem::field("/amount/currency", "wrong_currency", "The event sells in another one.");
        money.minor(currency.ok_or_else(unknown)?, "/amount")
    };
    Ok(Manner {
        delay_ms: value.delay_ms.unwrap_or(0),
        tell_after_ms: value.tell_after_ms.unwrap_or(0),
        amount: value.amount.as_ref().map(amount).transpose()?,
        lapse_after_ms: value.lapse_after_ms,
    })
}

fn outcome(name: &str) -> Result<Outcome, Problem> {
    Ok(match name {
        "succeed" => Outcome::Succeed,
        "decline" => Outcome::Decline,
        "require_action" => Outcome::RequireAction,
        "fail_capture" => Outcome::FailCapture,
        "dispute" => Outcome::Dispute,
        "fail_refund" => Outcome::FailRefund,
        "lapse" => Outcome::Lapse,
        _ => {
            let detail =
                "Expected succeed, decline, require_action, fail_capture, dispute, fail_refund or lapse.";
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
        PaymentStatus::Authorised => matches!(outcome, Outcome::Lapse),
        PaymentStatus::RequiresAction => matches!(outcome, Outcome::RequireAction),
        PaymentStatus::Declined => matches!(outcome, Outcome::Decline),
        PaymentStatus::CaptureFailed
        | PaymentStatus::Voided
        | PaymentStatus::Lapsed
        | PaymentStatus::Disputed => true,
        _ => false,
    }
}
