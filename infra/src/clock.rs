//! The one clock: what the system said at the start, carried on by a clock that never jumps.
//!
//! Where the system's clock moves away from ours, ours follows by at most half a millisecond a second, so that a
//! jump neither expires every hold nor stops time. `Instant` is `CLOCK_MONOTONIC` on Linux, which stands still
//! while the machine is suspended; that time really passed, so it is made up at once where Linux tells how long it
//! was (`/proc/uptime` counts it). Elsewhere a suspended machine looks like a jump, and is followed slowly.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use boxoffice_commands::clock::Clock;
use boxoffice_domain::log::Now;
use boxoffice_domain::time::Timestamp;
use tokio::sync::watch;

/// Ours follows the system's clock by one part in so many: half a millisecond a second.
const SLEW: i64 = 2_000;

/// How often the two are compared, in microseconds.
const COMPARE_EVERY_US: i64 = 100_000;

/// From which deviation on it is said, in microseconds.
const WARN_US: i64 = 1_000_000;

/// How often it is said, in microseconds.
const WARN_EVERY_US: i64 = 60_000_000;

/// The longest sleep before the clock is looked at again: a suspended machine does not count its sleep.
const SLEEP_MAX: Duration = Duration::from_secs(10);

/// The clock of a server.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    uptime_at_start_us: Option<i64>,
    pace: Mutex<Pace>,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl SystemClock {
    /// A clock that says what the system's clock says now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            uptime_at_start_us: uptime_us(),
            pace: Mutex::new(Pace::new(system_us())),
        }
    }

    fn suspended_us(&self, elapsed_us: i64) -> i64 {
        let uptime = uptime_us().zip(self.uptime_at_start_us).map_or(0, |(now, start)| now - start);
        let suspended = uptime - elapsed_us;
        // What is smaller is the coarseness of the file.
        if suspended > WARN_US { suspended } else { 0 }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Now {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that nobody is told an earlier time than somebody was before.
        let elapsed_us = micros(self.started.elapsed());
        pace.tell(elapsed_us, system_us, || self.suspended_us(elapsed_us))
    }

    async fn sleep_until(&self, time: Timestamp) {
        loop {
            let left = time.unix_ms().saturating_sub(self.now().wall.unix_ms());
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            tokio::time::sleep(Duration::from_millis(left).min(SLEEP_MAX)).await;
        }
    }
}

/// Where the clock stands and how it moves on; all in microseconds.
#[derive(Debug)]
struct Pace {
    /// What our clock said when the two were compared last.
    wall: i64,
    /// When that was, since the start.
    compared: i64,
    /// How long the machine has been suspended since the start.
    suspended: i64,
    warned: Option<i64>,
}

impl Pace {
    fn new(wall: i64) -> Self {
        Self { wall, compared: 0, suspended: 0, warned: None }
    }

    fn tell(&mut self, elapsed: i64, system: impl FnOnce() -> i64, suspended: impl FnOnce() -> i64) -> Now {
        let since = (elapsed - self.compared).max(0);
        let mut wall = self.wall + since;
        if since >= COMPARE_EVERY_US {
            let mut deviation = system() - wall;
            if deviation > WARN_US {
                let more = (suspended() - self.suspended).max(0);
                self.suspended += more;
                wall += more;
                deviation -= more;
            }
            wall += deviation.clamp(-since / SLEW, since / SLEW);
            (self.wall, self.compared) = (wall, elapsed);
            self.warn(deviation, elapsed);
        }
        Now { wall: Timestamp::from_unix_ms(wall / 1_000), elapsed: millis(elapsed + self.suspended) }
    }

