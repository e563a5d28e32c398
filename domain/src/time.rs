//! Points in time, in whole milliseconds of UTC; on paper always `2026-11-21T19:30:00.000Z`.

use std::fmt;
use std::str::FromStr;

/// A point in time. The unit is a millisecond; the range is the years 0000 to 9999, so that the text form has a
/// fixed width and sorts like the time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

/// Text that is not a time in the years 0000 to 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time: expected RFC 3339, for example 2026-11-21T19:30:00Z")]
pub struct InvalidTime;

const FIRST_MS: i64 = -62_167_219_200_000;
const LAST_MS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The last time there is.
    pub const MAX: Self = Self(LAST_MS);

    /// From milliseconds since 1970, held within the years 0000 to 9999.
    #[must_use]
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(if ms < FIRST_MS {
            FIRST_MS
        } else if ms > LAST_MS {
            LAST_MS
        } else {
            ms
        })
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Later by `ms` milliseconds, at most the last time there is.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self::from_unix_ms(self.0.saturating_add(ms))
    }

    /// Later by `seconds`.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u32) -> Self {
        self.plus_ms(seconds as i64 * 1000)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(1000);
        let ms = self.0.rem_euclid(1000);
        let days = seconds.div_euclid(86_400);
        let of_day = seconds.rem_euclid(86_400);
        let (year, month, day) = civil(days);
        // Every event and every answer has several of these: digits are set one by one.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut set = |end: usize, mut number: i64| {
            for digit in text.iter_mut().take(end).rev() {
                if !digit.is_ascii_digit() {
                    break;
                }
                *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        };
        set(4, year);
        set(7, month);
        set(10, day);
        set(13, of_day / 3600);
        set(16, of_day / 60 % 60);
        set(19, of_day % 60);
        set(23, ms);
        f.pad(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Year, month and day of a count of days since 1970 (proleptic Gregorian).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let parsed: jiff::Timestamp = text.parse().map_err(|_| InvalidTime)?;
        let ms = parsed.as_millisecond();
        if (FIRST_MS..=LAST_MS).contains(&ms) { Ok(Self(ms)) } else { Err(InvalidTime) }
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether `name` is a time zone of the IANA database.
#[must_use]
pub fn is_timezone(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_text_form_has_a_fixed_width() {
        assert_eq!(Timestamp::from_unix_ms(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_unix_ms(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(
            "2026-11-21T20:30:00+01:00".parse::<Timestamp>().unwrap().to_string(),
            "2026-11-21T19:30:00.000Z"
        );
    }

    proptest! {
        #[test]
        fn text_and_time_are_the_same_and_sort_alike(a in FIRST_MS..LAST_MS, b in FIRST_MS..LAST_MS) {
            let (a, b) = (Timestamp::from_unix_ms(a), Timestamp::from_unix_ms(b));
            prop_assert_eq!(a.to_string().parse::<Timestamp>().unwrap(), a);
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
    }
}
