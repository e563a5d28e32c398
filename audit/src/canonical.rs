//! Whether a text is canonical JSON (RFC 8785, integers only), whatever it says. Only faults are looked at so closely.

use std::borrow::Cow;

use crate::reader::{Read, Reader, Value};

/// How deep canonical JSON may nest here.
const DEPTH_MAX: u32 = 64;

/// Whether the text is one value in canonical form, and if not, where it deviates.
pub(crate) fn is_canonical(text: &str) -> Read<()> {
    let mut reader = Reader::new(text);
    value(&mut reader, 0)?;
    reader.end()
}

fn value(reader: &mut Reader<'_>, depth: u32) -> Read<()> {
    if depth > DEPTH_MAX {
        return reader.expected("less nesting");
    }
    match reader.peek() {
        Some(b'{') => object(reader, depth),
        Some(b'[') => list(reader, depth),
        Some(b'"') => reader.string().map(drop),
        Some(b't') => reader.literal("true"),
        Some(b'f') => reader.literal("false"),
        Some(b'n') => reader.literal("null"),
        _ => i64::read(reader).map(drop),
    }
}

fn list(reader: &mut Reader<'_>, depth: u32) -> Read<()> {
    reader.literal("[")?;
    if reader.take("]") {
        return Ok(());
    }
    loop {
        value(reader, depth + 1)?;
        if !reader.take(",") {
            return reader.literal("]");
        }
    }
}

fn object(reader: &mut Reader<'_>, depth: u32) -> Read<()> {
    reader.literal("{")?;
    if reader.take("}") {
        return Ok(());
    }
    let mut last: Option<Cow<'_, str>> = None;
    loop {
        let name = reader.string()?;
        if last.is_some_and(|last| last.encode_utf16().ge(name.encode_utf16())) {
            return reader.expected("the fields in the order of their names, each once, before this");
        }
        reader.literal(":")?;
        value(reader, depth + 1)?;
        last = Some(name);
        if !reader.take(",") {
            return reader.literal("}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_one_spelling() {
        for text in [
            r#"{"a":1,"b":[true,false,null,-5,0],"é":{}}"#,
            r#""a\"\\\n\r\t\b\f\u0000\u001f/é€😀""#,
            "9007199254740991",
            "[]",
        ] {
            assert_eq!(is_canonical(text), Ok(()), "{text}");
        }
        for text in [
            r#"{"b":1,"a":2}"#,
            r#"{"a":1,"a":1}"#,
            r#"{ "a":1}"#,
            r#"{"a":1} "#,
            r#""\/""#,
            r#""\u0041""#,
            r#""\u001F""#,
            r#""\u000a""#,
            r#""\u0020""#,
            "\"\t\"",
            "01",
            "-0",
            "1.0",
            "1e3",
            "9007199254740992",
            "[1,]",
            "nul",
            "",
        ] {
            assert!(is_canonical(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_in_the_order_of_their_utf_16_code_units() {
        assert_eq!(is_canonical("{\"\u{1f600}\":1,\"\u{fb33}\":1}"), Ok(()));
        assert!(is_canonical("{\"\u{fb33}\":1,\"\u{1f600}\":1}").is_err());
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(is_canonical(&nested(60)), Ok(()));
        assert!(is_canonical(&nested(100_000)).is_err());
    }
}
