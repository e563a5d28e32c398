//! When a stream is snapshotted, and who writes it down: never the stream's actor, which only copies what it knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use boxoffice_domain::aggregate::{Aggregate, Layouts};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{Elapsed, Recorded, StreamName, Version};
use boxoffice_domain::seating::Layout;
use boxoffice_domain::snapshot::{NotRestored, Snapshot};
use tokio::time::Instant;

use super::{Core, EngineOptions};
use crate::log::Claim;
use crate::owner::{Base, Owner, contained};
use crate::snapshots::STATE;

/// How many snapshots are encoded and written at once.
pub(super) const AT_ONCE: usize = 2;

/// Copying what it knows takes an actor at most one part in so many of its time.
const COPYING_PART: u64 = 200;

/// How far the snapshots of one stream have come.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// What the last one had in it.
    version: Version,
    /// When the next one may be begun.
    not_before: Elapsed,
    is_being_written: Arc<AtomicBool>,
}

impl Pace {
    /// Whether it is time for another one.
    pub(super) fn is_due(
        &self,
        version: Version,
        now: impl FnOnce() -> Elapsed,
        options: &EngineOptions,
    ) -> bool {
        options.snapshot_events > 0
            && version.saturating_sub(self.version) >= options.snapshot_events
            && !self.is_being_written.load(Ordering::Acquire)
            && now() >= self.not_before
    }

    /// Whether it pays to keep what is known before it is forgotten.
    pub(super) fn is_due_at_the_end(&self, version: Version, options: &EngineOptions) -> bool {
        options.snapshot_events > 0 && version.saturating_sub(self.version) > options.snapshot_events_at_end
    }

    /// There is one of that version.
    pub(super) fn known(&mut self, version: Version) {
        self.version = version;
    }
}

/// Writes a snapshot in the background; the copy was begun at `begun`.
pub(super) fn keep<A: Aggregate>(
    core: &Arc<Core>,
    pace: &mut Pace,
    stream: StreamName,
    base: Base<A>,
    begun: Elapsed,
) {
    let copying_ms = core.clock.now().elapsed.saturating_sub(begun);
    let pause_ms = u64::try_from(core.options.snapshot_pause.as_millis()).unwrap_or(u64::MAX);
    pace.version = base.version();
    pace.not_before = begun.saturating_add(pause_ms.max(copying_ms.saturating_mul(COPYING_PART)));
    pace.is_being_written.store(true, Ordering::Release);
    let written = Written(Arc::clone(&pace.is_being_written));
    let this = Arc::clone(core);
    let writing = async move {
        let _written = written;
        write(&this, stream, base).await;
    };
    (core.spawn)("snapshot", Box::pin(writing));
}

/// However it ends, the next one may begin.
struct Written(Arc<AtomicBool>);

impl Drop for Written {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

async fn write<A: Aggregate>(core: &Core, stream: StreamName, base: Base<A>) {
    let Ok(_turn) = core.snapshot_turns.acquire().await else { return };
    let begun = Instant::now();
    let name = stream.clone();
    let encoding = tokio::task::spawn_blocking(move || {
        contained("a snapshot", &name, || base.to_snapshot(name.clone())).ok().flatten()
    });
    let Ok(Some(snapshot)) = encoding.await else { return };
    let bytes = snapshot.bytes.len() as u64;
    match core.snapshots.save(snapshot).await {
        Ok(()) => core.counters.snapshot(bytes, begun.elapsed()),
        Err(outage) => {
            tracing::warn!(%stream, %outage, "a snapshot could not be kept; nothing depends on it");
        }
    }
}

/// Lets an owner that knows nothing begin with a snapshot, if there is one that can be believed. Tells its version.
pub(super) async fn restore<A: Aggregate, T>(
    core: &Core,
    owner: &mut Owner<A, T>,
    claim: &Claim,
) -> Option<Version> {
    let code_version = Base::<A>::code_version()?;
    let options = &core.options;
    // A shorter stream has none.
    let has_one = options.snapshot_events > 0 && claim.version > options.snapshot_events_at_end;
    if !has_one || !owner.may_restore() {
        return None;
    }
    let stream = owner.stream().clone();
    let snapshot = core.snapshots.load(STATE, &stream).await;
    let snapshot = snapshot.inspect_err(|outage| {
        tracing::warn!(%stream, %outage, "no snapshot can be had; the stream is read from the beginning");
    });
    let snapshot = Arc::new(snapshot.ok()??);
    let at = snapshot.taken_at.version;
    let recorded = if (1..=claim.version).contains(&at) {
        core.log.read_stream(&stream, at - 1, 1).await.ok()?.pop()
    } else {
        None
    };
    match believed(core, &snapshot, recorded, code_version).await {
        Ok(base) => {
            owner.restore(base);
            Some(at)
        }
        Err(reason) => {
            tracing::warn!(%stream, %reason, "a snapshot is of no use; the stream is read from the beginning");
            if let Err(outage) = core.snapshots.discard(&snapshot).await {
                tracing::warn!(%stream, %outage, "the snapshot stays where it is");
            }
            None
        }
    }
}

async fn believed<A: Aggregate>(
    core: &Core,
    snapshot: &Arc<Snapshot>,
    recorded: Option<Recorded>,
    code_version: u32,
) -> Result<Base<A>, NotRestored> {
    let mut held = Held(None);
    loop {
        let (snapshot, recorded, layouts) = (Arc::clone(snapshot), recorded.clone(), held.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let read = || {
                snapshot.check(code_version, recorded.as_ref())?;
                Base::of_snapshot(&snapshot, &layouts)
            };
            contained("reading a snapshot", &snapshot.taken_at.stream, read)
                .unwrap_or(Err(NotRestored::Malformed))
        });
        match reading.await.unwrap_or(Err(NotRestored::Malformed)) {
            Err(NotRestored::MissingLayout(digest)) if held.0.is_none() => {
                held.0 = core.layouts.find(digest).await.ok().flatten();
                if held.0.is_none() {
                    return Err(NotRestored::MissingLayout(digest));
                }
            }
            read => return read,
        }
    }
}

/// The one layout that a stream can name.
#[derive(Clone)]
struct Held(Option<Arc<Layout>>);

impl Layouts for Held {
    fn layout(&self, digest: Digest) -> Option<Arc<Layout>> {
        self.0.clone().filter(|layout| layout.digest() == digest)
    }
}
