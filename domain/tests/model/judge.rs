//! What must come of each command, and whether that came.

use boxoffice_domain::id::{HoldId, OrderId, PaymentId, TicketId};
use boxoffice_domain::inventory::cancel_order::CancelOrder;
use boxoffice_domain::inventory::event::*;
use boxoffice_domain::inventory::place_order::PlaceOrder;
use boxoffice_domain::inventory::record_payment::Fact;
use boxoffice_domain::inventory::refund_tickets::RefundTickets;
use boxoffice_domain::inventory::remove_hold_items::RemoveHoldItems;
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::inventory::start_payment::StartPayment;
use boxoffice_domain::inventory::{Invalid, InventoryCommand, InventoryRefused};
use boxoffice_domain::pricing::{self, Breakdown};
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::{
    Answer, Bought, BoughtState, Checked, Held, HeldState, Judged, Paying, PayingState, Reference, by_type,
    exactly, world,
};

impl Reference {
    pub(crate) fn judge(&self, command: &InventoryCommand, now: Timestamp) -> Judged {
        match command {
            InventoryCommand::Draft(c) => {
                if self.terms.is_some() {
                    return Err(InventoryRefused::Exists);
                }
                let area = PoolAdded { capacity: 3, name: "Floor".into(), pool: world::floor() };
                exactly([c.terms.clone().into(), area.into()])
            }
            InventoryCommand::AddPool(c) => {
                self.drafted()?;
                if self.pools.iter().any(|(id, _)| *id == c.pool) {
                    return Err(InventoryRefused::Exists);
                }
                exactly([PoolAdded { capacity: c.capacity, name: c.name.clone(), pool: c.pool }.into()])
            }
            InventoryCommand::AddTicketType(c) => self.judge_ticket_type(&c.added),
            InventoryCommand::AddFee(_)
            | InventoryCommand::RemoveFee(_)
            | InventoryCommand::AddTax(_)
            | InventoryCommand::RemoveTax(_) => self.judge_charge(command),
            InventoryCommand::Publish => self.judge_publication(now),
            InventoryCommand::PlaceHold(c) => {
                self.drafted()?;
                if self.hold(c.hold).is_some() {
                    return Err(InventoryRefused::Exists);
                }
                self.on_sale(now)?;
                let items = self.priced(&c.wants, now)?;
                self.windows_open(&items, now)?;
                self.within_limits(&items)?;
                self.can_be_had(&items, now)?;
                self.nobody_alone(&items, now)?;
                let placed = HoldPlaced {
                    expires_at: now.plus_seconds(world::HOLD_SECONDS),
                    hold: c.hold,
                    items: items.clone(),
                    max_expires_at: now.plus_seconds(world::HOLD_SECONDS_MAX),
                    tariff: self.tariff_index,
                };
                Ok(Answer::TakingOver(items, vec![placed.into()]))
            }
            InventoryCommand::AddHoldItems(c) => {
                let hold = self.changeable(c.hold, now)?;
                self.on_sale(now)?;
                let items = self.priced(&c.wants, now)?;
                self.windows_open(&items, now)?;
                self.within_limits(&[hold.items.clone(), items.clone()].concat())?;
                self.can_be_had(&items, now)?;
                self.nobody_alone(&items, now)?;
                let added = HoldItemsAdded { hold: c.hold, items: items.clone() };
                Ok(Answer::TakingOver(items, vec![added.into()]))
            }
            InventoryCommand::RemoveHoldItems(c) => self.judge_removal(c, now),
            InventoryCommand::ExtendHold(c) => self.judge_extension(c.hold, now),
            InventoryCommand::ReleaseHold(c) => match self.changeable(c.hold, now) {
                Ok(_) => exactly([HoldReleased { hold: c.hold }.into()]),
                Err(InventoryRefused::HoldReleased) => exactly([]),
                Err(refused) => Err(refused),
            },
            InventoryCommand::ExpireHolds => {
                let mut due: Vec<_> = self
                    .holds
                    .iter()
                    .filter(|hold| hold.overdue(now))
                    .map(|hold| (hold.until, hold.id))
                    .collect();
                due.sort();
                Ok(Answer::Exactly(due.into_iter().map(|(_, hold)| HoldExpired { hold }.into()).collect()))
            }
            InventoryCommand::PlaceOrder(c) => self.judge_order(c, now),
            InventoryCommand::CancelOrder(c) => self.judge_cancellation(c, now),
            InventoryCommand::StartPayment(c) => self.judge_start(c, now),
            InventoryCommand::RecordPayment(c) => self.judge_fact(c.payment, &c.fact, now),
            InventoryCommand::SettlePayment(c) => self.judge_settlement(c.payment, now),
            InventoryCommand::RecordCapture(c) => self.judge_capture(c.payment, c.failure.as_deref()),
            InventoryCommand::RecordVoid(c) => {
                let known = self.payment(c.payment).ok_or(InventoryRefused::UnknownPayment)?;
                match known.state {
                    PayingState::VoidDue => {
                        exactly([PaymentVoided { order: known.order, payment: c.payment }.into()])
                    }
                    PayingState::Voided | PayingState::Lapsed => exactly([]),
                    _ => Err(InventoryRefused::TooEarly),
                }
            }
            InventoryCommand::DraftCopy(c) => self.judge_copy(c),
            InventoryCommand::ChangeRefundPolicy(_)
            | InventoryCommand::RefundTickets(_)
            | InventoryCommand::RecordRefund(_)
            | InventoryCommand::RetryRefund(_)
            | InventoryCommand::CancelShow(_)
            | InventoryCommand::WindUp => self.judge_giving_back(command, now),
            InventoryCommand::OfferTransfer(_)
            | InventoryCommand::AcceptTransfer(_)
            | InventoryCommand::EndTransfer(_) => self.judge_passing_on(command, now),
            change => self.judge_change(change, now),
        }
    }

