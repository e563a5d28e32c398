//! One payment of the sandbox, as pure transitions: what it is told, what it becomes, what it has to tell.

use boxoffice_commands::provider::{Captured, PaymentRequest, RefundRequest, Refunded};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::{OrderId, PaymentId, RefundId, ShowId};
use boxoffice_domain::inventory::record_payment::Fact;
use boxoffice_domain::money::{Currency, Minor};
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing has happened.
    Created,
    /// The payer has to do something with their bank.
    RequiresAction,
    /// The money is reserved.
    Authorised,
    /// There will be no money.
    Declined,
    /// The money has come.
    Captured,
    /// The money was let go.
    Voided,
    /// The bank let the money go by itself.
    Lapsed,
    /// The payer wants the money back through their bank.
    Disputed,
}

/// How a payment is to end; what a card number says in other sandboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is authorised, and can be captured.
    Succeed,
    /// It is declined.
    Decline,
    /// It waits for the payer; another outcome follows.
    RequireAction,
    /// It is authorised, and then cannot be captured.
    FailCapture,
    /// It is authorised, captured, and then disputed.
    Dispute,
    /// It is authorised and captured, and cannot be given back until it is told to succeed.
    FailRefund,
    /// It is authorised; the bank does not answer captures, and lets the money go by itself after a while.
    Lapse,
}

/// How an outcome comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// How much later the bank does it, in milliseconds.
    pub delay_ms: u64,
    /// How much later than it does it the bank tells it, in milliseconds.
    pub tell_after_ms: u64,
    /// What is authorised, in minor units, where it is another amount than was asked for.
    pub amount: Option<Minor>,
    /// How long after it is authorised the money is let go with [`Outcome::Lapse`], in milliseconds; a second unless told.
    pub lapse_after_ms: Option<u64>,
}

/// How long the bank waits for a capture that it does not answer, in milliseconds.
const LAPSE_AFTER_MS: u64 = 1_000;

/// Why a capture of [`Outcome::Lapse`] fails once the money is let go.
pub const LAPSED: &str = "authorisation_lapsed";

/// A refund, or a try of it, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tried {
    refund: RefundId,
    failures: u32,
    amount: Minor,
    /// Why it failed, if it failed.
    failure: Option<String>,
}

/// Why a refund of [`Outcome::FailRefund`] fails.
pub const REFUND_REFUSED: &str = "card_closed";

/// Why a capture of [`Outcome::FailCapture`] fails.
pub const DECLINED_AT_CAPTURE: &str = "card_declined_at_capture";

/// Why a payment of [`Outcome::Decline`] is declined.
pub const DECLINED: &str = "card_declined";

/// The payment has ended in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settled(pub(super) Status);

/// What a payment has told, until somebody has taken note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Queued {
    /// 1, 2, 3 … within the payment.
    pub(super) n: u32,
    pub(super) due_at: Timestamp,
    pub(super) fact: Told,
}

/// A [`Fact`] as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    ActionRequired,
    Authorised { amount: Minor, at: Timestamp },
    Declined,
    Lapsed,
    Disputed,
}

impl Told {
    pub(super) fn to_fact(&self) -> Fact {
        match self {
            Self::ActionRequired => Fact::ActionRequired,
            Self::Authorised { amount, at } => Fact::Authorised { amount: *amount, at: *at },
            Self::Declined => Fact::Declined { reason: DECLINED.to_owned() },
            Self::Lapsed => Fact::Lapsed,
            Self::Disputed => Fact::Disputed,
        }
    }
}

/// A payment as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Payment {
    pub(super) id: PaymentId,
    pub(super) show: ShowId,
    pub(super) order: OrderId,
    pub(super) amount: Minor,
    pub(super) currency: Currency,
    pub(super) method: String,
    pub(super) status: Status,
    /// What it was told last and has done.
    pub(super) outcome: Option<Outcome>,
    /// What it was told to do later, and when.
    pub(super) pending: Option<(Outcome, Timestamp)>,
    pub(super) authorised_at: Option<Timestamp>,
    pub(super) capture_fails: bool,
    pub(super) disputed_once_captured: bool,
    #[serde(default)]
    pub(super) refunds_fail: bool,
    /// What is authorised, where it is another amount.
    #[serde(default)]
    pub(super) given: Option<Minor>,
    #[serde(default)]
    pub(super) tell_after_ms: u64,
    #[serde(default)]
    pub(super) lapse_after_ms: Option<u64>,
    /// When the bank lets the money go by itself; until then it answers no capture.
    #[serde(default)]
    pub(super) lapses_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) refunds: Vec<Tried>,
    pub(super) facts_told: u32,
    pub(super) outbox: Vec<Queued>,
    /// The latest instructions that had a key, and what was answered.
    #[serde(default)]
    pub(super) answered: Vec<Answered>,
}

