//! `boxoffice internal`: for those who work on the program itself. Hidden, and promises nothing.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::failed::Failed;
use super::{FOUND_FAULT, Outcome, output};
use crate::generated_docs::{self, GeneratedError};

const EXAMPLE: &str = "Examples:
  boxoffice internal generated-docs
  boxoffice internal generated-docs --check";

/// The subcommands of `boxoffice internal`.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLE)]
pub(crate) enum InternalCommand {
    /// Write the documentation that is made from the program
    GeneratedDocs(GeneratedDocsArgs),
}

/// The arguments of `boxoffice internal generated-docs`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct GeneratedDocsArgs {
    /// The root of the repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Compare only; ends with 1 where a document is not what it would be
    #[arg(long)]
    check: bool,
}

/// Does the work.
pub(crate) fn run(command: &InternalCommand) -> Outcome {
    let InternalCommand::GeneratedDocs(GeneratedDocsArgs { root, check }) = command;
    let done = if *check { generated_docs::check(root) } else { generated_docs::write(root) };
    match done {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(outdated @ GeneratedError::Outdated(_)) => {
            output::complain(&outdated.to_string());
            Ok(ExitCode::from(FOUND_FAULT))
        }
        Err(error) => Err(Failed::new(error.to_string())),
    }
}
