//! What buyers were told, held against what the log says.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::attempt::{Attempt, Intent, Outcome};
use super::buyers::Diary;
use super::facts::{Facts, Held, Item, Ordered, Paying};
use super::random::Random;
use crate::support::Answer;

/// Everything that buyers know.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    holds: HashMap<String, Held>,
    /// Holds that were let go, and where the log says so.
    releases: HashMap<String, u64>,
    orders: HashMap<String, Ordered>,
    payments: HashMap<String, Paying>,
    /// Payments that were said to be captured.
    captured: HashSet<String>,
    /// Orders that were said to be confirmed.
    confirmed: HashSet<String>,
    /// Payments that somebody tried to complete.
    completed: HashSet<String>,
    /// Payments whose completion was acknowledged.
    completions: HashSet<String>,
    /// Seats that were said to be taken, and the position that proves it.
    taken: Vec<(String, u64)>,
    /// The greatest position that was told.
    pub position: u64,
    acknowledged: Vec<(Attempt, Answer)>,
    unsettled: Vec<Attempt>,
}

impl Ledger {
    pub(crate) fn enter(&mut self, diary: Diary) {
        for (attempt, outcome) in diary {
            if let Intent::Succeed { payment } = &attempt.intent {
                self.completed.insert(payment.clone());
            }
            match outcome {
                Outcome::Accepted(answer) => self.accepted(attempt, answer),
                Outcome::Refused(answer) => self.refused(&answer),
                Outcome::Unavailable(_) | Outcome::Unanswered if attempt.is_a_change() => {
                    self.unsettled.push(attempt);
                }
                Outcome::Unavailable(_) | Outcome::Unanswered => {}
            }
        }
    }

    /// What nobody knows the outcome of.
    pub(crate) fn take_unsettled(&mut self) -> Vec<Attempt> {
        std::mem::take(&mut self.unsettled)
    }

    /// Some of what was acknowledged, and how.
    pub(crate) fn sample(&self, count: usize, random: &mut Random) -> Vec<(Attempt, Answer)> {
        let repeatable: Vec<_> =
            self.acknowledged.iter().filter(|(attempt, _)| attempt.is_told_again()).collect();
        let count = count.min(repeatable.len());
        (0..count).map(|_| (*random.pick(&repeatable)).clone()).collect()
    }

    /// How many answers said that something was done.
    pub(crate) fn acknowledgements(&self) -> usize {
        self.acknowledged.len()
    }

    /// The payments that were begun and left, each to be completed now.
    pub(crate) fn left_payments(&self, random: &mut Random) -> Vec<Attempt> {
        let begun =
            self.acknowledged.iter().filter(|(attempt, _)| matches!(attempt.intent, Intent::Pay { .. }));
        let left = begun.map(|(attempt, answer)| (attempt, answer.string("payment_id")));
        let left = left.filter(|(_, payment)| !self.completed.contains(payment));
        left.map(|(attempt, payment)| attempt.completed(random, &payment)).collect()
    }

    /// A payment whose completion was acknowledged and that has not ended, if there is one.
    pub(crate) fn unfinished(&self, facts: &Facts) -> Option<String> {
        let has_ended =
            |payment: &String| facts.captured.contains_key(payment) || facts.voided.contains_key(payment);
        self.completions.iter().find(|payment| !has_ended(payment)).cloned()
    }

    /// Everything that was acknowledged is in the log, once, as it was told.
    pub(crate) fn nothing_is_lost(&self, facts: &Facts) {
        assert!(
            facts.position >= self.position,
            "{} was told, the log ends at {}",
            self.position,
            facts.position
        );
        all_are_in(&self.holds, &facts.holds);
        all_are_in(&self.releases, &facts.releases);
        all_are_in(&self.orders, &facts.orders);
        all_are_in(&self.payments, &facts.payments);
        for payment in &self.captured {
            assert!(facts.captured.contains_key(payment), "{payment} was said to be captured");
        }
        for order in &self.confirmed {
            assert!(facts.ticketed.contains_key(order), "{order} was said to be confirmed");
        }
        for (seat, position) in &self.taken {
            assert!(facts.was_taken(seat, *position), "{seat} was said to be taken as of {position}");
        }
    }

