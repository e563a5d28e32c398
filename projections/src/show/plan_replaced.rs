//! Another seating plan: everything that is known by its place in the plan moves to its place in the new one.

use std::sync::Arc;

use boxoffice_domain::inventory::event::PlanReplaced;
use boxoffice_domain::seating::SeatIndex;

use super::ShowView;

impl ShowView {
    /// Whoever watches starts anew. A hold that lapsed before keeps no seat that is gone.
    pub(super) fn plan_replaced(&mut self, replaced: &PlanReplaced) {
        let (Some(terms), Some(plan)) = (&mut self.terms, &replaced.plan) else { return };
        let former = terms.plan.replace(Arc::clone(plan));
        let moved = |seat: SeatIndex| plan.index_of(former.as_ref()?.seat(seat)?.id.as_str());
        self.stock.reseat(plan, moved);
        self.holds.reseat(moved);
        for block in self.blocks.values_mut() {
            block.reseat(moved);
        }
        self.sheet = None;
        self.changes.forget(self.position);
    }
}