    fn warn(&mut self, deviation: i64, elapsed: i64) {
        if deviation.abs() > WARN_US && self.warned.is_none_or(|warned| elapsed - warned >= WARN_EVERY_US) {
            self.warned = Some(elapsed);
            let deviation_ms = deviation / 1_000;
            tracing::warn!(
                deviation_ms,
                "the system's clock has jumped away from the server's; restart to follow it"
            );
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the injected clock")]
fn system_us() -> i64 {
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or_else(|before| -micros(before.duration()), micros)
}

/// How long the machine has been up, suspended time included.
fn uptime_us() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    let hundredths = if hundredths.len() == 2 { hundredths.parse::<i64>().ok()? } else { 0 };
    Some(seconds.parse::<i64>().ok()? * 1_000_000 + hundredths * 10_000)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn millis(micros: i64) -> u64 {
    u64::try_from(micros / 1_000).unwrap_or(0)
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Now>,
}

impl ManualClock {
    /// A clock that stands at `wall`.
    #[must_use]
    pub fn at(wall: Timestamp) -> Self {
        Self { now: watch::Sender::new(Now { wall, elapsed: 0 }) }
    }

    /// Lets time pass: both clocks move on.
    pub fn advance_ms(&self, ms: u32) {
        self.now.send_modify(|now| {
            now.wall = now.wall.plus_ms(i64::from(ms));
            now.elapsed += u64::from(ms);
        });
    }

    /// Sets the wall clock, forwards or back, without letting time pass.
    pub fn set(&self, wall: Timestamp) {
        self.now.send_modify(|now| now.wall = wall);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Now {
        *self.now.borrow()
    }

    async fn sleep_until(&self, time: Timestamp) {
        // An error says that the clock is gone, and then nobody waits.
        let _ = self.now.subscribe().wait_for(|now| now.wall >= time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START_US: i64 = 1_700_000_000_000_000;
    const SECOND: i64 = 1_000_000;

    /// The wall clock in microseconds after `seconds` of small steps, while the system's clock is off by `jump`.
    fn after(seconds: i64, jump: i64, step: i64) -> i64 {
        let mut pace = Pace::new(START_US);
        let mut wall = START_US / 1_000;
        for elapsed in (step..=seconds * SECOND).step_by(usize::try_from(step).unwrap()) {
            let now = pace.tell(elapsed, || START_US + elapsed + jump, || 0).wall.unix_ms();
            assert!(now >= wall, "time never goes back");
            wall = now;
        }
        pace.wall - START_US
    }

    #[test]
    fn a_jump_of_the_system_clock_is_followed_slowly() {
        for jump in [3600 * SECOND, -3600 * SECOND] {
            let moved = after(100, jump, 10_000) - 100 * SECOND;
            assert_eq!(moved, 50_000 * jump.signum(), "50 ms in 100 s");
        }
    }

    #[test]
    fn a_small_deviation_is_made_good_and_no_more() {
        for deviation in [-10_000, 0, 10_000] {
            assert_eq!(after(60, deviation, 10_000), 60 * SECOND + deviation);
        }
    }

    #[test]
    fn suspended_time_has_passed() {
        let mut pace = Pace::new(START_US);
        let hour = 3600 * SECOND;
        let now = pace.tell(SECOND, || START_US + SECOND + hour, || hour);
        assert_eq!(now.wall.unix_ms(), (START_US + SECOND + hour) / 1_000);
        assert_eq!(now.elapsed, 3_601_000);
        // Somebody sets the clock an hour on: that is no suspended time.
        let now = pace.tell(2 * SECOND, || START_US + 2 * SECOND + 2 * hour, || hour);
        assert_eq!(now.wall.unix_ms(), (START_US + 2 * SECOND + hour) / 1_000);
        assert_eq!(now.elapsed, 3_602_000);
    }

    #[test]
    fn the_system_clock_is_near_the_systems_clock() {
        let clock = SystemClock::new();
        let (one, other) = (clock.now(), clock.now());
        assert!((one.wall.unix_ms() - system_us() / 1_000).abs() < 5_000);
        assert!(other.wall >= one.wall && other.elapsed >= one.elapsed);
        if cfg!(target_os = "linux") {
            assert!(uptime_us().is_some());
        }
    }

    #[tokio::test]
    async fn the_system_clock_sleeps_until_a_time_has_come() {
        let clock = SystemClock::new();
        let until = clock.now().wall.plus_ms(30);
        clock.sleep_until(until).await;
        assert!(clock.now().wall >= until);
        clock.sleep_until(Timestamp::from_unix_ms(0)).await;
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_sleepers_when_it_is_moved() {
        let start = Timestamp::from_unix_ms(1_000);
        let clock = std::sync::Arc::new(ManualClock::at(start));
        let sleeper = crate::tasks::apart({
            let clock = std::sync::Arc::clone(&clock);
            async move { clock.sleep_until(start.plus_ms(50)).await }
        });
        clock.advance_ms(49);
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance_ms(1);
        sleeper.await.unwrap();
        clock.set(start);
        assert_eq!(clock.now(), Now { wall: start, elapsed: 50 });
    }
}
