//! `boxoffice bench reads`

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;

use super::arguments::{HttpArgs, WARM_UP_MAX};
use super::evidence::Counts;
use super::figure::{self, Figure};
use super::load::{self, Plan, Step, Visitor, Work};
use super::nginx::{self, Nginx};
use super::onsale::Holding;
use super::session::{Session, Told};
use super::stage::{self, Seats};
use crate::cli::client::{Call, CallError, Client};
use crate::cli::failed::Failed;
use crate::cli::{Outcome, Threads, block_on, words};
use crate::v1::events::seats::COMPACT;

const EXAMPLE: &str = "Examples:
  boxoffice bench reads --seconds 10
  boxoffice bench reads --seconds 30 --holds-per-second 1000 --json --plot reads.svg

Availability and the compact seat map of a show in the sample arena, each asked for as a stranger does and with
If-None-Match, while nothing sells and while other buyers hold seats of the same show. Where nginx is installed, it
serves the same bytes as static files to the same client first. That makes twelve figures of --seconds each.";

const JSON: &str = "application/json";

/// How many buyers hold seats beside the readers.
const BUYERS: u32 = 4;

/// The arguments of `boxoffice bench reads`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct ReadsArgs {
    #[command(flatten)]
    http: HttpArgs,
    /// How many seats are held a second while something sells
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    holds_per_second: u32,
}

pub(super) fn run(arguments: &ReadsArgs) -> Outcome {
    let http = &arguments.http;
    let session = Session::start(http)?;
    session.notes.say("setting up the arena");
    let wanted = (http.seconds + WARM_UP_MAX.as_secs()) * 4 * u64::from(arguments.holds_per_second);
    let seats = Arc::new(block_on(Threads::One, stage::set_up(&session.server, wanted, http.seats))?);
    let targets = targets(seats.first_show());
    let pace = Duration::from_secs(u64::from(BUYERS)) / arguments.holds_per_second;
    let mut bench = Bench { session: &session, seats, pace, loads: 0, answered: Counts::default() };
    let baselines = bench.static_files(&targets)?;
    let mut runs = Vec::new();
    for sells in [false, true] {
        for target in &targets {
            let run = bench.read(target, sells)?;
            let baseline = baselines.iter().find(|(of, _)| of.name == target.name);
            runs.push(baseline.map_or(run.clone(), |(_, baseline)| run.beside(baseline)));
        }
    }
    let answered = bench.answered;
    let missing = if baselines.is_empty() { vec![nginx::MISSING.to_owned()] } else { Vec::new() };
    runs.extend(baselines.into_iter().map(|(_, run)| run));
    session.conclude(Told {
        bench: "reads",
        operation: "one answer read to its end",
        runs,
        has_rows: false,
        missing,
        answered,
    })
}

/// What is read, and how.
#[derive(Debug, Clone)]
struct Target {
    name: &'static str,
    /// The last part of its path, and the name of the file that has the same bytes.
    file: &'static str,
    path: String,
    accept: &'static str,
    /// Whether with the entity tag that was seen last.
    is_conditional: bool,
}

fn targets(show: &str) -> [Target; 4] {
    let target = |name, file, accept, is_conditional| {
        let path = format!("/v1/events/{show}/{file}");
        Target { name, file, path, accept, is_conditional }
    };
    [
        target("availability", "availability", JSON, false),
        target("availability, If-None-Match", "availability", JSON, true),
        target("seat map", "seats", COMPACT, false),
        target("seat map, If-None-Match", "seats", COMPACT, true),
    ]
}

struct Bench<'a> {
    session: &'a Session<'a>,
    seats: Arc<Seats>,
    pace: Duration,
    /// How many loads there have been.
    loads: u16,
    answered: Counts,
}

impl Bench<'_> {
    fn plan(&mut self) -> Plan {
        self.loads += 1;
        self.session.plan(self.loads)
    }

    /// The same bytes as static files, where nginx is installed.
    fn static_files(&mut self, targets: &[Target]) -> Result<Vec<(Target, Figure)>, Failed> {
        let address = self.session.server.address;
        let mut files: Vec<(&str, Bytes)> = Vec::new();
        for target in targets.iter().filter(|target| !target.is_conditional) {
            files.push((target.file, block_on(Threads::One, body(address, target))?));
        }
        let Some(nginx) = Nginx::start(&files)? else {
            self.session.notes.say(nginx::MISSING);
            return Ok(Vec::new());
        };
        let mut runs = Vec::new();
        for target in targets {
            let size = files.iter().find(|(file, _)| *file == target.file).map_or(0, |(_, body)| body.len());
            let size = u64::try_from(size).unwrap_or(u64::MAX);
            let (name, path) = (format!("nginx, {}", target.name), format!("/{}", target.file));
            self.session.notes.say(&name);
            let plan = Plan { address: nginx.address, ..self.plan() };
            let reading = Arc::new(Reading(Target { path, ..target.clone() }));
            let processes = [nginx.process.watched()];
            let measuring = figure::measure(&name, &processes, plan, &reading);
            let (run, _) = block_on(Threads::All, measuring)?;
            let remark = format!("a static file of {}", words::bytes(size));
            runs.push((target.clone(), Figure { remark, is_baseline: true, ..run }));
        }
        nginx.process.stop()?;
        Ok(runs)
    }

    /// Reads while nothing sells, or while something does.
    fn read(&mut self, target: &Target, sells: bool) -> Result<Figure, Failed> {
        let name = format!("{}{}", target.name, if sells { ", selling" } else { "" });
        self.session.notes.say(&name);
        let (plan, reading) = (self.plan(), Arc::new(Reading(target.clone())));
        let processes = self.session.watched();
        if !sells {
            return Ok(block_on(Threads::All, figure::measure(&name, &processes, plan, &reading))?.0);
        }
        let selling = Plan { connections: BUYERS, pace: Some(self.pace), ..self.plan() };
        let seller = Arc::new(Holding(Arc::clone(&self.seats)));
        let (read, sold) = block_on(Threads::All, async {
            let selling = load::run(selling, &seller, || {});
            tokio::try_join!(figure::measure(&name, &processes, plan, &reading), selling)
        })?;
        self.answered.add(sold.counts);
        let sold = Figure::of("", sold.latency.len(), sold.took).per_second;
        Ok(Figure { remark: format!("beside {sold:.0} holds a second"), ..read.0 })
    }
}

async fn body(address: SocketAddr, target: &Target) -> Result<Bytes, Failed> {
    let reply = Client::new(address).call(&Call::get(&target.path).accepting(target.accept)).await?;
    if reply.status == StatusCode::OK { Ok(reply.body) } else { Err(Failed::new(reply.problem())) }
}

/// Reading one thing again and again.
struct Reading(Target);

impl Work for Reading {
    async fn once(&self, client: &mut Visitor) -> Result<Step, CallError> {
        let Target { path, accept, is_conditional, .. } = &self.0;
        let call = Call::get(path).accepting(accept);
        let tag = client.tag.take().filter(|_| *is_conditional);
        let reply = match &tag {
            Some(tag) => client.call(&call.unless(tag)).await?,
            None => client.call(&call).await?,
        };
        client.tag = reply.tag.clone().or(tag);
        Ok(match reply.status {
            StatusCode::OK => Step::Done,
            StatusCode::NOT_MODIFIED => Step::Unchanged,
            _ => Step::refused(&reply),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_has_a_file_that_can_be_served() {
        let targets = targets("event_1");
        assert_eq!(targets[2].path, "/v1/events/event_1/seats");
        assert!(targets.iter().all(|target| target.path.ends_with(target.file)));
    }
}
