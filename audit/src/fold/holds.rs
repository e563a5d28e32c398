//! Holds: from the first claim to the end of it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::charges::Tariff;
use super::inventory::Inventory;
use super::stock::{Claim, Stock};
use crate::fact::{HoldExtended, HoldItemsAdded, HoldItemsRemoved, HoldPlaced, Item};
use crate::layout::SeatIndex;
use crate::rule::{Rule, Verdict};
use crate::value::{HoldId, OrderId, Time};

/// Where a hold has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It lapses at its deadline.
    Open,
    /// Its order is secured: it no longer lapses.
    Secured,
    Released,
    Expired,
    Cancelled,
}

/// A hold.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) claims: Vec<Claim>,
    pub(super) expires_at: Time,
    max_expires_at: Time,
    pub(super) order: Option<OrderId>,
    /// What was charged beside prices when it was placed.
    pub(super) tariff: Arc<Tariff>,
    pub(super) state: State,
    /// Whether its units are counted in the pools.
    drawn: bool,
}

impl Hold {
    /// Whether its deadline is still to come.
    pub(super) fn is_live(&self, now: Time) -> bool {
        self.state == State::Open && now < self.expires_at
    }

    /// Whether its deadline has passed, whether or not that is in the log.
    pub(super) fn has_lapsed(&self, now: Time) -> bool {
        self.state == State::Expired || self.state == State::Open && now >= self.expires_at
    }

    /// Its state in words, for those who took it for live.
    fn told(&self, now: Time) -> String {
        match self.state {
            State::Open if now >= self.expires_at => format!("lapsed at {}", self.expires_at),
            State::Open => "is live".to_owned(),
            State::Secured => "has a secured order".to_owned(),
            State::Released => "was released".to_owned(),
            State::Expired => "has expired".to_owned(),
            State::Cancelled => "was cancelled with its order".to_owned(),
        }
    }
}

impl Inventory {
    pub(super) fn place_hold(&mut self, placed: &HoldPlaced, now: Time) -> Verdict {
        let id = placed.hold;
        Rule::HoldIsNew.holds(!self.holds.contains_key(&id), || id.to_string())?;
        let due = now.plus_seconds(self.terms.hold_seconds);
        let last = now.plus_seconds(self.terms.hold_seconds_max);
        let (expires_at, max_expires_at) = (placed.expires_at, placed.max_expires_at);
        Rule::DeadlineIsShows.holds(expires_at == due && max_expires_at == last, || {
            format!("{id} until {expires_at} and at most {max_expires_at}, not {due} and {last}")
        })?;
        Rule::DeadlineWithinMaximum.holds(expires_at <= max_expires_at, || {
            format!("{id} until {expires_at}, at most {max_expires_at}")
        })?;
        let claims = self.claim(id, &placed.items, 0, now)?;
        self.watch(expires_at, id);
        let state = State::Open;
        let (told, changes) = (placed.tariff.unwrap_or(0), self.charges.changes);
        Rule::HoldNamesTariff.holds(told == changes && placed.tariff != Some(0), || {
            format!("{id} says {told}, not {changes}")
        })?;
        let tariff = Arc::clone(&self.charges.current);
        let hold = Hold { claims, expires_at, max_expires_at, order: None, tariff, state, drawn: true };
        self.holds.insert(id, hold);
        self.within_type_maximums(id)
    }

    pub(super) fn add_items(&mut self, added: &HoldItemsAdded, now: Time) -> Verdict {
        let id = added.hold;
        let hold = self.changeable(id, now)?;
        let (has, expires_at) = (hold.claims.len(), hold.expires_at);
        let claims = self.claim(id, &added.items, has, now)?;
        self.watch(expires_at, id);
        let hold = self.changeable(id, now)?;
        hold.claims.extend(claims);
        self.within_type_maximums(id)
    }

