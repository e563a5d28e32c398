//! What handlers look up: shows, holds, orders and payments in the read models, and the show of an id.

use std::sync::Arc;

use boxoffice_commands::owner::answer::{Accepted, Failure, Request};
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::catalog::Catalog;
use boxoffice_domain::id::{
    HoldId, OrderId, OrganizerId, PaymentId, RefundId, SeatingPlanId, ShowId, ShowTag, TicketId, VenueId,
};
use boxoffice_domain::inventory::event::Item;
use boxoffice_domain::inventory::{Inventory, InventoryCommand, InventoryEvent, InventoryRefused};
use boxoffice_domain::log::{CommandMeta, Position};
use boxoffice_domain::money::Currency;
use boxoffice_domain::organizer::Organizer;
use boxoffice_domain::pricing::{Breakdown, Tariff};
use boxoffice_domain::time::Timestamp;
use boxoffice_domain::venue::Venue;
use boxoffice_projections::catalog::{
    self, CatalogProjection, OrganizerRow, SeatingPlanRow, ShowRow, VenueRow,
};
use boxoffice_projections::feed::Until;
use boxoffice_projections::orders::{self, OrderRow, OrdersProjection, PaymentRow, RefundRow, TicketRow};
use boxoffice_projections::row::BadRow;
use boxoffice_projections::show::{HoldPhase, HoldView, ShowView, Terms};
use boxoffice_projections::shows::ShowEntry;
use boxoffice_projections::table::{Direction, Parked, Query, Row, TableProjection as _, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Credential;
use crate::problem::{Code, Problem};
use crate::v1::events::charges::{ChargedFee, ChargedTax};
use crate::v1::events::pools::PoolBody;
use crate::v1::events::ticket_types::TicketTypeBody;
use crate::v1::holds::Hold;
use crate::v1::orders::{Buyer, Order, OrderTicket, Payment};
use crate::v1::refunds::Refund;
use crate::wire::{Money, Page, Paging};

type Sent = (ShowId, Accepted<InventoryEvent>);

impl From<BadRow> for Problem {
    fn from(bad: BadRow) -> Self {
        Self::internal(bad)
    }
}

impl From<Parked> for Problem {
    fn from(parked: Parked) -> Self {
        let detail = format!("This waits for a repair since position {} of the log.", parked.position);
        Self::new(Code::ProjectionParked, detail)
    }
}

impl App {
    /// The show in memory.
    ///
    /// # Errors
    /// 404.
    pub fn entry(&self, show: ShowId) -> Result<Arc<ShowEntry>, Problem> {
        self.shows.get(show).ok_or_else(|| Problem::not_found("event"))
    }

    /// What a show's sale was agreed to be.
    ///
    /// # Errors
    /// 404 without such a show, 503 where it is parked.
    pub fn terms(&self, show: ShowId) -> Result<Terms, Problem> {
        let terms = self.entry(show)?.read(Timestamp::default(), |view| view.terms().cloned())?;
        terms.ok_or_else(|| Problem::not_found("event"))
    }

    /// The terms of a show that everybody may see. What was published before this was asked is published.
    ///
    /// # Errors
    /// 404 without such a show, and for drafts; 503 where the read model is behind.
    pub async fn on_sale(&self, show: ShowId) -> Result<Terms, Problem> {
        if let Some(terms) = self.published(show)? {
            return Ok(terms);
        }
        self.wait_in(self.shows.progress().name(), self.feed.look_up_head().await).await?;
        self.published(show)?.ok_or_else(|| Problem::not_found("event"))
    }

    fn published(&self, show: ShowId) -> Result<Option<Terms>, Problem> {
        let public = |view: &mut ShowView| view.published_at().and_then(|_| view.terms().cloned());
        let Some(entry) = self.shows.get(show) else { return Ok(None) };
        Ok(entry.read(Timestamp::default(), public)?)
    }

    /// The show that a hold belongs to.
    ///
    /// # Errors
    /// 404, or 503 where the read model is behind.
    pub async fn show_of_hold(&self, hold: HoldId) -> Result<ShowId, Problem> {
        let among = || self.shows.of_hold(hold).map(|entry| entry.show());
        self.show_of(hold.show_tag(), among).await?.ok_or_else(|| Problem::not_found("hold"))
    }

    /// The show that an order belongs to.
    ///
    /// # Errors
    /// 404, or 503 where the read model is behind.
    pub async fn show_of_order(&self, order: OrderId) -> Result<ShowId, Problem> {
        let among = || self.shows.of_order(order).map(|entry| entry.show());
        self.show_of(order.show_tag(), among).await?.ok_or_else(|| Problem::not_found("order"))
    }

    /// The only show with that tag, or the one among them.
    async fn show_of(
        &self,
        tag: ShowTag,
        among: impl Fn() -> Option<ShowId> + Send,
    ) -> Result<Option<ShowId>, Problem> {
        if let Some(only) = self.only(tag) {
            return Ok(Some(only));
        }
        self.wait_in(self.shows.progress().name(), self.feed.look_up_head().await).await?;
        Ok(self.only(tag).or_else(among))
    }

    /// The show with that tag, if there is exactly one.
    fn only(&self, tag: ShowTag) -> Option<ShowId> {
        let found = self.shows.by_tag(tag);
        if let [only] = found.as_slice() { Some(only.show()) } else { None }
    }

    /// Sends a command to the inventory of a show.
    ///
    /// # Errors
    /// The refusal or failure as a problem.
    pub async fn send_to(
        &self,
        show: ShowId,
        command: InventoryCommand,
        meta: CommandMeta,
    ) -> Result<Sent, Problem> {
        let accepted = self.inventory.send(Inventory::stream(show), Request { command, meta }).await?;
        Ok((show, accepted))
    }

    /// Sends a command to the inventory that knows what the command names.
    ///
    /// # Errors
    /// The refusal or failure as a problem; 404 where no show has that tag.
    pub async fn send_tagged(
        &self,
        tag: ShowTag,
        command: InventoryCommand,
        meta: CommandMeta,
    ) -> Result<Sent, Problem> {
        let mut unknown = Problem::not_found("hold or order");
        for entry in self.shows.by_tag(tag) {
            let request = Request { command: command.clone(), meta: meta.clone() };
            match self.inventory.send(Inventory::stream(entry.show()), request).await {
                Err(Failure::Refused {
                    refusal:
                        refusal @ (InventoryRefused::UnknownHold
                        | InventoryRefused::UnknownOrder
                        | InventoryRefused::UnknownPayment
                        | InventoryRefused::UnknownRefund),
                    position,
                }) => unknown = Failure::Refused { refusal, position }.into(),
                outcome => return Ok((entry.show(), outcome?)),
            }
        }
        Err(unknown)
    }

    /// A hold as its buyer sees it, and the position that this rests on.
    ///
    /// # Errors
    /// 404.
    pub fn hold(&self, hold: HoldId, now: Timestamp) -> Result<(Hold, Position), Problem> {
        for entry in self.shows.by_tag(hold.show_tag()) {
            let found = entry.read(now, |view| render_hold(view, hold))?;
            if let Some(found) = found {
                return Ok((found, self.shows.progress().position()));
            }
        }
        Err(Problem::not_found("hold"))
    }

    /// A hold as it was right after a command. A command that is answered again is answered from the log, because the
    /// hold may have changed since.
    ///
    /// # Errors
    /// 404, or what reading the log runs into.
    pub async fn hold_after(
        &self,
        show: ShowId,
        hold: HoldId,
        accepted: &Accepted<InventoryEvent>,
    ) -> Result<Hold, Problem> {
        let found = if accepted.replayed {
            let until = Until::Position(accepted.position);
            render_hold(&mut self.past.show(&*self.feed, show, until).await?.view, hold)
        } else {
            self.wait_in(self.shows.progress().name(), accepted.position).await?;
            self.entry(show)?.read(accepted.log_time, |view| render_hold(view, hold))?
        };
        found.ok_or_else(|| Problem::not_found("hold"))
    }

    /// The pools of a show.
    ///
    /// # Errors
    /// 404.
    pub fn pools(&self, show: ShowId) -> Result<Vec<PoolBody>, Problem> {
        let pools = self.entry(show)?.read(Timestamp::default(), |view| view.pools().to_vec())?;
        Ok(pools.iter().map(PoolBody::of).collect())
    }

    /// What is charged beside prices at present, and the currency of it.
    ///
    /// # Errors
    /// 404.
    pub fn tariff(&self, show: ShowId) -> Result<(Arc<Tariff>, Currency), Problem> {
        let currency = self.terms(show)?.currency;
        Ok((self.entry(show)?.read(Timestamp::default(), |view| view.tariff())?, currency))
    }

    /// The ticket types of a show, hidden ones too.
    ///
    /// # Errors
    /// 404.
    pub fn ticket_types(&self, show: ShowId) -> Result<Vec<TicketTypeBody>, Problem> {
        let currency = self.terms(show)?.currency;
        Ok(self.entry(show)?.read(Timestamp::default(), |view| {
            view.ticket_types().map(|known| TicketTypeBody::of(known, currency)).collect()
        })?)
    }

    /// An order as its buyer sees it, and the position that this rests on.
    ///
    /// # Errors
    /// 404.
    pub async fn order(&self, order: OrderId, now: Timestamp) -> Result<(Order, Position), Problem> {
        let position = self.reached();
        self.orders_are_whole(order.show_tag())?;
        let key = order.to_string();
        let row =
            self.views.get(orders::ORDERS.name, &key).await?.ok_or_else(|| Problem::not_found("order"))?;
        let row = OrderRow::from_row(&row)?;
        let currency = self.terms(row.show)?.currency;
        let mut body = Order::new((&row).into(), currency, &row.status_at(now).to_string());
        for row in self.of_order(orders::PAYMENTS.name, &key).await? {
            body.payments.push(Payment::new(&PaymentRow::from_row(&row)?, currency));
        }
        for row in self.of_order(orders::TICKETS.name, &key).await? {
            body.tickets.push(OrderTicket::from(&TicketRow::from_row(&row)?));
        }
        for row in self.of_order(orders::REFUNDS.name, &key).await? {
            body.refunds.push(Refund::new(&RefundRow::from_row(&row)?, currency));
        }
        let person = self.vault.find(row.buyer).await?;
        body.buyer = person.map(|person| Buyer { name: person.name, email: person.email });
        Ok((body, position))
    }

    /// No show with that tag is parked where orders are.
    pub(crate) fn orders_are_whole(&self, tag: ShowTag) -> Result<(), Problem> {
        let mut shows = self.shows.by_tag(tag).into_iter();
        shows.try_for_each(|entry| self.whole_in(OrdersProjection.name(), &Inventory::stream(entry.show())))
    }

    async fn of_order(&self, table: &'static str, order: &str) -> Result<Vec<Row>, Problem> {
        let query = Query { equal: vec![("order_id", order.into())], limit: 1_000, ..Query::default() };
        Ok(self.views.list(table, &query).await?)
    }

    /// A payment that the caller may see, and the position that this rests on.
    ///
    /// # Errors
    /// 401, 404.
    pub async fn payment(
        &self,
        credential: &Credential,
        payment: PaymentId,
    ) -> Result<(PaymentRow, Position), Problem> {
        let position = self.reached();
        self.orders_are_whole(payment.show_tag())?;
        let row = self.views.get(orders::PAYMENTS.name, &payment.to_string()).await?;
        let Some(row) = row else { return Err(Self::unknown(credential, "payment")) };
        let row = PaymentRow::from_row(&row)?;
        self.guard.order(credential, row.order, "payment")?;
        Ok((row, position))
    }

    /// A refund that the caller may see, and the position that this rests on.
    ///
    /// # Errors
    /// 401, 404.
    pub async fn refund(
        &self,
        credential: &Credential,
        refund: RefundId,
    ) -> Result<(Refund, Position), Problem> {
        let position = self.reached();
        self.orders_are_whole(refund.show_tag())?;
        let row = self.views.get(orders::REFUNDS.name, &refund.to_string()).await?;
        let Some(row) = row else { return Err(Self::unknown(credential, "refund")) };
        let row = RefundRow::from_row(&row)?;
        self.guard.order(credential, row.order, "refund")?;
        Ok((Refund::new(&row, self.terms(row.show)?.currency), position))
    }

    /// A ticket that the caller may see.
    ///
    /// # Errors
    /// 401, 404.
    pub async fn ticket(&self, credential: &Credential, ticket: TicketId) -> Result<TicketRow, Problem> {
        let Some(row) = self.any_ticket(ticket).await? else {
            return Err(Self::unknown(credential, "ticket"));
        };
        self.guard.ticket(credential, (row.ticket, row.order, row.code))?;
        Ok(row)
    }

    /// Whether the caller has the ticket, or had it first.
    ///
    /// # Errors
    /// 401, 404.
    pub async fn giver(&self, credential: &Credential, ticket: TicketId) -> Result<(), Problem> {
        let row = self.any_ticket(ticket).await?.ok_or_else(|| Self::unknown(credential, "ticket"))?;
        self.guard
            .order(credential, row.order, "ticket")
            .or_else(|_| self.guard.ticket(credential, (row.ticket, row.order, row.code)))
    }

    /// A ticket, whoever asks.
    ///
    /// # Errors
    /// What storage runs into.
    pub async fn any_ticket(&self, ticket: TicketId) -> Result<Option<TicketRow>, Problem> {
        self.orders_are_whole(ticket.show_tag())?;
        let row = self.views.get(orders::TICKETS.name, &ticket.to_string()).await?;
        Ok(row.map(|row| TicketRow::from_row(&row)).transpose()?)
    }

    /// Whoever shows nothing learns nothing about what exists.
    fn unknown(credential: &Credential, what: &str) -> Problem {
        match credential {
            Credential::Nobody => Problem::new(
                Code::Unauthorized,
                format!("Send the secret that came with the {what}'s order."),
            ),
            Credential::Administrator | Credential::Bearer(_) => Problem::not_found(what),
        }
    }

    /// An organizer.
    ///
    /// # Errors
    /// 404.
    pub async fn organizer(&self, organizer: OrganizerId) -> Result<OrganizerRow, Problem> {
        self.whole_in(CatalogProjection.name(), &Organizer::stream(organizer))?;
        let row = self.views.get(catalog::ORGANIZER.name, &organizer.to_string()).await?;
        Ok(OrganizerRow::from_row(&row.ok_or_else(|| Problem::not_found("organizer"))?)?)
    }

    /// A venue.
    ///
    /// # Errors
    /// 404.
    pub async fn venue(&self, venue: VenueId) -> Result<VenueRow, Problem> {
        self.whole_in(CatalogProjection.name(), &Venue::stream(venue))?;
        let row = self.views.get(catalog::VENUE.name, &venue.to_string()).await?;
        Ok(VenueRow::from_row(&row.ok_or_else(|| Problem::not_found("venue"))?)?)
    }

    /// A seating plan of a venue.
    ///
    /// # Errors
    /// 404, also for another venue's.
    pub async fn seating_plan(&self, venue: VenueId, plan: SeatingPlanId) -> Result<SeatingPlanRow, Problem> {
        self.whole_in(CatalogProjection.name(), &Venue::stream(venue))?;
        let row = self.views.get(catalog::SEATING_PLAN.name, &plan.to_string()).await?;
        let row = row.map(|row| SeatingPlanRow::from_row(&row)).transpose()?;
        row.filter(|row| row.venue == venue).ok_or_else(|| Problem::not_found("seating plan"))
    }

    /// The catalog entry of a show.
    ///
    /// # Errors
    /// 404.
    pub async fn show_row(&self, show: ShowId) -> Result<ShowRow, Problem> {
        self.whole_in(CatalogProjection.name(), &Catalog::stream(show))?;
        let row = self.views.get(catalog::SHOW.name, &show.to_string()).await?;
        Ok(ShowRow::from_row(&row.ok_or_else(|| Problem::not_found("event"))?)?)
    }

    /// A page of a table, in the order of its keys.
    ///
    /// # Errors
    /// 422 for a limit or a cursor that is none.
    pub async fn page<T: ToSchema>(
        &self,
        table: &'static str,
        equal: Vec<(&'static str, Value)>,
        paging: &Paging,
        read: impl Fn(&Row) -> Result<(String, T), BadRow>,
    ) -> Result<Page<T>, Problem> {
        let limit = paging.limit()?;
        let after = paging.cursor.as_deref().map(crate::cursor::decode).transpose()?;
        if after.as_ref().is_some_and(|after| after.len() != 1) {
            return Err(crate::cursor::unknown());
        }
        let query = Query { equal, order: Vec::<(&'static str, Direction)>::new(), after, limit: limit + 1 };
        let rows = self.views.list(table, &query).await?;
        let mut data = Vec::with_capacity(limit);
        let mut last = None;
        for row in rows.iter().take(limit) {
            let (key, entry) = read(row)?;
            last = Some(Value::Text(key));
            data.push(entry);
        }
        let next_cursor = last.filter(|_| rows.len() > limit).map(|last| crate::cursor::encode(&[last]));
        Ok(Page { data, next_cursor })
    }
}

fn render_hold(view: &mut ShowView, hold: HoldId) -> Option<Hold> {
    let currency = view.terms()?.currency;
    let found: HoldView = view.hold(hold)?;
    let items: Vec<Item> = found
        .items
        .into_iter()
        .map(|item| Item { price: item.price, seat: item.seat, ticket_type: item.ticket_type })
        .collect();
    let until = (found.expires_at, found.max_expires_at);
    let mut body = Hold::live(hold, view.show(), &items, currency, until);
    let Breakdown { fees, taxes, total, .. } = &found.breakdown;
    body.fees = fees.iter().map(|line| ChargedFee::new(line, currency)).collect();
    body.taxes = taxes.iter().map(|line| ChargedTax::new(line, currency)).collect();
    body.total = Money::new(*total, currency);
    body.order_id = found.order.map(|order| order.to_string());
    body.status = match found.phase {
        HoldPhase::Live => "live",
        HoldPhase::Ordered | HoldPhase::Secured | HoldPhase::Ticketed => "ordered",
        HoldPhase::Lapsed => "expired",
        HoldPhase::Released | HoldPhase::Cancelled => "released",
    };
    Some(body)
}
