//! One buyer, from the seat map to the tickets, over HTTP. What they are going to do is decided by the demo's seed
//! before they begin; what becomes of it is decided by the box office.

use std::sync::Arc;
use std::time::Duration;

use boxoffice_domain::time::Timestamp;
use fastrand::Rng;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::house::House;
use super::programme;
use super::sale::{Sale, Shown, Ticket};
use crate::cli::client::{Call, Reply};

/// How often a buyer looks for other seats.
const LOOKS_MAX: u32 = 4;

/// How often a buyer looks whether the tickets have come.
const GLANCES_MAX: u32 = 20;

/// How often a buyer sends a request again that the server had no time for.
const TRIES_MAX: u32 = 4;

/// What a buyer is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intention {
    /// Pays at the first attempt.
    Buys,
    /// Proves who they are to their bank, then pays.
    ProvesIdentity,
    /// Takes more time, then pays.
    TakesTime,
    /// Has a card declined, then pays with another.
    TriesAnotherCard,
    /// Holds seats and forgets about them.
    Forgets,
    /// Holds seats and lets them go.
    LetsGo,
    /// Orders and thinks better of it.
    Cancels,
    /// Has a card declined and leaves.
    GivesUp,
    /// Pays after the deadline.
    PaysLate,
    /// Has a bank that promises the money and does not send it.
    BankFails,
    /// Buys, and gives the tickets back.
    GivesBack,
    /// Buys for somebody else, who accepts one of the tickets.
    PassesOn,
}

/// Of a hundred buyers, how many do what.
const INTENTIONS: [(Intention, u32); 12] = [
    (Intention::Buys, 56),
    (Intention::ProvesIdentity, 4),
    (Intention::TakesTime, 2),
    (Intention::TriesAnotherCard, 7),
    (Intention::Forgets, 9),
    (Intention::LetsGo, 5),
    (Intention::Cancels, 2),
    (Intention::GivesUp, 3),
    (Intention::PaysLate, 4),
    (Intention::BankFails, 2),
    (Intention::GivesBack, 3),
    (Intention::PassesOn, 3),
];

/// Of a hundred buyers, how many bring how many people.
const COMPANY: [(usize, u32); 6] = [(1, 14), (2, 46), (3, 14), (4, 18), (6, 6), (8, 2)];

/// Of a hundred groups, how many leave the choice of seats to the box office.
const BEST: u32 = 30;

impl Intention {
    fn draw(dice: &mut Rng) -> Self {
        draw(&INTENTIONS, dice).unwrap_or(Self::Buys)
    }
}

/// One of the choices, each as often as its weight says.
fn draw<T: Copy>(choices: &[(T, u32)], dice: &mut Rng) -> Option<T> {
    let all: u32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut throw = dice.u32(..all.max(1));
    for (choice, weight) in choices {
        if throw < *weight {
            return Some(*choice);
        }
        throw -= weight;
    }
    None
}

#[derive(Deserialize)]
struct Held {
    hold_id: String,
    hold_token: String,
}

/// The seats of a hold that somebody else chose.
#[derive(Deserialize)]
struct Chosen {
    items: Vec<ChosenSeat>,
}

#[derive(Deserialize)]
struct ChosenSeat {
    seat_id: String,
}

#[derive(Deserialize)]
struct Ordered {
    order_id: String,
    order_token: String,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Paying {
    payment_id: String,
}

#[derive(Deserialize)]
struct Read {
    tickets: Vec<ReadTicket>,
}

#[derive(Deserialize)]
struct ReadTicket {
    ticket_id: String,
}

/// A ticket with its code.
#[derive(Deserialize)]
struct Coded {
    qr: String,
}

#[derive(Deserialize)]
struct Offered {
    transfer_id: String,
    transfer_token: String,
}

/// A buyer.
pub(super) struct Buyer {
    sale: Arc<Sale>,
    house: Arc<House>,
    number: u64,
    requests: u64,
    dice: Rng,
}

/// What was wanted did not come about; it has been said.
struct Ended;

impl Buyer {
    /// The buyer of that number.
    pub(super) fn new(sale: Arc<Sale>, house: Arc<House>, number: u64) -> Self {
        let dice = Rng::with_seed(sale.manner.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number));
        Self { sale, house, number, requests: 0, dice }
    }

