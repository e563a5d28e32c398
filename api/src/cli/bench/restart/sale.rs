//! A large show that has been sold for long: in the log, by the engine itself, without a server.

use std::sync::Arc;

use boxoffice_commands::clock::{Clock, IdSource};
use boxoffice_commands::engine::{Desk, Engine, EngineOptions, Failure, Request};
use boxoffice_commands::log::Documents as _;
use boxoffice_commands::snapshots::{NoSnapshots, Snapshots};
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::entries::Entries;
use boxoffice_domain::id::{HoldId, ShowId, TicketTypeId};
use boxoffice_domain::inventory::event::{InventoryDrafted, TicketTypeAdded};
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::inventory::{
    Inventory, InventoryCommand, InventoryRefused, add_ticket_type, draft, place_hold, release_hold,
};
use boxoffice_domain::log::CommandMeta;
use boxoffice_domain::seating::{Category, LAYOUT_FORMAT, Layout, LayoutDocument, Point, Seat, SeatId};
use boxoffice_infra::clock::SystemClock;
use boxoffice_infra::ids::SystemIds;
use boxoffice_infra::sqlite::SqliteLog;
use boxoffice_infra::tasks::Tasks;
use futures_util::{StreamExt as _, stream};

use crate::cli::failed::Failed;

/// How many buyers there are at once.
const BUYERS: usize = 512;

/// Longer than any measurement, in seconds.
const HOLD_SECONDS: u32 = 7 * 24 * 60 * 60;

/// The show, and what an engine needs.
pub(super) struct Sale {
    pub(super) clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    show: ShowId,
    tasks: Tasks,
}

