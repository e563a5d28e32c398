//! The task of one stream: carries commands into its [`Owner`], batches out of it, and answers back.

use std::pin::Pin;
use std::sync::{Arc, Weak};

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, StreamName};
use boxoffice_domain::time::Timestamp;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, Instant, Sleep};

use super::Core;
use super::commits::Submission;
use super::desk::Registry;
use super::load::{Setback, recover};
use super::snapshots::{self, Pace};
use crate::committer::Fate;
use crate::owner::Owner;
use crate::owner::answer::{Failure, Request, Verdict};

/// The most commands that are decided before anything else gets its turn.
const RECEIVED_MAX: usize = 256;

/// How often a stream is claimed before those who wait are told to come back.
const RECOVERIES_MAX: u32 = 5;

/// A command on its way to its owner.
pub(super) struct Mail<A: Aggregate> {
    pub(super) request: Request<A::Command>,
    pub(super) ticket: Ticket<A>,
}

type Ticket<A> = oneshot::Sender<Verdict<A>>;

pub(super) struct Actor<A: Aggregate> {
    core: Arc<Core>,
    registry: Weak<Registry<A>>,
    stream: StreamName,
    mailbox: mpsc::Receiver<Mail<A>>,
    /// Whether commands may still come.
    open: bool,
    received: Vec<Mail<A>>,
    commits: mpsc::Sender<Submission>,
    owner: Owner<A, Ticket<A>>,
    in_flight: Option<oneshot::Receiver<Fate>>,
    timer: Option<Timer>,
    snapshots: Pace,
    /// When the last command came.
    used: Instant,
    /// Ends when it is worth a look whether the stream is idle.
    idle: Pin<Box<Sleep>>,
}

struct Timer {
    /// The log time that it is set for.
    deadline: Timestamp,
    rings: BoxFuture<'static, ()>,
}

/// What an actor waits for.
enum Wake {
    Committed(Fate),
    Rang,
    Mail,
    /// No command can come any more.
    Closed,
    Idle,
}

impl<A: Aggregate> Actor<A> {
    pub(super) fn new(
        core: Arc<Core>,
        registry: Weak<Registry<A>>,
        stream: StreamName,
        mailbox: mpsc::Receiver<Mail<A>>,
        commits: mpsc::Sender<Submission>,
    ) -> Self {
        let is_shared = core.log.is_shared();
        Self {
            used: Instant::now(),
            idle: Box::pin(tokio::time::sleep(core.options.idle_after)),
            core,
            registry,
            owner: Owner::new(stream.clone(), is_shared),
            stream,
            mailbox,
            open: true,
            received: Vec::new(),
            commits,
            in_flight: None,
            timer: None,
            snapshots: Pace::default(),
        }
    }

    /// Lives until the stream is idle or the engine drains, and everything taken in is answered.
    pub(super) async fn run(mut self) {
        // A load that fails is told at once: the next command tries again.
        let mut recovered = self.recover(1).await;
        while recovered.is_ok() {
            self.deliver_replies();
            self.submit().await;
            if self.owner.needs_recovery() {
                recovered = self.recover_again(Duration::ZERO).await;
                continue;
            }
            if !self.open && self.owner.is_idle() {
                return self.snapshot_at_the_end();
            }
            self.snapshot();
            self.set_timer();
            match self.wake().await {
                Wake::Committed(fate) => recovered = self.committed(fate).await,
                Wake::Rang => self.lapse(),
                Wake::Mail => self.decide(),
                Wake::Closed => self.open = false,
                Wake::Idle => self.rest(),
            }
        }
        if let Err(setback) = recovered {
            self.give_up(setback).await;
        }
    }

    async fn wake(&mut self) -> Wake {
        let room = self.owner.room().min(RECEIVED_MAX);
        // A fate comes first: the log must not stand still. The timer comes before the mailbox, which under load
        // is never empty.
        tokio::select! {
            biased;
            fate = fate_of(&mut self.in_flight), if self.in_flight.is_some() => Wake::Committed(fate),
            () = ring(&mut self.timer), if self.timer.is_some() => Wake::Rang,
            count = self.mailbox.recv_many(&mut self.received, room), if self.open && room > 0 => {
                if count == 0 { Wake::Closed } else { Wake::Mail }
            }
            () = self.idle.as_mut() => Wake::Idle,
        }
    }

    fn decide(&mut self) {
        let now = self.core.clock.now();
        for Mail { request, ticket } in self.received.drain(..) {
            self.owner.decide(ticket, request, now);
        }
        self.used = Instant::now();
    }

    fn lapse(&mut self) {
        self.timer = None;
        let now = self.core.clock.now();
        if let Some(command) = self.owner.lapse(now) {
            // It has no body to hash, and nobody waits for the answer.
            let meta = CommandMeta { id: self.core.ids.next(), hash: Digest::ZERO, cause: None };
            self.owner.decide(oneshot::channel().0, Request { command, meta }, now);
        }
    }

    /// Leaves memory if nobody used the stream for a while. With a deadline ahead it stays: somebody waits to be
    /// told.
    fn rest(&mut self) {
        let (now, idle_after) = (Instant::now(), self.core.options.idle_after);
        if self.used + idle_after > now {
            self.idle.as_mut().reset(self.used + idle_after);
        } else if self.owner.is_idle() && self.timer.is_none() {
            self.leave();
        } else {
            self.idle.as_mut().reset(now + idle_after);
        }
    }

