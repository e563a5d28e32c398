//! The catalogue of problems: where the `type` of every problem leads.

use super::html::Html;
use crate::problem::Code;

/// Every code, in the order of the code.
pub(super) fn table() -> Html {
    let mut html = Html::new();
    html.markup(
        "<table><thead><tr><th scope=\"col\">Code</th><th scope=\"col\">Status</th><th scope=\"col\">Again?</th>\
         <th scope=\"col\">What it means</th></tr></thead><tbody>",
    );
    for code in Code::ALL {
        html.markup("<tr id=\"")
            .text(code.name())
            .markup("\"><th scope=\"row\"><a href=\"#")
            .text(code.name());
        html.markup("\">").parts(code.name()).markup("</a></th><td>").text(code.status().as_str());
        html.markup("</td><td>").markup(if code.retryable() { "yes" } else { "no" });
        html.markup("</td><td>").text(code.title()).markup("</td></tr>");
    }
    html.markup("</tbody></table>");
    html
}
