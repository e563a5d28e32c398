//! The reference: every operation of the OpenAPI document, with a command that tries it.

#![expect(clippy::indexing_slicing, reason = "a missing member of a JSON value is null")]

use serde_json::{Value, json};

use super::html::Html;
use super::shape::{Field, Schemas};

/// The page of buyers.
pub(super) const BUYERS: &str = "/docs";

/// The page of those who sell, check and run it.
pub(super) const ORGANIZERS: &str = "/docs/organizers";

/// The parts of the reference, in the order in which somebody meets them, each with the page that it is on.
const PARTS: [(&str, &str, &str); 5] = [
    (
        BUYERS,
        "Buyers",
        "Look, hold, order, pay. No account is needed: what is made answers with the secret that opens it.",
    ),
    (BUYERS, "Sandbox", "Plays the bank for the built-in payment provider, which moves no money."),
    (ORGANIZERS, "Organizers", "Sets up what is sold, and lets tickets in."),
    (ORGANIZERS, "Auditors", "The event log and what it says about a seat."),
    (ORGANIZERS, "Operations", "For whoever runs the server."),
];

const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];

/// One operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    spec: &'a Value,
}

/// The secret that an operation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secret {
    None,
    Administrator,
    Hold,
    Order,
}

impl<'a> Operation<'a> {
    /// Every operation of a document, by path.
    pub(super) fn all(document: &'a Value) -> Vec<Self> {
        let paths = document["paths"].as_object().into_iter().flatten();
        paths
            .flat_map(|(path, operations)| {
                METHODS
                    .into_iter()
                    .filter_map(move |method| Some(Self { method, path, spec: operations.get(method)? }))
            })
            .collect()
    }

    /// Its name, which is also where it stands on the page.
    pub(super) fn id(&self) -> &'a str {
        self.spec["operationId"].as_str().unwrap_or_default()
    }

    fn part(&self) -> &'a str {
        self.spec["tags"][0].as_str().unwrap_or_default()
    }

    fn text(&self, member: &str) -> &'a str {
        self.spec[member].as_str().unwrap_or_default()
    }

    fn parameters(&self, place: &str) -> impl Iterator<Item = &'a Value> {
        let parameters = self.spec["parameters"].as_array().into_iter().flatten();
        parameters.filter(move |parameter| parameter["in"] == place)
    }

    /// `auth.rs` decides; this only says it.
    fn secret(&self) -> Secret {
        let under = |prefix: &str| self.path.starts_with(prefix);
        match self.part() {
            "Organizers" | "Auditors" => Secret::Administrator,
            "Buyers" | "Sandbox"
                if under("/v1/holds") || ["/v1/orders", "/v1/orders/quote"].contains(&self.path) =>
            {
                Secret::Hold
            }
            "Buyers" | "Sandbox" if !under("/v1/events") => Secret::Order,
            _ => Secret::None,
        }
    }
}

impl Secret {
    fn words(self) -> &'static str {
        match self {
            Self::None => "Needs no token.",
            Self::Administrator => "Needs the administrator's token.",
            Self::Hold => "Needs the `hold_token`.",
            Self::Order => "Needs the `order_token`.",
        }
    }

    fn variable(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Administrator => Some("ADMIN_TOKEN"),
            Self::Hold => Some("HOLD_TOKEN"),
            Self::Order => Some("ORDER_TOKEN"),
        }
    }
}

/// The list of operations beside a page.
pub(super) fn navigation(document: &Value, page: &str) -> Html {
    let operations = Operation::all(document);
    let mut html = Html::new();
    html.markup("<nav class=\"side\" aria-label=\"Operations\"><ul><li><a href=\"");
    html.text(if page == BUYERS { "" } else { BUYERS }).markup("#rules\">Rules for every call</a></li>");
    for (_, part, _) in PARTS.iter().filter(|(of, ..)| *of == page) {
        html.markup("<li><a href=\"#").text(&anchor(part)).markup("\">").text(part).markup("</a><ul>");
        for operation in operations.iter().filter(|operation| operation.part() == *part) {
            html.markup("<li><a href=\"#").text(operation.id()).markup("\">");
            html.text(&operation.id().replace('_', " ")).markup("</a></li>");
        }
        html.markup("</ul></li>");
    }
    html.markup("</ul></nav>");
    html
}

