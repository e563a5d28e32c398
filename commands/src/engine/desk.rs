//! Where commands are handed in, and how the actor of a stream is found.

use std::sync::{Arc, Mutex};

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::log::StreamName;
use rustc_hash::FxHashMap;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::actor::{Actor, Mail};
use super::commits::Submission;
use super::load::{Setback, decode};
use super::{AnyRegistry, Core, lock};
use crate::owner::answer::{Accepted, Failure, Recording, Reply, Request, Verdict};

/// How often a closed mailbox is replaced. More than once means that no task can be started any more.
const DELIVERIES_MAX: usize = 3;

/// Takes in commands to streams of one kind.
pub struct Desk<A: Aggregate> {
    core: Arc<Core>,
    registry: Arc<Registry<A>>,
}

impl<A: Aggregate> Clone for Desk<A> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), registry: Arc::clone(&self.registry) }
    }
}

impl<A: Aggregate> Desk<A> {
    pub(super) fn new(core: Arc<Core>, registry: Arc<Registry<A>>) -> Self {
        Self { core, registry }
    }

    /// Has a command decided and what follows recorded. When this answers, everything that the answer rests on is
    /// durable. A caller that stops waiting cancels nothing.
    ///
    /// # Errors
    /// [`Failure`]: the command was not accepted.
    pub async fn send(&self, stream: StreamName, request: Request<A::Command>) -> Reply<A> {
        self.core.counters.commands.add(1);
        let (ticket, answer) = oneshot::channel();
        self.deliver(&stream, Mail { request, ticket })?;
        // An actor that dropped the ticket has crashed: what it had sent may be recorded.
        match answer.await.map_err(|_| Failure::UNAVAILABLE)? {
            Verdict::Now(reply) => reply,
            Verdict::Recorded(recording) => self.recall(&stream, recording).await,
        }
    }

    /// Has a stream loaded as if a command had come, so that what it does by the clock is done on time.
    pub fn wake(&self, stream: &StreamName) {
        self.mailbox(stream);
    }

    fn deliver(&self, stream: &StreamName, mut mail: Mail<A>) -> Result<(), Failure<A::Refusal>> {
        for _ in 0..DELIVERIES_MAX {
            let mailbox = self.mailbox(stream).ok_or(Failure::UNAVAILABLE)?;
            match mailbox.try_send(mail) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => {
                    self.core.counters.overloads.add(1);
                    return Err(Failure::OVERLOADED);
                }
                Err(TrySendError::Closed(returned)) => {
                    // It left memory a moment ago.
                    self.registry.forget(stream, &mailbox);
                    mail = returned;
                }
            }
        }
        Err(Failure::UNAVAILABLE)
    }

    /// The mailbox of the stream's actor, which is started if there is none; `None` once the engine drains.
    fn mailbox(&self, stream: &StreamName) -> Option<mpsc::Sender<Mail<A>>> {
        let (actor, mailbox) = {
            let mut open = lock(&self.registry.open);
            let Open { mailboxes, commits } = open.as_mut()?;
            if let Some(mailbox) = mailboxes.get(stream) {
                return Some(mailbox.clone());
            }
            let (mailbox, mail) = mpsc::channel(self.core.options.mailbox.max(1));
            mailboxes.insert(stream.clone(), mailbox.clone());
            let registry = Arc::downgrade(&self.registry);
            let actor = Actor::new(Arc::clone(&self.core), registry, stream.clone(), mail, commits.clone());
            // Counted before the lock is let go: a drain that comes now waits for it.
            (self.core.actors.track(actor.run()), mailbox)
        };
        (self.core.spawn)("owner", actor);
        Some(mailbox)
    }

    /// The answer to a command whose events are only in the log.
    async fn recall(&self, stream: &StreamName, recording: Recording) -> Reply<A> {
        match self.read(stream, recording).await {
            Ok(Some(accepted)) => Ok(accepted),
            Ok(None) => Err(Failure::UNAVAILABLE),
            Err(Setback::Outage(reason)) => {
                tracing::warn!(%stream, reason, "an answer could not be read back");
                Err(Failure::UNAVAILABLE)
            }
            Err(Setback::Unreadable(reason)) => Err(Failure::Unreadable(reason)),
        }
    }

    async fn read(
        &self,
        stream: &StreamName,
        recording: Recording,
    ) -> Result<Option<Accepted<A::Event>>, Setback> {
        let Recording { first_version, last_version, replayed } = recording;
        let count = usize::try_from(last_version + 1 - first_version).unwrap_or(usize::MAX);
        let recorded = self.core.log.read_stream(stream, first_version - 1, count).await?;
        let Some(last) = recorded.last().filter(|last| last.version == last_version) else { return Ok(None) };
        let (position, log_time) = (last.position, last.log_time);
        let mut events = Vec::with_capacity(recorded.len());
        for recorded in &recorded {
            events.push(decode(&self.core.layouts, recorded).await?);
        }
        Ok(Some(Accepted { events, first_version, position, log_time, replayed }))
    }
}

/// The mailboxes of one kind of stream.
pub(super) struct Registry<A: Aggregate> {
    /// Gone once the engine drains: the mailboxes close, and their actors end when they are empty.
    open: Mutex<Option<Open<A>>>,
}

struct Open<A: Aggregate> {
    mailboxes: FxHashMap<StreamName, mpsc::Sender<Mail<A>>>,
    commits: mpsc::Sender<Submission>,
}

impl<A: Aggregate> Registry<A> {
    pub(super) fn new(commits: Option<mpsc::Sender<Submission>>) -> Self {
        let open = commits.map(|commits| Open { mailboxes: FxHashMap::default(), commits });
        Self { open: Mutex::new(open) }
    }

    /// Forgets a mailbox that is closed, unless it has been replaced already.
    fn forget(&self, stream: &StreamName, closed: &mpsc::Sender<Mail<A>>) {
        if let Some(open) = lock(&self.open).as_mut()
            && open.mailboxes.get(stream).is_some_and(|mailbox| mailbox.same_channel(closed))
        {
            open.mailboxes.remove(stream);
        }
    }

    /// Forgets the mailbox of an actor that has closed it.
    pub(super) fn forget_closed(&self, stream: &StreamName) {
        if let Some(open) = lock(&self.open).as_mut()
            && open.mailboxes.get(stream).is_some_and(mpsc::Sender::is_closed)
        {
            open.mailboxes.remove(stream);
        }
    }
}

impl<A: Aggregate> AnyRegistry for Registry<A> {
    fn close(&self) {
        lock(&self.open).take();
    }
}
