//! What is for sale, at what price, and whether it can be had.

use boxoffice_domain::id::TicketTypeId;
use boxoffice_domain::inventory::draft_copy::DraftCopy;
use boxoffice_domain::inventory::event::{InventoryDrafted, InventoryPublished, Item, TicketTypeAdded};
use boxoffice_domain::inventory::publish::Missing;
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::inventory::{ITEMS_MAX, Invalid, InventoryRefused, Left};
use boxoffice_domain::money::MINOR_MAX;
use boxoffice_domain::seating::SeatId;
use boxoffice_domain::time::Timestamp;

use super::{Answer, Held, Judged, Reference, by_type, exactly};

impl Reference {
    pub(super) fn judge_ticket_type(&self, added: &TicketTypeAdded) -> Judged {
        self.drafted()?;
        if self.ticket_type(added.ticket_type).is_some() {
            return Err(InventoryRefused::Exists);
        }
        if added.price > MINOR_MAX {
            return Err(Invalid::AmountTooLarge.into());
        }
        for pool in &added.pools {
            if !self.pools.iter().any(|(id, _)| id == pool) {
                return Err(Invalid::UnknownPool(*pool).into());
            }
        }
        match added.price_category.as_deref() {
            Some(name) if self.plan().seats.iter().any(|(_, category)| *category == name) => {}
            Some(_) => return Err(Invalid::UnknownCategory.into()),
            None if added.pools.is_empty() => return Err(Invalid::Nothing.into()),
            None => {}
        }
        // A pool named twice is drawn on once.
        let mut added = added.clone();
        let mut once = Vec::new();
        for pool in added.pools {
            if !once.contains(&pool) {
                once.push(pool);
            }
        }
        added.pools = once;
        exactly([added.into()])
    }

    /// Pools and types of a copy are what the world makes of them: all of them are in order.
    pub(super) fn judge_copy(&self, copy: &DraftCopy) -> Judged {
        if self.terms.is_some() {
            return Err(InventoryRefused::Exists);
        }
        let mut all = Self { terms: Some(copy.terms.clone()), ..Self::default() };
        let mut events = vec![copy.terms.clone().into()];
        for pool in &copy.pools {
            all.pools.push((pool.pool, pool.capacity));
            events.push(pool.clone().into());
        }
        for added in &copy.types {
            let Answer::Exactly(judged) = all.judge_ticket_type(added)? else { panic!("{added:?}") };
            events.extend(judged);
        }
        Ok(Answer::Exactly(events))
    }

    pub(super) fn judge_publication(&self, now: Timestamp) -> Judged {
        let terms = self.drafted()?;
        if self.published {
            self.takes_place()?;
            return exactly([]);
        }
        let reasons = [
            (self.types.is_empty(), Missing::TicketTypes),
            (now >= terms.starts_at, Missing::FutureStart),
            (terms.sale_ends_at.is_some_and(|end| now >= end), Missing::OpenSaleWindow),
            (!self.unsold(self.plan()).is_empty(), Missing::SeatsOfCategories),
        ];
        let missing: Vec<_> = reasons.into_iter().filter(|(is, _)| *is).map(|(_, missing)| missing).collect();
        if missing.is_empty() {
            exactly([InventoryPublished {}.into()])
        } else {
            Err(InventoryRefused::NotReady(missing))
        }
    }

    pub(super) fn drafted(&self) -> Result<&InventoryDrafted, InventoryRefused> {
        self.terms.as_ref().ok_or(InventoryRefused::UnknownShow)
    }

    pub(super) fn on_sale(&self, now: Timestamp) -> Result<(), InventoryRefused> {
        let terms = self.drafted()?;
        let closed = |opens_at| Err(InventoryRefused::SaleNotOpen { opens_at });
        if !self.published {
            return closed(None);
        }
        let opens = terms.sale_starts_at.filter(|opens| now < *opens);
        let over = now >= terms.starts_at || terms.sale_ends_at.is_some_and(|end| now >= end);
        match opens {
            _ if over => closed(opens),
            _ if self.cancelled => Err(InventoryRefused::ShowCancelled),
            _ if self.paused => Err(InventoryRefused::SalePaused),
            Some(_) => closed(opens),
            None => Ok(()),
        }
    }

