//! What an organizer does before a sale, over HTTP as anybody would: organizer, venue, plan, event, ticket types.

use std::net::SocketAddr;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use super::client::{Call, Client};
use super::failed::Failed;
use crate::v1::events::seats::COMPACT;

/// Somebody who has the administrator's token.
pub(crate) struct Office {
    client: Client,
    token: String,
}

/// An imported seating plan.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Plan {
    /// The plan.
    pub(crate) seating_plan_id: String,
    /// What it is called.
    pub(crate) name: String,
    /// How many seats it has.
    pub(crate) seats: u64,
    /// Its price categories.
    pub(crate) categories: Vec<Category>,
    /// Its standing areas, which become pools.
    pub(crate) areas: Vec<IgnoredAny>,
}

/// A price category.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Category {
    /// What it is called.
    pub(crate) name: String,
    /// How many seats it has.
    pub(crate) seats: u64,
}

/// A venue to be made.
pub(crate) struct NewVenue<'a> {
    /// Whose it is.
    pub(crate) organizer: &'a str,
    /// What it is called.
    pub(crate) name: &'a str,
    /// The town.
    pub(crate) city: &'a str,
}

/// An event to be made.
pub(crate) struct NewEvent<'a> {
    /// Whose it is.
    pub(crate) organizer: &'a str,
    /// Where it is.
    pub(crate) venue: &'a str,
    /// The venue's plan.
    pub(crate) plan: &'a Plan,
    /// What it is called.
    pub(crate) name: &'a str,
    /// `theatre`, for example.
    pub(crate) category: &'a str,
    /// Who is to be seen.
    pub(crate) performers: &'a [&'a str],
    /// When it starts.
    pub(crate) starts_at: &'a str,
    /// How long a hold lives.
    pub(crate) hold_seconds: u32,
    /// At which prices, and on what terms.
    pub(crate) terms: Terms,
}

/// What an event charges for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Terms {
    /// One price for each category and area, and nothing beside.
    Plain,
    /// As real houses have it: adults, concessions and children, a fee for each ticket and one for each order, a tax,
    /// tickets that can be given back, and standing places whose holders may go out and come back.
    Full,
}

/// Who a ticket type is for in [`Terms::Full`], and what share of the price they pay, in per cent.
const KINDS: [(&str, u64); 3] = [("Adult", 100), ("Concession", 80), ("Child", 50)];

/// What booking costs for each ticket in [`Terms::Full`], in per cent of its price.
pub(crate) const BOOKING_FEE: &str = "4";

/// What each order costs beside, in cents.
pub(crate) const HANDLING_FEE: u64 = 150;

/// What of prices and fees is tax, in per cent.
pub(crate) const VAT: &str = "7";

/// How often a standing place of [`Terms::Full`] lets its holder in.
const STANDING_ENTRIES: u32 = 3;

/// What a standing area sells as.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// The ticket type.
    pub(crate) ticket_type: String,
    /// What it is called.
    pub(crate) name: String,
    /// How many there are.
    pub(crate) capacity: u64,
    /// What one costs, in cents.
    pub(crate) price: u64,
}

/// What a standing place costs, in cents.
const STANDING_PRICE: u64 = 5_900;

impl Office {
    /// With the administrator's token.
    pub(crate) fn new(address: SocketAddr, token: String) -> Self {
        Self { client: Client::new(address), token }
    }

    /// Makes an organizer.
    pub(crate) async fn organizer(&mut self, name: &str) -> Result<String, Failed> {
        let made: Value = self.post("/v1/organizers", &json!({ "name": name })).await?;
        id(&made, "organizer_id")
    }

    /// Makes a venue.
    pub(crate) async fn venue(&mut self, venue: &NewVenue<'_>) -> Result<String, Failed> {
        let body = json!({
            "organizer_id": venue.organizer,
            "name": venue.name,
            "timezone": "Europe/Berlin",
            "address": { "city": venue.city, "country": "DE" },
        });
        let made: Value = self.post("/v1/venues", &body).await?;
        id(&made, "venue_id")
    }

    /// Imports a seating plan.
    pub(crate) async fn plan(&mut self, venue: &str, content: Vec<u8>) -> Result<Plan, Failed> {
        self.send(&format!("/v1/venues/{venue}/seating_plans"), content.into()).await
    }

