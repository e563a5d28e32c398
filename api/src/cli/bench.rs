//! `boxoffice bench`: what this machine can do. Figures are reported, never judged.

use clap::Subcommand;

use super::Outcome;

mod child;
mod evidence;
mod load;
mod onsale;
mod report;

const EXAMPLE: &str = "Example:
  boxoffice bench onsale --seconds 10";

/// The subcommands of `boxoffice bench`.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLE)]
pub(crate) enum BenchCommand {
    /// An on-sale: many buyers hold one named seat each, over HTTP, on a real server
    Onsale(onsale::OnsaleArgs),
}

/// Measures.
pub(crate) fn run(command: &BenchCommand) -> Outcome {
    match command {
        BenchCommand::Onsale(arguments) => onsale::run(arguments),
    }
}
