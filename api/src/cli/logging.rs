//! Where the program's own log goes: to standard error, or to a file where a view has the terminal.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::failed::Failed;

/// Logs to standard error what passes the filter.
pub(crate) fn to_stderr(filter: &str) -> Result<(), Failed> {
    let colours = io::stderr().is_terminal() && crate::settings::colours() != crate::settings::Colours::None;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(parse(filter)?)
        .with_ansi(colours)
        .with_writer(io::stderr)
        .finish();
    install(subscriber)
}

/// Logs to a file what passes the filter.
pub(crate) fn to_file(filter: &str, path: &Path) -> Result<(), Failed> {
    let file = File::options()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|error| Failed::new(format!("{} cannot be written: {error}", path.display())))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(parse(filter)?)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .finish();
    install(subscriber)
}

fn parse(filter: &str) -> Result<EnvFilter, Failed> {
    EnvFilter::try_new(filter).map_err(|error| {
        Failed::new(format!(
            "the log filter {filter:?} is not understood ({error}); try info, or warn,boxoffice=debug"
        ))
    })
}

fn install(subscriber: impl tracing::Subscriber + Send + Sync + 'static) -> Result<(), Failed> {
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|_| Failed::new("something else has set up logging already; this is a fault of the program"))
}
