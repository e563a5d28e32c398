//! A show on sale, and what happens to it, in few words. Order 1 belongs to hold 1, and so on.

use serde_json::{Value, json};

use crate::builder::{Log, SHOW, id, time};

/// Ticket types by number.
pub(crate) const STALLS: u64 = 1;
pub(crate) const BALCONY: u64 = 2;
pub(crate) const STANDING: u64 = 3;
pub(crate) const STANDING_OUTSIDE: u64 = 4;
pub(crate) const GUEST: u64 = 5;
pub(crate) const FAMILY: u64 = 6;
pub(crate) const EVENING: u64 = 7;

/// How long a hold lives, in seconds.
pub(crate) const HOLD: i64 = 300;
pub(crate) const HOLD_MAX: i64 = 900;

const PRICES: [u64; 8] = [0, 4500, 3000, 2000, 2500, 0, 1500, 1000];

/// A layout of seats A1 to A9 in the stalls, B1 to B9 on the balcony, and one standing area.
pub(crate) fn layout() -> String {
    let seat = |row: &str, number: i64, category: i64| {
        json!({
            "category": category, "id": format!("{row}{number}"), "number": number.to_string(), "row": row,
            "x": number * 1000, "y": category * 2000, "zone": "",
        })
    };
    let seats: Vec<Value> =
        (1..10).map(|n| seat("A", n, 0)).chain((1..10).map(|n| seat("B", n, 1))).collect();
    crate::builder::canonical(&json!({
        "areas": [{"capacity": 3, "name": "Floor", "x": -500, "y": 9000}],
        "categories": [{"color": "#aa0000", "name": "Stalls"}, {"name": "Balcony"}],
        "focal_point": {"x": 5000, "y": 0},
        "format": "boxoffice.layout.v1",
        "name": "House \"one\"",
        "seats": seats,
    }))
}

/// Another layout with the same seats in another order, but `A1`; `A2` is on the balcony. Its floor takes five.
pub(crate) fn other_layout() -> String {
    let mut other: Value = serde_json::from_str(&layout()).unwrap();
    other["areas"][0]["capacity"] = json!(5);
    let seats = other["seats"].as_array_mut().unwrap();
    seats.remove(0);
    seats[0]["category"] = json!(1);
    seats.reverse();
    crate::builder::canonical(&other)
}

pub(crate) fn replace_plan(log: &mut Log, layout: &str) {
    log.inventory("plan_replaced", &json!({"layout": layout}));
}

pub(crate) fn block_seats(log: &mut Log, block: u64, names: &[&str]) {
    log.inventory("block_placed", &json!({"block": id("block", block), "seats": names}));
}

/// What an inventory is drafted with.
pub(crate) fn terms(show: u64, layout: &str) -> Value {
    json!({
        "currency": "EUR", "hold_seconds": HOLD, "hold_seconds_max": HOLD_MAX, "layout": layout,
        "max_per_buyer": 6, "sale_starts_at": time(0), "show": id(SHOW, show), "starts_at": time(500_000_000),
    })
}

/// A seat as an item.
pub(crate) fn seat(name: &str) -> Value {
    let ticket_type = if name.starts_with('A') { STALLS } else { BALCONY };
    json!({"price": price(ticket_type), "seat": name, "ticket_type": id("ticket_type", ticket_type)})
}

/// A unit of a ticket type as an item.
pub(crate) fn unit(ticket_type: u64) -> Value {
    json!({"price": price(ticket_type), "ticket_type": id("ticket_type", ticket_type)})
}

pub(crate) fn price(ticket_type: u64) -> u64 {
    usize::try_from(ticket_type).ok().and_then(|place| PRICES.get(place)).copied().unwrap_or_default()
}

/// Items with the tickets that they become: order 7 has tickets 700, 701 …
pub(crate) fn ticketed(order: u64, items: &[Value]) -> Vec<Value> {
    let ticketed = |(n, item): (u64, &Value)| {
        let mut item = item.clone();
        item["ticket"] = json!(id("ticket", order * 100 + n));
        item
    };
    (0..).zip(items).map(ticketed).collect()
}

pub(crate) fn total(items: &[Value]) -> u64 {
    items.iter().filter_map(|item| item["price"].as_u64()).sum()
}

impl Log {
    /// A house with a show in it that is drafted: nothing is sold yet.
    pub(crate) fn drafted(&mut self) {
        self.drafted_with(|_| ());
    }

