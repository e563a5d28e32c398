//! What a real machine does to a server: it stops at any moment, forgets what was not synchronised, and runs out of
//! room. Whatever was acknowledged before must be in the log, and nothing else.

mod attempt;
mod buyers;
mod cancelled;
mod database;
mod disk;
mod facts;
mod fates;
mod ledger;
mod random;
mod reading;
mod rebuild;
mod sale;
mod snapshots;
mod unsynced;

use std::sync::Arc;
use std::time::{Duration, Instant};

use attempt::Outcome;
use buyers::{Crowd, Diary};
pub(crate) use database::place;
use ledger::Ledger;
use random::Random;
use reading::Reading;
use sale::Sale;
use serde_json::Value;

use crate::support::process::{self, Place, Server};

const KILLS: usize = 20;

/// When the server is killed, in milliseconds from when the buyers come.
const MOMENTS_MS: std::ops::Range<usize> = 50..600;

/// How many requests that were answered before a kill are sent again after it.
const SENT_AGAIN: usize = 10;

/// More visits than anybody has the time for.
const ENDLESS: usize = 100_000;

/// How long payments may take to come to their end.
const SETTLING: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_lose_nothing_and_invent_nothing() {
    let folder = tempfile::tempdir().unwrap();
    twenty_kills(Place::from(&folder.path().join("data"))).await;
}

async fn twenty_kills(place: Place) {
    let mut random = Random::of_this_run();
    let mut server = Server::start(place.clone()).await;
    let mut story = Story::begin(&server).await;
    for _ in 0..KILLS {
        let crowd = Crowd::gather(&server, &story.sale, ENDLESS, &mut random);
        let moment = MOMENTS_MS.start + random.below(MOMENTS_MS.len());
        tokio::time::sleep(Duration::from_millis(u64::try_from(moment).unwrap())).await;
        server.kill();
        story.ledger.enter(crowd.diaries().await);
        server = Server::start(place.clone()).await;
        story.go_on(&server, &mut random).await;
    }
    assert!(story.unsettled >= KILLS, "the kills met nobody at work");
    story.conclude(server).await;
}

/// A sale through all of its interruptions.
struct Story {
    sale: Arc<Sale>,
    reading: Reading,
    ledger: Ledger,
    /// How many attempts there were whose outcome nobody knew at first.
    unsettled: usize,
}

impl Story {
    async fn begin(server: &Server) -> Self {
        let sale = Arc::new(Sale::open(server).await);
        let mut reading = Reading::of_a_sale(sale.setup);
        reading.catch_up(server).await;
        Self { sale, reading, ledger: Ledger::default(), unsettled: 0 }
    }

    /// After an interruption: all that was acknowledged is there, what was not is sent again and happens at most
    /// once, and then there is nothing in the log that nobody asked for.
    async fn go_on(&mut self, server: &Server, random: &mut Random) {
        self.reading.catch_up(server).await;
        self.ledger.nothing_is_lost(&self.reading.facts);
        let unsettled = self.ledger.take_unsettled();
        self.unsettled += unsettled.len();
        for attempt in unsettled {
            let outcome = attempt.send(server.address()).await;
            let is_settled = matches!(outcome, Outcome::Accepted(_) | Outcome::Refused(_));
            assert!(is_settled, "{attempt:?} came to nothing again");
            self.ledger.enter(Diary::from([(attempt, outcome)]));
        }
        for (attempt, first) in self.ledger.sample(SENT_AGAIN, random) {
            let Outcome::Accepted(again) = attempt.send(server.address()).await else {
                panic!("{attempt:?} was accepted before, and is not now")
            };
            assert_eq!((again.status, again.text()), (first.status, first.text()), "{attempt:?}");
            assert_eq!(again.header("log-position"), first.header("log-position"), "{attempt:?}");
        }
        self.reading.catch_up(server).await;
        self.ledger.nothing_is_lost(&self.reading.facts);
        self.ledger.nothing_is_invented(&self.reading.facts);
    }

    /// Waits until every payment whose completion was acknowledged has come to its end.
    async fn settle(&mut self, server: &Server) {
        let deadline = Instant::now() + SETTLING;
        while let Some(payment) = self.ledger.unfinished(&self.reading.facts) {
            assert!(Instant::now() < deadline, "{payment} never came to its end");
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.reading.catch_up(server).await;
        }
        self.ledger.nothing_is_lost(&self.reading.facts);
        self.ledger.nothing_is_invented(&self.reading.facts);
    }

    /// The end: payments have ended, the server shows what the log says, and the log is as it should be.
    async fn conclude(mut self, server: Server) {
        self.settle(&server).await;
        self.agrees_with(&server).await;
        let place = server.place().clone();
        assert_eq!(verify(&place)["ok"], true, "beside the server");
        assert!(server.stop().await.success());
        let verdict = verify(&place);
        println!(
            "{} acknowledged, {} unsettled at first; {verdict}",
            self.ledger.acknowledgements(),
            self.unsettled
        );
        let summary = self.reading.conclude(&place).await;
        assert_eq!((&verdict["ok"], &verdict["position"]), (&true.into(), &summary.position.into()));
    }

    /// What the server shows of every seat is what the log says.
    async fn agrees_with(&mut self, server: &Server) {
        let answer = server.call("GET", &format!("/v1/events/{}/seats", self.sale.event)).send().await;
        let shown = answer.expect(200).json();
        // Holds lapse by time, and their lapse may be recorded after the answer.
        let position = shown["position"].as_u64().unwrap();
        self.reading.catch_up(server).await;
        let seats = shown["seats"].as_array().unwrap();
        assert_eq!(seats.len(), self.sale.seats.len());
        for seat in seats {
            let id = seat["seat_id"].as_str().unwrap();
            let state = seat["state"].as_str().unwrap();
            let possible = self.reading.facts.states_of(id, position);
            assert!(possible.contains(&state), "{id} is shown as {state} at {position}, not {possible:?}");
        }
    }
}

/// What `boxoffice audit verify` says of a log.
fn verify(place: &Place) -> Value {
    let output = process::run(&[["audit", "verify", "--json"].as_slice(), &place.arguments()].concat());
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complaints}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}
