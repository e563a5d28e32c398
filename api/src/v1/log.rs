//! The event log, for those who check it.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use boxoffice_domain::log::{Position, Recorded, StreamName};
use boxoffice_projections::feed::LogFeed;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::accept;
use crate::answer::Answer;
use crate::app::App;
use crate::context::Administrator;
use crate::extract::Query;
use crate::problem::{Code, Problem};

/// NDJSON: one event a line, as in an export.
const NDJSON: &str = "application/x-ndjson";

/// How many events one read of the log takes.
const READ: usize = 1_000;

/// How many events one JSON page looks at for those that are asked for.
const SCAN_MAX: usize = 100_000;

const HEARTBEAT: Duration = Duration::from_secs(15);

/// Which part of the log.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogFilter {
    /// The first position; 1 unless told.
    pub from: Option<String>,
    /// Only this stream.
    pub stream: Option<String>,
    /// Only this type of event.
    #[serde(rename = "type")]
    pub event_type: Option<String>,
    /// How many events: in JSON 1 to 1000 and 100 unless told, in NDJSON any number and all unless told.
    pub limit: Option<String>,
}

/// A page of the log. Each event has every field of an exported line.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogPage {
    /// The events.
    #[schema(value_type = Vec<Object>)]
    pub data: Vec<Box<RawValue>>,
    /// The `from` of the next page; null at the head.
    pub next_cursor: Option<String>,
}

struct Wanted {
    from: Position,
    stream: Option<StreamName>,
    event_type: Option<String>,
    limit: Option<usize>,
}

impl Wanted {
    fn of(filter: &LogFilter) -> Result<Self, Problem> {
        let number = |text: &Option<String>, name: &str| {
            let parse = |text: &String| {
                let number = text.parse::<u64>().ok().filter(|number| *number > 0);
                number.ok_or_else(|| Problem::field(name, "out_of_range", "Expected a number from 1."))
            };
            text.as_ref().map(parse).transpose()
        };
        Ok(Self {
            from: number(&filter.from, "from")?.unwrap_or(1),
            stream: filter.stream.as_deref().map(StreamName::from_log),
            event_type: filter.event_type.clone(),
            limit: number(&filter.limit, "limit")?.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
        })
    }

    fn is_wanted(&self, event: &Recorded) -> bool {
        self.stream.as_ref().is_none_or(|stream| *stream == event.stream)
            && self.event_type.as_ref().is_none_or(|wanted| **wanted == *event.event_type)
    }
}

/// The log from a position on. `Accept: application/x-ndjson` streams it as in an export.
#[utoipa::path(get, path = "/v1/log", tag = "Auditors", operation_id = "read_log", params(LogFilter),
    responses((status = 200, description = "A page of the log", content(
        (LogPage = "application/json"), (String = "application/x-ndjson")))))]
pub async fn read_log(
    Administrator(context): Administrator,
    Query(filter): Query<LogFilter>,
) -> Result<Response, Problem> {
    let wanted = Wanted::of(&filter)?;
    let head = context.app.feed.look_up_head().await;
    if accept::best(&context.headers, &["application/json", NDJSON])? == NDJSON {
        let lines =
            Lines { feed: Arc::clone(&context.app.feed), after: wanted.from - 1, head, wanted, sent: 0 };
        return Response::builder()
            .header(CONTENT_TYPE, NDJSON)
            .header(CACHE_CONTROL, "no-store")
            .header(crate::context::LOG_POSITION, head)
            .body(Body::from_stream(futures_util::stream::unfold(Some(lines), Lines::next)))
            .map_err(Problem::internal);
    }
    let limit = wanted.limit.unwrap_or(100);
    if limit > 1_000 {
        return Err(Problem::field("limit", "out_of_range", "Expected a number from 1 to 1000."));
    }
    let page = page(&*context.app.feed, &wanted, limit, head).await?;
    Ok(Answer::json(StatusCode::OK, &page)?.at(head).private().into_response())
}

