//! The doors of a show: what the show has issued is admitted while it is good, as often as its type allows.

use super::World;
use super::inventory::TicketState;
use crate::fact::{DoorsFact, TicketAdmitted};
use crate::line::Event;
use crate::rule::{Rule, Verdict};
use crate::value::ShowId;

impl World {
    pub(super) fn fold_doors(&mut self, show: ShowId, fact: &DoorsFact, event: &Event) -> Verdict {
        let DoorsFact::TicketAdmitted(scan) = fact;
        let id = scan.ticket;
        let Some(inventory) = self.inventories.get_mut(&show) else {
            return Rule::TicketWasIssued.broken(format!("there is no {show}"));
        };
        let cancelled_at = inventory.cancelled_at;
        let Some(ticket) = inventory.tickets.get_mut(&id) else {
            return Rule::TicketWasIssued.broken(format!("{show} has no {id}"));
        };
        Rule::TicketWasIssued
            .holds(ticket.state != TicketState::Ordered, || format!("{id} is only ordered"))?;
        let looked_up = looked_up_at(scan, event)?;
        // Doors and inventory are two streams: what went back since may have been let in.
        if let TicketState::Returned(at) = ticket.state {
            Rule::TicketWasGood.holds(looked_up < at, || {
                format!("{id} was returned at {at} and looked up at {looked_up}")
            })?;
        }
        if let Some(at) = cancelled_at {
            Rule::TicketWasGood.holds(looked_up < at, || {
                format!("the show was cancelled at {at} and {id} looked up at {looked_up}")
            })?;
        }
        let (entry, next) = (scan.entry.unwrap_or(1), ticket.admissions.saturating_add(1));
        Rule::EntriesCount.holds(entry == next, || format!("{id}: {entry}, not {next}"))?;
        let allowances = inventory.entries.get(&ticket.sold_as);
        let allowed = allowances.is_some_and(|allowances| allowances.allow(entry, looked_up));
        Rule::EntriesAllowed.holds(allowed, || format!("{id}: {entry}, as of {looked_up}"))?;
        ticket.admissions = entry;
        self.admitted += u64::from(entry == 1);
        Ok(())
    }
}

/// The position that the ticket is judged as of: that of the event before, unless another one is told.
fn looked_up_at(scan: &TicketAdmitted, event: &Event) -> Verdict<u64> {
    let looked_up = scan.judged_at.unwrap_or(event.position.saturating_sub(1));
    Rule::LookedUpBefore.holds(looked_up < event.position, || {
        format!("{} at {looked_up}, admitted at {}", scan.ticket, event.position)
    })?;
    Ok(looked_up)
}