    /// Everything that the buyer does.
    pub(super) async fn visit(mut self) {
        let intention = Intention::draw(&mut self.dice);
        // How it ends is seen in the log; whoever is interrupted just leaves.
        let _ = self.carry_out(intention).await;
    }

    async fn carry_out(&mut self, intention: Intention) -> Result<(), Ended> {
        let held = self.hold().await?;
        self.think(300, 1_500).await;
        match intention {
            Intention::Forgets => return Ok(()),
            Intention::LetsGo => {
                let path = format!("/v1/holds/{}", held.hold_id);
                self.ask(Call::delete(&path).with(&held.hold_token)).await?;
                return Ok(());
            }
            Intention::TakesTime => {
                let path = format!("/v1/holds/{}/extension", held.hold_id);
                self.ask(Call::post(&path, "{}").with(&held.hold_token)).await?;
            }
            _ => {}
        }
        let ordered = self.order(&held).await?;
        self.think(200, 900).await;
        match intention {
            Intention::Cancels => {
                let path = format!("/v1/orders/{}/cancellation", ordered.order_id);
                self.ask(Call::post(&path, "{}").with(&ordered.order_token)).await?;
            }
            Intention::GivesUp => {
                self.pay(&ordered, json!({ "outcome": "decline" })).await?;
            }
            Intention::BankFails => {
                self.pay(&ordered, json!({ "outcome": "fail_capture" })).await?;
            }
            Intention::PaysLate => {
                let now = self.sale.clock.now().wall.unix_ms();
                let left = u64::try_from(ordered.expires_at.unix_ms() - now).unwrap_or_default();
                let delay = left + self.dice.u64(200..2_500);
                self.pay(&ordered, json!({ "outcome": "succeed", "delay_ms": delay })).await?;
            }
            Intention::TriesAnotherCard => {
                self.pay(&ordered, json!({ "outcome": "decline" })).await?;
                self.think(400, 1_200).await;
                self.pay_up(&ordered).await?;
            }
            Intention::ProvesIdentity => {
                let payment = self.pay(&ordered, json!({ "outcome": "require_action" })).await?;
                self.think(400, 1_500).await;
                self.instruct(&payment, &ordered, &json!({ "outcome": "succeed" })).await?;
                self.collect(&ordered).await?;
            }
            Intention::GivesBack => {
                self.pay(&ordered, json!({ "outcome": "succeed" })).await?;
                self.tickets(&ordered).await?;
                self.think(300, 1_500).await;
                let path = format!("/v1/orders/{}/refunds", ordered.order_id);
                self.ask(Call::post(&path, "{}").with(&ordered.order_token)).await?;
            }
            Intention::PassesOn => {
                self.pay(&ordered, json!({ "outcome": "succeed" })).await?;
                self.think(300, 1_500).await;
                self.pass_on(&ordered).await?;
            }
            _ => self.pay_up(&ordered).await?,
        }
        Ok(())
    }

    /// Offers one of the tickets to somebody, who accepts it. Its former code is shown at a door all the same.
    async fn pass_on(&mut self, ordered: &Ordered) -> Result<(), Ended> {
        let Some(ReadTicket { ticket_id }) = self.tickets(ordered).await?.into_iter().next() else {
            return Err(Ended);
        };
        let path = format!("/v1/tickets/{ticket_id}");
        let reply = self.ask(Call::get(&path).with(&ordered.order_token)).await?;
        let former: Coded = self.read(&reply)?;
        let (name, email) = programme::buyer(self.number, &mut self.dice);
        let body = json!({ "to_email": email }).to_string();
        let path = format!("/v1/tickets/{ticket_id}/transfer");
        let reply = self.ask(Call::post(&path, body).with(&ordered.order_token)).await?;
        let offered: Offered = self.read(&reply)?;
        self.think(300, 1_500).await;
        let path = format!("/v1/transfers/{}/acceptance", offered.transfer_id);
        let body = json!({ "name": name, "email": email }).to_string();
        let reply = self.ask(Call::post(&path, body).with(&offered.transfer_token)).await?;
        let current: Coded = self.read(&reply)?;
        let show = self.house.show.to_string();
        let shown =
            [former, current].map(|Coded { qr }| Ticket { show: show.clone(), shown: Shown::Code(qr) });
        self.sale.keep(shown);
        Ok(())
    }

