//! The wiring: which adapters stand behind the ports, and which background work runs. The only place that knows.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use boxoffice_commands::clock::{Clock, IdSource};
use boxoffice_commands::engine::{Desk, Engine, EngineOptions};
use boxoffice_commands::log::Documents;
use boxoffice_commands::payments::Payments;
use boxoffice_commands::provider::PaymentProvider;
use boxoffice_commands::snapshots::{NoSnapshots, Snapshots};
use boxoffice_commands::vault::Vault;
use boxoffice_domain::catalog::Catalog;
use boxoffice_domain::doors::Doors;
use boxoffice_domain::inventory::Inventory;
use boxoffice_domain::log::{Position, StreamName};
use boxoffice_domain::organizer::Organizer;
use boxoffice_domain::time::Timestamp;
use boxoffice_domain::venue::Venue;
use boxoffice_infra::keys;
use boxoffice_infra::sandbox::SandboxProvider;
use boxoffice_infra::tasks::Tasks;
use boxoffice_projections::catalog::CatalogProjection;
use boxoffice_projections::clock::ViewClock;
use boxoffice_projections::feed::LogFeed;
use boxoffice_projections::follow::{Behind, Progress, follow_shows, follow_tables};
use boxoffice_projections::live::LiveHub;
use boxoffice_projections::orders::OrdersProjection;
use boxoffice_projections::shows::Shows;
use boxoffice_projections::snapshots::ShowSnapshots;
use boxoffice_projections::table::{TableProjection, TableStore};
use tokio::sync::watch;

use crate::auth::Guard;
use crate::housekeeping;
use crate::jobs::Jobs;
use crate::metrics::Requests;
use crate::past::Past;
use crate::problem::{Code, Problem};
use crate::signature::TicketSigner;
use crate::stores::Stores;

/// How long a query waits for a position that it was asked to have seen.
const WAIT_ASKED: Duration = Duration::from_secs(2);

/// How long a query of one's own things waits for what was acknowledged before it.
const WAIT_BRIEFLY: Duration = Duration::from_millis(500);

/// How long the shutdown waits for background work.
const DRAIN: Duration = Duration::from_secs(10);

/// How the application is started.
#[derive(Clone)]
pub struct AppOptions {
    /// The data folder.
    pub data: PathBuf,
    /// The database that has the log, if the data folder has not.
    pub database: Option<String>,
    /// Whether lapsed holds are recorded when they lapse, rather than with the next command.
    pub timers: bool,
    /// After how many events a show is snapshotted again; 0: never, and no snapshot is read.
    pub snapshot_events: u64,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// The application could not be started; the text says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

/// The whole box office of one process.
pub struct App {
    /// Who may do what.
    pub guard: Guard,
    /// Signs tickets.
    pub signer: TicketSigner,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// The write side.
    pub engine: Engine,
    /// Reads of the past, of which only a few may go on at once.
    pub past: Past,
    /// Where commands to inventories go.
    pub inventory: Desk<Inventory>,
    /// Where commands to catalog entries go.
    pub catalog: Desk<Catalog>,
    /// Where commands to organizers go.
    pub organizers: Desk<Organizer>,
    /// Where commands to venues go.
    pub venues: Desk<Venue>,
    /// Where commands to doors go.
    pub doors: Desk<Doors>,
    /// Seating plans.
    pub documents: Arc<dyn Documents>,
    /// The log.
    pub feed: Arc<dyn LogFeed>,
    /// Read models in tables.
    pub views: Arc<dyn TableStore>,
    /// Read models in memory.
    pub shows: Arc<Shows>,
    /// Their snapshots, if there are to be any.
    pub show_snapshots: Option<Arc<ShowSnapshots>>,
    /// Live streams.
    pub live: Arc<LiveHub>,
    /// How far the read models have come.
    pub progress: Vec<Progress>,
    /// Personal data.
    pub vault: Arc<dyn Vault>,
    /// Who moves the money.
    pub provider: Arc<dyn PaymentProvider>,
    /// The same, where it is the sandbox.
    pub sandbox: Arc<SandboxProvider>,
    /// Long work that was asked for.
    pub jobs: Jobs,
    /// Counts requests.
    pub requests: Requests,
    /// How many steps of payments are open.
    pub open_payment_steps: Arc<AtomicUsize>,
    /// The administrator's token, if it was made just now.
    pub new_administrator_token: Option<String>,
    stores: Stores,
    tasks: Tasks,
    closing: watch::Sender<bool>,
    head_at_start: Position,
    is_ready: AtomicBool,
}

/// The clock that read models are judged by is the one that decides.
pub(crate) struct Judge(pub(crate) Arc<dyn Clock>);

#[async_trait]
impl ViewClock for Judge {
    fn now(&self) -> Timestamp {
        self.0.now().wall
    }