    fn drafted_with(&mut self, change: impl FnOnce(&mut Value)) {
        self.show = 1;
        let layout = self.document(&layout());
        let source = self.document("{\"as\":\"imported\"}");
        let organizer = format!("organizer-{}", id("organizer", 1));
        self.event(&organizer, "organizer_created", &json!({"name": "Ann", "organizer": id("organizer", 1)}));
        let venue = format!("venue-{}", id("venue", 1));
        self.event(
            &venue,
            "venue_created",
            &json!({
                "address": {"city": "Graz", "country": "AT", "line1": "Ring 1", "postal_code": "8010"},
                "location": {"lat_e6": 47_070_714, "lng_e6": 15_439_504}, "name": "Oper",
                "organizer": id("organizer", 1), "timezone": "Europe/Vienna", "venue": id("venue", 1),
            }),
        );
        self.event(&venue, "seating_plan_imported", &plan(1, &layout, &source));
        self.event(&self.stream("catalog"), "show_drafted", &json!({
            "category": "music", "name": "Aida", "organizer": id("organizer", 1), "performers": ["Ensemble"],
            "plan": id("seating_plan", 1), "show": id(SHOW, 1), "starts_at": time(500_000_000),
            "venue": id("venue", 1),
        }));
        let mut terms = terms(1, &layout);
        change(&mut terms);
        self.inventory("inventory_drafted", &terms);
    }

    /// The same with everything that it will sell: pool 1 has three units, pool 2 has two.
    pub(crate) fn stocked(&mut self) {
        self.drafted();
        self.stock();
    }

    fn stock(&mut self) {
        for (pool, capacity) in [(1, 3), (2, 2), (3, 9)] {
            self.inventory(
                "pool_added",
                &json!({"capacity": capacity, "name": "Pool", "pool": id("pool", pool)}),
            );
        }
        for (ticket_type, terms) in [
            (STALLS, json!({"price_category": "Stalls"})),
            (BALCONY, json!({"price_category": "Balcony"})),
            (STANDING, json!({"pools": [id("pool", 1)]})),
            (STANDING_OUTSIDE, json!({"pools": [id("pool", 1), id("pool", 2)]})),
            (GUEST, json!({"hidden": true, "pools": [id("pool", 3)]})),
            (FAMILY, json!({"max_per_order": 3, "min_per_order": 2, "pools": [id("pool", 3)]})),
            (
                EVENING,
                json!({
                    "pools": [id("pool", 3)], "sale_ends_at": time(7_200_000), "sale_starts_at": time(3_600_000),
                }),
            ),
        ] {
            self.inventory("ticket_type_added", &ticket_type_added(ticket_type, terms));
        }
    }

    /// On sale, drafted otherwise.
    pub(crate) fn on_sale_with(&mut self, change: impl FnOnce(&mut Value)) {
        self.drafted_with(change);
        self.stock();
        self.inventory("inventory_published", &json!({}));
    }

    /// The same on sale.
    pub(crate) fn on_sale(&mut self) -> &mut Self {
        self.stocked();
        self.inventory("inventory_published", &json!({}));
        self
    }

    pub(crate) fn hold(&mut self, hold: u64, items: &[Value]) {
        let payload = self.held(hold, items);
        self.inventory("hold_placed", &payload);
    }

    pub(crate) fn held(&self, hold: u64, items: &[Value]) -> Value {
        json!({
            "expires_at": time(self.now + HOLD * 1000), "hold": id("hold", hold), "items": items,
            "max_expires_at": time(self.now + HOLD_MAX * 1000),
        })
    }

    /// A hold after fees and taxes have changed so often.
    pub(crate) fn hold_under(&mut self, tariff: u64, hold: u64, items: &[Value]) {
        let mut payload = self.held(hold, items);
        payload["tariff"] = json!(tariff);
        self.inventory("hold_placed", &payload);
    }

    /// Adds an event that names a hold and nothing else.
    pub(crate) fn hold_event(&mut self, event_type: &str, hold: u64) {
        self.inventory(event_type, &json!({"hold": id("hold", hold)}));
    }

    pub(crate) fn order(&mut self, order: u64, items: &[Value]) {
        let payload = self.ordered(order, items);
        self.inventory("order_placed", &payload);
    }

    pub(crate) fn ordered(&self, order: u64, items: &[Value]) -> Value {
        json!({
            "buyer": id("person", 1), "expires_at": time(self.now + HOLD * 1000), "hold": id("hold", order),
            "items": ticketed(order, items), "order": id("order", order), "total": total(items),
        })
    }

