//! `boxoffice bench orders`

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::arguments::{HttpArgs, WARM_UP_MAX};
use super::figure::{self, Figure};
use super::load::{Load, Step, Visitor, Work};
use super::session::{Session, Told};
use super::stage::{self, Seats};
use crate::cli::client::{Call, CallError, Reply};
use crate::cli::failed::Failed;
use crate::cli::{Outcome, Threads, block_on};

const EXAMPLE: &str = "Examples:
  boxoffice bench orders
  boxoffice bench orders --postgres
  boxoffice bench orders --seconds 60 --connections 128 --json --plot orders.svg

As `boxoffice bench onsale`, with the whole way of an order: hold one named seat, order it, begin to pay, and tell
the sandbox that the card is good, which answers when the money is captured and the ticket is issued. That is four
requests, one after the other; what is counted is whole orders, and a latency is that of all four.";

/// More orders a second than are to be expected here: decides how many shows are made.
const ORDERS_PER_SECOND_MAX: u64 = 12_000;

/// The arguments of `boxoffice bench orders`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct OrdersArgs {
    #[command(flatten)]
    http: HttpArgs,
}

pub(super) fn run(arguments: &OrdersArgs) -> Outcome {
    let session = Session::start(&arguments.http)?;
    let (run, load) = sell(&session, &arguments.http)?;
    session.conclude(Told {
        bench: "orders",
        operation: "one seat from the hold to the ticket, in four requests",
        runs: vec![run],
        has_rows: true,
        missing: Vec::new(),
        answered: load.counts,
    })
}

/// Sells whole orders.
pub(super) fn sell(session: &Session, http: &HttpArgs) -> Result<(Figure, Load), Failed> {
    session.notes.say("setting up the arena");
    let wanted = (http.seconds + WARM_UP_MAX.as_secs()).saturating_mul(ORDERS_PER_SECOND_MAX);
    let seats = block_on(Threads::One, stage::set_up(&session.server, wanted, http.seats))?;
    session.notes.say("the sale is on");
    let work = Arc::new(Ordering(seats));
    let processes = session.watched();
    block_on(Threads::All, figure::measure("whole orders", &processes, session.plan(0), &work))
}

/// Buying one named seat after the other.
struct Ordering(Seats);

#[derive(Deserialize)]
struct Held {
    hold_id: String,
    hold_token: String,
}

#[derive(Deserialize)]
struct Ordered {
    order_id: String,
    order_token: String,
}

#[derive(Deserialize)]
struct Paying {
    payment_id: String,
}

#[derive(Deserialize)]
struct Paid {
    status: String,
}

impl Work for Ordering {
    async fn once(&self, client: &mut Visitor) -> Result<Step, CallError> {
        let Some((path, seat)) = self.0.take() else { return Ok(Step::RanOut) };
        Ok(match self.order(client, path, seat).await {
            Ok(()) => Step::Done,
            Err(Ended::Refused(what)) => Step::Refused(what),
            Err(Ended::Broken(error)) => return Err(error),
        })
    }
}

/// Why an order did not come to its tickets.
enum Ended {
    Refused(String),
    Broken(CallError),
}

impl From<CallError> for Ended {
    fn from(error: CallError) -> Self {
        Self::Broken(error)
    }
}

impl Ordering {
    async fn order(&self, client: &mut Visitor, path: &str, seat: &Bytes) -> Result<(), Ended> {
        let reply = client.call_once(Call::post(path, seat.clone())).await?;
        let held: Held = made(&reply)?;
        client.counts.holds += 1;

        let buyer = r#"{"email":"ada@example.org","name":"Ada Lovelace"}"#;
        let body = format!(r#"{{"buyer":{buyer},"hold_id":"{}"}}"#, held.hold_id);
        let reply = client.call_once(Call::post("/v1/orders", body).with(&held.hold_token)).await?;
        let ordered: Ordered = made(&reply)?;
        client.counts.orders += 1;

        let path = format!("/v1/orders/{}/payments", ordered.order_id);
        let method = Bytes::from_static(br#"{"method":"card"}"#);
        let reply = client.call_once(Call::post(&path, method).with(&ordered.order_token)).await?;
        let paying: Paying = made(&reply)?;
        client.counts.payments += 1;

        let path = format!("/v1/sandbox/payments/{}", paying.payment_id);
        let good = Bytes::from_static(br#"{"outcome":"succeed"}"#);
        let reply = client.call_once(Call::post(&path, good).with(&ordered.order_token)).await?;
        let paid: Paid = with_status(&reply, StatusCode::OK)?;
        // The log captures a payment and issues the tickets at once.
        if paid.status != "captured" {
            return Err(Ended::Refused(format!("200 {}", paid.status)));
        }
        client.counts.ticketed += 1;
        Ok(())
    }
}

fn made<T: DeserializeOwned>(reply: &Reply) -> Result<T, Ended> {
    with_status(reply, StatusCode::CREATED)
}

fn with_status<T: DeserializeOwned>(reply: &Reply, wanted: StatusCode) -> Result<T, Ended> {
    if reply.status != wanted {
        return Err(Ended::Refused(format!("{} {}", reply.status.as_u16(), reply.code())));
    }
    reply.read().map_err(Ended::Refused)
}
