//! Counts tasks that run, so that somebody can wait for their end.

use futures_util::future::BoxFuture;
use tokio::sync::watch;

/// The tasks of one kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks(watch::Sender<usize>);

struct Running(Tasks);

impl Tasks {
    /// Counts a task from now until it ends, panics or is dropped unrun.
    pub(super) fn track(&self, task: impl Future<Output = ()> + Send + 'static) -> BoxFuture<'static, ()> {
        self.0.send_modify(|running| *running += 1);
        let running = Running(self.clone());
        Box::pin(async move {
            let _running = running;
            task.await;
        })
    }

    pub(super) fn running(&self) -> usize {
        *self.0.borrow()
    }

    /// Returns once none runs.
    pub(super) async fn ended(&self) {
        // The sender is `self`, so waiting can only end by the count.
        let _ = self.0.subscribe().wait_for(|running| *running == 0).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.send_modify(|running| *running -= 1);
    }
}