impl Sale {
    /// A show with so many seats and about so many events; half of the seats are held in the end.
    pub(super) async fn make(log: &Arc<SqliteLog>, events: u64, seats: u32) -> Result<Self, Failed> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids = SystemIds::new(Arc::clone(&clock))
            .map_err(|error| Failed::new(format!("the system has no randomness to give: {error}")))?;
        let show = ShowId::from_uuid(ids.next());
        let sale = Self { clock, ids: Arc::new(ids), show, tasks: Tasks::new() };
        let engine = sale.engine(log, Arc::new(NoSnapshots), EngineOptions::default());
        let desk = engine.desk::<Inventory>();
        let plan = sale.open(&desk, log, seats).await?;
        let kept = u64::from(seats / 2);
        let holds = events.saturating_add(kept) / 2;
        let visits = (0..holds).map(|n| {
            let seat = usize::try_from(n % u64::from(seats)).unwrap_or_default();
            let seat = plan.seats().get(seat).map(|seat| seat.id.clone());
            sale.visit(&desk, seat, n + kept < holds)
        });
        let mut visits = stream::iter(visits).buffer_unordered(BUYERS);
        while let Some(visit) = visits.next().await {
            visit?;
        }
        drop(visits);
        engine.drain().await;
        Ok(sale)
    }

    /// An engine on the log.
    pub(super) fn engine(
        &self,
        log: &Arc<SqliteLog>,
        snapshots: Arc<dyn Snapshots>,
        options: EngineOptions,
    ) -> Engine {
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        Engine::start(
            Arc::clone(log) as _,
            Arc::clone(log) as _,
            snapshots,
            clock,
            ids,
            self.tasks.spawner(),
            options,
        )
    }

    /// A question that can only be answered once the show is loaded.
    pub(super) async fn asks_something(&self, engine: &Engine) -> Result<(), Failed> {
        let hold = HoldId::of_show(self.show, self.ids.next());
        let command = InventoryCommand::ReleaseHold(release_hold::ReleaseHold { hold });
        match engine.desk::<Inventory>().send(Inventory::stream(self.show), self.request(command)).await {
            Err(Failure::Refused { refusal: InventoryRefused::UnknownHold, .. }) => Ok(()),
            other => Err(Failed::new(format!("the show is not as it should be: {other:?}"))),
        }
    }

    async fn open(&self, desk: &Desk<Inventory>, log: &SqliteLog, seats: u32) -> Result<Arc<Layout>, Failed> {
        let written = Layout::write(document(seats));
        let (plan, content) =
            written.map_err(|error| Failed::new(format!("the plan cannot be written: {error}")))?;
        log.keep(&content).await.map_err(|outage| Failed::new(outage.to_string()))?;
        let plan = Arc::new(plan);
        let terms = self.terms(&plan)?;
        let added = TicketTypeAdded {
            entries: Entries::ONCE,
            hidden: false,
            max_per_order: None,
            min_per_order: None,
            name: "Seat".to_owned(),
            pools: Vec::new(),
            price: 4_500,
            price_category: Some("Seat".to_owned()),
            sale_ends_at: None,
            sale_starts_at: None,
            ticket_type: TicketTypeId::of_show(self.show, self.ids.next()),
        };
        for command in [
            InventoryCommand::Draft(Box::new(draft::Draft { terms })),
            InventoryCommand::AddTicketType(Box::new(add_ticket_type::AddTicketType { added })),
            InventoryCommand::Publish,
        ] {
            self.send(desk, command).await?;
        }
        Ok(plan)
    }

    fn terms(&self, plan: &Arc<Layout>) -> Result<InventoryDrafted, Failed> {
        let currency = "EUR".parse().map_err(|error| Failed::new(format!("{error}")))?;
        Ok(InventoryDrafted {
            currency,
            hold_seconds: HOLD_SECONDS,
            hold_seconds_max: HOLD_SECONDS,
            layout: Some(plan.digest()),
            max_per_buyer: None,
            max_per_order: None,
            single_seat_rule: None,
            plan: Some(Arc::clone(plan)),
            refund_policy: None,
            sale_ends_at: None,
            sale_starts_at: None,
            show: self.show,
            starts_at: self.clock.now().wall.plus_seconds(HOLD_SECONDS),
        })
    }

    /// A buyer holds a seat, and lets it go or not.
    async fn visit(&self, desk: &Desk<Inventory>, seat: Option<SeatId>, lets_go: bool) -> Result<(), Failed> {
        let hold = HoldId::of_show(self.show, self.ids.next());
        let wants = seat.into_iter().map(|seat| Want::Seat { seat, ticket_type: None }).collect();
        self.send(desk, InventoryCommand::PlaceHold(place_hold::PlaceHold { hold, wants })).await?;
        if lets_go {
            self.send(desk, InventoryCommand::ReleaseHold(release_hold::ReleaseHold { hold })).await?;
        }
        Ok(())
    }

    async fn send(&self, desk: &Desk<Inventory>, command: InventoryCommand) -> Result<(), Failed> {
        let sent = desk.send(Inventory::stream(self.show), self.request(command)).await;
        sent.map(drop).map_err(|failure| Failed::new(format!("the show cannot be sold: {failure:?}")))
    }

    fn request(&self, command: InventoryCommand) -> Request<InventoryCommand> {
        let meta = CommandMeta { id: self.ids.next(), hash: Digest::of(&[b"body"]), cause: None };
        Request { command, meta }
    }
}

/// Rows of a hundred seats.
fn document(seats: u32) -> LayoutDocument {
    let seat = |n: u32| {
        let (row, number) = (n / 100 + 1, n % 100 + 1);
        Seat {
            accessible: false,
            category: 0,
            companion: false,
            id: SeatId::new(&format!("seat-{row}-{number}")),
            number: number.to_string(),
            row: row.to_string(),
            x: i64::from(number) * 1_000,
            y: i64::from(row) * 1_000,
            zone: "Arena".to_owned(),
        }
    };
    LayoutDocument {
        areas: Vec::new(),
        categories: vec![Category { color: None, name: "Seat".to_owned() }],
        focal_point: Point::default(),
        format: LAYOUT_FORMAT.to_owned(),
        name: "Arena".to_owned(),
        seats: (0..seats).map(seat).collect(),
    }
}