    pub(super) fn remove_items(&mut self, removed: &HoldItemsRemoved, now: Time) -> Verdict {
        let id = removed.hold;
        Rule::HoldHasItems.holds(!removed.items.is_empty(), || id.to_string())?;
        let layout = self.layout.clone();
        let hold = self.changeable(id, now)?;
        let mut going: HashMap<Claim, u64> = HashMap::new();
        for item in &removed.items {
            let Some(claim) =
                Stock::named(item.seat.as_deref(), item.ticket_type, item.price, layout.as_deref())
            else {
                return Rule::RemovedItemsAreHeld.broken(format!("seat {:?}, which {id} has not", item.seat));
            };
            *going.entry(claim).or_default() += 1;
        }
        let gone: Vec<Claim> = hold
            .claims
            .extract_if(.., |claim| match going.get_mut(claim) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    true
                }
                _ => false,
            })
            .collect();
        Rule::RemovedItemsAreHeld.holds(gone.len() == removed.items.len(), || {
            format!("{} of them are not in {id}", removed.items.len() - gone.len())
        })?;
        self.stock.free_seats(&gone);
        self.stock.give_back(&gone);
        self.gives_nobody_back_alone(&gone, id, now)
    }

    pub(super) fn extend_hold(&mut self, extended: &HoldExtended, now: Time) -> Verdict {
        let (id, until) = (extended.hold, extended.expires_at);
        self.takes_place(|| id.to_string())?;
        let hold = self.changeable(id, now)?;
        Rule::ExtensionIsLater
            .holds(until > hold.expires_at, || format!("{id} until {until}, it had {}", hold.expires_at))?;
        Rule::ExtensionWithinMaximum.holds(until <= hold.max_expires_at, || {
            format!("{id} until {until}, at most {}", hold.max_expires_at)
        })?;
        hold.expires_at = until;
        self.watch(until, id);
        Ok(())
    }

    pub(super) fn release_hold(&mut self, id: HoldId, now: Time) -> Verdict {
        self.changeable(id, now)?;
        self.end_hold(id, State::Released);
        Ok(())
    }

    pub(super) fn expire_hold(&mut self, id: HoldId, now: Time) -> Verdict {
        let Some(hold) = self.holds.get(&id) else {
            return Rule::HoldIsLive.broken(format!("{id} was never placed"));
        };
        Rule::HoldIsLive.holds(hold.state == State::Open, || format!("{id} {}", hold.told(now)))?;
        Rule::HoldHasLapsed
            .holds(hold.has_lapsed(now), || format!("{id} at {now}, live until {}", hold.expires_at))?;
        self.end_hold(id, State::Expired);
        Ok(())
    }

    /// The hold of that id, if it is live.
    pub(super) fn live(&mut self, id: HoldId, now: Time) -> Verdict<&mut Hold> {
        match self.holds.get_mut(&id) {
            Some(hold) if hold.is_live(now) => Ok(hold),
            Some(hold) => Rule::HoldIsLive.broken(format!("{id} {}", hold.told(now))),
            None => Rule::HoldIsLive.broken(format!("{id} was never placed")),
        }
    }

    /// The hold of that id, if it is live and has no order.
    pub(super) fn changeable(&mut self, id: HoldId, now: Time) -> Verdict<&mut Hold> {
        let hold = self.live(id, now)?;
        match hold.order {
            Some(order) => Rule::HoldHasNoOrder.broken(format!("{id} has {order}")),
            None => Ok(hold),
        }
    }

    /// Ends a hold and frees what it has. Only a hold that expires with an order may come back, and keeps its claims
    /// for that.
    pub(super) fn end_hold(&mut self, id: HoldId, end: State) {
        let Some(hold) = self.holds.get_mut(&id) else { return };
        self.stock.free_seats(&hold.claims);
        if hold.drawn {
            self.stock.give_back(&hold.claims);
        }
        hold.drawn = false;
        hold.state = end;
        if end != State::Expired || hold.order.is_none() {
            hold.claims = Vec::new();
        }
    }

    /// Takes back what a lapsed hold had, if all of it is free.
    pub(super) fn take_back(&mut self, id: HoldId, now: Time) -> Verdict {
        let Some(mut hold) = self.holds.remove(&id) else { return Ok(()) };
        if hold.state == State::Expired {
            self.take_seats(&hold.claims, id, now)?;
        }
        if !hold.drawn {
            self.stock.draw(&hold.claims)?;
        }
        (hold.state, hold.drawn) = (State::Open, true);
        self.holds.insert(id, hold);
        Ok(())
    }

    /// Whether all that a lapsed hold had is free for it.
    pub(super) fn could_take_back(&self, id: HoldId, now: Time) -> bool {
        let Some(hold) = self.holds.get(&id) else { return false };
        if hold.claims.is_empty() {
            return false;
        }
        let is_its_own = |other: &HoldId| *other == id;
        let is_free = |other: &HoldId| {
            is_its_own(other) || self.holds.get(other).is_some_and(|other| other.has_lapsed(now))
        };
        let kept_back = self.stock.blocked_among(hold.claims.iter().filter_map(|claim| claim.seat));
        let seats = hold.claims.iter().filter_map(|claim| self.stock.holder(claim.seat?));
        kept_back.is_none()
            && seats.into_iter().all(is_free)
            && (hold.drawn || self.stock.has_left(&hold.claims))
    }

    /// Gives back the units of all holds that have lapsed.
    pub(super) fn lapse(&mut self, now: Time) {
        while let Some(Reverse((deadline, id))) = self.deadlines.peek().copied()
            && deadline <= now
        {
            self.deadlines.pop();
            if let Some(hold) = self.holds.get_mut(&id)
                && hold.drawn
                && hold.state == State::Open
                && hold.has_lapsed(now)
            {
                hold.drawn = false;
                self.stock.give_back(&hold.claims);
            }
        }
    }

    /// Judges new claims of a hold that has so many already, and makes them.
    fn claim(&mut self, id: HoldId, items: &[Item], has: usize, now: Time) -> Verdict<Vec<Claim>> {
        Rule::HoldNeedsPublished.holds(self.published, || id.to_string())?;
        let opened = self.terms.sale_starts_at.is_none_or(|start| start <= now);
        let start = self.terms.starts_at;
        let ends = self.terms.sale_ends_at.map_or(start, |ends| ends.min(start));
        Rule::HoldInSaleWindow.holds(opened && now < ends, || format!("{id} at {now}"))?;
        self.takes_place(|| id.to_string())?;
        Rule::HoldNotPaused.holds(!self.paused, || format!("{id} at {now}"))?;
        Rule::HoldHasItems.holds(!items.is_empty(), || id.to_string())?;
        let layout = self.layout.as_deref();
        let claims = items
            .iter()
            .map(|item| self.stock.sells(item.seat.as_deref(), item.ticket_type, item.price, layout, now))
            .collect::<Verdict<Vec<Claim>>>()?;
        let count = has + claims.len();
        let maximum = self.terms.max_per_order.and_then(|maximum| usize::try_from(maximum).ok());
        Rule::OrderMaximum
            .holds(maximum.is_none_or(|maximum| count <= maximum), || format!("{count} in {id}"))?;
        let maximum = self.terms.max_per_buyer.and_then(|maximum| usize::try_from(maximum).ok());
        Rule::BuyerMaximum
            .holds(maximum.is_none_or(|maximum| count <= maximum), || format!("{count} in {id}"))?;
        self.take_seats(&claims, id, now)?;
        self.leaves_nobody_alone(&claims, id, now)?;
        self.stock.draw(&claims)?;
        Ok(claims)
    }

    fn within_type_maximums(&self, id: HoldId) -> Verdict {
        self.holds.get(&id).map_or(Ok(()), |hold| self.stock.within_maximums(&hold.claims))
    }

    fn take_seats(&mut self, claims: &[Claim], id: HoldId, now: Time) -> Verdict {
        if let Some((seat, block)) = self.stock.blocked_among(claims.iter().filter_map(|claim| claim.seat)) {
            let seat = self.seat_name(seat);
            return Rule::SeatIsNotBlocked
                .broken(format!("seat {seat:?} is wanted by {id}, {block} keeps it back"));
        }
        let Err((seat, holder)) = self.stock.claim_seats(claims, id) else { return Ok(()) };
        let seat = self.seat_name(seat);
        if holder == id {
            return Rule::SeatNamedOnce.broken(format!("{id} has seat {seat:?} twice"));
        }
        self.is_anothers(seat, &id.to_string(), holder, now)
    }

    /// Somebody wants a seat that a hold has.
    pub(super) fn is_anothers(&self, seat: &str, wanted_by: &str, holder: HoldId, now: Time) -> Verdict {
        let other = self.holds.get(&holder);
        let told = other.map_or_else(String::new, |other| other.told(now));
        let lapsed = other.is_some_and(|other| other.has_lapsed(now));
        let rule = if lapsed { Rule::LapsedHoldEndsFirst } else { Rule::SeatIsFree };
        rule.broken(format!("seat {seat:?} is wanted by {wanted_by}, but {holder} {told}"))
    }

    pub(super) fn seat_name(&self, seat: SeatIndex) -> &str {
        self.layout.as_deref().and_then(|layout| layout.name(seat)).unwrap_or_default()
    }

    /// Remembers when a hold lapses, where that gives units back.
    fn watch(&mut self, deadline: Time, id: HoldId) {
        if self.stock.has_pools() {
            self.deadlines.push(Reverse((deadline, id)));
        }
    }
}
