//! Coordinates without floating point: the same plan has the same layout, and so the same digest, on every machine.

use std::ops::Add;

use serde::Deserialize;

use super::{Milli, Point};

/// The largest number that a plan may hold, in either direction.
pub(super) const LIMIT: i64 = 1_000_000;

const BILLIONTHS: i64 = 1_000_000_000;
const BILLIONTHS_IN_A_MILLI: i64 = 1_000_000;

/// A number as a plan writes it, in billionths: adding offsets in decimal leaves halves where they were written,
/// which adding them in binary would not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Coordinate(i64);

impl Coordinate {
    /// The number, if it is one and within [`LIMIT`].
    #[expect(
        clippy::float_arithmetic,
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "the only step from binary to decimal; within the limit, billionths fit an f64 and an i64"
    )]
    pub(super) fn of(number: f64) -> Option<Self> {
        (number.abs() <= LIMIT as f64).then(|| Self((number * BILLIONTHS as f64).round() as i64))
    }

    /// The number, if it has no fraction.
    pub(super) fn whole(self) -> Option<i64> {
        (self.0 % BILLIONTHS == 0).then_some(self.0 / BILLIONTHS)
    }

    /// In thousandths, halves away from zero.
    pub(super) fn rounded(self) -> Milli {
        (self.0 + self.0.signum() * BILLIONTHS_IN_A_MILLI / 2) / BILLIONTHS_IN_A_MILLI
    }

    /// Half-way between two.
    pub(super) fn middle(self, other: Self) -> Self {
        Self(i64::midpoint(self.0, other.0))
    }
}

impl Add for Coordinate {
    type Output = Self;

    /// Offsets nest at most 128 deep, so nine thousand times [`LIMIT`] is never reached.
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl TryFrom<f64> for Coordinate {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, Self::Error> {
        Self::of(number).ok_or("number out of range")
    }
}

/// Where something is, or how far something is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(super) struct Position {
    pub(super) x: Coordinate,
    pub(super) y: Coordinate,
}

impl Position {
    /// In thousandths.
    pub(super) fn point(self) -> Point {
        Point { x: self.x.rounded(), y: self.y.rounded() }
    }
}

impl Add for Position {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }
}

/// Where the stage is most likely: above the middle of everything, on a level with what is highest.
pub(super) fn top_centre(points: impl Iterator<Item = Point> + Clone) -> Point {
    let left = points.clone().map(|point| point.x).min().unwrap_or_default();
    let right = points.clone().map(|point| point.x).max().unwrap_or_default();
    Point { x: i64::midpoint(left, right), y: points.map(|point| point.y).min().unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milli(parts: &[f64]) -> Milli {
        parts
            .iter()
            .map(|part| Coordinate::of(*part).unwrap())
            .fold(Coordinate::default(), Add::add)
            .rounded()
    }

    #[test]
    fn halves_are_rounded_away_from_zero_as_they_are_written() {
        assert_eq!(milli(&[1.0005]), 1001);
        assert_eq!(milli(&[-1.0005]), -1001);
        assert_eq!(milli(&[0.000_499_999]), 0);
        assert_eq!(milli(&[-0.0]), 0);
        assert_eq!(milli(&[100.1, 0.2, 0.0005]), 100_301);
        assert_eq!(milli(&[0.0004, 0.0004, 0.0004]), 1);
        assert_eq!(milli(&[-999_999.999_5]), -1_000_000_000);
    }

    #[test]
    fn only_numbers_within_the_limit_are_coordinates() {
        assert_eq!(Coordinate::of(1_000_000.0).map(Coordinate::rounded), Some(1_000_000_000));
        for number in [1_000_000.1, -1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Coordinate::of(number), None);
        }
    }

    #[test]
    fn the_top_centre_is_above_the_middle() {
        let points = [Point { x: -10, y: 7 }, Point { x: 31, y: 3 }, Point { x: 2, y: 90 }];
        assert_eq!(top_centre(points.into_iter()), Point { x: 10, y: 3 });
        assert_eq!(top_centre([].into_iter()), Point::default());
    }
}
