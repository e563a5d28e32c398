//! `boxoffice bench`: what this machine can do. Figures are reported, never judged; only their evidence is.
//!
//! `onsale`, `orders` and `reads` go over HTTP: a [`session`] starts a server as a process of its own, [`stage`] gives
//! it shows to sell, [`load`] is the clients, who do some [`load::Work`]; [`evidence`] looks for every answer in the
//! log afterwards. `append`, `verify` and `rebuild` measure one part without a server. All of them give a [`report`].
//!
//! The log is in the data folder or in PostgreSQL ([`store`]), where a [`cluster`] can be started for the run alone. What
//! figures are compared with is measured in the same run: [`nginx`] for reads, [`rows`] by [`pgbench`] for sales, plain
//! tables for `append`.

use clap::Subcommand;

use super::Outcome;

mod address;
mod append;
mod arguments;
mod child;
mod cluster;
mod durability;
mod evidence;
mod figure;
mod given;
mod load;
mod nginx;
mod onsale;
mod orders;
mod percentiles;
mod pgbench;
mod plot;
mod process;
mod programs;
mod reads;
mod rebuild;
mod report;
mod rows;
mod session;
mod stage;
mod store;
mod table;
mod verify;

const EXAMPLE: &str = "Examples:
  boxoffice bench onsale --postgres
  boxoffice bench orders --seconds 10 --plot orders.svg
  boxoffice bench verify --data /var/lib/boxoffice";

/// The subcommands of `boxoffice bench`.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLE)]
pub(crate) enum BenchCommand {
    /// An on-sale: many buyers hold one named seat each, over HTTP, on a real server
    Onsale(onsale::OnsaleArgs),
    /// Whole orders, over HTTP: hold, order, pay, and the tickets are issued
    Orders(orders::OrdersArgs),
    /// Availability and seat map over HTTP, while nothing and while something sells, beside static files
    Reads(reads::ReadsArgs),
    /// The log alone: events appended, by the number of events in a commit
    Append(append::AppendArgs),
    /// A log exported, and its export verified
    Verify(verify::VerifyArgs),
    /// Every read model dropped and built again
    Rebuild(rebuild::RebuildArgs),
}

/// Measures.
pub(crate) fn run(command: &BenchCommand) -> Outcome {
    super::logging::to_stderr("warn")?;
    match command {
        BenchCommand::Onsale(arguments) => onsale::run(arguments),
        BenchCommand::Orders(arguments) => orders::run(arguments),
        BenchCommand::Reads(arguments) => reads::run(arguments),
        BenchCommand::Append(arguments) => append::run(arguments),
        BenchCommand::Verify(arguments) => verify::run(arguments),
        BenchCommand::Rebuild(arguments) => rebuild::run(arguments),
    }
}