/// Every operation of a page, by part.
pub(super) fn operations(document: &Value, page: &str) -> Html {
    let operations = Operation::all(document);
    let schemas = Schemas::of(document);
    let mut html = Html::new();
    for (_, part, about) in PARTS.iter().filter(|(of, ..)| *of == page) {
        html.markup("<section aria-labelledby=\"")
            .text(&anchor(part))
            .markup("\"><h2 id=\"")
            .text(&anchor(part));
        html.markup("\">").text(part).markup("</h2><p>").text(about).markup("</p>");
        for operation in operations.iter().filter(|operation| operation.part() == *part) {
            html.piece(&article(*operation, schemas));
        }
        html.markup("</section>");
    }
    html
}

fn anchor(part: &str) -> String {
    part.to_lowercase()
}

fn article(operation: Operation<'_>, schemas: Schemas<'_>) -> Html {
    let mut html = Html::new();
    html.markup("<article id=\"").text(operation.id()).markup("\"><h3><a href=\"#").text(operation.id());
    html.markup("\"><b>").text(&operation.method.to_uppercase()).markup("</b> ").parts(operation.path);
    html.markup("</a></h3><p>").prose(operation.text("summary")).markup("</p>");
    if !operation.text("description").is_empty() {
        html.markup("<p>").prose(operation.text("description")).markup("</p>");
    }
    html.markup("<p class=\"needs\">").prose(operation.secret().words()).markup("</p>");
    html.piece(&parameters(operation));
    if let Some(schema) = body_schema(operation) {
        html.piece(&fields("Body", "", &schemas.fields(schema)));
    }
    html.piece(&answers(operation, schemas));
    html.markup("<pre>").code(&curl(operation, schemas)).markup("</pre></article>");
    html
}

fn parameters(operation: Operation<'_>) -> Html {
    let line = |parameter: &Value, place: &str| Field {
        path: parameter["name"].as_str().unwrap_or_default().to_owned(),
        kind: place.to_owned(),
        required: parameter["required"].as_bool().unwrap_or_default(),
        text: parameter["description"].as_str().unwrap_or_default().to_owned(),
        example: None,
    };
    let lines: Vec<Field> = ["path", "query", "header"]
        .into_iter()
        .flat_map(|place| operation.parameters(place).map(move |parameter| line(parameter, place)))
        .collect();
    fields("Parameters", "", &lines)
}

fn body_schema(operation: Operation<'_>) -> Option<&Value> {
    operation.spec["requestBody"]["content"].as_object()?.values().next()?.get("schema")
}

/// What comes back. What went wrong looks the same everywhere and has a page of its own.
fn answers(operation: Operation<'_>, schemas: Schemas<'_>) -> Html {
    let mut html = Html::new();
    for (status, answer) in operation.spec["responses"].as_object().into_iter().flatten() {
        if status == "default" {
            continue;
        }
        let about = answer["description"].as_str().unwrap_or_default();
        let content = answer["content"].as_object().and_then(|content| content.iter().next());
        let lines = content.map(|(_, content)| schemas.fields(&content["schema"])).unwrap_or_default();
        let media_type = content.map(|(name, _)| name.as_str()).filter(|name| *name != "application/json");
        let about = media_type.map_or_else(|| about.to_owned(), |name| format!("{about} (`{name}`)"));
        html.piece(&fields(status, &about, &lines));
    }
    html
}

/// A heading with lines that can be folded away; without lines only the heading.
fn fields(name: &str, about: &str, lines: &[Field]) -> Html {
    let mut html = Html::new();
    let mut head = Html::new();
    head.markup("<b>").text(name).markup("</b> ").prose(about);
    if lines.is_empty() {
        if !about.is_empty() {
            html.markup("<p class=\"answer\">").piece(&head).markup("</p>");
        }
        return html;
    }
    html.markup("<details><summary>").piece(&head).markup("</summary><dl>");
    for line in lines {
        html.markup("<dt>").code(&line.path).markup(" <i>").text(&line.kind);
        html.markup(if line.required { "</i>" } else { ", optional</i>" });
        if !line.text.is_empty() || line.example.is_some() {
            html.markup("<dd>").prose(&line.text);
        }
        if let Some(example) = &line.example {
            html.markup(" Example: ").code(example);
        }
    }
    html.markup("</dl></details>");
    html
}