    fn changeable(&self, id: HoldId, now: Timestamp) -> Result<&Held, InventoryRefused> {
        let hold = self.hold(id).ok_or(InventoryRefused::UnknownHold)?;
        match hold.state {
            HeldState::LetGo => Err(InventoryRefused::HoldReleased),
            HeldState::Kept => Err(InventoryRefused::HoldOrdered),
            _ if !hold.live(now) => Err(InventoryRefused::HoldExpired),
            HeldState::Choosing => Ok(hold),
            _ => Err(InventoryRefused::HoldOrdered),
        }
    }

    fn judge_cancellation(&self, command: &CancelOrder, now: Timestamp) -> Judged {
        let CancelOrder { order: id, by } = command;
        if self.order(*id).is_some_and(|order| matches!(order.state, BoughtState::Ticketed(_))) {
            let all = RefundTickets { order: *id, tickets: Vec::new(), by: by.clone() };
            return match self.judge_refund(&all, now) {
                Err(InventoryRefused::TicketsReturned(_)) => exactly([]),
                judged => judged,
            };
        }
        match self.payable(*id, now) {
            Ok(order) => {
                let reason = CancelReason::Requested;
                exactly([OrderCancelled { hold: order.hold, order: *id, reason }.into()])
            }
            Err(InventoryRefused::OrderCancelled) => exactly([]),
            Err(refused) => Err(refused),
        }
    }

    fn judge_extension(&self, id: HoldId, now: Timestamp) -> Judged {
        let hold = self.changeable(id, now)?;
        self.takes_place()?;
        let until = now.plus_seconds(world::HOLD_SECONDS).min(hold.limit);
        if until > hold.until {
            exactly([HoldExtended { expires_at: until, hold: id }.into()])
        } else if hold.until == hold.limit {
            Err(InventoryRefused::ExtensionLimit)
        } else {
            exactly([])
        }
    }

    fn judge_removal(&self, command: &RemoveHoldItems, now: Timestamp) -> Judged {
        let mut kept = self.changeable(command.hold, now)?.items.clone();
        let mut removed = Vec::new();
        for want in &command.wants {
            let times = if let Want::Units { quantity, .. } = want { *quantity } else { 1 };
            if u32::try_from(kept.iter().filter(|item| is_meant(item, want)).count()).unwrap() < times {
                return Err(InventoryRefused::NotInHold);
            }
            for _ in 0..times {
                let found = kept.iter().position(|item| is_meant(item, want)).unwrap();
                removed.push(kept.remove(found));
            }
        }
        if removed.is_empty() {
            return Err(Invalid::Nothing.into());
        }
        if kept.is_empty() {
            return Err(InventoryRefused::HoldWouldBeEmpty);
        }
        self.nobody_alone_again(&removed, &kept, now)?;
        exactly([HoldItemsRemoved { hold: command.hold, items: removed }.into()])
    }