    async fn sleep_until(&self, time: Timestamp) {
        self.0.sleep_until(time).await;
    }
}

impl App {
    /// Opens the data folder and starts all background work.
    ///
    /// # Errors
    /// [`StartError`] says what is wrong, in words for an operator.
    pub async fn start(options: AppOptions) -> Result<Arc<Self>, StartError> {
        let data = &options.data;
        let stores = Stores::open(data, options.database.as_deref(), &options.clock).await?;
        let (token, is_new) = keys::admin_token(data)
            .map_err(|error| StartError(format!("the administrator's token: {error}")))?;
        let tasks = Tasks::new();
        let engine_options = EngineOptions { timers: options.timers, ..EngineOptions::default() };
        let engine_options = engine_options.snapshots_every(options.snapshot_events);
        let snapshots: Arc<dyn Snapshots> =
            if options.snapshot_events > 0 { Arc::clone(&stores.snapshots) } else { Arc::new(NoSnapshots) };
        let engine = Engine::start(
            Arc::clone(&stores.log),
            Arc::clone(&stores.documents),
            snapshots,
            Arc::clone(&options.clock),
            Arc::clone(&options.ids),
            tasks.spawner(),
            engine_options,
        );
        let feed = Arc::clone(&stores.feed);
        let shows = Arc::new(Shows::new());
        let judge: Arc<dyn ViewClock> = Arc::new(Judge(Arc::clone(&options.clock)));
        let live = LiveHub::new(Arc::clone(&shows), Arc::clone(&judge));
        let (view_snapshots, clone) = (Arc::clone(&stores.view_snapshots), Arc::clone(&shows));
        let every = options.snapshot_events;
        let show_snapshots = ShowSnapshots::new(Arc::clone(&feed), view_snapshots, clone, judge, every);
        let tables = table_projections().map(|projection| {
            let progress = Progress::new(projection.name());
            (projection, progress)
        });
        let mut progress: Vec<Progress> = tables.iter().map(|(_, progress)| progress.clone()).collect();
        progress.push(shows.progress().clone());
        let app = Arc::new(Self {
            signer: TicketSigner::new(&stores.keys.ticket_seed()).knowing(stores.keys.ticket_seeds()),
            guard: Guard::new(stores.keys.clone(), token.clone()),
            clock: options.clock,
            ids: options.ids,
            past: Past::default(),
            inventory: engine.desk(),
            catalog: engine.desk(),
            organizers: engine.desk(),
            venues: engine.desk(),
            doors: engine.desk(),
            engine,
            documents: Arc::clone(&stores.documents),
            head_at_start: feed.head(),
            is_ready: AtomicBool::new(false),
            feed,
            views: Arc::clone(&stores.views),
            shows,
            show_snapshots: (every > 0).then(|| Arc::new(show_snapshots)),
            live,
            progress,
            vault: Arc::clone(&stores.vault) as Arc<dyn Vault>,
            provider: Arc::clone(&stores.sandbox) as Arc<dyn PaymentProvider>,
            sandbox: Arc::clone(&stores.sandbox),
            jobs: Jobs::default(),
            requests: Requests::default(),
            open_payment_steps: Arc::default(),
            new_administrator_token: is_new.then_some(token),
            stores,
            tasks,
            closing: watch::Sender::new(false),
        });
        app.run_projections(tables);
        app.run_payments();
        app.run_housekeeping(options.timers);
        Ok(app)
    }

    fn run_projections(self: &Arc<Self>, tables: [(Arc<dyn TableProjection>, Progress); 2]) {
        for (projection, progress) in tables {
            let (feed, views, shutdown) =
                (Arc::clone(&self.feed), Arc::clone(&self.views), self.tasks.shutdown());
            self.tasks.spawn("projection", async move {
                follow_tables(&*feed, &*views, &*projection, &progress, shutdown.begun()).await;
            });
        }
        let (feed, shows, shutdown) =
            (Arc::clone(&self.feed), Arc::clone(&self.shows), self.tasks.shutdown());
        let snapshots = self.show_snapshots.clone();
        self.tasks.spawn("shows", async move {
            let Some(snapshots) = snapshots else {
                return follow_shows(&*feed, &shows, shutdown.begun()).await;
            };
            snapshots.restore().await;
            let keeping = snapshots.keep(shutdown.begun());
            tokio::join!(follow_shows(&*feed, &shows, shutdown.begun()), keeping);
        });
        let (live, shutdown) = (Arc::clone(&self.live), self.tasks.shutdown());
        self.tasks.spawn("live", async move { live.run(shutdown.begun()).await });
    }

    fn run_payments(self: &Arc<Self>) {
        let payments = Arc::new(Payments {
            desk: self.inventory.clone(),
            provider: Arc::clone(&self.provider),
            inbox: Arc::clone(&self.sandbox) as _,
            feed: Arc::clone(&self.stores.effects),
            cursors: Arc::clone(&self.stores.cursors),
            clock: Arc::clone(&self.clock),
            open_steps: Arc::clone(&self.open_payment_steps),
        });
        let (taking, shutdown) = (Arc::clone(&payments), self.tasks.shutdown());
        self.tasks.spawn("payment facts", async move {
            tokio::select! { () = taking.take_in() => {}, () = shutdown.begun() => {} }
        });
        let shutdown = self.tasks.shutdown();
        self.tasks.spawn("payments", async move {
            tokio::select! { () = payments.follow() => {}, () = shutdown.begun() => {} }
        });
    }

