//! Another process, which ends with this.

use std::process::Child;
use std::time::{Duration, Instant};

use crate::cli::failed::Failed;
use crate::cli::system;

/// How long a process may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process whose processor time is looked at, with those that it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watched {
    /// What to call it.
    pub(super) name: &'static str,
    /// Its number.
    pub(super) process: u32,
}

impl Watched {
    /// What it has used so far, where the system tells.
    pub(super) fn processor_time(self) -> Option<Duration> {
        system::processor_time_of_family(self.process)
    }
}

/// Whether this is root, as whom some programs do not run.
#[cfg(unix)]
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether this is root, as whom some programs do not run.
#[cfg(not(unix))]
pub(super) fn is_root() -> bool {
    false
}

/// A process that is stopped when this is dropped.
pub(super) struct Process {
    child: Child,
    name: &'static str,
}

impl Process {
    /// A process that was started just now, and what to call it.
    pub(super) fn new(child: Child, name: &'static str) -> Self {
        Self { child, name }
    }

    /// For its processor time.
    pub(super) fn watched(&self) -> Watched {
        Watched { name: self.name, process: self.child.id() }
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to stop, and waits until it has.
    pub(super) fn stop(mut self) -> Result<(), Failed> {
        let name = self.name;
        self.terminate();
        match self.wait() {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(Failed::new(format!("{name} did not end well: {status}"))),
            Ok(None) => Err(Failed::new(format!("{name} did not stop in time"))),
            Err(error) => Err(Failed::new(format!("{name} cannot be waited for: {error}"))),
        }
    }

    fn wait(&mut self) -> std::io::Result<Option<std::process::ExitStatus>> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(None)
    }

    #[cfg(unix)]
    fn terminate(&mut self) {
        let process = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let told =
            process.map(|process| rustix::process::kill_process(process, rustix::process::Signal::TERM));
        if !matches!(told, Some(Ok(()))) {
            let _ = self.child.kill();
        }
    }

    #[cfg(not(unix))]
    fn terminate(&mut self) {
        let _ = self.child.kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_ended() {
            // Asked first, so that it can end what it has started itself.
            self.terminate();
            if !matches!(self.wait(), Ok(Some(_))) {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
        }
    }
}
