//! The process manager of payments: authorise → secure the seats in the log → capture → tickets.
//!
//! It has two halves. [`Payments::take_in`] brings what the provider tells into the log. [`Payments::follow`] reads
//! the log and does what follows: a reserved payment is decided on, a secured order is captured, money that has
//! nothing to buy is let go, what is due back is given back, and the orders of a cancelled show are ended one by one. Every command and every call carries an id made from the event that caused it, so a
//! crash at any moment leads to the same end.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boxoffice_domain::aggregate::{StoredEvent, Streamed};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::{PaymentId, ShowId};
use boxoffice_domain::inventory::event::{RefundDue, RefundRetried};
use boxoffice_domain::inventory::record_capture::RecordCapture;
use boxoffice_domain::inventory::record_payment::RecordPayment;
use boxoffice_domain::inventory::record_refund::RecordRefund;
use boxoffice_domain::inventory::record_void::RecordVoid;
use boxoffice_domain::inventory::settle_payment::SettlePayment;
use boxoffice_domain::inventory::{Inventory, InventoryCommand, InventoryEvent, InventoryRefused};
use boxoffice_domain::log::{CommandMeta, Position, Recorded};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock::Clock;
use crate::effects::{Cursors, EffectFeed};
use crate::engine::Desk;
use crate::owner::answer::{Failure, Request};
use crate::provider::{Captured, FactInbox, PaymentProvider, RefundRequest, Refunded, ToldFact};

/// The name of the cursor.
const NAME: &str = "payments";

/// The most steps that are open at once, those included that wait to be tried again.
const OPEN_MAX: usize = 16_384;

/// The most steps that are tried at once. One that waits to be tried again is not among them, so that a show or a
/// payment that cannot be helped now stands in nobody's way.
const ATTEMPTS_MAX: usize = 256;

/// The most events, or facts, that are read at once.
const PAGE: usize = 256;

/// How long a fact is put off that cannot be recorded now.
const PUT_OFF_MS: i64 = 250;

/// How long the cursor may lie behind what is done: a crash does so much again, under the same keys.
const SAVED_EVERY: Duration = Duration::from_millis(100);

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The process manager.
pub struct Payments {
    /// Where commands go.
    pub desk: Desk<Inventory>,
    /// Who moves the money.
    pub provider: Arc<dyn PaymentProvider>,
    /// What the provider tells.
    pub inbox: Arc<dyn FactInbox>,
    /// The log.
    pub feed: Arc<dyn EffectFeed>,
    /// How far this has come.
    pub cursors: Arc<dyn Cursors>,
    /// The time, to know what is due.
    pub clock: Arc<dyn Clock>,
    /// How many steps are open, for operators: one that stays open cannot be done.
    pub open_steps: Arc<AtomicUsize>,
}

/// What an event calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Settle(PaymentId),
    Capture(PaymentId),
    Void(PaymentId),
    Refund(RefundRequest),
    WindUp,
}

impl Payments {
    /// Brings what the provider tells into the log, for ever.
    pub async fn take_in(&self) {
        loop {
            match self.inbox.due(self.clock.now().wall, PAGE).await {
                Ok(facts) if facts.is_empty() => self.inbox.wait().await,
                Ok(facts) => {
                    facts
                        .iter()
                        .map(|fact| self.take(fact))
                        .collect::<FuturesUnordered<_>>()
                        .collect::<()>()
                        .await;
                }
                Err(outage) => {
                    tracing::warn!(%outage, "facts about payments cannot be read");
                    tokio::time::sleep(LONGEST_PAUSE).await;
                }
            }
        }
    }

    /// Brings one fact into the log, or puts it off.
    async fn take(&self, told: &ToldFact) {
        if !self.record(told).await || self.inbox.done(told).await.is_err() {
            self.inbox.postpone(told, self.clock.now().wall.plus_ms(PUT_OFF_MS)).await;
        }
    }

