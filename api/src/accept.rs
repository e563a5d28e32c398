//! Which of several forms a client likes best, as its `Accept` header says (RFC 9110, section 12.5.1).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use crate::problem::{Code, Problem};

/// The media type among `offered` that the client likes best; the first where it likes several the same.
///
/// # Errors
/// 406: the client takes none of them.
pub fn best(headers: &HeaderMap, offered: &[&'static str]) -> Result<&'static str, Problem> {
    let accepted: Vec<&str> =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accepted = accepted.join(",");
    let liked = offered.iter().map(|media_type| (*media_type, liking(&accepted, media_type)));
    let best = liked.rev().max_by_key(|(_, liking)| *liking).filter(|(_, liking)| *liking > 0);
    best.map(|(media_type, _)| media_type)
        .ok_or_else(|| Problem::new(Code::NotAcceptable, format!("Offered are {}.", offered.join(" and "))))
}

/// How much a media type is liked, in thousandths. The most exact range that fits says it.
fn liking(accepted: &str, media_type: &str) -> u16 {
    let kind = media_type.split('/').next().unwrap_or_default();
    let mut ranges = accepted.split(',').map(str::trim).filter(|range| !range.is_empty()).peekable();
    if ranges.peek().is_none() {
        return 1_000;
    }
    let fitting = ranges.filter_map(|range| {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let exactness = match parts.next()?.as_str() {
            "*/*" => 1,
            range if range.strip_suffix("/*") == Some(kind) => 2,
            range if range == media_type => 3,
            _ => return None,
        };
        Some((exactness, parts.find_map(|part| quality(part.strip_prefix("q=")?)).unwrap_or(1_000)))
    });
    fitting.max_by_key(|(exactness, _)| *exactness).map_or(0, |(_, quality)| quality)
}

/// `0`, `1`, or up to three digits after the point, in thousandths.
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let thousandths: u16 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some((whole.parse::<u16>().ok()?.min(1) * 1_000).saturating_add(thousandths).min(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERED: [&str; 2] = ["application/json", "application/x-ndjson"];

    fn chosen(accept: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        best(&headers, &OFFERED).ok()
    }

    #[test]
    fn what_is_liked_best_is_sent() {
        assert_eq!(best(&HeaderMap::new(), &OFFERED).unwrap(), OFFERED[0]);
        for accept in ["", "*/*", "application/*", "application/json", "text/html, */*;q=0.1"] {
            assert_eq!(chosen(accept), Some(OFFERED[0]), "{accept}");
        }
        for accept in [
            "application/x-ndjson",
            "Application/X-NDJSON;q=0.5",
            "application/json;q=0.4, application/x-ndjson;q=0.5",
            "application/json;q=0, */*",
        ] {
            assert_eq!(chosen(accept), Some(OFFERED[1]), "{accept}");
        }
        for accept in ["text/html", "application/json;q=0", "*/*;q=0.000"] {
            assert_eq!(chosen(accept), None, "{accept}");
        }
    }
}
