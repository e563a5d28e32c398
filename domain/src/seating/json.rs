//! A plan as a tree: members in document order, duplicate keys kept, so that a fault can name its very place.
//!
//! Reading is bounded before anything is judged: depth by the JSON library (128), the count of values and the
//! length of keys here. A number that no `f64` holds is valid JSON, so it is a fault with a pointer, not a syntax
//! error.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::geometry::LIMIT;
use super::place::escaped;
use super::{Fault, ImportError};

/// More than a plan of [`super::SEATS_MAX`] seats has, and little enough to hold in memory.
const VALUES_MAX: usize = 4_000_000;

/// Pointers repeat keys, so keys must not be huge.
const KEY_BYTES_MAX: usize = 1_000;

/// A value as it was written.
#[derive(Debug)]
pub(super) enum Json<'a> {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    /// What it is, in words that fit after "not".
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads a whole document.
pub(super) fn parse(content: &[u8]) -> Result<Json<'_>, ImportError> {
    parse_within(content, VALUES_MAX)
}

fn parse_within(content: &[u8], values_max: usize) -> Result<Json<'_>, ImportError> {
    let values_left = Cell::new(values_max);
    let trail = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(content);
    let seed = Tree { values_left: &values_left, trail: &trail };
    seed.deserialize(&mut deserializer)
        .and_then(|tree| deserializer.end().map(|()| tree))
        .map_err(|error| refusal(content, &error, &trail.into_inner()))
}

/// The library has no codes to tell its errors apart; the tests below notice when it changes its words.
fn refusal(content: &[u8], error: &serde_json::Error, trail: &[String]) -> ImportError {
    let detail = error.to_string();
    let fault = |code, detail| {
        let pointer = trail.iter().rev().flat_map(|step| ["/", step]).collect();
        ImportError::Faults(vec![Fault { pointer, code, detail }])
    };
    if error.is_data() {
        fault("too_large", detail)
    } else if detail.starts_with("number out of range") {
        fault("out_of_range", format!("must be from -{LIMIT} to {LIMIT}"))
    } else if names_no_number(content, error) {
        fault("not_a_number", "NaN and Infinity are not numbers in JSON".to_owned())
    } else {
        ImportError::NotJson { detail }
    }
}

/// Whether the reader stopped at the `NaN` or `Infinity` that some programs write for a coordinate.
fn names_no_number(content: &[u8], error: &serde_json::Error) -> bool {
    let line = content.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1));
    let rest = line.and_then(|line| line.get(error.column().saturating_sub(1)..));
    rest.is_some_and(|rest| {
        [&b"NaN"[..], b"Infinity", b"-Infinity"].iter().any(|name| rest.starts_with(name))
    })
}

/// Builds the tree; on the way out of an error every level leaves its step on the trail, innermost first.
#[derive(Clone, Copy)]
struct Tree<'c> {
    values_left: &'c Cell<usize>,
    trail: &'c RefCell<Vec<String>>,
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Json<'de>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        match self.values_left.get().checked_sub(1) {
            Some(left) => self.values_left.set(left),
            None => return Err(de::Error::custom("more values than a plan may have")),
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Boolean(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "a number that large is out of range for every use")]
    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a number that large is out of range for every use")]
    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        loop {
            let item =
                access.next_element_seed(self).inspect_err(|_| self.leave(&items.len().to_string()))?;
            let Some(item) = item else { return Ok(Json::List(items)) };
            items.push(item);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Key(key)) = access.next_key()? {
            if key.len() > KEY_BYTES_MAX {
                return Err(de::Error::custom(format_args!("a key of more than {KEY_BYTES_MAX} bytes")));
            }
            let value = access.next_value_seed(self).inspect_err(|_| self.leave(&key))?;
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}

impl Tree<'_> {
    fn leave(self, step: &str) {
        self.trail.borrow_mut().push(escaped(step).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(content: &str) -> ImportError {
        parse(content.as_bytes()).unwrap_err()
    }

    fn detail_of(content: &str) -> String {
        match refused(content) {
            ImportError::NotJson { detail } => detail,
            ImportError::Faults(faults) => panic!("{faults:?}"),
        }
    }

    fn fault_in(content: &str) -> (String, &'static str) {
        match refused(content) {
            ImportError::NotJson { detail } => panic!("{detail}"),
            ImportError::Faults(faults) => (faults[0].pointer.clone(), faults[0].code),
        }
    }

    #[test]
    fn members_keep_their_order_and_their_doubles() {
        let Json::Object(members) = parse(br#"{"b": 1, "a": [null, true], "b": "\u00e9"}"#).unwrap() else {
            panic!("an object")
        };
        let keys: Vec<_> = members.iter().map(|(key, value)| (key.as_ref(), value.kind())).collect();
        assert_eq!(keys, [("b", "a number"), ("a", "a list"), ("b", "a string")]);
    }

    #[test]
    fn a_syntax_error_says_line_and_column() {
        assert_eq!(detail_of("{\n  \"name\": }"), "expected value at line 2 column 11");
        assert_eq!(detail_of("{} {}"), "trailing characters at line 1 column 4");
        assert_eq!(detail_of(""), "EOF while parsing a value at line 1 column 0");
        assert!(matches!(parse(b"\"\xff\""), Err(ImportError::NotJson { .. })));
    }

    #[test]
    fn nan_is_a_fault_at_its_place() {
        for token in ["NaN", "Infinity", "-Infinity"] {
            for (content, pointer) in [
                (token.to_owned(), ""),
                (format!("{{\"a\":\n[1, {token}]}}"), "/a/1"),
                (format!("[{token},1]"), "/0"),
            ] {
                assert_eq!(fault_in(&content), (pointer.to_owned(), "not_a_number"), "{content}");
            }
        }
        assert!(!detail_of("[nope]").contains("NaN"));
    }

    #[test]
    fn a_number_beyond_all_numbers_is_a_fault_at_its_place() {
        assert_eq!(fault_in(r#"{"a": [0, {"b/~c": 1e999}]}"#), ("/a/1/b~1~0c".to_owned(), "out_of_range"));
        assert_eq!(fault_in("-1e999"), (String::new(), "out_of_range"));
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(detail_of(&"[".repeat(100_000)).starts_with("recursion limit exceeded"));
        assert!(detail_of(&"{\"a\":".repeat(100_000)).starts_with("recursion limit exceeded"));
    }

    #[test]
    fn what_would_not_fit_in_memory_is_refused() {
        assert!(parse_within(b"[1, [2, 3]]", 5).is_ok());
        let Err(ImportError::Faults(faults)) = parse_within(b"[1, [2, 3]]", 4) else { panic!("too large") };
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/1/1", "too_large"));
        let long = format!("{{\"zones\":{{\"{}\":0}}}}", "k".repeat(KEY_BYTES_MAX + 1));
        assert_eq!(fault_in(&long), ("/zones".to_owned(), "too_large"));
    }
}
