//! The built-in payment provider: a bank that does what it is told, and remembers it across restarts.
//!
//! It moves no money. Whoever plays the payer says how a payment ends ([`SandboxProvider::instruct`]); the facts
//! then come as a real provider's webhooks do: later, at least once, also after a restart
//! ([`SandboxProvider::due_facts`], [`SandboxProvider::acknowledge`]).

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use boxoffice_commands::clock::Clock;
use boxoffice_commands::provider::{
    Captured, PaymentHandles, PaymentProvider, PaymentRequest, ProviderOutage, RefundRequest, Refunded,
};
use boxoffice_domain::id::{OrderId, PaymentId, ShowId};
use boxoffice_domain::inventory::record_payment::Fact;
use boxoffice_domain::time::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::database::{Database, OpenError};
use crate::together::{Ticket, Together};

mod book;
mod payment;
mod store;

use book::Book;
use payment::Payment;
pub use payment::{Answered, DECLINED, DECLINED_AT_CAPTURE, LAPSED, Manner, Outcome, REFUND_REFUSED, Status};

/// The file of the sandbox in the data folder.
pub const SANDBOX_FILE: &str = "sandbox.db";

/// The longest that an outcome may be put off, in milliseconds: a day.
pub const DELAY_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// How many changed payments may wait to be written.
const WAITING_MAX: usize = 65_536;

/// When an instruction is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructed {
    /// It was followed.
    Now,
    /// It will be at that time.
    Later(Timestamp),
}

/// Why an instruction is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SandboxRefusal {
    /// There is no such payment.
    #[error("there is no such payment")]
    UnknownPayment,
    /// The payment has ended in another way.
    #[error("the payment is {status:?} already")]
    AlreadySettled {
        /// How.
        status: Status,
    },
    /// It was put off too far.
    #[error("an outcome can be put off by {DELAY_MS_MAX} milliseconds at most")]
    DelayTooLong,
    /// The sandbox's file cannot be used now.
    #[error(transparent)]
    Unavailable(#[from] ProviderOutage),
}

/// Names a fact for [`SandboxProvider::acknowledge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FactId {
    payment: PaymentId,
    n: u32,
}

impl FactId {
    /// The `n`-th fact of a payment.
    #[must_use]
    pub fn new(payment: PaymentId, n: u32) -> Self {
        Self { payment, n }
    }

    /// Which fact of its payment it is.
    #[must_use]
    pub fn n(self) -> u32 {
        self.n
    }
}

/// A fact that somebody has to take note of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueFact {
    /// Its name.
    pub id: FactId,
    /// The show that the payment is for.
    pub show: ShowId,
    /// The payment that it is about.
    pub payment: PaymentId,
    /// What happened.
    pub fact: Fact,
}

/// The provider.
pub struct SandboxProvider {
    database: Database,
    book: Mutex<Book>,
    line: Together<PaymentId, Payment>,
    /// Held while a payment is read from the file or let go from memory, so that what is read is never old.
    reading: tokio::sync::Mutex<()>,
    changed: Notify,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for SandboxProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SandboxProvider")
    }
}

