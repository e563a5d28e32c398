//! A baseline: one row updated for each seat, and one row that counts them all, by pgbench in the same database.

use boxoffice_infra::baseline::{BaselineError, Yardstick};

use super::arguments::Notes;
use super::figure::Figure;
use super::pgbench::{CLIENTS, Pgbench};
use super::store::Store;
use crate::cli::failed::Failed;
use crate::cli::{Threads, block_on, words};

/// More updates a second than are to be expected: decides how many seats there are.
const UPDATES_PER_SECOND_MAX: u64 = 40_000;

/// The most seats that are made.
const SEATS_MAX: u64 = 8_000_000;

/// Every client goes through seats that nobody else comes to, in an order without order, so that each is free.
const SEAT: &str = "\\set id 1 + permute(:n * :clients + :client_id, :seats)
\\set n :n + 1
UPDATE boxoffice_bench.seat SET hold = gen_random_uuid() WHERE id = :id AND hold IS NULL;
";

const COUNTER: &str = "UPDATE boxoffice_bench.counter SET free = free - 1 WHERE id = 1 AND free > 0;\n";

/// What came of it.
#[derive(Default)]
pub(super) struct Rows {
    /// The figures.
    pub(super) runs: Vec<Figure>,
    /// What could not be compared with, and why.
    pub(super) missing: Vec<String>,
}

impl Rows {
    fn missing(why: &str) -> Self {
        Self { runs: Vec::new(), missing: vec![format!("{why}: no baseline")] }
    }
}

/// Measures for so long each, where there is a database and pgbench.
pub(super) fn compare(store: &Store, seconds: u64, notes: Notes) -> Result<Rows, Failed> {
    let Some(database) = store.database() else {
        return Ok(Rows::missing(
            "there is no PostgreSQL (--postgres, --database) whose rows could be updated to compare with",
        ));
    };
    let Some(pgbench) = Pgbench::find(database, store.watched()) else {
        return Ok(Rows::missing(
            "pgbench is not installed (not in PATH or where PostgreSQL's packages put it), so there is no row update \
             to compare with",
        ));
    };
    // pgbench blocks, while nobody else is there to be kept waiting.
    block_on(Threads::One, async {
        let yardstick = Yardstick::create(database).await.map_err(failed)?;
        let mut bench = Bench { yardstick, pgbench, seconds, notes };
        let runs = bench.run().await;
        // Whatever happened, nothing stays.
        let removed = bench.yardstick.remove().await.map_err(failed);
        let runs = runs?;
        removed.map(|()| Rows { runs, missing: Vec::new() })
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn failed(error: BaselineError) -> Failed {
    Failed::new(format!("the baseline cannot be measured: {error}"))
}

struct Bench {
    yardstick: Yardstick,
    pgbench: Pgbench,
    seconds: u64,
    notes: Notes,
}

impl Bench {
    async fn run(&mut self) -> Result<Vec<Figure>, Failed> {
        Ok(vec![self.seats().await?, self.counter().await?])
    }

    async fn seats(&mut self) -> Result<Figure, Failed> {
        let seats = self.seconds.saturating_mul(UPDATES_PER_SECOND_MAX).min(SEATS_MAX);
        self.notes.say(&format!("making {} rows to compare with", words::count(seats)));
        self.yardstick.seats(seats).await.map_err(failed)?;
        self.notes.say("pgbench, a row a seat");
        let run = self.pgbench.run("pgbench, a row a seat", SEAT, &[("seats", seats)], self.seconds)?;
        let held = self.yardstick.held().await.map_err(failed)?;
        let remark = format!(
            "{CLIENTS} connections, each UPDATE takes a seat that is free by its id; {} of {} updates took one, of {} \
             seats",
            words::count(held),
            words::count(run.operations),
            words::count(seats)
        );
        Ok(Figure { remark, ..run })
    }

    async fn counter(&mut self) -> Result<Figure, Failed> {
        self.yardstick.counter().await.map_err(failed)?;
        self.notes.say("pgbench, one hot row");
        let run = self.pgbench.run("pgbench, one hot row", COUNTER, &[], self.seconds)?;
        let remark = format!("{CLIENTS} connections, each UPDATE takes one from the same counter");
        Ok(Figure { remark, ..run })
    }
}