    /// The tickets of an order that is paid for, once they are there.
    async fn tickets(&mut self, ordered: &Ordered) -> Result<Vec<ReadTicket>, Ended> {
        let path = format!("/v1/orders/{}", ordered.order_id);
        for _ in 0..GLANCES_MAX {
            let reply = self.ask(Call::get(&path).with(&ordered.order_token)).await?;
            let read: Read = self.read(&reply)?;
            if !read.tickets.is_empty() {
                return Ok(read.tickets);
            }
            self.think(200, 400).await;
        }
        Err(Ended)
    }

    /// Looks for seats until some can be held.
    async fn hold(&mut self) -> Result<Held, Ended> {
        let people = draw(&COMPANY, &mut self.dice).unwrap_or(2);
        let path = format!("/v1/events/{}/holds", self.house.show);
        if let Some(held) = self.hold_the_best(people, &path).await? {
            return Ok(held);
        }
        for _ in 0..LOOKS_MAX {
            let (items, words) = self.wish(people);
            if items.is_empty() {
                return Err(Ended);
            }
            let key = self.key();
            let body = json!({ "items": items }).to_string();
            let reply = self.send(&Call::post(&path, body).keyed(&key)).await?;
            match reply.code().as_str() {
                "" => return self.read(&reply),
                "seats_taken" => self.sale.hearsay.beaten(&words),
                "sold_out" => {}
                _ => return Err(self.surprised(&reply)),
            }
            self.think(100, 500).await;
        }
        Err(Ended)
    }

    /// Some who come in company leave the choice to the box office; where that has nothing, they look for themselves.
    async fn hold_the_best(&mut self, people: usize, path: &str) -> Result<Option<Held>, Ended> {
        if !(2..=6).contains(&people) || self.dice.u32(..100) >= BEST {
            return Ok(None);
        }
        let Some(ticket_type) = self.house.sells.seated.adult(&mut self.dice) else { return Ok(None) };
        let best = json!({ "ticket_type_id": ticket_type, "quantity": people, "split": "pairs" });
        let body = json!({ "items": [{ "best_available": best }] }).to_string();
        let key = self.key();
        let reply = self.send(&Call::post(path, body).keyed(&key)).await?;
        match reply.code().as_str() {
            "" => {}
            "sold_out" | "not_adjacent" => return Ok(None),
            _ => return Err(self.surprised(&reply)),
        }
        let chosen: Chosen = self.read(&reply)?;
        let seats = chosen.items.iter().filter_map(|item| self.house.layout.index_of(&item.seat_id));
        let seats = self.house.describe(&seats.collect::<Vec<_>>());
        self.sale.hearsay.best(&format!("{}, {seats} for {people} who left it to us", self.house.label));
        self.read(&reply).map(Some)
    }

    /// What to ask for, and in words. Some like to stand, if they can.
    fn wish(&mut self, people: usize) -> (Vec<Value>, String) {
        let stands = self.dice.u32(..100) < 12;
        let area = self
            .dice
            .choice(&self.house.sells.standing)
            .filter(|_| stands && self.house.look().standing_left > 0);
        if let Some(area) = area {
            let item = json!({ "ticket_type_id": area.ticket_type, "quantity": people });
            return (vec![item], area.name.clone());
        }
        let seats = self.house.choose(people, &mut self.dice);
        let (layout, curtain) = (&self.house.layout, &self.house.sells.seated);
        let mut items = Vec::with_capacity(seats.len());
        for seat in seats.iter().filter_map(|seat| layout.seat(*seat)) {
            let category = layout.category_name(seat.category).unwrap_or_default();
            let ticket_type = curtain.of_company(category, items.is_empty(), &mut self.dice);
            items.push(json!({ "seat_id": seat.id.as_str(), "ticket_type_id": ticket_type }));
        }
        (items, self.house.describe(&seats))
    }

    async fn order(&mut self, held: &Held) -> Result<Ordered, Ended> {
        let (name, email) = programme::buyer(self.number, &mut self.dice);
        let body = json!({ "hold_id": held.hold_id, "buyer": { "name": name, "email": email } });
        let reply = self.ask(Call::post("/v1/orders", body.to_string()).with(&held.hold_token)).await?;
        self.read(&reply)
    }

    async fn pay_up(&mut self, ordered: &Ordered) -> Result<(), Ended> {
        self.pay(ordered, json!({ "outcome": "succeed" })).await?;
        self.collect(ordered).await
    }

