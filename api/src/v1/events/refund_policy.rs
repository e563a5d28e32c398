//! On what terms buyers may give tickets back, on the wire.

use boxoffice_domain::refund::{RefundPolicy, SECONDS_BEFORE_START_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::charges::{percentage, rate};
use crate::problem::Problem;

const HOUR: u32 = 3_600;

/// On what terms buyers may give tickets back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundPolicyBody {
    /// How many hours before the start tickets can last be given back; 0: until it starts.
    #[schema(example = 48)]
    pub until_hours_before_start: u32,
    /// What share of what was paid goes back, in per cent.
    #[serde(default = "all")]
    #[schema(example = "80")]
    pub percentage: String,
    /// `refunded`, or `kept`: they do not go back.
    #[serde(default = "refunded")]
    #[schema(example = "refunded")]
    pub fees: String,
}

fn all() -> String {
    "100".to_owned()
}

fn refunded() -> String {
    "refunded".to_owned()
}

impl From<RefundPolicy> for RefundPolicyBody {
    fn from(policy: RefundPolicy) -> Self {
        Self {
            until_hours_before_start: policy.seconds_before_start.div_ceil(HOUR),
            percentage: percentage(policy.rate),
            fees: if policy.fees_kept { "kept" } else { "refunded" }.to_owned(),
        }
    }
}

impl RefundPolicyBody {
    /// The policy.
    ///
    /// # Errors
    /// 422 that points at the field.
    pub fn policy(&self) -> Result<RefundPolicy, Problem> {
        let seconds = self.until_hours_before_start.checked_mul(HOUR);
        let seconds = seconds.filter(|seconds| *seconds <= SECONDS_BEFORE_START_MAX).ok_or_else(|| {
            let detail = format!("At most {} hours.", SECONDS_BEFORE_START_MAX / HOUR);
            Problem::field("/refund_policy/until_hours_before_start", "out_of_range", detail)
        })?;
        Ok(RefundPolicy {
            fees_kept: fees_kept(&self.fees, "/refund_policy/fees")?,
            rate: rate(&self.percentage, "/refund_policy/percentage")?,
            seconds_before_start: seconds,
        })
    }
}

/// Whether fees do not go back.
///
/// # Errors
/// 422 that points at the field.
pub fn fees_kept(text: &str, pointer: &str) -> Result<bool, Problem> {
    match text {
        "refunded" => Ok(false),
        "kept" => Ok(true),
        _ => Err(Problem::field(pointer, "invalid", "Expected refunded or kept.")),
    }
}