    /// Drafts an event, gives every category and every standing area a ticket type, and publishes it.
    pub(crate) async fn event(&mut self, event: &NewEvent<'_>) -> Result<(String, Vec<Standing>), Failed> {
        let body = json!({
            "organizer_id": event.organizer,
            "venue_id": event.venue,
            "seating_plan_id": event.plan.seating_plan_id,
            "name": event.name,
            "category": event.category,
            "performers": event.performers,
            "starts_at": event.starts_at,
            "currency": "EUR",
            "hold_seconds": event.hold_seconds,
            "refund_policy": event.terms.refund_policy(),
        });
        let made: Value = self.post("/v1/events", &body).await?;
        let show = id(&made, "event_id")?;
        let categories = event.plan.categories.iter().filter(|category| category.seats > 0);
        for (category, price) in categories.zip(prices()) {
            for (name, percent) in event.terms.kinds(&category.name) {
                let sells = json!({
                    "name": name,
                    "price": eur(price * percent / 100),
                    "price_category": category.name,
                });
                let _: Value = self.post(&format!("/v1/events/{show}/ticket_types"), &sells).await?;
            }
        }
        let areas = &event.plan.areas;
        let standing = if areas.is_empty() { Vec::new() } else { self.standing(&show, event.terms).await? };
        for (what, charge) in event.terms.charges() {
            let _: Value = self.post(&format!("/v1/events/{show}/{what}"), &charge).await?;
        }
        let _: Value =
            self.send(&format!("/v1/events/{show}/publication"), Bytes::from_static(b"{}")).await?;
        Ok((show, standing))
    }

    /// Sells the standing areas of an event's plan, which have become pools.
    async fn standing(&mut self, show: &str, terms: Terms) -> Result<Vec<Standing>, Failed> {
        #[derive(Deserialize)]
        struct Pools {
            data: Vec<Pool>,
        }
        #[derive(Deserialize)]
        struct Pool {
            #[serde(rename = "pool_id")]
            id: String,
            name: String,
            capacity: u64,
        }
        let pools: Pools = self.get(&format!("/v1/events/{show}/pools")).await?;
        let mut standing = Vec::with_capacity(pools.data.len());
        for pool in pools.data {
            let sells = json!({
                "name": pool.name,
                "price": eur(STANDING_PRICE),
                "pool_ids": [pool.id],
                "entries": terms.standing_entries(),
            });
            let made: Value = self.post(&format!("/v1/events/{show}/ticket_types"), &sells).await?;
            let ticket_type = id(&made, "ticket_type_id")?;
            standing.push(Standing {
                ticket_type,
                name: pool.name,
                capacity: pool.capacity,
                price: STANDING_PRICE,
            });
        }
        Ok(standing)
    }

    async fn post<T: DeserializeOwned>(&mut self, path: &str, body: &Value) -> Result<T, Failed> {
        self.send(path, body.to_string().into()).await
    }

    async fn send<T: DeserializeOwned>(&mut self, path: &str, body: Bytes) -> Result<T, Failed> {
        self.ask(&Call::post(path, body)).await
    }

    async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Failed> {
        self.ask(&Call::get(path)).await
    }

    /// The seats of an event, in columns.
    pub(crate) async fn compact_seats<T: DeserializeOwned>(&mut self, show: &str) -> Result<T, Failed> {
        self.ask(&Call::get(&format!("/v1/events/{show}/seats")).accepting(COMPACT)).await
    }

    async fn ask<T: DeserializeOwned>(&mut self, call: &Call<'_>) -> Result<T, Failed> {
        let token = self.token.clone();
        let reply = self.client.call(&call.clone().with(&token)).await?;
        reply.read().map_err(|problem| Failed::new(format!("{} was refused: {problem}", call.path())))
    }
}

impl Terms {
    /// The ticket types of a category: what each is called, and what share of the price it costs.
    fn kinds(self, category: &str) -> Vec<(String, u64)> {
        match self {
            Self::Plain => vec![(category.to_owned(), 100)],
            Self::Full => {
                KINDS.iter().map(|(kind, percent)| (format!("{category}, {kind}"), *percent)).collect()
            }
        }
    }

    fn refund_policy(self) -> Option<Value> {
        let policy = json!({ "until_hours_before_start": 24, "percentage": "90", "fees": "kept" });
        (self == Self::Full).then_some(policy)
    }

    fn standing_entries(self) -> u32 {
        if self == Self::Full { STANDING_ENTRIES } else { 1 }
    }

    /// Fees and taxes, each with the member of the event that it goes to.
    fn charges(self) -> Vec<(&'static str, Value)> {
        if self == Self::Plain {
            return Vec::new();
        }
        vec![
            ("fees", json!({ "name": "Booking", "percentage": BOOKING_FEE })),
            ("fees", json!({ "name": "Handling", "amount": eur(HANDLING_FEE), "per": "order" })),
            ("taxes", json!({ "name": "VAT", "percentage": VAT, "included": true })),
        ]
    }
}

fn eur(amount: u64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn id(made: &Value, member: &str) -> Result<String, Failed> {
    let id = made.get(member).and_then(Value::as_str).map(str::to_owned);
    id.ok_or_else(|| Failed::new(format!("an answer without {member}")))
}

/// What categories cost, the first of a plan most, in cents.
fn prices() -> impl Iterator<Item = u64> {
    let dear = [9_800, 7_400, 5_600, 4_200, 3_200, 2_600];
    dear.into_iter().chain(std::iter::repeat(1_900))
}
