//! Tickets that change hands.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::inventory::{Inventory, TicketState};
use super::orders::Secured;
use crate::fact::{TransferAccepted, TransferEnded, TransferOffered};
use crate::rule::{Rule, Verdict};
use crate::value::{TicketId, Time, TransferId};

/// Offers, and what tickets have changed hands.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    /// Each offer, and whether it can still be accepted.
    offers: HashMap<TransferId, (TicketId, bool)>,
    /// The open offer of each ticket.
    open: HashMap<TicketId, TransferId>,
    /// How often each ticket has changed hands, where it has.
    codes: HashMap<TicketId, u32>,
}

impl Transfers {
    /// How often a ticket has changed hands.
    pub(super) fn code(&self, ticket: TicketId) -> u32 {
        self.codes.get(&ticket).copied().unwrap_or(0)
    }

    /// What is given back is offered to nobody any more.
    pub(super) fn given_back(&mut self, ticket: TicketId) {
        if let Some(offer) = self.open.remove(&ticket) {
            self.offers.insert(offer, (ticket, false));
        }
    }

    fn close(&mut self, id: TransferId, ticket: TicketId) -> Verdict {
        match self.offers.get_mut(&id) {
            Some((of, open)) if *of == ticket && *open => *open = false,
            Some(_) => {
                return Rule::TransferIsOpen
                    .broken(format!("{id} has ended, or is of another than {ticket}"));
            }
            None => return Rule::TransferIsOpen.broken(format!("{id} was never offered")),
        }
        self.open.remove(&ticket);
        Ok(())
    }
}

impl Inventory {
    pub(super) fn offer_ticket(&mut self, offered: &TransferOffered, now: Time) -> Verdict {
        let (id, ticket) = (offered.transfer, offered.ticket);
        self.may_change_hands(ticket, now)?;
        let transfers = &mut self.transfers;
        match transfers.offers.entry(id) {
            Entry::Occupied(_) => return Rule::TransferIsNew.broken(id.to_string()),
            Entry::Vacant(entry) => entry.insert((ticket, true)),
        };
        let before = transfers.open.insert(ticket, id);
        Rule::OneOfferAtATime.holds(before.is_none(), || format!("{ticket}, offered by {before:?}"))
    }

    pub(super) fn accept_ticket(&mut self, accepted: &TransferAccepted, now: Time) -> Verdict {
        let (ticket, code) = (accepted.ticket, accepted.code);
        self.may_change_hands(ticket, now)?;
        self.transfers.close(accepted.transfer, ticket)?;
        let next = self.transfers.code(ticket) + 1;
        Rule::CodesCount.holds(code == next, || format!("{ticket} has {code}, not {next}"))?;
        self.transfers.codes.insert(ticket, code);
        Ok(())
    }

    pub(super) fn end_transfer(&mut self, ended: &TransferEnded) -> Verdict {
        self.transfers.close(ended.transfer, ended.ticket)
    }

    fn may_change_hands(&self, ticket: TicketId, now: Time) -> Verdict {
        let good = self.tickets.get(&ticket).is_some_and(|known| known.state == TicketState::Issued);
        Rule::TransferOfGood.holds(good, || ticket.to_string())?;
        let order = self.tickets.get(&ticket).and_then(|known| self.orders.get(&known.order));
        let disputed = order.is_some_and(|order| match order.secured {
            Secured::By(payment) => self.is_disputed(payment),
            Secured::No | Secured::Free => false,
        });
        Rule::TransferOfGood.holds(!disputed, || format!("{ticket} is disputed"))?;
        Rule::TransferBeforeStart
            .holds(now < self.terms.starts_at && !self.cancelled, || format!("{ticket} at {now}"))
    }
}
