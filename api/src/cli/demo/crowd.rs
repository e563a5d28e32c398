//! When buyers come: each show has its rush, the next one begins before the last one is over. A machine that is too
//! slow for all of them gets as many as it can serve.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::buyer::Buyer;
use super::house::House;
use super::sale::Sale;

/// How often newcomers are let in.
const TICK: Duration = Duration::from_millis(50);

/// The most buyers at once; the others wait outside.
const BUYERS_MAX: usize = 4_000;

/// The most that come in a second, all shows together, at the speed of people.
const RUSH_MAX: f64 = 900.0;

/// How many buyers it takes to sell this many places: they come in company, and not all of them buy.
const PLACES_PER_BUYER: f64 = 2.0;

/// How long buyers may go on after the sale.
const PATIENCE: Duration = Duration::from_secs(2);

/// When a show sells, as parts of the whole sale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rush {
    /// When it begins.
    pub(super) from: f64,
    /// When most are through.
    pub(super) to: f64,
}

/// The rush of each show.
pub(super) fn rushes(shows: usize) -> Vec<Rush> {
    match shows {
        0..=1 => vec![Rush { from: 0.0, to: 0.85 }],
        3 => vec![Rush { from: 0.0, to: 0.4 }, Rush { from: 0.08, to: 0.72 }, Rush { from: 0.3, to: 0.95 }],
        more => (0..more).map(|_| Rush { from: 0.0, to: 0.85 }).collect(),
    }
}

impl Rush {
    /// Which part of its buyers has come once this part of the sale is over: many at first, fewer then.
    fn come(self, part: f64) -> f64 {
        let part = ((part - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        1.0 - (1.0 - part).powf(1.5)
    }
}

/// Sends buyers for as long as the sale lasts, and returns once they are through.
pub(super) async fn gather(sale: &Arc<Sale>, lasts: Duration) {
    let rushes = rushes(sale.houses.len());
    let started = Instant::now();
    let mut visits = JoinSet::new();
    let mut queues: Vec<Queue> =
        sale.houses.iter().zip(rushes).map(|(house, rush)| Queue::new(house, rush)).collect();
    let mut ticks = tokio::time::interval(TICK);
    let mut number = 0;
    let mut before = Duration::ZERO;
    while started.elapsed() < lasts {
        ticks.tick().await;
        while visits.try_join_next().is_some() {}
        let now = started.elapsed();
        let passed = now.saturating_sub(before).as_secs_f64();
        let most = RUSH_MAX * sale.manner.speed * passed * sale.room();
        before = now;
        let part = now.as_secs_f64() / lasts.as_secs_f64().max(0.001);
        for queue in &mut queues {
            for _ in 0..queue.admit(part, most).min(BUYERS_MAX.saturating_sub(visits.len())) {
                number += 1;
                visits.spawn(Buyer::new(Arc::clone(sale), Arc::clone(&queue.house), number).visit());
            }
        }
    }
    let all = async { while visits.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        visits.shutdown().await;
    }
}

/// Those who want to see one show.
struct Queue {
    house: Arc<House>,
    rush: Rush,
    /// How many would come in all.
    all: f64,
    /// How many have been let in, parts of people included.
    admitted: f64,
}

impl Queue {
    fn new(house: &Arc<House>, rush: Rush) -> Self {
        let all = precise(house.capacity()) / PLACES_PER_BUYER;
        Self { house: Arc::clone(house), rush, all, admitted: 0.0 }
    }

    /// How many are let in now, at most `most`. While places are left, some always come.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number of people")]
    fn admit(&mut self, part: f64, most: f64) -> usize {
        if part < self.rush.from {
            return 0;
        }
        let look = self.house.look();
        let left = precise(self.house.capacity().saturating_sub(look.sold + look.held));
        if left < 1.0 {
            return 0;
        }
        let due = self.all * self.rush.come(part) - self.admitted;
        let latecomers = left / PLACES_PER_BUYER / 40.0;
        let now = due.max(latecomers).min(most).min(left);
        let before = self.admitted.floor();
        self.admitted += now;
        (self.admitted.floor() - before) as usize
    }
}

#[expect(clippy::cast_precision_loss, reason = "places are few enough")]
fn precise(places: u64) -> f64 {
    places as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rush_begins_and_ends() {
        let rush = Rush { from: 0.2, to: 0.6 };
        let come = [0.1, 0.2, 0.3, 0.4, 0.6, 0.9].map(|part| rush.come(part));
        assert_eq!(come.first(), Some(&0.0));
        assert_eq!(come.last(), Some(&1.0));
        assert!(come.is_sorted(), "{come:?}");
        assert!(come.get(3).is_some_and(|half| *half > 0.6), "most come early: {come:?}");
    }

    #[test]
    fn every_show_has_a_rush() {
        for shows in 1..6 {
            assert_eq!(rushes(shows).len(), shows);
        }
    }
}
