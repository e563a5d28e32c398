//! The catalogue of events: every type with what it means, its fields and an example. The words are those of the
//! declarations in `domain/src`, the examples are the golden files, which must read back for ever.

use std::fmt::Write as _;
use std::path::Path;

use boxoffice_domain::catalog::CatalogEvent;
use boxoffice_domain::doors::DoorsEvent;
use boxoffice_domain::inventory::InventoryEvent;
use boxoffice_domain::organizer::OrganizerEvent;
use boxoffice_domain::venue::VenueEvent;

use super::rust_source::{EventType, Member, Shape, Source};
use super::{GeneratedError, head};

/// A kind of stream.
struct Kind {
    /// What its streams are named after.
    name: &'static str,
    about: &'static str,
    /// Where its events are declared.
    file: &'static str,
    types: &'static [(&'static str, u16)],
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "inventory",
        about: "`inventory-event_…`: all of one show that must not race for seats.",
        file: "domain/src/inventory/event.rs",
        types: InventoryEvent::TYPES,
    },
    Kind {
        name: "catalog",
        about: "`catalog-event_…`: what people read about a show.",
        file: "domain/src/catalog.rs",
        types: CatalogEvent::TYPES,
    },
    Kind {
        name: "doors",
        about: "`doors-event_…`: who was let in.",
        file: "domain/src/doors.rs",
        types: DoorsEvent::TYPES,
    },
    Kind {
        name: "organizer",
        about: "`organizer-organizer_…`: who sells.",
        file: "domain/src/organizer.rs",
        types: OrganizerEvent::TYPES,
    },
    Kind {
        name: "venue",
        about: "`venue-venue_…`: where shows happen, and the seating plans of the place.",
        file: "domain/src/venue.rs",
        types: VenueEvent::TYPES,
    },
];

/// Where shapes are declared that events have parts of.
const FURTHER: [&str; 3] = ["domain/src/seating.rs", "domain/src/pricing.rs", "domain/src/refund.rs"];

/// The whole catalogue.
pub(super) fn catalogue(root: &Path) -> Result<String, GeneratedError> {
    let about = "Every type of event that the log can have, by the kind of its stream. `docs/log-format.md` says what a line of the\n\
        log is; this says what a `payload` is. Fields marked *optional* are left out where there is nothing to say. Money is in\n\
        minor units, times are RFC 3339 in UTC with milliseconds, and nothing here names a person: `buyer` is an id that only\n\
        the vault can give a name to.";
    let mut text = head("Events", about);
    let mut sources = Vec::new();
    for kind in &KINDS {
        sources.push(read(root, kind.file)?);
    }
    for file in FURTHER {
        sources.push(read(root, file)?);
    }
    for (kind, source) in KINDS.iter().zip(&sources) {
        let _ = write!(text, "\n## {}\n\n{}\n", kind.name, kind.about);
        for (name, schema_version) in kind.types {
            let event = source
                .events
                .iter()
                .find(|event| event.name == *name && event.schema_version == *schema_version);
            let event = event.ok_or_else(|| lacking(kind.file, name))?;
            text.push_str(&entry(root, event, source, &sources)?);
        }
    }
    Ok(text)
}

fn read(root: &Path, file: &'static str) -> Result<Source, GeneratedError> {
    let path = root.join(file);
    let text = std::fs::read_to_string(&path).map_err(GeneratedError::io(&path))?;
    Ok(Source::read(&text))
}

fn lacking(file: &str, what: &str) -> GeneratedError {
    GeneratedError::Events(format!("{what} was not found in {file}, or says nothing about itself"))
}

fn entry(root: &Path, event: &EventType, source: &Source, all: &[Source]) -> Result<String, GeneratedError> {
    let EventType { variant, name, schema_version, text: about } = event;
    let shape = source.shape(variant).ok_or_else(|| lacking("its file", variant))?;
    let mut text = format!("\n### `{name}`, schema {schema_version}\n\n{about}\n");
    let mut rows = String::new();
    fields(shape, "", all, &mut rows)?;
    if !rows.is_empty() {
        let _ = write!(text, "\n| field | holds | meaning |\n| --- | --- | --- |\n{rows}");
    }
    let golden = root.join(format!("domain/tests/golden/{name}.v{schema_version}.json"));
    let examples = std::fs::read_to_string(&golden).map_err(GeneratedError::io(&golden))?;
    let example = examples.lines().next().unwrap_or_default();
    let _ = write!(text, "\n```json\n{example}\n```\n");
    Ok(text)
}