async fn page(feed: &dyn LogFeed, wanted: &Wanted, limit: usize, head: Position) -> Result<LogPage, Problem> {
    let (mut data, mut after, mut seen) = (Vec::with_capacity(limit.min(READ)), wanted.from - 1, 0);
    while data.len() < limit && after < head && seen < SCAN_MAX {
        let events = feed.read(after, READ).await?;
        if events.is_empty() {
            break;
        }
        for event in events {
            seen += 1;
            after = event.position;
            if wanted.is_wanted(&event) {
                let line = event.to_line().map_err(Problem::internal)?;
                data.push(RawValue::from_string(line).map_err(Problem::internal)?);
                if data.len() == limit {
                    break;
                }
            }
        }
    }
    Ok(LogPage { data, next_cursor: (after < head).then(|| (after + 1).to_string()) })
}

/// The log as lines, a page at a time.
struct Lines {
    feed: Arc<dyn LogFeed>,
    after: Position,
    head: Position,
    wanted: Wanted,
    sent: usize,
}

impl Lines {
    async fn next(
        lines: Option<Self>,
    ) -> Option<(Result<Bytes, boxoffice_projections::feed::Outage>, Option<Self>)> {
        let mut lines = lines?;
        let limit = lines.wanted.limit.unwrap_or(usize::MAX);
        let mut text = String::new();
        while text.is_empty() && lines.sent < limit && lines.after < lines.head {
            let events = match lines.feed.read(lines.after, READ).await {
                Ok(events) => events,
                // The client sees the stream break off, and knows that it is not whole.
                Err(outage) => return Some((Err(outage), None)),
            };
            if events.is_empty() {
                return None;
            }
            for event in events.iter().take_while(|event| event.position <= lines.head) {
                lines.after = event.position;
                if lines.wanted.is_wanted(event) && lines.sent < limit {
                    text.push_str(&event.to_line().unwrap_or_default());
                    text.push('\n');
                    lines.sent += 1;
                }
            }
        }
        (!text.is_empty()).then(|| (Ok(Bytes::from(text)), Some(lines)))
    }
}

/// Where to go on.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// The last position that was seen; `Last-Event-ID` says the same. The head unless told.
    pub after: Option<String>,
}

/// The log as it grows: each event's id is its position.
#[utoipa::path(get, path = "/v1/log/live", tag = "Auditors", operation_id = "watch_log", params(After),
    responses((status = 200, description = "A stream of events", content_type = "text/event-stream", body = String)))]
pub async fn watch_log(
    Administrator(context): Administrator,
    Query(parameter): Query<After>,
) -> Result<Response, Problem> {
    let header = context.headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = header.or(parameter.after.as_deref()).map(str::parse::<Position>).transpose();
    let after = after.map_err(|_| Problem::field("after", "invalid", "Expected a position."))?;
    let head = context.app.feed.look_up_head().await;
    let after = after.unwrap_or(head);
    if after > head {
        return Err(Problem::new(Code::PositionBeyondHead, format!("The log's head is {head}.")));
    }
    let frames = futures_util::stream::unfold((Arc::clone(&context.app), after), frame);
    Response::builder()
        .header(CONTENT_TYPE, "text/event-stream")
        .header(CACHE_CONTROL, "no-store")
        .body(Body::from_stream(frames))
        .map_err(Problem::internal)
}

async fn frame(
    (app, after): (Arc<App>, Position),
) -> Option<(Result<Bytes, Infallible>, (Arc<App>, Position))> {
    let waited = tokio::select! {
        waited = tokio::time::timeout(HEARTBEAT, app.feed.wait_beyond(after)) => waited,
        () = app.closing() => return None,
    };
    if waited.is_err() {
        return Some((Ok(Bytes::from_static(b": still here\n\n")), (app, after)));
    }
    let events = app.feed.read(after, READ).await.ok()?;
    let (mut text, mut last) = (String::new(), after);
    for event in &events {
        last = event.position;
        let line = event.to_line().unwrap_or_default();
        let _ = write!(text, "id: {last}\nevent: event\ndata: {line}\n\n");
    }
    Some((Ok(Bytes::from(text)), (app, last)))
}
