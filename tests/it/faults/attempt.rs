//! What a buyer asks for, and what they know of its outcome. Everything that changes something has a key of its
//! own, so that it can be sent again.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::random::Random;
use crate::support::{Answer, Call};

/// Longer than any answer takes on a busy machine: what takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Intent {
    Hold { seats: Vec<String> },
    Release { hold: String },
    Order { hold: String },
    Pay { order: String },
    Succeed { payment: String },
    Look { order: String },
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub intent: Intent,
    method: &'static str,
    path: String,
    token: Option<String>,
    key: Option<String>,
}

/// What became of it, as far as its sender knows.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// Acknowledged: it must never be lost.
    Accepted(Answer),
    /// The rules said no, on grounds that must never be lost either.
    Refused(Answer),
    /// The server could not tell whether it was done.
    Unavailable(Answer),
    /// No answer came, or only a part of one.
    Unanswered,
}

impl Attempt {
    pub(crate) fn hold(random: &mut Random, event: &str, seats: Vec<String>) -> Self {
        Self::post(random, Intent::Hold { seats }, format!("/v1/events/{event}/holds"), None)
    }

    pub(crate) fn release(random: &mut Random, hold: &str, token: &str) -> Self {
        let intent = Intent::Release { hold: hold.to_owned() };
        Self { method: "DELETE", ..Self::post(random, intent, format!("/v1/holds/{hold}"), Some(token)) }
    }

    pub(crate) fn order(random: &mut Random, hold: &str, token: &str) -> Self {
        Self::post(random, Intent::Order { hold: hold.to_owned() }, "/v1/orders".to_owned(), Some(token))
    }

    pub(crate) fn pay(random: &mut Random, order: &str, token: &str) -> Self {
        let intent = Intent::Pay { order: order.to_owned() };
        Self::post(random, intent, format!("/v1/orders/{order}/payments"), Some(token))
    }

    pub(crate) fn succeed(random: &mut Random, payment: &str, token: &str) -> Self {
        let intent = Intent::Succeed { payment: payment.to_owned() };
        Self::post(random, intent, format!("/v1/sandbox/payments/{payment}"), Some(token))
    }

    /// The same payer completes the payment that this began.
    pub(crate) fn completed(&self, random: &mut Random, payment: &str) -> Self {
        Self::succeed(random, payment, self.token.as_deref().unwrap())
    }

    pub(crate) fn look(order: &str, token: &str) -> Self {
        let intent = Intent::Look { order: order.to_owned() };
        let (path, token) = (format!("/v1/orders/{order}"), Some(token.to_owned()));
        Self { intent, method: "GET", path, token, key: None }
    }

    fn post(random: &mut Random, intent: Intent, path: String, token: Option<&str>) -> Self {
        // Who has no token yet must have a key that nobody can guess.
        let key = Uuid::from_u64_pair(random.number(), random.number()).to_string();
        Self { intent, method: "POST", path, token: token.map(str::to_owned), key: Some(key) }
    }

    /// Whether the same answer comes when it is sent again.
    pub(crate) fn is_told_again(&self) -> bool {
        !matches!(self.intent, Intent::Succeed { .. } | Intent::Look { .. })
    }

    /// Whether it changes something.
    pub(crate) fn is_a_change(&self) -> bool {
        self.key.is_some()
    }

    pub(crate) async fn send(&self, address: SocketAddr) -> Outcome {
        let answer = tokio::time::timeout(PATIENCE, self.call(address).try_send()).await;
        let Some(answer) = answer.unwrap_or_else(|_| panic!("no answer to {self:?}")) else {
            return Outcome::Unanswered;
        };
        match answer.status.as_u16() {
            200..300 => Outcome::Accepted(answer),
            503 => {
                let problem = answer.expect_problem(503, answer.json()["code"].as_str().unwrap());
                assert_eq!(problem["retryable"], true, "{problem}");
                assert!(answer.header("retry-after").is_some(), "{problem}");
                Outcome::Unavailable(answer)
            }
            400..500 => Outcome::Refused(answer),
            _ => panic!("{self:?} was answered {answer:?}"),
        }
    }

    fn call(&self, address: SocketAddr) -> Call {
        let mut call = Call::new(address, self.method, &self.path);
        if let Some(token) = &self.token {
            call = call.bearer(token);
        }
        if let Some(key) = &self.key {
            call = call.key(key);
        }
        match self.body() {
            Some(body) => call.json(body),
            None => call,
        }
    }

    fn body(&self) -> Option<Value> {
        match &self.intent {
            Intent::Hold { seats } => {
                let items: Vec<Value> = seats.iter().map(|seat| json!({"seat_id": seat})).collect();
                Some(json!({"items": items}))
            }
            Intent::Order { hold } => {
                Some(json!({"hold_id": hold, "buyer": {"name": buyer_of(hold), "email": "ada@example.org"}}))
            }
            Intent::Pay { .. } => Some(json!({"method": "card"})),
            Intent::Succeed { .. } => Some(json!({"outcome": "succeed"})),
            Intent::Release { .. } | Intent::Look { .. } => None,
        }
    }
}

/// The name under which a hold is ordered.
pub(crate) fn buyer_of(hold: &str) -> String {
    format!("Ada of {hold}")
}