fn fields(shape: &Shape, at: &str, all: &[Source], rows: &mut String) -> Result<(), GeneratedError> {
    for member in shape.members.iter().filter(|member| !member.skipped) {
        let Member { name, rust_type, text, optional, .. } = member;
        if text.is_empty() {
            return Err(lacking(&shape.name, name));
        }
        let holds = Holds::of(rust_type.as_deref().unwrap_or_default(), all);
        let holds = holds.ok_or_else(|| lacking(&shape.name, &format!("the type of {name}")))?;
        let (path, optional) = (format!("{at}{name}"), if *optional { ", optional" } else { "" });
        let text = without_links(text);
        let _ = writeln!(rows, "| `{path}` | {}{optional} | {text} |", holds.words);
        if let Some(part) = holds.part {
            fields(part, &format!("{path}{}.", holds.many), all, rows)?;
        }
    }
    Ok(())
}

/// What a field holds.
struct Holds<'a> {
    words: String,
    /// The shape, where it has fields of its own.
    part: Option<&'a Shape>,
    /// What stands behind the field's name in the names of those.
    many: &'static str,
}

impl<'a> Holds<'a> {
    fn of(rust_type: &str, all: &'a [Source]) -> Option<Self> {
        let inside = |outer: &str| rust_type.strip_prefix(outer)?.strip_suffix('>');
        if let Some(inner) = inside("Option<") {
            return Self::of(inner, all);
        }
        if let Some(inner) = inside("Vec<") {
            let one = Self::of(inner, all)?;
            return Some(Self { words: format!("list of {}", one.words), part: one.part, many: "[]" });
        }
        let plain = |words: &str| Some(Self { words: words.to_owned(), part: None, many: "" });
        match rust_type {
            "String" | "SeatId" => plain("text"),
            "bool" => plain("true or false"),
            "u16" | "u32" | "u64" | "i64" | "Minor" | "Rate" | "TariffIndex" | "Position" | "Entries" => {
                plain("integer")
            }
            "Timestamp" => plain("time"),
            "Digest" => plain("SHA-256"),
            "Currency" => plain("ISO 4217"),
            _ => match rust_type.strip_suffix("Id") {
                Some(what) => {
                    plain(&format!("`{}_…`", snake_case(if what == "Show" { "Event" } else { what })))
                }
                None => Self::declared(all.iter().find_map(|source| source.shape(rust_type))?),
            },
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is one arm of a search")]
    fn declared(shape: &'a Shape) -> Option<Self> {
        if shape.members.iter().all(|member| member.rust_type.is_some()) {
            return Some(Self { words: "object".to_owned(), part: Some(shape), many: "" });
        }
        let names: Vec<String> =
            shape.members.iter().map(|variant| format!("`{}`", snake_case(&variant.name))).collect();
        Some(Self { words: names.join(", "), part: None, many: "" })
    }
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// Links of rustdoc as plain code: a reader of Markdown cannot follow them.
fn without_links(text: &str) -> String {
    text.replace("[`", "`").replace("`]", "`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_event_has_an_entry_with_all_its_fields() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let text = catalogue(root).unwrap();
        for kind in &KINDS {
            assert!(!kind.types.is_empty());
            for (name, schema_version) in kind.types {
                let (_, entry) =
                    text.split_once(&format!("### `{name}`, schema {schema_version}\n")).unwrap();
                let entry = entry.split("\n### ").next().unwrap();
                let example = entry.split_once("```json\n").unwrap().1.split_once("\n```").unwrap().0;
                let example: serde_json::Value = serde_json::from_str(example).unwrap();
                for field in example.as_object().unwrap().keys() {
                    assert!(entry.contains(&format!("| `{field}` |")), "{field} of {name}");
                }
            }
        }
    }

    #[test]
    fn names_are_written_as_in_json() {
        assert_eq!([snake_case("SeatingPlan"), snake_case("Event")], ["seating_plan", "event"]);
        assert_eq!(without_links("See [`Thing`]."), "See `Thing`.");
    }
}