    pub(super) fn priced(&self, wants: &[Want], now: Timestamp) -> Result<Vec<Item>, InventoryRefused> {
        let quantity = |want: &Want| match want {
            Want::Seat { .. } => 1,
            Want::Units { quantity, .. } => u64::from(*quantity),
            Want::Best(best) => u64::from(best.quantity),
        };
        if wants.is_empty() || wants.iter().any(|want| quantity(want) == 0) {
            return Err(Invalid::Nothing.into());
        }
        if wants.iter().map(quantity).sum::<u64>() > ITEMS_MAX as u64 {
            return Err(Invalid::TooMany.into());
        }
        let named = wants
            .iter()
            .filter_map(|want| if let Want::Seat { seat, .. } = want { Some(seat) } else { None });
        let unknown: Vec<_> = named.filter(|seat| self.category(seat).is_none()).cloned().collect();
        if !unknown.is_empty() {
            return Err(InventoryRefused::UnknownSeats(unknown));
        }
        let mut items: Vec<Item> = Vec::new();
        for want in wants {
            match want {
                Want::Seat { seat, ticket_type } => {
                    if items.iter().any(|item| item.seat.as_ref() == Some(seat)) {
                        return Err(Invalid::SeatTwice(seat.clone()).into());
                    }
                    let sold_as = self.sold_as(seat, *ticket_type)?;
                    items.push(Item {
                        price: sold_as.price,
                        seat: Some(seat.clone()),
                        ticket_type: sold_as.ticket_type,
                    });
                }
                Want::Units { ticket_type, quantity } => {
                    let known = self
                        .ticket_type(*ticket_type)
                        .ok_or(InventoryRefused::UnknownTicketType(*ticket_type))?;
                    if known.price_category.is_some() {
                        return Err(Invalid::SeatNeeded(*ticket_type).into());
                    }
                    for _ in 0..*quantity {
                        items.push(Item { price: known.price, seat: None, ticket_type: *ticket_type });
                    }
                }
                Want::Best(_) => {}
            }
        }
        for want in wants {
            if let Want::Best(best) = want {
                items.extend(self.best(best, &items, now)?);
            }
        }
        Ok(items)
    }

    pub(super) fn sold_as(
        &self,
        seat: &SeatId,
        wanted: Option<TicketTypeId>,
    ) -> Result<&TicketTypeAdded, InventoryRefused> {
        let sells = |known: &&TicketTypeAdded| known.price_category.as_deref() == self.category(seat);
        if let Some(wanted) = wanted {
            let known = self.ticket_type(wanted).ok_or(InventoryRefused::UnknownTicketType(wanted))?;
            return if sells(&known) {
                Ok(known)
            } else {
                Err(Invalid::WrongTicketType(seat.clone()).into())
            };
        }
        let choices: Vec<&TicketTypeAdded> =
            self.types.iter().filter(|known| sells(known) && !known.hidden).collect();
        match choices.as_slice() {
            [] => Err(InventoryRefused::SaleNotOpen { opens_at: None }),
            [only] => Ok(only),
            several => Err(Invalid::TicketTypeNeeded {
                seat: seat.clone(),
                choices: several.iter().map(|known| known.ticket_type).collect(),
            }
            .into()),
        }
    }

    pub(super) fn windows_open(&self, items: &[Item], now: Timestamp) -> Result<(), InventoryRefused> {
        for (id, _) in by_type(items) {
            let known = self.ticket_type(id).ok_or(InventoryRefused::UnknownTicketType(id))?;
            if let Some(opens) = known.sale_starts_at.filter(|opens| now < *opens) {
                return Err(InventoryRefused::SaleNotOpen { opens_at: Some(opens) });
            }
            if known.sale_ends_at.is_some_and(|ends| now >= ends) {
                return Err(InventoryRefused::SaleNotOpen { opens_at: None });
            }
        }
        Ok(())
    }

    pub(super) fn within_limits(&self, all: &[Item]) -> Result<(), InventoryRefused> {
        if all.len() > ITEMS_MAX {
            return Err(Invalid::TooMany.into());
        }
        for (id, count) in by_type(all) {
            match self.ticket_type(id).and_then(|known| known.max_per_order) {
                Some(limit) if count > limit => {
                    return Err(InventoryRefused::LimitExceeded { ticket_type: Some(id), limit });
                }
                _ => {}
            }
        }
        let InventoryDrafted { max_per_buyer, max_per_order, .. } = self.drafted()?;
        match max_per_buyer.iter().chain(max_per_order).min().copied() {
            Some(limit) if all.len() > limit as usize => {
                Err(InventoryRefused::LimitExceeded { ticket_type: None, limit })
            }
            _ => Ok(()),
        }
    }

    /// Nobody live has the seats, and what nobody live has of the pools is enough.
    pub(super) fn can_be_had(&self, items: &[Item], now: Timestamp) -> Result<(), InventoryRefused> {
        let taken: Vec<SeatId> = items
            .iter()
            .filter_map(|item| item.seat.clone())
            .filter(|seat| {
                self.is_kept_back(seat) || self.holds.iter().any(|hold| hold.live(now) && hold.has_seat(seat))
            })
            .collect();
        if !taken.is_empty() {
            return Err(InventoryRefused::SeatsTaken(taken));
        }
        let live = |hold: &Held| hold.live(now);
        if self
            .pools
            .iter()
            .all(|(pool, capacity)| self.units(items, *pool) <= self.room(*pool, *capacity, live))
        {
            return Ok(());
        }
        let left = by_type(items).into_iter().filter_map(|(ticket_type, _)| {
            let known = self.ticket_type(ticket_type)?;
            let of_type = self.pools.iter().filter(|(pool, _)| known.pools.contains(pool));
            let available = of_type.map(|(pool, capacity)| self.room(*pool, *capacity, live)).min()?;
            Some(Left { ticket_type, available })
        });
        Err(InventoryRefused::SoldOut(left.collect()))
    }
}
