//! How else a commit can end on PostgreSQL: it takes too long, nobody is let in to make it, every connection is busy,
//! or the disk is full. Callers are told that it was not done, who only looks is served, and the sale goes on by itself.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use super::attempt::{Attempt, Outcome};
use super::buyers::Crowd;
use super::database::place;
use super::random::Random;
use super::{Diary, Story};
use crate::support::postgres::Server as Postgres;
use crate::support::process::{Place, Server};

/// How long a statement may take here.
const STATEMENT_TIMEOUT: &str = "?options=-c%20statement_timeout%3D500";

/// Requests that are sent at once where every connection is busy.
const AT_ONCE: usize = 40;

/// The most bytes of a file on a full disk. A segment of the write-ahead log fits.
const FILE_MAX: u64 = 1_280 * 1_024;

/// How often each buyer comes to a disk that fills.
const VISITS: usize = 150;

/// How often somebody looks for a free seat.
const TRIES: usize = 100;

/// How long the sale may take to come back.
const COMES_BACK: Duration = Duration::from_secs(20);

/// Somebody else at the same database, with a transaction that goes on until this is dropped.
struct Rival(Child);

impl Rival {
    fn in_the_way(postgres: &Postgres, database: &str, statement: &str) -> Self {
        let mut psql = postgres.command("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", database]);
        let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(psql.stdin.as_mut().unwrap(), "BEGIN; {statement}; \\echo in the way").unwrap();
        let said = BufReader::new(psql.stdout.take().unwrap());
        assert!(said.lines().any(|line| line.unwrap() == "in the way"), "{statement} failed");
        Self(psql)
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn run(postgres: &Postgres, database: &str, statement: &str) {
    let mut psql = postgres.command("psql");
    let output =
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, database]).output().unwrap();
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A sale in a database whose statements end soon.
async fn sale(folder: &tempfile::TempDir, database: &str) -> (Server, Story) {
    let impatient = format!("{database}{STATEMENT_TIMEOUT}");
    let server = Server::start(Place { database: Some(impatient), ..place(folder, database) }).await;
    let story = Story::begin(&server).await;
    (server, story)
}

/// A hold of a free seat cannot be kept now, and is told so. That a seat is taken may still be known for certain.
pub(super) async fn is_refused_for_now(server: &Server, story: &mut Story, random: &mut Random) {
    for _ in 0..TRIES {
        let seat = random.pick(&story.sale.seats).clone();
        let attempt = Attempt::hold(random, &story.sale.event, vec![seat]);
        let outcome = attempt.send(server.address()).await;
        let is_taken = matches!(outcome, Outcome::Refused(_));
        assert!(is_taken || matches!(outcome, Outcome::Unavailable(_)), "{outcome:?}");
        story.ledger.enter(Diary::from([(attempt, outcome)]));
        if !is_taken {
            return;
        }
    }
    panic!("every seat is taken");
}

/// Who only looks at what is for sale is served as ever.
async fn can_be_looked_at(server: &Server, story: &Story) {
    let event = format!("/v1/events/{}", story.sale.event);
    for path in [format!("{event}/availability"), format!("{event}/seats")] {
        server.call("GET", &path).send().await.expect(200);
    }
}

