//! Pages about the API, rendered on the server from the document that programs read. No scripts, one stylesheet, and
//! a policy that would stop anything else.
//!
//! A page is made when it is first asked for, and then kept: nothing on it changes while the program runs.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::get;
use boxoffice_domain::digest::Digest;
use bytes::Bytes;

use self::html::Html;
use crate::answer::Answer;
use crate::app::App;

mod errors;
mod html;
mod reference;
mod shape;

const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

const STYLESHEET: &str = include_str!("docs_page/docs.css");

/// Pages of the documentation.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(async || Redirect::to("/docs")))
        .route("/docs", get(get_reference))
        .route("/docs/errors", get(get_errors))
        .route("/assets/docs.css", get(get_stylesheet))
}

/// What is sent to everybody.
struct Kept {
    media_type: &'static str,
    tag: String,
    body: Bytes,
}

impl Kept {
    fn new(media_type: &'static str, text: String) -> Self {
        let body = Bytes::from(text);
        Self { media_type, tag: format!("\"{}\"", Digest::of(&[&body])), body }
    }

    fn answer(&self, request: &HeaderMap) -> Answer {
        Answer::bytes(StatusCode::OK, self.media_type, self.body.clone())
            .tagged(&self.tag, request)
            .with(CONTENT_SECURITY_POLICY, POLICY)
            .with(X_CONTENT_TYPE_OPTIONS, "nosniff")
            .with(REFERRER_POLICY, "no-referrer")
    }
}

/// `GET /docs`
async fn get_reference(request: HeaderMap) -> Answer {
    static PAGE: OnceLock<Kept> = OnceLock::new();
    PAGE.get_or_init(|| Kept::new("text/html; charset=utf-8", reference_page())).answer(&request)
}

/// `GET /docs/errors`
async fn get_errors(request: HeaderMap) -> Answer {
    static PAGE: OnceLock<Kept> = OnceLock::new();
    PAGE.get_or_init(|| Kept::new("text/html; charset=utf-8", errors_page())).answer(&request)
}

/// `GET /assets/docs.css`
async fn get_stylesheet(request: HeaderMap) -> Answer {
    static SHEET: OnceLock<Kept> = OnceLock::new();
    SHEET.get_or_init(|| Kept::new("text/css; charset=utf-8", STYLESHEET.to_owned())).answer(&request)
}

fn reference_page() -> String {
    let document = crate::routes::document();
    let mut main = Html::new();
    main.markup(RULES).piece(&reference::operations(&document));
    page("API reference", "/docs", &reference::navigation(&document), &main)
}

fn errors_page() -> String {
    let mut main = Html::new();
    main.markup(PROBLEMS).piece(&errors::table());
    page("Errors", "/docs/errors", &Html::new(), &main)
}

/// A whole page. Its `main` begins with the only `h1`.
fn page(title: &str, path: &str, side: &Html, main: &Html) -> String {
    let mut html = Html::new();
    html.markup("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>").text(title);
    html.markup(" · boxoffice</title>").markup(HEAD);
    for (link, name) in PAGES {
        html.markup("<a href=\"").text(link).markup(if link == path {
            "\" aria-current=\"page\">"
        } else {
            "\">"
        });
        html.text(name).markup("</a>");
    }
    html.markup("</nav></header>").piece(side);
    html.markup("<main id=\"main\" tabindex=\"-1\">").piece(main).markup("</main>");
    html.markup("<footer>boxoffice ").text(env!("CARGO_PKG_VERSION"));
    html.markup(" · MIT OR Apache-2.0</footer></body></html>");
    html.into_text()
}

const HEAD: &str = "\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
<meta name=\"color-scheme\" content=\"light dark\">\
<link rel=\"stylesheet\" href=\"/assets/docs.css\">\
<link rel=\"icon\" href=\"data:,\">\
</head><body>\
<a class=\"skip\" href=\"#main\">Skip to the content</a>\
<header><a class=\"brand\" href=\"/docs\">boxoffice</a>\
<nav aria-label=\"Documentation\">";

const PAGES: [(&str, &str); 3] =
    [("/docs", "Reference"), ("/docs/errors", "Errors"), ("/v1/openapi.json", "OpenAPI")];

const RULES: &str = "\
<h1>API reference</h1>\
<p>JSON over HTTP, from the first look at an event to the scan at the door. The same as a document for programs: \
<a href=\"/v1/openapi.json\">OpenAPI</a>.</p>\
<section aria-labelledby=\"rules\"><h2 id=\"rules\">Rules for every call</h2>\
<h3>Secrets</h3>\
<p>Send them as <code>Authorization: Bearer …</code>. A hold answers with its <code>hold_token</code>, which is good \
for the hold and for the order made of it; an order answers with its <code>order_token</code>, which is good for the \
order, its payments and its tickets. With another secret they do not exist: 404. The administrator's token, in the file \
<code>admin-token</code> of the data folder, is good for everything.</p>\
<h3>Sending again</h3>\
<p>A POST with an <code>Idempotency-Key</code> can be sent again: the same key and body get the first 2xx answer for 24 \
hours, also after a restart. What was refused is decided anew. Another body under the key is \
<a href=\"/docs/errors#idempotency_key_reused\"><code>idempotency_key_reused</code></a>.</p>\
<h3>Reading what you wrote</h3>\
<p>Answers to commands carry <code>Log-Position</code>. A query with that number as <code>min_position</code> waits, at \
most two seconds, until it can see it.</p>\
<h3>Amounts, times, ids</h3>\
<p>Money is an integer of minor units with its currency: 4500 EUR is 45 euros, 4500 JPY is 4500 yen. Times are RFC 3339 \
in UTC with milliseconds. Ids say what they name, and sort by the time of their making.</p>\
<h3>Lists and caches</h3>\
<p>Lists take <code>limit</code> (1 to 100, else 25) and <code>cursor</code>, and answer with \
<code>next_cursor</code>. An event, its availability and its seats carry an <code>ETag</code>; send it as \
<code>If-None-Match</code>.</p>\
<h3>What goes wrong</h3>\
<p>Every answer that is not 2xx or 304 is <code>application/problem+json</code> with a stable <code>code</code>: see \
<a href=\"/docs/errors\">Errors</a>. Every answer carries a <code>Request-Id</code>; quote it when you report something.</p>\
<h3>To try the commands below</h3>\
<pre><code>BOXOFFICE=http://127.0.0.1:8080\nADMIN_TOKEN=$(cat boxoffice-data/admin-token)</code></pre>\
</section>";