    /// An order of two stalls with [`fee`] 1 and [`tax`] 1.
    pub(crate) fn charged(&self, order: u64, items: &[Value]) -> Value {
        let mut payload = self.ordered(order, items);
        payload["fees"] = json!([{"amount": 250, "fee": id("fee", 1), "name": "Service"}]);
        let share = json!({"fees": 125, "taxes": 0, "taxes_included": 718});
        payload["shares"] = json!([share, share]);
        payload["taxes"] = json!([
            {"amount": 1436, "included": true, "name": "VAT", "rate": 190_000, "tax": id("tax", 1)}
        ]);
        payload["total"] = json!(9250);
        payload
    }

    /// A hold that becomes an order at once.
    pub(crate) fn hold_and_order(&mut self, order: u64, items: &[Value]) {
        self.hold(order, items);
        self.order(order, items);
    }

    /// The same with a payment of that number that has begun.
    pub(crate) fn paying(&mut self, order: u64, payment: u64, items: &[Value]) {
        self.hold_and_order(order, items);
        self.start(order, payment, total(items));
    }

    /// The same with the money captured; no tickets yet.
    pub(crate) fn paid(&mut self, order: u64, items: &[Value]) {
        self.securing(order, items);
        self.capture(order, order, total(items));
    }

    /// An order whose money is reserved and just coming.
    pub(crate) fn securing(&mut self, order: u64, items: &[Value]) {
        self.paying(order, order, items);
        self.authorise(order, order, total(items));
        self.also("order_secured", &secured(order, Some(order)));
    }

    /// The same with its tickets.
    pub(crate) fn sold(&mut self, order: u64, items: &[Value]) {
        self.paid(order, items);
        self.also("tickets_issued", &tickets(order, items));
    }

    pub(crate) fn start(&mut self, order: u64, payment: u64, amount: u64) {
        self.inventory("payment_started", &json!({
            "amount": amount, "method": "card", "order": id("order", order), "payment": id("payment", payment),
            "provider": "sandbox",
        }));
    }

    pub(crate) fn authorise(&mut self, order: u64, payment: u64, amount: u64) {
        self.authorise_at(self.now, order, payment, amount);
    }

    /// The provider says that it reserved the money at that time.
    pub(crate) fn authorise_at(&mut self, at: i64, order: u64, payment: u64, amount: u64) {
        self.inventory("payment_authorised", &json!({
            "amount": amount, "authorised_at": time(at), "order": id("order", order), "payment": id("payment", payment),
        }));
    }

    pub(crate) fn capture(&mut self, order: u64, payment: u64, amount: u64) {
        self.inventory(
            "payment_captured",
            &json!({
                "amount": amount, "order": id("order", order), "payment": id("payment", payment),
            }),
        );
    }

    pub(crate) fn fail_capture(&mut self, order: u64, payment: u64) {
        let mut payload = paying(order, payment);
        payload["reason"] = json!("insufficient_funds");
        self.inventory("payment_capture_failed", &payload);
    }

    pub(crate) fn void_due(&mut self, order: u64, payment: u64, reason: &str) {
        let mut payload = paying(order, payment);
        payload["reason"] = json!(reason);
        self.inventory("payment_void_due", &payload);
    }

    pub(crate) fn secure(&mut self, order: u64, payment: Option<u64>) {
        self.inventory("order_secured", &secured(order, payment));
    }

    /// The tickets, by the command that was before.
    pub(crate) fn issue(&mut self, order: u64, items: &[Value]) {
        self.also("tickets_issued", &tickets(order, items));
    }

    /// Changes the refund policy to one that gives so many millionths back until a minute before the start.
    pub(crate) fn policy(&mut self, rate: u64, fees_kept: bool) {
        let mut policy = json!({"rate": rate, "seconds_before_start": 60});
        if fees_kept {
            policy["fees_kept"] = json!(true);
        }
        self.inventory("refund_policy_changed", &json!({"policy": policy}));
    }

    /// Adds that these of an order's tickets are returned and what is due back for it.
    pub(crate) fn give_back(&mut self, returned: &Value, refund: u64, amount: u64) {
        self.inventory("tickets_returned", returned);
        self.also("refund_due", &due_back(returned, refund, amount));
    }

    /// Adds an event that names a refund of an order.
    pub(crate) fn refund_event(&mut self, event_type: &str, order: u64, refund: u64) {
        let mut payload = paying(order, order);
        payload["refund"] = json!(id("refund", refund));
        if event_type == "refund_failed" {
            payload["reason"] = json!("card_closed");
        }
        self.inventory(event_type, &payload);
    }

    pub(crate) fn retry(&mut self, order: u64, refund: u64, amount: u64, failures: u64) {
        let mut payload = paying(order, order);
        payload["refund"] = json!(id("refund", refund));
        (payload["amount"], payload["failures"]) = (json!(amount), json!(failures));
        self.inventory("refund_retried", &payload);
    }

