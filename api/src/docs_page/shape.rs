//! JSON schemas as people read them: one line a field, `$ref` resolved, and an example that has every field that is
//! needed.

#![expect(clippy::indexing_slicing, reason = "a missing member of a JSON value is null")]

use serde_json::{Map, Value, json};

/// How deep shapes are followed; a shape that contains itself ends here.
const DEPTH_MAX: usize = 8;

/// What every id in an example ends with.
const ID_EXAMPLE: &str = "01h455vb4pex5vsknk084sn02q";

/// The resources whose ids start with their name.
const IDS: [&str; 10] = [
    "event",
    "hold",
    "order",
    "organizer",
    "payment",
    "pool",
    "seating_plan",
    "ticket",
    "ticket_type",
    "venue",
];

/// The schemas that a document has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schemas<'a>(&'a Value);

/// One field of a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Where it is: `items[].seat_id`.
    pub(super) path: String,
    /// What it holds, in the words of JSON.
    pub(super) kind: String,
    /// Whether it is always there, or must be.
    pub(super) required: bool,
    /// What it means.
    pub(super) text: String,
    /// An example.
    pub(super) example: Option<String>,
}

struct Property<'a> {
    name: &'a str,
    schema: &'a Value,
    required: bool,
}

impl<'a> Schemas<'a> {
    /// The schemas of an OpenAPI document.
    pub(super) fn of(document: &'a Value) -> Self {
        Self(&document["components"]["schemas"])
    }

    /// Every field of a shape, and the fields of those.
    pub(super) fn fields(self, schema: &'a Value) -> Vec<Field> {
        let mut fields = Vec::new();
        self.collect(schema, "", DEPTH_MAX, &mut fields);
        fields
    }

    /// A body of that shape, with every field that is required or that has an example of its own.
    pub(super) fn example(self, schema: &'a Value) -> Value {
        self.sample("", schema, DEPTH_MAX)
    }

    /// What a value is, in the words of JSON.
    pub(super) fn kind(self, schema: &'a Value) -> String {
        let schema = self.resolve(schema);
        match type_of(schema) {
            Some("array") => format!("array of {}", plural(&self.kind(&schema["items"]))),
            Some(name) => name.to_owned(),
            None if self.properties(schema).is_empty() => "any JSON".to_owned(),
            None => "object".to_owned(),
        }
    }

    fn collect(self, schema: &'a Value, at: &str, depth: usize, fields: &mut Vec<Field>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let schema = self.resolve(schema);
        if type_of(schema) == Some("array") {
            return self.collect(&schema["items"], &format!("{at}[]"), depth, fields);
        }
        for Property { name, schema, required } in self.properties(schema) {
            let path = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
            let example = [schema, self.resolve(schema)].into_iter().find_map(example_of);
            let text =
                [schema, self.resolve(schema)].into_iter().find_map(|schema| schema["description"].as_str());
            fields.push(Field {
                path: path.clone(),
                kind: self.kind(schema),
                required,
                text: text.unwrap_or_default().to_owned(),
                example: example.map(|example| example.as_str().map_or(example.to_string(), str::to_owned)),
            });
            self.collect(schema, &path, depth, fields);
        }
    }

    /// The schema that a reference names, and the only one that counts where the other is `null`.
    fn resolve(self, schema: &'a Value) -> &'a Value {
        let mut found = schema;
        for _ in 0..DEPTH_MAX {
            let choices = found["oneOf"].as_array().or_else(|| found["anyOf"].as_array());
            if let Some(name) = found["$ref"].as_str() {
                found = &self.0[name.rsplit('/').next().unwrap_or_default()];
            } else if let Some(choice) =
                choices.and_then(|choices| choices.iter().find(|one| one["type"] != "null"))
            {
                found = choice;
            } else {
                return found;
            }
        }
        found
    }

    /// The properties of an object, those of its parts included.
    fn properties(self, schema: &'a Value) -> Vec<Property<'a>> {
        let mut found: Vec<Property<'a>> = Vec::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            found.extend(self.properties(self.resolve(part)));
        }
        let required = schema["required"].as_array();
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            found.push(Property { name, schema, required: is_required(name) });
        }
        found
    }