    fn judge_order(&self, command: &PlaceOrder, now: Timestamp) -> Judged {
        let PlaceOrder { order, hold: id, buyer, buyer_key } = *command;
        let hold = self.changeable(id, now)?;
        self.takes_place()?;
        if self.order(order).is_some() {
            return Err(InventoryRefused::Exists);
        }
        for (ticket_type, count) in by_type(&hold.items) {
            match self.ticket_type(ticket_type).and_then(|known| known.min_per_order) {
                Some(limit) if count < limit => {
                    return Err(InventoryRefused::BelowMinimum { ticket_type, limit });
                }
                _ => {}
            }
        }
        let limit = self.drafted()?.max_per_buyer;
        let buyer_key = buyer_key.filter(|_| limit.is_some());
        if let (Some(limit), Some(key)) = (limit, buyer_key) {
            let has = self.has(key, now);
            if has + hold.items.len() > limit as usize {
                return Err(InventoryRefused::BuyerLimitExceeded { has: u32::try_from(has).unwrap(), limit });
            }
        }
        let items: Vec<TicketItem> = (1..)
            .zip(hold.items.clone())
            .map(|(n, Item { price, seat, ticket_type })| TicketItem {
                price,
                seat,
                ticket: TicketId::of_order(order, n),
                ticket_type,
            })
            .collect();
        // What it comes to has properties of its own: domain/src/pricing/properties.rs.
        let tickets = hold.items.iter().map(|item| (item.ticket_type, item.price));
        let Breakdown { fees, shares, taxes, total } = pricing::price(&hold.tariff, tickets).unwrap();
        let placed = OrderPlaced {
            buyer,
            buyer_key,
            expires_at: hold.until,
            fees,
            hold: id,
            items: items.clone(),
            order,
            shares,
            taxes,
            total,
        }
        .into();
        if total > 0 {
            return exactly([placed]);
        }
        let secured = OrderSecured { hold: id, order, payment: None }.into();
        exactly([placed, secured, TicketsIssued { order, tickets: items }.into()])
    }

    fn payable(&self, id: OrderId, now: Timestamp) -> Result<&Bought, InventoryRefused> {
        let order = self.order(id).ok_or(InventoryRefused::UnknownOrder)?;
        match order.state {
            BoughtState::Cancelled => Err(InventoryRefused::OrderCancelled),
            BoughtState::Secured(_) | BoughtState::Ticketed(_) => Err(InventoryRefused::OrderPaid),
            BoughtState::Waiting if self.hold(order.hold).is_some_and(|hold| hold.live(now)) => Ok(order),
            BoughtState::Waiting => Err(InventoryRefused::OrderExpired),
        }
    }

    fn judge_start(&self, command: &StartPayment, now: Timestamp) -> Judged {
        let order = self.payable(command.order, now)?;
        self.takes_place()?;
        if self.payment(command.payment).is_some() {
            return Err(InventoryRefused::Exists);
        }
        let attempts: Vec<&Paying> = self.payments.iter().filter(|known| known.order == order.id).collect();
        if attempts.len() >= 20 || attempts.iter().any(|known| known.state == PayingState::Authorised) {
            return Err(InventoryRefused::PaymentInProgress);
        }
        exactly([PaymentStarted {
            amount: order.total,
            method: command.method.clone(),
            order: order.id,
            payment: command.payment,
            provider: command.provider.clone(),
        }
        .into()])
    }