const PROBLEMS: &str = "\
<h1>Errors</h1>\
<p>What goes wrong is told as <code>application/problem+json</code> (RFC 9457). Programs go by the <code>code</code>, \
which does not change; people by <code>title</code> and <code>detail</code>. <code>errors</code>, where it is there, \
points at each bad field.</p>\
<p><b>Again?</b> says whether the same request may succeed later without anything being changed; then wait as many \
seconds as <code>retry_after</code> says. A refusal by the rules of the sale is final until something changes.</p>\
<pre><code>{\n  \"type\": \"/docs/errors#seats_taken\",\n  \"title\": \"Somebody else has these seats\",\n  \
\"status\": 409,\n  \"detail\": \"Somebody else has these seats.\",\n  \"instance\": \"/v1/events/…/holds\",\n  \
\"code\": \"seats_taken\",\n  \"retryable\": false,\n  \"seats\": [\"Stalls-A-12\"]\n}</code></pre>\
<h2 id=\"codes\">Codes</h2>";

#[cfg(test)]
mod tests {
    use axum::http::header::{ETAG, IF_NONE_MATCH};
    use axum::response::IntoResponse as _;

    use super::*;
    use crate::problem::Code;

    #[test]
    fn every_operation_stands_on_the_page_once() {
        let (document, page) = (crate::routes::document(), reference_page().replace("<wbr>", ""));
        let operations = reference::Operation::all(&document);
        assert!(operations.len() > 30, "{}", operations.len());
        for operation in operations {
            let id = operation.id();
            assert_eq!(page.matches(&format!("<article id=\"{id}\">")).count(), 1, "{id}");
            assert!(page.contains(&format!("<a href=\"#{id}\">")), "{id} is not in the navigation");
            let head = format!("<b>{}</b> <code>{}</code>", operation.method.to_uppercase(), operation.path);
            assert!(page.contains(&head), "{head}");
        }
        assert_eq!(page.matches("<article").count(), page.matches("</article>").count());
    }

    #[test]
    fn every_code_can_be_linked_to() {
        let page = errors_page();
        for code in Code::ALL {
            assert_eq!(page.matches(&format!("<tr id=\"{}\">", code.name())).count(), 1, "{}", code.name());
        }
    }

    #[test]
    fn pages_have_no_script_and_no_style_of_their_own() {
        for page in [reference_page(), errors_page()] {
            for banned in ["<script", "<style", " style=", " onclick", " onload", "javascript:", "http-equiv"]
            {
                assert!(!page.contains(banned), "{banned}");
            }
        }
        assert!(!STYLESHEET.contains("url(") && !STYLESHEET.contains("@import"));
    }

    #[test]
    fn pages_are_built_for_everybody() {
        for page in [reference_page(), errors_page()] {
            assert!(page.starts_with("<!doctype html><html lang=\"en\">"));
            for landmark in
                ["<header>", "<main id=\"main\"", "<footer>", "<a class=\"skip\" href=\"#main\">", "<title>"]
            {
                assert_eq!(page.matches(landmark).count(), 1, "{landmark}");
            }
            assert_eq!(page.matches("<h1>").count(), 1);
            assert_eq!(page.matches("aria-current").count(), 1);
            let levels: Vec<u32> = page
                .match_indices("<h")
                .filter_map(|(at, _)| page[at + 2..].chars().next()?.to_digit(10))
                .collect();
            assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
            let ids: Vec<&str> =
                page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
            assert_eq!(distinct.len(), ids.len(), "an id stands twice");
        }
    }

    #[test]
    fn every_link_within_the_pages_leads_somewhere() {
        let (reference, errors) = (reference_page(), errors_page());
        for (own, page) in [(&reference, &reference), (&errors, &errors)] {
            for target in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let id = |page: &str, id: &str| page.contains(&format!(" id=\"{id}\""));
                let leads = match target {
                    "/docs" | "/docs/errors" | "/v1/openapi.json" | "/assets/docs.css" | "data:," => true,
                    _ => {
                        target.strip_prefix('#').is_some_and(|target| id(own, target))
                            || target.strip_prefix("/docs/errors#").is_some_and(|target| id(&errors, target))
                    }
                };
                assert!(leads, "{target}");
            }
        }
    }

    #[test]
    fn pages_stay_small() {
        assert!(reference_page().len() < 160_000, "{}", reference_page().len());
        assert!(STYLESHEET.len() < 12_000, "{}", STYLESHEET.len());
    }

    #[tokio::test]
    async fn answers_are_guarded_and_cached() {
        for get in [get_reference(HeaderMap::new()).await, get_errors(HeaderMap::new()).await] {
            let response = get.into_response();
            assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], POLICY);
            assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        }
        let first = get_stylesheet(HeaderMap::new()).await.into_response();
        assert_eq!(first.status(), StatusCode::OK);
        let mut again = HeaderMap::new();
        again.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(get_stylesheet(again).await.into_response().status(), StatusCode::NOT_MODIFIED);
    }
}
