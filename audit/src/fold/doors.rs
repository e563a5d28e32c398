//! The doors of a show: each ticket is admitted once, and only one that the show has issued.

use super::World;
use super::inventory::Ticket;
use crate::fact::DoorsFact;
use crate::rule::{Rule, Verdict};
use crate::value::ShowId;

impl World {
    pub(super) fn fold_doors(&mut self, show: ShowId, fact: &DoorsFact) -> Verdict {
        let DoorsFact::TicketAdmitted(scan) = fact;
        let id = scan.ticket;
        let ticket = self.inventories.get_mut(&show).and_then(|inventory| inventory.tickets.get_mut(&id));
        match ticket {
            Some(ticket @ Ticket::Issued) => *ticket = Ticket::Admitted,
            Some(Ticket::Admitted) => return Rule::AdmittedOnce.broken(id.to_string()),
            Some(Ticket::Returned) => return Rule::TicketWasIssued.broken(format!("{id} was given back")),
            Some(Ticket::Ordered) => return Rule::TicketWasIssued.broken(format!("{id} is only ordered")),
            None => return Rule::TicketWasIssued.broken(format!("{show} has no {id}")),
        }
        self.admitted += 1;
        Ok(())
    }
}