    fn judge_fact(&self, payment: PaymentId, fact: &Fact, now: Timestamp) -> Judged {
        let known = self.payment(payment).ok_or(InventoryRefused::UnknownPayment)?;
        let order = known.order;
        let (undecided, may_still_pay) = match known.state {
            PayingState::Started | PayingState::ActionRequired => (true, true),
            PayingState::Declined => (false, true),
            _ => (false, false),
        };
        match fact {
            Fact::ActionRequired if known.state == PayingState::Started => {
                exactly([PaymentActionRequired { order, payment }.into()])
            }
            Fact::Authorised { amount, at } if may_still_pay => {
                let authorised_at = if *at > now { now } else { *at };
                exactly([PaymentAuthorised { amount: *amount, authorised_at, order, payment }.into()])
            }
            Fact::Lapsed => match known.state {
                PayingState::Authorised => exactly([PaymentLapsed { order, payment }.into()]),
                PayingState::VoidDue => exactly([PaymentVoided { order, payment }.into()]),
                PayingState::Settled => self.judge_capture(payment, Some("authorisation_lapsed")),
                _ if may_still_pay => Err(InventoryRefused::TooEarly),
                _ => exactly([]),
            },
            Fact::Declined { reason } if undecided => {
                exactly([PaymentDeclined { order, payment, reason: reason.clone() }.into()])
            }
            Fact::Disputed if known.state == PayingState::Captured => {
                exactly([PaymentDisputed { order, payment }.into()])
            }
            Fact::Disputed
                if may_still_pay || matches!(known.state, PayingState::Authorised | PayingState::Settled) =>
            {
                Err(InventoryRefused::TooEarly)
            }
            _ => exactly([]),
        }
    }

    fn judge_settlement(&self, payment: PaymentId, now: Timestamp) -> Judged {
        let known = self.payment(payment).ok_or(InventoryRefused::UnknownPayment)?;
        if known.state != PayingState::Authorised {
            return exactly([]);
        }
        let order = self.order(known.order).unwrap();
        let hold = self.hold(order.hold).unwrap();
        let let_go = |reason| InventoryEvent::from(PaymentVoidDue { order: order.id, payment, reason });
        match order.state {
            BoughtState::Cancelled => return exactly([let_go(VoidReason::OrderCancelled)]),
            BoughtState::Secured(_) | BoughtState::Ticketed(_) => {
                return exactly([let_go(VoidReason::AlreadyPaid)]);
            }
            BoughtState::Waiting if self.cancelled => return exactly([let_go(VoidReason::ShowCancelled)]),
            BoughtState::Waiting if known.amount < order.total => {
                return exactly([let_go(VoidReason::AmountDiffers)]);
            }
            BoughtState::Waiting => {}
        }
        let secured: InventoryEvent =
            OrderSecured { hold: hold.id, order: order.id, payment: Some(payment) }.into();
        let reclaimed: InventoryEvent = HoldReclaimed { hold: hold.id, order: order.id }.into();
        if hold.live(now) {
            return exactly([secured]);
        }
        // Late money. If nobody has recorded the expiry, nobody can have taken anything either.
        let own = hold.overdue(now).then(|| InventoryEvent::from(HoldExpired { hold: hold.id }));
        let in_time = known.reserved_at.unwrap() < hold.until;
        let closes = |starts: Timestamp| if in_time { starts.plus_ms(3 * 3_600_000) } else { starts };
        if self.terms.as_ref().is_none_or(|terms| now >= closes(terms.starts_at)) {
            return Ok(Answer::Exactly(own.into_iter().chain([let_go(VoidReason::SaleEnded)]).collect()));
        }
        if hold.bereft || self.can_be_had(&hold.items, now).is_err() {
            let gone = [let_go(VoidReason::SeatsGone)];
            return Ok(Answer::Exactly(own.into_iter().chain(gone).collect()));
        }
        if own.is_some() {
            return Ok(Answer::TakingAgain(hold.id, hold.items.clone(), vec![reclaimed, secured]));
        }
        Ok(Answer::TakingOver(hold.items.clone(), vec![reclaimed, secured]))
    }

