//! `POST /v1/sandbox/payments/{payment_id}`: says what the pretend card does.

use std::time::Duration;

use axum::http::StatusCode;
use boxoffice_domain::id::PaymentId;
use boxoffice_infra::sandbox::{Instructed, Outcome, SandboxRefusal};
use boxoffice_projections::orders::{self, PaymentRow, PaymentStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::context::Context;
use crate::extract::{Json, Path};
use crate::problem::{Code, Problem};

/// How long the answer waits for what follows from the outcome.
const SETTLING: Duration = Duration::from_secs(5);

/// What the pretend card does.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// `succeed`, `decline`, `require_action`, `fail_capture` or `dispute`.
    #[schema(example = "succeed")]
    pub outcome: String,
    /// How much later it does so, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
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
    Json { value, .. }: Json<Instruction>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let app = &context.app;
    app.payment(&context.credential, payment).await?;
    let outcome = match value.outcome.as_str() {
        "succeed" => Outcome::Succeed,
        "decline" => Outcome::Decline,
        "require_action" => Outcome::RequireAction,
        "fail_capture" => Outcome::FailCapture,
        "dispute" => Outcome::Dispute,
        _ => {
            let detail = "Expected succeed, decline, require_action, fail_capture or dispute.";
            return Err(Problem::field("/outcome", "invalid", detail));
        }
    };
    let instructed = app.sandbox.instruct(payment, outcome, value.delay_ms, context.now()).await;
    let status = match instructed {
        Ok(Instructed::Later(_)) => {
            let body = PaymentOutcome { payment_id: payment.to_string(), status: "pending".into() };
            return Ok(Answer::json(StatusCode::ACCEPTED, &body)?.private());
        }
        Ok(Instructed::Now) => settled(app, payment, outcome).await?,
        Err(SandboxRefusal::UnknownPayment) => return Err(Problem::not_found("payment")),
        Err(SandboxRefusal::AlreadySettled { status }) => {
            let detail =
                format!("The payment has ended ({status:?}); its outcome cannot be changed.").to_lowercase();
            return Err(Problem::new(Code::PaymentSettled, detail));
        }
        Err(SandboxRefusal::DelayTooLong) => {
            return Err(Problem::field("/delay_ms", "out_of_range", "At most 24 hours."));
        }
        Err(SandboxRefusal::Unavailable(outage)) => return Err(outage.into()),
    };
    let body = PaymentOutcome { payment_id: payment.to_string(), status: status.to_string() };
    let position =
        app.progress.iter().map(boxoffice_projections::follow::Progress::position).min().unwrap_or_default();
    Ok(Answer::json(StatusCode::OK, &body)?.at(position).private())
}

/// Waits until everything that follows from the outcome is in the read model, and tells how the payment stands.
async fn settled(app: &App, payment: PaymentId, outcome: Outcome) -> Result<PaymentStatus, Problem> {
    let deadline = tokio::time::Instant::now() + SETTLING;
    loop {
        let head = app.feed.head();
        let row = app.views.get(orders::PAYMENTS.name, &payment.to_string()).await?;
        let row = row.map(|row| PaymentRow::from_row(&row)).transpose()?;
        let status = row.ok_or_else(|| Problem::not_found("payment"))?.status;
        if at_rest(status, outcome) || tokio::time::Instant::now() >= deadline {
            app.wait_briefly(head).await;
            return Ok(status);
        }
        // A change is told at once; the pause only bounds how long a missed one takes.
        let _ = tokio::time::timeout(Duration::from_millis(50), app.feed.wait_beyond(head)).await;
        app.wait_briefly(app.feed.head()).await;
    }
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