/// Sends holds until one is accepted.
async fn comes_back(server: &Server, story: &mut Story, random: &mut Random) {
    let sent_until_accepted = async {
        loop {
            let seat = random.pick(&story.sale.seats).clone();
            let attempt = Attempt::hold(random, &story.sale.event, vec![seat]);
            let outcome = attempt.send(server.address()).await;
            let is_back = matches!(outcome, Outcome::Accepted(_));
            story.ledger.enter(Diary::from([(attempt, outcome)]));
            if is_back {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(COMES_BACK, sent_until_accepted)
        .await
        .unwrap_or_else(|_| panic!("it never came back"));
    story.go_on(server, random).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_takes_too_long_is_refused_and_not_done() {
    let mut random = Random::of_this_run();
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let database = postgres.database();
    let (server, mut story) = sale(&folder, &database).await;
    for lock in ["SELECT * FROM boxoffice_log.head FOR UPDATE", "LOCK TABLE boxoffice_log.event"] {
        let rival = Rival::in_the_way(&postgres, &database, lock);
        is_refused_for_now(&server, &mut story, &mut random).await;
        can_be_looked_at(&server, &story).await;
        drop(rival);
        comes_back(&server, &mut story, &mut random).await;
    }
    story.conclude(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_lets_nobody_in_sells_nothing_and_loses_nothing() {
    let mut random = Random::of_this_run();
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let database = postgres.database();
    let (server, mut story) = sale(&folder, &database).await;
    let (other, name) = (postgres.address("postgres"), database.rsplit_once('/').unwrap().1);
    for _ in 0..2 {
        run(&postgres, &other, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
        let ours = format!("datname = '{name}'");
        run(
            &postgres,
            &other,
            &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}"),
        );
        is_refused_for_now(&server, &mut story, &mut random).await;
        can_be_looked_at(&server, &story).await;
        run(&postgres, &other, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
        comes_back(&server, &mut story, &mut random).await;
    }
    story.conclude(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_every_connection_is_busy_nobody_waits_for_ever() {
    let mut random = Random::of_this_run();
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let database = postgres.database();
    let (server, mut story) = sale(&folder, &database).await;
    let crowd = Crowd::gather(&server, &story.sale, 2, &mut random);
    story.ledger.enter(crowd.diaries().await);
    let everything = "DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname LIKE 'boxoffice%'
            LOOP EXECUTE 'LOCK TABLE ' || name; END LOOP; END $$";
    let rival = Rival::in_the_way(&postgres, &database, everything);
    let seats = (0..AT_ONCE).map(|_| random.pick(&story.sale.seats).clone()).collect::<Vec<_>>();
    let attempts = seats.into_iter().map(|seat| Attempt::hold(&mut random, &story.sale.event, vec![seat]));
    let orders = "/v1/orders/order_01h455vb4pex5vsknk084sn02q";
    let mut sent = tokio::task::JoinSet::new();
    for attempt in attempts.collect::<Vec<_>>() {
        let address = server.address();
        let look = Attempt::look(orders.rsplit_once('/').unwrap().1, "nobody");
        sent.spawn(async move {
            // No such order, or nobody can tell: it never hangs, and it is never an error of ours.
            assert!(!matches!(look.send(address).await, Outcome::Accepted(_) | Outcome::Unanswered));
            let outcome = attempt.send(address).await;
            (attempt, outcome)
        });
    }
    can_be_looked_at(&server, &story).await;
    let diary = sent.join_all().await;
    assert!(diary.iter().all(|(_, outcome)| !matches!(outcome, Outcome::Accepted(_) | Outcome::Unanswered)));
    assert!(diary.iter().any(|(_, outcome)| matches!(outcome, Outcome::Unavailable(_))));
    story.ledger.enter(diary);
    drop(rival);
    comes_back(&server, &mut story, &mut random).await;
    story.conclude(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_room_sells_nothing_and_loses_nothing() {
    let mut random = Random::of_this_run();
    let (postgres, folder) = (Postgres::with_small_segments(), tempfile::tempdir().unwrap());
    let (server, mut story) = sale(&folder, &postgres.database()).await;
    postgres.limit_files(Some(FILE_MAX));
    let crowd = Crowd::gather(&server, &story.sale, VISITS, &mut random);
    story.ledger.enter(crowd.diaries().await);
    is_refused_for_now(&server, &mut story, &mut random).await;
    can_be_looked_at(&server, &story).await;
    assert!(postgres.log().contains("File too large"), "there was room for everything");
    postgres.limit_files(None);
    comes_back(&server, &mut story, &mut random).await;
    assert!(story.unsettled > 0);
    story.conclude(server).await;
}
