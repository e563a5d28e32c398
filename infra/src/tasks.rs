//! Background work: the one place that starts tasks, so that every one of them is drained at the end and no panic
//! goes unseen.
//!
//! A task gets a [`Shutdown`] from whoever makes it, ends by itself once that has begun, and is aborted only when
//! it takes longer than [`Tasks::drain`] was told to wait.

use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

/// Starts background work, for crates that do not know this one. The name is for people.
pub type Spawner = Arc<dyn Fn(&'static str, BoxFuture<'static, ()>) + Send + Sync>;

/// Runs a future in a task of its own, which goes on when nobody waits for it any more.
/// Only for work that is short and ends by itself.
#[expect(clippy::disallowed_methods, reason = "this file is where tasks are started")]
pub(crate) fn apart<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(work)
}

/// Runs what takes long without waiting where it holds nobody up.
pub(crate) fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    tokio::task::spawn_blocking(work)
}

/// Tells that the end has begun. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it has begun. May be dropped and asked again.
    pub async fn begun(&self) {
        // An error says that `Tasks` is gone, which is an end as well.
        let _ = self.0.clone().wait_for(|begun| *begun).await;
    }
}

/// The background work of one process.
#[derive(Debug, Clone)]
pub struct Tasks {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shutdown: watch::Sender<bool>,
    running: Mutex<HashMap<u64, (&'static str, AbortHandle)>>,
    count: watch::Sender<usize>,
    next: AtomicU64,
    panics: AtomicU64,
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// No work yet.
    #[must_use]
    pub fn new() -> Self {
        let inner = Inner {
            shutdown: watch::Sender::new(false),
            running: Mutex::default(),
            count: watch::Sender::new(0),
            next: AtomicU64::new(0),
            panics: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Starts work. A panic in it is logged with its name and counted, and hurts nobody else.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let ended = Ended { inner: Arc::clone(&self.inner), id };
        // The lock is held until the task is entered, so that it cannot leave before.
        let mut running = self.inner.running();
        let task = apart(async move {
            let ended = ended;
            if let Err(panic) = AssertUnwindSafe(work).catch_unwind().await {
                ended.inner.panics.fetch_add(1, Ordering::Relaxed);
                tracing::error!(task = name, panic = message(&*panic), "background work panicked");
            }
        });
        running.insert(id, (name, task.abort_handle()));
        self.inner.count.send_replace(running.len());
    }

    /// The same as a function, for crates that do not know this one.
    #[must_use]
    pub fn spawner(&self) -> Spawner {
        let tasks = self.clone();
        Arc::new(move |name, work| tasks.spawn(name, work))
    }

    /// What tells work that the end has begun.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        Shutdown(self.inner.shutdown.subscribe())
    }

    /// Begins the end without waiting for it.
    pub fn begin_shutdown(&self) {
        self.inner.shutdown.send_replace(true);
    }

    /// How many tasks have panicked so far.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.inner.panics.load(Ordering::Relaxed)
    }

    /// Begins the end, waits until all work is done, and aborts what is not done in time. Tells the names of what
    /// was aborted.
    pub async fn drain(&self, timeout: Duration) -> Vec<&'static str> {
        self.begin_shutdown();
        let mut count = self.inner.count.subscribe();
        if tokio::time::timeout(timeout, count.wait_for(|count| *count == 0)).await.is_ok() {
            return Vec::new();
        }
        let running = self.inner.running();
        let names: Vec<_> = running.values().map(|(name, _)| *name).collect();
        tracing::warn!(tasks = ?names, "background work did not end in time and is aborted");
        for (_, task) in running.values() {
            task.abort();
        }
        names
    }
}

impl Inner {
    fn running(&self) -> MutexGuard<'_, HashMap<u64, (&'static str, AbortHandle)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves the list when the task ends, in whatever way.
struct Ended {
    inner: Arc<Inner>,
    id: u64,
}

impl Drop for Ended {
    fn drop(&mut self) {
        let mut running = self.inner.running();
        running.remove(&self.id);
        self.inner.count.send_replace(running.len());
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(50);
    const LATE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn work_that_heeds_the_shutdown_is_waited_for() {
        let tasks = Tasks::new();
        let (done, was_done) = tokio::sync::oneshot::channel();
        let shutdown = tasks.shutdown();
        tasks.spawner()(
            "polite",
            Box::pin(async move {
                shutdown.begun().await;
                tokio::task::yield_now().await;
                done.send(()).unwrap();
            }),
        );
        assert!(tasks.drain(LATE).await.is_empty());
        was_done.await.unwrap();
        assert!(tasks.shutdown().has_begun());
    }

    #[tokio::test]
    async fn work_that_does_not_is_aborted_and_named() {
        let tasks = Tasks::new();
        tasks.spawn("stubborn", std::future::pending());
        assert_eq!(tasks.drain(SOON).await, ["stubborn"]);
        assert!(tasks.drain(LATE).await.is_empty());
    }

    #[tokio::test]
    async fn a_panic_is_counted_and_leaves_the_others_alone() {
        let tasks = Tasks::new();
        let (done, was_done) = tokio::sync::oneshot::channel();
        tasks.spawn("broken", async { panic!("on purpose") });
        tasks.spawn("sound", async move { done.send(()).unwrap() });
        was_done.await.unwrap();
        assert!(tasks.drain(LATE).await.is_empty());
        assert_eq!(tasks.panics(), 1);
    }
}
