//! Seats that are left alone, where a show forbids that.

use std::collections::BTreeSet;

use super::inventory::Inventory;
use super::stock::Claim;
use crate::fact::SingleSeatRule;
use crate::layout::{Layout, SeatIndex};
use crate::rule::{Rule, Verdict};
use crate::value::{HoldId, Time};

impl Inventory {
    /// Whether these claims, which have just been made, leave nobody alone who need not be.
    pub(super) fn leaves_nobody_alone(&self, claims: &[Claim], id: HoldId, now: Time) -> Verdict {
        let Some(layout) = self.careful_layout() else { return Ok(()) };
        let taken: BTreeSet<SeatIndex> = claims.iter().filter_map(|claim| claim.seat).collect();
        for seat in &taken {
            let run = layout.run(*seat);
            let was_free = |seat: &SeatIndex| taken.contains(seat) || self.is_free(*seat, now);
            let left = (run.start..*seat).rev().take_while(|seat| was_free(seat));
            let right = (*seat..run.end).take_while(|seat| was_free(seat));
            let rest: BTreeSet<SeatIndex> = left.chain(right).filter(|seat| !taken.contains(seat)).collect();
            let alone = |seat: &&SeatIndex| {
                !rest.contains(&(**seat + 1)) && !seat.checked_sub(1).is_some_and(|seat| rest.contains(&seat))
            };
            let alone = rest.iter().find(alone).filter(|_| rest.len() > 1);
            Rule::NobodyLeftAlone.holds(alone.is_none(), || {
                let name = alone.and_then(|seat| layout.name(*seat)).unwrap_or_default();
                format!("{id} leaves {name:?}")
            })?;
        }
        Ok(())
    }

    /// Whether claims that were just given up by who keeps others are not alone beside these.
    pub(super) fn gives_nobody_back_alone(&self, gone: &[Claim], id: HoldId, now: Time) -> Verdict {
        let Some(layout) = self.careful_layout() else { return Ok(()) };
        for seat in gone.iter().filter_map(|claim| claim.seat) {
            let run = layout.run(seat);
            let beside = [seat.checked_sub(1), seat.checked_add(1)];
            let beside: Vec<SeatIndex> =
                beside.into_iter().flatten().filter(|beside| run.contains(beside)).collect();
            let is_kept = |seat: &SeatIndex| self.stock.holder(*seat) == Some(&id);
            let alone = beside.iter().any(is_kept) && !beside.iter().any(|seat| self.is_free(*seat, now));
            Rule::NobodyLeftAlone.holds(!alone, || {
                format!(
                    "{id} gives back {:?} and keeps what is beside",
                    layout.name(seat).unwrap_or_default()
                )
            })?;
        }
        Ok(())
    }

    fn careful_layout(&self) -> Option<&Layout> {
        match self.terms.single_seat_rule {
            Some(SingleSeatRule::Refuse) => self.layout.as_deref(),
            None => None,
        }
    }

    fn is_free(&self, seat: SeatIndex, now: Time) -> bool {
        let holder = self.stock.holder(seat).and_then(|holder| self.holds.get(holder));
        let is_blocked = self.stock.blocked_among(std::iter::once(seat)).is_some();
        !is_blocked && holder.is_none_or(|hold| hold.has_lapsed(now))
    }
}