    fn sample(self, name: &str, schema: &'a Value, depth: usize) -> Value {
        if let Some(example) = example_of(schema) {
            return example.clone();
        }
        let schema = self.resolve(schema);
        if let Some(example) = example_of(schema) {
            return example.clone();
        }
        let Some(depth) = depth.checked_sub(1) else { return Value::Null };
        match type_of(schema) {
            Some("string") => text_sample(name).into(),
            Some("integer" | "number") => 1.into(),
            Some("boolean") => false.into(),
            Some("array") => json!([self.sample(name.trim_end_matches('s'), &schema["items"], depth)]),
            Some(_) | None => {
                let wanted = |property: &Property<'a>| {
                    property.required
                        || example_of(property.schema).is_some() && type_of(property.schema).is_some()
                };
                let members = self.properties(schema).into_iter().filter(wanted);
                members
                    .map(|property| {
                        (property.name.to_owned(), self.sample(property.name, property.schema, depth))
                    })
                    .collect::<Map<_, _>>()
                    .into()
            }
        }
    }
}

fn example_of(schema: &Value) -> Option<&Value> {
    schema.get("example").or_else(|| schema.get("examples")?.as_array()?.first())
}

/// The type that is not `null`.
fn type_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    }
}

fn plural(kind: &str) -> String {
    match kind {
        "any JSON" => kind.to_owned(),
        kind if kind.starts_with("array of ") => kind.replacen("array", "arrays", 1),
        kind => format!("{kind}s"),
    }
}

fn text_sample(name: &str) -> String {
    match name.strip_suffix("_id") {
        Some(what) if IDS.contains(&what) => format!("{what}_{ID_EXAMPLE}"),
        _ if name.ends_with("_at") => "2026-12-24T19:30:00Z".to_owned(),
        _ if name == "city" => "Berlin".to_owned(),
        _ => "text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({"components": {"schemas": {
            "Hold": {
                "description": "A hold.",
                "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {"type": "object", "required": ["items"], "properties": {
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}, "description": "What is held."},
                        "total": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Money", "description": "In all."}]}
                    }}
                ]
            },
            "Base": {"type": "object", "required": ["hold_id", "expires_at"], "properties": {
                "hold_id": {"type": "string", "description": "The hold."},
                "expires_at": {"type": "string"}
            }},
            "Item": {"type": "object", "properties": {
                "seat_id": {"type": ["string", "null"], "examples": ["A-12"]},
                "quantity": {"type": ["integer", "null"]}
            }},
            "Money": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer", "example": 4500}}},
            "Endless": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Endless"}}}
        }}})
    }

    #[test]
    fn every_field_stands_in_a_line_of_its_own() {
        let document = document();
        let schema = json!({"$ref": "#/components/schemas/Hold"});
        let fields = Schemas::of(&document).fields(&schema);
        let told: Vec<_> =
            fields.iter().map(|field| (field.path.as_str(), field.kind.as_str(), field.required)).collect();
        assert_eq!(
            told,
            [
                ("expires_at", "string", true),
                ("hold_id", "string", true),
                ("items", "array of objects", true),
                ("items[].quantity", "integer", false),
                ("items[].seat_id", "string", false),
                ("total", "object", false),
                ("total.amount", "integer", true),
            ]
        );
        assert_eq!(fields[1].text, "The hold.");
        assert_eq!(fields[4].example.as_deref(), Some("A-12"));
        assert_eq!(fields[6].example.as_deref(), Some("4500"));
    }

    #[test]
    fn an_example_has_what_is_required_and_what_has_an_example() {
        let document = document();
        let schema = json!({"$ref": "#/components/schemas/Hold"});
        assert_eq!(
            Schemas::of(&document).example(&schema),
            json!({"hold_id": "hold_01h455vb4pex5vsknk084sn02q", "expires_at": "2026-12-24T19:30:00Z", "items": [{"seat_id": "A-12"}]})
        );
    }

    #[test]
    fn a_shape_that_contains_itself_ends() {
        let document = document();
        let schema = json!({"$ref": "#/components/schemas/Endless"});
        assert!(Schemas::of(&document).fields(&schema).len() <= DEPTH_MAX);
        assert!(Schemas::of(&document).example(&schema).is_object());
    }
}
