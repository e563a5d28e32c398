//! Latencies, and what is told of them.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::cli::failed::Failed;

/// Latencies are kept with this many digits.
const DIGITS: u8 = 3;

/// The points of a curve: parts in ten thousand that were at most so late.
const POINTS: [u32; 13] =
    [100, 1_000, 2_500, 5_000, 7_500, 9_000, 9_500, 9_800, 9_900, 9_950, 9_990, 9_995, 9_999];

/// Latencies in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Latency {
    /// Half took at most this.
    pub(super) p50: u64,
    /// Of a hundred, one took longer.
    pub(super) p99: u64,
    /// Of a thousand, one took longer.
    pub(super) p999: u64,
    /// The longest.
    pub(super) max: u64,
}

/// How late the best part of all were: a part below one, and microseconds.
pub(super) type Curve = Vec<(f64, u64)>;

/// An empty one, which grows as far as the latencies do.
pub(super) fn histogram() -> Result<Histogram<u64>, Failed> {
    Histogram::new(DIGITS).map_err(|error| Failed::new(format!("latencies cannot be kept: {error}")))
}

/// Puts a latency down.
pub(super) fn record(histogram: &mut Histogram<u64>, time: Duration) {
    let recorded = histogram.record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    debug_assert!(recorded.is_ok(), "the histogram grows");
}

impl Latency {
    /// Nothing where there are none.
    pub(super) fn of(histogram: &Histogram<u64>) -> Option<Self> {
        (!histogram.is_empty()).then(|| Self {
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            max: histogram.max(),
        })
    }
}

/// The curve, as far as there are latencies enough for its points.
pub(super) fn curve(histogram: &Histogram<u64>) -> Curve {
    let points = POINTS.iter().filter(|part| histogram.len() >= 10_000 / u64::from(10_000 - **part));
    let points = points.map(|part| f64::from(*part) / 10_000.0);
    points.map(|part| (part, histogram.value_at_quantile(part))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latencies(count: u64) -> Histogram<u64> {
        let mut histogram = histogram().unwrap();
        (1..=count).for_each(|micros| record(&mut histogram, Duration::from_micros(micros)));
        histogram
    }

    #[test]
    fn percentiles_are_those_of_the_latencies() {
        let latency = Latency::of(&latencies(1_000));
        assert_eq!(latency, Some(Latency { p50: 500, p99: 990, p999: 999, max: 1_000 }));
        assert_eq!(Latency::of(&latencies(0)), None);
    }

    #[test]
    fn a_curve_has_no_points_that_rest_on_less_than_one_latency() {
        let curve = curve(&latencies(1_000));
        assert_eq!(curve.last(), Some(&(0.999, 999)));
        assert!(curve.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1), "{curve:?}");
        assert!(super::curve(&latencies(0)).is_empty());
    }
}
