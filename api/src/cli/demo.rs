//! `boxoffice demo`: everything in one process, sample houses, and lively buyers who come over HTTP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use boxoffice_domain::log::Position;
use boxoffice_domain::time::Timestamp;
use boxoffice_infra::folder;
use boxoffice_infra::keys::ADMIN_TOKEN_FILE;
use clap::value_parser;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::audit::{Verdict, exit_code, verdict_of_log};
use super::failed::Failed;
use super::listener::Listener;
use super::office::{BOOKING_FEE, HANDLING_FEE, VAT};
use super::scratch::Scratch;
use super::serve::app_options;
use super::{Outcome, Threads, block_on, logging, output, signals};
use crate::app::App;
use crate::server::Site;
use crate::settings::{LogPlace, ServerSettings};

mod buyer;
mod counts;
mod crowd;
mod doors;
mod ending;
mod house;
mod ledger;
mod news;
mod programme;
mod sale;
mod screen;
mod stage;
mod view;
mod watch;

use counts::in_words;
use ledger::Ledger;
use sale::{Manner, Sale};
use stage::{Plan, Stage};
use watch::{Phase, Watch};

const EXAMPLE: &str = "Examples:
  boxoffice demo
  boxoffice demo --plan my-theatre.json --seconds 30
  boxoffice demo --once --seconds 20 > demo.txt

A theatre, a concert hall and an arena go on sale. Buyers hold seats, some let them lapse, some cards are declined,
some money comes late; at the end tickets are scanned and the log is verified. Then the server goes on, until Ctrl-C.
A plan is a seating plan of pretix or a chart of seats.io.";

/// Where the demo listens unless told.
const LISTEN: &str = "127.0.0.1:8080";

/// Which part of the time the doors take, at the end.
const DOORS_PART: f64 = 0.2;

/// How long the audit waits for what is still under way.
const SETTLING_MAX: Duration = Duration::from_mins(1);

const SETTLING_LOOK: Duration = Duration::from_millis(250);

/// The log of the demo, in its data folder.
const LOG_FILE: &str = "demo.log";

/// The arguments of `boxoffice demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct DemoArgs {
    /// Make the data here and leave it, instead of in a temporary folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The address to listen on [default: 127.0.0.1:8080, or any free port where that is taken]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Sell this seating plan instead of the sample houses
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// How long the sale lasts, the doors included
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = value_parser!(u64).range(5..=3_600))]
    seconds: u64,
    /// How many times faster than people the buyers are
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Decides what each buyer does
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// End after the audit instead of serving on; with 1 if it fails
    #[arg(long)]
    once: bool,
    /// Print what came of it as JSON, and nothing on the way
    #[arg(long)]
    json: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if (0.1..=20.0).contains(&speed) { Ok(speed) } else { Err("expected 0.1 to 20".to_owned()) }
}

pub(crate) fn run(arguments: &DemoArgs) -> Outcome {
    let plan = arguments.plan.as_deref().map(Plan::read).transpose()?;
    let folder = Scratch::new(arguments.data.as_deref())?;
    let data = folder.path();
    folder::ensure(data)
        .map_err(|error| Failed::new(format!("{} cannot be made: {error}", data.display())))?;
    logging::to_file("info", &data.join(LOG_FILE))?;
    block_on(Threads::All, async {
        let listener = listen(arguments.listen.as_deref()).await?;
        let settings = ServerSettings {
            data: data.to_owned(),
            database: None,
            listen: listener.address().to_string(),
            log: String::new(),
            snapshot_events: 10_000,
            timers: true,
        };
        let app = App::start(app_options(&settings)?).await?;
        let address = listener.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let mut serving = JoinSet::new();
        serving.spawn(listener.serve(Site::of(&app), async {
            let _ = stopped.await;
        }));
        let outcome = tokio::select! {
            outcome = show(arguments, plan, &app, (address, &folder)) => outcome,
            () = signals::stop() => Ok(ExitCode::SUCCESS),
        };
        app.begin_closing();
        drop(stop);
        serving.join_next().await;
        app.shut_down().await;
        outcome
    })
}

/// The usual address, or any other where nobody asked for it.
async fn listen(asked: Option<&str>) -> Result<Listener, Failed> {
    match (Listener::bind(asked.unwrap_or(LISTEN)).await, asked) {
        (Err(_), None) => Listener::bind("127.0.0.1:0").await,
        (outcome, _) => outcome,
    }
}