impl SandboxProvider {
    /// Opens the sandbox of a data folder, and makes both unless they are there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(data: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let database = Database::open(data, store::SPEC, None).await?;
        let book = store::load(&database.readers).await.map_err(OpenError::sql(&data.join(SANDBOX_FILE)))?;
        Ok(Self {
            database,
            book: Mutex::new(book),
            line: Together::new(WAITING_MAX),
            reading: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
            clock,
        })
    }

    /// Tells a payment how to end, and in what manner from `now`. A payment that has ended like that already, or is going
    /// to, takes it again; the later instruction counts.
    ///
    /// # Errors
    /// [`SandboxRefusal`].
    pub async fn instruct(
        &self,
        payment: PaymentId,
        outcome: Outcome,
        manner: Manner,
        now: Timestamp,
    ) -> Result<Instructed, SandboxRefusal> {
        let Manner { delay_ms, tell_after_ms, amount, lapse_after_ms } = manner;
        if [delay_ms, tell_after_ms, lapse_after_ms.unwrap_or(0)].iter().any(|delay| *delay > DELAY_MS_MAX) {
            return Err(SandboxRefusal::DelayTooLong);
        }
        let due_at = now.plus_ms(i64::try_from(delay_ms).unwrap_or(i64::MAX));
        let change = self.change(payment, |payment| {
            payment.catch_up(now);
            payment.may(outcome)?;
            if matches!(payment.status, Status::Created | Status::RequiresAction) {
                (payment.given, payment.tell_after_ms) = (amount, tell_after_ms);
                payment.lapse_after_ms = lapse_after_ms;
            }
            if due_at <= now {
                payment.instruct(outcome, now)?;
                let told_at = now.plus_ms(i64::try_from(tell_after_ms).unwrap_or(i64::MAX));
                let is_told = told_at <= now;
                return Ok(if is_told { Instructed::Now } else { Instructed::Later(told_at) });
            }
            payment.pending = Some((outcome, due_at));
            Ok(Instructed::Later(due_at))
        });
        let instructed = change.await?.ok_or(SandboxRefusal::UnknownPayment)?;
        instructed.map_err(|payment::Settled(status)| SandboxRefusal::AlreadySettled { status })
    }

    /// What was answered to the instruction with that identity, if it is still known.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    pub async fn answered(&self, payment: PaymentId, id: Uuid) -> Result<Option<Answered>, ProviderOutage> {
        self.fetch(payment).await?;
        let book = self.book();
        let mut answered = book.get(payment).into_iter().flat_map(|payment| &payment.answered);
        Ok(answered.find(|answered| answered.id == id).cloned())
    }

    /// Keeps an answer, for the same instruction sent again. A crash may lose it: then the instruction is judged
    /// anew, and what has been done already is not done twice.
    pub fn keep_answer(&self, payment: PaymentId, answered: Answered) {
        self.note(payment, |payment| payment.answer(answered));
    }

    /// Facts that are due, the earliest first, at most `limit`. They come again until they are acknowledged.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    pub async fn due_facts(&self, now: Timestamp, limit: usize) -> Result<Vec<DueFact>, ProviderOutage> {
        let (facts, ticket) = self.collect(now, limit)?;
        self.written(ticket).await?;
        Ok(facts)
    }

    /// Takes note of a fact: it does not come again. After a crash it may all the same.
    pub fn acknowledge(&self, id: FactId) {
        self.note(id.payment, |payment| payment.acknowledge(id.n));
    }

    /// Puts a fact off: it comes again at `until`.
    pub fn postpone(&self, id: FactId, until: Timestamp) {
        self.note(id.payment, |payment| payment.postpone(id.n, until));
    }

    /// Changes a payment in memory in a way that nobody waits for: it is written with the next change, and where
    /// there is no room the fact comes again.
    fn note(&self, id: PaymentId, change: impl FnOnce(&mut Payment)) {
        let mut book = self.book();
        let Some(payment) = book.get(id) else { return };
        let mut payment = payment.clone();
        change(&mut payment);
        if self.line.put(id, payment.clone()).is_ok() {
            book.put(payment);
        }
    }

    /// When the next fact is due, if one is known. May be in the past.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.book().next_due()
    }

    /// Returns when [`Self::next_due`] may have come nearer since this was asked last. For one deliverer.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The order that a payment is for.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    pub async fn order_of(&self, payment: PaymentId) -> Result<Option<OrderId>, ProviderOutage> {
        self.fetch(payment).await?;
        Ok(self.book().get(payment).map(|payment| payment.order))
    }

    /// Where a payment stands.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    pub async fn status(&self, payment: PaymentId) -> Result<Option<Status>, ProviderOutage> {
        self.fetch(payment).await?;
        Ok(self.book().get(payment).map(|payment| payment.status))
    }

    /// Writes what is still to be written and closes the file.
    ///
    /// # Errors
    /// [`ProviderOutage`]: some acknowledgement was not written, and the fact will come again.
    pub async fn close(&self) -> Result<(), ProviderOutage> {
        let written = self.written(self.line.everything()).await;
        self.database.close().await;
        written
    }

    fn collect(&self, now: Timestamp, limit: usize) -> Result<(Vec<DueFact>, Ticket), ProviderOutage> {
        let mut book = self.book();
        let (mut facts, mut ticket, mut changed) = (Vec::new(), 0, Vec::new());
        for payment in book.due(now) {
            let mut payment = payment.clone();
            if payment.pending.is_some_and(|(_, due_at)| due_at <= now) {
                payment.catch_up(now);
                changed.push(payment.clone());
            }
            for queued in payment.outbox.iter().filter(|queued| queued.due_at <= now) {
                let id = FactId { payment: payment.id, n: queued.n };
                let (show, fact) = (payment.show, queued.fact.to_fact());
                facts.push(DueFact { id, show, payment: payment.id, fact });
            }
            if facts.len() >= limit {
                break;
            }
        }
        facts.truncate(limit);
        for payment in changed {
            ticket = self.put(&mut book, payment)?;
        }
        Ok((facts, ticket))
    }

    /// Changes a payment, and returns what the change says once it is durable. `None`: there is no such payment.
    async fn change<T>(
        &self,
        payment: PaymentId,
        change: impl FnOnce(&mut Payment) -> T,
    ) -> Result<Option<T>, ProviderOutage> {
        self.fetch(payment).await?;
        let (told, ticket) = {
            let mut book = self.book();
            let Some(before) = book.get(payment) else { return Ok(None) };
            let mut after = before.clone();
            let told = change(&mut after);
            let is_changed = after != *before;
            let ticket = if is_changed { self.put(&mut book, after)? } else { self.line.everything() };
            (told, ticket)
        };
        // Also where nothing changed: what is told may rest on a change that is not durable so far.
        self.written(ticket).await?;
        Ok(Some(told))
    }

    /// Sees to it that a payment is in memory, if there is one.
    async fn fetch(&self, payment: PaymentId) -> Result<(), ProviderOutage> {
        let is_here = |book: &Book| book.get(payment).is_some() || !book.may_be_forgotten(payment);
        if is_here(&self.book()) {
            return Ok(());
        }
        let _reading = self.reading.lock().await;
        if is_here(&self.book()) {
            return Ok(());
        }
        let found = store::find(&self.database.readers, payment).await;
        if let Some(found) = found.map_err(|error| ProviderOutage(error.to_string()))? {
            self.book().put(found);
        }
        Ok(())
    }

    /// Puts a payment into the book and in line.
    fn put(&self, book: &mut Book, payment: Payment) -> Result<Ticket, ProviderOutage> {
        let id = payment.id;
        let ticket = self.line.put(id, payment.clone()).map_err(|error| ProviderOutage(error.to_string()))?;
        let (before, next_due) = (book.next_due(), payment.due_at());
        book.put(payment);
        if next_due.is_some() && book.next_due() != before {
            self.changed.notify_one();
        }
        // Whoever is reading from the file must not have the ground moved; the next change evicts.
        if let Ok(_reading) = self.reading.try_lock() {
            book.evict(store::CACHED_MAX, |id| self.line.is_waiting(id));
        }
        Ok(ticket)
    }

    async fn written(&self, ticket: Ticket) -> Result<(), ProviderOutage> {
        let written = self.line.written(ticket, &self.database.writer, |connection, payments| {
            Box::pin(store::write(connection, payments))
        });
        written.await.map_err(|error| ProviderOutage(error.to_string()))
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PaymentProvider for SandboxProvider {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["card"]
    }

    async fn create(&self, request: &PaymentRequest) -> Result<PaymentHandles, ProviderOutage> {
        self.fetch(request.payment).await?;
        let ticket = {
            let mut book = self.book();
            match book.get(request.payment) {
                Some(known) if !known.is_for(request) => {
                    return Err(ProviderOutage(
                        "the same payment was asked for with something else".to_owned(),
                    ));
                }
                Some(_) => self.line.everything(),
                None => self.put(&mut book, Payment::new(request))?,
            }
        };
        self.written(ticket).await?;
        Ok(PaymentHandles::default())
    }

    async fn capture(&self, payment: PaymentId) -> Result<Captured, ProviderOutage> {
        let now = self.clock.now().wall;
        let captured = self.change(payment, |payment| {
            payment.catch_up(now);
            payment.capture(now)
        });
        let captured =
            captured.await?.ok_or_else(|| ProviderOutage("there is no such payment".to_owned()))?;
        captured.ok_or_else(|| ProviderOutage("the payment is not authorised".to_owned()))
    }

    async fn void(&self, payment: PaymentId) -> Result<(), ProviderOutage> {
        let now = self.clock.now().wall;
        let voided = self.change(payment, |payment| {
            payment.catch_up(now);
            payment.void()
        });
        // A payment that was never created reserves nothing.
        if voided.await?.unwrap_or(true) {
            return Ok(());
        }
        Err(ProviderOutage("the money has come: it can be refunded, not voided".to_owned()))
    }

    async fn refund(&self, request: RefundRequest) -> Result<Refunded, ProviderOutage> {
        let refunded = self.change(request.payment, |payment| payment.refund(request)).await?;
        let refunded = refunded.ok_or_else(|| ProviderOutage("there is no such payment".to_owned()))?;
        refunded.ok_or_else(|| ProviderOutage("no money has come yet".to_owned()))
    }
}