    /// Everything in the log was asked for. To be asked once every attempt has been answered.
    pub(crate) fn nothing_is_invented(&self, facts: &Facts) {
        assert!(self.unsettled.is_empty(), "not all is settled");
        all_were_told(&facts.holds, |hold| self.holds.contains_key(hold));
        all_were_told(&facts.releases, |hold| self.releases.contains_key(hold));
        all_were_told(&facts.orders, |order| self.orders.contains_key(order));
        all_were_told(&facts.payments, |payment| self.payments.contains_key(payment));
        all_were_told(&facts.authorised, |payment| self.completed.contains(payment));
        all_were_told(&facts.captured, |payment| facts.authorised.contains_key(payment));
        all_were_told(&facts.voided, |payment| facts.authorised.contains_key(payment));
    }

    fn accepted(&mut self, attempt: Attempt, answer: Answer) {
        let position = position_of(&answer);
        self.position = self.position.max(position);
        let body = if answer.body.is_empty() { Value::Null } else { answer.json() };
        match &attempt.intent {
            Intent::Hold { seats } => {
                let (items, expires_at) = (items(&body["items"]), text(&body["expires_at"]));
                let held: Vec<&String> = items.iter().map(|item| &item.seat).collect();
                assert_eq!(held, seats.iter().collect::<Vec<_>>(), "seats that nobody asked for");
                same(&mut self.holds, text(&body["hold_id"]), Held { position, items, expires_at });
            }
            Intent::Release { hold } => same(&mut self.releases, hold.clone(), position),
            Intent::Order { hold } => {
                assert_eq!(body["hold_id"], *hold);
                let ordered = Ordered {
                    position,
                    hold: hold.clone(),
                    items: items(&body["lines"]),
                    total: body["total"]["amount"].as_u64().unwrap(),
                    expires_at: text(&body["expires_at"]),
                };
                same(&mut self.orders, text(&body["order_id"]), ordered);
            }
            Intent::Pay { order } => {
                let amount = body["amount"]["amount"].as_u64().unwrap();
                let paying = Paying { position, order: order.clone(), amount };
                same(&mut self.payments, text(&body["payment_id"]), paying);
            }
            Intent::Succeed { payment } => {
                self.completions.insert(payment.clone());
                if body["status"] == "captured" {
                    self.captured.insert(payment.clone());
                }
            }
            Intent::Look { order } => {
                if body["status"] == "confirmed" {
                    self.confirmed.insert(order.clone());
                }
            }
        }
        self.acknowledged.push((attempt, answer));
    }

    fn refused(&mut self, answer: &Answer) {
        let problem = answer.json();
        if problem["code"] == "seats_taken" {
            let position = position_of(answer);
            self.position = self.position.max(position);
            let seats = problem["seats"].as_array().unwrap().iter();
            self.taken.extend(seats.map(|seat| (text(seat), position)));
        }
    }
}

fn position_of(answer: &Answer) -> u64 {
    let position = answer.header("log-position");
    position.unwrap_or_else(|| panic!("no Log-Position: {answer:?}")).parse().unwrap()
}

/// The same thing may be told again, but not another one under its name.
fn same<T: PartialEq + std::fmt::Debug>(told: &mut HashMap<String, T>, id: String, fact: T) {
    let before = told.get(&id);
    assert!(before.is_none_or(|before| *before == fact), "{id} was {before:?}, now it is {fact:?}");
    told.insert(id, fact);
}

#[track_caller]
fn all_are_in<T: PartialEq + std::fmt::Debug>(told: &HashMap<String, T>, log: &HashMap<String, T>) {
    for (id, fact) in told {
        assert_eq!(log.get(id), Some(fact), "{id} was acknowledged");
    }
}

#[track_caller]
fn all_were_told<T>(log: &HashMap<String, T>, was_told: impl Fn(&str) -> bool) {
    for id in log.keys() {
        assert!(was_told(id), "nobody asked for {id}");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

fn items(list: &Value) -> Vec<Item> {
    let item = |item: &Value| Item {
        seat: text(&item["seat_id"]),
        ticket_type: text(&item["ticket_type_id"]),
        price: item["price"]["amount"].as_u64().unwrap(),
    };
    list.as_array().unwrap().iter().map(item).collect()
}
