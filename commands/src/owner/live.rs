//! An aggregate in memory, and the containment of what crashes in it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use boxoffice_domain::aggregate::{Aggregate, StoredEvent as _};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{NewEvent, StreamName, Version, link};
use boxoffice_domain::time::Timestamp;

use super::answer::Request;

/// The state of an aggregate at a version of its stream.
#[derive(Debug, Clone, Default)]
pub(super) struct Live<A> {
    pub(super) state: A,
    pub(super) version: Version,
    /// The last link of the hash chain.
    pub(super) head: Digest,
}

/// Why no events follow from a command.
pub(super) enum NoEvents<R> {
    Refused(R),
    Unwritable(serde_json::Error),
}

impl<A: Aggregate> Live<A> {
    /// Decides, and writes what follows behind `unsent`. Changes nothing else: the caller folds the events.
    pub(super) fn decide(
        &self,
        stream: &StreamName,
        request: &Request<A::Command>,
        log_time: Timestamp,
        unsent: &mut Vec<NewEvent>,
    ) -> Result<Vec<A::Event>, NoEvents<A::Refusal>> {
        let events = self.state.decide(&request.command, log_time).map_err(NoEvents::Refused)?;
        let mut head = self.head;
        for (event, version) in events.iter().zip(self.version + 1..) {
            let mut written = NewEvent {
                version,
                event_type: event.event_type(),
                schema_version: event.schema_version(),
                log_time,
                command: request.meta.clone(),
                payload: event.payload().map_err(NoEvents::Unwritable)?.into(),
                hash: Digest::ZERO,
            };
            head = link(&head, stream, &written).map_err(NoEvents::Unwritable)?;
            written.hash = head;
            unsent.push(written);
        }
        Ok(events)
    }
}

/// Folds events that were decided together.
pub(super) fn fold<A: Aggregate>(state: &mut A, events: &[A::Event], log_time: Timestamp) {
    for event in events {
        state.evolve(event, log_time);
    }
}

/// Something panicked; it has been reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crashed;

/// Runs what may panic. After a crash, whatever `work` may have changed is worth nothing: the caller drops it.
pub(crate) fn contained<R>(
    what: &'static str,
    stream: &StreamName,
    work: impl FnOnce() -> R,
) -> Result<R, Crashed> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        tracing::error!(%stream, reason = panic_text(panic.as_ref()), "{what} crashed");
        Crashed
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("")
}