/// Sets the stage, lets the sale happen, verifies the log, and then waits, unless told otherwise.
async fn show(
    arguments: &DemoArgs,
    plan: Option<Plan>,
    app: &Arc<App>,
    (address, folder): (SocketAddr, &Scratch),
) -> Outcome {
    let data = folder.path();
    let at = format!("http://{address}");
    let token = token(app, data)?;
    let say = |text: &str| {
        if !arguments.json {
            output::say(text);
        }
    };
    say(&format!("boxoffice demo at {at}"));
    let stage = Stage { app, address, token: &token, hold_seconds: hold_seconds(arguments.seconds) };
    say(&format!(
        "For adults, concessions and children; fees of {BOOKING_FEE} % a ticket and {} an order on top, {VAT} % VAT included:",
        in_words(HANDLING_FEE)
    ));
    let houses = stage.set(plan, |what| say(&format!("  {what}"))).await?;
    let houses = houses.into_iter().map(Arc::new).collect();
    let sale = Sale::new(
        houses,
        Arc::clone(&app.clock),
        (address, token.clone()),
        Manner { seed: arguments.seed, speed: arguments.speed },
    );
    let sale = Arc::new(sale);
    let ledger = Ledger::after(app.feed.head());
    let mut watch = Watch::new(Arc::clone(app), Arc::clone(&sale), ledger, at.clone(), arguments.json);
    let verdict = perform(&mut watch, &sale, arguments.seconds, data).await;
    watch.leave();
    let verdict = verdict?;
    if arguments.json {
        output::json(&ending::Summary::of(&watch.ledger.counts, &sale, &verdict.report, &at))?;
    }
    say(&format!("{}\n{}", ending::summary(&watch.ledger.counts, &sale), verdict.in_words()));
    if arguments.once || !verdict.report.is_ok() {
        return Ok(exit_code(verdict.report.is_ok()));
    }
    say(&ending::directions(&at, &token, data, &sale, folder.is_temporary()));
    signals::stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The sale, the doors, the audit.
async fn perform(watch: &mut Watch, sale: &Arc<Sale>, seconds: u64, data: &Path) -> Result<Verdict, Failed> {
    let all = Duration::from_secs(seconds);
    let doors = all.mul_f64(DOORS_PART);
    let lasts = all.saturating_sub(doors);
    let selling = Phase { name: "on sale", lasts: Some(lasts), focus_moves: true };
    watch.during(selling, crowd::gather(sale, lasts)).await;
    let open = Phase { name: "doors open", lasts: Some(doors), focus_moves: false };
    watch.during(open, doors::open(sale, doors)).await;
    let last = Phase { name: "the last payments come in", lasts: None, focus_moves: false };
    let app = Arc::clone(&watch.app);
    let _ = watch.during(last, tokio::time::timeout(SETTLING_MAX, settled(&app))).await;
    let audit = Phase { name: "the audit verifies the log", lasts: None, focus_moves: false };
    let data = data.to_owned();
    let verifying = tokio::task::spawn_blocking(move || verdict_of_log(&LogPlace::Folder(data)));
    let verdict = watch.during(audit, verifying).await;
    verdict.map_err(|error| Failed::new(format!("the audit crashed: {error}")))?
}

/// Returns once no hold has a deadline any more, no payment has anything to tell, and the log stands still.
async fn settled(app: &App) {
    let mut head = Position::MAX;
    loop {
        let has_deadlines = |show| {
            let entry = app.shows.get(show);
            entry.is_some_and(|entry| {
                entry.read(Timestamp::default(), |view| view.has_deadlines()).unwrap_or(false)
            })
        };
        let is_paying =
            app.sandbox.next_due().is_some() || app.open_payment_steps.load(Ordering::Relaxed) > 0;
        let is_busy = is_paying || app.shows.list().into_iter().any(has_deadlines);
        if !is_busy && head == app.feed.head() {
            return;
        }
        head = app.feed.head();
        tokio::time::sleep(SETTLING_LOOK).await;
    }
}

/// Short enough to see holds lapse.
fn hold_seconds(seconds: u64) -> u32 {
    u32::try_from(seconds / 5).unwrap_or(u32::MAX).clamp(2, 8)
}

/// The administrator's token, new or from before.
fn token(app: &App, data: &Path) -> Result<String, Failed> {
    if let Some(token) = &app.new_administrator_token {
        return Ok(token.clone());
    }
    let file = data.join(ADMIN_TOKEN_FILE);
    let token = std::fs::read_to_string(&file)
        .map_err(|error| Failed::new(format!("{} cannot be read: {error}", file.display())))?;
    Ok(token.trim().to_owned())
}