    pub(crate) fn cancel_show(&mut self, orders: u64) {
        self.inventory("inventory_cancelled", &json!({"orders": orders}));
    }

    pub(crate) fn offer(&mut self, transfer: u64, ticket: u64) {
        self.inventory("transfer_offered", &json!({
            "recipient": id("person", 2), "ticket": id("ticket", ticket), "transfer": id("transfer", transfer),
        }));
    }

    pub(crate) fn accept(&mut self, transfer: u64, ticket: u64, code: u64) {
        self.inventory(
            "transfer_accepted",
            &json!({
                "code": code, "holder": id("person", 2), "ticket": id("ticket", ticket),
                "transfer": id("transfer", transfer),
            }),
        );
    }

    pub(crate) fn end_transfer(&mut self, transfer: u64, ticket: u64, reason: &str) {
        self.inventory(
            "transfer_ended",
            &json!({
                "reason": reason, "ticket": id("ticket", ticket), "transfer": id("transfer", transfer),
            }),
        );
    }

    pub(crate) fn admit(&mut self, ticket: u64) {
        self.admit_with(ticket, &json!({}));
    }

    /// An admission that also says that, `entry` and `judged_at` for example.
    pub(crate) fn admit_with(&mut self, ticket: u64, further: &Value) {
        let mut payload = json!({
            "device": "phone", "gate": "North", "nonce": "1", "scanned_at": time(self.now),
            "ticket": id("ticket", ticket),
        });
        for (name, value) in further.as_object().unwrap() {
            payload[name] = value.clone();
        }
        self.event(&self.stream("doors"), "ticket_admitted", &payload);
    }
}

/// 2.50 for each order.
pub(crate) fn fee(fee: u64) -> Value {
    json!({"amount": 250, "fee": id("fee", fee), "name": "Service", "per": "order"})
}

/// 19 % that prices include.
pub(crate) fn tax(tax: u64) -> Value {
    json!({
        "included": true, "name": "VAT", "on": "tickets", "per": "line", "rate": 190_000, "tax": id("tax", tax),
    })
}

pub(crate) fn ticket_type_added(ticket_type: u64, mut terms: Value) -> Value {
    terms["name"] = json!("Type");
    terms["price"] = json!(price(ticket_type));
    terms["ticket_type"] = json!(id("ticket_type", ticket_type));
    terms
}

pub(crate) fn plan(plan: u64, layout: &str, source: &str) -> Value {
    json!({
        "format": "pretix", "layout": layout, "name": "House",
        "plan": id("seating_plan", plan), "seats": 18, "source": source, "venue": id("venue", 1),
    })
}

pub(crate) fn secured(order: u64, payment: Option<u64>) -> Value {
    let mut payload = json!({"hold": id("hold", order), "order": id("order", order)});
    if let Some(payment) = payment {
        payload["payment"] = json!(id("payment", payment));
    }
    payload
}

pub(crate) fn cancelled(order: u64, reason: &str) -> Value {
    json!({"hold": id("hold", order), "order": id("order", order), "reason": reason})
}

pub(crate) fn reclaimed(order: u64) -> Value {
    json!({"hold": id("hold", order), "order": id("order", order)})
}

pub(crate) fn tickets(order: u64, items: &[Value]) -> Value {
    json!({"order": id("order", order), "tickets": ticketed(order, items)})
}

/// A payload that names an order and its payment.
pub(crate) fn paying(order: u64, payment: u64) -> Value {
    json!({"order": id("order", order), "payment": id("payment", payment)})
}

/// Tickets of an order that are returned: of all its items those at these places.
pub(crate) fn returned(order: u64, items: &[Value], places: &[usize], left: u64, kept: u64) -> Value {
    let all = ticketed(order, items);
    let tickets: Vec<&Value> = places.iter().filter_map(|place| all.get(*place)).collect();
    json!({
        "hold": id("hold", order), "kept": kept, "left": left, "order": id("order", order), "reason": "requested",
        "tickets": tickets,
    })
}

/// What is due back of a payment with the number of its order, for tickets that are returned.
pub(crate) fn due_back(returned: &Value, refund: u64, amount: u64) -> Value {
    let order = returned["order"].as_str().unwrap_or_default();
    let tickets = returned["tickets"].as_array().into_iter().flatten();
    json!({
        "amount": amount, "order": order, "payment": order.replace("order", "payment"), "reason": returned["reason"],
        "refund": id("refund", refund), "tickets": tickets.map(|ticket| &ticket["ticket"]).collect::<Vec<_>>(),
    })
}
