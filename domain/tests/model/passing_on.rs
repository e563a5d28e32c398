//! Tickets that change hands.

use boxoffice_domain::id::{TicketId, TransferId};
use boxoffice_domain::inventory::event::*;
use boxoffice_domain::inventory::{InventoryCommand, InventoryEvent, InventoryRefused};
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::{Bought, BoughtState, Checked, Judged, PayingState, Reference, exactly};

/// An offer of a ticket.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) id: TransferId,
    ticket: TicketId,
    pub(crate) state: OfferState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfferState {
    Open,
    Accepted,
    Ended(TransferEnd),
    /// The ticket was given back.
    Void,
}

impl Reference {
    /// How often a ticket has changed hands.
    pub(super) fn passed(&self, ticket: TicketId) -> usize {
        let accepted = |offer: &&Offer| offer.ticket == ticket && offer.state == OfferState::Accepted;
        self.offers.iter().filter(accepted).count()
    }

    fn may_change_hands(&self, ticket: TicketId, now: Timestamp) -> Result<(), InventoryRefused> {
        let has_it = |order: &&Bought| order.items.iter().any(|item| item.ticket == ticket);
        let order = self.orders.iter().find(has_it);
        let Some((order, BoughtState::Ticketed(by))) = order.map(|order| (order, order.state)) else {
            return Err(InventoryRefused::UnknownTickets(vec![ticket]));
        };
        self.takes_place()?;
        let paid = by.and_then(|payment| self.payment(payment)).map(|payment| payment.state);
        match () {
            () if order.gone.contains(&ticket) => Err(InventoryRefused::TicketsReturned(vec![ticket])),
            () if paid == Some(PayingState::Disputed) => Err(InventoryRefused::PaymentDisputed),
            () if now >= self.drafted()?.starts_at => Err(InventoryRefused::ShowBegun),
            () => Ok(()),
        }
    }

    pub(super) fn judge_passing_on(&self, command: &InventoryCommand, now: Timestamp) -> Judged {
        let offer = |id| self.offers.iter().find(|offer| offer.id == id);
        match command {
            InventoryCommand::OfferTransfer(c) => {
                self.may_change_hands(c.ticket, now)?;
                if offer(c.transfer).is_some() {
                    return Err(InventoryRefused::Exists);
                }
                let open = |offer: &&Offer| offer.ticket == c.ticket && offer.state == OfferState::Open;
                if let Some(open) = self.offers.iter().find(open) {
                    return Err(InventoryRefused::TransferOpen(open.id));
                }
                let (recipient, ticket, transfer) = (c.recipient, c.ticket, c.transfer);
                exactly([TransferOffered { recipient, ticket, transfer }.into()])
            }
            InventoryCommand::AcceptTransfer(c) => {
                let known = offer(c.transfer).ok_or(InventoryRefused::UnknownTransfer)?;
                if known.state != OfferState::Open {
                    return Err(InventoryRefused::TransferClosed);
                }
                self.may_change_hands(known.ticket, now)?;
                let code = u16::try_from(self.passed(known.ticket) + 1).unwrap();
                let (holder, ticket, transfer) = (c.holder, known.ticket, c.transfer);
                exactly([TransferAccepted { code, holder, ticket, transfer }.into()])
            }
            InventoryCommand::EndTransfer(c) => {
                let known = offer(c.transfer).ok_or(InventoryRefused::UnknownTransfer)?;
                let (reason, ticket, transfer) = (c.reason, known.ticket, c.transfer);
                match known.state {
                    OfferState::Open => exactly([TransferEnded { reason, ticket, transfer }.into()]),
                    OfferState::Ended(same) if same == reason => exactly([]),
                    _ => Err(InventoryRefused::TransferClosed),
                }
            }
            other => panic!("{other:?} passes nothing on"),
        }
    }

    pub(super) fn record_passing_on(&mut self, event: &InventoryEvent) -> Checked {
        match event {
            InventoryEvent::TransferOffered(e) => {
                let open = |offer: &Offer| offer.ticket == e.ticket && offer.state == OfferState::Open;
                prop_assert!(!self.offers.iter().any(open), "{} is offered twice", e.ticket);
                self.offers.push(Offer { id: e.transfer, ticket: e.ticket, state: OfferState::Open });
            }
            InventoryEvent::TransferAccepted(e) => {
                self.offer_ends(e.transfer, e.ticket, OfferState::Accepted)?;
                prop_assert_eq!(usize::from(e.code), self.passed(e.ticket));
            }
            InventoryEvent::TransferEnded(e) => {
                self.offer_ends(e.transfer, e.ticket, OfferState::Ended(e.reason))?;
            }
            other => panic!("{other:?} passes nothing on"),
        }
        Ok(())
    }

    fn offer_ends(&mut self, id: TransferId, ticket: TicketId, state: OfferState) -> Checked {
        let offer = self.offers.iter_mut().find(|offer| offer.id == id && offer.ticket == ticket);
        let offer = offer.ok_or_else(|| TestCaseError::fail(format!("{id} was never offered")))?;
        prop_assert_eq!(std::mem::replace(&mut offer.state, state), OfferState::Open);
        Ok(())
    }

    /// What was given back is offered to nobody any more.
    pub(super) fn offers_end(&mut self, tickets: &[TicketItem]) {
        let given_back = |offer: &&mut Offer| tickets.iter().any(|item| item.ticket == offer.ticket);
        for offer in self.offers.iter_mut().filter(given_back) {
            if offer.state == OfferState::Open {
                offer.state = OfferState::Void;
            }
        }
    }
}
