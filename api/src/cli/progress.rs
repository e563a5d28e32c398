//! Progress of long work: one line on a terminal, nothing anywhere else.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use super::words;

/// Nothing is shown before this has passed: short work needs no progress.
const PATIENCE: Duration = Duration::from_millis(500);

const EVERY: Duration = Duration::from_millis(100);

/// Work that is counted.
pub(crate) struct Progress {
    what: &'static str,
    all: u64,
    done: u64,
    started: Instant,
    shown: Option<Instant>,
    is_terminal: bool,
}

impl Progress {
    /// Of `all` steps, if that is known, else of 0.
    pub(crate) fn of(what: &'static str, all: u64) -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self { what, all, done: 0, started: Instant::now(), shown: None, is_terminal }
    }

    /// By now there are so many steps in all.
    pub(crate) fn of_all(&mut self, all: u64) {
        self.all = all;
    }

    /// So many more steps are done.
    pub(crate) fn add(&mut self, steps: u64) {
        self.done += steps;
        if self.is_terminal && self.is_due() {
            self.shown = Some(Instant::now());
            let text = text(self.what, self.done, self.all, self.started.elapsed());
            let _ = write!(io::stderr().lock(), "\r\x1b[K{text}");
        }
    }

    fn is_due(&self) -> bool {
        match self.shown {
            None => self.started.elapsed() >= PATIENCE,
            Some(shown) => shown.elapsed() >= EVERY,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn text(what: &str, done: u64, all: u64, took: Duration) -> String {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = done.saturating_mul(1_000) / millis;
    match done.saturating_mul(100).checked_div(all) {
        Some(percent) => {
            let percent = percent.min(100);
            format!(
                "{what}: {} of {} ({percent} %), {}/s",
                words::count(done),
                words::count(all),
                words::count(rate)
            )
        }
        None => format!("{what}: {}, {}/s", words::count(done), words::count(rate)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_how_far_and_how_fast() {
        let half = Duration::from_millis(500);
        assert_eq!(text("verifying", 1_500, 6_000, half), "verifying: 1,500 of 6,000 (25 %), 3,000/s");
        assert_eq!(text("verifying", 1_500, 0, half), "verifying: 1,500, 3,000/s");
    }
}