/// A command that tries it, once its variables are set.
fn curl(operation: Operation<'_>, schemas: Schemas<'_>) -> String {
    let mut url = format!("$BOXOFFICE{}", operation.path);
    for parameter in operation.parameters("path") {
        let name = parameter["name"].as_str().unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), &format!("${}", name.to_uppercase()));
    }
    let mut lines = vec![match operation.method {
        "get" if is_stream(operation) => format!("curl -N \"{url}\""),
        "get" => format!("curl \"{url}\""),
        method => format!("curl -X {} \"{url}\"", method.to_uppercase()),
    }];
    if let Some(variable) = operation.secret().variable() {
        lines.push(format!("-H \"Authorization: Bearer ${variable}\""));
    }
    if let Some(schema) = body_schema(operation) {
        lines.push("-H \"Content-Type: application/json\"".to_owned());
        let body = sample_body(operation.id()).unwrap_or_else(|| schemas.example(schema));
        lines.push(format!("-d '{}'", body.to_string().replace('\'', r"'\''")));
    }
    lines.join(" \\\n  ")
}

fn is_stream(operation: Operation<'_>) -> bool {
    operation.spec["responses"]["200"]["content"].get("text/event-stream").is_some()
}

/// Bodies whose shape alone does not tell what makes sense: one of two fields is needed, or the shape is a format of
/// its own.
fn sample_body(operation: &str) -> Option<Value> {
    let scan = json!({
        "ticket_id": "ticket_01h455vb4pex5vsknk084sn02q", "gate": "North", "device_id": "phone-1",
        "scanned_at": "2026-12-24T19:05:00Z", "nonce": "1"
    });
    Some(match operation {
        "check_in" => scan,
        "check_in_batch" => json!({"scans": [scan]}),
        "import_seating_plan" => json!({
            "name": "Small house",
            "categories": [{"name": "Stalls", "color": "#aa5500"}],
            "zones": [{"name": "Stalls", "position": {"x": 0, "y": 0}, "rows": [
                {"row_number": "A", "position": {"x": 0, "y": 0}, "seats": [
                    {"seat_guid": "A-1", "seat_number": "1", "category": "Stalls", "position": {"x": 0, "y": 0}}
                ]}
            ]}],
            "size": {"width": 100, "height": 100}
        }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_document_is_shown() {
        let document = crate::routes::document();
        for operation in Operation::all(&document) {
            assert!(PARTS.iter().any(|(_, part, _)| *part == operation.part()), "{}", operation.id());
            assert!(
                !operation.id().is_empty() && !operation.text("summary").is_empty(),
                "{}",
                operation.path
            );
        }
    }

    #[test]
    fn every_command_has_its_variables_and_a_body_where_there_is_one() {
        let document = crate::routes::document();
        for operation in Operation::all(&document) {
            let command = curl(operation, Schemas::of(&document));
            assert!(!command.contains('{') || body_schema(operation).is_some(), "{command}");
            assert_eq!(command.contains("-d '{"), body_schema(operation).is_some(), "{command}");
        }
    }

    #[test]
    fn bodies_by_hand_are_for_operations_that_exist_and_have_their_fields() {
        let document = crate::routes::document();
        let by_hand: Vec<_> = Operation::all(&document)
            .into_iter()
            .filter_map(|operation| Some((operation, sample_body(operation.id())?)))
            .collect();
        assert_eq!(by_hand.len(), 3);
        for (operation, body) in by_hand {
            let fields = Schemas::of(&document).fields(body_schema(operation).unwrap());
            for name in body.as_object().unwrap().keys().filter(|_| !fields.is_empty()) {
                assert!(fields.iter().any(|field| field.path == *name), "{name} of {}", operation.id());
            }
        }
    }
}