/// An instruction that may be sent again, and what was answered the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// What its key makes of it.
    pub id: Uuid,
    /// What was asked for.
    pub hash: Digest,
    /// Whether it was put off.
    pub is_later: bool,
    /// How the payment stood.
    pub status: String,
}

/// How many answers are kept.
const ANSWERED_MAX: usize = 16;

impl Payment {
    pub(super) fn new(request: &PaymentRequest) -> Self {
        Self {
            id: request.payment,
            show: request.show,
            order: request.order,
            amount: request.amount,
            currency: request.currency,
            method: request.method.clone(),
            status: Status::Created,
            outcome: None,
            pending: None,
            authorised_at: None,
            capture_fails: false,
            disputed_once_captured: false,
            refunds_fail: false,
            given: None,
            tell_after_ms: 0,
            lapse_after_ms: None,
            lapses_at: None,
            refunds: Vec::new(),
            facts_told: 0,
            outbox: Vec::new(),
            answered: Vec::new(),
        }
    }

    /// Whether this is what was asked for when it was created.
    pub(super) fn is_for(&self, request: &PaymentRequest) -> bool {
        (self.show, self.order, self.amount, self.currency, &self.method)
            == (request.show, request.order, request.amount, request.currency, &request.method)
    }

    /// When it next has something to do or to tell.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        let pending = self.pending.map(|(_, due_at)| due_at);
        self.outbox.iter().map(|queued| queued.due_at).chain(pending).min()
    }

    /// Takes an outcome. One that it has come to already changes nothing.
    pub(super) fn instruct(&mut self, outcome: Outcome, at: Timestamp) -> Result<(), Settled> {
        match (self.status, outcome) {
            (
                Status::Created | Status::RequiresAction,
                Outcome::Succeed
                | Outcome::FailCapture
                | Outcome::Dispute
                | Outcome::FailRefund
                | Outcome::Lapse,
            ) => {
                self.status = Status::Authorised;
                self.authorised_at = Some(at);
                self.capture_fails = outcome == Outcome::FailCapture;
                self.disputed_once_captured = outcome == Outcome::Dispute;
                self.refunds_fail = outcome == Outcome::FailRefund;
                self.tell(Told::Authorised { amount: self.given.unwrap_or(self.amount), at }, at);
                if outcome == Outcome::Lapse {
                    let lapses_at = later(at, self.lapse_after_ms.unwrap_or(LAPSE_AFTER_MS));
                    self.lapses_at = Some(lapses_at);
                    self.tell(Told::Lapsed, lapses_at);
                }
            }
            (Status::Created | Status::RequiresAction, Outcome::Decline) => {
                self.status = Status::Declined;
                self.tell(Told::Declined, at);
            }
            (Status::Created, Outcome::RequireAction) => {
                self.status = Status::RequiresAction;
                self.tell(Told::ActionRequired, at);
            }
            (Status::Authorised, Outcome::Dispute) if !self.capture_fails => {
                self.disputed_once_captured = true;
            }
            (Status::Captured, Outcome::Dispute) => self.dispute(at),
            (Status::Captured, Outcome::Succeed | Outcome::FailRefund) => {
                self.refunds_fail = outcome == Outcome::FailRefund;
            }
            _ if self.outcome == Some(outcome) => {}
            (status, _) => return Err(Settled(status)),
        }
        self.pending = None;
        self.outcome = Some(outcome);
        Ok(())
    }

    /// Whether [`Self::instruct`] would take the outcome.
    pub(super) fn may(&self, outcome: Outcome) -> Result<(), Settled> {
        self.clone().instruct(outcome, Timestamp::default())
    }

    /// Does what it was told to do by now. A payment that has ended in between does not heed it any more.
    pub(super) fn catch_up(&mut self, now: Timestamp) {
        if let Some((outcome, due_at)) = self.pending.filter(|(_, due_at)| *due_at <= now) {
            self.pending = None;
            // Only a settled payment refuses, and then there is nothing left to do.
            let _ = self.instruct(outcome, due_at);
        }
        if self.status == Status::Authorised && self.lapses_at.is_some_and(|lapses_at| lapses_at <= now) {
            self.status = Status::Lapsed;
        }
    }

    /// `None`: it is not authorised, so that nothing can be said.
    pub(super) fn capture(&mut self, at: Timestamp) -> Option<Captured> {
        let no = |reason: &str| Some(Captured::No { reason: reason.to_owned() });
        match self.status {
            Status::Authorised if self.lapses_at.is_some() => None,
            Status::Lapsed => no(LAPSED),
            Status::Authorised if self.capture_fails => {
                self.status = Status::Declined;
                no(DECLINED_AT_CAPTURE)
            }
            Status::Authorised => {
                self.status = Status::Captured;
                if self.disputed_once_captured {
                    self.dispute(at);
                }
                Some(Captured::Yes)
            }
            Status::Captured | Status::Disputed => Some(Captured::Yes),
            Status::Declined => no(if self.capture_fails { DECLINED_AT_CAPTURE } else { DECLINED }),
            Status::Voided => no("voided"),
            Status::Created | Status::RequiresAction => None,
        }
    }

    /// `false`: the money has come, and can only be given back.
    pub(super) fn void(&mut self) -> bool {
        match self.status {
            Status::Created | Status::RequiresAction | Status::Authorised => {
                self.status = Status::Voided;
                self.pending = None;
                self.outbox.retain(|queued| queued.fact != Told::Lapsed);
                true
            }
            Status::Voided | Status::Declined | Status::Lapsed => true,
            Status::Captured | Status::Disputed => false,
        }
    }

    /// Gives money back, once for each try. `None`: none has come so far.
    pub(super) fn refund(&mut self, request: RefundRequest) -> Option<Refunded> {
        let RefundRequest { refund, amount, failures, .. } = request;
        let said = |failure: &Option<String>| match failure {
            None => Refunded::Yes,
            Some(reason) => Refunded::No { reason: reason.clone() },
        };
        // Tried before, or made at an earlier try.
        let mut known = self.refunds.iter().filter(|tried| tried.refund == refund);
        if let Some(tried) = known.find(|tried| tried.failures == failures || tried.failure.is_none()) {
            return Some(said(&tried.failure));
        }
        let given: Minor =
            self.refunds.iter().filter(|tried| tried.failure.is_none()).map(|tried| tried.amount).sum();
        let failure = match self.status {
            Status::Created | Status::RequiresAction | Status::Authorised => return None,
            Status::Declined | Status::Voided | Status::Lapsed => Some("nothing_captured"),
            Status::Disputed => Some("payment_disputed"),
            Status::Captured if self.refunds_fail => Some(REFUND_REFUSED),
            Status::Captured if given.saturating_add(amount) > self.amount => Some("more_than_captured"),
            Status::Captured => None,
        };
        let failure = failure.map(str::to_owned);
        let answer = said(&failure);
        self.refunds.push(Tried { refund, failures, amount, failure });
        Some(answer)
    }

    /// Forgets a fact that somebody has taken note of.
    pub(super) fn acknowledge(&mut self, n: u32) {
        self.outbox.retain(|queued| queued.n != n);
    }

    /// Keeps an answer, for the same instruction sent again.
    pub(super) fn answer(&mut self, answered: Answered) {
        if self.answered.len() >= ANSWERED_MAX {
            self.answered.remove(0);
        }
        self.answered.push(answered);
    }

    /// Tells a fact later.
    pub(super) fn postpone(&mut self, n: u32, until: Timestamp) {
        for queued in self.outbox.iter_mut().filter(|queued| queued.n == n) {
            queued.due_at = until;
        }
    }

    fn dispute(&mut self, at: Timestamp) {
        self.status = Status::Disputed;
        self.tell(Told::Disputed, at);
    }

    fn tell(&mut self, fact: Told, at: Timestamp) {
        let due_at = later(at, self.tell_after_ms);
        self.facts_told += 1;
        self.outbox.push(Queued { n: self.facts_told, due_at, fact });
    }
}

