//! Points on a circle in integers: `f64::sin` may differ in its last digit from one machine to the next.

/// The unit of angles: so many to a radian.
pub(super) const RADIAN: i64 = 100_000_000;

/// Terms of the series; more change nothing for angles up to half a turn.
const TERMS: i64 = 24;

/// The point at an angle from straight down (y grows downwards), positive to the right; up to half a turn either way.
pub(super) fn on_circle(radius: i64, angle: i64) -> (i64, i64) {
    let (mut sine, mut cosine, mut term) = (0, RADIAN, RADIAN);
    for n in 1..=TERMS {
        term = term * angle / RADIAN / n;
        match n % 4 {
            0 => cosine += term,
            1 => sine += term,
            2 => cosine -= term,
            _ => sine -= term,
        }
    }
    (rounded(radius * sine), rounded(radius * cosine))
}

fn rounded(product: i64) -> i64 {
    (product + product.signum() * RADIAN / 2) / RADIAN
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a turn.
    const PI: i64 = 314_159_265;

    #[test]
    fn the_angle_is_from_straight_down() {
        assert_eq!(on_circle(1_000, 0), (0, 1_000));
        assert_eq!(on_circle(1_000, PI / 2), (1_000, 0));
        assert_eq!(on_circle(1_000, -PI / 2), (-1_000, 0));
        assert_eq!(on_circle(1_000, PI / 6), (500, 866));
        assert_eq!(on_circle(20_000, -PI * 3 / 4), (-14_142, -14_142));
    }

    #[test]
    fn every_point_is_on_the_circle() {
        for degrees in -180..=180 {
            let (x, y) = on_circle(1_000_000, PI * degrees / 180);
            assert!(((x * x + y * y).isqrt() - 1_000_000).abs() <= 1, "{degrees}°: {x}, {y}");
        }
    }
}
