//! `boxoffice audit export`

use std::io::Write;
use std::ops::ControlFlow;
use std::process::ExitCode;

use super::feed;
use crate::cli::failed::Failed;
use crate::cli::progress::Progress;
use crate::cli::{Outcome, Threads, block_on, output};
use crate::settings::{LogPlace, Place};

const EXAMPLE: &str = "Example:
  boxoffice audit export --data /var/lib/boxoffice > log.ndjson

The export ends where the log stood when it began. It may be taken beside a running server.";

/// The arguments of `boxoffice audit export`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    place: Place,
    /// An export is JSON in any case: this changes nothing
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &ExportArgs) -> Outcome {
    let ExportArgs { place, json: _ } = arguments;
    export_to(&place.log()?, output::lines())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a log, as it stands now. Call it where blocking is allowed.
pub(crate) fn export_to(place: &LogPlace, mut out: impl Write) -> Result<(), Failed> {
    block_on(Threads::One, async {
        let log = feed::open(place).await?;
        let heads = log.heads().await?;
        let mut progress = Progress::of("exporting", heads.position);
        feed::export(&*log, &heads, |lines| {
            progress.add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
            for line in &lines {
                let written = out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n"));
                written.map_err(|error| Failed::to_write(&error))?;
            }
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        out.flush().map_err(|error| Failed::to_write(&error))
    })
}
