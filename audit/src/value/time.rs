//! Points in time, in milliseconds.

use std::fmt;

use crate::reader::{Reader, Unread, Value};

/// A point in time, in milliseconds since 1970; on paper `2026-11-21T19:30:00.000Z`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Time(i64);

impl Time {
    /// The last moment of the year 9999, beyond which no deadline goes.
    const LAST: i64 = 253_402_300_799_999;

    pub(crate) fn plus_seconds(self, seconds: u32) -> Self {
        Self((self.0 + i64::from(seconds) * 1000).min(Self::LAST))
    }

    /// Milliseconds from `earlier` to here.
    pub(crate) const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    fn parse(text: &[u8; 24]) -> Option<Self> {
        let [
            y1,
            y2,
            y3,
            y4,
            b'-',
            o1,
            o2,
            b'-',
            d1,
            d2,
            b'T',
            h1,
            h2,
            b':',
            m1,
            m2,
            b':',
            s1,
            s2,
            b'.',
            ms @ ..,
            b'Z',
        ] = text
        else {
            return None;
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_i64, |value, digit| {
                digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
            })
        };
        let year = number(&[*y1, *y2, *y3, *y4])?;
        let (month, day) = (number(&[*o1, *o2])?, number(&[*d1, *d2])?);
        let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days_in_month = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + i64::from(leap),
            _ => return None,
        };
        if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = ((days_before(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
        Some(Self(seconds * 1000 + number(ms)?))
    }
}

/// Days from 1970 to the first of a month: years begin in March here, so that the leap day is a year's last.
fn days_before(year: i64, month: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 - 719_468
}

/// RFC 3339 in UTC with milliseconds, found by going back from the days: only faults are told in words.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let mut year = (days + 719_528) / 366;
        while days_before(year + 1, 1) <= days {
            year += 1;
        }
        let month = (1..=12).rev().find(|month| days_before(year, *month) <= days).unwrap_or(1);
        let day = days - days_before(year, month) + 1;
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Value for Time {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unread> {
        const WHAT: &str = "a time like `2026-11-21T19:30:00.000Z`";
        let text = reader.exactly::<24>(WHAT)?;
        Self::parse(text).ok_or_else(|| Unread(format!("expected {WHAT} before byte {}", reader.at())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::read;

    #[test]
    fn times_are_read_and_told_alike() {
        for (text, ms) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
            ("0000-02-29T23:59:59.999Z", -62_162_035_200_001),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2024-02-29T12:00:00.001Z", 1_709_208_000_001),
            ("2026-11-21T19:30:00.000Z", 1_795_289_400_000),
            ("9999-12-31T23:59:59.999Z", Time::LAST),
        ] {
            assert_eq!(read::<Time>(&format!("\"{text}\"")), Ok(Time(ms)), "{text}");
            assert_eq!(Time(ms).to_string(), text);
        }
        for text in [
            "2026-02-29T00:00:00.000Z",
            "1900-02-29T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z",
            "2026-04-31T00:00:00.000Z",
            "2026-01-01T24:00:00.000Z",
            "2026-01-01T00:60:00.000Z",
            "2016-12-31T23:59:60.000Z",
            "2026-01-01 00:00:00.000Z",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.0000Z",
            "2026-01-01T00:00:00.00+Z",
        ] {
            assert!(read::<Time>(&format!("\"{text}\"")).is_err(), "{text}");
        }
    }
}