    /// Begins to pay and says what the card does.
    async fn pay(&mut self, ordered: &Ordered, instruction: Value) -> Result<Paying, Ended> {
        let path = format!("/v1/orders/{}/payments", ordered.order_id);
        let reply = self.ask(Call::post(&path, r#"{"method":"card"}"#).with(&ordered.order_token)).await?;
        let paying: Paying = self.read(&reply)?;
        self.instruct(&paying, ordered, &instruction).await?;
        Ok(paying)
    }

    async fn instruct(
        &mut self,
        paying: &Paying,
        ordered: &Ordered,
        instruction: &Value,
    ) -> Result<(), Ended> {
        let path = format!("/v1/sandbox/payments/{}", paying.payment_id);
        self.ask(Call::post(&path, instruction.to_string()).with(&ordered.order_token)).await.map(drop)
    }

    /// Some of the tickets are shown at a door later on.
    async fn collect(&mut self, ordered: &Ordered) -> Result<(), Ended> {
        if !self.sale.wants_tickets() {
            return Ok(());
        }
        let path = format!("/v1/orders/{}", ordered.order_id);
        let reply = self.ask(Call::get(&path).with(&ordered.order_token)).await?;
        let read: Read = self.read(&reply)?;
        let show = self.house.show.to_string();
        self.sale.keep(
            read.tickets
                .into_iter()
                .map(|ticket| Ticket { show: show.clone(), shown: Shown::Number(ticket.ticket_id) }),
        );
        Ok(())
    }

    /// Sends a request whose answer should be yes, or that time has run out.
    async fn ask(&mut self, call: Call<'_>) -> Result<Reply, Ended> {
        let key = self.key();
        let reply = self.send(&call.keyed(&key)).await?;
        if reply.status.is_success() {
            return Ok(reply);
        }
        match reply.code().as_str() {
            "hold_expired" | "order_expired" => Err(Ended),
            _ => Err(self.surprised(&reply)),
        }
    }

    /// Sends a request, again where the server had no time for it.
    async fn send(&mut self, call: &Call<'_>) -> Result<Reply, Ended> {
        for attempt in 1.. {
            match self.sale.call(call).await {
                Ok(reply) if reply.status == StatusCode::SERVICE_UNAVAILABLE && attempt < TRIES_MAX => {
                    tokio::time::sleep(Duration::from_millis(250) * attempt).await;
                }
                Ok(reply) => return Ok(reply),
                Err(error) => {
                    self.sale.hearsay.surprise(&error.to_string());
                    return Err(Ended);
                }
            }
        }
        Err(Ended)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, reply: &Reply) -> Result<T, Ended> {
        reply.read().map_err(|problem| {
            self.sale.hearsay.surprise(&problem);
            Ended
        })
    }

    fn surprised(&self, reply: &Reply) -> Ended {
        self.sale.hearsay.surprise(&reply.problem());
        Ended
    }

    /// A key that no other request of this demo has.
    fn key(&mut self) -> String {
        self.requests += 1;
        let begun = u128::from(self.sale.manner.seed ^ self.house.show.uuid().as_u64_pair().0);
        let number = u128::from(self.number & 0xffff_ffff) << 32 | u128::from(self.requests & 0xffff_ffff);
        Uuid::from_u128(begun << 64 | number).to_string()
    }

    async fn think(&mut self, least_ms: u64, most_ms: u64) {
        let time = Duration::from_millis(self.dice.u64(least_ms..most_ms));
        self.sale.think(time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_percentages() {
        assert_eq!(INTENTIONS.iter().map(|(_, weight)| weight).sum::<u32>(), 100);
        assert_eq!(COMPANY.iter().map(|(_, weight)| weight).sum::<u32>(), 100);
    }

    #[test]
    fn everything_happens_sooner_or_later() {
        let mut dice = Rng::with_seed(3);
        let drawn: Vec<_> = (0..2_000).map(|_| Intention::draw(&mut dice)).collect();
        for (intention, weight) in INTENTIONS {
            let times = drawn.iter().filter(|drawn| **drawn == intention).count();
            let expected = usize::try_from(weight).unwrap() * 20;
            assert!(times > expected / 2 && times < expected * 2, "{intention:?} happened {times} times");
        }
    }
}