    /// Records one fact; `false` if that has to be tried again.
    async fn record(&self, told: &ToldFact) -> bool {
        let command = RecordPayment { payment: told.payment, fact: told.fact.clone() };
        let meta = meta(&format!("fact/{}/{}", told.payment, told.number), None);
        let request = Request { command: InventoryCommand::RecordPayment(command), meta };
        match self.desk.send(Inventory::stream(told.show), request).await {
            Ok(_) => true,
            Err(Failure::Refused {
                refusal: refusal @ (InventoryRefused::UnknownPayment | InventoryRefused::UnknownShow),
                ..
            }) => {
                tracing::error!(payment = %told.payment, %refusal, "the provider tells of what the log does not know");
                true
            }
            Err(_) => false,
        }
    }

    /// Follows the log and does what follows from it, for ever.
    pub async fn follow(&self) {
        let attempts = Semaphore::new(ATTEMPTS_MAX);
        let mut read = self.resume().await;
        let mut saved = read;
        let mut open = BTreeSet::new();
        let mut under_way = FuturesUnordered::new();
        let mut save_at = Instant::now();
        loop {
            // Everything before the oldest event that still has something open is done.
            let done = open.first().map_or(read, |oldest| oldest - 1);
            self.open_steps.store(open.len(), Ordering::Relaxed);
            tokio::select! {
                Some(position) = under_way.next(), if !under_way.is_empty() => { open.remove(&position); }
                () = self.feed.wait_beyond(read), if under_way.len() < OPEN_MAX => {
                    let room = (OPEN_MAX - under_way.len()).min(PAGE);
                    for recorded in meanwhile(&mut under_way, &mut open, self.page(read, room)).await {
                        read = recorded.position;
                        if let Some((show, step)) = called_for(&recorded) {
                            open.insert(read);
                            under_way.push(self.carry_out(recorded, show, step, &attempts));
                        }
                    }
                }
                () = tokio::time::sleep_until(save_at), if done > saved => {
                    match meanwhile(&mut under_way, &mut open, self.cursors.save(NAME, done)).await {
                        Ok(()) => saved = done,
                        Err(outage) => tracing::warn!(%outage, "the cursor of payments cannot be saved"),
                    }
                    save_at = Instant::now() + SAVED_EVERY;
                }
            }
        }
    }

    async fn resume(&self) -> Position {
        loop {
            match self.cursors.load(NAME).await {
                Ok(position) if self.page(position.saturating_sub(1), 1).await.is_empty() => {
                    // Somebody has restored an older log. What it has, had its effects.
                    return position.min(self.feed.head());
                }
                Ok(position) => return position,
                Err(outage) => {
                    tracing::warn!(%outage, "the cursor of payments cannot be read");
                    tokio::time::sleep(LONGEST_PAUSE).await;
                }
            }
        }
    }

    async fn page(&self, after: Position, limit: usize) -> Vec<Recorded> {
        match self.feed.read(after, limit).await {
            Ok(page) => page,
            Err(outage) => {
                tracing::warn!(%outage, "payments cannot read the log");
                tokio::time::sleep(LONGEST_PAUSE).await;
                Vec::new()
            }
        }
    }

