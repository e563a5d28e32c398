//! Places in a plan, and the faults found there.
//!
//! A place is a chain of borrowed steps, so going there costs nothing; only who asks for a pointer pays for it.

use std::borrow::Cow;
use std::collections::HashSet;

use super::geometry::{Coordinate, LIMIT, Position};
use super::json::Json;
use super::{FAULTS_MAX, Fault, ImportError};

/// The most characters of a name, a label or an id.
pub(super) const TEXT_MAX: usize = 200;

/// How much of somebody's text a detail repeats.
const QUOTE_MAX: usize = 60;

/// Where a value is.
#[derive(Clone, Copy, Default)]
pub(super) struct Place<'p> {
    above: Option<&'p Place<'p>>,
    /// Its place among its siblings, also where it has a key.
    order: usize,
    key: Option<&'p str>,
}

impl<'p> Place<'p> {
    /// Where a member is, or would be: it is sorted before all others.
    pub(super) fn member(&'p self, key: &'p str) -> Self {
        Self { above: Some(self), order: 0, key: Some(key) }
    }

    /// The JSON pointer (RFC 6901).
    pub(super) fn pointer(&self) -> String {
        let mut pointer = self.above.map(Place::pointer).unwrap_or_default();
        if self.above.is_some() {
            pointer.push('/');
            pointer.push_str(&self.key.map_or_else(|| self.order.to_string().into(), escaped));
        }
        pointer
    }

    /// Sorts as the document does.
    fn path(&self) -> Vec<usize> {
        let mut path = self.above.map(Place::path).unwrap_or_default();
        path.push(self.order);
        path
    }
}

/// A step of a pointer.
pub(super) fn escaped(step: &str) -> Cow<'_, str> {
    if step.contains(['~', '/']) { step.replace('~', "~0").replace('/', "~1").into() } else { step.into() }
}

/// Somebody's text, short and visible.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(QUOTE_MAX).collect();
    if short.len() < text.len() { format!("{short:?}…") } else { format!("{short:?}") }
}

/// The first faults of a plan.
#[derive(Default)]
pub(super) struct Faults(Vec<(Vec<usize>, Fault)>);

impl Faults {
    /// One more, unless there are enough.
    pub(super) fn add(&mut self, place: &Place<'_>, code: &'static str, detail: impl Into<String>) {
        if !self.full() {
            let fault = Fault { pointer: place.pointer(), code, detail: detail.into() };
            self.0.push((place.path(), fault));
        }
    }

    /// Whether walking on is of no use.
    pub(super) fn full(&self) -> bool {
        self.0.len() >= FAULTS_MAX
    }

    /// Whether nothing was wrong so far.
    pub(super) fn none(&self) -> bool {
        self.0.is_empty()
    }

    /// In document order.
    pub(super) fn into_result(mut self) -> Result<(), ImportError> {
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        if self.none() {
            Ok(())
        } else {
            Err(ImportError::Faults(self.0.into_iter().map(|(_, fault)| fault).collect()))
        }
    }
}

/// A value and where it is.
#[derive(Clone, Copy)]
pub(super) struct Node<'p, 'j> {
    pub(super) place: Place<'p>,
    pub(super) value: &'j Json<'j>,
}

impl<'j> Node<'static, 'j> {
    /// The whole plan.
    pub(super) fn root(value: &'j Json<'j>) -> Self {
        Self { place: Place::default(), value }
    }
}

