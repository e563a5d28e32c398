//! Shows to sell: a small theatre with named seats, a club with places in a pool.

use serde_json::{Value, json};

use super::{Answer, TestApp};

/// A show with seats `A-1` … `A-n` at 45.00 euros.
pub struct Theatre {
    pub event: String,
    pub ticket_type: String,
}

/// A show with one pool.
pub struct Club {
    pub event: String,
    pub ticket_type: String,
}

/// A pretix plan with one row.
pub fn plan(seats: usize) -> Value {
    let seats: Vec<Value> = (1..=seats)
        .map(|n| {
            json!({"seat_guid": format!("A-{n}"), "seat_number": n.to_string(), "category": "Stalls",
                "position": {"x": n * 20, "y": 0}})
        })
        .collect();
    json!({
        "name": "Small house",
        "categories": [{"name": "Stalls", "color": "#aa5500"}],
        "zones": [{"name": "Stalls", "position": {"x": 0, "y": 10.5}, "rows": [
            {"row_number": "A", "position": {"x": 100.25, "y": 50}, "seats": seats}
        ]}],
        "size": {"width": 800, "height": 600}
    })
}

impl TestApp {
    /// An organizer and a venue.
    pub async fn venue(&self) -> (String, String) {
        let organizer =
            self.manage("POST", "/v1/organizers").json(json!({"name": "City Theatre"})).send().await;
        let organizer = organizer.expect(201).string("organizer_id");
        let venue = self
            .manage("POST", "/v1/venues")
            .json(json!({"organizer_id": organizer, "name": "Main house", "timezone": "Europe/Berlin",
                "address": {"city": "Berlin", "country": "DE"}}))
            .send()
            .await;
        (organizer, venue.expect(201).string("venue_id"))
    }

    /// A drafted event, with further fields over the usual ones.
    pub async fn draft(&self, organizer: &str, venue: &str, further: Value) -> Answer {
        let mut body = json!({"organizer_id": organizer, "venue_id": venue, "name": "The Cherry Orchard",
            "starts_at": "2026-12-24T19:30:00Z", "currency": "EUR"});
        for (name, value) in further.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.manage("POST", "/v1/events").json(body).send().await
    }

    pub async fn import_plan(&self, venue: &str, plan: &Value) -> String {
        let path = format!("/v1/venues/{venue}/seating_plans?format=pretix");
        let answer = self.manage("POST", path).json(plan.clone()).send().await;
        answer.expect(201).string("seating_plan_id")
    }

    pub async fn ticket_type(&self, event: &str, body: Value) -> String {
        let path = format!("/v1/events/{event}/ticket_types");
        self.manage("POST", path).json(body).send().await.expect(201).string("ticket_type_id")
    }

    pub async fn publish(&self, event: &str) {
        self.manage("POST", format!("/v1/events/{event}/publication")).send().await.expect(200);
        self.catch_up().await;
    }

    pub async fn theatre(&self, seats: usize) -> Theatre {
        self.theatre_at(seats, 4500).await
    }

    /// A theatre whose draft says more.
    pub async fn theatre_with(&self, seats: usize, further: Value) -> Theatre {
        self.theatre_of(seats, 4500, further).await
    }

    pub async fn theatre_at(&self, seats: usize, price: u64) -> Theatre {
        self.theatre_of(seats, price, json!({})).await
    }

    async fn theatre_of(&self, seats: usize, price: u64, mut further: Value) -> Theatre {
        let (organizer, venue) = self.venue().await;
        further["seating_plan_id"] = json!(self.import_plan(&venue, &plan(seats)).await);
        let event = self.draft(&organizer, &venue, further).await.expect(201).string("event_id");
        let price = json!({"amount": price, "currency": "EUR"});
        let ticket_type = json!({"name": "Stalls", "price": price, "price_category": "Stalls"});
        let ticket_type = self.ticket_type(&event, ticket_type).await;
        self.publish(&event).await;
        Theatre { event, ticket_type }
    }