    /// Does one step until it is done, and tells which event it was for.
    async fn carry_out(&self, event: Recorded, show: ShowId, step: Step, attempts: &Semaphore) -> Position {
        let mut pause = FIRST_PAUSE;
        loop {
            {
                // Nobody closes it, so that this only ever waits.
                let _turn = attempts.acquire().await;
                if self.attempt(&event, show, step).await {
                    return event.position;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `false`: it has to be tried again.
    async fn attempt(&self, event: &Recorded, show: ShowId, step: Step) -> bool {
        let command = match step {
            Step::WindUp => return self.wind_up(event, show).await,
            Step::Settle(payment) => Ok(InventoryCommand::SettlePayment(SettlePayment { payment })),
            Step::Capture(payment) => self.provider.capture(payment).await.map(|captured| {
                let failure = if let Captured::No { reason } = captured { Some(reason) } else { None };
                InventoryCommand::RecordCapture(RecordCapture { payment, failure })
            }),
            Step::Void(payment) => self
                .provider
                .void(payment)
                .await
                .map(|()| InventoryCommand::RecordVoid(RecordVoid { payment })),
            Step::Refund(request) => self.provider.refund(request).await.map(|refunded| {
                let RefundRequest { refund, failures, .. } = request;
                let failure = if let Refunded::No { reason } = refunded { Some(reason) } else { None };
                InventoryCommand::RecordRefund(RecordRefund { refund, failures, failure })
            }),
        };
        match command {
            Ok(command) => self.sends(event, show, step, command, "").await.is_some(),
            Err(outage) => {
                tracing::warn!(?step, %outage, "the provider has to be asked again");
                false
            }
        }
    }

    /// Ends the orders of a cancelled show, some at a time, until there are none.
    async fn wind_up(&self, event: &Recorded, show: ShowId) -> bool {
        // Each time another command: what an earlier run has done is told again, and then it goes on.
        for turn in 1_u64.. {
            let (step, reason) = (Step::WindUp, format!("/{turn}"));
            match self.sends(event, show, step, InventoryCommand::WindUp, &reason).await {
                Some(0) => return true,
                Some(_) => {}
                None => return false,
            }
        }
        true
    }

    /// How many events came of a command; `None`: it has to be sent again. What was refused is done.
    async fn sends(
        &self,
        event: &Recorded,
        show: ShowId,
        step: Step,
        command: InventoryCommand,
        reason: &str,
    ) -> Option<usize> {
        let meta = meta(&format!("payments/{}{reason}", event.as_cause()), Some(event));
        match self.desk.send(Inventory::stream(show), Request { command, meta }).await {
            Ok(accepted) => Some(accepted.events.len()),
            Err(Failure::Refused { refusal, .. }) => {
                tracing::error!(?step, %refusal, "a step of a payment was refused");
                Some(0)
            }
            Err(failure) => {
                tracing::warn!(?step, ?failure, "a step of a payment has to be tried again");
                None
            }
        }
    }
}

/// Waits for something while what is under way goes on. Were it to stand still, it could keep the very connection,
/// or the place in the line for one, that is waited for.
async fn meanwhile<T>(
    under_way: &mut FuturesUnordered<impl Future<Output = Position>>,
    open: &mut BTreeSet<Position>,
    something: impl Future<Output = T>,
) -> T {
    let mut something = pin!(something);
    loop {
        tokio::select! {
            Some(position) = under_way.next(), if !under_way.is_empty() => { open.remove(&position); }
            came = &mut something => return came,
        }
    }
}

/// The types of events that call for something; the rest of the log passes by as it is.
const CALLING: [&str; 6] = [
    "payment_authorised",
    "order_secured",
    "payment_void_due",
    "refund_due",
    "refund_retried",
    "inventory_cancelled",
];

/// What an event calls for, if anything.
fn called_for(recorded: &Recorded) -> Option<(ShowId, Step)> {
    if !CALLING.contains(&&*recorded.event_type) {
        return None;
    }
    let show = recorded.stream.show()?;
    let event = InventoryEvent::read(&recorded.event_type, recorded.schema_version, &recorded.payload, &());
    let step = match event {
        Ok(InventoryEvent::PaymentAuthorised(event)) => Step::Settle(event.payment),
        Ok(InventoryEvent::OrderSecured(event)) => Step::Capture(event.payment?),
        Ok(InventoryEvent::PaymentVoidDue(event)) => Step::Void(event.payment),
        Ok(InventoryEvent::RefundDue(RefundDue { amount, payment, refund, .. })) => {
            Step::Refund(RefundRequest { refund, payment, amount, failures: 0 })
        }
        Ok(InventoryEvent::RefundRetried(RefundRetried { amount, failures, payment, refund, .. })) => {
            Step::Refund(RefundRequest { refund, payment, amount, failures })
        }
        Ok(InventoryEvent::InventoryCancelled(_)) => Step::WindUp,
        Ok(_) => return None,
        Err(error) => {
            tracing::error!(position = recorded.position, %error, "payments cannot read an event");
            return None;
        }
    };
    Some((show, step))
}

/// The identity of a command that follows from something: the same for the same reason.
fn meta(reason: &str, cause: Option<&Recorded>) -> CommandMeta {
    let hash = Digest::of(&[b"boxoffice:", reason.as_bytes()]);
    let id = hash.as_bytes().first_chunk().copied().unwrap_or_default();
    CommandMeta { id: Uuid::new_v8(id), hash, cause: cause.map(Recorded::as_cause) }
}
