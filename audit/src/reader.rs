//! Reads canonical JSON (RFC 8785, integers only) and nothing else: every value has one spelling, every object one
//! order of its fields, so whatever is read here could not have been written differently.
//!
//! Reading is by expectation: the caller says which field comes next. What deviates is [`Unread`]; why it deviates
//! (no JSON at all, another spelling, another field) is found out afterwards, by [`crate::canonical`].

use std::borrow::Cow;

/// The largest integer that every reader of JSON keeps exactly.
pub(crate) const INTEGER_MAX: u64 = (1 << 53) - 1;

/// What was expected where something else stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unread(pub(crate) String);

pub(crate) type Read<T> = Result<T, Unread>;

/// A place in a text.
pub(crate) struct Reader<'a> {
    rest: &'a str,
    length: usize,
    /// Whether the next field is the first one of its object.
    first: bool,
}

/// A value that a field can have.
pub(crate) trait Value: Sized {
    /// Reads the value.
    fn read(reader: &mut Reader<'_>) -> Read<Self>;
}

/// A field of an object, which may be optional. The key is given as it stands between two fields: `,"name":`.
pub(crate) trait Field: Sized {
    /// Reads the field with that key.
    fn field(reader: &mut Reader<'_>, key: &'static str) -> Read<Self>;
}

impl<T: Value> Field for T {
    #[inline]
    fn field(reader: &mut Reader<'_>, key: &'static str) -> Read<Self> {
        reader.key(key)?;
        T::read(reader)
    }
}

/// An optional field is left out; it is never `null`.
impl<T: Value> Field for Option<T> {
    #[inline]
    fn field(reader: &mut Reader<'_>, key: &'static str) -> Read<Self> {
        if reader.optional_key(key) { T::read(reader).map(Some) } else { Ok(None) }
    }
}

/// A field that is left out where it is false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl Field for Flag {
    fn field(reader: &mut Reader<'_>, key: &'static str) -> Read<Self> {
        let is_set = reader.optional_key(key);
        if is_set {
            reader.literal("true")?;
        }
        Ok(Self(is_set))
    }
}

/// A list whose field is left out where it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listed<T>(pub(crate) Vec<T>);

impl<T: Value> Field for Listed<T> {
    fn field(reader: &mut Reader<'_>, key: &'static str) -> Read<Self> {
        if !reader.optional_key(key) {
            return Ok(Self(Vec::new()));
        }
        let list = Vec::read(reader)?;
        if list.is_empty() { reader.expected("at least one item, or no field") } else { Ok(Self(list)) }
    }
}

impl<T: Value> Value for Vec<T> {
    fn read(reader: &mut Reader<'_>) -> Read<Self> {
        let mut list = Self::new();
        reader.literal("[")?;
        if reader.take("]") {
            return Ok(list);
        }
        loop {
            list.push(T::read(reader)?);
            if !reader.take(",") {
                reader.literal("]")?;
                return Ok(list);
            }
        }
    }
}

impl Value for u64 {
    fn read(reader: &mut Reader<'_>) -> Read<Self> {
        reader.unsigned()
    }
}

impl Value for u32 {
    fn read(reader: &mut Reader<'_>) -> Read<Self> {
        let value = reader.unsigned()?;
        Self::try_from(value).or_else(|_| reader.expected("an integer of 32 bits before this"))
    }
}

impl Value for i64 {
    fn read(reader: &mut Reader<'_>) -> Read<Self> {
        let negative = reader.take("-");
        let size = reader.unsigned()?;
        if negative && size == 0 {
            return reader.expected("an integer other than -0 before this");
        }
        let size = Self::try_from(size).unwrap_or(Self::MAX);
        Ok(if negative { -size } else { size })
    }
}

impl Value for Box<str> {
    fn read(reader: &mut Reader<'_>) -> Read<Self> {
        reader.string().map(Into::into)
    }
}

/// A text that no rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text;

impl Value for Text {
    fn read(reader: &mut Reader<'_>) -> Read<Self> {
        reader.string().map(|_| Self)
    }
}

