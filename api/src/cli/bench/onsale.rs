//! `boxoffice bench onsale`

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use boxoffice_commands::clock::Clock as _;
use boxoffice_domain::seating::samples;
use boxoffice_infra::clock::SystemClock;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::child::ChildServer;
use super::evidence;
use super::load::{self, Load, Plan, Show};
use super::report::{Durability, Figures, Latency, Processor, rate};
use crate::cli::audit::exit_code;
use crate::cli::failed::Failed;
use crate::cli::office::{NewEvent, NewVenue, Office};
use crate::cli::scratch::Scratch;
use crate::cli::{Outcome, Threads, block_on, logging, output, system};

const EXAMPLE: &str = "Examples:
  boxoffice bench onsale
  boxoffice bench onsale --seconds 30 --connections 128 --json

Starts a server as a process of its own on an empty folder, sells the sample arena, and lets buyers hold one named
seat after the other over HTTP. Afterwards every answer is looked for in the log, and the log is verified. Client
and server share the machine: compare figures of one machine, in one run.";

/// More holds a second than are to be expected here: decides how many shows are made.
const HOLDS_PER_SECOND_MAX: u64 = 40_000;

/// The most shows that are made.
const SHOWS_MAX: u64 = 40;

/// How long a hold lives: longer than any measurement.
const HOLD_SECONDS: u32 = 86_400;

/// Part of the time goes to warming up, at most this.
const WARM_UP_MAX: Duration = Duration::from_secs(2);

const DURABILITY: &str = "every commit synchronised before its answers (SQLite, WAL, synchronous=FULL)";

/// The arguments of `boxoffice bench onsale`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct OnsaleArgs {
    /// How long to measure
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// How many buyers there are, each with a connection of its own
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
    /// How many seats of each show are asked for; the arena has 46,000 and a standing floor
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..))]
    seats: u64,
    /// Make the data here and leave it, instead of in a temporary folder
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &OnsaleArgs) -> Outcome {
    logging::to_stderr("warn")?;
    let folder = Scratch::new(arguments.data.as_deref())?;
    let data = folder.path();
    let started = Instant::now();
    let note = |text: &str| {
        if !arguments.json {
            output::complain(&format!("{:5.1} s  {text}", started.elapsed().as_secs_f64()));
        }
    };
    system::raise_open_files();
    let sync_us =
        system::sync_latency(&existing(data)?).ok().and_then(|time| u64::try_from(time.as_micros()).ok());
    note("starting a server");
    let server = ChildServer::start(data)?;
    note("setting up the arena");
    let shows = block_on(Threads::One, set_up(&server, arguments))?;
    note("the sale is on");
    let (load, processor) = block_on(Threads::All, sell(&server, arguments, shows))?;
    note("looking for every answer in the log, and verifying it");
    let evidence = evidence::gather(data)?;
    server.stop()?;
    let figures = Figures {
        ok: evidence.agrees(load.held),
        seconds: load.took.as_secs_f64(),
        connections: arguments.connections,
        holds: load.measured,
        holds_per_second: rate(&load),
        latency_us: Latency::of(&load.latency),
        processor,
        holds_answered: load.held,
        holds_in_log: evidence.holds,
        audit_ok: evidence.verdict.report.is_ok(),
        other_answers: load.others,
        ran_out_of_seats: load.ran_out,
        durability: Durability { log: DURABILITY, sync_us },
    };
    if arguments.json {
        output::json(&figures)?;
    } else {
        output::say(&figures.in_words());
    }
    Ok(exit_code(figures.ok))
}

/// The folder, made if need be, so that its disk can be tried.
fn existing(data: &Path) -> Result<std::path::PathBuf, Failed> {
    boxoffice_infra::folder::ensure(data)
        .map_err(|error| Failed::new(format!("{} cannot be made: {error}", data.display())))?;
    Ok(data.to_owned())
}

/// What is needed of the compact form of a seat map.
#[derive(Deserialize)]
struct Seats {
    seat_ids: Vec<String>,
}

async fn set_up(server: &ChildServer, arguments: &OnsaleArgs) -> Result<Vec<Show>, Failed> {
    let mut office = Office::new(server.address, server.token.clone());
    let organizer = office.organizer("Bench").await?;
    let venue = office.venue(&NewVenue { organizer: &organizer, name: "Arena", city: "Berlin" }).await?;
    let plan = office.plan(&venue, samples::arena()).await?;
    let starts_at = SystemClock::new().now().wall.plus_ms(30 * 24 * 3_600 * 1_000).to_string();
    let seats = plan.seats.min(arguments.seats).max(1);
    let wanted = (arguments.seconds + WARM_UP_MAX.as_secs()).saturating_mul(HOLDS_PER_SECOND_MAX);
    let mut shows = Vec::new();
    for _ in 0..wanted.div_ceil(seats).min(SHOWS_MAX) {
        let event = NewEvent {
            organizer: &organizer,
            venue: &venue,
            plan: &plan,
            name: "On-sale",
            category: "music",
            performers: &[],
            starts_at: &starts_at,
            hold_seconds: HOLD_SECONDS,
        };
        let (show, _) = office.event(&event).await?;
        shows.push(show);
    }
    let Some(first) = shows.first() else { return Err(Failed::new("there is nothing to sell")) };
    // The events have the same plan, so they have the same seats.
    let found: Seats = office.compact_seats(first).await?;
    let take = usize::try_from(seats).unwrap_or(usize::MAX);
    let body = |seat: &String| Bytes::from(json!({ "items": [{ "seat_id": seat }] }).to_string());
    let bodies: Vec<Bytes> = found.seat_ids.iter().take(take).map(body).collect();
    Ok(shows
        .into_iter()
        .map(|show| Show { path: format!("/v1/events/{show}/holds"), bodies: bodies.clone() })
        .collect())
}

async fn sell(
    server: &ChildServer,
    arguments: &OnsaleArgs,
    shows: Vec<Show>,
) -> Result<(Load, Option<Processor>), Failed> {
    let time = Duration::from_secs(arguments.seconds);
    let warm_up = (time / 5).min(WARM_UP_MAX);
    let plan = Plan { address: server.address, connections: arguments.connections, warm_up, time, shows };
    let used = || (server.processor_time(), system::processor_time(std::process::id()));
    let before = Cell::new((None, None));
    let load = load::run(plan, || before.set(used())).await?;
    let (server_before, client_before) = before.get();
    let (server_after, client_after) = used();
    let between = |after: Option<Duration>, before: Option<Duration>| Some(after?.saturating_sub(before?));
    let server = between(server_after, server_before);
    let client = between(client_after, client_before);
    let processor = Processor::of(server, client, load.measured);
    Ok((load, processor))
}
