//! `boxoffice migrate`: brings a PostgreSQL database to what this release needs.

use std::process::ExitCode;

use boxoffice_infra::postgres::{Migrated, Postgres};
use serde_json::json;

use super::failed::Failed;
use super::{Outcome, Threads, block_on, output};
use crate::settings::Place;

const EXAMPLE: &str = "Examples:
  boxoffice migrate --database postgres://boxoffice@db.example.org/boxoffice
  BOXOFFICE_DATABASE=postgres:///boxoffice boxoffice migrate --json

Run it before the first start and before the first start of a newer release; several may run it at once. It adds what
is missing, in one transaction, and touches no event; servers of an older release cannot go on beside it. A log in a
data folder needs no migration.";

/// The arguments of `boxoffice migrate`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    place: Place,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &MigrateArgs) -> Outcome {
    let url = arguments.place.database()?.ok_or_else(|| {
        Failed::new("there is no database to migrate. Name it with --database, as postgres://user@host/name")
    })?;
    let migrated = block_on(Threads::One, async {
        let failed = |error: boxoffice_infra::postgres::PostgresError| Failed::new(error.to_string());
        let postgres = Postgres::connect(&url).await.map_err(failed)?;
        let migrated = postgres.migrate().await.map_err(failed)?;
        postgres.close().await;
        Ok(migrated)
    })?;
    if arguments.json {
        output::json(&json!({"ok": true, "from": migrated.from, "to": migrated.to}))?;
    } else {
        output::say(&in_words(migrated));
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(Migrated { from, to }: Migrated) -> String {
    if from == to {
        format!("The database is at migration {to} already.")
    } else {
        format!("The database went from migration {from} to {to}.")
    }
}
