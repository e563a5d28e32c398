//! What there is to sell: shows in the sample arena, and a request for each of their seats. No seat is asked for
//! twice, so that every answer should be yes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use boxoffice_commands::clock::Clock as _;
use boxoffice_domain::seating::samples;
use boxoffice_infra::clock::SystemClock;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::child::ChildServer;
use crate::cli::failed::Failed;
use crate::cli::office::{NewEvent, NewVenue, Office, Terms};

/// The most shows that are made.
const SHOWS_MAX: u64 = 40;

/// How long a hold lives: longer than any measurement.
const HOLD_SECONDS: u32 = 86_400;

/// Seats, show after show.
pub(super) struct Seats {
    shows: Vec<Show>,
    next: AtomicU64,
}

struct Show {
    id: String,
    /// `/v1/events/event_…/holds`
    holds: String,
    /// What to ask, seat by seat.
    bodies: Arc<[Bytes]>,
}

/// What is needed of the compact form of a seat map.
#[derive(Deserialize)]
struct Found {
    seat_ids: Vec<String>,
}

/// Makes shows until there are so many seats, taking a number of seats of each.
pub(super) async fn set_up(server: &ChildServer, seats_wanted: u64, of_each: u64) -> Result<Seats, Failed> {
    let mut office = Office::new(server.address, server.token.clone());
    let organizer = office.organizer("Bench").await?;
    let venue = office.venue(&NewVenue { organizer: &organizer, name: "Arena", city: "Berlin" }).await?;
    let plan = office.plan(&venue, samples::arena()).await?;
    let starts_at = SystemClock::new().now().wall.plus_ms(30 * 24 * 3_600 * 1_000).to_string();
    let of_each = plan.seats.min(of_each).max(1);
    let mut shows = Vec::new();
    for _ in 0..seats_wanted.div_ceil(of_each).clamp(1, SHOWS_MAX) {
        let event = NewEvent {
            organizer: &organizer,
            venue: &venue,
            plan: &plan,
            name: "On-sale",
            category: "music",
            performers: &[],
            starts_at: &starts_at,
            hold_seconds: HOLD_SECONDS,
            terms: Terms::Plain,
        };
        let (show, _) = office.event(&event).await?;
        shows.push(show);
    }
    let Some(first) = shows.first() else { return Err(Failed::new("there is nothing to sell")) };
    // The events have the same plan, so they have the same seats.
    let found: Found = office.compact_seats(first).await?;
    let take = usize::try_from(of_each).unwrap_or(usize::MAX);
    let body = |seat: &String| Bytes::from(json!({ "items": [{ "seat_id": seat }] }).to_string());
    let bodies: Arc<[Bytes]> = found.seat_ids.iter().take(take).map(body).collect();
    let show = |id: String| Show { holds: format!("/v1/events/{id}/holds"), id, bodies: Arc::clone(&bodies) };
    Ok(Seats { shows: shows.into_iter().map(show).collect(), next: AtomicU64::new(0) })
}

impl Seats {
    /// The show that is sold first.
    pub(super) fn first_show(&self) -> &str {
        self.shows.first().map_or("", |show| &show.id)
    }

    /// Where to ask for a seat that nobody was given yet, and how.
    pub(super) fn take(&self) -> Option<(&str, &Bytes)> {
        let mut number = usize::try_from(self.next.fetch_add(1, Ordering::Relaxed)).ok()?;
        for show in &self.shows {
            if let Some(body) = show.bodies.get(number) {
                return Some((&show.holds, body));
            }
            number -= show.bodies.len();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(name: &str, seats: usize) -> Show {
        let bodies = (0..seats).map(|seat| Bytes::from(seat.to_string())).collect();
        Show { id: name.into(), holds: name.into(), bodies }
    }

    #[test]
    fn seats_are_asked_for_show_after_show_and_never_twice() {
        let seats = Seats { shows: vec![show("a", 2), show("b", 1)], next: AtomicU64::new(0) };
        let taken: Vec<_> =
            (0..4).map(|_| seats.take().map(|(path, body)| (path.to_owned(), body.clone()))).collect();
        let seat =
            |path: &str, body: &'static str| Some((path.to_owned(), Bytes::from_static(body.as_bytes())));
        assert_eq!(taken, [seat("a", "0"), seat("a", "1"), seat("b", "0"), None]);
        assert_eq!(seats.first_show(), "a");
    }
}