impl<'j> Node<'_, 'j> {
    /// The items, where it is a list.
    pub(super) fn items(&self) -> Option<impl Iterator<Item = Node<'_, 'j>>> {
        let Json::List(items) = self.value else { return None };
        let place = |order| Place { above: Some(&self.place), order, key: None };
        Some(items.iter().enumerate().map(move |(order, value)| Node { place: place(order), value }))
    }

    /// The members, where it is an object.
    pub(super) fn members(&self) -> Option<impl Iterator<Item = (&'j str, Node<'_, 'j>)>> {
        let Json::Object(members) = self.value else { return None };
        let place = |order, key| Place { above: Some(&self.place), order, key: Some(key) };
        let node = move |(order, (key, value)): (usize, &'j (Cow<'j, str>, Json<'j>))| {
            (key.as_ref(), Node { place: place(order, key.as_ref()), value })
        };
        Some(members.iter().enumerate().map(node))
    }

    /// The member of that name, unless it is absent or null.
    pub(super) fn member(&self, name: &str) -> Option<Node<'_, 'j>> {
        let (_, node) = self.members()?.find(|(key, _)| *key == name)?;
        (!node.is_null()).then_some(node)
    }

    /// The member of that name, or a fault.
    pub(super) fn required(&self, name: &str, faults: &mut Faults) -> Option<Node<'_, 'j>> {
        let member = self.member(name);
        match self.value {
            Json::Object(_) if member.is_none() => {
                faults.add(&self.place.member(name), "missing", format!("{name:?} is needed here"));
            }
            Json::Object(_) => {}
            Json::Null | Json::Boolean(_) | Json::Number(_) | Json::Text(_) | Json::List(_) => {
                self.wrong_type("an object", faults);
            }
        }
        member
    }

    /// Reports keys that are there twice, at any depth: which of the two would count is anybody's guess.
    pub(super) fn unique_keys(&self, faults: &mut Faults) {
        let mut met = HashSet::new();
        for (key, member) in self.members().into_iter().flatten() {
            if faults.full() {
                return;
            }
            if !met.insert(key) {
                member.duplicate_key(key, faults);
            }
            member.unique_keys(faults);
        }
        for item in self.items().into_iter().flatten() {
            item.unique_keys(faults);
        }
    }

    /// Reports that its key was there before.
    pub(super) fn duplicate_key(&self, key: &str, faults: &mut Faults) {
        let detail = format!("{} is there more than once; keep one of them", quoted(key));
        faults.add(&self.place, "duplicate_key", detail);
    }

    /// Reports that it should have been something else.
    pub(super) fn wrong_type(&self, right: &str, faults: &mut Faults) {
        faults.add(&self.place, "wrong_type", format!("must be {right}, not {}", self.value.kind()));
    }

    /// Whether it is there in name only.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Json::Null)
    }

    /// Whether it is an object that has the flag set.
    pub(super) fn is_true(&self, flag: &str) -> bool {
        self.member(flag).is_some_and(|flag| matches!(flag.value, Json::Boolean(true)))
    }

    /// The text, where it is one.
    pub(super) fn as_text(&self) -> Option<&'j str> {
        if let Json::Text(text) = self.value { Some(text) } else { None }
    }

    /// A text of one line.
    pub(super) fn text(&self, faults: &mut Faults) -> Option<&'j str> {
        self.text_of(TEXT_MAX, &[], faults)
    }

    /// A text of one line that says something.
    pub(super) fn name(&self, faults: &mut Faults) -> Option<&'j str> {
        let text = self.text(faults)?;
        if text.is_empty() {
            faults.add(&self.place, "empty", "must not be empty");
            return None;
        }
        Some(text)
    }

    /// A text of so many characters at most and without control characters, but for those allowed.
    pub(super) fn text_of(&self, max: usize, allowed: &[char], faults: &mut Faults) -> Option<&'j str> {
        let Json::Text(text) = self.value else {
            self.wrong_type("a string", faults);
            return None;
        };
        // Counting bytes first: hardly any text is long enough to be counted by characters.
        if text.len() > max && text.chars().count() > max {
            let detail = format!("has {} characters; at most {max} are allowed", text.chars().count());
            faults.add(&self.place, "too_long", detail);
            return None;
        }
        if let Some(control) = text.chars().find(|c| c.is_control() && !allowed.contains(c)) {
            let detail = format!("has the control character U+{:04X}; remove it", u32::from(control));
            faults.add(&self.place, "control_character", detail);
            return None;
        }
        Some(text.as_ref())
    }

    /// A number of reasonable size.
    pub(super) fn number(&self, faults: &mut Faults) -> Option<Coordinate> {
        let Json::Number(number) = self.value else {
            self.wrong_type("a number", faults);
            return None;
        };
        let coordinate = Coordinate::of(*number);
        if coordinate.is_none() {
            faults.add(&self.place, "out_of_range", format!("must be from -{LIMIT} to {LIMIT}"));
        }
        coordinate
    }

    /// A number without a fraction, also when it is written with one (`10.0`).
    pub(super) fn integer(&self, faults: &mut Faults) -> Option<i64> {
        let whole = self.number(faults)?.whole();
        if whole.is_none() {
            faults.add(&self.place, "wrong_type", "must be a whole number, without a fraction");
        }
        whole
    }

    /// An object's `x` and `y`.
    pub(super) fn position(&self, faults: &mut Faults) -> Option<Position> {
        let x = self.required("x", faults).and_then(|x| x.number(faults));
        let Json::Object(_) = self.value else { return None };
        let y = self.required("y", faults).and_then(|y| y.number(faults));
        Some(Position { x: x?, y: y? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_tilde_and_slash() {
        let root = Place::default();
        let rows = Place { above: Some(&root), order: 3, key: Some("a/b~c") };
        let row = Place { above: Some(&rows), order: 7, key: None };
        assert_eq!(root.pointer(), "");
        assert_eq!(row.member("").pointer(), "/a~1b~0c/7/");
        assert_eq!(row.path(), [0, 3, 7]);
    }

    #[test]
    fn faults_come_in_document_order_and_stop_at_the_limit() {
        let root = Place::default();
        let mut faults = Faults::default();
        for order in (0..FAULTS_MAX + 5).rev() {
            faults.add(&Place { above: Some(&root), order, key: None }, "missing", "");
        }
        assert!(faults.full());
        let Err(ImportError::Faults(faults)) = faults.into_result() else { panic!("faults") };
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers.len(), FAULTS_MAX);
        assert_eq!([pointers[0], pointers[19]], ["/5", "/24"]);
    }

    #[test]
    fn a_detail_repeats_only_a_little() {
        assert_eq!(quoted("a\n"), r#""a\n""#);
        assert_eq!(quoted(&"é".repeat(100)), format!("\"{}\"…", "é".repeat(60)));
    }
}