    async fn committed(&mut self, fate: Fate) -> Result<(), Setback> {
        self.in_flight = None;
        match fate {
            Fate::Landed { first } => {
                self.owner.committed(first);
                // The next batch is on its way before this one's answers are.
                self.submit().await;
                self.owner.settle();
                Ok(())
            }
            Fate::Conflict => self.recover_again(Duration::ZERO).await,
            // Somebody else wants the stream too: who claims it back at once keeps both from getting anywhere.
            Fate::Fenced => self.recover_again(self.grace()).await,
            Fate::Refused | Fate::Unknown => self.recover_again(self.core.options.backoff).await,
        }
    }

    async fn submit(&mut self) {
        let Some(batch) = self.owner.take_batch() else { return };
        let (fate, in_flight) = oneshot::channel();
        // Should the committer be gone, the fate is unknown, and recovery says so.
        let _ = self.commits.send(Submission { batch, fate }).await;
        self.in_flight = Some(in_flight);
    }

    /// Once to five times the backoff, by chance, so that rivals do not keep step.
    fn grace(&self) -> Duration {
        let chance = self.core.ids.next().as_u128() % 1_024;
        self.core.options.backoff.mul_f64(1.0 + f64::from(u16::try_from(chance).unwrap_or_default()) / 256.0)
    }

    async fn recover_again(&mut self, pause: Duration) -> Result<(), Setback> {
        self.core.counters.recoveries.add(1);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        self.recover(RECOVERIES_MAX).await
    }

    async fn recover(&mut self, attempts: u32) -> Result<(), Setback> {
        let mut pause = self.core.options.backoff;
        let mut attempt = 1;
        loop {
            let setback = match recover(&self.core, &mut self.owner).await {
                Ok(restored) => {
                    if let Some(version) = restored {
                        self.snapshots.known(version);
                    }
                    return Ok(());
                }
                Err(setback) => setback,
            };
            tracing::warn!(stream = %self.stream, attempt, %setback, "a stream could not be read");
            if attempt >= attempts || matches!(setback, Setback::Unreadable(_)) {
                return Err(setback);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            attempt += 1;
        }
    }

    fn set_timer(&mut self) {
        if !self.core.options.timers {
            return;
        }
        let deadline = self.owner.deadline();
        if deadline == self.timer.as_ref().map(|timer| timer.deadline) {
            return;
        }
        self.timer = deadline.map(|deadline| {
            let time = self.owner.wall_time_of(deadline, self.core.clock.now());
            let clock = Arc::clone(&self.core.clock);
            Timer { deadline, rings: Box::pin(async move { clock.sleep_until(time).await }) }
        });
    }

    /// Takes a snapshot, if it is time for one.
    fn snapshot(&mut self) {
        let (version, core) = (self.owner.version(), &self.core);
        if A::SNAPSHOT_VERSION.is_some()
            && self.snapshots.is_due(version, || core.clock.now().elapsed, &core.options)
        {
            self.keep_what_is_known();
        }
    }

    /// The last snapshot before the stream leaves memory, if it pays.
    fn snapshot_at_the_end(&mut self) {
        let version = self.owner.version();
        if A::SNAPSHOT_VERSION.is_some() && self.snapshots.is_due_at_the_end(version, &self.core.options) {
            self.keep_what_is_known();
        }
    }

    /// A copy here, and the rest elsewhere.
    fn keep_what_is_known(&mut self) {
        let (begun, copying) = (self.core.clock.now().elapsed, Instant::now());
        let Some(base) = self.owner.base() else { return };
        self.core.counters.copied(copying.elapsed());
        snapshots::keep(&self.core, &mut self.snapshots, self.stream.clone(), base, begun);
    }

    fn deliver_replies(&mut self) {
        let counters = &self.core.counters;
        for (ticket, verdict) in self.owner.replies() {
            match &verdict {
                Verdict::Now(Err(Failure::Refused { .. })) => counters.refusals.add(1),
                Verdict::Now(Err(Failure::Overloaded { .. })) => counters.overloads.add(1),
                Verdict::Now(Err(Failure::Crashed)) => counters.crashes.add(1),
                Verdict::Now(_) | Verdict::Recorded(_) => {}
            }
            // Nobody has to wait for an answer.
            let _ = ticket.send(verdict);
        }
    }

    /// Takes in nothing more. What is in the mailbox already is still attended to.
    fn leave(&mut self) {
        self.mailbox.close();
        if let Some(registry) = self.registry.upgrade() {
            registry.forget_closed(&self.stream);
        }
    }

    /// Tells everybody who waits. A stream that cannot be read stays, so that the next command does not read all
    /// of it in vain.
    async fn give_up(mut self, setback: Setback) {
        let failure = match setback {
            Setback::Outage(_) => Failure::UNAVAILABLE,
            Setback::Unreadable(reason) => Failure::Unreadable(reason),
        };
        self.owner.abandon(&failure);
        self.deliver_replies();
        if matches!(failure, Failure::Unavailable { .. }) {
            self.leave();
        }
        loop {
            let mail = tokio::select! {
                mail = self.mailbox.recv() => mail,
                () = self.idle.as_mut(), if !self.mailbox.is_closed() => {
                    self.leave();
                    continue;
                }
            };
            let Some(Mail { ticket, .. }) = mail else { return };
            let _ = ticket.send(Verdict::Now(Err(failure.clone())));
        }
    }
}

async fn fate_of(in_flight: &mut Option<oneshot::Receiver<Fate>>) -> Fate {
    match in_flight {
        Some(fate) => fate.await.unwrap_or(Fate::Unknown),
        None => std::future::pending().await,
    }
}

async fn ring(timer: &mut Option<Timer>) {
    match timer {
        Some(timer) => timer.rings.as_mut().await,
        None => std::future::pending().await,
    }
}
