//! `GET /v1/events`

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use axum::http::StatusCode;
use boxoffice_domain::id::{ShowId, VenueId};
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::catalog::{self, ShowRow, VenueRow};
use boxoffice_projections::show::SaleStatus;
use boxoffice_projections::table::{Direction, Query as RowQuery, Value};
use serde::Deserialize;

use super::EventEntry;
use crate::answer::Answer;
use crate::context::Context;
use crate::cursor;
use crate::extract::Query;
use crate::problem::Problem;
use crate::wire::{self, Money, Page, Paging};

/// What to look for. Text is looked for as it stands, in any case; the search engine comes later.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventFilter {
    /// Words of the name, the performers, the venue or the city.
    pub q: Option<String>,
    /// Exactly this category.
    pub category: Option<String>,
    /// Exactly this genre.
    pub genre: Option<String>,
    /// Exactly this city.
    pub city: Option<String>,
    /// Starting at or after this time.
    pub from: Option<String>,
    /// Starting before this time.
    pub to: Option<String>,
    /// Only what can be bought now.
    pub available: Option<String>,
    /// `date`.
    pub sort: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many entries, 1 to 100; 25 unless told.
    pub limit: Option<String>,
    /// Wait until this position can be seen.
    pub min_position: Option<String>,
}

/// How many rows one request looks at; where more would have to be, it answers with what it has and a cursor.
const SCAN_MAX: usize = 2_000;

const PAGE: usize = 200;

struct Wanted {
    words: Vec<String>,
    category: Option<String>,
    genre: Option<String>,
    city: Option<String>,
    from: Timestamp,
    to: Timestamp,
    available: bool,
}

/// Published events, the next first.
#[utoipa::path(get, path = "/v1/events", tag = "Buyers", operation_id = "list_events", params(EventFilter),
    responses((status = 200, description = "A page of them", body = Page<EventEntry>), (status = 304, description = "Unchanged")))]
pub async fn list_events(context: Context, Query(filter): Query<EventFilter>) -> Result<Answer, Problem> {
    let wanted = wanted(&filter, context.now())?;
    let paging = Paging { cursor: filter.cursor, limit: filter.limit };
    let limit = paging.limit()?;
    let cursor = paging.cursor.as_deref().map(cursor::decode).transpose()?;
    if cursor.as_ref().is_some_and(|after| !matches!(after.as_slice(), [Value::Integer(_), Value::Text(_)])) {
        return Err(cursor::unknown());
    }
    // Past the last key of the millisecond before.
    let before = wanted.from.unix_ms().saturating_sub(1);
    let mut after = cursor.unwrap_or_else(|| vec![before.into(), char::MAX.to_string().into()]);
    let mut venues = HashMap::new();
    context.wait_fresh().await?;
    let mut data = Vec::with_capacity(limit);
    let mut seen = 0;
    let next_cursor = loop {
        let query = RowQuery {
            equal: vec![("state", "published".into())],
            order: vec![("starts_at", Direction::Ascending)],
            after: Some(after.clone()),
            limit: PAGE,
        };
        let rows = context.app.views.list(catalog::SHOW.name, &query).await?;
        let mut is_last = rows.len() < PAGE;
        let mut full = false;
        for row in &rows {
            let show = ShowRow::from_row(row)?;
            if show.starts_at >= wanted.to {
                is_last = true;
                break;
            }
            if data.len() == limit {
                full = true;
                break;
            }
            after = vec![show.starts_at.unix_ms().into(), show.show.to_string().into()];
            data.extend(entry(&context, &show, &wanted, &mut venues).await?);
        }
        seen += rows.len();
        if full || (!is_last && seen >= SCAN_MAX) {
            break Some(cursor::encode(&after));
        }
        if is_last {
            break None;
        }
    };
    Ok(Answer::json(StatusCode::OK, &Page { data, next_cursor })?.hashed(&context.headers))
}

fn wanted(filter: &EventFilter, now: Timestamp) -> Result<Wanted, Problem> {
    match filter.sort.as_deref() {
        None | Some("date") => {}
        Some(_) => return Err(Problem::field("sort", "not_supported", "Only `date` is supported so far.")),
    }
    let available = match filter.available.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::field("available", "invalid", "Expected true or false.")),
    };
    Ok(Wanted {
        words: filter.q.as_deref().unwrap_or("").split_whitespace().map(str::to_lowercase).collect(),
        category: filter.category.as_deref().map(str::to_lowercase),
        genre: filter.genre.as_deref().map(str::to_lowercase),
        city: filter.city.as_deref().map(str::to_lowercase),
        // What is over is not looked for unless it is asked for.
        from: wire::optional_time(filter.from.as_deref(), "from")?.unwrap_or(now),
        to: wire::optional_time(filter.to.as_deref(), "to")?.unwrap_or(Timestamp::MAX),
        available,
    })
}

async fn entry(
    context: &Context,
    show: &ShowRow,
    wanted: &Wanted,
    venues: &mut HashMap<VenueId, VenueRow>,
) -> Result<Option<EventEntry>, Problem> {
    let is = |wanted: &Option<String>, found: Option<&str>| {
        wanted.as_ref().is_none_or(|wanted| found.is_some_and(|found| found.to_lowercase() == *wanted))
    };
    if !is(&wanted.category, show.category.as_deref()) || !is(&wanted.genre, show.genre.as_deref()) {
        return Ok(None);
    }
    let venue = match venues.entry(show.venue) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => unknown.insert(context.app.venue(show.venue).await?),
    };
    if !is(&wanted.city, Some(&venue.address.city)) || !has_words(show, venue, &wanted.words) {
        return Ok(None);
    }
    let Some((status, price_from)) = sale(context, show.show) else { return Ok(None) };
    if wanted.available && !status.sells() {
        return Ok(None);
    }
    Ok(Some(EventEntry::new(show, venue, &status.to_string(), price_from)))
}

fn has_words(show: &ShowRow, venue: &VenueRow, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = [&show.name, &venue.name, &venue.address.city].map(|part| part.to_lowercase()).join("\n");
    let further = show.performers.iter().chain(&show.description).chain(&show.category).chain(&show.genre);
    for part in further {
        text.push('\n');
        text.push_str(&part.to_lowercase());
    }
    words.iter().all(|word| text.contains(word.as_str()))
}

/// How the sale of a show stands. A show that is parked is left out, so that the others can be found.
fn sale(context: &Context, show: ShowId) -> Option<(SaleStatus, Option<Money>)> {
    let read = context.app.shows.get(show)?.read(context.now(), |view| {
        let currency = view.terms()?.currency;
        let cheapest = view.ticket_types().filter(|known| !known.hidden).map(|known| known.price).min();
        Some((view.sale_status(), cheapest.map(|price| Money::new(price, currency))))
    });
    read.ok().flatten()
}