    fn judge_capture(&self, payment: PaymentId, failure: Option<&str>) -> Judged {
        let known = self.payment(payment).ok_or(InventoryRefused::UnknownPayment)?;
        let order = self.order(known.order).unwrap();
        let captured = PaymentCaptured { amount: order.total, order: order.id, payment }.into();
        match known.state {
            PayingState::CaptureFailed if failure.is_none() => {
                let (refund, reason) = (self.next_refund(order.id), RefundReason::CapturedLate);
                let due = RefundDue {
                    amount: order.total,
                    order: order.id,
                    payment,
                    reason,
                    refund,
                    tickets: Vec::new(),
                };
                return exactly([captured, due.into()]);
            }
            PayingState::Captured | PayingState::CaptureFailed | PayingState::Disputed => return exactly([]),
            PayingState::Settled => {}
            _ => return Err(InventoryRefused::TooEarly),
        }
        match failure {
            None => {
                let issued = TicketsIssued { order: order.id, tickets: order.items.clone() }.into();
                let ended = if self.cancelled { self.ended(order) } else { Vec::new() };
                Ok(Answer::Exactly([vec![captured, issued], ended].concat()))
            }
            Some(reason) => exactly([
                PaymentCaptureFailed { order: order.id, payment, reason: reason.into() }.into(),
                OrderCancelled { hold: order.hold, order: order.id, reason: CancelReason::CaptureFailed }
                    .into(),
            ]),
        }
    }

    /// Whether these events are what the answer says.
    pub(crate) fn check_answer(&self, answer: &Answer, events: &[InventoryEvent], now: Timestamp) -> Checked {
        let (items, then) = match answer {
            Answer::Exactly(expected) => {
                prop_assert_eq!(events, expected);
                return Ok(());
            }
            Answer::TakingAgain(own, items, then) => {
                prop_assert_eq!(events.first(), Some(&HoldExpired { hold: *own }.into()));
                let mut given_back = self.clone();
                given_back.holds.iter_mut().find(|hold| hold.id == *own).unwrap().state = HeldState::Expired;
                let rest = Answer::TakingOver(items.clone(), then.clone());
                return given_back.check_answer(&rest, &events[1..], now);
            }
            Answer::TakingOver(items, then) => (items, then),
        };
        let lapsed: Vec<HoldId> = events
            .iter()
            .map_while(|event| {
                if let InventoryEvent::HoldExpired(expired) = event { Some(expired.hold) } else { None }
            })
            .collect();
        prop_assert_eq!(&events[lapsed.len()..], then.as_slice());
        let pools: Vec<_> =
            self.pools.iter().filter(|(pool, _)| self.units(items, *pool) > 0).copied().collect();
        let has_seat = |hold: &Held| items.iter().flat_map(|item| &item.seat).any(|seat| hold.has_seat(seat));
        for (n, id) in lapsed.iter().enumerate() {
            prop_assert!(!lapsed[..n].contains(id), "{} lapses twice", id);
            let hold = self.hold(*id);
            prop_assert!(hold.is_some_and(|hold| hold.overdue(now)), "{} has not lapsed", id);
            let in_the_way = |hold: &Held| {
                has_seat(hold) || pools.iter().any(|(pool, _)| self.units(&hold.items, *pool) > 0)
            };
            prop_assert!(hold.is_some_and(in_the_way), "{} was not in the way", id);
        }
        for hold in self.holds.iter().filter(|hold| hold.claims() && has_seat(hold)) {
            prop_assert!(lapsed.contains(&hold.id), "{} still has one of the seats", hold.id);
        }
        let enough = |gone: &[HoldId]| {
            pools.iter().all(|(pool, capacity)| {
                let room = self.room(*pool, *capacity, |hold| hold.claims() && !gone.contains(&hold.id));
                self.units(items, *pool) <= room
            })
        };
        prop_assert!(enough(&lapsed), "there is no room for {:?}", items);
        if let Some((last, others)) = lapsed.split_last()
            && !self.hold(*last).is_some_and(has_seat)
        {
            prop_assert!(!enough(others), "{} need not have been recorded", last);
        }
        Ok(())
    }
}

/// Whether one who wants this to go means that item.
fn is_meant(item: &Item, want: &Want) -> bool {
    match (want, &item.seat) {
        (Want::Seat { seat, ticket_type }, Some(has)) => {
            seat == has && ticket_type.is_none_or(|id| id == item.ticket_type)
        }
        (Want::Units { ticket_type, .. }, None) => *ticket_type == item.ticket_type,
        _ => false,
    }
}
