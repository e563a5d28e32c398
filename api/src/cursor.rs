//! Opaque cursors: the values that the last entry of a page sorts by.

use boxoffice_projections::table::Value;

use crate::problem::Problem;

/// The cursor after an entry.
#[must_use]
pub fn encode(values: &[Value]) -> String {
    let values: Vec<serde_json::Value> = values
        .iter()
        .map(|value| match value {
            Value::Null => serde_json::Value::Null,
            Value::Text(text) => text.as_str().into(),
            Value::Integer(number) => (*number).into(),
        })
        .collect();
    let text = serde_json::Value::from(values).to_string();
    let mut cursor = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        use std::fmt::Write as _;
        let _ = write!(cursor, "{byte:02x}");
    }
    cursor
}

/// What a cursor says.
///
/// # Errors
/// 422 for text that is not one of ours.
pub fn decode(cursor: &str) -> Result<Vec<Value>, Problem> {
    let digits: Option<Vec<u8>> = cursor
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let values: Vec<serde_json::Value> =
        digits.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(unknown)?;
    values
        .into_iter()
        .map(|value| match value {
            serde_json::Value::Null => Ok(Value::Null),
            serde_json::Value::String(text) => Ok(Value::Text(text)),
            serde_json::Value::Number(number) => number.as_i64().map(Value::Integer).ok_or_else(unknown),
            _ => Err(unknown()),
        })
        .collect()
}

/// A cursor that is not one of ours.
#[must_use]
pub fn unknown() -> Problem {
    Problem::field("cursor", "unknown_cursor", "Use `next_cursor` of the page before, as it is.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nonsense_is_refused() {
        let values = vec![Value::Integer(-7), Value::Text("event_ü".into()), Value::Null];
        assert_eq!(decode(&encode(&values)).unwrap(), values);
        for nonsense in ["", "zz", "5", "é", "5b5d5b", "7b7d"] {
            assert!(decode(nonsense).is_err(), "{nonsense}");
        }
    }
}
