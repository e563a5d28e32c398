//! What a replaced plan does to the state, where seats, categories and claims are known by their places in the plan.

use std::sync::Arc;

use super::super::event::PlanReplaced;
use super::super::{Inventory, Phase};
use crate::seating::{Layout, SeatIndex};

impl Inventory {
    /// Moves everything to the places of the new plan. Whoever lost a seat, by having lapsed before, has nothing left to
    /// come back to, also where a later plan has the seat again.
    pub(super) fn plan_replaced(&mut self, event: &PlanReplaced) {
        let (Some(terms), Some(plan)) = (&mut self.terms, &event.plan) else { return };
        let drafted = Arc::make_mut(&mut terms.drafted);
        (drafted.layout, drafted.plan) = (Some(event.layout), Some(Arc::clone(plan)));
        let former = terms.plan.replace(Arc::clone(plan));
        self.move_claims(former.as_deref(), plan);
        for ticket_type in &mut self.types {
            let name = ticket_type.added.price_category.as_ref();
            ticket_type.category = name.and_then(|name| plan.category_index(name));
        }
        let Some(former) = former else { return };
        for hold in self.holds.values_mut().filter(|hold| hold.phase == Phase::Expired) {
            let mut seats = hold.items.iter().filter_map(|item| item.seat.as_ref());
            if !seats.all(|seat| plan.sells_as_in(&former, seat.as_str())) {
                hold.items = Vec::new();
            }
        }
    }

    fn move_claims(&mut self, former: Option<&Layout>, plan: &Layout) {
        let moved = |seat: SeatIndex| plan.index_of(former?.seat(seat)?.id.as_str());
        let claims = std::mem::replace(&mut self.claims, vec![None; plan.seats().len()]);
        for (seat, claim) in (0..).zip(claims).filter(|(_, claim)| claim.is_some()) {
            let place = moved(seat).and_then(|seat| usize::try_from(seat).ok());
            if let Some(place) = place.and_then(|place| self.claims.get_mut(place)) {
                *place = claim;
            }
        }
        for block in self.blocks.values_mut() {
            block.seats = block.seats.iter().filter_map(|seat| moved(*seat)).collect();
        }
        self.count_unclaimed();
    }
}
