//! Sets the stage over HTTP, as an organizer would: venues, seating plans, shows, ticket types.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use boxoffice_domain::id::ShowId;
use boxoffice_domain::time::Timestamp;

use super::house::{Curtain, House, Sells};
use super::programme::{Entry, GUEST, ORGANIZER, SEASON};
use crate::app::App;
use crate::cli::failed::Failed;
use crate::cli::office::{NewEvent, NewVenue, Office, Terms};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The hour at which shows begin, in UTC.
const EVENING: i64 = 18;

/// A seating plan that the user brought.
pub(super) struct Plan {
    path: PathBuf,
    content: Vec<u8>,
}

impl Plan {
    /// Reads the file.
    pub(super) fn read(path: &Path) -> Result<Self, Failed> {
        let content = std::fs::read(path)
            .map_err(|error| Failed::new(format!("the plan {} cannot be read: {error}", path.display())))?;
        Ok(Self { path: path.to_owned(), content })
    }
}

/// What is needed to set the stage.
pub(super) struct Stage<'a> {
    /// The server, which runs in this process.
    pub(super) app: &'a App,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The administrator's token.
    pub(super) token: &'a str,
    /// How long holds live.
    pub(super) hold_seconds: u32,
}

impl Stage<'_> {
    /// The sample houses, or the one that the user brought a plan of.
    pub(super) async fn set(&self, plan: Option<Plan>, note: impl Fn(&str)) -> Result<Vec<House>, Failed> {
        let mut office = Office::new(self.address, self.token.to_owned());
        let organizer = office.organizer(ORGANIZER).await?;
        let Some(Plan { path, content }) = plan else {
            let mut houses = Vec::with_capacity(SEASON.len());
            for entry in &SEASON {
                let house = self.open(&mut office, &organizer, entry, (entry.plan)()).await?;
                note(&format!("{}: {}{}", entry.venue, entry.show, house.sells));
                houses.push(house);
            }
            return Ok(houses);
        };
        let house = self.open(&mut office, &organizer, &GUEST, content).await?;
        note(&format!("{}: {}{}", path.display(), GUEST.show, house.sells));
        Ok(vec![house])
    }

    async fn open(
        &self,
        office: &mut Office,
        organizer: &str,
        entry: &Entry,
        content: Vec<u8>,
    ) -> Result<House, Failed> {
        let venue = office.venue(&NewVenue { organizer, name: entry.venue, city: entry.city }).await?;
        let plan = office.plan(&venue, content).await?;
        let starts_at = evening(self.app.clock.now().wall, entry.days_ahead).to_string();
        let event = NewEvent {
            organizer,
            venue: &venue,
            plan: &plan,
            name: entry.show,
            category: entry.category,
            performers: entry.performers,
            starts_at: &starts_at,
            hold_seconds: self.hold_seconds,
            terms: Terms::Full,
        };
        let (show, standing) = office.event(&event).await?;
        let show: ShowId = show.parse().map_err(|_| Failed::new(format!("{show} is no id of an event")))?;
        let seen = self.app.shows.get(show).ok_or_else(|| Failed::new("the new event is not to be seen"))?;
        let layout = seen.read(Timestamp::default(), |view| view.plan().cloned());
        let layout = layout
            .ok()
            .flatten()
            .ok_or_else(|| Failed::new(format!("the plan {} has no seats", plan.name)))?;
        let curtain = seen.read(Timestamp::default(), |view| Curtain::of(view.ticket_types()));
        let seated = curtain.map_err(|_| Failed::new("the new event cannot be read"))?;
        Ok(House::new(show, entry.show, entry.house.to_owned(), layout, Sells { seated, standing }))
    }
}

/// The evening of a day that is so many days ahead.
fn evening(now: Timestamp, days: i64) -> Timestamp {
    let midnight = now.unix_ms() - now.unix_ms().rem_euclid(DAY_MS);
    Timestamp::from_unix_ms(midnight + days * DAY_MS + EVENING * HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_are_in_the_evening() {
        let now = "2026-11-21T23:10:00Z".parse().unwrap();
        assert_eq!(evening(now, 12).to_string(), "2026-12-03T18:00:00.000Z");
    }
}
