//! A concert hall on sale.

use boxoffice_domain::seating::samples;
use serde_json::{Value, json};

use crate::support::process::Server;

/// How long a hold lives: short enough that some lapse while the test runs.
const HOLD_SECONDS: u32 = 20;

/// A show with two thousand seats.
pub(crate) struct Sale {
    pub event: String,
    pub seats: Vec<String>,
    /// The position after which there are buyers only.
    pub setup: u64,
}

impl Sale {
    /// Does what an organizer does before a sale.
    pub(crate) async fn open(server: &Server) -> Self {
        let organizer =
            made(server, "/v1/organizers", json!({"name": "City Concerts"}), "organizer_id").await;
        let address = json!({"city": "Berlin", "country": "DE"});
        let venue = json!({"organizer_id": organizer, "name": "Hall", "timezone": "Europe/Berlin", "address": address});
        let venue = made(server, "/v1/venues", venue, "venue_id").await;
        let plan: Value = serde_json::from_slice(&samples::hall()).unwrap();
        let path = format!("/v1/venues/{venue}/seating_plans?format=pretix");
        let seating_plan = made(server, &path, plan.clone(), "seating_plan_id").await;
        let event = json!({"organizer_id": organizer, "venue_id": venue, "seating_plan_id": seating_plan,
            "name": "The Planets", "starts_at": "2099-12-31T19:30:00Z", "currency": "EUR",
            "hold_seconds": HOLD_SECONDS});
        let event = made(server, "/v1/events", event, "event_id").await;
        for (category, price) in
            plan["categories"].as_array().unwrap().iter().zip([9_800, 7_400, 5_600, 4_200])
        {
            let name = &category["name"];
            let price = json!({"amount": price, "currency": "EUR"});
            let ticket_type = json!({"name": name, "price": price, "price_category": name});
            made(server, &format!("/v1/events/{event}/ticket_types"), ticket_type, "ticket_type_id").await;
        }
        let published = server.manage("POST", &format!("/v1/events/{event}/publication")).send().await;
        let setup = published.expect(200).header("log-position").unwrap().parse().unwrap();
        Self { event, seats: seats_of(&plan), setup }
    }
}

async fn made(server: &Server, path: &str, body: Value, id: &str) -> String {
    server.manage("POST", path).json(body).send().await.expect(201).string(id)
}

fn seats_of(plan: &Value) -> Vec<String> {
    let zones = plan["zones"].as_array().unwrap().iter();
    let rows = zones.flat_map(|zone| zone["rows"].as_array().unwrap());
    let seats = rows.flat_map(|row| row["seats"].as_array().unwrap());
    seats.map(|seat| seat["seat_guid"].as_str().unwrap().to_owned()).collect()
}
