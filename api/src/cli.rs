//! The command line: one subcommand a file, each with an example in its help.
//!
//! What is data goes to standard output, what is said about the work to standard error. A command that did what it
//! was asked ends with 0; one that found something wrong with 1; one that could not be carried out with 2.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod audit;
mod bench;
mod client;
mod demo;
mod doctor;
mod failed;
mod internal;
mod listener;
mod logging;
mod migrate;
mod office;
mod output;
mod progress;
mod projections;
mod rebuild;
mod remote;
mod replay;
mod scratch;
mod serve;
mod signals;
mod system;
mod words;

use failed::Failed;

/// What a command says about itself to the shell.
type Outcome = Result<ExitCode, Failed>;

/// What a command that found something wrong ends with.
const FOUND_FAULT: u8 = 1;

/// What a command that could not be carried out ends with.
const COULD_NOT: u8 = 2;

/// A box office that never sells a seat twice, and can prove it.
#[derive(Debug, Parser)]
#[command(name = "boxoffice", version, after_help = EXAMPLE, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLE: &str = "Examples:
  boxoffice demo                         watch a sale happen
  boxoffice serve --data /var/lib/box    sell for real
  boxoffice audit verify --data /var/lib/box";

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch a sale: sample venues, lively buyers, and the audit at the end
    Demo(demo::DemoArgs),
    /// Run the server
    Serve(serve::ServeArgs),
    /// Bring a PostgreSQL database to what this release needs
    Migrate(migrate::MigrateArgs),
    /// Say in plain words what is misconfigured or out of reach
    Doctor(doctor::DoctorArgs),
    /// Verify or export the log
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Fold the log again and say what it comes to
    Replay(replay::ReplayArgs),
    /// Say how the read models of a running server are
    Projections(projections::ProjectionsArgs),
    /// Have a running server fold a read model anew
    Rebuild(rebuild::RebuildArgs),
    /// Measure how fast this machine sells
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// For those who work on the program itself
    #[command(subcommand, hide = true)]
    Internal(internal::InternalCommand),
}

/// Reads the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Migrate(arguments) => migrate::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Audit(command) => audit::run(&command),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Projections(arguments) => projections::run(&arguments),
        Command::Rebuild(arguments) => rebuild::run(&arguments),
        Command::Bench(command) => bench::run(&command),
        Command::Internal(command) => internal::run(&command),
    };
    outcome.unwrap_or_else(|failed| {
        if !failed.is_silent() {
            output::complain(&format!("boxoffice: {failed}"));
            if std::env::args().any(|argument| argument == "--json") {
                let _ = output::json(&serde_json::json!({"ok": false, "error": failed.to_string()}));
            }
        }
        ExitCode::from(COULD_NOT)
    })
}

/// Runs a command's async part on the threads that it needs.
fn block_on<T>(threads: Threads, work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    let mut builder = match threads {
        Threads::One => tokio::runtime::Builder::new_current_thread(),
        Threads::All => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| Failed::new(format!("threads cannot be started: {error}")))?;
    runtime.block_on(work)
}

#[derive(Debug, Clone, Copy)]
enum Threads {
    One,
    All,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example_in_its_help() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("boxoffice "), "{} has no example", command.get_name());
            command.get_subcommands().filter(|sub| sub.get_name() != "help").for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn arguments_are_understood() {
        for line in [
            "boxoffice serve --data d --listen 127.0.0.1:0 --no-timers",
            "boxoffice serve --config my.env",
            "boxoffice doctor --json",
            "boxoffice migrate --database postgres://a@b/c --json",
            "boxoffice audit verify --export log.ndjson --json",
            "boxoffice audit verify --export a --data b",
            "boxoffice audit export --data d --json",
            "boxoffice replay --to 17",
            "boxoffice replay --to 2026-11-21T19:30:00Z --json",
            "boxoffice projections --server http://127.0.0.1:8080 --token t --json",
            "boxoffice rebuild orders --data d",
            "boxoffice rebuild all --parked --json",
            "boxoffice bench onsale --seconds 5 --connections 8 --seats 1000",
            "boxoffice bench orders --data d --plot a.svg --json",
            "boxoffice bench reads --holds-per-second 50",
            "boxoffice bench onsale --database postgres://a@b/c --data d",
            "boxoffice bench append --seconds 1 --sizes 1,500 --postgres",
            "boxoffice bench verify --export log.ndjson",
            "boxoffice bench rebuild --data d --plot a.svg",
            "boxoffice bench rebuild --postgres",
            "boxoffice demo --once --seconds 20 --seed 7 --speed 2.5",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        for line in [
            "boxoffice demo --seconds 1",
            "boxoffice demo --speed 0",
            "boxoffice bench onsale --connections 0",
            "boxoffice bench verify --export a --data b",
            "boxoffice bench append --sizes 0",
            "boxoffice replay --to yesterday",
            "boxoffice rebuild",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
