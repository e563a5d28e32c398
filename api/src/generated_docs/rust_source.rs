//! As much of Rust's syntax as is needed to read what the declarations of events say about themselves: doc comments,
//! fields and variants, in files that rustfmt has seen.

/// What a file declares.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Types of events, in order.
    pub(super) events: Vec<EventType>,
    /// Structs and enums.
    pub(super) shapes: Vec<Shape>,
}

/// `Variant = "name" v 1,`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventType {
    pub(super) variant: String,
    pub(super) name: String,
    pub(super) schema_version: u16,
    pub(super) text: String,
}

/// A struct with its fields, or an enum with its variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) members: Vec<Member>,
}

/// A field; or a variant, which has no type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) rust_type: Option<String>,
    pub(super) text: String,
    /// Whether it stands in no payload.
    pub(super) skipped: bool,
    /// Whether it may be left out.
    pub(super) optional: bool,
}

impl Source {
    /// Reads a file.
    pub(super) fn read(text: &str) -> Self {
        let mut source = Self::default();
        let (mut words, mut attributes) = (Vec::new(), String::new());
        let mut open: Option<Shape> = None;
        for line in text.lines().map(str::trim) {
            if let Some(comment) = line.strip_prefix("///") {
                words.push(comment.trim());
                continue;
            }
            if line.starts_with("#[") {
                attributes.push_str(line);
                continue;
            }
            let text = std::mem::take(&mut words).join(" ");
            let said = std::mem::take(&mut attributes);
            if line == "}" {
                source.shapes.extend(open.take());
            } else if let Some(event) = event_type(line, &text) {
                source.events.push(event);
            } else if let Some((name, is_empty)) = shape(line) {
                let shape = Shape { name: name.to_owned(), members: Vec::new() };
                if is_empty { source.shapes.push(shape) } else { open = Some(shape) }
            } else if let Some(shape) = &mut open {
                shape.members.extend(member(line, text, &said));
            }
        }
        source
    }

    /// The struct or enum of that name.
    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.iter().find(|shape| shape.name == name)
    }
}

fn event_type(line: &str, text: &str) -> Option<EventType> {
    let (variant, rest) = line.split_once(" = \"")?;
    let (name, version) = rest.split_once("\" v ")?;
    let schema_version = version.trim_end_matches(',').parse().ok()?;
    Some(EventType {
        variant: variant.to_owned(),
        name: name.to_owned(),
        schema_version,
        text: text.to_owned(),
    })
}

/// The name of a struct or enum that begins here, and whether it ends here as well.
fn shape(line: &str) -> Option<(&str, bool)> {
    let (head, is_empty) = match line.strip_suffix(" {}") {
        Some(head) => (head, true),
        None => (line.strip_suffix(" {")?, false),
    };
    let name = ["pub struct ", "pub enum "].iter().find_map(|start| head.strip_prefix(start)).unwrap_or(head);
    let is_name = name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some((name, is_empty))
}

fn member(line: &str, text: String, attributes: &str) -> Option<Member> {
    let line = line.strip_suffix(',')?;
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let (name, rust_type) = match line.split_once(": ") {
        Some((name, rust_type)) => (name, Some(rust_type.to_owned())),
        None => (line, None),
    };
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| Member {
        name: name.to_owned(),
        rust_type,
        text,
        skipped: attributes.contains("serde(skip)"),
        optional: attributes.contains("skip_serializing_if"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
stored_events! {
    /// A fact.
    InventoryEvent {
        /// Seats are
        /// reserved.
        HoldPlaced = "hold_placed" v 2,
    }
}

payloads! {
    /// See [`InventoryEvent::InventoryPublished`].
    InventoryPublished {}
    /// See [`InventoryEvent::HoldPlaced`].
    HoldPlaced {
        /// The hold.
        hold: HoldId,
    }
}

/// A thing.
#[derive(Debug)]
pub struct Thing {
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<SeatId>,
    /// In memory only.
    #[serde(skip)]
    pub plan: u32,
}

/// Why.
pub enum Reason {
    /// Because.
    Because,
}

impl Thing {
    fn nothing(&self) {
        let x = 1;
    }
}
"#;

    #[test]
    fn declarations_are_read() {
        let source = Source::read(TEXT);
        assert_eq!(
            source.events,
            [EventType {
                variant: "HoldPlaced".into(),
                name: "hold_placed".into(),
                schema_version: 2,
                text: "Seats are reserved.".into()
            }]
        );
        let members = |name: &str| -> Vec<(String, bool, bool)> {
            let shape = source.shape(name).unwrap();
            shape
                .members
                .iter()
                .map(|member| (member.name.clone(), member.optional, member.skipped))
                .collect()
        };
        assert_eq!(members("InventoryPublished"), []);
        assert_eq!(members("HoldPlaced"), [("hold".into(), false, false)]);
        assert_eq!(members("Thing"), [("seat".into(), true, false), ("plan".into(), false, true)]);
        assert_eq!(members("Reason"), [("Because".into(), false, false)]);
        assert_eq!(source.shape("HoldPlaced").unwrap().members[0].text, "The hold.");
    }
}
