//! What several measurements can be told.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::store::StoreArgs;
use crate::cli::output;

/// Of a measurement over HTTP.
#[derive(Debug, Clone, Args)]
pub(super) struct HttpArgs {
    /// How long to measure; each figure, where there are several
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(super) seconds: u64,
    /// How many clients there are, each with a connection of its own
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) connections: u32,
    /// How many seats of each show are asked for; the arena has 46,000 and a standing floor
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) seats: u64,
    /// Make the data in this new folder and leave it, instead of in a temporary one
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    #[command(flatten)]
    pub(super) store: StoreArgs,
    #[command(flatten)]
    pub(super) form: FormArgs,
}

/// How figures are told.
#[derive(Debug, Clone, Args)]
pub(super) struct FormArgs {
    /// Print the figures as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Draw the figures into this SVG file
    #[arg(long, value_name = "FILE")]
    pub(super) plot: Option<PathBuf>,
}

/// Says how far a measurement has come, unless a program listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notes {
    started: Instant,
    is_quiet: bool,
}

impl FormArgs {
    /// From now on.
    pub(super) fn notes(&self) -> Notes {
        Notes { started: Instant::now(), is_quiet: self.json }
    }
}

impl Notes {
    /// Says what comes now.
    pub(super) fn say(&self, text: &str) {
        if !self.is_quiet {
            output::complain(&format!("{:5.1} s  {text}", self.started.elapsed().as_secs_f64()));
        }
    }
}

/// Part of the time goes to warming up, at most this.
pub(super) const WARM_UP_MAX: Duration = Duration::from_secs(2);

/// How long to warm up before measuring that long.
pub(super) fn warm_up(time: Duration) -> Duration {
    (time / 5).min(WARM_UP_MAX)
}
