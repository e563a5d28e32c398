//! How an owner comes to know its stream: when it is loaded, and whenever an append did not land as sent.
//!
//! The order is what makes it safe. [`Owner::disrupted`] drops what was speculative; then the shell *claims* the
//! stream, so that nothing sent under an older epoch can land any more; then it reads what is there and
//! [`Owner::replay`]s it (all of it, or what follows on a snapshot, `owner/base.rs`); then [`Owner::resume`] answers the commands that landed after all and decides the rest
//! again, in order of arrival and at fresh log time.

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::log::{LogClock, Now, Recorded, Version};
use boxoffice_domain::mutant::{self, Mutant};

use super::answer::Failure;
use super::live::{Live, contained};
use super::{Owner, Phase};
use crate::log::Claim;
use crate::receipts::Receipts;

/// Why an owner cannot go on with what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Less was read than the log says there is. Reading again may help.
    #[error("the stream was read to version {read}, but the log says {claimed}")]
    Short {
        /// The version that was read last.
        read: Version,
        /// The version that the claim told.
        claimed: Version,
    },
    /// A version is missing, or stands twice.
    #[error("version {found} follows version {after}")]
    Gap {
        /// The version before.
        after: Version,
        /// The version that came.
        found: Version,
    },
    /// The last event is not the one that the log says.
    #[error("the hash chain at version {0} does not end where the log says it does")]
    OtherHead(Version),
    /// Folding an event crashed.
    #[error("folding version {0} crashed")]
    Crashed(Version),
}

impl<A: Aggregate, T> Owner<A, T> {
    /// Whether the owner can decide nothing before it has recovered. While a batch is in flight, its fate comes
    /// first.
    #[must_use]
    pub fn needs_recovery(&self) -> bool {
        !matches!(self.phase, Phase::Owning(_)) && self.in_flight.is_none()
    }

    /// The batch in flight conflicted, was fenced or refused, or nobody knows: what was speculative is dropped.
    pub fn disrupted(&mut self) {
        self.settle();
        self.in_flight = None;
        self.unsent.clear();
        if self.phase == Phase::Broken {
            self.forget();
        }
        self.phase = Phase::Recovering;
    }

    /// Forgets everything that is in memory of the stream: it is to be read from the beginning, and from no snapshot.
    pub fn forget(&mut self) {
        self.durable = Live::default();
        self.receipts = Receipts::default();
        self.position = 0;
        self.has_broken = true;
        if self.phase == Phase::Broken {
            self.phase = Phase::Recovering;
        }
    }

    /// Folds one event of the stream that durable state does not have yet. They come in order.
    ///
    /// # Errors
    /// [`Unfit`]: the event does not follow, or folding it crashed.
    pub fn replay(&mut self, recorded: &Recorded, event: &A::Event) -> Result<(), Unfit> {
        let (after, found) = (self.durable.version, recorded.version);
        if found != after + 1 {
            return Err(Unfit::Gap { after, found });
        }
        let state = &mut self.durable.state;
        if contained("a fold", &self.stream, || state.evolve(event, recorded.log_time)).is_err() {
            self.phase = Phase::Broken;
            return Err(Unfit::Crashed(found));
        }
        self.durable.version = found;
        self.durable.head = recorded.hash;
        self.position = recorded.position;
        self.log_time = recorded.log_time;
        if !mutant::is_on(Mutant::ForgetfulRestart) {
            self.receipts.record(&recorded.command, found..=found, recorded.log_time);
        }
        Ok(())
    }

    /// Everything is read: owns the stream, answers what has landed after all, and decides the rest again.
    ///
    /// # Errors
    /// [`Unfit`]: what was read is not what the claim told.
    pub fn resume(&mut self, claim: &Claim, now: Now) -> Result<(), Unfit> {
        let Live { version, head, .. } = self.durable;
        if version < claim.version {
            return Err(Unfit::Short { read: version, claimed: claim.version });
        }
        // Beyond the claim are events of somebody who claimed later: the next append will be fenced.
        if version == claim.version && head != claim.head {
            return Err(Unfit::OtherHead(version));
        }
        // Also where the clock is ahead of what was read: it may be set back before the next command.
        self.clock = LogClock::resumed(self.log_time.max(self.clock.peek(now)), now);
        self.phase = Phase::Owning(claim.epoch);
        self.speculative = self.durable.clone();
        self.lapsed = None;
        self.queued_ids.clear();
        for queued in std::mem::take(&mut self.queue) {
            let known = self.receipts.lookup(queued.request.meta.id, &queued.request.meta.hash);
            self.admit(queued, known, now);
        }
        Ok(())
    }

    /// Gives up: everybody who waits is told so. Only recovery leads on from here.
    pub fn abandon(&mut self, failure: &Failure<A::Refusal>) {
        self.disrupted();
        self.queued_ids.clear();
        for queued in std::mem::take(&mut self.queue) {
            if let Some(ticket) = queued.ticket {
                self.reply(ticket, Err(failure.clone()));
            }
        }
    }
}