impl<'a> Reader<'a> {
    /// At the start of a text.
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text, length: text.len(), first: true }
    }

    /// How many bytes were read.
    pub(crate) const fn at(&self) -> usize {
        self.length - self.rest.len()
    }

    /// The next byte.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.bytes().next()
    }

    /// Says what should stand here.
    pub(crate) fn expected<T>(&self, what: &str) -> Read<T> {
        Err(Unread(format!("expected {what} at byte {}", self.at())))
    }

    /// Reads that text, if it stands here.
    #[inline]
    pub(crate) fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads that text.
    pub(crate) fn literal(&mut self, text: &str) -> Read<()> {
        if self.take(text) { Ok(()) } else { self.expected(&format!("`{text}`")) }
    }

    /// Reads the start of an object.
    pub(crate) fn open(&mut self) -> Read<()> {
        self.literal("{")?;
        self.first = true;
        Ok(())
    }

    /// Reads the end of an object.
    pub(crate) fn close(&mut self) -> Read<()> {
        if !self.take("}") {
            return self.expected("the end of the object, and no other field");
        }
        self.first = false;
        Ok(())
    }

    /// Reads a key, given as `,"name":`.
    #[inline]
    pub(crate) fn key(&mut self, key: &'static str) -> Read<()> {
        if self.optional_key(key) {
            Ok(())
        } else {
            self.expected(&format!("the field {}", key.trim_matches([',', ':'])))
        }
    }

    /// Reads a key, given as `,"name":`, if it stands here.
    #[inline]
    pub(crate) fn optional_key(&mut self, key: &'static str) -> bool {
        let key = if self.first { key.strip_prefix(',').unwrap_or(key) } else { key };
        let stands = self.take(key);
        self.first &= !stands;
        stands
    }

    /// Reads up to the last `}` before the last character of the text.
    pub(crate) fn up_to_last_brace(&mut self) -> Read<&'a str> {
        let inner = self.rest.get(..self.rest.len().saturating_sub(1)).unwrap_or_default();
        match inner.rfind('}').and_then(|brace| self.rest.split_at_checked(brace + 1)) {
            Some((before, rest)) => {
                self.rest = rest;
                Ok(before)
            }
            None => self.expected("an object"),
        }
    }

    /// The end of the text.
    pub(crate) fn end(&self) -> Read<()> {
        if self.rest.is_empty() { Ok(()) } else { self.expected("the end") }
    }

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Read<Cow<'a, str>> {
        self.literal("\"")?;
        let quoted = self.rest.split_once('"');
        if let Some((plain, rest)) = quoted
            && !plain.bytes().fold(false, |special, byte| special | needs_escape(byte))
        {
            self.rest = rest;
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = String::new();
        loop {
            text.push_str(self.plain());
            if self.take("\"") {
                return Ok(Cow::Owned(text));
            }
            text.push(self.escape()?);
        }
    }

    /// Reads a string without escapes, whose bytes are then `N`.
    pub(crate) fn exactly<const N: usize>(&mut self, what: &str) -> Read<&'a [u8; N]> {
        let read = self.rest.strip_prefix('"').and_then(|rest| {
            let (text, rest) = rest.split_at_checked(N)?;
            Some((text.as_bytes().first_chunk::<N>()?, rest.strip_prefix('"')?))
        });
        let Some((bytes, rest)) = read else { return self.expected(what) };
        self.rest = rest;
        Ok(bytes)
    }

    /// Reads what needs no escape in a string.
    fn plain(&mut self) -> &'a str {
        let length = self.rest.bytes().position(needs_escape).unwrap_or(self.rest.len());
        let (plain, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        plain
    }

    /// Reads the one escape that each character has which needs one.
    fn escape(&mut self) -> Read<char> {
        const SHORT: [(&str, char); 7] = [
            ("\\\"", '"'),
            ("\\\\", '\\'),
            ("\\n", '\n'),
            ("\\r", '\r'),
            ("\\t", '\t'),
            ("\\b", '\u{8}'),
            ("\\f", '\u{c}'),
        ];
        for (escape, character) in SHORT {
            if self.take(escape) {
                return Ok(character);
            }
        }
        let control = self.rest.strip_prefix("\\u00").and_then(|rest| {
            let (digits, rest) = rest.split_at_checked(2)?;
            let code = u8::from_str_radix(digits, 16).ok()?;
            let has_short = matches!(code, 8..=10 | 12 | 13);
            let one_spelling = code < 0x20 && !has_short && *digits == format!("{code:02x}");
            one_spelling.then_some((char::from(code), rest))
        });
        let Some((character, rest)) = control else { return self.expected("a canonical string") };
        self.rest = rest;
        Ok(character)
    }

    /// Reads a number that is not negative.
    fn unsigned(&mut self) -> Read<u64> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at_checked(digits).unwrap_or((self.rest, ""));
        let canonical = number == "0" || !number.starts_with('0');
        match number.parse::<u64>() {
            Ok(value) if canonical && value <= INTEGER_MAX => {
                self.rest = rest;
                Ok(value)
            }
            _ => self.expected("an integer within 53 bits, in its shortest form"),
        }
    }
}

const fn needs_escape(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// Reads a text that is one value.
#[cfg(test)]
pub(crate) fn read<T: Value>(text: &str) -> Read<T> {
    let mut reader = Reader::new(text);
    let value = T::read(&mut reader)?;
    reader.end()?;
    Ok(value)
}
