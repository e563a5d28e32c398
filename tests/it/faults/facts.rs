//! What the log says, read as a person would who knows nothing of the program: which holds, orders and payments
//! there are, and who has which seat. Whatever no buyer can have brought about is an error here.

use std::collections::HashMap;

use serde_json::Value;

/// One seat of a hold or an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub seat: String,
    pub ticket_type: String,
    pub price: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub position: u64,
    pub items: Vec<Item>,
    pub expires_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ordered {
    pub position: u64,
    pub hold: String,
    pub items: Vec<Item>,
    pub total: u64,
    pub expires_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paying {
    pub position: u64,
    pub order: String,
    pub amount: u64,
}

/// Somebody has a seat, from one position of the log up to another.
struct Claim {
    hold: String,
    from: u64,
    to: Option<u64>,
}

/// Everything that the log says about one sale. Positions are where it says so; each thing is said once.
#[derive(Default)]
pub(crate) struct Facts {
    pub position: u64,
    pub holds: HashMap<String, Held>,
    pub releases: HashMap<String, u64>,
    pub orders: HashMap<String, Ordered>,
    pub payments: HashMap<String, Paying>,
    /// By payment.
    pub authorised: HashMap<String, u64>,
    /// By payment.
    pub captured: HashMap<String, u64>,
    /// By payment.
    pub voided: HashMap<String, u64>,
    /// By order.
    pub ticketed: HashMap<String, u64>,
    expired: HashMap<String, u64>,
    secured: HashMap<String, u64>,
    void_due: HashMap<String, u64>,
    reclaimed: HashMap<String, u64>,
    seats: HashMap<String, Vec<Claim>>,
    /// The last position of each command.
    commands: HashMap<String, u64>,
    /// Beyond this position there are buyers only.
    setup: Option<u64>,
}

impl Facts {
    /// Beyond this position there are buyers only.
    pub(crate) fn sells_after(setup: u64) -> Self {
        Self { setup: Some(setup), ..Self::default() }
    }

    /// Takes note of the next event.
    pub(crate) fn apply(&mut self, event: &Value) {
        let position = event["position"].as_u64().unwrap();
        assert_eq!(position, self.position + 1, "positions have no gaps");
        self.position = position;
        self.command(text(event, "command_id"), position);
        let payload = &event["payload"];
        match event["type"].as_str().unwrap() {
            "hold_placed" => self.hold_placed(payload, position),
            "hold_released" => {
                let hold = text(payload, "hold");
                once(&mut self.releases, &hold, position);
                self.end_claims(&hold, position);
            }
            "hold_expired" => self.hold_expired(&text(payload, "hold"), &text(event, "log_time"), position),
            "order_placed" => self.order_placed(payload, position),
            "payment_started" => self.payment_started(payload, position),
            "payment_authorised" => once(&mut self.authorised, &text(payload, "payment"), position),
            "order_secured" => once(&mut self.secured, &text(payload, "order"), position),
            "payment_captured" => once(&mut self.captured, &text(payload, "payment"), position),
            "tickets_issued" => once(&mut self.ticketed, &text(payload, "order"), position),
            "hold_reclaimed" => self.hold_reclaimed(&text(payload, "hold"), position),
            "payment_void_due" => once(&mut self.void_due, &text(payload, "payment"), position),
            "payment_voided" => once(&mut self.voided, &text(payload, "payment"), position),
            other => {
                let is_setup = self.setup.is_none_or(|setup| position <= setup);
                assert!(is_setup, "no buyer can have brought about {other} at {position}");
            }
        }
    }

    /// Whether somebody had the seat, as of a position.
    pub(crate) fn was_taken(&self, seat: &str, position: u64) -> bool {
        let mut claims = self.seats.get(seat).into_iter().flatten();
        claims.any(|claim| claim.from <= position && claim.to.is_none_or(|to| to > position))
    }

    /// How a seat may be shown, as of a position. Somebody whose hold has lapsed has the seat no more, even where
    /// the log says so only later.
    pub(crate) fn states_of(&self, seat: &str, position: u64) -> &'static [&'static str] {
        let claims = self.seats.get(seat).into_iter().flatten();
        let current = claims.rev().find(|claim| claim.from <= position);
        match current {
            Some(claim) if claim.to.is_some_and(|to| to <= position) => &["available"],
            Some(claim) if self.is_secured(&claim.hold, position) => &["sold"],
            Some(_) => &["held", "available"],
            None => &["available"],
        }
    }

    fn is_secured(&self, hold: &str, position: u64) -> bool {
        let orders = self.orders.iter().filter(|(_, ordered)| ordered.hold == hold);
        orders.filter_map(|(order, _)| self.secured.get(order)).any(|secured| *secured <= position)
    }

    /// The events of one command stand together: it did not happen a second time.
    fn command(&mut self, command: String, position: u64) {
        if let Some(before) = self.commands.insert(command, position) {
            assert_eq!(before + 1, position, "the command of {before} was recorded again at {position}");
        }
    }

    fn hold_placed(&mut self, payload: &Value, position: u64) {
        let items = items(payload);
        let hold = text(payload, "hold");
        for item in &items {
            self.claim(&item.seat, &hold, position);
        }
        let held = Held { position, items, expires_at: text(payload, "expires_at") };
        once(&mut self.holds, &hold, held);
    }

    fn hold_expired(&mut self, hold: &str, now: &str, position: u64) {
        once(&mut self.expired, hold, position);
        let expires_at = &self.holds[hold].expires_at;
        assert!(now >= expires_at.as_str(), "{hold} lapsed at {now}, before {expires_at}");
        self.end_claims(hold, position);
    }

    fn order_placed(&mut self, payload: &Value, position: u64) {
        let ordered = Ordered {
            position,
            hold: text(payload, "hold"),
            items: items(payload),
            total: payload["total"].as_u64().unwrap(),
            expires_at: text(payload, "expires_at"),
        };
        once(&mut self.orders, &text(payload, "order"), ordered);
    }

    fn payment_started(&mut self, payload: &Value, position: u64) {
        let amount = payload["amount"].as_u64().unwrap();
        let paying = Paying { position, order: text(payload, "order"), amount };
        once(&mut self.payments, &text(payload, "payment"), paying);
    }

    fn hold_reclaimed(&mut self, hold: &str, position: u64) {
        once(&mut self.reclaimed, hold, position);
        for item in self.holds[hold].items.clone() {
            self.claim(&item.seat, hold, position);
        }
    }

    fn claim(&mut self, seat: &str, hold: &str, position: u64) {
        let claims = self.seats.entry(seat.to_owned()).or_default();
        if let Some(Claim { hold: other, from, to: None }) = claims.last() {
            panic!("{hold} got {seat} at {position}, but {other} has it since {from}");
        }
        claims.push(Claim { hold: hold.to_owned(), from: position, to: None });
    }

    fn end_claims(&mut self, hold: &str, position: u64) {
        for item in &self.holds[hold].items {
            let claims = self.seats.get_mut(&item.seat).into_iter().flatten();
            let Some(claim) = claims.rev().find(|claim| claim.hold == hold && claim.to.is_none()) else {
                panic!("{hold} lost {} a second time, at {position}", item.seat)
            };
            claim.to = Some(position);
        }
    }
}

fn once<T: std::fmt::Debug>(known: &mut HashMap<String, T>, id: &str, fact: T) {
    let before = known.insert(id.to_owned(), fact);
    assert!(before.is_none(), "{id} stands in the log twice; the first time as {before:?}");
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}

fn items(payload: &Value) -> Vec<Item> {
    let item = |item: &Value| Item {
        seat: text(item, "seat"),
        ticket_type: text(item, "ticket_type"),
        price: item["price"].as_u64().unwrap(),
    };
    payload["items"].as_array().unwrap().iter().map(item).collect()
}