fn later(at: Timestamp, by_ms: u64) -> Timestamp {
    at.plus_ms(i64::try_from(by_ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxoffice_domain::id::uuid_v7;

    const AT: Timestamp = Timestamp::from_unix_ms(1_000);

    fn payment() -> Payment {
        Payment::new(&PaymentRequest {
            payment: PaymentId::from_uuid(uuid_v7(1, 2)),
            show: ShowId::from_uuid(uuid_v7(1, 1)),
            order: OrderId::from_uuid(uuid_v7(1, 3)),
            amount: 4_200,
            currency: "EUR".parse().unwrap(),
            method: "card".to_owned(),
        })
    }

    fn told(payment: &Payment) -> Vec<Told> {
        payment.outbox.iter().map(|queued| queued.fact.clone()).collect()
    }

    const AUTHORISED: Told = Told::Authorised { amount: 4_200, at: AT };

    #[test]
    fn a_payment_that_succeeds_is_authorised_and_captured_once() {
        let mut payment = payment();
        assert_eq!(payment.capture(AT), None);
        payment.instruct(Outcome::Succeed, AT).unwrap();
        assert_eq!(
            (payment.status, payment.authorised_at, told(&payment)),
            (Status::Authorised, Some(AT), vec![AUTHORISED])
        );
        for _ in 0..2 {
            assert_eq!(payment.capture(AT), Some(Captured::Yes));
            payment.instruct(Outcome::Succeed, AT).unwrap();
        }
        assert_eq!((payment.status, told(&payment).len()), (Status::Captured, 1));
        assert_eq!(payment.instruct(Outcome::Decline, AT), Err(Settled(Status::Captured)));
        assert!(!payment.void());
    }

    #[test]
    fn a_payment_may_wait_for_the_payer_first() {
        let mut payment = payment();
        payment.instruct(Outcome::RequireAction, AT).unwrap();
        payment.instruct(Outcome::RequireAction, AT).unwrap();
        assert_eq!((payment.status, told(&payment)), (Status::RequiresAction, vec![Told::ActionRequired]));
        payment.instruct(Outcome::Decline, AT).unwrap();
        payment.instruct(Outcome::Decline, AT).unwrap();
        assert_eq!(
            (payment.status, told(&payment)),
            (Status::Declined, vec![Told::ActionRequired, Told::Declined])
        );
        assert_eq!(payment.instruct(Outcome::RequireAction, AT), Err(Settled(Status::Declined)));
        assert_eq!(payment.capture(AT), Some(Captured::No { reason: DECLINED.to_owned() }));
        assert!(payment.void());
    }

    #[test]
    fn a_capture_that_fails_stays_failed() {
        let mut payment = payment();
        payment.instruct(Outcome::FailCapture, AT).unwrap();
        assert_eq!(told(&payment), [AUTHORISED]);
        for _ in 0..2 {
            assert_eq!(payment.capture(AT), Some(Captured::No { reason: DECLINED_AT_CAPTURE.to_owned() }));
        }
        payment.instruct(Outcome::FailCapture, AT).unwrap();
        assert_eq!(payment.instruct(Outcome::Dispute, AT), Err(Settled(Status::Declined)));
    }

    #[test]
    fn a_dispute_is_told_once_the_money_has_come() {
        let mut early = payment();
        early.instruct(Outcome::Dispute, AT).unwrap();
        assert_eq!(told(&early), [AUTHORISED]);
        let mut between = payment();
        between.instruct(Outcome::Succeed, AT).unwrap();
        between.instruct(Outcome::Dispute, AT).unwrap();
        let mut late = payment();
        late.instruct(Outcome::Succeed, AT).unwrap();
        assert_eq!(late.capture(AT), Some(Captured::Yes));
        late.instruct(Outcome::Dispute, AT).unwrap();
        for mut payment in [early, between, late] {
            assert_eq!(payment.capture(AT), Some(Captured::Yes));
            payment.instruct(Outcome::Dispute, AT).unwrap();
            assert_eq!(
                (payment.status, told(&payment)),
                (Status::Disputed, vec![AUTHORISED, Told::Disputed])
            );
            assert_eq!(payment.instruct(Outcome::Succeed, AT), Err(Settled(Status::Disputed)));
        }
    }

    #[test]
    fn a_voided_payment_heeds_nothing_that_comes_later() {
        let mut payment = payment();
        payment.pending = Some((Outcome::Succeed, AT));
        assert_eq!(payment.due_at(), Some(AT));
        assert!(payment.void() && payment.void());
        payment.catch_up(AT);
        assert_eq!((payment.status, payment.due_at()), (Status::Voided, None));
        assert_eq!(payment.capture(AT), Some(Captured::No { reason: "voided".to_owned() }));
        assert_eq!(payment.instruct(Outcome::Succeed, AT), Err(Settled(Status::Voided)));
    }

    #[test]
    fn what_the_bank_does_now_it_may_tell_later_and_with_another_amount() {
        let mut payment = Payment { tell_after_ms: 500, given: Some(4_000), ..payment() };
        payment.instruct(Outcome::Succeed, AT).unwrap();
        assert_eq!(told(&payment), [Told::Authorised { amount: 4_000, at: AT }]);
        assert_eq!((payment.due_at(), payment.authorised_at), (Some(AT.plus_ms(500)), Some(AT)));
    }

    #[test]
    fn money_lapses_that_nobody_could_capture() {
        let mut payment = payment();
        payment.instruct(Outcome::Lapse, AT).unwrap();
        payment.catch_up(AT.plus_ms(999));
        assert_eq!((payment.capture(AT), payment.status), (None, Status::Authorised));
        payment.catch_up(AT.plus_ms(1_000));
        assert_eq!(payment.capture(AT), Some(Captured::No { reason: LAPSED.to_owned() }));
        assert_eq!((told(&payment), payment.void()), (vec![AUTHORISED, Told::Lapsed], true));
        let mut voided = super::tests::payment();
        voided.instruct(Outcome::Lapse, AT).unwrap();
        assert!(voided.void());
        assert_eq!(told(&voided), [AUTHORISED], "what was let go lapses no more");
    }

    fn refund(n: u32, amount: Minor, failures: u32) -> RefundRequest {
        let payment = payment().id;
        let refund = RefundId::of_order(OrderId::from_uuid(uuid_v7(1, 3)), n);
        RefundRequest { refund, payment, amount, failures }
    }

    #[test]
    fn money_goes_back_once_and_never_more_than_has_come() {
        let mut payment = payment();
        assert_eq!(payment.refund(refund(1, 200, 0)), None);
        payment.instruct(Outcome::Succeed, AT).unwrap();
        payment.capture(AT);
        for _ in 0..2 {
            assert_eq!(payment.refund(refund(1, 4_000, 0)), Some(Refunded::Yes));
        }
        let no = Some(Refunded::No { reason: "more_than_captured".to_owned() });
        assert_eq!(payment.refund(refund(2, 201, 0)), no);
        assert_eq!(payment.refund(refund(3, 200, 0)), Some(Refunded::Yes));
        assert_eq!(payment.refund(refund(1, 4_000, 1)), Some(Refunded::Yes), "made before");
    }

    #[test]
    fn a_refund_fails_until_it_is_told_to_succeed_and_tried_anew() {
        let mut payment = payment();
        payment.instruct(Outcome::FailRefund, AT).unwrap();
        payment.capture(AT);
        let no = Some(Refunded::No { reason: REFUND_REFUSED.to_owned() });
        assert_eq!(payment.refund(refund(1, 200, 0)), no);
        payment.instruct(Outcome::Succeed, AT).unwrap();
        assert_eq!(payment.refund(refund(1, 200, 0)), no, "the same try");
        assert_eq!(payment.refund(refund(1, 200, 1)), Some(Refunded::Yes));
        payment.instruct(Outcome::Dispute, AT).unwrap();
        let disputed = Some(Refunded::No { reason: "payment_disputed".to_owned() });
        assert_eq!(payment.refund(refund(2, 200, 0)), disputed);
    }

    #[test]
    fn facts_are_told_until_they_are_acknowledged() {
        let mut payment = payment();
        payment.pending = Some((Outcome::Dispute, AT));
        payment.catch_up(AT.plus_ms(-1));
        assert_eq!(payment.status, Status::Created);
        payment.catch_up(AT.plus_ms(5));
        assert_eq!((payment.authorised_at, payment.due_at()), (Some(AT), Some(AT)));
        payment.capture(AT.plus_ms(9));
        payment.acknowledge(1);
        payment.acknowledge(1);
        assert_eq!((told(&payment), payment.due_at()), (vec![Told::Disputed], Some(AT.plus_ms(9))));
        let text = serde_json::to_string(&payment).unwrap();
        assert_eq!(serde_json::from_str::<Payment>(&text).unwrap(), payment);
    }
}
