//! `boxoffice audit`: the log as strangers get it, and what the independent checker says of it.

use std::process::ExitCode;

use clap::Subcommand;

use super::{FOUND_FAULT, Outcome};

mod export;
mod feed;
mod verify;

pub(crate) use export::export_to;
pub(crate) use feed::open;
pub(crate) use verify::{Verdict, verdict_of_export, verdict_of_log};

const EXAMPLE: &str = "Examples:
  boxoffice audit verify --data /var/lib/boxoffice
  boxoffice audit export --data /var/lib/boxoffice > log.ndjson
  boxoffice audit verify --export log.ndjson";

/// The subcommands of `boxoffice audit`.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLE)]
pub(crate) enum AuditCommand {
    /// Recompute every hash and prove every rule; works beside a running server too
    Verify(verify::VerifyArgs),
    /// Write the log to standard output, one JSON text a line: documents first, then events
    Export(export::ExportArgs),
}

/// Verifies or exports the log.
pub(crate) fn run(command: &AuditCommand) -> Outcome {
    match command {
        AuditCommand::Verify(arguments) => verify::run(arguments),
        AuditCommand::Export(arguments) => export::run(arguments),
    }
}

/// What the shell is told of a verdict.
pub(crate) fn exit_code(is_sound: bool) -> ExitCode {
    if is_sound { ExitCode::SUCCESS } else { ExitCode::from(FOUND_FAULT) }
}
