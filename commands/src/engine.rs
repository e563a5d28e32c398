//! The async shell of the write path: finds the owner of a stream, hands it commands, and carries its batches to
//! the log. All rules are in `owner.rs` and `committer.rs`; here is only what waits.
//!
//! Every live stream has an actor (`engine/actor.rs`), found through the [`Desk`] of its kind; one task appends for
//! all of them (`engine/commits.rs`). A command that was taken in is decided and recorded whether or not its caller
//! still waits.

use std::any::{Any, TypeId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use boxoffice_domain::aggregate::Aggregate;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::seating::Layout;
use futures_util::future::BoxFuture;
use rustc_hash::FxHashMap;
use tokio::sync::{Semaphore, mpsc};

use crate::clock::{Clock, IdSource};
use crate::log::{Documents, EventLog};
use crate::snapshots::Snapshots;

use self::commits::Submission;
use self::desk::Registry;
use self::layouts::LayoutShelf;
use self::stats::Counters;
use self::tasks::Tasks;

mod actor;
mod commits;
mod desk;
mod layouts;
mod load;
mod snapshots;
mod stats;
mod tasks;

pub use self::desk::Desk;
pub use self::load::Setback;
pub use self::stats::{EngineStats, SIZE_CLASSES};
pub use crate::owner::answer::{Accepted, Failure, Reply, Request};

/// Starts background work under a name. Only `infra` knows how.
pub type Spawner = Arc<dyn Fn(&'static str, BoxFuture<'static, ()>) + Send + Sync>;

/// The most batches that wait for the committer. Each stream sends at most one at a time.
const SUBMISSIONS_MAX: usize = 1_024;

/// How the engine behaves.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// How many commands wait for one stream before it is overloaded; 8,192.
    pub mailbox: usize,
    /// Whether deadlines are asked about when they come, rather than with the next command; yes.
    pub timers: bool,
    /// After how long without a command a stream leaves memory; 10 minutes.
    pub idle_after: Duration,
    /// How long to wait before a stream is claimed again after an outage, doubled each time; 20 ms.
    pub backoff: Duration,
    /// After how many events a stream is snapshotted again; 10,000. 0: never, and no snapshot is read.
    pub snapshot_events: u64,
    /// How long at least from one snapshot of a stream to the next; 10 s.
    pub snapshot_pause: Duration,
    /// Beyond how many events a stream that leaves memory is snapshotted; 1,000.
    pub snapshot_events_at_end: u64,
}

impl EngineOptions {
    /// Snapshots after so many events, and at least as many milliseconds apart; at the end for a tenth of that.
    #[must_use]
    pub fn snapshots_every(self, events: u64) -> Self {
        Self {
            snapshot_events: events,
            snapshot_pause: Duration::from_millis(events),
            snapshot_events_at_end: events / 10,
            ..self
        }
    }
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            mailbox: 8_192,
            timers: true,
            idle_after: Duration::from_mins(10),
            backoff: Duration::from_millis(20),
            snapshot_events: 10_000,
            snapshot_pause: Duration::from_secs(10),
            snapshot_events_at_end: 1_000,
        }
    }
}

/// The write side of one node.
#[derive(Clone)]
pub struct Engine {
    core: Arc<Core>,
    house: Arc<House>,
}

/// What every actor needs. It holds no mailbox: an engine that nobody holds any more ends its actors.
struct Core {
    log: Arc<dyn EventLog>,
    snapshots: Arc<dyn Snapshots>,
    snapshot_turns: Semaphore,
    layouts: LayoutShelf,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    spawn: Spawner,
    options: EngineOptions,
    counters: Arc<Counters>,
    actors: Tasks,
}

/// What ends when the engine is drained.
struct House {
    open: Mutex<Open>,
    committers: Tasks,
}

struct Open {
    registries: FxHashMap<TypeId, Arc<dyn AnyRegistry>>,
    /// Gone once the engine is drained.
    commits: Option<mpsc::Sender<Submission>>,
}

/// The mailboxes of one kind of stream, whichever it is.
trait AnyRegistry: Any + Send + Sync {
    /// Takes in no more commands.
    fn close(&self);
}

impl Engine {
    /// Starts the engine. Streams are loaded when they are first asked for.
    #[must_use]
    pub fn start(
        log: Arc<dyn EventLog>,
        documents: Arc<dyn Documents>,
        snapshots: Arc<dyn Snapshots>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        spawn: Spawner,
        options: EngineOptions,
    ) -> Self {
        let counters = Arc::new(Counters::default());
        let committers = Tasks::default();
        let (commits, inbox) = mpsc::channel(SUBMISSIONS_MAX);
        let committing = commits::run(inbox, Arc::clone(&log), Arc::clone(&counters));
        spawn("committer", committers.track(committing));
        let open = Mutex::new(Open { registries: FxHashMap::default(), commits: Some(commits) });
        let core = Core {
            log,
            snapshots,
            snapshot_turns: Semaphore::new(self::snapshots::AT_ONCE),
            layouts: LayoutShelf::new(documents),
            clock,
            ids,
            spawn,
            options,
            counters,
            actors: Tasks::default(),
        };
        Self { core: Arc::new(core), house: Arc::new(House { open, committers }) }
    }

    /// Where commands to streams of that kind are handed in.
    #[must_use]
    pub fn desk<A: Aggregate>(&self) -> Desk<A> {
        let mut open = lock(&self.house.open);
        let commits = open.commits.clone();
        let registry: Arc<dyn Any + Send + Sync> = match open.registries.get(&TypeId::of::<A>()) {
            Some(registry) => Arc::<dyn AnyRegistry>::clone(registry),
            None => Arc::new(Registry::<A>::new(commits.clone())),
        };
        // The map is keyed by the type, so the other arm of this is dead; it must not panic all the same.
        let registry = registry.downcast().unwrap_or_else(|_| Arc::new(Registry::<A>::new(commits)));
        open.registries.insert(TypeId::of::<A>(), Arc::<Registry<A>>::clone(&registry));
        Desk::new(Arc::clone(&self.core), registry)
    }

    /// The seating layout with that digest, if there is one; shared with every aggregate that has it in memory.
    ///
    /// # Errors
    /// [`Setback`]: the documents cannot be reached, or this one cannot be read.
    pub async fn layout(&self, digest: Digest) -> Result<Option<Arc<Layout>>, Setback> {
        self.core.layouts.find(digest).await
    }

    /// Takes in no more commands, and returns once everything that was taken in is durable and answered.
    /// A log that cannot be reached delays this only as long as it delays an answer.
    pub async fn drain(&self) {
        let (registries, commits) = {
            let mut open = lock(&self.house.open);
            (open.registries.values().cloned().collect::<Vec<_>>(), open.commits.take())
        };
        for registry in registries {
            registry.close();
        }
        self.core.actors.ended().await;
        // Nobody else can submit now, so the committer ends.
        drop(commits);
        self.house.committers.ended().await;
    }

    /// What the engine has done so far.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        self.core.counters.read(self.core.actors.running())
    }
}

/// A panic while one of these locks was held leaves nothing half done: they guard maps that change in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