    fn run_housekeeping(self: &Arc<Self>, timers: bool) {
        if timers {
            let (app, shutdown) = (Arc::clone(self), self.tasks.shutdown());
            self.tasks.spawn("waking shows", async move {
                tokio::select! { () = housekeeping::wake_shows(&app) => {}, () = shutdown.begun() => {} }
            });
        }
        let (app, vault, shutdown) =
            (Arc::clone(self), Arc::clone(&self.stores.vault), self.tasks.shutdown());
        self.tasks.spawn("sweeping the vault", async move {
            tokio::select! { () = housekeeping::sweep_vault(&app, &*vault) => {}, () = shutdown.begun() => {} }
        });
    }

    /// Background work that ends with the application.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// What the store of the log says of the settings that durability rests on.
    #[must_use]
    pub fn log_settings(&self) -> &[(&'static str, String)] {
        &self.stores.settings
    }

    /// Where the log stood when the application was started.
    #[must_use]
    pub fn head_at_start(&self) -> Position {
        self.head_at_start
    }

    /// What the application still lacks before it may take traffic; nothing once it may.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.progress
            .iter()
            .filter(|progress| !progress.is_open() || progress.position() < self.head_at_start)
            .map(|progress| {
                format!("{} is at {} of {}", progress.name(), progress.position(), self.head_at_start)
            })
            .collect()
    }

    /// Waits until the read models have everything that was in the log at the start. Later this costs nothing.
    ///
    /// # Errors
    /// 503 `projection_behind` after two seconds.
    pub async fn ready(&self) -> Result<(), Problem> {
        if !self.is_ready.load(Ordering::Relaxed) {
            self.wait_for(self.head_at_start).await?;
            self.is_ready.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits until every read model has come to `position`.
    ///
    /// # Errors
    /// 503 `projection_behind` after two seconds.
    pub async fn wait_for(&self, position: Position) -> Result<(), Problem> {
        let deadline = tokio::time::Instant::now() + WAIT_ASKED;
        for progress in &self.progress {
            let left = deadline.saturating_duration_since(tokio::time::Instant::now());
            progress.wait_for(position, left).await.map_err(behind)?;
        }
        Ok(())
    }

    /// Waits until one read model has come to `position`, whatever the others do.
    ///
    /// # Errors
    /// 503 `projection_behind` after two seconds.
    pub async fn wait_in(&self, name: &str, position: Position) -> Result<(), Problem> {
        for progress in self.progress.iter().filter(|progress| progress.name() == name) {
            progress.wait_for(position, WAIT_ASKED).await.map_err(behind)?;
        }
        Ok(())
    }

    /// The stream must not be parked in that read model.
    ///
    /// # Errors
    /// 503 `projection_parked`.
    pub fn whole_in(&self, name: &str, stream: &StreamName) -> Result<(), Problem> {
        let mut progress = self.progress.iter().filter(|progress| progress.name() == name);
        match progress.find_map(|progress| progress.parked_stream(stream.as_str())) {
            Some(parked) => Err(parked.into()),
            None => Ok(()),
        }
    }

    /// How far all read models have come.
    #[must_use]
    pub fn reached(&self) -> Position {
        self.progress.iter().map(Progress::position).min().unwrap_or_default()
    }

    /// Waits for `position`, but not for long: what is behind then answers with what it has.
    pub async fn wait_briefly(&self, position: Position) {
        for progress in &self.progress {
            if progress.wait_for(position, WAIT_BRIEFLY).await.is_err() {
                return;
            }
        }
    }

    /// Ends answers that would go on for ever, so that connections can end.
    pub fn begin_closing(&self) {
        self.closing.send_replace(true);
    }

    /// Returns once answers that go on for ever have to end.
    pub async fn closing(&self) {
        // The sender is `self`, so waiting can only end by the value.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Ends everything: no new commands, everything that was taken in durable and answered, background work drained.
    pub async fn shut_down(&self) {
        self.begin_closing();
        self.engine.drain().await;
        self.tasks.begin_shutdown();
        for name in self.tasks.drain(DRAIN).await {
            tracing::warn!(name, "a background task did not end in time");
        }
        self.stores.close().await;
    }
}

/// Every read model that is kept in tables.
pub(crate) fn table_projections() -> [Arc<dyn TableProjection>; 2] {
    [Arc::new(CatalogProjection), Arc::new(OrdersProjection)]
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn behind(behind: Behind) -> Problem {
    Problem::new(Code::ProjectionBehind, format!("{behind}.")).with("position", behind.reached.into())
}