    pub async fn club(&self, capacity: u32) -> Club {
        let (organizer, venue) = self.venue().await;
        let event = self.draft(&organizer, &venue, json!({})).await.expect(201).string("event_id");
        let path = format!("/v1/events/{event}/pools");
        let pool =
            self.manage("POST", path).json(json!({"name": "Standing", "capacity": capacity})).send().await;
        let pool = pool.expect(201).string("pool_id");
        let price = json!({"amount": 2500, "currency": "EUR"});
        let ticket_type = json!({"name": "Standing", "price": price, "pool_ids": [pool]});
        let ticket_type = self.ticket_type(&event, ticket_type).await;
        self.publish(&event).await;
        Club { event, ticket_type }
    }

    /// Tries to hold seats.
    pub async fn try_hold(&self, event: &str, seats: &[&str]) -> Answer {
        let items: Vec<Value> = seats.iter().map(|seat| json!({"seat_id": seat})).collect();
        self.post(format!("/v1/events/{event}/holds"), json!({"items": items})).send().await
    }

    pub async fn hold(&self, event: &str, seats: &[&str]) -> Held {
        Held::of(&self.try_hold(event, seats).await.expect(201).json())
    }

    pub async fn try_order(&self, held: &Held) -> Answer {
        let buyer = json!({"name": "Ada Lovelace", "email": "ada@example.org"});
        self.post("/v1/orders", json!({"hold_id": held.hold, "buyer": buyer}))
            .bearer(&held.token)
            .send()
            .await
    }

    pub async fn order(&self, held: &Held) -> Ordered {
        let answer = self.try_order(held).await;
        answer.expect(201);
        Ordered { order: answer.string("order_id"), token: answer.string("order_token") }
    }

    pub async fn start_payment(&self, ordered: &Ordered) -> String {
        let path = format!("/v1/orders/{}/payments", ordered.order);
        let answer = self.post(path, json!({"method": "card"})).bearer(&ordered.token).send().await;
        answer.expect(201).string("payment_id")
    }

    pub async fn instruct(&self, ordered: &Ordered, payment: &str, body: Value) -> Answer {
        self.post(format!("/v1/sandbox/payments/{payment}"), body).bearer(&ordered.token).send().await
    }

    pub async fn get_order(&self, ordered: &Ordered) -> Value {
        let answer = self.get(format!("/v1/orders/{}", ordered.order)).bearer(&ordered.token).send().await;
        answer.expect(200).json()
    }

    /// Holds, orders and pays.
    pub async fn buy(&self, event: &str, seats: &[&str]) -> (Ordered, Value) {
        let ordered = self.order(&self.hold(event, seats).await).await;
        let payment = self.start_payment(&ordered).await;
        self.instruct(&ordered, &payment, json!({"outcome": "succeed"})).await.expect(200);
        let order = self.get_order(&ordered).await;
        assert_eq!(order["status"], "confirmed", "{order}");
        (ordered, order)
    }

    /// The state of a seat, as everybody sees it.
    pub async fn seat_state(&self, event: &str, seat: &str) -> String {
        self.catch_up().await;
        let seats = self.get(format!("/v1/events/{event}/seats")).send().await.expect(200).json();
        let found = seats["seats"].as_array().unwrap().iter().find(|found| found["seat_id"] == seat).cloned();
        found.unwrap()["state"].as_str().unwrap().to_owned()
    }
}

/// A hold and its secret.
pub struct Held {
    pub hold: String,
    pub token: String,
}

impl Held {
    /// The hold of an answer.
    pub fn of(hold: &Value) -> Self {
        let text = |member: &str| hold[member].as_str().unwrap().to_owned();
        Self { hold: text("hold_id"), token: text("hold_token") }
    }
}

/// An order and its secret.
pub struct Ordered {
    pub order: String,
    pub token: String,
}
