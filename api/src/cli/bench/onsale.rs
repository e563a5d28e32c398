//! `boxoffice bench onsale`

use std::sync::Arc;

use hyper::StatusCode;

use super::arguments::{HttpArgs, WARM_UP_MAX};
use super::figure;
use super::load::{Step, Visitor, Work};
use super::session::{Session, Told};
use super::stage::{self, Seats};
use crate::cli::client::{Call, CallError};
use crate::cli::{Outcome, Threads, block_on};

const EXAMPLE: &str = "Examples:
  boxoffice bench onsale
  boxoffice bench onsale --postgres --plot onsale.svg
  boxoffice bench onsale --seconds 60 --connections 128 --json

Starts a server as a process of its own on an empty store, sells the sample arena, and lets buyers hold one named
seat after the other over HTTP. Afterwards every answer is looked for in the log, and the log is verified. With a
database, pgbench then updates a row for each seat, and one hot row, for as long on the same server. Client and
server share the machine: compare figures of one machine, in one run.

--database wants a database without events, migrates it, and leaves the log there; --postgres leaves nothing.";

/// More holds a second than are to be expected here: decides how many shows are made.
const HOLDS_PER_SECOND_MAX: u64 = 50_000;

/// The arguments of `boxoffice bench onsale`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct OnsaleArgs {
    #[command(flatten)]
    http: HttpArgs,
}

pub(super) fn run(arguments: &OnsaleArgs) -> Outcome {
    let http = &arguments.http;
    let session = Session::start(http)?;
    session.notes.say("setting up the arena");
    let wanted = (http.seconds + WARM_UP_MAX.as_secs()).saturating_mul(HOLDS_PER_SECOND_MAX);
    let seats = block_on(Threads::One, stage::set_up(&session.server, wanted, http.seats))?;
    session.notes.say("the sale is on");
    let work = Arc::new(Holding(Arc::new(seats)));
    let (run, load) =
        block_on(Threads::All, figure::measure("holds", &session.watched(), session.plan(0), &work))?;
    session.conclude(Told {
        bench: "onsale",
        operation: "one named seat held, durable before its answer",
        runs: vec![run],
        has_rows: true,
        missing: Vec::new(),
        answered: load.counts,
    })
}

/// Holding one named seat after the other.
pub(super) struct Holding(pub(super) Arc<Seats>);

impl Work for Holding {
    async fn once(&self, client: &mut Visitor) -> Result<Step, CallError> {
        let Some((path, body)) = self.0.take() else { return Ok(Step::RanOut) };
        let reply = client.call_once(Call::post(path, body.clone())).await?;
        if reply.status == StatusCode::CREATED {
            client.counts.holds += 1;
            return Ok(Step::Done);
        }
        Ok(Step::refused(&reply))
    }
}
