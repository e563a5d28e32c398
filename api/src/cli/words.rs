//! Numbers as people read them.

use std::time::Duration;

use boxoffice_domain::money::{Currency, Minor};

/// `12,345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12,345`, from what is not quite a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a figure for people, never below zero"
)]
pub(crate) fn rate(rate: f64) -> String {
    count(rate.round() as u64)
}

/// `1 hold`, `2 holds`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `1,234.50 EUR`.
pub(crate) fn money(amount: Minor, currency: Currency) -> String {
    let exponent = u32::from(currency.exponent());
    let unit = 10_u64.pow(exponent);
    let (whole, part) = (amount / unit, amount % unit);
    match currency.exponent() {
        0 => format!("{} {currency}", count(whole)),
        decimals => format!("{}.{part:0width$} {currency}", count(whole), width = usize::from(decimals)),
    }
}

/// `0.31 s`, `12.3 s`, `4 min 05 s`.
pub(crate) fn seconds(took: Duration) -> String {
    let seconds = took.as_secs();
    match seconds {
        0..10 => format!("{:.2} s", took.as_secs_f64()),
        10..120 => format!("{:.1} s", took.as_secs_f64()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// `87 µs`, `1.24 ms`, `310 ms`, from microseconds.
pub(crate) fn micros(micros: u64) -> String {
    let hundredths = micros / 10;
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..100_000 => format!("{}.{:02} ms", hundredths / 100, hundredths % 100),
        _ => format!("{} ms", count(micros / 1_000)),
    }
}

/// `3.2 GiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut tenths = bytes.saturating_mul(10);
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    while tenths >= 10_240
        && let Some(next) = units.next()
    {
        tenths /= 1_024;
        unit = next;
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "hold", "holds"), "1 hold");
        assert_eq!(counted(2_000, "hold", "holds"), "2,000 holds");
    }

    #[test]
    fn money_has_the_decimals_of_its_currency() {
        for (amount, code, text) in [
            (123_450, "EUR", "1,234.50 EUR"),
            (5, "EUR", "0.05 EUR"),
            (4_500, "JPY", "4,500 JPY"),
            (1_001, "BHD", "1.001 BHD"),
        ] {
            assert_eq!(money(amount, code.parse().unwrap()), text);
        }
    }

    #[test]
    fn times_and_sizes_have_a_unit_that_fits() {
        assert_eq!(seconds(Duration::from_millis(314)), "0.31 s");
        assert_eq!(seconds(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 05 s");
        assert_eq!([micros(87), micros(1_249), micros(310_000)], ["87 µs", "1.24 ms", "310 ms"]);
        assert_eq!([bytes(512), bytes(3 << 29), bytes(10 << 40)], ["512 bytes", "1.5 GiB", "10.0 TiB"]);
    }
}
